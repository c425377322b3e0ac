//! The law over every entry, in order, with the folds that hang on it: licences, status lists, blobs.
//!
//! Entries are judged one after the other over the state in memory; the signatures they owe are checked in batches,
//! in parallel, before the next entries are read. After the first broken rule the state is not known any more: the
//! law stops there, hashes go on.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::blobs::{Blobs, Fetched, named_by};
use super::entries::Leaf;
use super::source::{Source, SourceError};
use super::statuses::{self, Bench, Lists, Tokens};
use super::summary::{Finding, Upgrade};
use super::trail::Trail;
use crate::law::{self, Applied, Refused, Rule, Violation};
use crate::ledger::body::Body;
use crate::ledger::entry::Entry;
use crate::ledger::state::{MemoryState, View as _};

/// Signatures of so many entries are checked in one batch.
const BATCH: usize = 256;

/// What the entries so far add up to, and what was found wrong with them.
pub(super) struct Judge<'a> {
    source: &'a dyn Source,
    pub(super) state: MemoryState,
    lists: Lists,
    pub(super) tokens: Tokens,
    pub(super) blobs: Blobs,
    pub(super) trail: Trail,
    /// Entries by kind.
    pub(super) kinds: BTreeMap<String, u64>,
    /// Refused wishes by reason.
    pub(super) refusals: BTreeMap<String, u64>,
    /// Entries of the charter: index and bytes.
    pub(super) charter: Vec<(u64, Vec<u8>)>,
    pub(super) findings: Vec<Finding>,
    pub(super) upgrade: Option<Upgrade>,
    stopped: bool,
    /// Entries whose signatures are still owed, and the index of the first.
    owing: Vec<Vec<Applied>>,
    owing_from: u64,
}

impl<'a> Judge<'a> {
    pub(super) fn new(source: &'a dyn Source, tokens: Tokens) -> Self {
        Self {
            source,
            state: MemoryState::new(),
            lists: Lists::default(),
            tokens,
            blobs: Blobs::default(),
            trail: Trail::default(),
            kinds: BTreeMap::new(),
            refusals: BTreeMap::new(),
            charter: Vec::new(),
            findings: Vec::new(),
            upgrade: None,
            stopped: false,
            owing: Vec::new(),
            owing_from: 0,
        }
    }

    /// Judges the next leaves; when it returns, nothing of them is owed.
    pub(super) fn take(&mut self, leaves: Vec<Leaf>) -> Result<(), SourceError> {
        for leaf in leaves {
            self.take_one(leaf)?;
        }
        self.settle();
        Ok(())
    }

    fn take_one(&mut self, leaf: Leaf) -> Result<(), SourceError> {
        let index = leaf.index;
        match leaf.entry {
            Ok(entry) => {
                *self.kinds.entry(entry.kind().to_string()).or_default() += 1;
                self.note(index, &entry)?;
                if !self.stopped {
                    self.judge(index, &entry)?;
                }
            }
            Err(refused) => {
                // Where another law is in force, ours says nothing about the forms of its entries.
                let unknown = self.state.charter().law_version().filter(|version| *version > law::NEWEST);
                let refused = unknown.map_or(refused, Refused::UnknownLaw);
                if let Refused::UnknownKind(kind) = &refused {
                    *self.kinds.entry(kind.clone()).or_default() += 1;
                }
                self.stop(index, refused);
            }
        }
        Ok(())
    }

    /// What needs no law: blobs, checkpoint keys, entries of the charter.
    fn note(&mut self, index: u64, entry: &Entry) -> Result<(), SourceError> {
        if entry.kind().is_licence() {
            return Ok(());
        }
        for blob in named_by(entry.body()) {
            match self.blobs.fetch(self.source, index, &blob)? {
                Fetched::New(bytes) => self.state.add_blob(bytes),
                Fetched::Bad(finding) => self.findings.push(finding),
                Fetched::Known => {}
            }
        }
        self.trail.follow(index, entry.body());
        if let Body::RefusalsCounted(counted) = entry.body() {
            for row in &counted.counts {
                let sum = self.refusals.entry(row.reason.to_string()).or_default();
                *sum = sum.saturating_add(row.count);
            }
        }
        self.charter.push((index, entry.bytes().to_vec()));
        Ok(())
    }

    fn judge(&mut self, index: u64, entry: &Entry) -> Result<(), SourceError> {
        let applied = match law::apply(&self.state, entry) {
            Ok(applied) => applied,
            Err(refused) => {
                self.stop(index, refused);
                return Ok(());
            }
        };
        // Absorbed before its signatures are checked: if one is bad, the law stops there and nothing after it counts.
        self.state.absorb(applied.pending());
        if let Err(error) = self.lists.absorb(&applied.pending().statuses) {
            let violation = Violation::new(Rule::StatusPlace, error.to_string());
            self.stop(index, violation.into());
            return Ok(());
        }
        self.owe(index, applied);
        self.judge_tokens(index + 1)
    }

    fn owe(&mut self, index: u64, applied: Applied) {
        if self.owing.is_empty() {
            self.owing_from = index;
        }
        match self.owing.last_mut().filter(|batch| batch.len() < BATCH) {
            Some(batch) => batch.push(applied),
            None => self.owing.push(vec![applied]),
        }
    }

    /// Checks every signature that is owed; the first bad one stops the law. Says whether all were good.
    fn settle(&mut self) -> bool {
        let owing = std::mem::take(&mut self.owing);
        let bad = owing
            .into_par_iter()
            .enumerate()
            .filter_map(|(number, batch)| {
                law::discharge(batch).err().map(|(place, violation)| (number * BATCH + place, violation))
            })
            .min_by_key(|(place, _)| *place);
        let Some((place, violation)) = bad else { return true };
        let index = self.owing_from + u64::try_from(place).unwrap_or(0);
        self.findings.push(Finding::at(index, violation.rule, violation.text));
        self.stopped = true;
        false
    }

    /// Stops the law at an entry, unless it has stopped, or an earlier entry's signature is found bad first.
    fn stop(&mut self, index: u64, refused: Refused) {
        if self.stopped || !self.settle() {
            return;
        }
        self.stopped = true;
        self.upgrade = Upgrade::of(index, &refused);
        match refused {
            Refused::Violation(violation) => {
                self.findings.push(Finding::at(index, violation.rule, violation.text));
            }
            Refused::Fault(fault) => self.findings.push(Finding::at(index, Rule::Tree, fault.to_string())),
            Refused::UnknownLaw(_) | Refused::UnknownKind(_) => {}
        }
    }

    /// Judges the tokens that name `size`, which the state has just reached.
    fn judge_tokens(&mut self, size: u64) -> Result<(), SourceError> {
        while let Some(path) = self.tokens.due_at(size) {
            let bytes = self.source.read(&path)?.unwrap_or_default();
            let blob = |name: &_| self.state.blob(name).ok().flatten();
            let bench = Bench { charter: self.state.charter(), blob: &blob };
            if let Err(error) = statuses::judge(&path, &bytes, &bench, &self.lists) {
                self.findings.push(Finding::of(Rule::StatusList, format!("{path}: {error}")));
            }
        }
        Ok(())
    }

    /// Whether the law went over every entry.
    pub(super) fn went_through(&self) -> bool {
        !self.stopped
    }
}
