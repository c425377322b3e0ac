//! The scorecard (第三方评估) as data (`schemas/supervision/scorecard.toml`): its four levels, 测评域、测评类目、测评组、测评指标, what each
//! indicator is called, and in words what it counts and what it says nothing of. Not here: how each looks at entries
//! (`measuring`), and marks or ranks: an indicator is a figure, what is good enough is for its reader to say.

mod measuring;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use measuring::Measuring;

use crate::crypto::Digest;
use crate::ledger::body::Name;
use crate::values::canonical::MAX_INTEGER;
use crate::values::identifiers::Slug;

/// The scorecard that is built in.
const BUILT_IN: &str = include_str!("../../schemas/supervision/scorecard.toml");

/// Why a text holds no scorecard.
#[derive(Debug, thiserror::Error)]
pub enum ScorecardError {
    /// Not of the form.
    #[error("scorecard: {0}")]
    Form(#[from] toml::de::Error),
    /// A name that stands twice, or lies in what is not there.
    #[error("scorecard: {0} stands twice, or in what is not there")]
    Level(Slug),
    /// An indicator that is not told of, or twice.
    #[error("scorecard: {0} has to be named once")]
    Named(Indicator),
}

/// What an indicator comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A number.
    Count,
    /// A part of a whole.
    Share,
    /// A sum over a number.
    Mean,
}

/// Which entries an indicator is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Those of the range: what two ranges show can be added.
    Range,
    /// What all of them come to at its end: of two ranges the later one says it.
    End,
    /// Who of those that are there at its end did something in it, or what has both its entries in it: of two ranges neither says
    /// it of both.
    Both,
}

macro_rules! indicators {
    ($($indicator:ident = $name:literal, $form:ident, $over:ident, $means:literal;)+) => {
        /// 测评指标: a query over entries.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Indicator { $(#[doc = $means] #[serde(rename = $name)] $indicator,)+ }

        impl Indicator {
            /// Every indicator.
            pub const ALL: &[Self] = &[$(Self::$indicator),+];

            /// As reports write it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$indicator => $name,)+ }
            }

            /// What it comes to.
            pub fn form(self) -> Form {
                match self { $(Self::$indicator => Form::$form,)+ }
            }

            /// Which entries it is of.
            pub fn over(self) -> Over {
                match self { $(Self::$indicator => Over::$over,)+ }
            }
        }
    };
}

indicators! {
    Departments = "departments", Count, End, "Departments registered.";
    Powers = "powers", Count, End, "Powers that count.";
    Officers = "officers", Count, End, "Officers in office.";
    TypesWithProcess = "types-with-process", Share, End, "Types in force with a published process.";
    DaysTaken = "days-taken", Mean, Range, "Working days from acceptance to issue.";
    WithinPromise = "within-promise", Share, Range, "Issued within the promised days.";
    ToldAtOnce = "told-at-once", Share, Range, "一次性告知: asked for what is missing once only.";
    ObjectionsDismissed = "objections-dismissed", Share, Range, "Objections that were not upheld.";
    TypesUsed = "types-used", Share, Both, "Types in force that were issued.";
    DepartmentsIssuing = "departments-issuing", Share, Both, "Departments that issued.";
    ThroughCases = "through-cases", Share, Range, "Licences that come from a case.";
    AtMostOnce = "at-most-once", Share, Range, "最多跑一次: delivered and never asked for more.";
    PapersSaved = "papers-saved", Count, Range, "Demands for a paper that a licence proves.";
    VisitsSaved = "visits-saved", Count, Range, "Applications that another one of the matter stood for.";
    Rated = "rated", Share, Both, "Delivered cases that were rated.";
    Satisfied = "satisfied", Share, Range, "Ratings that are not bad.";
    Rating = "rating", Mean, Range, "The mean level.";
    Rectified = "rectified", Share, Both, "差评 that were seen to.";
    OnPromise = "on-promise", Share, Range, "告知承诺: applied for on a promise.";
    PromisesKept = "promises-kept", Share, Range, "Checked promises that were true.";
    InMatters = "in-matters", Share, Range, "一件事: applied for in a matter.";
}

impl std::fmt::Display for Indicator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The figure of an indicator. Whole numbers alone, so that every reader computes the same from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Figure {
    /// There was nothing to count.
    NoData,
    /// So many.
    Count(u64),
    /// So many of so many, of which there is at least one.
    Share {
        /// The part.
        part: u64,
        /// The whole.
        whole: u64,
    },
    /// So much over so many, of which there is at least one.
    Mean {
        /// What they add up to.
        sum: u64,
        /// How many.
        number: u64,
    },
}

impl Figure {
    /// Of what was counted, and of how much.
    fn of(form: Form, (counted, whole): (u64, u64)) -> Self {
        match (whole, form) {
            (0, _) => Self::NoData,
            (_, Form::Count) => Self::Count(counted),
            (_, Form::Share) => Self::Share { part: counted, whole },
            (_, Form::Mean) => Self::Mean { sum: counted, number: whole },
        }
    }

    /// Both together, as of one ledger or region. What has no data adds nothing.
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Count(a), Self::Count(b)) => Self::Count(sum(a, b)),
            (Self::Share { part, whole }, Self::Share { part: more, whole: of }) => {
                Self::Share { part: sum(part, more), whole: sum(whole, of) }
            }
            (Self::Mean { sum: so_far, number }, Self::Mean { sum: more, number: of }) => {
                Self::Mean { sum: sum(so_far, more), number: sum(number, of) }
            }
            (Self::NoData, other) => other,
            (own, _) => own,
        }
    }
}

/// A number beyond what has a canonical form is none.
fn sum(a: u64, b: u64) -> u64 {
    a.saturating_add(b).min(MAX_INTEGER)
}

/// Tenths as people read them, halves upwards; `None` of no data. Integers alone: no machine rounds otherwise.
fn tenths(counted: u64, whole: u64, times: u128) -> Option<String> {
    let (counted, whole) = (u128::from(counted), u128::from(whole));
    let tenths = (counted * times * 20 + whole).checked_div(whole * 2)?;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

impl std::fmt::Display for Figure {
    /// `12`, `66.7 % (2/3)`, `4.3 (13/3)`; nothing where there is no data, which each language says in its own words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::NoData => Ok(()),
            Self::Count(count) => write!(f, "{count}"),
            Self::Share { part, whole } => {
                write!(f, "{} % ({part}/{whole})", tenths(part, whole, 100).unwrap_or_default())
            }
            Self::Mean { sum, number } => {
                write!(f, "{} ({sum}/{number})", tenths(sum, number, 1).unwrap_or_default())
            }
        }
    }
}

/// 测评域.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Which.
    pub domain: Slug,
    /// What it is called.
    pub name: Name,
}

/// 测评类目.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Which.
    pub category: Slug,
    /// In which domain.
    pub domain: Slug,
    /// What it is called.
    pub name: Name,
}

/// 测评组.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Which.
    pub group: Slug,
    /// In which category.
    pub category: Slug,
    /// What it is called.
    pub name: Name,
}

/// What is said of an indicator.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// Which.
    pub indicator: Indicator,
    /// In which group.
    pub group: Slug,
    /// What it is called.
    pub name: Name,
    /// In what it is counted.
    pub unit: Name,
    /// What is counted, of what.
    pub formula: Name,
    /// What it says nothing of.
    pub not: Name,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    domains: Vec<Domain>,
    categories: Vec<Category>,
    groups: Vec<Group>,
    indicators: Vec<Described>,
}

/// The scorecard, as a file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scorecard {
    file: File,
    digest: Digest,
}

/// An indicator where it stands, under three levels.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// 测评域.
    pub domain: &'a Domain,
    /// 测评类目.
    pub category: &'a Category,
    /// 测评组.
    pub group: &'a Group,
    /// 测评指标.
    pub described: &'a Described,
}

impl Scorecard {
    /// The scorecard that is built in.
    pub fn built_in() -> Result<Self, ScorecardError> {
        Self::parse(BUILT_IN)
    }

    /// The scorecard of a text: every level stands in one above it, and every indicator once.
    pub fn parse(text: &str) -> Result<Self, ScorecardError> {
        let file: File = toml::from_str(text)?;
        let domains = once(file.domains.iter().map(|level| (&level.domain, None)), &BTreeSet::new())?;
        let categories =
            once(file.categories.iter().map(|level| (&level.category, Some(&level.domain))), &domains)?;
        let groups =
            once(file.groups.iter().map(|level| (&level.group, Some(&level.category))), &categories)?;
        for indicator in Indicator::ALL {
            if file.indicators.iter().filter(|told| told.indicator == *indicator).count() != 1 {
                return Err(ScorecardError::Named(*indicator));
            }
        }
        if let Some(astray) = file.indicators.iter().find(|told| !groups.contains(&told.group)) {
            return Err(ScorecardError::Level(astray.group.clone()));
        }
        Ok(Self { file, digest: Digest::of(text.as_bytes()) })
    }

    /// Every indicator where it stands, in the order of the file.
    pub fn places(&self) -> impl Iterator<Item = Place<'_>> {
        // What each lies in is there, which `parse` saw to.
        self.file.indicators.iter().filter_map(|described| {
            let group = self.file.groups.iter().find(|level| level.group == described.group)?;
            let category = self.file.categories.iter().find(|level| level.category == group.category)?;
            let domain = self.file.domains.iter().find(|level| level.domain == category.domain)?;
            Some(Place { domain, category, group, described })
        })
    }

    /// SHA-256 of the file: two who name the same one measure the same.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

/// The names of one level, each of which stands once and in one of the level above.
fn once<'a>(
    level: impl Iterator<Item = (&'a Slug, Option<&'a Slug>)>,
    above: &BTreeSet<Slug>,
) -> Result<BTreeSet<Slug>, ScorecardError> {
    let mut names = BTreeSet::new();
    for (name, parent) in level {
        if !names.insert(name.clone()) || parent.is_some_and(|parent| !above.contains(parent)) {
            return Err(ScorecardError::Level(name.clone()));
        }
    }
    Ok(names)
}
