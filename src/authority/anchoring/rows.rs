//! Blocks and leaves of the state tree, made from entries and from the licences' rows as they are now: a licence remembers its
//! entries, so that an earlier state follows from a later one.

use std::collections::BTreeSet;

use crate::authority::entries::entries;
use crate::authority::grants::Grants;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::Store;
use crate::law;
use crate::ledger::body::{Body, StateAnchored, Subject};
use crate::ledger::state::tree::{self, BLOCK, Stood, WITHIN};
use crate::merkle::Hash;
use crate::values::identifiers::{Handle, Origin};

/// Entries that are read at once.
const READ: u64 = 1_024;

/// What states are made from.
pub(in crate::authority) struct Rows<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) grants: &'a Grants,
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
    /// From one index on and below another.
    pub(super) fn seen(&self, from: u64, until: u64) -> Result<Seen, Failure> {
        let mut seen = Seen::default();
        self.each(from, until, &mut |index, body| {
            seen.begun.extend(begins(body).map(|handle| (index, handle)));
            if let Some(handle) = acts_on(body) {
                let known = self.grants.licence(self.store, &handle)?;
                seen.touched.extend(known.and_then(|known| known.first().map(|first| first.index / BLOCK)));
            }
            Ok(())
        })?;
        Ok(seen)
    }

    /// The licences that entries from one index on and below another brought in.
    pub(super) fn begun(&self, from: u64, until: u64) -> Result<Vec<(u64, Handle)>, Failure> {
        let mut begun = Vec::new();
        self.each(from, until, &mut |index, body| {
            begun.extend(begins(body).map(|handle| (index, handle)));
            Ok(())
        })?;
        Ok(begun)
    }

    /// The root of the block that begins at an index, from the licences that came in there, as they stood at a size.
    pub(super) fn block(&self, first: u64, size: u64, begun: &[(u64, Handle)]) -> Result<Hash, Failure> {
        let block = tree::block(self.origin, first, self.stood(size, begun)?);
        block.map_err(|error| Fault::Crypto(error.to_string()).into())
    }

    /// All leaves of the block that the entry at an index is in, as its licences stood at a size.
    pub(in crate::authority) fn leaves(&self, index: u64, size: u64) -> Result<Vec<Hash>, Failure> {
        let first = index / BLOCK * BLOCK;
        let stood = self.stood(size, &self.begun(first, first + BLOCK)?)?;
        tree::leaves(self.origin, first, stood).map_err(|error| Fault::Crypto(error.to_string()).into())
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

    /// The anchor of the states at a size, in a ledger of so many entries.
    pub(super) fn anchor_of(&self, size: u64, ledger: u64) -> Result<(u64, StateAnchored), Failure> {
        let (mut from, last) = (size, ledger.min(size + WITHIN + 1));
        while from < last {
            let (until, mut found) = (last.min(from + READ), None);
            self.each(from, until, &mut |index, body| {
                if let Body::StateAnchored(anchored) = body
                    && anchored.size == size
                {
                    found = Some((index, anchored.clone()));
                }
                Ok(())
            })?;
            if let Some(found) = found {
                return Ok(found);
            }
            from = until;
        }
        Err(Fault::Damaged(format!("the anchor of the states at {size}")).into())
    }

    fn each(
        &self,
        from: u64,
        until: u64,
        look: &mut dyn FnMut(u64, &Body) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut index = from;
        while index < until {
            let read = entries(self.store, index, until.min(index + READ))?;
            if read.is_empty() {
                return Err(Fault::Damaged(format!("entry {index} is missing")).into());
            }
            for bytes in read {
                let damaged = |error: law::Refused| Fault::Damaged(format!("entry {index}: {error}"));
                look(index, law::read(&bytes).map_err(damaged)?.body())?;
                index += 1;
            }
        }
        Ok(())
    }
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
