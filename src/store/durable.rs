//! Files that are whole under their own names, whenever power or process went: written beside their place, synced, renamed, and their directory
//! synced. Not here: which files there are to be, and whether what is read back is what was written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, fadvise};
use rustix::io::Errno;

/// How the name of a file ends while it is written.
pub(super) const NEW: &str = ".new";

/// What a file is called while it is written.
pub(super) fn beside(file: &Path) -> PathBuf {
    PathBuf::from(format!("{}{NEW}", file.display()))
}

/// Puts a file (0600) in its place, instead of the one that may be there. Its directory is there; it is durable with [`make_durable`].
pub(super) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = beside(file);
    let mut writing = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    writing.write_all(bytes)?;
    writing.sync_all()?;
    fs::rename(&new, file)
}

/// Makes a file durable under its name, also one that somebody else may have left before it was, and lets the system forget what it holds of it
/// in memory, so that it is read from the disk. Where the system cannot, it is read from memory.
pub(super) fn make_durable(file: &Path) -> io::Result<()> {
    let kept = File::open(file)?;
    kept.sync_all()?;
    if let Some(directory) = file.parent() {
        File::open(directory)?.sync_all()?;
    }
    let _hint = fadvise(&kept, 0, None, Advice::DontNeed);
    Ok(())
}

/// Whether an error says nothing of the file: the process has no descriptor or memory left for the moment.
pub(super) fn is_passing(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::INTR | Errno::AGAIN)
    )
}
