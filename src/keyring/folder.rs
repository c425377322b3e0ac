//! A directory of private files: read only when nobody else may, replaced so that a crash leaves the old or the new.
//!
//! Everything is opened relative to one held descriptor, and symbolic links inside are not followed, so what was
//! checked is what is read. Not here: what the files mean.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};
use zeroize::Zeroizing;

use super::KeysError;

/// Larger than any key or token table will be.
const LARGEST: u64 = 16 * 1024 * 1024;
/// Names of files that are being written: a dot before, this behind.
const UNFINISHED: &str = ".new";

/// An open directory of ours.
pub(super) struct Folder {
    path: PathBuf,
    handle: File,
}

impl Folder {
    /// The directory, made with mode 0700 (durably, its parents too) if it is not there.
    pub(super) fn create(path: &Path) -> Result<Self, KeysError> {
        if !path.is_dir() {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            if let Some(parent) = parent {
                std::fs::create_dir_all(parent).map_err(io("make the directory", parent))?;
            }
            match std::fs::DirBuilder::new().mode(0o700).create(path) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(io("make the directory", path)(error));
                }
                _ => {}
            }
            let parent = parent.unwrap_or_else(|| Path::new("."));
            File::open(parent).and_then(|parent| parent.sync_all()).map_err(io("make durable", parent))?;
        }
        Self::open(path)
    }

    /// The directory; refused if others may write to it.
    pub(super) fn open(path: &Path) -> Result<Self, KeysError> {
        let handle = File::open(path).map_err(io("open the directory", path))?;
        let metadata = handle.metadata().map_err(io("look at", path))?;
        let mode = metadata.permissions().mode() & 0o7777;
        if !metadata.is_dir() {
            let error = std::io::Error::from(ErrorKind::NotADirectory);
            return Err(io("open the directory", path)(error));
        }
        if mode & 0o022 != 0 {
            return Err(KeysError::Shared { path: path.to_owned(), mode });
        }
        Ok(Self { path: path.to_owned(), handle })
    }

    /// The path of a file inside, for messages and for what must be given a path.
    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The content of a file that only its owner may use; `None` if there is none.
    pub(super) fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeysError> {
        let path = self.path_of(name);
        // Without NONBLOCK a fifo in the place of a file would hold the start for ever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match openat(&self.handle, name, flags, Mode::empty()) {
            Ok(descriptor) => File::from(descriptor),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(KeysError::NotAFile { path }),
            Err(error) => return Err(io("open", &path)(error.into())),
        };
        let metadata = file.metadata().map_err(io("look at", &path))?;
        if !metadata.is_file() {
            return Err(KeysError::NotAFile { path });
        }
        owner_only(&path, metadata.mode())?;
        if metadata.len() > LARGEST {
            return Err(KeysError::Large { path, limit: LARGEST });
        }
        // One allocation of the right size: a buffer that grows would leave pieces of a key behind.
        let mut content =
            Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1));
        file.take(LARGEST).read_to_end(&mut content).map_err(io("read", &path))?;
        Ok(Some(content))
    }

    /// As [`Folder::read`], for text.
    pub(super) fn read_text(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeysError> {
        let Some(content) = self.read(name)? else { return Ok(None) };
        let text = str::from_utf8(&content)
            .map_err(|_| KeysError::Unreadable { path: self.path_of(name), reason: "not text".to_owned() })?;
        Ok(Some(Zeroizing::new(text.to_owned())))
    }

    /// Gives a file this content, mode 0600: written beside, made durable, renamed, the directory made durable.
    pub(super) fn replace(&self, name: &str, content: &[u8]) -> Result<(), KeysError> {
        let path = self.path_of(name);
        self.sweep_of(name)?;
        let beside = format!(".{name}{UNFINISHED}");
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.handle, beside.as_str(), flags, Mode::RUSR | Mode::WUSR);
        let mut file = File::from(file.map_err(|error| io("write beside", &path)(error.into()))?);
        file.write_all(content).and_then(|()| file.sync_all()).map_err(io("write", &path))?;
        renameat(&self.handle, beside.as_str(), &self.handle, name)
            .map_err(|error| io("put in place", &path)(error.into()))?;
        self.sync()
    }

    /// Takes a file away, durably; not an error if there is none.
    pub(super) fn remove(&self, name: &str) -> Result<(), KeysError> {
        if self.remove_one(name)? { self.sync() } else { Ok(()) }
    }

    /// The names inside, sorted; those that are not text are nobody's.
    pub(super) fn names(&self) -> Result<Vec<String>, KeysError> {
        let listing = std::fs::read_dir(&self.path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut names: Vec<String> = listing
            .map_err(io("list", &self.path))?
            .into_iter()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        Ok(names)
    }

    /// Takes away what a crash left half-written. Only for the one process that writes here.
    pub(super) fn sweep(&self) -> Result<(), KeysError> {
        for name in self.names()?.iter().filter(|name| is_unfinished(name)) {
            self.remove_one(name)?;
        }
        Ok(())
    }

    /// Takes away what a crash left of the writing of this one file.
    pub(super) fn sweep_of(&self, name: &str) -> Result<(), KeysError> {
        self.remove_one(&format!(".{name}{UNFINISHED}")).map(|_| ())
    }

    /// A file to hold a lock on, made if it is not there.
    pub(super) fn lock_file(&self, name: &str) -> Result<File, KeysError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        openat(&self.handle, name, flags, Mode::RUSR | Mode::WUSR)
            .map(File::from)
            .map_err(|error| io("open", &self.path_of(name))(error.into()))
    }

    fn remove_one(&self, name: &str) -> Result<bool, KeysError> {
        match unlinkat(&self.handle, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::NOENT) => Ok(false),
            Err(error) => Err(io("take away", &self.path_of(name))(error.into())),
        }
    }

    fn sync(&self) -> Result<(), KeysError> {
        self.handle.sync_all().map_err(io("make durable", &self.path))
    }
}

/// Whether a file of this name is one that a crash left half-written.
pub(super) fn is_unfinished(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(UNFINISHED)
}

/// Refuses permissions (of `st_mode`) for anybody but the owner.
pub(super) fn owner_only(path: &Path, mode: u32) -> Result<(), KeysError> {
    let mode = mode & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeysError::Exposed { path: path.to_owned(), mode }) }
}

/// The error of something tried on a path.
pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> KeysError {
    let path = path.to_owned();
    move |source| KeysError::Io { doing, path, source }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn files_are_whole_and_ours_alone() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("deep").join("keys");
        let folder = Folder::create(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        assert!(folder.read("a").unwrap().is_none());
        for content in [b"one".as_slice(), b"", b"three"] {
            folder.replace("a", content).unwrap();
            assert_eq!(folder.read("a").unwrap().unwrap().as_slice(), content);
        }
        assert_eq!(mode(&path.join("a")), 0o600);
        assert_eq!(folder.names().unwrap(), ["a"]);
        folder.remove("a").unwrap();
        folder.remove("a").unwrap();
        assert!(folder.read("a").unwrap().is_none());
    }

    #[test]
    fn what_a_crash_left_is_neither_read_nor_in_the_way() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::create(parent.path()).unwrap();
        fs::write(parent.path().join(".a.new"), "half").unwrap();
        assert!(folder.read("a").unwrap().is_none());
        folder.replace("a", b"whole").unwrap();
        fs::write(parent.path().join(".a.new"), "half").unwrap();
        fs::write(parent.path().join(".hidden"), "not ours").unwrap();
        folder.sweep().unwrap();
        assert_eq!(folder.names().unwrap(), [".hidden", "a"]);
        assert_eq!(folder.read_text("a").unwrap().unwrap().as_str(), "whole");
    }

    #[test]
    fn what_others_may_use_is_refused_with_the_cure() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::create(parent.path()).unwrap();
        let file = parent.path().join("a");
        folder.replace("a", b"secret").unwrap();
        for exposed in [0o640, 0o604, 0o620, 0o644] {
            fs::set_permissions(&file, Permissions::from_mode(exposed)).unwrap();
            let error = folder.read("a").unwrap_err();
            assert!(matches!(error, KeysError::Exposed { mode, .. } if mode == exposed));
            assert!(error.to_string().contains(&format!("chmod 600 {}", file.display())));
        }
        fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
        assert!(folder.read("a").is_ok());
        folder.replace("a", b"again").unwrap();
        assert_eq!(mode(&file), 0o600, "a replaced file has our mode, not the old one's");

        fs::set_permissions(parent.path(), Permissions::from_mode(0o770)).unwrap();
        let error = Folder::open(parent.path()).err().unwrap();
        assert!(error.to_string().contains("chmod 700"), "{error}");
    }

    #[test]
    fn links_fifos_and_directories_are_no_files() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::create(parent.path()).unwrap();
        folder.replace("a", b"secret").unwrap();
        std::os::unix::fs::symlink("a", parent.path().join("link")).unwrap();
        fs::create_dir(parent.path().join("directory")).unwrap();
        for name in ["link", "directory"] {
            assert!(matches!(folder.read(name), Err(KeysError::NotAFile { .. })), "{name}");
        }
        folder.replace("link", b"other").unwrap();
        assert_eq!(folder.read("a").unwrap().unwrap().as_slice(), b"secret", "the link went, not its target");
        fs::write(parent.path().join("latin"), [0xff]).unwrap();
        fs::set_permissions(parent.path().join("latin"), Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(folder.read_text("latin"), Err(KeysError::Unreadable { .. })));
    }
}
