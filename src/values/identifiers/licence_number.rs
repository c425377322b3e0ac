//! 证照编号, the number printed on a licence: a department's own, as it writes it, or one made by us.
//!
//! It is not a secret and names nobody; what must not be guessed is the handle and the verification code.

use std::str::FromStr;

use super::iso7064::{self, Check};
use super::{Region, first_misfit, written_as_str};
use crate::values::time::Date;

/// Longest number, in characters.
const LONGEST: usize = 64;
/// Thirty-two characters that are not mistaken for each other when typed: no I, L, O, U.
const ALPHABET: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'M',
    'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
];

/// One to 64 characters, none of them invisible, no white space at either end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LicenceNumber(String);

/// Why a licence number was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LicenceNumberError {
    /// Empty, or too long.
    #[error("a licence number has 1 to 64 characters, found {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// A control character, or one that cannot be seen or turns the text around.
    #[error("character {position} ({found:?}) cannot be printed in a licence number")]
    Invisible {
        /// Position in characters, from 0.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// White space at an end.
    #[error("a licence number neither begins nor ends with white space")]
    Space,
}

impl LicenceNumber {
    /// A number made by us, 20 characters of `0-9A-Z`: division (6), year (4), nine from 45 of the random bits, and
    /// the check character of ISO/IEC 7064.
    pub fn made(region: &Region, issued: Date, random: [u8; 6]) -> Self {
        let bits = random.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let tail: String = (0..9).map(|place| character(bits >> (5 * place))).collect();
        let payload = format!("{region}{:04}{tail}", issued.year());
        // The payload has only characters the check is defined for.
        let check = iso7064::check_character(&payload).unwrap_or('0');
        Self(format!("{payload}{check}"))
    }

    /// Whether it has the form of our own numbers and its check character: a slip in typing one shows here.
    pub fn is_made(&self) -> bool {
        let Some((payload, check)) = self.0.split_at_checked(19) else { return false };
        let mut check = check.chars();
        let (Some(last), None) = (check.next(), check.next()) else { return false };
        let (region, rest) = payload.split_at_checked(6).unwrap_or_default();
        region.parse::<Region>().is_ok()
            && rest.bytes().take(4).all(|digit| digit.is_ascii_digit())
            && rest.chars().skip(4).all(|c| ALPHABET.contains(&c))
            && iso7064::judge(payload, last) == Ok(Check::Iso)
    }

    /// The text, as printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The character of the lowest five bits.
fn character(bits: u64) -> char {
    usize::try_from(bits % 32).ok().and_then(|value| ALPHABET.get(value)).copied().unwrap_or('0')
}

/// Control characters, and the ones of Unicode that take no room, break lines or change the direction of writing.
fn is_visible(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        && !matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl FromStr for LicenceNumber {
    type Err = LicenceNumberError;

    fn from_str(text: &str) -> Result<Self, LicenceNumberError> {
        let found = text.chars().count();
        if !(1..=LONGEST).contains(&found) {
            return Err(LicenceNumberError::Length { found });
        }
        if let Some((position, found)) = first_misfit(text, is_visible) {
            return Err(LicenceNumberError::Invisible { position, found });
        }
        if text.trim() != text {
            return Err(LicenceNumberError::Space);
        }
        Ok(Self(text.to_owned()))
    }
}

written_as_str!(LicenceNumber);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_departments_own_numbers() {
        for good in ["湘(2026)字第1号", "JY 1430 0001", "1", &"号".repeat(64)] {
            let number: LicenceNumber = good.parse().unwrap();
            assert_eq!(number.as_str(), good);
            assert!(!number.is_made());
        }
        let error = |text: &str| text.parse::<LicenceNumber>().unwrap_err();
        assert_eq!(error(""), LicenceNumberError::Length { found: 0 });
        assert_eq!(error(&"号".repeat(65)), LicenceNumberError::Length { found: 65 });
        assert_eq!(error("a\nb"), LicenceNumberError::Invisible { position: 1, found: '\n' });
        assert_eq!(error("湘\u{202e}1"), LicenceNumberError::Invisible { position: 1, found: '\u{202e}' });
        assert_eq!(error("a\u{200b}"), LicenceNumberError::Invisible { position: 1, found: '\u{200b}' });
        assert_eq!(error(" a"), LicenceNumberError::Space);
        assert_eq!(error("a\u{3000}"), LicenceNumberError::Space);
    }

    proptest! {
        #[test]
        fn numbers_made_by_us(random: [u8; 6], place in 0_usize..20, other in "[0-9A-Z]") {
            let number = LicenceNumber::made(&"430700".parse().unwrap(), "2026-11-22".parse().unwrap(), random);
            prop_assert_eq!(number.as_str().len(), 20);
            prop_assert!(number.as_str().starts_with("4307002026"));
            prop_assert!(number.is_made());
            prop_assert_eq!(number.as_str().parse(), Ok(number.clone()));
            let mut slip = number.as_str().to_owned();
            slip.replace_range(place..=place, &other);
            let slip: LicenceNumber = slip.parse().unwrap();
            prop_assert_eq!(slip.is_made(), slip == number);
        }
    }
}
