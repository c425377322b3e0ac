//! The state of one card: what was raised, and what followed, in order. Not here: which cards the rules raise (`supervision`),
//! and what may follow which (`law`).

use serde::{Deserialize, Serialize};

use crate::crypto::Digest;
use crate::ledger::body::{About, CardNumber, Colour, OfficerId, Outcome};
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::time::Time;

/// What was done about a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CardStep {
    /// It was raised.
    Raised,
    /// 督办: by whom, and within how many working days there must be an answer.
    Ordered(OfficerId, u64),
    /// By whom, and what.
    Answered(OfficerId, Outcome),
    /// 解除: by whom.
    Released(OfficerId),
}

impl CardStep {
    /// As routes and pages write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Ordered(..) => "ordered",
            Self::Answered(..) => "answered",
            Self::Released(_) => "released",
        }
    }

    /// What was done, 中文 and English.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Raised => ("亮牌", "raised"),
            Self::Ordered(..) => ("督办", "an answer was ordered"),
            Self::Answered(..) => ("已答复", "answered"),
            Self::Released(_) => ("解除", "released"),
        }
    }

    /// The supervisor who took it; `None` where the rules did.
    pub fn officer(self) -> Option<OfficerId> {
        match self {
            Self::Raised => None,
            Self::Ordered(officer, _) | Self::Answered(officer, _) | Self::Released(officer) => Some(officer),
        }
    }
}

/// A step with its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardEvent {
    /// Index of the entry.
    pub index: u64,
    /// Its time.
    pub time: Time,
    /// What was done.
    pub step: CardStep,
}

/// A card, and all that followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardState {
    /// Which.
    pub card: CardNumber,
    /// The entry that raised it.
    pub at: u64,
    /// By which rule.
    pub rule: Slug,
    /// How much it says.
    pub colour: Colour,
    /// About what.
    pub about: About,
    /// Whose conduct it is.
    pub department: CreditCode,
    /// SHA-256 of the canonical figures that the rule went by.
    pub facts: Digest,
    /// Whether the officer it is about may not sign until it is released.
    pub stops: bool,
    /// What was done, in order; at least that it was raised.
    pub events: Vec<CardEvent>,
    /// Leaf hash of the last entry about it.
    pub last: Digest,
}

impl CardState {
    /// The last thing that was done.
    pub fn step(&self) -> CardStep {
        self.events.last().map_or(CardStep::Raised, |event| event.step)
    }

    /// Whether it is over.
    pub fn is_released(&self) -> bool {
        matches!(self.step(), CardStep::Released(_))
    }

    /// Whom it stops now.
    pub fn stopped(&self) -> Option<OfficerId> {
        match self.about {
            About::Officer(officer) if self.stops && !self.is_released() => Some(officer),
            _ => None,
        }
    }

    /// As it was just before the entry at `index`, when `last` was the leaf hash of the last entry about it; `None` before it was raised.
    pub fn before(&self, index: u64, last: Digest) -> Option<Self> {
        let mut earlier = self.clone();
        earlier.events.retain(|event| event.index < index);
        earlier.last = last;
        (!earlier.events.is_empty()).then_some(earlier)
    }
}
