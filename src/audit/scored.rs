//! A scorecard as documents and pages tell it: every indicator under its three levels. Not here: how it is measured
//! (`supervision::scorecard`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::crypto::Digest;
use crate::ledger::body::Name;
use crate::supervision::scorecard::{Described, Figure, Indicator, Scorecard};
use crate::values::identifiers::Slug;

/// What the indicators of a scorecard come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scored {
    /// SHA-256 of the scorecard: only what has the same one can be compared.
    pub digest: Digest,
    /// Every indicator, in the order of the scorecard.
    pub indicators: Vec<Indicated>,
}

/// One indicator and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicated {
    /// 测评域.
    pub domain: Slug,
    /// 测评类目.
    pub category: Slug,
    /// 测评组.
    pub group: Slug,
    /// 测评指标.
    pub indicator: Indicator,
    /// What it comes to.
    pub figure: Figure,
}

impl Scored {
    /// These figures, each in its place. What is not among them has no data.
    pub fn of(scorecard: &Scorecard, figures: &BTreeMap<Indicator, Figure>) -> Self {
        let indicators = scorecard.places().map(|place| Indicated {
            domain: place.domain.domain.clone(),
            category: place.category.category.clone(),
            group: place.group.group.clone(),
            indicator: place.described.indicator,
            figure: figures.get(&place.described.indicator).copied().unwrap_or(Figure::NoData),
        });
        Self { digest: *scorecard.digest(), indicators: indicators.collect() }
    }

    /// What one indicator comes to.
    pub fn figure(&self, indicator: Indicator) -> Figure {
        let row = self.indicators.iter().find(|row| row.indicator == indicator);
        row.map_or(Figure::NoData, |row| row.figure)
    }
}

/// 测评组 with its indicators, for pages.
pub(super) struct ScoredGroup<'a> {
    /// The three levels, from the top.
    pub(super) levels: [&'a Name; 3],
    /// Its indicators.
    pub(super) rows: Vec<ScoredRow<'a>>,
}

/// An indicator, for pages.
pub(super) struct ScoredRow<'a> {
    /// What is said of it.
    pub(super) told: &'a Described,
    /// Its figure; empty where there is no data.
    pub(super) figure: String,
    /// Whether only one report over all of a ledger could tell it.
    pub(super) untold: bool,
}

/// The groups of a scorecard in its order, with what is not told; none where nothing was measured.
pub(super) fn groups<'a>(
    scorecard: &'a Scorecard,
    scored: Option<(&Scored, &BTreeSet<Indicator>)>,
) -> Vec<ScoredGroup<'a>> {
    let mut groups: Vec<ScoredGroup<'a>> = Vec::new();
    let Some((scored, untold)) = scored else { return groups };
    for place in scorecard.places() {
        let levels = [&place.domain.name, &place.category.name, &place.group.name];
        let figure = scored.figure(place.described.indicator).to_string();
        let untold = untold.contains(&place.described.indicator);
        let row = ScoredRow { told: place.described, figure, untold };
        match groups.last_mut().filter(|last| last.levels == levels) {
            Some(last) => last.rows.push(row),
            None => groups.push(ScoredGroup { levels, rows: vec![row] }),
        }
    }
    groups
}
