//! A view with the effects of a group laid over it: what the next entry of the group is judged against.

use std::collections::{HashMap, HashSet};

use super::card::CardState;
use super::case::CaseState;
use super::charter::Charter;
use super::content::ContentState;
use super::effects::Effects;
use super::licence::LicenceState;
use super::view::{View, ViewFault};
use crate::crypto::Digest;
use crate::ledger::body::{CardNumber, CaseId, ContentNumber, StatusPlace};
use crate::merkle::{Hash, Range};
use crate::values::identifiers::Handle;

/// A base view, the group's effects over it, and the blobs that come with the group.
pub struct Overlay<'a> {
    base: &'a dyn View,
    charter: Charter,
    licences: HashMap<Handle, LicenceState>,
    cases: HashMap<CaseId, CaseState>,
    cards: HashMap<CardNumber, CardState>,
    contents: HashMap<ContentNumber, ContentState>,
    places: HashSet<StatusPlace>,
    blobs: HashMap<Digest, Vec<u8>>,
    range: Range,
}

impl<'a> Overlay<'a> {
    /// Nothing laid over `base`, whose tree has the right edge `range`.
    pub fn new(base: &'a dyn View, range: Range) -> Self {
        Self {
            charter: base.charter().clone(),
            base,
            licences: HashMap::new(),
            cases: HashMap::new(),
            cards: HashMap::new(),
            contents: HashMap::new(),
            places: HashSet::new(),
            blobs: HashMap::new(),
            range,
        }
    }

    /// Makes a blob known that will be stored with the group.
    pub fn add_blob(&mut self, bytes: Vec<u8>) {
        self.blobs.insert(Digest::of(&bytes), bytes);
    }

    /// Lays the effects of the next entry over.
    pub fn absorb(&mut self, effects: &Effects) {
        self.charter.absorb(effects);
        for licence in &effects.licences {
            self.licences.insert(licence.handle, licence.clone());
        }
        self.cases.extend(effects.case.iter().map(|case| (case.case, case.clone())));
        self.cards.extend(effects.card.iter().map(|card| (card.card, card.clone())));
        self.contents.extend(effects.content.iter().map(|one| (one.content, one.clone())));
        self.places.extend(effects.statuses.iter().map(|(place, _)| *place));
        self.range.push(Hash(effects.leaf.0));
    }

    /// The charter and the right edge after the group.
    pub fn into_parts(self) -> (Charter, Range) {
        (self.charter, self.range)
    }
}

impl View for Overlay<'_> {
    fn charter(&self) -> &Charter {
        &self.charter
    }

    fn licence(&self, handle: &Handle) -> Result<Option<LicenceState>, ViewFault> {
        match self.licences.get(handle) {
            Some(licence) => Ok(Some(licence.clone())),
            None => self.base.licence(handle),
        }
    }

    fn case(&self, case: &CaseId) -> Result<Option<CaseState>, ViewFault> {
        match self.cases.get(case) {
            Some(case) => Ok(Some(case.clone())),
            None => self.base.case(case),
        }
    }

    fn card(&self, card: CardNumber) -> Result<Option<CardState>, ViewFault> {
        match self.cards.get(&card) {
            Some(card) => Ok(Some(card.clone())),
            None => self.base.card(card),
        }
    }

    fn content(&self, content: ContentNumber) -> Result<Option<ContentState>, ViewFault> {
        match self.contents.get(&content) {
            Some(content) => Ok(Some(content.clone())),
            None => self.base.content(content),
        }
    }

    fn place_taken(&self, place: StatusPlace) -> Result<bool, ViewFault> {
        Ok(self.places.contains(&place) || self.base.place_taken(place)?)
    }

    fn blob(&self, name: &Digest) -> Result<Option<Vec<u8>>, ViewFault> {
        match self.blobs.get(name) {
            Some(bytes) => Ok(Some(bytes.clone())),
            None => self.base.blob(name),
        }
    }

    fn root(&self) -> Result<Digest, ViewFault> {
        Ok(Digest(self.range.root().0))
    }
}
