//! What content rules found, beside what they find (law 0, section 21): with the vault every licence is judged again, by the rules in force and
//! by the licences that were valid just after it, and compared with the ledger's entries. On the way every payload is held against the
//! commitment of its entry.
//!
//! Who holds a licence is learnt from the payloads themselves, not from the service's indexes: a row that was taken out hides nothing. What
//! was erased, or is not kept, cannot be judged again: that is counted, and is neither broken nor good. Not here: how a vault is opened
//! (`wiring`), and the rules (`supervision`).

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value};

use super::carded::WAITS;
use super::eye::Eye;
use super::replay::Audit;
use super::summary::{Finding, Verdict};
use crate::law::Rule;
use crate::ledger::body::{Body, ContentFound, LicenceIssued};
use crate::ledger::commitment::commitment;
use crate::ledger::entry::Entry;
use crate::ledger::state::{LicenceState, MemoryState, View as _};
use crate::supervision::{COMPARED, Content, Rules, told};
use crate::values::identifiers::{Handle, Slug};
use crate::values::time::Time;

/// What licences say, as their issuers keep it.
pub trait Vault {
    /// Payload and salt of a licence; `None` where they are not kept.
    fn open(&self, handle: &Handle) -> Result<Option<Opened>, VaultError>;
}

/// What the commitment of a licence's entry is made of.
pub struct Opened {
    /// `holders` and `claims`.
    pub payload: Map<String, Value>,
    /// Its salt.
    pub salt: Vec<u8>,
}

/// The vault cannot be read.
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

/// What judging content again came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Recomputed {
    /// Licences whose payload is what their entry committed to.
    pub opened: u64,
    /// Licences that the rules were asked about again.
    pub judged: u64,
    /// Licences about which nothing can be said any more: they, or what they were compared with, were erased or are not kept.
    pub beyond: u64,
    /// Findings that are made of late, and not entered yet.
    pub pending: u64,
}

/// What the rules find about a licence, until it is entered or overdue.
struct Owed {
    at: u64,
    time: Time,
    /// Without its number; `None` where nothing is found.
    found: Option<ContentFound>,
    /// Whether everything that it depends on could be opened.
    certain: bool,
}

/// Judges content again while a ledger is replayed.
pub struct Recomputing<'v> {
    vault: &'v dyn Vault,
    /// The newest rules, and since when; `None` of a text that this program does not know.
    rules: Option<(u64, Option<Rules>)>,
    holders: HashMap<(Slug, String), Vec<Handle>>,
    /// Licences that cannot be opened, by type.
    closed: HashMap<Slug, Vec<Handle>>,
    owed: VecDeque<Owed>,
    findings: Vec<Finding>,
    count: Recomputed,
    failed: Option<VaultError>,
}

impl Eye for Recomputing<'_> {
    fn after(&mut self, index: u64, entry: &Entry, state: &MemoryState) {
        if self.failed.is_some() {
            return;
        }
        let looked = match entry.body() {
            Body::LicenceIssued(issued) => self.came(index, entry.time(), issued, state),
            Body::LicenceRecorded(recorded) => self.came(index, entry.time(), &recorded.grant, state),
            Body::ContentFound(found) => {
                self.compare(index, found);
                Ok(())
            }
            _ => Ok(()),
        };
        self.failed = looked.err();
        let over =
            |owed: &Owed| index > owed.at.saturating_add(WAITS.0) && entry.time().since(owed.time) > WAITS.1;
        while self.owed.front().is_some_and(over) {
            self.pass();
        }
    }
}

impl<'v> Recomputing<'v> {
    /// Before the first entry.
    pub fn new(vault: &'v dyn Vault) -> Self {
        Self {
            vault,
            rules: None,
            holders: HashMap::new(),
            closed: HashMap::new(),
            owed: VecDeque::new(),
            findings: Vec::new(),
            count: Recomputed::default(),
            failed: None,
        }
    }

    /// Adds what was found to the audit of the ledger that was looked at.
    pub fn conclude(mut self, audit: &mut Audit) -> Result<(), VaultError> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let pending = self.owed.iter().filter(|owed| owed.certain && owed.found.is_some()).count();
        self.count.pending = u64::try_from(pending).unwrap_or(u64::MAX);
        let summary = &mut audit.summary;
        if let Some(contents) = &mut summary.content {
            contents.recomputed = Some(self.count);
        }
        summary.violations.append(&mut self.findings);
        summary.violations.sort_by_key(|finding| (finding.index.unwrap_or(u64::MAX), finding.rule));
        summary.holds = summary.verdict() == Verdict::Holds;
        Ok(())
    }

    /// A licence came into the ledger.
    fn came(
        &mut self,
        index: u64,
        time: Time,
        grant: &LicenceIssued,
        state: &MemoryState,
    ) -> Result<(), VaultError> {
        self.go_by(state);
        let rules = self.rules.take();
        let judged =
            self.judge(index, time, grant, state, rules.as_ref().and_then(|(_, rules)| rules.as_ref()));
        self.rules = rules;
        judged
    }

    /// Goes by the rules that the ledger published last.
    fn go_by(&mut self, state: &MemoryState) {
        let Some(held) = state.charter().supervision().last() else { return };
        if self.rules.as_ref().is_some_and(|(since, _)| *since == held.since.index) {
            return;
        }
        let text = state.blob(&held.value.rules.sha256).ok().flatten().unwrap_or_default();
        let rules = str::from_utf8(&text).ok().and_then(|text| Rules::parse(text).ok());
        self.rules = Some((held.since.index, rules));
    }

    fn judge(
        &mut self,
        index: u64,
        time: Time,
        grant: &LicenceIssued,
        state: &MemoryState,
        rules: Option<&Rules>,
    ) -> Result<(), VaultError> {
        let rules = rules.map(Rules::content).filter(|rules| rules.concern(&grant.r#type));
        let Some(Opened { payload, salt }) = self.open(index, grant)? else {
            self.closed.entry(grant.r#type.clone()).or_default().push(grant.handle);
            if rules.is_some() {
                self.count.beyond += 1;
                self.owed.push_back(Owed { at: index, time, found: None, certain: false });
            }
            return Ok(());
        };
        let licence = Content { licence: grant.handle, licence_type: &grant.r#type, payload: &payload };
        if let Some(rules) = rules {
            let (mut others, mut certain) = (Vec::new(), true);
            for (code, licence_type) in rules.compared(&licence) {
                certain &= !self.is_closed(&licence_type, state, time);
                self.valid_beside(&licence_type, &code, state, time, &mut others)?;
            }
            let said: Vec<Content<'_>> = others
                .iter()
                .map(|(licence, licence_type, payload)| Content { licence: *licence, licence_type, payload })
                .collect();
            let found = rules.find(&licence, &said);
            let (department, licence) = (grant.department.clone(), grant.handle);
            let found = (!found.is_empty())
                .then(|| told(&found, &licence, &salt))
                .transpose()
                .map_err(|error| VaultError(error.to_string()))?
                .map(|(rules, facts)| ContentFound {
                    at: index,
                    content: 0,
                    department,
                    facts,
                    licence,
                    rules,
                });
            self.count.judged += u64::from(certain);
            self.count.beyond += u64::from(!certain);
            if found.is_some() || !certain {
                self.owed.push_back(Owed { at: index, time, found, certain });
            }
        }
        if let Some(code) = licence.code() {
            let key = (grant.r#type.clone(), code.to_owned());
            self.holders.entry(key).or_default().push(grant.handle);
        }
        Ok(())
    }

    /// What a licence says, if it is what its entry committed to.
    fn open(&mut self, index: u64, grant: &LicenceIssued) -> Result<Option<Opened>, VaultError> {
        let Some(opened) = self.vault.open(&grant.handle)? else { return Ok(None) };
        let made = commitment(&opened.salt, &grant.handle, "payload", &opened.payload);
        if made.is_ok_and(|made| made == grant.commitment) {
            self.count.opened += 1;
            return Ok(Some(opened));
        }
        let text =
            format!("what the vault has of licence {} is not what its entry committed to", grant.handle);
        self.findings.push(Finding::at(index, Rule::Content, text));
        Ok(None)
    }

    /// Whether a licence of a type was valid that cannot be opened: whose it is nobody can say.
    fn is_closed(&self, licence_type: &Slug, state: &MemoryState, time: Time) -> bool {
        self.closed.get(licence_type).is_some_and(|all| all.iter().any(|one| valid(state, one, time)))
    }

    /// The licences of a type that a code holds and that are valid, the newest first.
    fn valid_beside(
        &self,
        licence_type: &Slug,
        code: &str,
        state: &MemoryState,
        time: Time,
        into: &mut Vec<(Handle, Slug, Map<String, Value>)>,
    ) -> Result<(), VaultError> {
        let held = self.holders.get(&(licence_type.clone(), code.to_owned()));
        let held = held.into_iter().flatten().rev().filter(|one| valid(state, one, time));
        for handle in held.take(COMPARED) {
            let opened = self.vault.open(handle)?;
            into.extend(opened.map(|opened| (*handle, licence_type.clone(), opened.payload)));
        }
        Ok(())
    }

    /// Holds a finding that is entered against what is found again.
    fn compare(&mut self, index: u64, entered: &ContentFound) {
        while self.owed.front().is_some_and(|owed| owed.at < entered.at) {
            self.pass();
        }
        let is_of_it = self.owed.front().is_some_and(|owed| owed.at == entered.at);
        let owed = is_of_it.then(|| self.owed.pop_front()).flatten();
        let text = match owed {
            Some(Owed { certain: false, .. }) => return,
            Some(Owed { found: Some(found), .. }) => {
                if found == (ContentFound { content: 0, ..entered.clone() }) {
                    return;
                }
                let made: Vec<&str> = found.rules.iter().map(Slug::as_str).collect();
                format!(
                    "finding {} is not as the rules make it, which is: {}",
                    entered.content,
                    made.join(", ")
                )
            }
            // Rules that this program does not know may find anything; that it needs an upgrade is told by the cards.
            None if !matches!(self.rules, Some((_, Some(_)))) => return,
            _ => format!("finding {}: the rules find nothing about {}", entered.content, entered.licence),
        };
        self.findings.push(Finding::at(index, Rule::Content, text));
    }

    /// The first that is owed will not be entered any more.
    fn pass(&mut self) {
        let Some(Owed { at, found: Some(found), certain: true, .. }) = self.owed.pop_front() else { return };
        let rules: Vec<&str> = found.rules.iter().map(Slug::as_str).collect();
        let text = format!("what is found about the licence of this entry is left out: {}", rules.join(", "));
        self.findings.push(Finding::at(at, Rule::Content, text));
    }
}

fn valid(state: &MemoryState, handle: &Handle, time: Time) -> bool {
    let Some(offset) = state.charter().offset() else { return false };
    let is_valid = |licence: &LicenceState| licence.is_valid(time, offset) && !licence.erased;
    state.licence(handle).ok().flatten().is_some_and(|licence| is_valid(&licence))
}

#[cfg(test)]
mod tests;
