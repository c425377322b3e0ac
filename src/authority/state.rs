//! The engine's state: what the law looks at when the server asks it, and what readers see.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::cards;
use super::cases;
use super::content;
use super::grants::licence;
use super::status::Statuses;
use super::store::{Row, Store};
use super::witnesses::Outside;
use crate::crypto::Digest;
use crate::ledger::body::{CardNumber, CaseId, ContentNumber, StatusPlace};
use crate::ledger::state::{CardState, CaseState, Charter, ContentState, LicenceState, View, ViewFault};
use crate::merkle::Range;
use crate::note::{Note, VerifierKey};
use crate::values::identifiers::Handle;
use crate::x509::Certificate;

/// The law's view of the store: charter, right edge and places from memory, licences by one read each.
pub struct StoreView<'a> {
    /// Where the rows are.
    pub store: &'a dyn Store,
    /// The charter.
    pub charter: &'a Charter,
    /// The right edge.
    pub range: &'a Range,
    /// Whether a place on a status list was ever set.
    pub taken: &'a (dyn Fn(StatusPlace) -> bool + Sync),
}

impl View for StoreView<'_> {
    fn charter(&self) -> &Charter {
        self.charter
    }

    fn licence(&self, handle: &Handle) -> Result<Option<LicenceState>, ViewFault> {
        licence(self.store, handle).map_err(|error| ViewFault(error.to_string()))
    }

    fn case(&self, case: &CaseId) -> Result<Option<CaseState>, ViewFault> {
        cases::case(self.store, case).map_err(|error| ViewFault(error.to_string()))
    }

    fn card(&self, card: CardNumber) -> Result<Option<CardState>, ViewFault> {
        cards::card(self.store, card).map_err(|error| ViewFault(error.to_string()))
    }

    fn content(&self, content: ContentNumber) -> Result<Option<ContentState>, ViewFault> {
        content::content(self.store, content).map_err(|error| ViewFault(error.to_string()))
    }

    fn place_taken(&self, place: StatusPlace) -> Result<bool, ViewFault> {
        Ok((self.taken)(place))
    }

    fn blob(&self, name: &Digest) -> Result<Option<Vec<u8>>, ViewFault> {
        self.store.get(&Row::Blob(*name)).map_err(|error| ViewFault(error.to_string()))
    }

    fn root(&self) -> Result<Digest, ViewFault> {
        Ok(Digest(self.range.root().0))
    }
}

/// What everybody may see: nothing of it is beyond `last-signed`.
#[derive(Debug, Clone)]
pub struct Published {
    /// The charter at this size.
    pub charter: Charter,
    /// The right edge at this size.
    pub range: Range,
    /// The checkpoint.
    pub checkpoint: Note,
    known: OnceLock<Arc<Known>>,
}

/// What every judgement over one published state may look at, found out once.
#[derive(Debug)]
pub struct Known {
    /// The root certificate.
    pub root: Arc<Certificate>,
    /// Verifier keys of the ledger, newest first.
    pub log_keys: Vec<VerifierKey>,
    /// Whether this server holds a registrar's key.
    pub holds_a_registrar: bool,
}

impl Published {
    /// A state to be shown.
    pub fn new(charter: Charter, range: Range, checkpoint: Note) -> Self {
        Self { charter, range, checkpoint, known: OnceLock::new() }
    }

    /// What is known of this state; whoever asks first finds it out.
    pub fn known<E>(&self, find: impl FnOnce() -> Result<Known, E>) -> Result<Arc<Known>, E> {
        if let Some(known) = self.known.get() {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(find()?);
        Ok(Arc::clone(self.known.get_or_init(|| known)))
    }
}

/// The cell through which the writer shows a new state to readers.
pub struct Window {
    published: RwLock<Arc<Published>>,
    statuses: RwLock<Statuses>,
    halted: OnceLock<String>,
    outside: Outside,
}

impl Window {
    /// A window on this state, and on what outsiders vouch for.
    pub fn new(published: Published, statuses: Statuses, outside: Outside) -> Self {
        Self {
            published: RwLock::new(Arc::new(published)),
            statuses: RwLock::new(statuses),
            halted: OnceLock::new(),
            outside,
        }
    }

    /// The newest published state.
    pub fn published(&self) -> Arc<Published> {
        Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows a new state together with the statuses that belong to it.
    pub fn publish(&self, published: Published, changes: &[(StatusPlace, u8)]) {
        let (size, time) = (published.range.size(), published.charter.time());
        let mut statuses = self.statuses.write().unwrap_or_else(PoisonError::into_inner);
        statuses.take(size, changes);
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(published);
        self.outside.shown(size, time);
    }

    /// What outsiders vouch for.
    pub fn outside(&self) -> &Outside {
        &self.outside
    }

    /// Ends writing until restart: what was committed could not be brought under a signed checkpoint.
    pub fn halt(&self, why: String) {
        // The first reason stands.
        let _first = self.halted.set(why);
    }

    /// Why writing has ended, if it has.
    pub fn halted(&self) -> Option<&str> {
        self.halted.get().map(String::as_str)
    }

    /// Looks at the statuses and the size they belong to.
    pub fn statuses<T>(&self, look: impl FnOnce(&Statuses) -> T) -> T {
        look(&self.statuses.read().unwrap_or_else(PoisonError::into_inner))
    }
}
