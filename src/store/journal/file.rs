//! The files of a journal: `00000001.journal` and so on, of which the newest counts. A file begins with every row of the store as
//! it was then, so that the ones before it can go; until those are all written it has another name. One that was not this store's own
//! is set aside and never removed. A file's first line names form and number, and its first record hangs on that.
//!
//! Not here: what is written when (`super`), and putting it back (`rebuild`).

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::JournalError;
use super::record::{Chain, Kind, Record};
use crate::crypto::digest::sha256_parts;

/// How the first line begins.
const FORM: &str = "vidimus journal 1 ";
const ENDING: &str = ".journal";
/// A file that is not whole yet.
const BEGINNING: &str = ".beginning";
/// A file that was not the store's own: it may hold what nothing else does.
const ASIDE: &str = ".aside";
/// Held by whoever writes.
const LOCK: &str = "lock";

/// A directory of journal files, made if it is not there and held alone.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    pub(super) fn hold(path: &Path) -> Result<Self, JournalError> {
        let failed = |error| JournalError::io(path, error);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(path.join(LOCK));
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(JournalError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The number and path of the newest file.
    pub(super) fn newest(&self) -> Result<Option<(u64, PathBuf)>, JournalError> {
        newest(&self.path)
    }

    /// A new file behind all others, under the name that says it is not whole.
    pub(super) fn begin(&self) -> Result<Appending, JournalError> {
        let number = self.newest()?.map_or(0, |(number, _)| number) + 1;
        let name = format!("{number:08}{ENDING}");
        let beginning = self.path.join(format!("{name}{BEGINNING}"));
        let failed = |error| JournalError::io(&beginning, error);
        let mut file =
            OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&beginning);
        let line = first_line(number);
        file.as_mut().map_or(Ok(()), |file| file.write_all(line.as_bytes())).map_err(failed)?;
        let path = self.path.join(name);
        Ok(Appending {
            file: file.map_err(failed)?,
            path,
            chain: sha256_parts(&[line.as_bytes()]),
            number: 0,
        })
    }

    /// Gives a file that is whole its name. Those before it go, or are set aside.
    pub(super) fn keep(&self, begun: &Appending, aside: bool) -> Result<(), JournalError> {
        let beginning = behind(&begun.path, BEGINNING);
        let failed = |error| JournalError::io(&begun.path, error);
        begun.file.sync_all().map_err(failed)?;
        fs::rename(&beginning, &begun.path).map_err(failed)?;
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(failed)?;
        for (_, path) in numbered(&self.path)?.into_iter().filter(|(_, path)| *path != begun.path) {
            let done = if aside { fs::rename(&path, behind(&path, ASIDE)) } else { fs::remove_file(&path) };
            done.map_err(|error| JournalError::io(&path, error))?;
        }
        Ok(())
    }
}

fn behind(path: &Path, ending: &str) -> PathBuf {
    let mut longer = path.to_owned().into_os_string();
    longer.push(ending);
    longer.into()
}

/// Refused while somebody writes it. A copy of a journal may have no lock.
pub(super) fn refuse_used(folder: &Path) -> Result<(), JournalError> {
    match File::open(folder.join(LOCK)).map(|lock| lock.try_lock()) {
        Ok(Err(TryLockError::WouldBlock)) => Err(JournalError::InUse(folder.to_owned())),
        _ => Ok(()),
    }
}

fn first_line(number: u64) -> String {
    format!("{FORM}{number}\n")
}

pub(super) fn newest(folder: &Path) -> Result<Option<(u64, PathBuf)>, JournalError> {
    Ok(numbered(folder)?.into_iter().max())
}

fn numbered(folder: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let failed = |error| JournalError::io(folder, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(ENDING)?.parse().ok());
        found.extend(number.map(|number| (number, entry.path())));
    }
    Ok(found)
}

/// A file that records are added to.
pub(super) struct Appending {
    file: File,
    path: PathBuf,
    /// What the next record hangs on.
    pub(super) chain: Chain,
    /// Of the last record.
    pub(super) number: u64,
}

impl Appending {
    /// Goes on behind what was read of a file; what lies beyond is cut off.
    pub(super) fn after(read: &Reading) -> Result<Self, JournalError> {
        let failed = |error| JournalError::io(&read.path, error);
        let mut file = OpenOptions::new().read(true).write(true).open(&read.path).map_err(failed)?;
        file.set_len(read.place.at).and_then(|()| file.sync_all()).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self { file, path: read.path.clone(), chain: read.place.chain, number: read.place.number })
    }

    /// Adds a record, which is durable after [`Appending::handle`] was synced.
    pub(super) fn add(&mut self, record: &Record) -> Result<(), JournalError> {
        let (bytes, chain) = record.chained(&self.chain).ok_or(JournalError::TooBig)?;
        self.file.write_all(&bytes).map_err(|error| JournalError::io(&self.path, error))?;
        self.chain = chain;
        self.number = record.number;
        Ok(())
    }

    /// Another handle of the file, to be synced beside whoever adds.
    pub(super) fn handle(&self) -> Result<File, JournalError> {
        self.file.try_clone().map_err(|error| JournalError::io(&self.path, error))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
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
    chain: Chain,
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
    pub(super) fn open(number: u64, path: &Path) -> Result<Self, JournalError> {
        let failed = |error| JournalError::io(path, error);
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let (mut from, line) = (BufReader::with_capacity(1 << 20, file), first_line(number));
        let mut found = vec![0; line.len()];
        match from.read_exact(&mut found) {
            Ok(()) if found == line.as_bytes() => {}
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(failed(error)),
            _ => return Err(JournalError::Foreign(path.to_owned())),
        }
        let place =
            Place { at: u64::try_from(found.len()).unwrap_or(0), number: 0, chain: sha256_parts(&[&found]) };
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
        let Some((record, chain, took)) = read else { return Ok(None) };
        // The first of a file has any number; then they follow each other.
        let first = record.kind == Kind::Kept || record.kind == Kind::Whole;
        if !first && record.number != self.place.number + 1 {
            return Ok(None);
        }
        self.place = Place { at: self.place.at + took, number: record.number, chain };
        Ok(Some(record))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
