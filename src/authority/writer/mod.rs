//! The heart: a group of entries becomes part of the ledger (law 0, section 5, steps 3 and 4). One thread owns it.
//!
//! Entry, draft, answer and indexes go into one atomic commit; the entries are read back and re-hashed; `last-signed`
//! is replaced; only then does anyone see the new size. Not here: who asks (`sequencer`) and sealing (`sealing`).

mod judging;

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::blocks::{BLOCK, EdgeBlocks};
use super::clock_guard::ClockGuard;
use super::finders::{Finder, Finders};
use super::grants;
use super::head::{reread, signed_checkpoint};
use super::keyring::Keyring;
use super::reading::standing_rows;
use super::refusal::{Failure, Fault, Refusal};
use super::state::{Published, StoreView, Window};
use super::store::{Head, Row, Store, Write};
use super::tiles::{EdgeTiles, Proofs};
use crate::crypto::{Digest, KeyPurpose};
use crate::ledger::body::{Body, Owner, Subject};
use crate::ledger::entry::{Entry, Unsigned};
use crate::ledger::receipt::Receipt;
use crate::ledger::state::{Charter, Effects, View};
use crate::merkle::{Hash, Range};
use crate::note::Note;
use crate::values::identifiers::Origin;
use crate::values::time::Time;
use judging::{Candidate, claim, judge};

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
    /// What happened, and nothing beside it.
    pub fn of(body: Body) -> Self {
        Self { body, blobs: Vec::new(), rows: Vec::new(), finders: Vec::new() }
    }
}

/// An entry that is durable and under a signed checkpoint. Only the writer makes it; only it can be sealed.
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

/// The single writer.
pub struct Writer {
    store: Arc<dyn Store>,
    keyring: Arc<dyn Keyring>,
    clock: Arc<ClockGuard>,
    window: Arc<Window>,
    edge: EdgeTiles,
    blocks: EdgeBlocks,
    finders: Arc<Finders>,
    last_signed: String,
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
        Self { store, keyring, clock, window, edge, blocks, finders, last_signed }
    }

    /// Appends what the law allows of a group; one outcome a proposal, in order.
    pub fn append(&mut self, group: Vec<Proposal>) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = group.iter().map(|_| None).collect();
        if let Err(failure) = self.try_append(group, false, &mut outcomes) {
            for outcome in &mut outcomes {
                outcome.get_or_insert_with(|| Outcome::Failed(failure.clone()));
            }
        }
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or(Outcome::Failed(Fault::Stopped.into())))
            .collect()
    }

    /// Appends all of a group or nothing of it; says which proposal it was that could not be.
    pub fn append_whole(&mut self, group: Vec<Proposal>) -> Result<(), (usize, Failure)> {
        let mut outcomes: Vec<Option<Outcome>> = group.iter().map(|_| None).collect();
        self.try_append(group, true, &mut outcomes).map_err(|failure| (0, failure))?;
        for (place, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Some(Outcome::Failed(failure)) => return Err((place, failure)),
                Some(Outcome::Deferred(_)) => {
                    return Err((place, Fault::Law("a subject twice in what is one".into()).into()));
                }
                Some(Outcome::Committed(_)) | None => {}
            }
        }
        Ok(())
    }

    fn try_append(
        &mut self,
        group: Vec<Proposal>,
        whole: bool,
        outcomes: &mut [Option<Outcome>],
    ) -> Result<(), Failure> {
        let ended = || self.store.ended().or_else(|| self.keyring.ended());
        if let Some(why) = self.window.halted().map(str::to_owned).or_else(ended) {
            return Err(Refusal::NotReady(why).into());
        }
        let now = self.clock.now().map_err(|stepped| Refusal::NotReady(stepped.to_string()))?;
        let published = self.window.published();
        let time = published.charter.time().map_or(now, |last| last.max(now));
        let window = Arc::clone(&self.window);
        let taken = |place| window.statuses(|statuses| statuses.taken(place));
        let view = StoreView {
            store: self.store.as_ref(),
            charter: &published.charter,
            range: &published.range,
            taken: &taken,
        };
        let candidates = self.sign(&view, group, time, outcomes)?;
        let (candidates, effects, after) = judge(&view, candidates, outcomes);
        if candidates.is_empty() || (whole && outcomes.iter().any(Option::is_some)) {
            return Ok(());
        }
        let size = published.range.size();
        self.commit(&published, candidates, effects, after, outcomes).map_err(|failure| {
            if self.store.head().is_ok_and(|head| head.size == size) {
                return failure;
            }
            // What is in the store and under no checkpoint is brought under one by the next start, never shown before.
            // Whoever waits for it is told to ask again then, under the same idempotency key.
            let why = match failure {
                Failure::Refused(Refusal::NotReady(why)) => why,
                failure => failure.to_string(),
            };
            tracing::error!(why, "writing ends until restart");
            self.window.halt(why.clone());
            Refusal::NotReady(why).into()
        })
    }

    /// Fixes time and `prev` and signs, all entries of the group in parallel: no two are about one subject.
    fn sign(
        &self,
        view: &StoreView<'_>,
        group: Vec<Proposal>,
        time: Time,
        outcomes: &mut [Option<Outcome>],
    ) -> Result<Vec<Candidate>, Failure> {
        let mut subjects = HashSet::new();
        let mut ends_a_key = false;
        let mut ready = Vec::with_capacity(group.len());
        for (place, proposal) in group.into_iter().enumerate() {
            let outcome = outcomes.get_mut(place);
            // The end of a key stands alone: what is signed beside it may be signed with that key.
            let alone = matches!(proposal.body, Body::KeyRetired(_));
            if ends_a_key || (alone && !ready.is_empty()) || !claim(&mut subjects, &proposal.body) {
                outcome.map(|outcome| outcome.insert(Outcome::Deferred(Box::new(proposal))));
                continue;
            }
            ends_a_key = alone;
            match self.unsigned(view, &proposal.body, time) {
                Ok(unsigned) => ready.push((place, unsigned, proposal)),
                Err(failure) => {
                    outcome.map(|outcome| outcome.insert(Outcome::Failed(failure)));
                }
            }
        }
        let signed: Vec<Result<Candidate, (usize, Failure)>> = ready
            .into_par_iter()
            .map(|(place, unsigned, proposal)| {
                let entry = self.signed(view, unsigned).map_err(|failure| (place, failure))?;
                Ok({
                    let Proposal { rows, blobs, finders, .. } = proposal;
                    Candidate { place, entry, rows, blobs, finders }
                })
            })
            .collect();
        let mut candidates = Vec::with_capacity(signed.len());
        for one in signed {
            match one {
                Ok(candidate) => candidates.push(candidate),
                Err((place, failure)) => settle(outcomes, place, Outcome::Failed(failure)),
            }
        }
        Ok(candidates)
    }

    fn unsigned(&self, view: &StoreView<'_>, body: &Body, time: Time) -> Result<Unsigned, Failure> {
        let subject = body.subject();
        let (prev, owner) = match &subject {
            Subject::Licence(handle) => {
                let known = view.licence(handle)?;
                let department = match body {
                    Body::LicenceIssued(issued) => issued.department.clone(),
                    Body::LicenceRecorded(recorded) => recorded.grant.department.clone(),
                    _ => known
                        .as_ref()
                        .map(|licence| licence.department.clone())
                        .ok_or_else(|| super::refusal::no_licence(handle))?,
                };
                (known.map(|licence| licence.last), Owner::Department(department))
            }
            subject => (view.charter.chain(subject), Owner::Authority),
        };
        let key = match body {
            Body::AuthorityFounded(founded) => founded.registry.spki.id(),
            _ => {
                let keys = view.charter.keys_of(&owner, KeyPurpose::Registry);
                keys.last()
                    .map(|(id, _)| **id)
                    .ok_or_else(|| Fault::NoKey(format!("registry key of {owner}")))?
            }
        };
        Ok(Unsigned { body: body.clone(), key, prev, time })
    }

    fn signed(&self, view: &StoreView<'_>, unsigned: Unsigned) -> Result<Entry, Failure> {
        let origin = origin_of(view, &unsigned.body)?.clone();
        let key = self
            .keyring
            .key(&unsigned.key)
            .ok_or_else(|| Fault::NoKey(format!("registry key {}", unsigned.key)))?;
        unsigned.sign(&origin, &key).map_err(|error| Fault::Law(error.to_string()).into())
    }

    fn commit(
        &mut self,
        published: &Published,
        mut candidates: Vec<Candidate>,
        effects: Vec<Effects>,
        after: (Charter, Range),
        outcomes: &mut [Option<Outcome>],
    ) -> Result<(), Failure> {
        let (charter, expected_range) = after;
        let leaves: Vec<Hash> = effects.iter().map(|effects| Hash(effects.leaf.0)).collect();
        let mut edge = self.edge.clone();
        let mut range = published.range.clone();
        let mut writes = edge.push(&mut range, &leaves)?;
        let mut blocks = self.blocks.clone();
        let finders: Vec<_> = candidates.iter_mut().map(|one| std::mem::take(&mut one.finders)).collect();
        let entries: Vec<&[u8]> = candidates.iter().map(|one| one.entry.bytes()).collect();
        writes.extend(blocks.push(&entries, &effects, &finders)?);
        let mut waiting = Vec::with_capacity(candidates.len());
        for (candidate, effects) in candidates.into_iter().zip(&effects) {
            rows_of(effects, &mut writes)?;
            writes.extend(candidate.rows);
            writes.extend(
                candidate.blobs.into_iter().map(|blob| Write::set(Row::Blob(Digest::of(&blob)), blob)),
            );
            waiting.push((candidate.place, candidate.entry));
        }
        let expected = Head { size: published.range.size(), time: published.charter.time() };
        let next = Head { size: range.size(), time: charter.time() };
        self.store.commit(expected, next, writes)?;

        // Nothing is signed over bytes that were not read back: what the store now has is what is hashed.
        let reread = reread(self.store.as_ref(), &published.range, next.size)?;
        if reread.root() != range.root() || range.root() != expected_range.root() {
            return Err(Fault::Damaged("the entries read back are not those that were written".into()).into());
        }
        let checkpoint = self.sign_checkpoint(&charter, &range)?;
        let statuses: Vec<_> = effects.iter().flat_map(|effects| effects.statuses.iter().copied()).collect();
        (self.edge, self.blocks) = (edge, blocks);
        self.window.publish(Published::new(charter, range, checkpoint.clone()), &statuses);
        for (effects, finders) in effects.iter().zip(&finders) {
            self.finders.add(effects.index / BLOCK, finders);
        }
        let proofs = self.edge.proofs(self.store.as_ref(), next.size);
        for ((place, entry), effects) in waiting.into_iter().zip(effects) {
            let receipt = receipt(&entry, effects.index, &proofs, &checkpoint)?;
            let committed = Committed { index: effects.index, leaf: effects.leaf, receipt };
            settle(outcomes, place, Outcome::Committed(Box::new(committed)));
        }
        Ok(())
    }

    /// Signs the new head in memory, replaces `last-signed`, and only then stores it.
    fn sign_checkpoint(&mut self, charter: &Charter, range: &Range) -> Result<Note, Failure> {
        let note = signed_checkpoint(self.keyring.as_ref(), charter, range)?;
        let text = note.to_string();
        self.keyring.replace_last_signed(Some(&self.last_signed), &text)?;
        self.last_signed.clone_from(&text);
        self.store.put(vec![Write::set(Row::Checkpoint, text)])?;
        Ok(note)
    }
}

fn receipt(entry: &Entry, index: u64, proofs: &Proofs<'_>, checkpoint: &Note) -> Result<String, Failure> {
    let proof = proofs.of(index).map_err(|error| Fault::Damaged(error.to_string()))?;
    let path = proof.path.iter().map(|hash| hash.0).collect();
    let receipt = Receipt::new(Some(entry.bytes().to_vec()), index, path, checkpoint.clone())
        .map_err(|error| Fault::Damaged(error.to_string()))?;
    Ok(receipt.to_string())
}

fn origin_of<'a>(view: &'a StoreView<'_>, body: &'a Body) -> Result<&'a Origin, Failure> {
    match body {
        Body::AuthorityFounded(founded) => Ok(&founded.origin),
        _ => view.charter.origin().ok_or_else(|| Fault::Law("there is no origin".into()).into()),
    }
}

/// The rows that an entry makes by what it does, beside those of its block.
pub(super) fn rows_of(effects: &Effects, writes: &mut Vec<Write>) -> Result<(), Failure> {
    if effects.charter.is_some() {
        writes.push(Write::set(Row::CharterEntry(effects.index), Vec::new()));
    }
    for licence in &effects.licences {
        writes.extend(grants::rows(licence)?);
        writes.extend(standing_rows(licence));
    }
    Ok(())
}

fn settle(outcomes: &mut [Option<Outcome>], place: usize, outcome: Outcome) {
    if let Some(slot) = outcomes.get_mut(place) {
        *slot = Some(outcome);
    }
}
