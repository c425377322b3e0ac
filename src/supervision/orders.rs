//! 督办: answers that were ordered and do not come. The first entry of a day after the last one raises the card, whatever that entry
//! is about.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::rules::CardRule;
use super::{About, Card, Colour, facts};
use crate::ledger::body::{Body, CardNumber, Subject};
use crate::ledger::entry::Entry;
use crate::ledger::state::{CardStep, View};
use crate::values::identifiers::CreditCode;
use crate::values::time::Date;

/// The open orders by their last day.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Orders {
    queue: BTreeSet<(Date, CardNumber)>,
    of: HashMap<CardNumber, (Date, CreditCode)>,
}

impl Orders {
    /// What is late on the day of this entry; then the card that it is about is looked at. A new calendar counts at once.
    pub(super) fn look(&mut self, index: u64, entry: &Entry, after: &dyn View) -> Vec<Card> {
        if matches!(entry.body(), Body::CalendarPublished(_)) {
            let open: Vec<CardNumber> = self.of.keys().copied().collect();
            open.into_iter().for_each(|card| self.wait(card, after));
        }
        let mut cards = Vec::new();
        let Some(today) = after.charter().offset().map(|offset| entry.time().date(offset)) else {
            return cards;
        };
        while let Some((due, card)) = self.queue.first().copied().filter(|(due, _)| *due < today) {
            self.queue.pop_first();
            let Some((_, department)) = self.of.remove(&card) else { continue };
            cards.push(Card {
                index,
                time: entry.time(),
                rule: CardRule::OrderLate,
                colour: Colour::Red,
                about: About::Department(department.clone()),
                department,
                facts: facts([("card", json!(card)), ("due", json!(due))]),
                stops: false,
            });
        }
        if let Subject::Card(card) = entry.body().subject() {
            self.wait(card, after);
        }
        cards
    }

    /// Notes until when an answer is waited for, if one is.
    fn wait(&mut self, card: CardNumber, after: &dyn View) {
        if let Some((due, _)) = self.of.remove(&card) {
            self.queue.remove(&(due, card));
        }
        let Some(state) = after.card(card).ok().flatten() else { return };
        let Some(event) = state.events.last() else { return };
        let CardStep::Ordered(_, within) = event.step else { return };
        let charter = after.charter();
        let ordered = charter.offset().map(|offset| event.time.date(offset));
        let Some(due) = ordered.and_then(|day| charter.working_days_after(day, within)) else { return };
        self.queue.insert((due, card));
        self.of.insert(card, (due, state.department));
    }
}
