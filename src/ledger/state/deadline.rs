//! The clock of a case: until when what it waits for was promised, in working days of the published calendars, and how
//! long it took. It stands still while the applicant is asked for something (补正). Not a rule of the law: a promise that
//! is broken is seen, never refused.

use super::case::{CaseEvent, CaseState, CaseStep, Stage};
use super::charter::Charter;
use crate::ledger::body::Promised;
use crate::values::time::{Date, Time, UtcOffset};

/// Working days in which what a bad rating calls for is seen to (关于建立政务服务“好差评”制度的意见).
const RECTIFIED_WITHIN: u64 = 15;
/// Working days in which a letter of the applicant is answered: a week of work. Processes say nothing of letters, so it is
/// the same for all.
const ANSWERED_WITHIN: u64 = 5;

/// Until when something was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// Last day, itself included.
    pub day: Date,
    /// Working days from then to now: 0 on the day itself, negative when it is past.
    pub left: i64,
    /// Index of the entry from which on it is counted; `None` where it is no entry.
    pub since: Option<u64>,
}

/// The clock of one case at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a> {
    charter: &'a Charter,
    case: &'a CaseState,
    promised: Option<Promised>,
    offset: UtcOffset,
    today: Date,
}

impl<'a> Clock<'a> {
    /// The clock of a case at `now`; `None` before there is a calendar day. For a correction no days are promised, whatever its
    /// type promises applicants; what a bad rating calls for is due as ever.
    pub fn new(charter: &'a Charter, case: &'a CaseState, now: Time) -> Option<Self> {
        let offset = charter.offset()?;
        let process = charter.process(&case.licence_type, case.version);
        let promised = process.filter(|_| case.corrects().is_none()).map(|held| held.value.promised);
        Some(Self { charter, case, promised, offset, today: now.date(offset) })
    }

    /// Until when the step that the case waits for was promised; `None` when nothing is awaited of the department.
    pub fn step(&self) -> Option<Due> {
        self.step_after(100)
    }

    /// Until when so many percent of the working days of that step are used up.
    pub fn step_after(&self, percent: u64) -> Option<Due> {
        let promised = self.promised?;
        let (since, days) = match self.case.stage() {
            Stage::Filed => (self.first(|step| *step == CaseStep::Filed)?, promised.accept),
            Stage::Accepted => (self.accepted()?, promised.examine),
            Stage::Examined => (self.last(|step| matches!(step, CaseStep::Examined(..)))?, promised.decide),
            Stage::Granted => (self.last(|step| matches!(step, CaseStep::Decided(..)))?, promised.issue),
            Stage::Issued => (self.first(|step| *step == CaseStep::Issued)?, promised.deliver),
            Stage::Refused => (self.last(|step| matches!(step, CaseStep::Decided(..)))?, promised.deliver),
            Stage::Declined => (self.last(|step| matches!(step, CaseStep::Declined(_)))?, promised.deliver),
            Stage::Asked | Stage::Delivered | Stage::Withdrawn | Stage::Corrected | Stage::Dismissed => {
                return None;
            }
        };
        self.due(since, share(days, percent))
    }

    /// Until when the licence was promised, from acceptance; `None` before that, while waiting for the applicant, and
    /// when it is decided otherwise or done.
    pub fn total(&self) -> Option<Due> {
        self.total_after(100)
    }

    /// Until when so many percent of those working days are used up.
    pub fn total_after(&self, percent: u64) -> Option<Due> {
        match self.case.stage() {
            Stage::Accepted | Stage::Examined | Stage::Granted => {
                self.due(self.accepted()?, share(self.promised?.total, percent))
            }
            _ => None,
        }
    }

    /// The working days from acceptance to issue, and how many were promised for it; those apart in which the applicant was
    /// waited for. `None` as long as it is not issued.
    pub fn taken(&self) -> Option<(u64, u64)> {
        let issued = self.first(|step| *step == CaseStep::Issued)?.time.date(self.offset);
        let accepted = self.accepted()?;
        let paused = self.paused(accepted.index);
        let (mut day, mut days) = (accepted.time.date(self.offset), 0);
        while day < issued {
            day = day.next()?;
            days += u64::from(self.counts(day, &paused));
        }
        Some((days, self.promised?.total))
    }

    /// Until when what the applicant promised is checked: from the issue on.
    pub fn promise(&self) -> Option<Due> {
        self.promise_after(100)
    }

    /// Until when so many percent of the working days for that check are used up.
    pub fn promise_after(&self, percent: u64) -> Option<Due> {
        let days = self.charter.process(&self.case.licence_type, self.case.version)?.value.promise?;
        if !self.case.promise || self.case.truth().is_some() {
            return None;
        }
        self.due(self.first(|step| *step == CaseStep::Issued)?, share(days, percent))
    }

    /// Until when what a bad rating calls for is seen to.
    pub fn rectification(&self) -> Option<Due> {
        self.rectification_after(100)
    }

    /// Until when so many percent of the working days for that are used up.
    pub fn rectification_after(&self, percent: u64) -> Option<Due> {
        let rated = self.last(|step| matches!(step, CaseStep::Rated(_)))?;
        let days = share(RECTIFIED_WITHIN, percent);
        if self.case.calls_for_rectification() { self.due(rated, days) } else { None }
    }

    /// Until when what the applicant asked or complained about is answered. This clock never stands still: it is the
    /// department that is waited for.
    pub fn answer(&self, written: Time) -> Option<Due> {
        self.counted(written.date(self.offset), ANSWERED_WITHIN, &[])
    }

    fn accepted(&self) -> Option<&CaseEvent> {
        self.first(|step| matches!(step, CaseStep::Accepted(_)))
    }

    fn first(&self, is: impl Fn(&CaseStep) -> bool) -> Option<&CaseEvent> {
        self.case.events.iter().find(|event| is(&event.step))
    }

    fn last(&self, is: impl Fn(&CaseStep) -> bool) -> Option<&CaseEvent> {
        self.case.events.iter().rev().find(|event| is(&event.step))
    }

    /// So many working days after an event, those apart in which the applicant was waited for.
    fn due(&self, since: &CaseEvent, days: u64) -> Option<Due> {
        let due = self.counted(since.time.date(self.offset), days, &self.paused(since.index))?;
        Some(Due { since: Some(since.index), ..due })
    }

    /// So many working days after a day, spans of days apart.
    fn counted(&self, start: Date, days: u64, paused: &[(Date, Date)]) -> Option<Due> {
        let mut day = start;
        let mut left = days;
        while left > 0 {
            day = day.next()?;
            left -= u64::from(self.counts(day, paused));
        }
        Some(Due { day, left: self.between(day), since: None })
    }

    /// Whether a day is worked, and nobody waits for the applicant on it.
    fn counts(&self, day: Date, paused: &[(Date, Date)]) -> bool {
        self.charter.is_working(day) && !paused.iter().any(|(from, until)| *from <= day && day <= *until)
    }

    /// The days from asking to supplying, after the entry at `index`: both included, so that what is asked for on the
    /// last day leaves a day to look at it.
    fn paused(&self, index: u64) -> Vec<(Date, Date)> {
        let mut paused = Vec::new();
        let mut asked = None;
        for event in self.case.events.iter().filter(|event| event.index > index) {
            match (event.step, asked) {
                (CaseStep::Asked(_), _) => asked = Some(event.time.date(self.offset)),
                (CaseStep::Supplied, Some(from)) => {
                    paused.push((from, event.time.date(self.offset)));
                    asked = None;
                }
                _ => {}
            }
        }
        paused
    }

    /// Working days from today until a day; negative when it is past.
    fn between(&self, due: Date) -> i64 {
        let (from, until, sign) =
            if self.today <= due { (self.today, due, 1) } else { (due, self.today, -1) };
        let mut count = 0;
        let mut day = from;
        while day < until {
            let Some(next) = day.next() else { break };
            day = next;
            count += i64::from(self.charter.is_working(day));
        }
        sign * count
    }
}

/// So many percent of some days, a day begun counted whole.
fn share(days: u64, percent: u64) -> u64 {
    days.saturating_mul(percent).div_ceil(100)
}
