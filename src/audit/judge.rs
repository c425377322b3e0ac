//! The law over every entry, in order, with the folds that hang on it: licences, status lists, blobs.
//!
//! Entries are judged one after the other over the state in memory, while other cores read the next ones and check the
//! signatures that these owe (`debts`). After the first broken rule the state is not known any more: the law stops
//! there, hashes go on.

use std::collections::BTreeMap;

use super::anchored::Anchored;
use super::blobs::{Blobs, Fetched, named_by};
use super::bounds::Times;
use super::carded::{Carded, KeptCards};
use super::debts::Debts;
use super::entries::Bundle;
use super::eye::Eye;
use super::source::{Source, SourceError};
use super::statuses::{self, Bench, Lists, Tokens};
use super::summary::{Finding, Upgrade};
use super::trail::Trail;
use crate::law::{self, Refused, Rule, Violation};
use crate::ledger::body::Body;
use crate::ledger::entry::Entry;
use crate::ledger::state::{MemoryState, View as _};

/// What the entries so far add up to, and what was found wrong with them.
pub(super) struct Judge<'a> {
    source: &'a dyn Source,
    eye: &'a mut dyn Eye,
    pub(super) state: MemoryState,
    lists: Lists,
    /// The cards beside those that the rules raise.
    pub(super) carded: Carded,
    /// The states that are anchored beside those that the entries make.
    anchored: Anchored,
    pub(super) tokens: Tokens,
    pub(super) blobs: Blobs,
    pub(super) trail: Trail,
    pub(super) times: Times,
    /// Entries by kind.
    pub(super) kinds: BTreeMap<String, u64>,
    /// Refused wishes by reason.
    pub(super) refusals: BTreeMap<String, u64>,
    /// Entries that changed the charter: index and bytes.
    pub(super) charter: Vec<(u64, Vec<u8>)>,
    pub(super) findings: Vec<Finding>,
    pub(super) upgrade: Option<Upgrade>,
    stopped: bool,
    pub(super) debts: Debts,
}

impl<'a> Judge<'a> {
    pub(super) fn new(source: &'a dyn Source, tokens: Tokens, eye: &'a mut dyn Eye) -> Self {
        Self {
            source,
            eye,
            state: MemoryState::new(),
            lists: Lists::default(),
            carded: Carded::default(),
            anchored: Anchored::default(),
            tokens,
            blobs: Blobs::default(),
            trail: Trail::default(),
            times: Times::default(),
            kinds: BTreeMap::new(),
            refusals: BTreeMap::new(),
            charter: Vec::new(),
            findings: Vec::new(),
            upgrade: None,
            stopped: false,
            debts: Debts::default(),
        }
    }

    /// Judges the entries of the next bundle.
    pub(super) fn take(&mut self, bundle: Bundle<Result<Entry, Refused>>) -> Result<(), SourceError> {
        let mut entries = (bundle.first..).zip(bundle.entries);
        entries.try_for_each(|(index, entry)| self.take_one(index, entry))?;
        if let Some(root) = bundle.root {
            self.state.bundled(root);
        }
        Ok(())
    }

    fn take_one(&mut self, index: u64, entry: Result<Entry, Refused>) -> Result<(), SourceError> {
        match entry {
            Ok(entry) => {
                self.count(entry.kind().as_str());
                self.times.note(index, entry.time());
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
                    self.count(kind);
                }
                self.stop(index, refused);
            }
        }
        Ok(())
    }

    fn count(&mut self, kind: &str) {
        match self.kinds.get_mut(kind) {
            Some(count) => *count += 1,
            None => drop(self.kinds.insert(kind.to_owned(), 1)),
        }
    }

    /// What needs no law: blobs, checkpoint keys, refusals that were counted.
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
        self.eye.before(index, entry, &self.state);
        // Taken in before its signatures are checked: if one is bad, the law stops there and nothing after it counts.
        let (effects, debt) = applied.part();
        let listed = self.lists.absorb(effects.statuses.iter().copied());
        if effects.charter.is_some() {
            self.charter.push((index, entry.bytes().to_vec()));
        }
        self.state.take(effects);
        self.eye.after(index, entry, &self.state);
        let cards = self.carded.look(index, entry, &self.state);
        self.findings.extend(cards);
        self.findings.extend(self.anchored.look(index, entry, &self.state));
        if let Err(error) = listed {
            let violation = Violation::new(Rule::StatusPlace, error.to_string());
            self.stop(index, violation.into());
            return Ok(());
        }
        if let Err(bad) = self.debts.owe(index, debt) {
            self.findings.push(bad);
            self.stopped = true;
            return Ok(());
        }
        self.judge_tokens(index + 1)
    }

    /// Waits for every signature that is owed; the first bad one stops the law. Says whether all were good.
    pub(super) fn settle(&mut self) -> bool {
        let settled = self.debts.settle();
        let good = settled.is_ok();
        if let Err(bad) = settled {
            self.findings.push(bad);
            self.stopped = true;
        }
        good
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
            match statuses::judge(&path, &bytes, &bench, &self.lists) {
                Ok(()) => self.tokens.judged(path, &bytes),
                Err(error) => self.findings.push(Finding::of(Rule::StatusList, format!("{path}: {error}"))),
            }
        }
        Ok(())
    }

    /// Goes on from what an earlier replay kept. Blobs are read and checked anew; tokens that name this very size are judged.
    pub(super) fn go_on(
        &mut self,
        state: MemoryState,
        kinds: BTreeMap<String, u64>,
        charter: Vec<(u64, Entry)>,
        cards: KeptCards,
    ) -> Result<(), SourceError> {
        let size = state.charter().size();
        if let Err(error) = self.lists.absorb(state.statuses().iter()) {
            self.findings.push(Finding::of(Rule::StatusPlace, error.to_string()));
        }
        (self.state, self.kinds) = (state, kinds);
        for (index, entry) in charter {
            self.note(index, &entry)?;
            self.charter.push((index, entry.bytes().to_vec()));
        }
        self.carded = Carded::going_on(cards, &self.state);
        self.judge_tokens(size)
    }

    /// Whether nothing speaks against the ledger so far. Waits for every signature that is owed, and leaves what is found bad to be
    /// heard in its turn: that somebody asked changes nothing.
    pub(super) fn holds_so_far(&mut self) -> bool {
        self.findings.is_empty()
            && !self.stopped
            && self.upgrade.is_none()
            && self.carded.upgrade().is_none()
            && self.debts.all_good()
    }

    /// Whether the law went over every entry.
    pub(super) fn went_through(&self) -> bool {
        !self.stopped
    }
}
