//! Why a file proves no standing.

use super::{MAX_EVENTS, MAX_STANDING_PROOF};
use crate::ledger::checkpoint::CheckpointError;
use crate::ledger::entry::EntryError;
use crate::ledger::receipt::{MAX_PATH, ReceiptError};
use crate::merkle::ProofError;
use crate::values::canonical::JsonError;
use crate::values::identifiers::{Handle, OriginError};
use crate::values::standing::Standing;

/// Why a file proves no standing.
#[derive(Debug, thiserror::Error)]
pub enum StandingProofError {
    /// Longer than [`MAX_STANDING_PROOF`].
    #[error("the proof has {length} bytes or more; {MAX_STANDING_PROOF} are read at most")]
    TooLong {
        /// Bytes given; there may be more.
        length: usize,
    },
    /// Not UTF-8.
    #[error("the proof is not UTF-8")]
    NotUtf8,
    /// Does not begin with the line of this format and version.
    #[error("not a proof of standing: the first line is not vidimus/standing-proof/v1")]
    Header,
    /// The second line is no leaf of a state tree.
    #[error("the leaf (line 2) is not one of a state tree: {0}")]
    Leaf(String),
    /// A line of the leaf's path that is not a hash in base64; counted from 0.
    #[error("hash {0} of the leaf's path is not 32 bytes in base64")]
    Hash(usize),
    /// More hashes than any tree is high.
    #[error("the leaf's path has more than {MAX_PATH} hashes")]
    PathTooLong,
    /// Not the parts that a proof has.
    #[error(
        "after the leaf's path come entries and a checkpoint, an empty line before each: the file is cut off, or no such proof"
    )]
    Parts,
    /// More entries about one licence than a proof holds.
    #[error("the licence has more than {MAX_EVENTS} entries")]
    TooManyEvents,
    /// The lines of an entry.
    #[error("entry {number} of the proof: {error}")]
    Included {
        /// Which of them, from 0.
        number: usize,
        /// What is wrong.
        error: ReceiptError,
    },
    /// The checkpoint cannot be read, or the log did not sign it.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is of no ledger of ours.
    #[error("the checkpoint's origin: {0}")]
    Origin(#[from] OriginError),
    /// An entry that is not where the proof says, or not in this tree.
    #[error("entry {index} is not under the checkpoint: {error}")]
    Outside {
        /// The entry.
        index: u64,
        /// Where its path leads.
        error: ProofError,
    },
    /// An entry that cannot be read.
    #[error("entry {index}: {error}")]
    Entry {
        /// The entry.
        index: u64,
        /// What is wrong.
        error: EntryError,
    },
    /// The last entry is no anchor of an earlier size.
    #[error("the last entry of the proof ({0}) anchors no states before it")]
    NoAnchor(u64),
    /// Other entries than the leaf, its end and the anchor ask for.
    #[error(
        "the proof holds other entries than its leaf names, the one at {size} where it ends, and the anchor at {anchor}"
    )]
    Others {
        /// The anchored size.
        size: u64,
        /// The anchor.
        anchor: u64,
    },
    /// An entry that does not leave the licence as the leaf says.
    #[error("entry {index} is none after which licence {handle} stands {standing}")]
    Event {
        /// The entry.
        index: u64,
        /// The licence of the leaf.
        handle: Handle,
        /// What the leaf says.
        standing: Standing,
    },
    /// A time before that of an earlier entry.
    #[error("entry {0} is of an earlier time than one before it")]
    Time(u64),
    /// The leaf is not one that was anchored.
    #[error("the leaf is not under the anchored root: {0}")]
    State(ProofError),
}

impl StandingProofError {
    /// Whether a newer program may be able to read it.
    pub fn asks_for_upgrade(&self) -> bool {
        matches!(self, Self::Entry { error: EntryError::UnknownKind(_), .. })
    }
}

impl From<JsonError> for StandingProofError {
    fn from(error: JsonError) -> Self {
        Self::Leaf(error.to_string())
    }
}
