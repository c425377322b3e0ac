//! The whole state in memory: the auditor's view, and the one of tests. How it is put away and put together again is in `parts`.

mod parts;

use std::collections::{BTreeMap, HashMap};

pub use parts::{Give, Take};

use super::card::CardState;
use super::case::CaseState;
use super::charter::Charter;
use super::content::ContentState;
use super::effects::Effects;
use super::licence::LicenceState;
use super::places::Places;
use super::view::{View, ViewFault};
use crate::crypto::Digest;
use crate::ledger::body::{CardNumber, CaseId, ContentNumber, StatusPlace};
use crate::merkle::{Hash, Range};
use crate::values::identifiers::Handle;

/// Licences that lie together.
const CHUNK: usize = 256;
/// Leaves of a full bundle.
const BUNDLE: usize = 256;
/// Leaves that wait for the root of their bundle, at most.
const AT_ONCE: usize = 2 * BUNDLE;

/// Charter, licences, status lists, blobs and the right edge of the tree.
#[derive(Default)]
pub struct MemoryState {
    charter: Charter,
    licences: Licences,
    cases: HashMap<CaseId, CaseState>,
    cards: BTreeMap<CardNumber, CardState>,
    contents: BTreeMap<ContentNumber, ContentState>,
    statuses: Places,
    blobs: HashMap<Digest, Vec<u8>>,
    /// The right edge of the tree at some size, and the leaves behind it: its root is hardly ever asked for.
    range: Range,
    leaves: Vec<Hash>,
}

impl MemoryState {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a blob known. Its name is its digest, so wrong bytes cannot enter under a right name.
    pub fn add_blob(&mut self, bytes: Vec<u8>) {
        self.blobs.insert(Digest::of(&bytes), bytes);
    }

    /// Takes in what an entry did, signatures checked.
    pub fn absorb(&mut self, effects: &Effects) {
        self.take(effects.clone());
    }

    /// The same, of effects that nobody needs any more.
    pub fn take(&mut self, effects: Effects) {
        self.charter.absorb(&effects);
        for (place, value) in effects.statuses {
            self.statuses.set(place, value);
        }
        for licence in effects.licences {
            self.licences.put(licence);
        }
        if let Some(case) = effects.case {
            self.cases.insert(case.case, case);
        }
        if let Some(card) = effects.card {
            self.cards.insert(card.card, card);
        }
        if let Some(content) = effects.content {
            self.contents.insert(content.content, content);
        }
        self.leaves.push(Hash(effects.leaf.0));
        if self.leaves.len() > AT_ONCE {
            self.range = self.range();
            self.leaves.clear();
        }
    }

    /// Is told the root over the last 256 entries, which were a bundle: nothing of it needs to be hashed again.
    pub fn bundled(&mut self, root: Hash) {
        if self.leaves.len() == BUNDLE && self.range.push_subtree(8, root, &mut |_, _, _| ()) {
            self.leaves.clear();
        }
    }

    /// All licences, in no order.
    pub fn licences(&self) -> impl Iterator<Item = &LicenceState> {
        self.licences.chunks.iter().flatten()
    }

    /// The licences that entries from one index on and below another brought in, in that order.
    pub fn begun(&self, from: u64, until: u64) -> impl Iterator<Item = &LicenceState> {
        let (first, end) = (self.licences.begun_before(from), self.licences.begun_before(until));
        (first..end).filter_map(|place| self.licences.at(place))
    }

    /// All cases, in no order.
    pub fn cases(&self) -> impl Iterator<Item = &CaseState> {
        self.cases.values()
    }

    /// All cards, in their order.
    pub fn cards(&self) -> impl Iterator<Item = &CardState> {
        self.cards.values()
    }

    /// Everything that was found about content, in order.
    pub fn contents(&self) -> impl Iterator<Item = &ContentState> {
        self.contents.values()
    }

    /// Every used place and its value.
    pub fn statuses(&self) -> &Places {
        &self.statuses
    }

    /// The right edge of the tree.
    pub fn range(&self) -> Range {
        let mut range = self.range.clone();
        self.leaves.iter().for_each(|leaf| range.push(*leaf));
        range
    }
}

/// Licences where they came to lie, and where each is: the map stays small, and none is moved when it grows.
#[derive(Default)]
struct Licences {
    places: HashMap<Handle, usize>,
    chunks: Vec<Vec<LicenceState>>,
}

impl Licences {
    fn get(&self, handle: &Handle) -> Option<&LicenceState> {
        self.at(*self.places.get(handle)?)
    }

    fn at(&self, place: usize) -> Option<&LicenceState> {
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)
    }

    /// How many came in before an index. They lie in that order.
    fn begun_before(&self, index: u64) -> usize {
        let (mut low, mut high) = (0, self.places.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let begun = self.at(middle).and_then(LicenceState::first).map_or(u64::MAX, |first| first.index);
            if begun < index {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn put(&mut self, licence: LicenceState) {
        let next = self.places.len();
        let place = *self.places.entry(licence.handle).or_insert(next);
        if self.chunks.len() * CHUNK <= place {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let Some(chunk) = self.chunks.get_mut(place / CHUNK) else { return };
        match chunk.get_mut(place % CHUNK) {
            Some(held) => *held = licence,
            None => chunk.push(licence),
        }
    }
}

impl View for MemoryState {
    fn charter(&self) -> &Charter {
        &self.charter
    }

    fn licence(&self, handle: &Handle) -> Result<Option<LicenceState>, ViewFault> {
        Ok(self.licences.get(handle).cloned())
    }

    fn case(&self, case: &CaseId) -> Result<Option<CaseState>, ViewFault> {
        Ok(self.cases.get(case).cloned())
    }

    fn card(&self, card: CardNumber) -> Result<Option<CardState>, ViewFault> {
        Ok(self.cards.get(&card).cloned())
    }

    fn content(&self, content: ContentNumber) -> Result<Option<ContentState>, ViewFault> {
        Ok(self.contents.get(&content).cloned())
    }

    fn place_taken(&self, place: StatusPlace) -> Result<bool, ViewFault> {
        Ok(self.statuses.get(place).is_some())
    }

    fn blob(&self, name: &Digest) -> Result<Option<Vec<u8>>, ViewFault> {
        Ok(self.blobs.get(name).cloned())
    }

    fn root(&self) -> Result<Digest, ViewFault> {
        Ok(Digest(self.range().root().0))
    }
}
