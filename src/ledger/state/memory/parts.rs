//! The parts of a state, item by item and one at a time: how it is put away and put together again without a second copy of it.
//! Not here: where items go and how they are written (`audit::kept`); the blobs, which whoever goes on reads and checks anew; the
//! charter and the right edge of the tree, which whoever puts the state away has in hand.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::MemoryState;
use crate::ledger::state::Charter;
use crate::merkle::Range;

/// Takes items, one after another.
pub trait Take {
    /// Why one was not taken.
    type Error;

    /// The next item.
    fn take<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Self::Error>;

    /// How many there are, and each of them.
    fn take_all<T: Serialize>(&mut self, items: impl ExactSizeIterator<Item = T>) -> Result<(), Self::Error> {
        self.take(&items.len())?;
        for item in items {
            self.take(&item)?;
        }
        Ok(())
    }
}

/// Gives items back in the order in which they were taken.
pub trait Give {
    /// Why there is none.
    type Error;

    /// The next item.
    fn give<T: DeserializeOwned>(&mut self) -> Result<T, Self::Error>;

    /// As many as there are, one after another to `each`.
    fn give_all<T: DeserializeOwned>(&mut self, mut each: impl FnMut(T)) -> Result<(), Self::Error> {
        let count: usize = self.give()?;
        for _ in 0..count {
            each(self.give()?);
        }
        Ok(())
    }
}

impl MemoryState {
    /// Puts every part away.
    pub fn put_away<P: Take>(&self, to: &mut P) -> Result<(), P::Error> {
        to.take(&self.licences.places.len())?;
        self.licences().try_for_each(|licence| to.take(licence))?;
        to.take_all(self.cases.values())?;
        to.take_all(self.cards.values())?;
        to.take_all(self.contents.values())?;
        to.take_all(self.statuses.blocks())
    }

    /// Puts together what was put away, over the charter and at the right edge that it had then.
    pub fn put_together<P: Give>(charter: Charter, range: Range, from: &mut P) -> Result<Self, P::Error> {
        let mut state = Self { charter, range, ..Self::default() };
        from.give_all(|licence| state.licences.put(licence))?;
        from.give_all(|case: super::CaseState| drop(state.cases.insert(case.case, case)))?;
        from.give_all(|card: super::CardState| drop(state.cards.insert(card.card, card)))?;
        from.give_all(|one: super::ContentState| {
            state.contents.insert(one.content, one);
        })?;
        from.give_all(|block| state.statuses.put_block(block))?;
        Ok(state)
    }
}
