//! `ledger/`: a ledger of every kind of law 0, mutated copies, and how it may go on instead of being frozen.

use serde_json::{Value, json};
use vidimus::law::Rule;
use vidimus::ledger::body::Kind;
use vidimus::ledger::state::MemoryState;

use crate::carded::{OF_CARDS, is_of_cards};
use crate::held::{hold_ledger, hold_mutations, kinds_of};
use crate::hold;
use crate::joined::{JOINED, has_joined};
use crate::ledger::{Ledger, answer};
use crate::mutations::mutations;
use crate::story::{decided, freeze, law_change, told};

/// Rules that no entry breaks: the auditor's own.
const NOT_OF_ENTRIES: [Rule; 4] = [Rule::Tree, Rule::StatusList, Rule::File, Rule::Consistency];

#[test]
fn the_whole_ledger() {
    let mut ledger = told();
    let continuations = continuations(&mut ledger);
    ledger.append(freeze());
    let kinds = kinds_of(&ledger);
    let missing: Vec<&Kind> = Kind::ALL
        .iter()
        .filter(|kind| !has_joined(**kind) && !is_of_cards(**kind) && !kinds.contains(kind))
        .collect();
    assert_eq!(missing, [&Kind::LawChanged], "the law is changed in a continuation");

    hold_ledger("ledger", &ledger);
    hold("ledger/continuations.json", &continuations);
}

#[test]
fn one_mutated_copy_for_every_rule() {
    let mut ledger = told();
    ledger.append(freeze());
    let rules = hold_mutations("ledger", &ledger, mutations(&ledger));
    let apart: Vec<Rule> = [&NOT_OF_ENTRIES[..], &JOINED, &OF_CARDS].concat();
    let expected = Rule::ALL.iter().filter(|rule| !apart.contains(rule)).copied();
    assert_eq!(rules, expected.collect());
}

/// Entries after the last but one, in order, with the law's answer to each.
fn continuations(ledger: &mut Ledger) -> Value {
    let changed = law_change(ledger);
    let ledger = &*ledger;
    let mut state = ledger.state_at(ledger.entries.len());
    let again = |kind, body| {
        let approvers = vec!["registrar-1", "registrar-4"];
        ledger.next(crate::draft::Draft { approvers, ..decided(kind, body) })
    };
    let changed = ledger.next(changed);
    let moved = again("authority.moved", json!({"base_url": "https://elsewhere.example"}));
    let mut beyond = moved.clone();
    beyond.envelope = |envelope| {
        envelope.insert("v".into(), json!(2));
        envelope.insert("new".into(), json!("of a form that law 0 does not know"));
    };
    let mut unknown = moved.clone();
    unknown.kind = "case.opened";
    let answered = |name: &str, drafts: &[&crate::draft::Draft], state: &mut MemoryState| {
        let entries: Vec<Value> = drafts
            .iter()
            .map(|draft| draft.seal())
            .map(|bytes| {
                let answer = answer(state, &bytes);
                json!({"answer": answer, "entry": String::from_utf8(bytes).unwrap()})
            })
            .collect();
        json!({"entries": entries, "index": ledger.entries.len(), "name": name})
    };
    let kind = answered("a kind this law does not know", &[&unknown], &mut state);
    let law = answered(
        "another law: judged by the old one, and nothing after it, of whatever form",
        &[&changed, &moved, &beyond, &unknown],
        &mut state,
    );
    assert_eq!(kind["entries"][0]["answer"], "unknown-kind");
    let answers: Vec<&Value> = law["entries"].as_array().unwrap().iter().map(|one| &one["answer"]).collect();
    assert_eq!(answers, ["accepted", "unknown-law", "unknown-law", "unknown-law"]);
    json!([kind, law])
}
