//! Steps that the department takes alone: 补正 supplied, 送达, and a case that the applicant withdraws.

use serde_json::{Map, Value};

use super::filing::allowed;
use super::foresight::refused;
use super::kept::Kept;
use super::{CaseWish, Stepped, Tracked};
use crate::authority::Authority;
use crate::authority::facts::{Sources, Way};
use crate::authority::once::{Ask, Once, Slot};
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::authority::store::Write;
use crate::authority::writer::Proposal;
use crate::catalogue::{Application, Members};
use crate::ledger::body::{Body, CaseDelivered, CaseId, CaseSupplied, CaseWithdrawn};
use crate::ledger::state::{CaseState, CaseStep};
use crate::values::time::Time;

/// Which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DepartmentStep {
    /// 补正: the applicant supplied what was asked for.
    Supply,
    /// 送达.
    Deliver,
    /// The applicant wants it no more.
    Withdraw,
}

impl DepartmentStep {
    /// As in the path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Supply => "supply",
            Self::Deliver => "deliver",
            Self::Withdraw => "withdraw",
        }
    }
}

impl Authority {
    /// Takes a step, or answers again what was answered under the same key.
    pub async fn step_case(&self, step: DepartmentStep, wish: CaseWish<'_>) -> Result<Stepped, Failure> {
        let id = named(&wish)?;
        let ask = self.asked(&wish, &format!("{id}/{}", step.as_str()));
        let _slot = self.answering(ask.as_ref(), wish.dry_run)?;
        if let Some(before) = self.stepped_before(ask.as_ref(), wish.dry_run)? {
            return Ok(before);
        }
        let _held = self.hold_case(id).await;
        let case = self.own_case(&wish)?;
        let now = self.now()?;
        let (body, kept) = self.said(step, &case, wish.body, now)?;
        let foreseen = self.foresee(&body, Some(case.last), now)?;
        let sources = kept.as_ref().and_then(|kept| kept.sources.clone()).unwrap_or_default();
        if wish.dry_run {
            return Ok(Stepped { sources, ..Stepped::foreseen(foreseen) });
        }
        let stepped = self.enter_step(body, &case, kept, ask.as_ref(), Vec::new()).await?;
        Ok(Stepped { sources, ..stepped })
    }

    /// The body of a step, and what is kept of it.
    fn said(
        &self,
        step: DepartmentStep,
        case: &CaseState,
        body: &Value,
        now: Time,
    ) -> Result<(Body, Option<Kept>), Failure> {
        let id = case.case;
        let keep = |field, said| Kept::of(&id, field, said, self.entropy.as_ref());
        Ok(match step {
            DepartmentStep::Supply => {
                let (said, sources) = self.supplied(case, body, now)?;
                let (mut kept, commitment) = keep("application", Value::Object(said))?;
                kept.sources = Some(sources).filter(|sources| *sources != Sources::default());
                (Body::CaseSupplied(CaseSupplied { case: id, commitment }), Some(kept))
            }
            DepartmentStep::Deliver => {
                Members::open(body, String::new(), &[])?;
                (Body::CaseDelivered(CaseDelivered { case: id }), None)
            }
            DepartmentStep::Withdraw => {
                let members = Members::open(body, String::new(), &["reason"])?;
                let (kept, commitment) =
                    keep("words", Value::String(members.required("reason", Members::prose)?))?;
                (Body::CaseWithdrawn(CaseWithdrawn { case: id, commitment }), Some(kept))
            }
        })
    }

    /// The application with what the applicant supplied in the place of what it said before; checked as at filing.
    fn supplied(
        &self,
        case: &CaseState,
        body: &Value,
        now: Time,
    ) -> Result<(Map<String, Value>, Sources), Failure> {
        let mut said = self.application(case)?;
        if case.corrects().is_some() {
            return Ok((self.objection_supplied(case, said, body)?, Sources::default()));
        }
        let members = Members::open(
            body,
            String::new(),
            &["holder", "holders", "claims", "valid_from", "valid_until", "sources"],
        )?;
        let others = ["holders", "holder"].into_iter().find(|name| members.get(name).is_some());
        if others.is_some() {
            said.remove("holder");
            said.remove("holders");
        }
        said.extend(body.as_object().cloned().unwrap_or_default());
        let published = self.window.published();
        let offset = published.charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let licence_type = self.type_of_case(case)?;
        let mut application = Application::parse(&Value::Object(said))?;
        self.fill_application(&licence_type, &mut application.said, now)?;
        let request = application.request(&licence_type, now.date(offset))?;
        let checked = allowed(&licence_type, &request, now.date(offset))?;
        let pointer = others.map(|name| members.pointer(name)).unwrap_or_default();
        if case.promise {
            self.may_promise(&checked, &pointer, now)?;
        }
        if let Some(replacing) = &application.replaces {
            let of = (&case.department, &case.licence_type);
            self.may_replace(replacing, of, &request, true, &pointer, now)?;
        }
        let way = Way::Case { promised: case.promise };
        let sources = self.judge_facts(&licence_type, &request, &case.department, way, now)?;
        Ok((application.said, sources))
    }

    /// Enters a step with what is kept of it.
    pub(super) async fn enter_step(
        &self,
        body: Body,
        case: &CaseState,
        kept: Option<Kept>,
        ask: Option<&Ask>,
        mut rows: Vec<Write>,
    ) -> Result<Stepped, Failure> {
        rows.extend(self.forget_prepared(case)?);
        let number = step_number(case);
        if let Some(kept) = kept {
            rows.push(self.vault.keep_step(&case.case, number, &kept)?);
        }
        if let Some(ask) = ask {
            rows.push(Once::remember_act(ask, case.case, number)?);
        }
        let committed = self.propose(Proposal { rows, ..Proposal::of(body) }).await.map_err(|failure| {
            if let Failure::Judged(violation) = failure { refused(violation) } else { failure }
        })?;
        Ok(Stepped::entered(self.case_state(&case.case)?, &committed))
    }

    /// What a key was used for before; nothing for a dry run.
    pub(super) fn stepped_before(
        &self,
        ask: Option<&Ask>,
        dry_run: bool,
    ) -> Result<Option<Stepped>, Failure> {
        let Some(ask) = ask.filter(|_| !dry_run) else { return Ok(None) };
        let Some(answered) = Once::answered(self.store.as_ref(), ask)? else { return Ok(None) };
        let case = self.case_state(&answered.handle)?;
        let number = answered.event.unwrap_or(0);
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        let event = case.events.get(place);
        let event = event.ok_or_else(|| Fault::Damaged(format!("case {} has no such step", case.case)))?;
        let (leaf, receipt) = self.receipt(event.index)?;
        let track = if number == 0 { self.vault.kept_step(&case.case, 0)? } else { None };
        let track = track.and_then(|kept| kept.track);
        let tracked = track.map(|track| Tracked { rating: self.rating_receipt(&case.case), track });
        let issued = match (event.step, case.granted()) {
            (CaseStep::Issued, Some(drafted)) => Some(Box::new(self.issued_again(&drafted.handle)?)),
            _ => None,
        };
        let entry = Some((event.index, leaf));
        Ok(Some(Stepped { tracked, entry, receipt: Some(receipt), issued, ..Stepped::foreseen(case) }))
    }

    /// The slot of an idempotency key, while it is answered.
    pub(super) fn answering(&self, ask: Option<&Ask>, dry_run: bool) -> Result<Option<Slot>, Failure> {
        Ok(ask.filter(|_| !dry_run).map(|ask| self.once.take(ask.slot())).transpose()?)
    }

    /// What was asked under a key on a route.
    pub(super) fn asked(&self, wish: &CaseWish<'_>, route: &str) -> Option<Ask> {
        wish.key.map(|key| self.once.ask(wish.department, route, key, wish.body.to_string().as_bytes()))
    }

    /// One step at a time: the next is judged by what this one leaves.
    pub(super) async fn hold_case(&self, case: &CaseId) -> Slot {
        self.once.wait(self.once.hide("case", &case.to_string())).await
    }

    /// The case of a wish, which must be the caller's.
    pub(super) fn own_case(&self, wish: &CaseWish<'_>) -> Result<CaseState, Failure> {
        let case = self.case_state(named(wish)?)?;
        if case.department == *wish.department { Ok(case) } else { Err(Refusal::NotYours.into()) }
    }
}

/// Which case a wish is about.
pub(super) fn named<'a>(wish: &CaseWish<'a>) -> Result<&'a CaseId, Failure> {
    Ok(wish.case.ok_or_else(|| Fault::Law("a step of no case".into()))?)
}

/// The place that the next step takes among those of the case.
pub(super) fn step_number(case: &CaseState) -> u32 {
    u32::try_from(case.events.len()).unwrap_or(u32::MAX)
}
