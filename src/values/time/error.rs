//! Why a time, a date or an offset was refused.

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
