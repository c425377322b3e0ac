//! One file of settled rows: its index is in memory, its blocks are read when they are asked for. Whoever names the file keeps the digest of its
//! index and end, which names every block by its checksum. Not here: how rows lie in it (`form`), and the files beside it (`files`).

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::SettledFault;
use super::form::{self, Index};
use crate::authority::store::KeyValue;
use crate::crypto::Digest;

/// A file of rows.
#[derive(Debug)]
pub struct SettledFile {
    path: PathBuf,
    number: u64,
    digest: Digest,
    bytes: u32,
    rows: u32,
    index: Index,
    replaced: AtomicBool,
}

impl SettledFile {
    /// Reads a file's end and index.
    pub(super) fn open(path: PathBuf, number: u64) -> Result<Self, SettledFault> {
        match Self::read_index(&path) {
            Ok(Some((digest, bytes, rows, index))) => {
                Ok(Self { path, number, digest, bytes, rows, index, replaced: AtomicBool::new(false) })
            }
            Ok(None) => Err(SettledFault::of(&path, "its index is damaged")),
            Err(error) => Err(SettledFault::from_system(&path, &error)),
        }
    }

    fn read_index(path: &Path) -> std::io::Result<Option<(Digest, u32, u32, Index)>> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let Some(end_at) = usize::try_from(length).ok().and_then(|length| length.checked_sub(form::END))
        else {
            return Ok(None);
        };
        let mut end = vec![0; form::END];
        file.read_exact_at(&mut end, u64::try_from(end_at).unwrap_or(u64::MAX))?;
        let Some((index_at, rows)) = form::read_end(&end) else { return Ok(None) };
        let long = usize::try_from(index_at).ok().and_then(|index_at| end_at.checked_sub(index_at));
        let Some(long) = long else { return Ok(None) };
        let mut index = vec![0; long];
        file.read_exact_at(&mut index, u64::from(index_at))?;
        let digest = Digest::of(&[index.as_slice(), &end].concat());
        Ok(Index::read(&index, index_at).map(|index| (digest, index_at, rows, index)))
    }

    /// What it is called among its engine's files.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Of its index and end.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Bytes of its rows as they lie in it.
    pub fn bytes(&self) -> u32 {
        self.bytes
    }

    /// How many rows.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Its first key.
    pub fn first(&self) -> &[u8] {
        self.index.first()
    }

    /// Its last key.
    pub fn last(&self) -> &[u8] {
        &self.index.last
    }

    /// How many blocks.
    pub(super) fn blocks(&self) -> usize {
        self.index.len()
    }

    /// The block that would hold a key; none where the key comes before the first row.
    pub(super) fn holding(&self, key: &[u8]) -> Option<usize> {
        self.index.holding(key)
    }

    /// The value of a row. One read of about 8 KiB, or none.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, SettledFault> {
        let Some(place) = self.holding(key).filter(|_| key <= self.last()) else { return Ok(None) };
        form::value_in(&self.block(place)?, key).ok_or_else(|| self.damaged())
    }

    /// The rows of a block, by its place.
    pub fn rows_of(&self, place: usize) -> Result<Vec<KeyValue>, SettledFault> {
        form::rows_of(&self.block(place)?).ok_or_else(|| self.damaged())
    }

    /// Every row, in order.
    pub fn all(&self) -> Result<Vec<KeyValue>, SettledFault> {
        let mut rows = Vec::with_capacity(usize::try_from(self.rows).unwrap_or(0));
        for place in 0..self.blocks() {
            rows.extend(self.rows_of(place)?);
        }
        if u32::try_from(rows.len()) == Ok(self.rows) { Ok(rows) } else { Err(self.damaged()) }
    }

    /// Other files hold its rows now. It is removed when nobody reads it any more.
    pub fn replace(&self) {
        self.replaced.store(true, Ordering::Relaxed);
    }

    fn block(&self, place: usize) -> Result<Vec<u8>, SettledFault> {
        let (begin, end, crc) = self.index.block(place).ok_or_else(|| self.damaged())?;
        let length = usize::try_from(end.saturating_sub(begin)).map_err(|_| self.damaged())?;
        let mut bytes = vec![0; length];
        // Opened for each read: there may be thousands of files, and a process may hold a thousand open.
        let read = File::open(&self.path).and_then(|file| file.read_exact_at(&mut bytes, u64::from(begin)));
        read.map_err(|error| SettledFault::from_system(&self.path, &error))?;
        if form::crc(&bytes) == crc { Ok(bytes) } else { Err(self.damaged()) }
    }

    fn damaged(&self) -> SettledFault {
        SettledFault::of(&self.path, "it is damaged")
    }
}

impl Drop for SettledFile {
    fn drop(&mut self) {
        if self.replaced.load(Ordering::Relaxed) {
            // What stays is removed at the next start, since nobody names it.
            let _stays = fs::remove_file(&self.path);
        }
    }
}
