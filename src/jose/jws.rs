//! Compact JWS (RFC 7515 sections 3.1 and 7.1), parsed strictly and signed in two steps: the signing input is fixed
//! first (the ledger's `credential_digest` is taken over it), the signature follows.
//!
//! `alg` in a message chooses nothing: it must name the key's own algorithm. `crit` is refused, no extension is
//! understood. Not here: who the key belongs to, and claims.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::x5c;
use crate::crypto::key::Signed;
use crate::crypto::{Algorithm, PrivateKey, PublicKey, base64url, private_key::PrivateKeyError};
use crate::values::canonical::{JsonError, parse_strict};

/// Why a compact JWS was refused.
#[derive(Debug, thiserror::Error)]
pub enum JwsError {
    /// Not header, payload and signature.
    #[error("a compact JWS has 3 parts, this has {found}")]
    Parts {
        /// Parts between the dots.
        found: usize,
    },
    /// A part is not strict unpadded base64url.
    #[error("the {part} is not strict unpadded base64url")]
    Base64 {
        /// `header`, `payload` or `signature`.
        part: &'static str,
    },
    /// The header is not JSON, or names a member twice.
    #[error("the header: {0}")]
    Header(#[from] JsonError),
    /// The header is JSON, but not an object.
    #[error("the header is not a JSON object")]
    HeaderNotObject,
    /// The header demands extensions (RFC 7515 section 4.1.11); none is understood.
    #[error("the header has `crit`: no extension is understood")]
    Critical,
    /// The header has no `alg`, or it is not text.
    #[error("the header has no textual `alg`")]
    AlgorithmMissing,
    /// `alg` is `none`, in whatever case.
    #[error("`alg` is none: the message is not secured")]
    Unsecured,
    /// `alg` is not one of ours.
    #[error("`alg` {0:?} is not among EdDSA and ES256")]
    AlgorithmUnknown(String),
    /// `alg` is one of ours, but not the key's.
    #[error("`alg` is {header}, the key signs {key}")]
    AlgorithmMismatch {
        /// What the header says.
        header: String,
        /// What the key is for.
        key: &'static str,
    },
    /// Not 64 bytes.
    #[error("the signature has {found} bytes, not 64")]
    SignatureLength {
        /// Bytes found.
        found: usize,
    },
    /// The signature is not the key's over this header and payload.
    #[error("the signature does not match header, payload and key")]
    Signature,
    /// `x5c` is not one to four certificates in standard base64.
    #[error("x5c: {0}")]
    CertificateChain(&'static str),
    /// The private key could not sign.
    #[error(transparent)]
    Key(#[from] PrivateKeyError),
}

/// A JOSE header whose form is right. All that one key signs in one way has the same, so it may be read once.
#[derive(Debug, Clone)]
pub struct Header {
    members: Map<String, Value>,
    algorithm: String,
    chain: Result<Vec<Vec<u8>>, &'static str>,
}

impl Header {
    /// Reads the text before the first dot.
    pub fn parse(text: &str) -> Result<Self, JwsError> {
        let Value::Object(members) = parse_strict(&decode(text, "header")?)? else {
            return Err(JwsError::HeaderNotObject);
        };
        if members.contains_key("crit") {
            return Err(JwsError::Critical);
        }
        let algorithm =
            members.get("alg").and_then(Value::as_str).ok_or(JwsError::AlgorithmMissing)?.to_owned();
        let chain = x5c::x5c(&members);
        Ok(Self { members, algorithm, chain })
    }

    /// The certificates of `x5c` (DER), the signer's first.
    pub fn chain(&self) -> Result<&[Vec<u8>], JwsError> {
        self.chain.as_deref().map_err(|why| JwsError::CertificateChain(why))
    }

    /// Its members.
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// `alg`, as the message says it.
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// `typ`, where it is text.
    pub fn media_type(&self) -> Option<&str> {
        self.members.get("typ").and_then(Value::as_str)
    }
}

/// A JWS in compact serialisation whose form is right. That its signature is good is what [`CompactJws::verify`] says.
#[derive(Debug, Clone)]
pub struct CompactJws<'a> {
    text: &'a str,
    signing_input: &'a str,
    header: Arc<Header>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> CompactJws<'a> {
    /// Parses exactly `header.payload.signature`; white space is refused.
    pub fn parse(text: &'a str) -> Result<Self, JwsError> {
        Self::parse_with(text, &|header| Header::parse(header).map(Arc::new))
    }

    /// The same with another reader of headers, which may remember what [`Header::parse`] said.
    pub fn parse_with(
        text: &'a str,
        headers: &dyn Fn(&str) -> Result<Arc<Header>, JwsError>,
    ) -> Result<Self, JwsError> {
        let wrong_parts = || JwsError::Parts { found: text.split('.').count() };
        let (signing_input, signature) = text.rsplit_once('.').ok_or_else(wrong_parts)?;
        let (header, payload) = signing_input.split_once('.').ok_or_else(wrong_parts)?;
        if payload.contains('.') {
            return Err(wrong_parts());
        }
        let header = headers(header)?;
        Ok(Self {
            text,
            signing_input,
            header,
            payload: decode(payload, "payload")?,
            signature: decode(signature, "signature")?,
        })
    }

    /// The whole text as given.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The JOSE header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload's bytes.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// ASCII `header.payload`: what is signed.
    pub fn signing_input(&self) -> &'a str {
        self.signing_input
    }

    /// The signature's bytes, as many as there are.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Whether the algorithm is the key's and the signature is good (law 0, section 6).
    pub fn verify(&self, key: &PublicKey) -> Result<(), JwsError> {
        let Signed { key, message, signature } = self.signed(key)?;
        if key.verifies(message, signature) { Ok(()) } else { Err(JwsError::Signature) }
    }

    /// What is left to be judged, alone or with others, when algorithm and length are the key's.
    pub fn signed<'s>(&'s self, key: &'s PublicKey) -> Result<Signed<'s>, JwsError> {
        require_algorithm(self.header.algorithm(), key.algorithm())?;
        if self.signature.len() != 64 {
            return Err(JwsError::SignatureLength { found: self.signature.len() });
        }
        Ok(Signed { key, message: self.signing_input.as_bytes(), signature: &self.signature })
    }
}

/// ASCII `header.payload`, fixed before anything is signed.
pub fn signing_input(header: &Value, payload: &[u8]) -> String {
    under(&base64url::encode(header.to_string().as_bytes()), payload)
}

/// The same under a header that is encoded already.
pub fn under(header: &str, payload: &[u8]) -> String {
    format!("{header}.{}", base64url::encode(payload))
}

/// The JWS of a signing input and the signature over it.
pub fn complete(signing_input: &str, signature: &[u8; 64]) -> String {
    format!("{signing_input}.{}", base64url::encode(signature))
}

/// Signs in one step. `header` is an object whose `alg` names the key's algorithm.
pub fn sign(header: &Value, payload: &[u8], key: &PrivateKey) -> Result<String, JwsError> {
    let algorithm = header.get("alg").and_then(Value::as_str).ok_or(JwsError::AlgorithmMissing)?;
    require_algorithm(algorithm, key.public().algorithm())?;
    let input = signing_input(header, payload);
    let signature = key.sign(input.as_bytes())?;
    Ok(complete(&input, &signature))
}

fn require_algorithm(said: &str, key: Algorithm) -> Result<(), JwsError> {
    if said == key.jose() {
        return Ok(());
    }
    if said.eq_ignore_ascii_case("none") {
        return Err(JwsError::Unsecured);
    }
    if [Algorithm::Ed25519, Algorithm::P256].iter().any(|ours| ours.jose() == said) {
        return Err(JwsError::AlgorithmMismatch { header: said.to_owned(), key: key.jose() });
    }
    Err(JwsError::AlgorithmUnknown(said.to_owned()))
}

fn decode(text: &str, part: &'static str) -> Result<Vec<u8>, JwsError> {
    base64url::decode(text).ok_or(JwsError::Base64 { part })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Entropy;
    use proptest::prelude::*;
    use serde_json::json;

    struct Sevens;
    impl Entropy for Sevens {
        fn fill(&self, out: &mut [u8]) {
            out.fill(7);
        }
    }

    fn key(algorithm: Algorithm) -> PrivateKey {
        PrivateKey::generate(algorithm, &Sevens).unwrap()
    }

    fn raw(header: &str, payload: &str) -> String {
        format!("{}.{}.AA", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()))
    }

    /// RFC 8037 appendix A.4 and A.5.
    #[test]
    fn rfc_8037_example() {
        let jws = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
                   hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let x = base64url::decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let key = PublicKey::from_ed25519(x.try_into().unwrap()).unwrap();
        let parsed = CompactJws::parse(jws).unwrap();
        parsed.verify(&key).unwrap();
        assert_eq!(parsed.payload(), b"Example of Ed25519 signing");
    }

    #[test]
    fn both_algorithms_sign_and_verify_and_no_other_key_does() {
        for algorithm in [Algorithm::Ed25519, Algorithm::P256] {
            let key = key(algorithm);
            let jws = sign(&json!({"alg": algorithm.jose(), "typ": "t"}), b"{}", &key).unwrap();
            let parsed = CompactJws::parse(&jws).unwrap();
            parsed.verify(key.public()).unwrap();
            assert_eq!((parsed.header().media_type(), parsed.text()), (Some("t"), jws.as_str()));
            let other = PrivateKey::from_seed(&[9; 32]).unwrap();
            assert!(parsed.verify(other.public()).is_err());
            let altered = jws.replacen('.', ".e", 1);
            assert!(CompactJws::parse(&altered).and_then(|jws| jws.verify(key.public())).is_err());
        }
    }

    #[test]
    fn the_header_never_chooses_the_algorithm() {
        let key = key(Algorithm::Ed25519);
        let verify = |alg: &str| {
            let text = raw(&format!("{{\"alg\":\"{alg}\"}}"), "{}");
            CompactJws::parse(&text).unwrap().verify(key.public()).unwrap_err()
        };
        assert!(matches!(verify("none"), JwsError::Unsecured));
        assert!(matches!(verify("NoNe"), JwsError::Unsecured));
        assert!(matches!(verify("HS256"), JwsError::AlgorithmUnknown(_)));
        assert!(matches!(verify("ES256"), JwsError::AlgorithmMismatch { .. }));
        assert!(matches!(verify("EdDSA"), JwsError::SignatureLength { found: 1 }));
        assert!(matches!(sign(&json!({"alg": "ES256"}), b"", &key), Err(JwsError::AlgorithmMismatch { .. })));
        assert!(matches!(sign(&json!({}), b"", &key), Err(JwsError::AlgorithmMissing)));
    }

    #[test]
    fn form_is_strict() {
        let refused = |text: &str| CompactJws::parse(text).unwrap_err();
        assert!(matches!(refused("a.b"), JwsError::Parts { found: 2 }));
        assert!(matches!(refused("a.b.c.d"), JwsError::Parts { found: 4 }));
        assert!(matches!(refused(""), JwsError::Parts { found: 1 }));
        let good = raw(r#"{"alg":"EdDSA"}"#, "{}");
        assert!(CompactJws::parse(&good).is_ok());
        assert!(matches!(refused(&format!("{good}=")), JwsError::Base64 { part: "signature" }));
        assert!(matches!(refused(&format!("{good}\n")), JwsError::Base64 { part: "signature" }));
        assert!(matches!(refused(&good.replace(".AA", ".AB")), JwsError::Base64 { part: "signature" }));
        assert!(matches!(refused(&raw("[]", "")), JwsError::HeaderNotObject));
        assert!(matches!(refused(&raw("{", "")), JwsError::Header(_)));
        assert!(matches!(refused(&raw(r#"{"alg":"EdDSA","alg":"ES256"}"#, "")), JwsError::Header(_)));
        assert!(matches!(refused(&raw(r#"{"alg":"EdDSA","crit":[]}"#, "")), JwsError::Critical));
        assert!(matches!(refused(&raw(r#"{"alg":1}"#, "")), JwsError::AlgorithmMissing));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "[A-Za-z0-9_.=~-]{0,80}") {
            let _ = CompactJws::parse(&text);
        }
    }
}
