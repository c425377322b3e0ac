//! Pages for people: the portal with its lists, results, pickups, problems, rendered here without a line of script; and
//! the officers' desk, which is one. Two languages, by path or by what the browser prefers. Every page is a view of what the JSON routes tell. Not here:
//! what is told, which is the engine's and the report's.

mod assets;
mod departments;
mod desk;
mod facts;
mod frame;
mod help;
mod ledger;
mod licence_type;
mod matters;
mod names;
mod pickup;
mod portal;
mod powers;
mod problem;
mod qr;
mod result;
mod service;
mod track;
mod track_matter;
mod types;
mod unchanged;
mod window;
mod wording;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::get;
use tower_http::compression::CompressionLayer;

use super::HttpState;
use super::answer::typed;
use super::pickup as fetched;
use super::problem::Problem;
use super::track as tracked;
use super::window as at_window;
use crate::values::lang::Lang;

pub use assets::asset;
pub use frame::{Visit, of_path};
pub use pickup::{pickup, pickup_form};
pub use problem::problem;
pub use track::{track, track_form};
pub use track_matter::{handed_out, track_matter};
pub use window::{Window, holder_schema, value_of, window};

/// The portal in both languages, and what pages are made of.
pub fn routes() -> Router<Arc<HttpState>> {
    let everywhere = Router::new()
        .route("/", get(portal::open))
        .route("/problems/{slug}", get(problem::explained))
        .route("/assets/{*name}", get(asset));
    Lang::ALL.into_iter().map(in_language).fold(everywhere, Router::merge).layer(CompressionLayer::new())
}

/// The pages of one language.
fn in_language(lang: Lang) -> Router<Arc<HttpState>> {
    let at = |path: &str| format!("/{lang}{path}");
    // What everybody sees alike is told apart by its bytes.
    let alike = Router::new()
        .route(&at("/types"), get(types::list))
        .route(&at("/types/{code}"), get(licence_type::show))
        .route(&at("/matters"), get(matters::list))
        .route(&at("/matters/{matter}"), get(matters::show))
        .route(&at("/powers"), get(powers::list))
        .route(&at("/departments"), get(departments::list))
        .route(&at("/departments/{slug}"), get(departments::show))
        .route(&at("/ledger"), get(ledger::show))
        .route(&at("/service"), get(service::show))
        .route(&at("/help"), get(help::show))
        .route(&at("/problems"), get(problem::list))
        .route(&at("/problems/{slug}"), get(problem::show))
        .layer(from_fn(unchanged::by_its_bytes));
    Router::new()
        .route(&at(""), get(portal::open))
        .route(&at("/desk"), get(desk::show))
        .route(&at("/pickup/{id}"), get(fetched::open).post(fetched::collect))
        .route(&at("/track/{number}"), get(tracked::open).post(tracked::follow))
        .route(&at("/window/{matter}"), get(at_window::open).post(at_window::take))
        .route(&at("/"), get(portal::to_the_forms))
        .route(&at("/check"), get(portal::to_the_forms).post(portal::check))
        .merge(alike)
}

/// A template as a page.
fn page(template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(|error| Problem::fault(&error))?;
    Ok(typed(StatusCode::OK, "text/html; charset=utf-8", html))
}

/// A name and where it leads.
struct Link {
    href: String,
    name: String,
}
