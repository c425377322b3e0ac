//! Runs: the hints of 1,024 blocks of finders, which nothing is added to any more, sorted and cut into rows of some KiB. A hash is
//! looked for by one read a run. They say again what the blocks say, so a backup leaves them out, and a store without them is opened
//! all the same. A licence that is erased stays in its run as a hint that leads to a block where it no longer stands.
//!
//! Not here: which runs there are, and the blocks behind them (`super`).

use std::ops::Range;

use super::{Hint, hint, read};
use crate::authority::blocks::BLOCK;
use crate::authority::store::{FINDER_RUNS, Row, Store, StoreError, Write};

/// Blocks of a run.
pub(super) const BLOCKS: u64 = 1024;
/// Pairs of a row; more only where one hint has more.
const PAIRS: usize = 1365;
/// Bytes of a pair: the hint, the block's place in the run.
const PAIR: usize = 4 + 2;
/// Blocks that are read at once, and rows that are written at once.
const ROWS_AT_ONCE: usize = 64;

/// The blocks of a run.
pub(super) fn blocks_of(run: u32) -> Range<u64> {
    let first = u64::from(run) * BLOCKS;
    first..first + BLOCKS
}

/// How many runs are whole.
pub(super) fn made(store: &dyn Store) -> Result<u32, StoreError> {
    let Some(bytes) = store.get(&Row::Single(FINDER_RUNS))? else { return Ok(0) };
    let bytes = bytes.try_into().map_err(|_| StoreError::Unreadable(FINDER_RUNS.into()))?;
    Ok(u32::from_be_bytes(bytes))
}

/// Whether a run can be made of a ledger of this size: as many blocks lie behind it.
pub(super) fn is_due(run: u32, size: u64) -> bool {
    size / BLOCK >= blocks_of(run).end + BLOCKS
}

/// Makes a run from its blocks. It counts from its last write on.
pub(super) fn make(store: &dyn Store, run: u32) -> Result<(), StoreError> {
    let Range { start, end } = blocks_of(run);
    let mut hints = hints(store, start, end)?;
    hints.sort_unstable();
    hints.dedup();
    let (mut rows, mut left) = (Vec::new(), hints.as_slice());
    while let Some((first, _)) = left.first() {
        // Never between two of one hint: it is looked for in one row.
        let cut = left.get(PAIRS).map_or(left.len(), |(hint, _)| {
            PAIRS + left.iter().skip(PAIRS).take_while(|(other, _)| other == hint).count()
        });
        let (part, rest) = left.split_at_checked(cut).unwrap_or((left, &[]));
        rows.push(Write::set(Row::FinderRun(run, *first), written(part, start)));
        left = rest;
        if rows.len() == ROWS_AT_ONCE {
            store.put(std::mem::take(&mut rows))?;
        }
    }
    rows.push(Write::set(Row::Single(FINDER_RUNS), (run + 1).to_be_bytes()));
    store.put(rows)
}

/// The hints of the blocks from `first` on and below `end`.
pub(super) fn hints(store: &dyn Store, first: u64, end: u64) -> Result<Vec<Hint>, StoreError> {
    let mut hints = Vec::new();
    let mut after = first.checked_sub(1).map(|before| Row::Finders(before).key());
    loop {
        let rows = store.scan(b"f", after.as_deref(), ROWS_AT_ONCE)?;
        let Some((last, _)) = rows.last() else { return Ok(hints) };
        after = Some(last.clone());
        for (key, value) in &rows {
            let Some(Row::Finders(block)) = Row::of_key(key) else {
                return Err(StoreError::Unreadable("the key of a block of finders".into()));
            };
            if block >= end {
                return Ok(hints);
            }
            hints.extend(read(value)?.iter().flat_map(|found| &found.finders).map(|one| hint(one, block)));
        }
    }
}

/// The blocks of a run in which a hint stands, in order; by one read.
pub(super) fn find(store: &dyn Store, run: u32, wanted: u32) -> Result<Vec<u64>, StoreError> {
    let prefix = Row::FinderRun(run, 0).key();
    let prefix = prefix.get(..5).unwrap_or(&prefix);
    let Some((_, part)) = store.last(prefix, &Row::FinderRun(run, wanted).key())? else {
        return Ok(Vec::new());
    };
    let (pairs, rest) = part.as_chunks::<PAIR>();
    if !rest.is_empty() {
        return Err(StoreError::Unreadable("a part of a run of finders".into()));
    }
    let first = blocks_of(run).start;
    let read = |[a, b, c, d, high, low]: &[u8; PAIR]| {
        (u32::from_be_bytes([*a, *b, *c, *d]), first + u64::from(u16::from_be_bytes([*high, *low])))
    };
    let from = pairs.partition_point(|pair| read(pair).0 < wanted);
    let of_it = pairs.iter().skip(from).map(read).take_while(|(hint, _)| *hint == wanted);
    Ok(of_it.map(|(_, block)| block).collect())
}

fn written(part: &[Hint], start: u64) -> Vec<u8> {
    let mut row = Vec::with_capacity(part.len() * PAIR);
    for (hint, block) in part {
        let place = u16::try_from(u64::from(*block) - start).unwrap_or(u16::MAX);
        row.extend_from_slice(&hint.to_be_bytes());
        row.extend_from_slice(&place.to_be_bytes());
    }
    row
}
