//! The directory of a journal: which files lie in it, and that one process alone writes there. Not here: what is in a file (`file`).

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::error::JournalError;
use super::file::{Appending, Reading, bytes_of, is_too_long};

const ENDING: &str = ".journal";
/// A file that is not whole yet.
const BEGINNING: &str = ".beginning";
/// What was not the store's own, or could not be read: it may hold what nothing else does.
const ASIDE: &str = ".aside";
/// The end of a file that could not be read.
const TAIL: &str = ".tail";
/// Held by whoever writes; shared by those who read to make a store again.
const LOCK: &str = "lock";

/// A directory of journal files, held alone.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Holds the directory, which is made (0700) if it is not there.
    pub(super) fn hold(path: &Path) -> Result<Self, JournalError> {
        let failed = |error| JournalError::io(path, error);
        make(path).map_err(failed)?;
        if fs::metadata(path).map_err(failed)?.permissions().mode() & 0o077 != 0 {
            tracing::warn!("others may look into the journal: chmod 700 {}", path.display());
        }
        let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(path.join(LOCK));
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(JournalError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The number and path of the newest file.
    pub(super) fn newest(&self) -> Result<Option<(u64, PathBuf)>, JournalError> {
        newest(&self.path)
    }

    /// A file that has not got its name.
    pub(super) fn beginning(&self) -> Result<Option<PathBuf>, JournalError> {
        Ok(listed(&self.path)?.into_iter().map(|(_, path)| path).filter(|path| is(path, BEGINNING)).max())
    }

    /// A new file behind all others, those set aside too, under the name that says it is not whole. One that broke off goes.
    pub(super) fn begin(&self) -> Result<Appending, JournalError> {
        let listed = listed(&self.path)?;
        for (_, path) in listed.iter().filter(|(_, path)| is(path, BEGINNING)) {
            fs::remove_file(path).map_err(|error| JournalError::io(path, error))?;
        }
        let number = listed.iter().map(|(number, _)| *number).max().unwrap_or(0) + 1;
        let path = self.path.join(format!("{number:08}{ENDING}"));
        Appending::begin(&behind(&path, BEGINNING), path, number)
    }

    /// Removes what `begin` made, after it could not be made whole.
    pub(super) fn give_up(&self, begun: &Appending) {
        let beginning = behind(begun.path(), BEGINNING);
        if let Err(error) = fs::remove_file(&beginning) {
            tracing::warn!(%error, "{} is left, and means nothing", beginning.display());
        }
    }

    /// Gives a file that is whole its name. `own`, which it takes the place of, goes; every other is set aside.
    pub(super) fn keep(&self, name: &Path, own: Option<&Path>) -> Result<(), JournalError> {
        let failed = |error| JournalError::io(name, error);
        fs::rename(behind(name, BEGINNING), name).map_err(failed)?;
        self.sync()?;
        for (_, path) in numbered(&self.path)?.into_iter().filter(|(_, path)| path != name) {
            let failed = |error| JournalError::io(&path, error);
            if own == Some(&path) {
                fs::remove_file(&path).map_err(failed)?;
            } else {
                let aside = free(&path, "");
                fs::rename(&path, &aside).map_err(failed)?;
                tracing::warn!("what was the journal is set aside: {}", aside.display());
            }
        }
        self.sync()
    }

    /// The same for one that a crash left without its name.
    pub(super) fn keep_beginning(&self, beginning: &Path) -> Result<(), JournalError> {
        self.keep(&beginning.with_extension(""), None)
    }

    /// Copies what cannot be read at the end of a file aside, so that it may be cut off.
    pub(super) fn set_tail_aside(&self, read: &Reading) -> Result<(), JournalError> {
        let bytes = read.beyond();
        if bytes == 0 {
            return Ok(());
        }
        let aside = free(read.path(), TAIL);
        let failed = |error| JournalError::io(&aside, error);
        let mut file =
            OpenOptions::new().create_new(true).write(true).mode(0o600).open(&aside).map_err(failed)?;
        read.copy_beyond(&mut file).and_then(|_| file.sync_all()).map_err(failed)?;
        self.sync()?;
        tracing::warn!(
            bytes,
            "the journal's end cannot be read (a crash left it half written, or it is damaged) and is set aside: {}",
            aside.display()
        );
        Ok(())
    }

    fn sync(&self) -> Result<(), JournalError> {
        sync_folder(&self.path).map_err(|error| JournalError::io(&self.path, error))
    }
}

/// Makes a directory, durably, with those above it.
fn make(path: &Path) -> io::Result<()> {
    let above = |path: &Path| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let made: Vec<&Path> =
        path.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    made.into_iter().try_for_each(|made| sync_folder(&above(made)))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn behind(path: &Path, ending: &str) -> PathBuf {
    let mut longer = path.to_owned().into_os_string();
    longer.push(ending);
    longer.into()
}

/// A name that nothing set aside has.
fn free(path: &Path, what: &str) -> PathBuf {
    let mut aside = behind(path, &format!("{what}{ASIDE}"));
    let mut number = 1_u64;
    while aside.exists() {
        number += 1;
        aside = behind(path, &format!("{what}.{number}{ASIDE}"));
    }
    aside
}

fn is(path: &Path, ending: &str) -> bool {
    path.to_string_lossy().ends_with(ending)
}

/// What a start is to read or an operator to look at: how much lies in the directory of a journal. Whoever asks need not hold it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lying {
    /// The file that counts, and its bytes.
    pub newest: Option<(PathBuf, u64)>,
    /// Whether it has grown so long that the next start begins it anew.
    pub too_long: bool,
    /// What was set aside, or never got its name.
    pub aside: Vec<PathBuf>,
    /// Bytes of that.
    pub aside_bytes: u64,
    /// Whether others than the owner may look into it.
    pub exposed: bool,
}

impl Lying {
    /// In this directory.
    pub fn in_folder(folder: &Path) -> Result<Self, JournalError> {
        let failed = |error| JournalError::io(folder, error);
        let exposed = fs::metadata(folder).map_err(failed)?.permissions().mode() & 0o077 != 0;
        let newest = newest(folder)?.map(|(_, path)| path);
        let too_long = newest.as_deref().map_or(Ok(false), is_too_long).map_err(failed)?;
        let newest = newest.map(|path| (path.clone(), bytes_of(&path)));
        let mut aside: Vec<PathBuf> = listed(folder)?.into_iter().map(|(_, path)| path).collect();
        aside.retain(|path| is(path, ASIDE) || is(path, BEGINNING));
        aside.sort();
        let aside_bytes = aside.iter().map(|path| bytes_of(path)).sum();
        Ok(Self { newest, too_long, aside, aside_bytes, exposed })
    }
}

/// A journal that nobody writes meanwhile.
pub(super) struct Still {
    /// Its number, where a directory was given.
    pub(super) number: Option<u64>,
    pub(super) path: PathBuf,
    /// A copy of a journal may have none, and what was set aside needs none.
    _lock: Option<File>,
}

impl Still {
    /// The newest file of a directory, or a file itself, whatever it is called.
    pub(super) fn hold(given: &Path) -> Result<Self, JournalError> {
        if given.is_dir() {
            let lock = shared(given)?;
            let (number, path) = newest(given)?.ok_or_else(|| JournalError::Empty(given.to_owned()))?;
            return Ok(Self { number: Some(number), path, _lock: lock });
        }
        let folder = given.parent().filter(|_| is(given, ENDING));
        let lock = folder.map_or(Ok(None), shared)?;
        Ok(Self { number: None, path: given.to_owned(), _lock: lock })
    }
}

fn shared(folder: &Path) -> Result<Option<File>, JournalError> {
    let Ok(lock) = File::open(folder.join(LOCK)) else { return Ok(None) };
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Err(JournalError::InUse(folder.to_owned())),
        _ => Ok(Some(lock)),
    }
}

pub(super) fn newest(folder: &Path) -> Result<Option<(u64, PathBuf)>, JournalError> {
    Ok(numbered(folder)?.into_iter().max())
}

/// Files under their own names. None where there is no directory.
fn numbered(folder: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let mut found = listed(folder)?;
    found.retain(|(_, path)| is(path, ENDING));
    Ok(found)
}

/// Everything that is of a journal, with the number in its name.
fn listed(folder: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let failed = |error| JournalError::io(folder, error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| {
            let (number, rest) = name.split_once('.')?;
            rest.starts_with(ENDING.trim_start_matches('.')).then(|| number.parse().ok())?
        });
        found.extend(number.map(|number| (number, entry.path())));
    }
    Ok(found)
}
