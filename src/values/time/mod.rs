//! Times, calendar days and the authority's fixed offset (law 0, section 1).
//!
//! A [`Time`] is an instant with milliseconds, written as RFC 3339 in one form only; a [`Date`] is a calendar day
//! at an authority's [`UtcOffset`]. There is no time-zone database here, no leap second and no `now`: whoever needs
//! the present is handed it, or a [`Clock`], which wiring makes.

mod date;
mod error;
mod form;
mod instant;
mod offset;

pub use date::Date;
pub use error::TimeError;
pub use instant::Time;
pub use offset::UtcOffset;

/// Where the present comes from. Implemented in wiring and by tests; floors 0 to 4 take a [`Time`] instead.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Time;

    /// Milliseconds since boot, time asleep included (Linux `CLOCK_BOOTTIME`): what a wall clock that jumps is
    /// held against.
    fn since_boot_millis(&self) -> i64;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_milliseconds_agree(millis in Time::MIN.millis()..=Time::MAX.millis(), minutes in -1080_i16..=1080) {
            let instant = Time::from_millis(millis).unwrap();
            prop_assert_eq!(instant.to_string().parse::<Time>().unwrap(), instant);
            let json = serde_json::to_string(&instant).unwrap();
            prop_assert_eq!(serde_json::from_str::<Time>(&json).unwrap(), instant);
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.abs();
            let offset: UtcOffset = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60).parse().unwrap();
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
