//! The server's part of law 0, section 7: a wall clock that jumps stops the sequencer before anything is written.
//!
//! The wall clock is held against the time since boot, which nobody can set: from the start of the process both must
//! have moved alike, to 2 s. Not here: that entry times never decrease, which is the law's part and replayed by all.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::values::time::{Clock, Time};

/// A jump up to this is absorbed: the clock of entries waits, or goes on.
const ABSORBED_MILLIS: i64 = 2_000;
const MILLIS_PER_DAY: i64 = 86_400_000;

/// The clock cannot be trusted; nothing is written until the process is started again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockStepped {
    /// At start: more than `--clock-gap` after the last entry.
    #[error(
        "the clock says {now}, more than {limit_days} days after the last entry ({last}); \
         set the clock, or if it is right start once with --clock-gap {needed_days}d"
    )]
    Gap {
        /// The wall clock.
        now: Time,
        /// Time of the last entry.
        last: Time,
        /// The limit in whole days, rounded down.
        limit_days: i64,
        /// The limit that would let it start, in whole days.
        needed_days: i64,
    },
    /// Before the last entry, or before a time already given, by more than 2 s.
    #[error(
        "the clock says {now}, {millis} ms before the last time used ({last}); \
         set the clock, or wait until it has passed that time, and start again"
    )]
    Behind {
        /// The wall clock.
        now: Time,
        /// The last time used.
        last: Time,
        /// Milliseconds by which it is behind.
        millis: i64,
    },
    /// Stepped back while running, by more than 2 s of the time since boot.
    #[error(
        "the clock was stepped back by {millis} ms, to {now}, while the service ran; set it and start again"
    )]
    Back {
        /// The wall clock.
        now: Time,
        /// Milliseconds by which it is behind the time since boot.
        millis: i64,
    },
    /// Stepped forward while running, by more than 2 s of the time since boot.
    #[error(
        "the clock was stepped forward by {millis} ms, to {now}, while the service ran; set it and start again"
    )]
    Forward {
        /// The wall clock.
        now: Time,
        /// Milliseconds by which it is ahead of the time since boot.
        millis: i64,
    },
}

/// The one place the engine asks for the time. Its times never decrease; once it has refused it goes on refusing.
pub struct ClockGuard {
    clock: Arc<dyn Clock>,
    /// Wall clock less time since boot, at the start of the process.
    baseline: i64,
    course: Mutex<Course>,
}

struct Course {
    last: Time,
    stopped: Option<ClockStepped>,
}

impl ClockGuard {
    /// Takes the bearings at the start of the process; refused if the clock lies more than 2 s before `last_entry` or
    /// more than `gap_limit` after it. Without an entry there is nothing to disagree with.
    pub fn new(
        clock: Arc<dyn Clock>,
        last_entry: Option<Time>,
        gap_limit: Duration,
    ) -> Result<Self, ClockStepped> {
        let now = clock.now();
        let last = last_entry.unwrap_or(now);
        let limit = i64::try_from(gap_limit.as_millis()).unwrap_or(i64::MAX);
        let gap = now.since(last);
        if gap > limit {
            let (limit_days, needed_days) = (limit / MILLIS_PER_DAY, gap / MILLIS_PER_DAY + 1);
            return Err(ClockStepped::Gap { now, last, limit_days, needed_days });
        }
        not_behind(now, last)?;
        let baseline = now.millis() - clock.since_boot_millis();
        Ok(Self { clock, baseline, course: Mutex::new(Course { last: now.max(last), stopped: None }) })
    }

    /// The present, never before a time given earlier.
    pub fn now(&self) -> Result<Time, ClockStepped> {
        let mut course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stopped) = &course.stopped {
            return Err(stopped.clone());
        }
        match self.read(course.last) {
            Ok(now) => {
                course.last = now.max(course.last);
                Ok(course.last)
            }
            Err(stepped) => {
                course.stopped = Some(stepped.clone());
                Err(stepped)
            }
        }
    }

    /// The wall clock, if it has moved as the time since boot has.
    fn read(&self, last: Time) -> Result<Time, ClockStepped> {
        let now = self.clock.now();
        let ahead = now.millis() - self.clock.since_boot_millis() - self.baseline;
        if ahead > ABSORBED_MILLIS {
            return Err(ClockStepped::Forward { now, millis: ahead });
        }
        if ahead < -ABSORBED_MILLIS {
            return Err(ClockStepped::Back { now, millis: -ahead });
        }
        not_behind(now, last)?;
        Ok(now)
    }
}

fn not_behind(now: Time, last: Time) -> Result<(), ClockStepped> {
    let millis = last.since(now);
    if millis > ABSORBED_MILLIS { Err(ClockStepped::Behind { now, last, millis }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    /// A clock with both hands free.
    struct Settable {
        wall: AtomicI64,
        boot: AtomicI64,
    }

    impl Settable {
        fn at(text: &str) -> Arc<Self> {
            Arc::new(Self { wall: AtomicI64::new(time(text).millis()), boot: AtomicI64::new(77_000) })
        }
        fn pass(&self, millis: i64) {
            self.step(millis);
            self.boot.fetch_add(millis, Ordering::Relaxed);
        }
        fn step(&self, millis: i64) {
            self.wall.fetch_add(millis, Ordering::Relaxed);
        }
    }

    impl Clock for Settable {
        fn now(&self) -> Time {
            Time::from_millis(self.wall.load(Ordering::Relaxed)).unwrap()
        }
        fn since_boot_millis(&self) -> i64 {
            self.boot.load(Ordering::Relaxed)
        }
    }

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn guard(clock: &Arc<Settable>, last: Option<&str>) -> Result<ClockGuard, ClockStepped> {
        ClockGuard::new(clock.clone(), last.map(time), 30 * DAY)
    }

    const NOON: &str = "2026-11-22T12:00:00.000Z";

    #[test]
    fn time_passes() {
        let clock = Settable::at(NOON);
        let guard = guard(&clock, None).unwrap();
        assert_eq!(guard.now(), Ok(time(NOON)));
        clock.pass(90 * 86_400_000);
        assert_eq!(guard.now(), Ok(time(NOON).plus(90 * 86_400_000)));
    }

    #[test]
    fn a_small_step_back_is_waited_out() {
        let clock = Settable::at(NOON);
        let guard = guard(&clock, None).unwrap();
        clock.pass(5_000);
        assert_eq!(guard.now(), Ok(time(NOON).plus(5_000)));
        clock.step(-2_000);
        assert_eq!(guard.now(), Ok(time(NOON).plus(5_000)));
        clock.pass(1_500);
        assert_eq!(guard.now(), Ok(time(NOON).plus(5_000)));
        clock.pass(1_000);
        assert_eq!(guard.now(), Ok(time(NOON).plus(5_500)));
        clock.step(-1);
        assert!(matches!(guard.now(), Err(ClockStepped::Back { millis: 2_001, .. })));
    }

    #[test]
    fn a_step_back_is_seen_even_when_no_time_was_given_meanwhile() {
        let clock = Settable::at(NOON);
        let guard = guard(&clock, None).unwrap();
        clock.pass(3_600_000);
        clock.step(-600_000);
        assert!(matches!(guard.now(), Err(ClockStepped::Back { millis: 600_000, .. })));
    }

    #[test]
    fn a_step_forward_stops_until_the_next_start() {
        let clock = Settable::at(NOON);
        let first = guard(&clock, None).unwrap();
        clock.step(2_000);
        assert_eq!(first.now(), Ok(time(NOON).plus(2_000)));
        clock.step(1);
        let stopped = first.now().unwrap_err();
        assert_eq!(stopped, ClockStepped::Forward { now: time(NOON).plus(2_001), millis: 2_001 });
        assert!(stopped.to_string().contains("start again"));
        clock.step(-2_001);
        assert_eq!(first.now(), Err(stopped), "what it refused once it goes on refusing");
        clock.step(60_000);
        assert_eq!(guard(&clock, Some(NOON)).unwrap().now(), Ok(time(NOON).plus(60_000)));
    }

    #[test]
    fn the_start_is_held_against_the_last_entry() {
        let clock = Settable::at(NOON);
        assert!(guard(&clock, Some("2026-10-23T12:00:00.000Z")).is_ok(), "30 days to the millisecond");
        let refused = guard(&clock, Some("2026-10-23T11:59:59.999Z")).err().unwrap();
        assert!(matches!(refused, ClockStepped::Gap { limit_days: 30, needed_days: 31, .. }));
        assert!(refused.to_string().contains("--clock-gap 31d"));
        assert!(ClockGuard::new(clock.clone(), Some(time("2026-10-23T11:59:59.999Z")), 31 * DAY).is_ok());

        let ahead = guard(&clock, Some("2026-11-22T12:00:02.000Z")).unwrap();
        assert_eq!(ahead.now(), Ok(time("2026-11-22T12:00:02.000Z")), "never before the last entry");
        let refused = guard(&clock, Some("2026-11-22T12:00:02.001Z")).err().unwrap();
        assert!(matches!(refused, ClockStepped::Behind { millis: 2_001, .. }));
    }

    #[test]
    fn small_steps_do_not_add_up_unseen() {
        let clock = Settable::at(NOON);
        let guard = guard(&clock, None).unwrap();
        clock.step(1_500);
        assert!(guard.now().is_ok());
        clock.step(1_500);
        assert!(matches!(guard.now(), Err(ClockStepped::Forward { millis: 3_000, .. })));
    }
}
