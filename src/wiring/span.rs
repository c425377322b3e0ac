//! Lengths of time as people write them in flags and files: `500ms`, `1s`, `15m`, `12h`, `30d`. One number, one unit.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Milliseconds of each unit, the longest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A length of time of at least a millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(Duration);

/// Why a span was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// Not a whole number and a unit.
    #[error("{found:?} is no length of time; write a whole number and a unit: 500ms, 1s, 15m, 12h, 30d")]
    Form {
        /// What stands there.
        found: String,
    },
    /// Nothing, or more than fits.
    #[error("{found:?} is out of range; write at least 1ms and at most 36500d")]
    Range {
        /// What stands there.
        found: String,
    },
}

impl Span {
    /// A century: whoever means longer has mistyped.
    const LONGEST: u64 = 36_500 * 86_400_000;

    /// The span of so many milliseconds, if it is one.
    pub const fn of_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// As the standard library has it.
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let form = || SpanError::Form { found: text.to_owned() };
        let range = || SpanError::Range { found: text.to_owned() };
        let unit_at = text.find(|character: char| !character.is_ascii_digit()).ok_or_else(form)?;
        let (number, unit) = text.split_at_checked(unit_at).ok_or_else(form)?;
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(form)?;
        if number.is_empty() {
            return Err(form());
        }
        let number: u64 = number.parse().map_err(|_| range())?;
        let millis = number.checked_mul(*size).ok_or_else(range)?;
        if (1..=Self::LONGEST).contains(&millis) { Ok(Self::of_millis(millis)) } else { Err(range()) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        let (unit, size) =
            UNITS.iter().find(|(_, size)| millis.is_multiple_of(u128::from(*size))).unwrap_or(&("ms", 1));
        write!(f, "{}{unit}", millis / u128::from(*size))
    }
}

crate::values::text::serde_as_text!(Span);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_one_unit() {
        for (text, millis) in [("500ms", 500), ("1s", 1_000), ("15m", 900_000), ("30d", 2_592_000_000)] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.duration(), Duration::from_millis(millis));
            assert_eq!(span.to_string(), text);
        }
        for bad in ["", "1", "s", "1 s", "1.5s", "-1s", "1S", "1s1", "1h30m", "１s", "1w"] {
            assert!(matches!(bad.parse::<Span>(), Err(SpanError::Form { .. })), "{bad}");
        }
        for bad in ["0s", "36501d", "99999999999999999999ms", "18446744073709551615d"] {
            assert!(matches!(bad.parse::<Span>(), Err(SpanError::Range { .. })), "{bad}");
        }
    }
}
