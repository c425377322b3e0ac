//! What an audit found, in the form that `audit replay --json` writes.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::carded::Cards;
use super::recomputed::Contents;
use crate::law::{Refused, Rule};
use crate::ledger::state::MemoryState;
use crate::ledger::witnessed::{Quorum, Witnessed};
use crate::verification::Notice;

/// A broken rule, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Index of the entry, or of the first entry under a tile; `None` where it is about a file or the whole.
    pub index: Option<u64>,
    /// Which rule.
    #[serde(serialize_with = "name")]
    pub rule: Rule,
    /// How it is broken, with the values.
    pub text: String,
}

impl Finding {
    /// About the entry at `index`.
    pub(super) fn at(index: u64, rule: Rule, text: impl Into<String>) -> Self {
        Self { index: Some(index), rule, text: text.into() }
    }

    /// About the whole, or a file.
    pub(super) fn of(rule: Rule, text: impl Into<String>) -> Self {
        Self { index: None, rule, text: text.into() }
    }
}

fn name<S: Serializer>(rule: &Rule, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(rule.as_str())
}

fn noticed<S: Serializer>(notice: &Option<Notice>, serializer: S) -> Result<S::Ok, S::Error> {
    notice.map(Notice::as_str).serialize(serializer)
}

/// Licences by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Licences {
    /// How many were issued or recorded.
    pub issued: u64,
    /// By the slug of their type.
    pub by_type: BTreeMap<String, u64>,
    /// By their standing after the last entry.
    pub by_standing: BTreeMap<String, u64>,
}

impl Licences {
    /// Counts the licences of a state.
    pub(super) fn count(state: &MemoryState) -> Self {
        let mut licences = Self::default();
        for licence in state.licences() {
            licences.issued += 1;
            *licences.by_type.entry(licence.licence_type.to_string()).or_default() += 1;
            *licences.by_standing.entry(licence.standing().as_str().to_owned()).or_default() += 1;
        }
        licences
    }
}

/// What the verdict on a ledger can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything holds.
    Holds,
    /// A rule is broken, or something is missing or cannot be read.
    DoesNotHold,
    /// Nothing is broken as far as this program can judge, which is not to the end.
    UpgradeNeeded,
}

impl Verdict {
    /// Of what is broken and what is unknown. A violation weighs more: only a ledger without one can need an upgrade.
    pub(super) fn of(broken: bool, unknown: bool) -> Self {
        match (broken, unknown) {
            (true, _) => Self::DoesNotHold,
            (false, true) => Self::UpgradeNeeded,
            (false, false) => Self::Holds,
        }
    }

    /// As documents have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does-not-hold",
            Self::UpgradeNeeded => "upgrade-needed",
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The whole answer of an audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Always true: tells this line from those of progress.
    pub summary: bool,
    /// The ledger's name; empty where there is no checkpoint.
    pub origin: String,
    /// What must be said beside any verdict on such an authority's ledger; a real one has none.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "noticed")]
    pub notice: Option<Notice>,
    /// Entries by the checkpoint.
    pub size: u64,
    /// Root by the checkpoint, in padded base64.
    pub root: String,
    /// `pinned` or `from source`.
    pub key: &'static str,
    /// How far outsiders vouch for it, by the auditor's policy.
    pub witnessed: Witnessed,
    /// Quorums under the checkpoints that the auditor brought along, which the ledger continues.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Quorum>,
    /// What outsiders make doubtful without breaking a rule: times that do not fit a quorum's clocks, and checkpoints that were
    /// brought along and bound nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Finding>,
    /// Versions of the law that were in force.
    pub law: Vec<u64>,
    /// Entries by kind.
    pub entries: BTreeMap<String, u64>,
    /// Refused wishes by reason, as they were counted.
    pub refusals: BTreeMap<String, u64>,
    /// What became of licences.
    pub licences: Licences,
    /// What its cards come to; absent where the ledger publishes no rules for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cards: Option<Cards>,
    /// What its findings about content come to; absent where the ledger publishes no rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Contents>,
    /// The size at which the states of licences were anchored last; absent where they never were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub states_anchored: Option<u64>,
    /// Every broken rule that was met, by index; those about files and the whole at the end.
    pub violations: Vec<Finding>,
    /// What this program does not know, with the index; only where it could not judge to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Upgrade>,
    /// Whether everything holds.
    pub holds: bool,
}

/// Where the law or a kind is newer than this program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upgrade {
    /// Index of the entry that could not be judged.
    pub index: u64,
    /// What is unknown.
    pub text: String,
}

impl Upgrade {
    /// `Some` when a refusal says that this program is too old.
    pub(super) fn of(index: u64, refused: &Refused) -> Option<Self> {
        match refused {
            Refused::UnknownLaw(_) | Refused::UnknownKind(_) => {
                Some(Self { index, text: refused.to_string() })
            }
            Refused::Violation(_) | Refused::Fault(_) => None,
        }
    }
}

impl Summary {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(!self.violations.is_empty(), self.upgrade.is_some())
    }
}
