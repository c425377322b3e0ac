//! Refusals, counted: how many wishes of a department for a type were refused for a reason, hour by hour of the
//! authority's own clock, entered as `refusals.counted`. A published count cannot be changed later; a refusal that
//! nobody counted is invisible, and a crash loses those of the hour that was not over.
//!
//! Not here: which answers are refusals (`http`), and whether a count may be entered (`law`).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Authority;
use super::refusal::Failure;
use super::writer::Proposal;
use crate::ledger::body::{Body, RefusalCount, RefusalsCounted};
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::time::{Time, UtcOffset};

/// Different refusals in one entry: so many of the longest stay below 16 KiB.
const ROWS: usize = 64;

/// A wish that was refused. The order is that of the law.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    /// Whose wish; none when nobody was recognised.
    pub department: Option<CreditCode>,
    /// For which type; none when none was recognised.
    pub licence_type: Option<Slug>,
    /// The problem's slug.
    pub reason: Slug,
}

/// Which counts are entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    /// Those of hours that are over.
    Over,
    /// The present one's too: the service ends.
    All,
}

/// What was refused since the last count.
#[derive(Default)]
pub(super) struct Refusals {
    tally: Mutex<Tally>,
    entering: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Tally {
    open: Option<Span>,
    closed: VecDeque<Span>,
}

/// Refusals within one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    hour: Time,
    until: Time,
    counts: BTreeMap<Refused, u64>,
}

impl Authority {
    /// Counts a refusal.
    pub fn count_refusal(&self, refused: Refused) {
        let published = self.window.published();
        let offset = published.charter.offset().unwrap_or(UtcOffset::UTC);
        let mut tally = self.refusals.tally();
        // A clock that is not believed refuses everything: that is counted where the ledger ends.
        let now = self.clock.now().ok().or(published.charter.time()).unwrap_or(Time::MIN);
        tally.count(refused, now, offset);
    }

    /// Enters what was counted; how many entries that took. An entry with counts lies within one hour: what is between
    /// two of them is an entry that counts nothing. What cannot be entered stays counted, for the next time; so a call
    /// must be waited for to its end, or it may enter a count that is then entered again.
    pub async fn enter_refusals(&self, hours: Hours) -> Result<usize, Failure> {
        let _one_at_a_time = self.refusals.entering.lock().await;
        let mut entered = 0;
        while let Some(span) = self.refusals.due(self.now()?, hours) {
            let published = self.window.published();
            let last = published.charter.counted_until();
            // The first count begins where the ledger does, not before.
            let begun = published.charter.departments().map(|held| held.since.time).min();
            let from = last.or(begun).map_or(span.hour, |begin| begin.max(span.hour));
            if let Some(last) = last.filter(|last| *last < from) {
                self.enter_span(last, from, BTreeMap::new()).await?;
                entered += 1;
            }
            self.enter_span(from, span.until.max(from.plus(1)), span.counts).await?;
            self.refusals.tally().closed.pop_front();
            entered += 1;
        }
        Ok(entered)
    }

    async fn enter_span(
        &self,
        from: Time,
        until: Time,
        counts: BTreeMap<Refused, u64>,
    ) -> Result<(), Failure> {
        let counts = counts.into_iter().map(|(refused, count)| {
            let Refused { department, licence_type, reason } = refused;
            RefusalCount { count, department, reason, r#type: licence_type }
        });
        let body = Body::RefusalsCounted(RefusalsCounted { counts: counts.collect(), from, until });
        self.propose(Proposal::of(body)).await.map(drop)
    }
}

impl Refusals {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The oldest span that is to be entered; it stays until it is.
    fn due(&self, now: Time, hours: Hours) -> Option<Span> {
        let mut tally = self.tally();
        tally.close(now, hours);
        tally.closed.front().cloned()
    }
}

impl Tally {
    fn count(&mut self, refused: Refused, now: Time, offset: UtcOffset) {
        self.close(now, Hours::Over);
        if self.open.as_ref().is_some_and(|open| open.is_full_for(&refused)) {
            self.close(now, Hours::All);
        }
        let open = self.open.get_or_insert_with(|| {
            let (hour, until) = now.hour(offset);
            Span { hour, until, counts: BTreeMap::new() }
        });
        *open.counts.entry(refused).or_default() += 1;
    }

    fn close(&mut self, now: Time, hours: Hours) {
        let closes = |open: &mut Span| hours == Hours::All || open.until <= now;
        self.closed.extend(self.open.take_if(closes).map(|open| Span { until: open.until.min(now), ..open }));
    }
}

impl Span {
    fn is_full_for(&self, refused: &Refused) -> bool {
        self.counts.len() >= ROWS && !self.counts.contains_key(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(reason: &str) -> Refused {
        Refused { department: None, licence_type: None, reason: reason.parse().unwrap() }
    }

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn an_hour_ends_at_the_authoritys_own_clock() {
        let mut tally = Tally::default();
        let offset: UtcOffset = "+05:30".parse().unwrap();
        tally.count(refused("validity"), time("2026-11-22T06:29:59.999Z"), offset);
        tally.count(refused("validity"), time("2026-11-22T06:30:00.000Z"), offset);
        tally.count(refused("no-power"), time("2026-11-22T06:45:00.000Z"), offset);
        tally.count(refused("validity"), time("2026-11-22T06:50:00.000Z"), offset);
        let first = tally.closed.pop_front().unwrap();
        assert_eq!(first.hour, time("2026-11-22T05:30:00.000Z"));
        assert_eq!(first.until, time("2026-11-22T06:30:00.000Z"));
        assert_eq!(first.counts, BTreeMap::from([(refused("validity"), 1)]));
        assert_eq!(tally.closed.len(), 0, "the second hour is not over");
        tally.close(time("2026-11-22T06:55:00.000Z"), Hours::All);
        let second = tally.closed.pop_front().unwrap();
        assert_eq!(second.until, time("2026-11-22T06:55:00.000Z"));
        assert_eq!(second.counts, BTreeMap::from([(refused("no-power"), 1), (refused("validity"), 2)]));
    }

    #[test]
    fn a_full_span_is_closed_where_it_is() {
        let mut tally = Tally::default();
        for number in 0..=ROWS {
            let now = time("2026-11-22T06:00:00.000Z").plus(i64::try_from(number).unwrap());
            tally.count(refused(&format!("r-{number}")), now, UtcOffset::UTC);
            tally.count(refused("r-0"), now, UtcOffset::UTC);
        }
        let full = tally.closed.pop_front().unwrap();
        assert_eq!(full.counts.len(), ROWS);
        assert_eq!(full.until, time("2026-11-22T06:00:00.064Z"));
        assert_eq!(tally.open.unwrap().counts.len(), 2);
    }
}
