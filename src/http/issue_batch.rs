//! Many licences in one request: lines in, lines out in the same order, both streamed, so many at a time that the
//! sequencer's groups are full. A bad line is answered and never stops the rest. Not here: issuing one (`licences`).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use super::HttpState;
use super::answer::typed;
use super::licences::{answered, refusal};
use super::lines::{Cutter, Line, check_media_type, too_long};
use super::problem::Problem;
use super::refused;
use super::request::{Department, Key, Params, Tongue};
use crate::authority::{Patience, Wish};
use crate::values::canonical::parse_strict;
use crate::values::identifiers::CreditCode;
use crate::values::lang::Lang;

/// Lines being answered at once: while one group of the sequencer is made durable, the next ones are prepared.
const IN_FLIGHT: usize = 1024;
/// Answers that wait for a client who sends everything before it reads anything.
const WAITING: usize = 2048;

/// What holds for every line.
struct Batch {
    state: Arc<HttpState>,
    department: CreditCode,
    lang: Lang,
    base_url: String,
    brief: bool,
    dry_run: bool,
    /// The request's own key: with its number that of every line that brings none.
    key: Option<String>,
}

/// `POST /v1/licences/batch?brief=`.
pub async fn issue_batch(
    State(state): State<Arc<HttpState>>,
    Department(department): Department,
    Tongue(lang): Tongue,
    Key(key): Key,
    mut params: Params,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (brief, dry_run) = (params.flag("brief")?, params.flag("dry_run")?);
    params.finish()?;
    check_media_type(&headers)?;
    let base_url = state.base_url();
    let batch = Arc::new(Batch { state, department, lang, base_url, brief, dry_run, key });
    let (begun, answers) = mpsc::channel(IN_FLIGHT);
    let (out, lines) = mpsc::channel(WAITING);
    tokio::spawn(read(batch, body, begun));
    tokio::spawn(write(answers, out));
    Ok(typed(StatusCode::OK, "application/x-ndjson", Body::from_stream(ReceiverStream::new(lines))))
}

/// Begins every line, at most [`IN_FLIGHT`] at once.
async fn read(batch: Arc<Batch>, body: Body, begun: mpsc::Sender<JoinHandle<String>>) {
    let mut chunks = body.into_data_stream();
    let mut cutter = Cutter::default();
    loop {
        let (lines, last): (Vec<Line>, bool) = match chunks.next().await {
            Some(Ok(chunk)) => (cutter.push(&chunk), false),
            // A line that did not arrive whole is no line.
            Some(Err(_)) => return,
            None => (cutter.finish().into_iter().collect(), true),
        };
        for line in lines {
            let task = tokio::spawn(one(Arc::clone(&batch), line));
            if begun.send(task).await.is_err() {
                return;
            }
        }
        if last {
            return;
        }
    }
}

/// Sends the answers in the order of the lines.
async fn write(
    mut answers: mpsc::Receiver<JoinHandle<String>>,
    out: mpsc::Sender<Result<String, std::io::Error>>,
) {
    while let Some(answer) = answers.recv().await {
        let answer = answer.await.map_err(std::io::Error::other);
        if out.send(answer).await.is_err() {
            return;
        }
    }
}

/// Answers one line.
async fn one(batch: Arc<Batch>, line: Line) -> String {
    let number = line.number;
    let value = match issue(&batch, line).await {
        Ok((done, answer)) => json!({"line": number, done: answer}),
        Err(problem) => {
            if !batch.dry_run {
                refused::count(&batch.state, Some(&batch.department), &problem);
            }
            json!({"line": number, "problem": problem.document(batch.lang, &batch.base_url)})
        }
    };
    format!("{value}\n")
}

/// What was done, `issued` or `recorded`, and the answer.
async fn issue(batch: &Batch, line: Line) -> Result<(&'static str, Value), Problem> {
    let body = parse_strict(&line.bytes.ok_or_else(too_long)?)?;
    let recorded = body.get("recorded").is_some_and(|recorded| !recorded.is_null());
    let done = if recorded { "recorded" } else { "issued" };
    let own = body.get("key").is_some_and(|key| !key.is_null());
    let key = batch.key.as_ref().filter(|_| !own).map(|key| format!("{key}\n{}", line.number));
    let wish = Wish {
        department: &batch.department,
        body: &body,
        key: key.as_deref(),
        patience: Patience::Wait,
        dry_run: batch.dry_run,
    };
    let answer = batch.state.authority.issue(wish).await;
    let answer = answer.map_err(|failure| refusal(&batch.state, failure, &body))?;
    Ok((done, answered(&answer, batch.brief)))
}
