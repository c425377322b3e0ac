//! The state tree: an RFC 6962 tree over the indexes of the ledger. Leaf i is about the licence that entry i brought in: which it is,
//! every entry about it so far, and its standing after each; where entry i brought none in, there is an empty leaf. So the tree at a size
//! has the ledger's own shape, proofs in it are inclusion proofs, an earlier state is made from what a licence remembers of its entries,
//! and one leaf tells how it stood at every time before.
//!
//! Not here: where the roots are entered (`law`), and who makes them again (`audit`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::licence::LicenceState;
use crate::merkle::{EMPTY_ROOT, Hash, InclusionProof, ProofError, Range, inclusion, leaf, node};
use crate::values::canonical::{JsonError, to_canonical};
use crate::values::identifiers::{Handle, Origin};
use crate::values::standing::Standing;

/// An anchor stands at most so many entries behind the size that it is about.
pub const WITHIN: u64 = 65_536;
/// Leaves of a block. States are anchored at whole blocks.
pub const BLOCK: u64 = 1 << BLOCK_LEVEL;
/// The level at which blocks stand in the tree.
const BLOCK_LEVEL: u8 = 8;

/// How a licence stood up to a size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stood {
    /// Every entry about it, in order.
    pub events: Vec<StoodAfter>,
    /// The licence.
    pub handle: Handle,
}

/// An entry about a licence, and its standing after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoodAfter {
    /// Index of the entry.
    pub index: u64,
    /// The standing.
    pub standing: Standing,
}

impl Stood {
    /// How a licence stood before the entry at `size`; `None` if that one or a later one brought it in.
    pub fn at(licence: &LicenceState, size: u64) -> Option<Self> {
        let before = licence.events.iter().take_while(|event| event.index < size);
        let events: Vec<_> =
            before.map(|event| StoodAfter { index: event.index, standing: event.standing }).collect();
        (!events.is_empty()).then_some(Self { events, handle: licence.handle })
    }
}

/// A leaf of the tree of a ledger.
pub fn leaf_of(origin: &Origin, stood: Option<&Stood>) -> Result<Hash, JsonError> {
    let mut bytes = format!("vidimus/state/v1\n{origin}\n").into_bytes();
    if let Some(stood) = stood {
        bytes.extend(to_canonical(stood)?);
    }
    Ok(leaf(&bytes))
}

/// Why a block has no leaves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// A licence came in elsewhere, or twice in one place.
    #[error("entry {index} has no leaf in the block of states at {first}")]
    Elsewhere {
        /// Index of the licence's first entry.
        index: u64,
        /// Of the block's first leaf.
        first: u64,
    },
    /// A leaf cannot be written.
    #[error(transparent)]
    Json(#[from] JsonError),
}

/// The leaves of the block whose first is at `first`, from those licences, by their first entry's index, that came in there; in any order.
pub fn leaves(
    origin: &Origin,
    first: u64,
    stood: impl IntoIterator<Item = (u64, Stood)>,
) -> Result<Vec<Hash>, BlockError> {
    let empty = leaf_of(origin, None)?;
    let mut leaves = vec![empty; usize::try_from(BLOCK).unwrap_or(usize::MAX)];
    for (index, stood) in stood {
        let place = index.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        let leaf = place.and_then(|place| leaves.get_mut(place)).filter(|leaf| **leaf == empty);
        *leaf.ok_or(BlockError::Elsewhere { index, first })? = leaf_of(origin, Some(&stood))?;
    }
    Ok(leaves)
}

/// The root of that block.
pub fn block(
    origin: &Origin,
    first: u64,
    stood: impl IntoIterator<Item = (u64, Stood)>,
) -> Result<Hash, BlockError> {
    Ok(root_of(&leaves(origin, first, stood)?))
}

fn root_of(leaves: &[Hash]) -> Hash {
    let mut range = Range::new();
    leaves.iter().for_each(|leaf| range.push(*leaf));
    range.root()
}

/// The tree over whole blocks, of which some change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateTree {
    /// Roots of blocks, then of two, of four, and so on; of whole subtrees alone.
    levels: Vec<Vec<Hash>>,
}

impl StateTree {
    /// How many blocks it has.
    pub fn blocks(&self) -> u64 {
        u64::try_from(self.levels.first().map_or(0, Vec::len)).unwrap_or(u64::MAX)
    }

    /// The roots of some blocks, as far as it has them.
    pub fn roots(&self, blocks: std::ops::Range<u64>) -> Vec<Hash> {
        let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let count = place(blocks.end) - place(blocks.start);
        let all = self.levels.first().map(Vec::as_slice).unwrap_or_default();
        all.iter().skip(place(blocks.start)).take(count).copied().collect()
    }

    /// Puts in blocks that changed, and those that follow the last one, none left out.
    pub fn put(&mut self, blocks: &BTreeMap<u64, Hash>) {
        let mut changed = BTreeSet::new();
        for (number, root) in blocks {
            let place = usize::try_from(*number).unwrap_or(usize::MAX);
            changed.extend(self.set(0, place, *root).then_some(place));
        }
        let mut level = 0;
        while !changed.is_empty() {
            let mut above = BTreeSet::new();
            for place in changed.iter().map(|place| place / 2).collect::<BTreeSet<_>>() {
                let below = self.levels.get(level);
                let pair = below.and_then(|below| below.get(2 * place).zip(below.get(2 * place + 1)));
                let Some(root) = pair.map(|(left, right)| node(left, right)) else { continue };
                above.extend(self.set(level + 1, place, root).then_some(place));
            }
            (changed, level) = (above, level + 1);
        }
    }

    fn set(&mut self, level: usize, place: usize, root: Hash) -> bool {
        if self.levels.len() <= level {
            self.levels.push(Vec::new());
        }
        let Some(roots) = self.levels.get_mut(level) else { return false };
        if roots.len() == place {
            roots.push(root);
            return true;
        }
        roots.get_mut(place).map(|held| *held = root).is_some()
    }

    /// The path from the leaf at an index, with all leaves of its block. Not checked against the root: whoever is shown it does that.
    pub fn prove(&self, index: u64, leaves: &[Hash]) -> Result<InclusionProof, ProofError> {
        let first = index / BLOCK * BLOCK;
        inclusion(index, self.blocks() * BLOCK, &|level, at| {
            if let Some(level) = level.checked_sub(BLOCK_LEVEL) {
                return self.levels.get(usize::from(level))?.get(usize::try_from(at).ok()?).copied();
            }
            let from = usize::try_from((at << level).checked_sub(first)?).ok()?;
            leaves.get(from..from + (1 << level)).map(root_of)
        })
    }

    /// Its root.
    pub fn root(&self) -> Hash {
        let blocks = self.levels.first().map_or(0, Vec::len);
        let mut root = None;
        for (level, roots) in self.levels.iter().enumerate() {
            // The subtrees at the right edge: one for each bit of the count, the smallest first.
            let count = blocks.checked_shr(u32::try_from(level).unwrap_or(u32::MAX)).unwrap_or(0);
            if count % 2 == 1
                && let Some(left) = roots.get(count - 1)
            {
                root = Some(root.map_or(*left, |right| node(left, &right)));
            }
        }
        root.unwrap_or(EMPTY_ROOT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::Time;

    fn origin() -> Origin {
        "ledger.example".parse().unwrap()
    }

    fn stood(index: u64, standing: Standing) -> Stood {
        Stood { events: vec![StoodAfter { index, standing }], handle: Handle::new(Time::MIN, [7; 10]) }
    }

    /// Block by block it is the tree over all leaves, whichever blocks come again.
    #[test]
    fn the_root_is_that_of_all_leaves() {
        let mut leaves: Vec<Hash> = vec![leaf_of(&origin(), None).unwrap(); 256 * 21];
        let mut tree = StateTree::default();
        assert_eq!(tree.root(), EMPTY_ROOT);
        let root = |leaves: &[Hash]| {
            let mut range = Range::new();
            leaves.iter().for_each(|leaf| range.push(*leaf));
            range.root()
        };
        let block_at = |leaves: &[Hash], number: usize| root(&leaves[256 * number..256 * (number + 1)]);
        for (until, again) in [(1, vec![]), (2, vec![0]), (5, vec![1]), (16, vec![4, 0]), (21, vec![3, 15])] {
            let from = usize::try_from(tree.blocks()).unwrap();
            for number in &again {
                leaves[256 * number + 9] = leaf_of(&origin(), Some(&stood(99, Standing::Suspended))).unwrap();
            }
            let blocks = (from..until)
                .chain(again)
                .map(|number| (u64::try_from(number).unwrap(), block_at(&leaves, number)));
            tree.put(&blocks.collect());
            assert_eq!(tree.root(), root(&leaves[..256 * until]), "{until} blocks");
            for index in [0, 255, 256 * until / 2, 256 * until - 1] {
                let first = index / 256 * 256;
                let proof = tree.prove(u64::try_from(index).unwrap(), &leaves[first..first + 256]).unwrap();
                assert_eq!(proof.verify(&leaves[index], &tree.root()), Ok(()), "{index} of {until} blocks");
            }
            assert!(tree.prove(tree.blocks() * BLOCK, &leaves[..256]).is_err());
        }
    }

    #[test]
    fn a_block_has_its_licences_in_their_places() {
        let (first, second) = (stood(256, Standing::Valid), stood(700, Standing::Suspended));
        let made = block(&origin(), 256, [(256, first.clone()), (300, second.clone())]).unwrap();
        let mut range = Range::new();
        for index in 256..512 {
            let here = [(256, &first), (300, &second)].into_iter().find(|(at, _)| *at == index);
            range.push(leaf_of(&origin(), here.map(|(_, stood)| stood)).unwrap());
        }
        assert_eq!(made, range.root());
        assert_ne!(made, block(&origin(), 256, [(256, first.clone()), (301, second.clone())]).unwrap());
        let elsewhere = "other.example".parse().unwrap();
        assert_ne!(made, block(&elsewhere, 256, [(256, first.clone()), (300, second.clone())]).unwrap());
        for index in [0, 255, 256, 512, u64::MAX] {
            let refused = Err(BlockError::Elsewhere { index, first: 256 });
            assert_eq!(block(&origin(), 256, [(256, first.clone()), (index, second.clone())]), refused);
        }
    }
}
