//! Status lists in memory, and the places on them: an unpredictable permutation of a counter, never used twice
//! (law 0, section 5). Not here: the published tokens (`publication`).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::blocks::places;
use super::store::{PLACES_RESERVED as RESERVED, Row, Store, StoreError, Write};
use crate::crypto::digest::hmac_sha256;
use crate::ledger::body::StatusPlace;
use crate::status_list::{Bits, StatusList};

/// Places of one list.
pub const PLACES: u32 = 1 << 20;
/// Places of one list that are given out before the next list opens: 7/8, so that a list never tells by what is
/// left which place comes next.
pub const GIVEN: u32 = PLACES / 8 * 7;
/// Places reserved by one durable write. After a crash the rest of them is lost, never reused.
const RESERVE: u64 = 1024;

/// Blocks of places that are read at once.
const BLOCKS_AT_ONCE: usize = 64;

/// Every list's values at one size of the ledger.
#[derive(Debug, Clone, Default)]
pub struct Statuses {
    size: u64,
    lists: BTreeMap<u32, StatusList>,
    /// A bit for each place that an entry ever set.
    taken: BTreeMap<u32, Vec<u64>>,
}

impl Statuses {
    /// The fold of the first `size` entries, from the blocks of places.
    pub fn load(store: &dyn Store, size: u64) -> Result<Self, StoreError> {
        let mut statuses = Self { size, ..Self::default() };
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = store.scan(b"p", after.as_deref(), BLOCKS_AT_ONCE)?;
            let Some((last, _)) = rows.last() else { return Ok(statuses) };
            after = Some(last.clone());
            for (key, value) in &rows {
                let Some(Row::Places(block)) = Row::of_key(key) else {
                    return Err(StoreError::Unreadable("the key of a block of places".into()));
                };
                let set = places(block, value)?.into_iter().filter(|(index, ..)| *index < size);
                set.for_each(|(_, place, value)| statuses.set(place, value));
            }
        }
    }

    /// The size of the ledger that these values are the fold of.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The lists that were ever used.
    pub fn lists(&self) -> &BTreeMap<u32, StatusList> {
        &self.lists
    }

    /// Whether an entry ever set this place.
    pub fn taken(&self, place: StatusPlace) -> bool {
        let (word, bit) = word_of(place.index);
        self.taken.get(&place.list).and_then(|words| words.get(word)).is_some_and(|word| word & bit != 0)
    }

    /// Takes in what a group of entries set.
    pub fn take(&mut self, size: u64, changes: &[(StatusPlace, u8)]) {
        self.size = size;
        for (place, value) in changes {
            self.set(*place, *value);
        }
    }

    fn set(&mut self, place: StatusPlace, value: u8) {
        let length = usize::try_from(PLACES).unwrap_or(usize::MAX);
        if !self.lists.contains_key(&place.list)
            && let Ok(empty) = StatusList::zeros(Bits::Two, length)
        {
            self.lists.insert(place.list, empty);
        }
        if let Some(list) = self.lists.get_mut(&place.list) {
            // The law refuses places and values that a list does not have.
            let _ = list.set(u64::from(place.index), value);
        }
        let words = self.taken.entry(place.list).or_insert_with(|| vec![0; word_of(PLACES).0]);
        let (word, bit) = word_of(place.index);
        if let Some(word) = words.get_mut(word) {
            *word |= bit;
        }
    }
}

/// Where the bit of a place is.
fn word_of(index: u32) -> (usize, u64) {
    (usize::try_from(index / u64::BITS).unwrap_or(usize::MAX), 1 << (index % u64::BITS))
}

/// Gives out places.
pub struct Places {
    secret: [u8; 32],
    next: Mutex<Next>,
}

struct Next {
    counter: u64,
    reserved: u64,
}

impl Places {
    /// Goes on after everything that was ever reserved.
    pub fn open(store: &dyn Store, secret: [u8; 32]) -> Result<Self, StoreError> {
        let reserved = match store.get(&Row::Single(RESERVED))? {
            None => 0,
            Some(bytes) => {
                let bytes = bytes.try_into().map_err(|_| StoreError::Unreadable(RESERVED.into()))?;
                u64::from_be_bytes(bytes)
            }
        };
        Ok(Self { secret, next: Mutex::new(Next { counter: reserved, reserved }) })
    }

    /// The next place. Once in a while it is durable before it is given, so that it can never be given again. Entries
    /// that came back by a roll-forward took places that the reservation of the backup does not know: they are passed
    /// over.
    pub fn next(
        &self,
        store: &dyn Store,
        taken: impl Fn(StatusPlace) -> bool,
    ) -> Result<StatusPlace, StoreError> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let place = self.reserved(&mut next, store)?;
            if !taken(place) {
                return Ok(place);
            }
        }
    }

    fn reserved(&self, next: &mut Next, store: &dyn Store) -> Result<StatusPlace, StoreError> {
        if next.counter == next.reserved {
            let reserved = next.reserved + RESERVE;
            store.put(vec![Write::set(Row::Single(RESERVED), reserved.to_be_bytes())])?;
            store.sync()?;
            next.reserved = reserved;
        }
        let counter = next.counter;
        next.counter += 1;
        self.place(counter)
    }

    /// The place of a counter: a list is left for the next when 7/8 of it are given out.
    fn place(&self, counter: u64) -> Result<StatusPlace, StoreError> {
        let given = u64::from(GIVEN);
        let list = u32::try_from(counter / given + 1)
            .map_err(|_| StoreError::Unreadable("every status list is full".into()))?;
        let place = u32::try_from(counter % given).unwrap_or(0);
        Ok(StatusPlace { list, index: self.permuted(list, place) })
    }

    /// Four Feistel rounds over 20 bits: a permutation that nobody without the secret can continue.
    fn permuted(&self, list: u32, place: u32) -> u32 {
        let (mut left, mut right) = (place >> 10, place & 0x3ff);
        for round in 0..4_u8 {
            let mixed = hmac_sha256(&self.secret, &[&list.to_be_bytes(), &[round], &right.to_be_bytes()]);
            let [high, low, ..] = mixed;
            let keyed = u32::from(u16::from_be_bytes([high, low])) & 0x3ff;
            (left, right) = (right, left ^ keyed);
        }
        left << 10 | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places { secret: [7; 32], next: Mutex::new(Next { counter: 0, reserved: 0 }) }
    }

    #[test]
    fn the_next_list_opens_at_seven_eighths() {
        let (places, given) = (places(), u64::from(GIVEN));
        assert_eq!(given, 917_504);
        let list = |counter| places.place(counter).unwrap().list;
        assert_eq!((list(0), list(given - 1), list(given), list(2 * given)), (1, 1, 2, 3));
        assert!(places.place(u64::MAX).is_err(), "no list is used twice");
    }

    #[test]
    fn a_list_is_a_permutation_without_pattern() {
        let places = places();
        let mut seen = vec![false; usize::try_from(PLACES).unwrap()];
        for place in 0..PLACES {
            let index = usize::try_from(places.permuted(1, place)).unwrap();
            assert!(!std::mem::replace(&mut seen[index], true), "{index} twice");
        }
        let ascending = (0..1000).filter(|place| places.permuted(1, *place) < places.permuted(1, place + 1));
        assert!((400..600).contains(&ascending.count()));
        assert_ne!(places.permuted(1, 5), places.permuted(2, 5));
    }
}
