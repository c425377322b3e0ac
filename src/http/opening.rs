//! How a request opens that wishes for something: who calls, its `Idempotency-Key`, whether only the checks are wanted
//! (`?dry_run=true`), and the body, which is read when it is known what it is about. Not here: what is wished for.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use serde_json::Value;

use super::HttpState;
use super::problem::Problem;
use super::request::{Key, Params, json};

/// The opening of a request by a caller of a kind.
pub struct Opening<C> {
    /// Who calls.
    pub caller: C,
    /// The `Idempotency-Key`.
    pub key: Option<String>,
    /// Whether only the checks are wanted.
    pub dry_run: bool,
    /// The body.
    pub body: Unread,
}

/// A body that is still to be read.
pub struct Unread {
    headers: HeaderMap,
    body: Body,
}

impl Unread {
    /// The body as JSON.
    pub async fn json(self) -> Result<Value, Problem> {
        json(&self.headers, self.body).await
    }
}

impl<C: FromRequestParts<Arc<HttpState>, Rejection = Problem> + Send> FromRequest<Arc<HttpState>>
    for Opening<C>
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Arc<HttpState>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = C::from_request_parts(&mut parts, state).await?;
        let Key(key) = Key::from_request_parts(&mut parts, state).await?;
        let mut params = Params::of(&parts.uri)?;
        let dry_run = params.flag("dry_run")?;
        params.finish()?;
        Ok(Self { caller, key, dry_run, body: Unread { headers: parts.headers, body } })
    }
}
