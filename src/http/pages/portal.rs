//! The portal: one field for whatever somebody shows, a number with its code, or a file; and the address that a QR
//! holds. Works from a keyboard alone, as a scanner is one. Not here: how a report looks (`result`).

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, FromRequest as _, Multipart, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;

use super::{page, result};
use crate::http::HttpState;
use crate::http::access::Whence;
use crate::http::kind::Kind;
use crate::http::problem::Problem;
use crate::http::request::{JSON, Params, Tongue, content_length, media_type, too_large};
use crate::http::verifications::{Asker, judge, numbered, plain};
use crate::values::lang::Lang;
use crate::verification::Evidence;

#[derive(Template)]
#[template(path = "portal.html")]
struct Portal<'a> {
    lang: Lang,
    authority: &'a str,
}

/// What the forms hold.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    evidence: String,
    number: String,
    code: String,
}

/// `GET /`, in the preferred language.
pub async fn preferred(
    state: State<Arc<HttpState>>,
    Tongue(lang): Tongue,
    whence: Whence,
    params: Params,
) -> Result<Response, Problem> {
    let mut response = open(&state, lang, whence, params)?;
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

/// `GET /zh`.
pub async fn zh(state: State<Arc<HttpState>>, whence: Whence, params: Params) -> Result<Response, Problem> {
    open(&state, Lang::Zh, whence, params)
}

/// `GET /en`.
pub async fn en(state: State<Arc<HttpState>>, whence: Whence, params: Params) -> Result<Response, Problem> {
    open(&state, Lang::En, whence, params)
}

/// `POST /zh/check`.
pub async fn check_zh(
    state: State<Arc<HttpState>>,
    whence: Whence,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    check(&state, Lang::Zh, whence, &headers, request).await
}

/// `POST /en/check`.
pub async fn check_en(
    state: State<Arc<HttpState>>,
    whence: Whence,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    check(&state, Lang::En, whence, &headers, request).await
}

/// The forms, or with `n` and `c` the result; other parameters are somebody's trackers and are passed over.
fn open(
    state: &HttpState,
    lang: Lang,
    Whence(address): Whence,
    mut params: Params,
) -> Result<Response, Problem> {
    match (params.text("n"), params.text("c")) {
        (Some(number), Some(code)) => judged(state, lang, address, numbered(&number, &code)?),
        _ => {
            let published = state.authority.published();
            let name = published.charter.authority().map(|authority| &authority.founded.name);
            let authority = name.map_or("", |name| lang.choose(&name.zh, &name.en));
            page(&Portal { lang, authority })
        }
    }
}

async fn check(
    state: &HttpState,
    lang: Lang,
    Whence(address): Whence,
    headers: &HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    if content_length(headers).is_some_and(|length| length > JSON) {
        return Err(too_large(JSON));
    }
    let shown = if media_type(headers).as_deref() == Some("multipart/form-data") {
        uploaded(request).await?
    } else {
        Form::<Shown>::from_request(request, &()).await.map_err(|_| malformed())?.0
    };
    let by_number = shown.evidence.trim().is_empty() && !shown.number.trim().is_empty();
    let evidence =
        if by_number { numbered(&shown.number, &shown.code)? } else { Evidence::read(&shown.evidence)? };
    judged(state, lang, address, evidence)
}

/// The text of the field, or else the file.
async fn uploaded(request: Request) -> Result<Shown, Problem> {
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| malformed())?;
    let mut shown = Shown::default();
    while let Some(part) = parts.next_field().await.map_err(|_| malformed())? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(|_| malformed())?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match name.as_str() {
            "evidence" | "file" if !text.trim().is_empty() => shown.evidence = text,
            "number" => shown.number = text,
            "code" => shown.code = text,
            _ => {}
        }
    }
    Ok(shown)
}

fn judged(state: &HttpState, lang: Lang, address: IpAddr, evidence: Evidence) -> Result<Response, Problem> {
    let verified = judge(state, &Asker { address, caller: None }, &plain(evidence, lang))?;
    result::show(state, lang, &verified.report)
}

fn malformed() -> Problem {
    Problem::new(Kind::Malformed, "表单无法解析。", "The form cannot be parsed.")
}
