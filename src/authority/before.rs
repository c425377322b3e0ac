//! The state just before an entry that is in the store already: what start-up judges what it finds by, and what supervision looks at
//! entry by entry. Licences, cases and cards know their entries, so an earlier state is the same with fewer of them.

use super::cards;
use super::cases;
use super::content;
use super::entries::entry;
use super::grants::licence;
use super::status::Statuses;
use super::store::{Row, Store, StoreError};
use super::tiles::stored;
use crate::crypto::Digest;
use crate::ledger::body::{CardNumber, CaseId, ContentNumber, StatusPlace};
use crate::ledger::entry::leaf_hash;
use crate::ledger::state::{CardState, CaseState, Charter, ContentState, LicenceState, View, ViewFault};
use crate::merkle::{Hash, Range, node_from_tiles, root_from_nodes};
use crate::values::identifiers::Handle;

/// The state just before an entry that is already in the store.
pub(super) struct ViewBefore<'a> {
    /// Where the rows are.
    pub(super) store: &'a dyn Store,
    /// The charter just before the entry.
    pub(super) charter: &'a Charter,
    /// The right edge, where it is at hand; else the root is made from the stored tiles.
    pub(super) range: Option<&'a Range>,
    /// The entry.
    pub(super) index: u64,
    /// The places that were taken before it; without them none is known to be.
    pub(super) statuses: Option<&'a Statuses>,
}

impl ViewBefore<'_> {
    fn leaf(&self, index: u64) -> Result<Digest, ViewFault> {
        let bytes = entry(self.store, index).map_err(|error| fault(&error))?;
        let bytes = bytes.ok_or_else(|| ViewFault(format!("entry {index} is missing")))?;
        Ok(leaf_hash(&bytes))
    }
}

impl View for ViewBefore<'_> {
    fn charter(&self) -> &Charter {
        self.charter
    }

    fn licence(&self, handle: &Handle) -> Result<Option<LicenceState>, ViewFault> {
        let now = licence(self.store, handle).map_err(|error| fault(&error))?;
        let Some(now) = now else { return Ok(None) };
        let earlier = now.events.iter().map(|event| event.index).rfind(|index| *index < self.index);
        let Some(earlier) = earlier else { return Ok(None) };
        Ok(now.before(self.index, self.leaf(earlier)?))
    }

    fn case(&self, case: &CaseId) -> Result<Option<CaseState>, ViewFault> {
        let now = cases::case(self.store, case).map_err(|error| fault(&error))?;
        let Some(now) = now else { return Ok(None) };
        let earlier = now.events.iter().map(|event| event.index).rfind(|index| *index < self.index);
        let Some(earlier) = earlier else { return Ok(None) };
        Ok(now.before(self.index, self.leaf(earlier)?))
    }

    fn card(&self, card: CardNumber) -> Result<Option<CardState>, ViewFault> {
        let Some(now) = cards::card(self.store, card).map_err(|error| fault(&error))? else {
            return Ok(None);
        };
        let earlier = now.events.iter().map(|event| event.index).rfind(|index| *index < self.index);
        let Some(earlier) = earlier else { return Ok(None) };
        Ok(now.before(self.index, self.leaf(earlier)?))
    }

    fn content(&self, content: ContentNumber) -> Result<Option<ContentState>, ViewFault> {
        let found = content::content(self.store, content).map_err(|error| fault(&error))?;
        Ok(found.filter(|found| found.index < self.index))
    }

    fn place_taken(&self, place: StatusPlace) -> Result<bool, ViewFault> {
        Ok(self.statuses.is_some_and(|statuses| statuses.taken(place)))
    }

    fn blob(&self, name: &Digest) -> Result<Option<Vec<u8>>, ViewFault> {
        self.store.get(&Row::Blob(*name)).map_err(|error| fault(&error))
    }

    fn root(&self) -> Result<Digest, ViewFault> {
        let root = match self.range {
            Some(range) => range.root(),
            None => root_from_nodes(self.index, &|level, index| node(self.store, level, index))
                .map_err(|error| ViewFault(error.to_string()))?,
        };
        Ok(Digest(root.0))
    }
}

fn fault(error: &StoreError) -> ViewFault {
    ViewFault(error.to_string())
}

/// A node of the tree, from the stored tiles.
pub(super) fn node(store: &dyn Store, level: u8, index: u64) -> Option<Hash> {
    node_from_tiles(level, index, &|tile, width| stored(store, tile, width).ok().flatten())
}
