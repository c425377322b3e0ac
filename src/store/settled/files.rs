//! The files that count, by their first keys; no two hold the same part of the keys. A file also minds the keys from its last to the first of the
//! next file of its family, so that what comes between them has a file to go into. Not here: changes of rows, which lie in the engine.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::{SettledFault, SettledFile};
use crate::authority::store::KeyValue;

/// Files by their first keys. Cheap to copy: the files themselves are shared.
#[derive(Debug, Clone, Default)]
pub struct SettledFiles(BTreeMap<Box<[u8]>, Arc<SettledFile>>);

impl SettledFiles {
    /// Puts a file among them.
    pub fn add(&mut self, file: Arc<SettledFile>) {
        self.0.insert(file.first().into(), file);
    }

    /// Takes a file from among them.
    pub fn take(&mut self, file: &SettledFile) {
        self.0.remove(file.first());
    }

    /// Whether each file ends before the next begins, as they are put among one another.
    pub fn are_apart(&self) -> bool {
        let files = || self.0.values();
        files().zip(files().skip(1)).all(|(file, next)| file.last() < next.first())
    }

    /// The files, in order.
    pub fn files(&self) -> impl Iterator<Item = &Arc<SettledFile>> {
        self.0.values()
    }

    /// The value of a row.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, SettledFault> {
        self.until(key).map_or(Ok(None), |file| file.get(key))
    }

    /// The last file that begins with a key or before it.
    pub fn until(&self, key: &[u8]) -> Option<&Arc<SettledFile>> {
        let until = (Bound::Unbounded, Bound::Included(key));
        self.0.range::<[u8], _>(until).next_back().map(|(_, file)| file)
    }

    /// The first file that begins after a key.
    pub fn after(&self, key: &[u8]) -> Option<&Arc<SettledFile>> {
        let after = (Bound::Excluded(key), Bound::Unbounded);
        self.0.range::<[u8], _>(after).next().map(|(_, file)| file)
    }

    /// The file that minds a key of a family, and the key before which it does so; none of a key that comes after all rows of its family, where
    /// rows go into files of their own.
    pub fn minding(&self, family: u8, key: &[u8]) -> Option<(&Arc<SettledFile>, Option<&[u8]>)> {
        let of_family = |file: &&Arc<SettledFile>| file.first().first() == Some(&family);
        let next = self.after(key).filter(of_family);
        match (self.until(key).filter(of_family), next) {
            (Some(file), Some(next)) => Some((file, Some(next.first()))),
            (Some(file), None) => (key <= file.last()).then_some((file, None)),
            // Before the first one: that one, with all that it minds.
            (None, Some(next)) => {
                Some((next, self.after(next.first()).filter(of_family).map(|after| after.first())))
            }
            (None, None) => None,
        }
    }

    /// The last row that does not come after a key, or that comes before it where `or_itself` is not said. Nothing is read where all come
    /// before `from`; one that does may be told.
    pub fn last(&self, from: &[u8], until: &[u8], or_itself: bool) -> Result<Option<KeyValue>, SettledFault> {
        let bound = if or_itself { Bound::Included(until) } else { Bound::Excluded(until) };
        let Some((_, file)) = self.0.range::<[u8], _>((Bound::Unbounded, bound)).next_back() else {
            return Ok(None);
        };
        if file.last() < from {
            return Ok(None);
        }
        let mut place = file.holding(until);
        while let Some(at) = place {
            let rows = file.rows_of(at)?;
            let found =
                rows.into_iter().rev().find(|(key, _)| &**key < until || (or_itself && **key == *until));
            if found.is_some() {
                return Ok(found);
            }
            place = at.checked_sub(1);
        }
        Ok(None)
    }
}
