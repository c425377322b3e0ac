//! The signed form of a status list (the draft's section 5.1): a JWS of type `statuslist+jwt`.
//! Not here: whose key signed, and whether the token is fresh; judgement decides that from what is exposed.

use serde_json::{Map, Value, json};

use crate::crypto::PublicKey;
use crate::jose::{CompactJws, JwsError};
use crate::values::canonical::parse_strict;

use super::{Bits, OutOfRange, StatusList, StatusListError};

/// `typ` of a status list token.
pub const TYPE: &str = "statuslist+jwt";

/// What a token says beside the list; times are NumericDate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenFacts<'a> {
    /// The list's own address.
    pub sub: &'a str,
    /// When it was made.
    pub iat: i64,
    /// When it ends.
    pub exp: i64,
    /// Seconds until a new one should be asked for.
    pub ttl: u64,
    /// The ledger's size this list equals.
    pub ledger_size: u64,
}

impl StatusList {
    /// The claims of a token that carries this list.
    pub fn claims(&self, facts: &TokenFacts<'_>) -> Result<Value, StatusListError> {
        Ok(json!({
            "sub": facts.sub,
            "iat": facts.iat,
            "exp": facts.exp,
            "ttl": facts.ttl,
            "ledger_size": facts.ledger_size,
            "status_list": {"bits": self.bits.get(), "lst": self.compressed()?},
        }))
    }
}

/// A status list token whose form is right; whose it is and whether it is fresh is still to be judged.
#[derive(Debug, Clone)]
pub struct StatusToken<'a> {
    jws: CompactJws<'a>,
    sub: String,
    iat: i64,
    exp: Option<i64>,
    ttl: Option<u64>,
    ledger_size: Option<u64>,
    list: StatusList,
}

impl<'a> StatusToken<'a> {
    /// Parses a token; white space around it is tolerated.
    pub fn parse(text: &'a str) -> Result<Self, StatusListError> {
        let jws = CompactJws::parse(text.trim_ascii())?;
        let typ = jws.header().media_type().unwrap_or_default();
        if typ != TYPE {
            return Err(StatusListError::Type { found: typ.to_owned() });
        }
        let Value::Object(claims) = parse_strict(jws.payload())? else {
            return Err(StatusListError::Claim("payload"));
        };
        let list = claims.get("status_list").and_then(Value::as_object);
        let list = list.ok_or(StatusListError::Claim("status_list"))?;
        let bits = optional(list, "bits", Value::as_u64)?.ok_or(StatusListError::Claim("bits"))?;
        let lst = list.get("lst").and_then(Value::as_str).ok_or(StatusListError::Claim("lst"))?;
        let sub = claims.get("sub").and_then(Value::as_str).ok_or(StatusListError::Claim("sub"))?;
        Ok(Self {
            sub: sub.to_owned(),
            iat: optional(&claims, "iat", Value::as_i64)?.ok_or(StatusListError::Claim("iat"))?,
            exp: optional(&claims, "exp", Value::as_i64)?,
            ttl: optional(&claims, "ttl", Value::as_u64)?,
            ledger_size: optional(&claims, "ledger_size", Value::as_u64)?,
            list: StatusList::from_compressed(Bits::from_claim(bits)?, lst)?,
            jws,
        })
    }

    /// The token's JWS, with `x5c` in its header.
    pub fn jws(&self) -> &CompactJws<'a> {
        &self.jws
    }

    /// Whether the signature is good under `key`.
    pub fn verify(&self, key: &PublicKey) -> Result<(), JwsError> {
        self.jws.verify(key)
    }

    /// The list's own address; must equal the credential's `status.status_list.uri`.
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// When the token was made, NumericDate.
    pub fn iat(&self) -> i64 {
        self.iat
    }

    /// When the token ends, NumericDate.
    pub fn exp(&self) -> Option<i64> {
        self.exp
    }

    /// Seconds until a new token should be asked for.
    pub fn ttl(&self) -> Option<u64> {
        self.ttl
    }

    /// The ledger's size the list equals; ours, other people's tokens have none.
    pub fn ledger_size(&self) -> Option<u64> {
        self.ledger_size
    }

    /// The list.
    pub fn list(&self) -> &StatusList {
        &self.list
    }

    /// The status at an index.
    pub fn value(&self, index: u64) -> Result<u8, OutOfRange> {
        self.list.value(index)
    }
}

/// A claim that may be absent, but not of another kind.
fn optional<T>(
    claims: &Map<String, Value>,
    name: &'static str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Result<Option<T>, StatusListError> {
    claims.get(name).map(|value| read(value).ok_or(StatusListError::Claim(name))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::PrivateKey;
    use crate::jose::jws;

    fn facts() -> TokenFacts<'static> {
        TokenFacts { sub: "https://a.test/status/0", iat: 100, exp: 200, ttl: 60, ledger_size: 7 }
    }

    fn token(typ: &str, claims: &Value) -> String {
        let key = PrivateKey::from_seed(&[1; 32]).unwrap();
        jws::sign(&json!({"alg": "EdDSA", "typ": typ}), claims.to_string().as_bytes(), &key).unwrap()
    }

    #[test]
    fn a_token_comes_back_and_its_key_is_its_own() {
        let list = StatusList::pack(Bits::Two, &[0, 1, 2, 0]).unwrap();
        let text = token(TYPE, &list.claims(&facts()).unwrap());
        let parsed = StatusToken::parse(&text).unwrap();
        parsed.verify(PrivateKey::from_seed(&[1; 32]).unwrap().public()).unwrap();
        assert!(parsed.verify(PrivateKey::from_seed(&[2; 32]).unwrap().public()).is_err());
        assert_eq!((parsed.sub(), parsed.iat(), parsed.exp()), (facts().sub, 100, Some(200)));
        assert_eq!((parsed.ttl(), parsed.ledger_size()), (Some(60), Some(7)));
        assert_eq!((parsed.list(), parsed.value(2)), (&list, Ok(2)));
    }

    #[test]
    fn tokens_are_strict() {
        let good = StatusList::pack(Bits::Two, &[0]).unwrap().claims(&facts()).unwrap();
        let refused = |change: &dyn Fn(&mut Value)| {
            let mut claims = good.clone();
            change(&mut claims);
            StatusToken::parse(&token(TYPE, &claims)).unwrap_err()
        };
        for claim in ["sub", "iat", "status_list"] {
            let error = refused(&|claims| drop(claims.as_object_mut().unwrap().remove(claim)));
            assert!(matches!(error, StatusListError::Claim(name) if name == claim), "{error}");
        }
        for claim in ["sub", "iat", "exp", "ttl", "ledger_size", "status_list"] {
            let error = refused(&|claims| claims[claim] = json!(false));
            assert!(matches!(error, StatusListError::Claim(name) if name == claim), "{error}");
        }
        let error = refused(&|claims| claims["status_list"]["bits"] = json!(3));
        assert!(matches!(error, StatusListError::Bits(3)));
        let error = refused(&|claims| claims["ttl"] = json!(-1));
        assert!(matches!(error, StatusListError::Claim("ttl")));
        assert!(matches!(StatusToken::parse(&token("JWT", &good)), Err(StatusListError::Type { .. })));
        let mut bare = good;
        bare.as_object_mut()
            .unwrap()
            .retain(|name, _| ["sub", "iat", "status_list"].contains(&name.as_str()));
        assert_eq!(StatusToken::parse(&token(TYPE, &bare)).unwrap().ledger_size(), None);
    }
}
