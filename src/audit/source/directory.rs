//! An export: a directory with a ledger's files.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::{STATUS, Source, SourceError, limit};

/// Deepest folder that is looked into; the deepest tile path has nine.
const MAX_DEPTH: usize = 16;

/// An export.
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
        let start = self.root.join(folder);
        if start.is_dir() {
            self.collect(&start, 0, &mut files)?;
        }
        files.sort();
        Ok(files)
    }

    fn collect(&self, folder: &Path, depth: usize, files: &mut Vec<String>) -> Result<(), SourceError> {
        for entry in fs::read_dir(folder).map_err(|error| failed(folder, &error))? {
            let entry = entry.map_err(|error| failed(folder, &error))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| failed(&path, &error))?;
            if kind.is_dir() && depth < MAX_DEPTH {
                self.collect(&path, depth + 1, files)?;
            } else {
                let named = path.strip_prefix(&self.root).unwrap_or(&path);
                files.push(named.to_string_lossy().into_owned());
            }
        }
        Ok(())
    }
}

impl Source for Directory {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let path_here = self.root.join(path);
        let read = || -> io::Result<Option<Vec<u8>>> {
            let file = File::open(&path_here)?;
            let found = file.metadata()?;
            if !found.is_file() {
                return Ok(None);
            }
            let most = limit(path);
            let mut bytes = Vec::with_capacity(usize::try_from(found.len().min(most)).unwrap_or(0));
            file.take(most).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        };
        match read() {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            read => read.map_err(|error| failed(&path_here, &error)),
        }
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        self.below(STATUS)
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.below("").map(Some)
    }
}

fn failed(path: &Path, error: &io::Error) -> SourceError {
    SourceError::Io { path: path.display().to_string(), reason: error.to_string() }
}
