//! Reading: what lies in the tree and what lies in settled files, as one. Of a row that is in both, the tree's is the newer. Not here: writing.

use std::ops::Bound;
use std::sync::PoisonError;

use super::SledStore;
use super::fault::{Fault, ask};
use super::parts::{FIRST_KEY, Stored, damaged, part_key};
use crate::authority::store::{KeyValue, StoreError};
use crate::store::settled::{Rows, SettledFault};

/// A row as it lies in the tree.
pub(super) type Raw = (::sled::IVec, ::sled::IVec);

impl SledStore {
    /// The value of a row.
    pub(super) fn value_of(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let files = self.steady.read().unwrap_or_else(PoisonError::into_inner);
        match self.db.ask(|db| db.get(key)).map_err(|fault| self.unreadable(&fault))? {
            Some(stored) => self.whole(key, &stored),
            None => files.get(key).map_err(|fault| self.unsettled(&fault)),
        }
    }

    /// Rows with this prefix after a key, in order.
    pub(super) fn rows_from(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        let first = prefix.max(FIRST_KEY);
        let from = match after {
            Some(after) if after >= first => Bound::Excluded(after.to_vec()),
            _ => Bound::Included(first.to_vec()),
        };
        let files = self.steady.read().unwrap_or_else(PoisonError::into_inner);
        let rows = self.db.range((from.clone(), Bound::Unbounded));
        let mut rows = rows.map_err(|fault| self.unreadable(&fault))?;
        let mut next_raw = || self.raw(ask(|| rows.next().transpose()), prefix);
        let mut settled = Rows::from(&files, from, prefix);
        let mut next_settled = || self.settled(settled.next().transpose(), prefix);

        let mut found = Vec::new();
        if limit == 0 {
            return Ok(found);
        }
        let (mut raw, mut old) = (next_raw()?, next_settled()?);
        while found.len() < limit {
            let (in_tree, in_file) = match (&raw, &old) {
                (None, None) => break,
                (Some((new, _)), Some((old, _))) => (**new <= **old, **old <= **new),
                (new, old) => (new.is_some(), old.is_some()),
            };
            let settled = if in_file { std::mem::replace(&mut old, next_settled()?) } else { None };
            if !in_tree {
                found.extend(settled);
            } else if let Some((key, stored)) = std::mem::replace(&mut raw, next_raw()?) {
                found.extend(self.whole(&key, &stored)?.map(|value| (key.to_vec(), value)));
            }
        }
        Ok(found)
    }

    /// The last row with this prefix that does not come after a key.
    pub(super) fn row_until(&self, prefix: &[u8], until: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        let first = prefix.max(FIRST_KEY);
        if until < first {
            return Ok(None);
        }
        let files = self.steady.read().unwrap_or_else(PoisonError::into_inner);
        let rows = self.db.range((Bound::Included(first.to_vec()), Bound::Included(until.to_vec())));
        let mut rows = rows.map_err(|fault| self.unreadable(&fault))?;
        let mut next_raw = || ask(|| rows.next_back().transpose()).map_err(|fault| self.unreadable(&fault));
        let mut old = files.last(first, until, true).map_err(|fault| self.unsettled(&fault))?;
        let last = loop {
            let raw = next_raw()?;
            let raw = raw.filter(|(key, _)| old.as_ref().is_none_or(|(old, _)| **old <= **key));
            let Some((key, stored)) = raw else { break old };
            if let Some(value) = self.whole(&key, &stored)? {
                break Some((key.to_vec(), value));
            }
            // Gone, and with it what a file says of it.
            if old.as_ref().is_some_and(|(old, _)| **old == *key) {
                old = files.last(first, &key, false).map_err(|fault| self.unsettled(&fault))?;
            }
        };
        Ok(last.filter(|(key, _)| key.starts_with(prefix)))
    }

    /// A value from what stands under its key and, where it is cut, its further parts; none of a row that is gone.
    pub(super) fn whole(&self, key: &[u8], stored: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let read = self.read(stored)?;
        let (length, first) = match read {
            Stored::Gone => return Ok(None),
            Stored::Whole(value) => return Ok(Some(value.to_vec())),
            Stored::Cut(length, first) => (length, first),
        };
        let mut value = first.to_vec();
        for number in 1..=read.further_parts() {
            let part =
                self.db.ask(|db| db.get(part_key(key, number))).map_err(|fault| self.unreadable(&fault))?;
            value.extend_from_slice(&part.ok_or_else(|| self.found_damaged(damaged()))?);
        }
        if value.len() == length { Ok(Some(value)) } else { Err(self.found_damaged(damaged())) }
    }

    fn raw(&self, row: Result<Option<Raw>, Fault>, prefix: &[u8]) -> Result<Option<Raw>, StoreError> {
        let row = row.map_err(|fault| self.unreadable(&fault))?;
        Ok(row.filter(|(key, _)| key.starts_with(prefix)))
    }

    fn settled(
        &self,
        row: Result<Option<KeyValue>, SettledFault>,
        prefix: &[u8],
    ) -> Result<Option<KeyValue>, StoreError> {
        let row = row.map_err(|fault| self.unsettled(&fault))?;
        Ok(row.filter(|(key, _)| key.starts_with(prefix)))
    }
}
