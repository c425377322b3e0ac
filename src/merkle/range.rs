//! The right edge of the tree: the roots of its complete subtrees, which are all that is needed to append and to know
//! the root. At most 64 hashes, whatever the size.

use super::hash::{EMPTY_ROOT, Hash, node};

/// The leaves from 0 to `size`, as the roots of the complete subtrees they fall into, largest first: one for each bit
/// set in `size`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    size: u64,
    parts: Vec<Hash>,
}

/// Parts that cannot be those of that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tree of {size} leaves has {expected} complete subtrees, found {found}")]
pub struct RangeError {
    /// Leaves.
    pub size: u64,
    /// Bits set in it.
    pub expected: usize,
    /// Parts given.
    pub found: usize,
}

impl Range {
    /// No leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// The range of that size and these parts, largest first, as [`Range::parts`] gave them.
    pub fn from_parts(size: u64, parts: Vec<Hash>) -> Result<Self, RangeError> {
        let expected = usize::try_from(size.count_ones()).unwrap_or(usize::MAX);
        if parts.len() != expected {
            return Err(RangeError { size, expected, found: parts.len() });
        }
        Ok(Self { size, parts })
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_noting(leaf, &mut |_, _, _| ());
    }

    /// Appends a leaf and tells of every complete subtree that comes to be, from the leaf itself (level 0) up: level,
    /// index, root. Those at levels 0, 8, 16, … are what tiles are made of.
    pub fn push_noting(&mut self, leaf: Hash, note: &mut dyn FnMut(u8, u64, Hash)) {
        self.append(0, leaf, note);
    }

    /// Appends a complete subtree of 2^level leaves by its root, and tells of it and of those above it that come to be.
    /// Says whether it was appended: it stands only where the leaves so far are whole subtrees of its level.
    #[must_use]
    pub fn push_subtree(&mut self, level: u8, root: Hash, note: &mut dyn FnMut(u8, u64, Hash)) -> bool {
        let stands = level < 63 && self.size.trailing_zeros() >= u32::from(level);
        if stands {
            self.append(level, root, note);
        }
        stands
    }

    fn append(&mut self, mut level: u8, mut hash: Hash, note: &mut dyn FnMut(u8, u64, Hash)) {
        let size = self.size + (1 << level);
        let mut index = self.size >> level;
        note(level, index, hash);
        // Each bit set at the end of the index is a complete left neighbour.
        while index % 2 == 1 {
            let Some(left) = self.parts.pop() else { break };
            hash = node(&left, &hash);
            index /= 2;
            level += 1;
            note(level, index, hash);
        }
        self.parts.push(hash);
        self.size = size;
    }

    /// Leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, largest first.
    pub fn parts(&self) -> &[Hash] {
        &self.parts
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Hash {
        self.parts.iter().rev().copied().reduce(|right, left| node(&left, &right)).unwrap_or(EMPTY_ROOT)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::crypto::hex;
    use crate::merkle::hash::leaf;
    use proptest::prelude::*;

    /// MTH of RFC 6962, as the RFC writes it.
    pub(in crate::merkle) fn recursive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => EMPTY_ROOT,
            [one] => *one,
            many => {
                let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
                node(&recursive_root(left), &recursive_root(right))
            }
        }
    }

    pub(in crate::merkle) fn some_leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|i| leaf(&i.to_be_bytes())).collect()
    }

    #[test]
    fn the_eight_leaves_of_the_known_vector() {
        let inputs: [&[u8]; 8] = [
            &[],
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
        ];
        let mut range = Range::new();
        assert_eq!(range.root(), EMPTY_ROOT);
        inputs.iter().for_each(|input| range.push(leaf(input)));
        let root = hex::encode(&range.root().0);
        assert_eq!(root, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn every_small_size_and_every_subtree() {
        let leaves = some_leaves(70);
        let mut range = Range::new();
        for (count, hash) in leaves.iter().enumerate() {
            assert_eq!(range.root(), recursive_root(&leaves[..count]));
            range.push_noting(*hash, &mut |level, index, noted| {
                let first = usize::try_from(index).unwrap() << level;
                assert_eq!(first + (1 << level), (first | count) + 1, "ends with the new leaf");
                assert_eq!(noted, recursive_root(&leaves[first..first + (1 << level)]));
            });
        }
    }

    #[test]
    fn subtrees_stand_for_their_leaves() {
        let leaves = some_leaves(64);
        for level in 0_u8..4 {
            let (mut singly, mut at_once) = (Range::new(), Range::new());
            for subtree in leaves.chunks(1 << level) {
                let (mut one, mut other) = (Vec::new(), Vec::new());
                for leaf in subtree {
                    singly.push_noting(*leaf, &mut |at, index, hash| one.push((at, index, hash)));
                }
                let root = recursive_root(subtree);
                assert!(
                    at_once.push_subtree(level, root, &mut |at, index, hash| other.push((at, index, hash)))
                );
                one.retain(|(at, ..)| *at >= level);
                assert_eq!((&singly, one), (&at_once, other));
            }
        }
        let mut range = Range::new();
        leaves.iter().take(12).for_each(|leaf| range.push(*leaf));
        let before = range.clone();
        assert!(!range.push_subtree(3, leaves[0], &mut |_, _, _| ()));
        assert_eq!(range, before, "twelve leaves are no whole subtrees of eight");
        assert!(range.push_subtree(2, leaves[0], &mut |_, _, _| ()));
    }

    #[test]
    fn parts_must_fit_the_size() {
        let mut range = Range::new();
        some_leaves(7).into_iter().for_each(|leaf| range.push(leaf));
        let again = Range::from_parts(7, range.parts().to_vec()).unwrap();
        assert_eq!(again, range);
        let error = RangeError { size: 6, expected: 2, found: 3 };
        assert_eq!(Range::from_parts(6, range.parts().to_vec()), Err(error));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_root_is_that_of_the_rfc(count in 0_u64..700) {
            let leaves = some_leaves(count);
            let mut range = Range::new();
            leaves.iter().for_each(|leaf| range.push(*leaf));
            prop_assert_eq!(range.root(), recursive_root(&leaves));
            prop_assert_eq!(range.size(), count);
        }
    }
}
