//! Copies of what was put away before there were any, in order: those that are whole are passed over, and so is what can be read nowhere.
//! Not here: files (`archive`), and what is copied as it is put away.

use std::collections::VecDeque;

use crate::authority::archive::Archive;
use crate::authority::store::{Store, StoreError};

/// Copies that are looked at in one step: read and hashed, as whatever counts as put away was.
const LOOKED_AT: u64 = 256;

/// How far copies were looked at.
#[derive(Debug, Default)]
pub(super) struct Copying {
    /// The first bundle that was not looked at.
    next: u64,
    /// Bundles before it that could not be copied: their files are lost, and may be put back.
    without: VecDeque<u64>,
}

impl Copying {
    /// Looks at some more of so many bundles, and at one of those that could not be copied; how many copies were missing, or were not what
    /// they must be, and are made.
    pub(super) fn go_on(
        &mut self,
        store: &dyn Store,
        archive: &Archive,
        bundles: u64,
        most: u64,
    ) -> Result<u64, StoreError> {
        if archive.copies().is_none() {
            self.next = bundles;
            return Ok(0);
        }
        let mut copied = 0;
        if let Some(number) = self.without.pop_front() {
            copied += self.copy(store, archive, number)?;
        }
        let last = bundles.min(self.next.saturating_add(LOOKED_AT));
        while self.next < last && copied < most {
            let number = self.next;
            self.next += 1;
            copied += self.copy(store, archive, number)?;
        }
        Ok(copied)
    }

    fn copy(&mut self, store: &dyn Store, archive: &Archive, number: u64) -> Result<u64, StoreError> {
        let copied = archive.copy(store, number);
        if copied.is_err() {
            self.without.push_back(number);
        }
        match copied {
            Err(StoreError::Archived { .. }) => Ok(0),
            copied => copied.map(u64::from),
        }
    }

    /// Notes that bundles were put away, which copies them; how many are to be looked at still.
    pub(super) fn put_away(&mut self, from: u64, until: u64) -> u64 {
        if self.next == from {
            self.next = until;
        }
        until.saturating_sub(self.next)
    }

    /// Bundles without a copy, of so many, as far as is known.
    pub(super) fn left(&self, bundles: u64) -> u64 {
        let without = u64::try_from(self.without.len()).unwrap_or(u64::MAX);
        bundles.saturating_sub(self.next).saturating_add(without)
    }
}
