//! Sealing: the credential key signs, only after the entry is durable and under a signed checkpoint (law 0, section 5,
//! step 5). A crash before leaves an entry without a credential; [`Sealer::recover`] seals the same stored bytes with
//! the same key at the next start.

use std::sync::Arc;

use rayon::prelude::*;

use super::keyring::Keyring;
use super::refusal::{Failure, Fault};
use super::state::licence;
use super::store::{Row, Store, Write};
use super::vault::Vault;
use crate::crypto::{Digest, KeyId};
use crate::values::identifiers::Handle;

/// What is to be sealed once it is committed.
#[derive(Debug, Clone)]
pub struct Sealing {
    /// The licence.
    pub handle: Handle,
    /// The key that its entry names.
    pub key: KeyId,
    /// ASCII `header.payload`.
    pub signing_input: Arc<str>,
}

/// Seals.
pub struct Sealer {
    store: Arc<dyn Store>,
    keyring: Arc<dyn Keyring>,
}

impl Sealer {
    /// A sealer with these keys.
    pub fn new(store: Arc<dyn Store>, keyring: Arc<dyn Keyring>) -> Self {
        Self { store, keyring }
    }

    /// Seals what was committed, over all cores, and keeps the signatures in one write.
    pub fn seal<'a>(&self, sealings: impl Iterator<Item = &'a Sealing>) -> Result<(), Fault> {
        let sealings: Vec<&Sealing> = sealings.collect();
        if sealings.is_empty() {
            return Ok(());
        }
        let writes: Vec<[Write; 2]> =
            sealings.into_par_iter().map(|sealing| self.sign(sealing)).collect::<Result<_, _>>()?;
        Ok(self.store.put(writes.into_iter().flatten().collect())?)
    }

    /// Seals what an earlier run committed and did not seal. The digest of the stored draft must be the entry's.
    pub fn recover(&self, vault: &Vault) -> Result<usize, Failure> {
        let mut recovered = 0;
        loop {
            let rows = self.store.scan(b"u", None, 256)?;
            if rows.is_empty() {
                return Ok(recovered);
            }
            let mut sealings = Vec::with_capacity(rows.len());
            for (key, _) in rows {
                let handle =
                    handle_of(&key).ok_or_else(|| Fault::Damaged("the key of an unsealed row".into()))?;
                let draft = vault.draft(&handle)?;
                let entered = licence(self.store.as_ref(), &handle)?;
                let entered = entered.filter(|entered| {
                    entered.credential_digest == Digest::of(draft.signing_input.as_bytes())
                });
                let entered = entered.ok_or_else(|| {
                    Fault::Damaged(format!("the draft of {handle} is not what its entry names"))
                })?;
                let signing_input = draft.signing_input.into();
                sealings.push(Sealing { handle, key: entered.credential_key, signing_input });
            }
            recovered += sealings.len();
            self.seal(sealings.iter())?;
        }
    }

    fn sign(&self, sealing: &Sealing) -> Result<[Write; 2], Fault> {
        let key = self
            .keyring
            .key(&sealing.key)
            .ok_or_else(|| Fault::NoKey(format!("credential key {}", sealing.key)))?;
        let signature =
            key.sign(sealing.signing_input.as_bytes()).map_err(|error| Fault::Crypto(error.to_string()))?;
        Ok([
            Write::set(Row::Seal(sealing.handle), signature.to_vec()),
            Write::remove(Row::Unsealed(sealing.handle)),
        ])
    }
}

fn handle_of(key: &[u8]) -> Option<Handle> {
    Handle::from_bytes(key.strip_prefix(b"u")?.try_into().ok()?).ok()
}
