//! The port to durable storage: rows, and the one commit that is a compare-and-swap on the head, so that a fork
//! cannot be written. Implemented by `store` in memory, on sled, and with a journal; one shared test-suite runs over them.
//!
//! Not here: how a row's key is spelt (`row`), what the values mean (each room that writes a family of rows encodes them)
//! and whether an entry may be appended (`law`). What the store returns is not trusted: entries are re-hashed before anything is signed over them.

mod row;

pub use row::{
    ARCHIVED, CONTENT_JUDGED, FINDER_RUNS, FrameName, GrantName, PLACES_RESERVED, Row, SEALED, STATES,
};

use super::archive::Archive;
use crate::values::time::Time;

/// The ledger's size and the time of its last entry, as the store has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Number of entries.
    pub size: u64,
    /// Time of the last one; `None` when there is none.
    pub time: Option<Time>,
}

/// One change of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Which.
    pub row: Row,
    /// The new value, up to 1 MiB; `None` removes the row.
    pub value: Option<Vec<u8>>,
}

impl Write {
    /// Sets a row.
    pub fn set(row: Row, value: impl Into<Vec<u8>>) -> Self {
        Self { row, value: Some(value.into()) }
    }

    /// Removes a row.
    pub fn remove(row: Row) -> Self {
        Self { row, value: None }
    }
}

/// Longest value of a row, in bytes.
pub const VALUE_BYTES: usize = 1 << 20;
/// Most writes of one batch. An engine may need memory for a batch as a whole: aim at 900 and keep the rest for need.
pub const BATCH_WRITES: usize = 4_096;
/// Most bytes of values in one batch.
pub const BATCH_BYTES: usize = 4 << 20;

/// Refuses a batch that is beyond the bounds of the port. Every store calls it before anything is written. What a store notes of its
/// journal is not of the batch.
pub fn within_bounds(writes: &[Write]) -> Result<(), StoreError> {
    let writes = || writes.iter().filter(|write| write.row != Row::Mark);
    let lengths = || writes().filter_map(|write| write.value.as_ref()).map(Vec::len);
    if let Some(bytes) = lengths().find(|bytes| *bytes > VALUE_BYTES) {
        return Err(StoreError::ValueTooLong { bytes });
    }
    let bytes = lengths().sum();
    let count = writes().count();
    if count > BATCH_WRITES || bytes > BATCH_BYTES {
        return Err(StoreError::BatchTooBig { writes: count, bytes });
    }
    Ok(())
}

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The head is not where the commit expected it: somebody else wrote.
    #[error("the ledger's head moved: expected size {expected}, found {found}")]
    Moved {
        /// Size expected.
        expected: u64,
        /// Size found.
        found: u64,
    },
    /// A value is longer than [`VALUE_BYTES`]. Nothing was written.
    #[error("a value has {bytes} bytes, at most {VALUE_BYTES} can be kept")]
    ValueTooLong {
        /// Its length.
        bytes: usize,
    },
    /// A batch is beyond [`BATCH_WRITES`] or [`BATCH_BYTES`]. Nothing was written; smaller ones can be.
    #[error(
        "a batch has {writes} writes and {bytes} bytes, at most {BATCH_WRITES} and {BATCH_BYTES} are taken"
    )]
    BatchTooBig {
        /// Writes in it.
        writes: usize,
        /// Bytes of their values.
        bytes: usize,
    },
    /// A write or a sync failed. No write is taken any more until restart: what is on disk is not known.
    #[error("writing has ended until restart: {0}")]
    Ended(String),
    /// A read failed or its bytes are damaged.
    #[error("the store cannot be read: {0}")]
    Unreadable(String),
    /// A file of the archive is missing, damaged, or another's. Nothing is answered from it; everything else goes on.
    #[error("the archived file {file} is missing, or is not what it must be ({why})")]
    Archived {
        /// What it is called.
        file: String,
        /// What was found in its place, or why nothing was.
        why: String,
    },
    /// A file of the archive cannot be written, which can be tried again: what it was to hold is in the store as before.
    #[error("the archive cannot be written: {0}")]
    Unarchived(String),
    /// A read failed for want of descriptors or memory, which passes. It says nothing of what is stored, and ends nothing.
    #[error("the store cannot be read for the moment: {0}")]
    Busy(String),
    /// A file of settled rows cannot be written, which can be tried again: the rows are in the store as before.
    #[error("rows cannot be put into files: {0}")]
    Unsettled(String),
}

/// What a step of settling did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settled {
    /// Rows that came to rest.
    pub rows: u64,
    /// Whether there may be more to do.
    pub more: bool,
}

/// A row's whole key and its value.
pub type KeyValue = (Vec<u8>, Vec<u8>);

/// Durable rows with one writer.
pub trait Store: Send + Sync {
    /// The head of the last commit.
    fn head(&self) -> Result<Head, StoreError>;

    /// The value of a row.
    fn get(&self, row: &Row) -> Result<Option<Vec<u8>>, StoreError>;

    /// Rows whose key begins with `prefix` and comes after `after` (a whole key), in order, at most `limit`.
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<KeyValue>, StoreError>;

    /// The last row whose key begins with `prefix` and does not come after `until` (a whole key).
    fn last(&self, prefix: &[u8], until: &[u8]) -> Result<Option<KeyValue>, StoreError>;

    /// Moves the head from `expected` to `next` together with `writes`, all or nothing, and returns when they are
    /// durable.
    fn commit(&self, expected: Head, next: Head, writes: Vec<Write>) -> Result<(), StoreError>;

    /// Writes rows beside the ledger, all or nothing. They become durable with the next commit or [`Store::sync`].
    fn put(&self, writes: Vec<Write>) -> Result<(), StoreError>;

    /// Makes everything written so far durable.
    fn sync(&self) -> Result<(), StoreError>;

    /// Puts some rows that are no longer written where they take less. What is read stays the same, whatever is written meanwhile. Only one
    /// thread does so at a time.
    fn settle(&self) -> Result<Settled, StoreError> {
        Ok(Settled::default())
    }

    /// Why writing has ended, if it has.
    fn ended(&self) -> Option<String>;

    /// Where full bundles and tiles are put away, if anywhere.
    fn archive(&self) -> Option<&Archive> {
        None
    }
}
