//! The verification code printed beside a licence number: what someone must hold the paper to know.
//!
//! Seven random characters (about 34.7 bits) and a check, so that a slip in typing is told apart from a wrong code
//! without asking the store. Comparing it with a stored digest in constant time is not done here.

use std::fmt;
use std::str::FromStr;

const LENGTH: usize = 8;
/// Thirty-one characters, a prime number of them; no 0, 1, I, L, O.
const ALPHABET: [char; 31] = [
    '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'M', 'N', 'P',
    'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z',
];

/// Eight characters with a good check. `Debug` hides it, and there is no `Display`: it is shown on purpose only, by
/// [`VerificationCode::printed`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VerificationCode(String);

/// Why a verification code was refused. Never carries the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerificationCodeError {
    /// Not eight characters, spaces and hyphens apart.
    #[error("a verification code has 8 characters, found {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// A character that is never in a code.
    #[error("character {position} ({found:?}) is never used in a verification code")]
    Character {
        /// Position from 0, spaces and hyphens apart.
        position: usize,
        /// What stands there, in upper case.
        found: char,
    },
    /// The characters do not belong together: a slip in typing.
    #[error("the verification code is mistyped")]
    Check,
}

impl VerificationCode {
    /// Random bytes that are almost always enough: too few good ones in 16 happen less than once in 10^15 times.
    pub const RANDOM_BYTES: usize = 16;

    /// A new code from random bytes, or none if too many had to be passed over: then try again with fresh ones.
    pub fn from_random(bytes: &[u8]) -> Option<Self> {
        // Bytes from 248 on would make the first eight characters likelier than the others.
        let fair = bytes.iter().filter(|byte| **byte < 248).map(|byte| usize::from(*byte) % 31);
        let values: Vec<usize> = fair.take(LENGTH - 1).collect();
        if values.len() < LENGTH - 1 {
            return None;
        }
        let check = (31 - weighted_sum(&values)) % 31;
        Some(Self(values.into_iter().chain([check]).filter_map(|value| ALPHABET.get(value)).collect()))
    }

    /// The eight characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As printed, `ABCD-EFGH`.
    pub fn printed(&self) -> String {
        let (first, second) = self.0.split_at_checked(LENGTH / 2).unwrap_or_default();
        format!("{first}-{second}")
    }
}

/// The sum of the values modulo 31, weighted 8, 7, … 1 (the check character's). The weights are distinct and 31 is
/// prime: no single substitution leaves it as it was, nor does exchanging two different characters, wherever.
fn weighted_sum(values: &[usize]) -> usize {
    values.iter().zip((1..=LENGTH).rev()).map(|(value, weight)| value * weight).sum::<usize>() % 31
}

impl FromStr for VerificationCode {
    type Err = VerificationCodeError;

    /// Takes lower case, and white space and hyphens anywhere.
    fn from_str(text: &str) -> Result<Self, VerificationCodeError> {
        let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let typed: String = kept.map(|c| c.to_ascii_uppercase()).collect();
        let found = typed.chars().count();
        if found != LENGTH {
            return Err(VerificationCodeError::Length { found });
        }
        let mut values = [0; LENGTH];
        for (position, (value, found)) in values.iter_mut().zip(typed.chars()).enumerate() {
            let known = ALPHABET.iter().position(|c| *c == found);
            *value = known.ok_or(VerificationCodeError::Character { position, found })?;
        }
        if weighted_sum(&values) == 0 { Ok(Self(typed)) } else { Err(VerificationCodeError::Check) }
    }
}

impl fmt::Debug for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationCode(…)")
    }
}

impl serde::Serialize for VerificationCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for VerificationCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rejected_bytes_are_passed_over() {
        let code = VerificationCode::from_random(&[255, 0, 248, 1, 2, 3, 4, 5, 6]).unwrap();
        assert!(code.as_str().starts_with("2345678"));
        assert_eq!(VerificationCode::from_random(&[31, 32, 33, 34, 35, 36, 37]), Some(code));
        assert_eq!(VerificationCode::from_random(&[250; 16]), None);
        assert_eq!(VerificationCode::from_random(&[1; 6]), None);
    }

    #[test]
    fn what_cannot_be_a_code() {
        let error = |text: &str| text.parse::<VerificationCode>().unwrap_err();
        assert_eq!(error("ABCD-EFG"), VerificationCodeError::Length { found: 7 });
        assert_eq!(error("ABCD-EFG0"), VerificationCodeError::Character { position: 7, found: '0' });
        assert_eq!(error("ABCD-EFGi"), VerificationCodeError::Character { position: 7, found: 'I' });
        assert_eq!(error("ABCDEFG号"), VerificationCodeError::Character { position: 7, found: '号' });
        assert!("22222222".parse::<VerificationCode>().is_ok());
        assert_eq!(error("22222223"), VerificationCodeError::Check);
    }

    #[test]
    fn debug_hides_it() {
        let code: VerificationCode = "22222222".parse().unwrap();
        assert_eq!(format!("{code:?}"), "VerificationCode(…)");
        assert_eq!(code.printed(), "2222-2222");
    }

    /// The check is linear, so whether a slip is caught depends on the difference it makes, not on the code: all
    /// differences at all places stand for all codes.
    #[test]
    fn every_substitution_and_exchange_is_caught() {
        for place in 0..LENGTH {
            for difference in 1..31 {
                let mut change = [0; LENGTH];
                change[place] = difference;
                assert_ne!(weighted_sum(&change), 0);
                for other in (0..LENGTH).filter(|other| *other != place) {
                    let mut exchange = change;
                    exchange[other] = 31 - difference;
                    assert_ne!(weighted_sum(&exchange), 0);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn typed_codes_are_read_back(bytes: [u8; VerificationCode::RANDOM_BYTES], place in 0_usize..8, by in 1_usize..31) {
            let Some(code) = VerificationCode::from_random(&bytes) else { return Ok(()) };
            let typed = format!(" {} ", code.printed().to_lowercase().replace('-', " - "));
            prop_assert_eq!(typed.parse(), Ok(code.clone()));
            let mut slip: Vec<char> = code.as_str().chars().collect();
            let value = ALPHABET.iter().position(|c| *c == slip[place]).unwrap();
            slip[place] = ALPHABET[(value + by) % 31];
            let slip: String = slip.into_iter().collect();
            prop_assert_eq!(slip.parse::<VerificationCode>(), Err(VerificationCodeError::Check));
        }
    }
}
