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
//! Rows that have come to rest leave the tree for files (`settling`), and are read from there as if they were in it (`reading`).
//!
//! Not here: what rows mean; how they lie in the tree (`parts`); backups.

mod engine;
mod fault;
mod open;
mod parts;
mod reading;
mod settling;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use engine::Engine;
use fault::Fault;
pub use open::OpenError;
use parts::{GONE, HEAD_KEY, Stored, cut, damaged, part_key, read_head, write_head};
use settling::{Measures, Settling, Unsettled};

use crate::authority::archive::Archive;
use crate::authority::store::{Head, KeyValue, Row, Settled, Store, StoreError, Write, within_bounds};
use crate::store::archive::{ARCHIVE, Folder};
use crate::store::settled::{SettledFault, SettledFiles, SettledFolder};

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
    /// The files of settled rows. Held for reading over every read, for writing while a batch is applied.
    steady: RwLock<SettledFiles>,
    folder: SettledFolder,
    settling: Mutex<Settling>,
    unsettled: Unsettled,
    measures: Measures,
    ended: OnceLock<String>,
    archive: Archive,
}

impl SledStore {
    /// Opens the store in `directory`, which is made (0700) if it is not there. Takes about 0.3 s for each million rows.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        Self::open_with(directory, Measures::default())
    }

    fn open_with(directory: &Path, measures: Measures) -> Result<Self, OpenError> {
        let opened = open::open(directory)?;
        Ok(Self {
            db: opened.db,
            data: opened.data,
            _directory: opened.directory,
            writer: Mutex::new(()),
            syncing: Mutex::new(()),
            entering: Mutex::new(()),
            steady: RwLock::new(opened.files),
            folder: opened.settled,
            settling: Mutex::default(),
            unsettled: Unsettled::unknown(),
            measures,
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

    /// Applies these writes, all or nothing; with the new head, where there is one.
    fn write(&self, writes: Vec<Write>, head: Option<Head>) -> Result<(), StoreError> {
        let (mut batch, settling) = self.batch(writes)?;
        if let Some(head) = head {
            batch.insert(HEAD_KEY, write_head(head));
        }
        self.apply(batch)?;
        // Only now: a round that began before would pass over them.
        self.unsettled.count(settling);
        Ok(())
    }

    /// The batch of these writes, and how many bytes of it settle. Of two writes to one row the later holds.
    fn batch(&self, writes: Vec<Write>) -> Result<(::sled::Batch, usize), StoreError> {
        let last: BTreeMap<_, _> = writes.into_iter().map(|write| (write.row.key(), write.value)).collect();
        let (mut batch, mut settling) = (::sled::Batch::default(), 0);
        for (key, value) in last {
            for number in 1..=self.further_parts(&key)? {
                batch.remove(part_key(&key, number));
            }
            let settles = self.measures.settles(&key);
            if settles {
                // What is gone leaves its file in the next round.
                settling += value.as_ref().map_or(self.measures.file, |value| key.len() + value.len());
            }
            let Some(value) = value else {
                if settles {
                    batch.insert(key, GONE);
                } else {
                    batch.remove(key);
                }
                continue;
            };
            let (stored, further) = cut(&value);
            for (number, part) in (1..).zip(further) {
                batch.insert(part_key(&key, number), part);
            }
            batch.insert(key, stored);
        }
        Ok((batch, settling))
    }

    /// How many further parts a row has now.
    fn further_parts(&self, key: &[u8]) -> Result<u16, StoreError> {
        let stored = self.db.ask(|db| db.get(key)).map_err(|fault| self.unreadable(&fault))?;
        stored.map_or(Ok(0), |stored| Ok(self.read(&stored)?.further_parts()))
    }

    fn apply(&self, batch: ::sled::Batch) -> Result<(), StoreError> {
        self.apply_and(batch, |_| ())
    }

    /// Applies a batch and changes, before anybody reads again, which settled files count.
    fn apply_and(
        &self,
        batch: ::sled::Batch,
        then: impl FnOnce(&mut SettledFiles),
    ) -> Result<(), StoreError> {
        let _entering = self.entering.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have ended while this waited for a flush.
        self.writable()?;
        let mut alone = self.steady.write().unwrap_or_else(PoisonError::into_inner);
        let applied = self.db.ask(|db| db.apply_batch(batch));
        applied.map_err(|fault| self.end(format!("a write failed: {fault}")))?;
        then(&mut alone);
        Ok(())
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

    /// What stands under a row's own key, in the store's layout.
    fn read<'a>(&self, stored: &'a [u8]) -> Result<Stored<'a>, StoreError> {
        Stored::read(stored).map_err(|error| self.found_damaged(error))
    }

    /// A read that sled refused.
    fn unreadable(&self, fault: &Fault) -> StoreError {
        self.found_damaged(StoreError::Unreadable(fault.to_string()))
    }

    /// A settled file that cannot be read.
    fn unsettled(&self, fault: &SettledFault) -> StoreError {
        if fault.passing {
            return StoreError::Busy(fault.to_string());
        }
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
        self.value_of(&row.key())
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<KeyValue>, StoreError> {
        self.rows_from(prefix, after, limit)
    }

    fn last(&self, prefix: &[u8], until: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        self.row_until(prefix, until)
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
            self.write(writes, Some(next))?;
        }
        self.make_durable()
    }

    fn put(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.writable()?;
        within_bounds(&writes)?;
        self.write(writes, None)
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.make_durable()
    }

    fn settle(&self) -> Result<Settled, StoreError> {
        self.settle_a_file()
    }

    fn ended(&self) -> Option<String> {
        self.ended.get().cloned()
    }

    fn archive(&self) -> Option<&Archive> {
        Some(&self.archive)
    }
}
