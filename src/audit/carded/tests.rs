//! Cards of a ledger that publishes its rules: those that the rules raise, left out, made up, altered, late, in another order.

use crate::audit::fixture::{DEPARTMENT, Ledger};
use crate::audit::{Audit, Cards, Pins, Verdict, replay};
use crate::law::Rule;
use crate::ledger::body::{Body, CardRaised, Colour, RefusalCount, RefusalsCounted, SupervisionPublished};
use crate::ledger::state::View as _;
use crate::supervision::{Rules, Supervisor};
use crate::values::time::Time;

fn audit(ledger: &Ledger) -> Audit {
    replay(&ledger.files(), &Pins::default(), &mut |_| ()).unwrap()
}

fn found(ledger: &Ledger) -> Vec<(Option<u64>, Rule, String)> {
    let audit = audit(ledger);
    audit.summary.violations.iter().map(|one| (one.index, one.rule, one.text.clone())).collect()
}

pub(in crate::audit) fn publish(ledger: &mut Ledger, rules: &[u8]) {
    let rules = ledger.blob(rules);
    let not_after = "2030-01-01T00:00:00.000Z".parse().unwrap();
    ledger.push(Body::SupervisionPublished(SupervisionPublished { approvals: Vec::new(), not_after, rules }));
}

/// Refusals of requests without a right: a hundred raise a red card, ten a yellow one, none says nothing.
pub(in crate::audit) fn refused(ledger: &mut Ledger, count: u64) -> u64 {
    let until: Time = ledger.state.charter().time().unwrap();
    let from = ledger.state.charter().counted_until().unwrap_or(until.plus(-1_000));
    let row = RefusalCount {
        count,
        department: Some(DEPARTMENT.parse().unwrap()),
        reason: "no-power".parse().unwrap(),
        r#type: None,
    };
    let counts = if count == 0 { Vec::new() } else { vec![row] };
    ledger.push(Body::RefusalsCounted(RefusalsCounted { counts, from, until }));
    ledger.size() - 1
}

/// The cards that the ledger so far owes.
pub(in crate::audit) fn owed(ledger: &Ledger) -> Vec<CardRaised> {
    let mut supervisor = Supervisor::new(Rules::none());
    let mut state = crate::ledger::state::MemoryState::new();
    ledger.blobs.iter().for_each(|blob| state.add_blob(blob.clone()));
    for (index, bytes) in (0..).zip(&ledger.entries) {
        let (entry, applied) = crate::law::judge(&state, bytes).unwrap();
        state.take(applied.part().0);
        supervisor.look(index, &entry, &state);
    }
    (1..).zip(supervisor.owed()).map(|(number, card)| card.entered(number).unwrap()).collect()
}

pub(in crate::audit) fn enter(ledger: &mut Ledger, card: CardRaised) -> u64 {
    ledger.push(Body::CardRaised(card));
    ledger.size() - 1
}

/// An hour later, and so many entries that say nothing.
pub(in crate::audit) fn hours(ledger: &mut Ledger) {
    ledger.waited += 3_600;
    for _ in 0..1_030 {
        refused(ledger, 0);
    }
}

/// Rules, then a red card, a yellow one, and a red one.
fn watched() -> (Ledger, Vec<u64>) {
    let mut ledger = Ledger::new();
    refused(&mut ledger, 100);
    publish(&mut ledger, Rules::BUILT_IN.as_bytes());
    let at = [100, 10, 100].map(|count| refused(&mut ledger, count)).to_vec();
    (ledger, at)
}

#[test]
fn the_cards_that_the_rules_raise_hold() {
    let (mut ledger, at) = watched();
    let owed = owed(&ledger);
    assert_eq!(owed.iter().map(|card| card.at).collect::<Vec<_>>(), at, "none of before the rules");
    let colours: Vec<Colour> = owed.iter().map(|card| card.colour).collect();
    assert_eq!(colours, [Colour::Red, Colour::Yellow, Colour::Red]);
    let cards = |ledger: &Ledger| {
        let cards = audit(ledger).summary.cards;
        cards.map(|Cards { raised, released, pending, awaited }| (raised, released, pending, awaited.len()))
    };
    assert_eq!(cards(&ledger), Some((0, 0, 3, 3)));
    for card in owed {
        enter(&mut ledger, card);
    }
    assert_eq!(found(&ledger), []);
    assert_eq!(cards(&ledger), Some((3, 0, 0, 0)));
    hours(&mut ledger);
    assert_eq!(audit(&ledger).verdict(), Verdict::Holds);
    assert_eq!(cards(&Ledger::small()), None, "a ledger without rules has none");
}

#[test]
fn a_card_that_is_left_out_is_named_by_the_entry_that_raised_it() {
    let (mut ledger, at) = watched();
    let owed = owed(&ledger);
    // The second, and with it the number of the third.
    enter(&mut ledger, owed[0].clone());
    enter(&mut ledger, CardRaised { card: 2, ..owed[2].clone() });
    let told = found(&ledger);
    let [(index, rule, text)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((*index, *rule), (Some(at[1]), Rule::Supervision));
    assert_eq!(text, "the yellow card no-right that this entry raises is left out");

    // The last, which nothing follows: pending until its time is over.
    let (mut ledger, at) = watched();
    enter(&mut ledger, owed[0].clone());
    enter(&mut ledger, owed[1].clone());
    assert_eq!(found(&ledger), []);
    hours(&mut ledger);
    let told = found(&ledger);
    assert_eq!(told.iter().map(|one| (one.0, one.1)).collect::<Vec<_>>(), [(Some(at[2]), Rule::Supervision)]);
}

#[test]
fn a_card_that_is_altered_or_made_up_is_named_by_its_own_entry() {
    let (ledger, at) = watched();
    let owed = owed(&ledger);
    let altered = [
        ("colour", CardRaised { colour: Colour::Yellow, ..owed[0].clone() }),
        ("facts", CardRaised { facts: crate::crypto::Digest::of(b"others"), ..owed[0].clone() }),
    ];
    for (member, card) in altered {
        let (mut ledger, _) = watched();
        let index = enter(&mut ledger, card);
        let told = found(&ledger);
        let [(named, Rule::Supervision, text)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(*named, Some(index));
        assert!(text.ends_with(&format!("as the rules raise it: {member}")), "{text}");
    }
    let (mut ledger, _) = watched();
    let made_up = CardRaised { rule: "burst".parse().unwrap(), at: at[0], ..owed[0].clone() };
    let index = enter(&mut ledger, made_up);
    for (number, card) in (2..).zip(owed) {
        enter(&mut ledger, CardRaised { card: number, ..card });
    }
    let told = found(&ledger);
    let [(named, Rule::Supervision, text)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(
        (*named, text.as_str()),
        (Some(index), format!("card 1: the rules raise no burst over entry {}", at[0]).as_str())
    );
}

#[test]
fn rules_of_another_program_ask_for_it() {
    let mut ledger = Ledger::new();
    publish(&mut ledger, b"rules = \"of tomorrow\"\n");
    let index = ledger.size() - 1;
    let at = refused(&mut ledger, 100);
    // Entered by the rules of tomorrow: not for this program to judge.
    let (watched, _) = watched();
    enter(&mut ledger, CardRaised { at, ..owed(&watched)[0].clone() });
    let audit = audit(&ledger);
    assert_eq!(audit.verdict(), Verdict::UpgradeNeeded);
    assert_eq!(audit.summary.upgrade.map(|upgrade| upgrade.index), Some(index));
}
