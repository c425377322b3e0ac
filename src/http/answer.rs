//! What leaves: JSON, and every problem in the caller's language, as a document or, for a browser, as a page. Whatever
//! answers, axum itself included, answers alike (`around`). Not here: what is answered.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::HttpState;
use super::pages;
use super::problem::Problem;
use super::request::tongue;
use crate::crypto::Digest;
use crate::values::lang::Lang;

/// No script at all, nothing from elsewhere, forms only to ourselves. The one page that has a script says so itself
/// (`pages/desk`).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// JSON.
pub fn json(status: StatusCode, value: &Value) -> Response {
    typed(status, "application/json", value.to_string())
}

/// JSON, 200.
pub fn ok(value: &Value) -> Response {
    json(StatusCode::OK, value)
}

/// A body of a media type.
pub fn typed(status: StatusCode, media_type: &'static str, body: impl Into<Body>) -> Response {
    let media_type = HeaderValue::from_static(media_type);
    (status, [(header::CONTENT_TYPE, media_type)], body.into()).into_response()
}

/// The same answer with how long it may be kept.
pub fn kept(mut response: Response, cache: &'static str) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// The same answer under a tag, or 304 for who holds it already (RFC 9110, section 13.1.2).
pub fn tagged(mut response: Response, digest: &Digest, asked: &HeaderMap) -> Response {
    // Weak: compressed or not, it says the same.
    let tag = format!("W/\"{digest}\"");
    let held = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut held = held.flat_map(|value| value.split(',')).map(str::trim);
    if held.any(|held| held == "*" || held.trim_start_matches("W/") == tag.trim_start_matches("W/")) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// For what never changes under its address.
pub const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// How somebody wants to be spoken to.
pub struct Manner {
    uri: Uri,
    lang: Lang,
    page: bool,
}

impl Manner {
    /// As the request says.
    pub fn of(request: &Request) -> Self {
        let uri = request.uri().clone();
        let lang = pages::of_path(uri.path()).unwrap_or_else(|| tongue(request.headers()));
        Self { uri, lang, page: prefers_html(request.headers()) }
    }
}

/// Puts problems into words and headers on everything.
pub fn speak(state: &HttpState, manner: &Manner, response: Response) -> Response {
    let mut response = match problem_of(&response) {
        Some(problem) => {
            metrics::counter!("vidimus_problems_total", "slug" => problem.kind().slug()).increment(1);
            worded(state, manner, &problem, response.headers())
        }
        None => response,
    };
    protect(response.headers_mut());
    if state.gate.access.tls {
        let headers = response.headers_mut();
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// What is wrong, if an answer says that something is.
pub fn problem_of(response: &Response) -> Option<Problem> {
    let problem = response.extensions().get::<Problem>().cloned();
    problem.or_else(|| is_bare(response).then(|| Problem::of_status(response.status())))
}

/// An error that no handler of ours gave.
fn is_bare(response: &Response) -> bool {
    let failed = response.status().is_client_error() || response.status().is_server_error();
    let typed = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    failed && typed.is_none_or(|typed| typed.starts_with("text/plain"))
}

fn worded(state: &HttpState, manner: &Manner, problem: &Problem, answered: &HeaderMap) -> Response {
    let Manner { uri, lang, page } = manner;
    let lang = *lang;
    let mut response = if *page {
        let mut page = pages::problem(state, uri, lang, problem);
        *page.status_mut() = problem.status();
        page
    } else {
        let document = problem.document(lang, &state.base_url());
        typed(problem.status(), "application/problem+json", document.to_string())
    };
    let headers = response.headers_mut();
    for kept in
        [header::RETRY_AFTER, header::WWW_AUTHENTICATE, header::ALLOW, header::ACCESS_CONTROL_ALLOW_ORIGIN]
    {
        if let Some(value) = answered.get(&kept) {
            headers.insert(kept, value.clone());
        }
    }
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.append(header::VARY, HeaderValue::from_static("accept, accept-language"));
    response
}

/// Whether HTML is named and stands before JSON: what browsers send.
pub fn prefers_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match (accept.find("text/html"), accept.find("json")) {
        (Some(html), Some(json)) => html < json,
        (html, _) => html.is_some(),
    }
}

/// What every answer says of how it is to be treated, where it does not say so itself.
pub fn protect(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // Whatever says nothing of itself is somebody's own.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
