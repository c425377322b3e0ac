//! An export or a mirror: a directory with a ledger's files. What a mirror brings along lies apart until all of it is there
//! (`mirror`): before, it is not looked at; from then on it is read as if it lay in its place already.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::{STATUS, Source, SourceError, limit};

/// Deepest folder that is looked into; the deepest tile path has nine.
const MAX_DEPTH: usize = 16;

/// Where a mirror keeps what is on its way; a folder in its directory, and no file of the ledger.
pub(in crate::audit) const STAGE: &str = ".mirror";
/// What lies there once it is whole and only has to be put in its place.
pub(in crate::audit) const WHOLE: &str = ".mirror/whole";

/// An export or a mirror.
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// The export in an existing directory.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, SourceError> {
        let root = root.into();
        let found = fs::metadata(&root).map_err(|error| failed(&root, &error))?;
        if found.is_dir() {
            Ok(Self { root })
        } else {
            Err(failed(&root, &io::Error::from(ErrorKind::NotADirectory)))
        }
    }

    /// Files below `folder`, sorted; symbolic links among them, not followed.
    fn below(&self, folder: &str) -> Result<Vec<String>, SourceError> {
        let mut files = Vec::new();
        for root in [&self.root.join(WHOLE), &self.root] {
            let start = root.join(folder);
            if start.is_dir() {
                collect(root, &start, 0, &mut files)?;
            }
        }
        files.sort();
        files.dedup();
        Ok(files)
    }
}

fn collect(root: &Path, folder: &Path, depth: usize, files: &mut Vec<String>) -> Result<(), SourceError> {
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, &error))? {
        let entry = entry.map_err(|error| failed(folder, &error))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| failed(&path, &error))?;
        let named = path.strip_prefix(root).unwrap_or(&path);
        if kind.is_dir() && depth < MAX_DEPTH {
            if named != Path::new(STAGE) {
                collect(root, &path, depth + 1, files)?;
            }
        } else {
            files.push(named.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

impl Source for Directory {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        // In this order: what is put in its place between two looks is found by the second.
        match read(&self.root.join(WHOLE).join(path), limit(path))? {
            None => read(&self.root.join(path), limit(path)),
            found => Ok(found),
        }
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        self.below(STATUS)
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.below("").map(Some)
    }
}

/// At most so many bytes of a file; `None` where there is none.
pub(in crate::audit) fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>, SourceError> {
    let read = || -> io::Result<Option<Vec<u8>>> {
        let file = File::open(path)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(found.len().min(most)).unwrap_or(0));
        file.take(most).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    };
    match read() {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        read => read.map_err(|error| failed(path, &error)),
    }
}

fn failed(path: &Path, error: &io::Error) -> SourceError {
    SourceError::Io { path: path.display().to_string(), reason: error.to_string() }
}
