//! When a witness that failed is asked again: counted in rounds, so that it needs no clock, and twice as many after each
//! failure, up to a limit.

/// Rounds that are passed over at most.
const MOST: u32 = 7;

/// The pace of one witness.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pace {
    failures: u32,
    left: u32,
}

impl Pace {
    /// A round begins: whether it is asked in this one.
    pub(super) fn due(&mut self) -> bool {
        let due = self.left == 0;
        self.left = self.left.saturating_sub(1);
        due
    }

    /// It cosigned.
    pub(super) fn answered(&mut self) {
        *self = Self::default();
    }

    /// It did not. How often it has not, one after the other.
    pub(super) fn failed(&mut self) -> u32 {
        self.left = 2_u32.saturating_pow(self.failures).saturating_sub(1).min(MOST);
        self.failures = self.failures.saturating_add(1);
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_is_asked_less_and_less_and_never_given_up() {
        let mut pace = Pace::default();
        let mut passed_over = || {
            let mut rounds = 0;
            while !pace.due() {
                rounds += 1;
            }
            pace.failed();
            rounds
        };
        assert_eq!([(); 7].map(|()| passed_over()), [0, 0, 1, 3, 7, 7, 7]);
        pace.answered();
        assert!(pace.due() && pace.due());
        for _ in 0..100 {
            pace.failed();
        }
        assert_eq!(pace.left, MOST);
    }
}
