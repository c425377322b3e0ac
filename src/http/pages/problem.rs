//! Problems as pages, and what each kind means at the address that names it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::page;
use crate::authority::Thing;
use crate::http::HttpState;
use crate::http::answer::{ok, prefers_html, typed};
use crate::http::kind::Kind;
use crate::http::problem::Problem;
use crate::http::request::tongue;
use crate::values::lang::Lang;

#[derive(Template)]
#[template(path = "problem.html")]
struct Page<'a> {
    lang: Lang,
    title: &'a str,
    detail: &'a str,
    incident: Option<&'a str>,
}

/// A problem, as a browser shows it.
pub fn problem(lang: Lang, problem: &Problem) -> Response {
    let (title, detail, incident) = problem.told(lang);
    let html = Page { lang, title, detail, incident }.render();
    // A page that cannot be rendered still says what is wrong.
    html.map_or_else(
        |_| typed(StatusCode::OK, "text/plain; charset=utf-8", format!("{title}\n{detail}\n")),
        |html| typed(StatusCode::OK, "text/html; charset=utf-8", html),
    )
}

/// `GET /problems/{slug}`: what a kind of problem is.
pub async fn explained(
    State(state): State<Arc<HttpState>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kind = Kind::ALL.iter().find(|kind| kind.slug() == slug);
    let kind = kind.ok_or_else(|| Problem::not_found(Thing::Path))?;
    let (zh, en) = kind.titles();
    if prefers_html(&headers) {
        let lang = tongue(&headers);
        return page(&Page { lang, title: lang.choose(zh, en), detail: kind.slug(), incident: None });
    }
    let name = format!("{}/problems/{slug}", state.base_url());
    Ok(ok(&json!({"type": name, "status": kind.status().as_u16(), "title": {"zh": zh, "en": en}})))
}
