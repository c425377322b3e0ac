//! What a backup holds beside the ledger: every row that does not follow from the entries (drafts and grounds as they
//! What a backup holds beside the ledger: every row that does not follow from the entries (drafts and grounds as they
//! lie at rest, seals, finders, answers under keys, pickups, kept reports, needs, applicants' letters, applications for
//! matters, published tokens, places reserved), of one published size. Rows that follow from entries are not in it: they
//! are made anew (`rebuild`).
//!
//! The size is fixed first and the rows are read after it, page by page, while the writer goes on: what belongs to
//! entries beyond the size is left out, and what belongs to those before it is there already, being committed with
//! them. A seal that comes later than its page is made again at the first start, over the same bytes.
//!
//! In a file or on the wire, numbers big-endian: for each row two bytes length of its key, the key, four bytes length
//! of its value, the value; at the end a row without a key whose value is the number of rows, in eight bytes.

use std::io::{self, Read};

use super::Authority;
use super::blocks::BLOCK;
use super::cases::case;
use super::finders;
use super::grants::licence;
use super::once::Answered;
use super::pickup;
use super::refusal::{Failure, Fault, Refusal, Thing};
use super::store::{KeyValue, PLACES_RESERVED, Row, Store, VALUE_BYTES};
use crate::status_list::StatusToken;
use crate::values::identifiers::Handle;

/// Families that entries make, what waits to be sealed, which drafts and seals tell, what waits to be signed, which is
/// prepared anew, and what witnesses cosigned, who are asked again.
const MADE_ANEW: &[u8] = b"bcdeghlpqtuxCFHIKSX";
/// Rows read at once.
const PAGE: usize = 256;

/// Some rows, and where to go on.
pub struct BackupPage {
    /// Whole keys and values.
    pub rows: Vec<KeyValue>,
    /// The last key that was looked at; `None` at the end.
    pub next: Option<Vec<u8>>,
}

/// The rows beside a ledger of `size` entries that come after the key `after`.
pub fn page(store: &dyn Store, size: u64, after: Option<&[u8]>) -> Result<BackupPage, Failure> {
    let first = after.and_then(|after| after.first().copied()).unwrap_or(b'A');
    for family in (first..=b'z').filter(|family| !MADE_ANEW.contains(family)) {
        let after = after.filter(|after| after.first() == Some(&family));
        let found = store.scan(&[family], after, PAGE)?;
        let Some((last, _)) = found.last() else { continue };
        let next = Some(last.clone());
        let mut rows = Vec::with_capacity(found.len());
        for (key, value) in found {
            let row = Row::of_key(&key).ok_or_else(|| unknown(&key))?;
            let value = part_of(store, &row, value, size)?;
            if belongs(store, &row, &value, size)? {
                rows.push((key, value));
            }
        }
        return Ok(BackupPage { rows, next });
    }
    Ok(BackupPage { rows: Vec::new(), next: None })
}

/// What of a row is about nothing beyond `size`: a block of finders may be the one that is being filled.
fn part_of(store: &dyn Store, row: &Row, value: Vec<u8>, size: u64) -> Result<Vec<u8>, Failure> {
    let Row::Finders(_) = row else { return Ok(value) };
    let mut part = Vec::with_capacity(value.len());
    for found in finders::read(&value)? {
        if began(store, &found.handle)?.is_some_and(|index| index < size) {
            found.write(&mut part);
        }
    }
    Ok(part)
}

/// The entry that began a licence.
fn began(store: &dyn Store, handle: &Handle) -> Result<Option<u64>, Failure> {
    Ok(licence(store, handle)?.and_then(|known| known.first().map(|event| event.index)))
}

/// The entry at a place among those of a licence or a case.
fn entry_at(store: &dyn Store, handle: &Handle, place: u32) -> Result<Option<u64>, Failure> {
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    if let Some(known) = licence(store, handle)? {
        return Ok(known.events.get(place).map(|event| event.index));
    }
    let known = case(store, handle)?;
    Ok(known.and_then(|known| known.events.get(place).map(|event| event.index)))
}

/// Whether a row is about nothing beyond `size`.
pub(super) fn belongs(store: &dyn Store, row: &Row, value: &[u8], size: u64) -> Result<bool, Failure> {
    let within = |handle: &Handle, place: u32| -> Result<bool, Failure> {
        Ok(entry_at(store, handle, place)?.is_some_and(|index| index < size))
    };
    match row {
        // Of a case, the step's place and one: nothing of it lies where drafts do.
        Row::Vault(handle, place) if case(store, handle)?.is_some() => {
            within(handle, place.saturating_sub(1))
        }
        Row::Vault(handle, place) => within(handle, *place),
        Row::Given(of) | Row::Letter(of, _) => within(of, 0),
        Row::Track(_) => {
            let of = value.try_into().ok().and_then(|bytes| Handle::from_bytes(bytes).ok());
            within(&of.ok_or_else(|| Fault::Damaged("the row of a case's number".into()))?, 0)
        }
        Row::Seal(handle) => within(handle, 0),
        Row::Finders(block) => {
            let all = finders::read(value)?;
            for found in &all {
                if !began(store, &found.handle)?.is_some_and(|index| index < size && index / BLOCK == *block)
                {
                    return Ok(false);
                }
            }
            Ok(!all.is_empty())
        }
        Row::Pickup(_) => within(&pickup::handle_of(value)?, 0),
        Row::Answered(_) => {
            let answered = Answered::read(value)?;
            let whole = within(&answered.handle, answered.event.unwrap_or(0))?;
            Ok(whole && answered.successor.map_or(Ok(true), |successor| within(&successor, 0))?)
        }
        Row::Published(..) => {
            let token = std::str::from_utf8(value).ok().and_then(|text| StatusToken::parse(text).ok());
            let token = token.ok_or_else(|| Fault::Damaged("a published token".into()))?;
            Ok(token.ledger_size().is_some_and(|of| of <= size))
        }
        // A kept report stands by itself and names the size it was judged at; single values only grow; a ceremony counts
        // as over only where its entries stand; an application asks the ledger how far its parts have come.
        Row::Report(_)
        | Row::Single(PLACES_RESERVED)
        | Row::Ceremony(_)
        | Row::Need(_)
        | Row::NeedOnce(_)
        | Row::Matter(_)
        | Row::MatterTrack(_)
        | Row::MatterOnce(_)
        | Row::MatterWaiting(..)
        | Row::MatterResting(_)
        | Row::Frame(_) => Ok(true),
        Row::Entries(_)
        | Row::Tile(_)
        | Row::CharterEntry(_)
        | Row::Licence(_)
        | Row::Case(_)
        | Row::OwnCase(..)
        | Row::Prepared(..)
        | Row::Grant(_)
        | Row::Own(..)
        | Row::OwnStanding(..)
        | Row::Card(_)
        | Row::Content(_)
        | Row::Unsealed(_)
        | Row::Places(_)
        | Row::FinderRun(..)
        | Row::States(_)
        | Row::Single(_)
        | Row::Blob(_)
        | Row::Checkpoint
        | Row::Cosigned
        | Row::Mark => Ok(false),
    }
}

fn unknown(key: &[u8]) -> Fault {
    let family = key.first().copied().map_or('?', char::from);
    Fault::Damaged(format!("a row of the family {family:?} is not known to this program"))
}

impl Authority {
    /// The rows beside the ledger at a published `size`, after a key.
    pub fn backup_page(&self, size: u64, after: Option<&[u8]>) -> Result<BackupPage, Failure> {
        if size > self.published().range.size() {
            return Err(Refusal::NotFound(Thing::File).into());
        }
        page(self.store.as_ref(), size, after)
    }
}

/// The rows of a whole backup in their form, page by page.
#[derive(Debug)]
pub struct RowPieces {
    size: u64,
    after: Option<Vec<u8>>,
    count: u64,
    ended: bool,
}

impl RowPieces {
    /// Beside a ledger of `size` entries, from the first row on.
    pub fn beside(size: u64) -> Self {
        Self { size, after: None, count: 0, ended: false }
    }

    /// The next piece; `None` after the last. `look` reads a page.
    pub fn next(
        &mut self,
        look: impl FnOnce(u64, Option<&[u8]>) -> Result<BackupPage, Failure>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        if self.ended {
            return Ok(None);
        }
        let page = look(self.size, self.after.as_deref())?;
        let mut piece = Vec::new();
        for (key, value) in &page.rows {
            write_row(key, value, &mut piece)?;
            self.count += 1;
        }
        self.after = page.next;
        self.ended = self.after.is_none();
        if self.ended {
            write_row(b"", &self.count.to_be_bytes(), &mut piece)?;
        }
        Ok(Some(piece))
    }
}

fn write_row(key: &[u8], value: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
    let long = |_| Fault::Damaged("a row is too long".into());
    out.extend_from_slice(&u16::try_from(key.len()).map_err(long)?.to_be_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(&u32::try_from(value.len()).map_err(long)?.to_be_bytes());
    out.extend_from_slice(value);
    Ok(())
}

/// Reads rows in their form; it ends with the end, and nothing may follow.
pub struct RowReader<R> {
    bytes: R,
    count: u64,
    ended: bool,
}

impl<R: Read> RowReader<R> {
    /// From the first row on.
    pub fn new(bytes: R) -> Self {
        Self { bytes, count: 0, ended: false }
    }

    /// Rows read so far.
    pub fn rows(&self) -> u64 {
        self.count
    }

    fn exact(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.bytes.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn read(&mut self) -> io::Result<Option<KeyValue>> {
        let mut key_length = [0; 2];
        self.bytes.read_exact(&mut key_length)?;
        let key = self.exact(usize::from(u16::from_be_bytes(key_length)))?;
        let mut length = [0; 4];
        self.bytes.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > VALUE_BYTES {
            return Err(bad("a row is longer than any that was written"));
        }
        let value = self.exact(length)?;
        if !key.is_empty() {
            self.count += 1;
            return Ok(Some((key, value)));
        }
        self.ended = true;
        if value != self.count.to_be_bytes() {
            return Err(bad("not as many rows as were written"));
        }
        if self.bytes.read(&mut [0])? != 0 {
            return Err(bad("something follows after the end"));
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for RowReader<R> {
    type Item = io::Result<KeyValue>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read();
        self.ended |= read.is_err();
        read.transpose()
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_and_a_broken_file_is_told() {
        let rows: Vec<KeyValue> = vec![(b"v1".to_vec(), b"draft".to_vec()), (b"m".to_vec(), Vec::new())];
        let mut pages = [
            BackupPage { rows: rows[..1].to_vec(), next: Some(b"v1".to_vec()) },
            BackupPage { rows: rows[1..].to_vec(), next: Some(b"m".to_vec()) },
            BackupPage { rows: Vec::new(), next: None },
        ]
        .into_iter();
        let (mut pieces, mut bytes) = (RowPieces::beside(7), Vec::new());
        while let Some(piece) = pieces.next(|_, _| Ok(pages.next().unwrap())).unwrap() {
            bytes.extend(piece);
        }
        let back: io::Result<Vec<KeyValue>> = RowReader::new(bytes.as_slice()).collect();
        assert_eq!(back.unwrap(), rows);
        for length in 0..bytes.len() {
            let cut: io::Result<Vec<KeyValue>> = RowReader::new(&bytes[..length]).collect();
            assert!(cut.is_err(), "cut at {length}");
        }
        let more: io::Result<Vec<KeyValue>> =
            RowReader::new([bytes.clone(), vec![0]].concat().as_slice()).collect();
        assert!(more.is_err());
        let last = bytes.len() - 1;
        bytes[last] += 1;
        let counted: io::Result<Vec<KeyValue>> = RowReader::new(bytes.as_slice()).collect();
        assert!(counted.is_err());
    }
}
