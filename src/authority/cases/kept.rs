//! What is kept of a case in the vault: the application, and the words of each step, every one under a key of its own
//! beside the salt of the commitment that its entry holds. Not here: the state that entries add up to (`rows`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::authority::facts::Sources;
use crate::authority::finders::Finder;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::vault::{Draft, commit};
use crate::crypto::at_rest::RestKey;
use crate::crypto::base64url::Base64Url;
use crate::crypto::{Digest, Entropy};
use crate::ledger::body::{CaseId, LicenceIssued};
use crate::values::identifiers::{Handle, LicenceNumber, VerificationCode};

/// What is kept of one step.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    /// The salt of the commitment.
    pub salt: Base64Url,
    /// What the commitment is over.
    pub said: Value,
    /// Of the filing: number and code by which the applicant follows the case.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub track: Option<Track>,
    /// Of a decision that grants: the licence, fixed whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub draft: Option<KeptDraft>,
    /// Of what was applied for or decided: what proved what, and what is flagged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sources: Option<Sources>,
}

/// By which an applicant follows a case.
#[derive(Clone, Serialize, Deserialize)]
pub struct Track {
    /// The case's number, as printed.
    pub number: LicenceNumber,
    /// Typed beside it.
    pub code: VerificationCode,
    /// With which the case is rated, once: a secret of the applicant's, by its keyed hash.
    pub rating: Base64Url,
}

/// A licence that is decided and waits for approvals: its entry without them, its draft, and what will find it.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeptDraft {
    grant: LicenceIssued,
    finders: Vec<Finder>,
    signing_input: String,
    disclosures: Vec<String>,
    licence_number: LicenceNumber,
    identifier: String,
    verification_code: VerificationCode,
    reference: Option<String>,
    payload: Map<String, Value>,
    key: Base64Url,
}

impl Kept {
    /// What is said in a step, with the commitment that its entry will hold.
    pub fn of(
        case: &CaseId,
        field: &str,
        said: Value,
        entropy: &dyn Entropy,
    ) -> Result<(Self, Digest), Failure> {
        let (salt, commitment) =
            commit(case, field, &said, entropy).map_err(|error| Fault::Crypto(error.to_string()))?;
        Ok((Self { salt, said, track: None, draft: None, sources: None }, commitment))
    }

    /// The words of a step, where it has some.
    pub fn words(&self) -> Option<&str> {
        self.said.as_str()
    }
}

impl KeptDraft {
    /// What is to be kept.
    pub fn of(grant: LicenceIssued, draft: Draft, finders: Vec<Finder>) -> Self {
        Self {
            grant,
            finders,
            signing_input: draft.signing_input,
            disclosures: draft.disclosures,
            licence_number: draft.licence_number,
            identifier: draft.identifier,
            verification_code: draft.verification_code,
            reference: draft.reference,
            payload: draft.payload,
            key: Base64Url(draft.key.as_bytes().to_vec()),
        }
    }

    /// The entry to be, without approvals.
    pub fn grant(&self) -> &LicenceIssued {
        &self.grant
    }

    /// ASCII `header.payload`: what the credential key will sign, and what the decision's digest is over.
    pub fn signing_input(&self) -> &str {
        &self.signing_input
    }

    /// Its disclosures.
    pub fn disclosures(&self) -> &[String] {
        &self.disclosures
    }

    /// What holder, claims and dates it will say.
    pub fn payload(&self) -> &Map<String, Value> {
        &self.payload
    }

    /// Which licences proved what, by the place of what they prove.
    pub fn sources(&self) -> BTreeMap<String, Handle> {
        let sources = self.payload.get("sources").cloned();
        sources.and_then(|sources| serde_json::from_value(sources).ok()).unwrap_or_default()
    }

    /// The number that will be printed.
    pub fn licence_number(&self) -> &LicenceNumber {
        &self.licence_number
    }

    /// Entry, draft and finders, as issuing takes them.
    pub fn parts(self) -> Result<(LicenceIssued, Draft, Vec<Finder>), Fault> {
        let key = <[u8; 32]>::try_from(self.key.0.as_slice());
        let key = key.map_err(|_| Fault::Damaged("the key of a decided draft".into()))?;
        let draft = Draft {
            signing_input: self.signing_input,
            disclosures: self.disclosures,
            licence_number: self.licence_number,
            identifier: self.identifier,
            verification_code: self.verification_code,
            reference: self.reference,
            payload: self.payload,
            key: RestKey::from_bytes(key),
        };
        Ok((self.grant, draft, self.finders))
    }
}
