//! Floor 4: supervision (电子监察) and its scorecard (第三方评估). Cards follow from entries by rules that are data: yellow warns (黄牌), red alarms (红牌).
//! Whoever replays a ledger with the same rules raises the same cards, in the same order.
//!
//! Pure: entries and the state after them go in, cards come out. Not here: the law, which refuses what may not be; a card
//! is about what may be and yet should be looked at. Nor what needs content: that is judged when a licence is issued.

mod conduct;
mod deadlines;
mod refusing;
mod rules;
pub mod scorecard;
#[cfg(test)]
pub(crate) mod tests;

use serde::Serialize;
use serde_json::{Map, Value};

pub use rules::{CardRule, Family, Limits, Rules, RulesError, Told};

pub use deadlines::moved;

use conduct::Conduct;
use deadlines::Deadlines;

use crate::ledger::body::{CaseId, OfficerId};
use crate::ledger::entry::Entry;
use crate::ledger::state::MemoryState;
use crate::values::identifiers::{CreditCode, Handle};
use crate::values::time::Time;

/// How much a card says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// 黄牌: a warning.
    Yellow,
    /// 红牌: an alarm.
    Red,
}

impl Colour {
    /// As reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }
}

/// What a card is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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

/// One card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// The entry that raised it.
    pub index: u64,
    /// When that was entered.
    pub time: Time,
    /// By which rule.
    pub rule: CardRule,
    /// How much it says.
    pub colour: Colour,
    /// About what.
    pub about: About,
    /// Whose conduct it is.
    pub department: CreditCode,
    /// The figures that the rule went by: strings and integers.
    pub facts: Facts,
}

/// The figures of a card, by name.
pub type Facts = Map<String, Value>;

/// Looks at entries in their order and keeps the cards.
pub struct Supervisor {
    rules: Rules,
    deadlines: Deadlines,
    conduct: Conduct,
    cards: Vec<Card>,
}

impl Supervisor {
    /// By these rules, before the first entry.
    pub fn new(rules: Rules) -> Self {
        Self { rules, deadlines: Deadlines::default(), conduct: Conduct::default(), cards: Vec::new() }
    }

    /// Looks at the next entry, with the state after it.
    pub fn look(&mut self, index: u64, entry: &Entry, after: &MemoryState) {
        let raised = self.deadlines.look(index, entry, after, self.rules.limits());
        self.cards.extend(raised);
        let raised = self.conduct.look(index, entry, after, self.rules.limits());
        self.cards.extend(raised);
    }

    /// The cards so far, in the order in which they were raised.
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// The rules they were raised by.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}

fn facts<const N: usize>(facts: [(&str, Value); N]) -> Facts {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
