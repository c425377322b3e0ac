//! What the targets share: the vectors of the law, keys that follow from a name, and bytes that follow from a counter.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use vidimus::crypto::digest::sha256_parts;
use vidimus::crypto::{Digest, Entropy, PrivateKey, base64url};

/// The entries of the whole ledger of the vectors, one a line.
pub static ENTRIES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let lines = include_str!("../../../schemas/vectors/ledger/entries.jsonl").lines();
    lines.map(|line| line.as_bytes().to_vec()).collect()
});

/// Its public material.
pub static BLOBS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let blobs: Value = json(include_str!("../../../schemas/vectors/ledger/blobs.json"));
    let texts = blobs.as_object().into_iter().flat_map(|blobs| blobs.values());
    texts.map(|text| base64url::decode(text.as_str().unwrap()).unwrap()).collect()
});

/// Entries that differ from those in one thing each.
pub static MUTATED: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mutations = json(include_str!("../../../schemas/vectors/ledger/mutations.json"));
    mutations.as_array().unwrap().clone()
});

/// A file of ours.
pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The Ed25519 key that the vectors have under a name.
pub fn key(name: &str) -> PrivateKey {
    PrivateKey::from_seed(&sha256_parts(&[b"vidimus/vector/key\n", name.as_bytes()])).unwrap()
}

/// Hashes of a counter: the same bytes for the same input.
#[derive(Default)]
pub struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let block = Digest::of(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk.copy_from_slice(&block.0[..chunk.len()]);
        }
    }
}

/// Takes the first byte off: what is left and what it says.
pub fn split_byte(data: &[u8]) -> Option<(u8, &[u8])> {
    data.split_first().map(|(first, rest)| (*first, rest))
}
