//! The heart: a group of entries becomes part of the ledger (law 0, section 5, steps 3 and 4).
//!
//! Entry, draft, answer and indexes go into one atomic commit; the entries are read back and re-hashed (`committing`);
//! `last-signed` is replaced; only then does anyone see the new size (`publishing`). One thread owns each half, so that a
//! group is judged and committed while the one before it waits for the disk under `last-signed`. Not here: who asks
//! (`sequencer`) and sealing (`sealing`).

mod committing;
mod judging;
mod publishing;

use std::sync::Arc;

use super::blocks::EdgeBlocks;
use super::clock_guard::ClockGuard;
use super::finders::{Finder, Finders};
use super::keyring::Keyring;
use super::refusal::{Failure, Fault, Refusal};
use super::state::Window;
use super::store::{Store, Write};
use super::tiles::EdgeTiles;
use crate::crypto::Digest;
use crate::ledger::body::Body;
pub use committing::Committer;
pub(super) use committing::rows_of;
pub use publishing::Publisher;
use publishing::{Entered, Shown};

/// What is to become an entry, with the rows that belong into the same commit.
pub struct Proposal {
    /// What happened.
    pub body: Body,
    /// Blobs that the body names.
    pub blobs: Vec<Vec<u8>>,
    /// Rows of the draft and the answer.
    pub rows: Vec<Write>,
    /// What finds the licence that it begins.
    pub finders: Vec<Finder>,
}

impl Proposal {
    /// Bytes of its rows and blobs.
    pub fn bytes(&self) -> usize {
        let rows = self.rows.iter().filter_map(|write| write.value.as_ref());
        rows.chain(&self.blobs).map(Vec::len).sum()
    }

    /// What happened, and nothing beside it.
    pub fn of(body: Body) -> Self {
        Self { body, blobs: Vec::new(), rows: Vec::new(), finders: Vec::new() }
    }
}

/// An entry that is durable and under a signed checkpoint. Only the publisher makes it; only it can be sealed.
#[derive(Debug, Clone)]
pub struct Committed {
    index: u64,
    leaf: Digest,
    receipt: String,
}

impl Committed {
    /// Index of the entry.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Its leaf hash.
    pub fn leaf(&self) -> Digest {
        self.leaf
    }

    /// The `.tlog-proof`.
    pub fn receipt(&self) -> &str {
        &self.receipt
    }
}

/// The answer to one proposal of a group, or that it must wait for the next group.
pub enum Outcome {
    /// In the ledger.
    Committed(Box<Committed>),
    /// Not in the ledger, and why.
    Failed(Failure),
    /// Another proposal of the group is about the same licence: propose it again.
    Deferred(Box<Proposal>),
}

/// What became of a group: what is settled, and what is committed and not yet shown.
pub struct Attempt {
    outcomes: Vec<Option<Outcome>>,
    entered: Option<Entered>,
}

impl Attempt {
    /// Takes out what must be proposed again, each with its place in the group.
    pub fn take_deferred(&mut self) -> Vec<(usize, Proposal)> {
        let deferred = self.outcomes.iter_mut().enumerate().filter_map(|(place, outcome)| {
            match outcome.take_if(|outcome| matches!(outcome, Outcome::Deferred(_)))? {
                Outcome::Deferred(proposal) => Some((place, *proposal)),
                Outcome::Committed(_) | Outcome::Failed(_) => None,
            }
        });
        deferred.collect()
    }

    /// The first that is not to be committed, and why.
    fn refused(&self) -> Option<(usize, Failure)> {
        self.outcomes.iter().enumerate().find_map(|(place, outcome)| match outcome {
            Some(Outcome::Failed(failure)) => Some((place, failure.clone())),
            Some(Outcome::Deferred(_)) => {
                Some((place, Fault::Law("a subject twice in what is one".into()).into()))
            }
            Some(Outcome::Committed(_)) | None => None,
        })
    }

    /// One outcome a proposal, in order, now that what was committed is shown. If it could not be, nobody hears more than
    /// that: refusals were judged over what nobody has seen.
    fn settled(self, shown: Result<Shown, Failure>) -> Vec<Outcome> {
        let mut outcomes = self.outcomes;
        match shown {
            Ok(shown) => {
                for (place, committed) in shown {
                    settle(&mut outcomes, place, Outcome::Committed(Box::new(committed)));
                }
            }
            Err(failure) => outcomes.fill_with(|| Some(Outcome::Failed(failure.clone()))),
        }
        let unsettled = || Outcome::Failed(Fault::Stopped.into());
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(unsettled)).collect()
    }
}

/// The single writer, both halves of it in one hand.
pub struct Writer {
    committer: Committer,
    publisher: Publisher,
}

impl Writer {
    /// A writer that goes on from what the window shows, which `opening` has checked.
    pub fn new(
        store: Arc<dyn Store>,
        keyring: Arc<dyn Keyring>,
        clock: Arc<ClockGuard>,
        window: Arc<Window>,
        (edge, blocks): (EdgeTiles, EdgeBlocks),
        finders: Arc<Finders>,
        last_signed: String,
    ) -> Self {
        let published = window.published();
        let publisher = Publisher {
            store: Arc::clone(&store),
            keyring: Arc::clone(&keyring),
            window: Arc::clone(&window),
            finders,
            last_signed,
        };
        let (charter, range) = (published.charter.clone(), published.range.clone());
        let unseen = committing::Unseen::default();
        let committer = Committer { store, keyring, clock, window, charter, range, edge, blocks, unseen };
        Self { committer, publisher }
    }

    /// What a thread that has a half holds.
    pub fn guard(&self) -> Guard {
        Guard(Arc::clone(&self.publisher.window))
    }

    /// The halves, each for a thread of its own.
    pub fn halves(self) -> (Committer, Publisher) {
        (self.committer, self.publisher)
    }

    /// Appends what the law allows of a group; one outcome a proposal, in order.
    pub fn append(&mut self, group: Vec<Proposal>) -> Vec<Outcome> {
        let attempt = self.committer.commit(group, false);
        self.publisher.settle(attempt)
    }

    /// Appends all of a group or nothing of it; says which proposal it was that could not be.
    pub fn append_whole(&mut self, group: Vec<Proposal>) -> Result<(), (usize, Failure)> {
        let mut attempt = self.committer.commit(group, true);
        if let Some(refused) = attempt.refused() {
            return Err(refused);
        }
        self.publisher.publish(attempt.entered.take()).map(drop).map_err(|failure| (0, failure))
    }
}

/// Ends writing when the thread that holds it breaks off, so that nothing more is entered and everybody hears of it.
pub struct Guard(Arc<Window>);

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.halt("a thread of the writer broke off: read the log, then restart".into());
        }
    }
}

/// Ends writing until restart. What is in the store and under no checkpoint is brought under one by the next start, never
/// shown before. Whoever waits for it is told to ask again then, under the same idempotency key.
fn halted(window: &Window, failure: Failure) -> Failure {
    let why = match failure {
        Failure::Refused(Refusal::NotReady(why)) => why,
        failure => failure.to_string(),
    };
    tracing::error!(why, "writing ends until restart");
    window.halt(why.clone());
    Refusal::NotReady(why).into()
}

fn settle(outcomes: &mut [Option<Outcome>], place: usize, outcome: Outcome) {
    if let Some(slot) = outcomes.get_mut(place) {
        *slot = Some(outcome);
    }
}
