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

    /// Seals what was committed, over all cores, and keeps the signatures in one write. One result each: a key that is
    /// gone stops its own licences only.
    pub fn seal(&self, sealings: &[&Sealing]) -> Result<Vec<Result<(), Fault>>, Fault> {
        if sealings.is_empty() {
            return Ok(Vec::new());
        }
        let signed: Vec<Result<[Write; 2], Fault>> =
            sealings.into_par_iter().map(|sealing| self.sign(sealing)).collect();
        let mut writes = Vec::with_capacity(signed.len() * 2);
        let mut results = Vec::with_capacity(signed.len());
        for one in signed {
            results.push(one.map(|pair| writes.extend(pair)));
        }
        self.store.put(writes)?;
        Ok(results)
    }

    /// Seals what an earlier run committed and did not seal; how many could not be. The digest of the stored draft must
    /// be the entry's. A licence whose key is gone waits on: the service is of use to all others.
    pub fn recover(&self, vault: &Vault) -> Result<usize, Failure> {
        let mut waiting = 0;
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = self.store.scan(b"u", after.as_deref(), 256)?;
            let Some((last, _)) = rows.last() else { return Ok(waiting) };
            after = Some(last.clone());
            let mut sealings = Vec::with_capacity(rows.len());
            for (key, _) in rows {
                let handle =
                    handle_of(&key).ok_or_else(|| Fault::Damaged("the key of an unsealed row".into()))?;
                // Erased before it was sealed: there is nothing to seal any more.
                let Some(draft) = vault.kept_draft(&handle)? else {
                    self.store.put(vec![Write::remove(Row::Unsealed(handle))])?;
                    continue;
                };
                let entered = licence(self.store.as_ref(), &handle)?;
                let digest = Digest::of(draft.signing_input.as_bytes());
                let entered =
                    entered.filter(|entered| entered.credential_digest == digest).ok_or_else(|| {
                        Fault::Damaged(format!("the draft of {handle} is not what its entry names"))
                    })?;
                let signing_input = draft.signing_input.into();
                sealings.push(Sealing { handle, key: entered.credential_key, signing_input });
            }
            let results = self.seal(&sealings.iter().collect::<Vec<_>>())?;
            for failed in results.into_iter().filter_map(Result::err) {
                tracing::error!(%failed, "a licence waits to be sealed: put the key's file back and start again");
                waiting += 1;
            }
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
