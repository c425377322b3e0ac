//! What the ledger proves of a credential: the entry of this very carrier and the grant behind it. Found in the state
//! of the licence or in a receipt. Not here: whether that is what the credential says (`ledger`).

use super::code::Code;
use super::context::Context;
use super::signature::Opened;
use crate::crypto::{Digest, KeyId};
use crate::ledger::body::{Body, Carrier, LicenceIssued, PowerId, StatusPlace};
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::receipt::Receipt;
use crate::ledger::state::{Granted, LicenceState, Moment};
use crate::merkle::{Hash, InclusionProof, leaf};
use crate::values::identifiers::{CreditCode, Region, Slug};
use crate::values::recorded::TrustLevel;
use crate::values::time::Date;

/// A proved entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entered {
    /// The entry of this carrier: issuer and path are judged at it.
    pub(super) moment: Moment,
    /// The entry that granted the licence: the power is judged at it.
    pub(super) granted: Moment,
    pub(super) licence_type: Slug,
    pub(super) version: u64,
    pub(super) department: CreditCode,
    pub(super) region: Region,
    pub(super) power: PowerId,
    /// Who seals this carrier.
    pub(super) key: KeyId,
    pub(super) valid_from: Date,
    pub(super) valid_until: Option<Date>,
    /// For a licence that was recorded: the trust in its source.
    pub(super) recorded: Option<TrustLevel>,
    /// This carrier's own.
    pub(super) status: StatusPlace,
    /// The size of the checkpoint that proves it, when a receipt does.
    pub(super) checkpoint: Option<u64>,
}

impl Entered {
    /// The licence's credential or one of its wallet copies, whichever has this digest.
    pub(super) fn in_state(state: &LicenceState, digest: Digest) -> Option<Self> {
        let first = state.first()?;
        let granted = Moment { index: first.index, time: first.time };
        let credential = |moment, key, status| Self {
            moment,
            granted,
            licence_type: state.licence_type.clone(),
            version: state.version,
            department: state.department.clone(),
            region: state.region.clone(),
            power: state.power.clone(),
            key,
            valid_from: state.valid_from,
            valid_until: state.valid_until,
            recorded: match state.granted {
                Granted::Issued => None,
                Granted::Recorded(trust) => Some(trust),
            },
            status,
            checkpoint: None,
        };
        if state.credential_digest == digest {
            return Some(credential(granted, state.credential_key, state.status));
        }
        let mut carriers = state.carriers.iter();
        let carried = carriers.find(|one| one.carrier == Carrier::Wallet && one.digest == digest)?;
        let event = state.events.iter().find(|event| event.index == carried.index)?;
        let moment = Moment { index: event.index, time: event.time };
        Some(credential(moment, carried.signing_key, carried.status))
    }

    /// The entry that a receipt proves. `state` is the licence as far as it is at hand: a wallet copy's entry does not
    /// repeat what was granted.
    pub(super) fn in_receipt(
        text: &str,
        opened: &Opened<'_>,
        state: Option<&LicenceState>,
        context: &Context<'_>,
    ) -> Result<Self, Code> {
        let (entry, index, size) = prove(text, context).ok_or(Code::ReceiptRefused)?;
        let moment = Moment { index, time: entry.time() };
        let about = |handle| if opened.handle == Some(handle) { Ok(()) } else { Err(Code::ReceiptOfAnother) };
        let same = |digest| if opened.digest == digest { Ok(()) } else { Err(Code::EntryDiffers) };
        match entry.body() {
            Body::LicenceIssued(body) => {
                about(body.handle)?;
                same(body.credential_digest)?;
                Ok(Self::granted_by(body, None, moment, size))
            }
            Body::LicenceRecorded(body) => {
                about(body.grant.handle)?;
                same(body.grant.credential_digest)?;
                Ok(Self::granted_by(&body.grant, Some(body.trust), moment, size))
            }
            Body::LicenceCarried(body) if body.carrier == Carrier::Wallet => {
                about(body.handle)?;
                same(body.digest)?;
                let state = state.filter(|state| state.handle == body.handle).ok_or(Code::CarrierAlone)?;
                let grant = Self::in_state(state, state.credential_digest).ok_or(Code::CarrierAlone)?;
                Ok(Self {
                    moment,
                    key: body.signing_key,
                    status: body.status,
                    checkpoint: Some(size),
                    ..grant
                })
            }
            _ => Err(Code::ReceiptOfAnother),
        }
    }

    fn granted_by(body: &LicenceIssued, recorded: Option<TrustLevel>, moment: Moment, size: u64) -> Self {
        Self {
            moment,
            granted: moment,
            licence_type: body.r#type.clone(),
            version: body.version,
            department: body.department.clone(),
            region: body.region.clone(),
            power: body.power.clone(),
            key: body.credential_key,
            valid_from: body.valid_from,
            valid_until: body.valid_until,
            recorded,
            status: body.status,
            checkpoint: Some(size),
        }
    }
}

/// The entry, its index and the size of the checkpoint: only when the path leads from the bytes to a root that a
/// pinned key signed.
fn prove(text: &str, context: &Context<'_>) -> Option<(Entry, u64, u64)> {
    let receipt = Receipt::parse(text.as_bytes()).ok()?;
    let checkpoint = context
        .log_keys
        .iter()
        .find_map(|key| VerifiedCheckpoint::verify(receipt.note().clone(), key, &[]).ok())?;
    let size = checkpoint.size();
    // A retired key proves only sizes up to its last (law 0, section 4).
    let log = checkpoint.log().public_key().and_then(|key| context.charter.key(&key.id()));
    if log.and_then(|held| held.ended).is_some_and(|ended| size > ended.index) {
        return None;
    }
    let bytes = receipt.extra()?;
    let path = receipt.path().iter().copied().map(Hash).collect();
    let proof = InclusionProof { index: receipt.index(), size, path };
    proof.verify(&leaf(bytes), &Hash(*checkpoint.root())).ok()?;
    Some((Entry::parse(bytes).ok()?, receipt.index(), size))
}
