//! A mirror's directory. What comes lies in `.mirror/next` until all of it is there, each file written beside its place and
//! renamed when durable; then `next` becomes `whole` by one rename, and from there every file is put in its place, the
//! checkpoint last. Killed at any point, the directory is the old mirror or the new one (`source::directory`).

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::MirrorError;
use crate::audit::remembered::replace;
use crate::audit::source::{CHECKPOINT, Directory, STAGE, Source as _, WHOLE, limit, read};
use crate::merkle::{TileId, TilePath, width_at};

/// Files that are proved and wait for the others.
const NEXT: &str = ".mirror/next";
/// The file that is being written.
const WRITING: &str = ".mirror/writing";
/// The newest checkpoint that was seen, whether or not its tree has come.
const SEEN: &str = ".mirror/seen";

/// A mirror's directory, held by this process alone.
pub(super) struct Folder {
    root: PathBuf,
    _held: File,
}

/// Where a file lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In its place.
    Mirror,
    /// On its way.
    Next,
}

impl Folder {
    /// Opens the directory, or makes it, and puts in place what was whole when a process ended.
    pub(super) fn open(root: &Path) -> Result<Self, MirrorError> {
        fs::create_dir_all(root).map_err(|error| failed(root, error))?;
        let held = File::open(root).map_err(|error| failed(root, error))?;
        match held.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(MirrorError::Busy(root.display().to_string())),
            Err(TryLockError::Error(error)) => return Err(failed(root, error)),
        }
        let folder = Self { root: root.to_owned(), _held: held };
        if folder.root.join(WHOLE).is_dir() {
            folder.put_in_place()?;
        }
        let known = folder.root.join(CHECKPOINT).exists() || folder.root.join(STAGE).is_dir();
        let mut inside = fs::read_dir(root).map_err(|error| failed(root, error))?;
        if !known && inside.next().is_some() {
            return Err(MirrorError::NoMirror(root.display().to_string()));
        }
        let next = folder.root.join(NEXT);
        fs::create_dir_all(&next).map_err(|error| failed(&next, error))?;
        Ok(folder)
    }

    /// The checkpoint of the mirror, and the newest that was seen on the way to the next.
    pub(super) fn checkpoints(&self) -> Result<[Option<Vec<u8>>; 2], MirrorError> {
        let read = |path: &str| Ok::<_, MirrorError>(read(&self.root.join(path), limit(CHECKPOINT))?);
        Ok([read(CHECKPOINT)?, read(SEEN)?])
    }

    /// The mirror as it is, to be read.
    pub(super) fn source(&self) -> Result<Directory, MirrorError> {
        Ok(Directory::open(&self.root)?)
    }

    /// Remembers a checkpoint that its tree is on the way.
    pub(super) fn saw(&self, checkpoint: &[u8]) -> Result<(), MirrorError> {
        let path = self.root.join(SEEN);
        replace(&path, checkpoint).map_err(|error| failed(&path, error))
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    /// The bytes of a file on its way, else of one in its place.
    pub(super) fn read(&self, path: &str) -> Result<Option<(Vec<u8>, Place)>, MirrorError> {
        for (folder, place) in [(self.root.join(NEXT), Place::Next), (self.root.clone(), Place::Mirror)] {
            if let Some(bytes) = read(&folder.join(path), limit(path))? {
                return Ok(Some((bytes, place)));
            }
        }
        Ok(None)
    }

    /// Adds a proved file to those that wait. Durable when it returns, but for the names of new folders (`begin_placing`).
    pub(super) fn add(&self, path: &str, bytes: &[u8]) -> Result<(), MirrorError> {
        let writing = self.root.join(WRITING);
        let write = || {
            let mut file = File::create(&writing)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|error| failed(&writing, error))?;
        rename(&writing, &self.root.join(NEXT).join(path))
    }

    /// Removes partial tiles and bundles that the tree of the mirror had outgrown before this run: whoever was reading the tree
    /// before it is done.
    pub(super) fn prune(&self, size: u64) -> Result<(), MirrorError> {
        for path in self.source()?.files()?.unwrap_or_default() {
            let (tile, width) = match path.parse() {
                Ok(TilePath::Hashes(tile, width)) => (tile, width),
                Ok(TilePath::Entries(index, width)) => match TileId::new(0, index) {
                    Ok(tile) => (tile, width),
                    Err(_) => continue,
                },
                Err(_) => continue,
            };
            if width_at(size, tile).is_some_and(|whole| width < whole) {
                let path = self.root.join(path);
                fs::remove_file(&path).map_err(|error| failed(&path, error))?;
                // The folder of partial tiles, if this was the last.
                let _kept = path.parent().map(fs::remove_dir);
            }
        }
        Ok(())
    }

    /// Says that everything is there: the one rename by which the mirror becomes the new one. Then everything is put in its place.
    pub(super) fn complete(&self) -> Result<(), MirrorError> {
        let (stage, next) = (self.root.join(STAGE), self.root.join(NEXT));
        let mut folders = BTreeSet::new();
        files(&next, &next, &mut folders)?;
        folders.insert(next.clone());
        folders.iter().try_for_each(|folder| sync(folder))?;
        rename(&next, &self.root.join(WHOLE))?;
        sync(&stage)?;
        sync(&self.root)?;
        self.put_in_place()
    }

    /// Puts what is whole in its place, the checkpoint last.
    fn put_in_place(&self) -> Result<(), MirrorError> {
        let whole = self.root.join(WHOLE);
        let mut folders = BTreeSet::new();
        let waiting = files(&whole, &whole, &mut folders)?;
        let mut touched = BTreeSet::from([self.root.clone()]);
        for path in waiting.iter().filter(|path| path.as_path() != Path::new(CHECKPOINT)) {
            let to = self.root.join(path);
            rename(&whole.join(path), &to)?;
            let within = to.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root));
            touched.extend(within.map(Path::to_path_buf));
        }
        touched.iter().try_for_each(|folder| sync(folder))?;
        if whole.join(CHECKPOINT).exists() {
            rename(&whole.join(CHECKPOINT), &self.root.join(CHECKPOINT))?;
            sync(&self.root)?;
        }
        self.clear()
    }

    /// Removes what is on its way.
    pub(super) fn clear(&self) -> Result<(), MirrorError> {
        let stage = self.root.join(STAGE);
        match fs::remove_dir_all(&stage) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(&stage, error)),
            _ => Ok(()),
        }
    }
}

/// The files below a folder, by their paths from `root`, and the folders.
fn files(root: &Path, folder: &Path, folders: &mut BTreeSet<PathBuf>) -> Result<Vec<PathBuf>, MirrorError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if path.is_dir() {
            found.extend(files(root, &path, folders)?);
            folders.insert(path);
        } else {
            found.push(path.strip_prefix(root).unwrap_or(&path).to_path_buf());
        }
    }
    Ok(found)
}

fn rename(from: &Path, to: &Path) -> Result<(), MirrorError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    }
    fs::rename(from, to).map_err(|error| failed(to, error))
}

fn sync(folder: &Path) -> Result<(), MirrorError> {
    File::open(folder).and_then(|open| open.sync_all()).map_err(|error| failed(folder, error))
}

fn failed(path: &Path, source: io::Error) -> MirrorError {
    MirrorError::Write { path: path.display().to_string(), source }
}
