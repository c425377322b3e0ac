//! Rows that have come to rest: sorted, in files that never change. An engine of pages keeps a page for every few rows, in memory too; what
//! is no longer written need not lie there. A change of a row lies in the engine, before the file's; a file is written anew, with what changed
//! in it, under another number. So the engine holds what is new, and what finds the rest.
//!
//! Not here: which rows rest and when (`store::sled::settling`), and which files count: the engine names them, and what it does not name is not there.

mod file;
mod files;
mod folder;
mod form;
mod rows;
#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::store::durable::is_passing;

pub use file::SettledFile;
pub use files::SettledFiles;
pub use folder::{SETTLED, SettledFolder};
pub use rows::Rows;

/// A file that cannot be read or written, or whose bytes are not those that were written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {why}")]
pub struct SettledFault {
    /// Its path.
    pub file: String,
    /// What is wrong with it.
    pub why: String,
    /// What the system said, where it said something.
    pub system: Option<ErrorKind>,
    /// Whether it says nothing of the file: the process has no descriptor or memory left for the moment.
    pub passing: bool,
}

impl SettledFault {
    fn of(path: &Path, why: &str) -> Self {
        Self { file: path.display().to_string(), why: why.to_owned(), system: None, passing: false }
    }

    pub(super) fn from_system(path: &Path, error: &io::Error) -> Self {
        Self { passing: is_passing(error), system: Some(error.kind()), ..Self::of(path, &error.to_string()) }
    }
}
