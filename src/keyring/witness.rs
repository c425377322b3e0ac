//! What a witness keeps in a directory of its own: its key, its name, and for each log the last checkpoint that it
//! cosigned. That memory is what makes it a witness: whoever puts it back from a backup lets it cosign a fork.
//!
//! One process at a time. A note is written beside, made durable and renamed before anybody has the cosignature.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::file::lock;
use super::folder::Folder;
use super::stage::LOCK;
use super::{KeysError, Passphrase, private};
use crate::crypto::{Algorithm, Digest, Entropy, PrivateKey};
use crate::note::{KeyName, Scheme, VerifierKey};
use crate::witness::{Memory, MemoryError};

/// Its private key.
const KEY: &str = "witness.pem";
/// Its name and public key.
const VKEY: &str = "witness.vkey";
/// The folder of what it cosigned.
const COSIGNED: &str = "cosigned";

/// A witness's directory, locked.
pub struct WitnessFolder {
    cosigned: Folder,
    /// Orders the writes of this process; the file lock keeps the others out.
    writing: Mutex<()>,
    /// A failed write may or may not be on the disk: none follows until restart.
    broken: AtomicBool,
    _lock: File,
}

impl WitnessFolder {
    /// Makes a witness in a directory that is absent or empty: a fresh key under this name, nothing cosigned.
    pub fn create(
        path: &Path,
        name: &KeyName,
        passphrase: Option<&Passphrase>,
        entropy: &dyn Entropy,
    ) -> Result<VerifierKey, KeysError> {
        let root = Folder::create(path)?;
        let _lock = lock(&root)?;
        if let Some(name) = root.names()?.into_iter().find(|name| name != LOCK) {
            return Err(KeysError::Foreign { path: path.to_owned(), name });
        }
        let failed = |source| KeysError::Key { path: root.path_of(KEY), source };
        let key = PrivateKey::generate(Algorithm::Ed25519, entropy).map_err(failed)?;
        let vkey = VerifierKey::of(name.clone(), Scheme::Cosignature, key.public())
            .map_err(|error| unreadable(&root, error.to_string()))?;
        Folder::create(&root.path_of(COSIGNED))?;
        root.replace(VKEY, format!("{vkey}\n").as_bytes())?;
        private::write(&root, KEY, &key, passphrase, entropy)?;
        Ok(vkey)
    }

    /// Opens a witness that was made: its name, its key, its memory. Refused where the memory is gone.
    pub fn open(
        path: &Path,
        passphrase: Option<&Passphrase>,
    ) -> Result<(KeyName, PrivateKey, Self), KeysError> {
        let root = Folder::open(path)?;
        let lock = lock(&root)?;
        let missing = |file| KeysError::Missing { path: root.path_of(file) };
        let key = private::read(&root, KEY, passphrase)?.ok_or_else(|| missing(KEY))?;
        let written = root.read_text(VKEY)?.ok_or_else(|| missing(VKEY))?;
        let vkey: VerifierKey =
            written.trim_end().parse().map_err(|_| unreadable(&root, "not a verifier key".into()))?;
        let ours = VerifierKey::of(vkey.name().clone(), Scheme::Cosignature, key.public());
        if ours.ok().as_ref() != Some(&vkey) {
            return Err(unreadable(&root, format!("not that of {KEY}")));
        }
        let cosigned = root.path_of(COSIGNED);
        if !cosigned.is_dir() {
            return Err(KeysError::Forgotten { path: cosigned });
        }
        let cosigned = Folder::open(&cosigned)?;
        cosigned.sweep()?;
        let memory =
            Self { cosigned, writing: Mutex::default(), broken: AtomicBool::new(false), _lock: lock };
        Ok((vkey.name().clone(), key, memory))
    }
}

impl Memory for WitnessFolder {
    fn last(&self, origin: &KeyName) -> Result<Option<String>, MemoryError> {
        let text = self.cosigned.read_text(&file_of(origin))?;
        Ok(text.map(|text| text.to_string()))
    }

    fn replace(&self, origin: &KeyName, old: Option<&str>, new: &str) -> Result<(), MemoryError> {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.broken.load(Ordering::Relaxed) {
            return Err(KeysError::Broken.into());
        }
        if self.last(origin)?.as_deref() != old {
            return Err(MemoryError(format!(
                "what is remembered of {origin} is not what this process wrote last"
            )));
        }
        self.cosigned.replace(&file_of(origin), new.as_bytes()).map_err(|error| {
            self.broken.store(true, Ordering::Relaxed);
            error.into()
        })
    }
}

impl From<KeysError> for MemoryError {
    fn from(error: KeysError) -> Self {
        Self(error.to_string())
    }
}

/// An origin may hold what no file name does.
fn file_of(origin: &KeyName) -> String {
    format!("{}.checkpoint", Digest::of(origin.as_str().as_bytes()))
}

fn unreadable(root: &Folder, reason: String) -> KeysError {
    KeysError::Unreadable { path: root.path_of(VKEY), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::suite::Counter;

    fn made(path: &Path) -> VerifierKey {
        WitnessFolder::create(path, &"witness.example/1".parse().unwrap(), None, &Counter::default()).unwrap()
    }

    #[test]
    fn what_was_made_is_opened_once() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("witness");
        let vkey = made(&path);
        let (name, key, memory) = WitnessFolder::open(&path, None).unwrap();
        assert_eq!(VerifierKey::of(name, Scheme::Cosignature, key.public()).unwrap(), vkey);
        assert!(matches!(WitnessFolder::open(&path, None), Err(KeysError::Locked { .. })));
        drop(memory);
        assert!(WitnessFolder::open(&path, None).is_ok());
        let again = WitnessFolder::create(&path, vkey.name(), None, &Counter::default());
        assert!(matches!(again, Err(KeysError::Foreign { .. })));
    }

    #[test]
    fn memory_is_compared_and_then_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("witness");
        made(&path);
        let (one, other) = ("log.example/1".parse().unwrap(), "log.example/2".parse().unwrap());
        let (_, _, memory) = WitnessFolder::open(&path, None).unwrap();
        assert_eq!(memory.last(&one), Ok(None));
        memory.replace(&one, None, "a").unwrap();
        assert!(memory.replace(&one, None, "b").is_err());
        assert!(memory.replace(&one, Some("b"), "c").is_err());
        memory.replace(&one, Some("a"), "b").unwrap();
        assert_eq!((memory.last(&one), memory.last(&other)), (Ok(Some("b".into())), Ok(None)));
        drop(memory);
        let (_, _, memory) = WitnessFolder::open(&path, None).unwrap();
        assert_eq!(memory.last(&one), Ok(Some("b".into())));
    }

    #[test]
    fn a_failed_write_is_the_last() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("witness");
        made(&path);
        let origin: KeyName = "log.example/1".parse().unwrap();
        let (_, _, memory) = WitnessFolder::open(&path, None).unwrap();
        // A directory where the note is written beside: nothing can be put in its place.
        let beside = path.join(COSIGNED).join(format!(".{}.new", file_of(&origin)));
        std::fs::create_dir(&beside).unwrap();
        assert!(memory.replace(&origin, None, "a").is_err());
        std::fs::remove_dir(&beside).unwrap();
        let error = memory.replace(&origin, None, "a").unwrap_err();
        assert_eq!(error.0, KeysError::Broken.to_string());
    }

    #[test]
    fn without_its_memory_it_is_no_witness() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("witness");
        made(&path);
        std::fs::remove_dir(path.join(COSIGNED)).unwrap();
        assert!(matches!(WitnessFolder::open(&path, None), Err(KeysError::Forgotten { .. })));
        std::fs::create_dir(path.join(COSIGNED)).unwrap();
        let other = PrivateKey::from_seed(&[9; 32]).unwrap();
        let name: KeyName = "witness.example/1".parse().unwrap();
        let vkey = VerifierKey::of(name, Scheme::Cosignature, other.public()).unwrap();
        std::fs::write(path.join(VKEY), vkey.to_string()).unwrap();
        assert!(matches!(WitnessFolder::open(&path, None), Err(KeysError::Unreadable { .. })));
    }
}
