//! What the store may do when there is time: put rows that are no longer written where they take less. Not here: which rows, and where (`store`).

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

use super::Authority;
use super::store::{Settled, StoreError};

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct Settling(Mutex<Option<String>>);

impl Settling {
    fn stop(&self, why: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Why the last step put nothing there, if so.
    pub(super) fn stopped(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Authority {
    /// One step of it; some milliseconds of work, and as many of the disk.
    pub fn settle(&self) -> Result<Settled, StoreError> {
        let step = self.store.settle();
        self.settling.stop(step.as_ref().err().map(ToString::to_string));
        metrics::counter!("vidimus_settled_rows_total").increment(step.as_ref().map_or(0, |done| done.rows));
        step
    }

    /// Notes that a step broke off by a mistake of this program's.
    pub fn note_unsettled(&self, why: &dyn Display) {
        self.settling.stop(Some(why.to_string()));
    }
}
