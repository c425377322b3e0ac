//! What the reports of a ledger come to, and what ledgers come to in a region. Not here: which reports count (`roll_up`).

use std::collections::{BTreeMap, BTreeSet};

use super::{Counts, LedgerRow, RegionRow, Report};
use crate::supervision::scorecard::{Figure, Indicator, Over};
use crate::values::canonical::MAX_INTEGER;
use crate::values::identifiers::Region;

/// What reports come to.
#[derive(Default)]
pub(super) struct Sums {
    ledgers: u64,
    noticed: u64,
    unwitnessed: u64,
    entries: Counts,
    issued: Counts,
    cards: BTreeMap<String, Counts>,
    figures: BTreeMap<Indicator, Figure>,
    untold: BTreeSet<Indicator>,
}

impl Sums {
    /// Of one ledger, in the order of ranges: what is over a range adds up, what is of its end the last one says, and what is of both
    /// nobody says where there are several.
    pub(super) fn of(row: &LedgerRow, counted: &[&Report]) -> Self {
        let mut sums = Self {
            ledgers: 1,
            noticed: u64::from(row.noticed()),
            unwitnessed: u64::from(!row.vouched()),
            ..Self::default()
        };
        for findings in counted.iter().map(|report| &report.findings) {
            add(&mut sums.entries, &findings.series.entries);
            for row in &findings.series.issued {
                count(&mut sums.issued, &row.r#type, row.count);
            }
            add_cards(&mut sums.cards, &findings.counts);
            for row in findings.scorecard.iter().flat_map(|scored| &scored.indicators) {
                let before = sums.figures.get(&row.indicator).copied().unwrap_or(Figure::NoData);
                let figure = match row.indicator.over() {
                    Over::Range => before.plus(row.figure),
                    Over::Both if counted.len() > 1 => {
                        sums.untold.insert(row.indicator);
                        continue;
                    }
                    Over::End | Over::Both => row.figure,
                };
                sums.figures.insert(row.indicator, figure);
            }
        }
        sums
    }

    /// Adds another ledger.
    pub(super) fn add(&mut self, other: &Self) {
        self.ledgers += other.ledgers;
        self.noticed += other.noticed;
        self.unwitnessed += other.unwitnessed;
        add(&mut self.entries, &other.entries);
        add(&mut self.issued, &other.issued);
        add_cards(&mut self.cards, &other.cards);
        for (indicator, figure) in &other.figures {
            let own = self.figures.entry(*indicator).or_insert(Figure::NoData);
            *own = own.plus(*figure);
        }
        self.untold.extend(&other.untold);
    }

    /// What they come to in a region. A figure that lacks one of its ledgers is not that of the region.
    pub(super) fn row(mut self, region: Region) -> RegionRow {
        self.figures.retain(|indicator, _| !self.untold.contains(indicator));
        RegionRow {
            level: region.level().as_str(),
            region,
            ledgers: self.ledgers,
            noticed: self.noticed,
            unwitnessed: self.unwitnessed,
            entries: self.entries,
            issued: self.issued,
            cards: self.cards,
            indicators: self.figures,
            untold: self.untold,
        }
    }
}

fn add_cards(to: &mut BTreeMap<String, Counts>, more: &BTreeMap<String, Counts>) {
    for (rule, counts) in more {
        add(to.entry(rule.clone()).or_default(), counts);
    }
}

fn add(to: &mut Counts, more: &Counts) {
    more.iter().for_each(|(name, number)| count(to, name, *number));
}

fn count(to: &mut Counts, name: &str, more: u64) {
    let own = to.entry(name.to_owned()).or_default();
    *own = own.saturating_add(more).min(MAX_INTEGER);
}
