//! The states that a ledger anchors (law 0, section 24): the root is made again from the licences as they stood at that size, and compared.
//!
//! Nothing is done for a ledger without such anchors. At the first, or at the first after a replay that went on from what was kept, every
//! block of the state tree is made; from then on those alone that entries touched. A root takes 32 bytes for each 256 entries.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::summary::Finding;
use crate::law::Rule;
use crate::ledger::body::{Body, StateAnchored, Subject};
use crate::ledger::entry::Entry;
use crate::ledger::state::tree::{self, BlockError, StateTree, Stood};
use crate::ledger::state::{LicenceState, MemoryState, View as _};
use crate::merkle::Hash;
use crate::values::identifiers::Handle;

/// Compares as the entries come.
#[derive(Default)]
pub(super) struct Anchored {
    tree: Option<StateTree>,
    /// Blocks that entries behind the tree touched, with their index.
    touched: Vec<(u64, u64)>,
}

impl Anchored {
    /// Takes in an entry, which the state has. What is wrong with an anchor stands at its index.
    pub(super) fn look(&mut self, index: u64, entry: &Entry, state: &MemoryState) -> Option<Finding> {
        match entry.body() {
            Body::StateAnchored(body) => self.compare(index, body, state),
            body => {
                if self.tree.is_some() {
                    self.touch(index, body, state);
                }
                None
            }
        }
    }

    /// Notes the blocks of the licences that an entry is about.
    fn touch(&mut self, index: u64, body: &Body, state: &MemoryState) {
        let Subject::Licence(handle) = body.subject() else { return };
        let replaced = match body {
            Body::LicenceIssued(issued) => issued.replaces.as_ref().map(|replaces| replaces.handle),
            Body::LicenceRecorded(recorded) => {
                recorded.grant.replaces.as_ref().map(|replaces| replaces.handle)
            }
            _ => None,
        };
        let block = |handle: Handle| {
            let licence = state.licence(&handle).ok().flatten()?;
            licence.first().map(|first| (index, first.index / tree::BLOCK))
        };
        self.touched.extend([Some(handle), replaced].into_iter().flatten().filter_map(block));
    }

    fn compare(&mut self, index: u64, body: &StateAnchored, state: &MemoryState) -> Option<Finding> {
        let root = match self.root_at(body.size, state) {
            Ok(root) => root,
            Err(error) => return Some(Finding::at(index, Rule::Anchor, error.to_string())),
        };
        (root.0 != body.root.0).then(|| {
            let (said, size) = (body.root, body.size);
            Finding::at(
                index,
                Rule::Anchor,
                format!(
                    "the states at {size} are anchored as {said}; the entries make {}",
                    crate::crypto::Digest(root.0)
                ),
            )
        })
    }

    /// The root at a size, a whole number of blocks, that is not before the one it was asked last.
    fn root_at(&mut self, size: u64, state: &MemoryState) -> Result<Hash, BlockError> {
        if self.tree.is_none() {
            self.touched = touched_since(size, state);
        }
        let touched = self.touched.iter().filter(|(at, _)| *at < size);
        let mut changed: BTreeSet<u64> = touched.map(|(_, block)| *block).collect();
        let tree = self.tree.get_or_insert_default();
        changed.extend(tree.blocks()..size / tree::BLOCK);
        let made = blocks_at(size, changed, state)?;
        tree.put(&made);
        self.touched.retain(|(at, _)| *at >= size);
        Ok(tree.root())
    }
}

/// The roots of some blocks, from the licences as they stood at a size.
pub(super) fn blocks_at(
    size: u64,
    numbers: impl IntoParallelIterator<Item = u64>,
    state: &MemoryState,
) -> Result<BTreeMap<u64, Hash>, BlockError> {
    let origin = state.charter().origin();
    let made = numbers.into_par_iter().filter_map(|number| {
        let first = number * tree::BLOCK;
        Some(tree::block(origin?, first, stood_at(size, first, state)).map(|root| (number, root)))
    });
    made.collect()
}

/// The licences that came in in the block that begins at an index, as they stood at a size.
pub(super) fn stood_at(
    size: u64,
    first: u64,
    state: &MemoryState,
) -> impl Iterator<Item = (u64, Stood)> + '_ {
    let begun = state.begun(first, (first + tree::BLOCK).min(size));
    begun.filter_map(move |licence| Some((licence.first()?.index, Stood::at(licence, size)?)))
}

/// The blocks that entries from a size on touched, which nobody noted.
fn touched_since(size: u64, state: &MemoryState) -> Vec<(u64, u64)> {
    let of = |licence: &LicenceState| -> Vec<(u64, u64)> {
        let block = licence.first().map_or(0, |first| first.index / tree::BLOCK);
        let later = licence.events.iter().rev().take_while(|event| event.index >= size);
        later.map(|event| (event.index, block)).collect()
    };
    state.licences().flat_map(of).collect()
}

#[cfg(test)]
mod tests;
