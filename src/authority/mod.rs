//! Floor 5: the engine of an authority: the single writer, issuing, acts, publication. Async; I/O only through ports.
//!
//! `issuance` and `acts` make proposals, `sequencer` groups them, `writer` makes them part of the ledger under a new
//! `head`, `sealing` signs what is committed; `ceremony` enters what registrars approve; `opening` brings it
//! all up and refuses to when something does not add up. Not here: HTTP, pages, files.

mod acts;
mod addresses;
mod anchoring;
pub mod archive;
mod archiving;
pub mod backup;
mod before;
mod blocks;
pub mod caller;
mod cards;
mod cases;
mod ceremony;
mod chains;
pub mod clock_guard;
mod content;
mod demand_counts;
pub mod entries;
mod facts;
mod finders;
pub mod founding;
mod grants;
mod head;
mod issuance;
mod key_list;
pub mod keyring;
mod matters;
mod needs;
mod once;
mod opening;
mod overview;
mod pickup;
mod publication;
mod readiness;
mod reading;
pub mod rebuild;
mod refusal;
mod refusals;
mod scrub;
mod sealing;
mod sequencer;
mod settling;
mod state;
mod status;
pub mod store;
pub mod tiles;
mod vault;
mod verifying;
pub mod witnesses;
mod writer;

use std::sync::Arc;

pub use acts::{ActWish, Acted, Verb};
pub use anchoring::{EVERY as STATES_EVERY, StatesMade};
pub use archiving::{ArchiveCondition, PutAway};
pub use cards::{CardPage, CardStepped, CardToSign, CardVerb, CardWish, Followed};
pub use cases::{
    Approvals, CaseFilter, CasePage, CaseRefusal, CaseWish, DepartmentStep, Letter, LetterAnswer, LetterKind,
    OfficerStep, ShownCase, ShownCorrection, ShownItem, ShownLetter, ShownStep, Stepped, ToSign, Tracked,
    Waiting,
};
pub use ceremony::{
    About, CeremonyId, CeremonyRefusal, OfficerRefusal, ShownCeremony, Signed, Statement, Statements,
};
pub use content::Judged;
pub use demand_counts::DemandStatistics;
pub use facts::{AboutFact, FactRefusal, Flag, Proved, Sources, Subject};
pub use issuance::{Answer, Issued, Patience, Wish};
pub use key_list::{KeyState, ShownKey};
pub use matters::{
    Ended, EndedBy, MatterPage, MatterRefusal, MatterWish, PartState, PartWish, Prefilled, ShownMatter,
    ShownPart,
};
pub use needs::{Need, NeedId, NeedPage, Proof, ShownNeed};
pub use opening::{OpenError, Opening};
pub use overview::{ListOut, ShownEntry};
pub use pickup::{Collected, MadePickup};
pub use readiness::{Ending, Listed, Readiness};
pub use reading::{Filter, NotProvable, Page, Shown, ShownEvent};
pub use refusal::{Failure, Fault, Refusal, Thing};
pub use refusals::{Hours, Refused};
pub use scrub::{Scrub, ScrubFault};
pub use state::Published;
pub use vault::Vault;
pub use verifying::{Asked, Verified};

use crate::catalogue::Catalogue;
use crate::crypto::Entropy;
use crate::values::time::Time;
use chains::Chains;
use clock_guard::ClockGuard;
use finders::Finders;
use grants::Grants;
use keyring::Keyring;
use once::Once;
use sequencer::Sequencer;
use state::Window;
use status::Places;
use store::Store;

/// A running authority.
pub struct Authority {
    store: Arc<dyn Store>,
    keyring: Arc<dyn Keyring>,
    entropy: Arc<dyn Entropy>,
    clock: Arc<ClockGuard>,
    catalogue: Arc<Catalogue>,
    window: Arc<Window>,
    sequencer: Sequencer,
    vault: Vault,
    once: Arc<Once>,
    finders: Arc<Finders>,
    grants: Grants,
    places: Places,
    chains: Chains,
    known_types: issuance::KnownTypes,
    shelf: publication::Shelf,
    refusals: refusals::Refusals,
    following: cards::Following,
    archiving: archiving::Archiving,
    settling: settling::Settling,
    anchoring: anchoring::Anchoring,
    looking: content::Looking,
    open_ceremonies: ceremony::OpenCeremonies,
    demand_counts: demand_counts::DemandCounts,
    rounds: Option<witnesses::Rounds>,
    /// Held by whoever asks witnesses: one round at a time.
    asking: std::sync::Mutex<()>,
}

impl Authority {
    /// The time, if the clock can be trusted.
    fn now(&self) -> Result<Time, Failure> {
        self.clock.now().map_err(|stepped| Refusal::NotReady(stepped.to_string()).into())
    }

    /// Makes everything durable that was stored so far: the newest checkpoint, which otherwise comes with the next entry.
    pub fn make_durable(&self) -> Result<(), Failure> {
        Ok(self.store.sync()?)
    }

    /// Puts what finds older licences away from memory, as far as it is due.
    pub fn settle_finders(&self) -> Result<(), Failure> {
        let size = self.window.published().range.size();
        while self.finders.settle(self.store.as_ref(), size)? {}
        Ok(())
    }

    /// Proposes an entry with nothing to seal.
    async fn propose(&self, proposal: writer::Proposal) -> Result<writer::Committed, Failure> {
        Ok(self.sequencer.propose(proposal, None, Patience::Refuse).await?.0)
    }
}
