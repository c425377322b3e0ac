//! Approvals: who must have signed a statement, in ascending order of key id, none twice, none to spare.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bench, demand};
use crate::crypto::{KeyId, KeyPurpose, PublicKey};
use crate::law::applied::Owed;
use crate::law::violation::{Refused, Rule, Violation};
use crate::ledger::body::{Approvers, OfficerId, Owner, ProcessPublished, Role};
use crate::ledger::entry::statement;
use crate::ledger::signature::Approval;
use crate::values::identifiers::CreditCode;

impl Bench<'_> {
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
        self.nobody_stopped(approvals)?;
        self.owed(approvals, |id| {
            officers.iter().find(|(known, _)| *known == id).map(|(_, held)| &held.value.public)
        })
    }

    /// Exactly one officer with this role in a department; who it is.
    pub(super) fn officer_acts(
        &self,
        role: Role,
        department: &CreditCode,
    ) -> Result<(OfficerId, Vec<Owed>), Refused> {
        let one = [Approvers { department: None, officers: 1 }];
        let (officers, owed) = self.officers_of(&one, role, department)?;
        let officer = officers.into_iter().next();
        let officer = officer.ok_or_else(|| Violation::new(Rule::Approvals, "no officer signed"))?;
        Ok((officer, owed))
    }

    /// The signers that a process asks for, of every department as many as it says; who they are.
    pub(super) fn signers_approve(
        &self,
        process: &ProcessPublished,
        lead: &CreditCode,
    ) -> Result<(Vec<OfficerId>, Vec<Owed>), Refused> {
        self.officers_of(&process.approvers, Role::Signer, lead)
    }

    fn officers_of(
        &self,
        approvers: &[Approvers],
        role: Role,
        lead: &CreditCode,
    ) -> Result<(Vec<OfficerId>, Vec<Owed>), Refused> {
        let charter = self.view.charter();
        let approvals = self.approvals()?;
        if role == Role::Signer {
            self.nobody_stopped(approvals)?;
        }
        let mut officers = Vec::with_capacity(approvals.len());
        // A department that leads and is named too is asked once, for both.
        let mut wanted: BTreeMap<&CreditCode, u64> = BTreeMap::new();
        for one in approvers {
            let asked = wanted.entry(one.department.as_ref().unwrap_or(lead)).or_default();
            *asked = asked.saturating_add(one.officers);
        }
        for (department, count) in wanted {
            let before = officers.len();
            officers.extend(approvals.iter().filter_map(|approval| {
                let held = charter.officer_acting(&approval.key, department, role, self.moment)?;
                Some((approval.key, held.value.officer))
            }));
            let found = officers.len() - before;
            demand(u64::try_from(found) == Ok(count), Rule::Approvals, || {
                format!("{found} of {department} with role {} sign; it takes {count}", role.as_str())
            })?;
        }
        let owed = self.owed(approvals, |id| {
            let known = officers.iter().any(|(key, _)| key == id);
            charter.key(id).filter(|_| known).map(|held| &held.value.public)
        })?;
        Ok((officers.into_iter().map(|(_, officer)| officer).collect(), owed))
    }

    /// A red card may keep an officer from signing until it is released.
    fn nobody_stopped(&self, approvals: &[Approval]) -> Result<(), Refused> {
        let charter = self.view.charter();
        let stop = approvals.iter().find_map(|approval| {
            // Whoever he was with another key: a person is an officer, not a key.
            let officer = *charter.was_officer_key(&approval.key)?;
            Some((officer, charter.stopped(&officer)?))
        });
        match stop {
            None => Ok(()),
            Some((officer, card)) => {
                let text = format!("officer {officer} may not sign until card {card} is released");
                Err(Violation::new(Rule::Stopped, text).into())
            }
        }
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
