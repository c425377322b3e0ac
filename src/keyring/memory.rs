//! A keyring that forgets everything with the process: for tests of the engine. Not for a service.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::authority::keyring::{Keyring, KeyringError, Secrets};
use crate::crypto::at_rest::RestKey;
use crate::crypto::entropy::random;
use crate::crypto::{Entropy, KeyId, KeyPurpose, PrivateKey};
use crate::ledger::body::Owner;

/// Keys, secrets and `last-signed` in memory.
pub struct MemoryKeyring {
    keys: RwLock<BTreeMap<KeyId, Arc<PrivateKey>>>,
    secrets: Secrets,
    last_signed: Mutex<Option<String>>,
    ceremonies: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl MemoryKeyring {
    /// No keys, fresh secrets, nothing signed.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let secrets = Secrets {
            epoch: RestKey::generate(entropy),
            epoch_number: 1,
            places: random(entropy),
            lookup: random(entropy),
        };
        Self { keys: RwLock::default(), secrets, last_signed: Mutex::default(), ceremonies: Mutex::default() }
    }

    /// Takes a key in and gives its id.
    pub fn add(&self, key: PrivateKey) -> KeyId {
        let id = key.id();
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(key));
        id
    }
}

impl Keyring for MemoryKeyring {
    fn key(&self, id: &KeyId) -> Option<Arc<PrivateKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn keep(&self, _: KeyPurpose, _: &Owner, key: PrivateKey, _: &dyn Entropy) -> Result<(), KeyringError> {
        self.add(key);
        Ok(())
    }

    fn ceremonies(&self) -> Result<Vec<Vec<u8>>, KeyringError> {
        Ok(self.ceremonies.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect())
    }

    fn note_ceremony(&self, name: &str, content: &[u8]) -> Result<(), KeyringError> {
        let mut ceremonies = self.ceremonies.lock().unwrap_or_else(PoisonError::into_inner);
        ceremonies.insert(name.to_owned(), content.to_vec());
        Ok(())
    }

    fn ceremony_is_over(&self, name: &str) -> Result<(), KeyringError> {
        self.ceremonies.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }

    fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    fn last_signed(&self) -> Result<Option<String>, KeyringError> {
        Ok(self.last_signed.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn ended(&self) -> Option<String> {
        None
    }

    fn replace_last_signed(&self, old: Option<&str>, new: &str) -> Result<(), KeyringError> {
        let mut cell = self.last_signed.lock().unwrap_or_else(PoisonError::into_inner);
        if cell.as_deref() != old {
            return Err(KeyringError::Moved);
        }
        *cell = Some(new.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use super::*;

    #[test]
    fn keeps_what_the_port_promises() {
        let keyring = MemoryKeyring::new(&suite::Counter::default());
        let key = PrivateKey::from_seed(&[1; 32]).unwrap();
        let id = keyring.add(key);
        suite::promises(&keyring, id);
    }
}
