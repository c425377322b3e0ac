//! Check 2, `issuer`: a path to a pinned root, the department from the validated leaf only, and a key that the ledger
//! knows as that department's. Judged at the entry's index when the ledger proves it, at the time asked otherwise
//! (law 0, section 10). An authority that is not pinned is *unknown*; its names in a stranger's mouth are *failed*.

use serde_json::Value;

use super::code::Code;
use super::context::Context;
use super::entered::Entered;
use super::finding::{Check, Finding};
use super::signature::Opened;
use crate::crypto::KeyPurpose;
use crate::ledger::body::Owner;
use crate::ledger::state::{Held, Moment};
use crate::values::identifiers::CreditCode;
use crate::values::time::Time;
use crate::x509::{PathError, Profile, VerifiedPath};

/// The point at which a key and its owner must have counted.
#[derive(Clone, Copy)]
enum Point {
    Entry(Moment),
    Time(Time),
}

pub(super) fn judge(
    opened: &Opened<'_>,
    entered: Option<&Entered>,
    context: &Context<'_>,
    at: Time,
) -> Finding {
    let point = entered.map_or(Point::Time(at), |entered| Point::Entry(entered.moment));
    let finding = |code| point.shown(Finding::new(Check::Issuer, code));
    let path = match (context.paths)(opened.chain(), point.time().seconds(), Profile::Credential) {
        Ok(path) => path,
        Err(error) => {
            return finding(code_of(&error, opened, context)).on("detail", error.to_string().as_str());
        }
    };
    let code = recognised(opened, &path, point, context).err().unwrap_or(Code::IssuerRecognised);
    finding(code).on("department", path.code()).on("key", path.public_key().id()).on("root", path.root())
}

fn recognised(
    opened: &Opened<'_>,
    path: &VerifiedPath,
    point: Point,
    context: &Context<'_>,
) -> Result<(), Code> {
    if path.public_key() != opened.leaf.public_key() {
        return Err(Code::ChainRefused);
    }
    let named = opened.claims().get("issuer").and_then(|issuer| issuer.get("code"));
    let differs = named.is_some_and(|code| code.as_str() != Some(path.code()));
    let base = opened.claims().get("iss").map(|iss| iss.as_str().and_then(|iss| context.own_name(iss)));
    let strange = base.is_some_and(|rest| rest != Some(""));
    if differs || (strange && point.is_known(context)) {
        return Err(Code::IssuerDiffers);
    }
    let absent = || if point.is_known(context) { Code::KeyNotEntered } else { Code::KeyListTooOld };
    let code: CreditCode = path.code().parse().map_err(|_| Code::KeyNotEntered)?;
    let department = context.charter.department(&code).ok_or_else(absent)?;
    let key = context.charter.key(&path.public_key().id()).ok_or_else(absent)?;
    let its_own = key.value.owner == Owner::Department(code)
        && key.value.purpose == KeyPurpose::Credential
        && key.value.public == *path.public_key();
    if !its_own {
        return Err(Code::KeyNotEntered);
    }
    if !point.counts(key) || !point.counts(department) {
        return Err(Code::KeyNotInForce);
    }
    // What is in force as far as we know may have ended since.
    if point.is_known(context) { Ok(()) } else { Err(Code::KeyListTooOld) }
}

fn code_of(error: &PathError, opened: &Opened<'_>, context: &Context<'_>) -> Code {
    match error {
        PathError::UnknownRoot { .. } => {
            let claims_ours = ["vct", "iss"].into_iter().any(|name| {
                opened
                    .claims()
                    .get(name)
                    .and_then(Value::as_str)
                    .is_some_and(|name| context.own_name(name).is_some())
            });
            if claims_ours { Code::IssuerForged } else { Code::IssuerUnknown }
        }
        PathError::NotYetValid { .. } | PathError::Expired { .. } => Code::CertificateOutOfTime,
        _ => Code::ChainRefused,
    }
}

impl Point {
    fn time(self) -> Time {
        match self {
            Self::Entry(moment) => moment.time,
            Self::Time(at) => at,
        }
    }

    fn counts<T>(self, held: &Held<T>) -> bool {
        match self {
            Self::Entry(moment) => held.counts_at(moment.index),
            Self::Time(at) => held.shown_at(at),
        }
    }

    /// Whether the charter at hand goes as far as this point.
    fn is_known(self, context: &Context<'_>) -> bool {
        match self {
            Self::Entry(moment) => context.reaches(moment.index),
            Self::Time(at) => at <= context.source.knows_until(context.now),
        }
    }

    fn shown(self, finding: Finding) -> Finding {
        match self {
            Self::Entry(moment) => finding.on("judged_at_index", moment.index),
            Self::Time(at) => finding.on("judged_at", at),
        }
    }
}
