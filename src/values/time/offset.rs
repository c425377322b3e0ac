//! A fixed offset from UTC: an authority has one for good, so that a day of its licences is one span of time for all.

use std::fmt;
use std::str::FromStr;

use super::TimeError;
use super::form::numbers;
use crate::values::text::{debug_as_text, serde_as_text};

const MILLIS_PER_MINUTE: i64 = 60_000;

/// A fixed offset from UTC at all times, `+08:00`: at most 18 hours either way, zero written `+00:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcOffset {
    minutes: i16,
}

impl UtcOffset {
    /// `+00:00`.
    pub const UTC: Self = Self { minutes: 0 };

    /// Minutes east of UTC, -1080 to 1080.
    pub fn minutes(self) -> i16 {
        self.minutes
    }

    pub(super) fn millis(self) -> i64 {
        i64::from(self.minutes) * MILLIS_PER_MINUTE
    }
}

impl FromStr for UtcOffset {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let west = text.starts_with('-');
        let [hours, minutes] = numbers(text, if west { "-00:11" } else { "+00:11" })?;
        let total = hours * 60 + minutes;
        if minutes > 59 || total > 18 * 60 || (west && total == 0) {
            return Err(TimeError::Offset { hours, minutes });
        }
        let total = i16::try_from(total).map_err(|_| TimeError::Offset { hours, minutes })?;
        Ok(Self { minutes: if west { -total } else { total } })
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minutes < 0 { '-' } else { '+' };
        let minutes = self.minutes.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

serde_as_text!(UtcOffset);
debug_as_text!(UtcOffset);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_have_one_form() {
        for good in ["+00:00", "+08:00", "-03:30", "+18:00", "-18:00", "+05:45"] {
            assert_eq!(good.parse::<UtcOffset>().unwrap().to_string(), good);
        }
        assert_eq!("-03:30".parse::<UtcOffset>().unwrap().minutes(), -210);
        for bad in
            ["-00:00", "+18:01", "+19:00", "+08:60", "08:00", "+8:00", "+0800", "Z", "", "±08:0", "+08:00Z"]
        {
            assert!(bad.parse::<UtcOffset>().is_err(), "{bad}");
        }
    }
}
