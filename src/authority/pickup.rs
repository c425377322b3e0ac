//! Pickup: an address and, apart from it, a code, with which the holder downloads a licence once it is made for them.
//! Made on demand, with few tries and little time.

use serde::{Deserialize, Serialize};

use super::Authority;
use super::refusal::{Failure, Fault, Refusal, Thing};
use super::store::{Row, Write};
use super::vault::Draft;
use crate::crypto::entropy::random;
use crate::crypto::hex;
use crate::ledger::state::LicenceState;
use crate::values::identifiers::{CreditCode, Handle, VerificationCode};
use crate::values::time::Time;

/// How long a pickup is open: three days, in milliseconds.
const OPEN: i64 = 3 * 24 * 3600 * 1000;
/// Wrong codes it bears.
const TRIES: u8 = 5;

/// A pickup that was just made.
#[derive(Debug, Clone)]
pub struct MadePickup {
    /// Its id: 32 hex digits.
    pub id: String,
    /// Its address.
    pub address: String,
    /// Its code, to be handed over apart from the address.
    pub code: VerificationCode,
    /// When it closes.
    pub expires: Time,
}

/// What the holder takes.
pub struct Collected {
    /// The licence.
    pub licence: LicenceState,
    /// Number, codes and payload.
    pub draft: Draft,
    /// SD-JWT VC with all disclosures.
    pub credential: String,
    /// `.tlog-proof` of its entry.
    pub receipt: String,
    /// The address that verifies it, with number and code: what the QR holds.
    pub verification_address: String,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    handle: Handle,
    code: [u8; 32],
    expires: Time,
    tries: u8,
}

impl Authority {
    /// Makes a pickup for a licence; under the same key the same one again.
    pub fn make_pickup(
        &self,
        issuer: &CreditCode,
        handle: &Handle,
        key: Option<&str>,
    ) -> Result<MadePickup, Failure> {
        self.check_pickup(issuer, handle)?;
        let seed: [u8; 32] = match key {
            Some(key) => self.once.hide("pickup-key", &format!("{issuer}\n{handle}\n{key}")),
            None => random(self.entropy.as_ref()),
        };
        let seed = hex::encode(&seed);
        let [id, _] = halves(self.once.hide("pickup-id", &seed));
        let code = self.pickup_code(&seed);
        let expires = match self.kept_pickup(id)? {
            Some(kept) => kept.expires,
            None => {
                let expires = self.now()?.plus(OPEN);
                let code = self.hidden(&id, &code);
                self.keep_pickup(id, &Kept { handle: *handle, code, expires, tries: TRIES })?;
                expires
            }
        };
        let id = hex::encode(&id);
        Ok(MadePickup { address: format!("{}/pickup/{id}", self.base_url()?), id, code, expires })
    }

    /// Whether a pickup could be made.
    pub fn check_pickup(&self, issuer: &CreditCode, handle: &Handle) -> Result<(), Failure> {
        let licence = self.licence_state(handle)?;
        if licence.department != *issuer {
            return Err(Refusal::NotYours.into());
        }
        if licence.erased {
            return Err(Refusal::Erased.into());
        }
        Ok(())
    }

    /// Opens a pickup. A wrong code costs a try; without tries or after its time it is closed.
    pub fn collect(&self, id: &str, code: &str) -> Result<Collected, Failure> {
        let not_found = || Refusal::NotFound(Thing::Pickup);
        let id: [u8; 16] = hex::decode(id).map_err(|_| not_found())?;
        // One try at a time, so that guesses in parallel cost as much as one after another.
        let _held = self.once.take(self.once.hide("pickup", &hex::encode(&id)))?;
        let mut kept = self.kept_pickup(id)?.ok_or_else(not_found)?;
        if kept.tries == 0 || self.now()? >= kept.expires {
            return Err(Refusal::PickupClosed { tries: None }.into());
        }
        let given = code.parse::<VerificationCode>().ok().map(|code| self.hidden(&id, &code));
        // Both sides are keyed hashes, so how long the comparison takes tells nothing.
        if given != Some(kept.code) {
            kept.tries -= 1;
            self.keep_pickup(id, &kept)?;
            let tries = (kept.tries > 0).then_some(kept.tries);
            return Err(Refusal::PickupClosed { tries }.into());
        }
        self.collected(&kept.handle)
    }

    fn collected(&self, handle: &Handle) -> Result<Collected, Failure> {
        let licence = self.licence_state(handle)?;
        let (draft, credential) = self.vault.credential(handle)?;
        let first =
            licence.first().ok_or_else(|| Fault::Damaged(format!("licence {handle} has no entry")))?;
        let (_, receipt) = self.receipt(first.index)?;
        let verification_address = self.verification_address(&draft)?;
        Ok(Collected { licence, draft, credential, receipt, verification_address })
    }

    /// The portal's address with number and code, as the QR of a printed page holds it.
    fn verification_address(&self, draft: &Draft) -> Result<String, Failure> {
        let number: String = draft.licence_number.as_str().bytes().map(percent).collect();
        Ok(format!("{}/?n={number}&c={}", self.base_url()?, draft.verification_code.as_str()))
    }

    /// The code that follows from a seed; unpredictable to whoever has not the secret.
    fn pickup_code(&self, seed: &str) -> VerificationCode {
        let mut tries = 0_u32;
        loop {
            let [bytes, _] = halves(self.once.hide("pickup-letters", &format!("{seed}\n{tries}")));
            if let Some(code) = VerificationCode::from_random(&bytes) {
                return code;
            }
            tries += 1;
        }
    }

    fn kept_pickup(&self, id: [u8; 16]) -> Result<Option<Kept>, Failure> {
        let Some(bytes) = self.store.get(&Row::Pickup(id))? else { return Ok(None) };
        Ok(Some(read(&bytes)?))
    }

    fn hidden(&self, id: &[u8; 16], code: &VerificationCode) -> [u8; 32] {
        self.once.hide("pickup-code", &format!("{}\n{}", hex::encode(id), code.as_str()))
    }

    fn keep_pickup(&self, id: [u8; 16], kept: &Kept) -> Result<(), Failure> {
        let bytes = postcard::to_stdvec(kept).map_err(|error| Fault::Damaged(error.to_string()))?;
        // A lost try must not come back with the power.
        self.store.put(vec![Write::set(Row::Pickup(id), bytes)])?;
        Ok(self.store.sync()?)
    }
}

fn read(bytes: &[u8]) -> Result<Kept, Failure> {
    Ok(postcard::from_bytes(bytes).map_err(|error| Fault::Damaged(format!("a pickup: {error}")))?)
}

/// The licence that a pickup's row is about.
pub(super) fn handle_of(bytes: &[u8]) -> Result<Handle, Failure> {
    Ok(read(bytes)?.handle)
}

/// One byte of a query value (RFC 3986).
fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn halves(hash: [u8; 32]) -> [[u8; 16]; 2] {
    let mut halves = [[0; 16]; 2];
    halves.as_flattened_mut().iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    halves
}
