//! 经办台, the officers' desk: a frame, and the one script of this service, which signs in the browser with a key that is
//! never here. Whatever the script shows or does it asks of the JSON routes. Not here: the script (`assets/desk`).

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::frame::{Frame, Visit};
use super::page;
use crate::http::HttpState;
use crate::http::problem::Problem;
use crate::http::request::Params;
use crate::ledger::state::Stage;
use crate::values::lang::Lang;
use crate::values::standing::Standing;

/// Our own script, asking nobody but us; no text ever becomes markup or code, forms go nowhere by themselves.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; \
     img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

#[derive(Template)]
#[template(path = "desk.html")]
struct Page {
    lang: Lang,
    frame: Frame,
    origin: String,
    offset: String,
}

/// `GET /{lang}/desk`.
pub async fn show(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let published = state.authority.published();
    let charter = &published.charter;
    let mut response = page(&Page {
        lang: visit.lang,
        frame: Frame::new(&state, &visit, None),
        origin: charter.origin().map(ToString::to_string).unwrap_or_default(),
        offset: charter.offset().map(|offset| offset.to_string()).unwrap_or_default(),
    })?;
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}
