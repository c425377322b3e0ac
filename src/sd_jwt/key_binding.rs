//! The key-binding JWT at the end of a presentation (RFC 9901 section 4.3): the holder of `cnf.jwk` made this
//! presentation for this verifier, now. Not here: whether a holder was asked for, and the clock.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use crate::crypto::digest::sha256_parts;
use crate::crypto::{PrivateKey, base64url};
use crate::jose::{CompactJws, JwkError, JwsError, jwk, jws};
use crate::values::canonical::parse_strict;

use super::disclosed::Disclosed;
use super::presentation::Presentation;

/// `typ` of a key-binding JWT.
pub const TYPE: &str = "kb+jwt";

/// Why a presentation does not show its holder.
#[derive(Debug, thiserror::Error)]
pub enum KeyBindingError {
    /// No key-binding JWT.
    #[error("the presentation has no key binding")]
    Absent,
    /// The credential names no holder key.
    #[error("the credential has no cnf.jwk: it belongs to no key")]
    NoHolderKey,
    /// The credential's holder key is refused.
    #[error("cnf.jwk: {0}")]
    HolderKey(#[from] JwkError),
    /// No strict compact JWS with a JSON object inside.
    #[error("the key binding: {0}")]
    Form(JwsError),
    /// `typ` is not `kb+jwt`.
    #[error("the key binding's typ is {found:?}, not {TYPE:?}")]
    Type {
        /// `typ` as found, empty when absent.
        found: String,
    },
    /// The payload is not JSON without duplicates, or a claim is absent or of the wrong kind.
    #[error("the key binding has no proper {0}")]
    Claim(&'static str),
    /// Not signed by the holder key, or with another algorithm.
    #[error("the key binding: {0}")]
    Signature(JwsError),
    /// `sd_hash` is of another presentation: disclosures were added or withheld afterwards.
    #[error("sd_hash {found} is not of this presentation ({expected})")]
    Hash {
        /// As found.
        found: String,
        /// As computed.
        expected: String,
    },
    /// Made for another request.
    #[error("nonce {found:?} is not the one asked for")]
    Nonce {
        /// As found.
        found: String,
    },
    /// Made for another verifier.
    #[error("aud {found:?} is not the one asked for")]
    Audience {
        /// As found.
        found: String,
    },
    /// Made too early or too late.
    #[error("iat {found} is not between {earliest} and {latest}")]
    Stale {
        /// `iat`.
        found: i64,
        /// Start of the window.
        earliest: i64,
        /// End of the window.
        latest: i64,
    },
    /// The private key could not sign.
    #[error("the key binding cannot be made: {0}")]
    Key(JwsError),
}

/// What a verifier asked the holder for. What it did not ask for is `None` and is not compared.
#[derive(Debug, Clone)]
pub struct Expectation<'a> {
    /// The nonce of this request.
    pub nonce: Option<&'a str>,
    /// The verifier's own name.
    pub audience: Option<&'a str>,
    /// When the binding may have been made, NumericDate, both ends included.
    pub issued: RangeInclusive<i64>,
}

/// Binds an unbound presentation: the text with the key-binding JWT after its last `~`.
pub fn bind(
    presentation: &Presentation<'_>,
    nonce: &str,
    audience: &str,
    issued: i64,
    holder: &PrivateKey,
) -> Result<String, KeyBindingError> {
    let header = json!({"alg": holder.public().algorithm().jose(), "typ": TYPE});
    let claims =
        json!({"aud": audience, "iat": issued, "nonce": nonce, "sd_hash": hash_of(presentation.bound())});
    let jwt = jws::sign(&header, claims.to_string().as_bytes(), holder).map_err(KeyBindingError::Key)?;
    Ok(format!("{}{jwt}", presentation.bound()))
}

/// Whether the presentation's holder made it as asked.
pub fn verify(presentation: &Disclosed<'_>, expected: &Expectation<'_>) -> Result<(), KeyBindingError> {
    let claims = presentation.claims();
    let jwt = presentation.key_binding().ok_or(KeyBindingError::Absent)?;
    let holder = claims.get("cnf").and_then(|cnf| cnf.get("jwk")).ok_or(KeyBindingError::NoHolderKey)?;
    let holder = jwk::from_jwk(holder)?;
    let jwt = CompactJws::parse(jwt).map_err(KeyBindingError::Form)?;
    let typ = jwt.header().media_type().unwrap_or_default();
    if typ != TYPE {
        return Err(KeyBindingError::Type { found: typ.to_owned() });
    }
    jwt.verify(&holder).map_err(KeyBindingError::Signature)?;
    let Ok(Value::Object(binding)) = parse_strict(jwt.payload()) else {
        return Err(KeyBindingError::Claim("payload"));
    };
    require_hash(&binding, presentation)?;
    let nonce = text(&binding, "nonce")?;
    if expected.nonce.is_some_and(|expected| expected != nonce) {
        return Err(KeyBindingError::Nonce { found: nonce.to_owned() });
    }
    let audience = text(&binding, "aud")?;
    if expected.audience.is_some_and(|expected| expected != audience) {
        return Err(KeyBindingError::Audience { found: audience.to_owned() });
    }
    let issued = binding.get("iat").and_then(Value::as_i64).ok_or(KeyBindingError::Claim("iat"))?;
    if !expected.issued.contains(&issued) {
        let (earliest, latest) = (*expected.issued.start(), *expected.issued.end());
        return Err(KeyBindingError::Stale { found: issued, earliest, latest });
    }
    Ok(())
}

fn require_hash(binding: &Map<String, Value>, presentation: &Disclosed<'_>) -> Result<(), KeyBindingError> {
    let found = text(binding, "sd_hash")?;
    let expected = hash_of(presentation.bound());
    if found != expected {
        return Err(KeyBindingError::Hash { found: found.to_owned(), expected });
    }
    Ok(())
}

fn text<'b>(binding: &'b Map<String, Value>, claim: &'static str) -> Result<&'b str, KeyBindingError> {
    binding.get(claim).and_then(Value::as_str).ok_or(KeyBindingError::Claim(claim))
}

fn hash_of(bound: &str) -> String {
    base64url::encode(&sha256_parts(&[bound.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Algorithm, Entropy};
    use crate::sd_jwt::combine;

    struct Sevens;
    impl Entropy for Sevens {
        fn fill(&self, out: &mut [u8]) {
            out.fill(7);
        }
    }

    fn holder() -> PrivateKey {
        PrivateKey::from_seed(&[3; 32]).unwrap()
    }

    fn credential(claims: &Value) -> String {
        let header = json!({"alg": "EdDSA", "typ": crate::sd_jwt::TYPE});
        combine(&format!("{}.AA", jws::signing_input(&header, claims.to_string().as_bytes())), &[])
    }

    fn bound_to(key: &PrivateKey) -> String {
        credential(&json!({"cnf": {"jwk": jwk::to_jwk(key.public())}}))
    }

    fn judge(text: &str, expected: &Expectation<'_>) -> Result<(), KeyBindingError> {
        let presentation = Presentation::parse(text).unwrap();
        verify(&presentation.disclose().unwrap(), expected)
    }

    fn expected() -> Expectation<'static> {
        Expectation { nonce: Some("n"), audience: Some("a"), issued: 90..=110 }
    }

    fn bind_text(text: &str, key: &PrivateKey) -> String {
        bind(&Presentation::parse(text).unwrap(), "n", "a", 100, key).unwrap()
    }

    /// A key binding with claims and type of one's own.
    fn forged(typ: &str, change: &dyn Fn(&mut Value)) -> String {
        let text = bound_to(&holder());
        let mut claims = json!({"aud": "a", "iat": 100, "nonce": "n", "sd_hash": hash_of(&text)});
        change(&mut claims);
        let header = json!({"alg": "EdDSA", "typ": typ});
        format!("{text}{}", jws::sign(&header, claims.to_string().as_bytes(), &holder()).unwrap())
    }

    #[test]
    fn a_binding_holds_with_both_algorithms() {
        for key in [holder(), PrivateKey::generate(Algorithm::P256, &Sevens).unwrap()] {
            let text = bind_text(&bound_to(&key), &key);
            judge(&text, &expected()).unwrap();
            judge(&text, &Expectation { nonce: None, audience: None, issued: 100..=100 }).unwrap();
        }
    }

    #[test]
    fn every_way_to_fail_is_told_apart() {
        let key = holder();
        let text = bound_to(&key);
        let good = bind_text(&text, &key);
        let with = |change: &dyn Fn(&mut Expectation<'_>)| {
            let mut expected = expected();
            change(&mut expected);
            judge(&good, &expected).unwrap_err()
        };
        assert!(matches!(judge(&text, &expected()), Err(KeyBindingError::Absent)));
        assert!(matches!(with(&|e| e.nonce = Some("m")), KeyBindingError::Nonce { .. }));
        assert!(matches!(with(&|e| e.audience = Some("b")), KeyBindingError::Audience { .. }));
        assert!(matches!(with(&|e| e.issued = 101..=110), KeyBindingError::Stale { found: 100, .. }));
        assert!(matches!(with(&|e| e.issued = 90..=99), KeyBindingError::Stale { found: 100, .. }));
        let other = PrivateKey::from_seed(&[4; 32]).unwrap();
        let stolen = bind_text(&text, &other);
        assert!(matches!(judge(&stolen, &expected()), Err(KeyBindingError::Signature(_))));
        let unbound = bind_text(&credential(&json!({})), &key);
        assert!(matches!(judge(&unbound, &expected()), Err(KeyBindingError::NoHolderKey)));
        let private = bind_text(&credential(&json!({"cnf": {"jwk": {"d": "x"}}})), &key);
        assert!(matches!(judge(&private, &expected()), Err(KeyBindingError::HolderKey(_))));
        assert!(matches!(judge(&format!("{text}x"), &expected()), Err(KeyBindingError::Form(_))));
    }

    #[test]
    fn claims_type_and_hash_are_strict() {
        judge(&forged(TYPE, &|_| ()), &expected()).unwrap();
        assert!(matches!(judge(&forged("JWT", &|_| ()), &expected()), Err(KeyBindingError::Type { .. })));
        for claim in ["aud", "iat", "nonce", "sd_hash"] {
            for value in [json!(["a"]), json!(1.5), json!(null)] {
                let error = judge(&forged(TYPE, &|claims| claims[claim] = value.clone()), &expected());
                assert!(
                    matches!(error, Err(KeyBindingError::Claim(name)) if name == claim),
                    "{claim} {value}"
                );
            }
        }
        let moved = forged(TYPE, &|claims| claims["sd_hash"] = json!(hash_of("other~")));
        assert!(matches!(judge(&moved, &expected()), Err(KeyBindingError::Hash { .. })));
    }
}
