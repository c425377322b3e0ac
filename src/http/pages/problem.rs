//! Problems as pages: the one that was met, what each kind means at the address that names it, and the list of them
//! (错误说明). Not here: which refusal is which kind (`http::problem`).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde_json::json;

use super::frame::{Frame, Section, Visit};
use super::page;
use crate::authority::Thing;
use crate::http::HttpState;
use crate::http::answer::{ok, prefers_html, typed};
use crate::http::kind::Kind;
use crate::http::problem::Problem;
use crate::http::request::{Params, tongue};
use crate::values::lang::Lang;

#[derive(Template)]
#[template(path = "problem.html")]
struct Met<'a> {
    lang: Lang,
    frame: Frame,
    title: &'a str,
    detail: &'a str,
    slug: &'static str,
    incident: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "problem_kind.html")]
struct Explained {
    lang: Lang,
    frame: Frame,
    kind: Listed,
}

#[derive(Template)]
#[template(path = "problems.html")]
struct List {
    lang: Lang,
    frame: Frame,
    kinds: Vec<Listed>,
}

/// A kind of problem.
struct Listed {
    slug: &'static str,
    status: u16,
    title: &'static str,
    meaning: &'static str,
    cure: &'static str,
}

/// A problem, as a browser shows it.
pub fn problem(state: &HttpState, uri: &Uri, lang: Lang, problem: &Problem) -> Response {
    let (title, detail, incident) = problem.told(lang);
    let frame = Frame::new(state, &Visit::new(uri, lang), None);
    let met = Met { lang, frame, title, detail, slug: problem.kind().slug(), incident };
    // A page that cannot be rendered still says what is wrong.
    page(&met).unwrap_or_else(|_| {
        typed(StatusCode::OK, "text/plain; charset=utf-8", format!("{title}\n{detail}\n"))
    })
}

/// `GET /problems/{slug}`: what a kind of problem is.
pub async fn explained(
    State(state): State<Arc<HttpState>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kind = named(&slug)?;
    if prefers_html(&headers) {
        let lang = tongue(&headers);
        let uri = format!("/{lang}/problems/{slug}").parse().map_err(|error| Problem::fault(&error))?;
        return explain(&state, &Visit::new(&uri, lang), kind);
    }
    let told = |(zh, en): (&str, &str)| json!({"zh": zh, "en": en});
    Ok(ok(&json!({
        "type": format!("{}/problems/{slug}", state.base_url()),
        "slug": slug,
        "status": kind.status().as_u16(),
        "title": told(kind.titles()),
        "meaning": told(kind.meaning()),
        "cure": told(kind.cure()),
    })))
}

/// `GET /{lang}/problems/{slug}`.
pub async fn show(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    Path(slug): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    explain(&state, &visit, named(&slug)?)
}

/// `GET /{lang}/problems`.
pub async fn list(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let mut kinds: Vec<Listed> = Kind::ALL.iter().map(|kind| listed(visit.lang, *kind)).collect();
    kinds.sort_by_key(|kind| kind.status);
    page(&List { lang: visit.lang, frame: Frame::new(&state, &visit, Some(Section::Help)), kinds })
}

fn named(slug: &str) -> Result<Kind, Problem> {
    let kind = Kind::ALL.iter().find(|kind| kind.slug() == slug);
    kind.copied().ok_or_else(|| Problem::not_found(Thing::Path))
}

fn explain(state: &HttpState, visit: &Visit, kind: Kind) -> Result<Response, Problem> {
    let frame = Frame::new(state, visit, Some(Section::Help));
    page(&Explained { lang: visit.lang, frame, kind: listed(visit.lang, kind) })
}

fn listed(lang: Lang, kind: Kind) -> Listed {
    let told = |(zh, en)| lang.choose(zh, en);
    Listed {
        slug: kind.slug(),
        status: kind.status().as_u16(),
        title: told(kind.titles()),
        meaning: told(kind.meaning()),
        cure: told(kind.cure()),
    }
}
