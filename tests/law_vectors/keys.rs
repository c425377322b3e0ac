//! `keys.json`: key ids, proofs of possession with one of their parts stolen, and keys that come back.

use serde_json::{Value, json};
use vidimus::crypto::base64url::encode;
use vidimus::crypto::{KeyId, PublicKey};

use crate::draft::Draft;
use crate::keyring::{FIRES, NOT_AFTER, ORIGIN, SHOPS, certificates, key, possession, title};
use crate::ledger::{Ledger, answer, last};
use crate::story::told;

#[test]
fn keys() {
    let ledger = told();
    let vectors = json!({"ids": ids(), "possession": possessions(), "reused": reused(&ledger)});
    crate::hold("keys.json", &vectors);
}

fn ids() -> Value {
    let ed25519 = key("registry").public().spki();
    let p256 = certificates()["root"].public().spki();
    let changed = |spki: &[u8], place: usize, byte: u8| {
        let mut spki = spki.to_vec();
        spki[place] = byte;
        spki
    };
    let compressed = [&p256[..26], &[2], &p256[27..59]].concat();
    let mut rows = Vec::new();
    for (name, spki) in [
        ("Ed25519", ed25519.clone()),
        ("P-256", p256.clone()),
        ("Ed25519, a byte more", [&ed25519[..], &[0]].concat()),
        ("Ed25519, a byte less", ed25519[..43].to_vec()),
        ("X25519", changed(&ed25519, 8, 0x6e)),
        ("Ed25519, of small order", [&ed25519[..12], &[1], &[0; 31]].concat()),
        ("Ed25519, y ≥ p", [&ed25519[..12], &[0xff; 31], &[0x7f]].concat()),
        ("P-256, compressed", compressed),
        ("P-256, hybrid", changed(&p256, 26, 6)),
        ("another curve", changed(&p256, 22, 0x06)),
        ("nothing", Vec::new()),
    ] {
        let id: Option<KeyId> = PublicKey::from_spki(&spki).ok().map(|key| key.id());
        let mut row = json!({"name": name, "spki": encode(&spki)});
        if let Some(id) = id {
            row["id"] = json!(id);
        }
        rows.push(row);
    }
    Value::Array(rows)
}

fn possessions() -> Value {
    let public = key("officer-1").public().clone();
    let other = key("officer-2").public().clone();
    let signature = key("officer-1").sign(&possession(ORIGIN, SHOPS, "officer", &public, NOT_AFTER)).unwrap();
    let mut rows = Vec::new();
    for (name, origin, owner, purpose, key, not_after) in [
        ("as it was signed", ORIGIN, SHOPS, "officer", &public, NOT_AFTER),
        ("stolen for another owner", ORIGIN, FIRES, "officer", &public, NOT_AFTER),
        ("for another purpose", ORIGIN, SHOPS, "registry", &public, NOT_AFTER),
        ("for another ledger", "ledger.example/another", SHOPS, "officer", &public, NOT_AFTER),
        ("for another key", ORIGIN, SHOPS, "officer", &other, NOT_AFTER),
        ("for longer", ORIGIN, SHOPS, "officer", &public, "2028-06-01T00:00:00.000Z"),
    ] {
        let message = possession(origin, owner, purpose, key, not_after);
        let accept = key.verifies(&message, &signature);
        assert_eq!(accept, name == "as it was signed");
        rows.push(json!({
            "accept": accept, "name": name, "not_after": not_after, "origin": origin, "owner": owner,
            "purpose": purpose, "signature": encode(&signature), "spki": encode(&key.spki()),
        }));
    }
    Value::Array(rows)
}

/// In place of the last entry but one of the whole ledger, when all these keys have been introduced.
fn reused(ledger: &Ledger) -> Value {
    let index = ledger.entries.len();
    let mut rows = Vec::new();
    let mut row = |name: &str, expected: &str, draft: Draft| {
        let mut draft = ledger.next(draft);
        draft.prev = last(&ledger.state, draft.kind, &draft.body);
        let bytes = draft.seal();
        let answer = answer(&mut ledger.state_at(index), &bytes);
        assert_eq!(answer, expected, "{name}");
        let entry = String::from_utf8(bytes).unwrap();
        rows.push(json!({"answer": answer, "entry": entry, "index": index, "name": name}));
    };
    let introduced = |title: Value| Draft {
        approvers: vec!["registrar-1", "registrar-4"],
        ..Draft::new("key.introduced", "registry", json!({"not_after": NOT_AFTER, "title": title}))
    };
    row("a key in force, again", "key-reuse", introduced(title("officer-1", SHOPS, "officer")));
    row(
        "a key in force, for another purpose",
        "key-reuse",
        introduced(title("officer-1", SHOPS, "registry")),
    );
    row("a registrar as report key", "key-reuse", introduced(title("registrar-1", "authority", "report")));
    row(
        "a dropped registrar as report key",
        "key-reuse",
        introduced(title("registrar-3", "authority", "report")),
    );
    let mut retired = introduced(title("checkpoint-1", "authority", "checkpoint"));
    retired.approvers.push("checkpoint-2");
    row("a retired checkpoint key", "key-reuse", retired);
    let registrars =
        ["registrar-1", "registrar-2", "registrar-3"].map(|name| title(name, "authority", "registrar"));
    let back = Draft {
        approvers: vec!["registrar-1", "registrar-4", "registrar-3"],
        ..Draft::new(
            "registrars.changed",
            "registry",
            json!({"not_after": NOT_AFTER, "quorum": 2, "registrars": registrars}),
        )
    };
    row("a dropped registrar comes back", "key-reuse", back);
    row("a new key", "accepted", introduced(title("officer-4", SHOPS, "officer")));
    Value::Array(rows)
}
