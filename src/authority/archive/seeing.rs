//! What a place says of a file: that it is what it must be, that it is not, or nothing, for now. Not here: what comes of that.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{FileFault, Files};
use crate::merkle::TilePath;

/// Files that are remembered as lost; whoever lost more needs no longer list.
pub const MOST_LOST: usize = 100;

/// What was seen of a file.
pub(super) enum Seen<T> {
    /// It is what it must be.
    Good(T),
    /// It is missing, or another, or its disk does not give it; why.
    Bad(String),
    /// It could not be looked at, which says nothing of it; why.
    Unknown(String),
}

/// What a file of a place says, packed or as somebody put it there unpacked.
pub(super) fn see<T>(files: &dyn Files, path: &TilePath, check: &dyn Fn(Vec<u8>) -> Option<T>) -> Seen<T> {
    match judge(files.read(path), check) {
        Seen::Bad(why) => match judge(files.read_unpacked(path), check) {
            Seen::Bad(_) => Seen::Bad(why),
            seen => seen,
        },
        seen => seen,
    }
}

/// What was read, judged.
pub(super) fn judge<T>(
    read: Result<Option<Vec<u8>>, FileFault>,
    check: impl Fn(Vec<u8>) -> Option<T>,
) -> Seen<T> {
    match read {
        Ok(Some(bytes)) => check(bytes)
            .map_or_else(|| Seen::Bad("it is not what the tree of hashes holds".to_owned()), Seen::Good),
        Ok(None) => Seen::Bad("it is not there".to_owned()),
        Err(fault) if fault.passing => Seen::Unknown(fault.why),
        Err(fault) => Seen::Bad(fault.why),
    }
}

/// A file that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    path: TilePath,
    /// What it is called.
    pub file: String,
}

/// Files that were found to be missing or others, and were not put back yet: the first of them.
#[derive(Debug, Default)]
pub(super) struct LostFiles(Mutex<Vec<Lost>>);

impl LostFiles {
    pub(super) fn all(&self) -> Vec<Lost> {
        self.lock().clone()
    }

    pub(super) fn note(&self, files: &dyn Files, path: &TilePath, why: &str) {
        let lost = Lost { path: *path, file: files.name(path) };
        let mut known = self.lock();
        if known.len() < MOST_LOST && !known.contains(&lost) {
            let file = &lost.file;
            tracing::error!(%why, "{file} is missing, damaged, or another's: put a copy of it back (vidimus doctor says how)");
            metrics::counter!("vidimus_archive_lost_files_total").increment(1);
            known.push(lost);
        }
    }

    pub(super) fn found(&self, files: &dyn Files, path: &TilePath) {
        let mut known = self.lock();
        if !known.is_empty() {
            let name = files.name(path);
            known.retain(|lost| lost.path != *path || lost.file != name);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Lost>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
