//! Check 5, `validity`: the dates, at the authority's fixed offset: valid from the first instant of the first day to
//! the end of the last (law 0, section 1). What the credential says must agree with itself and with its entry.
//! Not here: acts that end a licence (`status`).

use serde_json::Value;

use super::code::Code;
use super::context::Context;
use super::entered::Entered;
use super::finding::{Check, Finding};
use super::signature::Opened;
use crate::values::time::{Date, Time};

pub(super) fn judge(
    opened: &Opened<'_>,
    entered: Option<&Entered>,
    context: &Context<'_>,
    at: Time,
) -> Finding {
    let finding = |code| Finding::new(Check::Validity, code).on("offset", context.offset());
    let (from, until) = match span(opened, entered) {
        Ok(span) => span,
        Err(code) => return finding(code),
    };
    let offset = context.offset();
    let (begins, ends) = (from.first_instant(offset), until.map(|last| last.end(offset)));
    let nbf_differs = number(opened, "nbf").is_some_and(|nbf| nbf != Some(begins.seconds()));
    let exp_differs =
        number(opened, "exp").is_some_and(|exp| exp != ends.map(Time::seconds) || exp.is_none());
    let code = if nbf_differs || exp_differs {
        Code::DatesDiffer
    } else if at < begins {
        Code::NotYetValid
    } else {
        match ends {
            None => Code::NoEnd,
            Some(ends) if at >= ends => Code::Expired,
            Some(_) => Code::WithinValidity,
        }
    };
    let finding = finding(code).on("valid_from", from);
    match until {
        Some(until) => finding.on("valid_until", until),
        None => finding,
    }
}

/// First and last day, by the entry where it is proved.
fn span(opened: &Opened<'_>, entered: Option<&Entered>) -> Result<(Date, Option<Date>), Code> {
    let (from, until) = (day(opened, "valid_from")?, day(opened, "valid_until")?);
    match (entered, from) {
        (Some(entered), from) => {
            let agree = from.is_none_or(|from| from == entered.valid_from) && until == entered.valid_until;
            if agree { Ok((entered.valid_from, entered.valid_until)) } else { Err(Code::DatesDiffer) }
        }
        (None, Some(from)) => Ok((from, until)),
        (None, None) => Err(Code::DatesUnstated),
    }
}

/// A claim that is a day; none when it is absent.
fn day(opened: &Opened<'_>, name: &str) -> Result<Option<Date>, Code> {
    let Some(claim) = opened.claims().get(name) else { return Ok(None) };
    claim.as_str().and_then(|day| day.parse().ok()).map(Some).ok_or(Code::DatesUnstated)
}

/// A claim that is there; `None` inside when it is no NumericDate in whole seconds.
fn number(opened: &Opened<'_>, name: &str) -> Option<Option<i64>> {
    opened.claims().get(name).map(Value::as_i64)
}
