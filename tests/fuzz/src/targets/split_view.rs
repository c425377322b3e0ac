//! Proofs of split views (`schemas/split-view.md`).
//!
//! - A proof that is taken is written again as the bytes it was read from.
//! - Two faces of a log of ours, whatever they have in common and however large, are proved exactly where they differ.
//! - Nothing but the seeds shows a split of our log, and nothing does under another key.
//!
//! Input: a word for the form. Form 0: a proof. Form 1: how many leaves are shared, and how many each face has.

use std::collections::HashMap;
use std::sync::LazyLock;

use vidimus::ledger::checkpoint::{Checkpoint, VerifiedCheckpoint};
use vidimus::ledger::split_view::{MAX_SPLIT_VIEW, SplitView};
use vidimus::merkle::{Hash, PrefixProof, Range, leaf, prefix};
use vidimus::note::{Scheme, VerifierKey};

use crate::make::{key, split_byte};

const ORIGIN: &str = "ledger.example/sample-0123456789abcdef";

static LOG: LazyLock<VerifierKey> = LazyLock::new(|| known("checkpoint-1"));

fn known(name: &str) -> VerifierKey {
    VerifierKey::of(ORIGIN.parse().unwrap(), Scheme::Ed25519, key(name).public()).unwrap()
}

/// Holds the laws over one of the two forms.
pub fn run(data: &[u8]) {
    let Some((form, rest)) = split_byte(data) else { return };
    if form % 2 == 0 {
        stranger(rest);
    } else if let [shared, one, other, ..] = rest {
        let (shared, one, other) = (shared % 40, one % 40, other % 40);
        let split = made(shared, one, other);
        assert_eq!(split.is_some(), one.min(other) > shared, "{shared} {one} {other}");
        if let Some(split) = split {
            stranger(split.to_string().as_bytes());
        }
    }
}

fn stranger(data: &[u8]) {
    let Ok(split) = SplitView::parse(data) else { return };
    assert_eq!(split.to_string().as_bytes(), data);
    assert!(data.len() <= MAX_SPLIT_VIEW);
    assert!(split.verify(&[known("another")]).is_err());
    if let Ok(shown) = split.verify(std::slice::from_ref(&*LOG)) {
        let size = |of: &VerifiedCheckpoint| u8::try_from(of.size()).unwrap();
        let (small, large) = (size(&shown.smaller), size(&shown.larger));
        // Signed by us, so both are faces that were made here.
        let ours = |shared| made(shared, small, large).is_some_and(|ours| ours == split);
        assert!(
            small <= 40
                && large <= 40
                && (0..40).any(|shared| ours(shared) || swapped(shared, small, large, &split))
        );
        assert_ne!(shown.begins.0, *shown.smaller.root());
    }
}

fn swapped(shared: u8, small: u8, large: u8, split: &SplitView) -> bool {
    made(shared, large, small).is_some_and(|ours| ours == *split)
}

/// A face of a log: as many leaves as that, of which those past `shared` are its own.
struct Face {
    nodes: HashMap<(u8, u64), Hash>,
    head: VerifiedCheckpoint,
}

impl Face {
    fn of(count: u8, shared: u8, own: u8) -> Self {
        let (mut nodes, mut range) = (HashMap::new(), Range::new());
        for at in 0..count {
            let leaf = leaf(&[at, if at < shared { 0 } else { own }]);
            range.push_noting(leaf, &mut |level, index, hash| {
                nodes.insert((level, index), hash);
            });
        }
        let head = Checkpoint::new(ORIGIN.parse().unwrap(), u64::from(count), range.root().0);
        let note = head.sign(&key("checkpoint-1"), &[]).unwrap();
        Self { nodes, head: VerifiedCheckpoint::verify(note, &LOG, &[]).unwrap() }
    }

    fn begins(&self, leaves: u64) -> Option<PrefixProof> {
        prefix(leaves, self.head.size(), &|level, index| self.nodes.get(&(level, index)).copied()).ok()
    }
}

fn made(shared: u8, one: u8, other: u8) -> Option<SplitView> {
    let (one, other) = (Face::of(one, shared, 1), Face::of(other, shared, 2));
    let larger = if one.head.size() > other.head.size() { &one } else { &other };
    let proof = larger.begins(one.head.size().min(other.head.size()));
    SplitView::of(&one.head, &other.head, proof).ok()
}

/// Splits of ours, and one of a stranger's form.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![vec![1, 3, 5, 9], vec![1, 9, 5, 9], vec![1, 0, 8, 8]];
    for (shared, one, other) in [(3, 5, 9), (0, 8, 33), (7, 12, 12)] {
        seeds.push([b"\0", made(shared, one, other).unwrap().to_string().as_bytes()].concat());
    }
    let note =
        "example.com/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— example.com/log AAAAAAAA\n";
    seeds.push(format!("\0vidimus/split-view/v1\n\n{note}\n{note}").into_bytes());
    seeds
}

/// The lines.
pub fn words() -> Vec<String> {
    super::words(&["vidimus/split-view/v1\n", "\n\n", "\n\n— ", "— ", "=\n", ORIGIN])
}
