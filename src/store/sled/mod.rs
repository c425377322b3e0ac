//! The store on sled 0.34.7: one tree, one writer.
//!
//! A commit is one atomic batch, then `flush`, then `fdatasync`: sled's `flush` on Linux is `sync_file_range`, not the
//! fsync its documentation promises. The `fdatasync` goes through one descriptor opened before sled wrote anything and
//! held: a newer one can miss an earlier write error. The first write or sync that fails ends writing until restart;
//! the caller of that commit and of every later one is told [`StoreError::Ended`], and reads go on. They may then show
//! more than is durable: what is on disk is known only after a restart. A full disk is one such failure. Afterwards sled
//! may refuse to read a page whose newest write never reached the disk; that is told as [`StoreError::Unreadable`], and
//! so is a row that is damaged. A row that cannot be read ends writing too: nothing is built on damage.
//!
//! A batch stays in memory as a whole, with every page it touches. Batches of 900 rows of 250 bytes took 20 ms, the
//! largest the port allows 80 ms and 140 MB at the peak (2 cores, virtual disk); readers wait while one is applied.
//!
//! Not here: what rows mean; how they lie in the tree (`parts`); backups.

mod engine;
mod fault;
mod open;
mod parts;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use engine::Engine;
use fault::{Fault, ask};
pub use open::OpenError;
use parts::{
    FIRST_KEY, HEAD_KEY, LAYOUT_ARCHIVED, LAYOUT_KEY, Stored, cut, damaged, part_key, read_head, write_head,
};

use crate::authority::archive::Archive;
use crate::authority::store::{ARCHIVED, Head, KeyValue, Row, Store, StoreError, Write, within_bounds};
use crate::store::archive::{ARCHIVE, Folder};

/// Rows in a directory that this process holds alone.
pub struct SledStore {
    // Dropped first: sled writes out what it has while the directory is still ours.
    db: Engine,
    data: File,
    _directory: File,
    writer: Mutex<()>,
    /// Held over a sync, apart from `writer`, so that rows beside the ledger do not wait for the disk.
    syncing: Mutex<()>,
    /// Held while a batch is applied, and while sled flushes, which lets no batch in either: one that waited inside sled for
    /// a flush that is never answered would shut out every reader. Taken before `steady`.
    entering: Mutex<()>,
    /// Held for reading over reads of several rows, for writing while a batch is applied.
    steady: RwLock<()>,
    ended: OnceLock<String>,
    archive: Archive,
}

impl SledStore {
    /// Opens the store in `directory`, which is made (0700) if it is not there. Takes about 0.3 s for each million rows.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let opened = open::open(directory)?;
        Ok(Self {
            db: opened.db,
            data: opened.data,
            _directory: opened.directory,
            writer: Mutex::new(()),
            syncing: Mutex::new(()),
            entering: Mutex::new(()),
            steady: RwLock::new(()),
            ended: OnceLock::new(),
            archive: Archive::new(Arc::new(Folder::new(directory.join(ARCHIVE)))),
        })
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.ended.get().map_or(Ok(()), |why| Err(StoreError::Ended(why.clone())))
    }

    /// Ends writing until restart. The first reason stays.
    fn end(&self, why: String) -> StoreError {
        StoreError::Ended(self.ended.get_or_init(|| why).clone())
    }

    /// The batch of these writes. Of two to one row the later holds.
    fn batch(&self, writes: Vec<Write>) -> Result<::sled::Batch, StoreError> {
        let last: BTreeMap<_, _> = writes.into_iter().map(|write| (write.row.key(), write.value)).collect();
        let mut batch = ::sled::Batch::default();
        if last.get(&Row::Single(ARCHIVED).key()).is_some_and(Option::is_some) {
            batch.insert(LAYOUT_KEY, LAYOUT_ARCHIVED);
        }
        for (key, value) in last {
            for number in 1..=self.further_parts(&key)? {
                batch.remove(part_key(&key, number));
            }
            let Some(value) = value else {
                batch.remove(key);
                continue;
            };
            let (stored, further) = cut(&value);
            for (number, part) in (1..).zip(further) {
                batch.insert(part_key(&key, number), part);
            }
            batch.insert(key, stored);
        }
        Ok(batch)
    }

    /// How many further parts a row has now.
    fn further_parts(&self, key: &[u8]) -> Result<u16, StoreError> {
        let stored = self.db.ask(|db| db.get(key)).map_err(|fault| self.unreadable(&fault))?;
        stored.map_or(Ok(0), |stored| Ok(self.read(&stored)?.further_parts()))
    }

    fn apply(&self, batch: ::sled::Batch) -> Result<(), StoreError> {
        let _entering = self.entering.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have ended while this waited for a flush.
        self.writable()?;
        let _alone = self.steady.write().unwrap_or_else(PoisonError::into_inner);
        self.db.ask(|db| db.apply_batch(batch)).map_err(|fault| self.end(format!("a write failed: {fault}")))
    }

    /// One at a time: the system tells a failed write to one sync only, so whoever comes after it must hear of it here.
    fn make_durable(&self) -> Result<(), StoreError> {
        let _turn = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        self.writable()?;
        {
            let _entering = self.entering.lock().unwrap_or_else(PoisonError::into_inner);
            self.db.flush().map_err(|fault| self.end(format!("a flush failed: {fault}")))?;
        }
        self.data
            .sync_data()
            .map_err(|error| self.end(format!("a sync failed: {}", Fault::System(error.kind()))))
    }

    /// A value from what stands under its key and, where it is cut, its further parts.
    fn whole(&self, key: &[u8], stored: &[u8]) -> Result<Vec<u8>, StoreError> {
        let read = self.read(stored)?;
        let (length, first) = match read {
            Stored::Whole(value) => return Ok(value.to_vec()),
            Stored::Cut(length, first) => (length, first),
        };
        let mut value = first.to_vec();
        for number in 1..=read.further_parts() {
            let part =
                self.db.ask(|db| db.get(part_key(key, number))).map_err(|fault| self.unreadable(&fault))?;
            value.extend_from_slice(&part.ok_or_else(|| self.found_damaged(damaged()))?);
        }
        if value.len() == length { Ok(value) } else { Err(self.found_damaged(damaged())) }
    }

    /// What stands under a row's own key, in the store's layout.
    fn read<'a>(&self, stored: &'a [u8]) -> Result<Stored<'a>, StoreError> {
        Stored::read(stored).map_err(|error| self.found_damaged(error))
    }

    /// A read that sled refused.
    fn unreadable(&self, fault: &Fault) -> StoreError {
        self.found_damaged(StoreError::Unreadable(fault.to_string()))
    }

    /// A row that cannot be read ends writing; what ended it first stays the reason.
    fn found_damaged(&self, error: StoreError) -> StoreError {
        let _first = self.end(format!(
            "{error}; nothing is entered over data that cannot be read. Start again once the disk is mended; if it stays, \
             keep a copy of the data directory and restore the last backup, rolled forward"
        ));
        error
    }
}

impl Store for SledStore {
    fn head(&self) -> Result<Head, StoreError> {
        let head = self.db.ask(|db| db.get(HEAD_KEY)).map_err(|fault| self.unreadable(&fault))?;
        let head = head.ok_or_else(damaged).and_then(|head| read_head(&head));
        head.map_err(|error| self.found_damaged(error))
    }

    fn get(&self, row: &Row) -> Result<Option<Vec<u8>>, StoreError> {
        let key = row.key();
        let _steady = self.steady.read().unwrap_or_else(PoisonError::into_inner);
        let stored = self.db.ask(|db| db.get(&key)).map_err(|fault| self.unreadable(&fault))?;
        stored.map(|stored| self.whole(&key, &stored)).transpose()
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<KeyValue>, StoreError> {
        let first = prefix.max(FIRST_KEY);
        let from = match after {
            Some(after) if after >= first => Bound::Excluded(after.to_vec()),
            _ => Bound::Included(first.to_vec()),
        };
        let _steady = self.steady.read().unwrap_or_else(PoisonError::into_inner);
        let rows = self.db.range((from, Bound::Unbounded));
        let mut rows = rows.map_err(|fault| self.unreadable(&fault))?;
        let mut found = Vec::new();
        while found.len() < limit {
            let row = ask(|| rows.next().transpose()).map_err(|fault| self.unreadable(&fault))?;
            let Some((key, stored)) = row.filter(|(key, _)| key.starts_with(prefix)) else { break };
            found.push((key.to_vec(), self.whole(&key, &stored)?));
        }
        Ok(found)
    }

    fn last(&self, prefix: &[u8], until: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        let first = prefix.max(FIRST_KEY);
        if until < first {
            return Ok(None);
        }
        let _steady = self.steady.read().unwrap_or_else(PoisonError::into_inner);
        let rows = self.db.range((Bound::Included(first.to_vec()), Bound::Included(until.to_vec())));
        let mut rows = rows.map_err(|fault| self.unreadable(&fault))?;
        let row = ask(|| rows.next_back().transpose()).map_err(|fault| self.unreadable(&fault))?;
        let found = row.filter(|(key, _)| key.starts_with(prefix));
        found.map(|(key, stored)| Ok((key.to_vec(), self.whole(&key, &stored)?))).transpose()
    }

    fn commit(&self, expected: Head, next: Head, writes: Vec<Write>) -> Result<(), StoreError> {
        {
            let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            self.writable()?;
            within_bounds(&writes)?;
            let found = self.head()?;
            if found != expected {
                return Err(StoreError::Moved { expected: expected.size, found: found.size });
            }
            let mut batch = self.batch(writes)?;
            batch.insert(HEAD_KEY, write_head(next));
            self.apply(batch)?;
        }
        self.make_durable()
    }

    fn put(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.writable()?;
        within_bounds(&writes)?;
        let batch = self.batch(writes)?;
        self.apply(batch)
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.make_durable()
    }

    fn ended(&self) -> Option<String> {
        self.ended.get().cloned()
    }

    fn archive(&self) -> Option<&Archive> {
        Some(&self.archive)
    }
}
