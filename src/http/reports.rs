//! Kept reports, for whoever knows their number. Not here: keeping them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use super::HttpState;
use super::answer::ok;
use super::problem::Problem;

/// `GET /v1/reports/{report}`.
pub async fn kept(
    State(state): State<Arc<HttpState>>,
    Path(report): Path<String>,
) -> Result<Response, Problem> {
    Ok(ok(&state.authority.report(&report)?))
}
