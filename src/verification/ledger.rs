//! Check 4, `ledger`: the credential was entered, as it stands, before it was judged. Absence is *failed* only in the
//! authority's own tree; for a mirror or trust folder it is *unknown* (law 0, section 10).

use serde_json::Value;

use super::code::Code;
use super::context::{Context, LedgerAnswer};
use super::entered::Entered;
use super::finding::{Check, Finding};
use super::signature::Opened;
use crate::ledger::state::LicenceState;
use crate::values::time::Time;

/// The finding and what the other checks may rest on.
pub(super) struct Ruling {
    pub(super) finding: Finding,
    /// The entry, when the ledger proves it and it agrees with the credential.
    pub(super) entered: Option<Entered>,
    /// The licence, when it is at hand.
    pub(super) state: Option<Box<LicenceState>>,
}

/// Looks for the entry in the licence's state, then in the receipt, and compares it with the credential.
pub(super) fn judge(opened: &Opened<'_>, receipt: Option<&str>, context: &Context<'_>, at: Time) -> Ruling {
    let answer = opened.handle.map_or(LedgerAnswer::Absent, |handle| (context.licences)(&handle));
    let found = find(opened, receipt, &answer, context);
    let state = match answer {
        LedgerAnswer::Found(state) => Some(state),
        LedgerAnswer::Absent | LedgerAnswer::Unknown => None,
    };
    let finding = |code| Finding::new(Check::Ledger, code).on("ledger_size", context.source.size());
    let entered = match found {
        Ok(entered) => entered,
        Err(code) => return Ruling { finding: finding(code), entered: None, state },
    };
    // A name that is not known may be one that the authority took later.
    if opened.licence_type.is_none() && !context.reaches(entered.moment.index) {
        let finding = shown(finding(Code::TrustTooOld), &entered, context.age());
        return Ruling { finding, entered: Some(entered), state };
    }
    if let Some(member) = difference(opened, &entered) {
        let finding = shown(finding(Code::EntryDiffers), &entered, context.age()).on("differs", member);
        return Ruling { finding, entered: None, state };
    }
    let code = match (entered.recorded, entered.moment.time > at) {
        (None, false) => Code::Entered,
        (None, true) => Code::EnteredLater,
        (Some(trust), false) => Code::recorded(trust),
        (Some(_), true) => Code::RecordedLater,
    };
    Ruling { finding: shown(finding(code), &entered, context.age()), entered: Some(entered), state }
}

fn find(
    opened: &Opened<'_>,
    receipt: Option<&str>,
    answer: &LedgerAnswer,
    context: &Context<'_>,
) -> Result<Entered, Code> {
    let own = context.source.is_own_tree();
    let state = match answer {
        LedgerAnswer::Found(state) => Some(state.as_ref()),
        LedgerAnswer::Absent if own => return Err(Code::NotEntered),
        LedgerAnswer::Absent | LedgerAnswer::Unknown => None,
    };
    match state.map(|state| Entered::in_state(state, opened.digest)) {
        Some(Some(entered)) => return Ok(entered),
        // The handle is in use, but nothing of this digest was ever entered under it.
        Some(None) if own => return Err(Code::EntryDiffers),
        Some(None) | None => {}
    }
    match receipt {
        Some(receipt) => Entered::in_receipt(receipt, opened, state, context),
        None if own => Err(Code::LedgerUnread),
        None => Err(Code::NoProof),
    }
}

/// What the credential says otherwise than its entry; handle and digest are equal already.
fn difference(opened: &Opened<'_>, entered: &Entered) -> Option<&'static str> {
    let named = opened.licence_type.as_ref();
    if !named.is_some_and(|(slug, version)| *slug == entered.licence_type && *version == entered.version) {
        return Some("type");
    }
    if opened.leaf.subject().code() != entered.department.as_str() {
        return Some("department");
    }
    if opened.leaf.public_key().id() != entered.key {
        return Some("key");
    }
    // What was recorded says so itself, and nothing else does.
    let claimed = opened.claims().get("recorded").map(|claim| claim.get("trust").and_then(Value::as_str));
    let recorded = entered.recorded.map(|trust| Some(trust.as_str()));
    (claimed != recorded).then_some("recorded")
}

/// A receipt does not age; what was read from the ledger is as old as the source.
fn shown(finding: Finding, entered: &Entered, age: i64) -> Finding {
    let finding = finding.on("index", entered.moment.index).on("time", entered.moment.time);
    match entered.checkpoint {
        Some(size) => finding.on("by", "receipt").on("checkpoint_size", size),
        None => finding.on("by", "ledger").aged(age),
    }
}
