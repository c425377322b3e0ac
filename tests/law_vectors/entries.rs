//! `entries.json`: one entry of every kind, entry 0 with two of three registrars among them: bytes, both preimages,
//! signature, leaf hash.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vidimus::crypto::base64url::encode;
use vidimus::ledger::body::Kind;
use vidimus::ledger::entry::{Entry, statement};

use crate::draft::Draft;
use crate::hold;
use crate::keyring::{ORIGIN, key};
use crate::story::{freeze, law_change, told};

#[test]
fn one_entry_of_every_kind() {
    let mut ledger = told();
    let changed = law_change(&mut ledger);
    let changed = ledger.next(changed);
    let frozen = ledger.next(freeze());
    let (joined, carded) = (crate::joined::told(), crate::carded::told());
    let (content, anchored) = (crate::content::told(), crate::anchored::told());
    let drafts = ledger
        .drafts
        .iter()
        .chain([&changed, &frozen])
        .chain(&joined.drafts)
        .chain(&carded.drafts)
        .chain(&content.drafts)
        .chain(&anchored.drafts);
    let mut seen = BTreeSet::new();
    let vectors: Vec<Value> = drafts.filter(|draft| seen.insert(draft.kind)).map(vector).collect();
    assert_eq!(vectors.len(), Kind::ALL.len());
    hold("entries.json", &Value::Array(vectors));
}

fn vector(draft: &Draft) -> Value {
    let bytes = draft.seal();
    let entry = Entry::parse(&bytes).unwrap();
    let origin = ORIGIN.parse().unwrap();
    let mut vector = json!({
        "canonical": text(&bytes), "kind": draft.kind, "leaf_hash": entry.leaf_hash(), "origin": ORIGIN,
        "preimage": text(&entry.unsigned().preimage(&origin).unwrap()), "signature": entry.signature(),
        "spki": encode(&key(draft.signer).public().spki()),
    });
    if !draft.approvers.is_empty() {
        let statement = statement(entry.body(), entry.prev(), &origin).unwrap();
        assert_eq!(statement, draft.statement());
        vector["statement"] = json!(text(&statement));
    }
    vector
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
