//! Ceremonies: what needs the registrars after founding (law 0, sections 2 and 4). The running service prepares the
//! entries and makes the keys, the registrars sign the statements elsewhere, the service enters what m of them approved.
//!
//! A ceremony lies beside the keys from the moment it is prepared until its last entry is in the ledger, and how far it
//! has come is asked of the ledger alone: after a crash at any point it is gone on from and nothing is entered twice.
//! Its entries are proposed one after the other, so that each is judged by what the one before it left. Where a
//! registrar's key lies on the server, as a sample's does, the server signs at once: there approvals prove form, not
//! people. Not here: files (`keyring`), and who may ask (`http`).

mod compose;
mod course;
mod enter;
mod keys;
mod prepare;
mod refusal;
mod statements;
mod step;
mod wish;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub(super) use compose::{Above, Composer, Party, Terms, approvers};
pub(super) use course::Ceremony;
pub(super) use enter::{OpenCeremonies, go_on};
pub use keys::{NewKey, NewKeys};
pub use refusal::{CeremonyRefusal, OfficerRefusal};
pub use statements::{Signed, Statement, Statements};
pub(super) use step::Step;

use super::refusal::Fault;
use crate::crypto::{Digest, KeyId, KeyPurpose, hex};
use crate::ledger::body::{OfficerId, Owner, PowerId, Role, Year};
use crate::values::identifiers::{CreditCode, Region, Slug};
use crate::values::text::serde_as_text;
use crate::values::time::{Date, Time};

/// By which a ceremony is named, until and after it is over: `c-` and 16 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CeremonyId(pub(super) [u8; 8]);

/// Why a text names no ceremony.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ceremony is named by `c-` and 16 hex digits")]
pub struct CeremonyIdError;

impl fmt::Display for CeremonyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c-{}", hex::encode(&self.0))
    }
}

impl FromStr for CeremonyId {
    type Err = CeremonyIdError;

    fn from_str(text: &str) -> Result<Self, CeremonyIdError> {
        let digits = text.strip_prefix("c-").ok_or(CeremonyIdError)?;
        hex::decode(digits).map(Self).map_err(|_| CeremonyIdError)
    }
}

serde_as_text!(CeremonyId);

/// What a ceremony is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum About {
    /// A department, its keys and powers.
    Department {
        /// Its short name.
        department: Slug,
        /// Its credit code.
        code: CreditCode,
    },
    /// A key's successor.
    Rotate {
        /// For what.
        purpose: KeyPurpose,
        /// Whose.
        owner: Owner,
        /// The new key.
        key: KeyId,
    },
    /// The end of keys that have successors.
    Retire {
        /// Which.
        keys: Vec<KeyId>,
    },
    /// A licence type, or its next version.
    PublishType {
        /// Its short name.
        r#type: Slug,
        /// The version.
        version: u16,
    },
    /// An officer, new or changed.
    Officer {
        /// His number.
        officer: OfficerId,
        /// Short name of his department.
        department: Slug,
        /// Its credit code.
        code: CreditCode,
        /// His key.
        key: KeyId,
        /// What he may do.
        roles: Vec<Role>,
        /// First day.
        from: Date,
        /// Last day.
        until: Option<Date>,
    },
    /// The end of an officer.
    OfficerLeft {
        /// His number.
        officer: OfficerId,
    },
    /// The working days of a year.
    Calendar {
        /// Which year.
        year: Year,
    },
    /// By which rules cards are raised.
    Supervision {
        /// SHA-256 of the rules.
        rules: Digest,
    },
    /// Powers of a department that was registered before.
    GrantPowers {
        /// Its short name.
        department: Slug,
        /// Its credit code.
        code: CreditCode,
        /// Their ids, in the order of the entries.
        powers: Vec<PowerId>,
        /// What each lets it issue.
        types: Vec<Slug>,
    },
    /// The end of a power.
    WithdrawPower {
        /// Its id.
        power: PowerId,
        /// Credit code of the department that had it.
        code: CreditCode,
        /// What it let it issue.
        r#type: Slug,
        /// Where.
        region: Region,
    },
}

/// A ceremony as it is shown.
#[derive(Debug, Clone)]
pub struct ShownCeremony {
    /// Its name; none for a dry run.
    pub id: Option<CeremonyId>,
    /// What it is about.
    pub about: About,
    /// When it was prepared.
    pub begun: Time,
    /// The approvals do not count later.
    pub not_after: Time,
    /// How many registrars must approve.
    pub quorum: usize,
    /// The registrars in force that approved so far.
    pub approved_by: Vec<KeyId>,
    /// Whether a registrar's key lies on the server: approvals prove form, not people.
    pub form_only: bool,
    /// What registrars sign; none for a dry run.
    pub statements: Option<Statements>,
    /// Index and leaf hash of each entry that is in the ledger already, in the order of the statements.
    pub entries: Vec<Option<(u64, Digest)>>,
}

impl ShownCeremony {
    /// Whether every entry is in the ledger.
    pub fn is_done(&self) -> bool {
        !self.entries.is_empty() && self.entries.iter().all(Option::is_some)
    }
}

/// What cannot be signed, or read again.
pub(super) fn crypto(error: impl fmt::Debug) -> Fault {
    Fault::Crypto(format!("{error:?}"))
}
