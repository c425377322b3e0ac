//! What `vidimus doctor` says: each thing that was looked at, how grave it is, and what to do, in both languages. The
//! judgement is pure: what is known comes in, lines go out. Not here: looking (`examine`), and asking a service (`cli`).

mod archive;
pub mod examine;
mod journal;
mod judge;
#[cfg(test)]
mod tests;
mod witnesses;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::told::Told;
use crate::authority::Readiness;
use crate::store::journal::Lying;
use crate::values::time::Time;

pub use judge::judge;

/// How grave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// It goes on, and somebody should do something.
    Warn,
    /// It does not go on, or will not start again.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub check: &'static str,
    /// How grave.
    pub grade: Grade,
    /// What was found, and what to do.
    pub told: Told,
}

/// All that is known.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Now, by this machine's clock.
    pub now: Option<Time>,
    /// Whether this machine's clock is kept by a time service; `None` where that cannot be told.
    pub synchronised: Option<bool>,
    /// Why the configuration cannot be used.
    pub configuration: Option<String>,
    /// Directories.
    pub places: Vec<Place>,
    /// Files under the keys that others may use, and how to mend it.
    pub exposed: Vec<String>,
    /// The service, or the store of one that is not running.
    pub ledger: Seen,
    /// The size in `last-signed`; an error where it cannot be read.
    pub signed: Option<Result<u64, String>>,
    /// The size in the stored checkpoint.
    pub stored: Option<u64>,
    /// Whether the choice of witnesses lies beside the keys of a real authority; `None` where nobody chooses.
    pub chosen: Option<bool>,
    /// Tokens that were not revoked, and when each ends.
    pub tokens: Vec<TokenEnd>,
    /// The directory of the journal and what lies in it; an error where it cannot be looked at.
    pub journal: Option<(PathBuf, Result<Lying, String>)>,
    /// Whether the data of a service that is not running knows of a journal.
    pub journaled: Option<bool>,
}

/// What was seen of the ledger.
#[derive(Debug, Clone, Default)]
pub enum Seen {
    /// Nothing was asked or found.
    #[default]
    Nothing,
    /// A running service holds the directory, and was not asked.
    InUse,
    /// It could not be asked or opened.
    Unreachable(String),
    /// What a service says to everybody: ready or not, its size, certificates that end soon.
    Outside {
        /// Whether it is ready.
        ready: bool,
        /// Entries.
        size: u64,
        /// Purposes and ends.
        ending: Vec<(String, Time)>,
    },
    /// All of it.
    Inside {
        /// Item by item.
        readiness: Box<Readiness>,
        /// Whether a service runs.
        running: bool,
    },
}

/// A directory and the disk it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Which flag names it.
    pub flag: &'static str,
    /// The directory.
    pub path: PathBuf,
    /// What was found.
    pub found: Result<Disk, String>,
}

/// A disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that we may still write.
    pub free: u64,
    /// Bytes in all.
    pub total: u64,
    /// Files that can still be made; `None` where the file system has no such limit.
    pub files_free: Option<u64>,
    /// Whether we may write there.
    pub writable: bool,
}

/// A token and its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenEnd {
    /// Its name.
    pub name: String,
    /// From when on it is no longer good.
    pub expires: Time,
}

/// What the operator's route says of a service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Condition {
    /// Item by item.
    pub readiness: Readiness,
    /// Tokens that were not revoked.
    pub tokens: Vec<TokenEnd>,
}
