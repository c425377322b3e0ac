//! Approvals of a decided licence, from every department that its process names, in any order; and the issue, once they
//! are all there. Not here: whether they are enough, which is the law's to say.

use serde::{Deserialize, Serialize};

use super::CaseRefusal;
use super::acting::signature;
use super::foresight::refused;
use super::kept::{Kept, KeptDraft};
use super::replacing::Replaced;
use super::stepping::{named, step_number};
use super::{CaseWish, Stepped, ToSign};
use crate::authority::Authority;
use crate::authority::facts::gone;
use crate::authority::issuance::Patience;
use crate::authority::once::Once;
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::authority::store::{Row, Write};
use crate::catalogue::{ClaimRule, Decided, Members, RequestError};
use crate::crypto::{Digest, KeyId};
use crate::law;
use crate::ledger::body::{Body, FromCase, Kind, LicenceIssued, Role};
use crate::ledger::signature::Approval;
use crate::ledger::state::{CaseState, CaseStep, Charter, Moment, Stage};
use crate::values::identifiers::CreditCode;
use crate::values::time::Time;

/// How far the approvals of a decided licence have come.
pub struct Approvals {
    /// What is asked of each department, the lead first.
    pub asked: Vec<Asked>,
    /// What is signed.
    pub sign: ToSign,
    /// What will be issued.
    pub draft: KeptDraft,
}

/// What is asked of one department.
pub struct Asked {
    /// Which.
    pub department: CreditCode,
    /// How many of its signers.
    pub officers: u64,
    /// Who has approved.
    pub given: Vec<KeyId>,
}

/// Approvals that were given, of one decision.
#[derive(Serialize, Deserialize)]
pub struct Given {
    decision: Digest,
    approvals: Vec<Approval>,
}

impl Authority {
    /// Takes an officer's approval of what was decided.
    pub async fn approve_case(&self, wish: CaseWish<'_>) -> Result<Stepped, Failure> {
        let id = named(&wish)?;
        let members = Members::open(wish.body, String::new(), &["officer", "decision", "signature"])?;
        let officer: KeyId = members.required("officer", Members::parsed)?;
        let decision: Digest = members.required("decision", Members::parsed)?;
        let signature = members.required("signature", signature)?;
        let _held = self.hold_case(id).await;
        let case = self.case_state(id)?;
        let now = self.now()?;
        self.may_approve(&case, &officer, wish.department, now)?;
        let draft = self.decided_draft(&case)?;
        if draft.grant().credential_digest != decision {
            let en = "the digest of what was decided, as the case shows it under approvals.decision";
            let rule = ClaimRule::described("所作决定的摘要，即办件 approvals.decision 所列", en);
            return Err(RequestError::rule("/decision", rule).into());
        }
        let body = Body::LicenceIssued(entry_of(&case, &draft, Vec::new()));
        self.check_statement(&body, case.last, &officer, &signature)?;
        if !wish.dry_run {
            let mut approvals = self.given(&case)?;
            approvals.retain(|approval| approval.key != officer);
            approvals.push(Approval { key: officer, sig: signature });
            let given = Given { decision: case.last, approvals };
            let row = postcard::to_stdvec(&given).map_err(|error| Fault::Damaged(error.to_string()))?;
            self.store.put(vec![Write::set(Row::Given(case.case), row)])?;
            self.store.sync()?;
        }
        Ok(Stepped::foreseen(case))
    }

    /// Issues what was decided and approved; what waited for it in its matter goes on.
    pub async fn issue_case(&self, wish: CaseWish<'_>) -> Result<Stepped, Failure> {
        let issued = self.issue_decided(wish).await?;
        // Only after the case, its number and its holders are let go: a part of the matter may want them.
        self.advance_after(&issued, wish.department).await;
        Ok(issued)
    }

    async fn issue_decided(&self, wish: CaseWish<'_>) -> Result<Stepped, Failure> {
        let id = named(&wish)?;
        Members::open(wish.body, String::new(), &[])?;
        let ask = self.asked(&wish, &format!("{id}/issue"));
        let _slot = self.answering(ask.as_ref(), wish.dry_run)?;
        if let Some(before) = self.stepped_before(ask.as_ref(), wish.dry_run)? {
            return Ok(before);
        }
        let _held = self.hold_case(id).await;
        let case = self.own_case(&wish)?;
        let now = self.now()?;
        let draft = self.decided_draft(&case)?;
        let grant = entry_of(&case, &draft, self.chosen(&case, now)?);
        // What holds of one holder, one number and one certificate may have changed since the decision.
        let decided = Decided {
            valid_from: Some(grant.valid_from),
            valid_until: grant.valid_until,
            licence_number: Some(draft.licence_number().clone()),
        };
        let mut request = self.request_of(&case, &decided, now)?;
        // What is drafted says which licences proved it: no others will do.
        request.sources = draft.sources();
        let proved = request.sources.clone();
        let _old = self.hold_replaced(&case).await?;
        let replaced = self.replaced_by_case(&case, "", now)?;
        let _holders = self.hold_holders(&request).await;
        self.may_still_promise(&case, &request, "", now)?;
        let approved = self.approve(&case.department, request, replaced.as_ref().map(Replaced::handle), now);
        let approved = approved.map_err(|failure| gone(failure, &proved))?;
        let sources = approved.sources().clone();
        self.lint_certificate(&approved, &case.department, now)?;
        let _number =
            self.hold_number(&case.department, &approved, replaced.as_ref().map(Replaced::number)).await?;
        let foreseen = self.foresee(&Body::LicenceIssued(grant.clone()), None, now);
        let foreseen = foreseen.map_err(|failure| match failure {
            Failure::Refused(Refusal::Case(CaseRefusal::NotOfficer(text))) => {
                CaseRefusal::ApprovalsMissing(text).into()
            }
            other => other,
        })?;
        if wish.dry_run {
            return Ok(Stepped { sources, ..Stepped::foreseen(foreseen) });
        }
        let (_, draft, finders) = draft.parts()?;
        let linted = self.lint(crate::authority::issuance::Drafted::decided(grant, draft, finders))?;
        let mut rows = self.forget_prepared(&case)?;
        rows.push(Write::remove(Row::Given(case.case)));
        if let Some((number, decision)) = self.kept_decision(&case)? {
            rows.extend(replaced.map(|replaced| self.reason_of(&replaced, &decision)).transpose()?);
            // Nothing of a licence is kept twice, or it would outlive its erasure.
            rows.push(self.vault.keep_step(&case.case, number, &Kept { draft: None, ..decision })?);
        }
        if let Some(ask) = &ask {
            rows.push(Once::remember_act(ask, case.case, step_number(&case))?);
        }
        let issued = self.commit_and_seal(linted, None, rows, Patience::Refuse).await;
        let (issued, committed) = issued.map_err(|failure| {
            if let Failure::Judged(violation) = failure { refused(violation) } else { failure }
        })?;
        let stepped = Stepped::entered(self.case_state(&case.case)?, &committed);
        Ok(Stepped { issued: Some(Box::new(issued)), sources, ..stepped })
    }

    /// How far the approvals of a case have come; `None` unless it is decided and waits for them.
    pub fn approvals(&self, case: &CaseState) -> Result<Option<Approvals>, Failure> {
        if case.stage() != Stage::Granted {
            return Ok(None);
        }
        let published = self.window.published();
        let charter = &published.charter;
        let draft = self.decided_draft(case)?;
        let body = Body::LicenceIssued(entry_of(case, &draft, Vec::new()));
        let not_after = draft.grant().not_after.unwrap_or(Time::MAX);
        let statement = self.statement_of(&body, case.last)?;
        let (prepared, kind) = (String::new(), Kind::LicenceIssued);
        let sign = ToSign { prepared, kind, statement, salt: None, not_after };
        let given = self.given(case)?;
        let moment = Moment { index: charter.size(), time: self.now()? };
        let asked = approvers(charter, case)
            .into_iter()
            .map(|(department, officers)| {
                let signs = |key: &KeyId| {
                    let held = charter.officer_acting(key, &department, Role::Signer, moment);
                    held.is_some_and(|held| charter.stopped(&held.value.officer).is_none())
                };
                let given = given.iter().map(|approval| approval.key).filter(signs).collect();
                Asked { department, officers, given }
            })
            .collect();
        Ok(Some(Approvals { asked, sign, draft }))
    }

    /// Whether an officer may approve what is decided: a signer of a department that is asked, apart from who examined.
    fn may_approve(
        &self,
        case: &CaseState,
        key: &KeyId,
        caller: &CreditCode,
        now: Time,
    ) -> Result<(), Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let approvers = approvers(charter, case);
        if case.department != *caller && approvers.iter().all(|(department, _)| department != caller) {
            return Err(Refusal::NotYours.into());
        }
        if case.stage() != Stage::Granted {
            let text = format!("case {} is {}: nothing is to be approved", case.case, case.stage().as_str());
            return Err(CaseRefusal::Step(text).into());
        }
        let moment = Moment { index: charter.size(), time: now };
        let acting = approvers
            .iter()
            .find_map(|(department, _)| charter.officer_acting(key, department, Role::Signer, moment));
        let officer = acting.ok_or_else(|| {
            CaseRefusal::NotOfficer(format!("{key} is no signer's key of these departments"))
        })?;
        if let Some(card) = charter.stopped(&officer.value.officer) {
            let text =
                format!("officer {} may not sign until card {card} is released", officer.value.officer);
            return Err(CaseRefusal::Stopped(text).into());
        }
        law::may_sign(case, officer.value.officer).map_err(|error| match error {
            law::Refused::Violation(violation) => refused(violation),
            other => other.into(),
        })
    }

    /// The draft of the newest decision.
    fn decided_draft(&self, case: &CaseState) -> Result<KeptDraft, Failure> {
        let granted = matches!(case.stage(), Stage::Granted);
        let draft = self.kept_decision(case)?.and_then(|(_, kept)| kept.draft).filter(|_| granted);
        draft.ok_or_else(|| {
            let text =
                format!("case {} is {}: nothing is decided to be issued", case.case, case.stage().as_str());
            CaseRefusal::Step(text).into()
        })
    }

    /// Of what was given, as many of each department as its process asks, of who may still sign.
    fn chosen(&self, case: &CaseState, now: Time) -> Result<Vec<Approval>, Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let moment = Moment { index: charter.size(), time: now };
        let mut left = approvers(charter, case);
        let mut chosen = self.given(case)?;
        chosen.retain(|approval| {
            let wanted = left.iter_mut().find(|(department, count)| {
                let held = charter.officer_acting(&approval.key, department, Role::Signer, moment);
                *count > 0
                    && held.is_some_and(|held| {
                        let officer = held.value.officer;
                        law::may_sign(case, officer).is_ok() && charter.stopped(&officer).is_none()
                    })
            });
            wanted.map(|(_, count)| *count -= 1).is_some()
        });
        Ok(chosen)
    }

    /// What is kept of the newest decision, and its place among the steps.
    fn kept_decision(&self, case: &CaseState) -> Result<Option<(u32, Kept)>, Failure> {
        let decided = case.events.iter().rposition(|event| matches!(event.step, CaseStep::Decided(..)));
        let Some(number) = decided.and_then(|place| u32::try_from(place).ok()) else { return Ok(None) };
        Ok(self.vault.kept_step(&case.case, number)?.map(|kept| (number, kept)))
    }

    /// The approvals of the newest decision, as the law wants them.
    fn given(&self, case: &CaseState) -> Result<Vec<Approval>, Failure> {
        let Some(row) = self.store.get(&Row::Given(case.case))? else { return Ok(Vec::new()) };
        let given: Given = postcard::from_bytes(&row).map_err(|error| Fault::Damaged(error.to_string()))?;
        let mut approvals = if given.decision == case.last { given.approvals } else { Vec::new() };
        approvals.sort_by_key(|approval| approval.key);
        Ok(approvals)
    }
}

/// Who approves: department and how many, the lead first.
fn approvers(charter: &Charter, case: &CaseState) -> Vec<(CreditCode, u64)> {
    let process = charter.process(&case.licence_type, case.version);
    let approvers = process.map(|held| held.value.approvers.as_slice()).unwrap_or_default();
    approvers
        .iter()
        .map(|one| (one.department.clone().unwrap_or_else(|| case.department.clone()), one.officers))
        .collect()
}

/// The entry that a decided draft becomes.
fn entry_of(case: &CaseState, draft: &KeptDraft, approvals: Vec<Approval>) -> LicenceIssued {
    let from = FromCase { handle: case.case, prev: case.last };
    LicenceIssued { approvals, case: Some(from), ..draft.grant().clone() }
}
