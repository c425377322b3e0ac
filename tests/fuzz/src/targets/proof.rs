//! Receipts (C2SP tlog-proof).
//!
//! - A receipt that is taken is written again as the bytes it was read from, and stands inside its checkpoint's tree.
//! - A receipt of ours, for whatever entry at whatever place, is read as the same and leads from its `extra` to the root.
//! - Nothing that strangers wrote has a checkpoint of our log.
//!
//! Input: a word for the form. Form 0: a receipt. Form 1: how many leaves, which one, and an entry's bytes.

use std::sync::LazyLock;

use vidimus::ledger::checkpoint::{Checkpoint, VerifiedCheckpoint};
use vidimus::ledger::receipt::{MAX_EXTRA, MAX_PATH, MAX_RECEIPT, Receipt};
use vidimus::merkle::{Hash, InclusionProof, Range, inclusion, leaf};
use vidimus::note::{Scheme, VerifierKey};

use crate::make::{ENTRIES, key, split_byte};

const ORIGIN: &str = "ledger.example/sample-0123456789abcdef";

static LOG: LazyLock<VerifierKey> = LazyLock::new(|| {
    VerifierKey::of(ORIGIN.parse().unwrap(), Scheme::Ed25519, key("checkpoint-1").public()).unwrap()
});

/// Holds the laws over one of the two forms.
pub fn run(data: &[u8]) {
    let Some((form, rest)) = split_byte(data) else { return };
    if form % 2 == 0 {
        stranger(rest);
    } else if let [size, index, extra @ ..] = rest {
        of_ours(u64::from(*size) % 40 + 1, u64::from(*index), extra);
    }
}

fn stranger(data: &[u8]) {
    let Ok(receipt) = Receipt::parse(data) else { return };
    written_again(&receipt, data);
    if VerifiedCheckpoint::verify(receipt.note().clone(), &LOG, &[]).is_ok() {
        // One of the seeds, whose path or entry may have been spoiled: then it leads elsewhere.
        let Some(extra) = receipt.extra() else { return };
        let good = leads_to_root(&receipt, extra);
        assert!(!good || ENTRIES.iter().any(|entry| entry == extra), "an entry that our log does not have");
    }
}

fn written_again(receipt: &Receipt, data: &[u8]) {
    assert_eq!(receipt.to_string().as_bytes(), data);
    assert!(data.len() <= MAX_RECEIPT && receipt.path().len() <= MAX_PATH);
    assert!(receipt.extra().is_none_or(|extra| extra.len() <= MAX_EXTRA));
    assert!(receipt.index() < receipt.checkpoint().size);
    assert_eq!(receipt.checkpoint().to_string(), receipt.note().text());
    let again = Receipt::new(
        receipt.extra().map(<[u8]>::to_vec),
        receipt.index(),
        receipt.path().to_vec(),
        receipt.note().clone(),
    );
    assert_eq!(again.as_ref().ok(), Some(receipt));
}

fn leads_to_root(receipt: &Receipt, extra: &[u8]) -> bool {
    let path = receipt.path().iter().map(|hash| Hash(*hash)).collect();
    let proof = InclusionProof { index: receipt.index(), size: receipt.checkpoint().size, path };
    proof.verify(&leaf(extra), &Hash(receipt.checkpoint().root)).is_ok()
}

fn of_ours(size: u64, index: u64, extra: &[u8]) {
    let text = made(size, index % size, extra);
    let receipt = Receipt::parse(text.as_bytes()).expect("a receipt of ours is read");
    written_again(&receipt, text.as_bytes());
    assert_eq!(receipt.extra(), Some(extra));
    assert!(leads_to_root(&receipt, extra));
    assert!(!leads_to_root(&receipt, &[extra, b"x"].concat()));
    VerifiedCheckpoint::verify(receipt.note().clone(), &LOG, &[]).unwrap();
}

/// A receipt for an entry among others of which nothing matters.
fn made(size: u64, index: u64, extra: &[u8]) -> String {
    let mut nodes = std::collections::HashMap::new();
    let mut range = Range::new();
    for place in 0..size {
        let own = if place == index { leaf(extra) } else { leaf(&place.to_be_bytes()) };
        range.push_noting(own, &mut |level, index, hash| {
            nodes.insert((level, index), hash);
        });
    }
    let proof = inclusion(index, size, &|level, index| nodes.get(&(level, index)).copied()).unwrap();
    let note = Checkpoint::new(ORIGIN.parse().unwrap(), size, range.root().0)
        .sign(&key("checkpoint-1"), &[])
        .unwrap();
    let path = proof.path.iter().map(|hash| hash.0).collect();
    Receipt::new(Some(extra.to_vec()), index, path, note).unwrap().to_string()
}

/// Receipts of ours as they are sent, and one of a stranger's form.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (size, index) in [(1, 0), (7, 6), (24, 20)] {
        let entry = &ENTRIES[20 + usize::try_from(index).unwrap()];
        seeds.push([b"\0", made(size, index, entry).as_bytes()].concat());
        seeds.push(
            [&[1, u8::try_from(size - 1).unwrap(), u8::try_from(index).unwrap()], entry.as_slice()].concat(),
        );
    }
    let bare = "c2sp.org/tlog-proof@v1\nindex 0\n\nexample.com/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\
                — example.com/log AAAAAAAA\n";
    seeds.push([b"\0", bare.as_bytes()].concat());
    seeds
}

/// The lines.
pub fn words() -> Vec<String> {
    super::words(&[
        "c2sp.org/tlog-proof@v1\n",
        "extra ",
        "\nindex ",
        "index 0\n",
        "\n\n",
        "— ",
        "=\n",
        ORIGIN,
    ])
}
