//! Compact JWS, JWK and `x5c`.
//!
//! - What parses is spelt in one way: header, payload and signature encode to the same text again.
//! - Whatever header and payload are signed with a key verifies under that key and no other, exactly if the header names the
//!   key's own algorithm and has no `crit`; under another algorithm or key it never does.
//! - A JWK that is taken is the key it is written as again.
//!
//! Input: a word for the form (text as it is, or header and payload to be signed), then the parts, separated by a zero byte.

use serde_json::Value;
use vidimus::crypto::{Algorithm, PrivateKey, base64url};
use vidimus::jose::{CompactJws, JwsError, jwk, jws, x5c};
use vidimus::values::canonical::parse_strict;

use crate::make::{ENTRIES, key, split_byte};

/// Holds the laws over a text, or over what is signed.
pub fn run(data: &[u8]) {
    let Some((form, rest)) = split_byte(data) else { return };
    if form % 2 == 0 {
        if let Ok(text) = std::str::from_utf8(rest) {
            as_it_is(text);
        }
    } else {
        let cut = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
        let (header, payload) = rest.split_at(cut);
        signed(header, payload.get(1..).unwrap_or_default());
    }
}

fn as_it_is(text: &str) {
    let Ok(parsed) = CompactJws::parse(text) else { return };
    assert_eq!(parsed.text(), text);
    let (header, payload) = parsed.signing_input().split_once('.').unwrap();
    let header = base64url::decode(header).unwrap();
    assert_eq!(parse_strict(&header), Ok(Value::Object(parsed.header().members().clone())));
    assert_eq!(base64url::encode(parsed.payload()), payload);
    let again = format!("{}.{payload}.{}", base64url::encode(&header), base64url::encode(parsed.signature()));
    assert_eq!(again, text);
    assert!(!parsed.header().members().contains_key("crit"));
    assert!(parsed.verify(key("nobody").public()).is_err(), "a signature nobody made");
    keys(parsed.header());
    keys_of(&parse_strict(parsed.payload()));
}

/// `x5c` and `jwk` of a header.
fn keys(read: &jws::Header) {
    let header = read.members();
    if let Ok(chain) = read.chain() {
        assert!(
            (1..=x5c::MAX_CERTIFICATES).contains(&chain.len()) && chain.iter().all(|der| !der.is_empty())
        );
        assert_eq!(Some(&x5c::encode(chain)), header.get("x5c"));
    }
    keys_of(&header.get("jwk").cloned().ok_or(()));
}

fn keys_of<E>(value: &Result<Value, E>) {
    let Ok(value) = value else { return };
    let Ok(public) = jwk::from_jwk(value) else { return };
    let again = jwk::to_jwk(&public);
    for (name, member) in again.as_object().unwrap() {
        assert_eq!(value.get(name), Some(member), "{name}");
    }
    assert_eq!(jwk::from_jwk(&again).as_ref().ok(), Some(&public));
    assert_eq!(jwk::thumbprint(&public), jwk::thumbprint(&jwk::from_jwk(&again).unwrap()));
}

fn signed(header: &[u8], payload: &[u8]) {
    let signer = key("fuzzed");
    let input = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
    let text = jws::complete(&input, &signer.sign(input.as_bytes()).unwrap());
    let parsed = match CompactJws::parse(&text) {
        Ok(parsed) => parsed,
        Err(
            JwsError::Header(_) | JwsError::HeaderNotObject | JwsError::Critical | JwsError::AlgorithmMissing,
        ) => return,
        Err(other) => panic!("refused for {other}"),
    };
    as_it_is(&text);
    assert_eq!((parsed.signing_input(), parsed.payload()), (input.as_str(), payload));
    let says_its_own = parsed.header().algorithm() == Algorithm::Ed25519.jose();
    assert_eq!(parsed.verify(signer.public()).is_ok(), says_its_own);
    assert!(parsed.verify(key("another").public()).is_err());
    if let Some(input) =
        says_its_own.then(|| jws::signing_input(&Value::Object(parsed.header().members().clone()), payload))
    {
        same(&input, payload, &signer);
    }
}

/// A header that was read is written, signed and read again.
fn same(input: &str, payload: &[u8], signer: &PrivateKey) {
    let text = jws::complete(input, &signer.sign(input.as_bytes()).unwrap());
    let parsed = CompactJws::parse(&text).unwrap();
    parsed.verify(signer.public()).unwrap();
    assert_eq!(parsed.payload(), payload);
}

/// Headers as we and others write them, around JSON of ours.
pub fn seeds() -> Vec<Vec<u8>> {
    let jwk = jwk::to_jwk(key("holder").public()).to_string();
    let certificates =
        crate::make::json(include_str!("../../../../schemas/vectors/ledger/certificates.json"));
    let der = base64url::decode(certificates["status"]["certificate"].as_str().unwrap()).unwrap();
    let headers = [
        r#"{"alg":"EdDSA","typ":"dc+sd-jwt"}"#.to_owned(),
        r#"{"alg":"ES256","typ":"statuslist+jwt","kid":"1"}"#.to_owned(),
        format!(r#"{{"alg":"EdDSA","jwk":{jwk}}}"#),
        format!(r#"{{"alg":"EdDSA","x5c":{}}}"#, x5c::encode(&[der])),
        r#"{"alg":"none"}"#.to_owned(),
        r#"{"alg":"EdDSA","crit":["exp"],"exp":1}"#.to_owned(),
    ];
    let payloads = [ENTRIES[0].as_slice(), jwk.as_bytes(), b"{}", b""];
    let mut seeds = Vec::new();
    for header in &headers {
        for payload in payloads {
            seeds.push([b"\x01", header.as_bytes(), b"\0", payload].concat());
            let text =
                format!("{}.{}.AAAA", base64url::encode(header.as_bytes()), base64url::encode(payload));
            seeds.push([b"\0", text.as_bytes()].concat());
        }
    }
    seeds
}

/// Members of headers and keys.
pub fn words() -> Vec<String> {
    super::words(&[
        "\"alg\":",
        "\"EdDSA\"",
        "\"ES256\"",
        "\"none\"",
        "\"typ\":",
        "\"crit\":",
        "\"x5c\":",
        "\"jwk\":",
        "\"kty\":",
        "\"OKP\"",
        "\"EC\"",
        "\"crv\":",
        "\"Ed25519\"",
        "\"P-256\"",
        "\"x\":",
        "\"y\":",
        "\"d\":",
        "\"use\":",
        "\"sig\"",
        "\0",
        ".",
        "eyJhbGciOiJFZERTQSJ9",
    ])
}
