//! What entries make in small pieces, kept by blocks of 256 entries as tiles keep hashes: the places they take on status
//! lists, the licences they give each department, and what finds those (`finders`). The packs of the entries themselves
//! (`entries`) grow in the same step. A row holds the block so far, so a
//! group writes one row where it would write one a licence; and since a block is a matter of indexes alone, a rebuilt
//! store has the same rows.
//!
//! Not here: what the places add up to (`status`), and paging a department's licences (`reading`).

use std::collections::{BTreeMap, BTreeSet};

use super::entries::EdgePack;
use super::finders::{Finder, Found};
use super::store::{Row, Store, StoreError, Write};
use crate::ledger::body::StatusPlace;
use crate::ledger::state::{Charter, Effects};
use crate::values::identifiers::{CreditCode, Handle};

/// Entries of a block.
pub const BLOCK: u64 = 256;
/// Bytes of a taken place: offset of the entry, list, index, value.
const TAKEN: usize = 1 + 4 + 4 + 1;

/// The last block, which the next entries go on filling.
#[derive(Debug, Clone, Default)]
pub struct EdgeBlocks {
    number: u64,
    places: Vec<u8>,
    own: BTreeMap<CreditCode, Vec<u8>>,
    finders: Vec<u8>,
    pack: EdgePack,
}

impl EdgeBlocks {
    /// The last block of a store that has `size` entries.
    pub fn load(store: &dyn Store, charter: &Charter, size: u64) -> Result<Self, StoreError> {
        let number = size / BLOCK;
        let places = store.get(&Row::Places(number))?.unwrap_or_default();
        let finders = store.get(&Row::Finders(number))?.unwrap_or_default();
        let mut own = BTreeMap::new();
        for code in charter.departments().map(|held| &held.value.code) {
            if let Some(handles) = store.get(&Row::Own(code.clone(), number))? {
                own.insert(code.clone(), handles);
            }
        }
        Ok(Self { number, places, own, finders, pack: EdgePack::load(store, size)? })
    }

    /// Takes in the next entries, what each does, and what finds the licences that they begin, in order; the rows that
    /// change.
    pub fn push(
        &mut self,
        entries: &[&[u8]],
        effects: &[Effects],
        finders: &[Vec<Finder>],
    ) -> Result<Vec<Write>, StoreError> {
        let first = effects.first().map_or(0, |effects| effects.index);
        let mut writes = self.pack.push(first, entries)?;
        let mut rows: BTreeMap<(u64, Of), Vec<u8>> = BTreeMap::new();
        let mut touched: BTreeSet<Of> = BTreeSet::new();
        let mut finders = finders.iter();
        for effects in effects {
            let number = effects.index / BLOCK;
            if number != self.number {
                self.tell(&std::mem::take(&mut touched), &mut rows);
                *self = Self { number, pack: std::mem::take(&mut self.pack), ..Self::default() };
            }
            let offset = u8::try_from(effects.index % BLOCK).unwrap_or(u8::MAX);
            for (place, value) in &effects.statuses {
                self.places.push(offset);
                self.places.extend_from_slice(&place.list.to_be_bytes());
                self.places.extend_from_slice(&place.index.to_be_bytes());
                self.places.push(*value);
                touched.insert(Of::Places);
            }
            for licence in effects.licences.iter().filter(|licence| licence.events.len() == 1) {
                self.own.entry(licence.department.clone()).or_default().extend(licence.handle.as_bytes());
                touched.insert(Of::Own(licence.department.clone()));
            }
            let begun = effects.licences.iter().find(|licence| licence.events.len() == 1);
            let finders = finders.next().filter(|finders| !finders.is_empty());
            if let Some((licence, finders)) = begun.zip(finders) {
                let found = Found { handle: licence.handle, finders: finders.clone() };
                found.write(&mut self.finders);
                touched.insert(Of::Finders);
            }
        }
        self.tell(&touched, &mut rows);
        let row = |((number, of), value): ((u64, Of), Vec<u8>)| match of {
            Of::Places => Write::set(Row::Places(number), value),
            Of::Own(code) => Write::set(Row::Own(code, number), value),
            Of::Finders => Write::set(Row::Finders(number), value),
        };
        writes.extend(rows.into_iter().map(row));
        Ok(writes)
    }

    /// The rows of this block that were touched.
    fn tell(&self, touched: &BTreeSet<Of>, rows: &mut BTreeMap<(u64, Of), Vec<u8>>) {
        for one in touched {
            let value = match one {
                Of::Places => Some(&self.places),
                Of::Own(code) => self.own.get(code),
                Of::Finders => Some(&self.finders),
            };
            rows.insert((self.number, one.clone()), value.cloned().unwrap_or_default());
        }
    }
}

/// A row of a block.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Places,
    Own(CreditCode),
    Finders,
}

/// The places of a block: index of the entry that set it, the place, its value then.
pub fn places(number: u64, row: &[u8]) -> Result<Vec<(u64, StatusPlace, u8)>, StoreError> {
    let damaged = || StoreError::Unreadable("a block of places".into());
    let (records, rest) = row.as_chunks::<TAKEN>();
    if !rest.is_empty() {
        return Err(damaged());
    }
    let place = |[offset, l0, l1, l2, l3, i0, i1, i2, i3, value]: &[u8; TAKEN]| {
        let list = u32::from_be_bytes([*l0, *l1, *l2, *l3]);
        let index = u32::from_be_bytes([*i0, *i1, *i2, *i3]);
        (number * BLOCK + u64::from(*offset), StatusPlace { list, index }, *value)
    };
    Ok(records.iter().map(place).collect())
}

/// A department's licences of a block, in the order in which they were entered.
pub fn handles(row: &[u8]) -> Result<Vec<Handle>, StoreError> {
    let damaged = || StoreError::Unreadable("a block of a department's licences".into());
    let (records, rest) = row.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(damaged());
    }
    records.iter().map(|bytes| Handle::from_bytes(*bytes).map_err(|_| damaged())).collect()
}
