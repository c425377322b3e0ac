//! Trees of chance that fork at a place of chance: every pair of sizes past it is proved, nothing else is, and no bit of a proof can
//! be turned.

use proptest::prelude::*;

use super::*;
use crate::crypto::PrivateKey;
use crate::merkle::{EMPTY_ROOT, Range, leaf, node, prefix};
use crate::note::Scheme;

const LOG: &str = "log.example/1";

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

fn vkey(seed: u8) -> VerifierKey {
    VerifierKey::of(LOG.parse().unwrap(), Scheme::Ed25519, key(seed).public()).unwrap()
}

fn signed_by(seed: u8, size: u64, root: Hash) -> VerifiedCheckpoint {
    let note = Checkpoint::new(LOG.parse().unwrap(), size, root.0).sign(&key(seed), &[]).unwrap();
    VerifiedCheckpoint::verify(note, &vkey(seed), &[]).unwrap()
}

/// Leaves up to `fork` that all share, and then a face's own.
struct Face {
    leaves: Vec<Hash>,
}

impl Face {
    fn of(count: u64, fork: u64, own: u8) -> Self {
        let own = |at: u64| if at < fork { 0 } else { own };
        Self { leaves: (0..count).map(|at| leaf(&[&at.to_be_bytes()[..], &[own(at)]].concat())).collect() }
    }

    fn first(&self, count: u64) -> &[Hash] {
        &self.leaves[..usize::try_from(count).unwrap()]
    }

    fn root(&self, count: u64) -> Hash {
        let mut range = Range::new();
        self.first(count).iter().for_each(|leaf| range.push(*leaf));
        range.root()
    }

    fn head(&self, count: u64) -> VerifiedCheckpoint {
        signed_by(1, count, self.root(count))
    }

    fn prefix(&self, leaves: u64, size: u64) -> Option<PrefixProof> {
        let whole = self.first(size);
        let nodes = |level: u8, index: u64| {
            let first = usize::try_from(index).ok()? << level;
            let mut hashes = whole.get(first..first + (1 << level))?.to_vec();
            while hashes.len() > 1 {
                hashes = hashes.chunks(2).map(|pair| node(&pair[0], &pair[1])).collect();
            }
            hashes.pop()
        };
        (leaves < size).then(|| prefix(leaves, size, &nodes).unwrap())
    }
}

/// Every bit of a proof, turned.
fn turned(text: &str) -> impl Iterator<Item = Vec<u8>> {
    (0..text.len() * 8).map(move |bit| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    })
}

fn verified(bytes: &[u8]) -> Result<Shown, SplitViewError> {
    SplitView::parse(bytes)?.verify(&[vkey(1)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_pair_past_the_fork_is_proved_and_no_pair_before(fork in 0_u64..20, more in 1_u64..20, swap: bool) {
        let (ours, theirs) = (Face::of(fork + more, fork, 1), Face::of(fork + more, fork, 2));
        for small in 1..=fork + more {
            for large in small..=fork + more {
                let (one, other) = (ours.head(small), theirs.head(large));
                let proof = theirs.prefix(small, large);
                let split = if swap { SplitView::of(&other, &one, proof) } else { SplitView::of(&one, &other, proof) };
                if small <= fork {
                    prop_assert!(matches!(split, Err(SplitViewError::OneTree)), "{} of {}", small, large);
                    continue;
                }
                let text = split.unwrap().to_string();
                let shown = verified(text.as_bytes()).unwrap();
                prop_assert_eq!(text.parse::<SplitView>().unwrap().to_string(), text);
                prop_assert_eq!((shown.smaller.size(), shown.larger.size()), (small, large));
                prop_assert!(shown.begins.0 != *shown.smaller.root());
                // The other face's hashes lead elsewhere.
                if small < large {
                    prop_assert!(SplitView::of(&one, &other, ours.prefix(small, large)).is_err());
                }
            }
        }
    }

    #[test]
    fn no_bit_can_be_turned(fork in 0_u64..9, small in 1_u64..9, large in 0_u64..90) {
        let (small, large) = (fork + small, fork + small + large);
        let (ours, theirs) = (Face::of(small, fork, 1), Face::of(large, fork, 2));
        let split = SplitView::of(&ours.head(small), &theirs.head(large), theirs.prefix(small, large)).unwrap();
        let text = split.to_string();
        for bytes in turned(&text) {
            prop_assert!(verified(&bytes).is_err(), "{}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn an_empty_tree_splits_from_nothing() {
    let theirs = Face::of(5, 0, 2);
    let empty = signed_by(1, 0, EMPTY_ROOT);
    for proof in [None, theirs.prefix(1, 5)] {
        assert!(SplitView::of(&empty, &theirs.head(5), proof).is_err());
    }
    assert!(matches!(SplitView::of(&empty, &empty, None), Err(SplitViewError::OneTree)));
}

#[test]
fn only_the_logs_own_lines_count() {
    let (ours, theirs) = (Face::of(3, 0, 1), Face::of(5, 0, 2));
    let proof = || theirs.prefix(3, 5);
    // One log under two keys, and a witness's line, which is left out.
    let mut cosigned = ours.head(3).note().clone();
    cosigned.countersign(&"witness.example".parse().unwrap(), &key(9)).unwrap();
    let cosigned = VerifiedCheckpoint::verify(cosigned, &vkey(1), &[]).unwrap();
    let split = SplitView::of(&cosigned, &signed_by(2, 5, theirs.root(5)), proof()).unwrap();
    let text = split.to_string();
    assert!(!text.contains("witness"));
    assert!(split.verify(&[vkey(1), vkey(2)]).is_ok());
    for pinned in [&[vkey(1)][..], &[vkey(2)], &[vkey(3)], &[]] {
        assert!(matches!(split.verify(pinned), Err(SplitViewError::Checkpoint(_))));
    }
    let other = Checkpoint::new("log.example/2".parse().unwrap(), 5, theirs.root(5).0);
    let note = other.sign(&key(1), &[]).unwrap();
    let other = VerifierKey::of("log.example/2".parse().unwrap(), Scheme::Ed25519, key(1).public()).unwrap();
    let other = VerifiedCheckpoint::verify(note, &other, &[]).unwrap();
    assert!(matches!(SplitView::of(&ours.head(3), &other, proof()), Err(SplitViewError::Origins(..))));
}

#[test]
fn every_spoiled_line_is_refused() {
    let (ours, theirs) = (Face::of(3, 0, 1), Face::of(5, 0, 2));
    let good = SplitView::of(&ours.head(3), &theirs.head(5), theirs.prefix(3, 5)).unwrap().to_string();
    let same = SplitView::of(&ours.head(3), &theirs.head(3), None).unwrap().to_string();
    let first = good.lines().nth(1).unwrap();
    let line = good.lines().find(|line| line.starts_with('—')).unwrap();
    let (head, notes) = same.split_once("\n\n").unwrap();
    let (one, other) = notes.split_at(notes.len() / 2);
    for (bad, why) in [
        (String::new(), "first line"),
        (good.replace("/v1", "/v2"), "first line"),
        (format!("\u{feff}{good}"), "first line"),
        (good.replace('\n', "\r\n"), "first line"),
        (good.replacen(first, "CQkJ", 1), "hash 0"),
        (good.replacen(first, first.trim_end_matches('='), 1), "hash 0"),
        (good.replacen(first, &format!("{first}\n{first}"), 1), "hashes, found"),
        (good.replacen(&format!("{first}\n"), "", 1), "hashes, found"),
        (good.replacen(first, &format!("{first}\n").repeat(66), 1), "more than 65"),
        (good.replacen("\n\n", "\n", 1), "hash 4"),
        (good.replacen("\n\n", "\n\n\n", 1), "not empty"),
        (good.replacen(line, &format!("{line}\n{line}"), 1), "has 2"),
        (format!("{good}\n"), "empty line"),
        (good.trim_end().to_owned(), "signature line"),
        (same.replacen("v1\n", &format!("v1\n{first}\n"), 1), "0 hashes"),
        (
            format!("{head}\n\n{}\n{}", other.trim_start(), one.trim_end_matches('\n').to_owned() + "\n"),
            "order",
        ),
        (" ".repeat(MAX_SPLIT_VIEW + 1), "at most"),
    ] {
        let error = verified(bad.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(why), "{bad:?}: {error}");
    }
    assert!(matches!(SplitView::parse(&[0xff]), Err(SplitViewError::NotUtf8)));
}
