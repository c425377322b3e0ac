//! The proof of how a licence stood, made from a replay: the state that the entries came to, the newest anchor, and receipts from the same
//! source. Who has only a copy of the ledger makes the same file as its service. Not here: what the file shows
//! (`ledger::standing_proof`), and whether the anchor's root is right, which the replay judged (`anchored`).

use super::anchored::{blocks_at, stood_at};
use super::eye::Eye;
use super::outside;
use super::prove::{ProveError, Prover};
use super::replay::Audit;
use super::source::Source;
use crate::ledger::body::{Body, StateAnchored};
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::receipt::Included;
use crate::ledger::standing_proof::{MAX_EVENTS, StandingProof, StandingProofError};
use crate::ledger::state::tree::{self, BLOCK, BlockError, StateTree, Stood};
use crate::ledger::state::{MemoryState, View as _};
use crate::merkle::{Hash, ProofError};
use crate::note::{Note, NoteError};
use crate::values::identifiers::Handle;
use crate::values::time::Time;

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum NoProof {
    /// No such licence was entered.
    #[error("the ledger has no licence {0}")]
    Unknown(Handle),
    /// No anchor is about it, or about the time that was asked about.
    #[error("the states that are anchored do not reach so far")]
    NotAnchored {
        /// They tell of the time before this; of none, where nothing is anchored since the licence was entered.
        until: Option<Time>,
    },
    /// More entries about it than a proof holds.
    #[error("there are more than {MAX_EVENTS} entries about this licence")]
    TooManyEvents,
    /// The source grew another face between the replay and the proof, or cannot be asked.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// What was made proves nothing.
    #[error("what was made proves nothing: {0}")]
    Proof(#[from] StandingProofError),
    /// The licences make no leaves.
    #[error(transparent)]
    Block(#[from] BlockError),
}

impl From<ProofError> for NoProof {
    fn from(error: ProofError) -> Self {
        Self::Prove(error.into())
    }
}

/// Sees where the newest anchor stands.
#[derive(Debug, Default)]
pub struct NewestAnchor(Option<(u64, StateAnchored)>);

impl Eye for NewestAnchor {
    fn after(&mut self, index: u64, entry: &Entry, _: &MemoryState) {
        if let Body::StateAnchored(anchored) = entry.body() {
            self.0 = Some((index, anchored.clone()));
        }
    }
}

impl NewestAnchor {
    /// The proof from that anchor, after a replay that holds; with a time, only if it tells of that.
    pub fn prove(
        &self,
        source: &dyn Source,
        audit: &Audit,
        handle: &Handle,
        at: Option<Time>,
    ) -> Result<StandingProof, NoProof> {
        let state = &audit.state;
        let licence = state.licence(handle).ok().flatten().ok_or(NoProof::Unknown(*handle))?;
        let (anchor, size) = self.0.as_ref().map_or((0, 0), |(index, anchored)| (*index, anchored.size));
        let stood = Stood::at(&licence, size).ok_or(NoProof::NotAnchored { until: None })?;
        if stood.events.len() > MAX_EVENTS {
            return Err(NoProof::TooManyEvents);
        }
        let first = stood.events.first().map_or(0, |event| event.index);
        let mut whole = StateTree::default();
        whole.put(&blocks_at(size, 0..size / BLOCK, state)?);
        let path = whole.prove(first, &leaves(size, first, state)?)?.path;
        let head = audit.checkpoint.as_ref().ok_or(ProveError::Checkpoint(NoteError::NoneKnown.into()))?;
        let under = cosigned(source, head)?.filter(|cosigned| anchor < cosigned.size());
        let under = under.as_ref().unwrap_or(head);
        let prover = Prover::new(source, head.size(), under.size(), Hash(*under.root()));
        let needed = StandingProof::needs(&stood, size, anchor);
        let entries = needed.into_iter().map(|index| included(&prover, index)).collect::<Result<_, _>>()?;
        let (proof, shown) = StandingProof::of(stood, path, entries, under.note().clone())?;
        if !shown.tells(at) {
            return Err(NoProof::NotAnchored { until: Some(shown.until) });
        }
        Ok(proof)
    }
}

/// The leaves of the block that an index is in.
fn leaves(size: u64, index: u64, state: &MemoryState) -> Result<Vec<Hash>, NoProof> {
    let first = index / BLOCK * BLOCK;
    let Some(origin) = state.charter().origin() else { return Ok(Vec::new()) };
    Ok(tree::leaves(origin, first, stood_at(size, first, state))?)
}

/// What witnesses cosigned of the tree that was replayed, if the source has it: whoever is shown the proof may ask for them.
fn cosigned(source: &dyn Source, head: &VerifiedCheckpoint) -> Result<Option<VerifiedCheckpoint>, NoProof> {
    let note = outside::read(source).map_err(ProveError::from)?.and_then(|bytes| Note::parse(&bytes).ok());
    let cosigned = note.and_then(|note| VerifiedCheckpoint::verify(note, head.log(), &[]).ok());
    let Some(cosigned) = cosigned.filter(|cosigned| (1..=head.size()).contains(&cosigned.size())) else {
        return Ok(None);
    };
    let prover = Prover::new(source, head.size(), head.size(), Hash(*head.root()));
    Ok((prover.beginning(cosigned.size())?.0 == *cosigned.root()).then_some(cosigned))
}

fn included(prover: &Prover<'_>, index: u64) -> Result<Included, NoProof> {
    let (_, proof) = prover.prove(index)?;
    let path = proof.path.iter().map(|hash| hash.0).collect();
    Ok(Included::new(Some(prover.entry(index)?), index, path).map_err(ProveError::from)?)
}

#[cfg(test)]
mod tests;
