//! Bodies about licence types and powers. All need m registrars.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::charter::BlobRef;
use crate::ledger::signature::Approval;
use crate::values::identifiers::{CreditCode, Region, Short, Slug, TypeCode};
use crate::values::time::{Date, Time};

/// The id of a power: lower-case letters, digits and hyphens, 1 to 64 of them. Never used again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PowerId(Short);

/// Why a text is no power id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a power id (1 to 64 of a-z, 0-9 and -)")]
pub struct PowerIdError(String);

impl PowerId {
    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for PowerId {
    type Err = PowerIdError;
    fn from_str(text: &str) -> Result<Self, PowerIdError> {
        let good = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if good { Ok(Self(text.into())) } else { Err(PowerIdError(text.to_owned())) }
    }
}

impl fmt::Display for PowerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl Serialize for PowerId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for PowerId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A licence type, or its next version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypePublished {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// JSON Schema of the claims.
    pub claims: BlobRef,
    /// SD-JWT VC type metadata, served unchanged for ever.
    pub metadata: BlobRef,
    /// The approvals do not count later.
    pub not_after: Time,
    /// How many officers approve each licence; 0 is 即办.
    pub officers: u64,
    /// The type's rules.
    pub rules: BlobRef,
    /// Its slug.
    pub r#type: Slug,
    /// 证照类型代码.
    pub type_code: TypeCode,
    /// 1, 2, …
    pub version: u64,
}

/// A type no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeWithdrawn {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The approvals do not count later.
    pub not_after: Time,
    /// Its slug.
    pub r#type: Slug,
}

/// A department may issue a type, in a region, on a legal basis, from, until.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerGranted {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The legal basis, and who answers for the power where that is said: `{"en":"…","zh":"…","responsibility":{…}}`.
    pub basis: BlobRef,
    /// Who may.
    pub department: CreditCode,
    /// First day.
    pub from: Date,
    /// The approvals do not count later.
    pub not_after: Time,
    /// The power's id.
    pub power: PowerId,
    /// Where; a region covers the regions inside it.
    pub region: Region,
    /// What.
    pub r#type: Slug,
    /// Last day; absent: until withdrawn.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Date>,
}

/// It may no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerWithdrawn {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The approvals do not count later.
    pub not_after: Time,
    /// Which.
    pub power: PowerId,
}
