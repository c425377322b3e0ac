//! Licences: issued, recorded, carried, and the acts of section 9.

use super::{Bench, Deed, cases, demand};
use crate::crypto::{Digest, KeyPurpose};
use crate::law::violation::{Refused, Rule, Violation};
use crate::ledger::body::{
    LicenceActed, LicenceCarried, LicenceEnded, LicenceErased, LicenceIssued, LicenceRecorded, Owner,
    Replaces, StatusPlace, TypePublished,
};
use crate::ledger::state::{Carried, Event, Granted, LicenceState};
use crate::values::identifiers::Handle;
use crate::values::standing::{Act, Ending, Standing};

/// Places of one status list.
pub(super) const PLACES: u32 = 1 << 20;

pub(super) fn issued(bench: Bench<'_>, body: &LicenceIssued) -> Result<Deed, Refused> {
    let version = granted(bench, body)?;
    let process = bench.view.charter().process(&body.r#type, body.version);
    let mut deed = match process.filter(|held| held.counts_at(bench.moment.index)) {
        Some(process) => {
            let (case, owed) = cases::issued(bench, body, &process.value)?;
            Deed { case: Some(case), ..Deed::default() }.owing(owed)
        }
        None => directly(bench, body, version)?,
    };
    let standing = match &body.replaces {
        None => Standing::Valid,
        Some(replaces) => replace(bench, body, replaces, &mut deed)?,
    };
    enter(bench, body, Granted::Issued, standing, &mut deed);
    Ok(deed)
}

pub(super) fn recorded(bench: Bench<'_>, body: &LicenceRecorded) -> Result<Deed, Refused> {
    let version = granted(bench, &body.grant)?;
    let mut deed = directly(bench, &body.grant, version)?;
    demand(body.grant.replaces.is_none(), Rule::Schema, || "a recorded licence replaces nothing".into())?;
    enter(bench, &body.grant, Granted::Recorded(body.trust), body.standing.standing(), &mut deed);
    Ok(deed)
}

pub(super) fn carried(bench: Bench<'_>, body: &LicenceCarried) -> Result<Deed, Refused> {
    let mut licence = bench.licence(&body.handle)?;
    let fit = licence.standing() == Standing::Valid && !licence.erased && !expired(bench, &licence)?;
    demand(fit, Rule::Carrier, || format!("licence {} is not valid, kept and unexpired", body.handle))?;
    bench.department(&licence.department)?;
    let key = bench.view.charter().key(&body.signing_key).filter(|held| held.counts_at(bench.moment.index));
    let purpose = key.map(|held| held.value.purpose);
    let owner = Owner::Department(licence.department.clone());
    let good = matches!(purpose, Some(KeyPurpose::Credential | KeyPurpose::Seal))
        && key.is_some_and(|held| held.value.owner == owner);
    demand(good, Rule::KeyPurpose, || {
        format!("{} is no credential or seal key of the department in force", body.signing_key)
    })?;
    free_place(bench, body.status)?;
    let standing = licence.standing();
    licence.carriers.push(Carried {
        carrier: body.carrier,
        digest: body.digest,
        index: bench.moment.index,
        signing_key: body.signing_key,
        status: body.status,
    });
    follow(bench, &mut licence, standing);
    Ok(Deed {
        statuses: vec![(body.status, standing.status_value())],
        licences: vec![licence],
        ..Deed::default()
    })
}

pub(super) fn suspended(bench: Bench<'_>, body: &LicenceActed) -> Result<Deed, Refused> {
    act(bench, &body.handle, Act::Suspend)
}

pub(super) fn reinstated(bench: Bench<'_>, body: &LicenceActed) -> Result<Deed, Refused> {
    act(bench, &body.handle, Act::Reinstate)
}

pub(super) fn ended(bench: Bench<'_>, body: &LicenceEnded) -> Result<Deed, Refused> {
    act(bench, &body.handle, Act::End(body.act))
}

pub(super) fn erased(bench: Bench<'_>, body: &LicenceErased) -> Result<Deed, Refused> {
    let mut licence = bench.licence(&body.handle)?;
    demand(!licence.erased, Rule::Licence, || format!("licence {} is erased already", body.handle))?;
    licence.erased = true;
    let standing = licence.standing();
    follow(bench, &mut licence, standing);
    Ok(Deed { licences: vec![licence], ..Deed::default() })
}

/// Without a case: approved by as many officers as the type's version asks for.
fn directly(bench: Bench<'_>, body: &LicenceIssued, version: &TypePublished) -> Result<Deed, Refused> {
    demand(body.case.is_none(), Rule::Case, || format!("{} is issued without a case", body.r#type))?;
    // Nobody goes round a process by an earlier version, nor by recording what was never granted.
    let processes = bench.view.charter().processes();
    let mut later =
        processes.filter(|held| held.value.r#type == body.r#type && held.value.version >= body.version);
    demand(later.next().is_none(), Rule::Process, || {
        format!("version {} of {}, or a later one, is issued from cases only", body.version, body.r#type)
    })?;
    let owed = bench.officers_approve(version.officers, &body.department)?;
    Ok(Deed::default().owing(owed))
}

/// What issuing and recording have in common; the version of the type. The approvals are still to be judged.
fn granted<'a>(bench: Bench<'a>, body: &LicenceIssued) -> Result<&'a TypePublished, Refused> {
    demand(bench.view.licence(&body.handle)?.is_none(), Rule::Identifier, || {
        format!("handle {} was used before", body.handle)
    })?;
    demand(body.handle.time() <= bench.moment.time, Rule::HandleTime, || {
        format!("the handle was made at {}, after the entry", body.handle.time())
    })?;
    demand(body.valid_until.is_none_or(|until| body.valid_from <= until), Rule::Dates, || {
        "the licence ends before it begins".into()
    })?;
    bench.department(&body.department)?;
    let version = bench.view.charter().version(&body.r#type, body.version);
    let version = version.filter(|held| held.counts_at(bench.moment.index)).ok_or_else(|| {
        let text = format!("type {} version {} is not in force", body.r#type, body.version);
        Violation::new(Rule::Type, text)
    })?;
    check_power(bench, body)?;
    let key = bench.key_in_force(&body.credential_key, KeyPurpose::Credential, Rule::KeyPurpose)?;
    demand(key.owner == Owner::Department(body.department.clone()), Rule::KeyPurpose, || {
        format!("credential key {} is {}'s", body.credential_key, key.owner)
    })?;
    free_place(bench, body.status)?;
    Ok(&version.value)
}

fn check_power(bench: Bench<'_>, body: &LicenceIssued) -> Result<(), Refused> {
    let charter = bench.view.charter();
    let held = charter.power(&body.power).filter(|held| {
        held.value.department == body.department
            && held.value.r#type == body.r#type
            && charter.power_covers(held, &body.region, bench.moment)
    });
    demand(held.is_some(), Rule::Power, || {
        let (who, what, place) = (&body.department, &body.r#type, &body.region);
        format!("power {} does not let {who} issue {what} in {place} on this day", body.power)
    })
}

/// Ends the old licence in the same entry; the standing the new one begins with.
fn replace(
    bench: Bench<'_>,
    body: &LicenceIssued,
    replaces: &Replaces,
    deed: &mut Deed,
) -> Result<Standing, Refused> {
    let mut old = bench.licence(&replaces.handle)?;
    demand(old.last == replaces.prev, Rule::Prev, || {
        format!("replaces.prev is {}; the old licence's last entry is {}", replaces.prev, old.last)
    })?;
    demand(old.department == body.department, Rule::NotYours, || {
        format!("licence {} was issued by {}", old.handle, old.department)
    })?;
    demand(old.licence_type == body.r#type, Rule::Type, || {
        format!("licence {} is a {}", old.handle, old.licence_type)
    })?;
    let before = old.standing();
    let after = transition(bench, &old, Act::Replace(replaces.cause))?;
    old.replaced_by = Some(body.handle);
    follow(bench, &mut old, after);
    deed.statuses.extend(old.places().map(|place| (place, after.status_value())));
    deed.licences.push(old);
    Ok(before.successor(replaces.cause))
}

fn enter(bench: Bench<'_>, body: &LicenceIssued, granted: Granted, standing: Standing, deed: &mut Deed) {
    deed.statuses.push((body.status, standing.status_value()));
    deed.licences.push(LicenceState {
        handle: body.handle,
        granted,
        licence_type: body.r#type.clone(),
        version: body.version,
        department: body.department.clone(),
        region: body.region.clone(),
        power: body.power.clone(),
        credential_key: body.credential_key,
        credential_digest: body.credential_digest,
        valid_from: body.valid_from,
        valid_until: body.valid_until,
        status: body.status,
        carriers: Vec::new(),
        events: vec![Event { index: bench.moment.index, time: bench.moment.time, standing }],
        last: leaf(bench),
        replaces: body.replaces.map(|replaces| replaces.handle),
        replaced_by: None,
        erased: false,
    });
}

fn act(bench: Bench<'_>, handle: &Handle, act: Act) -> Result<Deed, Refused> {
    let mut licence = bench.licence(handle)?;
    let after = transition(bench, &licence, act)?;
    follow(bench, &mut licence, after);
    let statuses = licence.places().map(|place| (place, after.status_value())).collect();
    Ok(Deed { statuses, licences: vec![licence], ..Deed::default() })
}

fn transition(bench: Bench<'_>, licence: &LicenceState, act: Act) -> Result<Standing, Refused> {
    // Rescinded, then cancelled, is still void from the beginning: it cannot be rescinded once more.
    let again = act == Act::End(Ending::Rescinded) && licence.is_void();
    demand(!again, Rule::Transition, || format!("licence {} is rescinded already", licence.handle))?;
    let after = licence.standing().after(act, expired(bench, licence)?);
    Ok(after.map_err(|error| Violation::new(Rule::Transition, error.to_string()))?)
}

fn expired(bench: Bench<'_>, licence: &LicenceState) -> Result<bool, Refused> {
    let offset = bench.view.charter().offset();
    let offset = offset.ok_or_else(|| Violation::new(Rule::Founding, "there is no offset"))?;
    Ok(licence.expired(bench.moment.time, offset))
}

fn follow(bench: Bench<'_>, licence: &mut LicenceState, standing: Standing) {
    licence.events.push(Event { index: bench.moment.index, time: bench.moment.time, standing });
    licence.last = leaf(bench);
}

fn leaf(bench: Bench<'_>) -> Digest {
    bench.entry.leaf_hash()
}

fn free_place(bench: Bench<'_>, place: StatusPlace) -> Result<(), Refused> {
    demand(place.list >= 1 && place.index < PLACES, Rule::StatusPlace, || {
        format!("list {} index {} does not exist", place.list, place.index)
    })?;
    demand(!bench.view.place_taken(place)?, Rule::StatusPlace, || {
        format!("list {} index {} was used before", place.list, place.index)
    })
}
