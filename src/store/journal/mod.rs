//! A store that also writes every change to a journal, on another disk if given: a chain of records from which the whole store is
//! made again after its loss (`rebuild`). What is acknowledged is durable in both.
//!
//! The journal is written first. So after a crash it is at most ahead: what the store lacks is done again at the next start, which
//! changes nothing where it was done. What the store knows of the journal (`mark`, in the same batch as the rows) says where
//! that begins, and whether the journal is this store's: if it is not, or cannot be read so far, a new file begins with every row, unless
//! what lies there reaches further. After a power cut the journal may also be behind, by rows beside the ledger that were never synced:
//! each of both has all that was acknowledged, and a new file begins. A journal that cannot be written ends writing, as a failed disk
//! under the store does.
//!
//! Not here: files from which nothing is removed any more, and whether what comes back is the ledger that was signed (`wiring`).

mod error;
mod file;
mod folder;
mod mark;
mod opening;
mod rebuild;
mod record;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub use error::JournalError;
pub use folder::Lying;
pub use rebuild::{Read, rebuild};

use self::file::Appending;
use self::folder::Folder;
use self::mark::Mark;
use self::opening::{Found, anew, find};
use self::record::{Chain, Kind, Record};
use crate::authority::archive::Archive;
use crate::authority::store::{Head, KeyValue, Row, Settled, Store, StoreError, Write, within_bounds};
use crate::store::archive::{self, ARCHIVE};

/// How a journal was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It goes on; so many records were done again in the store.
    GoesOn(u64),
    /// A new file began, with so many rows.
    Anew(u64),
}

/// A store with its journal.
pub struct Journaled {
    inner: Arc<dyn Store>,
    writing: Mutex<Writing>,
    /// For syncs, which hold up no other record. One at a time: the system tells a failed write to one sync only.
    handle: Mutex<File>,
    ended: OnceLock<String>,
    _folder: Folder,
}

struct Writing {
    file: Appending,
    /// Records that are written and may not be in the store yet.
    under_way: BTreeSet<u64>,
    /// The head that the written commits come to: the store is there, or on its way.
    head: Head,
    /// What is durable for certain.
    synced: Chain,
    /// From how many bytes on it is told that the file has grown too long.
    told_at: u64,
}

impl Journaled {
    /// Opens the journal in `directory`, which is made (0700) if it is not there, and brings journal and store together. Reads the whole
    /// of its file, or writes every row of the store.
    pub fn open(directory: &Path, inner: Arc<dyn Store>) -> Result<(Self, Begun), JournalError> {
        let known = Mark::of(inner.as_ref())?.is_some();
        if known && !directory.exists() {
            // Not made: it may be a disk that is not there.
            return Err(JournalError::Missing(directory.to_owned()));
        }
        Self::with(Folder::hold(directory)?, inner, find)
    }

    /// The same, and whatever lies there is set aside.
    pub fn anew(directory: &Path, inner: Arc<dyn Store>) -> Result<(Self, Begun), JournalError> {
        Self::with(Folder::hold(directory)?, inner, |_, _| Ok(Found::Other))
    }

    fn with(
        folder: Folder,
        inner: Arc<dyn Store>,
        find: impl FnOnce(&Folder, &dyn Store) -> Result<Found, JournalError>,
    ) -> Result<(Self, Begun), JournalError> {
        let store = inner.as_ref();
        if let Some(archive) = store.archive() {
            archive.also_in(Arc::new(archive::Folder::new(folder.path().join(ARCHIVE))));
        }
        let begin =
            |own: Option<&Path>| anew(&folder, store, own).map(|(file, rows)| (file, Begun::Anew(rows)));
        let (file, begun) = match find(&folder, store)? {
            Found::Own(file, again) => (file, Begun::GoesOn(again)),
            Found::Grown(own) => begin(Some(&own))?,
            Found::Other => begin(None)?,
        };
        let handle = Mutex::new(file.handle()?);
        let (synced, told_at) = (file.chain, file.too_long());
        let writing = Writing { file, under_way: BTreeSet::new(), head: inner.head()?, synced, told_at };
        let (writing, ended) = (Mutex::new(writing), OnceLock::new());
        Ok((Self { inner, writing, handle, ended, _folder: folder }, begun))
    }

    /// Tells a store that is opened without its journal: what is written from now on is not in it. Whether there was one.
    pub fn forsake(store: &dyn Store) -> Result<bool, StoreError> {
        let known = store.get(&Row::Mark)?.is_some();
        if known {
            store.put(vec![Write::remove(Row::Mark)])?;
        }
        Ok(known)
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.ended().map_or(Ok(()), |why| Err(StoreError::Ended(why)))
    }

    /// Ends writing until restart. The first reason stays.
    fn end(&self, why: &dyn std::fmt::Display) -> StoreError {
        StoreError::Ended(self.ended.get_or_init(|| format!("the journal: {why}")).clone())
    }

    /// Writes a record, then does what it says. The head is looked at before: a commit that is refused leaves no record. One that the
    /// store refuses all the same would come back from the journal, so nothing is written after it.
    fn write(
        &self,
        kind: Kind,
        heads: Option<(Head, Head)>,
        writes: Vec<Write>,
        then: impl FnOnce(Vec<Write>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        within_bounds(&writes)?;
        let (record, number) = {
            let mut writing = self.lock();
            self.writable()?;
            let found = self.inner.head()?;
            if let Some((expected, _)) = heads {
                // Another commit on the same head may be written and not in the store yet.
                let moved = [found, writing.head].into_iter().find(|head| *head != expected);
                if let Some(found) = moved {
                    return Err(StoreError::Moved { expected: expected.size, found: found.size });
                }
            }
            let number = writing.file.number + 1;
            writing.under_way.insert(number);
            let first = writing.under_way.first().copied().unwrap_or(number);
            let mut writes = writes;
            writes.push(Mark { number, first, chain: writing.file.chain, synced: writing.synced }.write());
            let record = Record { kind, number, head: heads.map_or(found, |(_, next)| next), writes };
            writing.file.add(&record).map_err(|error| self.end(&error))?;
            writing.head = heads.map_or(writing.head, |(_, next)| next);
            writing.tell_length();
            (record, number)
        };
        if kind == Kind::Commit {
            self.sync_journal()?;
        }
        match then(record.writes) {
            Ok(()) => {
                self.lock().under_way.remove(&number);
                Ok(())
            }
            Err(error) if self.inner.ended().is_some() => Err(error),
            Err(error) => Err(self.end(&format_args!("it has a record that the store refused: {error}"))),
        }
    }

    fn sync_journal(&self) -> Result<(), StoreError> {
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever synced before may have heard of what this one would not.
        self.writable()?;
        let written = self.lock().file.chain;
        let path = || self.lock().file.path().to_owned();
        handle.sync_data().map_err(|error| self.end(&JournalError::io(&path(), error)))?;
        self.lock().synced = written;
        Ok(())
    }
}

impl Writing {
    /// Between starts a file only grows; whoever watches the disk should hear of it, once for each doubling.
    fn tell_length(&mut self) {
        let length = self.file.length();
        if length > self.told_at {
            self.told_at = length.saturating_mul(2);
            tracing::warn!(
                bytes = length,
                "{} has grown long: the next start begins it anew, as long as the data",
                self.file.path().display()
            );
        }
    }
}

impl Store for Journaled {
    fn head(&self) -> Result<Head, StoreError> {
        self.inner.head()
    }

    fn get(&self, row: &Row) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(row)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<KeyValue>, StoreError> {
        self.inner.scan(prefix, after, limit)
    }

    fn last(&self, prefix: &[u8], until: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        self.inner.last(prefix, until)
    }

    fn commit(&self, expected: Head, next: Head, writes: Vec<Write>) -> Result<(), StoreError> {
        let then = |writes| self.inner.commit(expected, next, writes);
        self.write(Kind::Commit, Some((expected, next)), writes, then)
    }

    fn put(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.write(Kind::Put, None, writes, |writes| self.inner.put(writes))
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.writable()?;
        self.sync_journal()?;
        self.inner.sync()
    }

    fn archive(&self) -> Option<&Archive> {
        self.inner.archive()
    }

    /// Nothing of it is in the journal, since no row changes by it.
    fn settle(&self) -> Result<Settled, StoreError> {
        self.inner.settle()
    }

    fn ended(&self) -> Option<String> {
        self.ended.get().cloned().or_else(|| self.inner.ended())
    }
}
