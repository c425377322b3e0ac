//! The port to durable storage: rows, and the one commit that is a compare-and-swap on the head, so that a fork
//! cannot be written. Implemented by `store` in memory and on sled; one shared test-suite runs over both.
//!
//! Not here: what the values mean (each room that writes a family of rows encodes them) and whether an entry may be
//! appended (`law`). What the store returns is not trusted: entries are re-hashed before anything is signed over them.

use crate::crypto::Digest;
use crate::merkle::TileId;
use crate::values::identifiers::{CreditCode, Handle};
use crate::values::standing::Standing;
use crate::values::time::Time;

/// The ledger's size and the time of its last entry, as the store has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Number of entries.
    pub size: u64,
    /// Time of the last one; `None` when there is none.
    pub time: Option<Time>,
}

/// The name of a frame: the first bytes of the digest of what it holds.
pub type FrameName = [u8; 16];
/// The name of a grant: the first bytes of the digest of what it holds.
pub type GrantName = [u8; 16];

/// A row's key. Families are told apart by their first byte; within one, keys ascend as the values do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Row {
    /// A pack of entries (`entries`).
    Entries(u64),
    /// The hashes of a tile so far, 32 to 8,192 bytes.
    Tile(TileId),
    /// An entry that touches the charter, by index; no value.
    CharterEntry(u64),
    /// What is a licence's own of its state (`grants`).
    Licence(Handle),
    /// What the states of licences have in common (`grants`), by the beginning of its digest.
    Grant(GrantName),
    /// What credentials have in common (`vault`), by the beginning of its digest.
    Frame(FrameName),
    /// A payload at rest of a licence: 0 the draft, then one for each act.
    Vault(Handle, u32),
    /// The signature that seals a licence's credential.
    Seal(Handle),
    /// A licence that could not be sealed and waits for its key; no value.
    Unsealed(Handle),
    /// The places on status lists that the entries of a block set (`blocks`).
    Places(u64),
    /// What finds the licences that the entries of a block began: keyed hashes of number, reference, holders (`finders`).
    Finders(u64),
    /// The licences that the entries of a block gave a department (`blocks`).
    Own(CreditCode, u64),
    /// A department's own licence whose standing is another than valid; no value.
    OwnStanding(CreditCode, Standing, Handle),
    /// What was answered under an idempotency key, by its keyed hash.
    Answered([u8; 32]),
    /// A blob.
    Blob(Digest),
    /// The checkpoint last stored.
    Checkpoint,
    /// A status list token as published from a time on.
    Published(u32, Time),
    /// A pickup, by its id.
    Pickup([u8; 16]),
    /// A kept report, by the hash of its number.
    Report([u8; 32]),
    /// A ceremony that is over, by its id.
    Ceremony([u8; 8]),
    /// A single value of the engine, by name.
    Single(&'static str),
}

impl Row {
    /// The row of a key's bytes; `None` for a family or a single value that this program does not know.
    pub fn of_key(key: &[u8]) -> Option<Self> {
        let (family, rest) = key.split_first()?;
        let number = || Some(u64::from_be_bytes(rest.try_into().ok()?));
        let handle = |bytes: &[u8]| Handle::from_bytes(bytes.try_into().ok()?).ok();
        let split = |at: usize| rest.split_at_checked(at);
        Some(match family {
            b'e' => Self::Entries(number()?),
            b't' => {
                let (level, index) = rest.split_first()?;
                Self::Tile(TileId::new(*level, u64::from_be_bytes(index.try_into().ok()?)).ok()?)
            }
            b'c' => Self::CharterEntry(number()?),
            b'l' => Self::Licence(handle(rest)?),
            b'q' => Self::Grant(rest.try_into().ok()?),
            b'v' => {
                let (of, place) = split(16)?;
                Self::Vault(handle(of)?, u32::from_be_bytes(place.try_into().ok()?))
            }
            b'j' => Self::Frame(rest.try_into().ok()?),
            b's' => Self::Seal(handle(rest)?),
            b'u' => Self::Unsealed(handle(rest)?),
            b'p' => Self::Places(number()?),
            b'f' => Self::Finders(number()?),
            b'd' => {
                let (department, block) = split(18)?;
                let department = str::from_utf8(department).ok()?.parse().ok()?;
                Self::Own(department, u64::from_be_bytes(block.try_into().ok()?))
            }
            b'g' => {
                let (department, rest) = split(18)?;
                let (standing, of) = rest.split_at_checked(rest.len().checked_sub(16)?)?;
                let standing = str::from_utf8(standing.strip_suffix(&[0])?).ok()?;
                let standing = Standing::ALL.into_iter().find(|known| known.as_str() == standing)?;
                Self::OwnStanding(str::from_utf8(department).ok()?.parse().ok()?, standing, handle(of)?)
            }
            b'a' => Self::Answered(rest.try_into().ok()?),
            b'b' => Self::Blob(Digest(rest.try_into().ok()?)),
            b'h' => rest.is_empty().then_some(Self::Checkpoint)?,
            b'o' => {
                let (list, from) = split(4)?;
                let from = Time::from_millis(i64::from_be_bytes(from.try_into().ok()?)).ok()?;
                Self::Published(u32::from_be_bytes(list.try_into().ok()?), from)
            }
            b'k' => Self::Pickup(rest.try_into().ok()?),
            b'r' => Self::Report(rest.try_into().ok()?),
            b'y' => Self::Ceremony(rest.try_into().ok()?),
            b'm' => Self::Single(SINGLES.iter().find(|name| name.as_bytes() == rest)?),
            _ => return None,
        })
    }

    /// The key's bytes: family, then big-endian numbers, so that order is kept.
    pub fn key(&self) -> Vec<u8> {
        match self {
            Self::Entries(pack) => keyed(b'e', &[&pack.to_be_bytes()]),
            Self::Tile(tile) => keyed(b't', &[&[tile.level()], &tile.index().to_be_bytes()]),
            Self::CharterEntry(index) => keyed(b'c', &[&index.to_be_bytes()]),
            Self::Licence(handle) => keyed(b'l', &[handle.as_bytes()]),
            Self::Grant(name) => keyed(b'q', &[name]),
            Self::Vault(handle, number) => keyed(b'v', &[handle.as_bytes(), &number.to_be_bytes()]),
            Self::Frame(name) => keyed(b'j', &[name]),
            Self::Seal(handle) => keyed(b's', &[handle.as_bytes()]),
            Self::Unsealed(handle) => keyed(b'u', &[handle.as_bytes()]),
            Self::Places(block) => keyed(b'p', &[&block.to_be_bytes()]),
            Self::Finders(block) => keyed(b'f', &[&block.to_be_bytes()]),
            Self::Own(department, block) => {
                keyed(b'd', &[department.as_str().as_bytes(), &block.to_be_bytes()])
            }
            Self::OwnStanding(department, standing, handle) => {
                let standing = standing.as_str().as_bytes();
                keyed(b'g', &[department.as_str().as_bytes(), standing, &[0], handle.as_bytes()])
            }
            Self::Answered(hash) => keyed(b'a', &[hash]),
            Self::Blob(name) => keyed(b'b', &[&name.0]),
            Self::Checkpoint => keyed(b'h', &[]),
            Self::Published(list, from) => keyed(b'o', &[&list.to_be_bytes(), &from.millis().to_be_bytes()]),
            Self::Pickup(id) => keyed(b'k', &[id]),
            Self::Report(hash) => keyed(b'r', &[hash]),
            Self::Ceremony(id) => keyed(b'y', &[id]),
            Self::Single(name) => keyed(b'm', &[name.as_bytes()]),
        }
    }
}

/// The names of single values.
const SINGLES: [&str; 2] = [PLACES_RESERVED, SEALED];
/// How many places on status lists were ever reserved.
pub const PLACES_RESERVED: &str = "places-reserved";
/// Up to which entry every licence is sealed, or waits under [`Row::Unsealed`].
pub const SEALED: &str = "sealed";

fn keyed(family: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![family];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

/// One change of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Which.
    pub row: Row,
    /// The new value, up to 1 MiB; `None` removes the row.
    pub value: Option<Vec<u8>>,
}

impl Write {
    /// Sets a row.
    pub fn set(row: Row, value: impl Into<Vec<u8>>) -> Self {
        Self { row, value: Some(value.into()) }
    }

    /// Removes a row.
    pub fn remove(row: Row) -> Self {
        Self { row, value: None }
    }
}

/// Longest value of a row, in bytes.
pub const VALUE_BYTES: usize = 1 << 20;
/// Most writes of one batch. An engine may need memory for a batch as a whole: aim at 900 and keep the rest for need.
pub const BATCH_WRITES: usize = 4_096;
/// Most bytes of values in one batch.
pub const BATCH_BYTES: usize = 4 << 20;

/// Refuses a batch that is beyond the bounds of the port. Both engines call it before anything is written.
pub fn within_bounds(writes: &[Write]) -> Result<(), StoreError> {
    let lengths = || writes.iter().filter_map(|write| write.value.as_ref()).map(Vec::len);
    if let Some(bytes) = lengths().find(|bytes| *bytes > VALUE_BYTES) {
        return Err(StoreError::ValueTooLong { bytes });
    }
    let bytes = lengths().sum();
    if writes.len() > BATCH_WRITES || bytes > BATCH_BYTES {
        return Err(StoreError::BatchTooBig { writes: writes.len(), bytes });
    }
    Ok(())
}

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The head is not where the commit expected it: somebody else wrote.
    #[error("the ledger's head moved: expected size {expected}, found {found}")]
    Moved {
        /// Size expected.
        expected: u64,
        /// Size found.
        found: u64,
    },
    /// A value is longer than [`VALUE_BYTES`]. Nothing was written.
    #[error("a value has {bytes} bytes, at most {VALUE_BYTES} can be kept")]
    ValueTooLong {
        /// Its length.
        bytes: usize,
    },
    /// A batch is beyond [`BATCH_WRITES`] or [`BATCH_BYTES`]. Nothing was written; smaller ones can be.
    #[error(
        "a batch has {writes} writes and {bytes} bytes, at most {BATCH_WRITES} and {BATCH_BYTES} are taken"
    )]
    BatchTooBig {
        /// Writes in it.
        writes: usize,
        /// Bytes of their values.
        bytes: usize,
    },
    /// A write or a sync failed. No write is taken any more until restart: what is on disk is not known.
    #[error("writing has ended until restart: {0}")]
    Ended(String),
    /// A read failed or its bytes are damaged.
    #[error("the store cannot be read: {0}")]
    Unreadable(String),
}

/// A row's whole key and its value.
pub type KeyValue = (Vec<u8>, Vec<u8>);

/// Durable rows with one writer.
pub trait Store: Send + Sync {
    /// The head of the last commit.
    fn head(&self) -> Result<Head, StoreError>;

    /// The value of a row.
    fn get(&self, row: &Row) -> Result<Option<Vec<u8>>, StoreError>;

    /// Rows whose key begins with `prefix` and comes after `after` (a whole key), in order, at most `limit`.
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<KeyValue>, StoreError>;

    /// The last row whose key begins with `prefix` and does not come after `until` (a whole key).
    fn last(&self, prefix: &[u8], until: &[u8]) -> Result<Option<KeyValue>, StoreError>;

    /// Moves the head from `expected` to `next` together with `writes`, all or nothing, and returns when they are
    /// durable.
    fn commit(&self, expected: Head, next: Head, writes: Vec<Write>) -> Result<(), StoreError>;

    /// Writes rows beside the ledger, all or nothing. They become durable with the next commit or [`Store::sync`].
    fn put(&self, writes: Vec<Write>) -> Result<(), StoreError>;

    /// Makes everything written so far durable.
    fn sync(&self) -> Result<(), StoreError>;

    /// Why writing has ended, if it has.
    fn ended(&self) -> Option<String>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_its_row_back() {
        let time = Time::from_millis(1_790_000_000_000).unwrap();
        let handle = Handle::new(time, [7; 10]);
        let rows = [
            Row::Entries(41),
            Row::Tile(TileId::new(1, 2).unwrap()),
            Row::CharterEntry(3),
            Row::Licence(handle),
            Row::Grant([8; 16]),
            Row::Vault(handle, 5),
            Row::Frame([6; 16]),
            Row::Seal(handle),
            Row::Unsealed(handle),
            Row::Places(9),
            Row::Finders(9),
            Row::Own("11430700MB0000035Y".parse().unwrap(), 7),
            Row::OwnStanding("11430700MB0000035Y".parse().unwrap(), Standing::Suspended, handle),
            Row::Answered([2; 32]),
            Row::Blob(Digest([3; 32])),
            Row::Checkpoint,
            Row::Published(1, time),
            Row::Pickup([4; 16]),
            Row::Report([5; 32]),
            Row::Single(PLACES_RESERVED),
        ];
        for row in rows {
            let key = row.key();
            assert_eq!(Row::of_key(&key), Some(row.clone()));
            let longer = [key.as_slice(), b"x"].concat();
            assert_eq!(Row::of_key(&longer), None, "{row:?} with a byte more");
        }
        assert_eq!(Row::of_key(b""), None);
        assert_eq!(Row::of_key(b"zebra"), None);
        assert_eq!(Row::of_key(b"mclock"), None);
    }
}
