//! Anchors the states that licences are in (law 0, section 24), off the path of everything else: the roots of the state tree's blocks lie in
//! rows, those that entries touched since are made again, and the root over all of them is proposed as an entry. A crash in between makes
//! some blocks again; a store without the rows, as after a restore, makes all of them.
//!
//! Not here: what a leaf says (`ledger::state::tree`), and whether an anchor may be entered (`law`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::Authority;
use super::entries::entries;
use super::grants::licence;
use super::refusal::{Failure, Fault};
use super::store::{Row, STATES, Store, StoreError, Write};
use super::writer::Proposal;
use crate::crypto::Digest;
use crate::law;
use crate::ledger::body::{Body, StateAnchored, Subject};
use crate::ledger::state::tree::{self, BLOCK, StateTree, Stood};
use crate::merkle::{Hash, Width, decode_hashes, encode_hashes};
use crate::values::identifiers::{Handle, Origin};

/// Entries from one anchor to the next.
pub const EVERY: u64 = 4_096;
/// Entries that one step goes on by, when it is behind.
const SPAN: u64 = 16 * EVERY;
/// Entries that are read at once.
const READ: u64 = 1_024;
/// Roots of a row.
const ROW: u64 = 256;
/// Rows that are written at once.
const ROWS_AT_ONCE: usize = 64;

/// The state tree as it was made last.
#[derive(Debug, Default)]
pub(super) struct Anchoring(Mutex<Option<States>>);

#[derive(Debug, Default)]
struct States {
    tree: StateTree,
    size: u64,
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
    /// Brings the state tree some way further. Reads, and is not to be called where nothing may wait.
    pub fn make_states(&self) -> Result<StatesMade, Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let newest = published.range.size() / EVERY * EVERY;
        if charter.is_frozen() || newest <= charter.state_anchored().unwrap_or(0) {
            return Ok(StatesMade::Nothing);
        }
        let origin = charter.origin().ok_or_else(|| Fault::Law("there is no origin".into()))?;
        let store = self.store.as_ref();
        let mut held = self.anchoring.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out for the while: what breaks off in the middle begins with what is stored.
        let mut states = match held.take() {
            Some(states) => states,
            None => States::load(store)?,
        };
        if states.size > newest {
            // They are of another history than this one: no block of theirs is believed.
            states = States::default();
        }
        let size = newest.min(states.size + SPAN);
        states.go_on(store, origin, size)?;
        let root = Digest(states.tree.root().0);
        *held = Some(states);
        Ok(if size < newest { StatesMade::Behind } else { StatesMade::Due(StateAnchored { root, size }) })
    }

    /// Enters an anchor.
    pub async fn anchor_states(&self, due: StateAnchored) -> Result<(), Failure> {
        self.propose(Proposal::of(Body::StateAnchored(due))).await.map(drop)
    }
}

impl States {
    /// As they are stored; of nothing, where they are not.
    fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let damaged = || StoreError::Unreadable("the blocks of the state tree".into());
        let Some(size) = store.get(&Row::Single(STATES))? else { return Ok(Self::default()) };
        let size = size.try_into().map(u64::from_be_bytes).map_err(|_| damaged())?;
        let blocks = size / BLOCK;
        let mut roots = Vec::new();
        for number in 0..blocks.div_ceil(ROW) {
            let row = store.get(&Row::States(number))?.unwrap_or_default();
            let width = Width::new(row.len() / 32).map_err(|_| damaged())?;
            roots.extend(decode_hashes(&row, width).map_err(|_| damaged())?);
        }
        let known: BTreeMap<u64, Hash> = (0..blocks).zip(roots).collect();
        let mut tree = StateTree::default();
        tree.put(&known);
        if tree.blocks() == blocks { Ok(Self { tree, size }) } else { Err(damaged()) }
    }

    /// Makes the blocks that changed up to a size, and stores them.
    fn go_on(&mut self, store: &dyn Store, origin: &Origin, size: u64) -> Result<(), Failure> {
        let (before, new) = (self.tree.blocks(), self.tree.blocks()..size / BLOCK);
        let seen = Seen::read(store, new.start * BLOCK, size)?;
        let mut made = BTreeMap::new();
        for number in seen.touched.iter().copied().filter(|number| *number < before) {
            let first = number * BLOCK;
            let begun = Seen::read(store, first, first + BLOCK)?.begun;
            made.insert(number, block(store, origin, (first, size), &begun)?);
        }
        for number in new {
            let first = number * BLOCK;
            let from = seen.begun.partition_point(|(index, _)| *index < first);
            let until = seen.begun.partition_point(|(index, _)| *index < first + BLOCK);
            let begun = seen.begun.get(from..until).unwrap_or_default();
            made.insert(number, block(store, origin, (first, size), begun)?);
        }
        let changed: Vec<u64> = made.keys().copied().collect();
        self.tree.put(&made);
        self.size = size;
        let rows: BTreeSet<u64> = changed.iter().map(|number| number / ROW).collect();
        let mut writes = Vec::new();
        for number in rows {
            let roots = self.tree.roots(number * ROW..(number + 1) * ROW);
            writes.push(Write::set(Row::States(number), encode_hashes(&roots)));
            if writes.len() == ROWS_AT_ONCE {
                store.put(std::mem::take(&mut writes))?;
            }
        }
        writes.push(Write::set(Row::Single(STATES), size.to_be_bytes()));
        Ok(store.put(writes)?)
    }
}

/// What entries in a row say of licences.
#[derive(Default)]
struct Seen {
    /// Those that they brought in, by the entry's index.
    begun: Vec<(u64, Handle)>,
    /// The blocks of all that they are about.
    touched: BTreeSet<u64>,
}

impl Seen {
    /// From one index on and below another.
    fn read(store: &dyn Store, from: u64, until: u64) -> Result<Self, Failure> {
        let (mut seen, mut index) = (Self::default(), from);
        while index < until {
            let read = entries(store, index, until.min(index + READ))?;
            if read.is_empty() {
                return Err(Fault::Damaged(format!("entry {index} is missing")).into());
            }
            for bytes in read {
                let damaged = |error: law::Refused| Fault::Damaged(format!("entry {index}: {error}"));
                let entry = law::read(&bytes).map_err(damaged)?;
                seen.take(store, index, entry.body())?;
                index += 1;
            }
        }
        Ok(seen)
    }

    fn take(&mut self, store: &dyn Store, index: u64, body: &Body) -> Result<(), Failure> {
        let own = match body.subject() {
            Subject::Licence(handle) => handle,
            _ => return Ok(()),
        };
        let (acted_on, replaces) = match body {
            Body::LicenceIssued(issued) => (None, issued.replaces.as_ref()),
            Body::LicenceRecorded(recorded) => (None, recorded.grant.replaces.as_ref()),
            _ => (Some(own), None),
        };
        if acted_on.is_none() {
            self.begun.push((index, own));
        }
        for handle in acted_on.into_iter().chain(replaces.map(|replaces| replaces.handle)) {
            let known = licence(store, &handle)?;
            self.touched.extend(known.and_then(|known| known.first().map(|first| first.index / BLOCK)));
        }
        Ok(())
    }
}

/// The root of the block that begins at an index, from the licences that came in there, as they stood at a size.
fn block(
    store: &dyn Store,
    origin: &Origin,
    (first, size): (u64, u64),
    begun: &[(u64, Handle)],
) -> Result<Hash, Failure> {
    let mut stood = Vec::with_capacity(begun.len());
    for (index, handle) in begun {
        let known = licence(store, handle)?.and_then(|known| Stood::at(&known, size));
        stood.push((*index, known.ok_or_else(|| Fault::Damaged(format!("the state of licence {handle}")))?));
    }
    tree::block(origin, first, stood).map_err(|error| Fault::Crypto(error.to_string()).into())
}
