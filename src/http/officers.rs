//! `GET /v1/officers`: the officers of departments, by number, key and roles. No names: the ledger knows none.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::HttpState;
use super::answer::ok;
use super::problem::Problem;
use super::request::{Params, not_later};
use crate::authority::{Published, Thing};
use crate::ledger::body::{DepartmentRegistered, OfficerAppointed};
use crate::ledger::state::{Held, Moment};
use crate::values::time::Time;

/// Every officer that the ledger knew at a time, of one department if it is named.
pub async fn list(State(state): State<Arc<HttpState>>, mut params: Params) -> Result<Response, Problem> {
    let at = params.parsed("at")?;
    let department = params.text("department");
    params.finish()?;
    let at = not_later(at, state.clock.now())?;
    let published = state.authority.published();
    let department = department.map(|name| called(&published, &name)).transpose()?;
    let items: Vec<Value> = published
        .charter
        .officers()
        .filter_map(|(_, appointed)| appointed.iter().rev().find(|held| held.since.time <= at))
        .filter(|held| department.is_none_or(|own| own.code == held.value.department))
        .map(|held| officer(&published, held, at))
        .collect();
    Ok(ok(&json!({"items": items, "next": null})))
}

/// The department that is called so, by slug or credit code.
fn called<'p>(published: &'p Published, name: &str) -> Result<&'p DepartmentRegistered, Problem> {
    let mut departments = published.charter.departments().map(|held| &held.value);
    let found = departments.find(|own| own.slug.as_str() == name || own.code.as_str() == name);
    found.ok_or_else(|| Problem::not_found(Thing::Department))
}

fn officer(published: &Published, held: &Held<OfficerAppointed>, at: Time) -> Value {
    let OfficerAppointed { officer, department, key, roles, from, until, .. } = &held.value;
    let charter = &published.charter;
    let registered = charter.department(department);
    let day = charter.offset().map(|offset| at.date(offset));
    let in_time = day.is_some_and(|day| *from <= day && until.is_none_or(|until| day <= until));
    let known = registered.is_some_and(|held| held.shown_at(at));
    let key_counts = charter.key(key).is_some_and(|held| held.shown_at(at));
    let moment = |moment: Moment| json!({"index": moment.index, "time": moment.time});
    json!({
        "officer": officer,
        "department": registered.map(|held| held.value.slug.as_str()),
        "department_code": department.as_str(),
        "roles": roles,
        "from": from,
        "until": until,
        "key": key,
        "in_force": held.shown_at(at) && in_time && known && key_counts,
        "since": moment(held.since),
        "ended": held.ended.filter(|ended| ended.time <= at).map(moment),
    })
}
