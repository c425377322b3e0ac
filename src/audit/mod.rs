//! Floor 6: the auditor's room: where a ledger is read from, and the replay that believes none of it before it is
//! checked (law 0, sections 3, 8 and 10).
//!
//! No engine and no database stand behind it: files in, hashes, `law::apply` and folds over entries, a verdict out.
//! Not here: any rule of the law (`law`), and how a summary is shown (`cli`).

mod ahead;
mod anchored;
mod blobs;
mod bounds;
mod carded;
pub mod compare;
pub mod contents;
mod debts;
mod entries;
pub mod export;
pub mod eye;
mod files;
pub mod hashes;
mod head;
mod judge;
pub mod kept;
pub mod mirror;
#[cfg(feature = "server")]
pub mod office;
mod outside;
pub mod prove;
pub mod recomputed;
pub mod remembered;
pub mod replay;
pub mod report;
pub mod roll_up;
pub mod sample;
pub mod scored;
pub mod source;
pub mod standing;
pub mod state;
pub mod statistics;
mod statuses;
pub mod summary;
mod trail;
mod tree;
pub mod trust;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod tests;

pub use carded::{Awaited, Cards};
pub use eye::Eye;
pub use hashes::{Hashes, hashes};
pub use outside::Cosigned;
pub use recomputed::{AwaitedContent, Contents, InTheClear, Recomputed, Recomputing, Vault, VaultError};
pub use replay::{Audit, Pins, replay, replay_before};
pub use source::{Source, SourceError};
pub use summary::{Finding, Summary, Verdict};
