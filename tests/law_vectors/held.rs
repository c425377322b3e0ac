//! How a ledger lies among the vectors: entries one a line, blobs, root and state after each, status lists at the end, and
//! its mutated copies, each with the rule that it must break.

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
use crate::mutations::Mutation;
use crate::summary::summary;
use crate::{hold, hold_text};

/// Places of one list.
const PLACES: usize = 1 << 20;
/// The kinds of its entries.
pub(crate) fn kinds_of(ledger: &Ledger) -> BTreeSet<Kind> {
    ledger.entries.iter().map(|bytes| Entry::parse(bytes).unwrap().kind()).collect()
}

/// Holds a ledger against the vectors of a folder.
pub(crate) fn hold_ledger(folder: &str, ledger: &Ledger) {
    let lines: Vec<String> =
        ledger.entries.iter().map(|bytes| String::from_utf8(bytes.clone()).unwrap()).collect();
    hold_text(&format!("{folder}/entries.jsonl"), &format!("{}\n", lines.join("\n")));
    let blobs: serde_json::Map<String, Value> =
        ledger.blobs.iter().map(|blob| (Digest::of(blob).to_string(), json!(encode(blob)))).collect();
    hold(&format!("{folder}/blobs.json"), &Value::Object(blobs));
    hold(&format!("{folder}/states.json"), &states(ledger));
    hold(&format!("{folder}/status-lists.json"), &status_lists(&ledger.state));
}

/// Holds mutated copies of its entries against the vectors of a folder; the rules that they break.
pub(crate) fn hold_mutations(folder: &str, ledger: &Ledger, mutations: Vec<Mutation>) -> BTreeSet<Rule> {
    let mut rules = BTreeSet::new();
    let mut vectors = Vec::new();
    for mutation in mutations {
        let answer = answer(&mut ledger.state_at(mutation.index), &mutation.bytes);
        assert_eq!(answer, mutation.rule.as_str(), "{} at {}", mutation.name, mutation.index);
        rules.insert(mutation.rule);
        vectors.push(json!({
            "entry": String::from_utf8(mutation.bytes).unwrap(), "index": mutation.index, "name": mutation.name,
            "rule": answer,
        }));
    }
    hold(&format!("{folder}/mutations.json"), &Value::Array(vectors));
    rules
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
