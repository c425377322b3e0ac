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
        let mut changed = self.touched(store, size)?;
        changed.extend(self.tree.blocks()..size / BLOCK);
        let mut made = BTreeMap::new();
        for number in &changed {
            made.insert(*number, block(store, origin, *number, size)?);
        }
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

    /// The blocks of licences that entries touched from where it stands up to a size, and that are made already.
    fn touched(&self, store: &dyn Store, size: u64) -> Result<BTreeSet<u64>, Failure> {
        let mut touched = BTreeSet::new();
        // Of nothing, all is made anyway.
        if self.size == 0 {
            return Ok(touched);
        }
        for (_, body) in bodies(store, self.size, size)? {
            for handle in about(&body) {
                let known = licence(store, &handle)?;
                touched.extend(known.and_then(|known| known.first().map(|first| first.index / BLOCK)));
            }
        }
        touched.retain(|number| *number < size / BLOCK);
        Ok(touched)
    }
}

/// The licences that an entry is about.
fn about(body: &Body) -> impl Iterator<Item = Handle> {
    let replaces = match body {
        Body::LicenceIssued(issued) => issued.replaces.as_ref(),
        Body::LicenceRecorded(recorded) => recorded.grant.replaces.as_ref(),
        _ => None,
    };
    [begun_or_acted(body), replaces.map(|replaces| replaces.handle)].into_iter().flatten()
}

fn begun_or_acted(body: &Body) -> Option<Handle> {
    match body.subject() {
        Subject::Licence(handle) => Some(handle),
        _ => None,
    }
}

/// The root of a block, from the licences that its entries brought in, as they stood at a size.
fn block(store: &dyn Store, origin: &Origin, number: u64, size: u64) -> Result<Hash, Failure> {
    let first = number * BLOCK;
    let mut stood = Vec::new();
    for (index, body) in bodies(store, first, first + BLOCK)? {
        if let Body::LicenceIssued(_) | Body::LicenceRecorded(_) = body
            && let Some(handle) = begun_or_acted(&body)
        {
            let known = licence(store, &handle)?.and_then(|known| Stood::at(&known, size));
            let known = known.ok_or_else(|| Fault::Damaged(format!("the state of licence {handle}")))?;
            stood.push((index, known));
        }
    }
    tree::block(origin, first, stood).map_err(|error| Fault::Crypto(error.to_string()).into())
}

/// What entries about licences say, from one index on and below another.
fn bodies(store: &dyn Store, from: u64, until: u64) -> Result<Vec<(u64, Body)>, Failure> {
    let mut bodies = Vec::new();
    let mut index = from;
    while index < until {
        let read = entries(store, index, until.min(index + READ))?;
        if read.is_empty() {
            return Err(Fault::Damaged(format!("entry {index} is missing")).into());
        }
        for bytes in read {
            let entry =
                law::read(&bytes).map_err(|error| Fault::Damaged(format!("entry {index}: {error}")))?;
            if entry.kind().is_licence() {
                bodies.push((index, entry.body().clone()));
            }
            index += 1;
        }
    }
    Ok(bodies)
}
