//! The keys that founding makes: every one that the server will hold, and whose it is. Not here: where they are kept
//! (`keyring`).

use super::crypto;
use crate::authority::refusal::Fault;
use crate::catalogue::AuthorityPlan;
use crate::crypto::{Algorithm, Entropy, KeyPurpose, PrivateKey};
use crate::ledger::body::Owner;
use crate::ledger::checkpoint::Checkpoint;
use crate::merkle::EMPTY_ROOT;
use crate::values::identifiers::Origin;

/// A key that founding made, and whose it is.
pub struct NewKey {
    /// For what.
    pub purpose: KeyPurpose,
    /// Whose.
    pub owner: Owner,
    /// The key.
    pub key: PrivateKey,
}

/// The keys that an authority is founded with.
pub struct NewKeys(Vec<NewKey>);

impl NewKeys {
    /// Makes every key that the server will hold.
    pub fn make(plan: &AuthorityPlan, entropy: &dyn Entropy) -> Result<Self, Fault> {
        use Algorithm::{Ed25519, P256};
        let mut keys = Vec::new();
        let mut make = |purpose, owner: Owner, algorithm| -> Result<(), Fault> {
            let key = PrivateKey::generate(algorithm, entropy).map_err(crypto)?;
            keys.push(NewKey { purpose, owner, key });
            Ok(())
        };
        for (purpose, algorithm) in [
            (KeyPurpose::Root, P256),
            (KeyPurpose::Issuing, P256),
            (KeyPurpose::Registry, Ed25519),
            (KeyPurpose::Checkpoint, Ed25519),
            (KeyPurpose::Status, Ed25519),
            (KeyPurpose::Report, Ed25519),
        ] {
            make(purpose, Owner::Authority, algorithm)?;
        }
        if plan.registrars.is_empty() {
            make(KeyPurpose::Registrar, Owner::Authority, Ed25519)?;
        }
        for department in &plan.departments {
            for (purpose, algorithm) in
                [(KeyPurpose::Registry, Ed25519), (KeyPurpose::Credential, Ed25519), (KeyPurpose::Seal, P256)]
            {
                make(purpose, Owner::Department(department.code.clone()), algorithm)?;
            }
        }
        Ok(Self(keys))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &NewKey> {
        self.0.iter()
    }

    /// All of them, to be kept.
    pub fn into_inner(self) -> Vec<NewKey> {
        self.0
    }

    /// The key of an owner and purpose.
    pub fn of(&self, owner: &Owner, purpose: KeyPurpose) -> Result<&PrivateKey, Fault> {
        let found = self.0.iter().find(|new| new.purpose == purpose && new.owner == *owner);
        found.map(|new| &new.key).ok_or_else(|| Fault::NoKey(format!("{purpose} key of {owner}")))
    }

    /// The origin of a sample: no two samples look like a split view of one ledger.
    pub fn sample_origin(&self) -> Result<Origin, Fault> {
        let key = self.of(&Owner::Authority, KeyPurpose::Checkpoint)?.id().to_string();
        let digits: String = key.chars().take(16).collect();
        format!("sample.vidimus.example/{digits}").parse().map_err(crypto)
    }

    /// `last-signed` of an empty ledger.
    pub fn empty_checkpoint(&self, origin: &Origin) -> Result<String, Fault> {
        let key = self.of(&Owner::Authority, KeyPurpose::Checkpoint)?;
        let name = origin.as_str().parse().map_err(crypto)?;
        Ok(Checkpoint::new(name, 0, EMPTY_ROOT.0).sign(key, &[]).map_err(crypto)?.to_string())
    }
}
