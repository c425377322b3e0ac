//! How a draft lies at rest: nothing in it twice. The JOSE header, the same for every credential of a key, is in the
//! `frame`; what travels as base64url is kept as the text it stands for; and holders and claims are read out of the
//! credential, which says them all. Not here: what it has in common with others (`frame`), sealing it (`vault`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Draft;
use crate::authority::refusal::Fault;
use crate::crypto::base64url::{self, Base64Url};
use crate::jose::jws;
use crate::sd_jwt::{Presentation, combine};
use crate::values::identifiers::{LicenceNumber, VerificationCode};

/// What the credential itself says of the payload.
const SAID: [&str; 2] = ["holders", "claims"];

/// A draft at rest.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    claims: String,
    disclosures: Vec<String>,
    licence_number: LicenceNumber,
    identifier: String,
    verification_code: VerificationCode,
    reference: Option<String>,
    /// Of a recorded licence, what the credential does not say.
    recorded: Option<String>,
    salt: Vec<u8>,
}

impl Kept {
    /// What the credential says, but for disclosures.
    pub(super) fn claims(&self) -> &str {
        &self.claims
    }

    /// A draft as it is kept, and the header that is kept apart.
    pub(super) fn of(draft: &Draft) -> Result<(Self, &str), Fault> {
        let (header, claims) = draft.signing_input.split_once('.').ok_or_else(damaged)?;
        let kept = Self {
            claims: text_of(claims)?,
            disclosures: draft.disclosures.iter().map(|one| text_of(one)).collect::<Result<_, _>>()?,
            licence_number: draft.licence_number.clone(),
            identifier: draft.identifier.clone(),
            verification_code: draft.verification_code.clone(),
            reference: draft.reference.clone(),
            recorded: draft.payload.get("recorded").map(Value::to_string),
            salt: draft.salt.0.clone(),
        };
        Ok((kept, header))
    }

    /// The draft again, byte for byte.
    pub(super) fn draft(self, header: &str) -> Result<Draft, Fault> {
        let signing_input = format!("{header}.{}", base64url::encode(self.claims.as_bytes()));
        let disclosures: Vec<String> =
            self.disclosures.iter().map(|text| base64url::encode(text.as_bytes())).collect();
        let mut payload = said(&signing_input, &disclosures)?;
        if let Some(recorded) = &self.recorded {
            let recorded = serde_json::from_str(recorded).map_err(|_| damaged())?;
            payload.insert("recorded".to_owned(), recorded);
        }
        Ok(Draft {
            signing_input,
            disclosures,
            licence_number: self.licence_number,
            identifier: self.identifier,
            verification_code: self.verification_code,
            reference: self.reference,
            payload,
            salt: Base64Url(self.salt),
        })
    }
}

/// Holders and claims, as the whole credential says them.
fn said(signing_input: &str, disclosures: &[String]) -> Result<Map<String, Value>, Fault> {
    let text = combine(&jws::complete(signing_input, &[0; 64]), disclosures);
    let read = Presentation::parse(&text).and_then(|read| read.disclosed());
    let mut all = read.map_err(|error| Fault::Damaged(format!("a draft: {error}")))?.into_map();
    Ok(SAID.iter().filter_map(|name| Some(((*name).to_owned(), all.remove(*name)?))).collect())
}

/// The JSON that stands in base64url.
fn text_of(encoded: &str) -> Result<String, Fault> {
    base64url::decode(encoded).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(damaged)
}

fn damaged() -> Fault {
    Fault::Damaged("a draft".into())
}
