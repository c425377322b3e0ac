//! A store made again from its journal: every row that it began with, then every change since, in order. Not here: whether what comes
//! back is a ledger, and the one that was signed (`wiring::rebuilding`).

use std::path::Path;

use super::error::JournalError;
use super::file::Reading;
use super::folder::Still;
use super::record::Kind;
use crate::authority::store::{Head, Store};

/// Bytes of rows beside the ledger that are written between two syncs. On a disk that fails the engine may wait for ever for a write that
/// nobody asks after.
const SYNCED_EVERY: usize = 256 << 10;

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// The head that the records come to.
    pub head: Head,
    /// Records of changes.
    pub records: u64,
    /// Bytes beyond the last record that are none: what a crash left half written, or damage.
    pub beyond: u64,
}

/// Does everything that a journal says in an empty store: the newest file of a directory, or a file, also one that was set aside.
/// `progress` hears of bytes done, and of how many there are.
pub fn rebuild(
    journal: &Path,
    store: &dyn Store,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Read, JournalError> {
    let still = Still::hold(journal)?;
    let mut reading = Reading::open(&still.path, still.number)?;
    let (mut whole, mut records, mut unsynced) = (false, 0, 0);
    while let Some(record) = reading.next()? {
        let head = store.head()?;
        unsynced +=
            record.writes.iter().filter_map(|write| write.value.as_ref()).map(Vec::len).sum::<usize>();
        match record.kind {
            Kind::Kept | Kind::Put => store.put(record.writes)?,
            Kind::Whole | Kind::Commit => store.commit(head, record.head, record.writes)?,
        }
        if unsynced >= SYNCED_EVERY {
            store.sync()?;
            unsynced = 0;
        }
        whole |= record.kind == Kind::Whole;
        records += u64::from(matches!(record.kind, Kind::Put | Kind::Commit));
        progress(reading.place.at, reading.length);
    }
    if !whole {
        return Err(JournalError::Empty(reading.path().to_owned()));
    }
    store.sync()?;
    Ok(Read { head: store.head()?, records, beyond: reading.beyond() })
}
