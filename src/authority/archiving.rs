//! Putting away: full bundles, some way behind the head, go from the store into the archive, in order. Files first, durable and read back;
//! then one write takes their rows out and says how far it has come. So a kill at any point loses nothing, and what was done is done again.
//!
//! A bundle in which an entry touches the charter keeps its tile and the packs of such entries in the store: a start replays those, and
//! reads of the archive only the newest bundle, to see that it is there. Whatever keeps a file from being written (a full disk) stops
//! this, and nothing else. Not here: files (`archive`), and when it is done (`wiring`).

mod copying;

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Authority;
use super::archive::{Archive, FULL, archived};
use super::entries::{PACK, entries};
use super::store::{ARCHIVED, Row, Store, StoreError, Write};
use crate::merkle::TileId;
use crate::values::time::Time;
use copying::Copying;

/// How far it has come, in this process.
#[derive(Debug, Default)]
pub(super) struct Archiving {
    /// Held by whoever puts away.
    copying: Mutex<Copying>,
    known: Mutex<Known>,
}

#[derive(Debug, Clone, Default)]
struct Known {
    stopped: Option<String>,
    uncopied: u64,
    scrubbed: Option<Time>,
}

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PutAway {
    /// Bundles that were put away or copied.
    pub bundles: u64,
    /// Bundles that wait for the next step.
    pub behind: u64,
}

/// How it stands with the archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveCondition {
    /// Bundles that are put away.
    pub bundles: u64,
    /// Why no further one is, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Files that are missing or are not what they must be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
    /// Bundles of which there is no copy beside the journal yet, as far as is known.
    #[serde(default, skip_serializing_if = "is_none")]
    pub uncopied: u64,
    /// When the scrub last came to the end of a round in this process that the archive lacked nothing for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scrubbed: Option<Time>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Authority {
    /// Puts away up to `most` full bundles that lie at least `margin` entries behind what is published.
    pub fn put_away(&self, margin: u64, most: u64) -> Result<PutAway, StoreError> {
        let store = self.store.as_ref();
        let Some(archive) = store.archive() else { return Ok(PutAway::default()) };
        // Once writing has ended nobody knows what is on the disk: nothing is taken out.
        if store.ended().is_some() || self.window.halted().is_some() {
            return Ok(PutAway::default());
        }
        let mut copying = self.archiving.copying.lock().unwrap_or_else(PoisonError::into_inner);
        let full = self.window.published().range.size().saturating_sub(margin) / FULL;
        let done = self.put_some_away(archive, &mut copying, full, most);
        let mut known = self.archiving.known();
        known.stopped = done.as_ref().err().map(ToString::to_string);
        known.uncopied = copying.left(archived(store)?);
        if done.is_err() {
            metrics::counter!("vidimus_archive_failures_total").increment(1);
        }
        done
    }

    fn put_some_away(
        &self,
        archive: &Archive,
        copying: &mut Copying,
        full: u64,
        most: u64,
    ) -> Result<PutAway, StoreError> {
        let store = self.store.as_ref();
        let from = archived(store)?;
        let copied = copying.go_on(store, archive, from, most)?;
        let until = full.min(from.saturating_add(most.saturating_sub(copied))).max(from);
        for number in from..until {
            put_one_away(store, archive, number)?;
        }
        if until > from {
            let mut writes = vec![Write::set(Row::Single(ARCHIVED), until.to_be_bytes())];
            for number in from..until {
                writes.extend(taken_out(store, number)?);
            }
            store.put(writes)?;
            metrics::counter!("vidimus_archived_bundles_total").increment(until - from);
        }
        // What is lost is not waited for.
        let behind = full.saturating_sub(until) + copying.put_away(from, until);
        Ok(PutAway { bundles: copied + until - from, behind })
    }

    /// Notes that a step broke off by a mistake of this program's.
    pub fn note_broken_off(&self, why: &dyn std::fmt::Display) {
        self.archiving.known().stopped = Some(why.to_string());
        metrics::counter!("vidimus_archive_failures_total").increment(1);
    }

    /// How it stands with the archive, where there is one.
    pub(super) fn archive_condition(&self) -> Option<ArchiveCondition> {
        let mut condition = condition(self.store.as_ref())?;
        let known = self.archiving.known().clone();
        condition.stopped = known.stopped;
        condition.uncopied = known.uncopied;
        condition.scrubbed = known.scrubbed;
        Some(condition)
    }

    /// Notes that the scrub has come to the end of a round and has read everything.
    pub(super) fn note_scrubbed(&self) {
        let now = self.clock.now().ok();
        metrics::counter!("vidimus_scrub_rounds_total").increment(1);
        if let Some(now) = now {
            let seconds = now.millis() / 1000;
            metrics::gauge!("vidimus_scrub_finished_timestamp_seconds")
                .set(f64::from(u32::try_from(seconds).unwrap_or(u32::MAX)));
        }
        self.archiving.known().scrubbed = now;
    }
}

impl Archiving {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a store says of its archive by itself.
pub(super) fn condition(store: &dyn Store) -> Option<ArchiveCondition> {
    let lost = store.archive()?.lost().into_iter().map(|lost| lost.file).collect();
    let bundles = archived(store).unwrap_or_default();
    Some(ArchiveCondition { bundles, lost, ..ArchiveCondition::default() })
}

/// The newest bundle that was put away is there: one of an archive that is not mounted, or another's, would be missed too late.
pub(super) fn check_newest(store: &dyn Store) -> Result<(), StoreError> {
    match (archived(store)?.checked_sub(1), store.archive()) {
        (None, _) => Ok(()),
        (Some(newest), Some(archive)) => archive.bundle(store, newest).map(drop),
        (Some(newest), None) => {
            let why = "the store has no archive".to_owned();
            Err(StoreError::Archived { file: format!("bundle {newest}"), why })
        }
    }
}

fn put_one_away(store: &dyn Store, archive: &Archive, number: u64) -> Result<(), StoreError> {
    let first = number * FULL;
    let found = entries(store, first, first + FULL)?;
    archive.put_away(store, number, &found)
}

/// The rows of a bundle that go.
fn taken_out(store: &dyn Store, number: u64) -> Result<Vec<Write>, StoreError> {
    let first = number * FULL;
    let kept = charter_packs(store, first, first + FULL)?;
    let packs = (first / PACK..(first + FULL) / PACK).filter(|pack| !kept.contains(pack));
    let mut writes: Vec<Write> = packs.map(|pack| Write::remove(Row::Entries(pack))).collect();
    if kept.is_empty() {
        let tile = TileId::new(0, number).map_err(|error| StoreError::Unreadable(error.to_string()))?;
        writes.push(Write::remove(Row::Tile(tile)));
    }
    Ok(writes)
}

/// The packs of entries that touch the charter.
fn charter_packs(store: &dyn Store, first: u64, until: u64) -> Result<Vec<u64>, StoreError> {
    let after = first.checked_sub(1).map(|before| Row::CharterEntry(before).key());
    let rows = store.scan(b"c", after.as_deref(), usize::try_from(FULL).unwrap_or(usize::MAX))?;
    let mut packs: Vec<u64> = Vec::new();
    for (key, _) in rows {
        let Some(Row::CharterEntry(index)) = Row::of_key(&key) else {
            return Err(StoreError::Unreadable("a charter row".into()));
        };
        if index >= until {
            break;
        }
        packs.push(index / PACK);
    }
    packs.dedup();
    Ok(packs)
}
