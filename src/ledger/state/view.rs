//! What the law may look at: the state just before an entry. The store, memory and the auditor's map implement it.

use super::card::CardState;
use super::case::CaseState;
use super::charter::Charter;
use super::content::ContentState;
use super::licence::LicenceState;
use crate::crypto::Digest;
use crate::ledger::body::{CardNumber, CaseId, ContentNumber, StatusPlace};
use crate::values::identifiers::Handle;

/// The state could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state cannot be read: {0}")]
pub struct ViewFault(pub String);

/// The state just before an entry.
pub trait View {
    /// The authority, its departments, keys, types and powers.
    fn charter(&self) -> &Charter;

    /// A licence, if its handle was ever used.
    fn licence(&self, handle: &Handle) -> Result<Option<LicenceState>, ViewFault>;

    /// A case, if its number was ever used.
    fn case(&self, case: &CaseId) -> Result<Option<CaseState>, ViewFault>;

    /// A card, if it was raised.
    fn card(&self, card: CardNumber) -> Result<Option<CardState>, ViewFault>;

    /// What was found about content under a number.
    fn content(&self, content: ContentNumber) -> Result<Option<ContentState>, ViewFault>;

    /// Whether a place on a status list was ever used.
    fn place_taken(&self, place: StatusPlace) -> Result<bool, ViewFault>;

    /// The bytes of a blob.
    fn blob(&self, name: &Digest) -> Result<Option<Vec<u8>>, ViewFault>;

    /// Root of the tree just before the entry.
    fn root(&self) -> Result<Digest, ViewFault>;
}
