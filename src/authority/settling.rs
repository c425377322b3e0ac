//! What the store may do when there is time: put rows that are no longer written where they take less. Not here: which rows, and where (`store`).

use super::Authority;
use super::store::{Settled, StoreError};

impl Authority {
    /// One step of it; some milliseconds of work, and as many of the disk.
    pub fn settle(&self) -> Result<Settled, StoreError> {
        let settled = self.store.settle()?;
        metrics::counter!("vidimus_settled_rows_total").increment(settled.rows);
        Ok(settled)
    }
}
