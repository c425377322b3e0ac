//! Bodies about cases (办件), signed by the registry key of the department that has it; what an officer does, by his own
//! key too. Handles, times and salted commitments, no word of anybody (law 0, section 11).
//! Not here: which step may follow which (`law`), and what they add up to (`state`).

use serde::{Deserialize, Serialize};

use super::Body;
use crate::crypto::Digest;
use crate::ledger::signature::Approval;
use crate::values::identifiers::{CreditCode, Handle, Region, Slug};
use crate::values::time::Time;

/// By which a case is known in the ledger: a UUIDv7, never used again.
pub type CaseId = Handle;

/// What an examiner found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Opinion {
    /// It can be granted.
    Grant,
    /// It cannot.
    Refuse,
}

/// Whether what was promised instead of proved was found true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// It was.
    Kept,
    /// 承诺不实: it was not.
    False,
}

/// A rating, from 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Level(u8);

/// Why a number is no rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a level: 1, 2, 3, 4 or 5")]
pub struct LevelError(u64);

impl TryFrom<u64> for Level {
    type Error = LevelError;

    fn try_from(number: u64) -> Result<Self, LevelError> {
        let level = u8::try_from(number).ok().filter(|level| (1..=5).contains(level));
        level.map(Self).ok_or(LevelError(number))
    }
}

impl From<Level> for u64 {
    fn from(level: Level) -> Self {
        level.0.into()
    }
}

impl Level {
    /// 差评: it calls for rectification.
    pub fn is_bad(self) -> bool {
        self.0 <= 2
    }
}

/// Where a licence comes from: its case, and that one's last leaf hash, which is the decision's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromCase {
    /// The case.
    pub handle: CaseId,
    /// Its last leaf hash.
    pub prev: Digest,
}

impl Body {
    /// Of a step of a case in which something was said: under which name, and the commitment to it (law 0, section 11).
    pub fn said(&self) -> Option<(&'static str, Digest)> {
        let (name, commitment) = match self {
            Self::CaseFiled(body) => ("application", body.commitment),
            Self::CaseSupplied(body) => ("application", body.commitment),
            Self::CaseDeclined(body) => ("words", body.commitment),
            Self::CaseAsked(body) => ("words", body.commitment),
            Self::CaseExamined(body) => ("words", body.commitment),
            Self::CaseDecided(body) => ("words", body.commitment),
            Self::CaseRated(body) => ("words", body.commitment?),
            Self::CaseWithdrawn(body) => ("words", body.commitment),
            Self::CaseChecked(body) => ("words", body.commitment),
            Self::CaseRectified(body) => ("words", body.commitment),
            _ => return None,
        };
        Some((name, commitment))
    }
}

/// 申请: somebody applies to a department for a licence, or (异议) objects to what one of its licences says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFiled {
    /// The case.
    pub case: CaseId,
    /// HMAC over what is applied for.
    pub commitment: Digest,
    /// 异议: the licence that is said to be wrong; absent: a licence is applied for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub corrects: Option<Handle>,
    /// Whose case it is: the lead, of a correction whoever issued the licence.
    pub department: CreditCode,
    /// 一件事: the matter it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub matter: Option<Handle>,
    /// 告知承诺: the applicant promises instead of proving.
    pub promise: bool,
    /// For which jurisdiction.
    pub region: Region,
    /// What is applied for.
    pub r#type: Slug,
    /// Version of the type.
    pub version: u64,
}

/// 受理: an intake officer takes it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseAccepted {
    /// One intake officer.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The case.
    pub case: CaseId,
    /// The approval does not count later.
    pub not_after: Time,
}

/// 不予受理: an intake officer does not take it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDeclined {
    /// One intake officer.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The case.
    pub case: CaseId,
    /// HMAC over the reason.
    pub commitment: Digest,
    /// The approval does not count later.
    pub not_after: Time,
}

/// 补正: an intake officer or an examiner asks the applicant for what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseAsked {
    /// One intake officer before acceptance, one examiner after it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The case.
    pub case: CaseId,
    /// HMAC over what is asked for.
    pub commitment: Digest,
    /// The approval does not count later.
    pub not_after: Time,
}

/// The applicant supplied it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseSupplied {
    /// The case.
    pub case: CaseId,
    /// HMAC over the application as it now is.
    pub commitment: Digest,
}

/// 审查: an examiner's opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseExamined {
    /// One examiner.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The case.
    pub case: CaseId,
    /// HMAC over the opinion's words.
    pub commitment: Digest,
    /// The approval does not count later.
    pub not_after: Time,
    /// The opinion.
    pub opinion: Opinion,
}

/// The licence that a decision grants, fixed whole (law 0, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftedLicence {
    /// SHA-256 over the JWS signing input.
    pub credential_digest: Digest,
    /// The licence to be.
    pub handle: Handle,
}

/// 决定: a signer decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDecided {
    /// One signer.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The case.
    pub case: CaseId,
    /// HMAC over the reason.
    pub commitment: Digest,
    /// What is granted; absent: it is refused, or the case corrects a licence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub licence: Option<DraftedLicence>,
    /// The approval does not count later.
    pub not_after: Time,
    /// 异议成立: the licence was wrong, and was acted upon. Never written where it is not so.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub upheld: bool,
}

/// 送达: the applicant has the licence, or the refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDelivered {
    /// The case.
    pub case: CaseId,
}

/// 评价: how the applicant found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRated {
    /// The case.
    pub case: CaseId,
    /// HMAC over the words, if there are any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commitment: Option<Digest>,
    /// From 1 to 5.
    pub level: Level,
}

/// The applicant wants it no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseWithdrawn {
    /// The case.
    pub case: CaseId,
    /// HMAC over the reason.
    pub commitment: Digest,
}

/// 承诺核查: a supervisor checked what was promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseChecked {
    /// One supervisor.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The case.
    pub case: CaseId,
    /// HMAC over what was found.
    pub commitment: Digest,
    /// The approval does not count later.
    pub not_after: Time,
    /// Whether it was true.
    pub truth: Truth,
}

/// 整改: a supervisor saw to what a bad rating called for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRectified {
    /// One supervisor.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The case.
    pub case: CaseId,
    /// HMAC over what was done.
    pub commitment: Digest,
    /// The approval does not count later.
    pub not_after: Time,
}
