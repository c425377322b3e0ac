//! The law behind the signatures: an entry of any form, signed anew by the keys it names, is judged at a place in the whole
//! ledger of the vectors.
//!
//! - Every entry has an answer; what is taken makes the ledger one longer and can never be taken again.
//! - Judging changes nothing: the same entry at the same place has the same answer.
//! - With one bit of its signature turned it is refused.
//!
//! Input: how many entries stand before, what to put right (`prev`, time, approvals), and the entry's JSON.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Value, json};
use vidimus::crypto::base64url::encode;
use vidimus::crypto::{KeyId, PrivateKey};
use vidimus::law::{self, Refused};
use vidimus::ledger::body::{Body, Kind, Subject};
use vidimus::ledger::entry::{Entry, Unsigned, statement};
use vidimus::ledger::state::{MemoryState, Overlay, View};
use vidimus::values::canonical::{canonical, parse_strict};

use crate::make::{BLOBS, ENTRIES, MUTATED, key};

const NAMES: [&str; 18] = [
    "registry",
    "registrar-1",
    "registrar-2",
    "registrar-3",
    "registrar-4",
    "registry-shops",
    "registry-fires",
    "officer-1",
    "officer-2",
    "officer-3",
    "credential-shops",
    "credential-fires",
    "status",
    "report",
    "witness",
    "checkpoint-1",
    "checkpoint-2",
    "registrar-5",
];
const PREV: u8 = 1;
const TIME: u8 = 2;
const APPROVALS: u8 = 4;

static KEYS: LazyLock<HashMap<KeyId, PrivateKey>> =
    LazyLock::new(|| NAMES.iter().map(|name| key(name)).map(|key| (key.id(), key)).collect());

thread_local! {
    /// The ledger before each of its entries and after the last, each made when it is first asked for.
    static STATES: Vec<OnceCell<MemoryState>> = (0..=ENTRIES.len()).map(|_| OnceCell::new()).collect();
}

fn state_before(index: usize) -> MemoryState {
    let mut state = MemoryState::new();
    BLOBS.iter().for_each(|blob| state.add_blob(blob.clone()));
    for entry in &ENTRIES[..index] {
        let (_, applied) = law::judge(&state, entry).unwrap();
        law::discharge(vec![applied]).unwrap().iter().for_each(|effects| state.absorb(effects));
    }
    state
}

/// Holds the laws over an entry made of the input.
pub fn run(data: &[u8]) {
    let [place, right, json @ ..] = data else { return };
    STATES.with(|states| {
        let index = usize::from(*place) % states.len();
        let state = states[index].get_or_init(|| state_before(index));
        if let Some(bytes) = signed(state, *right, json) {
            judged(state, &bytes);
        }
    });
}

/// The entry with what is to be put right, signed by the key it names.
fn signed(state: &MemoryState, right: u8, json: &[u8]) -> Option<Vec<u8>> {
    let mut value = parse_strict(json).ok()?;
    let members = value.as_object_mut()?;
    members.insert("sig".into(), json!(encode(&[0; 64])));
    let entry = Entry::parse(&canonical(&value).ok()?).ok()?;
    let mut unsigned = entry.unsigned().clone();
    if right & PREV != 0 {
        unsigned.prev = last(state, &unsigned.body);
    }
    if right & TIME != 0 {
        unsigned.time = state.charter().time().unwrap_or(unsigned.time).plus(1_000);
    }
    let fallback = "ledger.example/none".parse().unwrap();
    let origin = state.charter().origin().unwrap_or(&fallback);
    if right & APPROVALS != 0 {
        unsigned.body = approved(&unsigned, origin)?;
    }
    let key = KEYS.get(&unsigned.key)?;
    Some(unsigned.sign(origin, key).ok()?.bytes().to_vec())
}

fn last(state: &MemoryState, body: &Body) -> Option<vidimus::crypto::Digest> {
    match body.subject() {
        Subject::Licence(handle) => state.licence(&handle).unwrap().map(|licence| licence.last),
        subject => state.charter().chain(&subject),
    }
}

/// The body with every approval by a key of ours made anew.
fn approved(unsigned: &Unsigned, origin: &vidimus::values::identifiers::Origin) -> Option<Body> {
    let message = statement(&unsigned.body, unsigned.prev, origin).unwrap();
    let mut value = unsigned.body.to_value().unwrap();
    let place = if unsigned.body.kind() == Kind::LicenceRecorded { "/grant/approvals" } else { "/approvals" };
    if let Some(Value::Array(approvals)) = value.pointer_mut(place) {
        for approval in approvals {
            let key = approval["key"].as_str()?.parse().ok().and_then(|id: KeyId| KEYS.get(&id));
            if let Some(key) = key {
                approval["sig"] = json!(encode(&key.sign(&message).unwrap()));
            }
        }
    }
    Body::from_value(unsigned.body.kind(), value).ok()
}

fn judged(state: &MemoryState, bytes: &[u8]) {
    let answer = |view: &dyn View| {
        law::judge(view, bytes).map(|(entry, applied)| (entry, law::discharge(vec![applied])))
    };
    let word = |refused: &Refused| refused.to_string();
    match (answer(state), answer(state)) {
        (Err(first), Err(second)) => assert_eq!(word(&first), word(&second)),
        (Ok((entry, Ok(effects))), Ok((_, Ok(_)))) => {
            assert_eq!(entry.bytes(), bytes);
            let mut after = Overlay::new(state, state.range());
            effects.iter().for_each(|effects| after.absorb(effects));
            assert_eq!(after.charter().size(), state.charter().size() + 1);
            assert_eq!(after.charter().time(), Some(entry.time()));
            assert!(answer(&after).is_err(), "an old act was replayed");
            assert!(entry.time() >= state.charter().time().unwrap_or(entry.time()), "time ran backwards");
            spoiled(state, &entry);
        }
        (Ok((_, Err((_, first)))), Ok((_, Err((_, second))))) => assert_eq!(first, second),
        _ => panic!("two answers to one entry"),
    }
}

/// The same entry with one bit of its signature turned.
fn spoiled(state: &MemoryState, entry: &Entry) {
    let mut signature = *entry.signature();
    signature.0[40] ^= 1;
    let spoiled = Entry::assemble(entry.unsigned().clone(), signature).unwrap();
    let refused =
        law::judge(state, spoiled.bytes()).map(|(_, applied)| law::discharge(vec![applied]).is_err());
    assert!(refused.unwrap_or(true), "a spoiled signature was taken");
}

/// Every entry at its place, and every mutated copy at its own.
pub fn seeds() -> Vec<Vec<u8>> {
    let own = ENTRIES.iter().enumerate().map(|(index, entry)| (index, entry.clone()));
    let mutated = MUTATED.iter().map(|mutation| {
        let index = usize::try_from(mutation["index"].as_u64().unwrap()).unwrap();
        (index, mutation["entry"].as_str().unwrap().as_bytes().to_vec())
    });
    let small = own.chain(mutated).filter(|(_, entry)| entry.len() <= 4096);
    small
        .map(|(index, entry)| [[index.to_le_bytes()[0], PREV | APPROVALS].as_slice(), &entry].concat())
        .collect()
}

/// Those of entries, and the key ids.
pub fn words() -> Vec<String> {
    let ids = KEYS.keys().map(ToString::to_string);
    let mut words: Vec<String> = super::entry::words().into_iter().chain(ids).collect();
    words.sort();
    words
}
