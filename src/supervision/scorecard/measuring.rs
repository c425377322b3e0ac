//! The indicators, measured: each is two sums over entries, what is counted and of how much; where the second is nothing there
//! is no data. One pass, in bounded memory: the matters that had a case, and which types and departments issued.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Figure, Indicator, sum};
use crate::ledger::body::{Body, CaseFiled, Truth};
use crate::ledger::entry::Entry;
use crate::ledger::state::{CaseEvent, CaseState, CaseStep, Charter, Clock, MemoryState, Moment, View as _};
use crate::supervision::moved;
use crate::values::identifiers::{CreditCode, Handle, Slug};
use crate::values::time::Time;

/// As counts of refusals name a demand for what a licence proves.
const ALREADY_PROVED: &str = "already-proved";

/// Measures over the entries of a range, which begins at an index.
pub struct Measuring {
    from: u64,
    matters: HashSet<Handle>,
    types: BTreeSet<Slug>,
    departments: BTreeSet<CreditCode>,
    sums: BTreeMap<Indicator, (u64, u64)>,
}

impl Measuring {
    /// From this entry on, itself included.
    pub fn from(from: u64) -> Self {
        Self {
            from,
            matters: HashSet::new(),
            types: BTreeSet::new(),
            departments: BTreeSet::new(),
            sums: BTreeMap::new(),
        }
    }

    /// Looks at the next entry, with the state after it. What came before the range is looked at too: a matter that had a case
    /// then has one already.
    pub fn look(&mut self, index: u64, entry: &Entry, after: &MemoryState) {
        let again = match entry.body() {
            Body::CaseFiled(CaseFiled { matter: Some(matter), .. }) => !self.matters.insert(*matter),
            _ => false,
        };
        if index < self.from {
            return;
        }
        match entry.body() {
            Body::LicenceIssued(issued) => {
                self.add(Indicator::ThroughCases, issued.case.is_some(), 1);
                if !self.types.contains(&issued.r#type) {
                    self.types.insert(issued.r#type.clone());
                }
                if !self.departments.contains(&issued.department) {
                    self.departments.insert(issued.department.clone());
                }
            }
            Body::CaseFiled(filed) if filed.corrects.is_none() => {
                self.add(Indicator::OnPromise, filed.promise, 1);
                self.add(Indicator::InMatters, filed.matter.is_some(), 1);
                self.add(Indicator::VisitsSaved, again, 1);
            }
            Body::RefusalsCounted(counted) => {
                let proved = counted.counts.iter().filter(|row| row.reason.as_str() == ALREADY_PROVED);
                let demands = proved.map(|row| row.count).fold(0, sum);
                self.add(Indicator::PapersSaved, demands, 1);
            }
            _ => {}
        }
        let case = moved(entry.body()).and_then(|case| after.case(&case).ok().flatten());
        if let Some(case) = case
            && let Some(event) = case.events.last().filter(|event| event.index == index)
        {
            self.step(after.charter(), &case, event);
        }
    }

    fn step(&mut self, charter: &Charter, case: &CaseState, event: &CaseEvent) {
        match event.step {
            CaseStep::Issued => {
                let taken = Clock::new(charter, case, event.time).and_then(|clock| clock.taken());
                if let Some((days, promised)) = taken {
                    self.add(Indicator::DaysTaken, days, 1);
                    self.add(Indicator::WithinPromise, days <= promised, 1);
                }
            }
            CaseStep::Delivered => {
                let asked = steps(case, |step| matches!(step, CaseStep::Asked(_)));
                // Whoever objects to an error is not applying for anything.
                if case.corrects().is_none() {
                    self.add(Indicator::AtMostOnce, asked == 0, 1);
                    self.add(Indicator::ToldAtOnce, asked == 1, u64::from(asked > 0));
                }
                self.add(Indicator::Rated, 0_u64, 1);
            }
            CaseStep::Rated(level) => {
                self.add(Indicator::Rated, self.saw(case, |step| *step == CaseStep::Delivered), 0);
                self.add(Indicator::Satisfied, !level.is_bad(), 1);
                self.add(Indicator::Rating, u64::from(level), 1);
                self.add(Indicator::Rectified, 0_u64, u64::from(level.is_bad()));
            }
            CaseStep::Rectified(_) => {
                let rated = self.saw(case, |step| matches!(step, CaseStep::Rated(_)));
                self.add(Indicator::Rectified, rated, 0);
            }
            CaseStep::Checked(_, truth) => self.add(Indicator::PromisesKept, truth == Truth::Kept, 1),
            CaseStep::Upheld(_) | CaseStep::Dismissed(_) => {
                let dismissed = matches!(event.step, CaseStep::Dismissed(_));
                self.add(Indicator::ObjectionsDismissed, dismissed, 1);
            }
            _ => {}
        }
    }

    /// Whether a step of a case was taken in the range.
    fn saw(&self, case: &CaseState, is: impl Fn(&CaseStep) -> bool) -> bool {
        case.events.iter().any(|event| event.index >= self.from && is(&event.step))
    }

    /// What all of it comes to, with the state after the last entry of the range.
    pub fn close(mut self, last: Time, after: &MemoryState) -> BTreeMap<Indicator, Figure> {
        let charter = after.charter();
        let day = charter.offset().map(|offset| last.date(offset));
        let today = |from, until: Option<_>| {
            day.is_some_and(|day| from <= day && until.is_none_or(|until| day <= until))
        };
        let departments: Vec<&CreditCode> =
            charter.departments().filter(|held| held.in_force()).map(|held| &held.value.code).collect();
        let types: Vec<(&Slug, bool)> = charter
            .types()
            .filter_map(|(slug, published)| {
                let newest = published.versions.last().filter(|held| held.in_force())?;
                Some((slug, charter.process(slug, newest.value.version).is_some_and(|held| held.in_force())))
            })
            .collect();
        let officers = charter.officers().filter(|(_, appointed)| {
            appointed.last().is_some_and(|held| held.in_force() && today(held.value.from, held.value.until))
        });
        let moment = Moment { index: charter.size(), time: last };
        let powers =
            charter.powers().filter(|(_, held)| charter.power_covers(held, &held.value.region, moment));
        let (powers, officers) = (many(powers.count()), many(officers.count()));
        let (all_types, all_departments) = (many(types.len()), many(departments.len()));
        let with_process = many(types.iter().filter(|(_, process)| *process).count());
        let used = many(types.iter().filter(|(slug, _)| self.types.contains(slug)).count());
        let issuing = many(departments.iter().filter(|code| self.departments.contains(code)).count());
        self.add(Indicator::Departments, all_departments, 1);
        self.add(Indicator::Powers, powers, 1);
        self.add(Indicator::Officers, officers, 1);
        self.add(Indicator::TypesWithProcess, with_process, all_types);
        self.add(Indicator::TypesUsed, used, all_types);
        self.add(Indicator::DepartmentsIssuing, issuing, all_departments);
        let figure = |indicator: &Indicator| {
            Figure::of(indicator.form(), self.sums.get(indicator).copied().unwrap_or_default())
        };
        Indicator::ALL.iter().map(|indicator| (*indicator, figure(indicator))).collect()
    }

    fn add(&mut self, indicator: Indicator, counted: impl Into<u64>, of: u64) {
        let (part, whole) = self.sums.entry(indicator).or_default();
        *part = sum(*part, counted.into());
        *whole = sum(*whole, of);
    }
}

fn steps(case: &CaseState, is: impl Fn(&CaseStep) -> bool) -> usize {
    case.events.iter().filter(|event| is(&event.step)).count()
}

fn many(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
