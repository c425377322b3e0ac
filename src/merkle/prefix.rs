//! What the first leaves of a tree come to, by the tree's own hashes: a consistency proof that says the older root instead of
//! being told it. So it shows too that a tree does *not* continue another.

use super::hash::Hash;
use super::proof::{Climb, ProofError, along_border, expect_length};

/// Hashes of a tree of `size` leaves that lead to its root, and to the root of its first `leaves`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixProof {
    /// The first leaves, at least 1 and fewer than all.
    pub leaves: u64,
    /// Leaves of the tree.
    pub size: u64,
    /// The hash of the subtree that ends the first leaves, then those of RFC 6962's consistency proof, lowest first.
    pub path: Vec<Hash>,
}

impl PrefixProof {
    /// The roots of the first leaves and of the whole tree. Where the second is the tree's root, the first is the only one that
    /// its first leaves can have.
    pub fn roots(&self) -> Result<(Hash, Hash), ProofError> {
        let (leaves, size) = (self.leaves, self.size);
        if leaves >= size {
            return Err(ProofError::Shrunk { old_size: leaves, size });
        }
        let last = leaves.checked_sub(1).ok_or(ProofError::FromNothing)?;
        // The climb starts at the subtree that ends the first leaves.
        let climb = Climb::of(last, size).starting_at(leaves.trailing_zeros());
        let wanted = climb.length() + 1;
        expect_length(&self.path, wanted)?;
        let missing = ProofError::PathLength { expected: wanted, found: 0 };
        let (start, path) = self.path.split_first().ok_or(missing)?;
        let (inner, border) = climb.split(path)?;
        let first = along_border(climb.inside_left_only(*start, inner), border);
        Ok((first, along_border(climb.inside(*start, inner), border)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::prefix;
    use crate::merkle::range::tests::{recursive_root, some_leaves};

    #[test]
    fn every_beginning_of_every_small_tree() {
        let all = some_leaves(40);
        for size in 1..=40_u64 {
            let leaves = &all[..usize::try_from(size).unwrap()];
            let nodes = |level: u8, index: u64| {
                let first = usize::try_from(index).ok()? << level;
                leaves.get(first..first + (1 << level)).map(recursive_root)
            };
            for begins in 1..size {
                let proof = prefix(begins, size, &nodes).unwrap();
                let first = recursive_root(&leaves[..usize::try_from(begins).unwrap()]);
                assert_eq!(proof.roots(), Ok((first, recursive_root(leaves))), "{begins} of {size}");
                let mut longer = proof.clone();
                longer.path.push(first);
                assert!(matches!(longer.roots(), Err(ProofError::PathLength { .. })));
            }
            assert_eq!(prefix(0, size, &nodes), Err(ProofError::FromNothing));
            assert_eq!(prefix(size, size, &nodes), Err(ProofError::Shrunk { old_size: size, size }));
        }
        let without = PrefixProof { leaves: 1, size: 2, path: vec![] };
        assert_eq!(without.roots(), Err(ProofError::PathLength { expected: 2, found: 0 }));
        assert_eq!(PrefixProof { leaves: 0, ..without }.roots(), Err(ProofError::FromNothing));
    }
}
