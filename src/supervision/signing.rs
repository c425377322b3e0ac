//! 风险: how many decisions and approvals each officer signs within an hour. Nobody reads that fast for ever, and whoever has somebody
//! else's key is in a hurry. Bounded: the counts of one hour.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::conduct::HOUR;
use super::rules::{CardRule, Limits};
use super::{About, Card, Colour, facts};
use crate::ledger::body::{Body, OfficerId};
use crate::ledger::entry::Entry;
use crate::ledger::state::View;

/// Signatures of the present hour.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Signing {
    hour: i64,
    of: HashMap<OfficerId, u64>,
}

impl Signing {
    /// Counts what an entry shows. A warning comes with the signature that reaches the figure for it, an alarm likewise.
    pub(super) fn look(&mut self, index: u64, entry: &Entry, after: &dyn View, limits: &Limits) -> Vec<Card> {
        let approvals = match entry.body() {
            Body::CaseDecided(decided) => &decided.approvals,
            Body::LicenceIssued(issued) => &issued.approvals,
            Body::LicenceRecorded(recorded) => &recorded.grant.approvals,
            _ => return Vec::new(),
        };
        let hour = entry.time().millis().div_euclid(HOUR);
        if hour != self.hour {
            self.hour = hour;
            self.of.clear();
        }
        let mut cards = Vec::new();
        let charter = after.charter();
        let known = |key| charter.officer(charter.was_officer_key(key)?);
        for held in approvals.iter().filter_map(|one| known(&one.key)) {
            let officer = held.value.officer;
            let count = self.of.entry(officer).or_default();
            *count += 1;
            let bounds = limits.signatures_an_hour;
            let colour = match *count {
                count if count == bounds.red => Colour::Red,
                count if count == bounds.yellow => Colour::Yellow,
                _ => continue,
            };
            cards.push(Card {
                index,
                time: entry.time(),
                rule: CardRule::RapidSigning,
                colour,
                about: About::Officer(officer),
                department: held.value.department.clone(),
                facts: facts([("count", json!(*count))]),
                stops: false,
            });
        }
        cards
    }
}
