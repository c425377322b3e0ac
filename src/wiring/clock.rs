//! The machine's clocks. Not here: whether they are to be believed (`authority::clock_guard`).

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::values::time::{Clock, Time};

/// Counts sleep too, as law 0, section 7 asks; elsewhere than on Linux the nearest there is.
#[cfg(target_os = "linux")]
const SINCE_BOOT: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const SINCE_BOOT: ClockId = ClockId::Monotonic;

/// The wall clock and the time since boot of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis),
        };
        Time::from_millis(millis).unwrap_or(if millis < 0 { Time::MIN } else { Time::MAX })
    }

    fn since_boot_millis(&self) -> i64 {
        let reading = clock_gettime(SINCE_BOOT);
        reading.tv_sec.saturating_mul(1000).saturating_add(reading.tv_nsec / 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_hands_move_alike() {
        let before = (SystemClock.now(), SystemClock.since_boot_millis());
        std::thread::sleep(std::time::Duration::from_millis(30));
        let after = (SystemClock.now(), SystemClock.since_boot_millis());
        assert!(before.0 > "2026-01-01T00:00:00.000Z".parse().unwrap());
        let (wall, boot) = (after.0.since(before.0), after.1 - before.1);
        assert!(boot >= 29, "{boot}");
        assert!((wall - boot).abs() < 1_000, "{wall} {boot}");
    }
}
