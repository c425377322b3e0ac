//! An archive in a directory: `tile/entries/x001/234.gz` and `tile/0/x001/234`, which any server of files can serve as they lie.
//!
//! A file is written beside its place, synced, renamed, its directory synced, and read back past the system's memory where the system allows
//! that. So a file under its own name is whole, whenever power or process went. One process alone writes: whoever holds the store.
//! A bundle that somebody copied here from an export or a mirror, unpacked, is read as well.
//! Not here: which files there are to be.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, fadvise};

use crate::authority::archive::{FileFault, Files, pack};
use crate::merkle::TilePath;

/// What a file is called while it is written.
const NEW: &str = ".new";

/// Files under a directory, which is made when the first one is kept.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// In this directory.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
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
        make(above)?;
        if read(file)?.as_deref() != Some(bytes) {
            let new = PathBuf::from(format!("{}{NEW}", file.display()));
            let mut writing =
                OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
            writing.write_all(bytes)?;
            writing.sync_all()?;
            fs::rename(&new, file)?;
        }
        // One that was there may have been left by a start that broke off before it was durable.
        let kept = File::open(file)?;
        kept.sync_all()?;
        File::open(above)?.sync_all()?;
        forget(&kept);
        match read(file)? {
            Some(back) if back == bytes => Ok(()),
            _ => Err(io::Error::new(ErrorKind::InvalidData, "what was written is not what is read")),
        }
    }
}

impl Files for Folder {
    fn read(&self, path: &TilePath) -> Result<Option<Vec<u8>>, FileFault> {
        let file = self.file(path);
        let packed = read(&file).map_err(|error| fault(&file, &error))?;
        if packed.is_some() || !matches!(path, TilePath::Entries(..)) {
            return Ok(packed);
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

/// Lets the system forget what it holds of a file that is on the disk, so that it is read from there.
fn forget(file: &File) {
    // Where it cannot, it is read from memory.
    let _hint = fadvise(file, 0, None, Advice::DontNeed);
}

fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match File::open(file).and_then(|mut open| open.read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a directory (0700), durably, with those above it.
fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make(above)?;
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    File::open(above)?.sync_all()
}

fn fault(file: &Path, error: &io::Error) -> FileFault {
    FileFault { file: file.display().to_string(), why: error.to_string() }
}
