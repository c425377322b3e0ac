//! A mirror: a full copy of a ledger in the layout of an export, proved as it arrives and brought up to date by the difference.
//!
//! The checkpoint first, under a key from elsewhere; that its tree continues what the mirror holds; then every tile from
//! the root down and every bundle by its tile, so that each file is proved when it comes, and blobs by their digests. What
//! is there is not fetched again. The directory is the old mirror until the new one is whole (`folder`). Not here: the
//! law over the entries and what status tokens say, which is for `replay`.
//!
//! In memory are sixteen bundles on their way, two tiles of each level, the digests of blobs, of a server the status tokens
//! that it publishes now, and at the end the names of the files that came.

mod arriving;
mod folder;
mod run;
mod tiles;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use self::arriving::Way;
use self::folder::Folder;
use self::run::Run;
use super::compare::{CompareError, Compared, Face, compare, verified, verified_head};
use super::outside;
use super::prove::ProveError;
use super::replay::Progress;
use super::source::{CHECKPOINT, Directory, Source, SourceError, WITNESSED};
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::split_view::{SplitView, SplitViewError};
use crate::merkle::Hash;
use crate::note::{Note, VerifierKey};

/// Why a mirror was not made or not brought up to date. What was proved until then is kept and not fetched again.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The source could not be asked, or a file of the mirror could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The source's checkpoint is not one, or not the log's, or its tiles do not lead to it.
    #[error(transparent)]
    Head(ProveError),
    /// A file that the checkpoint or an entry requires is not there.
    #[error("the source has no {0}")]
    Missing(String),
    /// A file of the source that is not what the checkpoint requires.
    #[error("{path} is refused: {what}")]
    Wrong {
        /// Which.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// The last tiles of the source do not make the root that the log signed.
    #[error("the last tiles make {made}; the checkpoint has the root {root}")]
    Edge {
        /// The signed root.
        root: Hash,
        /// What the tiles make, or why they make nothing.
        made: String,
    },
    /// The source shows a smaller tree than the mirror was shown.
    #[error("the mirror was shown {known} entries, and the source shows {shown} now")]
    WentBack {
        /// Entries of the checkpoint that is known.
        known: u64,
        /// Entries of the source's.
        shown: u64,
    },
    /// Checkpoints that cannot be compared.
    #[error(transparent)]
    SplitView(#[from] SplitViewError),
    /// The mirror's own checkpoint cannot be read under the keys.
    #[error("the mirror's checkpoint is not good: {0}")]
    Own(ProveError),
    /// Somebody else is at it.
    #[error("{0} is being brought up to date by another process")]
    Busy(String),
    /// A directory with something else in it.
    #[error("{0} is neither empty nor a mirror")]
    NoMirror(String),
    /// A file that cannot be written.
    #[error("{path}: {source}")]
    Write {
        /// Which.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

/// What a mirror came to.
#[derive(Debug)]
pub enum Mirrored {
    /// It is whole, up to this checkpoint.
    Whole {
        /// The mirror's checkpoint.
        checkpoint: VerifiedCheckpoint,
        /// Entries before.
        before: u64,
        /// What was done.
        tally: Tally,
    },
    /// The source shows a tree that does not continue what the mirror was shown. The mirror is as it was.
    Split(SplitView),
}

/// What was done.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Files fetched.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files of the mirror that were damaged and fetched anew.
    pub repaired: u64,
    /// Kinds of entries and laws that this program does not know: which blobs they name it cannot tell.
    pub unknown: BTreeSet<String>,
}

/// What is looked at of what the mirror has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Whether each file is there.
    Presence,
    /// Every byte: each bundle, tile and blob is hashed again.
    Hashes,
}

/// Brings the mirror in `root` up to the source's checkpoint, or makes it. The keys come from elsewhere than the source.
pub fn mirror(
    source: &dyn Source,
    root: &Path,
    keys: &[VerifierKey],
    look: Look,
    progress: &mut dyn FnMut(Progress),
) -> Result<Mirrored, MirrorError> {
    let folder = Folder::open(root)?;
    let [held, seen] = folder.checkpoints()?;
    let (held, seen) = (own(held, keys)?, own(seen, keys)?);
    // Before the checkpoint, so that nothing of them is of a tree beyond it.
    let tokens = source.tokens()?;
    let cosigned = outside::read(source)?.map(|bytes| cosigned(&bytes, keys)).transpose()?;
    let head = verified_head(source, keys).map_err(of_source)?;
    let here = folder.source()?;
    for (known, beneath) in [(&held, Some(&here)), (&seen, None), (&cosigned, None)] {
        let Some(known) = known else { continue };
        if let Some(split) = follows(known, beneath, source, &head)? {
            return Ok(Mirrored::Split(split));
        }
    }
    if let Some(held) = &held {
        folder.prune(held.size())?;
    }
    folder.saw(head.note().to_string().as_bytes())?;
    let mut run = Run::new(Way { source, folder: &folder }, look);
    run.ledger(&head, progress)?;
    tokens.iter().try_for_each(|path| run.token(path, head.size()))?;
    let before = held.as_ref().map_or(0, VerifiedCheckpoint::size);
    if held.is_none_or(|held| held.size() != head.size()) {
        folder.add(CHECKPOINT, head.note().to_string().as_bytes())?;
    }
    if let Some(cosigned) = cosigned {
        let held = folder.read(WITNESSED)?.and_then(|(held, _)| self::cosigned(&held, keys).ok());
        if held.is_none_or(|held| says(&held) < says(&cosigned)) {
            folder.add(WITNESSED, cosigned.note().to_string().as_bytes())?;
        }
    }
    folder.complete()?;
    Ok(Mirrored::Whole { checkpoint: head, before, tally: run.tally })
}

/// A checkpoint of the mirror's own.
fn own(bytes: Option<Vec<u8>>, keys: &[VerifierKey]) -> Result<Option<VerifiedCheckpoint>, MirrorError> {
    let read = |bytes: Vec<u8>| verified(&Note::parse(&bytes)?, keys);
    bytes.map(read).transpose().map_err(MirrorError::Own)
}

/// What witnesses cosigned, under the log's keys; whose lines count is for whoever has a policy.
fn cosigned(bytes: &[u8], keys: &[VerifierKey]) -> Result<VerifiedCheckpoint, MirrorError> {
    let read = || verified(&Note::parse(bytes)?, keys);
    read().map_err(of_source)
}

/// How much what was cosigned says: never less than before is kept. Whose lines count the mirror cannot tell.
fn says(cosigned: &VerifiedCheckpoint) -> (u64, usize) {
    (cosigned.size(), cosigned.note().signatures().len())
}

/// Whether the source's head follows what the mirror was shown; the proof, if it splits from that.
fn follows(
    known: &VerifiedCheckpoint,
    beneath: Option<&Directory>,
    source: &dyn Source,
    head: &VerifiedCheckpoint,
) -> Result<Option<SplitView>, MirrorError> {
    let back = MirrorError::WentBack { known: known.size(), shown: head.size() };
    let shrunk = head.size() < known.size();
    let beneath: Option<&dyn Source> = match beneath {
        Some(directory) => Some(directory),
        None => None,
    };
    let known = Face { checkpoint: known.clone(), source: beneath };
    match compare(&known, &Face { checkpoint: head.clone(), source: Some(source) }) {
        Ok(Compared::Split(split)) => Ok(Some(split)),
        Ok(_) if !shrunk => Ok(None),
        // Going back shows nothing but itself where both are of one tree, or the mirror's own tiles are damaged.
        Ok(_) => Err(back),
        Err(CompareError::Prove(_)) if shrunk => Err(back),
        Err(CompareError::Prove(error)) => Err(of_source(error)),
        Err(CompareError::SplitView(error)) => Err(error.into()),
    }
}

fn of_source(error: ProveError) -> MirrorError {
    match error {
        ProveError::Source(error) => MirrorError::Source(error),
        error => MirrorError::Head(error),
    }
}
