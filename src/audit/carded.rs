//! The cards of a ledger beside those that its rules raise (law 0, section 18): raised again over every entry and compared, in their
//! order. Nothing is asked of a ledger that publishes no rules.
//!
//! A card that differs, or that the rules do not raise, is named at its own entry; one that is left out at the entry that raised it, once
//! the time to enter it is over. What is not over yet is pending.

use std::collections::VecDeque;

use super::summary::{Finding, Upgrade};
use crate::law::Rule;
use crate::ledger::body::{Body, CardRaised, Colour};
use crate::ledger::entry::Entry;
use crate::ledger::state::{Give, MemoryState, Take, View as _};
use crate::supervision::{Rules, Seen, Supervisor};
use crate::values::identifiers::Slug;
use crate::values::time::Time;

/// How long a card, or a finding about content, may wait to be entered: so many entries, and so many milliseconds.
pub(super) const WAITS: (u64, i64) = (1_024, 3_600_000);

/// Cards that are not entered yet and are told one by one.
const AWAITED: usize = 100;

/// Compares as the entries come.
pub(super) struct Carded {
    supervisor: Supervisor,
    /// Those of the cards owed that were looked at.
    looked_at: usize,
    /// Cards that are not entered yet, and when they were raised.
    pending: VecDeque<(CardRaised, Time)>,
    upgrade: Option<Upgrade>,
}

/// What a ledger's cards come to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Cards {
    /// Those that are entered.
    pub raised: u64,
    /// Those of them that are released.
    pub released: u64,
    /// Those that the rules raised of late, and that are not entered yet.
    pub pending: u64,
    /// The first of these, at most a hundred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub awaited: Vec<Awaited>,
}

/// A card that is not entered yet. It breaks no rule so far; but what it would stop goes on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Awaited {
    /// The entry that raised it.
    pub at: u64,
    /// When that was entered.
    pub since: Time,
    /// By which rule.
    pub rule: Slug,
    /// How much it says.
    pub colour: Colour,
    /// Whether it stops an officer.
    pub stops: bool,
}

impl Default for Carded {
    /// Before the first entry. What the rules of before the ledger's own would raise is nobody's duty, so there are none.
    fn default() -> Self {
        Self {
            supervisor: Supervisor::new(Rules::none()),
            looked_at: 0,
            pending: VecDeque::new(),
            upgrade: None,
        }
    }
}

/// What is kept of a comparison, to be gone on with.
pub(super) struct KeptCards {
    seen: Seen,
    pending: Vec<(CardRaised, Time)>,
}

impl KeptCards {
    /// Puts together what was put away. Cards lie in it as JSON, since they leave out what is not there.
    pub(super) fn put_together<P: Give>(from: &mut P) -> Result<Result<Self, serde_json::Error>, P::Error> {
        let seen = from.give()?;
        let mut pending: Vec<(Vec<u8>, Time)> = Vec::new();
        from.give_all(|one| pending.push(one))?;
        let read = |(card, raised): (Vec<u8>, Time)| Ok((serde_json::from_slice(&card)?, raised));
        Ok(pending.into_iter().map(read).collect::<Result<_, _>>().map(|pending| Self { seen, pending }))
    }
}

impl Carded {
    /// Puts it away.
    pub(super) fn put_away<P: Take>(&self, to: &mut P) -> Result<(), P::Error> {
        to.take(self.supervisor.seen())?;
        to.take_all(self.pending.iter().map(|(card, raised)| {
            // Nothing in a card cannot be JSON; and what is none is not gone on with.
            (serde_json::to_vec(card).unwrap_or_default(), raised)
        }))
    }

    /// Goes on from what was kept, by the rules that the ledger had published last.
    pub(super) fn going_on(kept: KeptCards, state: &MemoryState) -> Self {
        let rules = state.charter().supervision().last().map(|held| {
            let text = state.blob(&held.value.rules.sha256).ok().flatten().unwrap_or_default();
            str::from_utf8(&text).ok().and_then(|text| Rules::parse(text).ok()).unwrap_or_else(Rules::none)
        });
        Self {
            supervisor: Supervisor::going_on(kept.seen, rules),
            looked_at: 0,
            pending: kept.pending.into(),
            upgrade: None,
        }
    }

    /// Looks at the next entry, with the state after it; what is wrong with the cards up to it.
    pub(super) fn look(&mut self, index: u64, entry: &Entry, after: &MemoryState) -> Vec<Finding> {
        let mut found = match entry.body() {
            Body::CardRaised(card) if self.can_judge(card) => self.compare(index, card),
            _ => Vec::new(),
        };
        self.supervisor.look(index, entry, after);
        let owed = self.supervisor.owed();
        for card in owed.get(self.looked_at..).unwrap_or_default() {
            // The number is the ledger's own, and compared by the law.
            self.pending.extend(card.entered(0).map(|card| (card, entry.time())));
        }
        self.looked_at = owed.len();
        if let Some(why) = self.supervisor.unread().filter(|_| self.upgrade.is_none()) {
            let text = format!("these rules of supervision are not known to this program: {why}");
            self.upgrade = Some(Upgrade { index, text });
        }
        let over = |(card, raised): &(CardRaised, Time)| {
            index > card.at.saturating_add(WAITS.0) && entry.time().since(*raised) > WAITS.1
        };
        while self.pending.front().is_some_and(over) {
            found.extend(self.pending.pop_front().map(|(card, _)| left_out(&card)));
        }
        found
    }

    /// Whether the rules over the entry that raised a card are known here. What a newer program's rules raise is not made up.
    fn can_judge(&self, entered: &CardRaised) -> bool {
        self.upgrade.as_ref().is_none_or(|upgrade| entered.at <= upgrade.index)
    }

    /// Holds a card that is entered against the next one that is owed. Where it is a later one, those before it are left out.
    fn compare(&mut self, index: u64, entered: &CardRaised) -> Vec<Finding> {
        let same =
            |(owed, _): &(CardRaised, Time)| *owed == CardRaised { card: owed.card, ..entered.clone() };
        if let Some(place) = self.pending.iter().position(same) {
            let skipped = self.pending.drain(..=place).take(place);
            return skipped.map(|(card, _)| left_out(&card)).collect();
        }
        let of_it = |(owed, _): &(CardRaised, Time)| owed.at == entered.at && owed.rule == entered.rule;
        let text = match self.pending.iter().position(of_it).and_then(|place| self.pending.remove(place)) {
            Some((owed, _)) => {
                format!("card {} is not as the rules raise it: {}", entered.card, differs(&owed, entered))
            }
            None => format!(
                "card {}: the rules raise no {} over entry {}",
                entered.card, entered.rule, entered.at
            ),
        };
        vec![Finding::at(index, Rule::Supervision, text)]
    }

    /// What could not be judged, as the newest rules are of another program.
    pub(super) fn upgrade(&self) -> Option<&Upgrade> {
        self.upgrade.as_ref()
    }

    /// What they come to; `None` of a ledger without rules.
    pub(super) fn count(&self, state: &MemoryState) -> Option<Cards> {
        if state.charter().supervision().is_empty() {
            return None;
        }
        let count = |found: usize| u64::try_from(found).unwrap_or(u64::MAX);
        Some(Cards {
            raised: count(state.cards().count()),
            released: count(state.cards().filter(|card| card.is_released()).count()),
            pending: count(self.pending.len()),
            awaited: self.pending.iter().take(AWAITED).map(awaited).collect(),
        })
    }
}

fn awaited((card, raised): &(CardRaised, Time)) -> Awaited {
    let CardRaised { at, rule, colour, stops, .. } = card;
    Awaited { at: *at, since: *raised, rule: rule.clone(), colour: *colour, stops: *stops }
}

fn left_out(card: &CardRaised) -> Finding {
    let (rule, colour) = (&card.rule, card.colour.as_str());
    Finding::at(
        card.at,
        Rule::Supervision,
        format!("the {colour} card {rule} that this entry raises is left out"),
    )
}

/// Which members differ.
fn differs(owed: &CardRaised, entered: &CardRaised) -> String {
    let members = [
        ("about", owed.about != entered.about),
        ("colour", owed.colour != entered.colour),
        ("department", owed.department != entered.department),
        ("facts", owed.facts != entered.facts),
        ("stops", owed.stops != entered.stops),
    ];
    let differing = members.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name);
    differing.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
pub(super) mod tests;
