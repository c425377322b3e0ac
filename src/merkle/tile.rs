//! Tiles (C2SP tlog-tiles): the hashes at every eighth level of the tree, 256 to a tile. Tile `index` of `level` holds
//! the roots of 256 neighbouring complete subtrees of 256^level leaves; the levels between are hashed again by readers.

use super::hash::{Hash, node};

/// Hashes in a full tile, entries in a full bundle.
const FULL: u16 = 256;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;

/// A tile by level (0 to 63) and index at its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    level: u8,
    index: u64,
}

/// How much of a tile or bundle there is: 1 to 256 hashes or entries; 256 is full, less is partial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Width(u16);

/// What is wrong with a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// Levels end at 63.
    #[error("tiles have levels 0 to 63, found {found}")]
    Level {
        /// The level asked for.
        found: u8,
    },
    /// Widths are 1 to 256.
    #[error("a tile has 1 to 256 hashes, found {found}")]
    Width {
        /// The width asked for.
        found: usize,
    },
    /// Not as many bytes as its width asks for.
    #[error("a tile of this width has {expected} bytes, found {found}")]
    Bytes {
        /// 32 times the width.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
}

impl TileId {
    /// The tile of that level (0 to 63) and index.
    pub fn new(level: u8, index: u64) -> Result<Self, TileError> {
        if level > 63 { Err(TileError::Level { found: level }) } else { Ok(Self { level, index }) }
    }

    /// Its level, 0 to 63.
    pub fn level(self) -> u8 {
        self.level
    }

    /// Its index at the level.
    pub fn index(self) -> u64 {
        self.index
    }
}

impl Width {
    /// 256.
    pub const FULL: Self = Self(FULL);

    /// That many hashes or entries, 1 to 256.
    pub fn new(count: usize) -> Result<Self, TileError> {
        let width = u16::try_from(count).ok().filter(|width| (1..=FULL).contains(width));
        width.map(Self).ok_or(TileError::Width { found: count })
    }

    /// How many.
    pub fn count(self) -> usize {
        usize::from(self.0)
    }

    /// Whether there is no more to come.
    pub fn is_full(self) -> bool {
        self == Self::FULL
    }

    /// What there is of the block that begins at `first`, of `total`.
    fn of_block(index: u64, total: u64) -> Option<Self> {
        let rest = total.checked_sub(index.checked_mul(u64::from(FULL))?)?;
        u16::try_from(rest.min(u64::from(FULL))).ok().filter(|rest| *rest > 0).map(Self)
    }
}

/// The hashes of a tile as bytes, one after the other.
pub fn encode_hashes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The hashes of a tile of exactly that width.
pub fn decode_hashes(bytes: &[u8], width: Width) -> Result<Vec<Hash>, TileError> {
    let expected = width.count() * HASH_BYTES;
    if bytes.len() != expected {
        return Err(TileError::Bytes { expected, found: bytes.len() });
    }
    let (hashes, _) = bytes.as_chunks::<HASH_BYTES>();
    Ok(hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// Every tile that the tree of `size` leaves has, level by level, each with its width.
pub fn tiles(size: u64) -> impl Iterator<Item = (TileId, Width)> {
    (0..8).flat_map(move |level| {
        let hashes = hashes_at(size, level);
        blocks(hashes).map(move |(index, width)| (TileId { level, index }, width))
    })
}

/// Every entry bundle that the tree of `size` leaves has, by index, each with its width.
pub fn bundles(size: u64) -> impl Iterator<Item = (u64, Width)> {
    blocks(size)
}

/// The width that `tile` has in the tree of `size` leaves; none if it has no such tile. For an entry bundle, ask for
/// the tile of level 0 with its index.
pub fn width_at(size: u64, tile: TileId) -> Option<Width> {
    Width::of_block(tile.index, hashes_at(size, tile.level))
}

/// Complete subtrees of 256^level leaves in a tree of `size`.
fn hashes_at(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level) * 8).unwrap_or(0)
}

fn blocks(total: u64) -> impl Iterator<Item = (u64, Width)> {
    (0..total.div_ceil(u64::from(FULL)))
        .filter_map(move |index| Some((index, Width::of_block(index, total)?)))
}

/// The hash of any complete subtree (level 0 is the leaves), from tiles. `source` gives the hashes of a tile; it is told
/// how many of them are needed and may give more. None if it gives none, or fewer.
pub fn node_from_tiles(
    level: u8,
    index: u64,
    source: &dyn Fn(TileId, Width) -> Option<Vec<Hash>>,
) -> Option<Hash> {
    // 2^(level mod 8) neighbours in one tile lie under the subtree.
    let count = 1_u64 << (level % 8);
    let first = index.checked_mul(count)?;
    let tile = TileId::new(level / 8, first / u64::from(FULL)).ok()?;
    let offset = usize::try_from(first % u64::from(FULL)).ok()?;
    let end = offset + usize::try_from(count).ok()?;
    let hashes = source(tile, Width::new(end).ok()?)?;
    Some(complete_root(hashes.get(offset..end)?.to_vec()))
}

/// The root over a power of two of hashes.
fn complete_root(mut hashes: Vec<Hash>) -> Hash {
    while hashes.len() > 1 {
        let (pairs, _) = hashes.as_chunks::<2>();
        hashes = pairs.iter().map(|[left, right]| node(left, right)).collect();
    }
    hashes.into_iter().next().unwrap_or(super::hash::EMPTY_ROOT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::range::tests::{recursive_root, some_leaves};
    use crate::merkle::{EMPTY_ROOT, Range, TilePath, decode_bundle, leaf, root_from_nodes};
    use proptest::prelude::*;
    use std::collections::HashMap;
    use std::path::Path;

    fn id(level: u8, index: u64) -> TileId {
        TileId::new(level, index).unwrap()
    }

    #[test]
    fn the_tiles_of_seventy_thousand() {
        let all: Vec<_> = tiles(70_000).collect();
        assert_eq!(all.len(), 273 + 1 + 1 + 1 + 1);
        assert_eq!(all.iter().filter(|(tile, width)| tile.level == 0 && width.is_full()).count(), 273);
        assert_eq!(all[273], (id(0, 273), Width(112)));
        assert_eq!(all[274..], [(id(1, 0), Width::FULL), (id(1, 1), Width(17)), (id(2, 0), Width(1))]);
        assert_eq!(tiles(256).collect::<Vec<_>>(), [(id(0, 0), Width::FULL), (id(1, 0), Width(1))]);
        assert_eq!(tiles(0).count(), 0);
        assert_eq!(bundles(257).collect::<Vec<_>>(), [(0, Width::FULL), (1, Width(1))]);
        assert_eq!(width_at(70_000, id(1, 1)), Some(Width(17)));
        assert_eq!(width_at(70_000, id(1, 2)), None);
        assert_eq!(width_at(70_000, id(63, 0)), None);
        assert_eq!(width_at(256, id(0, 1)), None);
        assert_eq!(width_at(u64::MAX, id(0, u64::MAX)), None);
        assert_eq!(width_at(u64::MAX, id(7, 0)), Some(Width(255)));
    }

    #[test]
    fn tiles_have_exactly_their_width() {
        let hashes = some_leaves(3);
        let bytes = encode_hashes(&hashes);
        assert_eq!(decode_hashes(&bytes, Width(3)), Ok(hashes));
        assert_eq!(decode_hashes(&bytes, Width(2)), Err(TileError::Bytes { expected: 64, found: 96 }));
        assert_eq!(decode_hashes(&bytes[1..], Width(3)), Err(TileError::Bytes { expected: 96, found: 95 }));
        assert_eq!(Width::new(0), Err(TileError::Width { found: 0 }));
        assert_eq!(Width::new(257), Err(TileError::Width { found: 257 }));
        assert_eq!(TileId::new(64, 0), Err(TileError::Level { found: 64 }));
    }

    /// The tiles of a tree, gathered from what the range notes.
    fn tiles_of(leaves: &[Hash]) -> HashMap<TileId, Vec<Hash>> {
        let mut tiles: HashMap<TileId, Vec<Hash>> = HashMap::new();
        let mut range = Range::new();
        for leaf in leaves {
            range.push_noting(*leaf, &mut |level, index, hash| {
                if level % 8 == 0 {
                    tiles.entry(id(level / 8, index / 256)).or_default().push(hash);
                }
            });
        }
        tiles
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_node_comes_from_tiles(size in 1_u64..1500, level in 0_u8..11, a: u64) {
            let leaves = some_leaves(size);
            let held = tiles_of(&leaves);
            let listed: HashMap<_, _> = tiles(size).collect();
            prop_assert_eq!(listed.len(), held.len());
            for (tile, hashes) in &held {
                prop_assert_eq!(listed[tile].count(), hashes.len());
                prop_assert_eq!(width_at(size, *tile), Some(listed[tile]));
            }
            let source = |tile: TileId, width: Width| held.get(&tile).filter(|h| h.len() >= width.count()).cloned();
            let nodes = |level, index| node_from_tiles(level, index, &source);
            prop_assert_eq!(root_from_nodes(size, &nodes), Ok(recursive_root(&leaves)));
            let complete = size >> level;
            prop_assert_eq!(nodes(level, complete), None);
            if complete > 0 {
                let index = a % complete;
                let first = usize::try_from(index << level).unwrap();
                prop_assert_eq!(nodes(level, index), Some(recursive_root(&leaves[first..first + (1 << level)])));
            }
        }
    }

    #[test]
    fn subtrees_beyond_any_tree_have_no_node() {
        let source = |_: TileId, width: Width| Some(vec![EMPTY_ROOT; width.count()]);
        assert_eq!(node_from_tiles(7, u64::MAX, &source), None);
        assert_eq!(node_from_tiles(0, 5, &|_, _| Some(vec![EMPTY_ROOT; 5])), None);
    }

    #[test]
    fn a_whole_log_made_elsewhere() {
        let Some(root) = std::env::var_os("VIDIMUS_VECTORS") else {
            eprintln!("skipped: VIDIMUS_VECTORS is not set");
            return;
        };
        let log = Path::new(&root).join("tessera-log/log");
        for size in 0..=15_u64 {
            let checkpoint = std::fs::read_to_string(log.join(format!("checkpoint.{size}"))).unwrap();
            let lines: Vec<&str> = checkpoint.lines().collect();
            assert_eq!(lines[1], size.to_string());
            let expected: Hash = lines[2].parse().unwrap();

            let mut range = Range::new();
            for (index, width) in bundles(size) {
                let bytes = std::fs::read(log.join(TilePath::Entries(index, width).to_string())).unwrap();
                decode_bundle(&bytes, width).unwrap().into_iter().for_each(|entry| range.push(leaf(entry)));
            }
            assert_eq!((range.size(), range.root()), (size, expected));

            let source = |tile: TileId, _: Width| {
                let width = width_at(size, tile)?;
                let bytes = std::fs::read(log.join(TilePath::Hashes(tile, width).to_string())).ok()?;
                decode_hashes(&bytes, width).ok()
            };
            let nodes = |level, index| node_from_tiles(level, index, &source);
            assert_eq!(root_from_nodes(size, &nodes), Ok(expected));
        }
    }
}
