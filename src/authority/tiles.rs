//! Tiles as the engine keeps them: the right edge in memory, everything in the store, or in the archive. Partial tiles are never stored
//! apart: a row holds the hashes so far, and a partial one is its beginning.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use super::archive::holding;
use super::store::{Row, Store, StoreError, Write};
use crate::merkle::{
    Hash, InclusionProof, ProofError, Range, TileId, Width, decode_hashes, encode_hashes, inclusion, node,
};

/// Tiles at the right edge that are kept in memory: enough for the proofs of a group that was just committed.
const KEPT_A_LEVEL: u64 = 3;

/// The right edge of the tiles.
#[derive(Debug, Clone, Default)]
pub struct EdgeTiles {
    tiles: BTreeMap<(u8, u64), Vec<Hash>>,
}

impl EdgeTiles {
    /// The right edge at `size`, from the store.
    pub fn load(store: &dyn Store, size: u64) -> Result<Self, StoreError> {
        let mut tiles = BTreeMap::new();
        for level in 0..8_u8 {
            let hashes = size.checked_shr(u32::from(level) * 8).unwrap_or(0);
            if hashes == 0 {
                break;
            }
            let last = (hashes - 1) / 256;
            let count = usize::try_from(hashes - last * 256).unwrap_or(256);
            let found = stored(store, tile_id(level, last)?, width(count)?)?;
            let found = found.ok_or_else(|| missing(level, last))?;
            tiles.insert((level, last), found);
        }
        Ok(Self { tiles })
    }

    /// Appends leaves to `range` and to the tiles; the rows of the tiles that changed.
    pub fn push(&mut self, range: &mut Range, leaves: &[Hash]) -> Result<Vec<Write>, StoreError> {
        let mut touched = BTreeMap::new();
        for leaf in leaves {
            range.push_noting(*leaf, &mut |level, index, hash| {
                if level % 8 == 0 {
                    let place = (level / 8, index / 256);
                    let tile = self.tiles.entry(place).or_default();
                    tile.push(hash);
                    touched.insert(place, ());
                }
            });
        }
        let mut writes = Vec::with_capacity(touched.len());
        for (level, index) in touched.into_keys() {
            let hashes = self.tiles.get(&(level, index)).map(Vec::as_slice).unwrap_or_default();
            writes.push(Write::set(Row::Tile(tile_id(level, index)?), encode_hashes(hashes)));
            self.tiles.retain(|(at, older), _| *at != level || *older + KEPT_A_LEVEL > index);
        }
        Ok(writes)
    }

    /// Proofs in the tree of `size`.
    pub fn proofs<'a>(&'a self, store: &'a dyn Store, size: u64) -> Proofs<'a> {
        Proofs { edge: self, store, size, nodes: RefCell::default() }
    }
}

/// Proofs in one tree, which share the nodes that they have in common: those of a group have nearly all.
pub struct Proofs<'a> {
    edge: &'a EdgeTiles,
    store: &'a dyn Store,
    size: u64,
    nodes: RefCell<HashMap<(u8, u64), Hash>>,
}

impl Proofs<'_> {
    /// The proof that leaf `index` is in the tree.
    pub fn of(&self, index: u64) -> Result<InclusionProof, ProofError> {
        inclusion(index, self.size, &|level, index| self.node(level, index))
    }

    /// A node from its children, down to the hashes that a tile has.
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        if let Some(known) = self.nodes.borrow().get(&(level, index)) {
            return Some(*known);
        }
        let hash = if level.is_multiple_of(8) {
            self.in_tile(level, index)?
        } else {
            let left = index.checked_mul(2)?;
            node(&self.node(level - 1, left)?, &self.node(level - 1, left + 1)?)
        };
        self.nodes.borrow_mut().insert((level, index), hash);
        Some(hash)
    }

    fn in_tile(&self, level: u8, index: u64) -> Option<Hash> {
        let (level, tile, offset) = (level / 8, index / 256, usize::try_from(index % 256).ok()?);
        match self.edge.tiles.get(&(level, tile)) {
            Some(hashes) => hashes.get(offset).copied(),
            None => {
                let needed = width(offset + 1).ok()?;
                stored(self.store, tile_id(level, tile).ok()?, needed).ok()??.get(offset).copied()
            }
        }
    }
}

/// At least the first `width` hashes of a tile.
pub fn stored(store: &dyn Store, tile: TileId, needed: Width) -> Result<Option<Vec<Hash>>, StoreError> {
    let Some(bytes) = store.get(&Row::Tile(tile))? else { return archived(store, tile) };
    let found = width(bytes.len() / 32)?;
    if found.count() < needed.count() {
        return Ok(None);
    }
    decode_hashes(&bytes, found).map(Some).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// Only tiles of level 0 lie in the archive alone.
fn archived(store: &dyn Store, tile: TileId) -> Result<Option<Vec<Hash>>, StoreError> {
    if tile.level() > 0 {
        return Ok(None);
    }
    let Some(archive) = holding(store, tile.index())? else { return Ok(None) };
    Ok(Some(archive.leaves(store, tile.index())?.to_vec()))
}

fn tile_id(level: u8, index: u64) -> Result<TileId, StoreError> {
    TileId::new(level, index).map_err(|error| StoreError::Unreadable(error.to_string()))
}

fn width(count: usize) -> Result<Width, StoreError> {
    Width::new(count).map_err(|error| StoreError::Unreadable(error.to_string()))
}

fn missing(level: u8, index: u64) -> StoreError {
    StoreError::Unreadable(format!("tile {level}/{index} is missing"))
}
