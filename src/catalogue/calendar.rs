//! The working days of a year: Monday to Friday but for its exceptions, as data. The calendars built in are in
//! `schemas/calendars`; each says what it is and is not. Not here: which calendar counts, which the ledger says, and the
//! clock of a case.

use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::values::time::Date;

#[derive(RustEmbed)]
#[folder = "schemas/calendars"]
struct BuiltIn;

/// A year's calendar.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Which year.
    pub year: u16,
    /// The days that are not what their place in the week says, in order.
    pub exceptions: Vec<CalendarDay>,
}

/// A day that is not what its place in the week says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarDay {
    /// The day.
    pub date: Date,
    /// Whether it is worked.
    pub working: bool,
}

/// Why a calendar is refused; days are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not TOML of this form.
    #[error("{0}")]
    Form(String),
    /// A day of another year.
    #[error("{date} is not a day of {year}")]
    OtherYear {
        /// Where it stands.
        place: usize,
        /// The day.
        date: Date,
        /// The calendar's year.
        year: u16,
    },
    /// A day that stands twice, or before one that is later.
    #[error("{date} stands twice or out of order: exceptions are in the order of the days")]
    Order {
        /// Where it stands.
        place: usize,
        /// The day.
        date: Date,
    },
    /// A day that is what its place in the week says already.
    #[error("{date} is no exception: from Monday to Friday is worked, Saturday and Sunday are not")]
    NoException {
        /// Where it stands.
        place: usize,
        /// The day.
        date: Date,
    },
}

impl CalendarError {
    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Form(problem) => format!("格式不正确({problem})"),
            Self::OtherYear { date, year, .. } => format!("{date} 不是 {year} 年的日期"),
            Self::Order { date, .. } => format!("{date} 重复或顺序不对:例外日须按日期排列"),
            Self::NoException { date, .. } => {
                format!("{date} 不是例外:周一至周五本就上班,周六、周日本就休息")
            }
        }
    }

    /// Where the day at fault stands among the exceptions.
    pub fn place(&self) -> Option<usize> {
        match self {
            Self::Form(_) => None,
            Self::OtherYear { place, .. } | Self::Order { place, .. } | Self::NoException { place, .. } => {
                Some(*place)
            }
        }
    }
}

impl Calendar {
    /// The calendars built into the program, by year.
    pub fn built_in() -> Result<Vec<Self>, CalendarError> {
        let mut calendars = Vec::new();
        for path in BuiltIn::iter() {
            let bytes = BuiltIn::get(&path).map(|file| file.data.into_owned()).unwrap_or_default();
            let text = String::from_utf8(bytes).map_err(|error| CalendarError::Form(error.to_string()))?;
            calendars.push(Self::parse(&text)?);
        }
        calendars.sort_by_key(|calendar| calendar.year);
        Ok(calendars)
    }

    /// Reads a calendar's file.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let calendar: Self = toml::from_str(text).map_err(|error| CalendarError::Form(error.to_string()))?;
        calendar.check()?;
        Ok(calendar)
    }

    /// Whether its exceptions are exceptions, of its year and in order.
    pub fn check(&self) -> Result<(), CalendarError> {
        let mut before: Option<Date> = None;
        for (place, CalendarDay { date, working }) in self.exceptions.iter().copied().enumerate() {
            if u16::try_from(date.year()) != Ok(self.year) {
                return Err(CalendarError::OtherYear { place, date, year: self.year });
            }
            if before.is_some_and(|before| before >= date) {
                return Err(CalendarError::Order { place, date });
            }
            if working != date.is_weekend() {
                return Err(CalendarError::NoException { place, date });
            }
            before = Some(date);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_years_are_whole() {
        let calendars = Calendar::built_in().unwrap();
        assert_eq!(calendars.iter().map(|calendar| calendar.year).collect::<Vec<_>>(), [2026, 2027]);
        let working = |year: usize, day: &str| {
            let date: Date = day.parse().unwrap();
            let found = calendars[year].exceptions.iter().find(|exception| exception.date == date);
            found.map_or(!date.is_weekend(), |exception| exception.working)
        };
        for (day, expected) in [("2026-01-01", false), ("2026-01-04", true), ("2026-10-07", false)] {
            assert_eq!(working(0, day), expected, "{day}");
        }
        for (day, expected) in [("2027-02-08", false), ("2027-05-01", false), ("2027-06-09", false)] {
            assert_eq!(working(1, day), expected, "{day}");
        }
    }

    #[test]
    fn what_is_no_exception_is_refused_where_it_stands() {
        let of = |days: &[(&str, bool)]| {
            let day = |(date, working): &(&str, bool)| CalendarDay {
                date: date.parse().unwrap(),
                working: *working,
            };
            Calendar { year: 2026, exceptions: days.iter().map(day).collect() }.check()
        };
        assert_eq!(of(&[]), Ok(()));
        assert_eq!(of(&[("2026-01-01", false), ("2026-01-04", true)]), Ok(()));
        for (days, place, said) in [
            (vec![("2026-01-01", false), ("2027-01-01", false)], 1, "not a day of 2026"),
            (vec![("2026-01-02", false), ("2026-01-01", false)], 1, "out of order"),
            (vec![("2026-01-01", false), ("2026-01-01", false)], 1, "twice"),
            (vec![("2026-01-01", true)], 0, "no exception"),
            (vec![("2026-01-03", false)], 0, "no exception"),
        ] {
            let error = of(&days).unwrap_err();
            assert_eq!(error.place(), Some(place), "{error}");
            assert!(
                error.to_string().contains(said) && error.zh().contains("2026") | error.zh().contains("2027")
            );
        }
        let form = Calendar::parse("year = 2026\nexceptions = []\nholidays = 1").unwrap_err();
        assert!(form.to_string().contains("unknown field") && form.place().is_none(), "{form}");
    }
}
