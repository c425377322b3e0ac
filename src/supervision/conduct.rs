//! 流程、内容、裁量、风险防控: what single entries show, and what they show together. Counts go on from entry to entry and
//! are bounded: an hour for licences, a row for each officer and type.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::deadlines::moved;
use super::refusing::{Refusing, Share};
use super::rules::{CardRule, Limits};
use super::signing::Signing;
use super::{About, Card, Colour, Facts, facts};
use crate::ledger::body::{Body, ContentFound, LicenceIssued, OfficerId, Opinion, RefusalsCounted, Truth};
use crate::ledger::entry::Entry;
use crate::ledger::state::{CaseEvent, CaseState, CaseStep, Charter, View};
use crate::values::canonical::MAX_INTEGER;
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::time::Time;

/// Milliseconds of a minute, an hour and a day.
const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Counts over the entries so far.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Conduct {
    /// Licences of the present hour.
    issued: HashMap<(CreditCode, Slug), u64>,
    hour: i64,
    refusing: Refusing,
    signing: Signing,
}

impl Conduct {
    /// What this entry shows.
    pub(super) fn look(&mut self, index: u64, entry: &Entry, after: &dyn View, limits: &Limits) -> Vec<Card> {
        let scene = Scene { index, time: entry.time(), charter: after.charter(), limits };
        let case = moved(entry.body()).and_then(|case| after.case(&case).ok().flatten());
        let mut cards = match entry.body() {
            Body::LicenceIssued(issued) => self.issued(&scene, issued, case.as_ref()),
            Body::RefusalsCounted(counted) => scene.refused(counted),
            Body::ContentFound(found) => scene.content(found, after),
            _ => Vec::new(),
        };
        if let Some(case) = case
            && let Some(event) = case.events.last().filter(|event| event.index == index)
        {
            cards.extend(scene.step(&case, event));
            cards.extend(self.outlier(&scene, &case, event));
        }
        cards.extend(self.signing.look(index, entry, after, limits));
        cards
    }

    /// What is so counts as not told yet.
    pub(super) fn forget_raised(&mut self) {
        self.refusing.forget_told();
    }

    fn issued(&mut self, scene: &Scene<'_>, issued: &LicenceIssued, case: Option<&CaseState>) -> Vec<Card> {
        let hour = scene.time.millis().div_euclid(HOUR);
        if hour != self.hour {
            self.hour = hour;
            self.issued.clear();
        }
        let count = self.issued.entry((issued.department.clone(), issued.r#type.clone())).or_default();
        *count += 1;
        let mut cards = Vec::new();
        if count.checked_sub(1) == Some(scene.limits.licences_an_hour) {
            let facts = facts([("count", json!(*count)), ("type", json!(issued.r#type))]);
            let about = About::Department(issued.department.clone());
            cards.push(scene.card(CardRule::Burst, Colour::Yellow, about, &issued.department, facts));
        }
        cards.extend(scene.back_dated(issued, case));
        cards
    }

    /// How often somebody refuses, beside how often the others do, once both have decided often enough.
    fn outlier(&mut self, scene: &Scene<'_>, case: &CaseState, event: &CaseEvent) -> Option<Card> {
        let CaseStep::Decided(officer, licence) = event.step else { return None };
        // Who decides one case again has not decided another.
        if case.events.iter().filter(|event| matches!(event.step, CaseStep::Decided(..))).count() > 1 {
            return None;
        }
        let (own, others) = self.refusing.count(&case.licence_type, officer, licence.is_none());
        let enough = scene.limits.outlier_decisions;
        let far = own.percent().abs_diff(others.percent()) >= scene.limits.outlier_points;
        if own.decided < enough || others.decided < enough || !far || !self.refusing.tell(officer, case) {
            return None;
        }
        let share = |share: Share| json!({"decided": share.decided, "refused": share.refused});
        let facts =
            facts([("others", share(others)), ("own", share(own)), ("type", json!(case.licence_type))]);
        let about = About::Officer(officer);
        Some(scene.card(CardRule::Outlier, Colour::Yellow, about, &case.department, facts))
    }
}

/// One entry, and what it is looked at with.
struct Scene<'a> {
    index: u64,
    time: Time,
    charter: &'a Charter,
    limits: &'a Limits,
}

impl Scene<'_> {
    fn card(
        &self,
        rule: CardRule,
        colour: Colour,
        about: About,
        department: &CreditCode,
        facts: Facts,
    ) -> Card {
        let (index, time) = (self.index, self.time);
        Card { index, time, rule, colour, about, department: department.clone(), facts, stops: false }
    }

    /// 倒签: the first day lies long before the licence was drafted, which for a case was at its decision. What is recorded
    /// from before the ledger is another entry.
    fn back_dated(&self, issued: &LicenceIssued, case: Option<&CaseState>) -> Option<Card> {
        let decided = case.and_then(|case| {
            case.events.iter().rev().find(|event| matches!(event.step, CaseStep::Decided(..)))
        });
        let drafted = decided.map_or(self.time, |event| event.time);
        let first = issued.valid_from.first_instant(self.charter.offset()?);
        let days = drafted.since(first).div_euclid(DAY);
        if days <= self.limits.back_dated_days || self.limits.back_dated_exempt.contains(&issued.r#type) {
            return None;
        }
        let facts = facts([("days", json!(days)), ("type", json!(issued.r#type))]);
        let about = About::Licence(issued.handle);
        Some(self.card(CardRule::BackDated, Colour::Yellow, about, &issued.department, facts))
    }

    /// A department that asks again and again for what it has no right to.
    fn refused(&self, counted: &RefusalsCounted) -> Vec<Card> {
        let mut of: BTreeMap<&CreditCode, u64> = BTreeMap::new();
        for row in counted.counts.iter().filter(|row| self.limits.refusal_reasons.contains(&row.reason)) {
            // The law lets a count name whom it likes; a card is about a department that was.
            if let Some(department) =
                row.department.as_ref().filter(|code| self.charter.department(code).is_some())
            {
                let sum = of.entry(department).or_default();
                *sum = sum.saturating_add(row.count).min(MAX_INTEGER);
            }
        }
        let bounds = self.limits.refusals;
        let many = of.into_iter().filter(|(_, count)| *count >= bounds.yellow);
        let card = |(department, count): (&CreditCode, u64)| {
            let colour = if count >= bounds.red { Colour::Red } else { Colour::Yellow };
            let facts = facts([
                ("count", json!(count)),
                ("from", json!(counted.from)),
                ("until", json!(counted.until)),
            ]);
            let about = About::Department(department.clone());
            self.card(CardRule::NoRight, colour, about, department, facts)
        };
        many.map(card).collect()
    }

    /// What the rules that need content found: a card for each of them.
    fn content(&self, found: &ContentFound, after: &dyn View) -> Vec<Card> {
        let licence = after.licence(&found.licence).ok().flatten();
        let colours = [
            (CardRule::MissingField, Colour::Yellow),
            (CardRule::Contradiction, Colour::Yellow),
            (CardRule::Duplicate, Colour::Red),
        ];
        let named = colours
            .into_iter()
            .filter(|(rule, _)| found.rules.iter().any(|name| name.as_str() == rule.as_str()));
        let licence_type = licence.map(|licence| licence.licence_type);
        let card = |(rule, colour)| {
            let facts = facts([("content", json!(found.content)), ("type", json!(licence_type))]);
            self.card(rule, colour, About::Licence(found.licence), &found.department, facts)
        };
        named.map(card).collect()
    }

    /// What a step of a case shows by itself.
    fn step(&self, case: &CaseState, event: &CaseEvent) -> Vec<Card> {
        let found = match event.step {
            CaseStep::Asked(officer) => [self.asked_again(case, officer), None, None],
            CaseStep::Checked(_, Truth::False) => [Some(self.false_promise(case)), None, None],
            CaseStep::Decided(officer, licence) => [
                self.against_opinion(case, officer, licence.is_some()),
                self.hasty(case, officer),
                self.off_hours(case, officer),
            ],
            CaseStep::Upheld(officer) => {
                [Some(self.wrong_content(case)), self.off_hours(case, officer), None]
            }
            CaseStep::Dismissed(officer) => [self.off_hours(case, officer), None, None],
            _ => [None, None, None],
        };
        found.into_iter().flatten().collect()
    }

    /// 一次性告知: what is missing is asked for at once.
    fn asked_again(&self, case: &CaseState, officer: OfficerId) -> Option<Card> {
        let asked = case.events.iter().filter(|event| matches!(event.step, CaseStep::Asked(_))).count();
        let times = u64::try_from(asked).unwrap_or(u64::MAX);
        let facts = facts([("officer", json!(officer)), ("times", json!(times))]);
        (times > self.limits.asked_times).then(|| self.of_case(CardRule::AskedAgain, case, facts))
    }

    fn false_promise(&self, case: &CaseState) -> Card {
        let about = case.granted().map_or(About::Case(case.case), |granted| About::Licence(granted.handle));
        let facts = facts([("case", json!(case.case))]);
        self.card(CardRule::FalsePromise, Colour::Red, about, &case.department, facts)
    }

    fn wrong_content(&self, case: &CaseState) -> Card {
        let about = case.corrects().map_or(About::Case(case.case), About::Licence);
        let facts = facts([("case", json!(case.case))]);
        self.card(CardRule::WrongContent, Colour::Yellow, about, &case.department, facts)
    }

    /// The newest opinion said otherwise.
    fn against_opinion(&self, case: &CaseState, officer: OfficerId, granted: bool) -> Option<Card> {
        let opinion = case.events.iter().rev().find_map(|event| match event.step {
            CaseStep::Examined(_, opinion) => Some(opinion),
            _ => None,
        })?;
        let facts = facts([("granted", json!(granted)), ("officer", json!(officer))]);
        let against = granted != (opinion == Opinion::Grant);
        against.then(|| self.of_case(CardRule::AgainstOpinion, case, facts))
    }

    /// A promise needs no reading of proofs, so there is nothing hasty about it.
    fn hasty(&self, case: &CaseState, officer: OfficerId) -> Option<Card> {
        let accepted = case.events.iter().find(|event| matches!(event.step, CaseStep::Accepted(_)))?;
        let minutes = self.time.since(accepted.time).div_euclid(MINUTE);
        let facts = facts([("minutes", json!(minutes)), ("officer", json!(officer))]);
        let hasty = !case.promise && minutes < self.limits.hasty_minutes;
        hasty.then(|| self.of_case(CardRule::Hasty, case, facts))
    }

    fn off_hours(&self, case: &CaseState, officer: OfficerId) -> Option<Card> {
        let offset = self.charter.offset()?;
        let day = self.time.date(offset);
        let hour = self.time.since(day.first_instant(offset)).div_euclid(HOUR);
        let hours = self.limits.office_hours;
        let worked = (i64::from(hours.from)..i64::from(hours.until)).contains(&hour);
        let facts = facts([("day", json!(day)), ("hour", json!(hour)), ("officer", json!(officer))]);
        let off = !worked || !self.charter.is_working(day);
        off.then(|| self.of_case(CardRule::OffHours, case, facts))
    }

    /// A warning about a case.
    fn of_case(&self, rule: CardRule, case: &CaseState, facts: Facts) -> Card {
        self.card(rule, Colour::Yellow, About::Case(case.case), &case.department, facts)
    }
}
