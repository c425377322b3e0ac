//! Going on from what was kept: read whole, held against what the source says now, and put in the place of the entries before.

use std::collections::BTreeMap;
use std::path::Path;

use super::Step;
use super::file::{Reading, Title, damaged};
use super::keeper::Keeper;
use super::why::Why;
use crate::audit::carded::KeptCards;
use crate::audit::eye::Blind;
use crate::audit::judge::Judge;
use crate::audit::prove::{ProveError, Prover};
use crate::audit::replay::{Audit, Course, Past, Pins, Said};
use crate::audit::source::{Source, SourceError};
use crate::audit::trail::Trail;
use crate::audit::tree::Tree;
use crate::crypto::Digest;
use crate::law;
use crate::ledger::entry::Entry;
use crate::ledger::state::{Charter, Give as _, MemoryState, View as _};
use crate::merkle::{Hash, Range};

/// What a replay kept, whole.
pub(super) struct Kept {
    title: Title,
    kinds: BTreeMap<String, u64>,
    charter: Vec<(u64, Entry)>,
    tokens: BTreeMap<String, Digest>,
    range: Range,
    edge: Vec<(u64, Vec<Hash>)>,
    state: MemoryState,
    cards: KeptCards,
}

impl Kept {
    /// Reads the file, if there is one; the inner error says why it cannot be gone on from.
    pub(super) fn load(path: &Path, pins: &Pins) -> Result<Option<Result<Self, Why>>, SourceError> {
        let begun = Reading::begin(path, &pins.keys).map_err(|error| SourceError::Io {
            path: path.display().to_string(),
            reason: error.to_string(),
        })?;
        Ok(begun.map(|begun| begun.and_then(|(title, from)| Self::read(title, from))))
    }

    fn read(title: Title, mut from: Reading) -> Result<Self, Why> {
        let kinds = from.give()?;
        let charter: Vec<u8> = from.give()?;
        let charter: Charter = serde_json::from_slice(&charter).map_err(damaged)?;
        let mut entries = Vec::new();
        from.give_all(|entry: (u64, Vec<u8>)| entries.push(entry))?;
        let read = |(index, bytes): (u64, Vec<u8>)| law::read(&bytes).map(|entry| (index, entry));
        let entries = entries.into_iter().map(read).collect::<Result<_, _>>().map_err(damaged)?;
        let mut tokens = BTreeMap::new();
        from.give_all(|(path, digest)| {
            tokens.insert(path, digest);
        })?;
        let mut parts = Vec::new();
        from.give_all(|part| parts.push(Hash(part)))?;
        let range = Range::from_parts(title.size, parts).map_err(damaged)?;
        let mut edge = Vec::new();
        from.give_all(|(index, hashes): (u64, Vec<[u8; 32]>)| {
            edge.push((index, hashes.into_iter().map(Hash).collect()));
        })?;
        let state = MemoryState::put_together(charter, range.clone(), &mut from)?;
        let cards = KeptCards::put_together(&mut from)?.map_err(damaged)?;
        from.end()?;
        let fits = state.charter().size() == title.size && range.root().to_string() == title.root;
        let origin = state.charter().origin().is_some_and(|origin| origin.as_str() == title.origin);
        if !fits || !origin || !title.size.is_multiple_of(256) {
            return Err(damaged("its parts do not fit together"));
        }
        Ok(Self { title, kinds, charter: entries, tokens, range, edge, state, cards })
    }

    /// Whether a checkpoint that the ledger signed is proved to continue it.
    pub(super) fn signed(&self) -> bool {
        self.title.signed
    }

    /// The place it came to.
    pub(super) fn past(&self) -> Past {
        Past { size: self.title.size, root: self.range.root() }
    }

    /// Goes on to the end of the ledger. The inner error says why that could not be, or cannot be said by it.
    pub(super) fn go_on(
        self,
        keeper: &mut Keeper,
        source: &dyn Source,
        pins: &Pins,
        tell: &mut dyn FnMut(Step),
    ) -> Result<Result<Audit, Why>, SourceError> {
        let size = self.title.size;
        let mut said = Said::read(source, &self.tokens)?;
        if let Err(why) = self.continued(&said, source)? {
            return Ok(Err(why));
        }
        let mut eye = Blind;
        let course = Course { source, pins, past: None, keeper: Some(keeper) };
        let mut judge = course.judge(&mut said, &mut eye);
        let wanted = course.wanted(&said);
        let mut tree = Tree::going_on(self.range, self.edge, wanted);
        let total = said.head.as_ref().map_or(0, |head| head.checkpoint.size);
        if let Err(why) = look_back(&Prover::new(source, total, size, tree.root()), &mut judge, &mut tree)? {
            return Ok(Err(why));
        }
        judge.go_on(self.state, self.kinds, self.charter, self.cards)?;
        tell(Step::GoesOn(size));
        let audit = course.run(judge, tree, &said, &mut |progress| tell(Step::Progress(progress)))?;
        Ok(if audit.summary.violations.is_empty() { Ok(audit) } else { Err(Why::Broken) })
    }

    /// Whether the source's checkpoint is proved to continue it, and every token can still be judged.
    fn continued(&self, said: &Said, source: &dyn Source) -> Result<Result<(), Why>, SourceError> {
        let Ok(head) = &said.head else { return Ok(Err(Why::Broken)) };
        let signed = Trail::of(self.state.charter()).verify(&head.note, head.checkpoint.size, &[]).is_ok();
        let (kept, head) = (self.past(), &head.checkpoint);
        if head.origin.to_string() != self.title.origin {
            let (kept, now) = (self.title.origin.clone(), head.origin.to_string());
            return Ok(Err(Why::Ledger { kept, now }));
        }
        if head.size < kept.size && !signed {
            return Ok(Err(Why::Stranger));
        }
        if head.size < kept.size {
            return Ok(Err(Why::Smaller { kept: kept.size, now: head.size }));
        }
        let prover = Prover::new(source, head.size, head.size, Hash(head.root));
        if proved(prover.beginning(kept.size))? != Some(kept.root) {
            return Ok(Err(if signed { Why::NotContinued(kept.size) } else { Why::Stranger }));
        }
        Ok(match said.tokens.due_before(kept.size) {
            Some(path) => Err(Why::Token(path.to_owned())),
            None => Ok(()),
        })
    }
}

/// What lies before and is wanted now: roots and times beside the ends of trees that outsiders were shown. The entries are not read
/// again, so tiles prove them, up to the root that was kept.
fn look_back(
    prover: &Prover<'_>,
    judge: &mut Judge<'_>,
    tree: &mut Tree,
) -> Result<Result<(), Why>, SourceError> {
    for size in tree.not_met() {
        match proved(prover.beginning(size))? {
            Some(root) => tree.met(size, root),
            None => return Ok(Err(Why::Size(size))),
        }
    }
    for index in judge.times.wanted_before(tree.size()) {
        let entry = proved(prover.entry(index))?.and_then(|bytes| law::read(&bytes).ok());
        match entry {
            Some(entry) => judge.times.note(index, entry.time()),
            None => return Ok(Err(Why::Size(index))),
        }
    }
    Ok(Ok(()))
}

/// What is proved; nothing where the source's tiles prove nothing.
fn proved<T>(proved: Result<T, ProveError>) -> Result<Option<T>, SourceError> {
    match proved {
        Ok(proved) => Ok(Some(proved)),
        Err(ProveError::Source(error)) => Err(error),
        Err(_) => Ok(None),
    }
}
