//! What the rules find about one licence, until it is entered or overdue, and whether an entry says just that. What was erased meanwhile takes
//! part of it away: of the rest it is said what is sure. Not here: how it is found (`super`).

use std::collections::BTreeSet;

use crate::crypto::Digest;
use crate::crypto::base64url::Base64Url;
use crate::ledger::body::{ContentFound, LicenceIssued};
use crate::supervision::{CardRule, Content, ContentFinding, ContentRules, rows, told};
use crate::values::identifiers::{CreditCode, Handle, Slug};
use crate::values::time::Time;

/// What is owed about a licence.
pub(super) struct Owed {
    pub(super) at: u64,
    pub(super) time: Time,
    pub(super) licence: Handle,
    department: CreditCode,
    /// `None` where the licence itself cannot be opened.
    said: Option<Said>,
}

/// A finding with what it commits to: personal information, for who has the vault.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct InTheClear {
    /// Which.
    pub content: u64,
    /// The commitment.
    pub facts: Digest,
    /// What was found: where, by which rule, against which other licence.
    pub found: Vec<ContentFinding>,
    /// Index of its entry.
    pub index: u64,
    /// The licence.
    pub licence: Handle,
    /// The salt of the commitment.
    pub salt: Base64Url,
}

/// What was found, and by what.
struct Said {
    rows: BTreeSet<ContentFinding>,
    salt: Vec<u8>,
    others: Vec<Handle>,
    doubts: Doubts,
}

/// The rules that may find more.
#[derive(Default)]
pub(super) struct Doubts {
    /// By others that cannot be opened; none where there are none.
    pub(super) closed: BTreeSet<CardRule>,
    /// By others again, where one that was compared is erased.
    pub(super) erased: BTreeSet<CardRule>,
}

/// What an entry has to say.
enum Made {
    /// Just this; `None` where nothing is found.
    Just(Option<ContentFound>),
    /// At least these rules, and of the others at most those.
    AtLeast(Vec<Slug>, Vec<Slug>),
    /// Anything, or nothing.
    Anything,
}

impl Owed {
    /// About a licence that cannot be opened.
    pub(super) fn of_closed(at: u64, time: Time, grant: &LicenceIssued) -> Self {
        Self { at, time, licence: grant.handle, department: grant.department.clone(), said: None }
    }

    /// What rules find about a licence beside these others, and what they may find beside more.
    pub(super) fn of(
        closed: Self,
        rules: &ContentRules,
        (licence, salt): (&Content<'_>, Vec<u8>),
        others: &[Content<'_>],
        doubts: Doubts,
    ) -> Self {
        let rows = rules.find(licence, others);
        let others = others.iter().map(|other| other.licence).collect();
        Self { said: Some(Said { rows, salt, others, doubts }), ..closed }
    }

    /// Whether an entry may follow.
    pub(super) fn is_open(&self) -> bool {
        self.said.as_ref().is_none_or(|said| !said.rows.is_empty() || !said.doubts.closed.is_empty())
    }

    /// What an entry commits to, where that can be made again.
    pub(super) fn in_the_clear(
        &self,
        (index, entered): (u64, &ContentFound),
        erased: &dyn Fn(&Handle) -> bool,
    ) -> Option<InTheClear> {
        let said = self.said.as_ref().filter(|_| !erased(&self.licence))?;
        let (_, facts) =
            told(&said.rows, &self.licence, &said.salt).ok().filter(|(_, facts)| *facts == entered.facts)?;
        Some(InTheClear {
            content: entered.content,
            facts,
            found: rows(&said.rows).ok()?.into_iter().cloned().collect(),
            index,
            licence: self.licence,
            salt: Base64Url(said.salt.clone()),
        })
    }

    /// The rules that have to be entered, now that some licences are erased; none where nothing is demanded.
    pub(super) fn demanded(&self, erased: &dyn Fn(&Handle) -> bool) -> Vec<Slug> {
        match self.made(erased) {
            Made::Just(found) => found.map_or_else(Vec::new, |found| found.rules),
            Made::AtLeast(rules, _) => rules,
            Made::Anything => Vec::new(),
        }
    }

    /// The same, with no more than it takes to judge an entry that comes late. Where something cannot be opened and the rest shows nothing,
    /// it does not matter any more what the rest was.
    pub(super) fn overdue(mut self, erased: &dyn Fn(&Handle) -> bool) -> Self {
        self.said = self.said.filter(|_| !erased(&self.licence));
        if let Some(said) = self.said.as_mut().filter(|said| said.rows.is_empty()) {
            if said.others.iter().any(erased) {
                said.doubts.closed.clone_from(&said.doubts.erased);
            }
            if !said.doubts.closed.is_empty() && said.doubts.closed == said.doubts.erased {
                (said.others, said.salt) = (Vec::new(), Vec::new());
            }
        }
        self
    }

    /// What is wrong with what is entered.
    pub(super) fn wrong_in(
        &self,
        entered: &ContentFound,
        erased: &dyn Fn(&Handle) -> bool,
    ) -> Option<String> {
        let number = entered.content;
        match self.made(erased) {
            Made::Just(None) => {
                Some(format!("finding {number}: the rules find nothing about {}", self.licence))
            }
            Made::Just(Some(found)) => {
                let same = found == ContentFound { content: 0, ..entered.clone() };
                let text = format!(
                    "finding {number} is not as the rules make it, which is: {}",
                    listed(&found.rules)
                );
                (!same).then_some(text)
            }
            Made::AtLeast(shown, open) => {
                let has = |rule| entered.rules.contains(rule);
                let fits = shown.iter().all(has)
                    && entered.rules.iter().all(|rule| shown.contains(rule) || open.contains(rule));
                let text = format!(
                    "finding {number} is not as the rules make it: what can be opened shows {}, and what cannot could add {}",
                    listed(&shown),
                    listed(&open)
                );
                (!fits).then_some(text)
            }
            Made::Anything => None,
        }
    }

    /// Just what an entry has to say, where that is sure.
    #[cfg(test)]
    pub(super) fn just(&self) -> Option<ContentFound> {
        match self.made(&|_| false) {
            Made::Just(found) => found,
            Made::AtLeast(..) | Made::Anything => None,
        }
    }

    fn made(&self, erased: &dyn Fn(&Handle) -> bool) -> Made {
        let Some(said) = self.said.as_ref().filter(|_| !erased(&self.licence)) else { return Made::Anything };
        let left = said.rows.iter().filter(|row| row.other().is_none_or(|other| !erased(other)));
        let left: BTreeSet<ContentFinding> = left.cloned().collect();
        let names = |rules: &mut dyn Iterator<Item = CardRule>| -> Vec<Slug> {
            let names: BTreeSet<Slug> = rules.filter_map(|rule| rule.as_str().parse().ok()).collect();
            names.into_iter().collect()
        };
        let open = if said.others.iter().any(erased) { &said.doubts.erased } else { &said.doubts.closed };
        if !open.is_empty() {
            let shown = names(&mut left.iter().map(ContentFinding::rule));
            return Made::AtLeast(shown, names(&mut open.iter().copied()));
        }
        if left.is_empty() {
            return Made::Just(None);
        }
        // Handles and places can always be written.
        let Ok((rules, facts)) = told(&left, &self.licence, &said.salt) else { return Made::Anything };
        let (at, department, licence) = (self.at, self.department.clone(), self.licence);
        Made::Just(Some(ContentFound { at, content: 0, department, facts, licence, rules }))
    }
}

/// Rules as a text names them.
pub(super) fn listed(rules: &[Slug]) -> String {
    let names: Vec<&str> = rules.iter().map(Slug::as_str).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
