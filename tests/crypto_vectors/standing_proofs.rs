//! The vectors of `schemas/vectors/standing-proofs.json`: proofs of how licences stood, with the key they are judged under and what they
//! show (`schemas/standing-proof.md`).

use serde_json::{Value, json};
use vidimus::crypto::{Digest, PrivateKey};
use vidimus::ledger::body::{Body, Kind};
use vidimus::ledger::checkpoint::Checkpoint;
use vidimus::ledger::entry::Unsigned;
use vidimus::ledger::receipt::Included;
use vidimus::ledger::standing_proof::{At, StandingProof, Standings};
use vidimus::ledger::state::tree::{self, BLOCK, StateTree, Stood, StoodAfter};
use vidimus::merkle::{Hash, Range, inclusion, leaf, node};
use vidimus::note::{Note, Scheme, VerifierKey};
use vidimus::values::identifiers::{Handle, Origin};
use vidimus::values::standing::Standing;
use vidimus::values::time::Time;

const ORIGIN: &str = "ledger.example/sample-0123456789abcdef";

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

fn log() -> VerifierKey {
    VerifierKey::of(ORIGIN.parse().unwrap(), Scheme::Ed25519, key(1).public()).unwrap()
}

fn handle(number: u8) -> Handle {
    Handle::new(time(0), [number; 10])
}

fn time(index: u64) -> Time {
    Time::from_millis(1_795_327_200_000 + 1000 * i64::try_from(index).unwrap()).unwrap()
}

fn issued(number: u8, replaces: Option<(u8, &str)>) -> Value {
    let mut body = json!({
        "commitment": Digest([1; 32]), "credential_digest": Digest([2; 32]), "credential_key": key(2).id(),
        "department": "11330106MB1A351276", "handle": handle(number), "power": "p", "region": "330106",
        "status": {"index": number, "list": 1}, "type": "shop", "valid_from": "2026-01-01", "version": 1,
    });
    if let Some((old, cause)) = replaces {
        body["replaces"] = json!({"cause": cause, "handle": handle(old), "prev": Digest([9; 32])});
    }
    body
}

/// An entry about licences: where, what, and how which of them stood after it.
type Happened = (u64, &'static str, Value, Vec<(u8, &'static str)>);

/// What happened to four licences.
fn happened() -> Vec<Happened> {
    let act = |number: u8| json!({"commitment": Digest([3; 32]), "handle": handle(number)});
    let end = |number: u8, word: &str| json!({"act": word, "commitment": Digest([3; 32]), "handle": handle(number)});
    let recorded = json!({"grant": issued(3, None), "standing": "suspended", "trust": "B"});
    vec![
        (9, "licence.issued", issued(1, None), vec![(1, "valid")]),
        (10, "licence.suspended", act(1), vec![(1, "suspended")]),
        (20, "licence.issued", issued(2, Some((1, "reissued"))), vec![(1, "reissued"), (2, "suspended")]),
        (40, "licence.recorded", recorded, vec![(3, "suspended")]),
        (41, "licence.reinstated", act(3), vec![(3, "valid")]),
        (42, "licence.erased", act(3), vec![(3, "valid")]),
        (90, "licence.ended", end(3, "penalty"), vec![(3, "penalty")]),
        (91, "licence.ended", end(3, "rescinded"), vec![(3, "rescinded")]),
        (255, "licence.issued", issued(4, None), vec![(4, "valid")]),
        // Behind the anchored size.
        (259, "licence.suspended", act(4), vec![]),
    ]
}

/// A ledger that is anchored at 256 by the entry at `anchor`.
struct Ledger {
    entries: Vec<Vec<u8>>,
    stood: Vec<(u64, Stood)>,
    states: StateTree,
    leaves: Vec<Hash>,
    anchor: u64,
}

impl Ledger {
    fn of(anchor: u64) -> Self {
        let origin: Origin = ORIGIN.parse().unwrap();
        let mut stood: Vec<(u64, Stood)> = Vec::new();
        for (index, _, _, after) in happened() {
            for (number, word) in after {
                let event = StoodAfter { index, standing: word.parse().unwrap() };
                match stood.iter_mut().find(|(_, one)| one.handle == handle(number)) {
                    Some((_, one)) => one.events.push(event),
                    None => stood.push((index, Stood { events: vec![event], handle: handle(number) })),
                }
            }
        }
        let leaves = tree::leaves(&origin, 0, stood.clone()).unwrap();
        let mut states = StateTree::default();
        states.put(&[(0, tree::block(&origin, 0, stood.clone()).unwrap())].into());
        let mut ledger = Self { entries: Vec::new(), stood, states, leaves, anchor };
        for index in 0..270 {
            ledger.push(&origin, index);
        }
        ledger
    }

    fn push(&mut self, origin: &Origin, index: u64) {
        let mut happened = happened().into_iter().filter(|(at, ..)| *at == index);
        let (kind, body) = match happened.next() {
            _ if index == self.anchor => {
                ("state.anchored", json!({"root": Digest(self.states.root().0), "size": BLOCK}))
            }
            Some((_, kind, body, _)) => (kind, body),
            None => ("ledger.anchored", json!({"root": Digest([7; 32]), "size": index})),
        };
        let body = Body::from_value(Kind::parse(kind).unwrap(), body).unwrap();
        let unsigned = Unsigned { body, key: key(3).id(), prev: None, time: time(index) };
        self.entries.push(unsigned.sign(origin, &key(3)).unwrap().bytes().to_vec());
    }

    fn note(&self, seed: u8, size: usize) -> Note {
        let mut range = Range::new();
        self.entries[..size].iter().for_each(|entry| range.push(leaf(entry)));
        Checkpoint::new(ORIGIN.parse().unwrap(), range.size(), range.root().0).sign(&key(seed), &[]).unwrap()
    }

    fn included(&self, index: u64) -> Included {
        let nodes = |level: u8, at: u64| {
            let first = usize::try_from(at).ok()? << level;
            let mut hashes: Vec<Hash> =
                self.entries.get(first..first + (1 << level))?.iter().map(|entry| leaf(entry)).collect();
            while hashes.len() > 1 {
                hashes = hashes.chunks(2).map(|pair| node(&pair[0], &pair[1])).collect();
            }
            hashes.pop()
        };
        let size = u64::try_from(self.entries.len()).unwrap();
        let path = inclusion(index, size, &nodes).unwrap().path.iter().map(|hash| hash.0).collect();
        let entry = self.entries[usize::try_from(index).unwrap()].clone();
        Included::new(Some(entry), index, path).unwrap()
    }

    fn proof(&self, number: u8) -> String {
        let (first, stood) = self.stood.iter().find(|(_, one)| one.handle == handle(number)).unwrap();
        let path = self.states.prove(*first, &self.leaves).unwrap().path;
        let needed = StandingProof::needs(stood, BLOCK, self.anchor);
        let entries = needed.into_iter().map(|index| self.included(index)).collect();
        let note = self.note(1, self.entries.len());
        StandingProof::of(stood.clone(), path, entries, note).unwrap().0.to_string()
    }
}

/// How it stood before and at each event, and around its end; null before it was entered.
fn told(shown: &Standings) -> Value {
    let times = shown.events.iter().flat_map(|event| [event.time.plus(-1), event.time]);
    let times = times.chain([shown.until.plus(-1), shown.until]);
    let told = times.map(|at| match shown.at(at) {
        At::NotEntered => json!({"at": at, "standing": null}),
        At::Stood(event) => json!({"at": at, "standing": event.standing}),
        At::CannotTell => json!({"at": at, "standing": "cannot_tell"}),
    });
    told.collect()
}

fn spoiled() -> Vec<(&'static str, String, &'static str)> {
    let ledger = Ledger::of(257);
    let good = ledger.proof(3);
    let parts: Vec<&str> = good.split("\n\n").collect();
    let without = |part: usize| {
        let kept: Vec<&str> =
            parts.iter().enumerate().filter(|(at, _)| *at != part).map(|(_, part)| *part).collect();
        kept.join("\n\n")
    };
    let with_leaf = |from: &str, to: &str| good.replacen(from, to, 1);
    let hash = good.lines().nth(2).unwrap();
    let event = format!("{{\"index\":42,\"standing\":\"{}\"}},", Standing::Valid);
    let shorter = without(3).replacen(&event, "", 1);
    let note = |seed, size| {
        let ours = ledger.note(1, ledger.entries.len()).to_string();
        good.replacen(&ours, &ledger.note(seed, size).to_string(), 1)
    };
    vec![
        ("another standing", with_leaf("\"penalty\"", "\"annulled\""), "the entry is another act"),
        ("an event left out", shorter, "the leaf is not the one that was anchored"),
        ("an entry left out", without(3), "the leaf names it"),
        ("no end", without(6), "the entry at the anchored size is needed"),
        ("no anchor", without(7), "the last entry anchors nothing"),
        (
            "another handle",
            good.replacen(&handle(3).to_string(), &handle(4).to_string(), 1),
            "the entries are not about it",
        ),
        ("a hash less", good.replacen(&format!("{hash}\n"), "", 1), "another number of hashes"),
        ("a hash twice", good.replacen(hash, &format!("{hash}\n{hash}"), 1), "another number of hashes"),
        ("another's key", note(2, ledger.entries.len()), "the log did not sign"),
        ("another checkpoint", note(1, 269), "the paths lead elsewhere"),
        ("a leaf with a space", with_leaf("{\"events\":", "{\"events\": "), "one spelling"),
        ("another version", good.replacen("/v1", "/v2", 1), "this page says nothing of it"),
        ("no line feed at the end", good.trim_end().to_owned(), "every line ends in one"),
        ("cut off", parts[..5].join("\n\n"), "no checkpoint"),
        ("CR LF", good.replace('\n', "\r\n"), "one spelling"),
    ]
}

#[test]
fn proofs_of_standing_get_their_answers_and_the_file_holds_them() {
    let (mut file, keys) = (Vec::new(), [log()]);
    let judged =
        |text: &str| StandingProof::parse(text.as_bytes()).and_then(|proof| proof.verify(&keys, &[]));
    for (name, anchor, number) in [
        ("suspended, then reissued", 257, 1),
        ("a suspension that went along", 257, 2),
        ("recorded, reinstated, erased, ended twice", 257, 3),
        ("the last entry before its end", 257, 4),
        ("an anchor that is its own end", 256, 3),
    ] {
        let proof = Ledger::of(anchor).proof(number);
        let stood = told(&judged(&proof).unwrap().1);
        file.push(
            json!({"name": name, "log": log().to_string(), "proof": proof, "accept": true, "stood": stood}),
        );
    }
    for (name, proof, why) in spoiled() {
        assert!(judged(&proof).is_err(), "{name}: {why}");
        file.push(
            json!({"name": name, "log": log().to_string(), "proof": proof, "accept": false, "why": why}),
        );
    }
    crate::hold("standing-proofs.json", &Value::Array(file));
}
