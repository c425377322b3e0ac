//! What a test service has in the place of chance and time: a clock that is moved by hand, entropy that counts.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use vidimus::crypto::{Digest, Entropy};
use vidimus::values::time::{Clock, Time};

use super::FOUNDED;

/// A clock that stands until it is moved.
pub struct HandClock {
    wall: AtomicI64,
    boot: AtomicI64,
}

impl HandClock {
    /// At the founding.
    pub fn new() -> Self {
        let founded: Time = FOUNDED.parse().unwrap();
        Self { wall: AtomicI64::new(founded.millis()), boot: AtomicI64::new(0) }
    }

    /// Moves both hands.
    pub fn forward(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.wall.fetch_add(millis, Ordering::SeqCst);
        self.boot.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Time {
        Time::from_millis(self.wall.load(Ordering::SeqCst)).unwrap()
    }

    fn since_boot_millis(&self) -> i64 {
        self.boot.load(Ordering::SeqCst)
    }
}

/// SHA-256 of a counter: the same in every run.
#[derive(Default)]
pub struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let block = Digest::of(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            chunk.copy_from_slice(&block.0[..chunk.len()]);
        }
    }
}
