//! The portal: one field for whatever somebody shows, a number with its code, or a file; and the address that a QR
//! holds. Works from a keyboard alone, as a scanner is one. Not here: how a report looks (`result`).

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, FromRequest as _, Multipart, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Redirect, Response};
use serde::Deserialize;

use super::frame::{Frame, Section, Visit};
use super::{page, result};
use crate::authority::{Asked, Verified};
use crate::http::HttpState;
use crate::http::access::Whence;
use crate::http::answer::ok;
use crate::http::kind::Kind;
use crate::http::problem::Problem;
use crate::http::request::{JSON, Params, content_length, media_type, too_large};
use crate::http::verifications::{Asker, judge, numbered, plain, report};
use crate::values::lang::Lang;
use crate::verification::Evidence;

#[derive(Template)]
#[template(path = "portal.html")]
struct Portal {
    lang: Lang,
    frame: Frame,
}

/// What the forms hold; a result gives it back, so that its report can be asked for again, signed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Shown {
    /// Whatever somebody shows.
    pub evidence: String,
    /// Or what is printed.
    pub number: String,
    /// Beside it.
    pub code: String,
    /// Whether the signed report is wanted instead of the page.
    sign: bool,
}

/// `GET /`, `/zh`, `/en`: the forms, or with `n` and `c` the result; other parameters are somebody's trackers and are
/// passed over.
pub async fn open(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    Whence(address): Whence,
    mut params: Params,
) -> Result<Response, Problem> {
    let mut response = match (params.text("n"), params.text("c")) {
        (Some(number), Some(code)) => {
            let shown = Shown { number, code, ..Shown::default() };
            judged(&state, &visit, address, &shown)?
        }
        _ => {
            let frame = Frame::new(&state, &visit, Some(Section::Verify));
            page(&Portal { lang: visit.lang, frame })?
        }
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

/// `GET /{lang}/` and `GET /{lang}/check`, whither somebody comes back without what was shown: to the forms.
pub async fn to_the_forms(visit: Visit) -> Redirect {
    Redirect::to(&format!("/{}", visit.lang))
}

/// `POST /{lang}/check`: the page, or with `sign` the signed report as a file.
pub async fn check(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    Whence(address): Whence,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    if content_length(&headers).is_some_and(|length| length > JSON) {
        return Err(too_large(JSON));
    }
    let shown = if media_type(&headers).as_deref() == Some("multipart/form-data") {
        uploaded(request).await?
    } else {
        Form::<Shown>::from_request(request, &()).await.map_err(|_| malformed())?.0
    };
    judged(&state, &Visit::front(visit.lang), address, &shown)
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

impl Shown {
    /// What is to be judged.
    fn evidence(&self) -> Result<Evidence, Problem> {
        let by_number = self.evidence.trim().is_empty() && !self.number.trim().is_empty();
        if by_number { numbered(&self.number, &self.code) } else { Ok(Evidence::read(&self.evidence)?) }
    }
}

fn judged(state: &HttpState, visit: &Visit, address: IpAddr, shown: &Shown) -> Result<Response, Problem> {
    let asked = Asked { sign: shown.sign, ..plain(shown.evidence()?, visit.lang) };
    let verified = judge(state, &Asker { address, caller: None }, &asked)?;
    if shown.sign {
        return filed(&verified);
    }
    result::show(state, visit, &verified.report, shown)
}

/// The signed report, to be filed: JSON, under its number.
fn filed(verified: &Verified) -> Result<Response, Problem> {
    let mut response = ok(&report(verified)?);
    let name = format!("attachment; filename=\"{}.vidimus-report.json\"", verified.report.report);
    let name = HeaderValue::from_str(&name).map_err(|error| Problem::fault(&error))?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

fn malformed() -> Problem {
    Problem::new(Kind::Malformed, "表单无法解析。", "The form cannot be parsed.")
}
