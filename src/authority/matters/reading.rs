//! Applications as they are shown: to the departments that have to do with them, to auditors without content, to the
//! applicant by number and code; and those that wait for a department. How far a part has come is asked of the ledger.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::kept::{Kept, Part, Stands};
use super::{Ended, PartState, Prefilled, ShownMatter, ShownPart};
use crate::authority::Authority;
use crate::authority::cases::{ShownCase, Tracked};
use crate::authority::refusal::{Failure, Fault, Refusal, Thing};
use crate::authority::store::Row;
use crate::ledger::body::CaseId;
use crate::ledger::state::{CaseState, CaseStep};
use crate::values::identifiers::{CreditCode, Handle, Slug, VerificationCode};

/// Applications of one page.
const PAGE: usize = 50;

/// Applications that wait for a department, and where to go on.
pub struct MatterPage {
    /// The applications.
    pub items: Vec<ShownMatter>,
    /// The last of them; `None` at the end.
    pub next: Option<Handle>,
}

/// What was looked up while a page is put together: of which holders which types were asked for, and which are there.
pub(super) type LookedUp = BTreeMap<(String, BTreeSet<Slug>), BTreeSet<Slug>>;

/// Who looks.
#[derive(Clone, Copy)]
enum Eye<'a> {
    Applicant,
    Department(&'a CreditCode),
    Auditor,
}

impl Authority {
    /// An application: for the departments that have to do with it, and without content for an auditor.
    pub fn shown_matter(&self, caller: Option<&CreditCode>, matter: &Handle) -> Result<ShownMatter, Failure> {
        let kept = self.kept_matter(matter)?;
        if caller.is_some_and(|caller| !kept.concerns(caller)) {
            return Err(Refusal::NotYours.into());
        }
        self.shown_to_department(matter, &kept, caller)
    }

    /// Applications with a part that waits for a department, oldest first.
    pub fn waiting_matters(
        &self,
        department: &CreditCode,
        after: Option<&Handle>,
    ) -> Result<MatterPage, Failure> {
        let prefix = [b"W".as_slice(), department.as_str().as_bytes()].concat();
        let after = after.map(|after| Row::MatterWaiting(department.clone(), *after).key());
        let rows = self.store.scan(&prefix, after.as_deref(), PAGE + 1)?;
        let mut items = Vec::with_capacity(rows.len().min(PAGE));
        let mut looked_up = LookedUp::new();
        for (key, _) in rows.iter().take(PAGE) {
            let Some(Row::MatterWaiting(_, matter)) = Row::of_key(key) else {
                return Err(Fault::Damaged("the row of an application that waits".into()).into());
            };
            let kept = self.kept_matter(&matter)?;
            items.push(self.shown_as(&matter, &kept, Eye::Department(department), &mut looked_up)?);
        }
        let next = items.last().and_then(|last: &ShownMatter| last.matter).filter(|_| rows.len() > PAGE);
        Ok(MatterPage { items, next })
    }

    /// The application of a number and code, as its applicant sees it.
    pub fn tracked_matter(&self, number: &str, code: &VerificationCode) -> Result<ShownMatter, Failure> {
        let (matter, kept) = self.matter_of(number, code)?;
        self.shown_to_applicant(&matter, &kept)
    }

    /// The application of a number and code.
    pub(super) fn matter_of(&self, number: &str, code: &VerificationCode) -> Result<(Handle, Kept), Failure> {
        let not_found = || Refusal::NotFound(Thing::Matter);
        let name = self.once.hide("matter-track", number);
        let row = self.store.get(&Row::MatterTrack(name))?.ok_or_else(not_found)?;
        let matter =
            <[u8; 16]>::try_from(row.as_slice()).ok().and_then(|bytes| Handle::from_bytes(bytes).ok());
        let matter = matter.ok_or_else(|| Fault::Damaged("the row of an application's number".into()))?;
        let kept = self.kept_matter(&matter)?;
        // Hashed on both sides, so how long the comparison takes tells nothing.
        let hidden = |code: &VerificationCode| self.once.hide("track-code", code.as_str());
        if hidden(&kept.code) == hidden(code) { Ok((matter, kept)) } else { Err(not_found().into()) }
    }

    pub(super) fn shown_to_applicant(&self, matter: &Handle, kept: &Kept) -> Result<ShownMatter, Failure> {
        self.shown_as(matter, kept, Eye::Applicant, &mut LookedUp::new())
    }

    pub(super) fn shown_to_department(
        &self,
        matter: &Handle,
        kept: &Kept,
        caller: Option<&CreditCode>,
    ) -> Result<ShownMatter, Failure> {
        self.shown_as(matter, kept, caller.map_or(Eye::Auditor, Eye::Department), &mut LookedUp::new())
    }

    fn shown_as(
        &self,
        matter: &Handle,
        kept: &Kept,
        eye: Eye<'_>,
        looked_up: &mut LookedUp,
    ) -> Result<ShownMatter, Failure> {
        let rules = self.catalogue.matter(kept.slug.as_str()).cloned();
        let waiting = kept.parts.iter().filter(|part| part.waiting().is_some());
        let wanted = waiting.flat_map(|part| &part.after).cloned().collect();
        let there = self.there(kept, &wanted, looked_up)?;
        let parts = kept.parts.iter().map(|part| self.shown_part(part, eye, &there));
        let content = !matches!(eye, Eye::Auditor);
        let prefilled = if content { self.prefilled(kept, eye)? } else { Vec::new() };
        let open =
            if content { kept.open.iter().map(|slug| (slug.clone(), false)).collect() } else { Vec::new() };
        Ok(ShownMatter {
            matter: Some(*matter),
            rules,
            slug: kept.slug.clone(),
            filed: Some(kept.filed),
            taken_by: kept.taken_by.clone(),
            number: content.then(|| kept.number.clone()),
            code: matches!(eye, Eye::Applicant).then(|| kept.code.clone()),
            parts: parts.collect::<Result<_, _>>()?,
            prefilled,
            open,
        })
    }

    /// Which of the types that parts wait for are there: come of the application itself, which the ledger knows, or held
    /// otherwise, by one look for all applications that ask it of the same holders.
    pub(super) fn there(
        &self,
        kept: &Kept,
        wanted: &BTreeSet<Slug>,
        looked_up: &mut LookedUp,
    ) -> Result<BTreeSet<Slug>, Failure> {
        let mut there = BTreeSet::new();
        for part in kept.parts.iter().filter(|part| wanted.contains(&part.licence_type)) {
            if self.came_to(part)?.map(|licence| self.counts(&licence)).transpose()? == Some(true) {
                there.insert(part.licence_type.clone());
            }
        }
        let left: BTreeSet<Slug> = wanted.difference(&there).cloned().collect();
        if left.is_empty() {
            return Ok(there);
        }
        let asked = (Value::Array(kept.holders.clone()).to_string(), left);
        if let Some(found) = looked_up.get(&asked) {
            there.extend(found.iter().cloned());
            return Ok(there);
        }
        let held = self.holdings(&kept.holders, &asked.1, self.now()?)?;
        let found: BTreeSet<Slug> = held.into_iter().map(|one| one.licence.licence_type).collect();
        there.extend(found.iter().cloned());
        looked_up.insert(asked, found);
        Ok(there)
    }

    /// The licence that a part has come to.
    pub(super) fn came_to(&self, part: &Part) -> Result<Option<Handle>, Failure> {
        Ok(match &part.stands {
            Stands::Held(licence) | Stands::Issued { licence, .. } => Some(*licence),
            Stands::Case(case) => match self.case_state(case) {
                Ok(case) => case.granted().filter(|_| is_issued(&case)).map(|drafted| drafted.handle),
                Err(Failure::Refused(_)) => None,
                Err(failure) => return Err(failure),
            },
            Stands::Waiting(_) | Stands::Issuing { .. } | Stands::Ended(_) => None,
        })
    }

    /// Whether a licence is valid now.
    fn counts(&self, licence: &Handle) -> Result<bool, Failure> {
        let offset = self.window.published().charter.offset();
        let offset = offset.ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let now = self.now()?;
        Ok(self.published_licence(licence)?.is_some_and(|licence| licence.is_valid(now, offset)))
    }

    fn shown_part(&self, part: &Part, eye: Eye<'_>, there: &BTreeSet<Slug>) -> Result<ShownPart, Failure> {
        let mut shown = ShownPart {
            licence_type: part.licence_type.clone(),
            department: part.department.clone(),
            state: PartState::Waiting,
            case: None,
            tracked: None,
            licence: None,
            waits_for: Vec::new(),
            applied_for: None,
            ended: None,
        };
        match &part.stands {
            Stands::Held(licence) => {
                shown.state = PartState::Held;
                shown.department = None;
                shown.licence = Some(*licence);
            }
            Stands::Issued { licence, .. } => {
                shown.state = PartState::Issued;
                shown.licence = Some(*licence);
            }
            Stands::Waiting(said) | Stands::Issuing { said, .. } => {
                shown.waits_for = part.after.iter().filter(|slug| !there.contains(*slug)).cloned().collect();
                shown.applied_for = is_theirs(part, eye).then(|| said.clone());
            }
            Stands::Case(case) => {
                shown.applied_for = part.left.clone().filter(|_| is_theirs(part, eye));
                self.show_case(case, eye, &mut shown)?;
            }
            Stands::Ended(ended) => {
                shown.state = ended.by.into();
                let reason = ended.reason.clone().filter(|_| !matches!(eye, Eye::Auditor));
                shown.ended = Some(Ended { reason, ..ended.clone() });
            }
        }
        Ok(shown)
    }

    /// How far a case has come; nothing where a restore lost it.
    fn show_case(&self, id: &CaseId, eye: Eye<'_>, shown: &mut ShownPart) -> Result<(), Failure> {
        shown.state = PartState::Case;
        let case = match self.shown_case(None, id) {
            Err(Failure::Refused(Refusal::NotFound(_))) => return Ok(()),
            case => case?,
        };
        let came_to = case.case.granted().map(|drafted| drafted.handle);
        if is_issued(&case.case) {
            shown.state = PartState::Issued;
            shown.licence = came_to;
        }
        let kept = if matches!(eye, Eye::Auditor) { None } else { self.vault.kept_step(id, 0)? };
        let track = kept.and_then(|kept| kept.track);
        let number = track.as_ref().map(|track| track.number.clone());
        if matches!(eye, Eye::Applicant) {
            shown.tracked = track.map(|track| Tracked { rating: self.rating_receipt(id), track });
        }
        shown.case = Some(Box::new(ShownCase { number, ..case }));
        Ok(())
    }

    /// What licences answered, as they say it now, where who looks may be told.
    fn prefilled(&self, kept: &Kept, eye: Eye<'_>) -> Result<Vec<Prefilled>, Failure> {
        let Some(rules) = self.catalogue.matter(kept.slug.as_str()) else { return Ok(Vec::new()) };
        let mut all = Vec::with_capacity(kept.prefilled.len());
        // What fills no part that goes on is nobody's to know by this application any more.
        let lives = |part: &&Part| !matches!(part.stands, Stands::Held(_) | Stands::Ended(_));
        let living: Vec<&Part> = kept.parts.iter().filter(lives).collect();
        let fills = |one: &&super::kept::KeptAnswer| {
            let question = rules.question(one.question.as_str());
            question.is_some_and(|question| {
                living.iter().any(|part| question.fills_of(&part.licence_type).next().is_some())
            })
        };
        for one in kept.prefilled.iter().filter(fills) {
            // Number and code are handed out at the window that took it, which learns no more by them.
            let told = match eye {
                Eye::Applicant => Some(&kept.taken_by),
                Eye::Department(caller) => Some(caller),
                Eye::Auditor => None,
            };
            let departments = living.iter().map(|part| (&part.licence_type, &part.department));
            let told = told.is_some_and(|caller| self.may_be_told(rules, one, caller, departments));
            let value = if told { self.said_by(one, rules)? } else { None };
            all.push(one.clone().shown(value));
        }
        Ok(all)
    }

    fn said_by(
        &self,
        one: &super::kept::KeptAnswer,
        rules: &crate::catalogue::Matter,
    ) -> Result<Option<Value>, Failure> {
        let question = rules.question(one.question.as_str());
        let place = question.and_then(|question| {
            question.proved_by.iter().find(|place| place.licence_type == one.licence_type)
        });
        let Some(place) = place else { return Ok(None) };
        let Some(licence) = self.published_licence(&one.licence)? else { return Ok(None) };
        let Some(draft) = self.vault.kept_draft(&one.licence)? else { return Ok(None) };
        let holding = super::holdings::Holding { licence, payload: draft.payload, named: true };
        Ok(holding.says(&place.spot))
    }
}

/// Whether it is the department that issues a part that looks.
fn is_theirs(part: &Part, eye: Eye<'_>) -> bool {
    matches!(eye, Eye::Department(caller) if part.department.as_ref() == Some(caller))
}

/// Whether the licence of a case was issued.
pub(super) fn is_issued(case: &CaseState) -> bool {
    case.events.iter().any(|event| event.step == CaseStep::Issued)
}
