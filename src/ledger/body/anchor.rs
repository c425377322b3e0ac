//! The anchor of the states that licences are in. The authority's registry key signs. Not here: what the root is over (`state::tree`).

use serde::{Deserialize, Serialize};

use crate::crypto::Digest;

/// The root of the state tree at an earlier size of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateAnchored {
    /// Root of the state tree over the first `size` entries.
    pub root: Digest,
    /// A multiple of 256.
    pub size: u64,
}
