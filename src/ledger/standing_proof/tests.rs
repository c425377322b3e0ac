//! A ledger of two licences, anchored twice: what the proofs say at every edge, and that nothing in them can be changed.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::crypto::{Digest, PrivateKey};
use crate::ledger::body::{LedgerAnchored, LicenceActed, LicenceEnded, StateAnchored, StatusPlace};
use crate::ledger::entry::Unsigned;
use crate::ledger::state::tree::{self, BLOCK, StateTree};
use crate::merkle::{Range, inclusion, node};
use crate::note::Scheme;
use crate::values::standing::{Cause, Ending};
use crate::values::time::Time;

const LOG: &str = "log.example/1";
const FIRST: u64 = 20;
const OTHER: u64 = 300;

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

fn vkey(seed: u8) -> VerifierKey {
    VerifierKey::of(LOG.parse().unwrap(), Scheme::Ed25519, key(seed).public()).unwrap()
}

/// An entry each second.
fn time(index: u64) -> Time {
    Time::from_millis(1_795_327_200_000 + 1000 * i64::try_from(index).unwrap()).unwrap()
}

fn handle(number: u8) -> Handle {
    Handle::new(time(0), [number; 10])
}

fn issued(number: u8, replaces: Option<Replaces>) -> Body {
    Body::LicenceIssued(LicenceIssued {
        approvals: vec![],
        case: None,
        commitment: Digest([1; 32]),
        credential_digest: Digest([2; 32]),
        credential_key: key(2).id(),
        department: "11330106MB1A351276".parse().unwrap(),
        handle: handle(number),
        not_after: None,
        power: "p".parse().unwrap(),
        region: "330106".parse().unwrap(),
        replaces,
        status: StatusPlace { index: number.into(), list: 1 },
        r#type: "shop".parse().unwrap(),
        valid_from: "2026-01-01".parse().unwrap(),
        valid_until: None,
        version: 1,
    })
}

fn acted(number: u8) -> LicenceActed {
    LicenceActed { commitment: Digest([3; 32]), handle: handle(number) }
}

/// Entries with their leaves, and the state tree as it was anchored.
struct Ledger {
    name: &'static str,
    entries: Vec<Vec<u8>>,
    stood: Vec<(u64, Stood)>,
}

impl Ledger {
    fn of(name: &'static str) -> Self {
        let mut ledger = Self { name, entries: Vec::new(), stood: Vec::new() };
        let about = |index: u64, body: Body, number: u8, standing: Standing| (index, body, number, standing);
        let of_old = Replaces { cause: Cause::Reissued, handle: handle(1), prev: Digest([9; 32]) };
        let said = [
            about(FIRST, issued(1, None), 1, Standing::Valid),
            about(30, Body::LicenceSuspended(acted(1)), 1, Standing::Suspended),
            about(256, Body::LicenceReinstated(acted(1)), 1, Standing::Valid),
            about(OTHER, issued(2, Some(of_old)), 1, Standing::Replaced(Cause::Reissued)),
            about(
                600,
                Body::LicenceEnded(LicenceEnded {
                    act: Ending::Rescinded,
                    commitment: Digest([3; 32]),
                    handle: handle(1),
                }),
                1,
                Standing::Ended(Ending::Rescinded),
            ),
        ];
        for (index, body, number, standing) in said {
            ledger.fill(index);
            let begun = matches!(&body, Body::LicenceIssued(issued) if issued.handle == handle(2));
            ledger.push(body);
            if begun {
                ledger.note(index, 2, Standing::Valid);
            }
            ledger.note(index, number, standing);
        }
        ledger.fill(720);
        ledger
    }

    fn note(&mut self, index: u64, number: u8, standing: Standing) {
        let event = StoodAfter { index, standing };
        match self.stood.iter_mut().find(|(_, stood)| stood.handle == handle(number)) {
            Some((_, stood)) => stood.events.push(event),
            None => self.stood.push((index, Stood { events: vec![event], handle: handle(number) })),
        }
    }

    fn size(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap()
    }

    fn push(&mut self, body: Body) {
        let unsigned = Unsigned { body, key: key(3).id(), prev: None, time: time(self.size()) };
        let entry = unsigned.sign(&self.name.parse().unwrap(), &key(3)).unwrap();
        self.entries.push(entry.bytes().to_vec());
    }

    /// Entries that say nothing of licences, and at 256, 257 and 515 the anchors.
    fn fill(&mut self, until: u64) {
        while self.size() < until {
            match self.size() {
                257 => self.anchor(256),
                515 => self.anchor(512),
                size => self.push(Body::LedgerAnchored(LedgerAnchored { root: Digest([7; 32]), size })),
            }
        }
    }

    fn before(&self, size: u64) -> Vec<(u64, Stood)> {
        let early = |(first, stood): &(u64, Stood)| {
            let events: Vec<_> = stood.events.iter().copied().filter(|event| event.index < size).collect();
            (!events.is_empty()).then_some((*first, Stood { events, handle: stood.handle }))
        };
        let mut before: Vec<_> = self.stood.iter().filter_map(early).collect();
        before.sort_by_key(|(first, _)| *first);
        before
    }

    fn leaves(&self, number: u64, size: u64) -> Vec<Hash> {
        let first = number * BLOCK;
        let here = self.before(size).into_iter().filter(|(index, _)| index / BLOCK == number);
        tree::leaves(&self.name.parse().unwrap(), first, here).unwrap()
    }

    fn tree(&self, size: u64) -> StateTree {
        let root = |leaves: Vec<Hash>| {
            let mut range = Range::new();
            leaves.into_iter().for_each(|leaf| range.push(leaf));
            range.root()
        };
        let mut tree = StateTree::default();
        tree.put(&(0..size / BLOCK).map(|number| (number, root(self.leaves(number, size)))).collect());
        tree
    }

    fn anchor(&mut self, size: u64) {
        let root = Digest(self.tree(size).root().0);
        self.push(Body::StateAnchored(StateAnchored { root, size }));
    }

    fn note_by(&self, seed: u8) -> Note {
        let mut range = Range::new();
        self.entries.iter().for_each(|entry| range.push(leaf(entry)));
        Checkpoint::new(self.name.parse().unwrap(), self.size(), range.root().0)
            .sign(&key(seed), &[])
            .unwrap()
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
        let proof = inclusion(index, self.size(), &nodes).unwrap();
        let entry = self.entries[usize::try_from(index).unwrap()].clone();
        Included::new(Some(entry), index, proof.path.iter().map(|hash| hash.0).collect()).unwrap()
    }

    fn stood(&self, number: u8, size: u64) -> (u64, Stood) {
        self.before(size).into_iter().find(|(_, stood)| stood.handle == handle(number)).unwrap()
    }

    fn proof(&self, number: u8, (size, anchor): (u64, u64)) -> StandingProof {
        let (first, stood) = self.stood(number, size);
        let path = self.tree(size).prove(first, &self.leaves(first / BLOCK, size)).unwrap().path;
        let needed = StandingProof::needs(&stood, size, anchor);
        let entries = needed.into_iter().map(|index| self.included(index)).collect();
        StandingProof::of(stood, path, entries, self.note_by(1)).unwrap().0
    }
}

const EARLY: (u64, u64) = (256, 257);
const LATE: (u64, u64) = (512, 515);

fn standing(shown: &Standings, at: Time) -> Option<Standing> {
    match shown.at(at) {
        At::NotEntered => None,
        At::Stood(event) => Some(event.standing),
        At::CannotTell => panic!("{at} is not before {}", shown.until),
    }
}

#[test]
fn it_tells_of_every_time_before_its_end_and_of_none_after() {
    let ledger = Ledger::of(LOG);
    let shown = |number, anchor| ledger.proof(number, anchor).verify(&[vkey(1)], &[]).unwrap().1;
    let (early, late, other) = (shown(1, EARLY), shown(1, LATE), shown(2, LATE));
    assert_eq!((early.until, early.size, early.anchor), (time(256), 256, 257));
    assert_eq!((late.until, late.size, late.anchor), (time(512), 512, 515));
    for both in [&early, &late] {
        assert_eq!(standing(both, time(20).plus(-1)), None);
        assert_eq!(standing(both, time(20)), Some(Standing::Valid));
        assert_eq!(standing(both, time(30).plus(-1)), Some(Standing::Valid));
        assert_eq!(standing(both, time(30)), Some(Standing::Suspended));
        assert_eq!(standing(both, time(256).plus(-1)), Some(Standing::Suspended));
        assert_eq!(both.at(both.until), At::CannotTell);
        assert_eq!(both.at(Time::MAX), At::CannotTell);
        assert!(matches!(both.at(both.last_time()), At::Stood(_)));
    }
    assert_eq!(standing(&late, time(256)), Some(Standing::Valid));
    assert_eq!(standing(&late, late.last_time()), Some(Standing::Replaced(Cause::Reissued)));
    assert_eq!(standing(&other, time(299)), None);
    assert_eq!(standing(&other, time(300)), Some(Standing::Valid));
    assert!(!late.is_void(), "the rescission came later");
    let kinds: Vec<_> = late.events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["licence.issued", "licence.suspended", "licence.reinstated", "licence.issued"]);
}

#[test]
fn it_is_written_again_as_it_was_read() {
    let ledger = Ledger::of(LOG);
    for proof in [ledger.proof(1, EARLY), ledger.proof(1, LATE), ledger.proof(2, LATE)] {
        let text = proof.to_string();
        assert_eq!(StandingProof::parse(text.as_bytes()).unwrap(), proof);
        for (number, _) in text.match_indices('\n') {
            let cut = StandingProof::parse(&text.as_bytes()[..number])
                .map(|cut| cut.verify(&[vkey(1)], &[]).is_ok());
            assert_ne!(cut.ok(), Some(true), "cut at {number}");
        }
    }
}

/// What a proof of the late anchor comes to when somebody changed it.
fn refused(ledger: &Ledger, change: impl FnOnce(&mut StandingProof)) -> String {
    let mut proof = ledger.proof(1, LATE);
    change(&mut proof);
    let read = StandingProof::parse(proof.to_string().as_bytes());
    read.and_then(|proof| proof.verify(&[vkey(1)], &[])).unwrap_err().to_string()
}

#[test]
fn nothing_in_it_can_be_changed() {
    let ledger = Ledger::of(LOG);
    let why = |change: &dyn Fn(&mut StandingProof)| refused(&ledger, change);
    let others = "the proof holds other entries";
    for (says, why) in [
        ("after which licence", why(&|proof| proof.stood.events[1].standing = Standing::Valid)),
        ("after which licence", why(&|proof| proof.stood.handle = handle(2))),
        (others, why(&|proof| proof.stood.events.truncate(3))),
        (others, why(&|proof| drop(proof.entries.remove(1)))),
        (others, why(&|proof| proof.stood.events[3].index += 1)),
        (others, why(&|proof| drop(proof.entries.remove(4)))),
        ("anchors no states", why(&|proof| drop(proof.entries.pop()))),
        (
            "not under the anchored root",
            why(&|proof| {
                proof.stood.events.pop();
                proof.entries.remove(3);
            }),
        ),
        (
            "not under the anchored root",
            why(&|proof| {
                proof.stood.events.remove(1);
                proof.entries.remove(1);
            }),
        ),
        ("not under the anchored root", why(&|proof| proof.path.swap(0, 1))),
        ("not under the anchored root", why(&|proof| proof.path.truncate(2))),
        ("do not ascend", why(&|proof| proof.stood.events.swap(0, 1))),
        (
            "it names no entry",
            why(&|proof| {
                proof.stood.events.clear();
                proof.entries.drain(..4);
            }),
        ),
        ("no signature", why(&|proof| proof.note = ledger.note_by(2))),
        (
            "not under the checkpoint",
            why(&|proof| {
                let mut longer = Ledger::of(LOG);
                longer.fill(721);
                proof.note = longer.note_by(1);
            }),
        ),
    ] {
        assert!(why.contains(says), "{says}: {why}");
    }
    // Another anchor's root, and another ledger's proof.
    let mixed = refused(&ledger, |proof| {
        *proof = StandingProof { path: ledger.proof(1, EARLY).path, ..proof.clone() }
    });
    assert!(mixed.contains("not under the anchored root"), "{mixed}");
    let other = Ledger::of("log.example/2").proof(1, LATE).verify(&[vkey(1)], &[]).unwrap_err();
    assert!(matches!(other, StandingProofError::Checkpoint(CheckpointError::Origin { .. })), "{other}");
}

/// The leaf is bound to its ledger, even where the same key signs for another.
#[test]
fn a_leaf_of_another_ledger_is_none_of_this_one() {
    let mut ledger = Ledger::of(LOG);
    ledger.name = "log.example/2";
    let (first, stood) = ledger.stood(1, 512);
    let path = ledger.tree(512).prove(first, &ledger.leaves(0, 512)).unwrap().path;
    let entries = StandingProof::needs(&stood, 512, 515).into_iter().map(|index| ledger.included(index));
    let error = StandingProof::of(stood, path, entries.collect(), ledger.note_by(1)).unwrap_err();
    assert!(matches!(error, StandingProofError::State(_)), "{error}");
}

#[test]
fn sizes_are_limited() {
    let ledger = Ledger::of(LOG);
    let long = vec![b' '; MAX_STANDING_PROOF + 1];
    assert!(matches!(StandingProof::parse(&long), Err(StandingProofError::TooLong { .. })));
    let mut proof = ledger.proof(1, LATE);
    proof.path = vec![Hash([0; 32]); MAX_PATH + 1];
    let read = StandingProof::parse(proof.to_string().as_bytes());
    assert!(matches!(read, Err(StandingProofError::PathTooLong)));
    let mut proof = ledger.proof(1, LATE);
    proof.stood.events = (0..=1_000).map(|index| StoodAfter { index, standing: Standing::Valid }).collect();
    let read = StandingProof::parse(proof.to_string().as_bytes());
    assert!(matches!(read, Err(StandingProofError::TooManyEvents)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// The log's line is the only one under the checkpoint, so no byte is free.
    #[test]
    fn no_byte_can_be_another(place: Index, byte: u8) {
        static TEXT: LazyLock<String> = LazyLock::new(|| Ledger::of(LOG).proof(1, LATE).to_string());
        let mut bytes = TEXT.clone().into_bytes();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        let shown = StandingProof::parse(&bytes).and_then(|proof| proof.verify(&[vkey(1)], &[]));
        prop_assert!(shown.is_err(), "at {}: {:?}", place, byte);
    }
}
