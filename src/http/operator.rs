//! What the operator asks of a running service: the rows of a backup, and in what condition it is. Not here: what they are (`authority::backup`), and the
//! ledger itself, which anybody may read.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::HttpState;
use super::answer::{ok, typed};
use super::kind::Kind;
use super::problem::Problem;
use super::request::{Params, Who, bad_parameter, no_token};
use crate::authority::Failure;
use crate::authority::backup::RowPieces;
use crate::authority::caller::Caller;

/// Pieces that wait for a slow reader.
const WAITING: usize = 4;

/// The operator calls.
pub struct Operator;

impl FromRequestParts<Arc<HttpState>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<HttpState>) -> Result<Self, Problem> {
        match Who::from_request_parts(parts, state).await?.0 {
            Some(Caller::Operator) => Ok(Self),
            Some(Caller::Department { .. } | Caller::Auditor) => {
                let en = "This route is the operator's; the token is another role's.";
                Err(Problem::new(Kind::NotYours, "此接口仅供运维使用，该令牌属于其他角色。", en))
            }
            None => Err(no_token()),
        }
    }
}

/// `GET /v1/operator/condition`: what `doctor` judges.
pub async fn condition(
    State(state): State<Arc<HttpState>>,
    _: Operator,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let tokens: Vec<Value> = state
        .tokens
        .ends()
        .into_iter()
        .map(|(name, expires)| json!({"name": name, "expires": expires}))
        .collect();
    Ok(ok(&json!({"readiness": state.authority.readiness(), "tokens": tokens})))
}

/// `GET /v1/operator/backup?size=N`: every row beside the first N entries, in the form of `authority::backup`. An answer
/// that breaks off has no end row, and is no backup.
pub async fn backup(
    State(state): State<Arc<HttpState>>,
    _: Operator,
    mut params: Params,
) -> Result<Response, Problem> {
    let size: Option<u64> = params.parsed("size")?;
    params.finish()?;
    let size =
        size.ok_or_else(|| bad_parameter("size", "缺少账本规模。", "The size of the ledger is required."))?;
    // A size that is not published is refused before anything is sent.
    state.authority.backup_page(size, None)?;
    let (out, pieces) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        if let Err(failure) = send(&state, size, &out) {
            tracing::error!(%failure, "a backup broke off");
            // Whoever reads is told by the connection that breaks.
            let _told = out.blocking_send(Err(io::Error::other("broken off")));
        }
    });
    let body = Body::from_stream(ReceiverStream::new(pieces));
    Ok(typed(StatusCode::OK, "application/octet-stream", body))
}

fn send(state: &HttpState, size: u64, out: &mpsc::Sender<io::Result<Vec<u8>>>) -> Result<(), Failure> {
    let mut pieces = RowPieces::beside(size);
    while let Some(piece) = pieces.next(|size, after| state.authority.backup_page(size, after))? {
        if out.blocking_send(Ok(piece)).is_err() {
            tracing::warn!("a backup was given up by its reader");
            break;
        }
    }
    Ok(())
}
