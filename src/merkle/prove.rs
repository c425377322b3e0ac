//! Building the proofs of RFC 6962 from any source of complete subtree hashes: tiles, a store, memory.
//!
//! What is built is not checked against a root; that is for whoever is shown the proof.

use super::hash::{EMPTY_ROOT, Hash, node};
use super::prefix::PrefixProof;
use super::proof::{ConsistencyProof, InclusionProof, ProofError};

/// Where hashes of complete subtrees come from: level, index.
pub type Nodes<'a> = &'a dyn Fn(u8, u64) -> Option<Hash>;

/// The root of the first `size` leaves, from the hashes of complete subtrees.
pub fn root_from_nodes(size: u64, nodes: Nodes<'_>) -> Result<Hash, ProofError> {
    root_of(0, size, nodes)
}

/// The proof that leaf `index` stands in the tree of `size` leaves.
pub fn inclusion(index: u64, size: u64, nodes: Nodes<'_>) -> Result<InclusionProof, ProofError> {
    if index >= size {
        return Err(ProofError::IndexBeyondSize { index, size });
    }
    // From the root down to the leaf; the proof lists the siblings from the leaf up.
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + left_size(end - start);
        if index < middle {
            path.push(root_of(middle, end, nodes)?);
            end = middle;
        } else {
            path.push(root_of(start, middle, nodes)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(InclusionProof { index, size, path })
}

/// The proof that the tree of `size` leaves continues the tree of `old_size` leaves.
pub fn consistency(old_size: u64, size: u64, nodes: Nodes<'_>) -> Result<ConsistencyProof, ProofError> {
    if old_size > size {
        return Err(ProofError::Shrunk { old_size, size });
    }
    let (start, mut path) = beside(old_size, size, nodes)?;
    if start != 0 {
        path.push(root_of(start, old_size, nodes)?);
    }
    path.reverse();
    Ok(ConsistencyProof { old_size, size, path })
}

/// The proof of what the first `leaves` of the tree of `size` leaves come to, which are fewer than all.
pub fn prefix(leaves: u64, size: u64, nodes: Nodes<'_>) -> Result<PrefixProof, ProofError> {
    if leaves >= size {
        return Err(ProofError::Shrunk { old_size: leaves, size });
    }
    let (start, mut path) = beside(leaves, size, nodes)?;
    path.push(root_of(start, leaves, nodes)?);
    path.reverse();
    Ok(PrefixProof { leaves, size, path })
}

/// From the root down to the subtree that ends the older tree: where that starts, and the hashes beside the way.
fn beside(old_size: u64, size: u64, nodes: Nodes<'_>) -> Result<(u64, Vec<Hash>), ProofError> {
    if old_size == 0 {
        return Err(ProofError::FromNothing);
    }
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end != old_size {
        let middle = start + left_size(end - start);
        if old_size <= middle {
            path.push(root_of(middle, end, nodes)?);
            end = middle;
        } else {
            path.push(root_of(start, middle, nodes)?);
            start = middle;
        }
    }
    Ok((start, path))
}

/// The largest power of two below `size`, which is at least 2.
fn left_size(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The root of the leaves from `start` to `end`, a subtree of the RFC's recursion: complete subtrees from the left,
/// ever smaller, joined from the right.
fn root_of(start: u64, end: u64, nodes: Nodes<'_>) -> Result<Hash, ProofError> {
    let mut complete = Vec::new();
    let mut at = start;
    while at < end {
        let level = (end - at).ilog2();
        let (level_byte, index) = (u8::try_from(level).unwrap_or(u8::MAX), at >> level);
        complete.push(nodes(level_byte, index).ok_or(ProofError::MissingNode { level: level_byte, index })?);
        at += 1 << level;
    }
    Ok(complete.into_iter().rev().reduce(|right, left| node(&left, &right)).unwrap_or(EMPTY_ROOT))
}
