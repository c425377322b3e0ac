//! What a store knows of its journal, in the same batch as the rows. Not here: what follows from it (`opening`).

use super::record::Chain;
use crate::authority::store::{Row, Store, StoreError, Write};

/// The last record that the store did, the first that may have been under way beside it, on what that last one hangs, since another
/// journal has records of the same numbers, and what was durable in the journal then: after a power cut it may have lost all that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) number: u64,
    pub(super) first: u64,
    pub(super) chain: Chain,
    pub(super) synced: Chain,
}

impl Mark {
    pub(super) fn write(self) -> Write {
        let numbers = [self.number.to_be_bytes(), self.first.to_be_bytes()].concat();
        Write::set(Row::Mark, [&numbers[..], &self.chain, &self.synced].concat())
    }

    /// One of another form is none: its journal is set aside as any that the store does not know.
    pub(super) fn of(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = store.get(&Row::Mark)? else { return Ok(None) };
        let read = || {
            let (number, rest) = bytes.split_first_chunk()?;
            let (first, rest) = rest.split_first_chunk()?;
            let (number, first) = (u64::from_be_bytes(*number), u64::from_be_bytes(*first));
            let (chain, synced) = rest.split_first_chunk()?;
            Some(Self { number, first, chain: *chain, synced: synced.try_into().ok()? })
        };
        Ok(read())
    }
}
