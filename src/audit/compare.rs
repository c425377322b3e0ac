//! Two faces of one ledger, compared: a checkpoint each, signed by the log, and what lies under it where anything does. Either
//! they are of one tree, or that they are not is proved (`ledger::split_view`).

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::prove::{ProveError, beginning, head};
use super::source::Source;
use crate::ledger::checkpoint::{CheckpointError, VerifiedCheckpoint};
use crate::ledger::split_view::{SplitView, SplitViewError};
use crate::merkle::{Hash, ProofError};
use crate::note::{Note, VerifierKey};

/// What somebody was shown of a ledger.
pub struct Face<'s> {
    /// The head, under a key from elsewhere.
    pub checkpoint: VerifiedCheckpoint,
    /// Where its tiles are read; none where somebody has the checkpoint alone.
    pub source: Option<&'s dyn Source>,
}

/// What two faces are to each other.
#[derive(Debug)]
pub enum Compared {
    /// One size and one root.
    Same,
    /// The larger tree continues the smaller, which is proved.
    Continued,
    /// No tree has both.
    Split(SplitView),
    /// The larger one is a checkpoint without its tiles.
    CannotTell,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The larger tree could not be read, or its tiles do not lead to its root.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// The proof does not stand.
    #[error(transparent)]
    SplitView(#[from] SplitViewError),
}

/// The head of a source under one of these keys.
pub fn verified_head(source: &dyn Source, keys: &[VerifierKey]) -> Result<VerifiedCheckpoint, ProveError> {
    let (note, _) = head(source)?;
    verified(&note, keys)
}

/// A checkpoint as ours are, under one of these keys.
pub fn verified(note: &Note, keys: &[VerifierKey]) -> Result<VerifiedCheckpoint, ProveError> {
    let verified = VerifiedCheckpoint::verify_under_any(note, keys, &[])?;
    match verified.checkpoint().extensions.len() {
        0 => Ok(verified),
        more => Err(CheckpointError::Extensions(more).into()),
    }
}

/// Compares two faces. What tiles say is believed only where it leads to the root that the log signed.
pub fn compare(one: &Face<'_>, other: &Face<'_>) -> Result<Compared, CompareError> {
    let (smaller, larger) =
        if one.checkpoint.size() <= other.checkpoint.size() { (one, other) } else { (other, one) };
    let (small, large) = (&smaller.checkpoint, &larger.checkpoint);
    if small.origin() != large.origin() {
        return Err(SplitViewError::Origins(small.origin().clone(), large.origin().clone()).into());
    }
    if small.size() == large.size() {
        let same = small.root() == large.root();
        return Ok(if same { Compared::Same } else { Compared::Split(SplitView::of(small, large, None)?) });
    }
    if small.size() == 0 {
        return Ok(Compared::Continued);
    }
    let Some(source) = larger.source else { return Ok(Compared::CannotTell) };
    let proof = beginning(source, small.size(), large.size())?;
    let (begins, computed) = proof.roots().map_err(ProveError::from)?;
    let expected = Hash(*large.root());
    if computed != expected {
        return Err(ProveError::from(ProofError::Root { expected, computed }).into());
    }
    if begins.0 == *small.root() {
        return Ok(Compared::Continued);
    }
    Ok(Compared::Split(SplitView::of(small, large, Some(proof))?))
}

/// Writes a proof to a new file, and says to which: where something else is there already, beside it under a number.
pub fn save(split: &SplitView, path: &Path) -> io::Result<PathBuf> {
    let proof = split.to_string();
    let numbered = (2..).map(|number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    });
    for path in std::iter::once(path.to_owned()).chain(numbered) {
        match File::create_new(&path) {
            Ok(mut file) => {
                file.write_all(proof.as_bytes())?;
                file.sync_all()?;
                return Ok(path);
            }
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Err(_) if fs::read(&path).is_ok_and(|held| held == proof.as_bytes()) => return Ok(path),
            Err(_) => {}
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}
