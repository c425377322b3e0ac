//! Licences: issued, recorded, carried, and the acts of section 9.

use super::{Case, Deed, demand};
use crate::crypto::{Digest, KeyPurpose};
use crate::law::applied::Owed;
use crate::law::violation::{Refused, Rule, Violation};
use crate::ledger::body::{
    LicenceActed, LicenceCarried, LicenceEnded, LicenceErased, LicenceIssued, LicenceRecorded, Owner,
    Replaces, StatusPlace,
};
use crate::ledger::state::{Carried, Event, Granted, LicenceState};
use crate::values::identifiers::Handle;
use crate::values::standing::{Act, Ending, Standing};

/// Places of one status list.
pub(super) const PLACES: u32 = 1 << 20;

pub(super) fn issued(case: Case<'_>, body: &LicenceIssued) -> Result<Deed, Refused> {
    let owed = granted(case, body)?;
    let mut deed = Deed::default().owing(owed);
    let standing = match &body.replaces {
        None => Standing::Valid,
        Some(replaces) => replace(case, body, replaces, &mut deed)?,
    };
    enter(case, body, Granted::Issued, standing, &mut deed);
    Ok(deed)
}

pub(super) fn recorded(case: Case<'_>, body: &LicenceRecorded) -> Result<Deed, Refused> {
    let owed = granted(case, &body.grant)?;
    demand(body.grant.replaces.is_none(), Rule::Schema, || "a recorded licence replaces nothing".into())?;
    let mut deed = Deed::default().owing(owed);
    enter(case, &body.grant, Granted::Recorded(body.trust), body.standing.standing(), &mut deed);
    Ok(deed)
}

pub(super) fn carried(case: Case<'_>, body: &LicenceCarried) -> Result<Deed, Refused> {
    let mut licence = case.licence(&body.handle)?;
    let fit = licence.standing() == Standing::Valid && !licence.erased && !expired(case, &licence)?;
    demand(fit, Rule::Carrier, || format!("licence {} is not valid, kept and unexpired", body.handle))?;
    case.department(&licence.department)?;
    let key = case.view.charter().key(&body.signing_key).filter(|held| held.counts_at(case.moment.index));
    let purpose = key.map(|held| held.value.purpose);
    let owner = Owner::Department(licence.department.clone());
    let good = matches!(purpose, Some(KeyPurpose::Credential | KeyPurpose::Seal))
        && key.is_some_and(|held| held.value.owner == owner);
    demand(good, Rule::KeyPurpose, || {
        format!("{} is no credential or seal key of the department in force", body.signing_key)
    })?;
    free_place(case, body.status)?;
    let standing = licence.standing();
    licence.carriers.push(Carried {
        carrier: body.carrier,
        digest: body.digest,
        index: case.moment.index,
        signing_key: body.signing_key,
        status: body.status,
    });
    follow(case, &mut licence, standing);
    Ok(Deed {
        statuses: vec![(body.status, standing.status_value())],
        licences: vec![licence],
        ..Deed::default()
    })
}

pub(super) fn suspended(case: Case<'_>, body: &LicenceActed) -> Result<Deed, Refused> {
    act(case, &body.handle, Act::Suspend)
}

pub(super) fn reinstated(case: Case<'_>, body: &LicenceActed) -> Result<Deed, Refused> {
    act(case, &body.handle, Act::Reinstate)
}

pub(super) fn ended(case: Case<'_>, body: &LicenceEnded) -> Result<Deed, Refused> {
    act(case, &body.handle, Act::End(body.act))
}

pub(super) fn erased(case: Case<'_>, body: &LicenceErased) -> Result<Deed, Refused> {
    let mut licence = case.licence(&body.handle)?;
    demand(!licence.erased, Rule::Licence, || format!("licence {} is erased already", body.handle))?;
    licence.erased = true;
    let standing = licence.standing();
    follow(case, &mut licence, standing);
    Ok(Deed { licences: vec![licence], ..Deed::default() })
}

/// What issuing and recording have in common; the approvals that are owed.
fn granted(case: Case<'_>, body: &LicenceIssued) -> Result<Vec<Owed>, Refused> {
    demand(case.view.licence(&body.handle)?.is_none(), Rule::Identifier, || {
        format!("handle {} was used before", body.handle)
    })?;
    demand(body.handle.time() <= case.moment.time, Rule::HandleTime, || {
        format!("the handle was made at {}, after the entry", body.handle.time())
    })?;
    demand(body.valid_until.is_none_or(|until| body.valid_from <= until), Rule::Dates, || {
        "the licence ends before it begins".into()
    })?;
    case.department(&body.department)?;
    let version = case.view.charter().version(&body.r#type, body.version);
    let version = version.filter(|held| held.counts_at(case.moment.index)).ok_or_else(|| {
        let text = format!("type {} version {} is not in force", body.r#type, body.version);
        Violation::new(Rule::Type, text)
    })?;
    check_power(case, body)?;
    let key = case.key_in_force(&body.credential_key, KeyPurpose::Credential, Rule::KeyPurpose)?;
    demand(key.owner == Owner::Department(body.department.clone()), Rule::KeyPurpose, || {
        format!("credential key {} is {}'s", body.credential_key, key.owner)
    })?;
    free_place(case, body.status)?;
    case.officers_approve(version.value.officers, &body.department)
}

fn check_power(case: Case<'_>, body: &LicenceIssued) -> Result<(), Refused> {
    let charter = case.view.charter();
    let held = charter.power(&body.power).filter(|held| {
        held.value.department == body.department
            && held.value.r#type == body.r#type
            && charter.power_covers(held, &body.region, case.moment)
    });
    demand(held.is_some(), Rule::Power, || {
        let (who, what, place) = (&body.department, &body.r#type, &body.region);
        format!("power {} does not let {who} issue {what} in {place} on this day", body.power)
    })
}

/// Ends the old licence in the same entry; the standing the new one begins with.
fn replace(
    case: Case<'_>,
    body: &LicenceIssued,
    replaces: &Replaces,
    deed: &mut Deed,
) -> Result<Standing, Refused> {
    let mut old = case.licence(&replaces.handle)?;
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
    let after = transition(case, &old, Act::Replace(replaces.cause))?;
    old.replaced_by = Some(body.handle);
    follow(case, &mut old, after);
    deed.statuses.extend(old.places().map(|place| (place, after.status_value())));
    deed.licences.push(old);
    Ok(before.successor(replaces.cause))
}

fn enter(case: Case<'_>, body: &LicenceIssued, granted: Granted, standing: Standing, deed: &mut Deed) {
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
        events: vec![Event { index: case.moment.index, time: case.moment.time, standing }],
        last: leaf(case),
        replaces: body.replaces.map(|replaces| replaces.handle),
        replaced_by: None,
        erased: false,
    });
}

fn act(case: Case<'_>, handle: &Handle, act: Act) -> Result<Deed, Refused> {
    let mut licence = case.licence(handle)?;
    let after = transition(case, &licence, act)?;
    follow(case, &mut licence, after);
    let statuses = licence.places().map(|place| (place, after.status_value())).collect();
    Ok(Deed { statuses, licences: vec![licence], ..Deed::default() })
}

fn transition(case: Case<'_>, licence: &LicenceState, act: Act) -> Result<Standing, Refused> {
    // Rescinded, then cancelled, is still void from the beginning: it cannot be rescinded once more.
    let again = act == Act::End(Ending::Rescinded) && licence.is_void();
    demand(!again, Rule::Transition, || format!("licence {} is rescinded already", licence.handle))?;
    let after = licence.standing().after(act, expired(case, licence)?);
    Ok(after.map_err(|error| Violation::new(Rule::Transition, error.to_string()))?)
}

fn expired(case: Case<'_>, licence: &LicenceState) -> Result<bool, Refused> {
    let offset = case.view.charter().offset();
    let offset = offset.ok_or_else(|| Violation::new(Rule::Founding, "there is no offset"))?;
    Ok(licence.expired(case.moment.time, offset))
}

fn follow(case: Case<'_>, licence: &mut LicenceState, standing: Standing) {
    licence.events.push(Event { index: case.moment.index, time: case.moment.time, standing });
    licence.last = leaf(case);
}

fn leaf(case: Case<'_>) -> Digest {
    case.entry.leaf_hash()
}

fn free_place(case: Case<'_>, place: StatusPlace) -> Result<(), Refused> {
    demand(place.list >= 1 && place.index < PLACES, Rule::StatusPlace, || {
        format!("list {} index {} does not exist", place.list, place.index)
    })?;
    demand(!case.view.place_taken(place)?, Rule::StatusPlace, || {
        format!("list {} index {} was used before", place.list, place.index)
    })
}
