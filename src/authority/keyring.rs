//! The port to what lies under `--keys`: private keys, the secrets of the vault, and `last-signed` (law 0, section 8).
//! Implemented by `keyring` on files and, for tests, in memory. Not here: tokens (`http`) and certificates, which are
//! public and lie in the ledger as blobs.

use std::sync::Arc;

use crate::crypto::at_rest::RestKey;
use crate::crypto::{KeyId, PrivateKey};

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

    /// The secrets of the vault and the indexes.
    fn secrets(&self) -> &Secrets;

    /// The last checkpoint that was signed, as a note; `None` before founding.
    fn last_signed(&self) -> Result<Option<String>, KeyringError>;

    /// Replaces `last-signed`, durable on return, if it still is `old` (compare-and-swap).
    fn replace_last_signed(&self, old: Option<&str>, new: &str) -> Result<(), KeyringError>;
}
