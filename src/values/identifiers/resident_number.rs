//! 公民身份号码, the number of a resident's identity card (GB 11643-1999): area, date of birth, sequence, check.
//!
//! Personal information: `Debug` shows only its ends, and nothing here tells a person's sex or age.

use std::fmt;
use std::str::FromStr;

use super::{Region, RegionError, first_misfit, written_as_str};
use crate::values::time::{Date, TimeError};

const LENGTH: usize = 18;
/// 2^(17-i) mod 11.
const WEIGHTS: [u32; LENGTH - 1] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// By the weighted sum modulo 11.
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// A resident's number with a date that exists and a good check character.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResidentNumber(String);

/// Why a resident's number was refused. Never carries more of the number than the part at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResidentNumberError {
    /// Not 18 characters. Numbers of 15 digits ended in 2013.
    #[error("a resident's number has 18 characters, found {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// Not a digit; in the last place also `X`, in upper case.
    #[error("character {position} ({found:?}) cannot stand there in a resident's number")]
    Character {
        /// Position in characters, from 0.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// The first six digits are no division code.
    #[error("the area code is wrong: {0}")]
    Area(#[source] RegionError),
    /// Digits 7 to 14 are no date.
    #[error("the date of birth is wrong: {0}")]
    Born(#[source] TimeError),
    /// The last character does not follow from the others.
    #[error("the check character should be {expected}, found {found}")]
    Check {
        /// What the first 17 ask for.
        expected: char,
        /// What stands there.
        found: char,
    },
}

impl ResidentNumberError {
    /// The sentence in Chinese; `Display` is the English one.
    pub fn zh(&self) -> String {
        match self {
            Self::Length { found } => format!("公民身份号码为 18 个字符,实有 {found} 个"),
            Self::Character { position, found } => {
                format!("公民身份号码的第 {} 个字符不能是“{found}”", position + 1)
            }
            Self::Area(_) => "前六位不是行政区划代码".to_owned(),
            Self::Born(problem) => format!("出生日期不对:{}", problem.zh()),
            Self::Check { expected, found } => format!("校验位应为 {expected},实为 {found}"),
        }
    }
}

impl ResidentNumber {
    /// The 18 characters. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ResidentNumber {
    type Err = ResidentNumberError;

    fn from_str(text: &str) -> Result<Self, ResidentNumberError> {
        let (front, last) = split(text)?;
        if let Some((position, found)) = first_misfit(front, |c| c.is_ascii_digit()) {
            return Err(ResidentNumberError::Character { position, found });
        }
        if !last.is_ascii_digit() && last != 'X' {
            return Err(ResidentNumberError::Character { position: LENGTH - 1, found: last });
        }
        let part = |range: std::ops::Range<usize>| front.get(range).unwrap_or_default();
        part(0..6).parse::<Region>().map_err(ResidentNumberError::Area)?;
        let born = [part(6..10), part(10..12), part(12..14)].join("-");
        born.parse::<Date>().map_err(ResidentNumberError::Born)?;

        let expected = check_character(front);
        if last != expected {
            return Err(ResidentNumberError::Check { expected, found: last });
        }
        Ok(Self(text.to_owned()))
    }
}

/// The first 17 characters and the last.
fn split(text: &str) -> Result<(&str, char), ResidentNumberError> {
    let found = text.chars().count();
    let wrong_length = ResidentNumberError::Length { found };
    let last = text.chars().next_back().filter(|_| found == LENGTH).ok_or(wrong_length)?;
    Ok((text.strip_suffix(last).unwrap_or(text), last))
}

fn check_character(front: &str) -> char {
    let sum: u32 = front.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    usize::try_from(sum % 11).ok().and_then(|rest| CHECKS.get(rest)).copied().unwrap_or('0')
}

impl fmt::Debug for ResidentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = (self.0.chars().next().unwrap_or('*'), self.0.chars().next_back().unwrap_or('*'));
        write!(f, "ResidentNumber({}****************{})", ends.0, ends.1)
    }
}

written_as_str!(ResidentNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_examples() {
        for good in ["11010519491231002X", "440524188001010014", "34052419800101001X", "110101199003070011"] {
            assert_eq!(good.parse::<ResidentNumber>().unwrap().as_str(), good);
        }
    }

    #[test]
    fn the_error_says_what_and_where() {
        let error = |text: &str| text.parse::<ResidentNumber>().unwrap_err();
        assert_eq!(error("110105194912310021"), ResidentNumberError::Check { expected: 'X', found: '1' });
        assert_eq!(error("11010519491231002x"), ResidentNumberError::Character { position: 17, found: 'x' });
        assert_eq!(error("1101051949123100XX"), ResidentNumberError::Character { position: 16, found: 'X' });
        assert_eq!(error("110105491231002"), ResidentNumberError::Length { found: 15 });
        assert_eq!(
            error("1101051949123100２X"),
            ResidentNumberError::Character { position: 16, found: '２' }
        );
        assert!(matches!(error("010105194912310022"), ResidentNumberError::Area(_)));
        let no_day = TimeError::NoSuchDay { year: 1949, month: 2, day: 30 };
        assert_eq!(error("11010519490230002X"), ResidentNumberError::Born(no_day));
        assert_eq!(error(""), ResidentNumberError::Length { found: 0 });
    }

    #[test]
    fn debug_hides_the_middle() {
        let number: ResidentNumber = "11010519491231002X".parse().unwrap();
        assert_eq!(format!("{number:?}"), "ResidentNumber(1****************X)");
    }
}
