//! Blocks and leaves of the state tree, made from entries and from the licences' rows as they are now: a licence remembers its
//! entries, so that an earlier state follows from a later one. Where the archive has lost the entries of a block, the rows alone say as
//! much: which licences came in there, and how each stood after every entry about it.

use std::collections::BTreeSet;

use crate::authority::blocks::handles;
use crate::authority::entries::{entries, entry};
use crate::authority::finders;
use crate::authority::grants::Grants;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::{Row, Store, StoreError};
use crate::law;
use crate::ledger::body::{Body, StateAnchored, Subject};
use crate::ledger::entry::Entry;
use crate::ledger::state::Charter;
use crate::ledger::state::tree::{self, BLOCK, Stood, WITHIN};
use crate::merkle::Hash;
use crate::values::identifiers::{Handle, Origin};

/// Rows that are read at once.
const PAGE: usize = 256;

/// What states are made from.
pub(in crate::authority) struct Rows<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) grants: &'a Grants,
    pub(super) charter: &'a Charter,
    pub(super) origin: &'a Origin,
}

/// What entries in a row say of licences.
#[derive(Default)]
pub(super) struct Seen {
    /// Those that they brought in, by the entry's index.
    pub(super) begun: Vec<(u64, Handle)>,
    /// The blocks of all that they are about.
    pub(super) touched: BTreeSet<u64>,
}

impl Rows<'_> {
    /// Of whole blocks, from one on and below another.
    pub(super) fn seen(&self, blocks: std::ops::Range<u64>) -> Result<Seen, Failure> {
        let mut seen = Seen::default();
        for number in blocks.clone() {
            let Some(read) = self.read(number)? else {
                // Nobody knows any more which licences the entries were about: those of every earlier block may be.
                seen.touched.extend(0..blocks.start);
                seen.begun.extend(self.given(number)?);
                continue;
            };
            seen.begun.extend(begun_by(&read));
            for handle in read.iter().filter_map(|(_, entry)| acts_on(entry.body())) {
                let known = self.grants.licence(self.store, &handle)?;
                seen.touched.extend(known.and_then(|known| known.first().map(|first| first.index / BLOCK)));
            }
        }
        Ok(seen)
    }

    /// The licences that the entries of a block brought in.
    pub(super) fn begun(&self, number: u64) -> Result<Vec<(u64, Handle)>, Failure> {
        match self.read(number)? {
            Some(read) => Ok(begun_by(&read).collect()),
            None => self.given(number),
        }
    }

    /// The same from the rows of all departments: one read for each, which entries spare. No root vouches for those rows yet: what they
    /// say is held against the licences' own, and against what finds licences.
    fn given(&self, number: u64) -> Result<Vec<(u64, Handle)>, Failure> {
        let damaged = || Fault::Damaged(format!("block {number} of licences"));
        let mut begun = Vec::new();
        for code in self.charter.departments().map(|held| &held.value.code) {
            let row = self.store.get(&Row::Own(code.clone(), number))?;
            let mut after = None;
            for handle in handles(&row.unwrap_or_default())? {
                let known =
                    self.grants.licence(self.store, &handle)?.filter(|known| known.department == *code);
                let index = known.and_then(|known| known.first().map(|first| first.index));
                let here = index.filter(|index| index / BLOCK == number && after < Some(*index));
                begun.push((here.ok_or_else(damaged)?, handle));
                after = here;
            }
        }
        begun.sort_unstable_by_key(|(index, _)| *index);
        let all: BTreeSet<Handle> = begun.iter().map(|(_, handle)| *handle).collect();
        // What finds a licence is in a row of another kind: a department's row that is not there leaves that one alone.
        let found = self.store.get(&Row::Finders(number))?.unwrap_or_default();
        let found = finders::read(&found)?.iter().all(|found| all.contains(&found.handle));
        if found && begun.is_sorted_by(|(one, _), (next, _)| one < next) {
            Ok(begun)
        } else {
            Err(damaged().into())
        }
    }

    /// The root of the block that begins at an index, from the licences that came in there, as they stood at a size.
    pub(super) fn block(&self, first: u64, size: u64, begun: &[(u64, Handle)]) -> Result<Hash, Failure> {
        let block = tree::block(self.origin, first, self.stood(size, begun)?);
        block.map_err(|error| Fault::Damaged(error.to_string()).into())
    }

    /// All leaves of the block that the entry at an index is in, as its licences stood at a size.
    pub(in crate::authority) fn leaves(&self, index: u64, size: u64) -> Result<Vec<Hash>, Failure> {
        let first = index / BLOCK * BLOCK;
        let stood = self.stood(size, &self.begun(index / BLOCK)?)?;
        tree::leaves(self.origin, first, stood).map_err(|error| Fault::Damaged(error.to_string()).into())
    }

    fn stood(&self, size: u64, begun: &[(u64, Handle)]) -> Result<Vec<(u64, Stood)>, Failure> {
        let mut stood = Vec::with_capacity(begun.len());
        for (index, handle) in begun {
            let known = self.grants.licence(self.store, handle)?.and_then(|known| Stood::at(&known, size));
            let missing = || Fault::Damaged(format!("the state of licence {handle}"));
            stood.push((*index, known.ok_or_else(missing)?));
        }
        Ok(stood)
    }

    /// The anchor of the states at a size. It touches the charter, and such entries stay in the store.
    pub(super) fn anchor_of(&self, size: u64) -> Result<(u64, StateAnchored), Failure> {
        let none = || Fault::Damaged(format!("the anchor of the states at {size}"));
        let mut after = size.checked_sub(1).map(|before| Row::CharterEntry(before).key());
        loop {
            let rows = self.store.scan(b"c", after.as_deref(), PAGE)?;
            after = Some(rows.last().ok_or_else(none)?.0.clone());
            for (key, _) in rows {
                let Some(Row::CharterEntry(index)) = Row::of_key(&key) else {
                    return Err(Fault::Damaged("the row of a charter's entry".into()).into());
                };
                if index > size.saturating_add(WITHIN) {
                    return Err(none().into());
                }
                let bytes = entry(self.store, index)?.ok_or_else(|| missing(index))?;
                if let Body::StateAnchored(anchored) = parsed(index, &bytes)?.body()
                    && anchored.size == size
                {
                    return Ok((index, anchored.clone()));
                }
            }
        }
    }

    /// The entries of a whole block, each with its index; `None` where the archive has lost them.
    fn read(&self, number: u64) -> Result<Option<Vec<(u64, Entry)>>, Failure> {
        let first = number * BLOCK;
        let found = match entries(self.store, first, first + BLOCK) {
            Err(StoreError::Archived { .. }) => return Ok(None),
            found => found?,
        };
        let read = (first..).zip(&found).map(|(index, bytes)| Ok((index, parsed(index, bytes)?)));
        let read = read.collect::<Result<Vec<_>, Fault>>()?;
        let next = read.last().map_or(first, |(index, _)| index + 1);
        if next < first + BLOCK { Err(missing(next).into()) } else { Ok(Some(read)) }
    }
}

fn parsed(index: u64, bytes: &[u8]) -> Result<Entry, Fault> {
    law::read(bytes).map_err(|error| Fault::Damaged(format!("entry {index}: {error}")))
}

fn missing(index: u64) -> Fault {
    Fault::Damaged(format!("entry {index} is missing"))
}

/// The licences that entries brought in, by the entry's index.
fn begun_by(read: &[(u64, Entry)]) -> impl Iterator<Item = (u64, Handle)> {
    read.iter().filter_map(|(index, entry)| begins(entry.body()).map(|handle| (*index, handle)))
}

/// The licence that an entry brings in.
fn begins(body: &Body) -> Option<Handle> {
    match body {
        Body::LicenceIssued(issued) => Some(issued.handle),
        Body::LicenceRecorded(recorded) => Some(recorded.grant.handle),
        _ => None,
    }
}

/// The licence that it is about and that was there before.
fn acts_on(body: &Body) -> Option<Handle> {
    match body {
        Body::LicenceIssued(issued) => issued.replaces.map(|replaces| replaces.handle),
        Body::LicenceRecorded(recorded) => recorded.grant.replaces.map(|replaces| replaces.handle),
        _ => match body.subject() {
            Subject::Licence(handle) => Some(handle),
            _ => None,
        },
    }
}
