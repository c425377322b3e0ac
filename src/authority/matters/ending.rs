//! A part that waits ends before anything of it was entered: the applicant withdraws it, or the department that would have
//! to do it declines it and says why. Either way what was applied for is kept no longer, and once no part waits, who
//! applied neither. What comes after such a part, and is not to be had otherwise, ends with it: left waiting it would wait
//! for ever, and it may be applied for anew when its time has come.
//!
//! An application that is withdrawn whole takes its cases along as far as the law still lets them be withdrawn. What is
//! issued stays: that is its department's to act upon. Not here: how a part goes on (`advancing`).

use serde_json::json;

use super::kept::{Kept, Part, Stands};
use super::reading::is_issued;
use super::{Ended, EndedBy, MatterRefusal, MatterWish, PartWish, ShownMatter};
use crate::authority::Authority;
use crate::authority::cases::{CaseRefusal, CaseWish, DepartmentStep};
use crate::authority::refusal::{Failure, Refusal};
use crate::catalogue::Members;
use crate::ledger::state::{CaseState, Stage};
use crate::values::identifiers::{Handle, Slug, VerificationCode};

/// What is said in a case that is withdrawn with the whole application, where no other words are given.
const WITH_ALL: &str = "申请人撤回整个一件事申请";

impl Authority {
    /// The department that would have to do a part that waits does not take it up.
    pub async fn decline_part(&self, wish: PartWish<'_>) -> Result<ShownMatter, Failure> {
        let PartWish { step: MatterWish { department, body, dry_run, .. }, matter, licence_type } = wish;
        let members = Members::open(body, String::new(), &["reason"])?;
        let reason = members.required("reason", Members::prose)?;
        let _held = self.hold_matter(matter).await;
        let mut kept = self.kept_matter(matter)?;
        let place = self.place_of(&kept, licence_type)?;
        if !self.may_issue(&kept, place, department)? {
            return Err(Refusal::NotYours.into());
        }
        let same = |ended: &Ended| ended.by == EndedBy::Department && ended.reason.as_ref() == Some(&reason);
        if !kept.parts.get(place).is_some_and(|part| has_ended(part, same)) {
            waits(&kept, place)?;
            if !dry_run {
                self.take_over(matter, &mut kept, place, department)?;
                self.end(&mut kept, place, EndedBy::Department, Some(reason))?;
                self.end_followers(&mut kept)?;
                self.keep_matter(matter, &mut kept)?;
            }
        }
        self.shown_to_department(matter, &kept, Some(department))
    }

    /// The department that took an application withdraws it, or one part of it, for the applicant.
    pub async fn withdraw_matter(
        &self,
        matter: &Handle,
        wish: MatterWish<'_>,
    ) -> Result<ShownMatter, Failure> {
        let members = Members::open(wish.body, String::new(), &["type", "reason"])?;
        let (part, reason) = (members.text("type")?, members.prose("reason")?);
        let _held = self.hold_matter(matter).await;
        let mut kept = self.kept_matter(matter)?;
        if kept.taken_by != *wish.department {
            return Err(Refusal::NotYours.into());
        }
        self.withdraw(matter, &mut kept, part.as_deref(), reason, wish.dry_run).await?;
        self.shown_to_department(matter, &kept, Some(wish.department))
    }

    /// The applicant withdraws his application, or one part of it, with its number and code.
    pub async fn withdraw_tracked(
        &self,
        number: &str,
        code: &VerificationCode,
        part: Option<&str>,
    ) -> Result<ShownMatter, Failure> {
        let (matter, _) = self.matter_of(number, code)?;
        let _held = self.hold_matter(&matter).await;
        let mut kept = self.kept_matter(&matter)?;
        self.withdraw(&matter, &mut kept, part, None, false).await?;
        self.shown_to_applicant(&matter, &kept)
    }

    /// Withdraws one part, or all of them; what is withdrawn already is withdrawn.
    async fn withdraw(
        &self,
        matter: &Handle,
        kept: &mut Kept,
        part: Option<&str>,
        reason: Option<String>,
        dry_run: bool,
    ) -> Result<(), Failure> {
        let places = match part {
            None => (0..kept.parts.len()).collect(),
            Some(part) => {
                let place = self.place_of(kept, part)?;
                if kept.parts.get(place).is_some_and(|part| self.is_withdrawn(part)) {
                    return Ok(());
                }
                waits(kept, place)?;
                vec![place]
            }
        };
        let waiting: Vec<usize> = places.into_iter().filter(|place| waits(kept, *place).is_ok()).collect();
        let cases = if part.is_none() { self.open_cases(kept)? } else { Vec::new() };
        let before = kept.parts.iter().any(|part| self.is_withdrawn(part));
        if waiting.is_empty() && cases.is_empty() && !before {
            return Err(MatterRefusal::NothingWaits.into());
        }
        if dry_run {
            return Ok(());
        }
        for place in waiting {
            self.end(kept, place, EndedBy::Applicant, reason.clone())?;
        }
        self.end_followers(kept)?;
        self.keep_matter(matter, kept)?;
        // Each is entered by itself: what breaks off is withdrawn when it is asked again.
        for case in cases {
            let body = json!({"reason": reason.as_deref().unwrap_or(WITH_ALL)});
            let (department, id) = (&case.department, Some(&case.case));
            let wish = CaseWish { department, case: id, body: &body, key: None, dry_run: false };
            match self.step_case(DepartmentStep::Withdraw, wish).await {
                // It has moved on meanwhile.
                Err(Failure::Refused(Refusal::Case(CaseRefusal::Step(_)))) => {}
                stepped => drop(stepped?),
            }
        }
        Ok(())
    }

    /// What comes after a part that will bring no licence, and is not to be had otherwise, ends as that part did. Nothing is
    /// kept here.
    pub(super) fn end_followers(&self, kept: &mut Kept) -> Result<(), Failure> {
        loop {
            let mut ended = None;
            for (place, part) in kept.parts.iter().enumerate() {
                if part.waiting().is_none() || part.after.is_empty() {
                    continue;
                }
                if let Some((first, by)) = self.will_not_come(kept, part)? {
                    ended = Some((place, first, by));
                    break;
                }
            }
            let Some((place, first, by)) = ended else { return Ok(()) };
            kept.put(place, Stands::Ended(Ended { by, at: self.now()?, reason: None, with: Some(first) }));
        }
    }

    /// Of what must be there before a part, the first that is missing and that this application will not bring; and how that
    /// ended.
    fn will_not_come(&self, kept: &Kept, part: &Part) -> Result<Option<(Slug, EndedBy)>, Failure> {
        let mut over = Vec::new();
        for slug in &part.after {
            let first = kept.part(slug).and_then(|place| kept.parts.get(place));
            let by = match first.map(|first| &first.stands) {
                Some(Stands::Ended(ended)) => Some(ended.by),
                Some(Stands::Case(case)) => self.case_state(case).ok().and_then(|case| how_it_ended(&case)),
                _ => None,
            };
            // A licence that came of it, and has ended since, will not come again.
            let came = first.map(|first| self.came_to(first)).transpose()?.flatten();
            let came = came.map(|licence| self.published_licence(&licence)).transpose()?.flatten();
            let ended = came.filter(|licence| !licence.standing().is_open()).map(|_| EndedBy::Department);
            let by = by.or(ended);
            over.extend(by.map(|by| (slug.clone(), by)));
        }
        if over.is_empty() {
            return Ok(None);
        }
        let wanted = over.iter().map(|(slug, _)| slug.clone()).collect();
        let there = self.there(kept, &wanted, &mut super::reading::LookedUp::new())?;
        Ok(over.into_iter().find(|(slug, _)| !there.contains(slug)))
    }

    /// Whether a part is withdrawn already, before it became a case or as one.
    fn is_withdrawn(&self, part: &Part) -> bool {
        match &part.stands {
            Stands::Case(case) => self.case_state(case).is_ok_and(|case| case.stage() == Stage::Withdrawn),
            _ => has_ended(part, |ended| ended.by == EndedBy::Applicant),
        }
    }

    /// The cases of an application that can still be withdrawn.
    fn open_cases(&self, kept: &Kept) -> Result<Vec<CaseState>, Failure> {
        let mut open = Vec::new();
        for part in &kept.parts {
            let Stands::Case(case) = &part.stands else { continue };
            match self.case_state(case) {
                Ok(case) if Stage::OPEN.contains(&case.stage()) => open.push(case),
                Ok(_) | Err(Failure::Refused(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(open)
    }

    fn end(&self, kept: &mut Kept, place: usize, by: EndedBy, reason: Option<String>) -> Result<(), Failure> {
        kept.put(place, Stands::Ended(Ended { by, at: self.now()?, reason, with: None }));
        Ok(())
    }
}

/// Whether a part has ended so.
fn has_ended(part: &Part, how: impl Fn(&Ended) -> bool) -> bool {
    matches!(&part.stands, Stands::Ended(ended) if how(ended))
}

/// Refuses what does not wait.
fn waits(kept: &Kept, place: usize) -> Result<(), MatterRefusal> {
    let Some(part) = kept.parts.get(place) else { return Ok(()) };
    match &part.stands {
        Stands::Waiting(_) | Stands::Issuing { .. } => Ok(()),
        Stands::Ended(_) => Err(MatterRefusal::Over(part.licence_type.clone())),
        Stands::Held(_) | Stands::Case(_) | Stands::Issued { .. } => {
            Err(MatterRefusal::UnderWay(part.licence_type.clone()))
        }
    }
}

/// How a case ended that came to no licence.
fn how_it_ended(case: &CaseState) -> Option<EndedBy> {
    let by_applicant = case.stage() == Stage::Withdrawn;
    let over = !Stage::OPEN.contains(&case.stage()) && !is_issued(case);
    over.then_some(if by_applicant { EndedBy::Applicant } else { EndedBy::Department })
}
