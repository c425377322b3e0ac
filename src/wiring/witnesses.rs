//! Witnesses over HTTP, at the addresses of their policy. Not here: what they are asked and what an answer means
//! (`authority::witnesses`).

use std::io::Read as _;
use std::time::Duration;

use ureq::Agent;

use super::calling;
use crate::authority::witnesses::{AskError, Witnesses};
use crate::ledger::policy::Party;
use crate::ledger::submission::Submission;

/// How long one answer may take.
const WITHIN: Duration = Duration::from_secs(20);
/// Most bytes of an answer that are read.
const LARGEST: u64 = 64 * 1024;

/// Witnesses at the addresses of their policy.
pub struct HttpWitnesses(Agent);

impl HttpWitnesses {
    /// Reached as every service is that a command calls.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(calling::agent(Some(WITHIN))?))
    }
}

impl Witnesses for HttpWitnesses {
    fn submit(&self, witness: &Party, submission: &Submission) -> Result<(u16, Vec<u8>), AskError> {
        let url = witness.url.as_deref().ok_or(AskError::NoAddress)?;
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        let unreachable = |error: String| AskError::Unreachable(format!("{url}: {error}"));
        let asked = self.0.post(&url).header("Content-Type", "text/plain; charset=utf-8");
        let answer = asked.send(submission.to_string()).map_err(|error| unreachable(error.to_string()))?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        let read = answer.into_body().into_reader().take(LARGEST).read_to_end(&mut body);
        read.map_err(|error| unreachable(error.to_string()))?;
        Ok((status, body))
    }
}
