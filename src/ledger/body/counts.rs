//! Bodies that the authority's registry key signs alone: counts of refusals, and anchors of the tree.

use serde::{Deserialize, Serialize};

use crate::crypto::Digest;
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::time::Time;

/// How many requests of one department for one type were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalCount {
    /// How many; at least 1.
    pub count: u64,
    /// Whose requests; absent when nobody was recognised.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub department: Option<CreditCode>,
    /// The problem's slug.
    pub reason: Slug,
    /// For which type; absent when none was recognised.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub r#type: Option<Slug>,
}

/// Refusals of a span of time; each count continues from where the last ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalsCounted {
    /// Ascending by department, type, reason; none twice.
    pub counts: Vec<RefusalCount>,
    /// Beginning, included: the end of the previous count.
    pub from: Time,
    /// End, excluded; not after the entry.
    pub until: Time,
}

/// The tree just before this entry, inside the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerAnchored {
    /// Root at `size`.
    pub root: Digest,
    /// The entry's own index.
    pub size: u64,
}
