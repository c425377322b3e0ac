//! The used places of status lists and their values: in blocks, because a list fills up evenly, and a map of single
//! places would take many times the memory and a search for each.

use std::collections::HashMap;

use crate::ledger::body::StatusPlace;

/// Places of a block.
const BLOCK: usize = 1 << BITS;
const BITS: u32 = 10;
/// Stands where a place was never used. No standing has this value.
const FREE: u8 = u8::MAX;

/// Every place that was ever used, and its value now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// By list and number of the block.
    blocks: HashMap<(u32, u32), Vec<u8>>,
}

impl Places {
    /// The value of a place; `None` if it was never used.
    pub fn get(&self, place: StatusPlace) -> Option<u8> {
        let block = self.blocks.get(&(place.list, block_of(place)))?;
        block.get(within(place)).copied().filter(|value| *value != FREE)
    }

    /// Sets the value of a place.
    pub fn set(&mut self, place: StatusPlace, value: u8) {
        let block = self.blocks.entry((place.list, block_of(place))).or_insert_with(|| vec![FREE; BLOCK]);
        if let Some(held) = block.get_mut(within(place)) {
            *held = value;
        }
    }

    /// Every used place and its value, by list and index.
    pub fn iter(&self) -> impl Iterator<Item = (StatusPlace, u8)> {
        let mut blocks: Vec<_> = self.blocks.iter().collect();
        blocks.sort_unstable_by_key(|(number, _)| **number);
        blocks.into_iter().flat_map(|(&(list, number), values)| {
            let places =
                (0..1 << BITS).map(move |within| StatusPlace { index: number << BITS | within, list });
            places.zip(values.iter().copied()).filter(|(_, value)| *value != FREE)
        })
    }

    /// The blocks, by list and number: what all of it is put away as.
    pub(super) fn blocks(&self) -> impl ExactSizeIterator<Item = (&(u32, u32), &Vec<u8>)> {
        self.blocks.iter()
    }

    /// Puts a block in its place.
    pub(super) fn put_block(&mut self, (number, mut values): ((u32, u32), Vec<u8>)) {
        values.resize(BLOCK, FREE);
        self.blocks.insert(number, values);
    }

    /// Those of one list.
    pub fn of_list(&self, number: u32) -> impl Iterator<Item = (StatusPlace, u8)> {
        self.iter().filter(move |(place, _)| place.list == number)
    }

    /// The numbers of the lists, ascending.
    pub fn lists(&self) -> impl Iterator<Item = u32> {
        let mut numbers: Vec<u32> = self.blocks.keys().map(|(list, _)| *list).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter()
    }
}

/// The number of the block that a place is in.
fn block_of(place: StatusPlace) -> u32 {
    place.index >> BITS
}

/// Where in its block a place is.
fn within(place: StatusPlace) -> usize {
    usize::try_from(place.index).unwrap_or(0) % BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn keeps_what_a_map_keeps() {
        let (mut places, mut map) = (Places::default(), BTreeMap::new());
        for number in 0..5000_u32 {
            // Any order, some twice, both ends of a list and of a block.
            let place =
                StatusPlace { index: number.wrapping_mul(2_654_435_761) % (1 << 20), list: number % 3 + 1 };
            let place = if number % 50 == 0 {
                StatusPlace { index: number * 1024 % (1 << 20), ..place }
            } else {
                place
            };
            assert_eq!(places.get(place), map.get(&place).copied(), "{place:?}");
            let value = u8::try_from(number % 3).unwrap();
            places.set(place, value);
            map.insert(place, value);
            assert_eq!(places.get(place), Some(value));
        }
        places.set(StatusPlace { index: u32::MAX, list: u32::MAX }, 1);
        map.insert(StatusPlace { index: u32::MAX, list: u32::MAX }, 1);
        assert!(places.iter().eq(map.iter().map(|(place, value)| (*place, *value))));
        assert!(places.lists().eq([1, 2, 3, u32::MAX]));
        assert_eq!(places.of_list(2).count(), map.keys().filter(|place| place.list == 2).count());
        assert_eq!(places.get(StatusPlace { index: 0, list: 9 }), None);
    }
}
