//! Findings of several ledgers, or of several ranges of one, added up by region (GB/T 2260: 国家、省、市、县): which reports there
//! are, up to which head of each ledger, what is missing, and what they come to. Nothing is added up that an auditor did not
//! sign whose key came from elsewhere, that counts an entry twice, or that shows another face of a ledger.
//!
//! Not here: replaying a ledger (`replay`); a roll-up is worth what its auditors' signatures are.

mod given;
mod page;
mod sums;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use given::{GivenError, Report};
pub use page::page;

use self::sums::Sums;
use super::report::Range;
use super::summary::Verdict;
use crate::crypto::{Digest, KeyId};
use crate::merkle::{EMPTY_ROOT, Hash};
use crate::supervision::scorecard::{Figure, Indicator, Scorecard};
use crate::values::identifiers::Region;

/// Names the form of the document.
const FORM: &str = "vidimus-roll-up/1";
/// GB/T 2260 of the whole country.
const COUNTRY: &str = "100000";
/// As reports write that a quorum vouched.
const WITNESSED: &str = "witnessed";

/// Counts by name.
type Counts = BTreeMap<String, u64>;

/// Why reports cannot be added up. Both are named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RollUpError {
    /// Two faces of one ledger.
    #[error(
        "{first} and {second} show different roots of {origin} at {size} entries: keep both, together they are proof"
    )]
    Roots {
        /// One report.
        first: String,
        /// The other.
        second: String,
        /// The ledger.
        origin: String,
        /// Where they differ.
        size: u64,
    },
    /// Entries that would be counted twice.
    #[error("{first} and {second} both count entries of {origin} from {from} on: leave one of them out")]
    Overlap {
        /// One report.
        first: String,
        /// The other.
        second: String,
        /// The ledger.
        origin: String,
        /// The first entry that both count.
        from: u64,
    },
    /// A ledger lies where its entry 0 says, and nowhere else.
    #[error(
        "{first} and {second} say that {origin} lies in different regions: keep both, one of them is of another ledger"
    )]
    Regions {
        /// One report.
        first: String,
        /// The other.
        second: String,
        /// The ledger.
        origin: String,
    },
    /// Figures by different rules, or of another scorecard than this program's.
    #[error(
        "{first} and {second} go by different rules or scorecards: make both anew with one version of the program"
    )]
    Rules {
        /// One report.
        first: String,
        /// The other; this program, where its own scorecard is meant.
        second: String,
    },
}

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RollUp {
    /// The form of the document.
    #[serde(rename = "roll-up")]
    pub roll_up: &'static str,
    /// The program and its version.
    pub tool: String,
    /// SHA-256 of the supervision rules that cards were raised by; absent where there is no report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Digest>,
    /// SHA-256 of the scorecard.
    pub scorecard: Digest,
    /// Every ledger, by its name.
    pub ledgers: Vec<LedgerRow>,
    /// Every region in which one of them lies, the outermost first.
    pub regions: Vec<RegionRow>,
    /// Whether all of them hold: the worst that an auditor found.
    pub verdict: Verdict,
}

/// One ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerRow {
    /// Its name.
    pub origin: String,
    /// Its authority's jurisdiction; absent where no report says that it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Entries up to the end of the last range.
    pub size: u64,
    /// The root that they make, in padded base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Its reports, by their range.
    pub reports: Vec<ReportRow>,
    /// Entries before that head which no report counts.
    pub missing: Vec<Range>,
}

impl LedgerRow {
    /// Whether a quorum of witnesses vouched for it when its last report was made.
    pub fn vouched(&self) -> bool {
        self.reports.last().is_some_and(|last| last.witnessed.as_deref() == Some(WITNESSED))
    }

    /// Whether something must be said beside it: that it is a sample.
    pub fn noticed(&self) -> bool {
        self.reports.iter().any(|report| report.notice.is_some())
    }
}

/// One report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportRow {
    /// Who signed it.
    pub auditor: KeyId,
    /// SHA-256 of the findings.
    pub sha256: Digest,
    /// Over which entries.
    pub range: Range,
    /// Whether the ledger holds; what does not, or cannot be judged to its end, is not added up.
    pub verdict: Verdict,
    /// How far outsiders vouched for the ledger, by the auditor's policy; absent where the auditor brought none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<String>,
    /// What must be said beside it: of a sample, that its approvals prove form, not people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

impl ReportRow {
    fn of(report: &Report) -> Self {
        Self {
            auditor: report.auditor,
            sha256: report.digest,
            range: report.findings.range,
            verdict: report.findings.verdict(),
            witnessed: report.findings.witnessed().map(str::to_owned),
            notice: report.findings.notice.clone(),
        }
    }
}

/// One region and everything in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegionRow {
    /// GB/T 2260.
    pub region: Region,
    /// `country`, `province`, `city` or `county`.
    pub level: &'static str,
    /// Ledgers that lie in it.
    pub ledgers: u64,
    /// Those of them that have a notice: samples, whose figures are counted all the same.
    pub noticed: u64,
    /// Those of them for which no report says that a quorum of witnesses vouched.
    pub unwitnessed: u64,
    /// Entries by kind.
    pub entries: Counts,
    /// Licences issued by type.
    pub issued: Counts,
    /// Cards by rule and colour.
    pub cards: BTreeMap<String, Counts>,
    /// What the indicators come to.
    pub indicators: BTreeMap<Indicator, Figure>,
    /// Indicators that are not among them, since some ledger is told of by several ranges, and neither says them of both: only one
    /// report over all of it does.
    pub untold: BTreeSet<Indicator>,
}

/// Adds reports up, in whatever order they are given.
pub fn roll_up(mut reports: Vec<Report>, scorecard: &Scorecard) -> Result<RollUp, RollUpError> {
    reports.sort_by(|a, b| {
        let key = |one: &Report| {
            (one.findings.origin.clone(), one.findings.range.from, one.findings.range.until, one.digest)
        };
        key(a).cmp(&key(b))
    });
    let mut by_ledger: BTreeMap<&str, Vec<&Report>> = BTreeMap::new();
    for report in &reports {
        by_ledger.entry(&report.findings.origin).or_default().push(report);
    }
    // Another face of any of them before all that may be mended by another report.
    by_ledger.values().try_for_each(|reports| check_roots(reports))?;
    by_ledger.values().try_for_each(|reports| check_regions(reports))?;
    check_rules(&reports, scorecard)?;
    let mut ledgers = Vec::new();
    let mut regions: BTreeMap<Region, Sums> = BTreeMap::new();
    for reports in by_ledger.values() {
        check_overlaps(reports)?;
        let row = ledger(reports);
        if let Some(region) = &row.region {
            let sums = Sums::of(&row, counted(reports));
            for outer in around(region) {
                regions.entry(outer).or_default().add(&sums);
            }
        }
        ledgers.push(row);
    }
    Ok(RollUp {
        roll_up: FORM,
        tool: format!("vidimus {}", env!("CARGO_PKG_VERSION")),
        rules: reports.first().map(|report| report.findings.rules),
        scorecard: *scorecard.digest(),
        verdict: worst(&reports),
        ledgers,
        regions: regions.into_iter().map(|(region, sums)| sums.row(region)).collect(),
    })
}

/// A region and everything that it lies in, each once.
fn around(region: &Region) -> Vec<Region> {
    let mut all: Vec<Region> = COUNTRY.parse().into_iter().chain(region.within()).collect();
    all.dedup();
    all
}

fn check_rules(reports: &[Report], scorecard: &Scorecard) -> Result<(), RollUpError> {
    let Some(first) = reports.first() else { return Ok(()) };
    let differs = |second: String| RollUpError::Rules { first: first.name.clone(), second };
    if let Some(other) = reports.iter().find(|other| other.findings.rules != first.findings.rules) {
        return Err(differs(other.name.clone()));
    }
    let foreign = reports.iter().find(|report| {
        report.findings.scorecard.as_ref().is_some_and(|scored| scored.digest != *scorecard.digest())
    });
    match foreign {
        Some(report) => Err(RollUpError::Rules {
            first: report.name.clone(),
            second: format!("vidimus {}", env!("CARGO_PKG_VERSION")),
        }),
        None => Ok(()),
    }
}

/// What each report says of the tree at the ends of its range, and what everybody knows of an empty one.
fn check_roots(reports: &[&Report]) -> Result<(), RollUpError> {
    let mut known: BTreeMap<u64, (Hash, &Report)> = BTreeMap::new();
    for report in reports {
        let Some(roots) = report.findings.roots else { continue };
        let range = report.findings.range;
        for (size, root) in [(range.from, roots[0]), (range.until, roots[1])] {
            let (other, first) = *known.entry(size).or_insert((root, report));
            if other != root || size == 0 && root != EMPTY_ROOT {
                return Err(RollUpError::Roots {
                    first: first.name.clone(),
                    second: report.name.clone(),
                    origin: report.findings.origin.clone(),
                    size,
                });
            }
        }
    }
    Ok(())
}

fn check_regions(reports: &[&Report]) -> Result<(), RollUpError> {
    let mut placed = reports.iter().filter_map(|report| Some((report.findings.region.as_ref()?, *report)));
    let Some((region, first)) = placed.next() else { return Ok(()) };
    match placed.find(|(other, _)| *other != region) {
        Some((_, second)) => Err(RollUpError::Regions {
            first: first.name.clone(),
            second: second.name.clone(),
            origin: first.findings.origin.clone(),
        }),
        None => Ok(()),
    }
}

fn worst(reports: &[Report]) -> Verdict {
    let found = |verdict| reports.iter().any(|report| report.findings.verdict() == verdict);
    Verdict::of(found(Verdict::DoesNotHold), found(Verdict::UpgradeNeeded))
}

fn check_overlaps(reports: &[&Report]) -> Result<(), RollUpError> {
    let mut before: Option<&Report> = None;
    for report in counted(reports) {
        if let Some(before) = before.filter(|before| report.findings.range.from < before.findings.range.until)
        {
            return Err(RollUpError::Overlap {
                first: before.name.clone(),
                second: report.name.clone(),
                origin: report.findings.origin.clone(),
                from: report.findings.range.from,
            });
        }
        before = Some(report);
    }
    Ok(())
}

/// What counts of a ledger's reports: all of them, or none where one says that it does not hold, or cannot judge it. That is about
/// the whole ledger.
fn counted<'a, 'b>(reports: &'a [&'b Report]) -> &'a [&'b Report] {
    if reports.iter().all(|report| report.findings.verdict() == Verdict::Holds) { reports } else { &[] }
}

fn ledger(reports: &[&Report]) -> LedgerRow {
    let counted = || counted(reports).iter();
    let (mut missing, mut next) = (Vec::new(), 0);
    for range in counted().map(|report| report.findings.range) {
        if next < range.from {
            missing.push(Range { from: next, until: range.from });
        }
        next = range.until;
    }
    let last = counted().next_back();
    LedgerRow {
        origin: reports.first().map(|report| report.findings.origin.clone()).unwrap_or_default(),
        region: last.and_then(|report| report.findings.region.clone()),
        size: next,
        root: last.and_then(|report| report.findings.roots).map(|roots| roots[1].to_string()),
        reports: reports.iter().map(|report| ReportRow::of(report)).collect(),
        missing,
    }
}

/// What counts come to.
pub fn total(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().fold(0, |sum, count| sum.saturating_add(*count))
}
