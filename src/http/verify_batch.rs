//! Many verifications in one request. Lines are judged in groups, off the threads that serve others: the signatures of a
//! group by one equation. If any line asks for a signature, the last line is one, over the digests of all reports in
//! order. Not here: judging (`verifications`).

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use super::HttpState;
use super::access::Whence;
use super::answer::typed;
use super::lines::{Cutter, Line, check_media_type, too_long};
use super::problem::Problem;
use super::request::{self, Params, Tongue, Who};
use super::verifications::{Asker, judge_all, question};
use crate::authority::{Asked, Verified};
use crate::crypto::Digest;
use crate::values::canonical::parse_strict;
use crate::values::lang::Lang;

/// Groups of lines being judged at once.
const IN_FLIGHT: u32 = 4;
/// Lines of a group at most: what one equation is good for.
const GROUP: usize = 256;
/// How long lines wait for others while nothing else is judged.
const COMPANY: Duration = Duration::from_millis(2);
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

/// A line, or what ends the reading of them.
type Read = Result<Line, Problem>;

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
    let (cut, lines) = mpsc::channel(GROUP);
    let (begun, answers) = mpsc::channel(1);
    let (out, answered) = mpsc::channel(WAITING);
    tokio::spawn(read(body, limit, cut));
    tokio::spawn(gather(Arc::clone(&batch), lines, begun));
    tokio::spawn(write(batch, answers, out));
    Ok(typed(StatusCode::OK, "application/x-ndjson", Body::from_stream(ReceiverStream::new(answered))))
}

/// Cuts lines, as far as somebody wants them.
async fn read(body: Body, limit: usize, cut: mpsc::Sender<Read>) {
    let mut chunks = body.into_data_stream();
    let mut cutter = Cutter::default();
    let mut taken = 0_usize;
    loop {
        let (lines, last): (Vec<Read>, bool) = match chunks.next().await {
            Some(Ok(chunk)) => {
                taken = taken.saturating_add(chunk.len());
                if taken > limit {
                    // What was whole before is answered; that the rest is not, is told.
                    (vec![Err(request::too_large(limit))], true)
                } else {
                    (cutter.push(&chunk).into_iter().map(Ok).collect(), false)
                }
            }
            Some(Err(_)) => return,
            None => (cutter.finish().into_iter().map(Ok).collect(), true),
        };
        for line in lines {
            if cut.send(line).await.is_err() {
                return;
            }
        }
        if last {
            return;
        }
    }
}

/// Begins groups: a full one at once, a smaller one when nothing else is judged and no more lines come.
async fn gather(batch: Arc<Batch>, mut lines: mpsc::Receiver<Read>, begun: mpsc::Sender<JoinHandle<Judged>>) {
    let judging = Arc::new(Semaphore::new(usize::try_from(IN_FLIGHT).unwrap_or(1)));
    let mut more = true;
    while more {
        let mut group = Vec::with_capacity(GROUP);
        more = lines.recv_many(&mut group, GROUP).await > 0;
        while more && group.len() < GROUP {
            let room = GROUP - group.len();
            tokio::select! {
                biased;
                taken = lines.recv_many(&mut group, room) => more = taken > 0,
                () = idle(&judging) => break,
            }
        }
        let Ok(permit) = Arc::clone(&judging).acquire_owned().await else { return };
        let batch = Arc::clone(&batch);
        if !group.is_empty() && begun.send(spawn_blocking(move || all(&batch, group, permit))).await.is_err()
        {
            return;
        }
    }
}

/// Waits until nothing is judged, and then a little for company.
async fn idle(judging: &Semaphore) {
    // It is never closed; if it were, nothing would be judged.
    let _all = judging.acquire_many(IN_FLIGHT).await;
    tokio::time::sleep(COMPANY).await;
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

fn all(batch: &Batch, lines: Vec<Read>, _judging: OwnedSemaphorePermit) -> Judged {
    let mut judged = Judged::default();
    let mut numbers = Vec::with_capacity(lines.len());
    let questions = lines.into_iter().map(|line| {
        numbers.push(line.as_ref().ok().map(|line| line.number));
        let mut asked = asked(line?, batch.lang)?;
        // One signature over all, not one a line.
        judged.sign |= std::mem::take(&mut asked.sign);
        Ok(asked)
    });
    let questions = questions.collect();
    let answers = judge_all(&batch.state, &batch.asker, questions);
    for (number, answer) in numbers.into_iter().zip(answers) {
        judged.take(batch, number, answer);
    }
    judged
}

fn asked(line: Line, lang: Lang) -> Result<Asked, Problem> {
    question(&parse_strict(&line.bytes.ok_or_else(too_long)?)?, lang)
}

impl Judged {
    fn take(&mut self, batch: &Batch, number: Option<u64>, answer: Result<Verified, Problem>) {
        let report = answer.and_then(|verified| written(verified, batch.brief));
        let (name, text) = match report {
            Ok(report) => {
                self.reports.push(Digest::of(report.as_bytes()));
                ("report", report)
            }
            Err(problem) => ("problem", problem.document(batch.lang, &batch.base_url).to_string()),
        };
        let line = number.map(|number| format!("\"line\":{number},")).unwrap_or_default();
        self.lines.extend(["{", &line, "\"", name, "\":", &text, "}\n"]);
    }
}

/// The report as it stands in its line, members in the order of their names: the digest is over these bytes, and over
/// the canonical form of what they say.
fn written(verified: Verified, brief: bool) -> Result<String, Problem> {
    let report = verified.report;
    let text = if brief {
        serde_json::to_string(&report.brief())
    } else {
        serde_json::to_value(&report).map(|value| value.to_string())
    };
    text.map_err(|error| Problem::fault(&error))
}
