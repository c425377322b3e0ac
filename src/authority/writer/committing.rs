//! The front half of the writer: what the law allows of a group is committed in one atomic batch, and read back. It goes on
//! from what it has committed itself, so the next group is judged while the one before it is brought under a
//! checkpoint. Not here: that checkpoint, and with it whether anybody may see what was committed (`publishing`).

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::judging::{Candidate, claim, judge};
use super::publishing::{Entered, NewEntry};
use super::{Attempt, Outcome, Proposal, halted, settle};
use crate::authority::blocks::EdgeBlocks;
use crate::authority::cards;
use crate::authority::cases;
use crate::authority::clock_guard::ClockGuard;
use crate::authority::content;
use crate::authority::grants;
use crate::authority::head::reread;
use crate::authority::keyring::Keyring;
use crate::authority::reading::standing_rows;
use crate::authority::refusal::{Failure, Fault, Refusal, no_case, no_licence};
use crate::authority::sealing::SIGNED_AT_ONCE;
use crate::authority::state::{StoreView, Window};
use crate::authority::store::{Head, Row, Store, Write};
use crate::authority::tiles::EdgeTiles;
use crate::crypto::{Digest, KeyId, KeyPurpose};
use crate::ledger::body::{Body, Owner, StatusPlace, Subject};
use crate::ledger::entry::{Entry, Unsigned};
use crate::ledger::state::{Charter, Effects, View};
use crate::merkle::{Hash, Range};
use crate::values::identifiers::Origin;
use crate::values::time::Time;

/// Commits groups. There is one, and nothing else moves the head of the store.
pub struct Committer {
    pub(super) store: Arc<dyn Store>,
    pub(super) keyring: Arc<dyn Keyring>,
    pub(super) clock: Arc<ClockGuard>,
    pub(super) window: Arc<Window>,
    pub(super) charter: Charter,
    pub(super) range: Range,
    pub(super) edge: EdgeTiles,
    pub(super) blocks: EdgeBlocks,
    pub(super) unseen: Unseen,
}

/// Places that committed entries took and that the window does not show yet, by the size at which it will.
#[derive(Default)]
pub(super) struct Unseen(Vec<(u64, HashSet<StatusPlace>)>);

impl Unseen {
    fn has(&self, place: StatusPlace) -> bool {
        self.0.iter().any(|(_, places)| places.contains(&place))
    }

    /// Forgets what the window shows at this size.
    fn shown(&mut self, size: u64) {
        self.0.retain(|(at, _)| *at > size);
    }
}

impl Committer {
    /// Commits what the law allows of a group: all of it or nothing, if it is to be whole.
    pub fn commit(&mut self, group: Vec<Proposal>, whole: bool) -> Attempt {
        let mut outcomes: Vec<Option<Outcome>> = group.iter().map(|_| None).collect();
        match self.try_commit(group, whole, &mut outcomes) {
            Ok(entered) => Attempt { outcomes, entered },
            Err(failure) => {
                for outcome in &mut outcomes {
                    outcome.get_or_insert_with(|| Outcome::Failed(failure.clone()));
                }
                Attempt { outcomes, entered: None }
            }
        }
    }

    fn try_commit(
        &mut self,
        group: Vec<Proposal>,
        whole: bool,
        outcomes: &mut [Option<Outcome>],
    ) -> Result<Option<Entered>, Failure> {
        let ended = || self.store.ended().or_else(|| self.keyring.ended());
        if let Some(why) = self.window.halted().map(str::to_owned).or_else(ended) {
            return Err(Refusal::NotReady(why).into());
        }
        let now = self.clock.now().map_err(|stepped| Refusal::NotReady(stepped.to_string()))?;
        if let Some(why) = self.window.outside().overdue(now) {
            return Err(Refusal::NotReady(why).into());
        }
        let time = self.charter.time().map_or(now, |last| last.max(now));
        self.unseen.shown(self.window.published().range.size());
        let taken = |place| self.unseen.has(place) || self.window.statuses(|statuses| statuses.taken(place));
        let view = StoreView {
            store: self.store.as_ref(),
            charter: &self.charter,
            range: &self.range,
            taken: &taken,
        };
        let candidates = self.sign(&view, group, time, outcomes)?;
        let (candidates, effects, after) = judge(&view, candidates, outcomes);
        if candidates.is_empty() || (whole && outcomes.iter().any(Option::is_some)) {
            return Ok(None);
        }
        let size = self.range.size();
        let entered = self.enter(candidates, &effects, after);
        entered.map(Some).map_err(|failure| {
            if self.store.head().is_ok_and(|head| head.size == size) {
                return failure;
            }
            halted(&self.window, failure)
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
            match self.stands_on(view, &proposal.body) {
                Ok((key, prev)) => ready.push((place, key, prev, proposal)),
                Err(failure) => {
                    outcome.map(|outcome| outcome.insert(Outcome::Failed(failure)));
                }
            }
        }
        let signed: Vec<Result<Candidate, (usize, Failure)>> = ready
            .into_par_iter()
            .with_min_len(SIGNED_AT_ONCE)
            .map(|(place, key, prev, proposal)| {
                let Proposal { body, rows, blobs, finders } = proposal;
                let entry = self
                    .signed(view, Unsigned { body, key, prev, time })
                    .map_err(|failure| (place, failure))?;
                Ok(Candidate { place, entry, rows, blobs, finders })
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

    /// The key that signs, and the entry before it about the same subject.
    fn stands_on(&self, view: &StoreView<'_>, body: &Body) -> Result<(KeyId, Option<Digest>), Failure> {
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
                        .ok_or_else(|| no_licence(handle))?,
                };
                (known.map(|licence| licence.last), Owner::Department(department))
            }
            Subject::Case(case) => {
                let known = view.case(case)?;
                let department = match body {
                    Body::CaseFiled(filed) => filed.department.clone(),
                    _ => known.as_ref().map(|case| case.department.clone()).ok_or_else(|| no_case(case))?,
                };
                (known.map(|case| case.last), Owner::Department(department))
            }
            Subject::Card(card) => (view.card(*card)?.map(|card| card.last), Owner::Authority),
            Subject::Content(number) => (view.content(*number)?.map(|one| one.last), Owner::Authority),
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
        Ok((key, prev))
    }

    fn signed(&self, view: &StoreView<'_>, unsigned: Unsigned) -> Result<Entry, Failure> {
        let origin = origin_of(view, &unsigned.body)?.clone();
        let key = self
            .keyring
            .key(&unsigned.key)
            .ok_or_else(|| Fault::NoKey(format!("registry key {}", unsigned.key)))?;
        unsigned.sign(&origin, &key).map_err(|error| Fault::Law(error.to_string()).into())
    }

    /// Entry, draft, answer and indexes of every candidate in one atomic commit. Nothing is signed over bytes that were not
    /// read back: what the store now has is what is hashed.
    fn enter(
        &mut self,
        mut candidates: Vec<Candidate>,
        effects: &[Effects],
        (charter, expected_range): (Charter, Range),
    ) -> Result<Entered, Failure> {
        let leaves: Vec<Hash> = effects.iter().map(|effects| Hash(effects.leaf.0)).collect();
        let mut edge = self.edge.clone();
        let mut range = self.range.clone();
        let mut writes = edge.push(&mut range, &leaves)?;
        let mut blocks = self.blocks.clone();
        let finders: Vec<_> = candidates.iter_mut().map(|one| std::mem::take(&mut one.finders)).collect();
        let bytes: Vec<&[u8]> = candidates.iter().map(|one| one.entry.bytes()).collect();
        writes.extend(blocks.push(&bytes, effects, &finders)?);
        let mut entries = Vec::with_capacity(candidates.len());
        for ((candidate, effects), finders) in candidates.into_iter().zip(effects).zip(finders) {
            rows_of(&charter, effects, &mut writes)?;
            writes.extend(candidate.rows);
            writes.extend(
                candidate.blobs.into_iter().map(|blob| Write::set(Row::Blob(Digest::of(&blob)), blob)),
            );
            let (index, leaf) = (effects.index, effects.leaf);
            entries.push(NewEntry { place: candidate.place, entry: candidate.entry, index, leaf, finders });
        }
        let expected = Head { size: self.range.size(), time: self.charter.time() };
        let next = Head { size: range.size(), time: charter.time() };
        self.store.commit(expected, next, writes)?;

        let reread = reread(self.store.as_ref(), &self.range, next.size)?;
        if reread.root() != range.root() || range.root() != expected_range.root() {
            return Err(Fault::Damaged("the entries read back are not those that were written".into()).into());
        }
        let statuses: Vec<_> = effects.iter().flat_map(|effects| effects.statuses.iter().copied()).collect();
        self.unseen.0.push((next.size, statuses.iter().map(|(place, _)| *place).collect()));
        (self.edge, self.blocks) = (edge.clone(), blocks);
        (self.charter, self.range) = (charter.clone(), range.clone());
        Ok(Entered { charter, range, edge, statuses, entries })
    }
}

fn origin_of<'a>(view: &'a StoreView<'_>, body: &'a Body) -> Result<&'a Origin, Failure> {
    match body {
        Body::AuthorityFounded(founded) => Ok(&founded.origin),
        _ => view.charter.origin().ok_or_else(|| Fault::Law("there is no origin".into()).into()),
    }
}

/// The rows that an entry makes by what it does, beside those of its block.
pub(in crate::authority) fn rows_of(
    charter: &Charter,
    effects: &Effects,
    writes: &mut Vec<Write>,
) -> Result<(), Failure> {
    if effects.charter.is_some() {
        writes.push(Write::set(Row::CharterEntry(effects.index), Vec::new()));
    }
    if let Some(case) = &effects.case {
        writes.extend(cases::rows(charter, case)?);
    }
    if let Some(card) = &effects.card {
        writes.push(cards::row(card)?);
    }
    if let Some(found) = &effects.content {
        writes.push(content::row(found)?);
    }
    for licence in &effects.licences {
        writes.extend(grants::rows(licence)?);
        writes.extend(standing_rows(licence));
    }
    Ok(())
}
