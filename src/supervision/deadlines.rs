//! 时效: what was promised and is late. Every open deadline stands in one queue by its day; the first entry of a later day
//! raises the card, whatever that entry is about. So no case is looked at but when it moves or is late.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::rules::{CardRule, Limits};
use super::{About, Card, Colour, Facts, facts};
use crate::ledger::body::{Body, CaseId, Subject};
use crate::ledger::entry::Entry;
use crate::ledger::state::{CaseState, Charter, Clock, Due, Stage, View};
use crate::values::identifiers::CreditCode;
use crate::values::time::Date;

/// A promise of one case, and which share of it is meant. The same promise begins anew with each entry that starts its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Promise {
    rule: CardRule,
    stage: Stage,
    since: Option<u64>,
    colour: Colour,
}

/// The open deadlines, and what was raised.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Deadlines {
    queue: BTreeSet<(Date, CaseId, Promise)>,
    of_case: HashMap<CaseId, (CreditCode, Vec<(Date, Promise)>)>,
    raised: HashSet<(CaseId, Promise)>,
}

impl Deadlines {
    /// What is late on the day of this entry; then its own case is looked at anew. A new calendar counts at once.
    pub(super) fn look(&mut self, index: u64, entry: &Entry, after: &dyn View, limits: &Limits) -> Vec<Card> {
        let Some(offset) = after.charter().offset() else { return Vec::new() };
        if matches!(entry.body(), Body::CalendarPublished(_)) {
            // A day that it says was not worked makes nothing late.
            self.wait_anew(entry, after, limits);
        }
        let cards = self.late(index, entry, entry.time().date(offset));
        if let Some(case) = moved(entry.body()) {
            self.wait(case, entry, after, limits);
        }
        cards
    }

    /// Looks at every open case anew: working days, or the rules, are others.
    pub(super) fn wait_anew(&mut self, entry: &Entry, after: &dyn View, limits: &Limits) {
        let open: Vec<CaseId> = self.of_case.keys().copied().collect();
        open.into_iter().for_each(|case| self.wait(case, entry, after, limits));
    }

    /// What is late counts as not told yet.
    pub(super) fn forget_raised(&mut self) {
        self.raised.clear();
    }

    /// Takes out what was due before today.
    fn late(&mut self, index: u64, entry: &Entry, today: Date) -> Vec<Card> {
        let mut cards = Vec::new();
        while let Some((due, case, promise)) = self.queue.first().copied().filter(|(due, ..)| *due < today) {
            self.queue.pop_first();
            let Some((department, _)) = self.of_case.get(&case) else { continue };
            if self.raised.insert((case, promise)) {
                cards.push(Card {
                    index,
                    time: entry.time(),
                    rule: promise.rule,
                    colour: promise.colour,
                    about: About::Case(case),
                    department: department.clone(),
                    facts: facts_of(due, promise),
                    stops: false,
                });
            }
        }
        cards
    }

    /// Notes what the department is waited for in a case, as it stands now.
    fn wait(&mut self, case: CaseId, entry: &Entry, after: &dyn View, limits: &Limits) {
        for (due, promise) in self.of_case.remove(&case).map(|(_, dues)| dues).unwrap_or_default() {
            self.queue.remove(&(due, case, promise));
        }
        let Some(state) = after.case(&case).ok().flatten() else { return };
        let dues = promised(after.charter(), &state, entry, limits);
        if dues.is_empty() {
            return;
        }
        self.queue.extend(dues.iter().map(|(due, promise)| (*due, case, *promise)));
        self.of_case.insert(case, (state.department, dues));
    }
}

/// Until when each promise of a case holds. A warning that would come with the alarm is left out.
fn promised(charter: &Charter, case: &CaseState, entry: &Entry, limits: &Limits) -> Vec<(Date, Promise)> {
    let Some(clock) = Clock::new(charter, case, entry.time()) else { return Vec::new() };
    type After<'a> = &'a dyn Fn(u64) -> Option<Due>;
    let promises: [(CardRule, Stage, After<'_>); 4] = [
        (CardRule::StepLate, case.stage(), &|percent| clock.step_after(percent)),
        (CardRule::CaseLate, Stage::Filed, &|percent| clock.total_after(percent)),
        (CardRule::PromiseUnchecked, Stage::Filed, &|percent| clock.promise_after(percent)),
        (CardRule::RectificationLate, Stage::Filed, &|percent| clock.rectification_after(percent)),
    ];
    let mut dues = Vec::new();
    for (rule, stage, after) in promises {
        let (warned, due) = (after(limits.promised.yellow), after(limits.promised.red));
        let Some(Due { day: due, since, .. }) = due else { continue };
        if let Some(warned) = warned.map(|warned| warned.day).filter(|day| *day < due) {
            dues.push((warned, Promise { rule, stage, since, colour: Colour::Yellow }));
        }
        dues.push((due, Promise { rule, stage, since, colour: Colour::Red }));
    }
    dues
}

/// The day, the stage, and the entry from which on it is counted.
fn facts_of(due: Date, promise: Promise) -> Facts {
    let mut facts = facts([("due", json!(due)), ("stage", json!(promise.stage.as_str()))]);
    facts.extend(promise.since.map(|since| ("since".to_owned(), json!(since))));
    facts
}

/// The case that an entry moves.
pub fn moved(body: &Body) -> Option<CaseId> {
    match body {
        Body::LicenceIssued(issued) => issued.case.as_ref().map(|from| from.handle),
        body => match body.subject() {
            Subject::Case(case) => Some(case),
            _ => None,
        },
    }
}
