//! The keys that founding makes: every one that the server will hold, and what follows from them before entry 0.

use crate::authority::ceremony::{NewKeys, crypto};
use crate::authority::refusal::Fault;
use crate::catalogue::AuthorityPlan;
use crate::crypto::{Entropy, KeyPurpose, PrivateKey};
use crate::ledger::body::Owner;
use crate::ledger::checkpoint::Checkpoint;
use crate::merkle::EMPTY_ROOT;
use crate::note::{Scheme, VerifierKey};
use crate::values::identifiers::Origin;

/// The authority's own keys, those above the others first.
const OF_THE_AUTHORITY: [KeyPurpose; 6] = [
    KeyPurpose::Root,
    KeyPurpose::Issuing,
    KeyPurpose::Registry,
    KeyPurpose::Checkpoint,
    KeyPurpose::Status,
    KeyPurpose::Report,
];

impl NewKeys {
    /// Makes every key that the server will hold.
    pub fn make(plan: &AuthorityPlan, entropy: &dyn Entropy) -> Result<Self, Fault> {
        let mut keys = Self::default();
        keys.add(&Owner::Authority, &OF_THE_AUTHORITY, entropy)?;
        if plan.registrars.is_empty() {
            keys.add(&Owner::Authority, &[KeyPurpose::Registrar], entropy)?;
        }
        for department in &plan.departments {
            keys.extend(Self::of_department(&department.code, entropy)?);
        }
        Ok(keys)
    }

    /// The origin of a sample: no two samples look like a split view of one ledger.
    pub fn sample_origin(&self) -> Result<Origin, Fault> {
        let key = self.of(&Owner::Authority, KeyPurpose::Checkpoint)?.id().to_string();
        let digits: String = key.chars().take(16).collect();
        Origin::of_sample(&digits).map_err(crypto)
    }

    /// The key under which the ledger's checkpoints will be verified.
    pub fn verifier_key(&self, origin: &Origin) -> Result<VerifierKey, Fault> {
        let key = self.of(&Owner::Authority, KeyPurpose::Checkpoint)?;
        let name = origin.as_str().parse().map_err(crypto)?;
        VerifierKey::of(name, Scheme::Ed25519, key.public()).map_err(crypto)
    }

    /// `last-signed` of an empty ledger.
    pub fn empty_checkpoint(&self, origin: &Origin) -> Result<String, Fault> {
        empty_checkpoint(self.of(&Owner::Authority, KeyPurpose::Checkpoint)?, origin)
    }
}

/// `last-signed` of an empty ledger, under the key that signs its checkpoints.
pub(super) fn empty_checkpoint(key: &PrivateKey, origin: &Origin) -> Result<String, Fault> {
    let name = origin.as_str().parse().map_err(crypto)?;
    Ok(Checkpoint::new(name, 0, EMPTY_ROOT.0).sign(key, &[]).map_err(crypto)?.to_string())
}
