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

impl TimeError {
    /// The sentence in Chinese; `Display` is the English one.
    pub fn zh(&self) -> String {
        match self {
            Self::Length { form, expected, found } => {
                format!("应为形如 {form} 的 {expected} 个字符,实有 {found} 个")
            }
            Self::Form { form, position } => format!("第 {} 个字符不合 {form} 的形式", position + 1),
            Self::NoSuchDay { year, month, day } => format!("没有 {year:04}-{month:02}-{day:02} 这一天"),
            Self::NoSuchTimeOfDay { hour, minute, second } => {
                format!("没有 {hour:02}:{minute:02}:{second:02} 这一时刻")
            }
            Self::Range { .. } => "不在公元 0001 年至 9999 年之间".to_owned(),
            Self::Offset { .. } => "不是与 UTC 的时差(最多 18:00,零写作 +00:00)".to_owned(),
        }
    }
}
