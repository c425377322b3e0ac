//! Once only: idempotency keys (scope department and route, committed with the entry) and licence numbers that are
//! being issued. Only committed results are remembered; refusals are not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::finders::Finder;
use super::refusal::{Failure, Fault, Refusal};
use super::store::{Row, Store, Write};
use crate::crypto::Digest;
use crate::crypto::digest::hmac_sha256;
use crate::values::identifiers::{CreditCode, Handle, Slug};

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
    busy: Mutex<HashMap<[u8; 32], Hold>>,
    freed: Notify,
}

/// How a slot is held.
#[derive(Clone, Copy)]
enum Hold {
    /// By one, and nobody else.
    Alone,
    /// By so many, none of whom minds the others.
    Together(usize),
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

    /// The hash by which the licences of one type that somebody holds are found: whoever looks for a type need not pass
    /// all the others that the same person holds.
    pub fn holder_finder(&self, licence_type: &Slug, code: &str) -> Finder {
        self.finder("holder", &format!("{licence_type}\n{code}"))
    }

    /// The keyed hash of a secret that must not be readable in the store.
    pub fn hide(&self, what: &str, text: &str) -> [u8; 32] {
        hmac_sha256(&self.lookup, &[b"hide\n", what.as_bytes(), b"\n", text.as_bytes()])
    }

    /// Takes a slot that no other request holds.
    pub fn take(self: &Arc<Self>, slot: [u8; 32]) -> Result<Slot, Refusal> {
        self.held(slot, |before| before.is_none().then_some(Hold::Alone)).ok_or(Refusal::InFlight)
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

    /// Takes a slot together with whoever takes it so too, waiting for who holds it alone.
    pub async fn wait_together(self: &Arc<Self>, slot: [u8; 32]) -> Slot {
        loop {
            let freed = self.freed.notified();
            let taken = self.held(slot, |before| match before {
                None => Some(Hold::Together(1)),
                Some(Hold::Together(count)) => Some(Hold::Together(count + 1)),
                Some(Hold::Alone) => None,
            });
            if let Some(slot) = taken {
                return slot;
            }
            freed.await;
        }
    }

    /// Holds a slot as is said over how it is held.
    fn held(
        self: &Arc<Self>,
        slot: [u8; 32],
        next: impl FnOnce(Option<Hold>) -> Option<Hold>,
    ) -> Option<Slot> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let hold = next(busy.get(&slot).copied())?;
        busy.insert(slot, hold);
        Some(Slot { once: Arc::clone(self), slot })
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
        let mut busy = self.once.busy.lock().unwrap_or_else(PoisonError::into_inner);
        match busy.get_mut(&self.slot) {
            Some(Hold::Together(count)) if *count > 1 => *count -= 1,
            _ => drop(busy.remove(&self.slot)),
        }
        drop(busy);
        self.once.freed.notify_waiters();
    }
}
