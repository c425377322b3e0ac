//! What happened in a range of entries, counted: by day, type, kind, cause, level and reason. Rows are in the order of
//! their names, and a row of nothing is absent.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::ledger::body::Body;
use crate::ledger::entry::Entry;
use crate::ledger::state::{CaseStep, Clock, MemoryState, View as _};
use crate::supervision::moved;
use crate::values::canonical::MAX_INTEGER;
use crate::values::identifiers::Slug;
use crate::values::time::{Date, Time};

/// Counts over a range.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Series {
    /// When its first entry was entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Time>,
    /// When its last one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Time>,
    /// Entries by kind.
    pub entries: BTreeMap<String, u64>,
    /// Licences issued by day and type.
    #[serde(serialize_with = "rows_of_days")]
    pub issued: BTreeMap<(Date, Slug), u64>,
    /// Licences that ended, were suspended, reinstated or replaced, by what became of them.
    pub acts: BTreeMap<&'static str, u64>,
    /// Cases that led to a licence, by type, by the working days from acceptance to issue in which nobody waited for the
    /// applicant, and by those that were promised.
    #[serde(serialize_with = "rows_of_taken")]
    pub taken: BTreeMap<(Slug, u64, u64), u64>,
    /// Ratings by level, 1 to 5.
    pub ratings: BTreeMap<String, u64>,
    /// Refused wishes by reason.
    pub refusals: BTreeMap<String, u64>,
    /// Longest time between two anchors of the tree, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_between_anchors: Option<i64>,
    #[serde(skip)]
    anchored: Option<Time>,
    /// Times between two anchors, by the first of [`SPANS`] that is not shorter; drawn, not written.
    #[serde(skip)]
    spans: [u64; SPANS.len()],
}

/// Seconds, and what they are called.
const SPANS: [(i64, &str); 6] =
    [(1, "1 s"), (60, "1 min"), (3600, "1 h"), (24 * 3600, "1 d"), (7 * 24 * 3600, "7 d"), (i64::MAX, "∞")];

impl Series {
    /// Counts the next entry, with the state after it.
    pub(super) fn take(&mut self, index: u64, entry: &Entry, after: &MemoryState) {
        self.first.get_or_insert(entry.time());
        self.last = Some(entry.time());
        count(&mut self.entries, entry.kind().as_str().to_owned(), 1);
        match entry.body() {
            Body::LicenceIssued(issued) => {
                if let Some(offset) = after.charter().offset() {
                    count(&mut self.issued, (entry.time().date(offset), issued.r#type.clone()), 1);
                }
                if let Some(replaces) = &issued.replaces
                    && let Some(old) = after.licence(&replaces.handle).ok().flatten()
                {
                    count(&mut self.acts, old.standing().as_str(), 1);
                }
            }
            Body::LicenceEnded(ended) => count(&mut self.acts, ended.act.as_str(), 1),
            Body::LicenceSuspended(_) => count(&mut self.acts, "suspended", 1),
            Body::LicenceReinstated(_) => count(&mut self.acts, "reinstated", 1),
            Body::CaseRated(rated) => count(&mut self.ratings, u64::from(rated.level).to_string(), 1),
            Body::RefusalsCounted(counted) => {
                for row in &counted.counts {
                    count(&mut self.refusals, row.reason.to_string(), row.count);
                }
            }
            Body::LedgerAnchored(_) | Body::StateAnchored(_) => self.anchor(entry.time()),
            _ => {}
        }
        let case = moved(entry.body()).and_then(|case| after.case(&case).ok().flatten());
        let issued = case.filter(|case| {
            case.events.last().is_some_and(|event| event.index == index && event.step == CaseStep::Issued)
        });
        let clock = issued.as_ref().and_then(|case| Clock::new(after.charter(), case, entry.time()));
        if let Some((case, (days, promised))) = issued.as_ref().zip(clock.and_then(|clock| clock.taken())) {
            count(&mut self.taken, (case.licence_type.clone(), days, promised), 1);
        }
    }

    fn anchor(&mut self, time: Time) {
        if let Some(before) = self.anchored.replace(time) {
            let seconds = time.since(before).div_euclid(1000);
            self.longest_between_anchors =
                Some(self.longest_between_anchors.map_or(seconds, |longest| longest.max(seconds)));
            let place = SPANS.iter().position(|(most, _)| seconds <= *most);
            if let Some(count) = place.and_then(|place| self.spans.get_mut(place)) {
                *count += 1;
            }
        }
    }

    /// How often so much time lay between two anchors; nothing where there were no two.
    pub(super) fn between_anchors(&self) -> impl Iterator<Item = (String, u64)> {
        let any = self.longest_between_anchors.is_some();
        SPANS
            .iter()
            .zip(self.spans)
            .filter(move |_| any)
            .map(|((_, name), count)| ((*name).to_owned(), count))
    }
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, more: u64) {
    let sum = counts.entry(key).or_default();
    // A number beyond this has no canonical form.
    *sum = sum.saturating_add(more).min(MAX_INTEGER);
}

fn rows_of_days<S: Serializer>(rows: &BTreeMap<(Date, Slug), u64>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Row<'a> {
        day: &'a Date,
        r#type: &'a Slug,
        count: u64,
    }
    serializer.collect_seq(rows.iter().map(|((day, r#type), count)| Row { day, r#type, count: *count }))
}

fn rows_of_taken<S: Serializer>(
    rows: &BTreeMap<(Slug, u64, u64), u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Row<'a> {
        r#type: &'a Slug,
        days: u64,
        promised: u64,
        count: u64,
    }
    serializer.collect_seq(rows.iter().map(|((r#type, days, promised), count)| Row {
        r#type,
        days: *days,
        promised: *promised,
        count: *count,
    }))
}
