//! The service described to programs: OpenAPI 3.1, from one table a resource (`operations`) and the schemas under
//! `schemas/`. `schemas/openapi.json` is the same document, frozen. A route belongs into the router and into a table; the
//! tests here hold the two together, and those of the service hold every answer against its schema. Not described:
//! pages for people under `/zh`, `/en` and `/assets`.

mod components;
mod document;
mod operation;
mod operations;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use axum::http::StatusCode;
use axum::response::Response;

use super::answer::{kept, typed};
use super::problem::Problem;

/// `GET /openapi.json`.
pub async fn described() -> Result<Response, Problem> {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    let written = match DOCUMENT.get() {
        Some(written) => written.clone(),
        None => {
            let document = document::document().map_err(|error| Problem::fault(&error))?;
            DOCUMENT.get_or_init(|| document.to_string()).clone()
        }
    };
    Ok(kept(typed(StatusCode::OK, "application/json", written), "public, max-age=300"))
}
