//! Whether what lies beside the rebuilt entries of a licence is all there and is what they name: its draft, its seal
//! (over the draft, under the entry's credential key), and the reason of every act. Without the vault only whether they
//! are there. Not here: what is done about it (`rebuild`).

use serde::Serialize;

use super::RebuildError;
use crate::authority::entries::entry;
use crate::authority::grants::licence;
use crate::authority::refusal::Fault;
use crate::authority::store::{Row, Store};
use crate::authority::vault::{Draft, Vault};
use crate::crypto::Digest;
use crate::law;
use crate::ledger::body::Body;
use crate::ledger::commitment::commitment;
use crate::ledger::entry::Entry;
use crate::ledger::state::{Charter, Event, LicenceState};
use crate::values::identifiers::Handle;

/// What was said, by what it was said about and the entry that commits to it: the reason of an act on a licence, the words or
/// the application in a step of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The licence, or the case.
    pub handle: Handle,
    /// Index of the entry.
    pub entry: u64,
}

/// What was seen of one licence.
#[derive(Default)]
pub(super) struct Seen {
    /// No draft, and not erased.
    pub missing: bool,
    /// A draft without a good seal.
    pub unsealed: bool,
    /// There was a seal, and it is not one over this draft under this key.
    pub bad_seal: bool,
    /// Acts without their reason.
    pub reasons_missing: Vec<Said>,
    /// Reasons that are not what their entries commit to, with their place among the licence's entries.
    pub reasons_damaged: Vec<(u32, Said)>,
}

/// Looks at what lies beside licences.
pub(super) struct LookOver<'a> {
    pub store: &'a dyn Store,
    pub charter: &'a Charter,
    pub vault: Option<&'a Vault>,
}

impl LookOver<'_> {
    /// At one licence. A draft that is not what its entry names is refused: nothing could be shown or sealed of it.
    pub fn look_at(&self, handle: &Handle) -> Result<Seen, RebuildError> {
        let mut seen = Seen::default();
        let Some(known) = licence(self.store, handle)?.filter(|known| !known.erased) else {
            return Ok(seen);
        };
        if self.store.get(&Row::Vault(*handle, 0))?.is_some() {
            let draft = self.vault.map(|vault| self.draft(vault, &known)).transpose()?;
            let seal = self.store.get(&Row::Seal(*handle))?;
            seen.bad_seal = match (&seal, &draft) {
                (Some(seal), Some(draft)) => !self.seals(&known, draft, seal),
                _ => false,
            };
            seen.unsealed = seal.is_none() || seen.bad_seal;
        } else {
            seen.missing = true;
        }
        let acts = (0_u32..).zip(&known.events).skip(1);
        for (number, event) in acts.filter(|(_, event)| is_act(&known, event)) {
            let reason = Said { handle: *handle, entry: event.index };
            if self.store.get(&Row::Vault(*handle, number))?.is_none() {
                seen.reasons_missing.push(reason);
            } else if let Some(vault) = self.vault
                && !self.is_committed(vault, handle, number, event)?
            {
                seen.reasons_damaged.push((number, reason));
            }
        }
        Ok(seen)
    }

    fn draft(&self, vault: &Vault, known: &LicenceState) -> Result<Draft, RebuildError> {
        let refused = |why: String| RebuildError::Draft { handle: known.handle, why };
        let draft = vault.draft(&known.handle).map_err(|error| refused(error.to_string()))?;
        if Digest::of(draft.signing_input.as_bytes()) == known.credential_digest {
            Ok(draft)
        } else {
            Err(refused("it is not what its entry names".into()))
        }
    }

    /// Whether a seal is over this draft, under the key that the entry names.
    fn seals(&self, known: &LicenceState, draft: &Draft, seal: &[u8]) -> bool {
        let key = self.charter.key(&known.credential_key);
        key.is_some_and(|held| held.value.public.verifies(draft.signing_input.as_bytes(), seal))
    }

    /// An entry, as it was re-applied.
    pub(super) fn entry(&self, index: u64) -> Result<Entry, RebuildError> {
        let read = entry(self.store, index)?.and_then(|bytes| law::read(&bytes).ok());
        Ok(read.ok_or_else(|| Fault::Damaged(format!("entry {index} does not come back")))?)
    }

    /// Whether the reason that is kept opens, and is the one that the act's entry commits to.
    fn is_committed(
        &self,
        vault: &Vault,
        handle: &Handle,
        number: u32,
        event: &Event,
    ) -> Result<bool, RebuildError> {
        let Ok(Some(ground)) = vault.kept_ground(handle, number) else { return Ok(false) };
        let entry = self.entry(event.index)?;
        let committed = match entry.body() {
            Body::LicenceSuspended(acted) | Body::LicenceReinstated(acted) => acted.commitment,
            Body::LicenceEnded(ended) => ended.commitment,
            // The entry of a replacement commits to the new licence alone: that the reason opens must do.
            _ => return Ok(true),
        };
        let made = commitment(&ground.salt.0, handle, "reason", &ground.reason);
        Ok(made.is_ok_and(|made| made == committed))
    }
}

/// Whether an entry after the first is an act, which has a reason: a further carrier has none.
fn is_act(known: &LicenceState, event: &Event) -> bool {
    known.carriers.iter().all(|carried| carried.index != event.index)
}
