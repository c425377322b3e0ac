//! The style sheet, built in. Not here: fonts, which are the system's.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use rust_embed::RustEmbed;

use crate::authority::Thing;
use crate::http::answer::{kept, typed};
use crate::http::problem::Problem;

#[derive(RustEmbed)]
#[folder = "src/http/pages/assets"]
struct Assets;

/// `GET /assets/{name}`.
pub async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let file = Assets::get(&name).filter(|_| name.ends_with(".css"));
    let file = file.ok_or_else(|| Problem::not_found(Thing::Path))?;
    let styled = typed(StatusCode::OK, "text/css; charset=utf-8", file.data.into_owned());
    Ok(kept(styled, "public, max-age=300"))
}
