//! Witnesses over HTTP (C2SP tlog-witness, the client): each is asked from the size that it cosigned last. Not here: asking
//! several (`authority::witnesses`), whether those who answered suffice (`ledger::policy`), and what a witness answers
//! (`witness`).

use std::io::Read as _;
use std::time::Duration;

use ureq::Agent;

use super::calling;
use crate::authority::witnesses::{AskError, Continuing, Witnesses};
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::policy::Party;
use crate::ledger::submission::{Submission, answered_size};
use crate::note::NoteSignature;

/// How long one answer may take.
const WITHIN: Duration = Duration::from_secs(20);
/// Most bytes of an answer that are read.
const LARGEST: u64 = 64 * 1024;
/// How often a witness is asked: once to hear its size, and again where others asked it meanwhile.
const ATTEMPTS: u32 = 4;

/// Witnesses at the addresses of their policy.
pub struct HttpWitnesses(Agent);

impl HttpWitnesses {
    /// Reached as every service is that a command calls.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(calling::agent(Some(WITHIN))?))
    }
}

impl Witnesses for HttpWitnesses {
    /// From nothing first, which tells its size, and then from there.
    fn ask(
        &self,
        witness: &Party,
        checkpoint: &VerifiedCheckpoint,
        proofs: &Continuing<'_>,
    ) -> Result<NoteSignature, AskError> {
        let url = witness.url.as_deref().ok_or(AskError::NoAddress)?;
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        let (size, mut old) = (checkpoint.size(), 0);
        for _ in 0..ATTEMPTS {
            // From nothing, and from the same size, there is nothing to prove.
            let proof = if old == 0 || old == size { Vec::new() } else { proofs(old, size).map_err(AskError::Prove)? };
            let submission = Submission { old, proof, note: checkpoint.note().clone() };
            let (status, body) = post(&self.0, &url, &submission)?;
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
                // From the size that it named itself there is only one reason left.
                422 if old > 0 => return Err(AskError::OtherTree { cosigned: old, size }),
                status => return Err(answered(status, &body)),
            }
        }
        Err(AskError::Moving)
    }
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
