//! A broken rule: its name, which reports and vectors carry, and a sentence with the values in it.

use std::fmt;

use crate::ledger::state::ViewFault;

/// Writes the table of rules: the variant, its name in reports, its section of law 0.
macro_rules! rules {
    ($($variant:ident = $name:literal, $doc:literal;)+) => {
        /// The rules of the law, by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $(#[doc = $doc] $variant,)+ }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

rules! {
    Canonical = "canonical", "Section 2: the bytes are the one canonical spelling.";
    Schema = "schema", "Section 2: closed schema of the kind.";
    Size = "size", "Section 2: 16 KiB, 2 KiB for licence kinds.";
    Ascii = "ascii", "Section 2: strings are ASCII.";
    Founding = "founding", "Section 4: entry 0, and only entry 0, founds.";
    Frozen = "frozen", "Section 4: nothing follows `ledger.frozen`.";
    TimeOrder = "time-order", "Section 7: time never decreases with the index.";
    Prev = "prev", "Section 2: `prev` is the subject's last leaf hash.";
    Identifier = "identifier", "Section 2: an id is never used again.";
    OuterKey = "outer-key", "Section 2: the registry key of whoever acts.";
    OuterSignature = "outer-signature", "Section 2: the outer signature is good.";
    Approvals = "approvals", "Section 2: m registrars, or the officers the type asks for; ascending, none to spare.";
    ApprovalSignature = "approval-signature", "Section 2: each approval is good over the statement.";
    NotAfter = "not-after", "Section 2: statements and proofs of possession expire.";
    Possession = "possession", "Section 4: every key proves its private half.";
    KeyReuse = "key-reuse", "Section 4: a key ever introduced is never accepted again.";
    KeyPurpose = "key-purpose", "Section 4: one key, one purpose, and an owner who may have it.";
    Certificate = "certificate", "Section 4: where a certificate meets a key entry the whole key is compared.";
    Registrars = "registrars", "Section 4: 1 ≤ m ≤ n, all different.";
    Vkey = "vkey", "Section 4: the checkpoint vkey is origin and key.";
    Name = "name", "Section 1: origin, base URL.";
    Law = "law", "Section 3: the law's next version, as a blob.";
    Blob = "blob", "Section 2: a blob is there and has its digest and size.";
    Department = "department", "Section 4: the department is registered and not withdrawn.";
    Type = "type", "The type and version are published and not withdrawn.";
    Power = "power", "Section 10: the department holds the power, at this index, for type, region and day.";
    HandleTime = "handle-time", "Section 7: no entry before its handle's time.";
    Dates = "dates", "Section 1: the first day is not after the last.";
    StatusPlace = "status-place", "Section 5: a status index is used once.";
    Officer = "officer", "An officer is of one department, with keys that are nobody else's, until he leaves.";
    Process = "process", "A type's process asks for as many officers as the type, and promises days.";
    Calendar = "calendar", "A calendar says which days of its year are not what the week says.";
    Case = "case", "The case exists, and is about this; a type with a process is issued from one, others are not.";
    CaseStep = "case-step", "The step follows from where the case stands.";
    Separation = "separation", "Who accepts does not examine, who examines does not sign.";
    Correction = "correction", "A correction is of a standing licence of its department, and upheld only when that was acted upon.";
    Content = "content", "What content rules found stands under the next number, of a licence that came in later than the last one's.";
    Card = "card", "The card exists or is the next, under published rules, about what exists; what follows it follows.";
    Stopped = "stopped", "Nobody signs whom a card stops.";
    Supervision = "supervision", "The cards of the ledger are those that its rules raise.";
    Draft = "draft", "Section 5: what is issued is the draft that was decided.";
    Licence = "licence", "The licence exists.";
    NotYours = "not-yours", "Only the issuing department acts on a licence.";
    Transition = "transition", "Section 9: the table of standing, act and expiry.";
    Carrier = "carrier", "Section 5: a carrier only of a valid, unexpired licence.";
    Counts = "counts", "Counts are sorted, positive, and continue from the last.";
    Anchor = "anchor", "An anchor states the tree just before it, or the states of licences at a size before it.";
    Tree = "tree", "Sections 3 and 8: hashes, tiles, root and checkpoint.";
    StatusList = "status-list", "Every published status list is the fold of the entries.";
    File = "file", "An export holds only what replay checks.";
    Consistency = "consistency", "A remembered checkpoint is consistent with this one.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {text}")]
pub struct Violation {
    /// Which rule.
    pub rule: Rule,
    /// How it is broken, with the values.
    pub text: String,
}

impl Violation {
    /// A broken rule and how.
    pub fn new(rule: Rule, text: impl Into<String>) -> Self {
        Self { rule, text: text.into() }
    }
}

/// Why the law did not say yes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A rule is broken.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// A version of the law in force that this code lacks.
    #[error("law {0} is in force; this program knows it up to {newest}: upgrade", newest = super::NEWEST)]
    UnknownLaw(u64),
    /// A kind that this code lacks.
    #[error("kind {0:?} is unknown to this program: upgrade")]
    UnknownKind(String),
    /// The state could not be read; says nothing about the entry.
    #[error(transparent)]
    Fault(#[from] ViewFault),
}

/// `Ok` when it holds, else the rule and its text.
pub(super) fn demand(holds: bool, rule: Rule, text: impl FnOnce() -> String) -> Result<(), Refused> {
    if holds { Ok(()) } else { Err(Violation::new(rule, text()).into()) }
}
