//! Why a journal cannot be used. Not here: what to do about it, in both languages (`wiring`).

use std::io;
use std::path::{Path, PathBuf};

use crate::authority::store::StoreError;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system says so.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
    /// Another process writes it, or reads it to make a store again.
    #[error("{} is in use", .0.display())]
    InUse(PathBuf),
    /// Not a journal.
    #[error("{} is no journal that this program knows", .0.display())]
    Foreign(PathBuf),
    /// Whole, and of a form or with rows that came later.
    #[error("{} was written by a newer program", .0.display())]
    Newer(PathBuf),
    /// There is no file that is whole.
    #[error("{} holds no journal that is whole", .0.display())]
    Empty(PathBuf),
    /// The store knows a journal, and there is none.
    #[error("{} holds no journal, and the data has one", .0.display())]
    Missing(PathBuf),
    /// Not the journal of the store as it is, and it reaches further.
    #[error("{} reaches {reaches} entries, and is not the journal of this data, which has {found}", path.display())]
    Ahead {
        /// The file.
        path: PathBuf,
        /// Entries that it reaches.
        reaches: u64,
        /// Entries of the store.
        found: u64,
    },
    /// A commit after which there are no more entries than before it. We write none.
    #[error("{}: record {number} moves the ledger's head back", path.display())]
    Backwards {
        /// The file.
        path: PathBuf,
        /// The record.
        number: u64,
    },
    /// A batch that the store would not take either.
    #[error("a batch is too big for the journal")]
    TooBig,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl JournalError {
    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }
}
