//! 统一社会信用代码, the unified social credit code of organisations (GB 32100-2015): 18 characters, the last a check.
//!
//! Characters 9 to 17 are an organisation code (GB 11714) with a check of its own. That one is not looked at: many
//! codes in use fail it. (Some fail the check of GB 32100 too; for those there is no way in.)

use std::str::FromStr;

use super::{Short, written_as_str};

const LENGTH: usize = 18;
/// No I, O, S, V, Z.
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^i mod 31.
const WEIGHTS: [usize; LENGTH - 1] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// A unified social credit code with a good check character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode(Short);

/// Why a credit code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    /// Not 18 characters.
    #[error("a credit code has 18 characters, found {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// A character GB 32100 does not use (lower case, I, O, S, V, Z, anything else).
    #[error("character {position} ({found:?}) is not used in credit codes")]
    Character {
        /// Position in characters, from 0.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// The last character does not follow from the others.
    #[error("the check character should be {expected}, found {found}")]
    Check {
        /// What the first 17 ask for.
        expected: char,
        /// What stands there.
        found: char,
    },
}

impl CreditCodeError {
    /// The sentence in Chinese; `Display` is the English one.
    pub fn zh(self) -> String {
        match self {
            Self::Length { found } => format!("统一社会信用代码为 18 个字符,实有 {found} 个"),
            Self::Character { position, found } => {
                format!("第 {} 个字符“{found}”不用于统一社会信用代码", position + 1)
            }
            Self::Check { expected, found } => format!("校验位应为 {expected},实为 {found}"),
        }
    }
}

impl CreditCode {
    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The place of a character in the alphabet.
fn value(character: char) -> Option<usize> {
    let (first, place) = match character {
        '0'..='9' => ('0', 0),
        'A'..='H' => ('A', 10),
        'J'..='N' => ('J', 18),
        'P'..='R' => ('P', 23),
        'T'..='U' => ('T', 26),
        'W'..='Y' => ('W', 28),
        _ => return None,
    };
    usize::try_from(u32::from(character) - u32::from(first)).ok().map(|after| place + after)
}

impl FromStr for CreditCode {
    type Err = CreditCodeError;

    fn from_str(text: &str) -> Result<Self, CreditCodeError> {
        let found = text.chars().count();
        if found != LENGTH {
            return Err(CreditCodeError::Length { found });
        }
        let mut sum = 0;
        for (position, found) in text.chars().enumerate() {
            let value = value(found).ok_or(CreditCodeError::Character { position, found })?;
            sum += WEIGHTS.get(position).map_or(0, |weight| value * weight);
        }
        let expected = ALPHABET.chars().nth((31 - sum % 31) % 31).unwrap_or('0');
        match text.chars().next_back() {
            Some(found) if found != expected => Err(CreditCodeError::Check { expected, found }),
            _ => Ok(Self(text.into())),
        }
    }
}

written_as_str!(CreditCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_examples() {
        for good in [
            "91350100M000100Y43",
            "11100000000013338W",
            "11100000MB0143028R",
            "11100000000013127D",
            "11100000MB03271699",
            "11100000000013661B",
            "91430111MA4L16JQ9B",
            "11320000MB151840XJ",
            "91460100MA5THWMM2J",
            "91430700MA4PBKBQ48",
        ] {
            assert_eq!(good.parse::<CreditCode>().map(|code| code.to_string()), Ok(good.to_owned()));
        }
    }

    #[test]
    fn values_are_places_in_the_alphabet() {
        for character in '\0'..='\u{ff}' {
            assert_eq!(value(character), ALPHABET.find(character), "{character:?}");
        }
    }

    #[test]
    fn the_error_says_what_and_where() {
        let error = |text: &str| text.parse::<CreditCode>().unwrap_err();
        // Two real codes that fail the standard's check.
        assert_eq!(error("91350211M0000XUF46"), CreditCodeError::Check { expected: 'R', found: '6' });
        assert_eq!(error("91350100M0001TGQXM"), CreditCodeError::Check { expected: '1', found: 'M' });
        assert_eq!(error("91350100M000100Y"), CreditCodeError::Length { found: 16 });
        assert_eq!(error("91350100m000100Y43"), CreditCodeError::Character { position: 8, found: 'm' });
        assert_eq!(error("9135010OM000100Y43"), CreditCodeError::Character { position: 7, found: 'O' });
        assert_eq!(error("湘湘湘湘湘湘"), CreditCodeError::Length { found: 6 });
    }

    #[test]
    fn every_single_substitution_is_caught() {
        let good = "91350100M000100Y43";
        for place in 0..LENGTH {
            for other in ALPHABET.chars() {
                let typed: String =
                    good.chars().enumerate().map(|(i, c)| if i == place { other } else { c }).collect();
                assert_eq!(typed == good, typed.parse::<CreditCode>().is_ok(), "{typed}");
            }
        }
    }

    #[test]
    fn serde_goes_through_the_parser() {
        assert!(serde_json::from_str::<CreditCode>("\"91350100M000100Y43\"").is_ok());
        assert!(serde_json::from_str::<CreditCode>("\"91350100M000100Y44\"").is_err());
    }
}
