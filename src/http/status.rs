//! Status lists as published (draft-ietf-oauth-status-list): tokens, and their aggregation. Not here: signing them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::HttpState;
use super::answer::{self, kept, ok, tagged, typed};
use super::problem::Problem;
use super::request::{Params, bad_parameter};
use crate::authority::Thing;
use crate::crypto::Digest;
use crate::values::time::Time;

/// How long the newest token may be kept by caches on the way: well within its `ttl`, so that an act is soon seen.
const NEWEST: &str = "public, max-age=10";
/// In milliseconds: what was published so long ago is not being published now.
const SETTLED: i64 = 60_000;

/// `GET /status/{list}?time=`: the newest token, or the one that was published at a time (seconds since 1970, or as
/// everywhere else).
pub async fn token(
    State(state): State<Arc<HttpState>>,
    Path(list): Path<String>,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let not_found = || Problem::not_found(Thing::File);
    let at = params.text("time").map(|text| read_time(&text)).transpose()?;
    params.finish()?;
    let number: u32 = list.parse().map_err(|_| not_found())?;
    let now = state.clock.now();
    if number.to_string() != list || at.is_some_and(|at| at.seconds() > now.seconds()) {
        return Err(not_found());
    }
    let token = state.authority.status_token(number, at)?;
    let settled = at.is_some_and(|at| now.since(at) > SETTLED);
    let cache = if settled { answer::FOR_EVER } else { NEWEST };
    let digest = Digest::of(token.as_bytes());
    let answer = typed(StatusCode::OK, "application/statuslist+jwt", token.to_string());
    Ok(tagged(kept(answer, cache), &digest, &headers))
}

/// `GET /status`: where all lists are.
pub async fn lists(State(state): State<Arc<HttpState>>) -> Result<Response, Problem> {
    let lists = state.authority.status_lists()?;
    Ok(kept(ok(&json!({"status_lists": lists})), NEWEST))
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
