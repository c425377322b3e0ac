//! Bodies about officers: persons known to the ledger by a number, a key and their roles. Both need m registrars. No name
//! of anybody (law 0, section 11). Not here: which role may do what, which is the law's to say.

use serde::{Deserialize, Serialize};

use crate::crypto::KeyId;
use crate::ledger::signature::Approval;
use crate::values::identifiers::{CreditCode, Handle};
use crate::values::time::{Date, Time};

/// By which an officer is known, whatever key he has: a UUIDv7, never used again.
pub type OfficerId = Handle;

/// What an officer may do in cases of his department.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// 受理: takes cases up.
    Intake,
    /// 审查: examines.
    Examiner,
    /// 签发: decides, and approves what is issued.
    Signer,
    /// 监督: watches; checks what was promised.
    Supervisor,
}

impl Role {
    /// Every role, in the order of entries.
    pub const ALL: [Self; 4] = [Self::Intake, Self::Examiner, Self::Signer, Self::Supervisor];

    /// As entries write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Examiner => "examiner",
            Self::Signer => "signer",
            Self::Supervisor => "supervisor",
        }
    }
}

/// An officer of a department, or what is changed of one: key, roles or time. It takes the place of the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerAppointed {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// Whose officer.
    pub department: CreditCode,
    /// First day of the roles.
    pub from: Date,
    /// His key, introduced before with purpose `officer`.
    pub key: KeyId,
    /// The approvals do not count later.
    pub not_after: Time,
    /// The officer.
    pub officer: OfficerId,
    /// At least one; in the order of [`Role::ALL`], none twice.
    pub roles: Vec<Role>,
    /// Last day of the roles; absent: until another entry says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Date>,
}

/// An officer no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerLeft {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The approvals do not count later.
    pub not_after: Time,
    /// The officer.
    pub officer: OfficerId,
}
