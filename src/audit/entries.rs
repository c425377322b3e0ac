//! Reading entry bundles: each is taken apart, hashed, and compared with its tile by whichever core is free.

use super::source::{Source, SourceError};
use super::summary::Finding;
use super::tree::compare_tile;
use crate::law::{self, Refused, Rule};
use crate::ledger::entry::Entry;
use crate::merkle::{Hash, Range, TileId, TilePath, Width, decode_bundle, leaf};

/// A bundle: the hashes of its entries, and what was made of each.
pub(super) struct Bundle<T> {
    /// Index of its first entry.
    pub(super) first: u64,
    pub(super) leaves: Vec<Hash>,
    /// The root over a full bundle.
    pub(super) root: Option<Hash>,
    pub(super) entries: Vec<T>,
    /// The tile of a full bundle is not what its entries make.
    pub(super) finding: Option<Finding>,
}

/// A bundle, or that it is missing or cannot be taken apart.
pub(super) type Read<T> = Result<Result<Bundle<T>, Finding>, SourceError>;

/// Reads a bundle and every entry in it.
pub(super) fn read(source: &dyn Source, bundle: (u64, Width)) -> Read<Result<Entry, Refused>> {
    read_bundle(source, bundle, |bytes| {
        let entry = law::read(bytes);
        (entry.as_ref().map_or_else(|_| leaf(bytes), |entry| Hash(entry.leaf_hash().0)), entry)
    })
}

/// Reads a bundle for the hashes of its entries alone.
pub(super) fn hash(source: &dyn Source, bundle: (u64, Width)) -> Read<()> {
    read_bundle(source, bundle, |bytes| (leaf(bytes), ()))
}

fn read_bundle<T>(
    source: &dyn Source,
    (index, width): (u64, Width),
    make: impl Fn(&[u8]) -> (Hash, T),
) -> Read<T> {
    let first = index * 256;
    let path = TilePath::Entries(index, width).to_string();
    let Some(bytes) = source.read(&path)? else {
        return Ok(Err(Finding::at(first, Rule::Tree, format!("{path} is missing"))));
    };
    let decoded = match decode_bundle(&bytes, width) {
        Ok(decoded) => decoded,
        Err(error) => return Ok(Err(Finding::at(first, Rule::Tree, format!("{path}: {error}")))),
    };
    let (leaves, entries): (Vec<Hash>, Vec<T>) = decoded.into_iter().map(make).unzip();
    let full = TileId::new(0, index).ok().filter(|_| width == Width::FULL);
    let (root, finding) = match full {
        Some(tile) => (Some(root_of(&leaves)), compare_tile(source, tile, &leaves)?),
        // The partial tiles at the edge are compared when the whole tree is known.
        None => (None, None),
    };
    Ok(Ok(Bundle { first, leaves, root, entries, finding }))
}

fn root_of(leaves: &[Hash]) -> Hash {
    let mut range = Range::new();
    leaves.iter().for_each(|leaf| range.push(*leaf));
    range.root()
}
