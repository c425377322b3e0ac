//! `ledger/`: entries one a line, blobs, root and state after each, status lists at the end, mutated copies, and how the
//! ledger may go on instead of being frozen.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vidimus::crypto::Digest;
use vidimus::crypto::base64url::encode;
use vidimus::law::Rule;
use vidimus::ledger::body::Kind;
use vidimus::ledger::entry::Entry;
use vidimus::ledger::state::{MemoryState, View as _};
use vidimus::status_list::{Bits, StatusList};
use vidimus::values::canonical::canonical;

use crate::ledger::{Ledger, admit, answer};
use crate::mutations::mutations;
use crate::story::{decided, freeze, law_change, told};
use crate::summary::summary;
use crate::{hold, hold_text};

/// Places of one list.
const PLACES: usize = 1 << 20;
/// Rules that no entry breaks: the auditor's own.
const NOT_OF_ENTRIES: [Rule; 4] = [Rule::Tree, Rule::StatusList, Rule::File, Rule::Consistency];

#[test]
fn the_whole_ledger() {
    let mut ledger = told();
    let continuations = continuations(&mut ledger);
    ledger.append(freeze());
    let kinds: BTreeSet<Kind> =
        ledger.entries.iter().map(|bytes| Entry::parse(bytes).unwrap().kind()).collect();
    let missing: Vec<&Kind> = Kind::ALL.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert_eq!(missing, [&Kind::LawChanged], "the law is changed in a continuation");

    let lines: Vec<String> =
        ledger.entries.iter().map(|bytes| String::from_utf8(bytes.clone()).unwrap()).collect();
    hold_text("ledger/entries.jsonl", &format!("{}\n", lines.join("\n")));
    let blobs: serde_json::Map<String, Value> =
        ledger.blobs.iter().map(|blob| (Digest::of(blob).to_string(), json!(encode(blob)))).collect();
    hold("ledger/blobs.json", &Value::Object(blobs));
    hold("ledger/states.json", &states(&ledger));
    hold("ledger/status-lists.json", &status_lists(&ledger.state));
    hold("ledger/continuations.json", &continuations);
}

#[test]
fn one_mutated_copy_for_every_rule() {
    let mut ledger = told();
    ledger.append(freeze());
    let mut rules = BTreeSet::new();
    let mut vectors = Vec::new();
    for mutation in mutations(&ledger) {
        let answer = answer(&mut ledger.state_at(mutation.index), &mutation.bytes);
        assert_eq!(answer, mutation.rule.as_str(), "{} at {}", mutation.name, mutation.index);
        rules.insert(mutation.rule);
        vectors.push(json!({
            "entry": String::from_utf8(mutation.bytes).unwrap(), "index": mutation.index, "name": mutation.name,
            "rule": answer,
        }));
    }
    let expected = Rule::ALL.iter().filter(|rule| !NOT_OF_ENTRIES.contains(rule)).copied();
    assert_eq!(rules, expected.collect());
    hold("ledger/mutations.json", &Value::Array(vectors));
}

/// Root and digest of the state at every size, and the last state whole.
fn states(ledger: &Ledger) -> Value {
    let mut state = ledger.state_at(0);
    let mut sizes = Vec::new();
    for bytes in &ledger.entries {
        admit(&mut state, bytes).unwrap();
        let digest = Digest::of(&canonical(&summary(&state)).unwrap());
        let size = state.charter().size();
        sizes.push(json!({"root": state.root().unwrap(), "size": size, "state": digest}));
    }
    json!({"last": summary(&state), "sizes": sizes})
}

/// Two bits a status, as they are published: SHA-256 of the bytes, and `lst`.
fn status_lists(state: &MemoryState) -> Value {
    let list = |number: u32| {
        let mut list = StatusList::zeros(Bits::Two, PLACES).unwrap();
        for (place, value) in state.statuses().of_list(number) {
            list.set(place.index.into(), value).unwrap();
        }
        json!({"list": number, "lst": list.compressed().unwrap(), "sha256": Digest::of(list.as_bytes())})
    };
    state.statuses().lists().map(list).collect()
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
