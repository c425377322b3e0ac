//! Cases: each step after the one before it, by the officer who may take it, and nobody in two parts that must be kept
//! apart: who accepts does not examine (受审分离), who examines does not sign (审签分离).

use super::{Bench, Deed, demand};
use crate::law::applied::Owed;
use crate::law::violation::{Refused, Rule, Violation};
use crate::ledger::body::{
    CaseChecked, CaseDecided, CaseExamined, CaseFiled, CaseId, CaseRated, DraftedLicence, FromCase,
    LicenceIssued, OfficerId, ProcessPublished, Role,
};
use crate::ledger::state::{CaseEvent, CaseState, CaseStep, Stage};
use crate::values::identifiers::Handle;
use crate::values::standing::Standing;

pub(super) fn filed(bench: Bench<'_>, body: &CaseFiled) -> Result<Deed, Refused> {
    demand(bench.view.case(&body.case)?.is_none(), Rule::Identifier, || {
        format!("case {} was filed before", body.case)
    })?;
    demand(body.case.time() <= bench.moment.time, Rule::HandleTime, || {
        format!("the case's number was made at {}, after the entry", body.case.time())
    })?;
    bench.department(&body.department)?;
    let step = match &body.corrects {
        Some(licence) => objected(bench, body, licence)?,
        None => applied_for(bench, body)?,
    };
    let case = CaseState {
        case: body.case,
        department: body.department.clone(),
        licence_type: body.r#type.clone(),
        version: body.version,
        region: body.region.clone(),
        matter: body.matter,
        promise: body.promise,
        events: Vec::new(),
        last: bench.entry.leaf_hash(),
    };
    Ok(bench.moved(case, step, Vec::new()))
}

/// A licence that the department has the power to issue, from a case.
fn applied_for(bench: Bench<'_>, body: &CaseFiled) -> Result<CaseStep, Refused> {
    let charter = bench.view.charter();
    let newest = charter.published(&body.r#type).and_then(|known| known.versions.last());
    demand(
        newest.is_some_and(|held| held.in_force() && held.value.version == body.version),
        Rule::Type,
        || format!("version {} is not the newest of {} in force", body.version, body.r#type),
    )?;
    let process = charter.process(&body.r#type, body.version);
    let process = process
        .ok_or_else(|| Violation::new(Rule::Process, format!("{} is issued without a case", body.r#type)))?;
    demand(!body.promise || process.value.promise.is_some(), Rule::Process, || {
        format!("for {} nothing can be promised instead of proved", body.r#type)
    })?;
    let power = charter.power_for(&body.department, &body.r#type, &body.region, bench.moment);
    demand(power.is_some(), Rule::Power, || {
        let (who, what, place) = (&body.department, &body.r#type, &body.region);
        format!("no power lets {who} issue {what} in {place} on this day")
    })?;
    Ok(CaseStep::Filed)
}

/// 异议: whoever issued a licence answers for it while it stands, also without the power to issue another.
fn objected(bench: Bench<'_>, body: &CaseFiled, licence: &Handle) -> Result<CaseStep, Refused> {
    let licence = bench.licence(licence)?;
    demand(matches!(licence.standing(), Standing::Valid | Standing::Suspended), Rule::Correction, || {
        format!("licence {} is {}: there is nothing left to correct", licence.handle, licence.standing())
    })?;
    let its = (&licence.department, &licence.licence_type, licence.version, &licence.region);
    demand(
        its == (&body.department, &body.r#type, body.version, &body.region) && !body.promise,
        Rule::Correction,
        || format!("licence {} is of another department, type, version or region", licence.handle),
    )?;
    Ok(CaseStep::Objected(licence.handle))
}

pub(super) fn accepted(bench: Bench<'_>, case: &CaseId) -> Result<Deed, Refused> {
    let case = bench.case_at(case, &[Stage::Filed])?;
    let (officer, owed) = bench.officer_acts(Role::Intake, &case.department)?;
    Ok(bench.moved(case, CaseStep::Accepted(officer), owed))
}

pub(super) fn declined(bench: Bench<'_>, case: &CaseId) -> Result<Deed, Refused> {
    let case = bench.case_at(case, &[Stage::Filed])?;
    let (officer, owed) = bench.officer_acts(Role::Intake, &case.department)?;
    Ok(bench.moved(case, CaseStep::Declined(officer), owed))
}

pub(super) fn asked(bench: Bench<'_>, case: &CaseId) -> Result<Deed, Refused> {
    let case = bench.case_at(case, &[Stage::Filed, Stage::Accepted])?;
    let role = if case.stage() == Stage::Filed { Role::Intake } else { Role::Examiner };
    let (officer, owed) = bench.officer_acts(role, &case.department)?;
    if role == Role::Examiner {
        did_not_accept(&case, officer)?;
    }
    Ok(bench.moved(case, CaseStep::Asked(officer), owed))
}

pub(super) fn supplied(bench: Bench<'_>, case: &CaseId) -> Result<Deed, Refused> {
    let case = bench.case_at(case, &[Stage::Asked])?;
    Ok(bench.moved(case, CaseStep::Supplied, Vec::new()))
}

pub(super) fn examined(bench: Bench<'_>, body: &CaseExamined) -> Result<Deed, Refused> {
    let case = bench.case_at(&body.case, &[Stage::Accepted, Stage::Examined])?;
    let (officer, owed) = bench.officer_acts(Role::Examiner, &case.department)?;
    did_not_accept(&case, officer)?;
    Ok(bench.moved(case, CaseStep::Examined(officer, body.opinion), owed))
}

/// A decision may be taken anew until the licence is issued: approvals of the draft before it count no more. Of a
/// correction it is the end: nothing is drafted.
pub(super) fn decided(bench: Bench<'_>, body: &CaseDecided) -> Result<Deed, Refused> {
    let case = bench.case_at(&body.case, &[Stage::Accepted, Stage::Examined, Stage::Granted])?;
    demand(case.stage() != Stage::Accepted || case.promise, Rule::CaseStep, || {
        format!("case {} was not examined", case.case)
    })?;
    may_be_said(bench, &case, body)?;
    if let Some(DraftedLicence { handle, .. }) = body.licence {
        demand(bench.view.licence(&handle)?.is_none(), Rule::Identifier, || {
            format!("handle {handle} was used before")
        })?;
        demand(handle.time() <= bench.moment.time, Rule::HandleTime, || {
            format!("the handle was made at {}, after the entry", handle.time())
        })?;
    }
    let (officer, owed) = bench.officer_acts(Role::Signer, &case.department)?;
    may_sign(&case, officer)?;
    let step = match (case.corrects(), body.upheld) {
        (None, _) => CaseStep::Decided(officer, body.licence),
        (Some(_), true) => CaseStep::Upheld(officer),
        (Some(_), false) => CaseStep::Dismissed(officer),
    };
    Ok(bench.moved(case, step, owed))
}

/// A correction grants nothing, and nobody is told that a licence was wrong with nothing done about it.
fn may_be_said(bench: Bench<'_>, case: &CaseState, body: &CaseDecided) -> Result<(), Refused> {
    let Some(licence) = case.corrects() else {
        return demand(!body.upheld, Rule::Correction, || format!("case {} corrects nothing", case.case));
    };
    demand(body.licence.is_none(), Rule::Correction, || {
        format!("case {} corrects licence {licence}: no other is granted", case.case)
    })?;
    let filed = case.events.first().map_or(0, |event| event.index);
    let acted = !body.upheld || bench.licence(&licence)?.acted_upon_since(filed);
    demand(acted, Rule::Correction, || {
        format!("licence {licence} was neither replaced nor acted upon since case {} was filed", case.case)
    })
}

pub(super) fn delivered(bench: Bench<'_>, case: &CaseId) -> Result<Deed, Refused> {
    let case = bench.case_at(
        case,
        &[Stage::Issued, Stage::Refused, Stage::Declined, Stage::Corrected, Stage::Dismissed],
    )?;
    Ok(bench.moved(case, CaseStep::Delivered, Vec::new()))
}

pub(super) fn rated(bench: Bench<'_>, body: &CaseRated) -> Result<Deed, Refused> {
    let case = bench.case_at(&body.case, &[Stage::Delivered])?;
    demand(case.rating().is_none(), Rule::CaseStep, || format!("case {} is rated already", case.case))?;
    Ok(bench.moved(case, CaseStep::Rated(body.level), Vec::new()))
}

pub(super) fn withdrawn(bench: Bench<'_>, case: &CaseId) -> Result<Deed, Refused> {
    let case = bench.case_at(case, &Stage::OPEN)?;
    Ok(bench.moved(case, CaseStep::Withdrawn, Vec::new()))
}

pub(super) fn checked(bench: Bench<'_>, body: &CaseChecked) -> Result<Deed, Refused> {
    let case = bench.case_at(&body.case, &[Stage::Issued, Stage::Delivered])?;
    demand(case.promise && case.is_issued() && case.truth().is_none(), Rule::CaseStep, || {
        format!("case {} has no promise to be checked", case.case)
    })?;
    let (officer, owed) = bench.officer_acts(Role::Supervisor, &case.department)?;
    Ok(bench.moved(case, CaseStep::Checked(officer, body.truth), owed))
}

pub(super) fn rectified(bench: Bench<'_>, case: &CaseId) -> Result<Deed, Refused> {
    let case = bench.case_at(case, &[Stage::Delivered])?;
    demand(case.calls_for_rectification(), Rule::CaseStep, || {
        format!("nothing of case {} calls for rectification", case.case)
    })?;
    let (officer, owed) = bench.officer_acts(Role::Supervisor, &case.department)?;
    Ok(bench.moved(case, CaseStep::Rectified(officer), owed))
}

/// The licence that a case comes to: as decided, and approved by the signers that the type's process asks for.
pub(super) fn issued(
    bench: Bench<'_>,
    body: &LicenceIssued,
    process: &ProcessPublished,
) -> Result<(CaseState, Vec<Owed>), Refused> {
    let FromCase { handle, prev } = body
        .case
        .ok_or_else(|| Violation::new(Rule::Case, format!("{} is issued from a case", body.r#type)))?;
    let mut case = bench.case_at(&handle, &[Stage::Granted])?;
    demand(case.last == prev, Rule::Prev, || {
        format!("case.prev is {prev}; the case's last entry is {}", case.last)
    })?;
    demand(case.department == body.department, Rule::NotYours, || {
        format!("case {} is {}'s", case.case, case.department)
    })?;
    let same = case.licence_type == body.r#type && case.version == body.version && case.region == body.region;
    demand(same, Rule::Case, || format!("case {} is about another type, version or region", case.case))?;
    let drafted = DraftedLicence { credential_digest: body.credential_digest, handle: body.handle };
    demand(case.granted() == Some(drafted), Rule::Draft, || {
        format!("what case {} granted is another draft", case.case)
    })?;
    let (officers, owed) = bench.signers_approve(process, &body.department)?;
    officers.into_iter().try_for_each(|officer| may_sign(&case, officer))?;
    case.events.push(event(bench, CaseStep::Issued));
    case.last = bench.entry.leaf_hash();
    Ok((case, owed))
}

/// 受审分离.
fn did_not_accept(case: &CaseState, officer: OfficerId) -> Result<(), Refused> {
    demand(case.accepted_by() != Some(officer), Rule::Separation, || {
        format!("officer {officer} accepted case {}", case.case)
    })
}

/// 审签分离: nobody who examined it; of a case that nobody examined, nobody who accepted it.
pub(in crate::law) fn may_sign(case: &CaseState, officer: OfficerId) -> Result<(), Refused> {
    let apart = case.examined_by().all(|examiner| examiner != officer)
        && (case.was_examined() || case.accepted_by() != Some(officer));
    demand(apart, Rule::Separation, || format!("officer {officer} examined or accepted case {}", case.case))
}

fn event(bench: Bench<'_>, step: CaseStep) -> CaseEvent {
    CaseEvent { index: bench.moment.index, time: bench.moment.time, step }
}

impl Bench<'_> {
    /// A case, or the rule that it must exist.
    pub(super) fn case(&self, case: &CaseId) -> Result<CaseState, Refused> {
        let found = self.view.case(case)?;
        Ok(found.ok_or_else(|| Violation::new(Rule::Case, format!("there is no case {case}")))?)
    }

    /// A case that stands at one of these stages.
    fn case_at(&self, case: &CaseId, stages: &[Stage]) -> Result<CaseState, Refused> {
        let case = self.case(case)?;
        let stage = case.stage();
        demand(stages.contains(&stage), Rule::CaseStep, || {
            format!("case {} is {}: this step does not follow", case.case, stage.as_str())
        })?;
        Ok(case)
    }

    /// The case with one step more.
    fn moved(&self, mut case: CaseState, step: CaseStep, owed: Vec<Owed>) -> Deed {
        case.events.push(event(*self, step));
        case.last = self.entry.leaf_hash();
        Deed { case: Some(case), owed, ..Deed::default() }
    }
}
