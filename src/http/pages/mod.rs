//! Pages.
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;

use super::HttpState;
use super::answer::typed;
use super::problem::Problem;
use crate::values::lang::Lang;

/// Routes.
pub fn routes() -> Router<Arc<HttpState>> {
    Router::new()
}

/// A problem.
pub fn problem(lang: Lang, problem: &Problem) -> Response {
    typed(StatusCode::OK, "text/html; charset=utf-8", problem.told(lang).1.to_owned())
}

/// Form.
pub fn pickup_form(_: Lang, id: &str) -> Response {
    typed(StatusCode::OK, "text/html; charset=utf-8", id.to_owned())
}

/// Page.
pub fn pickup(
    _: &HttpState,
    _: Lang,
    id: &str,
    _: &str,
    _: &crate::authority::Collected,
) -> Result<Response, Problem> {
    Ok(typed(StatusCode::OK, "text/html; charset=utf-8", id.to_owned()))
}
