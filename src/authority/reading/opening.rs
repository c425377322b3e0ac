//! A licence opened to an inspector: everything that its entry holds digests of. Whether they are of it, he finds out himself.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::authority::vault::{Salts, commit};
use crate::crypto::base64url::Base64Url;
use crate::values::identifiers::{CreditCode, Handle};

/// What a department opens of a licence: the members that an auditor's spot check reads.
#[derive(Debug, Clone, Serialize)]
pub struct Opening {
    /// The licence.
    pub handle: Handle,
    /// Salt of the commitment over its payload.
    pub salt: Base64Url,
    /// Its payload.
    pub payload: Map<String, Value>,
    /// Its credential, nothing withheld.
    pub credential: String,
}

impl Authority {
    /// A licence opened by its issuer.
    pub fn open_licence(&self, issuer: &CreditCode, handle: &Handle) -> Result<Opening, Failure> {
        let licence = self.licence_state(handle)?;
        if licence.department != *issuer {
            return Err(Refusal::NotYours.into());
        }
        let (draft, credential) = self.vault.credential(handle)?;
        // The commitment's salt is the first that the licence's own key gives.
        let (salt, _) = commit(handle, "payload", &draft.payload, &Salts::of(&draft.key))
            .map_err(|error| Fault::Crypto(error.to_string()))?;
        Ok(Opening { handle: *handle, salt, payload: draft.payload, credential })
    }
}
