//! Unpadded base64url with zero trailing bits (RFC 4648 section 5), decoded strictly: the one spelling of binary
//! inside entries and tokens. Not the padded standard alphabet of checkpoints (`note`, `merkle`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Bytes to text.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Text to bytes; `None` for padding, other alphabets, white space or non-zero trailing bits.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Text to exactly `N` bytes, under the same rules.
pub fn decode_fixed<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // Checked first: the decoder wants as much room as a text of that length may need.
    let whole = text.len() == (N * 4).div_ceil(3);
    let written = whole.then(|| URL_SAFE_NO_PAD.decode_slice_unchecked(text, &mut bytes).ok()).flatten();
    written.filter(|written| *written == N).map(|_| bytes)
}

/// Bytes that travel as base64url in JSON.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Base64Url(pub Vec<u8>);

impl fmt::Debug for Base64Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(&self.0))
    }
}

impl Serialize for Base64Url {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64Url {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        decode(&text).map(Self).ok_or_else(|| serde::de::Error::custom("not strict unpadded base64url"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict() {
        assert_eq!(decode("AA"), Some(vec![0]));
        for bad in ["AB", "AA==", "A", "A A", "+/", "AA\n"] {
            assert_eq!(decode(bad), None, "{bad:?}");
            assert_eq!(decode_fixed::<1>(bad), None, "{bad:?}");
        }
        assert_eq!((decode_fixed("AA"), decode_fixed::<2>("AA")), (Some([0]), None));
        for bytes in [[1_u8; 64], [0xff; 64]] {
            assert_eq!(decode_fixed(&encode(&bytes)), Some(bytes));
        }
    }
}
