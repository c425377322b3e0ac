//! One ceremony on its course: what is to be entered, who signed, and how far the ledger has it.

use serde::{Deserialize, Serialize};

use super::{About, CeremonyId, ShownCeremony, Signed, Statements, Step, crypto};
use crate::authority::keyring::Keyring;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::{Row, Store, Write};
use crate::authority::writer::Proposal;
use crate::crypto::{Digest, KeyPurpose};
use crate::ledger::body::{Body, Owner};
use crate::ledger::signature::{Approval, Signature};
use crate::ledger::state::Charter;
use crate::values::identifiers::Origin;
use crate::values::time::Time;

/// A ceremony as it lies beside the keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::authority) struct Ceremony {
    pub(super) id: CeremonyId,
    pub(super) about: About,
    pub(super) origin: Origin,
    pub(super) begun: Time,
    pub(super) not_after: Time,
    /// Digest of the request that it answers.
    pub(super) asked: Digest,
    pub(super) steps: Vec<Step>,
    pub(super) signed: Vec<Signed>,
}

impl Ceremony {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(bytes).map_err(|error| Fault::Damaged(format!("a ceremony's file: {error}")))
    }

    pub(super) fn write(&self) -> Result<Vec<u8>, Fault> {
        serde_json::to_vec(self).map_err(|error| Fault::Damaged(error.to_string()))
    }

    /// What registrars sign.
    pub(super) fn statements(&self) -> Result<Statements, Fault> {
        let statements = self.steps.iter().map(|step| step.to_sign(&self.origin));
        let statements = statements.collect::<Result<_, Fault>>()?;
        Ok(Statements { ceremony: Some(self.id), origin: self.origin.to_string(), statements })
    }

    /// Signs with the registrar keys that lie on the server, if any do.
    pub(super) fn sign_here(&mut self, charter: &Charter, keyring: &dyn Keyring) -> Result<(), Fault> {
        let statements = self.statements()?.statements;
        for (id, _) in charter.keys_of(&Owner::Authority, KeyPurpose::Registrar) {
            let Some(key) = keyring.key(id) else { continue };
            let signatures = statements.iter().map(|statement| key.sign(&statement.sign.0).map(Signature));
            let signatures = signatures.collect::<Result<_, _>>().map_err(crypto)?;
            self.take(Signed { ceremony: Some(self.id), key: *id, signatures });
        }
        Ok(())
    }

    /// Takes a registrar's signatures; a registrar counts once, however often he signs.
    pub(super) fn take(&mut self, signed: Signed) {
        self.signed.retain(|other| other.key != signed.key);
        self.signed.push(signed);
        self.signed.sort_by_key(|signed| signed.key);
    }

    /// Those who signed and are registrars in force.
    fn approvers<'c>(&'c self, charter: &'c Charter) -> impl Iterator<Item = &'c Signed> {
        let registrars = charter.keys_of(&Owner::Authority, KeyPurpose::Registrar);
        self.signed.iter().filter(move |signed| registrars.iter().any(|(id, _)| **id == signed.key))
    }

    /// Whether enough registrars approved.
    pub(super) fn is_approved(&self, charter: &Charter) -> bool {
        self.approvers(charter).count() >= quorum(charter)
    }

    /// The first step that the ledger does not have, with its approvals, as the writer takes it; none when all are in.
    /// What is kept of the ceremony goes into the last entry's commit.
    pub(super) fn next(
        &self,
        charter: &Charter,
        store: &dyn Store,
        keyring: &dyn Keyring,
    ) -> Result<Option<(usize, Proposal)>, Failure> {
        for (place, step) in self.steps.iter().enumerate() {
            if step.entered(&self.origin, charter, store)?.is_some() {
                continue;
            }
            let mut step = step.clone();
            step.approve(self.approvals(place, &step, charter, keyring)?)?;
            let mut proposal = step.proposal()?;
            if place + 1 == self.steps.len() {
                proposal.rows.push(self.kept()?);
            }
            return Ok(Some((place, proposal)));
        }
        Ok(None)
    }

    /// m registrars, none to spare; and the old checkpoint key where there is a new one.
    fn approvals(
        &self,
        place: usize,
        step: &Step,
        charter: &Charter,
        keyring: &dyn Keyring,
    ) -> Result<Vec<Approval>, Fault> {
        let mut approvals = Vec::new();
        for Signed { key, signatures, .. } in self.approvers(charter).take(quorum(charter)) {
            let sig = signatures.get(place).copied();
            let sig = sig.ok_or_else(|| Fault::Crypto(format!("{key} signed too few statements")))?;
            approvals.push(Approval { key: *key, sig });
        }
        if let Body::KeyIntroduced(body) = step.body()?
            && body.title.purpose == KeyPurpose::Checkpoint
            && let Some((old, _)) = charter.keys_of(&Owner::Authority, KeyPurpose::Checkpoint).last()
        {
            let key = keyring.key(old).ok_or_else(|| Fault::NoKey(format!("checkpoint key {old}")))?;
            let sig = Signature(key.sign(&step.statement(&self.origin)?.1).map_err(crypto)?);
            approvals.push(Approval { key: **old, sig });
        }
        Ok(approvals)
    }

    /// The row by which a ceremony is still known when it is over.
    pub(super) fn kept(&self) -> Result<Write, Fault> {
        let bare = Self { steps: self.steps.iter().map(Step::bare).collect(), ..self.clone() };
        Ok(Write::set(Row::Ceremony(self.id.0), bare.write()?))
    }

    /// As it is shown, at a state of the ledger.
    pub(super) fn shown(
        &self,
        charter: &Charter,
        store: &dyn Store,
        keyring: &dyn Keyring,
    ) -> Result<ShownCeremony, Failure> {
        let entries = self.steps.iter().map(|step| step.entered(&self.origin, charter, store));
        Ok(ShownCeremony {
            id: Some(self.id),
            about: self.about.clone(),
            begun: self.begun,
            not_after: self.not_after,
            quorum: quorum(charter),
            approved_by: self.approvers(charter).map(|signed| signed.key).collect(),
            form_only: form_only(charter, keyring),
            statements: Some(self.statements()?),
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    /// Whether an entry of this form is among its steps.
    pub(super) fn brings(&self, wanted: impl Fn(&Body) -> bool) -> Result<bool, Fault> {
        for step in &self.steps {
            if wanted(&step.body()?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// m.
pub(super) fn quorum(charter: &Charter) -> usize {
    charter.authority().map_or(usize::MAX, |authority| authority.quorum)
}

/// Whether a registrar's key lies on the server.
pub(super) fn form_only(charter: &Charter, keyring: &dyn Keyring) -> bool {
    let registrars = charter.keys_of(&Owner::Authority, KeyPurpose::Registrar);
    registrars.iter().any(|(id, _)| keyring.key(id).is_some())
}
