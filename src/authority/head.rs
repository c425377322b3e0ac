//! The head of the tree: its checkpoint, under every checkpoint key in force, and the range read back from what the
//! store holds. Not here: when `last-signed` is replaced (`writer`, `opening`).

use super::entries::entries;
use super::keyring::Keyring;
use super::refusal::{Failure, Fault};
use super::store::Store;
use crate::crypto::KeyPurpose;
use crate::ledger::body::Owner;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::leaf_hash;
use crate::ledger::state::Charter;
use crate::merkle::{Hash, Range};
use crate::note::Note;
use crate::values::identifiers::Origin;

/// The signed checkpoint of a tree, under every checkpoint key in force.
pub fn signed_checkpoint(keyring: &dyn Keyring, charter: &Charter, range: &Range) -> Result<Note, Failure> {
    let origin = charter.origin().ok_or_else(|| Fault::Law("there is no origin".into()))?;
    let mut keys = Vec::new();
    for (id, _) in charter.keys_of(&Owner::Authority, KeyPurpose::Checkpoint) {
        keys.push(keyring.key(id).ok_or_else(|| Fault::NoKey(format!("checkpoint key {id}")))?);
    }
    // The newest signs first; through an overlap the older ones sign too.
    let (newest, older) = keys.split_last().ok_or_else(|| Fault::NoKey("checkpoint key".into()))?;
    let older: Vec<_> = older.iter().map(AsRef::as_ref).collect();
    checkpoint_of(origin, range)?
        .sign(newest, &older)
        .map_err(|error| Fault::Crypto(error.to_string()).into())
}

/// The unsigned checkpoint of a tree.
fn checkpoint_of(origin: &Origin, range: &Range) -> Result<Checkpoint, Failure> {
    let name = origin.as_str().parse().map_err(|_| Fault::Law(format!("origin {origin} is no key name")))?;
    Ok(Checkpoint::new(name, range.size(), range.root().0))
}

/// The tree that the stored entries from `before.size()` to `size` make on top of `before`.
pub fn reread(store: &dyn Store, before: &Range, size: u64) -> Result<Range, Failure> {
    let mut range = before.clone();
    for entry in entries(store, before.size(), size)? {
        range.push(Hash(leaf_hash(&entry).0));
    }
    match range.size() {
        index if index < size => Err(Fault::Damaged(format!("entry {index} is missing")).into()),
        _ => Ok(range),
    }
}
