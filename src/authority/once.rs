//! Once only: idempotency keys (scope department and route, committed with the entry) and licence numbers that are
//! being issued. Only committed results are remembered; refusals are not.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::finders::Finder;
use super::refusal::{Failure, Fault, Refusal};
use super::store::{Row, Store, Write};
use crate::crypto::Digest;
use crate::crypto::digest::hmac_sha256;
use crate::values::identifiers::{CreditCode, Handle};

/// What was asked under a key: a keyed hash of who, where and the key itself, and the digest of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    slot: [u8; 32],
    body: Digest,
}

/// What was answered: enough to answer the same again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Digest of the body it answered.
    body: Digest,
    /// The licence that was issued or acted on.
    pub handle: Handle,
    /// For a replacement, the new licence.
    pub successor: Option<Handle>,
    /// For another act, its place among the licence's entries: the same kind of act may follow later.
    pub event: Option<u32>,
}

/// The slots that are being answered now, and the hashes that find things.
pub struct Once {
    lookup: [u8; 32],
    busy: Mutex<HashSet<[u8; 32]>>,
    freed: Notify,
}

/// Holds a slot until it is dropped.
pub struct Slot {
    once: Arc<Once>,
    slot: [u8; 32],
}

impl Once {
    /// With the secret that keys the hashes.
    pub fn new(lookup: [u8; 32]) -> Arc<Self> {
        Arc::new(Self { lookup, busy: Mutex::default(), freed: Notify::new() })
    }

    /// A department's key on a route, with the body it came with.
    pub fn ask(&self, department: &CreditCode, route: &str, key: &str, body: &[u8]) -> Ask {
        let slot = hmac_sha256(
            &self.lookup,
            &[b"once\n", department.as_str().as_bytes(), b"\n", route.as_bytes(), b"\n", key.as_bytes()],
        );
        Ask { slot, body: Digest::of(body) }
    }

    /// The hash by which licences of a number or reference are found, without it being readable in the store.
    pub fn finder(&self, what: &str, text: &str) -> Finder {
        let hash = hmac_sha256(&self.lookup, &[b"find\n", what.as_bytes(), b"\n", text.as_bytes()]);
        let mut finder = Finder::default();
        finder.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        finder
    }

    /// The keyed hash of a secret that must not be readable in the store.
    pub fn hide(&self, what: &str, text: &str) -> [u8; 32] {
        hmac_sha256(&self.lookup, &[b"hide\n", what.as_bytes(), b"\n", text.as_bytes()])
    }

    /// Takes a slot that no other request holds.
    pub fn take(self: &Arc<Self>, slot: [u8; 32]) -> Result<Slot, Refusal> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if busy.insert(slot) { Ok(Slot { once: Arc::clone(self), slot }) } else { Err(Refusal::InFlight) }
    }

    /// Takes a slot, waiting for whoever holds it: for the lines of one batch.
    pub async fn wait(self: &Arc<Self>, slot: [u8; 32]) -> Slot {
        loop {
            let freed = self.freed.notified();
            if let Ok(slot) = self.take(slot) {
                return slot;
            }
            freed.await;
        }
    }

    /// What was answered to this key, if it was answered; a conflict if the body was another.
    pub fn answered(store: &dyn Store, ask: &Ask) -> Result<Option<Answered>, Failure> {
        let Some(bytes) = store.get(&Row::Answered(ask.slot))? else { return Ok(None) };
        let answered = Answered::read(&bytes)?;
        if answered.body == ask.body { Ok(Some(answered)) } else { Err(Refusal::IdempotencyConflict.into()) }
    }

    /// The row that remembers an answer.
    pub fn remember(ask: &Ask, handle: Handle, successor: Option<Handle>) -> Result<Write, Failure> {
        Self::keep(ask, Answered { body: ask.body, handle, successor, event: None })
    }

    /// The row that remembers an act: the answer is the entry at this place among the licence's, and no later one.
    pub fn remember_act(ask: &Ask, handle: Handle, event: u32) -> Result<Write, Failure> {
        Self::keep(ask, Answered { body: ask.body, handle, successor: None, event: Some(event) })
    }

    fn keep(ask: &Ask, answered: Answered) -> Result<Write, Failure> {
        let bytes = postcard::to_stdvec(&answered).map_err(|error| Fault::Damaged(error.to_string()))?;
        Ok(Write::set(Row::Answered(ask.slot), bytes))
    }
}

impl Answered {
    /// A row of an answer.
    pub fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let read = postcard::from_bytes(bytes);
        Ok(read.map_err(|error| Fault::Damaged(format!("a remembered answer: {error}")))?)
    }
}

impl Ask {
    /// The slot to take while it is answered.
    pub fn slot(&self) -> [u8; 32] {
        self.slot
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.once.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.slot);
        self.once.freed.notify_waiters();
    }
}
