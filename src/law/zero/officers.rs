//! Officers, the process of a type, and calendars.

use super::{Bench, Deed, demand};
use crate::crypto::KeyPurpose;
use crate::law::violation::{Refused, Rule};
use crate::ledger::body::{
    Approvers, CalendarPublished, OfficerAppointed, OfficerLeft, Owner, ProcessPublished, Year,
};
use crate::ledger::state::CharterChange;

/// Most working days that can be promised for anything.
const MOST_DAYS: u64 = 400;

pub(super) fn appointed(bench: Bench<'_>, body: &OfficerAppointed) -> Result<Deed, Refused> {
    let charter = bench.view.charter();
    demand(body.officer.time() <= bench.moment.time, Rule::HandleTime, || {
        format!("the officer's number was made at {}, after the entry", body.officer.time())
    })?;
    bench.department(&body.department)?;
    let key = bench.key_in_force(&body.key, KeyPurpose::Officer, Rule::KeyPurpose)?;
    demand(key.owner == Owner::Department(body.department.clone()), Rule::KeyPurpose, || {
        format!("officer key {} is {}'s", body.key, key.owner)
    })?;
    let other = charter.was_officer_key(&body.key).filter(|officer| **officer != body.officer);
    demand(other.is_none(), Rule::Officer, || format!("key {} is or was another officer's", body.key))?;
    if let Some(known) = charter.officer(&body.officer) {
        demand(known.in_force(), Rule::Officer, || format!("officer {} has left", body.officer))?;
        demand(known.value.department == body.department, Rule::Officer, || {
            format!("officer {} is of {}", body.officer, known.value.department)
        })?;
    }
    let ordered = !body.roles.is_empty() && body.roles.is_sorted_by(|a, b| a < b);
    demand(ordered, Rule::Officer, || "roles are not at least one, in order, none twice".into())?;
    demand(body.until.is_none_or(|until| body.from <= until), Rule::Dates, || {
        "the roles end before they begin".into()
    })?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::Officer(body.clone())).owing(owed))
}

pub(super) fn left(bench: Bench<'_>, body: &OfficerLeft) -> Result<Deed, Refused> {
    let held = bench.view.charter().officer(&body.officer);
    demand(held.is_some_and(|held| held.in_force()), Rule::Officer, || {
        format!("there is no officer {} in force", body.officer)
    })?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::OfficerLeft(body.officer)).owing(owed))
}

pub(super) fn process(bench: Bench<'_>, body: &ProcessPublished) -> Result<Deed, Refused> {
    let charter = bench.view.charter();
    let newest = charter.published(&body.r#type).and_then(|known| known.versions.last());
    let newest = newest.filter(|held| held.in_force() && held.value.version == body.version);
    demand(newest.is_some(), Rule::Type, || {
        format!("version {} is not the newest of {} in force", body.version, body.r#type)
    })?;
    demand(charter.process(&body.r#type, body.version).is_none(), Rule::Process, || {
        format!("version {} of {} has its process", body.version, body.r#type)
    })?;
    check_approvers(bench, &body.approvers)?;
    let together = body.approvers.iter().try_fold(0_u64, |sum, one| sum.checked_add(one.officers));
    demand(together == newest.map(|held| held.value.officers), Rule::Process, || {
        "the approvers are not as many officers as the type asks for".into()
    })?;
    let promised = &body.promised;
    let days = [
        promised.accept,
        promised.decide,
        promised.deliver,
        promised.examine,
        promised.issue,
        promised.total,
        body.promise.unwrap_or(1),
    ];
    demand(days.iter().all(|days| (1..=MOST_DAYS).contains(days)), Rule::Process, || {
        format!("promised days are 1 to {MOST_DAYS}")
    })?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::Process(body.clone())).owing(owed))
}

fn check_approvers(bench: Bench<'_>, approvers: &[Approvers]) -> Result<(), Refused> {
    let ordered = !approvers.is_empty()
        && approvers.is_sorted_by(|a, b| a.department < b.department)
        && approvers.iter().all(|one| one.officers > 0);
    demand(ordered, Rule::Process, || {
        "approvers are not at least one, the lead first, then by department, none twice, each of one officer or more"
            .into()
    })?;
    approvers.iter().filter_map(|one| one.department.as_ref()).try_for_each(|code| bench.department(code))
}

pub(super) fn calendar(bench: Bench<'_>, body: &CalendarPublished) -> Result<Deed, Refused> {
    let good = body.exceptions.is_sorted_by(|a, b| a.date < b.date)
        && body.exceptions.iter().all(|exception| {
            Year::try_from(exception.date.year()) == Ok(body.year)
                && exception.working == exception.date.is_weekend()
        });
    demand(good, Rule::Calendar, || {
        format!("exceptions are days of {} in order, each other than its place in the week says", body.year)
    })?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::Calendar(body.clone())).owing(owed))
}
