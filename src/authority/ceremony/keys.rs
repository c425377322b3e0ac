//! The keys that the server makes: whose each is and for what. Not here: where they are kept (`keyring`), and how they
//! come into the ledger (`compose`).

use super::crypto;
use crate::authority::refusal::Fault;
use crate::crypto::{Algorithm, Entropy, KeyPurpose, PrivateKey};
use crate::ledger::body::Owner;
use crate::values::identifiers::CreditCode;

/// The keys of every department: for its entries, its credentials, its documents.
const OF_DEPARTMENTS: [KeyPurpose; 3] = [KeyPurpose::Registry, KeyPurpose::Credential, KeyPurpose::Seal];

/// A key that was made here, and whose it is.
pub struct NewKey {
    /// For what.
    pub purpose: KeyPurpose,
    /// Whose.
    pub owner: Owner,
    /// The key.
    pub key: PrivateKey,
}

/// Keys that were just made.
#[derive(Default)]
pub struct NewKeys(Vec<NewKey>);

impl NewKeys {
    /// The keys of a department.
    pub(in crate::authority) fn of_department(
        code: &CreditCode,
        entropy: &dyn Entropy,
    ) -> Result<Self, Fault> {
        let mut keys = Self::default();
        keys.add(&Owner::Department(code.clone()), &OF_DEPARTMENTS, entropy)?;
        Ok(keys)
    }

    /// Makes one key of each purpose.
    pub(in crate::authority) fn add(
        &mut self,
        owner: &Owner,
        purposes: &[KeyPurpose],
        entropy: &dyn Entropy,
    ) -> Result<(), Fault> {
        for purpose in purposes {
            let key = PrivateKey::generate(algorithm(*purpose), entropy).map_err(crypto)?;
            self.0.push(NewKey { purpose: *purpose, owner: owner.clone(), key });
        }
        Ok(())
    }

    /// Takes in others.
    pub(in crate::authority) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
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
}

/// Certificates and documents are for everybody's tools, which read P-256; all else is Ed25519.
fn algorithm(purpose: KeyPurpose) -> Algorithm {
    match purpose {
        KeyPurpose::Root | KeyPurpose::Issuing | KeyPurpose::Seal => Algorithm::P256,
        KeyPurpose::Registry
        | KeyPurpose::Registrar
        | KeyPurpose::Officer
        | KeyPurpose::Credential
        | KeyPurpose::Status
        | KeyPurpose::Report
        | KeyPurpose::Checkpoint
        | KeyPurpose::Witness => Algorithm::Ed25519,
    }
}
