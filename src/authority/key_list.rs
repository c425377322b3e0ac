//! The keys as an operator sees them: every key that the ledger ever named, what it is now, when its certificate ends,
//! and whether its private half lies here; and, of the newest ones, which end soon.

use super::Authority;
use super::chains::certificate;
use super::refusal::Failure;
use crate::crypto::{KeyId, KeyPurpose};
use crate::ledger::body::Owner;
use crate::ledger::state::{Charter, Held, Key, Moment};
use crate::values::identifiers::Slug;
use crate::values::time::Time;

/// What a key is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// The newest of its owner and purpose: the one that signs.
    InForce,
    /// It has a successor and is not retired: what it signed and signs counts.
    Overlap,
    /// What it signed before counts; nothing new does.
    Retired,
}

impl KeyState {
    /// As lists say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Overlap => "overlap",
            Self::Retired => "retired",
        }
    }
}

/// A key of the ledger.
#[derive(Debug, Clone)]
pub struct ShownKey {
    /// Its id.
    pub id: KeyId,
    /// For what.
    pub purpose: KeyPurpose,
    /// Whose.
    pub owner: Owner,
    /// The owner's short name, if it is a department.
    pub department: Option<Slug>,
    /// What it is now.
    pub state: KeyState,
    /// Since which entry.
    pub since: Moment,
    /// Until which entry.
    pub until: Option<Moment>,
    /// The last second of its certificate, where it has one.
    pub certificate_ends: Option<Time>,
    /// Whether the private half lies here.
    pub held: bool,
}

impl Authority {
    /// Every key, by purpose, owner and age.
    pub fn keys(&self) -> Result<Vec<ShownKey>, Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let mut keys = Vec::new();
        for (id, held) in charter.keys() {
            let department = match &held.value.owner {
                Owner::Department(code) => charter.department(code).map(|held| held.value.slug.clone()),
                Owner::Authority => None,
            };
            keys.push(ShownKey {
                id: *id,
                purpose: held.value.purpose,
                owner: held.value.owner.clone(),
                department,
                state: state(charter, id, held),
                since: held.since,
                until: held.ended,
                certificate_ends: self.certificate_ends(&held.value)?,
                held: self.keyring.key(id).is_some(),
            });
        }
        keys.sort_by_key(|key| (key.purpose, key.owner.clone(), key.since.index, key.id));
        Ok(keys)
    }

    /// The last second of a key's certificate.
    fn certificate_ends(&self, key: &Key) -> Result<Option<Time>, Failure> {
        if key.certificate.is_none() {
            return Ok(None);
        }
        let end = certificate(self.store.as_ref(), key)?.validity().not_after;
        Ok(Some(Time::from_millis(end.saturating_mul(1000)).unwrap_or(Time::MAX)))
    }
}

/// Registrars stand beside each other; of every other purpose the newest signs.
fn state(charter: &Charter, id: &KeyId, held: &Held<Key>) -> KeyState {
    let beside =
        matches!(held.value.purpose, KeyPurpose::Registrar | KeyPurpose::Officer | KeyPurpose::Witness);
    let newest = || charter.keys_of(&held.value.owner, held.value.purpose).last().map(|(newest, _)| **newest);
    match held.in_force() {
        false => KeyState::Retired,
        true if beside || newest() == Some(*id) => KeyState::InForce,
        true => KeyState::Overlap,
    }
}
