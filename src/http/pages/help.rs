//! 帮助: what each of the four kinds of users does here, and how. Not here: the contract, which programs read.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::{Frame, Section, Visit};
use super::page;
use crate::http::HttpState;
use crate::http::problem::Problem;
use crate::http::request::Params;
use crate::values::lang::Lang;

#[derive(Template)]
#[template(path = "help.html")]
struct Page {
    lang: Lang,
    frame: Frame,
}

/// `GET /{lang}/help`.
pub async fn show(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    page(&Page { lang: visit.lang, frame: Frame::new(&state, &visit, Some(Section::Help)) })
}
