//! Replay: a whole ledger from the first entry, believing nothing. Hashes, tiles, root and checkpoint need no law;
//! beside them goes the law over every entry, and what hangs on it (law 0, section 3). Not here: where it begins when an
//! earlier one kept how far it came (`kept`).

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::ahead::in_order;
use super::bounds::Times;
use super::debts::Debts;
use super::entries;
use super::eye::{Blind, Eye};
use super::files;
use super::head::{self, Head};
use super::judge::Judge;
use super::kept::{Keeper, Passing};
use super::outside::{self, Outsiders, Replayed};
use super::recomputed::Contents;
use super::remembered::Remembered;
use super::source::{Source, SourceError};
use super::statuses::Tokens;
use super::summary::{Finding, Licences, Summary, Verdict};
use super::tree::Tree;
use crate::crypto::Digest;
use crate::law::Rule;
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::policy::Policy;
use crate::ledger::state::{MemoryState, View as _};
use crate::merkle::{Hash, bundles};
use crate::note::{Note, VerifierKey};
use crate::verification::Notice;

/// Progress is told every so many entries.
const TOLD_EVERY: u64 = 32 * 256;

/// What an auditor brings along. With neither, the key is taken from the source.
#[derive(Default)]
pub struct Pins {
    /// Keys from elsewhere, each of which the ledger must name.
    pub keys: Vec<VerifierKey>,
    /// What the last audit saw.
    pub remembered: Option<Remembered>,
    /// Whose cosignatures count.
    pub policy: Option<Policy>,
    /// Checkpoints that somebody was shown: this ledger must continue them.
    pub seen: Vec<Note>,
}

impl Pins {
    /// Every key that the ledger must name.
    pub(super) fn keys(&self) -> Vec<VerifierKey> {
        let remembered = self.remembered.iter().map(|remembered| remembered.checkpoint().log().clone());
        self.keys.iter().cloned().chain(remembered).collect()
    }
}

/// How far a replay has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Entries judged.
    pub done: u64,
    /// Entries by the checkpoint.
    pub total: u64,
}

/// What a replay leaves.
pub struct Audit {
    /// The answer.
    pub summary: Summary,
    /// The state after the last entry that could be judged; to be used only where everything holds.
    pub state: MemoryState,
    /// The checkpoint, where its signature is good.
    pub checkpoint: Option<VerifiedCheckpoint>,
    /// Index and bytes of every entry that changed the charter.
    pub charter: Vec<(u64, Vec<u8>)>,
    /// Paths of the status tokens.
    pub tokens: Vec<String>,
}

impl Audit {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        self.summary.verdict()
    }
}

/// Replays the ledger of a source. An error says that the source could not be asked; everything that is wrong with the
/// ledger is in the summary.
pub fn replay(
    source: &dyn Source,
    pins: &Pins,
    progress: &mut dyn FnMut(Progress),
) -> Result<Audit, SourceError> {
    replay_before(&mut Blind, source, pins, progress)
}

/// The same before somebody's eye.
pub fn replay_before(
    eye: &mut dyn Eye,
    source: &dyn Source,
    pins: &Pins,
    progress: &mut dyn FnMut(Progress),
) -> Result<Audit, SourceError> {
    Course { source, pins, past: None, keeper: None }.whole(eye, progress)
}

/// What a source says before its entries are read.
pub(super) struct Said {
    /// The tokens, and which of them cannot be read.
    pub(super) tokens: Tokens,
    unreadable: Vec<Finding>,
    /// Its files. What a mirror brings along meanwhile is of a tree beyond the one that is replayed.
    files: Vec<String>,
    /// What witnesses cosigned.
    newest: Option<Vec<u8>>,
    /// The checkpoint, or what is wrong with it.
    pub(super) head: Result<Head, Finding>,
}

impl Said {
    /// Asks the source; the checkpoint last. These tokens were judged before.
    pub(super) fn read(source: &dyn Source, judged: &BTreeMap<String, Digest>) -> Result<Self, SourceError> {
        let (tokens, unreadable) = Tokens::list(source, judged)?;
        let files = source.files()?.unwrap_or_default();
        let newest = outside::read(source)?;
        Ok(Self { tokens, unreadable, files, newest, head: head::read(source)? })
    }

    /// The sizes of the trees that outsiders were shown.
    fn shown(&self, pins: &Pins) -> Vec<u64> {
        outside::sizes(self.newest.as_deref(), &pins.seen)
    }
}

/// A place that an earlier replay came to, which this one must pass too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Past {
    /// Entries.
    pub(super) size: u64,
    /// The root over them.
    pub(super) root: Hash,
}

/// A way through a ledger, from wherever it begins.
pub(super) struct Course<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) pins: &'a Pins,
    pub(super) past: Option<Past>,
    /// Who keeps how far it has come.
    pub(super) keeper: Option<&'a mut Keeper>,
}

impl<'a> Course<'a> {
    /// From the first entry.
    pub(super) fn whole(
        self,
        eye: &'a mut dyn Eye,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Audit, SourceError> {
        let mut said = Said::read(self.source, &BTreeMap::new())?;
        let judge = self.judge(&mut said, eye);
        let tree = Tree::wanting(self.wanted(&said));
        self.run(judge, tree, &said, progress)
    }

    /// A judge who has seen no entry yet.
    pub(super) fn judge(&self, said: &mut Said, eye: &'a mut dyn Eye) -> Judge<'a> {
        let mut judge = Judge::new(self.source, std::mem::take(&mut said.tokens), eye);
        judge.findings = std::mem::take(&mut said.unreadable);
        if let Ok(head) = &said.head {
            judge.debts = Debts::of(head.checkpoint.size);
            judge.times = Times::beside(said.shown(self.pins));
        }
        judge
    }

    /// The sizes at which the root must be known.
    pub(super) fn wanted(&self, said: &Said) -> Vec<u64> {
        let remembered = self.pins.remembered.as_ref().map(|remembered| remembered.checkpoint().size());
        let past = self.past.map(|past| past.size);
        said.shown(self.pins).into_iter().chain(remembered).chain(past).collect()
    }

    /// From where judge and tree stand to the end.
    pub(super) fn run(
        mut self,
        mut judge: Judge<'a>,
        mut tree: Tree,
        said: &Said,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Audit, SourceError> {
        let (source, pins) = (self.source, self.pins);
        let head = match &said.head {
            Ok(head) => head,
            Err(finding) => {
                judge.findings.push(finding.clone());
                return Ok(conclude(None, None, Outsiders::default(), pins, judge));
            }
        };
        let size = head.checkpoint.size;
        progress(Progress { done: tree.size(), total: size });
        let first = tree.size() / 256;
        in_order(
            bundles(size).skip_while(|(index, _)| *index < first),
            |bundle| entries::read(source, bundle),
            |read| {
                let mut bundle = match read? {
                    Ok(bundle) => bundle,
                    Err(missing) => {
                        judge.findings.push(missing);
                        return Ok(ControlFlow::Break(()));
                    }
                };
                tree.push(&bundle);
                judge.findings.extend(bundle.finding.take());
                judge.findings.extend(tree.compare_full(source)?);
                judge.take(bundle)?;
                if let Some(keeper) = &mut self.keeper {
                    keeper.passing(&mut Passing { source, pins, head, judge: &mut judge, tree: &tree });
                }
                if tree.size().is_multiple_of(TOLD_EVERY) || tree.size() == size {
                    progress(Progress { done: tree.size(), total: size });
                }
                Ok(ControlFlow::Continue(()))
            },
        )?;
        judge.settle();
        if tree.size() == size {
            judge.findings.extend(tree.compare_edge(source)?);
            judge.findings.extend(compare_root(head, &tree));
        }
        judge.findings.extend(check_remembered(pins, head, &tree));
        judge.findings.extend(self.past.and_then(|past| check_past("kept", past, head, &tree)));
        judge.findings.extend(check_pinned(pins, &judge));
        let checkpoint = match judge.trail.verify(&head.note, size, &pins.keys()) {
            Ok(checkpoint) => Some(checkpoint),
            Err(error) => {
                judge.findings.push(Finding::of(Rule::Tree, format!("checkpoint: {error}")));
                None
            }
        };
        let ledger =
            Replayed { trail: &judge.trail, tree: &tree, times: &judge.times, head: checkpoint.as_ref() };
        let outsiders = outside::look(source, said.newest.as_deref(), pins, &ledger)?;
        judge.findings.extend(outsiders.findings.iter().cloned());
        judge.findings.extend(tokens_beyond(&judge));
        let known = files::Known { size, blobs: &judge.blobs, all: judge.upgrade.is_none() };
        let unknown = known.check(source, &said.files)?;
        judge.findings.extend(unknown);
        Ok(conclude(Some(head), checkpoint, outsiders, pins, judge))
    }
}

pub(super) fn compare_root(head: &Head, tree: &Tree) -> Option<Finding> {
    let (said, made) = (Hash(head.checkpoint.root), tree.root());
    (said != made).then(|| {
        Finding::of(Rule::Tree, format!("the checkpoint has the root {said}; the entries make {made}"))
    })
}

fn check_remembered(pins: &Pins, head: &Head, tree: &Tree) -> Option<Finding> {
    let remembered = pins.remembered.as_ref()?.checkpoint();
    if *remembered.origin() != head.checkpoint.origin {
        let text = format!("remembered is {}; this is {}", remembered.origin(), head.checkpoint.origin);
        return Some(Finding::of(Rule::Consistency, text));
    }
    let past = Past { size: remembered.size(), root: Hash(*remembered.root()) };
    check_past("remembered", past, head, tree)
}

/// Whether the tree went past what somebody had seen of it, and in which way.
fn check_past(seen: &str, past: Past, head: &Head, tree: &Tree) -> Option<Finding> {
    let (old, new) = (past.size, head.checkpoint.size);
    let wrong = |text: String| Some(Finding::of(Rule::Consistency, text));
    if old > new {
        return wrong(format!("{seen} are {old} entries; the checkpoint has {new}"));
    }
    // Without a root the tree has a hole, which is a finding already.
    let (then, now) = (past.root, tree.root_at(old)?);
    if then == now {
        None
    } else {
        wrong(format!("{seen} at {old} is the root {then}; the entries make {now}"))
    }
}

/// Each pinned key is entry 0's, or follows from it by logged rotation.
fn check_pinned(pins: &Pins, judge: &Judge<'_>) -> Vec<Finding> {
    let strangers = pins.keys().into_iter().filter(|key| !judge.trail.names(key));
    strangers
        .map(|key| Finding::of(Rule::Vkey, format!("the ledger does not name the pinned key {key}")))
        .collect()
}

fn tokens_beyond(judge: &Judge<'_>) -> Vec<Finding> {
    if !judge.went_through() {
        return Vec::new();
    }
    let beyond = judge.tokens.beyond();
    beyond
        .map(|(path, size)| {
            Finding::of(Rule::StatusList, format!("{path} names {size} entries, beyond the end"))
        })
        .collect()
}

/// The findings about content that are entered.
fn contents(state: &MemoryState) -> Option<Contents> {
    let found = u64::try_from(state.contents().count()).unwrap_or(u64::MAX);
    (!state.charter().supervision().is_empty()).then_some(Contents { found, recomputed: None })
}

fn conclude(
    head: Option<&Head>,
    checkpoint: Option<VerifiedCheckpoint>,
    outsiders: Outsiders,
    pins: &Pins,
    judge: Judge<'_>,
) -> Audit {
    let mut violations = judge.findings;
    violations.sort_by_key(|finding| (finding.index.unwrap_or(u64::MAX), finding.rule));
    // A blob that is missing is found beside the law and by the law.
    violations.dedup_by(|a, b| {
        a == b || a.index.is_some() && a.rule == Rule::Blob && (a.index, a.rule) == (b.index, b.rule)
    });
    let mut summary = Summary {
        summary: true,
        origin: head.map(|head| head.checkpoint.origin.to_string()).unwrap_or_default(),
        notice: Notice::of(judge.state.charter(), false),
        size: head.map_or(0, |head| head.checkpoint.size),
        root: head.map(|head| Hash(head.checkpoint.root).to_string()).unwrap_or_default(),
        key: if pins.keys().is_empty() { "from source" } else { "pinned" },
        witnessed: outsiders.witnessed,
        seen: outsiders.seen,
        doubts: outsiders.doubts,
        law: judge.state.charter().authority().map(|authority| authority.laws.clone()).unwrap_or_default(),
        entries: judge.kinds,
        refusals: judge.refusals,
        licences: Licences::count(&judge.state),
        cards: judge.carded.count(&judge.state),
        content: contents(&judge.state),
        states_anchored: judge.state.charter().state_anchored(),
        violations,
        upgrade: judge.upgrade.or_else(|| judge.carded.upgrade().cloned()),
        holds: false,
    };
    summary.holds = summary.verdict() == Verdict::Holds;
    Audit { summary, state: judge.state, checkpoint, charter: judge.charter, tokens: judge.tokens.paths }
}
