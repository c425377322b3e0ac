//! The rules as data (`schemas/supervision/rules.toml`): which there are, what they are called, and from which figures on
//! they raise a card. Not here: how each looks at entries (`deadlines`, `conduct`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::content::ContentRules;
use crate::crypto::Digest;
use crate::ledger::body::Name;
use crate::values::identifiers::Slug;

/// Why a text holds no rules.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Not of the form.
    #[error("supervision rules: {0}")]
    Form(#[from] toml::de::Error),
    /// A rule that is named twice.
    #[error("supervision rules: {0} has to be named once")]
    Named(CardRule),
}

/// The five families (五种异常).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// 时效异常.
    Timeliness,
    /// 流程异常.
    Process,
    /// 内容异常.
    Content,
    /// 裁量异常.
    Discretion,
    /// 风险防控异常.
    Risk,
}

impl Family {
    /// 中文 and English.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Timeliness => ("时效异常", "timeliness"),
            Self::Process => ("流程异常", "process"),
            Self::Content => ("内容异常", "content"),
            Self::Discretion => ("裁量异常", "discretion"),
            Self::Risk => ("风险防控异常", "risk"),
        }
    }
}

macro_rules! card_rules {
    ($($rule:ident = $name:literal, $means:literal;)+) => {
        /// A rule by which cards are raised.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum CardRule { $(#[doc = $means] #[serde(rename = $name)] $rule,)+ }

        impl CardRule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule),+];

            /// As reports write it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$rule => $name,)+ }
            }
        }
    };
}

card_rules! {
    StepLate = "step-late", "时效: a step takes longer than promised.";
    CaseLate = "case-late", "时效: a case takes longer than promised.";
    PromiseUnchecked = "promise-unchecked", "时效: what was promised instead of proved was not checked in time.";
    OrderLate = "order-late", "时效: an answer that was ordered did not come in time.";
    RectificationLate = "rectification-late", "时效: a bad rating was not seen to in time.";
    AskedAgain = "asked-again", "流程: something missing was asked for more than once.";
    Hasty = "hasty", "流程: decided too soon after it was accepted.";
    BackDated = "back-dated", "流程: a licence begins long before it was issued.";
    WrongContent = "wrong-content", "内容: an objection to what a licence says was upheld.";
    MissingField = "missing-field", "内容: a licence lacks what its type usually says.";
    Contradiction = "contradiction", "内容: another licence of the holder that is not past says otherwise.";
    Duplicate = "duplicate", "内容: the holder has another whose days meet, where one is expected.";
    AgainstOpinion = "against-opinion", "裁量: decided against the newest opinion.";
    Outlier = "outlier", "裁量: an officer refuses far more, or far less, than the others of a type.";
    OffHours = "off-hours", "风险: decided on a day that is not worked, or at night.";
    NoRight = "no-right", "风险: many requests of a department without a right to them.";
    RapidSigning = "rapid-signing", "风险: an officer signs more in an hour than anybody can read.";
    Burst = "burst", "风险: very many licences of a department and type in an hour.";
    FalsePromise = "false-promise", "风险: what was promised was false.";
}

impl std::fmt::Display for CardRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// From which figure on a card is yellow, and from which red.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// 黄牌.
    pub yellow: u64,
    /// 红牌.
    pub red: u64,
}

/// Hours of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// First, included.
    pub from: u8,
    /// Last, excluded.
    pub until: u8,
}

/// The figures that rules go by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Percent of promised working days.
    pub promised: Bounds,
    /// How often something may be asked of an applicant.
    pub asked_times: u64,
    /// Minutes from acceptance to decision.
    pub hasty_minutes: i64,
    /// When officers decide.
    pub office_hours: Hours,
    /// Days from a licence's first to its issue.
    pub back_dated_days: i64,
    /// Types that this says nothing of.
    pub back_dated_exempt: BTreeSet<Slug>,
    /// Refused requests in one counted span.
    pub refusals: Bounds,
    /// For which reasons.
    pub refusal_reasons: BTreeSet<Slug>,
    /// What one officer signs in an hour: decisions, and approvals of licences.
    pub signatures_an_hour: Bounds,
    /// Licences of one department and type.
    pub licences_an_hour: u64,
    /// Decisions of an officer, and of the others, before they are compared.
    pub outlier_decisions: u64,
    /// Percentage points between their shares of refusals.
    pub outlier_points: u64,
}

/// What a rule is called, and of which family it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Which.
    pub rule: CardRule,
    /// Of which family.
    pub family: Family,
    /// What it is called.
    pub name: Name,
    /// Whether a red card stops the officer that it is about until it is released.
    #[serde(default)]
    pub stops: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    limits: Limits,
    cards: Vec<Told>,
    facts: BTreeMap<String, Name>,
    #[serde(default)]
    content: ContentRules,
}

/// All rules, as a file has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    limits: Limits,
    told: Vec<Told>,
    facts: BTreeMap<String, Name>,
    content: ContentRules,
    digest: Digest,
}

impl Rules {
    /// The text of the rules that are built in.
    pub const BUILT_IN: &str = include_str!("../../schemas/supervision/rules.toml");

    /// The rules that are built in.
    pub fn built_in() -> Result<Self, RulesError> {
        Self::parse(Self::BUILT_IN)
    }

    /// Rules that raise nothing. What is counted under them goes on under others, which do not depend on it.
    pub fn none() -> Self {
        let never = Bounds { yellow: u64::MAX, red: u64::MAX };
        let limits = Limits {
            promised: Bounds { yellow: 100, red: 100 },
            asked_times: u64::MAX,
            hasty_minutes: 0,
            office_hours: Hours { from: 0, until: 24 },
            back_dated_days: i64::MAX,
            back_dated_exempt: BTreeSet::new(),
            refusals: never,
            refusal_reasons: BTreeSet::new(),
            signatures_an_hour: never,
            licences_an_hour: u64::MAX,
            outlier_decisions: u64::MAX,
            outlier_points: u64::MAX,
        };
        let (told, facts, content) = (Vec::new(), BTreeMap::new(), ContentRules::default());
        Self { limits, told, facts, content, digest: Digest::of(&[]) }
    }

    /// The rules of a text. A rule that is not named raises nothing: what a ledger published before there was such a rule means what it
    /// meant then.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let File { limits, cards: told, facts, content } = toml::from_str(text)?;
        for rule in CardRule::ALL {
            if told.iter().filter(|told| told.rule == *rule).count() > 1 {
                return Err(RulesError::Named(*rule));
            }
        }
        Ok(Self { limits, told, facts, content, digest: Digest::of(text.as_bytes()) })
    }

    /// The figures.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Every rule with its family and name, in the order of the file.
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// What a figure of cards is called; `None` of a name that is none.
    pub fn fact(&self, name: &str) -> Option<&Name> {
        self.facts.get(name)
    }

    /// What is looked for in what licences say.
    pub fn content(&self) -> &ContentRules {
        &self.content
    }

    /// The family of a rule.
    pub fn family(&self, rule: CardRule) -> Family {
        self.told.iter().find(|told| told.rule == rule).map_or(Family::Risk, |told| told.family)
    }

    /// Whether a rule raises cards at all.
    pub fn names(&self, rule: CardRule) -> bool {
        self.told.iter().any(|told| told.rule == rule)
    }

    /// Whether its red cards stop the officer that they are about.
    pub fn stops(&self, rule: CardRule) -> bool {
        self.told.iter().any(|told| told.rule == rule && told.stops)
    }

    /// SHA-256 of the file: two who name the same one raise the same cards.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}
