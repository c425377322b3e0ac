//! An export: a ledger's files copied into an empty directory, exactly those that replay checks. Copied, not judged:
//! a ledger that does not hold is worth keeping too. The checkpoint is written last, so that a broken-off export is not
//! mistaken for a whole one.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::blobs::named_by;
use super::outside;
use super::prove::{self, ProveError};
use super::replay::Progress;
use super::source::{CHECKPOINT, Source, SourceError, WITNESSED, blob_path};
use crate::law;
use crate::merkle::{TilePath, bundles, decode_bundle, tiles};

/// Why an export was not made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The source could not be asked.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The checkpoint cannot be read.
    #[error(transparent)]
    Head(#[from] ProveError),
    /// A file that the checkpoint or an entry requires is not there.
    #[error("the source has no {0}")]
    Missing(String),
    /// The directory has something in it.
    #[error("{0} is not empty")]
    NotEmpty(String),
    /// A file that cannot be written.
    #[error("{path}: {source}")]
    Write {
        /// Which.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Entries.
    pub size: u64,
    /// Files.
    pub files: u64,
}

/// Copies the ledger of a source into `folder`, which is made or is empty. Every file is durable when it returns.
pub fn export(
    source: &dyn Source,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Exported, ExportError> {
    let mut copy = Copy::into(source, folder)?;
    for token in source.tokens()? {
        copy.file(&token)?;
    }
    // Before the checkpoint, so that it is none of a larger tree.
    let cosigned = outside::read(source)?;
    let (note, checkpoint) = prove::head(source)?;
    let size = checkpoint.size;
    let mut blobs = BTreeSet::new();
    for (index, width) in bundles(size) {
        progress(Progress { done: index * 256, total: size });
        let bytes = copy.file(&TilePath::Entries(index, width).to_string())?;
        for entry in decode_bundle(&bytes, width).unwrap_or_default() {
            if let Ok(entry) = law::read(entry) {
                blobs.extend(named_by(entry.body()).into_iter().map(|blob| blob.sha256));
            }
        }
    }
    for (tile, width) in tiles(size) {
        copy.file(&TilePath::Hashes(tile, width).to_string())?;
    }
    for blob in &blobs {
        copy.file(&blob_path(blob))?;
    }
    if let Some(cosigned) = cosigned {
        copy.write(WITNESSED, &cosigned)?;
    }
    copy.write(CHECKPOINT, note.to_string().as_bytes())?;
    copy.seal()?;
    progress(Progress { done: size, total: size });
    Ok(Exported { size, files: copy.files })
}

/// Files on their way from a source into a folder.
struct Copy<'a> {
    source: &'a dyn Source,
    root: &'a Path,
    /// Folders whose entries are not durable yet.
    folders: BTreeSet<PathBuf>,
    files: u64,
}

impl<'a> Copy<'a> {
    fn into(source: &'a dyn Source, root: &'a Path) -> Result<Self, ExportError> {
        fs::create_dir_all(root).map_err(|error| failed(root, error))?;
        let mut inside = fs::read_dir(root).map_err(|error| failed(root, error))?;
        if inside.next().is_some() {
            return Err(ExportError::NotEmpty(root.display().to_string()));
        }
        Ok(Self { source, root, folders: BTreeSet::new(), files: 0 })
    }

    fn file(&mut self, path: &str) -> Result<Vec<u8>, ExportError> {
        let bytes = self.source.read(path)?.ok_or_else(|| ExportError::Missing(path.to_owned()))?;
        self.write(path, &bytes)?;
        Ok(bytes)
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let here = self.root.join(path);
        let folder = here.parent().unwrap_or(self.root);
        fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        let write = || {
            let mut file = File::create_new(&here)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|error| failed(&here, error))?;
        let inside = folder.ancestors().take_while(|folder| folder.starts_with(self.root));
        self.folders.extend(inside.map(Path::to_path_buf));
        self.files += 1;
        Ok(())
    }

    fn seal(&self) -> Result<(), ExportError> {
        let sync = |folder: &PathBuf| File::open(folder).and_then(|open| open.sync_all());
        self.folders.iter().try_for_each(|folder| sync(folder).map_err(|error| failed(folder, error)))
    }
}

fn failed(path: &Path, source: io::Error) -> ExportError {
    ExportError::Write { path: path.display().to_string(), source }
}
