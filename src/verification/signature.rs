//! Check 1, `signature`: format, `typ`, `alg`, key and every disclosure (law 0, section 10). What passes is opened for
//! the other checks; what fails is not looked at any further, because nothing in it was said by anybody.
//! Not here: whose key it is (`issuer`).

use std::sync::Arc;

use super::code::Code;
use super::context::Context;
use super::finding::{Check, Finding};
use crate::crypto::Digest;
use crate::crypto::key::Signed;
use crate::jose::{CompactJws, JwsError};
use crate::sd_jwt::{Disclosed, DisclosedClaims, Presentation, SdJwtError};
use crate::values::identifiers::{Handle, Slug};
use crate::x509::Certificate;
use serde_json::Value;

/// Why a credential cannot be judged any further, and in which words of detail.
pub(super) type Refused = (Code, String);

/// A credential as it reads, with the key it brings along. Whether that key signed it is not judged yet.
pub(super) struct Read<'e> {
    presentation: Disclosed<'e>,
    leaf: Arc<Certificate>,
    licence_type: Option<(Slug, u64)>,
}

/// A credential whose signature is good under the key it brings along.
pub(super) struct Opened<'e> {
    pub(super) presentation: Disclosed<'e>,
    /// The certificate of the key; its path is not yet judged.
    pub(super) leaf: Arc<Certificate>,
    pub(super) digest: Digest,
    /// `jti`.
    pub(super) handle: Option<Handle>,
    /// Type and version, when `vct` is one of the authority's own names.
    pub(super) licence_type: Option<(Slug, u64)>,
}

impl<'e> Read<'e> {
    /// Reads what somebody shows.
    pub(super) fn of(text: &'e str, context: &Context<'_>) -> Result<Self, Refused> {
        let read = Presentation::parse_with(text, &|jws| CompactJws::parse_with(jws, context.headers));
        let presentation = read.and_then(Presentation::disclose).map_err(|error| refused(&error))?;
        let keyless = |error: String| (Code::KeyMissing, error);
        let chain = presentation.jws().header().chain().map_err(|error| keyless(error.to_string()))?;
        let leaf = chain.first().map(|der| (context.certificates)(der));
        let leaf = leaf.ok_or_else(|| keyless("x5c is empty".to_owned()))?;
        let leaf = leaf.map_err(|error| keyless(error.to_string()))?;
        let vct = presentation.claims().get("vct").and_then(Value::as_str);
        let licence_type = vct.and_then(|vct| licence_type(vct, context));
        Ok(Self { presentation, leaf, licence_type })
    }

    /// The signature, to be judged alone or with others.
    pub(super) fn signed(&self) -> Result<Signed<'_>, JwsError> {
        self.presentation.jws().signed(self.leaf.public_key())
    }

    fn open(self, good: bool) -> Result<Opened<'e>, Refused> {
        let refused = |error: JwsError| (code_of(&error), error.to_string());
        self.signed().map_err(refused)?;
        if !good {
            return Err(refused(JwsError::Signature));
        }
        let Self { presentation, leaf, licence_type } = self;
        let handle =
            presentation.claims().get("jti").and_then(Value::as_str).and_then(|jti| jti.parse().ok());
        Ok(Opened { digest: presentation.credential_digest(), presentation, leaf, handle, licence_type })
    }
}

impl Opened<'_> {
    /// The claims, as disclosed.
    pub(super) fn claims(&self) -> &DisclosedClaims {
        self.presentation.claims()
    }

    /// The certificates it brings along (DER), leaf first.
    pub(super) fn chain(&self) -> &[Vec<u8>] {
        self.presentation.jws().header().chain().unwrap_or_default()
    }
}

fn licence_type(vct: &str, context: &Context<'_>) -> Option<(Slug, u64)> {
    let name = context.own_name(vct)?.strip_prefix("/types/")?;
    let (slug, version) = name.split_once('/')?;
    let number: u64 = version.parse().ok()?;
    (number.to_string() == version).then_some((slug.parse().ok()?, number))
}

/// The finding, and what was opened when it passed. `good`: whether the signature is, under the law's one equation.
pub(super) fn judge(read: Result<Read<'_>, Refused>, good: bool) -> (Finding, Option<Opened<'_>>) {
    let finding = |code| Finding::new(Check::Signature, code);
    match read.and_then(|read| read.open(good)) {
        Ok(opened) => {
            let finding = finding(Code::SignatureGood)
                .on("alg", opened.presentation.jws().header().algorithm())
                .on("key", opened.leaf.public_key().id())
                .on("credential_digest", opened.digest)
                .on("disclosures", opened.presentation.disclosures());
            (finding, Some(opened))
        }
        Err((code, detail)) => (finding(code).on("detail", detail.as_str()), None),
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
