//! What a department opens: payload, salt and credential of a licence, held against its entry. Or why it does not.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Drawn;
use crate::crypto::PublicKey;
use crate::crypto::base64url::Base64Url;
use crate::ledger::commitment::commitment;
use crate::sd_jwt::Presentation;
use crate::values::canonical::{JsonError, parse_strict};
use crate::values::identifiers::Handle;

/// Members of a payload that stand in no claim: what proved it, which is for the issuer alone.
const KEPT_ALONE: [&str; 1] = ["sources"];
/// A member of a payload that stands in a claim in part.
const KEPT_WHOLE: &str = "recorded";

/// Why a file of openings cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// A line is no JSON.
    #[error("line {line}: {source}")]
    Json {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        source: JsonError,
    },
    /// A line is no opening.
    #[error("line {line}: {text}")]
    Form {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        text: String,
    },
    /// Two lines about one licence.
    #[error("line {line}: {handle} is opened a second time")]
    Twice {
        /// Which, from 1.
        line: usize,
        /// The licence.
        handle: Handle,
    },
}

/// What a department answers about a licence that was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Opening {
    /// It opens it.
    Given(Box<Given>),
    /// It does not.
    Refused(Refused),
}

/// Everything that its entry holds digests of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    handle: Handle,
    salt: Base64Url,
    payload: Map<String, Value>,
    credential: String,
}

/// A refusal, in the department's words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    handle: Handle,
    refused: String,
}

impl Opening {
    /// The licence.
    pub fn handle(&self) -> Handle {
        match self {
            Self::Given(given) => given.handle,
            Self::Refused(refused) => refused.handle,
        }
    }
}

/// Reads a file of openings, one a line.
pub fn openings(text: &str) -> Result<Vec<Opening>, OpeningError> {
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line_number = place + 1;
        let value = parse_strict(line.as_bytes())
            .map_err(|source| OpeningError::Json { line: line_number, source })?;
        let opening: Opening = serde_json::from_value(value).map_err(|_| OpeningError::Form {
            line: line_number,
            text: "is neither {handle, salt, payload, credential} nor {handle, refused}".to_owned(),
        })?;
        let handle = opening.handle();
        if !known.insert(handle) {
            return Err(OpeningError::Twice { line: line_number, handle });
        }
        found.push(opening);
    }
    Ok(found)
}

/// What about a licence is not what its entry committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Payload and salt do not make the commitment.
    Commitment,
    /// The credential is another than the entry's digest is of.
    Digest,
    /// The credential's signature is not good under the key that the entry names.
    Signature,
    /// The credential does not say what the payload says.
    Content,
    /// The credential cannot be read.
    Unreadable,
}

/// What came of a licence that was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// It is what its entry committed to.
    Holds,
    /// It was erased, as its entries say: nothing is left to open.
    Erased,
    /// Its department said nothing of it.
    NotOpened,
    /// Its department refuses.
    Refused {
        /// In its words.
        reason: String,
    },
    /// It is something else.
    Differs {
        /// In what.
        what: Vec<What>,
    },
}

/// A licence that was drawn, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opened {
    /// The licence.
    pub handle: Handle,
    /// Index of its entry.
    pub index: u64,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Opened {
    /// Judges what was opened. What is erased may still be opened out of a copy; then it is judged like the rest.
    pub(super) fn judge(drawn: &Drawn, opening: Option<&Opening>) -> Self {
        let outcome = match opening {
            Some(Opening::Given(given)) => match differences(drawn, given) {
                what if what.is_empty() => Outcome::Holds,
                what => Outcome::Differs { what },
            },
            _ if drawn.erased.is_some() => Outcome::Erased,
            Some(Opening::Refused(refused)) => Outcome::Refused { reason: refused.refused.clone() },
            None => Outcome::NotOpened,
        };
        Self { handle: drawn.handle, index: drawn.index, outcome }
    }
}

fn differences(drawn: &Drawn, given: &Given) -> Vec<What> {
    let mut what = Vec::new();
    let made = commitment(&given.salt.0, &drawn.handle, "payload", &given.payload);
    if !made.is_ok_and(|made| made == drawn.commitment) {
        what.push(What::Commitment);
    }
    match Presentation::parse(&given.credential) {
        Ok(presentation) => what.extend(of_credential(drawn, given, &presentation)),
        Err(_) => what.push(What::Unreadable),
    }
    what
}

fn of_credential(drawn: &Drawn, given: &Given, presentation: &Presentation<'_>) -> Vec<What> {
    let mut what = Vec::new();
    if presentation.credential_digest() != drawn.credential_digest {
        what.push(What::Digest);
    }
    let good = |key: &PublicKey| presentation.verify(key).is_ok();
    if !drawn.key.as_ref().is_some_and(good) {
        what.push(What::Signature);
    }
    match presentation.disclosed() {
        Ok(claims) if says(claims.as_map(), &given.payload, drawn) => {}
        Ok(_) => what.push(What::Content),
        Err(_) => what.push(What::Unreadable),
    }
    what
}

/// Whether the credential is this licence's and says all that the payload says.
fn says(claims: &Map<String, Value>, payload: &Map<String, Value>, drawn: &Drawn) -> bool {
    let ours = claims.get("jti").and_then(Value::as_str) == Some(drawn.handle.to_string().as_str());
    let said = |(name, value): (&String, &Value)| match name.as_str() {
        name if KEPT_ALONE.contains(&name) => true,
        KEPT_WHOLE => claims.get(KEPT_WHOLE).is_some_and(|claim| within(claim, value)),
        name => claims.get(name) == Some(value),
    };
    ours && payload.iter().all(said)
}

/// Whether an object says nothing that the other one does not.
fn within(claim: &Value, kept: &Value) -> bool {
    let (Value::Object(claim), Value::Object(kept)) = (claim, kept) else { return false };
    claim.iter().all(|(name, value)| kept.get(name) == Some(value))
}
