//! An instant with milliseconds, in one form of RFC 3339.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, civil};

use super::form::numbers;
use super::{Date, TimeError, UtcOffset};
use crate::values::text::{debug_as_text, serde_as_text};

const EPOCH: civil::DateTime = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// An instant: milliseconds since 1970-01-01T00:00:00Z, within the years 0001 to 9999. Written
/// `YYYY-MM-DDTHH:MM:SS.mmmZ` and no other way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// 0001-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(-62_135_596_800_000);
    /// 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant `millis` milliseconds after the Unix epoch.
    pub fn from_millis(millis: i64) -> Result<Self, TimeError> {
        let time = Self(millis);
        if (Self::MIN..=Self::MAX).contains(&time) { Ok(time) } else { Err(TimeError::Range { millis }) }
    }

    /// Milliseconds since the Unix epoch.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down: the NumericDate of JWT claims.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved by `millis` (back if negative), stopping at [`Time::MIN`] and [`Time::MAX`].
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis)).clamp(Self::MIN, Self::MAX)
    }

    /// Milliseconds from `earlier` to this instant; negative if it is the later one.
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The calendar day of this instant at `offset`.
    ///
    /// In the last hours of the year 9999 and the first of 0001 the day elsewhere may lie outside the calendar;
    /// then it is the calendar's last or first day.
    pub fn date(self, offset: UtcOffset) -> Date {
        Date::of(self.plus(offset.millis()).civil().date())
    }

    /// The first instant of this instant's hour at `offset`, and that of the next.
    pub fn hour(self, offset: UtcOffset) -> (Self, Self) {
        const HOUR: i64 = 3_600_000;
        let into = self.0.saturating_add(offset.millis()).rem_euclid(HOUR);
        (self.plus(-into), self.plus(HOUR - into))
    }

    /// The clock reading at UTC. Every `Time` lies within jiff's range, so the addition cannot fail.
    fn civil(self) -> civil::DateTime {
        EPOCH.checked_add(SignedDuration::from_millis(self.0)).unwrap_or(EPOCH)
    }

    /// The instant of a clock reading at UTC, brought into range.
    pub(super) fn at(reading: civil::DateTime, plus_millis: i64) -> Self {
        let millis = i64::try_from(reading.duration_since(EPOCH).as_millis()).unwrap_or(i64::MAX);
        Self(millis).plus(plus_millis)
    }
}

impl FromStr for Time {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let [year, month, day, hour, minute, second, millis] = numbers(text, "0000-11-22T33:44:55.666Z")?;
        let date = Date::new(year, month, day)?;
        if hour > 23 || minute > 59 || second > 59 {
            return Err(TimeError::NoSuchTimeOfDay { hour, minute, second });
        }
        Ok(Self::at(date.midnight(), ((hour * 60 + minute) * 60 + second) * 1000 + millis))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil();
        let (hour, minute, second) = (civil.hour(), civil.minute(), civil.second());
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}.{:03}Z", Date::of(civil.date()), civil.millisecond())
    }
}

serde_as_text!(Time);
debug_as_text!(Time);

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn times_have_one_form() {
        assert_eq!(time("1970-01-01T00:00:00.000Z").millis(), 0);
        assert_eq!(time("2026-11-22T06:00:00.123Z").millis(), 1_795_327_200_123);
        assert_eq!(time("0001-01-01T00:00:00.000Z"), Time::MIN);
        assert_eq!(time("9999-12-31T23:59:59.999Z"), Time::MAX);
        assert_eq!(time("1969-12-31T23:59:59.999Z").seconds(), -1);
        for bad in [
            "",
            "2026-11-22T06:00:00Z",
            "2026-11-22T06:00:00.12Z",
            "2026-11-22T06:00:00.123456Z",
            "2026-11-22t06:00:00.123Z",
            "2026-11-22T06:00:00.123z",
            "2026-11-22 06:00:00.123Z",
            "2026-11-22T06:00:00,123Z",
            "2026-11-22T06:00:00.123+",
            "2026-11-22T06:00:60.000Z",
            "2016-12-31T23:59:60.000Z",
            "2026-11-22T06:60:00.000Z",
            "2026-11-22T24:00:00.000Z",
            "2026-02-29T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z",
            "2026-01-00T00:00:00.000Z",
            "0000-01-01T00:00:00.000Z",
            "+026-01-01T00:00:00.000Z",
            "-026-01-01T00:00:00.000Z",
            " 2026-01-01T00:00:00.000",
            "２026-01-01T00:00:00.000Z",
        ] {
            assert!(bad.parse::<Time>().is_err(), "{bad}");
        }
        assert!(Time::from_millis(Time::MAX.millis() + 1).is_err());
        assert!(Time::from_millis(i64::MIN).is_err());
    }
}
