//! Findings as one page that stands alone: both languages, no script, plots as drawings with a table beside each. What is
//! told on it the auditor's page tells too, in one language at a time (`audit::office`).

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use serde_json::Value;

use super::{Findings, Raised, Series};
use crate::audit::Verdict;
use crate::audit::scored::{ScoredGroup, groups};
use crate::ledger::state::Stage;
use crate::ledger::witnessed::Witnessed;
use crate::supervision::scorecard::Scorecard;
use crate::supervision::{About, Colour, Facts, Family, Rules, Told};
use crate::values::lang::Lang;
use crate::values::time::Time;
use crate::verification::Notice;

/// Cards that are shown one by one; the document has them all.
const SHOWN: usize = 1000;
/// Days that are drawn one by one.
const MOST_DAYS: usize = 120;
/// Width of a plot, and height of its tallest bar.
const WIDTH: usize = 640;
const HEIGHT: u64 = 120;

/// The page.
#[derive(Template)]
#[template(path = "findings.html")]
pub(in crate::audit) struct Page<'a> {
    pub(in crate::audit) findings: &'a Findings,
    pub(in crate::audit) rules: Vec<RuleRow<'a>>,
    pub(in crate::audit) scorecard: Vec<ScoredGroup<'a>>,
    pub(in crate::audit) plots: Vec<Plot>,
    /// What nothing was counted of, and so cannot be drawn.
    pub(in crate::audit) blank: Vec<(&'static str, &'static str)>,
    pub(in crate::audit) cards: Vec<CardRow<'a>>,
    pub(in crate::audit) more: usize,
    pub(in crate::audit) signed: bool,
    pub(in crate::audit) pinned: bool,
    pub(in crate::audit) verdict: Verdict,
    pub(in crate::audit) notice: Option<(&'static str, &'static str)>,
    pub(in crate::audit) witnessed: (String, String),
}

/// A rule and how many cards it raised.
pub(in crate::audit) struct RuleRow<'a> {
    pub(in crate::audit) family: (&'static str, &'static str),
    pub(in crate::audit) zh: &'a str,
    pub(in crate::audit) en: &'a str,
    pub(in crate::audit) rule: &'static str,
    pub(in crate::audit) yellow: u64,
    pub(in crate::audit) red: u64,
}

pub(in crate::audit) struct CardRow<'a> {
    pub(in crate::audit) card: &'a Raised,
    pub(in crate::audit) zh: &'a str,
    pub(in crate::audit) en: &'a str,
    pub(in crate::audit) colour: (&'static str, &'static str),
    pub(in crate::audit) about: (&'static str, &'static str, String),
    pub(in crate::audit) facts: (String, String),
}

/// Bars over labels, with what they count.
pub(in crate::audit) struct Plot {
    pub(in crate::audit) zh: &'static str,
    pub(in crate::audit) en: &'static str,
    pub(in crate::audit) head: (&'static str, &'static str),
    /// Drawn as columns over time; else as rows.
    pub(in crate::audit) columns: bool,
    pub(in crate::audit) most: u64,
    pub(in crate::audit) bars: Vec<Bar>,
}

impl Plot {
    pub(in crate::audit) fn first(&self) -> &str {
        self.bars.first().map_or("", |bar| &bar.label)
    }

    pub(in crate::audit) fn last(&self) -> &str {
        self.bars.last().map_or("", |bar| &bar.label)
    }

    pub(in crate::audit) fn tallest(&self) -> u64 {
        HEIGHT
    }

    /// As columns, where there is more than one.
    fn over_time(self) -> Self {
        Self { columns: self.bars.len() > 1, ..self }
    }
}

/// One bar: its place and size in the drawing, its label and count.
pub(in crate::audit) struct Bar {
    pub(in crate::audit) left: usize,
    pub(in crate::audit) width: usize,
    pub(in crate::audit) top: u64,
    pub(in crate::audit) height: u64,
    pub(in crate::audit) label: String,
    pub(in crate::audit) count: u64,
}

/// The page of findings: `key` is `pinned` or `from source`, and `signed` says whether a signature lies beside it.
pub fn page(
    findings: &Findings,
    (rules, scorecard): (&Rules, &Scorecard),
    key: &str,
    signed: bool,
) -> Result<String, askama::Error> {
    Page::of(findings, (rules, scorecard), key, signed).render()
}

impl<'a> Page<'a> {
    /// What is told of findings.
    pub(in crate::audit) fn of(
        findings: &'a Findings,
        (rules, scorecard): (&'a Rules, &'a Scorecard),
        key: &str,
        signed: bool,
    ) -> Self {
        let untold = BTreeSet::new();
        let (plots, blank) = plots(findings).into_iter().partition::<Vec<_>, _>(|plot| !plot.bars.is_empty());
        let witnessed = findings.witnessed.as_ref().unwrap_or(&Witnessed::NoPolicy);
        Self {
            findings,
            rules: rules.told().iter().map(|told| row(findings, told)).collect(),
            scorecard: groups(scorecard, findings.scorecard.as_ref().map(|scored| (scored, &untold))),
            plots,
            blank: blank.iter().map(|plot| (plot.zh, plot.en)).collect(),
            cards: findings.cards.iter().take(SHOWN).map(|card| card_row(card, rules)).collect(),
            more: findings.cards.len().saturating_sub(SHOWN),
            signed,
            pinned: key == "pinned",
            verdict: findings.verdict(),
            notice: findings.notice.map(|_| {
                let notice = Notice::RegistrarsOnServer;
                (notice.text(Lang::Zh), notice.text(Lang::En))
            }),
            witnessed: (witnessed.text(Lang::Zh), witnessed.text(Lang::En)),
        }
    }
}

fn card_row<'a>(card: &'a Raised, rules: &'a Rules) -> CardRow<'a> {
    let told = rules.told().iter().find(|told| told.rule.as_str() == card.rule);
    CardRow {
        card,
        zh: told.map_or(card.rule, |told| &told.name.zh),
        en: told.map_or(card.rule, |told| &told.name.en),
        colour: colour(card.colour),
        about: about(&card.about),
        facts: (figures(&card.facts, rules, Lang::Zh, " · "), figures(&card.facts, rules, Lang::En, " · ")),
    }
}

fn row<'a>(findings: &Findings, told: &'a Told) -> RuleRow<'a> {
    let counts = findings.counts.get(told.rule.as_str());
    let of = |colour| counts.and_then(|counts| counts.get(colour)).copied().unwrap_or(0);
    let family: Family = told.family;
    RuleRow {
        family: family.names(),
        zh: &told.name.zh,
        en: &told.name.en,
        rule: told.rule.as_str(),
        yellow: of("yellow"),
        red: of("red"),
    }
}

fn colour(colour: Colour) -> (&'static str, &'static str) {
    match colour {
        Colour::Yellow => ("黄牌", "yellow"),
        Colour::Red => ("红牌", "red"),
    }
}

fn about(about: &About) -> (&'static str, &'static str, String) {
    match about {
        About::Case(case) => ("办件", "case", case.to_string()),
        About::Licence(licence) => ("证照", "licence", licence.to_string()),
        About::Officer(officer) => ("人员", "officer", officer.to_string()),
        About::Department(department) => ("部门", "department", department.to_string()),
    }
}

fn plots(findings: &Findings) -> Vec<Plot> {
    let series = &findings.series;
    let mut days: Vec<(String, u64)> = Vec::new();
    let mut types: BTreeMap<String, u64> = BTreeMap::new();
    let length = label_length(series);
    for ((day, licence_type), count) in &series.issued {
        let label: String = day.to_string().chars().take(length).collect();
        match days.last_mut().filter(|(last, _)| *last == label) {
            Some((_, sum)) => *sum += count,
            None => days.push((label, *count)),
        }
        *types.entry(licence_type.to_string()).or_default() += count;
    }
    let taken = series.taken.iter().map(|((licence_type, days, promised), count)| {
        (format!("{licence_type}: {days} / {promised}"), *count)
    });
    let named = |rows: &BTreeMap<&'static str, u64>| {
        rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<Vec<_>>()
    };
    let owned = |rows: &BTreeMap<String, u64>| {
        rows.iter().map(|(name, count)| (name.clone(), *count)).collect::<Vec<_>>()
    };
    [
        plot("签发（按日或按月）", "Issued by day, or by month", ("日期", "Date"), days).over_time(),
        plot("各类型签发", "Issued by type", ("类型", "Type"), types.into_iter().collect()),
        plot(
            "受理至签发的工作日（实际 / 承诺）",
            "Working days from acceptance to issue (taken / promised)",
            ("类型：实际 / 承诺", "Type: taken / promised"),
            taken.collect(),
        ),
        plot("状态变更", "What became of licences", ("原因", "Cause"), named(&series.acts)),
        plot("评价", "Ratings", ("级别", "Level"), owned(&series.ratings)),
        plot("拒绝", "Refusals", ("原因", "Reason"), owned(&series.refusals)),
        plot("各类记录", "Entries by kind", ("类别", "Kind"), owned(&series.entries)),
        plot(
            "检查点锚定间隔",
            "Time between anchors of the tree",
            ("至多", "At most"),
            series.between_anchors().collect(),
        ),
        plot(
            "外部见证间隔（秒）",
            "Seconds between quorums of witnesses",
            ("自 → 至", "From → to"),
            gaps(findings),
        ),
    ]
    .into()
}

/// The seconds from one quorum to the next, by the witnesses' clocks: of the checkpoints that were brought along, and the
/// ledger's own newest.
fn gaps(findings: &Findings) -> Vec<(String, u64)> {
    let newest = findings.witnessed.as_ref().and_then(Witnessed::by);
    let times: BTreeSet<_> = findings.seen.iter().chain(newest).map(|quorum| quorum.time).collect();
    let gap = |(before, after): (&Time, &Time)| {
        let seconds = after.since(*before).div_euclid(1000);
        (format!("{before} → {after}"), u64::try_from(seconds).unwrap_or(0))
    };
    times.iter().zip(times.iter().skip(1)).map(gap).collect()
}

/// Characters of a date: a long time is told by months.
fn label_length(series: &Series) -> usize {
    let days: BTreeSet<_> = series.issued.keys().map(|(day, _)| day).collect();
    if days.len() > MOST_DAYS { "2026-11".len() } else { "2026-11-27".len() }
}

fn plot(
    zh: &'static str,
    en: &'static str,
    head: (&'static str, &'static str),
    rows: Vec<(String, u64)>,
) -> Plot {
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let step = (WIDTH / rows.len().max(1)).max(1);
    let bars = rows.into_iter().enumerate().map(|(place, (label, count))| {
        // What is not nothing is seen.
        let height = (count.saturating_mul(HEIGHT) / most).max(u64::from(count > 0));
        let width = step.saturating_sub(2).clamp(1, 48);
        Bar { left: place * step, width, top: HEIGHT - height, height, label, count }
    });
    Plot { zh, en, head, columns: false, most, bars: bars.collect() }
}

/// What a card went by, in one language.
fn figures(facts: &Facts, rules: &Rules, lang: Lang, between: &str) -> String {
    let told = facts.iter().map(|(name, value)| {
        let called = rules.fact(name).map_or(name.as_str(), |told| lang.choose(&told.zh, &told.en));
        format!("{called} {}", plain(value, rules, lang))
    });
    told.collect::<Vec<_>>().join(between)
}

/// A value as people read it: text without its quotes, a stage by its name, the members of a share by theirs.
fn plain(value: &Value, rules: &Rules, lang: Lang) -> String {
    let stage = |text: &str| Stage::ALL.into_iter().find(|stage| stage.as_str() == text);
    match value {
        Value::String(text) => stage(text)
            .map(Stage::names)
            .map_or_else(|| text.clone(), |(zh, en)| lang.choose(zh, en).to_owned()),
        Value::Bool(true) => lang.choose("是", "yes").to_owned(),
        Value::Bool(false) => lang.choose("否", "no").to_owned(),
        Value::Object(members) => figures(members, rules, lang, lang.choose("，", ", ")),
        other => other.to_string(),
    }
}
