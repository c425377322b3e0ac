//! The passphrase of the private keys: the first line of a file. Not here: how keys are encrypted (`crypto`).

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::KeysError;
use super::folder::{io, owner_only};

/// A first line longer than this is not a passphrase.
const LARGEST: u64 = 4096;

/// A passphrase, zeroed when dropped.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// The first line of the file, without its line end. The path may be a link (a mounted secret often is one) or a
    /// pipe; what it leads to must be its owner's alone. `-` and `/dev/stdin` are the standard input as it was handed
    /// over: opened anew by its path, another user's pipe would be refused.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let file = if path == Path::new("-") || path == Path::new("/dev/stdin") {
            let handed = std::io::stdin().as_fd().try_clone_to_owned();
            File::from(handed.map_err(io("open", path))?)
        } else {
            let file = File::open(path).map_err(io("open", path))?;
            let metadata = file.metadata().map_err(io("look at", path))?;
            if !of_root_alone(&metadata) {
                owner_only(path, metadata.mode())?;
            }
            file
        };
        let mut content = Zeroizing::new(Vec::with_capacity(usize::try_from(LARGEST).unwrap_or(0) + 2));
        file.take(LARGEST + 1).read_to_end(&mut content).map_err(io("read", path))?;
        let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Err(KeysError::NoPassphrase { path: path.to_owned() });
        }
        if u64::try_from(line.len()).unwrap_or(u64::MAX) > LARGEST {
            return Err(KeysError::Large { path: path.to_owned(), limit: LARGEST });
        }
        Ok(Self(Zeroizing::new(line.to_vec())))
    }

    /// The passphrase of these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A credential that systemd hands to a service is root's, and the service reads it by an access list, which shows as a
/// right of root's own group.
fn of_root_alone(metadata: &Metadata) -> bool {
    metadata.uid() == 0 && metadata.gid() == 0 && metadata.mode() & 0o7037 == 0
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn read(content: &[u8], mode: u32) -> Result<Vec<u8>, KeysError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        Passphrase::read(&path).map(|passphrase| passphrase.as_bytes().to_vec())
    }

    #[test]
    fn the_first_line() {
        for content in ["a b\n", "a b", "a b\r\n", "a b\nsecond\n"] {
            assert_eq!(read(content.as_bytes(), 0o600).unwrap(), b"a b");
        }
        assert!(matches!(read(b"", 0o600), Err(KeysError::NoPassphrase { .. })));
        assert!(matches!(read(b"\nsecond", 0o600), Err(KeysError::NoPassphrase { .. })));
        assert!(matches!(read(&[b'a'; 5000], 0o600), Err(KeysError::Large { .. })));
        assert!(matches!(read(b"a", 0o644), Err(KeysError::Exposed { mode: 0o644, .. })));
        assert!(matches!(Passphrase::read(Path::new("/nowhere")), Err(KeysError::Io { .. })));
    }
}
