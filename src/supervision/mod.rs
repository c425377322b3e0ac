//! Floor 4: supervision (电子监察) and its scorecard (第三方评估). Cards follow from entries by rules that are data: yellow warns (黄牌), red alarms (红牌).
//! Whoever replays a ledger with the same rules raises the same cards, in the same order.
//!
//! Pure: entries and the state after them go in, cards come out. Not here: the law, which refuses what may not be; a card
//! is about what may be and yet should be looked at. What needs
//! content (`content`) is judged where the content is; its outcome is an entry, over which cards are raised like any other.

mod conduct;
mod content;
mod deadlines;
mod orders;
mod refusing;
mod rules;
pub mod scorecard;
mod signing;
#[cfg(test)]
pub(crate) mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use content::{COMPARED, Content, ContentFinding, ContentRules, Misplaced, Room, Term, rows, told};
pub use rules::{CardRule, Family, Limits, Rules, RulesError, Told};

pub use deadlines::moved;

use conduct::Conduct;
use deadlines::Deadlines;
use orders::Orders;

use crate::crypto::Digest;
pub use crate::ledger::body::{About, Colour};
use crate::ledger::body::{Body, CardNumber, CardRaised, SupervisionPublished};
use crate::ledger::entry::Entry;
use crate::ledger::state::View;
use crate::values::canonical::canonical;
use crate::values::identifiers::CreditCode;
use crate::values::time::Time;

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
    /// Whether the officer it is about may not sign until it is released.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stops: bool,
}

/// The figures of a card, by name.
pub type Facts = Map<String, Value>;

impl Card {
    /// Its place among the cards of one entry (law 0, section 18).
    fn place(&self) -> (&'static str, Colour, Vec<u8>, Vec<u8>) {
        let text = |value: &Value| canonical(value).unwrap_or_default();
        let about = serde_json::to_value(&self.about).unwrap_or_default();
        (self.rule.as_str(), self.colour, text(&about), text(&Value::Object(self.facts.clone())))
    }

    /// As the ledger has it, under a number (law 0, section 18). `None` would be a rule or figures that no entry can hold.
    pub fn entered(&self, card: CardNumber) -> Option<CardRaised> {
        Some(CardRaised {
            about: self.about.clone(),
            at: self.index,
            card,
            colour: self.colour,
            department: self.department.clone(),
            facts: Digest::of(&canonical(&Value::Object(self.facts.clone())).ok()?),
            rule: self.rule.as_str().parse().ok()?,
            stops: self.stops,
        })
    }
}

/// Looks at entries in their order and keeps the cards.
pub struct Supervisor {
    rules: Rules,
    seen: Seen,
    cards: Vec<Card>,
    owed: Option<Owed>,
}

/// What is remembered of the entries so far, besides the cards: all that is needed to go on with the next.
#[derive(Default, Serialize, Deserialize)]
pub struct Seen {
    deadlines: Deadlines,
    orders: Orders,
    conduct: Conduct,
}

/// What the ledger's own rules raise, which has to be entered.
struct Owed {
    /// The first of the cards that is one of them.
    first: usize,
    /// What is wrong with the newest rules, if this program cannot read them.
    unread: Option<String>,
}

impl Supervisor {
    /// By these rules, before the first entry; from where the ledger publishes rules of its own on by those.
    pub fn new(rules: Rules) -> Self {
        Self { rules, seen: Seen::default(), cards: Vec::new(), owed: None }
    }

    /// Goes on after entries that another has looked at, by the ledger's own rules if it had published any. Cards of before are told no more.
    pub fn going_on(seen: Seen, rules: Option<Rules>) -> Self {
        let owed = rules.is_some().then_some(Owed { first: 0, unread: None });
        Self { rules: rules.unwrap_or_else(Rules::none), seen, cards: Vec::new(), owed }
    }

    /// What is remembered of the entries so far.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Looks at the next entry, with the state after it.
    pub fn look(&mut self, index: u64, entry: &Entry, after: &dyn View) {
        if self.owed.as_ref().is_some_and(|owed| owed.unread.is_some()) {
            return;
        }
        let limits = self.rules.limits();
        let mut raised = self.seen.deadlines.look(index, entry, after, limits);
        raised.extend(self.seen.orders.look(index, entry, after));
        raised.extend(self.seen.conduct.look(index, entry, after, limits));
        raised.sort_by_cached_key(Card::place);
        let rules = &self.rules;
        let told = raised.into_iter().filter(|card| rules.names(card.rule));
        self.cards.extend(told.map(|card| {
            let officer = matches!(card.about, About::Officer(_));
            let stops = card.colour == Colour::Red && officer && rules.stops(card.rule);
            Card { stops, ..card }
        }));
        if let Body::SupervisionPublished(published) = entry.body() {
            self.go_by(published, entry, after);
        }
    }

    /// Goes by the ledger's rules from the next entry on. What was raised before the first of them was raised by others: it is raised
    /// anew, for everything that is still so.
    fn go_by(&mut self, published: &SupervisionPublished, entry: &Entry, after: &dyn View) {
        let first = self.owed.as_ref().map(|owed| owed.first);
        let text = after.blob(&published.rules.sha256).ok().flatten().unwrap_or_default();
        let rules = str::from_utf8(&text).map_err(|_| "no text".to_owned());
        let unread = match rules.and_then(|text| Rules::parse(text).map_err(|error| error.to_string())) {
            Ok(rules) => {
                self.rules = rules;
                None
            }
            Err(error) => Some(error),
        };
        if first.is_none() {
            self.seen.deadlines.forget_raised();
            self.seen.conduct.forget_raised();
        }
        self.seen.deadlines.wait_anew(entry, after, self.rules.limits());
        self.owed = Some(Owed { first: first.unwrap_or(self.cards.len()), unread });
    }

    /// The cards so far, in the order in which they were raised.
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// Those that the ledger's own rules raised, which it has to hold in this order (law 0, section 18); none before it publishes any.
    pub fn owed(&self) -> &[Card] {
        self.owed.as_ref().and_then(|owed| self.cards.get(owed.first..)).unwrap_or_default()
    }

    /// What is wrong with the newest rules of the ledger, where this program cannot go by them: nothing is raised from there on.
    pub fn unread(&self) -> Option<&str> {
        self.owed.as_ref()?.unread.as_deref()
    }

    /// The rules they were raised by.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}

fn facts<const N: usize>(facts: [(&str, Value); N]) -> Facts {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
