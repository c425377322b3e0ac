//! Times, calendar days and the authority's fixed offset (law 0, section 1).
//!
//! A [`Time`] is an instant with milliseconds, written as RFC 3339 in one form only; a [`Date`] is a calendar day
//! at an authority's [`UtcOffset`]. There is no time-zone database here, no leap second and no `now`: whoever needs
//! the present is handed it, or a [`Clock`], which wiring makes.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil;

/// Why a time, a date or an offset was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not as long as the only form there is.
    #[error("expected {expected} characters of the form {form}, found {found}")]
    Length {
        /// The form, digits standing for digits.
        form: &'static str,
        /// Characters of the form.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// A character that does not fit the form.
    #[error("character {position} does not fit the form {form}")]
    Form {
        /// The form, digits standing for digits.
        form: &'static str,
        /// Position of the first misfit, in bytes from 0.
        position: usize,
    },
    /// A day that is in no calendar; years are 0001 to 9999.
    #[error("there is no day {year:04}-{month:02}-{day:02}")]
    NoSuchDay {
        /// Year as written.
        year: i64,
        /// Month as written.
        month: i64,
        /// Day as written.
        day: i64,
    },
    /// A time of day past 23:59:59; a leap second is refused too.
    #[error("there is no time of day {hour:02}:{minute:02}:{second:02}")]
    NoSuchTimeOfDay {
        /// Hour as written.
        hour: i64,
        /// Minute as written.
        minute: i64,
        /// Second as written.
        second: i64,
    },
    /// Milliseconds outside the years 0001 to 9999.
    #[error("{millis} ms since 1970 lies outside the years 0001 to 9999")]
    Range {
        /// Milliseconds since the Unix epoch.
        millis: i64,
    },
    /// An offset of more than 18 hours, with 60 minutes or more, or written `-00:00`.
    #[error("{hours:02}:{minutes:02} is no offset from UTC (at most 18:00, and zero is +00:00)")]
    Offset {
        /// Hours as written, without the sign.
        hours: i64,
        /// Minutes as written.
        minutes: i64,
    },
}

const EPOCH: civil::DateTime = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
const MILLIS_PER_MINUTE: i64 = 60_000;
const MILLIS_PER_DAY: i64 = 86_400_000;

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
        Date(self.plus(offset.millis()).civil().date())
    }

    /// The clock reading at UTC. Every `Time` lies within jiff's range, so the addition cannot fail.
    fn civil(self) -> civil::DateTime {
        EPOCH.checked_add(SignedDuration::from_millis(self.0)).unwrap_or(EPOCH)
    }

    /// The instant of a clock reading at UTC, brought into range.
    fn at(reading: civil::DateTime, plus_millis: i64) -> Self {
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
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}.{:03}Z", Date(civil.date()), civil.millisecond())
    }
}

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

    /// The first instant of the day at `offset`: its local midnight. Stops at [`Time::MIN`].
    pub fn first_instant(self, offset: UtcOffset) -> Time {
        Time::at(self.midnight(), -offset.millis())
    }

    /// The first instant that is past the day at `offset`: the next local midnight, `exp` of a licence valid until
    /// this day. Stops at [`Time::MAX`].
    pub fn end(self, offset: UtcOffset) -> Time {
        Time::at(self.midnight(), MILLIS_PER_DAY - offset.millis())
    }

    fn midnight(self) -> civil::DateTime {
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

    fn millis(self) -> i64 {
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

/// Where the present comes from. Implemented in wiring and by tests; floors 0 to 4 take a [`Time`] instead.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Time;

    /// Milliseconds since boot, time asleep included (Linux `CLOCK_BOOTTIME`): what a wall clock that jumps is
    /// held against.
    fn since_boot_millis(&self) -> i64;
}

/// The numbers in `text`, which must have the given form: in it the digit `n` stands for a digit of the `n`th number,
/// any other character for itself.
fn numbers<const N: usize>(text: &str, form: &'static str) -> Result<[i64; N], TimeError> {
    if text.len() != form.len() {
        return Err(TimeError::Length { form, expected: form.len(), found: text.len() });
    }
    let mut numbers = [0; N];
    for (position, (found, wanted)) in text.bytes().zip(form.bytes()).enumerate() {
        let fits = if wanted.is_ascii_digit() { found.is_ascii_digit() } else { found == wanted };
        if !fits {
            return Err(TimeError::Form { form, position });
        }
        if let Some(number) = numbers.get_mut(usize::from(wanted.wrapping_sub(b'0'))) {
            *number = *number * 10 + i64::from(found - b'0');
        }
    }
    Ok(numbers)
}

/// Gives a type with `FromStr` and `Display` its serde form: that same text, through that same parser.
macro_rules! serde_as_text {
    ($($name:ident),+) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
pub(crate) use serde_as_text;

serde_as_text!(Time, Date, UtcOffset);

/// Shows the text in `Debug` too: a count of milliseconds helps nobody who reads a failed test.
macro_rules! debug_as_text {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    )+};
}

debug_as_text!(Time, Date, UtcOffset);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn errors_say_where() {
        assert_eq!(
            "2026-11-22t06:00:00.123Z".parse::<Time>(),
            Err(TimeError::Form { form: "0000-11-22T33:44:55.666Z", position: 10 })
        );
        assert_eq!("2026-02-30".parse::<Date>(), Err(TimeError::NoSuchDay { year: 2026, month: 2, day: 30 }));
        assert_eq!("+18:01".parse::<UtcOffset>(), Err(TimeError::Offset { hours: 18, minutes: 1 }));
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

    proptest! {
        #[test]
        fn text_and_milliseconds_agree(millis in Time::MIN.0..=Time::MAX.0, minutes in -1080_i16..=1080) {
            let instant = Time::from_millis(millis).unwrap();
            prop_assert_eq!(time(&instant.to_string()), instant);
            let json = serde_json::to_string(&instant).unwrap();
            prop_assert_eq!(serde_json::from_str::<Time>(&json).unwrap(), instant);
            let offset = UtcOffset { minutes };
            let date = instant.date(offset);
            prop_assert_eq!(date.to_string().parse::<Date>().unwrap(), date);
            prop_assert!(date.first_instant(offset) <= instant);
            prop_assert!(instant <= date.end(offset));
        }

        #[test]
        fn no_text_makes_the_parsers_stumble(text in "\\PC{0,30}") {
            if let Ok(time) = text.parse::<Time>() { prop_assert_eq!(time.to_string(), text.clone()); }
            if let Ok(date) = text.parse::<Date>() { prop_assert_eq!(date.to_string(), text.clone()); }
            if let Ok(offset) = text.parse::<UtcOffset>() { prop_assert_eq!(offset.to_string(), text); }
        }
    }
}
