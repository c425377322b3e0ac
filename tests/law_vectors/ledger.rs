//! A ledger in the making: each draft gets its `prev` and time, is judged by the law and kept.

use serde_json::Value;
use vidimus::crypto::Digest;
use vidimus::law::{self, Refused};
use vidimus::ledger::body::{Body, Kind, Subject};
use vidimus::ledger::state::{MemoryState, View as _};
use vidimus::values::time::Time;

use crate::draft::Draft;

/// Between two entries, unless somebody waits: a minute and a little.
const STEP: i64 = 61_007;

pub(crate) struct Ledger {
    pub(crate) state: MemoryState,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) blobs: Vec<Vec<u8>>,
    clock: Time,
}

impl Ledger {
    /// Before entry 0, which will have this time.
    pub(crate) fn new(time: &str) -> Self {
        Self {
            state: MemoryState::new(),
            drafts: Vec::new(),
            entries: Vec::new(),
            blobs: Vec::new(),
            clock: time.parse().unwrap(),
        }
    }

    /// Makes a blob known and returns its reference.
    pub(crate) fn blob(&mut self, bytes: &[u8]) -> Value {
        self.blobs.push(bytes.to_vec());
        self.state.add_blob(bytes.to_vec());
        serde_json::json!({"sha256": Digest::of(bytes), "size": bytes.len()})
    }

    /// Time goes on without entries.
    pub(crate) fn wait_until(&mut self, time: &str) {
        self.clock = time.parse().unwrap();
    }

    /// Appends an entry, which the law must accept.
    pub(crate) fn append(&mut self, draft: Draft) -> Digest {
        let draft = self.next(draft);
        let bytes = draft.seal();
        if let Err(refused) = admit(&mut self.state, &bytes) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(refused.to_string(), "", "entry {}: {text}", self.entries.len());
        }
        self.clock = self.clock.plus(STEP);
        self.drafts.push(draft);
        self.entries.push(bytes);
        vidimus::ledger::entry::leaf_hash(self.entries.last().unwrap())
    }

    /// Offers bytes as the next entry and keeps them if the law accepts them; its answer in a word.
    pub(crate) fn offer(&mut self, draft: &Draft, bytes: &[u8]) -> String {
        let answer = answer(&mut self.state, bytes);
        if answer == "accepted" {
            self.clock = self.state.charter().time().unwrap().plus(STEP);
            self.drafts.push(draft.clone());
            self.entries.push(bytes.to_vec());
        }
        answer
    }

    /// Time goes on, or steps back.
    pub(crate) fn pass(&mut self, millis: i64) {
        self.clock = self.clock.plus(millis);
    }

    /// What the next entry's time would be.
    pub(crate) fn clock(&self) -> Time {
        self.clock
    }

    /// A draft with the `prev` and time of the next entry.
    pub(crate) fn next(&self, mut draft: Draft) -> Draft {
        draft.prev = last(&self.state, draft.kind, &draft.body);
        draft.time = self.clock.to_string();
        draft
    }

    /// Index and draft of the entry that is the `nth` of its kind, from 0.
    pub(crate) fn nth(&self, kind: &str, nth: usize) -> (usize, Draft) {
        let mut found = self.drafts.iter().enumerate().filter(|(_, draft)| draft.kind == kind);
        let (index, draft) = found.nth(nth).unwrap();
        (index, draft.clone())
    }

    /// The state before the entry at `index`.
    pub(crate) fn state_at(&self, index: usize) -> MemoryState {
        let mut state = MemoryState::new();
        self.blobs.iter().for_each(|blob| state.add_blob(blob.clone()));
        for bytes in &self.entries[..index] {
            admit(&mut state, bytes).unwrap();
        }
        state
    }
}

/// The leaf hash of the last entry about what a body is about.
pub(crate) fn last(state: &MemoryState, kind: &str, body: &Value) -> Option<Digest> {
    let body = Body::from_value(Kind::parse(kind)?, body.clone()).unwrap();
    match body.subject() {
        Subject::Licence(handle) => state.licence(&handle).unwrap().map(|licence| licence.last),
        Subject::Case(case) => state.case(&case).unwrap().map(|case| case.last),
        Subject::Card(card) => state.card(card).unwrap().map(|card| card.last),
        Subject::Content(content) => state.content(content).unwrap().map(|one| one.last),
        subject => state.charter().chain(&subject),
    }
}

/// Judges an entry, signatures and all, and takes in what it does.
pub(crate) fn admit(state: &mut MemoryState, bytes: &[u8]) -> Result<(), Refused> {
    let (_, applied) = law::judge(state, bytes)?;
    for effects in law::discharge(vec![applied]).map_err(|(_, violation)| violation)? {
        state.absorb(&effects);
    }
    Ok(())
}

/// The law's answer in a word: `accepted`, the name of the broken rule, `unknown-law` or `unknown-kind`.
pub(crate) fn answer(state: &mut MemoryState, bytes: &[u8]) -> String {
    match admit(state, bytes) {
        Ok(()) => "accepted".into(),
        Err(Refused::Violation(violation)) => violation.rule.to_string(),
        Err(Refused::UnknownLaw(_)) => "unknown-law".into(),
        Err(Refused::UnknownKind(_)) => "unknown-kind".into(),
        Err(Refused::Fault(fault)) => fault.to_string(),
    }
}
