//! The store in memory, for tests and trials: nothing outlives the process. It can be told to fail, so that what the
//! engine does after a failed write is tested without a broken disk.
//!
//! Not here: durability.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::authority::archive::Archive;
use crate::authority::store::{Head, KeyValue, Row, Store, StoreError, Write, within_bounds};
use crate::store::archive::MemoryFiles;

/// The first key that can be a row's own.
const FIRST_KEY: &[u8] = &[1];

/// Rows in a map, under one lock.
#[derive(Debug)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
    files: Arc<MemoryFiles>,
    archive: Archive,
}

#[derive(Debug, Default)]
struct Inner {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    head: Head,
    /// Commits, puts and syncs until one fails; `None` is never.
    until_failure: Option<usize>,
    ended: Option<String>,
}

impl MemoryStore {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::with(Inner::default(), MemoryFiles::default())
    }

    fn with(inner: Inner, files: MemoryFiles) -> Self {
        let files = Arc::new(files);
        let archive = Archive::new(Arc::<MemoryFiles>::clone(&files));
        Self { inner: Mutex::new(inner), files, archive }
    }

    /// The files of its archive.
    pub fn files(&self) -> &MemoryFiles {
        &self.files
    }

    /// Lets `writes` more commits, puts and syncs succeed and the next one fail; the store then has ended, as a real
    /// one does on a full disk. What failed has left no trace.
    pub fn fail_after(&self, writes: usize) {
        self.lock().until_failure = Some(writes);
    }

    /// A copy of every row, as a backup makes one; it fails at nothing.
    pub fn copy(&self) -> Self {
        let inner = self.lock();
        let copy = Inner { rows: inner.rows.clone(), head: inner.head, ..Inner::default() };
        Self::with(copy, self.files.copy())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Inner {
    /// Whether a write may be tried.
    fn writable(&self) -> Result<(), StoreError> {
        self.ended.as_ref().map_or(Ok(()), |why| Err(StoreError::Ended(why.clone())))
    }

    /// The step that fails where failure was asked for.
    fn reach_disk(&mut self) -> Result<(), StoreError> {
        match self.until_failure.as_mut() {
            None => Ok(()),
            Some(0) => {
                self.ended = Some("failure asked for".to_owned());
                self.writable()
            }
            Some(left) => {
                *left = left.saturating_sub(1);
                Ok(())
            }
        }
    }

    fn write(&mut self, writes: Vec<Write>) {
        for Write { row, value } in writes {
            match value {
                Some(value) => self.rows.insert(row.key(), value),
                None => self.rows.remove(&row.key()),
            };
        }
    }
}

impl Store for MemoryStore {
    fn head(&self) -> Result<Head, StoreError> {
        Ok(self.lock().head)
    }

    fn get(&self, row: &Row) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().rows.get(&row.key()).cloned())
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<KeyValue>, StoreError> {
        let first = prefix.max(FIRST_KEY);
        let from = match after {
            Some(after) if after >= first => Bound::Excluded(after),
            _ => Bound::Included(first),
        };
        let inner = self.lock();
        let found = inner.rows.range::<[u8], _>((from, Bound::Unbounded));
        let within = found.take_while(|(key, _)| key.starts_with(prefix)).take(limit);
        Ok(within.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn last(&self, prefix: &[u8], until: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        let first = prefix.max(FIRST_KEY);
        if until < first {
            return Ok(None);
        }
        let range = (Bound::Included(first), Bound::Included(until));
        let inner = self.lock();
        let last = inner.rows.range::<[u8], _>(range).next_back().filter(|(key, _)| key.starts_with(prefix));
        Ok(last.map(|(key, value)| (key.clone(), value.clone())))
    }

    fn commit(&self, expected: Head, next: Head, writes: Vec<Write>) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.writable()?;
        within_bounds(&writes)?;
        if inner.head != expected {
            return Err(StoreError::Moved { expected: expected.size, found: inner.head.size });
        }
        inner.reach_disk()?;
        inner.write(writes);
        inner.head = next;
        Ok(())
    }

    fn put(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.writable()?;
        within_bounds(&writes)?;
        inner.reach_disk()?;
        inner.write(writes);
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.writable()?;
        inner.reach_disk()
    }

    fn ended(&self) -> Option<String> {
        self.lock().ended.clone()
    }

    fn archive(&self) -> Option<&Archive> {
        Some(&self.archive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::suite;

    suite::run_over!(|| ((), MemoryStore::new()));

    #[test]
    fn a_failed_write_ends_writing_and_leaves_no_trace() {
        let store = MemoryStore::new();
        store.fail_after(2);
        store.put(vec![Write::set(Row::Entries(0), b"zero")]).unwrap();
        store.sync().unwrap();
        let head = Head { size: 1, time: None };
        let failed = store.commit(Head::default(), head, vec![Write::set(Row::Entries(1), b"one")]);
        assert!(matches!(failed, Err(StoreError::Ended(_))));
        assert_eq!(store.head(), Ok(Head::default()));
        assert_eq!(store.get(&Row::Entries(1)), Ok(None));
        suite::nothing_is_written_any_more(&store);
        assert_eq!(store.get(&Row::Entries(0)), Ok(Some(b"zero".to_vec())));
    }
}
