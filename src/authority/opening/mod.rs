//! Opening: what must add up before the service listens (law 0, section 8), in this order: `last-signed` is ours;
//! the tree is not smaller and has its root; the stored checkpoint is not newer; what is beyond is re-hashed,
//! re-applied and signed; what waits is sealed. Otherwise: refusal to start, with the cure.

mod error;
mod founded;
mod head;
mod published;
mod replay;

use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use error::OpenError;

use super::Authority;
use super::anchoring::Anchoring;
use super::archiving::{Archiving, check_newest};
use super::blocks::EdgeBlocks;
use super::cards::Following;
use super::ceremony;
use super::chains::Chains;
use super::clock_guard::ClockGuard;
use super::content::Looking;
use super::demand_counts::DemandCounts;
use super::finders::Finders;
use super::founding::Founding;
use super::grants::Grants;
use super::issuance::KnownTypes;
use super::keyring::Keyring;
use super::once::Once;
use super::publication::Shelf;
use super::refusal::Failure;
use super::refusals::Refusals;
use super::sealing::Sealer;
use super::sequencer::Sequencer;
use super::settling::Settling;
use super::state::{Published, Window};
use super::status::{Places, Statuses};
use super::store::Store;
use super::tiles::EdgeTiles;
use super::vault::Vault;
use super::witnesses::{Eyes, Outside, Rounds};
use super::writer::Writer;
use crate::catalogue::Catalogue;
use crate::crypto::Entropy;
use crate::ledger::state::Charter;
use crate::values::identifiers::BaseUrl;
use crate::values::time::Clock;
use head::Opened;

/// Everything an authority is opened with.
pub struct Opening {
    /// Rows.
    pub store: Arc<dyn Store>,
    /// Keys.
    pub keyring: Arc<dyn Keyring>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The step forward since the last entry that is believed.
    pub clock_gap: Duration,
    /// Licence types.
    pub catalogue: Arc<Catalogue>,
    /// Founding to go on with.
    pub founding: Option<Founding>,
    /// The base URL that was asked for at this start.
    pub public_url: Option<BaseUrl>,
    /// Outside eyes, if any.
    pub eyes: Option<Eyes>,
}

/// The charter of a store, by the law, from the entries that touch it.
pub(super) fn charter_at(store: &dyn Store, size: u64) -> Result<Charter, OpenError> {
    let range = replay::range_at(store, size)?;
    Ok(replay::replay(store, range, size)?.0)
}

impl Opening {
    /// Opens, or says why not.
    pub fn open(self) -> Result<Authority, OpenError> {
        let store = self.store.as_ref();
        let Opened { charter, range, checkpoint, last_signed } = self.check_head()?;
        let clock = Arc::new(ClockGuard::new(Arc::clone(&self.clock), charter.time(), self.clock_gap)?);
        check_newest(store)?;
        let edge = EdgeTiles::load(store, range.size())?;
        let blocks = EdgeBlocks::load(store, &charter, range.size())?;
        let finders = Arc::new(Finders::load(store, range.size())?);
        let statuses = Statuses::load(store, range.size())?;
        let eyes = self.eyes.as_ref();
        let policy = eyes.map(|eyes| Arc::clone(&eyes.policy));
        let outside = Outside::new(policy, eyes.and_then(|eyes| eyes.within));
        let window = Arc::new(Window::new(Published::new(charter, range, checkpoint), statuses, outside));
        let mut writer = Writer::new(
            Arc::clone(&self.store),
            Arc::clone(&self.keyring),
            Arc::clone(&clock),
            Arc::clone(&window),
            (edge, blocks),
            Arc::clone(&finders),
            last_signed,
        );
        if let Some(founding) = &self.founding {
            founded::go_on(&mut writer, &window, store, founding)?;
        }
        let open_ceremonies = ceremony::go_on(&mut writer, &window, store, self.keyring.as_ref())?;
        let published = window.published();
        self.check_base_url(&published.charter)?;
        published::check_types(&published.charter, &self.catalogue)?;
        let secrets = self.keyring.secrets();
        let vault = Vault::new(Arc::clone(&self.store), Arc::clone(&self.entropy), secrets.epoch.clone());
        let sealer = Arc::new(Sealer::new(Arc::clone(&self.store), Arc::clone(&self.keyring)));
        sealer.recover(&vault, published.range.size())?;
        let places = Places::open(store, secrets.places)?;
        let once = Once::new(secrets.lookup);
        let sequencer = Sequencer::start(writer, sealer).map_err(Failure::from)?;
        let authority = Authority {
            store: self.store,
            keyring: self.keyring,
            entropy: self.entropy,
            clock,
            catalogue: self.catalogue,
            window,
            sequencer,
            vault,
            once,
            finders,
            grants: Grants::default(),
            places,
            chains: Chains::default(),
            known_types: KnownTypes::default(),
            shelf: Shelf::default(),
            refusals: Refusals::default(),
            following: Following::default(),
            archiving: Archiving::default(),
            settling: Settling::default(),
            anchoring: Anchoring::default(),
            looking: Looking::default(),
            open_ceremonies,
            demand_counts: DemandCounts::default(),
            rounds: self.eyes.map(Rounds::new),
            asking: Mutex::default(),
        };
        authority.check_policy()?;
        authority.take_up_cosigned()?;
        Ok(authority)
    }

    fn check_base_url(&self, charter: &Charter) -> Result<(), OpenError> {
        let founded = charter.authority().and_then(|authority| authority.base_urls.last());
        match (founded, &self.public_url) {
            (Some(founded), Some(given)) if founded != given.as_str() => {
                Err(OpenError::OtherBaseUrl { founded: founded.clone(), given: given.to_string() })
            }
            _ => Ok(()),
        }
    }
}
