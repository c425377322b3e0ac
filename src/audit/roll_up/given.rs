//! A signed report as it is given (`audit report --json --key`): read, its signature checked under a key from elsewhere, and what
//! is signed compared with what is written. Not here: whether reports fit together (`roll_up`).

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use super::Counts;
use crate::audit::report::{FORM, Range};
use crate::audit::scored::Scored;
use crate::audit::summary::Verdict;
use crate::crypto::{Digest, KeyId, PublicKey};
use crate::jose::jws::{CompactJws, JwsError};
use crate::merkle::Hash;
use crate::supervision::scorecard::Indicator;
use crate::values::canonical::{JsonError, canonical, parse_canonical};
use crate::values::identifiers::Region;

/// `typ` of what is signed.
const MEDIA_TYPE: &str = "vidimus-findings+jwt";

/// Why a document is no report that can be added up.
#[derive(Debug, thiserror::Error)]
pub enum GivenError {
    /// Not canonical JSON.
    #[error("not canonical JSON: {0}")]
    Json(#[from] JsonError),
    /// Not a report of this form.
    #[error("not a signed report ({0}): make it with audit report --json --key")]
    Form(String),
    /// Its signature is none.
    #[error("its signature: {0}")]
    Signature(#[from] JwsError),
    /// Nobody's whose key was given.
    #[error(
        "it is signed with the key {0}, which none of the auditors' is: give that auditor's public key, or leave the report out"
    )]
    Stranger(String),
    /// Signed is something else.
    #[error("its signature is over other findings than it shows")]
    Other,
}

/// A report, signed by an auditor.
#[derive(Debug, Clone)]
pub struct Report {
    /// Where it was read from.
    pub(super) name: String,
    /// Who signed it.
    pub(super) auditor: KeyId,
    /// SHA-256 of the findings.
    pub(super) digest: Digest,
    /// What it says.
    pub(super) findings: Reported,
}

/// What of findings is added up.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Reported {
    findings: String,
    pub(super) rules: Digest,
    pub(super) origin: String,
    #[serde(default)]
    pub(super) region: Option<Region>,
    pub(super) range: Range,
    #[serde(default, deserialize_with = "hashes")]
    pub(super) roots: Option<[Hash; 2]>,
    pub(super) series: Series,
    pub(super) counts: BTreeMap<String, Counts>,
    #[serde(default)]
    pub(super) scorecard: Option<Scored>,
    #[serde(default)]
    pub(super) notice: Option<String>,
    #[serde(default)]
    witnessed: Option<Vouched>,
    violations: Vec<IgnoredAny>,
    #[serde(default)]
    upgrade: Option<IgnoredAny>,
    holds: bool,
}

/// How far outsiders vouch for the ledger, of which the code is told again.
#[derive(Debug, Clone, Deserialize)]
struct Vouched {
    code: String,
}

impl Reported {
    /// The verdict that its auditor came to.
    pub(super) fn verdict(&self) -> Verdict {
        match Verdict::of(!self.violations.is_empty(), self.upgrade.is_some()) {
            Verdict::Holds if !self.holds => Verdict::DoesNotHold,
            verdict => verdict,
        }
    }

    /// The code of how far outsiders vouch; none where its auditor brought no policy.
    pub(super) fn witnessed(&self) -> Option<&str> {
        self.witnessed.as_ref().map(|vouched| vouched.code.as_str())
    }

    fn scored_twice(&self) -> Option<Indicator> {
        let mut met = BTreeSet::new();
        let rows = self.scorecard.iter().flat_map(|scored| &scored.indicators);
        rows.map(|row| row.indicator).find(|indicator| !met.insert(*indicator))
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Series {
    pub(super) entries: Counts,
    pub(super) issued: Vec<Issued>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Issued {
    pub(super) r#type: String,
    pub(super) count: u64,
}

/// Two roots in padded base64.
fn hashes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[Hash; 2]>, D::Error> {
    let [from, until] = <[String; 2]>::deserialize(deserializer)?;
    let hash = |text: &str| text.parse::<Hash>().map_err(de::Error::custom);
    Ok(Some([hash(&from)?, hash(&until)?]))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    findings: Value,
    signature: String,
}

impl Report {
    /// Reads a report, signed with one of these keys.
    pub fn read(name: &str, bytes: &[u8], auditors: &[PublicKey]) -> Result<Self, GivenError> {
        let form = |error: serde_json::Error| GivenError::Form(error.to_string());
        let value = parse_canonical(bytes.strip_suffix(b"\n").unwrap_or(bytes))?;
        let Document { findings, signature } = serde_json::from_value(value).map_err(form)?;
        let jws = CompactJws::parse(&signature)?;
        if jws.header().media_type() != Some(MEDIA_TYPE) {
            return Err(GivenError::Form(format!("signed is no {MEDIA_TYPE}")));
        }
        let named = jws.header().members().get("kid").and_then(Value::as_str).unwrap_or_default();
        let key = auditors.iter().find(|key| key.id().to_string() == named);
        let key = key.ok_or_else(|| GivenError::Stranger(named.chars().take(64).collect()))?;
        jws.verify(key)?;
        let signed = canonical(&findings)?;
        if jws.payload() != signed {
            return Err(GivenError::Other);
        }
        let findings: Reported = serde_json::from_value(findings).map_err(form)?;
        let range = findings.range;
        if findings.findings != FORM || range.from >= range.until {
            return Err(GivenError::Form(format!("{}, {}..{}", findings.findings, range.from, range.until)));
        }
        let whole = findings.roots.is_some() && findings.region.is_some() && findings.scorecard.is_some();
        if findings.holds && !whole {
            return Err(GivenError::Form(
                "of an earlier version: roots, region or scorecard is missing".into(),
            ));
        }
        if let Some(twice) = findings.scored_twice() {
            return Err(GivenError::Form(format!("the indicator {twice} stands there twice")));
        }
        Ok(Self { name: name.to_owned(), auditor: key.id(), digest: Digest::of(&signed), findings })
    }
}
