//! Lower-case hex, the one spelling of key ids, digests and blob names (law 0, section 2). Upper case is refused.

/// Why a hex string was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// Wrong number of digits.
    #[error("expected {expected} hex digits, found {found}")]
    Length {
        /// Digits the value has.
        expected: usize,
        /// Characters found.
        found: usize,
    },
    /// A character outside `0-9a-f`.
    #[error("character {position} is not a lower-case hex digit")]
    Digit {
        /// Position, from 0.
        position: usize,
    },
}

const DIGITS: [u8; 16] = *b"0123456789abcdef";
/// What is no digit.
const NONE: u8 = 0xff;
/// The value of each character. Digests are most of what an entry holds: a table reads them fastest.
const VALUES: [u8; 256] = values();

/// Bytes as lower-case hex.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(|byte| digits(*byte)).map(char::from));
    text
}

/// Exactly `N` bytes from lower-case hex.
pub fn decode<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    if text.len() != N * 2 {
        return Err(HexError::Length { expected: N * 2, found: text.chars().count() });
    }
    let mut out = [0; N];
    let mut all = 0;
    let (pairs, _) = text.as_bytes().as_chunks();
    for (byte, [high, low]) in out.iter_mut().zip(pairs) {
        let (high, low) = (value(*high), value(*low));
        all |= high | low;
        *byte = high << 4 | low & 15;
    }
    if all < 16 {
        return Ok(out);
    }
    let position = text.bytes().position(|character| value(character) == NONE);
    Err(HexError::Digit { position: position.unwrap_or(0) })
}

/// The value of a digit.
#[inline]
fn value(character: u8) -> u8 {
    VALUES.get(usize::from(character)).copied().unwrap_or(NONE)
}

const fn values() -> [u8; 256] {
    let mut values = [NONE; 256];
    let (mut rest, mut character): (&mut [u8], u8) = (&mut values, 0);
    while let [value, behind @ ..] = rest {
        *value = match character {
            b'0'..=b'9' => character - b'0',
            b'a'..=b'f' => character - b'a' + 10,
            _ => NONE,
        };
        character = character.wrapping_add(1);
        rest = behind;
    }
    values
}

/// The two digits of a byte.
fn digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|value| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0'))
}

/// Gives a `struct Name(pub [u8; N])` its text form: `FromStr`, `Display`, `Debug` and serde as lower-case hex.
macro_rules! hex_newtype {
    ($name:ident, $size:literal) => {
        impl std::str::FromStr for $name {
            type Err = $crate::crypto::hex::HexError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::crypto::hex::decode::<$size>(text).map(Self)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::crypto::hex::encode(&self.0))
            }
        }
        $crate::values::text::debug_as_text!($name);
        $crate::values::text::serde_as_text_or_bytes!($name, $size, |one| one.0, |bytes| Ok::<
            $name,
            std::convert::Infallible,
        >($name(bytes)));
    };
}
pub(crate) use hex_newtype;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_only_and_whole() {
        assert_eq!(decode::<2>("0aff"), Ok([0x0a, 0xff]));
        assert_eq!(decode::<2>("0aFf"), Err(HexError::Digit { position: 2 }));
        assert_eq!(decode::<2>("0aff0"), Err(HexError::Length { expected: 4, found: 5 }));
        assert_eq!(decode::<2>("中x"), Err(HexError::Digit { position: 0 }));
        assert_eq!(encode(&[0, 255]), "00ff");
    }
}
