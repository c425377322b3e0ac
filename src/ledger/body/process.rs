//! Bodies about how a licence type is issued, and about the working days that its promises count. Both need m
//! registrars. Not here: the steps themselves (`case`).

use serde::{Deserialize, Serialize};

use crate::ledger::signature::Approval;
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::time::{Date, Time};

/// A calendar year.
pub type Year = u16;

/// Promised working days of each step, and from acceptance to issue. Waiting for the applicant does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promised {
    /// 受理: from filing.
    pub accept: u64,
    /// 决定: from the examination.
    pub decide: u64,
    /// 送达: from the issue, or from a refusal.
    pub deliver: u64,
    /// 审查: from acceptance.
    pub examine: u64,
    /// 签发: from the decision.
    pub issue: u64,
    /// 承诺办结: from acceptance to issue.
    pub total: u64,
}

/// How many officers of a department approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvers {
    /// Which department; absent: the one that issues, the lead (牵头).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub department: Option<CreditCode>,
    /// How many of its signers; at least one.
    pub officers: u64,
}

/// Which steps, days and approvals the issue of a type's version takes. Without this entry a version is issued without
/// a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessPublished {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// 并联审批: who approves, ascending by department, the lead first. Together as many as the type says.
    pub approvers: Vec<Approvers>,
    /// The approvals do not count later.
    pub not_after: Time,
    /// 告知承诺: within how many working days what is promised instead of proved is checked; absent: nothing is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub promise: Option<u64>,
    /// Promised working days.
    pub promised: Promised,
    /// The type.
    pub r#type: Slug,
    /// Which version of it.
    pub version: u64,
}

/// A day that is not what its place in the week says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The day.
    pub date: Date,
    /// Whether it is worked.
    pub working: bool,
}

/// The working days of a year: Monday to Friday, but for these. It takes the place of the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarPublished {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// Ascending; days of this year, each other than its place in the week says.
    pub exceptions: Vec<Exception>,
    /// The approvals do not count later.
    pub not_after: Time,
    /// Which year.
    pub year: Year,
}
