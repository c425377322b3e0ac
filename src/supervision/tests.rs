//! Cards over the whole ledger of the vectors, and over days that pass after one of its entries.

use super::*;
use crate::crypto::{Digest, PrivateKey, base64url};
use crate::law;
use crate::ledger::body::{Body, DraftedLicence, LedgerAnchored};
use crate::ledger::entry::Unsigned;
use crate::ledger::state::MemoryState;
use crate::ledger::state::{CaseStep, View as _};
use crate::values::identifiers::Handle;

/// The state after the first entries of the vectors with cases, each of which somebody looks at.
pub(super) fn replayed(entries: usize, look: &mut dyn FnMut(u64, &Entry, &MemoryState)) -> MemoryState {
    let mut state = MemoryState::new();
    let blobs: Value = serde_json::from_str(include_str!("../../schemas/vectors/cases/blobs.json")).unwrap();
    let texts = blobs.as_object().unwrap().values().filter_map(Value::as_str);
    texts.for_each(|text| state.add_blob(base64url::decode(text).unwrap()));
    let lines = include_str!("../../schemas/vectors/cases/entries.jsonl").lines();
    for (line, index) in lines.take(entries).zip(0..) {
        let entry = Entry::parse(line.as_bytes()).unwrap();
        let (effects, _) = law::apply(&state, &entry).unwrap().part();
        state.take(effects);
        look(index, &entry, &state);
    }
    state
}

/// The same before a supervisor, and the index of the next entry.
fn after(entries: usize) -> (MemoryState, Supervisor, u64) {
    let mut supervisor = Supervisor::new(Rules::built_in().unwrap());
    let state = replayed(entries, &mut |index, entry, state| supervisor.look(index, entry, state));
    let next = state.charter().size();
    (state, supervisor, next)
}

/// An entry that says nothing, at a time.
fn nothing(state: &MemoryState, time: &str) -> Entry {
    let body = Body::LedgerAnchored(LedgerAnchored { root: Digest([0; 32]), size: 1 });
    let key = PrivateKey::from_seed(&[1; 32]).unwrap();
    let origin = state.charter().origin().unwrap().clone();
    let unsigned = Unsigned { body, key: key.id(), prev: None, time: time.parse().unwrap() };
    unsigned.sign(&origin, &key).unwrap()
}

fn raised(cards: &[Card]) -> Vec<(u64, &'static str, Colour)> {
    cards.iter().map(|card| (card.index, card.rule.as_str(), card.colour)).collect()
}

/// What each of these days shows, after the first entries of the vectors.
fn shown_on(entries: usize, days: &[&str]) -> Vec<Vec<(&'static str, Colour)>> {
    let (state, mut supervisor, index) = after(entries);
    let mut seen = supervisor.cards().len();
    let shown = days.iter().zip(index..).map(|(day, index)| {
        supervisor.look(index, &nothing(&state, &format!("{day}T04:00:00.000Z")), &state);
        let new = &supervisor.cards()[seen..];
        seen += new.len();
        new.iter().map(|card| (card.rule.as_str(), card.colour)).collect()
    });
    shown.collect()
}

#[test]
fn every_rule_is_named_and_changed_bytes_have_another_digest() {
    let rules = Rules::built_in().unwrap();
    assert_eq!(rules.told().len(), CardRule::ALL.len());
    let text = include_str!("../../schemas/supervision/rules.toml");
    assert_ne!(Rules::parse(&format!("{text}\n")).unwrap().digest(), rules.digest());
    let without = text.replacen("rule = \"burst\"", "rule = \"hasty\"", 1);
    assert!(matches!(Rules::parse(&without), Err(RulesError::Named(CardRule::Hasty | CardRule::Burst))));
    assert!(Rules::parse(&text.replacen("hasty_minutes", "hasty", 1)).is_err());
}

#[test]
fn every_figure_of_a_card_is_called_something_in_both_languages() {
    let (_, supervisor, _) = after(33);
    let (state, mut late, index) = after(58);
    late.look(index, &nothing(&state, "2027-03-20T04:00:00.000Z"), &state);
    let cards = supervisor.cards().iter().chain(late.cards());
    let names: std::collections::BTreeSet<&String> = cards.flat_map(|card| card.facts.keys()).collect();
    assert!(names.iter().any(|name| *name == "since"), "{names:?}");
    let rules = Rules::built_in().unwrap();
    assert!(names.iter().all(|name| rules.fact(name).is_some()), "{names:?}");
}

#[test]
fn the_vectors_show_what_their_steps_show() {
    let (_, supervisor, _) = after(usize::MAX);
    use Colour::{Red, Yellow};
    // All of it on a Sunday, within minutes. A promise needs no reading; what is dismissed is no decision on a licence.
    let expected = [
        (33, "asked-again", Yellow),
        (36, "hasty", Yellow),
        (36, "off-hours", Yellow),
        (42, "off-hours", Yellow),
        (43, "off-hours", Yellow),
        (45, "false-promise", Red),
        (55, "hasty", Yellow),
        (55, "off-hours", Yellow),
        (64, "off-hours", Yellow),
        (70, "off-hours", Yellow),
        (70, "wrong-content", Yellow),
    ];
    assert_eq!(raised(supervisor.cards()), expected);
}

#[test]
fn a_decision_against_the_newest_opinion_is_shown() {
    let (mut state, mut supervisor, index) = after(55);
    let line = include_str!("../../schemas/vectors/cases/entries.jsonl").lines().nth(55).unwrap();
    let entry = Entry::parse(line.as_bytes()).unwrap();
    let (mut effects, _) = law::apply(&state, &entry).unwrap().part();
    // Examined twice, to be refused in the end; granted nevertheless.
    let case = effects.case.as_mut().unwrap();
    let decided = case.events.last_mut().unwrap();
    let CaseStep::Decided(officer, None) = decided.step else { panic!("not a refusal") };
    let licence = DraftedLicence { credential_digest: Digest([1; 32]), handle: case.case };
    decided.step = CaseStep::Decided(officer, Some(licence));
    state.take(effects);
    supervisor.look(index, &entry, &state);
    let new = supervisor.cards().iter().filter(|card| card.index == index);
    let told: Vec<_> = new.map(|card| (card.rule.as_str(), card.facts.get("granted").cloned())).collect();
    assert_eq!(told[0], ("against-opinion", Some(Value::Bool(true))));
}

#[test]
fn shares_are_of_one_type_and_leave_ones_own_decisions_out() {
    let mut refusing = refusing::Refusing::default();
    let (food, shop) = ("food".parse().unwrap(), "shop".parse().unwrap());
    let officer = |number| Handle::new(Time::MIN, [number; 10]);
    for number in 0..30 {
        refusing.count(&food, officer(1), number % 10 == 0);
        refusing.count(&shop, officer(2), true);
    }
    let (own, others) = refusing.count(&food, officer(2), true);
    assert_eq!((own.decided, own.percent()), (1, 100));
    assert_eq!((others.decided, others.refused, others.percent()), (30, 3, 10));
}

#[test]
fn a_step_warns_before_it_is_late_and_alarms_once() {
    use Colour::{Red, Yellow};
    // Filed on Sunday the 22nd; five working days to accept are used up on the 27th, four on the 26th.
    let days = ["2026-11-26", "2026-11-27", "2026-11-28", "2026-11-29", "2026-12-20"];
    let expected = [vec![], vec![("step-late", Yellow)], vec![("step-late", Red)], vec![], vec![]];
    assert_eq!(shown_on(30, &days), expected);
    // Nobody looked meanwhile: both are there with the first entry after.
    assert_eq!(shown_on(30, &["2026-12-20"]), [vec![("step-late", Yellow), ("step-late", Red)]]);
    // 补正 stops the clock.
    assert_eq!(shown_on(31, &["2027-01-20"]), [vec![]]);
}

#[test]
fn a_step_that_begins_anew_is_late_anew() {
    // Examined on the 22nd, to be decided within three working days; nobody has.
    let (state, mut supervisor, index) = after(36);
    let look = |supervisor: &mut Supervisor, index, day: &str| {
        supervisor.look(index, &nothing(&state, &format!("{day}T04:00:00.000Z")), &state);
    };
    look(&mut supervisor, index, "2026-12-20");
    let since: Vec<_> =
        supervisor.cards().iter().filter_map(|card| card.facts.get("since")).cloned().collect();
    assert!(since.contains(&Value::from(35)), "{since:?}");
}

#[test]
fn the_whole_case_and_a_promise_are_late_too() {
    let (_, before, _) = after(33);
    assert!(before.cards().iter().all(|card| card.rule != CardRule::CaseLate));
    let far = shown_on(33, &["2027-03-20"]).concat();
    let rules: Vec<&str> = far.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(rules, ["case-late", "case-late", "step-late", "step-late"]);
    // Issued on a promise, not yet checked.
    let far = shown_on(45, &["2027-03-20"]).concat();
    assert!(far.contains(&("promise-unchecked", Colour::Red)), "{far:?}");
    assert!(!shown_on(46, &["2027-03-20"]).concat().contains(&("promise-unchecked", Colour::Red)));
    // Rated badly, not yet seen to; then rectified.
    assert!(shown_on(58, &["2027-03-20"]).concat().contains(&("rectification-late", Colour::Red)));
    assert!(!shown_on(59, &["2027-03-20"]).concat().contains(&("rectification-late", Colour::Red)));
}

/// An entry of the vectors' ledger of cards, and the state after each.
fn of_cards(look: &mut dyn FnMut(u64, &Entry, &MemoryState)) {
    let mut state = MemoryState::new();
    let blobs: Value = serde_json::from_str(include_str!("../../schemas/vectors/cards/blobs.json")).unwrap();
    let texts = blobs.as_object().unwrap().values().filter_map(Value::as_str);
    texts.for_each(|text| state.add_blob(base64url::decode(text).unwrap()));
    for (line, index) in include_str!("../../schemas/vectors/cards/entries.jsonl").lines().zip(0..) {
        let entry = Entry::parse(line.as_bytes()).unwrap();
        let (effects, _) = law::apply(&state, &entry).unwrap().part();
        state.take(effects);
        look(index, &entry, &state);
    }
}

#[test]
fn nothing_is_raised_by_rules_that_cannot_be_read() {
    let mut supervisor = Supervisor::new(Rules::none());
    of_cards(&mut |index, entry, state| supervisor.look(index, entry, state));
    assert!(supervisor.unread().is_some(), "the rules of the vectors are no rules of ours");
    assert!(supervisor.cards().is_empty() && supervisor.owed().is_empty());
}

#[test]
fn every_rule_can_stand_in_an_entry_and_only_one_stops() {
    let rules = Rules::built_in().unwrap();
    let stopping: Vec<_> = CardRule::ALL.iter().filter(|rule| rules.stops(**rule)).collect();
    assert_eq!(stopping, [&CardRule::RapidSigning]);
    let (_, supervisor, _) = after(usize::MAX);
    for (number, rule) in (1..).zip(CardRule::ALL) {
        let card = Card { rule: *rule, ..supervisor.cards()[0].clone() };
        let entered = card.entered(number).unwrap();
        assert_eq!((entered.card, entered.rule.as_str()), (number, rule.as_str()));
    }
}

/// Whatever is counted before a ledger publishes rules depends on no rules: two programs with others built in owe the same.
#[test]
fn what_is_owed_does_not_depend_on_the_rules_of_before() {
    let lines: Vec<&str> = include_str!("../../schemas/vectors/cases/entries.jsonl").lines().collect();
    let owed = |before: Rules| {
        let mut supervisor = Supervisor::new(before);
        let state = replayed(36, &mut |index, entry, state| supervisor.look(index, entry, state));
        let blob = Rules::BUILT_IN.as_bytes().to_vec();
        let mut state = state;
        let published = SupervisionPublished {
            approvals: Vec::new(),
            not_after: Time::MAX,
            rules: crate::ledger::body::BlobRef::of(&blob),
        };
        state.add_blob(blob);
        let key = PrivateKey::from_seed(&[1; 32]).unwrap();
        let origin = state.charter().origin().unwrap().clone();
        let time = state.charter().time().unwrap();
        let body = Body::SupervisionPublished(published);
        let entry = Unsigned { body, key: key.id(), prev: None, time }.sign(&origin, &key).unwrap();
        supervisor.look(36, &entry, &state);
        supervisor.look(37, &nothing(&state, "2027-03-20T04:00:00.000Z"), &state);
        raised(supervisor.owed())
    };
    assert!(lines.len() > 36);
    let expected = owed(Rules::none());
    assert!(expected.contains(&(37, "step-late", Colour::Red)), "{expected:?}");
    assert_eq!(owed(Rules::built_in().unwrap()), expected);
    let eager = Rules::BUILT_IN.replacen("{ yellow = 80, red = 100 }", "{ yellow = 1, red = 2 }", 1);
    assert_eq!(owed(Rules::parse(&eager).unwrap()), expected);
}
