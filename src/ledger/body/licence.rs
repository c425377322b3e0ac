//! Bodies about licences, signed by the issuing department's registry key. No names, numbers or texts: handles,
//! codes, dates, digests and salted commitments (law 0, section 11).

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::case::FromCase;
use super::catalogue::PowerId;
use crate::crypto::{Digest, KeyId};
use crate::ledger::signature::Approval;
use crate::values::identifiers::{CreditCode, Handle, Region, Slug};
use crate::values::recorded::{RecordedStanding, TrustLevel};
use crate::values::standing::{Cause, Ending};
use crate::values::time::{Date, Time};

/// A place on a status list; never used twice. Places ascend by list, then by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusPlace {
    /// Below 2^20.
    pub index: u32,
    /// Number of the list, from 1.
    pub list: u32,
}

impl Ord for StatusPlace {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.list, self.index).cmp(&(other.list, other.index))
    }
}

impl PartialOrd for StatusPlace {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The old licence that a new one ends and follows; `prev` is the old one's last leaf hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replaces {
    /// Why.
    pub cause: Cause,
    /// The old licence.
    pub handle: Handle,
    /// Its last leaf hash.
    pub prev: Digest,
}

/// A licence is issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceIssued {
    /// As many officers as the type asks for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The case it was decided in, where the type's process asks for one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub case: Option<FromCase>,
    /// HMAC over the payload under a salt that can be destroyed.
    pub commitment: Digest,
    /// SHA-256 over the JWS signing input.
    pub credential_digest: Digest,
    /// The key that seals it.
    pub credential_key: KeyId,
    /// Who issues.
    pub department: CreditCode,
    /// The licence.
    pub handle: Handle,
    /// With approvals: they do not count later.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_after: Option<Time>,
    /// By which power.
    pub power: PowerId,
    /// For which jurisdiction.
    pub region: Region,
    /// Which licence it replaces.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaces: Option<Replaces>,
    /// Where its status stands.
    pub status: StatusPlace,
    /// What is issued.
    pub r#type: Slug,
    /// First day.
    pub valid_from: Date,
    /// Last day; absent: 长期.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_until: Option<Date>,
    /// Version of the type.
    pub version: u64,
}

/// What was granted before founding; never *issued then*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceRecorded {
    /// As for an issued licence; it replaces nothing.
    pub grant: LicenceIssued,
    /// Its standing at the entry.
    pub standing: RecordedStanding,
    /// Trust in the source.
    pub trust: TrustLevel,
}

/// The form of a further signed carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Carrier {
    /// An SD-JWT VC for a wallet, over the JWS signing input.
    Wallet,
    /// A sealed PDF, over its ByteRange.
    Pdf,
    /// A QR for offline checking, over the COSE Sig_structure.
    Qr,
}

/// A further signed carrier, before it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceCarried {
    /// Its form.
    pub carrier: Carrier,
    /// Over what is signed.
    pub digest: Digest,
    /// The licence.
    pub handle: Handle,
    /// The credential or seal key that signs it.
    pub signing_key: KeyId,
    /// Its own status.
    pub status: StatusPlace,
}

/// Suspended or reinstated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceActed {
    /// HMAC over the reason, which stays in the vault.
    pub commitment: Digest,
    /// The licence.
    pub handle: Handle,
}

/// Ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceEnded {
    /// Which of the five acts.
    pub act: Ending,
    /// HMAC over the reason, which stays in the vault.
    pub commitment: Digest,
    /// The licence.
    pub handle: Handle,
}

/// Its payload and salts are destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceErased {
    /// HMAC over the reason.
    pub commitment: Digest,
    /// The licence.
    pub handle: Handle,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_ascend_by_list() {
        let place = |list, index| StatusPlace { list, index };
        assert!(place(1, 9) < place(2, 0) && place(2, 0) < place(2, 1));
    }
}
