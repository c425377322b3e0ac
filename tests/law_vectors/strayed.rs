//! One fault put into an entry that was well made: in its body, its envelope, its approvals or its signatures.

use serde_json::{Map, Value, json};
use vidimus::values::identifiers::Handle;

use crate::chance::Chance;
use crate::draft::Draft;
use crate::keyring::{AUTHORITY, FIRES, SHOPS, id, title};
use crate::story::{digest, handle};

/// The draft with one fault.
pub(crate) fn strayed(mut draft: Draft, chance: &mut Chance) -> Draft {
    match chance.below(12) {
        0 => draft.prev = Some(digest("another")),
        1 => draft.prev = None,
        2 => {
            draft.signer =
                chance.of(&["registry", "registry-shops", "registry-fires", "registrar-1", "officer-1"]);
        }
        3 => draft.spelling = spelling(chance),
        4 if !draft.approvers.is_empty() => approvals(&mut draft, chance),
        5 if draft.body.get("not_after").is_some() => {
            draft.body["not_after"] = json!("2026-11-21T00:00:00.000Z");
        }
        6 => {
            let time: vidimus::values::time::Time = draft.time.parse().unwrap();
            draft.time = time.plus(-chance.of(&[61_006, 61_008, 86_400_000])).to_string();
        }
        7 => draft.envelope = envelope(chance),
        _ => in_body(&mut draft, chance),
    }
    draft
}

fn approvals(draft: &mut Draft, chance: &mut Chance) {
    match chance.below(5) {
        0 => drop(draft.approvers.pop()),
        1 => draft.approvers.push(chance.of(&["registrar-5", "officer-1", "registry"])),
        2 => draft.statement_origin = "ledger.example/another",
        3 => draft.statement_prev = Some(digest("another")),
        _ => draft.arrange = arranged(chance),
    }
}

/// Other bytes than those that were signed: one character of the signature, a space, an end too soon.
fn spelling(chance: &mut Chance) -> fn(Vec<u8>) -> Vec<u8> {
    let spellings: [fn(Vec<u8>) -> Vec<u8>; 3] = [
        |bytes| {
            let text = String::from_utf8(bytes).unwrap();
            let (head, tail) = text.split_once("\"sig\":\"").unwrap();
            let first = if tail.starts_with('A') { "B" } else { "A" };
            let rest: String = tail.chars().skip(1).collect();
            format!("{head}\"sig\":\"{first}{rest}").into_bytes()
        },
        |bytes| [b"{ ", &bytes[1..]].concat(),
        |bytes| bytes[..bytes.len() - 1].to_vec(),
    ];
    chance.of(&spellings)
}

/// Another version, no key, a kind of later.
fn envelope(chance: &mut Chance) -> fn(&mut Map<String, Value>) {
    let envelopes: [fn(&mut Map<String, Value>); 3] = [
        |envelope| drop(envelope.insert("v".into(), json!(2))),
        |envelope| drop(envelope.remove("key")),
        |envelope| drop(envelope.insert("kind".into(), json!("case.opened"))),
    ];
    chance.of(&envelopes)
}

/// Another order, or the first one twice.
fn arranged(chance: &mut Chance) -> fn(&mut Vec<Value>) {
    let arranged: [fn(&mut Vec<Value>); 2] =
        [|approvals| approvals.reverse(), |approvals| approvals.extend(approvals.first().cloned())];
    chance.of(&arranged)
}

/// One member, at any depth, gone, another, or more than it was.
fn in_body(draft: &mut Draft, chance: &mut Chance) {
    let mut places = Vec::new();
    pointers(&draft.body, "", &mut places);
    // Where the approvals go must stay an object.
    places.retain(|place| place != "/grant");
    let Some(place) = (!places.is_empty()).then(|| chance.of(&places)) else { return };
    let (parent, name) = place.rsplit_once('/').unwrap();
    let Some(Value::Object(members)) = draft.body.pointer_mut(parent) else { return };
    match chance.below(8) {
        0 => drop(members.remove(name)),
        1 => drop(members.insert(format!("{name}-2"), json!("x"))),
        2..4 => drop(members.insert(name.to_owned(), other(chance))),
        _ => {
            let found = &mut members[name];
            *found = near(name, found, chance);
        }
    }
}

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    for (name, member) in value.as_object().into_iter().flatten() {
        let place = format!("{at}/{name}");
        pointers(member, &place, found);
        found.push(place);
    }
}

/// Of the right form, and another one.
fn near(name: &str, found: &Value, chance: &mut Chance) -> Value {
    let number = found.as_u64().unwrap_or_default();
    match name {
        "sha256" | "commitment" | "credential_digest" | "digest" | "root" => json!(digest("some")),
        "size" | "version" | "quorum" | "officers" | "count" => {
            json!(chance.of(&[0, number + 1, number.saturating_sub(1), 17]))
        }
        "handle" => {
            let later = "2029-11-22T23:00:00.000Z".parse().unwrap();
            let used = handle(chance.below(9).to_le_bytes()[0]);
            json!(chance.of(&[used, Handle::new(later, [1; 10])]))
        }
        "key" | "credential_key" | "signing_key" => {
            json!(id(chance.of(&[
                "credential-fires",
                "credential-shops",
                "registry-shops",
                "officer-1",
                "registry",
                "registrar-1"
            ])))
        }
        "title" => chance.of(&[
            title("officer-9", SHOPS, "officer"),
            title("officer-9", FIRES, "status"),
            title("registrar-5", "authority", "registrar"),
            title("officer-1", SHOPS, "officer"),
        ]),
        "owner" | "department" | "code" => json!(chance.of(&[SHOPS, FIRES, AUTHORITY])),
        "possession" => json!(vidimus::ledger::signature::Signature([7; 64])),
        "purpose" => json!(chance.of(&["officer", "registry", "report", "status", "seal", "witness"])),
        "base_url" => {
            json!(chance.of(&["https://证照.example", "ftp://a.example", "https://licences.example"]))
        }
        "zh" | "en" => json!("\u{1f4dc} 证照"),
        "certificate" => json!({"sha256": digest("some"), "size": 1}),
        "registrars" => match found.as_array().and_then(|titles| titles.first()) {
            Some(first) => json!([first, first]),
            None => json!([]),
        },
        "act" => json!(chance.of(&["recalled", "rescinded", "penalty", "annulled", "cancelled"])),
        "region" => json!(chance.of(&["330000", "330200", "440106"])),
        "from" | "valid_from" => json!(chance.of(&["2026-11-23", "2029-01-01"])),
        "until" | "valid_until" => json!(chance.of(&["2026-11-21", "2019-01-01"])),
        _ => other(chance),
    }
}

/// What stands in entries, somewhere.
fn other(chance: &mut Chance) -> Value {
    match chance.below(16) {
        0 => json!(""),
        1 => json!(-1),
        2 => json!(0),
        3 => json!(1 << 20),
        4 => json!(true),
        5 => json!([]),
        6 => json!({}),
        7 => json!(handle(3)),
        8 => json!(digest("some")),
        9 => json!(id("credential-fires")),
        10 => json!(chance.of(&[SHOPS, FIRES, "authority"])),
        11 => json!(chance.of(&["2026-11-22", "2026-02-29", "2030-01-01"])),
        12 => json!(chance.of(&[
            "2026-11-22T06:00:00.123Z",
            "2026-11-22T06:00:00Z",
            "2030-01-01T00:00:00.000Z"
        ])),
        13 => json!(chance.of(&["shop", "food", "valid", "rescinded", "shops-shop", "330106"])),
        14 => json!(chance.below(4)),
        _ => json!("证照"),
    }
}
