//! Demands for proofs, counted for everybody to see: how many were refused because a licence proves it, by type, as the
//! counts of refusals in the ledger say it; and how many needs are recorded. The entries are gone through once and from
//! there on as they come. Not here: what is refused (`needs`), and how it gets into entries (`refusals`).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Authority;
use super::refusal::{Failure, Fault};
use super::store::Row;
use crate::law;
use crate::ledger::body::Body;
use crate::values::identifiers::Slug;
use crate::values::time::Time;

/// As problems and counts name it.
const ALREADY_PROVED: &str = "already-proved";
/// Rows that are read at once.
const PAGE: usize = 500;

/// What is known so far.
#[derive(Default)]
pub(super) struct DemandCounts {
    refused: Mutex<Refused>,
    /// Needs; `None` until they are counted.
    needs: Mutex<Option<u64>>,
}

#[derive(Default)]
struct Refused {
    /// The first entry that was not looked at.
    next: u64,
    from: Option<Time>,
    by_type: BTreeMap<Option<Slug>, u64>,
}

/// The open statistics of demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandStatistics {
    /// Demands refused by what proves them; `None` where several types did.
    pub refused: BTreeMap<Option<Slug>, u64>,
    /// From when on refusals were counted; `None` before the first count.
    pub from: Option<Time>,
    /// Up to when; what came later is not entered yet.
    pub until: Option<Time>,
    /// Needs that are recorded.
    pub needs: u64,
}

impl DemandCounts {
    /// The number of needs, held so that none is recorded uncounted.
    pub(super) fn needs(&self) -> MutexGuard<'_, Option<u64>> {
        self.needs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Authority {
    /// How many demands were refused as already proved, and how many needs there are.
    pub fn demand_statistics(&self) -> Result<DemandStatistics, Failure> {
        let published = self.window.published();
        let mut refused = self.demand_counts.refused.lock().unwrap_or_else(PoisonError::into_inner);
        self.count_refused(&mut refused, published.range.size())?;
        let (refused, from) = (refused.by_type.clone(), refused.from);
        Ok(DemandStatistics {
            refused,
            from,
            until: published.charter.counted_until(),
            needs: self.count_needs()?,
        })
    }

    /// Goes on through the entries that touch the charter, as counts do, up to the published size.
    fn count_refused(&self, refused: &mut Refused, size: u64) -> Result<(), Failure> {
        while refused.next < size {
            let after = refused.next.checked_sub(1).map(|index| Row::CharterEntry(index).key());
            let rows = self.store.scan(b"c", after.as_deref(), PAGE)?;
            if rows.is_empty() {
                refused.next = size;
            }
            for (key, _) in rows {
                let Some(Row::CharterEntry(index)) = Row::of_key(&key) else {
                    return Err(Fault::Damaged("the row of a charter's entry".into()).into());
                };
                if index >= size {
                    refused.next = size;
                    break;
                }
                refused.count(&self.entry(index)?)?;
                refused.next = index.saturating_add(1);
            }
        }
        Ok(())
    }

    fn count_needs(&self) -> Result<u64, Failure> {
        let mut known = self.demand_counts.needs();
        if let Some(count) = *known {
            return Ok(count);
        }
        let (mut count, mut after): (u64, Option<Vec<u8>>) = (0, None);
        loop {
            let rows = self.store.scan(b"n", after.as_deref(), PAGE)?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            count = count.saturating_add(u64::try_from(rows.len()).unwrap_or(u64::MAX));
        }
        *known = Some(count);
        Ok(count)
    }
}

impl Refused {
    fn count(&mut self, entry: &[u8]) -> Result<(), Failure> {
        let entry = law::read(entry).map_err(|error| Fault::Damaged(error.to_string()))?;
        let Body::RefusalsCounted(counted) = entry.body() else { return Ok(()) };
        self.from = self.from.or(Some(counted.from));
        for one in counted.counts.iter().filter(|one| one.reason.as_str() == ALREADY_PROVED) {
            let count = self.by_type.entry(one.r#type.clone()).or_default();
            *count = count.saturating_add(one.count);
        }
        Ok(())
    }
}
