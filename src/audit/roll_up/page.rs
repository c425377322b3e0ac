//! A roll-up as one page that stands alone: both languages, no script.

use askama::Template;

use super::{RegionRow, RollUp, total};
use crate::audit::Verdict;
use crate::audit::scored::{Scored, ScoredGroup, groups};
use crate::supervision::Rules;
use crate::supervision::scorecard::Scorecard;

#[derive(Template)]
#[template(path = "roll-up.html")]
struct Page<'a> {
    found: &'a RollUp,
    regions: Vec<RegionPart<'a>>,
    signed: bool,
}

/// A region with its cards and its scorecard.
struct RegionPart<'a> {
    row: &'a RegionRow,
    level: &'static str,
    /// Told apart from the same table of another region.
    place: String,
    entries: u64,
    issued: u64,
    cards: Vec<CardRow<'a>>,
    scorecard: Vec<ScoredGroup<'a>>,
}

struct CardRow<'a> {
    zh: &'a str,
    en: &'a str,
    yellow: u64,
    red: u64,
}

/// The page of a roll-up; `signed` says whether a signature lies beside it.
pub fn page(
    found: &RollUp,
    (rules, scorecard): (&Rules, &Scorecard),
    signed: bool,
) -> Result<String, askama::Error> {
    let regions = found.regions.iter().map(|row| RegionPart {
        row,
        level: row.region.level().zh(),
        place: format!(" {}", row.region),
        entries: total(&row.entries),
        issued: total(&row.issued),
        cards: cards(row, rules),
        scorecard: groups(scorecard, Some((&Scored::of(scorecard, &row.indicators), &row.untold))),
    });
    Page { found, regions: regions.collect(), signed }.render()
}

fn cards<'a>(row: &'a RegionRow, rules: &'a Rules) -> Vec<CardRow<'a>> {
    let told = row.cards.iter().map(|(rule, counts)| {
        let named = rules.told().iter().find(|told| told.rule.as_str() == rule);
        let of = |colour| counts.get(colour).copied().unwrap_or(0);
        CardRow {
            zh: named.map_or(rule, |told| &told.name.zh),
            en: named.map_or(rule, |told| &told.name.en),
            yellow: of("yellow"),
            red: of("red"),
        }
    });
    told.collect()
}
