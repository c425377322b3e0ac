//! `schemas/vectors/json-refusals.json`: bytes that look almost like canonical JSON, hex, base64url or a time. The
//! kind `time` is held by the room of times; here it is only counted, so that no kind is forgotten.

use serde_json::Value;
use vidimus::crypto::{Digest, KeyId, base64url};
use vidimus::values::canonical::parse_canonical;

#[test]
fn what_is_almost_canonical_is_refused() {
    let text = std::fs::read(crate::our_file("json-refusals.json")).unwrap();
    let vectors: Value = serde_json::from_slice(&text).unwrap();
    for vector in vectors.as_array().unwrap() {
        let given = match (vector["text"].as_str(), vector["bytes"].as_str()) {
            (Some(text), None) => text.as_bytes().to_vec(),
            (None, Some(bytes)) => base64url::decode(bytes).unwrap(),
            _ => panic!("{}: either text or bytes", vector["name"]),
        };
        let as_text = String::from_utf8_lossy(&given);
        let accepted = match vector["kind"].as_str().unwrap() {
            "json" => parse_canonical(&given).is_ok(),
            "hex" if as_text.len() > 40 => as_text.parse::<Digest>().is_ok(),
            "hex" => as_text.parse::<KeyId>().is_ok(),
            "base64url" => base64url::decode(&as_text).is_some(),
            "time" => continue,
            kind => panic!("{}: unknown kind {kind}", vector["name"]),
        };
        assert_eq!(Value::Bool(accepted), vector["accept"], "{}", vector["name"]);
    }
}
