//! Opening a directory: made 0700 and synced, locked for this process, cleared of what an interrupted start left,
//! then handed to sled. Nothing here panics, whatever the directory holds.
//!
//! Not here: whether what it holds is the ledger that was last signed (the engine compares).

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::engine::Engine;
use super::fault::{Fault, ask};
use super::parts::{HEAD_KEY, LAYOUT, LAYOUT_BEFORE, LAYOUT_KEY, SETTLED_KEYS, damaged, write_head};
use crate::authority::store::Head;
use crate::crypto::Digest;
use crate::store::settled::{SETTLED, SettledFiles, SettledFolder};

/// Bytes of pages sled keeps in memory. It has been seen at several times that.
const CACHE_BYTES: u64 = 64 << 20;
/// How often sled writes out on its own what was put and not yet committed or synced.
const FLUSH_EVERY_MS: u64 = 500;

/// Why a directory cannot be opened, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another store of this one, has it open.
    #[error("{0} is in use: stop the other server that has it open, or name another directory")]
    InUse(PathBuf),
    /// A permission is missing.
    #[error("no permission for {0}: let the server's user own this directory and its files, with mode 0700")]
    NotAllowed(PathBuf),
    /// The file system is read-only.
    #[error("{0} is on a read-only file system: mount it writable, or name another directory")]
    ReadOnly(PathBuf),
    /// The disk or a quota is full, or files may not grow so large.
    #[error("no space for {0}: free some, or raise the quota or file size limit, and start again")]
    Full(PathBuf),
    /// It is, or is below, something that is not a directory.
    #[error("{0} is not a directory: name another one")]
    NotADirectory(PathBuf),
    /// Bytes in it are damaged.
    #[error("the store in {directory} is damaged ({what}): keep a copy of it and restore the last backup")]
    Damaged {
        /// The directory.
        directory: PathBuf,
        /// What was found.
        what: String,
    },
    /// Another version wrote it.
    #[error("{0} was written by another version: start that version, or name another directory")]
    OtherVersion(PathBuf),
    /// Anything else the operating system says.
    #[error(
        "{directory} cannot be opened: {}; mend the disk (the system's log says more) and start again",
        Fault::System(*what)
    )]
    System {
        /// The directory.
        directory: PathBuf,
        /// What it says.
        what: ErrorKind,
    },
}

impl OpenError {
    fn from_system(directory: &Path, kind: ErrorKind) -> Self {
        let directory = directory.to_owned();
        match kind {
            ErrorKind::PermissionDenied => Self::NotAllowed(directory),
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(directory),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::Full(directory)
            }
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => Self::NotADirectory(directory),
            what => Self::System { directory, what },
        }
    }

    fn from_fault(directory: &Path, fault: &Fault) -> Self {
        match fault {
            Fault::System(kind) => Self::from_system(directory, *kind),
            Fault::Foreign => Self::OtherVersion(directory.to_owned()),
            Fault::Damaged(_) | Fault::GaveUp => {
                Self::Damaged { directory: directory.to_owned(), what: fault.to_string() }
            }
        }
    }
}

/// A directory that is ours and open.
pub(super) struct Opened {
    pub(super) db: Engine,
    /// sled's data file, by a descriptor opened before sled's first write.
    pub(super) data: File,
    /// The directory, by the descriptor that holds its lock.
    pub(super) directory: File,
    /// Where settled rows lie, and the files of them that count.
    pub(super) settled: SettledFolder,
    pub(super) files: SettledFiles,
}

/// Opens the store in `directory`, which is made if it is not there.
pub(super) fn open(directory: &Path) -> Result<Opened, OpenError> {
    let refused = |error: io::Error| OpenError::from_system(directory, error.kind());
    let faulty = |fault: Fault| OpenError::from_fault(directory, &fault);

    make(directory).map_err(refused)?;
    let held = hold(directory)?;
    remove_unfinished_snapshots(directory).map_err(refused)?;
    let data = open_data(directory).map_err(refused)?;
    remove_unfinished_settings(directory, &data).map_err(refused)?;

    let config = ::sled::Config::new()
        .path(directory)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(Some(FLUSH_EVERY_MS));
    let db = ask(|| config.open()).map_err(|fault| refusal(directory, &fault))?;
    let db = Engine::new(db);
    match db.ask(|db| db.get(LAYOUT_KEY)).map_err(faulty)? {
        Some(layout) if layout == LAYOUT => {}
        Some(layout) if layout == LAYOUT_BEFORE => {
            db.ask(|db| db.insert(LAYOUT_KEY, LAYOUT)).map_err(faulty)?;
            db.flush().map_err(faulty)?;
        }
        Some(_) => return Err(OpenError::OtherVersion(directory.to_owned())),
        None if db.ask(|db| Ok(db.is_empty())).map_err(faulty)? => lay_out(&db).map_err(faulty)?,
        None => return Err(OpenError::OtherVersion(directory.to_owned())),
    }
    sync_all(directory, &data, &held).map_err(refused)?;
    let settled = SettledFolder::new(directory.join(SETTLED));
    let files = settled_files(directory, &db, &settled)?;
    Ok(Opened { db, data, directory: held, settled, files })
}

/// Opens the settled files that the engine names. Others stay until rows settle: whether this engine is the newest is not known here.
fn settled_files(directory: &Path, db: &Engine, settled: &SettledFolder) -> Result<SettledFiles, OpenError> {
    let faulty = |fault: Fault| OpenError::from_fault(directory, &fault);
    let damage = |what: String| OpenError::Damaged { directory: directory.to_owned(), what };
    match settled.hold() {
        Ok(true) => {}
        Ok(false) => return Err(OpenError::InUse(directory.to_owned())),
        Err(error) => return Err(OpenError::from_system(directory, error.kind())),
    }
    let (mut files, mut named) = (SettledFiles::default(), 0_usize);
    let mut rows = db.ask(|db| Ok(db.scan_prefix(SETTLED_KEYS))).map_err(faulty)?;
    while let Some((key, digest)) = ask(|| rows.next().transpose()).map_err(faulty)? {
        let number = key.strip_prefix(SETTLED_KEYS).and_then(|number| number.try_into().ok());
        let read = number.map(u64::from_be_bytes).zip(<[u8; 32]>::try_from(&*digest).ok());
        let (number, digest) = read.ok_or_else(|| damage(damaged().to_string()))?;
        let file = settled.open(number, &Digest(digest)).map_err(|fault| match fault.system {
            None | Some(ErrorKind::UnexpectedEof) => damage(fault.to_string()),
            Some(ErrorKind::NotFound) => {
                damage(format!("{} is not there: put it back, or mount what it lies on", fault.file))
            }
            Some(kind) => OpenError::from_system(directory, kind),
        })?;
        files.add(file.into());
        named += 1;
    }
    if files.files().count() != named || !files.are_apart() {
        return Err(damage("files of settled rows that hold the same rows".to_owned()));
    }
    Ok(files)
}

/// Makes the directory and those above it that are missing, each 0700 and synced into the one above.
fn make(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let above = match directory.parent() {
        Some(above) if above != Path::new("") => above,
        _ => Path::new("."),
    };
    make(above)?;
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && directory.is_dir() => {}
        made => made?,
    }
    File::open(above)?.sync_all()
}

/// Takes the directory for this process, before anything in it is touched. sled locks its data file too, but only
/// after it has begun to write.
fn hold(directory: &Path) -> Result<File, OpenError> {
    let held = File::open(directory).map_err(|error| OpenError::from_system(directory, error.kind()))?;
    match held.try_lock() {
        Ok(()) => Ok(held),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::from_system(directory, error.kind())),
    }
}

/// Removes snapshots whose writing was interrupted: sled would take one for the newest and call the store corrupt
/// (sled issue 1527). A finished one is renamed, and the log it is made from is still there.
fn remove_unfinished_snapshots(directory: &Path) -> io::Result<()> {
    for file in fs::read_dir(directory)? {
        let file = file?;
        let name = file.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// Removes sled's settings where nothing was ever written under them: of a first start that broke off they may be half of them, which sled
/// would call damaged for ever. Where there are none it writes them anew.
fn remove_unfinished_settings(directory: &Path, data: &File) -> io::Result<()> {
    let settings = directory.join("conf");
    if data.metadata()?.len() > 0 || !settings.exists() {
        return Ok(());
    }
    fs::remove_file(settings)
}

/// Opens sled's data file before sled does: a descriptor opened later can miss an earlier write error.
fn open_data(directory: &Path) -> io::Result<File> {
    let path = directory.join("db");
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// What sled's refusal to open means. It takes a lock of its own, which its threads may hold a moment longer than a
/// store of this process that was closed; that it could not is the only refusal it tells as `Other`.
fn refusal(directory: &Path, fault: &Fault) -> OpenError {
    match fault {
        Fault::System(ErrorKind::Other) => OpenError::InUse(directory.to_owned()),
        fault => OpenError::from_fault(directory, fault),
    }
}

/// Writes what an empty store holds.
fn lay_out(db: &Engine) -> Result<(), Fault> {
    let mut batch = ::sled::Batch::default();
    batch.insert(LAYOUT_KEY, LAYOUT);
    batch.insert(HEAD_KEY, write_head(Head::default()));
    db.ask(|db| db.apply_batch(batch))?;
    db.flush()
}

/// Makes files and names durable that sled writes at opening and does not sync.
fn sync_all(directory: &Path, data: &File, held: &File) -> io::Result<()> {
    File::open(directory.join("conf"))?.sync_all()?;
    File::open(directory.join("blobs"))?.sync_all()?;
    data.sync_all()?;
    held.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_becomes_what_to_do() {
        let place = Path::new("data");
        let told = |kind| OpenError::from_system(place, kind).to_string();
        assert!(told(ErrorKind::PermissionDenied).contains("mode 0700"));
        assert!(told(ErrorKind::ReadOnlyFilesystem).contains("mount it writable"));
        assert!(told(ErrorKind::StorageFull).contains("free some"));
        assert!(told(ErrorKind::QuotaExceeded).contains("quota"));
        assert!(told(ErrorKind::NotADirectory).contains("not a directory"));
        assert!(told(ErrorKind::TimedOut).contains("timed out"));
    }

    /// Wherever the very first start broke off in them.
    #[test]
    fn settings_that_were_half_written_before_any_data_are_written_anew() {
        let whole = {
            let kept = tempfile::tempdir().unwrap();
            drop(open(kept.path()).unwrap());
            fs::read(kept.path().join("conf")).unwrap()
        };
        for cut in 0..=whole.len() {
            let kept = tempfile::tempdir().unwrap();
            fs::write(kept.path().join("conf"), &whole[..cut]).unwrap();
            fs::write(kept.path().join("db"), b"").unwrap();
            assert!(open(kept.path()).is_ok(), "cut at {cut}");
        }
    }

    #[test]
    fn what_the_engine_says_becomes_what_to_do() {
        let place = Path::new("data");
        assert!(OpenError::from_fault(place, &Fault::GaveUp).to_string().contains("restore the last backup"));
        assert!(OpenError::from_fault(place, &Fault::Foreign).to_string().contains("another version"));
        assert_eq!(refusal(place, &Fault::System(ErrorKind::Other)), OpenError::InUse(place.into()));
        assert_eq!(refusal(place, &Fault::System(ErrorKind::StorageFull)), OpenError::Full(place.into()));
    }
}
