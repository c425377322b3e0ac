//! Check 1, `signature`: format, `typ`, `alg`, key and every disclosure (law 0, section 10). What passes is opened for
//! the other checks; what fails is not looked at any further, because nothing in it was said by anybody.
//! Not here: whose key it is (`issuer`).

use std::sync::Arc;

use super::code::Code;
use super::context::Context;
use super::finding::{Check, Finding};
use crate::crypto::Digest;
use crate::jose::{JwsError, x5c};
use crate::sd_jwt::{DisclosedClaims, Presentation, SdJwtError};
use crate::values::identifiers::{Handle, Slug};
use crate::x509::Certificate;
use serde_json::Value;

/// A credential whose signature is good under the key it brings along.
pub(super) struct Opened<'e> {
    pub(super) presentation: Presentation<'e>,
    pub(super) claims: DisclosedClaims,
    /// DER, leaf first.
    pub(super) chain: Vec<Vec<u8>>,
    /// The certificate of the key; its path is not yet judged.
    pub(super) leaf: Arc<Certificate>,
    pub(super) digest: Digest,
    /// `jti`.
    pub(super) handle: Option<Handle>,
}

impl<'e> Opened<'e> {
    /// A claim that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// Type and version, when `vct` is one of the authority's own names.
    pub(super) fn licence_type(&self, context: &Context<'_>) -> Option<(Slug, u64)> {
        let name = context.own_name(self.text("vct")?)?.strip_prefix("/types/")?;
        let (slug, version) = name.split_once('/')?;
        let number: u64 = version.parse().ok()?;
        (number.to_string() == version).then_some((slug.parse().ok()?, number))
    }

    fn read(text: &'e str, context: &Context<'_>) -> Result<Self, (Code, String)> {
        let presentation = Presentation::parse(text).map_err(|error| refused(&error))?;
        let claims = presentation.disclosed().map_err(|error| refused(&error))?;
        let keyless = |error: String| (Code::KeyMissing, error);
        let chain = x5c::x5c(presentation.jws().header()).map_err(|error| keyless(error.to_string()))?;
        let leaf = chain.first().map(|der| (context.certificates)(der));
        let leaf = leaf.ok_or_else(|| keyless("x5c is empty".to_owned()))?;
        let leaf = leaf.map_err(|error| keyless(error.to_string()))?;
        presentation.verify(leaf.public_key()).map_err(|error| (code_of(&error), error.to_string()))?;
        let handle = claims.get("jti").and_then(Value::as_str).and_then(|jti| jti.parse().ok());
        Ok(Self { digest: presentation.credential_digest(), presentation, claims, chain, leaf, handle })
    }
}

/// The finding, and what was opened when it passed.
pub(super) fn judge<'e>(text: &'e str, context: &Context<'_>) -> (Finding, Option<Opened<'e>>) {
    let finding = |code| Finding::new(Check::Signature, code);
    match Opened::read(text, context) {
        Ok(opened) => {
            let finding = finding(Code::SignatureGood)
                .on("alg", opened.presentation.jws().algorithm())
                .on("key", opened.leaf.public_key().id().to_string())
                .on("credential_digest", opened.digest.to_string())
                .on("disclosures", opened.presentation.disclosures().len());
            (finding, Some(opened))
        }
        Err((code, detail)) => (finding(code).on("detail", detail), None),
    }
}

/// The errors name members and places, never what stands there.
fn refused(error: &SdJwtError) -> (Code, String) {
    let code = match error {
        SdJwtError::Jws(error) => code_of(error),
        SdJwtError::Empty { .. }
        | SdJwtError::TooMany { .. }
        | SdJwtError::Disclosure { .. }
        | SdJwtError::SameDisclosure { .. }
        | SdJwtError::RepeatedDigest { .. }
        | SdJwtError::Misplaced { .. }
        | SdJwtError::Overwrites { .. }
        | SdJwtError::NeverHidden { .. }
        | SdJwtError::Unreferenced { .. } => Code::DisclosureRefused,
        _ => Code::NotACredential,
    };
    (code, error.to_string())
}

fn code_of(error: &JwsError) -> Code {
    match error {
        JwsError::AlgorithmMissing
        | JwsError::Unsecured
        | JwsError::AlgorithmUnknown(_)
        | JwsError::AlgorithmMismatch { .. } => Code::AlgorithmRefused,
        JwsError::Signature | JwsError::SignatureLength { .. } => Code::SignatureBad,
        _ => Code::NotACredential,
    }
}
