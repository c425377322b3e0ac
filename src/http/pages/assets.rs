//! The style sheet, the icon and the desk's script, built in. Not here: fonts, which are the system's.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use rust_embed::RustEmbed;

use crate::authority::Thing;
use crate::crypto::Digest;
use crate::http::answer::{kept, tagged, typed};
use crate::http::problem::Problem;

#[derive(RustEmbed)]
#[folder = "src/http/pages/assets"]
struct Assets;

/// `GET /assets/{name}`. Modules of one script belong together, so each is asked for again, and sent again only when it
/// changed.
pub async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let (media_type, cache) = match name.rsplit_once('.') {
        Some((_, "css")) => ("text/css; charset=utf-8", "public, max-age=300"),
        Some((_, "svg")) => ("image/svg+xml", "public, max-age=300"),
        Some((_, "js")) => ("text/javascript; charset=utf-8", "no-cache"),
        _ => return Err(Problem::not_found(Thing::Path)),
    };
    let file = Assets::get(&name).ok_or_else(|| Problem::not_found(Thing::Path))?;
    let digest = Digest(file.metadata.sha256_hash());
    Ok(tagged(kept(typed(StatusCode::OK, media_type, file.data.into_owned()), cache), &digest, &headers))
}
