//! When entries were made, by clocks that are not the ledger's: what lies under a checkpoint that a quorum cosigned was there by
//! then, and what lies beyond it should have come later. An entry that says otherwise is worth a question, not a verdict: a clock
//! may have been wrong, here or there, and a checkpoint may have been carried to the witnesses late. Not here: whose lines count
//! (`ledger::policy`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::summary::Finding;
use crate::law::Rule;
use crate::ledger::witnessed::Quorum;
use crate::values::time::Time;

/// Most that the ledger's clock and the witnesses' may be apart, with a round between them, in milliseconds: ten minutes.
const SLACK: i64 = 10 * 60 * 1000;

/// The times of the entries on both sides of where cosigned trees ended.
#[derive(Default)]
pub(super) struct Times {
    wanted: VecDeque<u64>,
    met: BTreeMap<u64, Time>,
}

impl Times {
    /// Those beside the ends of trees of these sizes.
    pub(super) fn beside(sizes: impl IntoIterator<Item = u64>) -> Self {
        let both = sizes.into_iter().flat_map(|size| [size.checked_sub(1), Some(size)]).flatten();
        Self { wanted: BTreeSet::from_iter(both).into_iter().collect(), met: BTreeMap::new() }
    }

    /// Takes down the time of an entry, if it is wanted. Entries come in order, but those that cannot be read do not come.
    pub(super) fn note(&mut self, index: u64, time: Time) {
        while self.wanted.front().is_some_and(|wanted| *wanted < index) {
            self.wanted.pop_front();
        }
        if self.wanted.front() == Some(&index) {
            self.wanted.pop_front();
            self.met.insert(index, time);
        }
    }

    /// Those that are wanted of entries before the one at `size`.
    pub(super) fn wanted_before(&self, size: u64) -> Vec<u64> {
        self.wanted.iter().copied().take_while(|wanted| *wanted < size).collect()
    }

    /// What says a time that a quorum's clocks make doubtful.
    pub(super) fn against(&self, quorum: &Quorum) -> impl Iterator<Item = Finding> {
        let (size, seen) = (quorum.size, quorum.time);
        let last = size.checked_sub(1).and_then(|last| Some((last, *self.met.get(&last)?)));
        let late = last.filter(|(_, said)| said.since(seen) > SLACK).map(|(index, said)| {
            let text = format!(
                "says {said}, and had been cosigned at {seen}: laid into the future, or a clock was wrong"
            );
            Finding::at(index, Rule::TimeOrder, text)
        });
        let next = self.met.get(&size).filter(|said| seen.since(**said) > SLACK).map(|said| {
            let text = format!(
                "says {said}, and was not among the {size} entries that were cosigned at {seen}: back-dated, or these were \
                 carried to the witnesses late, or a clock was wrong"
            );
            Finding::at(size, Rule::TimeOrder, text)
        });
        late.into_iter().chain(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_millis(1_795_327_200_000 + seconds * 1000).unwrap()
    }

    /// Whose times the quorum contradicts, of entries 4 and 5 that say these, beside a tree of five.
    fn against(four: i64, five: i64, seen: i64) -> Vec<u64> {
        let mut times = Times::beside([5]);
        [0, 0, 0, 0, four, five].into_iter().zip(0..).for_each(|(said, index)| times.note(index, at(said)));
        let quorum = Quorum { quorum: "q".into(), by: 1, of: 1, size: 5, time: at(seen) };
        times.against(&quorum).filter_map(|found| found.index).collect()
    }

    #[test]
    fn a_quorum_bounds_both_sides_by_its_slack() {
        assert!(against(0, 1, 0).is_empty());
        assert!(against(600, 601, 0).is_empty());
        assert_eq!(against(601, 601, 0), [4]);
        assert!(against(0, 0, 600).is_empty());
        assert_eq!(against(0, 0, 601), [5]);
    }

    /// An entry of a kind that nobody here knows comes between.
    #[test]
    fn what_cannot_be_read_hides_nothing_behind_it() {
        let mut times = Times::beside([3, 6]);
        [0, 1, 4, 5, 6].into_iter().for_each(|index| times.note(index, at(0)));
        let quorum = Quorum { quorum: "q".into(), by: 1, of: 1, size: 6, time: at(9_999) };
        assert_eq!(times.against(&quorum).filter_map(|found| found.index).collect::<Vec<_>>(), [6]);
    }

    #[test]
    fn the_ends_of_the_ledger_bound_what_there_is() {
        let mut times = Times::beside([0, 1]);
        times.note(0, at(0));
        let of = |size| Quorum { quorum: "q".into(), by: 1, of: 1, size, time: at(9_999) };
        assert_eq!(times.against(&of(0)).filter_map(|found| found.index).collect::<Vec<_>>(), [0]);
        assert_eq!(times.against(&of(1)).count(), 0);
    }
}
