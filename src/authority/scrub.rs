//! The scrub: what is stored is read again, slowly and without end, so that damage is found before somebody needs what it
//! hit. The tiles above level 0 make the root that is published; entries are re-hashed against the tiles and tiles against those below them; what entries make (a licence's state,
//! its place, a charter row) is there and says the same; so is the frame of every draft; every other row is read, which
//! checks the store's own sums. What lies in the archive is read afresh from its files; one that does not hold is put back from a copy, or
//! told, and the round goes on: nothing is ever answered from it.
//!
//! A row that cannot be read ends writing, and who needs it is told so. A row that can be read and is wrong, or that is
//! not there, would be a wrong answer: the service must not go on over it ([`ScrubFault::Wrong`]). Not here: whether the
//! law was kept, which `audit replay` says; what happens then (`cli`).

use super::Authority;
use super::archive::{archived, hash_over};
use super::blocks::{BLOCK, handles, places};
use super::cards::card;
use super::cases::case;
use super::content::content;
use super::entries::entries;
use super::grants::licence;
use super::store::{Row, Store, StoreError};
use super::tiles::stored;
use super::vault::has_frame;
use crate::crypto::Digest;
use crate::law;
use crate::ledger::body::{Body, CardNumber, CaseId, StatusPlace, Subject};
use crate::ledger::entry::{Entry, leaf_hash};
use crate::ledger::state::{CardStep, LicenceState};
use crate::merkle::{Hash, Range, TileId, Width};
use crate::values::identifiers::Handle;

/// Entries under one tile.
const WIDE: u64 = 256;
/// Rows looked at in one step.
const ROWS: usize = 128;

/// What is wrong with what is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScrubFault {
    /// It cannot be read, or writing has ended for another reason: what is stored is known after a restart.
    #[error(transparent)]
    Unreadable(#[from] StoreError),
    /// It can be read, and is not what was written.
    #[error("{what} is not what was written")]
    Wrong {
        /// What.
        what: String,
    },
}

/// How far a round has come. A round looks at everything below the size that was published when it began, the newest
/// entries first: they are the likeliest to be hit, and nobody has read them since.
#[derive(Debug, Clone, Default)]
pub struct Scrub {
    range: Range,
    at: Place,
    /// Whether something was passed over that the archive did not give.
    lacking: bool,
}

#[derive(Debug, Clone, Default)]
enum Place {
    /// A round begins.
    #[default]
    Begin,
    /// Tiles of this level below this number, against what stands over them: from the root down, so that files are held against what is right.
    Over(u8, u64),
    /// Tiles of this level below this number, against what lies under them, and for level 0 the entries under them.
    Tiles(u8, u64),
    /// Rows after this key.
    Rows(Vec<u8>),
}

impl Authority {
    /// Looks at a little more; whether a round is over.
    ///
    /// Once writing has ended, what is in memory may be half of a commit that failed: nothing is said of it any more.
    pub fn scrub(&self, scrub: &mut Scrub) -> Result<bool, ScrubFault> {
        let found = self.look(scrub);
        match (found, self.store.ended().or_else(|| self.window.halted().map(str::to_owned))) {
            (Ok(over), None) => Ok(over),
            (Err(fault @ ScrubFault::Unreadable(StoreError::Busy(_))), None) => Err(fault),
            // A row that the store could read, in bytes that are nobody's.
            (Err(ScrubFault::Unreadable(error)), None) => Err(wrong(error.to_string())),
            (Err(fault), None) => Err(fault),
            (_, Some(why)) => Err(ScrubFault::Unreadable(StoreError::Ended(why))),
        }
    }

    fn look(&self, scrub: &mut Scrub) -> Result<bool, ScrubFault> {
        let store = self.store.as_ref();
        scrub.at = match std::mem::take(&mut scrub.at) {
            Place::Begin => {
                let range = self.window.published().range.clone();
                let top = (0..8).rev().find(|level| tiles(range.size(), *level) > 0).unwrap_or(0);
                (scrub.range, scrub.lacking) = (range, false);
                Place::Over(top, tiles(scrub.range.size(), top))
            }
            Place::Over(0, _) => Place::Tiles(0, tiles(scrub.range.size(), 0)),
            Place::Over(level, 0) => Place::Over(level - 1, tiles(scrub.range.size(), level - 1)),
            Place::Over(level, below) => {
                makes_what_is_over(store, &scrub.range, level, below - 1)?;
                Place::Over(level, below - 1)
            }
            Place::Tiles(level, 0) => match tiles(scrub.range.size(), level + 1) {
                0 => Place::Rows(Vec::new()),
                above => Place::Tiles(level + 1, above),
            },
            Place::Tiles(level, below) => {
                match tile(store, scrub.range.size(), level, below - 1) {
                    // Told where it was found, and answered by nobody.
                    Err(ScrubFault::Unreadable(StoreError::Archived { .. } | StoreError::Unarchived(_))) => {
                        scrub.lacking = true;
                    }
                    looked => looked?,
                }
                Place::Tiles(level, below - 1)
            }
            Place::Rows(after) => match rows(store, &after)? {
                Some(last) => Place::Rows(last),
                None => {
                    if !scrub.lacking {
                        self.note_scrubbed();
                    }
                    return Ok(true);
                }
            },
        };
        Ok(false)
    }
}

/// How many tiles of a level a tree of this size has, the partial one with them.
fn tiles(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level) * 8).unwrap_or(0).div_ceil(WIDE)
}

/// One tile from level 1 on: a full one makes the hash that stands for it in the tile above, the last one what is published.
fn makes_what_is_over(store: &dyn Store, range: &Range, level: u8, number: u64) -> Result<(), ScrubFault> {
    let name = || wrong(format!("tile {number} of level {level}"));
    let id = TileId::new(level, number).map_err(|_| name())?;
    let hashes = |level: u32| range.size().checked_shr(level * 8).unwrap_or(0);
    let count = hashes(level.into()).saturating_sub(number * WIDE).min(WIDE);
    let width = Width::new(usize::try_from(count).unwrap_or(usize::MAX)).map_err(|_| name())?;
    let mut made = Range::new();
    for hash in stored(store, id, width)?.ok_or_else(name)?.into_iter().take(width.count()) {
        made.push(hash);
    }
    let holds = if width == Width::FULL {
        hash_over(store, id)? == made.root()
    } else {
        // The roots of its subtrees are those of the published tree that are as large.
        let larger = hashes(u32::from(level) + 1).count_ones();
        let own = range.parts().iter().skip(usize::try_from(larger).unwrap_or(usize::MAX));
        own.take(made.parts().len()).eq(made.parts())
    };
    holds.then_some(()).ok_or_else(name)
}

/// One tile: its hashes are those of what lies under it.
fn tile(store: &dyn Store, size: u64, level: u8, number: u64) -> Result<(), ScrubFault> {
    let hashes = size.checked_shr(u32::from(level) * 8).unwrap_or(0);
    let first = number * WIDE;
    let last = hashes.min(first + WIDE);
    let name = || format!("tile {number} of level {level}");
    let id = TileId::new(level, number).map_err(|_| wrong(name()))?;
    mend(store, id)?;
    let mut made = Vec::new();
    if level == 0 {
        for (index, bytes) in (first..last).zip(entries(store, first, last)?) {
            made.push(entry(store, index, &bytes)?);
        }
        if let Some(index) = (first..last).nth(made.len()) {
            return Err(wrong(format!("entry {index}")));
        }
    } else {
        for index in first..last {
            made.push(above(store, level - 1, index)?);
        }
    }
    let width = Width::new(made.len()).map_err(|_| wrong(name()))?;
    match stored(store, id, width)? {
        // What was appended since the round began stands behind.
        Some(found) if found.starts_with(&made) => Ok(()),
        _ => Err(wrong(name())),
    }
}

/// The files of a tile, if it was put away.
fn mend(store: &dyn Store, tile: TileId) -> Result<(), StoreError> {
    let bundles = WIDE.saturating_pow(tile.level().into());
    let ends = (tile.index() + 1).saturating_mul(bundles);
    match store.archive() {
        Some(archive) if ends <= archived(store)? => archive.mend(store, tile),
        _ => Ok(()),
    }
}

/// The hash of a whole tile, which stands in the one above.
fn above(store: &dyn Store, level: u8, number: u64) -> Result<Hash, ScrubFault> {
    let name = || format!("tile {number} of level {level}");
    let id = TileId::new(level, number).map_err(|_| wrong(name()))?;
    let whole = Width::new(256).map_err(|_| wrong(name()))?;
    let mut range = Range::default();
    for hash in stored(store, id, whole)?.ok_or_else(|| wrong(name()))? {
        range.push(hash);
    }
    Ok(range.root())
}

/// One entry, what it makes, and its leaf hash.
fn entry(store: &dyn Store, index: u64, bytes: &[u8]) -> Result<Hash, ScrubFault> {
    let entry = law::read(bytes).map_err(|_| wrong(format!("entry {index}")))?;
    let leaf = leaf_hash(bytes);
    match entry.body().subject() {
        Subject::Licence(handle) => {
            of_licence(store, index, &entry, &handle, leaf)?;
            if let Body::LicenceIssued(issued) = entry.body() {
                if let Some(replaces) = &issued.replaces {
                    event_of(store, index, &replaces.handle, leaf)?;
                }
                issued.case.map_or(Ok(()), |case| step_of(store, index, &case.handle, leaf))?;
            }
        }
        Subject::Case(case) => step_of(store, index, &case, leaf)?,
        Subject::Card(card) => step_about(store, index, card, leaf)?,
        Subject::Content(number) => {
            let known = content(store, number)?;
            let same = known.is_some_and(|known| known.index == index && known.last == leaf);
            let what = || wrong(format!("what entry {index} found about content"));
            same.then_some(()).ok_or_else(what)?;
        }
        _ => charter_row(store, index)?,
    }
    Ok(Hash(leaf.0))
}

/// What an entry about a licence makes.
fn of_licence(
    store: &dyn Store,
    index: u64,
    entry: &Entry,
    handle: &Handle,
    leaf: Digest,
) -> Result<(), ScrubFault> {
    let known = event_of(store, index, handle, leaf)?;
    if !matches!(entry.body(), Body::LicenceIssued(_) | Body::LicenceRecorded(_)) {
        return Ok(());
    }
    let block = index / BLOCK;
    let own = store.get(&Row::Own(known.department.clone(), block))?.unwrap_or_default();
    if !handles(&own)?.contains(handle) {
        return Err(wrong(format!("the department's row of licence {handle}")));
    }
    let began = known.first().map(|event| event.standing.status_value());
    let taken = store.get(&Row::Places(block))?.unwrap_or_default();
    let set = |(at, place, value): (u64, StatusPlace, u8)| {
        at == index && place == known.status && Some(value) == began
    };
    if places(block, &taken)?.into_iter().any(set) {
        return Ok(());
    }
    let StatusPlace { index, list } = known.status;
    Err(wrong(format!("place {index} of status list {list}")))
}

/// The state of a licence, to which this entry belongs.
fn event_of(
    store: &dyn Store,
    index: u64,
    handle: &Handle,
    leaf: Digest,
) -> Result<LicenceState, ScrubFault> {
    let known = licence(store, handle)?;
    let known = known.filter(|known| {
        let last = known.events.last().is_some_and(|event| event.index == index);
        known.events.iter().any(|event| event.index == index) && (!last || known.last == leaf)
    });
    known.ok_or_else(|| wrong(format!("the state of licence {handle}, of which entry {index} tells,")))
}

/// The state of a case has the step of this entry.
fn step_of(store: &dyn Store, index: u64, of: &CaseId, leaf: Digest) -> Result<(), ScrubFault> {
    let known = case(store, of)?.filter(|known| {
        let last = known.events.last().is_some_and(|event| event.index == index);
        known.events.iter().any(|event| event.index == index) && (!last || known.last == leaf)
    });
    known.map(drop).ok_or_else(|| wrong(format!("the state of case {of}, of which entry {index} tells,")))
}

/// The state of a card has the step of this entry; what it stops, or lets go on, stands in the charter too.
fn step_about(store: &dyn Store, index: u64, of: CardNumber, leaf: Digest) -> Result<(), ScrubFault> {
    let known = card(store, of)?.filter(|known| {
        let last = known.events.last().is_some_and(|event| event.index == index);
        known.events.iter().any(|event| event.index == index) && (!last || known.last == leaf)
    });
    let known =
        known.ok_or_else(|| wrong(format!("the state of card {of}, of which entry {index} tells,")))?;
    let step = known.events.iter().find(|event| event.index == index).map(|event| event.step);
    match step {
        Some(CardStep::Raised | CardStep::Released(_)) if known.stops => charter_row(store, index),
        _ => Ok(()),
    }
}

/// The row of an entry that touches the charter.
fn charter_row(store: &dyn Store, index: u64) -> Result<(), ScrubFault> {
    let row = store.get(&Row::CharterEntry(index))?;
    row.map(drop).ok_or_else(|| wrong(format!("the charter's row of entry {index}")))
}

/// Some rows after a key; the last of them.
fn rows(store: &dyn Store, after: &[u8]) -> Result<Option<Vec<u8>>, ScrubFault> {
    let found = store.scan(b"", Some(after).filter(|after| !after.is_empty()), ROWS)?;
    for (key, value) in &found {
        match Row::of_key(key) {
            Some(Row::Blob(digest)) if Digest::of(value) != digest => {
                return Err(wrong(format!("blob {digest}")));
            }
            Some(Row::Vault(handle, 0)) if !has_frame(store, value)? => {
                return Err(wrong(format!("what the credential of {handle} has in common with others")));
            }
            _ => {}
        }
    }
    Ok(found.last().map(|(key, _)| key.clone()))
}

fn wrong(what: String) -> ScrubFault {
    ScrubFault::Wrong { what }
}
