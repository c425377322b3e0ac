//! Finders: the keyed hashes of number, reference and holders (each with the type) by which licences are found. They lie by blocks of 256
//! entries (`blocks`), each licence's in the commit of its entry, and in which blocks a hash stands is known in memory.
//!
//! Why: a row of its own for each, under a hash, lands on another page each time, and sled writes that page again. Those
//! rows were a fifth of what was stored and took as much room as everything else. Eight bytes of memory each instead.
//! Not here: the hashes (`once`), and what licences are shown (`reading`).

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use super::store::{Row, Store, StoreError};
use crate::values::identifiers::Handle;

/// A keyed hash by which a licence is found. Only chance makes two alike: nobody can look for another without the key.
pub type Finder = [u8; 8];

/// Blocks that are read at once.
const BLOCKS_AT_ONCE: usize = 64;

/// A licence and its finders, as they lie in a block: handle, number of finders in two bytes, finders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The licence.
    pub handle: Handle,
    /// What finds it.
    pub finders: Vec<Finder>,
}

impl Found {
    /// Writes it behind the others of its block.
    pub fn write(&self, row: &mut Vec<u8>) {
        let count = u16::try_from(self.finders.len()).unwrap_or(u16::MAX);
        row.extend_from_slice(self.handle.as_bytes());
        row.extend_from_slice(&count.to_be_bytes());
        self.finders.iter().take(count.into()).for_each(|finder| row.extend_from_slice(finder));
    }

    /// Whether any of these finds it.
    pub fn is_found_by(&self, any: &[Finder]) -> bool {
        any.iter().any(|finder| self.finders.contains(finder))
    }
}

/// The licences of a block that have finders, in the order in which they were entered.
pub fn read(row: &[u8]) -> Result<Vec<Found>, StoreError> {
    let damaged = || StoreError::Unreadable("a block of finders".into());
    let (mut all, mut left) = (Vec::new(), row);
    while !left.is_empty() {
        let (handle, rest) = left.split_first_chunk().ok_or_else(damaged)?;
        let (count, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let count = usize::from(u16::from_be_bytes(*count));
        let (finders, rest) = rest.split_at_checked(count * size_of::<Finder>()).ok_or_else(damaged)?;
        let handle = Handle::from_bytes(*handle).map_err(|_| damaged())?;
        all.push(Found { handle, finders: finders.as_chunks().0.to_vec() });
        left = rest;
    }
    Ok(all)
}

/// In which blocks a hash stands: by its first four bytes, which is a hint. The block says it whole.
#[derive(Debug, Default)]
pub struct Finders(RwLock<BTreeSet<(u32, u32)>>);

impl Finders {
    /// Of everything that is stored.
    pub fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let mut hints = Vec::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = store.scan(b"f", after.as_deref(), BLOCKS_AT_ONCE)?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            for (key, value) in &rows {
                let Some(Row::Finders(block)) = Row::of_key(key) else {
                    return Err(StoreError::Unreadable("the key of a block of finders".into()));
                };
                let all = read(value)?;
                hints.extend(all.iter().flat_map(|found| &found.finders).map(|one| hint(one, block)));
            }
        }
        Ok(Self(RwLock::new(hints.into_iter().collect())))
    }

    /// Takes in what was entered.
    pub fn add<'a>(&self, block: u64, finders: impl IntoIterator<Item = &'a Finder>) {
        let mut hints = self.0.write().unwrap_or_else(PoisonError::into_inner);
        hints.extend(finders.into_iter().map(|one| hint(one, block)));
    }

    /// The blocks from `first` on in which any of these may stand, in order.
    pub fn blocks(&self, finders: &[Finder], first: u64) -> BTreeSet<u64> {
        let hints = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of_one = |finder| hints.range(hint(finder, first)..=hint(finder, u64::MAX));
        finders.iter().flat_map(of_one).map(|(_, block)| u64::from(*block)).collect()
    }
}

fn hint([a, b, c, d, ..]: &Finder, block: u64) -> (u32, u32) {
    (u32::from_be_bytes([*a, *b, *c, *d]), u32::try_from(block).unwrap_or(u32::MAX))
}

/// The licences of a block that any of these finds.
pub fn found_in(store: &dyn Store, block: u64, finders: &[Finder]) -> Result<Vec<Handle>, StoreError> {
    let row = store.get(&Row::Finders(block))?.unwrap_or_default();
    let all = read(&row)?.into_iter().filter(|found| found.is_found_by(finders));
    Ok(all.map(|found| found.handle).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::Time;

    fn found(number: u8, finders: &[Finder]) -> Found {
        Found { handle: Handle::new(Time::MIN, [number; 10]), finders: finders.to_vec() }
    }

    #[test]
    fn a_block_is_read_as_written_and_nothing_else_is() {
        let all = vec![found(1, &[[1; 8], [2; 8]]), found(2, &[]), found(3, &[[1; 8]])];
        let mut row = Vec::new();
        all.iter().for_each(|one| one.write(&mut row));
        assert_eq!(read(&row), Ok(all));
        assert_eq!(read(&[]), Ok(Vec::new()));
        let whole = [0, 34, 52, 78];
        for length in 0..row.len() {
            assert_eq!(read(&row[..length]).is_ok(), whole.contains(&length), "cut at {length}");
        }
    }

    #[test]
    fn hints_name_the_blocks_in_order() {
        let finders = Finders::default();
        finders.add(7, &[[5; 8], [4; 8]]);
        finders.add(0, &[[5; 8]]);
        // It begins alike: the block itself will say that it is another.
        finders.add(3, &[[[5; 4].as_slice(), &[6; 4]].concat().try_into().unwrap()]);
        let blocks = |of: &[Finder], first| Vec::from_iter(finders.blocks(of, first));
        assert_eq!(blocks(&[[5; 8]], 0), [0, 3, 7]);
        assert_eq!(blocks(&[[5; 8]], 4), [7]);
        assert_eq!(blocks(&[[4; 8]], 0), [7]);
        assert_eq!(blocks(&[[4; 8], [5; 8]], 0), [0, 3, 7]);
        assert_eq!(blocks(&[[3; 8]], 0), [0_u64; 0]);
        assert_eq!(blocks(&[], 0), [0_u64; 0]);
    }
}
