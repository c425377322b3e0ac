//! Numbers, days and times as each language writes them. Not here: sentences, which stand in the templates.

pub use crate::values::figures::{number, span};
use crate::values::lang::Lang;
use crate::values::time::{Date, Time, UtcOffset};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day: `2026年11月22日`, `22 November 2026`.
pub fn day(lang: Lang, date: Date) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Lang::En => format!("{} {} {}", date.day(), month(date), date.year()),
    }
}

/// A day or a time for people, and for programs.
pub struct When {
    /// As the formats write it.
    pub iso: String,
    /// As the language writes it.
    pub text: String,
}

impl When {
    /// A day.
    pub fn day(lang: Lang, date: Date) -> Self {
        Self { iso: date.to_string(), text: day(lang, date) }
    }

    /// A time on the authority's clock; on that of UTC before there is an authority.
    pub fn time(lang: Lang, at: Time, offset: Option<UtcOffset>) -> Self {
        Self { iso: at.to_string(), text: time(lang, at, offset.unwrap_or(UtcOffset::UTC)) }
    }
}

/// Days in which a licence is said to end soon.
const SOON: u16 = 30;

/// How many days are left from today to a last day, 0 on that day itself; `None` if it is over, or not soon.
pub fn days_left(today: Date, last: Date) -> Option<u16> {
    let days = std::iter::successors(Some(today), |day| day.next());
    (0..=SOON).zip(days).find_map(|(left, day)| (day == last).then_some(left))
}

/// A day within a year: `11月22日`, `22 Nov`.
pub fn short_day(lang: Lang, date: Date) -> String {
    match lang {
        Lang::Zh => format!("{}月{}日", date.month(), date.day()),
        Lang::En => format!("{} {}", date.day(), month(date).get(..3).unwrap_or_default()),
    }
}

fn month(date: Date) -> &'static str {
    usize::try_from(date.month()).ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)).unwrap_or(&"")
}

/// A day that is written `YYYY-MM-DD`; whatever else stands there is left as it is.
pub fn written_day(lang: Lang, text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), |date| day(lang, date))
}

/// A time on the authority's clock, to the second: `2026年11月22日 14:00:00`.
fn time(lang: Lang, time: Time, offset: UtcOffset) -> String {
    format!("{} {}", day(lang, time.date(offset)), clock(time, offset))
}

/// Hours, minutes and seconds on the authority's clock.
fn clock(time: Time, offset: UtcOffset) -> String {
    let seconds = time.seconds().saturating_add(i64::from(offset.minutes()) * 60).rem_euclid(24 * 3600);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_soon_is_counted_to_its_last_day() {
        let left = |today: &str, last: &str| days_left(today.parse().unwrap(), last.parse().unwrap());
        assert_eq!(left("2026-11-22", "2026-11-22"), Some(0));
        assert_eq!(left("2026-11-22", "2026-12-22"), Some(30));
        assert_eq!(left("2026-11-22", "2026-12-23"), None);
        assert_eq!(left("2028-02-28", "2028-03-01"), Some(2));
        assert_eq!(left("2026-11-23", "2026-11-22"), None);
    }

    #[test]
    fn each_language_has_its_forms() {
        let time_: Time = "2026-11-22T20:05:09.999Z".parse().unwrap();
        let offset: UtcOffset = "+08:00".parse().unwrap();
        assert_eq!(time(Lang::Zh, time_, offset), "2026年11月23日 04:05:09");
        assert_eq!(time(Lang::En, time_, offset), "23 November 2026 04:05:09");
        assert_eq!(short_day(Lang::En, time_.date(offset)), "23 Nov");
        assert_eq!(written_day(Lang::Zh, "2018-05-01"), "2018年5月1日");
        assert_eq!(written_day(Lang::En, "some day"), "some day");
    }
}
