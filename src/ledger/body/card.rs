//! Bodies about supervision (电子监察): by which rules cards are raised, each card, and what followed it. The authority's
//! registry key signs; what a supervisor does, he signs too. Numbers and words of a closed list, no word of anybody (law 0,
//! section 11). Not here: which cards the rules raise (`supervision`), and what may follow which (`law`).

use serde::{Deserialize, Serialize};

use super::charter::BlobRef;
use super::{CaseId, OfficerId};
use crate::crypto::Digest;
use crate::ledger::signature::Approval;
use crate::values::identifiers::{CreditCode, Handle, Slug};
use crate::values::time::Time;

/// By which a card is known: 1 for a ledger's first, then one more each.
pub type CardNumber = u64;

/// How much a card says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// 黄牌: a warning.
    Yellow,
    /// 红牌: an alarm.
    Red,
}

impl Colour {
    /// As entries and reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }

    /// 中文 and English.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Yellow => ("黄牌", "yellow"),
            Self::Red => ("红牌", "red"),
        }
    }
}

/// What a card is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// A case.
    Case(CaseId),
    /// A licence.
    Licence(Handle),
    /// An officer. Names are in no ledger.
    Officer(OfficerId),
    /// A department.
    Department(CreditCode),
}

/// The rules from the next index on: what they raise is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupervisionPublished {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The approvals do not count later.
    pub not_after: Time,
    /// The rules.
    pub rules: BlobRef,
}

/// A card that the rules raise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardRaised {
    /// About what.
    pub about: About,
    /// Index of the entry that raised it.
    pub at: u64,
    /// Which card.
    pub card: CardNumber,
    /// How much it says.
    pub colour: Colour,
    /// Whose conduct it is.
    pub department: CreditCode,
    /// SHA-256 of the canonical figures that the rule went by; whoever replays has them.
    pub facts: Digest,
    /// Which rule.
    pub rule: Slug,
    /// Whether the officer it is about may sign nothing until it is released. Never written where it is not so.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub stops: bool,
}

/// 督办: the department has to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardOrdered {
    /// One supervisor of another department.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// Which card.
    pub card: CardNumber,
    /// The statement does not count later.
    pub not_after: Time,
    /// In so many working days.
    pub within: u64,
}

/// What a department did about a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// 已整改: what was wrong is put right.
    Corrected,
    /// 情况属实无误: there was good reason.
    Explained,
    /// 责任追究: somebody was held to account.
    Accountable,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Corrected, Self::Explained, Self::Accountable];

    /// As entries write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::Explained => "explained",
            Self::Accountable => "accountable",
        }
    }

    /// 中文 and English.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Corrected => ("已整改", "put right"),
            Self::Explained => ("已说明理由", "explained"),
            Self::Accountable => ("已追究责任", "held to account"),
        }
    }
}

/// The department's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardAnswered {
    /// One supervisor of the card's department.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// Which card.
    pub card: CardNumber,
    /// The statement does not count later.
    pub not_after: Time,
    /// What was done.
    pub outcome: Outcome,
}

/// 解除: it is over, and whoever it stopped may sign again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardReleased {
    /// One supervisor of another department.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// Which card.
    pub card: CardNumber,
    /// The statement does not count later.
    pub not_after: Time,
}
