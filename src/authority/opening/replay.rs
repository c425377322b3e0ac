//! The state from the stored entries: the charter from those that touch it, and every entry beyond the signed head,
//! each judged by the law against the state just before it.

use super::OpenError;
use crate::authority::before::{ViewBefore, node};
use crate::authority::entries::entry;
use crate::authority::head::reread;
use crate::authority::status::Statuses;
use crate::authority::store::{Store, StoreError};
use crate::law;
use crate::ledger::entry::leaf_hash;
use crate::ledger::state::Charter;
use crate::merkle::{Hash, Range};

/// The charter, by the law, from the entries that touch it; and beyond the signed head every entry.
pub(super) fn replay(store: &dyn Store, signed: Range, size: u64) -> Result<(Charter, Range), OpenError> {
    let mut charter = Charter::default();
    // Entries of the charter take no places; beyond the signed head each is judged over what was taken before it.
    let mut statuses =
        if size > signed.size() { Statuses::load(store, signed.size())? } else { Statuses::default() };
    let mut applied = Vec::new();
    let mut indexes = Vec::new();
    let mut step = |index: u64, charter: &mut Charter, range: Option<&Range>| -> Result<(), OpenError> {
        let wrong = |why: String| OpenError::Entry { index, why };
        let bytes = entry(store, index)?.ok_or_else(|| wrong("is missing".into()))?;
        let leaf = Hash(leaf_hash(&bytes).0);
        if node(store, 0, index) != Some(leaf) {
            return Err(wrong("is not what the tree holds".into()));
        }
        let entry = law::read(&bytes).map_err(|error| wrong(error.to_string()))?;
        charter.skip_to(index, charter.time());
        let view = ViewBefore { store, charter, range, index, statuses: Some(&statuses) };
        let one = law::apply(&view, &entry).map_err(|refused| match refused {
            law::Refused::UnknownLaw(version) => OpenError::UnknownLaw(version),
            other => wrong(other.to_string()),
        })?;
        charter.absorb(one.pending());
        statuses.take(index + 1, &one.pending().statuses);
        applied.push(one);
        indexes.push(index);
        Ok(())
    };
    let mut after: Option<Vec<u8>> = None;
    'rows: loop {
        let rows = store.scan(b"c", after.as_deref(), 256)?;
        let Some((last, _)) = rows.last() else { break };
        after = Some(last.clone());
        for (key, _) in rows {
            let index = index_of(&key).ok_or_else(|| StoreError::Unreadable("a charter row".into()))?;
            if index >= signed.size() {
                break 'rows;
            }
            step(index, &mut charter, None)?;
        }
    }
    let mut range = signed;
    for index in range.size()..size {
        step(index, &mut charter, Some(&range))?;
        range = reread(store, &range, index + 1)?;
    }
    law::discharge(applied).map_err(|(place, violation)| OpenError::Entry {
        index: indexes.get(place).copied().unwrap_or(0),
        why: violation.to_string(),
    })?;
    charter.skip_to(size, store.head()?.time);
    Ok((charter, range))
}

/// The right edge at `size`, from the stored tiles.
pub(super) fn range_at(store: &dyn Store, size: u64) -> Result<Range, OpenError> {
    let mut parts = Vec::new();
    let mut start = 0_u64;
    for level in (0..64_u8).rev() {
        if size >> level & 1 == 1 {
            let index = start >> level;
            let part = node(store, level, index).ok_or_else(|| {
                StoreError::Unreadable(format!("a tile over entry {start} is missing or damaged"))
            })?;
            parts.push(part);
            start += 1 << level;
        }
    }
    Range::from_parts(size, parts).map_err(|error| StoreError::Unreadable(error.to_string()).into())
}

fn index_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.strip_prefix(b"c")?.try_into().ok()?))
}
