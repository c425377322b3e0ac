//! The directory of settled rows. A file is written beside its place, synced, renamed, its directory synced, and read back past the system's
//! memory where the system allows that, so one under its own name is whole. Not here: which of them count.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{SettledFault, SettledFile, form};
use crate::authority::store::KeyValue;
use crate::crypto::Digest;
use crate::store::durable::{NEW, beside, make_durable, replace};

/// The directory's name in an engine's own.
pub const SETTLED: &str = "settled";

/// A directory of files of rows, which is made when the first is kept. One process alone writes: whoever holds the engine.
#[derive(Debug)]
pub struct SettledFolder {
    path: PathBuf,
    /// Held as long as this is: the directory may be a link, which a copy of the engine's directory has too.
    held: OnceLock<File>,
}

impl SettledFolder {
    /// In this directory.
    pub fn new(path: PathBuf) -> Self {
        Self { path, held: OnceLock::new() }
    }

    /// Takes the directory for this process, if it is there; whether nobody else has it.
    pub fn hold(&self) -> io::Result<bool> {
        if self.held.get().is_some() {
            return Ok(true);
        }
        let directory = match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
            directory => directory?,
        };
        match directory.try_lock() {
            Ok(()) => Ok(self.held.set(directory).is_ok()),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Writes a file of rows, which ascend, durably, and reads all of it back. Where that fails nothing of it stays, as far as the disk allows.
    pub fn keep(&self, number: u64, rows: &[KeyValue]) -> Result<SettledFile, SettledFault> {
        let path = self.place(number);
        let kept = self.try_keep(&path, number, rows);
        if kept.is_err() {
            let _stays = fs::remove_file(beside(&path));
            let _stays = fs::remove_file(&path);
        }
        kept
    }

    fn try_keep(&self, path: &Path, number: u64, rows: &[KeyValue]) -> Result<SettledFile, SettledFault> {
        let laid =
            form::lay_out(rows).ok_or_else(|| SettledFault::of(path, "these rows cannot lie in a file"))?;
        self.write(path, &laid.bytes).map_err(|error| SettledFault::from_system(path, &error))?;
        let kept = SettledFile::open(path.to_owned(), number)?;
        let digest = laid.bytes.get(laid.index_at..).map(Digest::of);
        if digest == Some(kept.digest()) && kept.all()? == rows {
            return Ok(kept);
        }
        Err(SettledFault::of(path, "what was written is not what is read"))
    }

    /// A file that was kept before.
    pub fn open(&self, number: u64, digest: &Digest) -> Result<SettledFile, SettledFault> {
        let file = SettledFile::open(self.place(number), number)?;
        if file.digest() == *digest {
            Ok(file)
        } else {
            Err(SettledFault::of(&self.place(number), "it is not the file it must be"))
        }
    }

    /// Removes what a start that broke off, or a reader, left: files that are not among these.
    pub fn sweep(&self, named: &BTreeSet<u64>) -> io::Result<()> {
        let files = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            files => files?,
        };
        for file in files {
            let file = file?;
            let name = file.file_name();
            let name = name.to_string_lossy();
            let number = u64::from_str_radix(name.strip_suffix(NEW).unwrap_or(&name), 16).ok();
            let ours = number.filter(|number| name.starts_with(&Self::name(*number)));
            if ours.is_some_and(|number| name.ends_with(NEW) || !named.contains(&number)) {
                fs::remove_file(file.path())?;
            }
        }
        Ok(())
    }

    fn name(number: u64) -> String {
        format!("{number:016x}")
    }

    fn place(&self, number: u64) -> PathBuf {
        self.path.join(Self::name(number))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.make()?;
        if !self.hold()? {
            return Err(io::Error::new(ErrorKind::ResourceBusy, "another process has the directory"));
        }
        replace(path, bytes)?;
        make_durable(path)
    }

    fn make(&self) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(&self.path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => made?,
        }
        // Each time: one that is there may not be durable.
        self.path.parent().map_or(Ok(()), |above| File::open(above)?.sync_all())
    }
}
