//! A record of the charter: since which entry it counts, and until which. Not here: what is recorded.

use serde::{Deserialize, Serialize};

use crate::values::time::Time;

/// A moment of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Index of the entry.
    pub index: u64,
    /// Its time.
    pub time: Time,
}

/// A record that begins with one entry and may end with another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held<T> {
    /// What is held.
    pub value: T,
    /// Since which entry.
    pub since: Moment,
    /// Until which entry.
    pub ended: Option<Moment>,
}

impl<T> Held<T> {
    pub(super) fn begin(value: T, since: Moment) -> Self {
        Self { value, since, ended: None }
    }

    /// Whether it counts for the entry at `index`: begun before it, not ended before it.
    pub fn counts_at(&self, index: u64) -> bool {
        self.since.index < index && self.ended.is_none_or(|ended| ended.index >= index)
    }

    /// Whether the ledger showed it in force at `at`.
    pub fn shown_at(&self, at: Time) -> bool {
        self.since.time <= at && self.ended.is_none_or(|ended| ended.time > at)
    }

    /// Whether it has not ended.
    pub fn in_force(&self) -> bool {
        self.ended.is_none()
    }
}

/// Ends a record that has not ended.
pub(super) fn end<T>(held: Option<&mut Held<T>>, moment: Moment) {
    if let Some(held) = held
        && held.ended.is_none()
    {
        held.ended = Some(moment);
    }
}
