//! What is asked for with a code that was handed over apart from its address: what is fetched (`pickup`) and what is
//! followed (`track`). The code comes in a form or as JSON, so that it stands in no address; guessing costs whoever guesses.
//! Not here: whose code it is, which the engine says.

use std::net::IpAddr;

use axum::extract::{Form, FromRequest as _, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::HttpState;
use super::answer::prefers_html;
use super::kind::Kind;
use super::problem::Problem;
use super::request::{self, media_type};

/// Whether whoever comes without a code is shown where to type it in: a browser, or somebody who says nothing of himself.
pub fn is_shown_a_form(headers: &HeaderMap) -> bool {
    prefers_html(headers) || !headers.contains_key(header::ACCEPT)
}

/// What a body says: a form of these fields, or JSON.
pub async fn said<Fields: DeserializeOwned, Said: From<Fields>>(
    headers: &HeaderMap,
    body: Request,
    of_json: impl FnOnce(&Value) -> Result<Said, Problem>,
) -> Result<Said, Problem> {
    if media_type(headers).as_deref() != Some("application/x-www-form-urlencoded") {
        return of_json(&request::json(headers, body.into_body()).await?);
    }
    let malformed = |_| Problem::new(Kind::Malformed, "表单无法解析。", "The form cannot be parsed.");
    let Form(fields) = Form::<Fields>::from_request(body, &()).await.map_err(malformed)?;
    Ok(fields.into())
}

/// Looks for what a code opens. Whoever finds it has not guessed.
pub async fn guess<T>(
    state: &HttpState,
    address: IpAddr,
    found: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    state.guesses.take(address, 1.0)?;
    let found = found.await?;
    state.guesses.give_back(address, 1.0);
    Ok(found)
}
