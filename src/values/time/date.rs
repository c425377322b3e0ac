//! A calendar day. Which instants it spans depends on an offset.

use std::fmt;
use std::str::FromStr;

use jiff::civil;

use super::form::numbers;
use super::{Time, TimeError, UtcOffset};
use crate::values::text::{debug_as_text, serde_as_text};

const MILLIS_PER_DAY: i64 = 86_400_000;

/// A calendar day, `YYYY-MM-DD`, years 0001 to 9999. Which instants it spans depends on an offset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// The day of that year (1 to 9999), month (from 1) and day (from 1).
    pub fn new(year: i64, month: i64, day: i64) -> Result<Self, TimeError> {
        let refused = TimeError::NoSuchDay { year, month, day };
        let (Ok(y), Ok(m), Ok(d)) = (i16::try_from(year), i8::try_from(month), i8::try_from(day)) else {
            return Err(refused);
        };
        if y < 1 {
            return Err(refused);
        }
        civil::Date::new(y, m, d).map(Self).map_err(|_| refused)
    }

    /// The day that jiff means; only of instants, whose years are 0001 to 9999.
    pub(super) fn of(day: civil::Date) -> Self {
        Self(day)
    }

    /// Year, 1 to 9999.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// Month, 1 to 12.
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// Day of the month, 1 to 31.
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// The day after; none after 9999-12-31.
    pub fn next(self) -> Option<Self> {
        self.0.tomorrow().ok().map(Self)
    }

    /// Whether it is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self.0.weekday(), civil::Weekday::Saturday | civil::Weekday::Sunday)
    }

    /// The first instant of the day at `offset`: its local midnight. Stops at [`Time::MIN`].
    pub fn first_instant(self, offset: UtcOffset) -> Time {
        Time::at(self.midnight(), -offset.millis())
    }

    /// The first instant that is past the day at `offset`: the next local midnight, `exp` of a licence valid until
    /// this day. Stops at [`Time::MAX`].
    pub fn end(self, offset: UtcOffset) -> Time {
        Time::at(self.midnight(), MILLIS_PER_DAY - offset.millis())
    }

    /// The reading of the clock at UTC when the day begins there.
    pub(super) fn midnight(self) -> civil::DateTime {
        self.0.to_datetime(civil::Time::midnight())
    }
}

impl FromStr for Date {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let [year, month, day] = numbers(text, "0000-11-22")?;
        Self::new(year, month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

serde_as_text!(Date);
debug_as_text!(Date);

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_spans_its_local_midnights() {
        let offset: UtcOffset = "+08:00".parse().unwrap();
        let leap: Date = "2028-02-29".parse().unwrap();
        assert_eq!(leap.first_instant(offset), time("2028-02-28T16:00:00.000Z"));
        assert_eq!(leap.end(offset), time("2028-02-29T16:00:00.000Z"));
        assert_eq!(leap.end(offset).plus(-1).date(offset), leap);
        assert_eq!(leap.end(offset).date(offset), leap.next().unwrap());
        assert_eq!(leap.next().unwrap().to_string(), "2028-03-01");
        assert_eq!((leap.year(), leap.month(), leap.day()), (2028, 2, 29));
        assert_eq!(time("2026-12-31T16:00:00.000Z").date(offset).to_string(), "2027-01-01");
        for bad in
            ["2026-02-29", "2100-02-29", "26-01-01", "2026-1-01", "2026/01/01", "2026-01-01 ", "0000-01-01"]
        {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_hold() {
        let last: Date = "9999-12-31".parse().unwrap();
        let (east, west): (UtcOffset, UtcOffset) = ("+08:00".parse().unwrap(), "-08:00".parse().unwrap());
        assert_eq!(last.next(), None);
        assert_eq!(last.end(east), time("9999-12-31T16:00:00.000Z"));
        assert_eq!(last.end(west), Time::MAX);
        assert_eq!(Time::MAX.date(east), last);
        assert_eq!(Time::MIN.date(west).to_string(), "0001-01-01");
        assert_eq!(Time::MAX.plus(i64::MAX), Time::MAX);
        assert_eq!(Time::MIN.plus(i64::MIN), Time::MIN);
    }
}
