//! Why an officer is not appointed, or does not go, in both languages.

use super::CeremonyRefusal;
use crate::authority::refusal::Failure;
use crate::crypto::KeyId;
use crate::ledger::body::OfficerId;
use crate::values::identifiers::{CreditCode, Origin};
use crate::values::time::{Date, Time};

/// Why a ceremony about an officer was not prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfficerRefusal {
    /// Nobody has that number.
    #[error("there is no officer {officer}; see `vidimus officer list`")]
    NoOfficer {
        /// Pointer to it.
        pointer: &'static str,
        /// The number.
        officer: OfficerId,
    },
    /// He has left; a number is never used again.
    #[error("officer {officer} left on {since}; enrol him anew, without a number")]
    Left {
        /// Pointer to it.
        pointer: &'static str,
        /// The number.
        officer: OfficerId,
        /// When.
        since: Time,
    },
    /// He is another department's.
    #[error("officer {officer} is of {department}: let him leave there, and enrol him here without a number")]
    OtherDepartment {
        /// The number.
        officer: OfficerId,
        /// Whose he is.
        department: CreditCode,
    },
    /// Somebody new without a key, or one whose key is retired.
    #[error("an officer needs a key of his own (`vidimus officer enrol --key FILE` makes it)")]
    NeedsKey,
    /// The ledger has the key already, whosever.
    #[error("key {0} was introduced before: an officer brings a key that was never used")]
    KeyUsed(KeyId),
    /// The proof ends while registrars still sign.
    #[error("the proof of possession ends on {not_after}; it must count until {until} at least: enrol again")]
    ProofEnds {
        /// Until when it counts.
        not_after: Time,
        /// Until when it must.
        until: Time,
    },
    /// A proof that is not that key's, for this ledger and department.
    #[error(
        "this is not the proof of key {key} for an officer of {department} in ledger {origin}: enrol again"
    )]
    Possession {
        /// The key.
        key: KeyId,
        /// The ledger.
        origin: Origin,
        /// The department.
        department: CreditCode,
    },
    /// The last day lies before the first, or is over.
    #[error("the last day {until} lies before the first, {from}, or is over (today is {today})")]
    Over {
        /// The last day.
        until: Date,
        /// The first.
        from: Date,
        /// The day of the ceremony.
        today: Date,
    },
}

impl From<OfficerRefusal> for Failure {
    fn from(refusal: OfficerRefusal) -> Self {
        CeremonyRefusal::Officer(refusal).into()
    }
}

impl OfficerRefusal {
    /// Pointer to the member at fault.
    pub fn pointer(&self) -> &'static str {
        match self {
            Self::NoOfficer { pointer, .. } | Self::Left { pointer, .. } => pointer,
            Self::OtherDepartment { .. } => "/officer/officer",
            Self::NeedsKey => "/officer/key",
            Self::KeyUsed(_) => "/officer/key/spki",
            Self::ProofEnds { .. } => "/officer/key/not_after",
            Self::Possession { .. } => "/officer/key/possession",
            Self::Over { .. } => "/officer/until",
        }
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::NoOfficer { officer, .. } => {
                format!("没有经办人 {officer},请见 `vidimus officer list`")
            }
            Self::Left { officer, since, .. } => {
                format!("经办人 {officer} 已于 {since} 离任:请不带编号重新登记")
            }
            Self::OtherDepartment { officer, department } => {
                format!("经办人 {officer} 属于 {department}:请先在该部门离任,再在本部门不带编号登记")
            }
            Self::NeedsKey => "经办人须有自己的密钥(用 `vidimus officer enrol --key FILE` 生成)".to_owned(),
            Self::KeyUsed(key) => format!("密钥 {key} 已入账:经办人须使用从未用过的密钥"),
            Self::ProofEnds { not_after, until } => {
                format!("持有证明于 {not_after} 失效,至少须有效至 {until}:请重新登记")
            }
            Self::Possession { key, origin, department } => {
                format!("这不是密钥 {key} 作为 {department} 经办人、对账本 {origin} 的持有证明:请重新登记")
            }
            Self::Over { until, from, today } => {
                format!("截止日期 {until} 早于起始日期 {from},或已过(今天是 {today})")
            }
        }
    }
}
