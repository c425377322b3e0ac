//! Check 7, `holder`: who presents is who it was issued to. Asked for and absent or wrong is *failed*; presented
//! unasked is *failed* when bad and *not checked* when good (law 0, section 10).

use super::ask::Expect;
use super::code::Code;
use super::finding::{Check, Finding};
use super::signature::Opened;
use crate::sd_jwt::key_binding::verify;
use crate::sd_jwt::{Expectation, KeyBindingError};
use crate::values::time::Time;

/// Seconds that a presentation asked for may be old.
const OLDEST: i64 = 300;
/// Seconds that a holder's clock may be ahead.
const AHEAD: i64 = 60;

pub(super) fn judge(opened: &Opened<'_>, expect: &Expect, at: Time) -> Finding {
    let asked = expect.asks_for_holder();
    if !asked && opened.presentation.key_binding().is_none() {
        return Finding::new(Check::Holder, Code::HolderNotAsked);
    }
    let latest = at.seconds() + AHEAD;
    let expectation = Expectation {
        nonce: expect.nonce.as_deref(),
        audience: expect.audience.as_deref(),
        // What nobody asked for has no time by which it should have been made.
        issued: if asked { at.seconds() - OLDEST..=latest } else { 0..=latest },
    };
    let code = match verify(&opened.presentation, &expectation) {
        Ok(()) if asked => Code::HolderBound,
        Ok(()) => Code::HolderBoundUnasked,
        Err(_) if asked && opened.claims().get("cnf").is_none() => Code::HolderKeyMissing,
        Err(KeyBindingError::Absent) => Code::HolderAbsent,
        Err(KeyBindingError::NoHolderKey) => Code::HolderKeyMissing,
        Err(KeyBindingError::Nonce { .. }) => Code::NonceDiffers,
        Err(KeyBindingError::Audience { .. }) => Code::AudienceDiffers,
        Err(KeyBindingError::Stale { .. }) => Code::HolderStale,
        Err(_) => Code::HolderRefused,
    };
    Finding::new(Check::Holder, code)
}
