//! Public keys as JWK (RFC 7517; OKP by RFC 8037, EC by RFC 7518 section 6.2) and their thumbprints (RFC 7638).
//! A JWK with any private member is refused, not trimmed. Not here: key sets, and what `kid` points to.

use serde_json::{Map, Value, json};

use crate::crypto::digest::sha256_parts;
use crate::crypto::key::KeyError;
use crate::crypto::{Algorithm, PublicKey, base64url};

/// Members that only private and symmetric keys have.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// Bytes of every coordinate of our curves.
const COORDINATE: usize = 32;

/// Why a JWK was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not a JSON object.
    #[error("a JWK is a JSON object")]
    NotObject,
    /// A member of a private or symmetric key.
    #[error("the JWK has the private member {0:?}")]
    Private(&'static str),
    /// A required member is absent or not text.
    #[error("the JWK has no textual {0:?}")]
    Missing(&'static str),
    /// A key type or curve that is not ours.
    #[error("key type {key_type:?} with curve {curve:?} is neither OKP Ed25519 nor EC P-256")]
    Unsupported {
        /// `kty`.
        key_type: String,
        /// `crv`.
        curve: String,
    },
    /// A coordinate that is not 32 bytes of strict base64url.
    #[error("{member:?} is not {COORDINATE} bytes of strict unpadded base64url")]
    Coordinate {
        /// `x` or `y`.
        member: &'static str,
    },
    /// `alg` or `use` says the key is for something else.
    #[error("{member} is {found}, which this key is not for")]
    Purpose {
        /// `alg` or `use`.
        member: &'static str,
        /// What stands there.
        found: String,
    },
    /// The point itself is refused.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The key's required members, nothing else.
pub fn to_jwk(key: &PublicKey) -> Value {
    match key.algorithm() {
        Algorithm::Ed25519 => json!({"crv": "Ed25519", "kty": "OKP", "x": base64url::encode(key.raw())}),
        Algorithm::P256 => {
            // 0x04 ‖ x ‖ y
            let coordinate =
                |position| base64url::encode(key.raw().rchunks(COORDINATE).nth(position).unwrap_or_default());
            json!({"crv": "P-256", "kty": "EC", "x": coordinate(1), "y": coordinate(0)})
        }
    }
}

/// The public key of a JWK. Members such as `kid` are left alone; `alg` and `use`, where present, must fit.
pub fn from_jwk(jwk: &Value) -> Result<PublicKey, JwkError> {
    let jwk = jwk.as_object().ok_or(JwkError::NotObject)?;
    if let Some(private) = PRIVATE_MEMBERS.into_iter().find(|member| jwk.contains_key(*member)) {
        return Err(JwkError::Private(private));
    }
    let key = match (text(jwk, "kty")?, text(jwk, "crv")?) {
        ("OKP", "Ed25519") => PublicKey::from_ed25519(coordinate(jwk, "x")?)?,
        ("EC", "P-256") => {
            let (x, y) = (coordinate(jwk, "x")?, coordinate(jwk, "y")?);
            PublicKey::from_p256(&[[4].as_slice(), &x, &y].concat())?
        }
        (key_type, curve) => {
            return Err(JwkError::Unsupported { key_type: key_type.to_owned(), curve: curve.to_owned() });
        }
    };
    require_if_present(jwk, "alg", key.algorithm().jose())?;
    require_if_present(jwk, "use", "sig")?;
    Ok(key)
}

/// base64url of SHA-256 over the required members in order (RFC 7638 section 3).
pub fn thumbprint(key: &PublicKey) -> String {
    base64url::encode(&sha256_parts(&[to_jwk(key).to_string().as_bytes()]))
}

fn text<'a>(jwk: &'a Map<String, Value>, member: &'static str) -> Result<&'a str, JwkError> {
    jwk.get(member).and_then(Value::as_str).ok_or(JwkError::Missing(member))
}

fn coordinate(jwk: &Map<String, Value>, member: &'static str) -> Result<[u8; COORDINATE], JwkError> {
    base64url::decode(text(jwk, member)?)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(JwkError::Coordinate { member })
}

fn require_if_present(
    jwk: &Map<String, Value>,
    member: &'static str,
    expected: &str,
) -> Result<(), JwkError> {
    match jwk.get(member) {
        Some(found) if found.as_str() != Some(expected) => {
            Err(JwkError::Purpose { member, found: found.to_string() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Entropy, PrivateKey};

    struct Sevens;
    impl Entropy for Sevens {
        fn fill(&self, out: &mut [u8]) {
            out.fill(7);
        }
    }

    /// RFC 8037 appendix A.2 and A.3.
    #[test]
    fn rfc_8037_thumbprint() {
        let jwk = json!({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let key = from_jwk(&jwk).unwrap();
        assert_eq!(thumbprint(&key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(to_jwk(&key), jwk);
    }

    #[test]
    fn both_kinds_come_back() {
        for algorithm in [Algorithm::Ed25519, Algorithm::P256] {
            let key = PrivateKey::generate(algorithm, &Sevens).unwrap();
            let mut jwk = to_jwk(key.public());
            assert_eq!(&from_jwk(&jwk).unwrap(), key.public());
            jwk["kid"] = json!("any");
            jwk["alg"] = json!(algorithm.jose());
            jwk["use"] = json!("sig");
            assert_eq!(&from_jwk(&jwk).unwrap(), key.public());
        }
    }

    #[test]
    fn refusals() {
        let good = to_jwk(PrivateKey::generate(Algorithm::P256, &Sevens).unwrap().public());
        let with = |member: &str, value: Value| {
            let mut jwk = good.clone();
            jwk[member] = value;
            from_jwk(&jwk).unwrap_err()
        };
        assert_eq!(with("d", json!("AA")), JwkError::Private("d"));
        assert_eq!(with("kty", json!(1)), JwkError::Missing("kty"));
        assert!(matches!(with("kty", json!("RSA")), JwkError::Unsupported { .. }));
        assert!(matches!(with("crv", json!("Ed25519")), JwkError::Unsupported { .. }));
        assert_eq!(with("x", json!("AA")), JwkError::Coordinate { member: "x" });
        assert_eq!(with("y", json!("AA==")), JwkError::Coordinate { member: "y" });
        assert!(matches!(with("alg", json!("EdDSA")), JwkError::Purpose { member: "alg", .. }));
        assert!(matches!(with("use", json!("enc")), JwkError::Purpose { member: "use", .. }));
        assert_eq!(from_jwk(&json!("x")), Err(JwkError::NotObject));
        let identity = format!("AQ{}", "A".repeat(41));
        let small_order = json!({"kty":"OKP","crv":"Ed25519","x":identity});
        assert_eq!(from_jwk(&small_order), Err(JwkError::Key(KeyError::Point)));
    }
}
