//! The keyring on files. One process at a time: the lock is held until the keyring is dropped.

use std::collections::BTreeMap;
use std::fs::{File, Permissions, TryLockError};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::folder::{Folder, io};
use super::private::HeldKey;
use super::stage::{self, CEREMONIES, FOUNDING, LAST_SIGNED, LOCK, POLICY, PRIVATE, SECRETS, Stage};
use super::{KeysError, Passphrase, private, secrets};
use crate::authority::keyring::{Keyring, KeyringError, Secrets};
use crate::crypto::{Entropy, KeyId, KeyPurpose, PrivateKey};
use crate::ledger::body::Owner;

/// How the notes of a ceremony end.
const NOTED: &str = ".json";

/// An open directory of keys, locked.
pub struct FileKeyring {
    root: Folder,
    private: Folder,
    ceremonies: Folder,
    passphrase: Option<Passphrase>,
    keys: RwLock<BTreeMap<KeyId, (HeldKey, Arc<PrivateKey>)>>,
    secrets: Secrets,
    /// Orders the writes of this process; the file lock keeps the others out.
    writing: Mutex<()>,
    /// A failed write may or may not be on the disk, and a later fsync need not report it again: none follows.
    broken: AtomicBool,
    _lock: File,
}

impl FileKeyring {
    /// Begins a keyring in an empty or absent directory, or goes on where a crash while founding left it: secrets
    /// that are there stay, the others are made. Refused once there is a `last-signed`.
    pub fn create(
        path: &Path,
        passphrase: Option<Passphrase>,
        entropy: &dyn Entropy,
    ) -> Result<Self, KeysError> {
        if may_found(path)? == Stage::Empty && path.is_dir() {
            std::fs::set_permissions(path, Permissions::from_mode(0o700))
                .map_err(io("make private", path))?;
        }
        let root = Folder::create(path)?;
        let lock = lock(&root)?;
        // Another process may have founded between the first look and the lock.
        may_found(path)?;
        Folder::create(&root.path_of(PRIVATE))?;
        let vault = Folder::create(&root.path_of(SECRETS))?;
        vault.sweep()?;
        secrets::complete(&vault, passphrase.as_ref(), entropy)?;
        Self::read(root, lock, passphrase)
    }

    /// Opens a keyring that was begun, reading every key.
    pub fn open(path: &Path, passphrase: Option<Passphrase>) -> Result<Self, KeysError> {
        let root = Folder::open(path)?;
        let lock = lock(&root)?;
        Self::read(root, lock, passphrase)
    }

    fn read(root: Folder, lock: File, passphrase: Option<Passphrase>) -> Result<Self, KeysError> {
        // Not the token table's: whoever makes tokens does not hold this lock.
        root.sweep_of(LAST_SIGNED)?;
        root.sweep_of(FOUNDING)?;
        let private = Folder::open(&root.path_of(PRIVATE))?;
        private.sweep()?;
        let ceremonies = Folder::create(&root.path_of(CEREMONIES))?;
        ceremonies.sweep()?;
        let secrets = secrets::read(&Folder::open(&root.path_of(SECRETS))?, passphrase.as_ref())?;
        let mut keys = BTreeMap::new();
        for name in private.names()? {
            let Some(title) = HeldKey::of_file(&name) else {
                tracing::warn!(file = name, "not the name of a key, passed over");
                continue;
            };
            let Some(key) = private::read(&private, &name, passphrase.as_ref())? else { continue };
            if key.id() != title.id {
                return Err(KeysError::Misnamed { path: private.path_of(&name), found: key.id() });
            }
            if let Some((held, _)) = keys.insert(title.id, (title, Arc::new(key))) {
                return Err(held_already(&held));
            }
        }
        Ok(Self {
            root,
            private,
            ceremonies,
            passphrase,
            keys: RwLock::new(keys),
            secrets,
            writing: Mutex::default(),
            broken: AtomicBool::new(false),
            _lock: lock,
        })
    }

    /// Takes a key in, durable on return. The same key for the same purpose and owner once more is no error.
    pub fn add(
        &self,
        purpose: KeyPurpose,
        owner: &str,
        key: PrivateKey,
        entropy: &dyn Entropy,
    ) -> Result<KeyId, KeysError> {
        let title = HeldKey::new(purpose, owner, key.id())?;
        let id = title.id;
        let _turn = self.turn()?;
        if let Some((held, _)) = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return if *held == title { Ok(id) } else { Err(held_already(held)) };
        }
        let name = title.file_name();
        self.noted(private::write(&self.private, &name, &key, self.passphrase.as_ref(), entropy))?;
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(id, (title, Arc::new(key)));
        Ok(id)
    }

    /// What is held, by id.
    pub fn held(&self) -> Vec<HeldKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.values().map(|(title, _)| title.clone()).collect()
    }

    /// What founding noted to go on from; `None` when it is over, or has not begun.
    pub fn founding(&self) -> Result<Option<Vec<u8>>, KeysError> {
        Ok(self.root.read(FOUNDING)?.map(|content| content.to_vec()))
    }

    /// Notes what founding needs to go on after a crash, durable on return.
    pub fn note_founding(&self, content: &[u8]) -> Result<(), KeysError> {
        let _turn = self.turn()?;
        self.noted(self.root.replace(FOUNDING, content))
    }

    /// Founding is over; durable on return.
    pub fn founding_is_over(&self) -> Result<(), KeysError> {
        let _turn = self.turn()?;
        self.noted(self.root.remove(FOUNDING))
    }

    /// The policy of witnesses that was chosen at founding, or put in its place since; `None` where there is none.
    pub fn policy(&self) -> Result<Option<Vec<u8>>, KeysError> {
        Ok(self.root.read(POLICY)?.map(|content| content.to_vec()))
    }

    /// Keeps the policy of witnesses, durable on return.
    pub fn keep_policy(&self, content: &[u8]) -> Result<(), KeysError> {
        let _turn = self.turn()?;
        self.noted(self.root.replace(POLICY, content))
    }

    /// One write at a time, and none after a failed one.
    fn turn(&self) -> Result<MutexGuard<'_, ()>, KeysError> {
        let turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.broken.load(Ordering::Relaxed) { Err(KeysError::Broken) } else { Ok(turn) }
    }

    fn noted(&self, written: Result<(), KeysError>) -> Result<(), KeysError> {
        if written.is_err() {
            self.broken.store(true, Ordering::Relaxed);
        }
        written
    }
}

impl Keyring for FileKeyring {
    fn key(&self, id: &KeyId) -> Option<Arc<PrivateKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(id).map(|(_, key)| Arc::clone(key))
    }

    fn keep(
        &self,
        purpose: KeyPurpose,
        owner: &Owner,
        key: PrivateKey,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyringError> {
        self.add(purpose, &owner.to_string(), key, entropy)?;
        Ok(())
    }

    fn ceremonies(&self) -> Result<Vec<Vec<u8>>, KeyringError> {
        let unreadable = |error: KeysError| KeyringError::Unreadable(error.to_string());
        let names = self.ceremonies.names().map_err(unreadable)?;
        let read =
            |name: &String| self.ceremonies.read(name).map(|content| content.map(|text| text.to_vec()));
        let found =
            names.iter().filter(|name| name.ends_with(NOTED)).map(read).collect::<Result<Vec<_>, _>>();
        Ok(found.map_err(unreadable)?.into_iter().flatten().collect())
    }

    fn note_ceremony(&self, name: &str, content: &[u8]) -> Result<(), KeyringError> {
        let _turn = self.turn()?;
        Ok(self.noted(self.ceremonies.replace(&format!("{name}{NOTED}"), content))?)
    }

    fn ceremony_is_over(&self, name: &str) -> Result<(), KeyringError> {
        let _turn = self.turn()?;
        Ok(self.noted(self.ceremonies.remove(&format!("{name}{NOTED}")))?)
    }

    fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    fn last_signed(&self) -> Result<Option<String>, KeyringError> {
        let text = self.root.read_text(LAST_SIGNED);
        Ok(text.map_err(|error| KeyringError::Unreadable(error.to_string()))?.map(|text| text.to_string()))
    }

    fn ended(&self) -> Option<String> {
        self.broken.load(Ordering::Relaxed).then(|| KeysError::Broken.to_string())
    }

    fn replace_last_signed(&self, old: Option<&str>, new: &str) -> Result<(), KeyringError> {
        let _turn = self.turn()?;
        if self.last_signed()?.as_deref() != old {
            return Err(KeyringError::Moved);
        }
        Ok(self.noted(self.root.replace(LAST_SIGNED, new.as_bytes()))?)
    }
}

impl From<KeysError> for KeyringError {
    fn from(error: KeysError) -> Self {
        Self::Unwritable(error.to_string())
    }
}

fn may_found(path: &Path) -> Result<Stage, KeysError> {
    match stage::stage(path)? {
        Stage::Founded => Err(KeysError::Founded { path: path.to_owned() }),
        Stage::Severed => Err(KeysError::Severed { path: path.to_owned() }),
        Stage::Foreign { name } => Err(KeysError::Foreign { path: path.to_owned(), name }),
        stage => Ok(stage),
    }
}

/// Keeps other processes out for as long as the file is held.
pub(super) fn lock(root: &Folder) -> Result<File, KeysError> {
    let path = root.path_of(LOCK);
    let file = root.lock_file(LOCK)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(KeysError::Locked { path }),
        Err(TryLockError::Error(error)) => return Err(io("lock", &path)(error)),
    }
    // A lock file that was replaced between opening and locking locks nothing.
    let ours = file.metadata().map_err(io("look at", &path))?;
    let there = std::fs::symlink_metadata(&path).map_err(io("look at", &path))?;
    if (ours.dev(), ours.ino()) != (there.dev(), there.ino()) {
        return Err(KeysError::Locked { path });
    }
    Ok(file)
}

fn held_already(held: &HeldKey) -> KeysError {
    KeysError::Held { id: held.id, purpose: held.purpose, owner: held.owner.clone() }
}

#[cfg(test)]
mod tests;
