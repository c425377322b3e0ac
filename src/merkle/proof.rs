//! Inclusion and consistency proofs (RFC 6962, sections 2.1.1 and 2.1.2; RFC 9162, sections 2.1.3 and 2.1.4): verified
//! from their numbers and hashes alone.
//!
//! A proof is against a root; that the root is anybody's, only a signed checkpoint says.

use super::hash::{Hash, node};
use super::prefix::PrefixProof;

/// Proves that a leaf stands at `index` of the tree of `size` leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// Index of the leaf, from 0.
    pub index: u64,
    /// Leaves of the tree.
    pub size: u64,
    /// Sibling hashes, the leaf's own sibling first.
    pub path: Vec<Hash>,
}

/// Proves that the first `old_size` leaves of the tree of `size` leaves are the tree of `old_size` leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Leaves of the older tree, at least 1.
    pub old_size: u64,
    /// Leaves of the newer tree.
    pub size: u64,
    /// Hashes, lowest first.
    pub path: Vec<Hash>,
}

/// Why a proof proves nothing, or cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is not in a tree of that size.
    #[error("there is no leaf {index} in a tree of {size}")]
    IndexBeyondSize {
        /// Index of the leaf.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// The older tree is the larger one.
    #[error("a tree of {size} cannot continue a tree of {old_size}")]
    Shrunk {
        /// Leaves of the older tree.
        old_size: u64,
        /// Leaves of the newer tree.
        size: u64,
    },
    /// Every tree continues the empty one; that needs no proof and has none.
    #[error("consistency with the empty tree has no proof")]
    FromNothing,
    /// Too few or too many hashes.
    #[error("the proof should have {expected} hashes, found {found}")]
    PathLength {
        /// Hashes that such a proof has.
        expected: usize,
        /// Hashes given.
        found: usize,
    },
    /// Does not lead to the root of the tree.
    #[error("the proof leads to root {computed}, not to {expected}")]
    Root {
        /// The root that was to be proved against.
        expected: Hash,
        /// Where the proof leads.
        computed: Hash,
    },
    /// Does not lead to the root of the older tree.
    #[error("the proof leads to old root {computed}, not to {expected}")]
    OldRoot {
        /// The older root.
        expected: Hash,
        /// Where the proof leads.
        computed: Hash,
    },
    /// The source lacks a hash that the proof needs.
    #[error("the hash of subtree {index} at level {level} is missing")]
    MissingNode {
        /// Level of the subtree.
        level: u8,
        /// Index of the subtree at its level.
        index: u64,
    },
}

impl InclusionProof {
    /// Checks that `leaf`, a leaf hash, stands at the index of the tree with this root.
    pub fn verify(&self, leaf: &Hash, root: &Hash) -> Result<(), ProofError> {
        let computed = self.root_from(leaf)?;
        if computed == *root { Ok(()) } else { Err(ProofError::Root { expected: *root, computed }) }
    }

    /// The root that the proof leads to from `leaf`.
    pub fn root_from(&self, leaf: &Hash) -> Result<Hash, ProofError> {
        let (index, size) = (self.index, self.size);
        if index >= size {
            return Err(ProofError::IndexBeyondSize { index, size });
        }
        let climb = Climb::of(index, size);
        let (inner, border) = climb.split(&self.path)?;
        Ok(along_border(climb.inside(*leaf, inner), border))
    }
}

impl ConsistencyProof {
    /// Checks that the tree with `root` continues the tree with `old_root`.
    pub fn verify(&self, old_root: &Hash, root: &Hash) -> Result<(), ProofError> {
        let (old_size, size) = (self.old_size, self.size);
        if old_size > size {
            return Err(ProofError::Shrunk { old_size, size });
        }
        let Some(last) = old_size.checked_sub(1) else {
            return Err(ProofError::FromNothing);
        };
        if old_size == size {
            expect_length(&self.path, 0)?;
            return same_roots(old_root, old_root, root, old_root);
        }

        // Where the subtree that ends the older tree is the whole of it, its hash is the older root itself and not repeated
        // in the proof.
        let climb = Climb::of(last, size).starting_at(old_size.trailing_zeros());
        let known = old_size.is_power_of_two();
        expect_length(&self.path, climb.length() + usize::from(!known))?;
        let start: &[Hash] = if known { std::slice::from_ref(old_root) } else { &[] };
        let proof = PrefixProof { leaves: old_size, size, path: [start, &self.path].concat() };
        let (old, new) = proof.roots()?;
        same_roots(old_root, &old, root, &new)
    }
}

/// The way from a subtree to the root: first inside the largest tree it shares with the last leaf, then along the
/// right border of the whole, where every sibling is to the left.
#[derive(Clone, Copy)]
pub(super) struct Climb {
    index: u64,
    inner: u32,
    border: u32,
}

impl Climb {
    /// From the leaf `index` of a tree of `size` leaves, `index < size`.
    pub(super) fn of(index: u64, size: u64) -> Self {
        let inner = u64::BITS - (index ^ (size - 1)).leading_zeros();
        Self { index, inner, border: index.checked_shr(inner).unwrap_or(0).count_ones() }
    }

    /// The same way, from `level` levels above the leaf, a level at which the subtree is complete.
    pub(super) fn starting_at(self, level: u32) -> Self {
        let index = self.index.checked_shr(level).unwrap_or(0);
        Self { index, inner: self.inner.saturating_sub(level), border: self.border }
    }

    pub(super) fn split(self, path: &[Hash]) -> Result<(&[Hash], &[Hash]), ProofError> {
        expect_length(path, self.length())?;
        let inner = usize::try_from(self.inner).unwrap_or(usize::MAX);
        Ok(path.split_at_checked(inner).unwrap_or((path, &[])))
    }

    pub(super) fn length(self) -> usize {
        usize::try_from(self.inner + self.border).unwrap_or(usize::MAX)
    }

    pub(super) fn inside(self, start: Hash, path: &[Hash]) -> Hash {
        self.steps(path).fold(start, |hash, (left, sibling)| match left {
            true => node(sibling, &hash),
            false => node(&hash, sibling),
        })
    }

    /// As [`Climb::inside`], with only the siblings to the left: those that the older tree had.
    pub(super) fn inside_left_only(self, start: Hash, path: &[Hash]) -> Hash {
        self.steps(path).filter(|(left, _)| *left).fold(start, |hash, (_, sibling)| node(sibling, &hash))
    }

    /// The siblings, each with whether it is to the left.
    fn steps(self, path: &[Hash]) -> impl Iterator<Item = (bool, &Hash)> {
        path.iter().scan(self.index, |index, sibling| {
            let left = *index % 2 == 1;
            *index /= 2;
            Some((left, sibling))
        })
    }
}

pub(super) fn along_border(start: Hash, path: &[Hash]) -> Hash {
    path.iter().fold(start, |hash, left| node(left, &hash))
}

pub(super) fn expect_length(path: &[Hash], expected: usize) -> Result<(), ProofError> {
    if path.len() == expected { Ok(()) } else { Err(ProofError::PathLength { expected, found: path.len() }) }
}

fn same_roots(old: &Hash, old_computed: &Hash, new: &Hash, computed: &Hash) -> Result<(), ProofError> {
    if old != old_computed {
        return Err(ProofError::OldRoot { expected: *old, computed: *old_computed });
    }
    if new != computed {
        return Err(ProofError::Root { expected: *new, computed: *computed });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::hash::{EMPTY_ROOT, leaf};
    use crate::merkle::prove::{consistency, inclusion, root_from_nodes};
    use crate::merkle::range::tests::{recursive_root, some_leaves};
    use proptest::prelude::*;
    use std::path::{Path, PathBuf};

    fn nodes_of(leaves: &[Hash]) -> impl Fn(u8, u64) -> Option<Hash> {
        move |level, index| {
            let first = usize::try_from(index).ok()? << level;
            leaves.get(first..first + (1 << level)).map(recursive_root)
        }
    }

    fn flip(hash: &Hash, bit: usize) -> Hash {
        let mut bytes = hash.0;
        bytes[bit / 8] ^= 1 << (bit % 8);
        Hash(bytes)
    }

    #[test]
    fn every_proof_of_every_small_tree_verifies() {
        let leaves = some_leaves(40);
        let first = |count: u64| &leaves[..usize::try_from(count).unwrap()];
        for size in 1..=40 {
            let (root, source) = (recursive_root(first(size)), nodes_of(first(size)));
            assert_eq!(root_from_nodes(size, &source), Ok(root));
            for index in 0..size {
                let leaf = *first(index + 1).last().unwrap();
                let proof = inclusion(index, size, &source).unwrap();
                assert_eq!(proof.verify(&leaf, &root), Ok(()));
                for other in (0..=size).filter(|other| *other != index) {
                    let moved = InclusionProof { index: other, ..proof.clone() };
                    assert!(moved.verify(&leaf, &root).is_err(), "{index} as {other} of {size}");
                }
                let proof = consistency(index + 1, size, &source).unwrap();
                assert_eq!(proof.verify(&recursive_root(first(index + 1)), &root), Ok(()), "{index} {size}");
            }
        }
    }

    #[test]
    fn what_cannot_be_proved_is_said() {
        let leaves = some_leaves(3);
        let source = nodes_of(&leaves);
        assert_eq!(inclusion(3, 3, &source), Err(ProofError::IndexBeyondSize { index: 3, size: 3 }));
        assert_eq!(inclusion(0, 0, &source), Err(ProofError::IndexBeyondSize { index: 0, size: 0 }));
        assert_eq!(consistency(0, 3, &source), Err(ProofError::FromNothing));
        assert_eq!(consistency(4, 3, &source), Err(ProofError::Shrunk { old_size: 4, size: 3 }));
        assert_eq!(inclusion(0, 4, &source), Err(ProofError::MissingNode { level: 1, index: 1 }));
        assert_eq!(root_from_nodes(0, &source), Ok(EMPTY_ROOT));
        let proof = InclusionProof { index: 0, size: 3, path: vec![] };
        assert_eq!(proof.root_from(&leaves[0]), Err(ProofError::PathLength { expected: 2, found: 0 }));
        let proof = ConsistencyProof { old_size: 3, size: 4, path: vec![] };
        let wrong = Err(ProofError::PathLength { expected: 3, found: 0 });
        assert_eq!(proof.verify(&leaves[0], &leaves[1]), wrong);
        let huge = InclusionProof { index: u64::MAX - 1, size: u64::MAX, path: vec![leaves[0]; 70] };
        assert!(matches!(huge.root_from(&leaves[0]), Err(ProofError::PathLength { found: 70, .. })));
        let huge = ConsistencyProof { old_size: u64::MAX - 1, size: u64::MAX, path: vec![leaves[0]; 200] };
        assert!(matches!(
            huge.verify(&leaves[0], &leaves[1]),
            Err(ProofError::PathLength { found: 200, .. })
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn every_mutation_fails(size in 2_u64..300, a: u64, at: prop::sample::Index, bit in 0_usize..256, new: bool) {
            let leaves = some_leaves(size);
            let source = nodes_of(&leaves);
            let root = recursive_root(&leaves);
            let index = a % size;
            let leaf = leaves[usize::try_from(index).unwrap()];
            let proof = inclusion(index, size, &source).unwrap();
            prop_assert_eq!(proof.verify(&leaf, &root), Ok(()));
            prop_assert!(proof.verify(&flip(&leaf, bit), &root).is_err());
            prop_assert!(proof.verify(&leaf, &flip(&root, bit)).is_err());
            for path in mutations(&proof.path, at, bit) {
                let verdict = InclusionProof { path, ..proof }.verify(&leaf, &root);
                prop_assert!(verdict.is_err());
            }

            let old_size = if new { size } else { a % (size - 1) + 1 };
            let old_root = recursive_root(&leaves[..usize::try_from(old_size).unwrap()]);
            let proof = consistency(old_size, size, &source).unwrap();
            prop_assert_eq!(proof.verify(&old_root, &root), Ok(()));
            prop_assert!(proof.verify(&flip(&old_root, bit), &root).is_err());
            prop_assert!(proof.verify(&old_root, &flip(&root, bit)).is_err());
            for path in mutations(&proof.path, at, bit) {
                let verdict = ConsistencyProof { path, ..proof }.verify(&old_root, &root);
                prop_assert!(verdict.is_err());
            }
        }
    }

    /// The path with one bit turned, one hash less, one hash more at either end.
    fn mutations(path: &[Hash], at: prop::sample::Index, bit: usize) -> Vec<Vec<Hash>> {
        let mut out = vec![[path, &[EMPTY_ROOT]].concat(), [&[EMPTY_ROOT], path].concat()];
        if !path.is_empty() {
            let at = at.index(path.len());
            let (mut turned, mut shorter) = (path.to_vec(), path.to_vec());
            turned[at] = flip(&path[at], bit);
            shorter.remove(at);
            out.extend([turned, shorter]);
        }
        out
    }

    /// Every JSON file of a folder of the vectors; none, and a word about it, where there are no vectors.
    fn vectors(folder: &str) -> Vec<(PathBuf, serde_json::Value)> {
        fn collect(folder: &Path, into: &mut Vec<(PathBuf, serde_json::Value)>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    collect(&path, into);
                } else {
                    let text = std::fs::read_to_string(&path).unwrap();
                    into.push((path, serde_json::from_str(&text).unwrap()));
                }
            }
        }
        let mut out = Vec::new();
        match std::env::var_os("VIDIMUS_VECTORS") {
            Some(root) => collect(&Path::new(&root).join("merkle").join(folder), &mut out),
            None => eprintln!("skipped: VIDIMUS_VECTORS is not set"),
        }
        out
    }

    /// A hash of a vector; some vectors, good ones too, hold other text instead, for which another hash stands in.
    fn hash(value: &serde_json::Value) -> Option<Hash> {
        let text = value.as_str().filter(|text| !text.is_empty())?;
        Some(text.parse().unwrap_or_else(|_| leaf(text.as_bytes())))
    }

    fn path(value: &serde_json::Value) -> Option<Vec<Hash>> {
        value.as_array().map_or(Some(vec![]), |hashes| hashes.iter().map(hash).collect())
    }

    #[test]
    fn the_inclusion_vectors() {
        let all = vectors("inclusion");
        for (file, vector) in &all {
            let verified = || {
                let (index, size) = (vector["leafIdx"].as_u64()?, vector["treeSize"].as_u64()?);
                let proof = InclusionProof { index, size, path: path(&vector["proof"])? };
                proof.verify(&hash(&vector["leafHash"])?, &hash(&vector["root"])?).ok()
            };
            assert_eq!(verified().is_none(), vector["wantErr"].as_bool().unwrap(), "{}", file.display());
        }
        assert!(all.is_empty() || all.len() == 98);
    }

    #[test]
    fn the_consistency_vectors() {
        let all = vectors("consistency");
        for (file, vector) in &all {
            let verified = || {
                let (old_size, size) = (vector["size1"].as_u64()?, vector["size2"].as_u64()?);
                let proof = ConsistencyProof { old_size, size, path: path(&vector["proof"])? };
                proof.verify(&hash(&vector["root1"])?, &hash(&vector["root2"])?).ok()
            };
            assert_eq!(verified().is_none(), vector["wantErr"].as_bool().unwrap(), "{}", file.display());
        }
        assert!(all.is_empty() || all.len() == 98);
    }
}
