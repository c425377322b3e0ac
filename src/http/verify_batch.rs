//! Many verifications in one request. Lines that arrive together are judged together, off the threads that serve
//! others. If any line asks for a signature, the last line is one, over the digests of all reports in order.
//! Not here: judging one (`verifications`).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use super::HttpState;
use super::access::Whence;
use super::answer::typed;
use super::lines::{Cutter, Line, check_media_type, too_long};
use super::problem::Problem;
use super::request::{self, Params, Tongue, Who};
use super::verifications::{Asker, judge, question, report};
use crate::crypto::Digest;
use crate::values::canonical::parse_strict;
use crate::values::lang::Lang;

/// Groups of lines being judged at once.
const IN_FLIGHT: usize = 8;
/// Lines of a group at most.
const GROUP: usize = 64;
/// Groups of answers that wait for a client who sends everything before it reads anything.
const WAITING: usize = 256;

/// What holds for every line.
struct Batch {
    state: Arc<HttpState>,
    asker: Asker,
    lang: Lang,
    base_url: String,
    brief: bool,
}

/// What a group of lines came to.
#[derive(Default)]
struct Judged {
    lines: String,
    reports: Vec<Digest>,
    sign: bool,
}

/// `POST /v1/verifications/batch?brief=`.
pub async fn verify_batch(
    State(state): State<Arc<HttpState>>,
    Who(caller): Who,
    Whence(address): Whence,
    Tongue(lang): Tongue,
    mut params: Params,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let brief = params.flag("brief")?;
    params.finish()?;
    check_media_type(&headers)?;
    let asker = Asker { address, caller };
    let limit = if asker.known() { usize::MAX } else { request::JSON };
    if request::content_length(&headers).is_some_and(|length| length > limit) {
        return Err(request::too_large(limit));
    }
    let base_url = state.base_url();
    let batch = Arc::new(Batch { state, asker, lang, base_url, brief });
    let (begun, answers) = mpsc::channel(IN_FLIGHT);
    let (out, lines) = mpsc::channel(WAITING);
    tokio::spawn(read(Arc::clone(&batch), body, limit, begun));
    tokio::spawn(write(batch, answers, out));
    Ok(typed(StatusCode::OK, "application/x-ndjson", Body::from_stream(ReceiverStream::new(lines))))
}

/// Begins groups of lines.
async fn read(batch: Arc<Batch>, body: Body, limit: usize, begun: mpsc::Sender<JoinHandle<Judged>>) {
    let mut chunks = body.into_data_stream();
    let mut cutter = Cutter::default();
    let mut taken = 0_usize;
    loop {
        let (lines, last): (Vec<Line>, bool) = match chunks.next().await {
            Some(Ok(chunk)) => {
                taken = taken.saturating_add(chunk.len());
                if taken > limit {
                    // What was whole before is answered; that the rest is not, is told.
                    let problem = request::too_large(limit).document(batch.lang, &batch.base_url);
                    let lines = format!("{}\n", json!({"problem": problem}));
                    let told = tokio::spawn(async { Judged { lines, ..Judged::default() } });
                    // If nobody listens any more, nobody need be told.
                    let _ = begun.send(told).await;
                    return;
                }
                (cutter.push(&chunk), false)
            }
            Some(Err(_)) => return,
            None => (cutter.finish().into_iter().collect(), true),
        };
        for group in lines.chunks(GROUP) {
            let (batch, group) = (Arc::clone(&batch), group.to_vec());
            if begun.send(spawn_blocking(move || all(&batch, group))).await.is_err() {
                return;
            }
        }
        if last {
            return;
        }
    }
}

/// Sends the answers in order, and the signature over them.
async fn write(
    batch: Arc<Batch>,
    mut answers: mpsc::Receiver<JoinHandle<Judged>>,
    out: mpsc::Sender<Result<String, std::io::Error>>,
) {
    let mut whole = Judged::default();
    while let Some(answer) = answers.recv().await {
        let judged = answer.await.map_err(std::io::Error::other);
        let lines = judged.map(|judged| {
            whole.sign |= judged.sign;
            whole.reports.extend(judged.reports);
            judged.lines
        });
        if out.send(lines).await.is_err() {
            return;
        }
    }
    if whole.sign {
        let last = match batch.state.authority.sign_reports(&whole.reports) {
            Ok(signed) => json!({"signed": signed}),
            Err(failure) => {
                json!({"problem": Problem::from(failure).document(batch.lang, &batch.base_url)})
            }
        };
        // Nobody is there to be told that nobody is there.
        let _ = out.send(Ok(format!("{last}\n"))).await;
    }
}

fn all(batch: &Batch, lines: Vec<Line>) -> Judged {
    let mut judged = Judged::default();
    for line in lines {
        let number = line.number;
        let (name, value) = match one(batch, line, &mut judged.sign) {
            Ok(report) => ("report", report),
            Err(problem) => ("problem", problem.document(batch.lang, &batch.base_url)),
        };
        let text = value.to_string();
        if name == "report" {
            judged.reports.push(Digest::of(text.as_bytes()));
        }
        judged.lines.push_str(&format!("{{\"line\":{number},\"{name}\":{text}}}\n"));
    }
    judged
}

fn one(batch: &Batch, line: Line, sign: &mut bool) -> Result<Value, Problem> {
    let mut asked = question(&parse_strict(&line.bytes.ok_or_else(too_long)?)?, batch.lang)?;
    // One signature over all, not one a line.
    *sign |= std::mem::take(&mut asked.sign);
    let verified = judge(&batch.state, &batch.asker, &asked)?;
    if batch.brief {
        return serde_json::to_value(verified.report.brief()).map_err(|error| Problem::fault(&error));
    }
    report(&verified)
}
