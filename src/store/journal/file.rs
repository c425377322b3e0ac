//! The files of a journal: `00000001.journal` and so on, of which the newest counts. A file begins with every row of the store as
//! it was then, so that the ones before it can go; until those are all written it has another name. A file's first line names form and
//! number, and its first record hangs on that. What was not this store's own, or could not be read, is set aside and never removed.
//!
//! Not here: what is written when (`opening`, `super`), and putting it back (`rebuild`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::error::JournalError;
use super::record::{Chain, Kind, Known, Record};
use crate::authority::store::Head;
use crate::crypto::digest::sha256_parts;

/// How the first line begins, in any form.
const JOURNAL: &str = "vidimus journal ";
/// The form that this program writes and reads.
const FORM: u64 = 1;
/// Longest first line.
const FIRST_LINE: u64 = 64;
/// A file that has grown beyond this many times what it began with, and so many bytes, is begun anew at the next start.
const GROWN: (u64, u64) = (2, if cfg!(test) { 1 << 20 } else { 64 << 20 });

pub(super) fn first_line(number: u64) -> String {
    format!("{JOURNAL}{FORM} {number}\n")
}

/// A file that records are added to.
pub(super) struct Appending {
    file: File,
    path: PathBuf,
    /// Bytes, and bytes of what it began with.
    length: u64,
    began: u64,
    /// What the next record hangs on.
    pub(super) chain: Chain,
    /// Of the last record.
    pub(super) number: u64,
}

impl Appending {
    /// A new file, written under another name than `path` until it is whole.
    pub(super) fn begin(beginning: &Path, path: PathBuf, number: u64) -> Result<Self, JournalError> {
        let failed = |error| JournalError::io(beginning, error);
        let opened = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(beginning);
        let mut file = opened.map_err(failed)?;
        let line = first_line(number);
        file.write_all(line.as_bytes()).map_err(failed)?;
        let length = u64::try_from(line.len()).unwrap_or(0);
        Ok(Self { file, path, length, began: length, chain: sha256_parts(&[line.as_bytes()]), number: 0 })
    }

    /// Goes on behind what was read of a file; what lies beyond is cut off. `began` bytes are what it began with.
    pub(super) fn after(read: &Reading, began: u64) -> Result<Self, JournalError> {
        let failed = |error| JournalError::io(&read.path, error);
        let Place { at, number, chain, .. } = read.place;
        let mut file = OpenOptions::new().read(true).write(true).open(&read.path).map_err(failed)?;
        file.set_len(at).and_then(|()| file.sync_all()).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self { file, path: read.path.clone(), length: at, began, chain, number })
    }

    /// Adds a record, which is durable after [`Appending::handle`] was synced.
    pub(super) fn add(&mut self, record: &Record) -> Result<(), JournalError> {
        let (bytes, chain) = record.chained(&self.chain).ok_or(JournalError::TooBig)?;
        self.file.write_all(&bytes).map_err(|error| JournalError::io(&self.path, error))?;
        self.length += u64::try_from(bytes.len()).unwrap_or(0);
        if record.kind == Kind::Whole {
            self.began = self.length;
        }
        self.chain = chain;
        self.number = record.number;
        Ok(())
    }

    /// Makes all of it durable.
    pub(super) fn sync(&self) -> Result<(), JournalError> {
        self.file.sync_all().map_err(|error| JournalError::io(&self.path, error))
    }

    /// Another handle of the file, to be synced beside whoever adds.
    pub(super) fn handle(&self) -> Result<File, JournalError> {
        self.file.try_clone().map_err(|error| JournalError::io(&self.path, error))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// In bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// From how many bytes on it has grown too long.
    pub(super) fn too_long(&self) -> u64 {
        too_long(self.began)
    }

    /// From now on nothing can be added, as on a failed disk.
    #[cfg(test)]
    pub(super) fn fail(&mut self) {
        self.file = File::open(&self.path).unwrap();
    }
}

/// Behind which record one is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// In bytes.
    pub(super) at: u64,
    /// Of the record.
    pub(super) number: u64,
    /// What the next one hangs on.
    pub(super) chain: Chain,
    /// The head that the commits come to.
    pub(super) head: Head,
}

/// A file that is read from its beginning, every record held against the chain.
pub(super) struct Reading {
    from: BufReader<File>,
    path: PathBuf,
    /// Behind the last record.
    pub(super) place: Place,
    /// Of the whole file.
    pub(super) length: u64,
}

impl Reading {
    /// Opens a file; one of this number, if one is given.
    pub(super) fn open(path: &Path, number: Option<u64>) -> Result<Self, JournalError> {
        let failed = |error| JournalError::io(path, error);
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut from = BufReader::with_capacity(1 << 20, file);
        let mut line = Vec::new();
        from.by_ref().take(FIRST_LINE).read_until(b'\n', &mut line).map_err(failed)?;
        let foreign = || JournalError::Foreign(path.to_owned());
        let said = str::from_utf8(&line).ok().and_then(|line| line.strip_prefix(JOURNAL)?.strip_suffix('\n'));
        let (form, said) = said.and_then(|said| said.split_once(' ')).ok_or_else(foreign)?;
        if form.parse::<u64>().is_ok_and(|form| form > FORM) {
            return Err(JournalError::Newer(path.to_owned()));
        }
        let said: u64 = said.parse().map_err(|_| foreign())?;
        if number.is_some_and(|number| number != said) || line != first_line(said).as_bytes() {
            return Err(foreign());
        }
        let at = u64::try_from(line.len()).unwrap_or(0);
        let place = Place { at, number: 0, chain: sha256_parts(&[&line]), head: Head::default() };
        Ok(Self { from, path: path.to_owned(), place, length })
    }

    /// Goes back to where it was.
    pub(super) fn back(&mut self, to: Place) -> Result<(), JournalError> {
        self.from.seek(SeekFrom::Start(to.at)).map_err(|error| JournalError::io(&self.path, error))?;
        self.place = to;
        Ok(())
    }

    /// The next record; `None` at the end, or where what follows is none.
    pub(super) fn next(&mut self) -> Result<Option<Record>, JournalError> {
        let read = Record::read(&mut self.from, &self.place.chain);
        let read = read.map_err(|error| JournalError::io(&self.path, error))?;
        let Some((known, chain, took)) = read else { return Ok(None) };
        let Known::Record(record) = known else { return Err(JournalError::Newer(self.path.clone())) };
        // The first of a file has any number; then they follow each other.
        let first = record.kind == Kind::Kept || record.kind == Kind::Whole;
        if !first && record.number != self.place.number + 1 {
            return Ok(None);
        }
        let before = self.place.head;
        if record.kind == Kind::Commit && record.head.size <= before.size {
            return Err(JournalError::Backwards { path: self.path.clone(), number: record.number });
        }
        // Rows beside the ledger may have been written while a commit before them was under way.
        let head = if record.kind == Kind::Put { before } else { record.head };
        self.place = Place { at: self.place.at + took, number: record.number, chain, head };
        Ok(Some(record))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes beyond the last record.
    pub(super) fn beyond(&self) -> u64 {
        self.length.saturating_sub(self.place.at)
    }

    /// Writes those bytes out.
    pub(super) fn copy_beyond(&self, to: &mut File) -> io::Result<u64> {
        let mut from = File::open(&self.path)?;
        from.seek(SeekFrom::Start(self.place.at))?;
        io::copy(&mut from, to)
    }
}

/// Whether a file has grown too long, as far as its records say where they begin: nothing is held against the chain.
pub(super) fn is_too_long(path: &Path) -> io::Result<bool> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut from = BufReader::new(file);
    let mut at =
        u64::try_from(from.by_ref().take(FIRST_LINE).read_until(b'\n', &mut Vec::new())?).unwrap_or(0);
    while at < length {
        let (mut size, mut kind) = ([0; 4], [0]);
        if from.read_exact(&mut size).and_then(|()| from.read_exact(&mut kind)).is_err() {
            break;
        }
        let rest = i64::from(u32::from_be_bytes(size)) + 31;
        from.seek_relative(rest)?;
        at = at.saturating_add(5).saturating_add_signed(rest);
        if kind.first().copied().and_then(Kind::of) == Some(Kind::Whole) {
            return Ok(length > too_long(at));
        }
    }
    Ok(false)
}

/// From how many bytes on a file has grown too long that began with so many.
fn too_long(began: u64) -> u64 {
    (GROWN.0 * began).saturating_add(GROWN.1)
}

/// Bytes of a file.
pub(super) fn bytes_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}
