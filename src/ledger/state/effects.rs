//! What one entry does to the state. Only the law makes these.

use super::card::CardState;
use super::case::CaseState;
use super::charter::CharterChange;
use super::content::ContentState;
use super::licence::LicenceState;
use crate::crypto::Digest;
use crate::ledger::body::{StatusPlace, Subject};
use crate::values::time::Time;

/// What an entry does to the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// The entry's index.
    pub index: u64,
    /// Its time.
    pub time: Time,
    /// Its leaf hash.
    pub leaf: Digest,
    /// What it is about.
    pub subject: Subject,
    /// What changes in the charter.
    pub charter: Option<CharterChange>,
    /// Licences as they now are: none, one, or with a replacement two.
    pub licences: Vec<LicenceState>,
    /// The case as it now is, if the entry is a step of one.
    pub case: Option<CaseState>,
    /// The card as it now is, if the entry is about one.
    pub card: Option<CardState>,
    /// What was found about content, if the entry says so.
    pub content: Option<ContentState>,
    /// Places on status lists and their values now.
    pub statuses: Vec<(StatusPlace, u8)>,
}
