//! What content rules found, beside what they find (law 0, section 21): with the vault every licence is judged again, by the rules in force and
//! by the licences that were not past just after it, and compared with the ledger's entries. On the way every payload is held against the
//! commitment of its entry: one that is not there, cannot be read or says something else breaks `content`, unless it was erased.
//!
//! Who holds a licence is learnt from the payloads themselves (`holdings`), not from the service's indexes: a row that was taken out hides
//! nothing. Where something cannot be opened, what the rest shows by itself is still demanded (`owed`). Not here: how a vault is opened
//! (`wiring`), and the rules (`supervision`).

mod holdings;
mod owed;

use std::collections::{BTreeMap, HashSet, VecDeque};

use serde_json::{Map, Value};

use super::carded::WAITS;
use super::eye::Eye;
use super::replay::Audit;
use super::summary::{Finding, Verdict};
use crate::law::Rule;
use crate::ledger::body::{Body, ContentFound, LicenceIssued};
use crate::ledger::commitment::commitment;
use crate::ledger::entry::Entry;
use crate::ledger::state::{MemoryState, View as _};
use crate::supervision::{Content, ContentRules, Rules, Term};
use crate::values::identifiers::{Handle, Slug};
use crate::values::time::Time;
use holdings::{Beside, Held, Holdings, Then};
use owed::{Doubts, Owed, listed};

pub use owed::InTheClear;

/// Licences and findings that are told one by one.
const TOLD: usize = 100;

/// What licences say, as their issuers keep it.
pub trait Vault {
    /// Payload and salts of a licence; `None` where they are not kept.
    fn open(&self, handle: &Handle) -> Result<Option<Opened>, VaultError>;
}

/// What the commitments of a licence's entries are made of.
pub struct Opened {
    /// `holders` and `claims`.
    pub payload: Map<String, Value>,
    /// Of the commitment to the payload.
    pub salt: Vec<u8>,
    /// Of the commitment to what is found about it.
    pub content_salt: Vec<u8>,
}

/// What the vault has of a licence cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the vault cannot be read: {0}")]
pub struct VaultError(pub String);

/// What a ledger's findings about content come to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Contents {
    /// Those that are entered.
    pub found: u64,
    /// What judging again came to; `None` without the vault.
    pub recomputed: Option<Recomputed>,
}

/// What judging content again came to. Each licence was opened, is erased or is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Recomputed {
    /// Licences whose payload is what their entry committed to.
    pub opened: u64,
    /// Licences that were erased, and cannot be judged any more.
    pub erased: u64,
    /// Licences that were not erased, and whose payload is not there, cannot be read, or is another. Each breaks `content`.
    pub missing: u64,
    /// Licences that the rules were asked about again.
    pub judged: u64,
    /// Licences that they were asked about as far as the others could be opened.
    pub partly: u64,
    /// Licences that came in under rules which this program does not know.
    pub beyond: u64,
    /// Findings that are made of late, and not entered yet.
    pub pending: u64,
    /// The first of these, at most a hundred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub awaited: Vec<AwaitedContent>,
}

/// A finding that is not entered yet. It breaks no rule so far.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AwaitedContent {
    /// The entry that brought the licence in.
    pub at: u64,
    /// When that was entered.
    pub since: Time,
    /// What found something.
    pub rules: Vec<Slug>,
}

/// Judges content again while a ledger is replayed.
pub struct Recomputing<'v> {
    vault: &'v dyn Vault,
    /// Rules, and behind which entry they are in force; `None` of a text that this program does not know.
    rules: Vec<(u64, Option<Rules>)>,
    holdings: Holdings,
    owed: VecDeque<Owed>,
    /// What should have been entered by now and came behind the last that was, by entry: one that comes late is held against it. Findings
    /// ascend, so that behind the first of a later entry none about these may follow.
    overdue: BTreeMap<u64, Owed>,
    /// Licences that cannot be opened, by entry, and why.
    unopened: BTreeMap<u64, (Handle, Why)>,
    /// Licences that were erased so far, by the ledger.
    erased: HashSet<Handle>,
    findings: Vec<Finding>,
    count: Recomputed,
    /// What entries commit to, where somebody wants to know.
    clear: Option<Vec<InTheClear>>,
}

impl Eye for Recomputing<'_> {
    fn after(&mut self, index: u64, entry: &Entry, state: &MemoryState) {
        let then = Then { state, time: entry.time() };
        match entry.body() {
            Body::LicenceIssued(issued) => self.came(index, issued, &then),
            Body::LicenceRecorded(recorded) => self.came(index, &recorded.grant, &then),
            Body::LicenceErased(erased) => self.was_erased(&erased.handle, state),
            Body::ContentFound(found) => self.compare(index, found),
            _ => {}
        }
        let over =
            |owed: &Owed| index > owed.at.saturating_add(WAITS.0) && then.time.since(owed.time) > WAITS.1;
        while self.owed.front().is_some_and(over) {
            if let Some(owed) = self.pass() {
                let overdue = owed.overdue(&|one| self.erased.contains(one));
                self.overdue.insert(overdue.at, overdue);
            }
        }
    }
}

impl<'v> Recomputing<'v> {
    /// Before the first entry.
    pub fn new(vault: &'v dyn Vault) -> Self {
        Self {
            vault,
            rules: Vec::new(),
            holdings: Holdings::default(),
            owed: VecDeque::new(),
            overdue: BTreeMap::new(),
            unopened: BTreeMap::new(),
            erased: HashSet::new(),
            findings: Vec::new(),
            count: Recomputed::default(),
            clear: None,
        }
    }

    /// Takes down what entries commit to, too.
    #[must_use]
    pub fn in_the_clear(self) -> Self {
        Self { clear: Some(Vec::new()), ..self }
    }

    /// Adds what was found to the audit of the ledger that was looked at; what was taken down.
    pub fn conclude(mut self, audit: &mut Audit) -> Vec<InTheClear> {
        let demanded = self.owed.iter().map(|owed| (owed, self.demanded(owed)));
        let awaited: Vec<AwaitedContent> = demanded
            .filter(|(_, rules)| !rules.is_empty())
            .map(|(owed, rules)| AwaitedContent { at: owed.at, since: owed.time, rules })
            .collect();
        self.count.pending = count(awaited.len());
        self.count.awaited = awaited.into_iter().take(TOLD).collect();
        self.count.missing = count(self.unopened.len());
        let told = self.unopened.iter().take(TOLD);
        self.findings
            .extend(told.map(|(at, (handle, why))| Finding::at(*at, Rule::Content, why.text(handle))));
        if let Some(more @ 1..) = self.unopened.len().checked_sub(TOLD) {
            let text =
                format!("what {more} more licences say cannot be opened either, and they were not erased");
            self.findings.push(Finding::of(Rule::Content, text));
        }
        let summary = &mut audit.summary;
        if let Some(contents) = &mut summary.content {
            contents.recomputed = Some(self.count);
        }
        summary.violations.append(&mut self.findings);
        summary.violations.sort_by_key(|finding| (finding.index.unwrap_or(u64::MAX), finding.rule));
        summary.holds = summary.verdict() == Verdict::Holds;
        self.clear.unwrap_or_default()
    }

    /// A licence came into the ledger.
    fn came(&mut self, index: u64, grant: &LicenceIssued, then: &Then<'_>) {
        self.go_by(then.state);
        let held = Held { at: index, licence: grant.handle, term: term_of(grant) };
        let opened = self.open(index, grant);
        let rules = std::mem::take(&mut self.rules);
        match rules.last() {
            Some((_, None)) => self.count.beyond += 1,
            Some((_, Some(rules)))
                if rules.content().concern(&grant.r#type) && !then.is_past(&grant.handle) =>
            {
                let owed = Owed::of_closed(index, then.time, grant);
                self.judge(rules.content(), owed, opened.as_ref(), grant, then);
            }
            _ => {}
        }
        self.rules = rules;
        let said = opened
            .as_ref()
            .map(|opened| Content::of(grant.handle, &grant.r#type, term_of(grant), &opened.payload));
        match said {
            None => self.holdings.closed(&grant.r#type, held),
            Some(licence) => {
                if let Some(code) = licence.code() {
                    self.holdings.opened(&grant.r#type, code, held);
                }
            }
        }
    }

    /// Goes by the rules that the ledger published last.
    fn go_by(&mut self, state: &MemoryState) {
        let Some(held) = state.charter().supervision().last() else { return };
        if self.rules.last().is_some_and(|(since, _)| *since == held.since.index) {
            return;
        }
        let text = state.blob(&held.value.rules.sha256).ok().flatten().unwrap_or_default();
        let rules = str::from_utf8(&text).ok().and_then(|text| Rules::parse(text).ok());
        self.rules.push((held.since.index, rules));
    }

    /// Asks the rules about a licence.
    fn judge(
        &mut self,
        rules: &ContentRules,
        owed: Owed,
        opened: Option<&Opened>,
        grant: &LicenceIssued,
        then: &Then<'_>,
    ) {
        let Some(Opened { payload, content_salt, .. }) = opened else { return self.owed.push_back(owed) };
        let licence = Content::of(grant.handle, &grant.r#type, term_of(grant), payload);
        let (mut others, mut full, mut doubts) = (Vec::new(), false, Doubts::default());
        for ((code, licence_type), brings) in rules.compared(&licence) {
            let beside = self.holdings.beside(&licence_type, &code, licence.term, then);
            full |= beside.full;
            let opens = self.open_beside(&beside, &licence_type, &mut others);
            doubts.closed.extend(brings.iter().filter(|rule| !opens || beside.leaves_open(**rule)));
            doubts.erased.extend(brings);
        }
        let said: Vec<Content<'_>> = others
            .iter()
            .map(|(licence, of_type, term, payload)| Content::of(*licence, of_type, *term, payload))
            .collect();
        let all = doubts.closed.is_empty();
        let owed = Owed::of(owed, rules, (&licence, content_salt.clone()), &said, doubts);
        self.count.judged += u64::from(all);
        self.count.partly += u64::from(!all);
        if full || owed.is_open() {
            self.owed.push_back(owed);
        }
    }

    /// What the others say, and whether that is all. They were opened before: one that is not there any more is not known to be there at all.
    fn open_beside(
        &self,
        beside: &Beside,
        licence_type: &Slug,
        into: &mut Vec<(Handle, Slug, Term, Map<String, Value>)>,
    ) -> bool {
        let mut all = true;
        for Held { licence, term, .. } in &beside.sure {
            match self.vault.open(licence) {
                Ok(Some(opened)) => into.push((*licence, licence_type.clone(), *term, opened.payload)),
                _ => all = false,
            }
        }
        all
    }

    /// What a licence says, if it is what its entry committed to; else why not is noted.
    fn open(&mut self, index: u64, grant: &LicenceIssued) -> Option<Opened> {
        let handle = &grant.handle;
        let why = match self.vault.open(handle) {
            Ok(Some(opened)) => {
                let made = commitment(&opened.salt, handle, "payload", &opened.payload);
                if made.is_ok_and(|made| made == grant.commitment) {
                    self.count.opened += 1;
                    return Some(opened);
                }
                Why::Another
            }
            Ok(None) => Why::Absent,
            Err(VaultError(error)) => Why::Unreadable(error),
        };
        self.unopened.insert(index, (*handle, why));
        None
    }

    /// A licence was erased: that it cannot be opened is as it should be.
    fn was_erased(&mut self, handle: &Handle, state: &MemoryState) {
        self.erased.insert(*handle);
        let licence = state.licence(handle).ok().flatten();
        let first = licence.as_ref().and_then(|licence| licence.first());
        if first.and_then(|first| self.unopened.remove(&first.index)).is_some() {
            self.count.erased += 1;
        }
    }

    /// Holds a finding that is entered against what is found again.
    fn compare(&mut self, index: u64, entered: &ContentFound) {
        while self.owed.front().is_some_and(|owed| owed.at < entered.at) {
            self.pass();
        }
        let is_of_it = self.owed.front().is_some_and(|owed| owed.at == entered.at);
        let owed = is_of_it.then(|| self.owed.pop_front()).flatten();
        let overdue = self.overdue.remove(&entered.at);
        self.overdue = self.overdue.split_off(&entered.at);
        let wrong = match owed.or(overdue) {
            Some(owed) => {
                let erased = |one: &Handle| self.erased.contains(one);
                if let Some(clear) = &mut self.clear {
                    clear.extend(owed.in_the_clear((index, entered), &erased));
                }
                owed.wrong_in(entered, &erased)
            }
            // Rules that this program does not know may find anything; that it needs an upgrade is told by the cards.
            None => self.knows_the_rules_at(entered.at).then(|| {
                format!("finding {}: the rules find nothing about {}", entered.content, entered.licence)
            }),
        };
        self.findings.extend(wrong.map(|text| Finding::at(index, Rule::Content, text)));
    }

    /// Whether the rules under which a licence came in are known here.
    fn knows_the_rules_at(&self, at: u64) -> bool {
        let in_force = self.rules.iter().rev().find(|(since, _)| *since < at);
        in_force.is_none_or(|(_, rules)| rules.is_some())
    }

    /// The first that is owed should have been entered by now.
    fn pass(&mut self) -> Option<Owed> {
        let owed = self.owed.pop_front()?;
        let rules = self.demanded(&owed);
        if !rules.is_empty() {
            let text =
                format!("what is found about the licence of this entry is left out: {}", listed(&rules));
            self.findings.push(Finding::at(owed.at, Rule::Content, text));
        }
        Some(owed)
    }

    fn demanded(&self, owed: &Owed) -> Vec<Slug> {
        owed.demanded(&|one| self.erased.contains(one))
    }
}

fn term_of(grant: &LicenceIssued) -> Term {
    Term { from: grant.valid_from, until: grant.valid_until }
}

/// Why a licence cannot be opened.
enum Why {
    Absent,
    Another,
    Unreadable(String),
}

impl Why {
    fn text(&self, handle: &Handle) -> String {
        match self {
            Self::Absent => {
                format!("the vault has nothing of licence {handle}, which the ledger has not erased")
            }
            Self::Another => {
                format!("what the vault has of licence {handle} is not what its entry committed to")
            }
            Self::Unreadable(error) => {
                format!("what the vault has of licence {handle} cannot be read: {error}")
            }
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
