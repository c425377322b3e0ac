//! Which rows come to rest, and how they leave the tree. A file of new rows is made when enough lie behind those that are newest; a file is made
//! anew when what changed in it is an eighth of it, or something in it is gone. One step makes the files of one stretch of keys:
//!
//! 1. files are written and read back, while everything goes on;
//! 2. one batch names them instead of the one they replace, and readers see them from then on;
//! 3. that is made durable; then the replaced file is removed, and from the tree, some at a time, every row that still is as it was settled.
//!
//! Wherever a kill comes, each row is in the tree, in a file that is named, or in both, the tree's never the older. Not here: the files themselves (`store::settled`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use super::SledStore;
use super::fault::ask;
use super::parts::{Stored, part_key, settled_key};
use crate::authority::store::{KeyValue, Settled, StoreError};
use crate::store::settled::SettledFile;

/// Families of rows that are many, ordered by when they came, and seldom written again: licences, seals, payloads; blocks of places, of a
/// department's licences, and of what finds licences, with their runs.
const FAMILIES: &[u8] = b"lsvpdfH";
/// Bytes of the disk that are left to others.
const RESERVE: u64 = 64 << 20;
/// Rows that are taken out of the tree at once, before it is made durable: sled writes new pages over segments whose pages it has written
/// elsewhere, and does not wait for these to be on the disk. So a power cut may take more than what was written last.
const AT_ONCE: usize = 64;

/// How much of what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measures {
    /// Which families settle.
    pub families: &'static [u8],
    /// Bytes of a file, about.
    pub file: usize,
    /// Bytes of each family that stay in the tree: those of the newest rows.
    pub margin: usize,
}

impl Default for Measures {
    fn default() -> Self {
        Self { families: FAMILIES, file: 1 << 20, margin: 256 << 10 }
    }
}

impl Measures {
    /// Whether rows of this key settle.
    pub(super) fn settles(&self, key: &[u8]) -> bool {
        key.first().is_some_and(|family| self.families.contains(family))
    }
}

/// Where the round over all rows in the tree is.
#[derive(Debug, Default)]
pub(super) struct Settling {
    family: usize,
    after: Option<Vec<u8>>,
    under_way: bool,
    /// Whether files that nobody names were removed.
    swept: bool,
    /// The next file's number, where it is more than one after the last: none is given twice while somebody may read a file that had it.
    next: u64,
}

/// Bytes written to rows that settle, since the last round began.
#[derive(Debug)]
pub(super) struct Unsettled(AtomicU64);

impl Unsettled {
    /// Not known yet: the first round is always made.
    pub(super) fn unknown() -> Self {
        Self(AtomicU64::new(u64::MAX / 2))
    }

    /// Counts a write.
    pub(super) fn count(&self, bytes: usize) {
        self.0.fetch_add(u64::try_from(bytes).unwrap_or(0), Ordering::Relaxed);
    }

    /// Whether a round is worth it; it begins then.
    fn take(&self, worth: usize) -> bool {
        let worth = u64::try_from(worth).unwrap_or(u64::MAX);
        self.0.load(Ordering::Relaxed) >= worth && self.0.swap(0, Ordering::Relaxed) >= worth
    }
}

/// Rows in the tree that are one file's to hold, or new files'.
struct Stretch {
    file: Option<Arc<SettledFile>>,
    /// `None` is gone.
    rows: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    bytes: usize,
    /// Bytes of newer rows that were seen behind them.
    behind: usize,
}

impl Stretch {
    fn is_due(&self, measures: &Measures) -> bool {
        match &self.file {
            None => self.bytes >= measures.file && self.behind >= measures.margin,
            Some(file) => {
                let gone = self.rows.iter().any(|(_, value)| value.is_none());
                gone || self.bytes.saturating_mul(8) >= usize::try_from(file.bytes()).unwrap_or(usize::MAX)
            }
        }
    }

    fn take(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.bytes += key.len() + value.as_ref().map_or(0, Vec::len);
        self.rows.push((key, value));
    }
}

impl SledStore {
    /// One step: looks through the tree until something is due, and settles it.
    pub(super) fn settle_a_file(&self) -> Result<Settled, StoreError> {
        self.writable()?;
        let mut settling = self.settling.lock().unwrap_or_else(PoisonError::into_inner);
        if !settling.swept {
            self.sweep()?;
            settling.swept = true;
        }
        if !settling.under_way && !self.unsettled.take(self.measures.file / 16) {
            return Ok(Settled::default());
        }
        settling.under_way = true;
        while let Some(family) = self.measures.families.get(settling.family) {
            let stretch = self.stretch(*family, settling.after.as_deref())?;
            let new = stretch.file.is_none();
            let due = stretch.is_due(&self.measures);
            if due {
                // Where it fails, the next step comes here again.
                let rows = self.settle_stretch(&stretch, &mut settling.next)?;
                settling.after = stretch.rows.last().map(|(key, _)| key.clone());
                return Ok(Settled { rows, more: true });
            }
            match stretch.rows.last() {
                // Behind new rows that are too few there is nothing.
                Some((last, _)) if !new => settling.after = Some(last.clone()),
                _ => {
                    settling.family += 1;
                    settling.after = None;
                }
            }
        }
        *settling = Settling { next: settling.next, swept: true, ..Settling::default() };
        Ok(Settled::default())
    }

    /// Removes files that nobody names: what a process that was killed left. Not when the store is opened: an older one that somebody put in
    /// its place, or whoever only looks, must not remove what the newest one names.
    fn sweep(&self) -> Result<(), StoreError> {
        let named = self.steady.read().unwrap_or_else(PoisonError::into_inner);
        let named = named.files().map(|file| file.number()).collect();
        self.folder.sweep(&named).map_err(|error| StoreError::Unsettled(error.to_string()))
    }

    /// The next rows in the tree, of a family and after a key, that belong together.
    fn stretch(&self, family: u8, after: Option<&[u8]>) -> Result<Stretch, StoreError> {
        let mut stretch = Stretch { file: None, rows: Vec::new(), bytes: 0, behind: 0 };
        let mut until: Option<Vec<u8>> = None;
        let from = after.map_or_else(|| vec![family], |after| [after, &[0]].concat());
        let mut rows = self.db.range(from..).map_err(|fault| self.unreadable(&fault))?;
        while let Some((key, stored)) =
            ask(|| rows.next().transpose()).map_err(|fault| self.unreadable(&fault))?
        {
            if key.first() != Some(&family) || until.as_ref().is_some_and(|until| **until <= *key) {
                break;
            }
            if stretch.rows.is_empty() {
                let named = self.steady.read().unwrap_or_else(PoisonError::into_inner);
                if let Some((file, next)) = named.minding(family, &key) {
                    // Of the last file, up to its last key.
                    until = Some(next.map_or_else(|| [file.last(), &[0]].concat(), <[u8]>::to_vec));
                    stretch.file = Some(Arc::clone(file));
                }
            }
            if stretch.file.is_some() || stretch.bytes < self.measures.file {
                let value = self.whole_now(&key, &stored)?;
                stretch.take(key.to_vec(), value);
            } else if stretch.behind < self.measures.margin {
                stretch.behind += key.len() + stored.len();
            } else {
                break;
            }
        }
        Ok(stretch)
    }

    /// The value of a row that was seen without the lock, so that writers need not wait for a whole stretch: what is cut is read again with it.
    fn whole_now(&self, key: &[u8], seen: &::sled::IVec) -> Result<Option<Vec<u8>>, StoreError> {
        if !matches!(self.read(seen)?, Stored::Cut(..)) {
            return self.whole(key, seen);
        }
        let _steady = self.steady.read().unwrap_or_else(PoisonError::into_inner);
        let stored = self.db.ask(|db| db.get(key)).map_err(|fault| self.unreadable(&fault))?;
        stored.map_or(Ok(None), |stored| self.whole(key, &stored))
    }

    fn settle_stretch(&self, stretch: &Stretch, next: &mut u64) -> Result<u64, StoreError> {
        let before = match &stretch.file {
            Some(file) => file.all().map_err(|fault| self.unsettled(&fault))?,
            None => Vec::new(),
        };
        let files = self.keep(&merged(before, &stretch.rows), next)?;
        {
            let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            self.writable()?;
            let mut batch = ::sled::Batch::default();
            if let Some(file) = &stretch.file {
                batch.remove(settled_key(file.number()));
            }
            for file in &files {
                batch.insert(settled_key(file.number()), file.digest().0.as_slice());
            }
            self.apply_and(batch, |named| {
                stretch.file.iter().for_each(|file| named.take(file));
                files.into_iter().for_each(|file| named.add(file));
            })?;
        }
        self.make_durable()?;
        if let Some(file) = &stretch.file {
            file.replace();
        }
        for rows in stretch.rows.chunks(AT_ONCE) {
            self.take_out(rows)?;
            self.make_durable()?;
        }
        Ok(u64::try_from(stretch.rows.len()).unwrap_or(0))
    }

    /// Files of these rows. What cannot be written can be tried again, and leaves nothing.
    fn keep(&self, rows: &[KeyValue], next: &mut u64) -> Result<Vec<Arc<SettledFile>>, StoreError> {
        {
            let named = self.steady.read().unwrap_or_else(PoisonError::into_inner);
            *next = named.files().map(|file| file.number() + 1).max().unwrap_or(0).max(*next);
        }
        self.has_room()?;
        let first = *next;
        let mut files: Vec<Arc<SettledFile>> = Vec::new();
        for rows in split(rows, self.measures.file) {
            let number = std::mem::replace(next, *next + 1);
            match self.folder.keep(number, rows) {
                Ok(file) => files.push(Arc::new(file)),
                Err(fault) => {
                    files.iter().for_each(|file| file.replace());
                    *next = first;
                    return Err(StoreError::Unsettled(fault.to_string()));
                }
            }
        }
        Ok(files)
    }

    /// Settling takes room before it gives any back, and may not take the last of it from those who enter something.
    fn has_room(&self) -> Result<(), StoreError> {
        let room = rustix::fs::fstatvfs(&self.data).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        match room {
            Ok(room) if room < RESERVE => Err(StoreError::Unsettled(format!(
                "the disk has {} MiB left; they wait until it has {}",
                room >> 20,
                RESERVE >> 20
            ))),
            // Where the system cannot say, it is tried.
            _ => Ok(()),
        }
    }

    /// Takes rows out of the tree that still are as they were settled.
    fn take_out(&self, rows: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StoreError> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.writable()?;
        let mut batch = ::sled::Batch::default();
        for (key, settled) in rows {
            let stored = self.db.ask(|db| db.get(key)).map_err(|fault| self.unreadable(&fault))?;
            let Some(stored) = stored else { continue };
            if self.whole(key, &stored)? == *settled {
                for number in 1..=self.read(&stored)?.further_parts() {
                    batch.remove(part_key(key, number));
                }
                batch.remove(key.as_slice());
            }
        }
        self.apply(batch)
    }
}

/// Rows of a file with what changed since.
fn merged(before: Vec<KeyValue>, changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> Vec<KeyValue> {
    let mut rows = Vec::with_capacity(before.len() + changes.len());
    let mut before = before.into_iter().peekable();
    for (key, value) in changes {
        while let Some(row) = before.next_if(|(old, _)| old < key) {
            rows.push(row);
        }
        let _replaced = before.next_if(|(old, _)| old == key);
        rows.extend(value.iter().map(|value| (key.clone(), value.clone())));
    }
    rows.extend(before);
    rows
}

/// Rows in pieces of about so many bytes, none much smaller.
fn split(rows: &[KeyValue], file: usize) -> Vec<&[KeyValue]> {
    let length = |(key, value): &KeyValue| key.len() + value.len();
    let total: usize = rows.iter().map(length).sum();
    let each = total.div_ceil((total / file.max(1)).max(1));
    let mut in_piece = 0;
    rows.chunk_by(|row, _| {
        in_piece += length(row);
        let goes_on = in_piece < each;
        if !goes_on {
            in_piece = 0;
        }
        goes_on
    })
    .collect()
}

#[cfg(test)]
pub(super) mod killed;
#[cfg(test)]
mod tests;
