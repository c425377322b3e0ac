//! 告知承诺 after a promise that was not kept: its licence is to be rescinded, and the holder promises no more for a while.
//!
//! Both follow from the entries. Whoever applies is looked up among the holders of licences (`finders`, which lie in backups);
//! a licence names the case that it was issued from, and the case says what its check found. So there is no row for it that a
//! restore could lack. Not here: the check itself (`acting`), and rescinding, an act on the licence.

use std::collections::BTreeSet;

use super::CaseRefusal;
use crate::authority::Authority;
use crate::authority::refusal::{Failure, Fault};
use crate::catalogue::{Checked, IssueRequest};
use crate::law;
use crate::ledger::body::{Body, Truth};
use crate::ledger::state::{CaseState, CaseStep, LicenceState};
use crate::values::identifiers::{Handle, Slug};
use crate::values::time::{Date, Time};

/// For how many years nothing is promised by a holder whose promise was false. 国办发〔2020〕42号 excludes him until his credit
/// is repaired; three years is as long as a penalty stands in public at most (国家发展改革委令第58号), so it is over by then.
const BARRED_YEARS: i64 = 3;

impl Authority {
    /// Refuses a promise by a holder of whom an earlier one was found false. `pointer` names what is wrong in the request.
    pub(super) fn may_promise(&self, checked: &Checked, pointer: &str, now: Time) -> Result<(), Failure> {
        let offset = self.window.published().charter.offset();
        let offset = offset.ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let promised = self.types_with_promises();
        let mut newest: Option<Time> = None;
        for holder in checked.holders() {
            let finders = promised.iter().map(|of| self.once.holder_finder(of, holder.code().as_str()));
            for licence in finders.flat_map(|finder| self.found(finder)) {
                newest = newest.max(self.promised_falsely(&licence?)?);
            }
        }
        let Some(found) = newest.map(|time| time.date(offset)) else { return Ok(()) };
        let again = years_after(found)?;
        if now.date(offset) >= again {
            return Ok(());
        }
        Err(CaseRefusal::PromiseBarred { pointer: pointer.to_owned(), found, again }.into())
    }

    /// Refuses to go on upon a promise if an earlier one was found false since it was made.
    pub(super) fn may_still_promise(
        &self,
        case: &CaseState,
        request: &IssueRequest,
        pointer: &str,
        now: Time,
    ) -> Result<(), Failure> {
        if !case.promise {
            return Ok(());
        }
        let offset = self.window.published().charter.offset();
        let offset = offset.ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let checked = self.type_of_case(case)?.check(request, now.date(offset))?;
        self.may_promise(&checked, pointer, now)
    }

    /// The types that ever let promise: nothing else is looked at for it.
    fn types_with_promises(&self) -> BTreeSet<Slug> {
        let published = self.window.published();
        let processes = published.charter.processes().map(|held| &held.value);
        let promising = processes.filter(|process| process.promise.is_some());
        promising.map(|process| process.r#type.clone()).collect()
    }

    /// When the promise that a licence was issued on was found false, if it was.
    fn promised_falsely(&self, licence: &LicenceState) -> Result<Option<Time>, Failure> {
        let published = self.window.published();
        // Another version of the type may have let nothing be promised.
        let process = published.charter.process(&licence.licence_type, licence.version);
        if process.is_none_or(|held| held.value.promise.is_none()) {
            return Ok(None);
        }
        let Some(first) = licence.first() else { return Ok(None) };
        let entry =
            law::read(&self.entry(first.index)?).map_err(|error| Fault::Damaged(error.to_string()))?;
        let Body::LicenceIssued(issued) = entry.body() else { return Ok(None) };
        let Some(from) = &issued.case else { return Ok(None) };
        Ok(found_false(&self.case_state(&from.handle)?))
    }

    /// The licence that was issued on a false promise, until it is rescinded.
    pub(super) fn to_be_rescinded(&self, case: &CaseState) -> Result<Option<Handle>, Failure> {
        let granted = found_false(case).and_then(|_| case.granted());
        let Some(granted) = granted else { return Ok(None) };
        let licence = self.published_licence(&granted.handle)?;
        Ok(licence.filter(|licence| !licence.is_void()).map(|licence| licence.handle))
    }
}

/// When the check of a case found its promise false.
fn found_false(case: &CaseState) -> Option<Time> {
    let check =
        case.events.iter().rev().find(|event| matches!(event.step, CaseStep::Checked(_, Truth::False)));
    check.map(|event| event.time)
}

/// The day on which somebody may promise again.
fn years_after(found: Date) -> Result<Date, Failure> {
    let (year, month, day) =
        (i64::from(found.year()) + BARRED_YEARS, i64::from(found.month()), i64::from(found.day()));
    // A 29 February has no such day three years later.
    let again = Date::new(year, month, day).or_else(|_| Date::new(year, month + 1, 1));
    Ok(again.map_err(|error| Fault::Law(error.to_string()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_ends_three_years_later_also_for_a_leap_day() {
        for (found, again) in [("2026-11-24", "2029-11-24"), ("2028-02-29", "2031-03-01")] {
            assert_eq!(years_after(found.parse().unwrap()).unwrap().to_string(), again);
        }
    }
}
