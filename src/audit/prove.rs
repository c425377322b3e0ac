//! Receipts built from a source (C2SP tlog-proof): tiles in, a proof out that leads to the checkpoint's root, or nothing.
//! The checkpoint is read, and the path checked against it; whose checkpoint it is, its reader decides.

use std::cell::RefCell;
use std::collections::HashMap;

use super::source::{CHECKPOINT, Source, SourceError};
use crate::ledger::checkpoint::{Checkpoint, CheckpointError};
use crate::ledger::receipt::{Receipt, ReceiptError};
use crate::merkle::{
    ConsistencyProof, Hash, InclusionProof, Nodes, PrefixProof, ProofError, TileId, TilePath, Width,
    consistency, decode_bundle, decode_hashes, inclusion, leaf, node_from_tiles, prefix, width_at,
};
use crate::note::{Note, NoteError};

/// Why no receipt could be built.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The source could not be asked.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is no such entry.
    #[error("there is no entry {index} in a ledger of {size}")]
    NoSuchEntry {
        /// Asked for.
        index: u64,
        /// Entries by the checkpoint.
        size: u64,
    },
    /// A file that the checkpoint requires is missing or damaged.
    #[error("{0} is missing or damaged")]
    File(String),
    /// The checkpoint cannot be read.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The tiles do not lead to the checkpoint's root.
    #[error("the tiles and the checkpoint disagree: {0}")]
    Proof(#[from] ProofError),
    /// The receipt does not fit its format.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
}

impl From<NoteError> for ProveError {
    fn from(error: NoteError) -> Self {
        Self::Checkpoint(error.into())
    }
}

/// The checkpoint of a source, read and not verified.
pub fn head(source: &dyn Source) -> Result<(Note, Checkpoint), ProveError> {
    let bytes = source.read(CHECKPOINT)?.ok_or_else(|| ProveError::File(CHECKPOINT.into()))?;
    let note = Note::parse(&bytes)?;
    let checkpoint = note.text().parse()?;
    Ok((note, checkpoint))
}

/// The receipt of the entry at `index`, with the entry's bytes as `extra`.
pub fn prove(source: &dyn Source, index: u64) -> Result<Receipt, ProveError> {
    let (note, checkpoint) = head(source)?;
    let entry = entry(source, index, checkpoint.size)?;
    let proof = path(source, index, checkpoint.size)?;
    proof.verify(&leaf(&entry), &Hash(checkpoint.root))?;
    Ok(Receipt::new(Some(entry), index, proof.path.iter().map(|hash| hash.0).collect(), note)?)
}

/// The inclusion proof of the entry at `index`, from tiles. Not checked against a root.
pub(super) fn path(source: &dyn Source, index: u64, size: u64) -> Result<InclusionProof, ProveError> {
    from_tiles(source, size, |nodes| inclusion(index, size, nodes))
}

/// Proves entry after entry of the first `size` entries of a ledger of `head`: each tile is read once.
pub(super) struct Prover<'s> {
    source: &'s dyn Source,
    head: u64,
    size: u64,
    root: Hash,
    tiles: RefCell<HashMap<TileId, Vec<Hash>>>,
}

impl<'s> Prover<'s> {
    /// Towards the root that whoever asks has hashed.
    pub(super) fn new(source: &'s dyn Source, head: u64, size: u64, root: Hash) -> Self {
        Self { source, head, size, root, tiles: RefCell::default() }
    }

    /// The leaf at `index` and the proof that it stands there, checked: whatever the source said, it is the one under that root.
    pub(super) fn prove(&self, index: u64) -> Result<(Hash, InclusionProof), ProveError> {
        let leaf = self.with_nodes(|nodes| Ok(nodes(0, index)))?;
        let leaf = leaf.ok_or(ProveError::NoSuchEntry { index, size: self.size })?;
        let proof = self.with_nodes(|nodes| inclusion(index, self.size, nodes))?;
        proof.verify(&leaf, &self.root)?;
        Ok((leaf, proof))
    }

    /// What the first `leaves` come to, checked: where the tree has its root, they can have no other.
    pub(super) fn beginning(&self, leaves: u64) -> Result<Hash, ProveError> {
        if leaves == self.size {
            return Ok(self.root);
        }
        let (begins, computed) = self.with_nodes(|nodes| prefix(leaves, self.size, nodes))?.roots()?;
        if computed == self.root {
            Ok(begins)
        } else {
            Err(ProofError::Root { expected: self.root, computed }.into())
        }
    }

    /// The entry at `index`, checked to be the one that stands there.
    pub(super) fn entry(&self, index: u64) -> Result<Vec<u8>, ProveError> {
        let (expected, _) = self.prove(index)?;
        let bytes = entry(self.source, index, self.head)?;
        let computed = leaf(&bytes);
        if computed == expected { Ok(bytes) } else { Err(ProofError::Root { expected, computed }.into()) }
    }

    fn with_nodes<T>(&self, make: impl FnOnce(Nodes<'_>) -> Result<T, ProofError>) -> Result<T, ProveError> {
        from_known_tiles(self.source, self.head, &self.tiles, make)
    }
}

/// The proof that the tree of `size` continues that of `old_size`, from tiles. Not checked against any root: whoever is
/// shown it does that.
pub fn continuing(source: &dyn Source, old_size: u64, size: u64) -> Result<ConsistencyProof, ProveError> {
    from_tiles(source, size, |nodes| consistency(old_size, size, nodes))
}

/// The proof of what the first `leaves` of a tree of `size` come to, from tiles. Not checked against any root.
pub(super) fn beginning(source: &dyn Source, leaves: u64, size: u64) -> Result<PrefixProof, ProveError> {
    from_tiles(source, size, |nodes| prefix(leaves, size, nodes))
}

/// What is made of nodes, with those of a source's tiles.
fn from_tiles<T>(
    source: &dyn Source,
    size: u64,
    make: impl FnOnce(Nodes<'_>) -> Result<T, ProofError>,
) -> Result<T, ProveError> {
    from_known_tiles(source, size, &RefCell::default(), make)
}

/// The same, with what was read before. Each tile is read once: neighbours lie in one, and a server is far away.
fn from_known_tiles<T>(
    source: &dyn Source,
    size: u64,
    known: &RefCell<HashMap<TileId, Vec<Hash>>>,
    make: impl FnOnce(Nodes<'_>) -> Result<T, ProofError>,
) -> Result<T, ProveError> {
    // An unreadable tile is a missing node to the prover; the reason is kept beside it.
    let failed = RefCell::new(None);
    let tile = |tile: TileId, _: Width| {
        if let Some(hashes) = known.borrow().get(&tile) {
            return Some(Vec::clone(hashes));
        }
        match read_tile(source, tile, size) {
            Ok(hashes) => {
                known.borrow_mut().insert(tile, hashes.clone());
                Some(hashes)
            }
            Err(error) => {
                failed.replace(Some(error));
                None
            }
        }
    };
    let made = make(&|level, index| node_from_tiles(level, index, &tile));
    match failed.into_inner() {
        Some(error) => Err(error),
        None => Ok(made?),
    }
}

fn read_tile(source: &dyn Source, tile: TileId, size: u64) -> Result<Vec<Hash>, ProveError> {
    let width = width_at(size, tile).unwrap_or(Width::FULL);
    let path = TilePath::Hashes(tile, width).to_string();
    let bytes = source.read(&path)?;
    bytes.and_then(|bytes| decode_hashes(&bytes, width).ok()).ok_or(ProveError::File(path))
}

fn entry(source: &dyn Source, index: u64, size: u64) -> Result<Vec<u8>, ProveError> {
    let missing = ProveError::NoSuchEntry { index, size };
    if index >= size {
        return Err(missing);
    }
    let bundle = index / 256;
    let width = TileId::new(0, bundle).ok().and_then(|tile| width_at(size, tile)).ok_or(missing)?;
    let path = TilePath::Entries(bundle, width).to_string();
    let bytes = source.read(&path)?;
    let entry = bytes.and_then(|bytes| {
        let place = usize::try_from(index % 256).ok()?;
        Some(decode_bundle(&bytes, width).ok()?.get(place)?.to_vec())
    });
    entry.ok_or(ProveError::File(path))
}
