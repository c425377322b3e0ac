//! A store that also writes every change to a journal, on another disk if given: a chain of records from which the whole store is
//! made again after its loss (`rebuild`). What is acknowledged is durable in both.
//!
//! The journal is written first. So after a crash it is at most ahead: what the store lacks is done again at the next start, which
//! changes nothing where it was done. What the store knows of the journal ([`Row::Mark`], in the same batch as the rows) says where
//! that begins, and whether the journal is this store's: if it is not, or cannot be read so far, a new file begins with every row.
//! A journal that cannot be written ends writing, as a failed disk under the store does.
//!
//! Not here: files from which nothing is removed any more, and whether what comes back is the ledger that was signed (`wiring`).

mod file;
mod rebuild;
mod record;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub use rebuild::{Read, rebuild};

use self::file::{Appending, Folder, Place, Reading};
use self::record::{Chain, Kind, Record};
use crate::authority::store::{Head, KeyValue, Row, Store, StoreError, Write, within_bounds};

/// Rows that are read and written at once while a file begins.
const PAGE: usize = 256;
/// A file that has grown beyond this many times what it began with, and so many bytes, is begun anew at the next start.
const GROWN: (u64, u64) = (2, 256 << 20);

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
    /// Another process writes it.
    #[error("{} is in use: stop the other server that writes it, or name another directory", .0.display())]
    InUse(PathBuf),
    /// Not a journal of this form.
    #[error("{} is no journal that this program knows", .0.display())]
    Foreign(PathBuf),
    /// There is no file that is whole.
    #[error("{} holds no journal that is whole", .0.display())]
    Empty(PathBuf),
    /// A batch that the store would not take either.
    #[error("a batch is too big for the journal")]
    TooBig,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl JournalError {
    fn io(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }
}

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
}

impl Journaled {
    /// Opens the journal in `directory`, which is made (0700) if it is not there, and brings journal and store together. Reads the whole
    /// of its file, or writes every row of the store.
    pub fn open(directory: &Path, inner: Arc<dyn Store>) -> Result<(Self, Begun), JournalError> {
        let folder = Folder::hold(directory)?;
        let (file, begun) = match going_on(&folder, inner.as_ref())? {
            Found::Own(file, again) => (file, Begun::GoesOn(again)),
            found => {
                let (file, rows) = anew(&folder, inner.as_ref(), found.is_other())?;
                (file, Begun::Anew(rows))
            }
        };
        let handle = Mutex::new(file.handle()?);
        let writing = Mutex::new(Writing { file, under_way: BTreeSet::new() });
        Ok((Self { inner, writing, handle, ended: OnceLock::new(), _folder: folder }, begun))
    }

    /// Tells a store that is opened without its journal: what is written from now on is not in it.
    pub fn forsake(store: &dyn Store) -> Result<(), StoreError> {
        match store.get(&Row::Mark)? {
            Some(_) => store.put(vec![Write::remove(Row::Mark)]),
            None => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.ended().map_or(Ok(()), |why| Err(StoreError::Ended(why)))
    }

    /// Ends writing until restart. The first reason stays.
    fn end(&self, error: &JournalError) -> StoreError {
        StoreError::Ended(self.ended.get_or_init(|| format!("the journal: {error}")).clone())
    }

    /// Writes a record, then does what it says. The head is looked at before: a commit that is refused leaves no record.
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
            if let Some((expected, _)) = heads.filter(|(expected, _)| *expected != found) {
                return Err(StoreError::Moved { expected: expected.size, found: found.size });
            }
            let number = writing.file.number + 1;
            writing.under_way.insert(number);
            let first = writing.under_way.first().copied().unwrap_or(number);
            let mut writes = writes;
            writes.push(Mark { number, first, chain: writing.file.chain }.write());
            let record = Record { kind, number, head: heads.map_or(found, |(_, next)| next), writes };
            writing.file.add(&record).map_err(|error| self.end(&error))?;
            (record, number)
        };
        if kind == Kind::Commit {
            self.sync_journal()?;
        }
        let done = then(record.writes);
        if done.is_ok() {
            self.lock().under_way.remove(&number);
        }
        done
    }

    fn sync_journal(&self) -> Result<(), StoreError> {
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever synced before may have heard of what this one would not.
        self.writable()?;
        let path = || self.lock().file.path().to_owned();
        handle.sync_data().map_err(|error| self.end(&JournalError::Io { path: path(), error }))
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

    fn ended(&self) -> Option<String> {
        self.ended.get().cloned().or_else(|| self.inner.ended())
    }
}

/// What a store knows of its journal: the last record that it did, the first that may have been under way beside it, and on what that
/// last one hangs, since another journal has records of the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    number: u64,
    first: u64,
    chain: Chain,
}

impl Mark {
    fn write(self) -> Write {
        let numbers = [self.number.to_be_bytes(), self.first.to_be_bytes()].concat();
        Write::set(Row::Mark, [&numbers[..], &self.chain].concat())
    }

    fn of(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = store.get(&Row::Mark)? else { return Ok(None) };
        let read = || {
            let (number, rest) = bytes.split_first_chunk()?;
            let (first, chain) = rest.split_first_chunk()?;
            let (number, first) = (u64::from_be_bytes(*number), u64::from_be_bytes(*first));
            Some(Self { number, first, chain: chain.try_into().ok()? })
        };
        read().map(Some).ok_or_else(|| StoreError::Unreadable("what is known of the journal".into()))
    }
}

/// What is in the directory.
enum Found {
    /// The store's own, which goes on; with how many records were done again.
    Own(Appending, u64),
    /// The store's own, which has grown too long.
    Grown,
    /// Nothing, or what the store does not know: of another store, of one that was written without it, or damaged.
    Other,
}

impl Found {
    fn is_other(&self) -> bool {
        matches!(self, Self::Other)
    }
}

/// The journal that the store knows, with what the store lacks done.
fn going_on(folder: &Folder, store: &dyn Store) -> Result<Found, JournalError> {
    let (Some((number, path)), Some(mark)) = (folder.newest()?, Mark::of(store)?) else {
        return Ok(Found::Other);
    };
    let mut reading = match Reading::open(number, &path) {
        Ok(reading) => reading,
        Err(JournalError::Foreign(_)) => return Ok(Found::Other),
        Err(error) => return Err(error),
    };
    let (mut began, mut known, mut lacking) = (0, false, None);
    let mut before = reading.place;
    while let Some(record) = reading.next()? {
        match record.kind {
            Kind::Kept => {}
            Kind::Whole => began = reading.place.at,
            Kind::Put | Kind::Commit if record.number >= mark.first => lacking = lacking.or(Some(before)),
            Kind::Put | Kind::Commit => {}
        }
        known |= record.writes.last() == Some(&mark.write());
        before = reading.place;
    }
    if !known {
        return Ok(Found::Other);
    }
    let end = reading.place.at;
    let file = Appending::after(&reading)?;
    let again = lacking.map_or(Ok(0), |from| do_again(&mut reading, from, mark, store))?;
    let grown = end > (GROWN.0 * began).saturating_add(GROWN.1);
    Ok(if grown { Found::Grown } else { Found::Own(file, again) })
}

/// Does in the store what it may lack.
fn do_again(reading: &mut Reading, from: Place, mark: Mark, store: &dyn Store) -> Result<u64, JournalError> {
    let mut again = 0;
    reading.back(from)?;
    while let Some(record) = reading.next()? {
        again += u64::from(record.number > mark.number);
        let head = store.head()?;
        if record.kind == Kind::Commit && record.head.size > head.size {
            store.commit(head, record.head, record.writes)?;
        } else {
            store.put(record.writes)?;
        }
    }
    store.sync()?;
    Ok(again)
}

/// A new file: every row of the store, then the mark that makes it the store's own. What was there before goes, or is set aside where it
/// is not the store's own.
fn anew(folder: &Folder, store: &dyn Store, aside: bool) -> Result<(Appending, u64), JournalError> {
    match folder.newest()?.filter(|_| aside) {
        Some((_, path)) => tracing::warn!(
            "{} is not the journal of this data as it is: it is set aside, and a new one begins with every row",
            path.display()
        ),
        None => tracing::info!("a new journal begins with every row of the store"),
    }
    store.sync()?;
    let head = store.head()?;
    let mut file = folder.begin()?;
    let number = Mark::of(store)?.map_or(0, |mark| mark.number) + 1;
    let (mut rows, mut after): (u64, Option<Vec<u8>>) = (0, None);
    loop {
        let page = store.scan(b"", after.as_deref(), PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for batch in batches(page)? {
            rows += u64::try_from(batch.len()).unwrap_or(0);
            file.add(&Record { kind: Kind::Kept, number, head, writes: batch })?;
        }
    }
    let mark = Mark { number, first: number, chain: file.chain };
    file.add(&Record { kind: Kind::Whole, number, head, writes: vec![mark.write()] })?;
    folder.keep(&file, aside)?;
    store.put(vec![mark.write()])?;
    store.sync()?;
    Ok((file, rows))
}

/// Rows in batches that a store takes.
fn batches(page: Vec<KeyValue>) -> Result<Vec<Vec<Write>>, JournalError> {
    let mut batches: Vec<Vec<Write>> = vec![Vec::new()];
    let mut bytes = 0;
    for (key, value) in page {
        let row = Row::of_key(&key).ok_or_else(|| {
            let family = key.first().copied().map_or('?', char::from);
            StoreError::Unreadable(format!("a row of the family {family:?} is not known to this program"))
        })?;
        bytes += value.len();
        if bytes > crate::authority::store::BATCH_BYTES {
            bytes = value.len();
            batches.push(Vec::new());
        }
        if let Some(batch) = batches.last_mut() {
            batch.push(Write::set(row, value));
        }
    }
    Ok(batches)
}
