//! What every keyring promises, in one suite run over each of them; and an entropy for tests that counts.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::authority::keyring::{Keyring, KeyringError};
use crate::crypto::{Entropy, KeyId};

/// Never twice the same, and the same in every run.
#[derive(Default)]
pub(super) struct Counter(AtomicU8);

impl Entropy for Counter {
    fn fill(&self, out: &mut [u8]) {
        out.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

/// Over a keyring that holds the key `held` and has signed nothing.
pub(super) fn promises(keyring: &dyn Keyring, held: KeyId) {
    assert_eq!(keyring.key(&held).map(|key| key.id()), Some(held));
    assert!(keyring.key(&KeyId([0; 16])).is_none());
    assert_eq!(keyring.secrets().epoch_number, 1);

    assert_eq!(keyring.last_signed(), Ok(None));
    assert_eq!(keyring.replace_last_signed(Some("zero\n"), "one\n"), Err(KeyringError::Moved));
    assert_eq!(keyring.last_signed(), Ok(None));
    assert_eq!(keyring.replace_last_signed(None, "zero\n"), Ok(()));
    assert_eq!(keyring.replace_last_signed(None, "one\n"), Err(KeyringError::Moved));
    assert_eq!(keyring.replace_last_signed(Some("zero"), "one\n"), Err(KeyringError::Moved));
    assert_eq!(keyring.replace_last_signed(Some("zero\n"), "one — 样例市\n"), Ok(()));
    assert_eq!(keyring.last_signed(), Ok(Some("one — 样例市\n".to_owned())));
}
