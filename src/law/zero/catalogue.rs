//! Licence types and powers.

use super::{Bench, Deed, demand};
use crate::law::violation::{Refused, Rule};
use crate::ledger::body::{PowerGranted, PowerWithdrawn, TypePublished, TypeWithdrawn};
use crate::ledger::state::CharterChange;
use crate::values::identifiers::Slug;

/// Most officers that a type may ask for.
const MAX_OFFICERS: u64 = 16;

pub(super) fn published(bench: Bench<'_>, body: &TypePublished) -> Result<Deed, Refused> {
    let known = bench.view.charter().published(&body.r#type);
    let next = known.map_or(1, |known| known.versions.len() + 1);
    demand(u64::try_from(next) == Ok(body.version), Rule::Identifier, || {
        format!("version {} of {} where {next} is next", body.version, body.r#type)
    })?;
    if let Some(known) = known {
        let same = known.versions.iter().all(|held| held.value.type_code == body.type_code);
        demand(same, Rule::Identifier, || format!("{} has another type code", body.r#type))?;
        demand(known.versions.iter().all(|held| held.in_force()), Rule::Type, || {
            format!("{} is withdrawn", body.r#type)
        })?;
    }
    let taken = bench.view.charter().types().any(|(slug, other)| {
        *slug != body.r#type && other.versions.iter().any(|held| held.value.type_code == body.type_code)
    });
    demand(!taken, Rule::Identifier, || format!("type code {} is another type's", body.type_code))?;
    demand(body.officers <= MAX_OFFICERS, Rule::Approvals, || {
        format!("{} officers; at most {MAX_OFFICERS}", body.officers)
    })?;
    for blob in [&body.claims, &body.metadata, &body.rules] {
        bench.blob(blob)?;
    }
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::Type(body.clone())).owing(owed))
}

pub(super) fn withdrawn(bench: Bench<'_>, body: &TypeWithdrawn) -> Result<Deed, Refused> {
    in_force(bench, &body.r#type)?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::TypeWithdrawn(body.r#type.clone())).owing(owed))
}

pub(super) fn granted(bench: Bench<'_>, body: &PowerGranted) -> Result<Deed, Refused> {
    demand(bench.view.charter().power(&body.power).is_none(), Rule::Identifier, || {
        format!("power {} was granted before", body.power)
    })?;
    bench.department(&body.department)?;
    in_force(bench, &body.r#type)?;
    demand(body.until.is_none_or(|until| body.from <= until), Rule::Dates, || {
        "the power ends before it begins".into()
    })?;
    bench.blob(&body.basis)?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::Power(body.clone())).owing(owed))
}

pub(super) fn power_withdrawn(bench: Bench<'_>, body: &PowerWithdrawn) -> Result<Deed, Refused> {
    let held = bench.view.charter().power(&body.power);
    demand(held.is_some_and(|held| held.in_force()), Rule::Power, || {
        format!("power {} is not in force", body.power)
    })?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::PowerWithdrawn(body.power.clone())).owing(owed))
}

fn in_force(bench: Bench<'_>, slug: &Slug) -> Result<(), Refused> {
    let known = bench.view.charter().published(slug).and_then(|known| known.versions.last());
    demand(known.is_some_and(|held| held.in_force()), Rule::Type, || {
        format!("type {slug} is not published, or withdrawn")
    })
}
