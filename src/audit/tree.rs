//! The tree that the entries make: its root at the checkpoint's size and at those that somebody saw before, and every tile, compared
//! byte for byte with the one the source gives. The full tiles of the lowest level are compared where bundles are read.

use std::collections::{BTreeMap, BTreeSet};

use super::entries::Bundle;
use super::source::{Source, SourceError};
use super::summary::Finding;
use crate::law::Rule;
use crate::merkle::{EMPTY_ROOT, Hash, Range, TileId, TilePath, Width};

/// Hashes of a full tile.
const FULL: usize = 256;

/// The tree so far.
#[derive(Default)]
pub(super) struct Tree {
    range: Range,
    /// The partial tile of the lowest level, with its index.
    lowest: (u64, Vec<Hash>),
    /// The last tile of each level above, with its index.
    edge: Vec<(u64, Vec<Hash>)>,
    full: Vec<(TileId, Vec<Hash>)>,
    /// Sizes whose roots are wanted, and the roots of those that were met.
    wanted: BTreeSet<u64>,
    met: BTreeMap<u64, Hash>,
}

impl Tree {
    /// An empty tree that will note its root at the sizes that are wanted.
    pub(super) fn wanting(wanted: impl IntoIterator<Item = u64>) -> Self {
        let wanted = BTreeSet::from_iter(wanted);
        let met = wanted.contains(&0).then_some((0, EMPTY_ROOT)).into_iter().collect();
        Self { wanted, met, ..Self::default() }
    }

    /// The tree that an earlier replay came to with this right edge, which will note its root like an empty one.
    pub(super) fn going_on(
        range: Range,
        edge: Vec<(u64, Vec<Hash>)>,
        wanted: impl IntoIterator<Item = u64>,
    ) -> Self {
        Self { range, edge, ..Self::wanting(wanted) }
    }

    /// Sizes whose roots are wanted, and that it has passed or reached without meeting them.
    pub(super) fn not_met(&self) -> Vec<u64> {
        let passed = self.wanted.range(..=self.size());
        passed.filter(|size| !self.met.contains_key(size)).copied().collect()
    }

    /// Takes down the root at a size that was wanted, proved by whoever says so.
    pub(super) fn met(&mut self, size: u64, root: Hash) {
        self.met.insert(size, root);
    }

    /// The right edge.
    pub(super) fn range(&self) -> &Range {
        &self.range
    }

    /// The last tile of each level above the lowest, with its index.
    pub(super) fn edge(&self) -> &[(u64, Vec<Hash>)] {
        &self.edge
    }

    /// Appends a bundle: at once where its root is known and no root within it is wanted, else leaf by leaf.
    pub(super) fn push<T>(&mut self, bundle: &Bundle<T>) {
        if bundle.root.is_none() {
            self.lowest = (bundle.first / 256, bundle.leaves.clone());
        }
        let within = self.wanted.range(bundle.first + 1..bundle.first + 256).next();
        let root = bundle.root.filter(|_| within.is_none());
        if !root.is_some_and(|root| self.append(|range, note| range.push_subtree(8, root, note))) {
            for leaf in &bundle.leaves {
                self.append(|range, note| range.push_noting(*leaf, note));
            }
        }
    }

    /// Appends to the range, and notes what comes to be.
    fn append<R>(&mut self, push: impl FnOnce(&mut Range, &mut dyn FnMut(u8, u64, Hash)) -> R) -> R {
        let (edge, full) = (&mut self.edge, &mut self.full);
        let pushed = push(&mut self.range, &mut |level, _, hash| {
            if level > 0 && level % 8 == 0 {
                note(edge, full, level / 8, hash);
            }
        });
        if self.wanted.contains(&self.range.size()) {
            self.met.insert(self.range.size(), self.range.root());
        }
        pushed
    }

    pub(super) fn size(&self) -> u64 {
        self.range.size()
    }

    pub(super) fn root(&self) -> Hash {
        self.range.root()
    }

    /// The root at a size that was wanted, once the tree was that large.
    pub(super) fn root_at(&self, size: u64) -> Option<Hash> {
        self.met.get(&size).copied()
    }

    /// Compares the tiles above the lowest level that became full since the last call.
    pub(super) fn compare_full(&mut self, source: &dyn Source) -> Result<Vec<Finding>, SourceError> {
        let full = std::mem::take(&mut self.full);
        compare(source, full.iter().map(|(tile, hashes)| (*tile, hashes.as_slice())))
    }

    /// Compares the partial tiles at the right edge.
    pub(super) fn compare_edge(&self, source: &dyn Source) -> Result<Vec<Finding>, SourceError> {
        let levels = (0_u8..).zip(std::iter::once(&self.lowest).chain(&self.edge));
        let partial = levels.filter(|(_, (_, hashes))| !hashes.is_empty());
        compare(
            source,
            partial.filter_map(|(level, (index, hashes))| {
                Some((TileId::new(level, *index).ok()?, hashes.as_slice()))
            }),
        )
    }
}

/// Notes a hash of a tile of that level, from 1.
fn note(edge: &mut Vec<(u64, Vec<Hash>)>, full: &mut Vec<(TileId, Vec<Hash>)>, level: u8, hash: Hash) {
    let place = usize::from(level).saturating_sub(1);
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

fn compare<'a>(
    source: &dyn Source,
    tiles: impl Iterator<Item = (TileId, &'a [Hash])>,
) -> Result<Vec<Finding>, SourceError> {
    let mut findings = Vec::new();
    for (tile, hashes) in tiles {
        findings.extend(compare_tile(source, tile, hashes)?);
    }
    Ok(findings)
}

/// Compares a tile with the hashes that the entries make.
pub(super) fn compare_tile(
    source: &dyn Source,
    tile: TileId,
    hashes: &[Hash],
) -> Result<Option<Finding>, SourceError> {
    let width = Width::new(hashes.len()).unwrap_or(Width::FULL);
    let path = TilePath::Hashes(tile, width).to_string();
    let wrong = match source.read(&path)? {
        None => "is missing",
        Some(bytes) if !is_tile(&bytes, hashes) => "is not the tile that the entries make",
        Some(_) => return Ok(None),
    };
    let first = tile.index() << (8 * (u32::from(tile.level()) + 1)).min(63);
    Ok(Some(Finding::at(first, Rule::Tree, format!("{path} {wrong}"))))
}

/// Whether the bytes are those hashes, one after the other.
fn is_tile(bytes: &[u8], hashes: &[Hash]) -> bool {
    bytes.len() == hashes.len() * 32 && bytes.chunks_exact(32).zip(hashes).all(|(part, hash)| part == hash.0)
}
