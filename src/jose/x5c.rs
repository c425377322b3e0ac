//! `x5c` of a JOSE header (RFC 7515 section 4.1.6): DER certificates in padded standard base64, the signer's first.
//! Not here: what the certificates say, and whether they form a path.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// Most certificates accepted in one header.
pub const MAX_CERTIFICATES: usize = 4;

/// The header value of a chain, the signer's certificate first.
pub fn encode(chain: &[Vec<u8>]) -> Value {
    chain.iter().map(|der| Value::String(STANDARD.encode(der))).collect()
}

/// The DER certificates of a header's `x5c`, the signer's first: one to [`MAX_CERTIFICATES`]; else what is wrong.
pub(super) fn x5c(header: &Map<String, Value>) -> Result<Vec<Vec<u8>>, &'static str> {
    let chain = header.get("x5c").ok_or("absent")?.as_array().ok_or("not an array")?;
    if chain.is_empty() || chain.len() > MAX_CERTIFICATES {
        return Err("not one to four certificates");
    }
    chain.iter().map(certificate).collect()
}

fn certificate(value: &Value) -> Result<Vec<u8>, &'static str> {
    let text = value.as_str().ok_or("a certificate that is not text")?;
    let der = STANDARD.decode(text).ok().filter(|der| !der.is_empty());
    der.ok_or("a certificate that is not padded standard base64")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(x5c_value: &Value) -> Result<Vec<Vec<u8>>, &'static str> {
        x5c(json!({ "x5c": x5c_value }).as_object().unwrap())
    }

    #[test]
    fn a_chain_comes_back() {
        let chain = vec![vec![0x30, 0], vec![0xff; 5]];
        assert_eq!(read(&encode(&chain)).unwrap(), chain);
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            json!([]),
            json!("MAA="),
            json!([1]),
            json!([""]),
            json!(["MAA"]),
            json!(["MAB="]),
            json!(["_w=="]),
            json!(["MA A="]),
            json!(["MAA=", "MAA=", "MAA=", "MAA=", "MAA="]),
        ] {
            assert!(read(&bad).is_err(), "{bad}");
        }
        assert!(x5c(&Map::new()).is_err());
    }
}
