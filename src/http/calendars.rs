//! `GET /v1/calendars`: the working days of each year as registrars published them, which promised days are counted by. Not
//! here: counting (`ledger::state`), and publishing, which is a ceremony.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::HttpState;
use super::answer::ok;
use super::problem::Problem;
use super::request::Params;

/// The newest calendar of every year that has one; in any other, Monday to Friday are worked.
pub async fn list(State(state): State<Arc<HttpState>>, params: Params) -> Result<Response, Problem> {
    params.finish()?;
    let published = state.authority.published();
    let charter = &published.charter;
    let newest = charter.calendars().filter_map(|year| charter.calendar(*year));
    let items = newest.map(|held| {
        let exceptions = held.value.exceptions.iter();
        let exceptions = exceptions.map(|one| json!({"date": one.date, "working": one.working}));
        json!({
            "year": held.value.year, "exceptions": exceptions.collect::<Vec<_>>(),
            "since": {"index": held.since.index, "time": held.since.time},
        })
    });
    let items: Vec<Value> = items.collect();
    Ok(ok(&json!({"items": items, "next": null})))
}
