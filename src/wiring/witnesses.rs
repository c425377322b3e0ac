//! Asking witnesses (C2SP tlog-witness, the client): all of a policy at once, each from the size that it cosigned last. Not
//! here: whether those who answered suffice (`ledger::policy`), and what a witness answers (`witness`).

use std::io::Read as _;
use std::thread;
use std::time::Duration;

use ureq::Agent;

use super::calling;
use crate::audit::prove::{ProveError, continuing};
use crate::audit::source::Source;
use crate::ledger::checkpoint::{CheckpointError, VerifiedCheckpoint};
use crate::ledger::policy::{Party, Policy};
use crate::ledger::submission::{Submission, answered_size};
use crate::note::{NoteError, NoteSignature};

/// How long one answer may take.
const WITHIN: Duration = Duration::from_secs(20);
/// Most bytes of an answer that are read.
const LARGEST: u64 = 64 * 1024;
/// How often a witness is asked: once to hear its size, and again where others asked it meanwhile.
const ATTEMPTS: u32 = 4;

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The policy does not say where it is.
    #[error("the policy gives no address")]
    NoAddress,
    /// No answer.
    #[error("{0}")]
    Unreachable(String),
    /// It refused, or failed.
    #[error("answered {status}: {text}")]
    Answer {
        /// The status.
        status: u16,
        /// The beginning of what it said.
        text: String,
    },
    /// It has cosigned a larger tree of this log: what is asked about is old, or another face.
    #[error("has cosigned {cosigned} entries already; this checkpoint has {size}")]
    Beyond {
        /// What it cosigned.
        cosigned: u64,
        /// The size of the checkpoint.
        size: u64,
    },
    /// Others were faster each time.
    #[error("another size each time it was asked")]
    Moving,
    /// The answer holds no line of its key.
    #[error("answered without a line of its own key")]
    NoLine,
    /// The answer cannot be read.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Its line is not good.
    #[error(transparent)]
    Line(#[from] CheckpointError),
    /// The ledger does not prove that it continues what was cosigned.
    #[error(transparent)]
    Prove(#[from] ProveError),
}

/// What came back.
pub struct Asked {
    /// The checkpoint, with every line that is good.
    pub checkpoint: VerifiedCheckpoint,
    /// Each witness by its name in the policy, and the time of its line in seconds since 1970.
    pub answers: Vec<(String, Result<u64, AskError>)>,
}

/// Asks every witness of a policy, at the same time; one that fails holds up none of the others.
pub fn ask(policy: &Policy, checkpoint: VerifiedCheckpoint, source: &dyn Source) -> anyhow::Result<Asked> {
    let agent = calling::agent(Some(WITHIN))?;
    let asked: Vec<(&Party, Result<NoteSignature, AskError>)> = thread::scope(|scope| {
        let asking = |witness| {
            let (agent, checkpoint) = (&agent, &checkpoint);
            (witness, scope.spawn(move || ask_one(agent, witness, checkpoint, source)))
        };
        let begun: Vec<_> = policy.witnesses().iter().map(asking).collect();
        let ended = |(witness, thread): (_, thread::ScopedJoinHandle<'_, _>)| {
            let broken = || Err(AskError::Unreachable("asking broke off".into()));
            (witness, thread.join().unwrap_or_else(|_| broken()))
        };
        begun.into_iter().map(ended).collect()
    });
    let known = policy.witness_keys();
    let (mut checkpoint, mut answers) = (checkpoint, Vec::with_capacity(asked.len()));
    for (witness, line) in asked {
        let taken = line.and_then(|line| {
            let with = checkpoint.with_lines(vec![line], &known)?;
            let time = with.cosignatures().iter().find(|line| line.witness == witness.key);
            let time = time.map(|line| line.time).ok_or(AskError::NoLine)?;
            checkpoint = with;
            Ok(time)
        });
        answers.push((witness.name.clone(), taken));
    }
    Ok(Asked { checkpoint, answers })
}

/// One witness: from nothing first, which tells its size, and then from there.
fn ask_one(
    agent: &Agent,
    witness: &Party,
    checkpoint: &VerifiedCheckpoint,
    source: &dyn Source,
) -> Result<NoteSignature, AskError> {
    let url = witness.url.as_deref().ok_or(AskError::NoAddress)?;
    let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
    let (size, mut old) = (checkpoint.size(), 0);
    for _ in 0..ATTEMPTS {
        // From nothing, and from the same size, there is nothing to prove.
        let proof = if old == 0 || old == size { Vec::new() } else { continuing(source, old, size)?.path };
        let submission = Submission { old, proof, note: checkpoint.note().clone() };
        let (status, body) = post(agent, &url, &submission)?;
        match status {
            200 => {
                let lines = NoteSignature::parse_lines(&body)?;
                let own = lines.into_iter().find(|line| witness.key.is_named_by(line));
                return own.ok_or(AskError::NoLine);
            }
            409 => match answered_size(&body) {
                Some(cosigned) if cosigned > size => return Err(AskError::Beyond { cosigned, size }),
                Some(cosigned) => old = cosigned,
                None => return Err(answered(status, &body)),
            },
            status => return Err(answered(status, &body)),
        }
    }
    Err(AskError::Moving)
}

fn post(agent: &Agent, url: &str, submission: &Submission) -> Result<(u16, Vec<u8>), AskError> {
    let unreachable = |error: String| AskError::Unreachable(format!("{url}: {error}"));
    let asked = agent.post(url).header("Content-Type", "text/plain; charset=utf-8");
    let answer = asked.send(submission.to_string()).map_err(|error| unreachable(error.to_string()))?;
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    let read = answer.into_body().into_reader().take(LARGEST).read_to_end(&mut body);
    read.map_err(|error| unreachable(error.to_string()))?;
    Ok((status, body))
}

/// What it said, without anything that could move a terminal.
fn answered(status: u16, body: &[u8]) -> AskError {
    let text = String::from_utf8_lossy(body);
    let text: String = text.trim().chars().take(200).filter(|c| !c.is_control()).collect();
    AskError::Answer { status, text }
}
