//! Reading entry bundles: many at a time, hashed and parsed in parallel, given in order.

use rayon::prelude::*;

use super::source::{Source, SourceError};
use super::summary::Finding;
use crate::law::{self, Refused, Rule};
use crate::ledger::entry::Entry;
use crate::merkle::{Hash, TilePath, Width, decode_bundle, leaf};

/// One leaf of the tree.
pub(super) struct Leaf {
    pub(super) index: u64,
    pub(super) hash: Hash,
    pub(super) entry: Result<Entry, Refused>,
}

/// The leaves of neighbouring bundles, up to the first bundle that is missing or cannot be taken apart.
pub(super) fn read(
    source: &dyn Source,
    bundles: &[(u64, Width)],
) -> Result<(Vec<Leaf>, Option<Finding>), SourceError> {
    each(source, bundles, |index, bytes| Leaf { index, hash: leaf(bytes), entry: law::read(bytes) })
}

/// Their hashes alone.
pub(super) fn hash(
    source: &dyn Source,
    bundles: &[(u64, Width)],
) -> Result<(Vec<Hash>, Option<Finding>), SourceError> {
    each(source, bundles, |_, bytes| leaf(bytes))
}

/// What is made of each entry, bundles in parallel.
fn each<T: Send>(
    source: &dyn Source,
    bundles: &[(u64, Width)],
    make: impl Fn(u64, &[u8]) -> T + Sync,
) -> Result<(Vec<T>, Option<Finding>), SourceError> {
    let read: Vec<Result<Vec<T>, Finding>> = bundles
        .par_iter()
        .map(|(index, width)| read_bundle(source, *index, *width, &make))
        .collect::<Result<_, _>>()?;
    let mut all = Vec::new();
    for bundle in read {
        match bundle {
            Ok(bundle) => all.extend(bundle),
            Err(finding) => return Ok((all, Some(finding))),
        }
    }
    Ok((all, None))
}

fn read_bundle<T>(
    source: &dyn Source,
    index: u64,
    width: Width,
    make: &impl Fn(u64, &[u8]) -> T,
) -> Result<Result<Vec<T>, Finding>, SourceError> {
    let first = index * 256;
    let path = TilePath::Entries(index, width).to_string();
    let Some(bytes) = source.read(&path)? else {
        return Ok(Err(Finding::at(first, Rule::Tree, format!("{path} is missing"))));
    };
    Ok(decode_bundle(&bytes, width)
        .map(|entries| (first..).zip(entries).map(|(index, bytes)| make(index, bytes)).collect())
        .map_err(|error| Finding::at(first, Rule::Tree, format!("{path}: {error}"))))
}
