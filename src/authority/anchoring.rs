//! Anchors the states that licences are in (law 0, section 24), off the path of everything else: the roots of the state tree's blocks lie in
//! rows, those that entries touched since are made again, and the root over all of them is proposed as an entry. A crash in between makes
//! some blocks again; a store without the rows, as after a restore, makes all of them. The tree of the newest anchor is held for whoever
//! asks for a proof (`reading::standing`).
//!
//! Not here: what a leaf says (`ledger::state::tree`), and whether an anchor may be entered (`law`).

mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use rows::Rows;

use super::Authority;
use super::refusal::{Failure, Fault};
use super::store::{Row, STATES, Store, StoreError, Write};
use super::writer::Proposal;
use crate::crypto::Digest;
use crate::ledger::body::{Body, StateAnchored};
use crate::ledger::state::Charter;
use crate::ledger::state::tree::{BLOCK, StateTree};
use crate::merkle::{Hash, Width, decode_hashes, encode_hashes};

/// Entries from one anchor to the next.
pub const EVERY: u64 = 4_096;
/// Entries that one step goes on by, when it is behind.
const SPAN: u64 = 16 * EVERY;
/// Roots of a row.
const ROW: u64 = 256;
/// Rows that are written at once.
const ROWS_AT_ONCE: usize = 64;

/// The state tree as it was made last, and as the newest anchor has it.
#[derive(Debug, Default)]
pub(super) struct Anchoring {
    made: Mutex<Option<States>>,
    anchored: Mutex<Option<Arc<AnchoredStates>>>,
}

/// The tree at a size.
#[derive(Debug, Default)]
struct States {
    tree: Arc<StateTree>,
    size: u64,
    /// Whether it began with what was stored: where nothing was, to make it once more mends nothing.
    stored: bool,
}

/// The tree of an anchor that is published.
#[derive(Debug)]
pub(super) struct AnchoredStates {
    /// The tree.
    pub(super) tree: Arc<StateTree>,
    /// Entries that it is about.
    pub(super) size: u64,
    /// Index of the anchor.
    pub(super) index: u64,
}

/// What one step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatesMade {
    /// Nothing is due.
    Nothing,
    /// There is more to be made before an anchor is.
    Behind,
    /// This may be entered.
    Due(StateAnchored),
}

impl Authority {
    /// Brings the state tree some way further: first to the newest anchor, whose root vouches for it, then to the next that is due. Reads,
    /// and is not to be called where nothing may wait.
    pub fn make_states(&self) -> Result<StatesMade, Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let anchored = charter.state_anchored().unwrap_or(0);
        let newest = published.range.size() / EVERY * EVERY;
        let due = newest > anchored && !charter.is_frozen();
        let shown = anchored == 0 || self.anchoring.shows(anchored);
        if shown && !due {
            return Ok(StatesMade::Nothing);
        }
        let wanted = if shown { newest } else { anchored };
        let rows = self.rows(charter)?;
        let mut held = locked(&self.anchoring.made);
        // Taken out for the while: what breaks off in the middle begins with the tree that is shown. What is stored is believed only
        // where the newest anchor's root is still to vouch for it.
        let mut states = match held.take() {
            Some(states) => states,
            None if shown => self.anchoring.anchored().map(|shown| States::of(&shown)).unwrap_or_default(),
            None => States::load(rows.store, anchored)?,
        };
        if states.size > wanted {
            // They are of another history than this one: no block of theirs is believed.
            states = States::default();
        }
        let size = wanted.min(states.size + SPAN);
        if size > states.size {
            states.go_on(&rows, size)?;
        }
        let (tree, root, stored) = (Arc::clone(&states.tree), Digest(states.tree.root().0), states.stored);
        *held = Some(states);
        if size < wanted {
            return Ok(StatesMade::Behind);
        }
        if shown {
            return Ok(StatesMade::Due(StateAnchored { root, size }));
        }
        let (index, body) = rows.anchor_of(size)?;
        if body.root != root {
            if !stored {
                // Made from entries alone: it is not the rows, and to make them once more mends nothing.
                return Err(
                    Fault::Damaged(format!("the blocks of the states that entry {index} anchors")).into()
                );
            }
            tracing::warn!(
                index,
                "the stored blocks of states are not those that this entry anchors: all are made again"
            );
            *held = Some(States::default());
            put(rows.store, vec![Write::remove(Row::Single(STATES))])?;
            return Ok(StatesMade::Behind);
        }
        self.anchoring.show(AnchoredStates { tree, size, index });
        Ok(if due { StatesMade::Behind } else { StatesMade::Nothing })
    }

    /// Enters an anchor.
    pub async fn anchor_states(&self, due: StateAnchored) -> Result<(), Failure> {
        let size = due.size;
        let index = self.propose(Proposal::of(Body::StateAnchored(due))).await?.index();
        let made = locked(&self.anchoring.made);
        if let Some(states) = made.as_ref().filter(|states| states.size == size) {
            self.anchoring.show(AnchoredStates { tree: Arc::clone(&states.tree), size, index });
        }
        Ok(())
    }

    /// What states are made from.
    pub(super) fn rows<'a>(&'a self, charter: &'a Charter) -> Result<Rows<'a>, Failure> {
        let origin = charter.origin().ok_or_else(|| Fault::Law("there is no origin".into()))?;
        Ok(Rows { store: self.store.as_ref(), grants: &self.grants, charter, origin })
    }
}

impl Anchoring {
    /// The tree of the newest anchor, once it is made.
    pub(super) fn anchored(&self) -> Option<Arc<AnchoredStates>> {
        locked(&self.anchored).clone()
    }

    fn shows(&self, size: u64) -> bool {
        self.anchored().is_some_and(|anchored| anchored.size == size)
    }

    fn show(&self, anchored: AnchoredStates) {
        *locked(&self.anchored) = Some(Arc::new(anchored));
    }
}

fn locked<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl States {
    /// As they are anchored: an anchor's root vouched for them, or they were made here.
    fn of(shown: &AnchoredStates) -> Self {
        Self { tree: Arc::clone(&shown.tree), size: shown.size, stored: true }
    }

    /// As they are stored; of nothing, where they are not, cannot be read, or are ahead of the newest anchor: no root vouches for those.
    fn load(store: &dyn Store, anchored: u64) -> Result<Self, StoreError> {
        let size = store.get(&Row::Single(STATES))?.and_then(|size| size.try_into().ok());
        let size = size.map_or(0, u64::from_be_bytes);
        if size == 0 || size > anchored {
            return Ok(Self::default());
        }
        let blocks = size / BLOCK;
        let mut roots = Vec::new();
        for number in 0..blocks.div_ceil(ROW) {
            let row = store.get(&Row::States(number))?.unwrap_or_default();
            let read = Width::new(row.len() / 32).ok().and_then(|width| decode_hashes(&row, width).ok());
            roots.extend(read.unwrap_or_default());
        }
        let known: BTreeMap<u64, Hash> = (0..blocks).zip(roots).collect();
        let mut tree = StateTree::default();
        tree.put(&known);
        let whole = tree.blocks() == blocks;
        Ok(if whole { Self { tree: Arc::new(tree), size, stored: true } } else { Self::default() })
    }

    /// Makes the blocks that changed up to a size, and stores them, while anything is stored: proofs of what is anchored go on.
    fn go_on(&mut self, rows: &Rows<'_>, size: u64) -> Result<(), Failure> {
        let (before, new) = (self.tree.blocks(), self.tree.blocks()..size / BLOCK);
        let seen = rows.seen(new.clone())?;
        let mut made = BTreeMap::new();
        for number in seen.touched.iter().copied().filter(|number| *number < before) {
            let first = number * BLOCK;
            made.insert(number, rows.block(first, size, &rows.begun(number)?)?);
        }
        for number in new {
            let first = number * BLOCK;
            let from = seen.begun.partition_point(|(index, _)| *index < first);
            let until = seen.begun.partition_point(|(index, _)| *index < first + BLOCK);
            let begun = seen.begun.get(from..until).unwrap_or_default();
            made.insert(number, rows.block(first, size, begun)?);
        }
        let changed: BTreeSet<u64> = made.keys().map(|number| number / ROW).collect();
        let tree = Arc::make_mut(&mut self.tree);
        tree.put(&made);
        self.size = size;
        let mut writes = Vec::new();
        for number in changed {
            let roots = tree.roots(number * ROW..(number + 1) * ROW);
            writes.push(Write::set(Row::States(number), encode_hashes(&roots)));
            if writes.len() == ROWS_AT_ONCE {
                put(rows.store, std::mem::take(&mut writes))?;
            }
        }
        writes.push(Write::set(Row::Single(STATES), size.to_be_bytes()));
        Ok(put(rows.store, writes)?)
    }
}

fn put(store: &dyn Store, writes: Vec<Write>) -> Result<(), StoreError> {
    match store.put(writes) {
        Err(StoreError::Ended(_)) => Ok(()),
        other => other,
    }
}
