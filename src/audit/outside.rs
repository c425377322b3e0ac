//! How far outsiders vouch for a ledger: the checkpoint that they cosigned must be of the tree that was replayed, and by the
//! auditor's own policy a quorum. Not here: whose cosignatures suffice (`ledger::policy`).

use super::prove::{ProveError, continuing};
use super::source::{Source, SourceError, WITNESSED};
use super::summary::Finding;
use super::trail::Trail;
use crate::law::Rule;
use crate::ledger::checkpoint::{Checkpoint, CheckpointError, VerifiedCheckpoint};
use crate::ledger::policy::Policy;
use crate::ledger::witnessed::Witnessed;
use crate::merkle::{ConsistencyProof, Hash};
use crate::note::Note;

/// A checkpoint of the tree of another, with the proof. Whose cosignatures under it are good, a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    checkpoint: VerifiedCheckpoint,
    proof: ConsistencyProof,
}

impl Cosigned {
    /// The note, if a key signed it that the ledger names for its size, and it is of the tree of `head`: the larger of the
    /// two continues the smaller one.
    pub(super) fn of(
        note: &Note,
        path: impl FnOnce(u64, u64) -> Result<Vec<Hash>, ProveError>,
        head: &VerifiedCheckpoint,
        trail: &Trail,
    ) -> Result<Result<Self, String>, SourceError> {
        let size = match note.text().parse::<Checkpoint>() {
            Ok(said) => said.size,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let checkpoint = match trail.verify(note, size, &[]) {
            Ok(checkpoint) => checkpoint,
            Err(error) => return Ok(Err(error)),
        };
        let (old, new) = if size <= head.size() { (&checkpoint, head) } else { (head, &checkpoint) };
        let path = match path(old.size(), new.size()) {
            Ok(path) => path,
            Err(ProveError::Source(error)) => return Err(error),
            Err(error) => return Ok(Err(error.to_string())),
        };
        let proof = ConsistencyProof { old_size: old.size(), size: new.size(), path };
        let proved = proof.verify(&Hash(*old.root()), &Hash(*new.root()));
        let other = |error| format!("at {size} entries it is of another tree: {error}");
        Ok(proved.map_err(other).map(|()| Self { checkpoint, proof }))
    }

    /// The note.
    pub fn note(&self) -> &Note {
        self.checkpoint.note()
    }

    /// The proof that ties it to the other checkpoint, lowest first.
    pub fn path(&self) -> &[Hash] {
        &self.proof.path
    }

    /// How far outsiders vouch by a policy; an error where a line of a witness that it knows is bad.
    pub fn by(&self, policy: &Policy) -> Result<Witnessed, CheckpointError> {
        let (note, log) = (self.checkpoint.note().clone(), self.checkpoint.log());
        let checkpoint = VerifiedCheckpoint::verify(note, log, &policy.witness_keys())?;
        Ok(Witnessed::of(Some(policy), Some(&checkpoint)))
    }
}

/// What a source has that witnesses cosigned, of the tree of `head`, which was replayed; the inner error says what is wrong
/// with it.
pub(super) fn cosigned(
    source: &dyn Source,
    head: &VerifiedCheckpoint,
    trail: &Trail,
) -> Result<Option<Result<Cosigned, String>>, SourceError> {
    let Some(bytes) = read(source)? else { return Ok(None) };
    match Note::parse(&bytes) {
        Ok(note) => {
            let path = |old, new| continuing(source, old, new).map(|proof| proof.path);
            Cosigned::of(&note, path, head, trail).map(Some)
        }
        Err(error) => Ok(Some(Err(error.to_string()))),
    }
}

/// The file; none of a ledger whose witnesses were no quorum yet.
pub(super) fn read(source: &dyn Source) -> Result<Option<Vec<u8>>, SourceError> {
    match source.read(WITNESSED) {
        Err(SourceError::Answer { status: 503, .. }) => Ok(None),
        read => read,
    }
}

/// How far outsiders vouch for the ledger of a source by a policy, and what is wrong with what they cosigned.
pub(super) fn look(
    source: &dyn Source,
    policy: Option<&Policy>,
    trail: &Trail,
    head: Option<&VerifiedCheckpoint>,
) -> Result<(Witnessed, Option<Finding>), SourceError> {
    let (Some(policy), Some(head)) = (policy, head) else { return Ok((Witnessed::NoPolicy, None)) };
    if !policy.logs().is_empty() && !policy.logs().iter().any(|log| trail.names(&log.key)) {
        let why = "the policy of witnesses is for another ledger: this one names none of its log keys";
        return Ok((Witnessed::NoPolicy, Some(Finding::of(Rule::Vkey, why))));
    }
    let none = || Witnessed::of(Some(policy), None);
    let Some(cosigned) = cosigned(source, head, trail)? else { return Ok((none(), None)) };
    let judged = cosigned.and_then(|cosigned| cosigned.by(policy).map_err(|error| error.to_string()));
    Ok(match judged {
        Ok(witnessed) => (witnessed, None),
        Err(why) => (none(), Some(Finding::of(Rule::Consistency, format!("what was cosigned: {why}")))),
    })
}
