//! Floor 4: the law: which entry may be appended, as a pure function over a read-only view (law 0, section 3).
//!
//! The sequencer calls it before it appends, start-up for what it finds beyond its head, the auditor for every
//! entry. There is no second copy of a rule. Everything is judged by index: against the state just before the entry.
//! Not here: hashes, tiles and checkpoints, which need no law (`merkle`, `ledger::checkpoint`).

mod applied;
mod violation;
mod zero;

pub use applied::{Applied, Debt, discharge, settle};
pub use violation::{Refused, Rule, Violation};

use crate::ledger::body::OfficerId;
use crate::ledger::entry::{Entry, EntryError};
use crate::ledger::state::{CaseState, View};

/// The newest version of the law that this code knows.
pub const NEWEST: u64 = 0;

/// The text of law 0, and of the kinds that joined it: the blob that entry 0 names.
pub const TEXT: &[u8] = concat!(
    include_str!("../../schemas/law/law-0.md"),
    "\n",
    include_str!("../../schemas/law/cases.md"),
    "\n",
    include_str!("../../schemas/law/cards.md"),
    "\n",
    include_str!("../../schemas/law/content.md"),
    "\n",
    include_str!("../../schemas/law/anchors.md"),
)
.as_bytes();

/// Judges an entry against the state just before it. The signatures are still owed: see [`discharge`].
pub fn apply(view: &dyn View, entry: &Entry) -> Result<Applied, Refused> {
    match view.charter().law_version() {
        None | Some(0) => zero::apply(view, entry),
        Some(version) => Err(Refused::UnknownLaw(version)),
    }
}

/// Whether an officer may decide or approve what a case comes to: he who examined it may not (审签分离).
pub fn may_sign(case: &CaseState, officer: OfficerId) -> Result<(), Refused> {
    zero::may_sign(case, officer)
}

/// Reads and judges the bytes at the next index. Where a law is in force that this code lacks, that is the answer
/// before a byte is read: the other law may know other forms, and ours says nothing about them.
pub fn judge(view: &dyn View, bytes: &[u8]) -> Result<(Entry, Applied), Refused> {
    if let Some(version) = view.charter().law_version().filter(|version| *version > NEWEST) {
        return Err(Refused::UnknownLaw(version));
    }
    let entry = read(bytes)?;
    let applied = apply(view, &entry)?;
    Ok((entry, applied))
}

/// Reads bytes as an entry of law 0, in the law's words for what is wrong with them. Whoever replays a ledger asks
/// [`judge`].
pub fn read(bytes: &[u8]) -> Result<Entry, Refused> {
    Entry::parse(bytes).map_err(|error| match error {
        EntryError::UnknownKind(kind) => Refused::UnknownKind(kind),
        EntryError::Json(error) => Violation::new(Rule::Canonical, error.to_string()).into(),
        EntryError::Schema(error) => Violation::new(Rule::Schema, error).into(),
        error @ EntryError::Size { .. } => Violation::new(Rule::Size, error.to_string()).into(),
        error @ EntryError::NotAscii => Violation::new(Rule::Ascii, error.to_string()).into(),
    })
}
