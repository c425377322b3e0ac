//! Finders: the keyed hashes of number, reference and holders (each with the type) by which licences are found. They lie by blocks of 256
//! entries (`blocks`), each licence's in the commit of its entry. In which blocks a hash stands is known in memory for the newest,
//! and by sorted runs of many blocks (`runs`) for all others, so that memory and opening do not grow with the ledger.
//!
//! Why: a row of its own for each, under a hash, lands on another page each time, and sled writes that page again. Those
//! rows were a fifth of what was stored and took as much room as everything else.
//! Not here: the hashes (`once`), and what licences are shown (`reading`).

mod runs;

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use super::store::{Row, Store, StoreError};
use crate::values::identifiers::Handle;

/// A keyed hash by which a licence is found. Only chance makes two alike: nobody can look for another without the key.
pub type Finder = [u8; 8];

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

/// A hash by its first four bytes, and a block in which it stands. A hint only: the block says the hash whole.
type Hint = (u32, u32);

/// In which blocks a hash stands: of the newest blocks in memory, of all before them in runs.
#[derive(Debug, Default)]
pub struct Finders(RwLock<Hints>);

#[derive(Debug, Default)]
struct Hints {
    /// Runs that are whole.
    runs: u32,
    /// Of the blocks behind them.
    newest: BTreeSet<Hint>,
}

impl Finders {
    /// Of everything that is stored, of which `size` entries will not change. Runs that an earlier program did not make are
    /// made now, so that what is in memory stays small.
    pub fn load(store: &dyn Store, size: u64) -> Result<Self, StoreError> {
        let mut runs = runs::made(store)?;
        while runs::is_due(runs, size) {
            runs::make(store, runs)?;
            runs += 1;
        }
        let newest = runs::hints(store, runs::blocks_of(runs).start, u64::MAX)?.into_iter().collect();
        Ok(Self(RwLock::new(Hints { runs, newest })))
    }

    /// Takes in what was entered.
    pub fn add<'a>(&self, block: u64, finders: impl IntoIterator<Item = &'a Finder>) {
        let mut hints = self.0.write().unwrap_or_else(PoisonError::into_inner);
        hints.newest.extend(finders.into_iter().map(|one| hint(one, block)));
    }

    /// Makes the next run, once enough entries lie behind it; whether it was. By one caller at a time.
    pub fn settle(&self, store: &dyn Store, size: u64) -> Result<bool, StoreError> {
        let runs = self.0.read().unwrap_or_else(PoisonError::into_inner).runs;
        if !runs::is_due(runs, size) {
            return Ok(false);
        }
        runs::make(store, runs)?;
        let mut hints = self.0.write().unwrap_or_else(PoisonError::into_inner);
        hints.runs = runs + 1;
        let first = runs::blocks_of(hints.runs).start;
        hints.newest.retain(|(_, block)| u64::from(*block) >= first);
        Ok(true)
    }

    /// The blocks from `first` on in which any of these may stand, in order.
    pub fn blocks(
        &self,
        store: &dyn Store,
        finders: &[Finder],
        first: u64,
    ) -> Result<BTreeSet<u64>, StoreError> {
        let mut blocks = BTreeSet::new();
        // What is in memory first: a run that is made meanwhile takes nothing away that was seen.
        let runs = {
            let hints = self.0.read().unwrap_or_else(PoisonError::into_inner);
            for finder in finders {
                let found = hints.newest.range(hint(finder, first)..=hint(finder, u64::MAX));
                blocks.extend(found.map(|(_, block)| u64::from(*block)));
            }
            hints.runs
        };
        for run in (0..runs).filter(|run| runs::blocks_of(*run).end > first) {
            for finder in finders {
                let found = runs::find(store, run, hint(finder, 0).0)?;
                blocks.extend(found.into_iter().filter(|block| *block >= first));
            }
        }
        Ok(blocks)
    }
}

fn hint([a, b, c, d, ..]: &Finder, block: u64) -> Hint {
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
    use crate::authority::store::Write;
    use crate::store::MemoryStore;
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
        let store = MemoryStore::new();
        let blocks = |of: &[Finder], first| Vec::from_iter(finders.blocks(&store, of, first).unwrap());
        assert_eq!(blocks(&[[5; 8]], 0), [0, 3, 7]);
        assert_eq!(blocks(&[[5; 8]], 4), [7]);
        assert_eq!(blocks(&[[4; 8]], 0), [7]);
        assert_eq!(blocks(&[[4; 8], [5; 8]], 0), [0, 3, 7]);
        assert_eq!(blocks(&[[3; 8]], 0), [0_u64; 0]);
        assert_eq!(blocks(&[], 0), [0_u64; 0]);
    }

    /// A store with this many blocks. A hash stands in each third, another in one, and one in no block.
    fn stored(blocks: u64) -> MemoryStore {
        let store = MemoryStore::new();
        for block in 0..blocks {
            let mut finders = vec![block.to_be_bytes().map(|byte| byte.reverse_bits() ^ 0x5a)];
            finders.extend((block % 3 == 0).then_some([9; 8]));
            finders.extend((block == 700).then_some([7; 8]));
            let mut row = Vec::new();
            found(1, &finders).write(&mut row);
            store.put(vec![Write::set(Row::Finders(block), row)]).unwrap();
        }
        store
    }

    #[test]
    fn runs_say_what_memory_said() {
        let (all, size) = (3 * runs::BLOCKS + 40, (3 * runs::BLOCKS + 40) * 256);
        let asked = |finders: &Finders, store: &MemoryStore, first| {
            let one = |finder: [u8; 8]| finders.blocks(store, &[finder], first).unwrap();
            (one([9; 8]), one([7; 8]), one([8; 8]), finders.blocks(store, &[[7; 8], [9; 8]], first).unwrap())
        };
        let store = stored(all);
        // Nothing lies behind yet, so nothing is made: all of it is in memory.
        let finders = Finders::load(&store, 0).unwrap();
        assert_eq!(finders.0.read().unwrap().runs, 0);
        let said: Vec<_> = [0, 5, 1023, 1024, 2000, all].map(|first| asked(&finders, &store, first)).into();
        assert_eq!(said[0].0.len(), usize::try_from(all.div_ceil(3)).unwrap());
        assert_eq!((said[0].1.len(), said[4].1.len(), said[0].2.len()), (1, 0, 0));

        while finders.settle(&store, size).unwrap() {}
        assert_eq!(finders.0.read().unwrap().runs, 2, "the newest run of blocks stays in memory");
        let opened = Finders::load(&store, size).unwrap();
        let made_now = Finders::load(&stored(all), size);
        assert_eq!(opened.0.read().unwrap().runs, 2);
        assert!(opened.0.read().unwrap().newest.len() < 2 * usize::try_from(runs::BLOCKS).unwrap());
        for (first, said) in [0, 5, 1023, 1024, 2000, all].into_iter().zip(&said) {
            assert_eq!(&asked(&finders, &store, first), said, "settled, from {first}");
            assert_eq!(&asked(&opened, &store, first), said, "opened, from {first}");
        }
        assert!(made_now.is_ok());
    }

    /// Parts of a run that was being made count for nothing, and are made again.
    #[test]
    fn a_run_that_broke_off_is_made_again() {
        let size = (2 * runs::BLOCKS + 1) * 256;
        let (store, whole) = (stored(2 * runs::BLOCKS + 1), stored(2 * runs::BLOCKS + 1));
        Finders::load(&whole, size).unwrap();
        let parts = whole.scan(b"H", None, 9_999).unwrap();
        let (key, value) = parts.get(parts.len() / 2).unwrap().clone();
        store.put(vec![Write::set(Row::of_key(&key).unwrap(), value)]).unwrap();
        let finders = Finders::load(&store, size).unwrap();
        assert_eq!(store.scan(b"H", None, 9_999).unwrap(), parts);
        assert_eq!(finders.blocks(&store, &[[7; 8]], 0).unwrap(), BTreeSet::from([700]));
    }

    #[test]
    fn a_damaged_part_is_told() {
        let size = (2 * runs::BLOCKS + 1) * 256;
        let store = stored(2 * runs::BLOCKS + 1);
        let finders = Finders::load(&store, size).unwrap();
        for (key, value) in store.scan(b"H", None, 9_999).unwrap() {
            let cut = value.get(..value.len() - 1).unwrap();
            store.put(vec![Write::set(Row::of_key(&key).unwrap(), cut)]).unwrap();
        }
        assert!(finders.blocks(&store, &[[9; 8]], 0).is_err());
    }
}
