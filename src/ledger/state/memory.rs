//! The whole state in memory: the auditor's view, and the one of tests.

use std::collections::{BTreeMap, HashMap};

use super::charter::Charter;
use super::effects::Effects;
use super::licence::LicenceState;
use super::view::{View, ViewFault};
use crate::crypto::Digest;
use crate::ledger::body::StatusPlace;
use crate::merkle::{Hash, Range};
use crate::values::identifiers::Handle;

/// Charter, licences, status lists, blobs and the right edge of the tree.
#[derive(Default)]
pub struct MemoryState {
    charter: Charter,
    licences: HashMap<Handle, LicenceState>,
    statuses: BTreeMap<StatusPlace, u8>,
    blobs: HashMap<Digest, Vec<u8>>,
    range: Range,
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
        self.charter.absorb(effects);
        for licence in &effects.licences {
            self.licences.insert(licence.handle, licence.clone());
        }
        self.statuses.extend(effects.statuses.iter().copied());
        self.range.push(Hash(effects.leaf.0));
    }

    /// All licences, in no order.
    pub fn licences(&self) -> impl Iterator<Item = &LicenceState> {
        self.licences.values()
    }

    /// Every used place and its value, by list and index.
    pub fn statuses(&self) -> &BTreeMap<StatusPlace, u8> {
        &self.statuses
    }

    /// The right edge of the tree.
    pub fn range(&self) -> &Range {
        &self.range
    }
}

impl View for MemoryState {
    fn charter(&self) -> &Charter {
        &self.charter
    }

    fn licence(&self, handle: &Handle) -> Result<Option<LicenceState>, ViewFault> {
        Ok(self.licences.get(handle).cloned())
    }

    fn place_taken(&self, place: StatusPlace) -> Result<bool, ViewFault> {
        Ok(self.statuses.contains_key(&place))
    }

    fn blob(&self, name: &Digest) -> Result<Option<Vec<u8>>, ViewFault> {
        Ok(self.blobs.get(name).cloned())
    }

    fn root(&self) -> Result<Digest, ViewFault> {
        Ok(Digest(self.range.root().0))
    }
}
