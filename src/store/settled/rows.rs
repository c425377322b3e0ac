//! Rows of all files in order, from a key on, block by block. Not here: changes of them, which lie in the engine.

use std::ops::Bound;
use std::sync::Arc;

use super::{SettledFault, SettledFile, SettledFiles};
use crate::authority::store::KeyValue;

/// Rows from a key on.
pub struct Rows<'a> {
    files: &'a SettledFiles,
    file: Option<&'a Arc<SettledFile>>,
    block: usize,
    rows: std::vec::IntoIter<KeyValue>,
    from: Bound<Vec<u8>>,
    prefix: &'a [u8],
}

impl<'a> Rows<'a> {
    /// The rows that come after a key, or with it. No file is read that has no row with the prefix; rows without it may be among them.
    pub fn from(files: &'a SettledFiles, from: Bound<Vec<u8>>, prefix: &'a [u8]) -> Self {
        let key = match &from {
            Bound::Included(key) | Bound::Excluded(key) => key.as_slice(),
            Bound::Unbounded => &[],
        };
        let file = files.until(key).filter(|file| file.last() >= key).or_else(|| files.after(key));
        let block = file.and_then(|file| file.holding(key)).unwrap_or(0);
        Self { files, file, block, rows: Vec::new().into_iter(), from, prefix }
    }

    fn step(&mut self) -> Result<Option<KeyValue>, SettledFault> {
        loop {
            if let Some(row) = self.rows.next() {
                let early = match &self.from {
                    Bound::Included(from) => row.0 < *from,
                    Bound::Excluded(from) => row.0 <= *from,
                    Bound::Unbounded => false,
                };
                if early {
                    continue;
                }
                return Ok(Some(row));
            }
            let within = |file: &&Arc<SettledFile>| {
                file.first() < self.prefix || file.first().starts_with(self.prefix)
            };
            let Some(file) = self.file.filter(within) else { return Ok(None) };
            if self.block < file.blocks() {
                self.rows = file.rows_of(self.block)?.into_iter();
                self.block += 1;
            } else {
                self.file = self.files.after(file.first());
                self.block = 0;
            }
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<KeyValue, SettledFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            self.file = None;
        }
        step.transpose()
    }
}
