//! What the law would say of a step now, before anything is signed: the entry is made with signatures of zeros, which the
//! law's rules do not look at and only `discharge` would. So a dry run, a prepared step and an entered one are judged
//! by the same rules.

use super::CaseRefusal;
use crate::authority::Authority;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::state::StoreView;
use crate::crypto::{Digest, KeyPurpose};
use crate::law::{self, Refused, Rule, Violation};
use crate::ledger::body::{Body, Owner};
use crate::ledger::entry::{Entry, Unsigned};
use crate::ledger::signature::Signature;
use crate::ledger::state::{CaseState, Effects};
use crate::values::time::Time;

/// Stands for a signature that is still to be made.
pub(in crate::authority) const UNSIGNED: Signature = Signature([0; 64]);

impl Authority {
    /// The case as it would be after this entry; refused where the law would refuse it.
    pub(super) fn foresee(&self, body: &Body, prev: Option<Digest>, now: Time) -> Result<CaseState, Failure> {
        let department = match body {
            Body::CaseFiled(filed) => filed.department.clone(),
            Body::LicenceIssued(issued) => issued.department.clone(),
            body => match body.subject() {
                crate::ledger::body::Subject::Case(case) => self.case_state(&case)?.department,
                _ => return Err(Fault::Law(format!("{} is no step of a case", body.kind())).into()),
            },
        };
        let effects = self.foresee_of(body, &Owner::Department(department), prev, now)?;
        Ok(effects.case.ok_or_else(|| Fault::Law("a step without a case".into()))?)
    }

    /// What an entry of whoever acts would do; refused where the law would refuse it.
    pub(in crate::authority) fn foresee_of(
        &self,
        body: &Body,
        owner: &Owner,
        prev: Option<Digest>,
        now: Time,
    ) -> Result<Effects, Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let keys = charter.keys_of(owner, KeyPurpose::Registry);
        let key = keys.last().map(|(id, _)| **id);
        let key = key.ok_or_else(|| Fault::NoKey(format!("registry key of {owner}")))?;
        let time = charter.time().map_or(now, |last| last.max(now));
        let unsigned = Unsigned { body: body.clone(), key, prev, time };
        let entry = Entry::assemble(unsigned, UNSIGNED).map_err(|error| Fault::Law(error.to_string()))?;
        let taken = |place| self.window.statuses(|statuses| statuses.taken(place));
        let view = StoreView { store: self.store.as_ref(), charter, range: &published.range, taken: &taken };
        match law::apply(&view, &entry) {
            Ok(applied) => Ok(applied.pending().clone()),
            Err(Refused::Violation(violation)) => Err(refused(violation)),
            Err(other) => Err(other.into()),
        }
    }
}

/// The law's no to a step, in the words of whoever asked for it.
pub(in crate::authority) fn refused(violation: Violation) -> Failure {
    let text = violation.text;
    match violation.rule {
        Rule::CaseStep => CaseRefusal::Step(text).into(),
        Rule::Card => CaseRefusal::Card(text).into(),
        Rule::Stopped => CaseRefusal::Stopped(text).into(),
        Rule::Separation => CaseRefusal::Separation(text).into(),
        Rule::Approvals | Rule::Officer => CaseRefusal::NotOfficer(text).into(),
        Rule::Correction => CaseRefusal::NothingDone(text).into(),
        Rule::ApprovalSignature => CaseRefusal::BadApproval { pointer: "/signature".into() }.into(),
        Rule::Process => CaseRefusal::NoProcess(text).into(),
        // Key, type or power were in force when it was decided: it is decided anew under what is now.
        Rule::NotAfter
        | Rule::Prev
        | Rule::Draft
        | Rule::KeyPurpose
        | Rule::Type
        | Rule::Power
        | Rule::Department
        | Rule::Case => CaseRefusal::Outdated(text).into(),
        rule => Failure::Judged(Violation { rule, text }),
    }
}
