//! Approvals: who must have signed a statement, in ascending order of key id, none twice, none to spare.

use std::collections::BTreeSet;

use super::{Case, demand};
use crate::crypto::{KeyId, KeyPurpose, PublicKey};
use crate::law::applied::Owed;
use crate::law::violation::{Refused, Rule, Violation};
use crate::ledger::body::Owner;
use crate::ledger::entry::statement;
use crate::ledger::signature::Approval;
use crate::values::identifiers::CreditCode;

impl Case<'_> {
    /// Exactly m registrars in force.
    pub(super) fn registrars_approve(&self) -> Result<Vec<Owed>, Refused> {
        self.registrars_and(&[])
    }

    /// Exactly m registrars in force, and exactly these further keys.
    pub(super) fn registrars_and(&self, others: &[&PublicKey]) -> Result<Vec<Owed>, Refused> {
        let charter = self.view.charter();
        let quorum = charter.authority().map_or(usize::MAX, |authority| authority.quorum);
        let registrars = charter.keys_of(&Owner::Authority, KeyPurpose::Registrar);
        let registrar = |id: &KeyId| {
            registrars.iter().find(|(known, _)| *known == id).map(|(_, held)| &held.value.public)
        };
        let other = |id: &KeyId| others.iter().copied().find(|key| key.id() == *id);
        let approvals = self.approvals()?;
        let by_registrars = approvals.iter().filter(|approval| registrar(&approval.key).is_some()).count();
        demand(by_registrars == quorum, Rule::Approvals, || {
            format!("{by_registrars} registrars in force approve; it takes {quorum}")
        })?;
        let by_others = approvals.iter().filter(|approval| other(&approval.key).is_some()).count();
        demand(by_others == others.len(), Rule::Approvals, || {
            format!("{by_others} of the {} keys that must also sign did", others.len())
        })?;
        self.owed(approvals, |id| registrar(id).or_else(|| other(id)))
    }

    /// Exactly `count` officers of the department; for 0 there must be no approvals at all.
    pub(super) fn officers_approve(&self, count: u64, department: &CreditCode) -> Result<Vec<Owed>, Refused> {
        let Some((approvals, not_after)) = self.entry.body().approvals() else { return Ok(Vec::new()) };
        if count == 0 {
            demand(approvals.is_empty() && not_after.is_none(), Rule::Approvals, || {
                "the type is issued directly; approvals are to spare".into()
            })?;
            return Ok(Vec::new());
        }
        let approvals = self.approvals()?;
        demand(u64::try_from(approvals.len()) == Ok(count), Rule::Approvals, || {
            format!("{} officers approve; the type asks for {count}", approvals.len())
        })?;
        let owner = Owner::Department(department.clone());
        let officers = self.view.charter().keys_of(&owner, KeyPurpose::Officer);
        self.owed(approvals, |id| {
            officers.iter().find(|(known, _)| *known == id).map(|(_, held)| &held.value.public)
        })
    }

    /// All these keys and no others: how entry 0 is approved.
    pub(super) fn all_approve(&self, keys: &[&PublicKey]) -> Result<Vec<Owed>, Refused> {
        let approvals = self.approvals()?;
        demand(approvals.len() == keys.len(), Rule::Approvals, || {
            format!("{} approve; all {} registrars must", approvals.len(), keys.len())
        })?;
        self.owed(approvals, |id| keys.iter().copied().find(|key| key.id() == *id))
    }

    /// The approvals, in order and in time.
    fn approvals(&self) -> Result<&[Approval], Refused> {
        let (approvals, not_after) = self.entry.body().approvals().unwrap_or_default();
        let not_after =
            not_after.ok_or_else(|| Violation::new(Rule::Approvals, "approvals without not_after"))?;
        demand(self.moment.time <= not_after, Rule::NotAfter, || {
            format!("the approvals do not count after {not_after}")
        })?;
        let ascending = approvals.is_sorted_by(|a, b| a.key < b.key);
        demand(ascending, Rule::Approvals, || "approvals are not ascending by key id, none twice".into())?;
        Ok(approvals)
    }

    fn owed<'k>(
        &self,
        approvals: &[Approval],
        key: impl Fn(&KeyId) -> Option<&'k PublicKey>,
    ) -> Result<Vec<Owed>, Refused> {
        let message = statement(self.entry.body(), self.entry.prev(), self.origin)
            .map_err(|error| Violation::new(Rule::Canonical, error.to_string()))?;
        let mut seen = BTreeSet::new();
        let mut owed = Vec::with_capacity(approvals.len());
        for approval in approvals {
            let key = key(&approval.key).filter(|_| seen.insert(approval.key)).ok_or_else(|| {
                Violation::new(Rule::Approvals, format!("{} may not approve this", approval.key))
            })?;
            owed.push(Owed {
                key: key.clone(),
                message: message.clone(),
                signature: approval.sig,
                rule: Rule::ApprovalSignature,
            });
        }
        Ok(owed)
    }
}
