//! What goes to registrars and comes back from them, as files and over HTTP: statements, one for each entry, and the
//! signatures of one registrar over all of them. `openssl pkeyutl -sign -rawin` makes the same signatures.

use serde::{Deserialize, Serialize};

use super::CeremonyId;
use crate::crypto::KeyId;
use crate::crypto::base64url::Base64Url;
use crate::ledger::signature::Signature;

/// What registrars sign.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statements {
    /// The ceremony they belong to; none at founding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ceremony: Option<CeremonyId>,
    /// The ledger's origin.
    pub origin: String,
    /// One for each entry, in order.
    pub statements: Vec<Statement>,
}

/// What one entry needs signed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Kind of the entry.
    pub kind: String,
    /// The bytes, in base64url.
    pub sign: Base64Url,
    /// Of a power: the blob that the statement names as its basis, so that nobody signs a digest unread.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub basis: Option<Base64Url>,
}

/// A registrar's signatures over all statements.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The ceremony they belong to; none at founding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ceremony: Option<CeremonyId>,
    /// The registrar's key.
    pub key: KeyId,
    /// One for each statement, in order.
    pub signatures: Vec<Signature>,
}
