//! Pages that all see alike need not be sent twice: an entity tag from the page's bytes, and 304 where the browser has
//! them (RFC 9110, section 13.1.2). Not here: pages that hold what somebody showed, which no cache keeps.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::crypto::Digest;
use crate::http::answer::kept;
use crate::http::problem::Problem;

/// Asked again every time, sent again only when it changed.
pub async fn by_its_bytes(request: Request, next: Next) -> Response {
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (parts, body) = response.into_parts();
    // The page was rendered whole, so it is in memory already.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Problem::fault(&"a page that broke off").into_response();
    };
    // Weak: what is sent may be compressed.
    let tag = format!("W/\"{}\"", Digest::of(&bytes).to_string().get(..32).unwrap_or_default());
    let is_known =
        known.as_ref().and_then(|known| known.to_str().ok()).is_some_and(|known| known.contains(&tag));
    let mut response = Response::from_parts(parts, Body::from(bytes));
    if is_known {
        response = StatusCode::NOT_MODIFIED.into_response();
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    kept(response, "no-cache")
}
