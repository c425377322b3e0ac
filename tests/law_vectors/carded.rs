//! `cards/`: a ledger with rules of supervision, cards, and what follows them, and its mutated copies. The rules themselves are no
//! question for the law: what they would raise is the auditor's.

use serde_json::{Value, json};
use vidimus::law::Rule;
use vidimus::ledger::body::Kind;
use vidimus::ledger::state::View as _;

use crate::chance::Chance;
use crate::draft::Draft;
use crate::held::{hold_ledger, hold_mutations, kinds_of};
use crate::joined::{acted, appointment, granted, issue_from, numbered, staffed};
use crate::keyring::{FIRES, NOT_AFTER, SHOPS};
use crate::ledger::Ledger;
use crate::mutations::{Copies, Mutation};
use crate::story::{decided, digest, handle, introduction};

/// Kinds of supervision, and what content rules find.
pub(crate) fn is_of_cards(kind: Kind) -> bool {
    kind.is_card() || matches!(kind, Kind::SupervisionPublished | Kind::ContentFound | Kind::StateAnchored)
}

/// The rules that came with them; the third is no entry's.
pub(crate) const OF_CARDS: [Rule; 4] = [Rule::Card, Rule::Content, Rule::Stopped, Rule::Supervision];

fn raised(card: u64, at: u64, colour: &str, about: &Value) -> Draft {
    let body = json!({
        "about": about, "at": at, "card": card, "colour": colour, "department": SHOPS,
        "facts": digest(&format!("figures of card {card}")), "rule": "rapid-signing",
    });
    Draft::new("card.raised", "registry", body)
}

/// Raised, and stops the officer whom it is about.
fn stopping(card: u64, at: u64) -> Draft {
    let mut draft = raised(card, at, "red", &json!({"officer": numbered(103)}));
    draft.body["stops"] = json!(true);
    draft
}

fn followed(kind: &'static str, card: u64, officer: &'static str, more: Value) -> Draft {
    let mut body = more;
    body["card"] = json!(card);
    body["not_after"] = json!(NOT_AFTER);
    Draft { approvers: vec![officer], ..Draft::new(kind, "registry", body) }
}

pub(crate) fn published(ledger: &mut Ledger, text: &[u8]) -> Draft {
    let rules = ledger.blob(text);
    decided("supervision.published", json!({"rules": rules}))
}

/// The steps of a case up to its decision.
fn filed(ledger: &mut Ledger, case: u8) {
    let mut filing = ledger.nth("case.filed", 0).1;
    filing.body["case"] = json!(numbered(case));
    ledger.append(filing);
    ledger.append(acted("case.accepted", case, "officer-1", json!({})));
    let opinion = json!({"commitment": digest("opinion"), "opinion": "grant"});
    ledger.append(acted("case.examined", case, "officer-2", opinion));
}

fn decision(case: u8, licence: u8) -> Draft {
    let drafted =
        json!({"credential_digest": digest(&format!("credential {licence}")), "handle": handle(licence)});
    acted("case.decided", case, "officer-3", json!({"commitment": digest("decision"), "licence": drafted}))
}

/// Rules, four cards, and what follows them.
pub(crate) fn told() -> Ledger {
    let mut ledger = staffed();
    let sixth = introduction(&mut ledger, "officer-6", FIRES, "officer");
    ledger.append(sixth);
    ledger.append(appointment(6, FIRES, "officer-6", &["supervisor"]));
    let rules = published(&mut ledger, b"The rules of the vectors raise what the vectors say.\n");
    ledger.append(rules);
    let first = size(&ledger);
    granted(&mut ledger);
    ledger.append(raised(1, first + 7, "yellow", &json!({"case": numbered(51)})));
    ledger.append(raised(2, first + 8, "yellow", &json!({"licence": handle(11)})));
    filed(&mut ledger, 58);
    let last = size(&ledger) - 1;
    ledger.append(stopping(3, last));
    ledger.append(followed("card.ordered", 3, "officer-6", json!({"within": 5})));
    ledger.append(followed("card.answered", 3, "officer-5", json!({"outcome": "explained"})));
    ledger.append(followed("card.ordered", 3, "officer-6", json!({"within": 400})));
    ledger.append(followed("card.answered", 3, "officer-5", json!({"outcome": "accountable"})));
    ledger.append(followed("card.released", 3, "officer-6", json!({})));
    ledger.append(decision(58, 14));
    let issued = issue_from(&ledger, 58, 14, 24);
    ledger.append(issued);
    let other = published(&mut ledger, b"Other rules of the vectors.\n");
    ledger.append(other);
    let last = size(&ledger) - 1;
    ledger.append(raised(4, last, "red", &json!({"department": SHOPS})));
    ledger.append(followed("card.answered", 4, "officer-5", json!({"outcome": "corrected"})));
    ledger.append(followed("card.released", 1, "officer-6", json!({})));
    ledger
}

/// A card, or what follows one, by chance: the fitting one more often than not.
pub(crate) fn chanced(ledger: &Ledger, chance: &mut Chance) -> Draft {
    let (raised_so_far, size) = (ledger.state.cards().count(), size(ledger));
    let number = |number: usize| u64::try_from(number).unwrap();
    let (next, card) = (number(raised_so_far + 1), number(1 + chance.below(raised_so_far + 1)));
    let some = |chance: &mut Chance, fitting: &'static str, other: &'static str| {
        if chance.once_in(6) { other } else { fitting }
    };
    match chance.below(7) {
        0 | 1 => {
            let which = if chance.once_in(6) { card } else { next };
            let about = match chance.below(6) {
                0 => json!({"case": numbered(51)}),
                1 => json!({"licence": handle(if chance.once_in(3) { 249 } else { 11 })}),
                2 => json!({"department": SHOPS}),
                _ => json!({"officer": numbered(103)}),
            };
            let at = if chance.once_in(6) { size - number(chance.below(40)) } else { size - 1 };
            let mut draft = raised(which, at, if chance.once_in(2) { "red" } else { "yellow" }, &about);
            if draft.body["about"]["officer"].is_string() && !chance.once_in(3) {
                draft.body["stops"] = json!(true);
                draft.body["colour"] = json!(some(chance, "red", "yellow"));
            }
            draft
        }
        2 | 3 => {
            let officer = some(chance, "officer-4", "officer-5");
            followed("card.ordered", card, officer, json!({"within": chance.below(30)}))
        }
        4 | 5 => {
            let officer = some(chance, "officer-5", "officer-4");
            followed("card.answered", card, officer, json!({"outcome": "corrected"}))
        }
        _ => followed("card.released", card, some(chance, "officer-4", "officer-1"), json!({})),
    }
}

fn size(ledger: &Ledger) -> u64 {
    ledger.state.charter().size()
}

const RAISED: (&str, usize) = ("card.raised", 1);
const STOPPING: (&str, usize) = ("card.raised", 2);
const ORDERED: (&str, usize) = ("card.ordered", 0);
const ANSWERED: (&str, usize) = ("card.answered", 0);
const RELEASED: (&str, usize) = ("card.released", 0);

fn mutations(ledger: &Ledger) -> Vec<Mutation> {
    let copies = Copies { ledger };
    let body = |name, rule, which, change: fn(&mut Value)| copies.body(name, rule, which, change);
    let (published, _) = ledger.nth("supervision.published", 0);
    let early = copies.copy("a card before there are rules", Rule::Card, ("card.raised", 0), |draft| {
        draft.body["at"] = json!(3);
    });
    let (stopped, _) = ledger.nth("card.ordered", 0);
    let mut signs = ledger.nth("case.decided", 1).1;
    signs.time = ledger.nth("card.ordered", 0).1.time;
    let signs = Mutation {
        name: "a decision of an officer whom a card stops",
        rule: Rule::Stopped,
        index: stopped,
        bytes: signs.seal(),
    };
    vec![
        Mutation { index: published, ..early },
        signs,
        body("a card left out", Rule::Card, RAISED, |body| body["card"] = json!(3)),
        body("a card that was raised before", Rule::Card, RAISED, |body| body["card"] = json!(1)),
        body("a card before the first", Rule::Card, ("card.raised", 0), |body| body["card"] = json!(0)),
        body("a number used again", Rule::Prev, RAISED, |body| body["card"] = json!(1)).into_first(ledger),
        body("a card of an entry before the rules", Rule::Card, ("card.raised", 0), |body| {
            body["at"] = json!(1);
        }),
        body("a card of an entry before that of the last one", Rule::Card, RAISED, |body| {
            body["at"] = json!(body["at"].as_u64().unwrap() - 2);
        }),
        body("a card of an entry to come", Rule::Card, RAISED, |body| body["at"] = json!(9_000)),
        body("a card about nothing that is known", Rule::Card, RAISED, |body| {
            body["about"] = json!({"licence": handle(99)});
        }),
        copies.copy("a card about two things", Rule::Schema, RAISED, |draft| {
            draft.body["about"] = json!({"case": numbered(51), "licence": handle(11)});
        }),
        body("a card of no department", Rule::Card, RAISED, |body| {
            body["department"] = json!("11330100002489434D");
        }),
        copies.copy("a green card", Rule::Schema, RAISED, |draft| {
            draft.body["colour"] = json!("green");
        }),
        copies.copy("a card that says that it does not stop anybody", Rule::Schema, RAISED, |draft| {
            draft.body["stops"] = json!(false);
        }),
        body("a yellow card that stops somebody", Rule::Card, STOPPING, |body| {
            body["colour"] = json!("yellow");
        }),
        body("a card that stops a licence", Rule::Card, STOPPING, |body| {
            body["about"] = json!({"licence": handle(11)});
        }),
        copies
            .copy("a card of a department's key", Rule::NotYours, RAISED, |draft| {
                draft.signer = "registry-shops";
            })
            .with_rule(Rule::OuterKey),
        body("an order within no day", Rule::Card, ORDERED, |body| body["within"] = json!(0)),
        body("an order within two years", Rule::Card, ORDERED, |body| body["within"] = json!(401)),
        body("an order about a card that was never raised", Rule::Card, ORDERED, |body| {
            body["card"] = json!(9);
        }),
        copies.copy("an order of the department's own supervisor", Rule::Approvals, ORDERED, |draft| {
            draft.approvers = vec!["officer-5"];
        }),
        copies.copy("an order of two supervisors", Rule::Approvals, ORDERED, |draft| {
            draft.approvers = vec!["officer-5", "officer-6"];
        }),
        copies.copy("an order of somebody who is no supervisor", Rule::Approvals, ORDERED, |draft| {
            draft.approvers = vec!["officer-4"];
        }),
        copies.copy("an answer of another department", Rule::Approvals, ANSWERED, |draft| {
            draft.approvers = vec!["officer-6"];
        }),
        copies.copy("an answer of somebody who is no supervisor", Rule::Approvals, ANSWERED, |draft| {
            draft.approvers = vec!["officer-1"];
        }),
        copies.copy("an answer that says nothing known", Rule::Schema, ANSWERED, |draft| {
            draft.body["outcome"] = json!("so what");
        }),
        copies.copy("a release by the department's own supervisor", Rule::Approvals, RELEASED, |draft| {
            draft.approvers = vec!["officer-5"];
        }),
        copies.copy("a release without anybody", Rule::Approvals, RELEASED, |draft| {
            draft.approvers = Vec::new();
        }),
        copies.copy("a release too late", Rule::NotAfter, RELEASED, |draft| {
            draft.body["not_after"] = json!("2026-11-21T00:00:00.000Z");
        }),
        copies.copy(
            "rules with one registrar too few",
            Rule::Approvals,
            ("supervision.published", 0),
            |draft| {
                draft.approvers = vec!["registrar-1"];
            },
        ),
        body("rules that nobody has", Rule::Blob, ("supervision.published", 0), |body| {
            body["rules"]["sha256"] = json!(digest("no blob"));
        }),
        ordered_twice(ledger),
        after_the_end(ledger),
    ]
}

impl Mutation {
    /// The same under the rule that is really asked first.
    fn with_rule(self, rule: Rule) -> Self {
        Self { rule, ..self }
    }

    /// With the `prev` of no entry, as a first one has.
    fn into_first(self, ledger: &Ledger) -> Self {
        let (index, mut draft) = ledger.nth("card.raised", 1);
        draft.body["card"] = json!(1);
        draft.prev = None;
        Self { index, bytes: draft.seal(), ..self }
    }
}

/// An order while one stands.
fn ordered_twice(ledger: &Ledger) -> Mutation {
    let (index, _) = ledger.nth("card.answered", 0);
    let mut draft = ledger.nth("card.ordered", 1).1;
    draft.prev = crate::ledger::last(&ledger.state_at(index), draft.kind, &draft.body);
    draft.time = ledger.nth("card.answered", 0).1.time;
    Mutation { name: "an order while one stands", rule: Rule::Card, index, bytes: draft.seal() }
}

/// An answer after the release.
fn after_the_end(ledger: &Ledger) -> Mutation {
    let (index, _) = ledger.nth("card.raised", 3);
    let mut draft = ledger.nth("card.answered", 1).1;
    draft.prev = crate::ledger::last(&ledger.state_at(index), draft.kind, &draft.body);
    draft.time = ledger.nth("card.raised", 3).1.time;
    Mutation { name: "an answer after the release", rule: Rule::Card, index, bytes: draft.seal() }
}

#[test]
fn the_ledger_of_cards() {
    let ledger = told();
    let kinds = kinds_of(&ledger);
    let missing: Vec<&Kind> = Kind::ALL
        .iter()
        .filter(|kind| {
            is_of_cards(**kind)
                && !matches!(kind, Kind::ContentFound | Kind::StateAnchored)
                && !kinds.contains(kind)
        })
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    hold_ledger("cards", &ledger);
}

#[test]
fn one_mutated_copy_for_every_rule_of_cards() {
    let ledger = told();
    let rules = hold_mutations("cards", &ledger, mutations(&ledger));
    assert!(rules.contains(&Rule::Card) && rules.contains(&Rule::Stopped), "{rules:?}");
}

/// A state before an index is the state as it was then: what a start, and supervision, judge by.
#[test]
fn a_card_before_an_index_is_the_card_of_then() {
    let ledger = told();
    for index in 0..ledger.entries.len() {
        let then = ledger.state_at(index);
        for card in ledger.state.cards() {
            let known = then.card(card.card).unwrap();
            let last = known.as_ref().map_or(card.last, |known| known.last);
            assert_eq!(
                card.before(u64::try_from(index).unwrap(), last),
                known,
                "card {} before {index}",
                card.card
            );
        }
    }
}
