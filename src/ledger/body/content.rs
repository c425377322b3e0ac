//! What rules that need content (内容异常) found about a licence. The authority's registry key signs. No content stands here: rules by
//! name, and a salted commitment to what they went by, so no other licence of the holder is named (law 0, section 11). Not here: the
//! rules (`supervision`), and what may be entered (`law`).

use serde::{Deserialize, Serialize};

use crate::crypto::Digest;
use crate::values::identifiers::{CreditCode, Handle, Slug};

/// By which it is known: 1 for a ledger's first, then one more each.
pub type ContentNumber = u64;

/// What the content rules found about a licence when it came into the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentFound {
    /// Index of the entry that brought the licence in.
    pub at: u64,
    /// Which.
    pub content: ContentNumber,
    /// Who issued the licence.
    pub department: CreditCode,
    /// Commitment to what the rules went by, under a salt of its own, which the licence's key in the vault makes.
    pub facts: Digest,
    /// Which licence.
    pub licence: Handle,
    /// The rules that found something, ascending, none twice.
    pub rules: Vec<Slug>,
}
