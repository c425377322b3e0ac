//! What was found about the content of one licence, as far as what follows it has to know. It has one entry and no more.

use serde::{Deserialize, Serialize};

use crate::crypto::Digest;
use crate::ledger::body::ContentNumber;

/// One finding about content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentState {
    /// Which.
    pub content: ContentNumber,
    /// The entry that brought the licence in.
    pub at: u64,
    /// The entry of the finding.
    pub index: u64,
    /// Its leaf hash.
    pub last: Digest,
}
