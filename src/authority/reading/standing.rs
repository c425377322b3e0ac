//! The proof of how a licence stood, from the newest anchor: its block's leaves are made from rows, everything above them is held. Not
//! here: what the proof shows (`ledger::standing_proof`).

use crate::authority::refusal::{Failure, Fault, Refusal, no_licence};
use crate::authority::{Authority, STATES_EVERY};
use crate::ledger::standing_proof::{MAX_EVENTS, StandingProof, StandingProofError};
use crate::ledger::state::tree::Stood;
use crate::merkle::ProofError;
use crate::values::identifiers::Handle;
use crate::values::time::Time;

/// Why there is no proof of standing yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotProvable {
    /// Anchored states do not reach as far.
    #[error("the states that are anchored do not reach so far")]
    NotAnchored {
        /// They tell of the time before this; of none, where nothing is anchored.
        until: Option<Time>,
        /// Entries of the ledger.
        size: u64,
        /// With so many of them, the next anchor is due; never, where the ledger is frozen.
        next: Option<u64>,
    },
    /// They do; their tree is made, as after a start.
    #[error("the states that are anchored are being made again")]
    BeingMade,
    /// There are more entries about the licence than a proof holds.
    #[error("there are more than {MAX_EVENTS} entries about this licence")]
    TooManyEvents,
}

impl Authority {
    /// The proof of how a licence stood before the newest anchor's end; with a time, only if it tells of that.
    pub fn standing_proof(&self, handle: &Handle, at: Option<Time>) -> Result<String, Failure> {
        let licence = self.licence_state(handle)?;
        let first = licence.first().ok_or_else(|| no_licence(handle))?.index;
        let published = self.window.published();
        let charter = &published.charter;
        let (size, newest) = (published.range.size(), charter.state_anchored().unwrap_or(0));
        let next = (newest.max(first) / STATES_EVERY + 1) * STATES_EVERY;
        let next = (!charter.is_frozen()).then_some(next);
        let not_anchored = |until| Refusal::NotProvable(NotProvable::NotAnchored { until, size, next });
        if first >= newest {
            return Err(not_anchored(None).into());
        }
        let anchored = self.anchoring.anchored().filter(|anchored| first < anchored.size);
        let anchored = anchored.ok_or(Refusal::NotProvable(NotProvable::BeingMade))?;
        let stood = Stood::at(&licence, anchored.size).ok_or_else(|| no_licence(handle))?;
        if stood.events.len() > MAX_EVENTS {
            return Err(Refusal::NotProvable(NotProvable::TooManyEvents).into());
        }
        let leaves = self.rows(charter)?.leaves(first, anchored.size)?;
        let path =
            anchored.tree.prove(first, &leaves).map_err(|error: ProofError| damaged(handle, &error))?;
        let (under, checkpoint) = self
            .checkpoint_over(anchored.index)
            .ok_or_else(|| Fault::Damaged(format!("the checkpoint over entry {}", anchored.index)))?;
        let needed = StandingProof::needs(&stood, anchored.size, anchored.index);
        let entries = needed.into_iter().map(|index| self.included(index, under));
        let entries = entries.collect::<Result<_, Failure>>()?;
        let proof = StandingProof::of(stood, path.path, entries, checkpoint);
        let (proof, shown) = proof.map_err(|error: StandingProofError| damaged(handle, &error))?;
        if !shown.tells(at) {
            return Err(not_anchored(Some(shown.until)).into());
        }
        Ok(proof.to_string())
    }
}

fn damaged(handle: &Handle, error: &dyn std::fmt::Display) -> Fault {
    Fault::Damaged(format!("the proof of standing of licence {handle}: {error}"))
}
