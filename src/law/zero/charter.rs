//! The authority moved, the law changed, the ledger frozen; departments registered and withdrawn.

use super::founding::check_base_url;
use super::{Bench, Deed, demand};
use crate::law::violation::{Refused, Rule};
use crate::ledger::body::{AuthorityMoved, DepartmentRegistered, DepartmentWithdrawn, LawChanged};
use crate::ledger::state::CharterChange;

pub(super) fn moved(bench: Bench<'_>, body: &AuthorityMoved) -> Result<Deed, Refused> {
    check_base_url(&body.base_url)?;
    let known = bench
        .view
        .charter()
        .authority()
        .is_some_and(|authority| authority.base_urls.contains(&body.base_url));
    demand(!known, Rule::Name, || format!("{} was the base URL before", body.base_url))?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::Moved(body.base_url.clone())).owing(owed))
}

pub(super) fn law_changed(bench: Bench<'_>, body: &LawChanged) -> Result<Deed, Refused> {
    let next = bench.view.charter().law_version().map_or(0, |version| version + 1);
    demand(body.law.version == next, Rule::Law, || format!("law {} where {next} is next", body.law.version))?;
    bench.blob(&body.law.text)?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::Law(body.law.clone())).owing(owed))
}

pub(super) fn frozen(bench: Bench<'_>) -> Result<Deed, Refused> {
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::Frozen).owing(owed))
}

pub(super) fn registered(bench: Bench<'_>, body: &DepartmentRegistered) -> Result<Deed, Refused> {
    let charter = bench.view.charter();
    demand(charter.department(&body.code).is_none(), Rule::Identifier, || {
        format!("department {} was registered before", body.code)
    })?;
    demand(charter.department_by_slug(&body.slug).is_none(), Rule::Identifier, || {
        format!("slug {} was used before", body.slug)
    })?;
    demand(body.slug.as_str() != "operator" && body.slug.as_str() != "auditor", Rule::Identifier, || {
        format!("slug {} is reserved", body.slug)
    })?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::Department(body.clone())).owing(owed))
}

pub(super) fn withdrawn(bench: Bench<'_>, body: &DepartmentWithdrawn) -> Result<Deed, Refused> {
    bench.department(&body.code)?;
    let owed = bench.registrars_approve()?;
    Ok(Deed::charter(CharterChange::DepartmentWithdrawn(body.code.clone())).owing(owed))
}
