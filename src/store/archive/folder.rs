//! An archive in a directory: `tile/entries/x001/234.gz` and `tile/0/x001/234`, which any server of files can serve as they lie.
//!
//! A file is written beside its place, synced, renamed, its directory synced, and read back past the system's memory where the system allows
//! that. So a file under its own name is whole, whenever power or process went. One process alone writes: whoever holds the store.
//! A bundle that somebody copied here from an export or a mirror, unpacked, is read as well. What is longer than any file of an archive is not read.
//! Not here: which files there are to be.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::authority::archive::{FileFault, Files, LONGEST_FILE, pack};
use crate::merkle::TilePath;
use crate::store::durable::{is_passing, make_durable, replace};

/// Files under a directory, which is made when the first one is kept.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Directories that this process has seen durable: one that is there may be there in memory alone.
    durable: Mutex<BTreeSet<PathBuf>>,
}

impl Folder {
    /// In this directory.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), durable: Mutex::default() }
    }

    /// The file of a path. Only bundles are packed.
    pub(super) fn file(&self, path: &TilePath) -> PathBuf {
        match path {
            TilePath::Entries(..) => self.path.join(format!("{path}.gz")),
            TilePath::Hashes(..) => self.path.join(path.to_string()),
        }
    }

    fn try_keep(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        let above = file.parent().unwrap_or(&self.path);
        self.make(above)?;
        if file.is_dir() {
            let why = "there is a directory in the file's place: move it away";
            return Err(io::Error::new(ErrorKind::IsADirectory, why));
        }
        // One that cannot be read, or is longer than any, is just what has to be replaced.
        if !matches!(read(file), Ok(Some(found)) if found == bytes) {
            replace(file, bytes)?;
        }
        // One that was there may have been left by a start that broke off before it was durable.
        make_durable(file)?;
        match read(file)? {
            Some(back) if back == bytes => Ok(()),
            _ => Err(io::Error::new(ErrorKind::InvalidData, "what was written is not what is read")),
        }
    }

    /// Makes a directory (0700) with those above it, and lets it be durable in the one above, also where it is there already: whoever made it
    /// may not have come to that. Above the archive's own a directory that is there is somebody else's.
    fn make(&self, directory: &Path) -> io::Result<()> {
        let ours = directory.starts_with(&self.path);
        let there = directory.is_dir();
        if there && (!ours || self.known_durable().contains(directory)) {
            return Ok(());
        }
        let above = directory.parent().filter(|above| !above.as_os_str().is_empty());
        let above = above.unwrap_or(Path::new("."));
        self.make(above)?;
        match DirBuilder::new().mode(0o700).create(directory) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && directory.is_dir() => {}
            made => made?,
        }
        File::open(above)?.sync_all()?;
        self.known_durable().insert(directory.to_owned());
        Ok(())
    }

    pub(super) fn known_durable(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for Folder {
    fn read(&self, path: &TilePath) -> Result<Option<Vec<u8>>, FileFault> {
        let file = self.file(path);
        read(&file).map_err(|error| fault(&file, &error))
    }

    fn read_unpacked(&self, path: &TilePath) -> Result<Option<Vec<u8>>, FileFault> {
        if !matches!(path, TilePath::Entries(..)) {
            return Ok(None);
        }
        let plain = self.path.join(path.to_string());
        let unpacked = read(&plain).and_then(|bytes| bytes.map(|bytes| pack(&bytes)).transpose());
        unpacked.map_err(|error| fault(&plain, &error))
    }

    fn has(&self, path: &TilePath) -> bool {
        self.file(path).is_file() || self.path.join(path.to_string()).is_file()
    }

    fn keep(&self, path: &TilePath, bytes: &[u8]) -> Result<(), FileFault> {
        let file = self.file(path);
        self.try_keep(&file, bytes).map_err(|error| fault(&file, &error))
    }

    fn name(&self, path: &TilePath) -> String {
        self.file(path).display().to_string()
    }
}

/// What is in a file, if it is no longer than it can be.
fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let opened = File::open(file).map(|open| open.take(LONGEST_FILE + 1));
    match opened.and_then(|mut open| open.read_to_end(&mut bytes)) {
        Ok(_) if u64::try_from(bytes.len()).is_ok_and(|length| length <= LONGEST_FILE) => Ok(Some(bytes)),
        Ok(_) => Err(io::Error::new(ErrorKind::InvalidData, "it is longer than any file of an archive")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn fault(file: &Path, error: &io::Error) -> FileFault {
    FileFault { file: file.display().to_string(), why: error.to_string(), passing: is_passing(error) }
}
