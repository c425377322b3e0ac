//! Pages for people: the portal, its results, pickups, problems. Rendered here, without a line of script; two
//! languages, by path or by what the browser prefers. Not here: what is told, which is the report's.

mod assets;
mod facts;
mod pickup;
mod portal;
mod problem;
mod qr;
mod result;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use super::HttpState;
use super::answer::typed;
use super::problem::Problem;

pub use pickup::{pickup, pickup_form};
pub use problem::problem;

/// The portal in both languages, and what pages are made of.
pub fn routes() -> Router<Arc<HttpState>> {
    Router::new()
        .route("/", get(portal::preferred))
        .route("/zh", get(portal::zh))
        .route("/en", get(portal::en))
        .route("/zh/check", post(portal::check_zh))
        .route("/en/check", post(portal::check_en))
        .route("/problems/{slug}", get(problem::explained))
        .route("/assets/{name}", get(assets::asset))
}

/// A template as a page.
fn page(template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(|error| Problem::fault(&error))?;
    Ok(typed(StatusCode::OK, "text/html; charset=utf-8", html))
}
