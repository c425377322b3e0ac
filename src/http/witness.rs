//! A witness over HTTP (C2SP tlog-witness): `POST /add-checkpoint`, and `GET /{digest of origin}/checkpoint` for monitors.
//! Both prefixes are the root. A service of its own, which shares with the other only how connections are served. Not
//! here: what is cosigned (`witness`).

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use super::answer::{kept, typed};
use super::request::tongue;
use crate::ledger::submission::{MAX_SUBMISSION, SIZE_TYPE, SubmissionError};
use crate::note::NoteError;
use crate::values::lang::Lang;
use crate::values::time::Clock;
use crate::witness::{AddError, Refused, Witness};

const TEXT: &str = "text/plain; charset=utf-8";
/// How long a body may say nothing before its connection is given up.
const IDLE: Duration = Duration::from_secs(30);

/// What its handlers look at.
pub struct WitnessState {
    /// The witness.
    pub witness: Witness,
    /// The clock whose time its cosignatures state.
    pub clock: Arc<dyn Clock>,
}

/// The whole of a witness's service.
pub fn witness_router(state: Arc<WitnessState>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin}/checkpoint", get(checkpoint))
        .route("/vkey", get(verifier_key))
        .route("/healthz", get(async || typed(StatusCode::OK, TEXT, "ok\n")))
        .layer(DefaultBodyLimit::max(MAX_SUBMISSION))
        .layer(RequestBodyTimeoutLayer::new(IDLE))
        .layer(CatchPanicLayer::new())
        .with_state(state)
}

/// `POST /add-checkpoint`: a cosignature line, durable in the witness's memory before it is sent.
async fn add_checkpoint(State(state): State<Arc<WitnessState>>, headers: HeaderMap, body: Bytes) -> Response {
    let lang = tongue(&headers);
    // On a thread that may wait for the disk, and which a caller that hangs up does not break off.
    let added = tokio::task::spawn_blocking(move || state.witness.add(&body, state.clock.now())).await;
    let outcome = match &added {
        Ok(Ok(_)) => "cosigned",
        Ok(Err(AddError::Refused(_))) => "refused",
        Ok(Err(_)) | Err(_) => "failed",
    };
    metrics::counter!("vidimus_witness_submissions_total", "outcome" => outcome).increment(1);
    match added {
        Ok(Ok(line)) => typed(StatusCode::OK, TEXT, format!("{line}\n")),
        Ok(Err(AddError::Refused(refused))) => answer(&refused, lang),
        Ok(Err(error)) => failed(&error, lang),
        Err(error) => failed(&error, lang),
    }
}

fn answer(refused: &Refused, lang: Lang) -> Response {
    if let Refused::Conflict { cosigned, .. } = refused {
        return typed(StatusCode::CONFLICT, SIZE_TYPE, format!("{cosigned}\n"));
    }
    // A log's own signature stands under it: this may be proof that it shows two faces.
    if matches!(refused, Refused::OtherRoot { .. } | Refused::Inconsistent(_)) {
        tracing::warn!(%refused, "a signed checkpoint does not follow from what was cosigned");
    }
    let (status, zh) = told(refused);
    typed(status, TEXT, lang.choose(format!("{zh}（{refused}）\n"), format!("{refused}\n")))
}

/// The status of each refusal, as the specification gives it, and what it means.
fn told(refused: &Refused) -> (StatusCode, &'static str) {
    match refused {
        // A note without a line that can be read is signed by nobody.
        Refused::Malformed(SubmissionError::Note(NoteError::Unsigned | NoteError::Line(_))) => {
            (StatusCode::FORBIDDEN, "没有可读的签名")
        }
        Refused::Malformed(_) => (StatusCode::BAD_REQUEST, "请求无法读取"),
        Refused::NoCheckpoint(_) => (StatusCode::BAD_REQUEST, "签名之下不是检查点"),
        Refused::OldBeyond { .. } => (StatusCode::BAD_REQUEST, "原大小超过检查点的大小"),
        Refused::NotSigned { .. } => (StatusCode::FORBIDDEN, "没有该账本的有效签名"),
        Refused::UnknownLog(_) => (StatusCode::NOT_FOUND, "本见证人不见证这个账本"),
        Refused::Conflict { .. } => (StatusCode::CONFLICT, "原大小与上次见证的不同"),
        Refused::EmptyRoot(_) => (StatusCode::UNPROCESSABLE_ENTITY, "空账本的根不对"),
        Refused::ProofFromNothing(_) => (StatusCode::UNPROCESSABLE_ENTITY, "从零开始无需一致性证明"),
        Refused::OtherRoot { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "同一大小见证过另一个根"),
        Refused::Inconsistent(_) => (StatusCode::UNPROCESSABLE_ENTITY, "一致性证明不成立"),
    }
}

/// Ours: nothing was cosigned. What it was, the log is told.
fn failed(error: &dyn std::fmt::Display, lang: Lang) -> Response {
    tracing::error!(%error, "a checkpoint could not be cosigned");
    let text = lang.choose("见证人出错，未予见证。\n", "The witness failed; nothing was cosigned.\n");
    typed(StatusCode::INTERNAL_SERVER_ERROR, TEXT, text)
}

/// `GET /{digest}/checkpoint`: the last one cosigned of the log whose origin has this SHA-256.
async fn checkpoint(State(state): State<Arc<WitnessState>>, Path(origin): Path<String>) -> Response {
    let Ok(digest) = origin.parse() else { return StatusCode::NOT_FOUND.into_response() };
    // Its head may be held until a disk has answered.
    let latest = tokio::task::spawn_blocking(move || state.witness.latest(&digest)).await;
    match latest.ok().flatten() {
        Some(note) => kept(typed(StatusCode::OK, TEXT, note), "no-cache"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /vkey`: the key under which cosignatures are checked. To be believed only from elsewhere.
async fn verifier_key(State(state): State<Arc<WitnessState>>) -> Response {
    kept(typed(StatusCode::OK, TEXT, format!("{}\n", state.witness.verifier_key())), "no-cache")
}
