//! What can be read: licences by their issuers, the ledger's files by everyone.
//!
//! Here: what everything else reads, cut at the published size. Not here: status lists (`publication`), evidence
//! (`verifying`), kept reports, whether the service is ready (`readiness`).

mod files;
mod opening;
mod own;
mod own_rows;
mod shown;
mod standing;

use std::sync::Arc;

pub use own::{Filter, Page};
pub(super) use own_rows::standing_rows;
pub use shown::{Shown, ShownEvent};
pub use standing::NotProvable;

use super::Authority;
use super::refusal::{Failure, no_licence};
use super::state::Published;
use crate::ledger::state::LicenceState;
use crate::values::identifiers::Handle;

impl Authority {
    /// The newest published state.
    pub fn published(&self) -> Arc<Published> {
        self.window.published()
    }

    /// The catalogue.
    pub fn catalogue(&self) -> &crate::catalogue::Catalogue {
        &self.catalogue
    }

    /// The state of a licence at the published size: what is committed beyond it is nobody's to see yet.
    pub(in crate::authority) fn licence_state(&self, handle: &Handle) -> Result<LicenceState, Failure> {
        self.published_licence(handle)?.ok_or_else(|| no_licence(handle))
    }

    /// A licence at the published size, if it is there.
    pub(in crate::authority) fn published_licence(
        &self,
        handle: &Handle,
    ) -> Result<Option<LicenceState>, Failure> {
        // The size is read first: a commit in between only adds what is cut off.
        let size = self.window.published().range.size();
        let found = self.grants.licence(self.store.as_ref(), handle)?;
        Ok(found.and_then(|licence| {
            let last = licence.last;
            let beyond = licence.events.last().is_some_and(|event| event.index >= size);
            if beyond { licence.before(size, last) } else { Some(licence) }
        }))
    }
}
