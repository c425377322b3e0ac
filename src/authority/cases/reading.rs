//! Cases as they are shown: to the departments that have to do with them, to auditors without content, and to the
//! applicant by number and code. Cut at the published size.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::approving::Approvals;
use super::correcting::ShownCorrection;
use super::letters::ShownLetter;
use super::rows::case;
use crate::authority::Authority;
use crate::authority::facts::Sources;
use crate::authority::refusal::{Failure, Fault, Refusal, Thing, no_case};
use crate::authority::store::Row;
use crate::catalogue::LicenceType;
use crate::crypto::Digest;
use crate::ledger::body::CaseId;
use crate::ledger::state::{CaseEvent, CaseState, CaseStep, Charter, Clock, Due, Stage};
use crate::values::identifiers::{CreditCode, Handle, LicenceNumber, Slug, VerificationCode};
use crate::values::time::Date;

/// Cases of one page.
const PAGE: usize = 50;
/// Cases that are looked at for one page, at most.
const LOOKED_AT: usize = 1000;

/// A case as it is shown.
pub struct ShownCase {
    /// Its state.
    pub case: CaseState,
    /// The number by which the applicant follows it; not for auditors.
    pub number: Option<LicenceNumber>,
    /// Until when the step it waits for was promised.
    pub step_due: Option<Due>,
    /// Until when the licence was promised.
    pub total_due: Option<Due>,
    /// Until when a promise is to be checked.
    pub promise_due: Option<Due>,
    /// Until when what a bad rating calls for is seen to.
    pub rectification_due: Option<Due>,
    /// Its steps.
    pub steps: Vec<ShownStep>,
    /// The application as it now is; only for departments that have to do with it.
    pub application: Option<Map<String, Value>>,
    /// What is decided and waits for approvals.
    pub approvals: Option<Approvals>,
    /// The licence that was issued on a false promise and is not rescinded yet.
    pub rescind: Option<Handle>,
    /// What the applicant wrote, and what was answered; not for auditors.
    pub letters: Option<Vec<ShownLetter>>,
    /// What proved what was applied for, or decided since, and what is flagged; as the application.
    pub sources: Option<Sources>,
    /// Of an objection: what the licence says beside what is said to be right; only for its issuer.
    pub correction: Option<ShownCorrection>,
}

impl ShownCase {
    /// The letters that wait for an answer.
    pub fn waiting_letters(&self) -> impl Iterator<Item = &ShownLetter> {
        self.letters.iter().flatten().filter(|letter| letter.letter.answer.is_none())
    }

    /// Until when the first of them is to be answered.
    pub fn letters_due(&self) -> Option<Due> {
        self.waiting_letters().filter_map(|letter| letter.due).min()
    }
}

/// A step as it is shown.
pub struct ShownStep {
    /// Entry, time, step.
    pub event: CaseEvent,
    /// Leaf hash of the entry.
    pub leaf: Digest,
    /// Its words, for who may read them.
    pub words: Option<String>,
}

/// Which cases are listed.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Where they stand.
    pub stage: Option<Stage>,
    /// Of what is due on this day or before it.
    pub due_before: Option<Date>,
    /// What the department owes beside the next step.
    pub waiting: Option<Waiting>,
    /// Those behind this one.
    pub after: Option<String>,
}

/// What a department may owe beside the next step of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// An answer to a letter.
    Letters,
    /// To rescind a licence that was issued on a false promise.
    Rescission,
}

impl Waiting {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Letters, Self::Rescission];

    /// As routes write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Letters => "letters",
            Self::Rescission => "rescission",
        }
    }

    fn is_owed(self, shown: &ShownCase) -> bool {
        match self {
            Self::Letters => shown.waiting_letters().next().is_some(),
            Self::Rescission => shown.rescind.is_some(),
        }
    }
}

/// Some cases, and where to go on.
pub struct CasePage {
    /// The cases, without content.
    pub items: Vec<ShownCase>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
}

impl Authority {
    /// A case: whole for the departments that have to do with it, without words and application for an auditor.
    pub fn shown_case(&self, caller: Option<&CreditCode>, id: &CaseId) -> Result<ShownCase, Failure> {
        let case = self.case_state(id)?;
        let published = self.window.published();
        if caller.is_some_and(|caller| !concerns(&published.charter, &case, caller)) {
            return Err(Refusal::NotYours.into());
        }
        let content = caller.is_some();
        let mut shown = self.listed(&published.charter, case)?;
        for (number, event) in (0_u32..).zip(shown.case.events.clone()) {
            let (leaf, _) = self.receipt(event.index)?;
            let kept = if content { self.vault.kept_step(id, number)? } else { None };
            let words = kept.and_then(|kept| kept.words().map(str::to_owned));
            shown.steps.push(ShownStep { event, leaf, words });
        }
        if content {
            let application = self.application(&shown.case)?;
            shown.correction = self.correction(&shown.case, &application)?;
            shown.application = Some(application);
            shown.approvals = self.approvals(&shown.case)?;
            shown.sources = Some(self.sources_of(&shown.case)?);
        } else {
            (shown.number, shown.letters) = (None, None);
        }
        Ok(shown)
    }

    /// The cases of a department, by where they stand, oldest first.
    pub fn own_cases(&self, department: &CreditCode, filter: &CaseFilter) -> Result<CasePage, Failure> {
        let published = self.window.published();
        let mut prefix = [b"I".as_slice(), department.as_str().as_bytes()].concat();
        prefix.extend(filter.stage.map(Row::stage_byte));
        let mut after = filter.after.as_deref().map(cursor).transpose()?;
        let (mut items, mut looked_at) = (Vec::new(), 0);
        loop {
            let found = self.store.scan(&prefix, after.as_deref(), PAGE)?;
            let Some((last, _)) = found.last() else { return Ok(CasePage { items, next: None }) };
            after = Some(last.clone());
            for (key, _) in &found {
                let Some(Row::OwnCase(_, _, id)) = Row::of_key(key) else {
                    return Err(Fault::Damaged("the row of a department's case".into()).into());
                };
                let Ok(case) = self.case_state(&id) else { continue };
                let shown = self.listed(&published.charter, case)?;
                let owed = filter.waiting.is_none_or(|waiting| waiting.is_owed(&shown));
                if owed && is_due(&shown, filter.due_before) {
                    items.push(shown);
                }
                looked_at += 1;
                if items.len() == PAGE || looked_at == LOOKED_AT {
                    return Ok(CasePage { items, next: Some(crate::crypto::hex::encode(key)) });
                }
            }
        }
    }

    /// The case of a number and code, as its applicant sees it.
    pub fn tracked_case(&self, number: &str, code: &VerificationCode) -> Result<ShownCase, Failure> {
        let not_found = || Refusal::NotFound(Thing::Case);
        let name = self.once.hide("track", number);
        let row = self.store.get(&Row::Track(name))?.ok_or_else(not_found)?;
        let id = <[u8; 16]>::try_from(row.as_slice()).ok().and_then(|bytes| Handle::from_bytes(bytes).ok());
        let id = id.ok_or_else(|| Fault::Damaged("the row of a case's number".into()))?;
        let kept = self.vault.kept_step(&id, 0)?.and_then(|kept| kept.track).ok_or_else(not_found)?;
        // Hashed on both sides, so how long the comparison takes tells nothing.
        let hidden = |code: &VerificationCode| self.once.hide("track-code", code.as_str());
        if hidden(&kept.code) != hidden(code) {
            return Err(not_found().into());
        }
        let case = self.case_state(&id)?;
        let mut shown = self.shown_case(Some(&case.department), &id)?;
        for step in &mut shown.steps {
            step.words.take_if(|_| !is_for_the_applicant(step.event.step));
        }
        // Who approves, and what is drafted, is the departments' until it is issued; and an objection may have been handed in
        // for somebody who is not shown what the licence says.
        shown.approvals = None;
        shown.sources = None;
        shown.correction = None;
        Ok(shown)
    }

    /// The state of a case at the published size: what is committed beyond it is nobody's to see yet.
    pub(in crate::authority) fn case_state(&self, id: &CaseId) -> Result<CaseState, Failure> {
        let size = self.window.published().range.size();
        let found = case(self.store.as_ref(), id)?.ok_or_else(|| no_case(id))?;
        let beyond = found.events.last().is_some_and(|event| event.index >= size);
        let last = found.last;
        let shown = if beyond { found.before(size, last) } else { Some(found) };
        shown.ok_or_else(|| no_case(id))
    }

    /// The application as it now is: as filed, or as it was supplied last.
    pub(super) fn application(&self, case: &CaseState) -> Result<Map<String, Value>, Failure> {
        let said = case.events.iter().rposition(|event| {
            matches!(event.step, CaseStep::Filed | CaseStep::Objected(_) | CaseStep::Supplied)
        });
        let number = said.and_then(|place| u32::try_from(place).ok()).unwrap_or(0);
        let kept = self.vault.kept_step(&case.case, number)?;
        match kept.map(|kept| kept.said) {
            Some(Value::Object(said)) => Ok(said),
            _ => Err(Refusal::Erased.into()),
        }
    }

    /// What proved what was applied for, or decided since, and what is flagged.
    fn sources_of(&self, case: &CaseState) -> Result<Sources, Failure> {
        let wanted = |step: CaseStep| {
            matches!(step, CaseStep::Filed | CaseStep::Supplied | CaseStep::Decided(_, Some(_)))
        };
        let number = case.events.iter().rposition(|event| wanted(event.step));
        let number = number.and_then(|place| u32::try_from(place).ok()).unwrap_or(0);
        Ok(self.vault.kept_step(&case.case, number)?.and_then(|kept| kept.sources).unwrap_or_default())
    }

    /// The licences that proved it before now: as filed, and those that the application names.
    pub(super) fn proved_before(&self, case: &CaseState) -> Result<BTreeMap<String, Handle>, Failure> {
        let said = self.application(case)?.remove("sources");
        let named: Option<BTreeMap<String, Handle>> = said.and_then(|said| serde_json::from_value(said).ok());
        let mut proved = self.sources_of(case)?.proved;
        proved.extend(named.unwrap_or_default());
        Ok(proved)
    }

    /// What type a case is about, if there is such a case.
    pub fn type_of_case_at(&self, id: &CaseId) -> Option<Slug> {
        self.case_state(id).ok().map(|case| case.licence_type)
    }

    /// The type of a case, at the version it was filed under.
    pub(in crate::authority) fn type_of_case(&self, case: &CaseState) -> Result<Arc<LicenceType>, Failure> {
        self.type_at(&case.licence_type, case.version)
    }

    /// A version of a type.
    pub(super) fn type_at(&self, slug: &Slug, version: u64) -> Result<Arc<LicenceType>, Failure> {
        let number = u16::try_from(version).ok();
        let known = number.and_then(|number| self.catalogue.get(slug, number)).cloned();
        Ok(known.ok_or_else(|| Fault::Law(format!("{slug} {version} is not here")))?)
    }

    fn listed(&self, charter: &Charter, case: CaseState) -> Result<ShownCase, Failure> {
        let now = self.now()?;
        let clock = Clock::new(charter, &case, now);
        let step_due = clock.and_then(|clock| clock.step());
        let total_due = clock.and_then(|clock| clock.total());
        let promise_due = clock.and_then(|clock| clock.promise());
        let rectification_due = clock.and_then(|clock| clock.rectification());
        let number =
            self.vault.kept_step(&case.case, 0)?.and_then(|kept| kept.track).map(|track| track.number);
        let rescind = self.to_be_rescinded(&case)?;
        let letters = Some(self.shown_letters(charter, &case, now)?);
        Ok(ShownCase {
            case,
            number,
            step_due,
            total_due,
            promise_due,
            rectification_due,
            steps: Vec::new(),
            application: None,
            approvals: None,
            rescind,
            letters,
            sources: None,
            correction: None,
        })
    }
}

/// What officers say of a case to each other is not; what is asked of the applicant, and why he is refused, is.
fn is_for_the_applicant(step: CaseStep) -> bool {
    matches!(
        step,
        CaseStep::Asked(_)
            | CaseStep::Declined(_)
            | CaseStep::Decided(_, None)
            | CaseStep::Upheld(_)
            | CaseStep::Dismissed(_)
            | CaseStep::Rated(_)
            | CaseStep::Rectified(_)
            | CaseStep::Withdrawn
    )
}

/// Whether a department has to do with a case: it leads, or it approves; a correction is its issuer's alone.
fn concerns(charter: &Charter, case: &CaseState, department: &CreditCode) -> bool {
    let process = charter.process(&case.licence_type, case.version).filter(|_| case.corrects().is_none());
    let mut approvers = process.into_iter().flat_map(|held| &held.value.approvers);
    case.department == *department || approvers.any(|one| one.department.as_ref() == Some(department))
}

fn is_due(shown: &ShownCase, until: Option<Date>) -> bool {
    let Some(until) = until else { return true };
    [shown.step_due, shown.total_due, shown.promise_due, shown.rectification_due, shown.letters_due()]
        .into_iter()
        .flatten()
        .any(|due| due.day <= until)
}

fn cursor(text: &str) -> Result<Vec<u8>, Failure> {
    let bytes = text
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()));
    let bytes: Option<Vec<u8>> = bytes.collect();
    let key = bytes.filter(|key| matches!(Row::of_key(key), Some(Row::OwnCase(..))));
    Ok(key.ok_or(Refusal::NotFound(Thing::Case))?)
}
