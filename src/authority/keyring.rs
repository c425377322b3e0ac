//! The port to what lies under `--keys`: private keys, the secrets of the vault, ceremonies
//! under way, and `last-signed` (law 0, section 8).
//! Implemented by `keyring` on files and, for tests, in memory. Not here: tokens (`http`) and certificates, which are
//! public and lie in the ledger as blobs.

use std::sync::Arc;

use crate::crypto::at_rest::RestKey;
use crate::crypto::{Entropy, KeyId, KeyPurpose, PrivateKey};
use crate::ledger::body::Owner;

/// Why the keyring did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// Somebody else replaced `last-signed` meanwhile: two servers on one keyring.
    #[error("last-signed is not what this process wrote last: another server uses these keys")]
    Moved,
    /// A file could not be written or made durable.
    #[error("the keyring cannot be written: {0}")]
    Unwritable(String),
    /// A file could not be read or holds something else.
    #[error("the keyring cannot be read: {0}")]
    Unreadable(String),
}

/// Secrets that are no signing keys.
#[derive(Clone)]
pub struct Secrets {
    /// Wraps the keys of payloads; destroyed when its epoch ends.
    pub epoch: RestKey,
    /// Number of the epoch, from 1.
    pub epoch_number: u32,
    /// Keys the permutation of status places.
    pub places: [u8; 32],
    /// Keys the hashes by which licences are found.
    pub lookup: [u8; 32],
}

/// Private keys, secrets, and the one cell that must never go back.
pub trait Keyring: Send + Sync {
    /// A private key by id.
    fn key(&self, id: &KeyId) -> Option<Arc<PrivateKey>>;

    /// Takes a key in while the service runs, durable on return.
    fn keep(
        &self,
        purpose: KeyPurpose,
        owner: &Owner,
        key: PrivateKey,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyringError>;

    /// What was noted of the ceremonies that are not over.
    fn ceremonies(&self) -> Result<Vec<Vec<u8>>, KeyringError>;

    /// Notes a ceremony under its name, in the place of what was noted before; durable on return.
    fn note_ceremony(&self, name: &str, content: &[u8]) -> Result<(), KeyringError>;

    /// Forgets a ceremony; durable on return.
    fn ceremony_is_over(&self, name: &str) -> Result<(), KeyringError>;

    /// The secrets of the vault and the indexes.
    fn secrets(&self) -> &Secrets;

    /// The last checkpoint that was signed, as a note; `None` before founding.
    fn last_signed(&self) -> Result<Option<String>, KeyringError>;

    /// Why no key, note or `last-signed` can be written until restart, if so.
    fn ended(&self) -> Option<String>;

    /// Replaces `last-signed`, durable on return, if it still is `old` (compare-and-swap).
    fn replace_last_signed(&self, old: Option<&str>, new: &str) -> Result<(), KeyringError>;
}
