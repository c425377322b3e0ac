//! A split view: two checkpoints under one log's keys that no one tree can have, in a file that proves it to whoever has the
//! log's verifier key and nothing else (`schemas/split-view.md`). Either one size with two roots, or a larger tree whose
//! own hashes show that its first leaves are not the smaller tree. Not here: how the two were come by (`audit`), and which
//! of them is the truth, which nobody can tell from them.

use std::fmt;
use std::str::FromStr;

use super::checkpoint::{Checkpoint, CheckpointError, VerifiedCheckpoint, hash};
use crate::merkle::{Hash, PrefixProof, ProofError};
use crate::note::{KeyName, Note, VerifierKey};

/// First line.
const HEADER: &str = "vidimus/split-view/v1\n";
/// Longest proof that is read, in bytes: two notes with a line each, and a hash for each level of the highest tree.
pub const MAX_SPLIT_VIEW: usize = 16 * 1024;
/// Most hashes: one for each level, and the one that the climb starts at.
const MAX_HASHES: usize = 65;

/// Why a file proves no split view.
#[derive(Debug, thiserror::Error)]
pub enum SplitViewError {
    /// Longer than [`MAX_SPLIT_VIEW`].
    #[error("the file has {length} bytes; {MAX_SPLIT_VIEW} are read at most")]
    TooLong {
        /// Bytes given.
        length: usize,
    },
    /// Not UTF-8.
    #[error("the file is not UTF-8")]
    NotUtf8,
    /// Does not begin with the line of this format and version.
    #[error("not a proof of a split view: the first line is not vidimus/split-view/v1")]
    Header,
    /// A line that is not a hash in base64; counted from 0.
    #[error("hash {0} is not 32 bytes in base64")]
    Hash(usize),
    /// More hashes than any tree is high.
    #[error("there are more than {MAX_HASHES} hashes")]
    TooManyHashes,
    /// Not two notes with an empty line before each.
    #[error("after the hashes come two checkpoints, an empty line before each")]
    Notes,
    /// A note with more lines than one, or none by a key that is known.
    #[error("a checkpoint of the proof bears one signature, the log's; this one has {0}")]
    Lines(usize),
    /// A checkpoint that cannot be read, or that the log did not sign.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Two ledgers.
    #[error("the checkpoints are of two ledgers, {0} and {1}")]
    Origins(KeyName, KeyName),
    /// The larger one first, or of two of one size the one with the higher root.
    #[error("the checkpoints are not in their order")]
    Order,
    /// Hashes that lead to no root of these checkpoints.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// No split: both are of one tree.
    #[error("the checkpoints are of one tree: no split view")]
    OneTree,
}

/// A proof that can be read. Nothing in it is believed before [`SplitView::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitView {
    hashes: Vec<Hash>,
    smaller: Note,
    larger: Note,
}

/// What a split view shows: made by [`SplitView::verify`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The smaller tree, or of two of one size the one with the lower root.
    pub smaller: VerifiedCheckpoint,
    /// The other.
    pub larger: VerifiedCheckpoint,
    /// The root of as many leaves of the larger tree as the smaller one has. It is not the smaller one's.
    pub begins: Hash,
}

impl SplitView {
    /// The proof that two checkpoints split, with what the larger tree's first leaves come to; without, where both have one size. An
    /// error where they do not split, or the hashes do not show it.
    pub fn of(
        one: &VerifiedCheckpoint,
        other: &VerifiedCheckpoint,
        proof: Option<PrefixProof>,
    ) -> Result<Self, SplitViewError> {
        let rank = |of: &VerifiedCheckpoint| (of.size(), *of.root());
        let (smaller, larger) = if rank(one) <= rank(other) { (one, other) } else { (other, one) };
        // Lines by others could be changed without anybody noticing; the log's own is what counts.
        let alone = |of: &VerifiedCheckpoint| {
            of.note().with_line_of(of.log()).ok_or_else(|| CheckpointError::NotByTheLog(of.origin().clone()))
        };
        let hashes = proof.map(|proof| proof.path).unwrap_or_default();
        let split = Self { hashes, smaller: alone(smaller)?, larger: alone(larger)? };
        split.verify(&[smaller.log().clone(), larger.log().clone()])?;
        Ok(split)
    }

    /// Parses a file; what is written back by `Display` is the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, SplitViewError> {
        if bytes.len() > MAX_SPLIT_VIEW {
            return Err(SplitViewError::TooLong { length: bytes.len() });
        }
        let text = str::from_utf8(bytes).map_err(|_| SplitViewError::NotUtf8)?;
        let rest = text.strip_prefix(HEADER).ok_or(SplitViewError::Header)?;
        // Without hashes the empty line follows at once.
        let (hashes, notes) = match rest.strip_prefix('\n') {
            Some(notes) => ("", notes),
            None => rest.split_once("\n\n").ok_or(SplitViewError::Notes)?,
        };
        let hashes = hashes
            .split_terminator('\n')
            .enumerate()
            .take(MAX_HASHES + 1)
            .map(|(number, line)| hash(line).map(Hash).ok_or(SplitViewError::Hash(number)))
            .collect::<Result<Vec<_>, _>>()?;
        if hashes.len() > MAX_HASHES {
            return Err(SplitViewError::TooManyHashes);
        }
        // A checkpoint has no empty line in it but the one before its signatures.
        let parts: Vec<&str> = notes.split("\n\n").collect();
        let [text, lines, other, more] = parts.as_slice() else { return Err(SplitViewError::Notes) };
        let note = |text: &str| Note::parse(text.as_bytes()).map_err(CheckpointError::from);
        let smaller = note(&format!("{text}\n\n{lines}\n"))?;
        Ok(Self { hashes, smaller, larger: note(&format!("{other}\n\n{more}"))? })
    }

    /// Checks that the log with one of these keys signed both, and that no tree has both.
    pub fn verify(&self, pinned: &[VerifierKey]) -> Result<Shown, SplitViewError> {
        let smaller = signed(&self.smaller, pinned)?;
        let larger = signed(&self.larger, pinned)?;
        if smaller.origin() != larger.origin() {
            return Err(SplitViewError::Origins(smaller.origin().clone(), larger.origin().clone()));
        }
        if (smaller.size(), smaller.root()) > (larger.size(), larger.root()) {
            return Err(SplitViewError::Order);
        }
        let (leaves, size) = (smaller.size(), larger.size());
        let begins = if leaves == size {
            if !self.hashes.is_empty() {
                return Err(ProofError::PathLength { expected: 0, found: self.hashes.len() }.into());
            }
            Hash(*larger.root())
        } else {
            let (begins, computed) = PrefixProof { leaves, size, path: self.hashes.clone() }.roots()?;
            let expected = Hash(*larger.root());
            if computed != expected {
                return Err(ProofError::Root { expected, computed }.into());
            }
            begins
        };
        if begins.0 == *smaller.root() {
            return Err(SplitViewError::OneTree);
        }
        Ok(Shown { smaller, larger, begins })
    }
}

fn signed(note: &Note, pinned: &[VerifierKey]) -> Result<VerifiedCheckpoint, SplitViewError> {
    let lines = note.signatures().len();
    if lines != 1 {
        return Err(SplitViewError::Lines(lines));
    }
    let checkpoint: Checkpoint = note.text().parse()?;
    if !checkpoint.extensions.is_empty() {
        return Err(CheckpointError::Extensions(checkpoint.extensions.len()).into());
    }
    Ok(VerifiedCheckpoint::verify_under_any(note, pinned, &[])?)
}

impl fmt::Display for SplitView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}\n{}", self.smaller, self.larger)
    }
}

impl FromStr for SplitView {
    type Err = SplitViewError;
    fn from_str(text: &str) -> Result<Self, SplitViewError> {
        Self::parse(text.as_bytes())
    }
}

#[cfg(test)]
mod tests;
