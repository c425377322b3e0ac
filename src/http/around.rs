//! What is done around every answer, in one layer: each layer of a router clones and boxes, for every request, all that
//! lies inside it. Not here: bodies that stop coming, and panics (`router`).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::HttpState;
use super::access;
use super::answer::{Manner, speak};
use super::health::Timed;
use super::request::{Parted, readable};

/// Times a request, turns it away or lets it be answered, and puts the answer into words.
pub async fn answer(
    State(state): State<Arc<HttpState>>,
    parts: Parted,
    request: Request,
    next: Next,
) -> Response {
    let (timed, manner) = (Timed::begin(&request), Manner::of(&request));
    let response = match access::limit(&state, &request).and_then(|()| readable(&parts)) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let response = speak(&state, &manner, response);
    timed.end(response.status());
    response
}
