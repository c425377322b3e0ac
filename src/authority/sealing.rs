//! Sealing: the credential key signs, only after the entry is durable and under a signed checkpoint (law 0, section 5,
//! step 5). A crash before leaves an entry without a credential; [`Sealer::recover`] seals the same stored bytes with
//! the same key at the next start.

use std::sync::Arc;

use rayon::prelude::*;

use super::blocks::BLOCK;
use super::entries::entries;
use super::grants::licence;
use super::keyring::Keyring;
use super::refusal::{Failure, Fault};
use super::store::{Row, SEALED, Store, Write};
use super::vault::Vault;
use crate::crypto::{Digest, KeyId};
use crate::law;
use crate::ledger::body::Body;
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

/// The signature that makes a draft a credential.
pub type Seal = [u8; 64];

/// What one core signs before another is asked to help.
pub(super) const SIGNED_AT_ONCE: usize = 8;

/// Waiting licences that are looked at together.
const AT_ONCE: usize = 256;

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

    /// Seals what was committed up to the entry `until`, over all cores, and keeps the signatures in one write. One result
    /// each: a key that is gone stops its own licences only, which wait for it.
    pub fn seal(&self, sealings: &[&Sealing], until: u64) -> Result<Vec<Result<Seal, Fault>>, Fault> {
        let seals = self.sign_all(sealings);
        let mut writes: Vec<Write> =
            sealings.iter().zip(&seals).map(|(one, seal)| row_of(one, seal)).collect();
        writes.push(Write::set(Row::Single(SEALED), until.to_be_bytes()));
        self.store.put(writes)?;
        Ok(seals)
    }

    /// Seals what an earlier run committed and did not seal; how many could not be. A licence whose key is gone waits on:
    /// the service is of use to all others.
    pub fn recover(&self, vault: &Vault, size: u64) -> Result<usize, Failure> {
        let waiting = self.recover_waiting(vault)? + self.recover_since(vault, size)?;
        if waiting > 0 {
            tracing::error!(waiting, "licences wait to be sealed: put the keys' files back and start again");
        }
        Ok(waiting)
    }

    /// Those that waited for a key.
    fn recover_waiting(&self, vault: &Vault) -> Result<usize, Failure> {
        let mut waiting = 0;
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = self.store.scan(b"u", after.as_deref(), AT_ONCE)?;
            let Some((last, _)) = rows.last() else { return Ok(waiting) };
            after = Some(last.clone());
            let mut writes = Vec::with_capacity(rows.len());
            let mut sealings = Vec::with_capacity(rows.len());
            for (key, _) in rows {
                let handle =
                    handle_of(&key).ok_or_else(|| Fault::Damaged("the key of an unsealed row".into()))?;
                writes.push(Write::remove(Row::Unsealed(handle)));
                sealings.extend(self.sealing_of(vault, handle)?);
            }
            let sealings: Vec<&Sealing> = sealings.iter().collect();
            let seals = self.sign_all(&sealings);
            waiting += seals.iter().filter(|seal| seal.is_err()).count();
            // What still cannot be sealed is set again, after it was removed.
            writes.extend(sealings.iter().zip(&seals).map(|(one, seal)| row_of(one, seal)));
            self.store.put(writes)?;
        }
    }

    /// Those whose entries came after the last that is known to be sealed.
    fn recover_since(&self, vault: &Vault, size: u64) -> Result<usize, Failure> {
        let mut waiting = 0;
        let mut from = sealed_until(self.store.as_ref())?;
        while from < size {
            let until = size.min(from + BLOCK);
            let mut sealings = Vec::new();
            let found = entries(self.store.as_ref(), from, until)?;
            if u64::try_from(found.len()).ok() != until.checked_sub(from) {
                return Err(
                    Fault::Damaged(format!("entries from {from} to {until} are not all there")).into()
                );
            }
            for entry in found {
                let issued = law::read(&entry).ok().and_then(|entry| issued_by(entry.body()));
                let Some(handle) = issued else { continue };
                if self.store.get(&Row::Seal(handle))?.is_none() {
                    sealings.extend(self.sealing_of(vault, handle)?);
                }
            }
            let seals = self.seal(&sealings.iter().collect::<Vec<_>>(), until)?;
            waiting += seals.iter().filter(|seal| seal.is_err()).count();
            from = until;
        }
        Ok(waiting)
    }

    /// What there is to seal of a licence; nothing where it was erased before it was sealed. The digest of the stored
    /// draft must be the entry's.
    fn sealing_of(&self, vault: &Vault, handle: Handle) -> Result<Option<Sealing>, Failure> {
        let Some(draft) = vault.kept_draft(&handle)? else { return Ok(None) };
        let digest = Digest::of(draft.signing_input.as_bytes());
        let entered = licence(self.store.as_ref(), &handle)?;
        let entered = entered
            .filter(|entered| entered.credential_digest == digest)
            .ok_or_else(|| Fault::Damaged(format!("the draft of {handle} is not what its entry names")))?;
        let signing_input = draft.signing_input.into();
        Ok(Some(Sealing { handle, key: entered.credential_key, signing_input }))
    }

    fn sign_all(&self, sealings: &[&Sealing]) -> Vec<Result<Seal, Fault>> {
        sealings.into_par_iter().with_min_len(SIGNED_AT_ONCE).map(|sealing| self.sign(sealing)).collect()
    }

    fn sign(&self, sealing: &Sealing) -> Result<Seal, Fault> {
        let key = self
            .keyring
            .key(&sealing.key)
            .ok_or_else(|| Fault::NoKey(format!("credential key {}", sealing.key)))?;
        key.sign(sealing.signing_input.as_bytes()).map_err(|error| Fault::Crypto(error.to_string()))
    }
}

/// What is kept: the seal, or that the licence waits for one.
fn row_of(sealing: &Sealing, seal: &Result<Seal, Fault>) -> Write {
    match seal {
        Ok(seal) => Write::set(Row::Seal(sealing.handle), seal.as_slice()),
        Err(_) => Write::set(Row::Unsealed(sealing.handle), Vec::new()),
    }
}

/// Up to which entry every licence is sealed or known to wait.
fn sealed_until(store: &dyn Store) -> Result<u64, Fault> {
    let Some(bytes) = store.get(&Row::Single(SEALED))? else { return Ok(0) };
    let bytes = bytes.try_into().map_err(|_| Fault::Damaged(SEALED.into()))?;
    Ok(u64::from_be_bytes(bytes))
}

/// The licence that an entry begins.
fn issued_by(body: &Body) -> Option<Handle> {
    match body {
        Body::LicenceIssued(issued) => Some(issued.handle),
        Body::LicenceRecorded(recorded) => Some(recorded.grant.handle),
        _ => None,
    }
}

fn handle_of(key: &[u8]) -> Option<Handle> {
    Handle::from_bytes(key.strip_prefix(b"u")?.try_into().ok()?).ok()
}
