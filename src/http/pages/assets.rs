//! The style sheet and the icon, built in. Not here: fonts, which are the system's.

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
    let media_type = match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => return Err(Problem::not_found(Thing::Path)),
    };
    let file = Assets::get(&name).ok_or_else(|| Problem::not_found(Thing::Path))?;
    Ok(kept(typed(StatusCode::OK, media_type, file.data.into_owned()), "public, max-age=300"))
}
