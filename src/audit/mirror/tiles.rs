//! The tiles of a mirror, proved from the root down: those at the right edge make the root that the log signed, and every other
//! tile makes a hash of one above it. So a tile is proved as it arrives, whatever else is missing still.

use std::rc::Rc;

use super::arriving::{Got, Way};
use super::folder::Place;
use super::{MirrorError, Tally};
use crate::merkle::{
    Hash, Range, TileId, TilePath, Width, decode_hashes, node_from_tiles, root_from_nodes, width_at,
};

/// Levels that tiles of a tree of 2^64 leaves have.
const LEVELS: u8 = 8;

type Hashes = Rc<[Hash]>;

/// Tiles that lead to a root: of each level the one at the edge and the one that was asked for last.
pub(super) struct Tiles<'a> {
    way: Way<'a>,
    edge: Vec<(TileId, Hashes)>,
    last: Vec<(TileId, Hashes)>,
}

impl<'a> Tiles<'a> {
    /// Proves the right edge of the tree of `size` leaves with that root.
    pub(super) fn of(way: Way<'a>, size: u64, root: Hash, tally: &mut Tally) -> Result<Self, MirrorError> {
        let mut edge = Vec::new();
        for level in 0..LEVELS {
            let hashes = size.checked_shr(u32::from(level) * 8).unwrap_or(0);
            let Ok(tile) = TileId::new(level, hashes / 256) else { continue };
            // A level that ends with a full tile has none at the edge.
            if let Some(width) = width_at(size, tile) {
                let path = TilePath::Hashes(tile, width).to_string();
                let got = way.get(&path)?;
                edge.push((tile, width, path, got));
            }
        }
        if let Err(wrong) = leads(&edge, size, root) {
            // One of the mirror's own may be damaged; which, only the root knows.
            if edge.iter().all(|(.., got)| got.place().is_none()) {
                return Err(wrong);
            }
            for (_, _, path, got) in &mut edge {
                let fetched = way.fetch(path)?;
                if got.bytes() != fetched.bytes() {
                    tally.repaired += u64::from(got.place() == Some(Place::Mirror));
                    *got = fetched;
                }
            }
            leads(&edge, size, root)?;
        }
        let mut proved = Vec::new();
        for (tile, width, path, got) in edge {
            way.add(&path, &got, tally)?;
            proved.push((tile, decode(&path, got.bytes(), width)?.into()));
        }
        Ok(Self { way, edge: proved, last: Vec::new() })
    }

    /// The hashes of a tile.
    pub(super) fn tile(&mut self, tile: TileId, tally: &mut Tally) -> Result<Hashes, MirrorError> {
        self.tile_from(tile, None, tally)
    }

    /// The same of one that was read already.
    pub(super) fn tile_from(
        &mut self,
        tile: TileId,
        got: Option<Got>,
        tally: &mut Tally,
    ) -> Result<Hashes, MirrorError> {
        let known = self.edge.iter().chain(&self.last).find(|(known, _)| *known == tile);
        if let Some((_, hashes)) = known {
            return Ok(Rc::clone(hashes));
        }
        let path = TilePath::Hashes(tile, Width::FULL).to_string();
        let above = TileId::new(tile.level() + 1, tile.index() / 256);
        let above = above.map_err(|_| MirrorError::Missing(path.clone()))?;
        let place = usize::try_from(tile.index() % 256).unwrap_or(usize::MAX);
        let expected = self.tile(above, tally)?.get(place).copied();
        let expected = expected.ok_or_else(|| MirrorError::Missing(path.clone()))?;
        let got = got.map_or_else(|| self.way.get(&path), Ok)?;
        let hashes: Hashes = self.way.settle(&path, &got, tally, |bytes| {
            let hashes = decode_hashes(bytes, Width::FULL).map_err(|error| error.to_string())?;
            let mut range = Range::new();
            hashes.iter().for_each(|hash| range.push(*hash));
            match range.root() {
                root if root == expected => Ok(hashes.into()),
                root => Err(format!("the tile leads to {root}, and the one above it has {expected}")),
            }
        })?;
        self.last.retain(|(known, _)| known.level() != tile.level());
        self.last.push((tile, Rc::clone(&hashes)));
        Ok(hashes)
    }
}

/// Whether the tiles at the edge make the root.
fn leads(edge: &[(TileId, Width, String, Got)], size: u64, root: Hash) -> Result<(), MirrorError> {
    let tile = |tile: TileId, _: Width| {
        let (_, width, _, got) = edge.iter().find(|(known, ..)| *known == tile)?;
        decode_hashes(got.bytes(), *width).ok()
    };
    let made = root_from_nodes(size, &|level, index| node_from_tiles(level, index, &tile));
    match made {
        Ok(made) if made == root => Ok(()),
        Ok(made) => Err(MirrorError::Edge { root, made: made.to_string() }),
        Err(error) => Err(MirrorError::Edge { root, made: error.to_string() }),
    }
}

fn decode(path: &str, bytes: &[u8], width: Width) -> Result<Vec<Hash>, MirrorError> {
    decode_hashes(bytes, width)
        .map_err(|error| MirrorError::Wrong { path: path.to_owned(), what: error.to_string() })
}
