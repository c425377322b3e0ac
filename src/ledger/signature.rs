//! Signatures as entries hold them: 64 bytes in strict base64url, and the approvals of people.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::crypto::KeyId;
use crate::crypto::base64url::{Base64Url, decode_fixed, encode};

/// 64 bytes: R ‖ S of Ed25519, or r ‖ s of P-256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    /// The 64 bytes of that text, if it is their one spelling.
    pub(in crate::ledger) fn from_text(text: &str) -> Option<Self> {
        decode_fixed(text).map(Self)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(&self.0))
    }
}

impl Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Base64Url(bytes) = Base64Url::deserialize(deserializer)?;
        let bytes = <[u8; 64]>::try_from(bytes).map_err(|bytes| {
            serde::de::Error::custom(format!("a signature of {} bytes, not 64", bytes.len()))
        })?;
        Ok(Self(bytes))
    }
}

/// A person's signature over the statement of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The registrar's, officer's or old checkpoint key.
    pub key: KeyId,
    /// Over the statement.
    pub sig: Signature,
}
