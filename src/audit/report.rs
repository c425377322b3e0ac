//! The findings of an audit over a range of entries: what happened there, the scorecard, and every card, with the proof that
//! the entry which raised it stands at its index, and the one from which on it counts. Canonical: of a ledger that holds, two auditors with one program write the same
//! bytes over one range, whatever came later. Of a ledger that does not hold only what is broken is told: nothing is
//! counted, raised or proved over entries that may not be the ledger's.
//!
//! Not here: the rules (`supervision`, `law`), and how findings are signed and shown (`cli`).

pub(in crate::audit) mod page;
mod series;

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use page::page;
pub use series::Series;

use super::eye::Eye;
use super::prove::{ProveError, Prover};
use super::replay::Audit;
use super::scored::Scored;
use super::source::Source;
use super::summary::{Finding, Verdict};
use crate::crypto::Digest;
use crate::ledger::entry::Entry;
use crate::ledger::state::{MemoryState, View as _};
use crate::ledger::witnessed::{Quorum, Witnessed};
use crate::merkle::{EMPTY_ROOT, Hash};
use crate::supervision::scorecard::{Measuring, Scorecard};
use crate::supervision::{About, Card, Colour, Facts, Family, Rules, Supervisor};
use crate::values::identifiers::{CreditCode, Region};
use crate::values::time::Time;
use crate::verification::Notice;

/// Names the form of the document.
pub(super) const FORM: &str = "vidimus-findings/1";

/// Entries from one index, included, to another, excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// First.
    pub from: u64,
    /// Behind the last.
    pub until: u64,
}

/// Why a text is no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no range: write A..B, the first entry and the one behind the last, A before B")]
pub struct RangeError(String);

impl FromStr for Range {
    type Err = RangeError;
    fn from_str(text: &str) -> Result<Self, RangeError> {
        let refused = || RangeError(text.chars().take(64).collect());
        let (from, until) = text.split_once("..").ok_or_else(refused)?;
        let index = |text: &str| text.parse::<u64>().ok().filter(|index| index.to_string() == text);
        match (index(from), index(until)) {
            (Some(from), Some(until)) if from < until => Ok(Self { from, until }),
            _ => Err(refused()),
        }
    }
}

impl Range {
    pub(super) fn has(self, index: u64) -> bool {
        (self.from..self.until).contains(&index)
    }
}

/// Looks on at a replay, for the findings over a range.
pub struct Gathering {
    range: Range,
    supervisor: Supervisor,
    series: Series,
    measuring: Option<Measuring>,
    scorecard: Scorecard,
    scored: Option<Scored>,
    region: Option<Region>,
    law: Vec<u64>,
    notice: Option<&'static str>,
    roots: [Hash; 2],
}

impl Gathering {
    /// For a range, by these rules and this scorecard.
    pub fn new(range: Range, rules: Rules, scorecard: Scorecard) -> Self {
        Self {
            range,
            supervisor: Supervisor::new(rules),
            series: Series::default(),
            measuring: Some(Measuring::from(range.from)),
            scorecard,
            scored: None,
            region: None,
            law: Vec::new(),
            notice: None,
            roots: [EMPTY_ROOT; 2],
        }
    }
}

impl Eye for Gathering {
    fn after(&mut self, index: u64, entry: &Entry, state: &MemoryState) {
        // What came before the range is looked at too: deadlines and shares go on from there. What comes after is not.
        if index >= self.range.until {
            return;
        }
        self.supervisor.look(index, entry, state);
        if let Some(measuring) = &mut self.measuring {
            measuring.look(index, entry, state);
        }
        if index + 1 == self.range.from {
            self.roots[0] = state.range().root();
        }
        if index + 1 == self.range.until {
            self.roots[1] = state.range().root();
            self.notice = Notice::of(state.charter(), false).map(Notice::as_str);
            let authority = state.charter().authority();
            self.law = authority.map(|authority| authority.laws.clone()).unwrap_or_default();
            self.region = authority.map(|authority| authority.founded.region.clone());
            let figures = self.measuring.take().map(|measuring| measuring.close(entry.time(), state));
            self.scored = figures.map(|figures| Scored::of(&self.scorecard, &figures));
        }
        if self.range.has(index) {
            self.series.take(index, entry, state);
        }
    }
}

/// The findings. Every member is there in every document but where it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// The form of the document.
    pub findings: &'static str,
    /// The program and its version.
    pub tool: String,
    /// SHA-256 of the supervision rules.
    pub rules: Digest,
    /// The ledger's name.
    pub origin: String,
    /// Its authority's jurisdiction, as entry 0 has it; absent if the ledger does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// What must be said beside any verdict on such an authority's ledger; a real one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<&'static str>,
    /// How far outsiders vouch for the ledger; only where the auditor brought a policy. It goes on with the ledger, and is
    /// the same in two documents only if the same checkpoint was the newest that was cosigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<Witnessed>,
    /// Quorums under the checkpoints that the auditor brought along, which the ledger continues.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Quorum>,
    /// What outsiders make doubtful without breaking a rule, in the range or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Broken>,
    /// Versions of the law that were in force.
    pub law: Vec<u64>,
    /// Which entries.
    pub range: Range,
    /// The roots that the first `from` and the first `until` entries make, in padded base64; absent if it does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roots: Option<[String; 2]>,
    /// What happened in the range.
    pub series: Series,
    /// Cards by rule and colour: a rule that raised none is absent.
    pub counts: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// What the indicators come to; absent if the ledger does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scorecard: Option<Scored>,
    /// Every card that an entry of the range raised, in order.
    pub cards: Vec<Raised>,
    /// Every entry that raised a card, and every one that a card counts from (`since`), proved to stand in the tree of the first
    /// `until` entries.
    pub entries: Vec<Proved>,
    /// Every broken rule that was met in the ledger, in the range or not.
    pub violations: Vec<Broken>,
    /// What this program does not know, where it could not judge to the end of the range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Broken>,
    /// Whether the ledger holds: all of it, as far as this program can judge, and to the end of the range.
    pub holds: bool,
}

/// An entry and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proved {
    /// Its index.
    pub index: u64,
    /// RFC 6962 leaf hash of the entry.
    pub leaf: Digest,
    /// Inclusion proof, from the leaf up, in padded base64.
    pub proof: Vec<String>,
}

/// A rule that is broken, or may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Index of the entry; absent where it is about a file or the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// Which rule.
    pub rule: &'static str,
    /// How it is broken.
    pub text: String,
}

impl Broken {
    fn of(found: &Finding) -> Self {
        Self { index: found.index, rule: found.rule.as_str(), text: found.text.clone() }
    }
}

/// A card as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Raised {
    /// The entry that raised it.
    pub index: u64,
    /// When.
    pub time: Time,
    /// The rule's name.
    pub rule: &'static str,
    /// Its family.
    pub family: Family,
    /// How much it says.
    pub colour: Colour,
    /// About what.
    pub about: About,
    /// Whose conduct it is.
    pub department: CreditCode,
    /// The figures that the rule went by.
    pub facts: Facts,
}

impl Raised {
    /// The entry from which on it counts, where it is about a promise.
    fn since(&self) -> Option<u64> {
        self.facts.get("since").and_then(Value::as_u64)
    }
}

impl Findings {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(!self.violations.is_empty(), self.upgrade.is_some())
    }
}

/// What a gathering and a replay found together. That there are not so many entries is said of a ledger that holds only.
pub fn findings(audit: &Audit, gathered: Gathering, source: &dyn Source) -> Result<Findings, ProveError> {
    let (range, size) = (gathered.range, audit.summary.size);
    let unknown = audit.summary.upgrade.as_ref().filter(|unknown| unknown.index < range.until);
    let found = Findings {
        findings: FORM,
        tool: format!("vidimus {}", env!("CARGO_PKG_VERSION")),
        rules: *gathered.supervisor.rules().digest(),
        origin: audit.summary.origin.clone(),
        region: None,
        notice: gathered.notice,
        witnessed: Some(audit.summary.witnessed.clone()).filter(|known| *known != Witnessed::NoPolicy),
        seen: audit.summary.seen.clone(),
        doubts: audit.summary.doubts.iter().map(Broken::of).collect(),
        law: gathered.law.clone(),
        range,
        roots: None,
        series: Series::default(),
        counts: BTreeMap::new(),
        scorecard: None,
        cards: Vec::new(),
        entries: Vec::new(),
        violations: audit.summary.violations.iter().map(Broken::of).collect(),
        upgrade: unknown.map(|unknown| Broken {
            index: Some(unknown.index),
            rule: "upgrade-needed",
            text: unknown.text.clone(),
        }),
        holds: audit.summary.violations.is_empty() && unknown.is_none(),
    };
    if !found.holds {
        return Ok(found);
    }
    if range.until > size {
        return Err(ProveError::NoSuchEntry { index: range.until - 1, size });
    }
    told_of(found, gathered, &|root| Prover::new(source, size, range.until, root))
}

/// What is told of a ledger that holds.
fn told_of<'s>(
    found: Findings,
    gathered: Gathering,
    prover: &dyn Fn(Hash) -> Prover<'s>,
) -> Result<Findings, ProveError> {
    let Gathering { range, supervisor, series, scored, region, roots, .. } = gathered;
    let raised = supervisor.cards().iter().filter(|card| range.has(card.index));
    let cards: Vec<Raised> = raised.map(|card| told(card, supervisor.rules())).collect();
    let mut counts: BTreeMap<_, BTreeMap<_, u64>> = BTreeMap::new();
    for card in &cards {
        *counts.entry(card.rule).or_default().entry(card.colour.as_str()).or_default() += 1;
    }
    let named: BTreeSet<u64> =
        cards.iter().flat_map(|card| [Some(card.index), card.since()]).flatten().collect();
    let prover = prover(roots[1]);
    let proved = named.into_iter().map(|index| {
        let (leaf, proof) = prover.prove(index)?;
        Ok(Proved { index, leaf: Digest(leaf.0), proof: proof.path.iter().map(Hash::to_string).collect() })
    });
    let entries = proved.collect::<Result<_, ProveError>>()?;
    let roots = Some(roots.map(|root| root.to_string()));
    Ok(Findings { region, roots, series, counts, scorecard: scored, cards, entries, ..found })
}

fn told(card: &Card, rules: &Rules) -> Raised {
    Raised {
        index: card.index,
        time: card.time,
        rule: card.rule.as_str(),
        family: rules.family(card.rule),
        colour: card.colour,
        about: card.about.clone(),
        department: card.department.clone(),
        facts: card.facts.clone(),
    }
}

#[cfg(test)]
pub(in crate::audit) mod tests;
