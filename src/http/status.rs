//! Status lists as published (draft-ietf-oauth-status-list): tokens, and their aggregation. Not here: signing them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::HttpState;
use super::answer::{kept, ok, typed};
use super::problem::Problem;
use super::request::{Params, bad_parameter};
use crate::authority::Thing;
use crate::values::time::Time;

/// `GET /status/{list}?time=`: the newest token, or the one that was published at a time (seconds since 1970, or as
/// everywhere else).
pub async fn token(
    State(state): State<Arc<HttpState>>,
    Path(list): Path<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let not_found = || Problem::not_found(Thing::File);
    let at = params.text("time").map(|text| read_time(&text)).transpose()?;
    params.finish()?;
    let number: u32 = list.parse().map_err(|_| not_found())?;
    if number.to_string() != list || at.is_some_and(|at| at.seconds() > state.clock.now().seconds()) {
        return Err(not_found());
    }
    let token = state.authority.status_token(number, at)?;
    let cache = if at.is_some() { "public, max-age=86400" } else { "public, max-age=10" };
    Ok(kept(typed(StatusCode::OK, "application/statuslist+jwt", token.to_string()), cache))
}

/// `GET /status`: where all lists are.
pub async fn lists(State(state): State<Arc<HttpState>>) -> Result<Response, Problem> {
    let lists = state.authority.status_lists()?;
    Ok(kept(ok(&json!({"status_lists": lists})), "public, max-age=10"))
}

fn read_time(text: &str) -> Result<Time, Problem> {
    let seconds =
        // A whole second is meant to its end: a token's own `iat` is cut to the second it was made in.
        text.parse::<i64>().ok().and_then(|seconds| Time::from_millis(seconds.checked_mul(1000)?.checked_add(999)?).ok());
    let wrong = "Must be seconds since 1970, or a time YYYY-MM-DDTHH:MM:SS.mmmZ.";
    seconds
        .or_else(|| text.parse().ok())
        .ok_or_else(|| bad_parameter("time", "应为 1970 年以来的秒数或 YYYY-MM-DDTHH:MM:SS.mmmZ。", wrong))
}
