//! Where a ledger is read from: a server's address or an exported directory, under the same paths: `checkpoint`,
//! `tile/…`, `tile/entries/…`, `blob/sha256/<hex>`, `status/<list>/<iat>` (one raw token each).
//!
//! A source is not believed: what it gives is checked by whoever asks. A file that is not there is `None`; that the
//! source itself cannot be reached is an error, and says nothing about the ledger.

mod address;
mod directory;

use crate::crypto::Digest;
use crate::ledger::body::MAX_BLOB_BYTES;
use crate::note::MAX_NOTE;

pub use address::Address;
pub use directory::Directory;
pub(super) use directory::{STAGE, WHOLE, read};

/// The path of the checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// The path of the newest checkpoint that a quorum of witnesses cosigned; not every source has one.
pub const WITNESSED: &str = "witnessed-checkpoint";
/// Before the digest of a blob.
pub(super) const BLOBS: &str = "blob/sha256/";
/// Before the number of a list.
pub(super) const STATUS: &str = "status/";

/// Bytes of a full tile of hashes.
const TILE_BYTES: u64 = 256 * 32;
/// Most bytes of an entry bundle.
const BUNDLE_BYTES: u64 = 256 * (2 + 65_535);
/// Most bytes of a status token: a list of 2^20 statuses that does not compress, twice in base64, and its header.
const TOKEN_BYTES: u64 = 1 << 20;

/// Why a source could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No connection, no answer, or the answer broke off.
    #[error("{address} cannot be reached: {reason}")]
    Unreachable {
        /// What was asked for.
        address: String,
        /// What the connection said.
        reason: String,
    },
    /// Neither the file nor its absence.
    #[error("{address} answered {status}{}", after.map(|after| format!(" and asks to wait {after} s")).unwrap_or_default())]
    Answer {
        /// What was asked for.
        address: String,
        /// The HTTP status.
        status: u16,
        /// `Retry-After`, in seconds.
        after: Option<u64>,
    },
    /// An answer that cannot be read as what it should be.
    #[error("{address} answered something else than {expected}")]
    Unreadable {
        /// What was asked for.
        address: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A directory or file that cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Io {
        /// Which.
        path: String,
        /// What the system said.
        reason: String,
    },
}

/// A ledger's files, read by their paths.
pub trait Source: Sync {
    /// The bytes of a file; `None` where there is none. Of a file larger than its kind can be, one byte more than that
    /// is given: it fails whatever check follows.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError>;

    /// The paths of the published status tokens. Asked before the checkpoint, so that a ledger that grows meanwhile
    /// does not get behind its tokens.
    fn tokens(&self) -> Result<Vec<String>, SourceError>;

    /// Every file, where the source can tell. Asked before the checkpoint too.
    fn files(&self) -> Result<Option<Vec<String>>, SourceError>;
}

/// The path of a blob.
pub fn blob_path(name: &Digest) -> String {
    format!("{BLOBS}{name}")
}

/// One byte more than the file at `path` may have.
pub(super) fn limit(path: &str) -> u64 {
    let most = if path.starts_with("tile/entries/") {
        BUNDLE_BYTES
    } else if path.starts_with("tile/") {
        TILE_BYTES
    } else if path.starts_with(BLOBS) {
        MAX_BLOB_BYTES
    } else if path.starts_with(STATUS) {
        TOKEN_BYTES
    } else {
        u64::try_from(MAX_NOTE).unwrap_or(u64::MAX - 1)
    };
    most + 1
}
