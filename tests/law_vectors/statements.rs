//! `statements.json`: what people sign, well and badly; each vector stands in place of one entry of the whole ledger.

use serde_json::{Value, json};

use crate::draft::Draft;
use crate::ledger::{Ledger, answer};
use crate::story::told;
use crate::{hold, keyring::FIRES};

#[test]
fn statements() {
    let ledger = told();
    let mut vectors = Vec::new();
    let mut vector =
        |name: &str, (kind, nth): (&str, usize), expected: &str, change: fn(&mut Draft, &Ledger)| {
            let (index, mut draft) = ledger.nth(kind, nth);
            change(&mut draft, &ledger);
            let bytes = draft.seal();
            let answer = answer(&mut ledger.state_at(index), &bytes);
            assert_eq!(answer, expected, "{name}");
            let entry = String::from_utf8(bytes).unwrap();
            vectors.push(json!({"answer": answer, "entry": entry, "index": index, "name": name}));
        };
    let granted = ("power.granted", 0);
    vector("two of three registrars", granted, "accepted", |_, _| {});
    vector("two others of the three", granted, "accepted", |draft, _| {
        draft.approvers = vec!["registrar-2", "registrar-3"];
    });
    vector("one signature too few", granted, "approvals", |draft, _| draft.approvers.truncate(1));
    vector("none at all", granted, "approvals", |draft, _| draft.approvers.clear());
    vector("one to spare", granted, "approvals", |draft, _| draft.approvers.push("registrar-2"));
    vector("one key twice", granted, "approvals", |draft, _| {
        draft.arrange = |approvals| approvals[1] = approvals[0].clone();
    });
    vector("unsorted", granted, "approvals", |draft, _| draft.arrange = |approvals| approvals.reverse());
    vector("an officer for a registrar", granted, "approvals", |draft, _| draft.approvers[1] = "officer-1");
    vector("a key nobody knows", granted, "approvals", |draft, _| draft.approvers[1] = "nobody");
    vector("wrong origin", granted, "approval-signature", |draft, _| {
        draft.statement_origin = "ledger.example/another";
    });
    vector("signatures exchanged", granted, "approval-signature", |draft, _| {
        draft.arrange = |approvals| {
            let first = approvals[0]["sig"].clone();
            approvals[0]["sig"] = approvals[1]["sig"].clone();
            approvals[1]["sig"] = first;
        };
    });
    vector("in its last millisecond", granted, "accepted", |draft, _| {
        draft.body["not_after"] = json!(draft.time);
    });
    vector("a millisecond after not_after", granted, "not-after", |draft, _| {
        let time: vidimus::values::time::Time = draft.time.parse().unwrap();
        draft.body["not_after"] = json!(time.plus(-1));
    });
    vector(
        "replayed: signed over the prev of before",
        ("authority.moved", 0),
        "approval-signature",
        |draft, ledger| {
            draft.statement_prev = Some(vidimus::ledger::entry::leaf_hash(&ledger.entries[0]));
        },
    );
    vector("replayed whole, with the prev of before", ("authority.moved", 0), "prev", |draft, ledger| {
        draft.prev = Some(vidimus::ledger::entry::leaf_hash(&ledger.entries[0]));
    });
    let founded = ("authority.founded", 0);
    vector("entry 0 approved by all three", founded, "accepted", |_, _| {});
    vector("entry 0 approved by two of three", founded, "approvals", |draft, _| draft.approvers.truncate(2));
    let changed = ("registrars.changed", 0);
    vector("a new registrar who did not sign", changed, "approvals", |draft, _| {
        draft.approvers = vec!["registrar-1", "registrar-3"];
    });
    vector("one old registrar too few", changed, "approvals", |draft, _| {
        draft.approvers = vec!["registrar-1", "registrar-4"];
    });
    vector("a registrar who is one no more", ("authority.moved", 0), "approvals", |draft, _| {
        draft.approvers = vec!["registrar-1", "registrar-3"];
    });
    let rotated = ("key.introduced", 12);
    vector("a checkpoint key with the old one's statement", rotated, "accepted", |_, _| {});
    vector("a checkpoint key without it", rotated, "approvals", |draft, _| {
        draft.approvers.retain(|name| *name != "checkpoint-1");
    });
    let officers = ("licence.issued", 2);
    vector("two officers", officers, "accepted", |_, _| {});
    vector("one officer too few", officers, "approvals", |draft, _| draft.approvers.truncate(1));
    vector("one officer to spare", officers, "approvals", |draft, _| draft.approvers.push("officer-3"));
    vector("a registrar for an officer", officers, "approvals", |draft, _| {
        draft.approvers[1] = "registrar-1";
    });
    vector("officers until yesterday", officers, "not-after", |draft, _| {
        draft.body["not_after"] = json!("2026-11-21T00:00:00.000Z");
    });
    vector("officers of a recorded licence", ("licence.recorded", 1), "accepted", |_, _| {});
    vector("recorded with one officer too few", ("licence.recorded", 1), "approvals", |draft, _| {
        draft.approvers.truncate(1);
    });
    vector("approvals where none are asked for", ("licence.issued", 0), "approvals", |draft, _| {
        draft.approvers = vec!["officer-1"];
        draft.body["not_after"] = json!("2027-06-01T00:00:00.000Z");
    });
    vector("another department than the one approved", granted, "approval-signature", |draft, _| {
        let approvals = serde_json::from_slice::<Value>(&draft.seal()).unwrap()["body"]["approvals"].clone();
        draft.body["department"] = json!(FIRES);
        draft.body["approvals"] = approvals;
        draft.approvers.clear();
    });
    hold("statements.json", &Value::Array(vectors));
}
