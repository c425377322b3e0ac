//! The checkpoint keys as the entries log them, read without the law, because hashes are checked first (law 0,
//! section 3). That each step was approved is the law's to say, in the same audit.

use crate::crypto::{KeyId, KeyPurpose, PublicKey};
use crate::ledger::body::{Body, CheckpointKey};
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::state::Charter;
use crate::note::{KeyName, Note, Scheme, VerifierKey};

/// A checkpoint key and the sizes it proves.
struct Logged {
    id: KeyId,
    vkey: VerifierKey,
    /// Index of the entry that named it.
    since: u64,
    /// Index of the entry that retired it.
    ended: Option<u64>,
}

/// Every checkpoint key so far, entry 0's first.
#[derive(Default)]
pub(super) struct Trail {
    name: Option<KeyName>,
    keys: Vec<Logged>,
}

impl Trail {
    /// Takes in an entry that may be about a checkpoint key.
    pub(super) fn follow(&mut self, index: u64, body: &Body) {
        match body {
            Body::AuthorityFounded(body) if index == 0 => {
                let CheckpointKey { title, .. } = &body.checkpoint;
                self.name = body.origin.as_str().parse().ok();
                self.add(index, &title.spki);
            }
            Body::KeyIntroduced(body) if body.title.purpose == KeyPurpose::Checkpoint => {
                self.add(index, &body.title.spki);
            }
            Body::KeyRetired(body) => {
                let named = self.keys.iter_mut().find(|key| key.id == body.key && key.ended.is_none());
                if let Some(key) = named {
                    key.ended = Some(index);
                }
            }
            _ => {}
        }
    }

    /// The checkpoint keys of a charter.
    pub(super) fn of(charter: &Charter) -> Self {
        let name: Option<KeyName> = charter.origin().and_then(|origin| origin.as_str().parse().ok());
        let held = charter.keys().filter(|(_, held)| held.value.purpose == KeyPurpose::Checkpoint);
        let keys = held.filter_map(|(id, held)| {
            let vkey = VerifierKey::of(name.clone()?, Scheme::Ed25519, &held.value.public).ok()?;
            Some(Logged {
                id: *id,
                vkey,
                since: held.since.index,
                ended: held.ended.map(|ended| ended.index),
            })
        });
        let mut keys: Vec<Logged> = keys.collect();
        keys.sort_by_key(|key| key.since);
        Self { keys, name }
    }

    fn add(&mut self, since: u64, public: &PublicKey) {
        let vkey = self.name.clone().and_then(|name| VerifierKey::of(name, Scheme::Ed25519, public).ok());
        if let Some(vkey) = vkey {
            self.keys.push(Logged { id: public.id(), vkey, since, ended: None });
        }
    }

    /// Whether the ledger names this key at all.
    pub(super) fn names(&self, vkey: &VerifierKey) -> bool {
        self.keys.iter().any(|key| key.vkey == *vkey)
    }

    /// The keys that prove a tree of `size`, the newest first. A retired key proves only sizes up to its last.
    pub(super) fn proving(&self, size: u64) -> impl Iterator<Item = &VerifierKey> {
        let counts = move |key: &&Logged| key.since < size && key.ended.is_none_or(|ended| ended >= size);
        self.keys.iter().rev().filter(counts).map(|key| &key.vkey)
    }

    /// Every key, the newest first. What a retired one proves is bounded by its end, which the charter knows.
    pub(super) fn all(&self) -> Vec<VerifierKey> {
        self.keys.iter().rev().map(|key| key.vkey.clone()).collect()
    }

    /// The note under a key that proves its size: one of `pinned` where one of those still does.
    pub(super) fn verify(
        &self,
        note: &Note,
        size: u64,
        pinned: &[VerifierKey],
    ) -> Result<VerifiedCheckpoint, String> {
        let proving: Vec<&VerifierKey> = self.proving(size).collect();
        let still: Vec<&VerifierKey> = proving.iter().copied().filter(|key| pinned.contains(key)).collect();
        let candidates = if still.is_empty() { proving } else { still };
        let mut refused = format!("the ledger names no checkpoint key that proves size {size}");
        for key in candidates {
            match VerifiedCheckpoint::verify(note.clone(), key, &[]) {
                Ok(verified) => return Ok(verified),
                Err(error) => refused = error.to_string(),
            }
        }
        Err(refused)
    }
}
