//! The vault: payloads at rest, AES-256-GCM under a key for each licence, wrapped by the epoch key (law 0, section 11).
//! Destroying the wrapped key erases the payload and its salts; the ledger keeps only commitments to them.

mod frame;
mod kept;
mod keyed;
mod letters;
mod salts;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::cases::Kept;
use super::refusal::{Failure, Fault, Refusal};
use super::sealing::Seal;
use super::store::{FrameName, Row, Store, StoreError, Write};
use crate::crypto::at_rest::RestKey;
use crate::crypto::base64url::Base64Url;
use crate::crypto::digest::hmac_sha256;
use crate::crypto::entropy::random;
use crate::crypto::{Digest, Entropy};
use crate::jose::jws;
use crate::ledger::body::CaseId;
use crate::ledger::commitment::commitment;
use crate::sd_jwt;
use crate::values::canonical::JsonError;
use crate::values::identifiers::{Handle, LicenceNumber, VerificationCode};
use frame::Frames;
use kept::Plain;

pub use salts::Salts;

/// Stands in the clear before letters, whose numbers are those of a case's steps too.
const LETTER: &[u8] = b"letter";
/// Stands in the clear before an application for a matter, so that no other row can stand in for one.
const MATTER: &[u8] = b"matter";
/// Bytes of a wrapped key: nonce, key, tag.
const WRAPPED: usize = 12 + 32 + 16;

/// What is kept of an issued licence beside the ledger.
#[derive(Clone)]
pub struct Draft {
    /// ASCII `header.payload` of the credential.
    pub signing_input: String,
    /// Its disclosures.
    pub disclosures: Vec<String>,
    /// What was printed.
    pub licence_number: LicenceNumber,
    /// 证照标识.
    pub identifier: String,
    /// Typed beside the number to verify without the file.
    pub verification_code: VerificationCode,
    /// The department's record id.
    pub reference: Option<String>,
    /// `holders` and `claims`, and of a recorded licence `recorded`, in the clear.
    pub payload: Map<String, Value>,
    /// The licence's key: this lies at rest under it, and its salts are drawn from it (`Salts`).
    pub key: RestKey,
}

impl Draft {
    /// The salt of the commitment over its payload: the first that its key gives.
    pub fn salt(&self) -> [u8; 32] {
        random(&Salts::of(&self.key))
    }

    /// The salt of what is found about its content (law 0, section 21): of the same key, and in no opening.
    pub fn content_salt(&self, handle: &Handle) -> [u8; 32] {
        hmac_sha256(self.key.as_bytes(), &[b"vidimus/content/v1", handle.as_bytes()])
    }

    /// The whole credential under this seal: nothing withheld, not bound.
    pub fn credential(&self, seal: &Seal) -> String {
        sd_jwt::combine(&jws::complete(&self.signing_input, seal), &self.disclosures)
    }
}

/// What is kept of an act beside the ledger.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ground {
    /// Why, in the department's words.
    pub reason: String,
    /// The legal basis.
    pub basis: Option<String>,
    /// The department's record id of the act.
    pub reference: Option<String>,
    /// Salt of the commitment over the reason.
    pub salt: Base64Url,
}

/// Payloads at rest.
pub struct Vault {
    store: Arc<dyn Store>,
    entropy: Arc<dyn Entropy>,
    epoch: RestKey,
    /// Whether the epoch key unwrapped anything so far: then it is the right one, whatever else cannot be opened.
    keyed: AtomicBool,
    frames: Frames,
}

impl Vault {
    /// A vault under this epoch key.
    pub fn new(store: Arc<dyn Store>, entropy: Arc<dyn Entropy>, epoch: RestKey) -> Self {
        Self { store, entropy, epoch, keyed: AtomicBool::new(false), frames: Frames::default() }
    }

    /// The row of a new licence's draft.
    pub fn keep_draft(&self, handle: &Handle, draft: &Draft) -> Result<Write, Failure> {
        let plain = Plain::of(draft)?;
        let frame = self.frames.fitting(self.store.as_ref(), &plain)?;
        let kept = postcard::to_stdvec(&kept::Kept::of(handle, draft, &plain))
            .map_err(|error| Fault::Damaged(error.to_string()))?;
        self.seal(handle, 0, &draft.key, &frame.name, &frame.pack(&kept))
    }

    /// A licence's draft.
    pub fn draft(&self, handle: &Handle) -> Result<Draft, Failure> {
        let row = self.store.get(&Row::Vault(*handle, 0))?.ok_or(Refusal::Erased)?;
        let (name, sealed) = framed(&row).ok_or_else(|| unreadable(handle, &"it is cut short"))?;
        let (key, packed) = self.open(handle, 0, name, sealed)?;
        let frame = self.frames.named(self.store.as_ref(), *name)?;
        let kept = Zeroizing::new(frame.unpack(&packed)?);
        let kept: kept::Kept = postcard::from_bytes(&kept).map_err(|error| unreadable(handle, &error))?;
        let draft = kept.draft(handle, key, frame.header())?;
        frame.prove();
        Ok(draft)
    }

    /// A licence's draft, if it is kept: it may be erased, or lost with a restore.
    pub fn kept_draft(&self, handle: &Handle) -> Result<Option<Draft>, Failure> {
        match self.draft(handle) {
            Err(Failure::Refused(Refusal::Erased)) => Ok(None),
            found => found.map(Some),
        }
    }

    /// The row of an act's ground; `number` is the act's place among the licence's entries, from 1.
    pub fn keep_ground(&self, handle: &Handle, number: u32, ground: &Ground) -> Result<Write, Failure> {
        self.seal(
            handle,
            number,
            &RestKey::generate(self.entropy.as_ref()),
            &[],
            &serde_json::to_vec(ground).map_err(|error| Fault::Damaged(error.to_string()))?,
        )
    }

    /// An act's ground, if it is kept.
    pub fn kept_ground(&self, handle: &Handle, number: u32) -> Result<Option<Ground>, Failure> {
        let Some(row) = self.store.get(&Row::Vault(*handle, number))? else { return Ok(None) };
        let (_, plain) = self.open(handle, number, &[], &row)?;
        Ok(Some(serde_json::from_slice(&plain).map_err(|error| unreadable(handle, &error))?))
    }

    /// The row of what is kept of a case's step; `step` is its place among the case's steps, from 0.
    pub fn keep_step(&self, case: &CaseId, step: u32, kept: &Kept) -> Result<Write, Failure> {
        let number = step.saturating_add(1);
        let plain = serde_json::to_vec(kept).map_err(|error| Fault::Damaged(error.to_string()))?;
        self.seal(case, number, &RestKey::generate(self.entropy.as_ref()), &[], &plain)
    }

    /// What is kept of a case's step.
    pub fn kept_step(&self, case: &CaseId, step: u32) -> Result<Option<Kept>, Failure> {
        let number = step.saturating_add(1);
        let Some(row) = self.store.get(&Row::Vault(*case, number))? else { return Ok(None) };
        let (_, plain) = self.open(case, number, &[], &row)?;
        Ok(Some(serde_json::from_slice(&plain).map_err(|error| unreadable(case, &error))?))
    }

    /// The row of a step that waits for its officer's signature.
    pub fn keep_prepared(
        &self,
        case: &CaseId,
        name: [u8; 8],
        what: &impl Serialize,
    ) -> Result<Write, Failure> {
        let plain = serde_json::to_vec(what).map_err(|error| Fault::Damaged(error.to_string()))?;
        let sealed = self.seal(case, u32::MAX, &RestKey::generate(self.entropy.as_ref()), &name, &plain)?;
        Ok(Write { row: Row::Prepared(*case, name), ..sealed })
    }

    /// A step that waits for its officer's signature.
    pub fn prepared<T: DeserializeOwned>(&self, case: &CaseId, name: [u8; 8]) -> Result<Option<T>, Failure> {
        let Some(row) = self.store.get(&Row::Prepared(*case, name))? else { return Ok(None) };
        let sealed = row.strip_prefix(name.as_slice()).ok_or_else(|| unreadable(case, &"it is cut short"))?;
        let (_, plain) = self.open(case, u32::MAX, &name, sealed)?;
        Ok(Some(serde_json::from_slice(&plain).map_err(|error| unreadable(case, &error))?))
    }

    /// The row of what an applicant wrote about a case, with its answer; numbers begin with 1.
    pub fn keep_letter(&self, case: &CaseId, number: u32, what: &impl Serialize) -> Result<Write, Failure> {
        let plain = serde_json::to_vec(what).map_err(|error| Fault::Damaged(error.to_string()))?;
        let sealed = self.seal(case, number, &RestKey::generate(self.entropy.as_ref()), LETTER, &plain)?;
        Ok(Write { row: Row::Letter(*case, number), ..sealed })
    }

    /// What lies in such a row.
    pub fn letter<T: DeserializeOwned>(&self, case: &CaseId, number: u32, row: &[u8]) -> Result<T, Failure> {
        let sealed = row.strip_prefix(LETTER).ok_or_else(|| unreadable(case, &"it is cut short"))?;
        let (_, plain) = self.open(case, number, LETTER, sealed)?;
        Ok(serde_json::from_slice(&plain).map_err(|error| unreadable(case, &error))?)
    }

    /// The row of an application for a matter.
    pub fn keep_matter(&self, matter: &Handle, what: &impl Serialize) -> Result<Write, Failure> {
        let plain = serde_json::to_vec(what).map_err(|error| Fault::Damaged(error.to_string()))?;
        let key = RestKey::generate(self.entropy.as_ref());
        let sealed = self.seal(matter, u32::MAX, &key, MATTER, &plain)?;
        Ok(Write { row: Row::Matter(*matter), ..sealed })
    }

    /// An application for a matter.
    pub fn matter<T: DeserializeOwned>(&self, matter: &Handle) -> Result<Option<T>, Failure> {
        let Some(row) = self.store.get(&Row::Matter(*matter))? else { return Ok(None) };
        let sealed = row.strip_prefix(MATTER).ok_or_else(|| unreadable(matter, &"it is cut short"))?;
        let (_, plain) = self.open(matter, u32::MAX, MATTER, sealed)?;
        Ok(Some(serde_json::from_slice(&plain).map_err(|error| unreadable(matter, &error))?))
    }

    /// The whole credential: sealed signing input and every disclosure.
    pub fn credential(&self, handle: &Handle) -> Result<(Draft, String), Failure> {
        let draft = self.draft(handle)?;
        let seal = self.store.get(&Row::Seal(*handle))?;
        let seal = seal
            .and_then(|seal| Seal::try_from(seal).ok())
            .ok_or_else(|| Fault::Damaged(format!("licence {handle} has no seal")))?;
        let credential = draft.credential(&seal);
        Ok((draft, credential))
    }

    /// A payload under a key of its own, with what stands in the clear before it.
    fn seal(
        &self,
        handle: &Handle,
        number: u32,
        key: &RestKey,
        clear: &[u8],
        plain: &[u8],
    ) -> Result<Write, Failure> {
        let associated = associated(handle, number, clear);
        let sealed = self
            .epoch
            .seal(key.as_bytes(), &associated, self.entropy.as_ref())
            .and_then(|wrapped| {
                Ok([clear, &wrapped, &key.seal(plain, &associated, self.entropy.as_ref())?].concat())
            })
            .map_err(|error| Fault::Crypto(error.to_string()))?;
        Ok(Write::set(Row::Vault(*handle, number), sealed))
    }

    /// A payload and its key.
    fn open(
        &self,
        handle: &Handle,
        number: u32,
        clear: &[u8],
        sealed: &[u8],
    ) -> Result<(RestKey, Zeroizing<Vec<u8>>), Failure> {
        let associated = associated(handle, number, clear);
        self.unwrapped(sealed, &associated)
            .and_then(|(key, payload)| {
                let plain = key.open(payload, &associated)?;
                Ok((key, plain))
            })
            .map_err(|error| Fault::Damaged(format!("licence {handle}: {error}")).into())
    }
}

fn unreadable(handle: &Handle, error: &dyn std::fmt::Display) -> Fault {
    Fault::Damaged(format!("the payload of {handle}: {error}"))
}

/// The associated data: handle and kind, and what stands in the clear, so that no row can stand in for another.
fn associated(handle: &Handle, number: u32, clear: &[u8]) -> Vec<u8> {
    let kind: &[u8] = if number == 0 { b"draft" } else { b"ground" };
    [handle.as_bytes(), kind, &number.to_be_bytes(), clear].concat()
}

/// The row of a draft: the name of its frame, in the clear, and the sealed draft.
fn framed(row: &[u8]) -> Option<(&FrameName, &[u8])> {
    row.split_first_chunk()
}

/// Whether the frame of a draft's row is there and whole.
pub fn has_frame(store: &dyn Store, row: &[u8]) -> Result<bool, StoreError> {
    let Some((name, _)) = framed(row) else { return Ok(false) };
    Ok(store.get(&Row::Frame(*name))?.is_some_and(|frame| frame::name_of(&frame) == *name))
}

/// A fresh salt, and the commitment under it to a value of a licence.
pub fn commit(
    handle: &Handle,
    field: &str,
    value: &impl Serialize,
    entropy: &dyn Entropy,
) -> Result<(Base64Url, Digest), JsonError> {
    let salt: [u8; 32] = random(entropy);
    let commitment = commitment(&salt, handle, field, value)?;
    Ok((Base64Url(salt.to_vec()), commitment))
}
