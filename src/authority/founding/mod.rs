//! Founding: from a plan and fresh keys to the first entries, all of which registrars must approve (law 0, section 4).
//!
//! The first ceremony, and the only one before there is a ledger: every first entry about a subject has no `prev`, so
//! all statements can be signed before entry 0 exists, by the one key that a sample keeps on the server, or elsewhere
//! by m people. What is composed is written beside the keys before anything is appended, so that a crash in between is
//! gone on from. Not here: files (`keyring`).

mod check;
mod compose;
mod keys;
mod refusal;

use serde::{Deserialize, Serialize};

pub use super::ceremony::{NewKey, NewKeys};
pub use check::check_plan;
pub use refusal::FoundingRefusal;

use super::ceremony::{Signed, Statements, Step, crypto};
use super::keyring::Keyring;
use super::refusal::{Failure, Fault};
use super::store::Store;
use super::writer::Proposal;
use crate::catalogue::{AuthorityPlan, Catalogue};
use crate::crypto::{Entropy, PrivateKey};
use crate::ledger::signature::{Approval, Signature};
use crate::ledger::state::Charter;
use crate::values::identifiers::{BaseUrl, Origin};
use crate::values::time::Time;

/// Where and when.
pub struct Site<'a> {
    /// Under which things are named.
    pub base_url: &'a BaseUrl,
    /// The ledger's origin.
    pub origin: &'a Origin,
    /// Now.
    pub now: Time,
    /// The approvals and proofs made here do not count later.
    pub not_after: Time,
}

/// The first entries, in order, with the blobs they name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Founding {
    origin: Origin,
    quorum: usize,
    steps: Vec<Step>,
}

impl Founding {
    /// The first entries of an authority, not yet approved.
    pub fn compose(
        plan: &AuthorityPlan,
        catalogue: &Catalogue,
        keys: &NewKeys,
        site: &Site<'_>,
        entropy: &dyn Entropy,
    ) -> Result<Self, Fault> {
        let steps = compose::first_entries(plan, catalogue, keys, site, entropy)?;
        Ok(Self { origin: site.origin.clone(), quorum: usize::from(plan.quorum), steps })
    }

    /// What registrars sign, one for each entry.
    pub fn statements(&self) -> Result<Statements, Fault> {
        let statements = self.steps.iter().map(|step| step.to_sign(&self.origin));
        let statements = statements.collect::<Result<_, Fault>>()?;
        Ok(Statements { ceremony: None, origin: self.origin.to_string(), statements })
    }

    /// Signs every statement with keys at hand: how a sample approves itself.
    pub fn approve(&mut self, registrars: &[&PrivateKey]) -> Result<(), Fault> {
        let statements = self.statements()?.statements;
        let mut signed = Vec::with_capacity(registrars.len());
        for key in registrars {
            let signatures = statements.iter().map(|statement| key.sign(&statement.sign.0).map(Signature));
            let signatures = signatures.collect::<Result<_, _>>().map_err(crypto)?;
            signed.push(Signed { ceremony: None, key: key.id(), signatures });
        }
        self.attach(&signed)
    }

    /// Puts the registrars' signatures to the statements: all of them to entry 0, m to the others, none to spare.
    /// Whether they are good is for [`Founding::check_signed`] to say.
    pub fn attach(&mut self, signed: &[Signed]) -> Result<(), Fault> {
        for (place, step) in self.steps.iter_mut().enumerate() {
            let mut approvals = Vec::with_capacity(signed.len());
            for Signed { key, signatures, .. } in signed {
                let sig = signatures.get(place).copied();
                let sig = sig.ok_or_else(|| Fault::Crypto(format!("{key} signed too few statements")))?;
                approvals.push(Approval { key: *key, sig });
            }
            approvals.sort_by_key(|approval| approval.key);
            if place > 0 {
                approvals.truncate(self.quorum);
            }
            step.approve(approvals)?;
        }
        Ok(())
    }

    /// What the ledger does not have yet, in order, each with its place, as the writer takes it.
    pub(super) fn left(
        &self,
        charter: &Charter,
        store: &dyn Store,
    ) -> Result<Vec<(usize, Proposal)>, Failure> {
        let mut left = Vec::new();
        for (place, step) in self.steps.iter().enumerate() {
            if step.entered(&self.origin, charter, store)?.is_none() {
                left.push((place, step.proposal()?));
            }
        }
        Ok(left)
    }

    /// Writes the `last-signed` of the empty ledger, once; what a crash left without one is gone on from here.
    pub fn begin_signing(&self, keyring: &dyn Keyring) -> Result<(), Failure> {
        if keyring.last_signed()?.is_some() {
            return Ok(());
        }
        let id = self.checkpoint()?;
        let key = keyring.key(&id).ok_or_else(|| Fault::NoKey(format!("checkpoint key {id}")))?;
        Ok(keyring.replace_last_signed(None, &keys::empty_checkpoint(&key, &self.origin)?)?)
    }

    /// How many entries founding makes.
    pub fn size(&self) -> usize {
        self.steps.len()
    }

    /// The ledger's origin.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}
