//! The tree that the entries make: its root at the checkpoint's size and at a remembered one, and every tile, compared
//! byte for byte with the one the source gives.

use rayon::prelude::*;

use super::source::{Source, SourceError};
use super::summary::Finding;
use crate::law::Rule;
use crate::merkle::{EMPTY_ROOT, Hash, Range, TileId, TilePath, Width, encode_hashes};

/// Hashes of a full tile.
const FULL: usize = 256;

/// The tree so far.
#[derive(Default)]
pub(super) struct Tree {
    range: Range,
    /// The last tile of each level, with its index.
    edge: Vec<(u64, Vec<Hash>)>,
    full: Vec<(TileId, Vec<Hash>)>,
    /// A size whose root is wanted, and the root when it was met.
    wanted: Option<u64>,
    met: Option<Hash>,
}

impl Tree {
    /// An empty tree that will note its root at the size `wanted`.
    pub(super) fn wanting(wanted: Option<u64>) -> Self {
        let met = (wanted == Some(0)).then_some(EMPTY_ROOT);
        Self { wanted, met, ..Self::default() }
    }

    pub(super) fn push(&mut self, leaf: Hash) {
        let (edge, full) = (&mut self.edge, &mut self.full);
        self.range.push_noting(leaf, &mut |level, _, hash| {
            if level % 8 == 0 {
                note(edge, full, level / 8, hash);
            }
        });
        if self.wanted == Some(self.range.size()) {
            self.met = Some(self.range.root());
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.range.size()
    }

    pub(super) fn root(&self) -> Hash {
        self.range.root()
    }

    /// The root at the size that was wanted, once the tree was that large.
    pub(super) fn wanted_root(&self) -> Option<Hash> {
        self.met
    }

    /// Compares the tiles that became full since the last call.
    pub(super) fn compare_full(&mut self, source: &dyn Source) -> Result<Vec<Finding>, SourceError> {
        compare(source, &std::mem::take(&mut self.full))
    }

    /// Compares the partial tiles at the right edge.
    pub(super) fn compare_edge(&self, source: &dyn Source) -> Result<Vec<Finding>, SourceError> {
        let partial: Vec<(TileId, Vec<Hash>)> = (0_u8..)
            .zip(&self.edge)
            .filter(|(_, (_, hashes))| !hashes.is_empty())
            .filter_map(|(level, (index, hashes))| Some((TileId::new(level, *index).ok()?, hashes.clone())))
            .collect();
        compare(source, &partial)
    }
}

fn note(edge: &mut Vec<(u64, Vec<Hash>)>, full: &mut Vec<(TileId, Vec<Hash>)>, level: u8, hash: Hash) {
    let place = usize::from(level);
    if edge.len() <= place {
        edge.resize_with(place + 1, Default::default);
    }
    let Some((index, hashes)) = edge.get_mut(place) else { return };
    hashes.push(hash);
    if hashes.len() == FULL
        && let Ok(tile) = TileId::new(level, *index)
    {
        full.push((tile, std::mem::take(hashes)));
        *index += 1;
    }
}

fn compare(source: &dyn Source, tiles: &[(TileId, Vec<Hash>)]) -> Result<Vec<Finding>, SourceError> {
    let compared: Vec<Option<Finding>> = tiles
        .par_iter()
        .map(|(tile, hashes)| compare_tile(source, *tile, hashes))
        .collect::<Result<_, _>>()?;
    Ok(compared.into_iter().flatten().collect())
}

fn compare_tile(source: &dyn Source, tile: TileId, hashes: &[Hash]) -> Result<Option<Finding>, SourceError> {
    let width = Width::new(hashes.len()).unwrap_or(Width::FULL);
    let path = TilePath::Hashes(tile, width).to_string();
    let wrong = match source.read(&path)? {
        None => "is missing",
        Some(bytes) if bytes != encode_hashes(hashes) => "is not the tile that the entries make",
        Some(_) => return Ok(None),
    };
    let first = tile.index() << (8 * (u32::from(tile.level()) + 1)).min(63);
    Ok(Some(Finding::at(first, Rule::Tree, format!("{path} {wrong}"))))
}
