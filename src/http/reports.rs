//! Kept reports, for whoever asked to keep them. Not here: keeping them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use super::HttpState;
use super::answer::ok;
use super::problem::Problem;
use super::request::{Params, Who, no_token};

/// `GET /v1/reports/{report}`.
pub async fn kept(
    State(state): State<Arc<HttpState>>,
    Who(caller): Who,
    Path(report): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let caller = caller.ok_or_else(no_token)?;
    params.finish()?;
    Ok(ok(&state.authority.report(&report, &caller)?))
}
