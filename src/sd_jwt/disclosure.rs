//! One disclosure (RFC 9901 section 4.2): `[salt, name, value]` of an object's member, `[salt, value]` of an array's
//! element, as base64url of its JSON, and the digest that stands for it. Not here: where the digest stands.

use serde_json::{Value, json};

use crate::crypto::base64url;
use crate::crypto::digest::sha256_parts;
use crate::crypto::entropy::{Entropy, random};
use crate::values::canonical::{JsonError, parse_strict};

use super::is_reserved;

/// Bytes of a salt we make.
const SALT_BYTES: usize = 16;
/// Fewest characters of a salt: 128 bits in base64url.
pub const MIN_SALT: usize = 22;

/// Why a disclosure was refused by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    /// Not strict base64url.
    #[error("not strict unpadded base64url")]
    Base64,
    /// Not JSON, or a member twice.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// Not an array of two or three.
    #[error("not an array of two or three parts")]
    Parts,
    /// The salt is not text of [`MIN_SALT`] characters.
    #[error("the salt is not text of at least {MIN_SALT} characters (128 bits)")]
    Salt,
    /// The name is not text.
    #[error("the name is not text")]
    Name,
    /// The name is one of RFC 9901's own.
    #[error("the claim name {0:?} is reserved")]
    Reserved(String),
}

/// A member's name, none for an array's element, and the value.
pub(super) type Claim = (Option<String>, Value);

/// A disclosure whose form is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    encoded: String,
    digest: String,
    salt: String,
    name: Option<String>,
    value: Value,
}

impl Disclosure {
    /// The disclosure of an object's member, with a fresh salt.
    pub fn of_member(name: &str, value: Value, entropy: &dyn Entropy) -> Result<Self, DisclosureError> {
        Self::salted(Some(name.to_owned()), value, entropy)
    }

    /// The disclosure of an array's element, with a fresh salt.
    pub fn of_element(value: Value, entropy: &dyn Entropy) -> Result<Self, DisclosureError> {
        Self::salted(None, value, entropy)
    }

    /// Parses the text between two `~`. The digest is taken over the text itself, however its JSON is spelt.
    pub fn parse(encoded: &str) -> Result<Self, DisclosureError> {
        let bytes = base64url::decode(encoded).ok_or(DisclosureError::Base64)?;
        let Value::Array(parts) = parse_strict(&bytes)? else { return Err(DisclosureError::Parts) };
        let (salt, name, value) = match <[Value; 3]>::try_from(parts) {
            Ok([salt, name, value]) => (salt, Some(name), value),
            Err(parts) => {
                let [salt, value] = <[Value; 2]>::try_from(parts).map_err(|_| DisclosureError::Parts)?;
                (salt, None, value)
            }
        };
        let Value::String(salt) = salt else { return Err(DisclosureError::Salt) };
        if salt.chars().count() < MIN_SALT {
            return Err(DisclosureError::Salt);
        }
        Ok(Self {
            digest: digest_of(encoded),
            encoded: encoded.to_owned(),
            salt,
            name: name_of(name)?,
            value,
        })
    }

    /// The text that travels between two `~`.
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// base64url of SHA-256 over the text.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The salt.
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// The member's name; none for an array's element.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The value, which may itself contain digests.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The digest, and the claim by itself.
    pub(super) fn into_claim(self) -> (String, Claim) {
        (self.digest, (self.name, self.value))
    }

    fn salted(name: Option<String>, value: Value, entropy: &dyn Entropy) -> Result<Self, DisclosureError> {
        let name = name_of(name.map(Value::String))?;
        let salt = base64url::encode(&random::<SALT_BYTES>(entropy));
        let parts = match &name {
            Some(name) => json!([salt, name, value]),
            None => json!([salt, value]),
        };
        let encoded = base64url::encode(parts.to_string().as_bytes());
        Ok(Self { digest: digest_of(&encoded), encoded, salt, name, value })
    }
}

/// A digest that stands for nothing, of 32 fresh bytes (RFC 9901 section 4.2.5).
pub(super) fn decoy(entropy: &dyn Entropy) -> String {
    base64url::encode(&sha256_parts(&[&random::<32>(entropy)]))
}

fn digest_of(encoded: &str) -> String {
    base64url::encode(&sha256_parts(&[encoded.as_bytes()]))
}

fn name_of(name: Option<Value>) -> Result<Option<String>, DisclosureError> {
    match name {
        None => Ok(None),
        Some(Value::String(name)) if is_reserved(&name) => Err(DisclosureError::Reserved(name)),
        Some(Value::String(name)) => Ok(Some(name)),
        Some(_) => Err(DisclosureError::Name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9901 section 4.2.1 to 4.2.3, whose JSON has a space after each comma.
    #[test]
    fn digests_of_the_standard() {
        let member =
            Disclosure::parse("WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0")
                .unwrap();
        assert_eq!(member.digest(), "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0");
        assert_eq!((member.name(), member.value()), (Some("family_name"), &json!("Möbius")));
        assert_eq!(member.salt(), "_26bc4LT-ac6q2KI6cBW5es");
        let element = Disclosure::parse("WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0").unwrap();
        assert_eq!(element.digest(), "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs");
        assert_eq!((element.name(), element.value()), (None, &json!("FR")));
    }

    #[test]
    fn refusals() {
        let refused = |json: &str| Disclosure::parse(&base64url::encode(json.as_bytes())).unwrap_err();
        let salt = "0123456789012345678901";
        assert_eq!(Disclosure::parse("WyJ="), Err(DisclosureError::Base64));
        assert!(matches!(refused("["), DisclosureError::Json(_)));
        assert_eq!(refused("{}"), DisclosureError::Parts);
        assert_eq!(refused(&format!("[\"{salt}\"]")), DisclosureError::Parts);
        assert_eq!(refused(&format!("[\"{salt}\",\"a\",1,2]")), DisclosureError::Parts);
        assert_eq!(refused("[1,\"a\",1]"), DisclosureError::Salt);
        assert_eq!(refused("[\"012345678901234567890\",\"a\",1]"), DisclosureError::Salt);
        assert_eq!(refused(&format!("[\"{salt}\",1,1]")), DisclosureError::Name);
        for name in ["_sd", "...", "_sd_alg"] {
            let error = refused(&format!("[\"{salt}\",\"{name}\",1]"));
            assert_eq!(error, DisclosureError::Reserved(name.to_owned()));
        }
        let twice = refused(&format!("[\"{salt}\",\"a\",{{\"b\":1,\"b\":2}}]"));
        assert_eq!(twice, DisclosureError::Json(JsonError::Duplicate("b".to_owned())));
    }
}
