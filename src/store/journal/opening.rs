//! Journal and store brought together at a start: what the store lacks is done again, or a new file begins with every row of it.
//! Nothing is cut off, removed or set aside that only the journal may hold.
//!
//! Not here: whether the store that comes of it may be gone on with (`last-signed`, `authority::opening`).

use std::path::{Path, PathBuf};

use super::error::JournalError;
use super::file::{Appending, Place, Reading};
use super::folder::Folder;
use super::mark::Mark;
use super::record::{Kind, Record};
use crate::authority::store::{BATCH_BYTES, KeyValue, Row, Store, StoreError, Write};

/// Rows that are read and written at once while a file begins.
const PAGE: usize = 256;

/// What is in the directory.
pub(super) enum Found {
    /// The store's own, which goes on; with how many records were done again.
    Own(Appending, u64),
    /// The store's own, read to its end and done, which has grown too long.
    Grown(PathBuf),
    /// What is set aside: of another store, of one that was written without it, damaged, or behind after a power cut.
    Other,
}

/// The journal that the store knows, with what the store lacks done.
pub(super) fn find(folder: &Folder, store: &dyn Store) -> Result<Found, JournalError> {
    let mark = Mark::of(store)?;
    if let (Some(mark), Some(path)) = (mark, folder.beginning()?)
        && let Ok(mut reading) = Reading::open(&path, None)
        && Seen::of(&mut reading, Some(mark))?.known
    {
        // A crash came between the mark and the name.
        folder.keep_beginning(&path)?;
    }
    let Some((number, path)) = folder.newest()? else {
        return match mark {
            Some(_) => Err(JournalError::Missing(folder.path().to_owned())),
            None => Ok(Found::Other),
        };
    };
    let mut reading = match Reading::open(&path, Some(number)) {
        Ok(reading) => reading,
        Err(JournalError::Foreign(_)) => return Ok(Found::Other),
        Err(error) => return Err(error),
    };
    let seen = Seen::of(&mut reading, mark)?;
    match mark.filter(|_| seen.known) {
        Some(mark) => own(folder, reading, &seen, mark, store),
        None => other(&reading, &seen, mark, store),
    }
}

/// What a file holds.
#[derive(Default)]
struct Seen {
    /// Bytes of what it began with.
    began: u64,
    /// Whether it has the record that the store did last.
    known: bool,
    /// Whether it has what was durable in the store's journal then.
    synced: bool,
    /// The first record that the store may lack, and the place before it.
    lacking: Option<Place>,
}

impl Seen {
    fn of(reading: &mut Reading, mark: Option<Mark>) -> Result<Self, JournalError> {
        let mut seen = Self::default();
        let mut before = reading.place;
        while let Some(record) = reading.next()? {
            if record.kind == Kind::Whole {
                seen.began = reading.place.at;
            }
            if let Some(mark) = mark {
                let change = matches!(record.kind, Kind::Put | Kind::Commit);
                if change && record.number >= mark.first {
                    seen.lacking = seen.lacking.or(Some(before));
                }
                seen.known |= record.writes.last() == Some(&mark.write());
                seen.synced |= before.chain == mark.synced || reading.place.chain == mark.synced;
            }
            before = reading.place;
        }
        Ok(seen)
    }
}

/// What the store lacks is done before anything is cut off behind it.
fn own(
    folder: &Folder,
    mut reading: Reading,
    seen: &Seen,
    mark: Mark,
    store: &dyn Store,
) -> Result<Found, JournalError> {
    let again = seen.lacking.map_or(Ok(0), |from| do_again(&mut reading, from, mark, store))?;
    folder.set_tail_aside(&reading)?;
    let file = Appending::after(&reading, seen.began)?;
    let grown = file.length() > file.too_long();
    Ok(if grown { Found::Grown(file.path().to_owned()) } else { Found::Own(file, again) })
}

/// What is not known may be all that is left of newer data: it is not gone over by older.
fn other(
    reading: &Reading,
    seen: &Seen,
    mark: Option<Mark>,
    store: &dyn Store,
) -> Result<Found, JournalError> {
    let (path, reaches, found) = (reading.path(), reading.place.head.size, store.head()?.size);
    if seen.synced && mark.is_some_and(|mark| reading.place.number < mark.number) {
        // What it lacks was never synced in it, and is in the store; what it has beyond the store was not acknowledged.
        tracing::warn!("{} is behind its data, as after a power cut: a new one begins", path.display());
        return Ok(Found::Other);
    }
    if reaches > found {
        return Err(JournalError::Ahead { path: path.to_owned(), reaches, found });
    }
    tracing::warn!("{} is not the journal of this data as it is: a new one begins", path.display());
    Ok(Found::Other)
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

/// A new file: every row of the store, then the mark that makes it the store's own. `own`, which it takes the place of, goes; what else was
/// there is set aside.
pub(super) fn anew(
    folder: &Folder,
    store: &dyn Store,
    own: Option<&Path>,
) -> Result<(Appending, u64), JournalError> {
    store.sync()?;
    let mut file = folder.begin()?;
    let written = every_row(&mut file, store).and_then(|(mark, rows)| {
        file.sync()?;
        Ok((mark, rows))
    });
    let (mark, rows) = written.inspect_err(|_| folder.give_up(&file))?;
    // Before it has its name: a file that counts is one that the store knows.
    store.put(vec![mark.write()])?;
    store.sync()?;
    folder.keep(file.path(), own)?;
    Ok((file, rows))
}

fn every_row(file: &mut Appending, store: &dyn Store) -> Result<(Mark, u64), JournalError> {
    let head = store.head()?;
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
    let mark = Mark { number, first: number, chain: file.chain, synced: file.chain };
    file.add(&Record { kind: Kind::Whole, number, head, writes: vec![mark.write()] })?;
    Ok((mark, rows))
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
        if bytes > BATCH_BYTES {
            bytes = value.len();
            batches.push(Vec::new());
        }
        if let Some(batch) = batches.last_mut() {
            batch.push(Write::set(row, value));
        }
    }
    Ok(batches)
}
