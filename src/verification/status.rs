//! Check 6, `status`: neither suspended nor ended at the time asked, by the ledger or by a list fresh enough; where
//! the two differ the worse wins. A later `rescinded` makes the licence void from the beginning (law 0, sections 9
//! and 10). Not here: expiry, which is no act (`validity`).

use serde_json::Value;

use super::code::{Code, Outcome};
use super::context::{Context, TokenAnswer};
use super::entered::Entered;
use super::finding::{Check, Finding};
use super::ledger::Ruling;
use super::signature::Opened;
use crate::ledger::body::StatusPlace;
use crate::ledger::state::LicenceState;
use crate::values::standing::{Cause, Ending, Standing};
use crate::values::time::Time;

/// What the credential says of where its status stands.
enum Reference {
    Absent,
    Ours(StatusPlace),
    /// Another authority's list, or no reference that can be understood.
    Foreign,
}

pub(super) fn judge(opened: &Opened<'_>, ruling: &Ruling, context: &Context<'_>, at: Time) -> Finding {
    let entered = ruling.entered.as_ref();
    let reference = reference(opened, context);
    let place = match (entered, &reference) {
        (Some(entered), Reference::Ours(place)) if *place != entered.status => {
            return finding(Code::StatusReferenceDiffers);
        }
        (Some(entered), Reference::Foreign) if context.reaches(entered.moment.index) => {
            return finding(Code::StatusReferenceDiffers);
        }
        (_, Reference::Foreign) => return finding(Code::StatusUnreadable),
        (Some(entered), _) => Some(entered.status),
        (None, Reference::Ours(place)) => Some(*place),
        (None, Reference::Absent) => None,
    };
    let by_ledger = entered.and_then(|entered| by_ledger(entered, ruling.state.as_deref(), context, at));
    let by_list = place.and_then(|place| by_list(place, context, at));
    match (by_ledger, by_list) {
        (Some(ledger), Some(list)) if severity(list.code) > severity(ledger.code) => list,
        (Some(ledger), _) => ledger,
        (None, Some(list)) => list,
        (None, None) if matches!(reference, Reference::Absent) => finding(Code::NoStatus),
        (None, None) => finding(Code::StatusNotAtHand),
    }
}

/// The word for where a licence stands, as far as a code of this check tells.
pub(super) fn standing(code: Code) -> Option<&'static str> {
    match code {
        Code::StatusValid => Some(Standing::Valid.as_str()),
        Code::ListedAsEnded => Some("ended"),
        Code::RescindedLater => Some(Ending::Rescinded.as_str()),
        code => Standing::ALL.into_iter().find(|standing| code_of(*standing) == code).map(Standing::as_str),
    }
}

fn finding(code: Code) -> Finding {
    Finding::new(Check::Status, code)
}

fn reference(opened: &Opened<'_>, context: &Context<'_>) -> Reference {
    let Some(status) = opened.claims().get("status") else { return Reference::Absent };
    let list = status.get("status_list");
    let uri = list.and_then(|list| list.get("uri")).and_then(Value::as_str);
    let index = list.and_then(|list| list.get("idx")).and_then(Value::as_u64);
    let place =
        uri.and_then(|uri| list_number(uri, context)).zip(index.and_then(|idx| u32::try_from(idx).ok()));
    place.map_or(Reference::Foreign, |(list, index)| Reference::Ours(StatusPlace { index, list }))
}

/// The number of a list under one of the authority's names: former ones stay known.
fn list_number(uri: &str, context: &Context<'_>) -> Option<u32> {
    let text = context.own_name(uri)?.strip_prefix("/status/")?;
    text.parse().ok().filter(|number: &u32| number.to_string() == text)
}

/// By the licence's entries; none where they are not at hand or do not reach to the time asked.
fn by_ledger(
    entered: &Entered,
    state: Option<&LicenceState>,
    context: &Context<'_>,
    at: Time,
) -> Option<Finding> {
    let shown = state.and_then(|state| state.standing_at(at));
    let void = state.and_then(|state| {
        state.events.iter().find(|event| event.standing == Standing::Ended(Ending::Rescinded))
    });
    if let Some(void) = void {
        let code = if void.time <= at { Code::Rescinded } else { Code::RescindedLater };
        let then = shown.map_or("not_entered", |event| event.standing.as_str());
        let finding = finding(code).on("by", "ledger").on("index", void.index).on("shown_then", then);
        return Some(finding.aged(context.age()));
    }
    if at < entered.moment.time {
        return Some(finding(Code::StatusBeforeEntry).on("index", entered.moment.index));
    }
    let event = shown?;
    // An ending stays; what was open when a folder was taken may have ended since.
    if event.standing.is_open() && at > context.source.knows_until(context.now) {
        return None;
    }
    let finding = finding(code_of(event.standing)).on("by", "ledger").on("index", event.index);
    Some(finding.on("time", event.time).aged(context.age()))
}

/// By the list; none where there is no token at all.
fn by_list(place: StatusPlace, context: &Context<'_>, at: Time) -> Option<Finding> {
    let finding = |code| finding(code).on("by", "list").on("list", place.list).on("list_index", place.index);
    let token = match (context.tokens)(place.list, at) {
        TokenAnswer::Absent => return None,
        TokenAnswer::Refused => return Some(finding(Code::StatusListRefused)),
        TokenAnswer::Checked(token) => token,
    };
    let code = if list_number(token.sub(), context) != Some(place.list) {
        Code::StatusListRefused
    } else if at.seconds() < token.iat() {
        Code::StatusNotOfThatTime
    } else if token.exp().is_none_or(|exp| at.seconds() >= exp) {
        Code::StatusStale
    } else {
        match token.value(u64::from(place.index)) {
            Some(0) => Code::StatusValid,
            Some(1) => Code::ListedAsEnded,
            Some(2) => Code::Suspended,
            _ => Code::StatusUnreadable,
        }
    };
    let finding = finding(code).on("iat", token.iat()).on("exp", token.exp()).on("key", token.key());
    Some(finding.on("list_ledger_size", token.ledger_size()).aged(context.now.seconds() - token.iat()))
}

/// How bad, among what is known for certain. What is not known is no worse than what is.
fn severity(code: Code) -> u8 {
    match code {
        Code::Rescinded | Code::RescindedLater => 3,
        Code::Suspended => 1,
        code if code.outcome() == Outcome::Failed => 2,
        _ => 0,
    }
}

fn code_of(standing: Standing) -> Code {
    match standing {
        Standing::Valid => Code::StatusValid,
        Standing::Suspended => Code::Suspended,
        Standing::Ended(Ending::Recalled) => Code::Recalled,
        Standing::Ended(Ending::Rescinded) => Code::Rescinded,
        Standing::Ended(Ending::Penalty) => Code::Penalty,
        Standing::Ended(Ending::Annulled) => Code::Annulled,
        Standing::Ended(Ending::Cancelled) => Code::Cancelled,
        Standing::Replaced(Cause::Renewed) => Code::Renewed,
        Standing::Replaced(Cause::Changed) => Code::Changed,
        Standing::Replaced(Cause::Corrected) => Code::Corrected,
        Standing::Replaced(Cause::Reissued) => Code::Reissued,
    }
}
