//! Who holds which licences, as far as their payloads were opened in a replay, and which licences could not be opened: whose those are nobody
//! can say. Licences that are past are so for good: they are let go as they are met, so that nobody looks past them twice.

use std::collections::HashMap;

use crate::ledger::state::{MemoryState, View as _};
use crate::supervision::{COMPARED, Term};
use crate::values::identifiers::{Handle, Slug};
use crate::values::time::Time;

/// A licence and the entry that brought it in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Held {
    pub(super) at: u64,
    pub(super) licence: Handle,
}

/// By type, and by code where it is known; each in the order of entries.
#[derive(Default)]
pub(super) struct Holdings {
    by_holder: HashMap<(Slug, String), Vec<Held>>,
    closed: HashMap<Slug, Vec<Held>>,
}

/// The licences that one is to be compared with.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Beside {
    /// Those that are among the newest whoever holds the closed ones, the newest first.
    pub(super) sure: Vec<Handle>,
    /// Whether these are all of them.
    pub(super) all: bool,
    /// Whether there may be older ones that these keep out.
    pub(super) full: bool,
}

/// Just after an entry.
pub(super) struct Then<'a> {
    pub(super) state: &'a MemoryState,
    pub(super) time: Time,
}

impl Then<'_> {
    /// Whether a licence is over, ended, replaced or erased.
    pub(super) fn is_past(&self, licence: &Handle) -> bool {
        let licence = self.state.licence(licence).ok().flatten();
        let asked = licence.zip(self.state.charter().offset());
        asked.is_none_or(|(licence, offset)| licence.is_past(self.time, offset))
    }

    /// The days of a licence.
    pub(super) fn term(&self, licence: &Handle) -> Option<Term> {
        self.state.licence(licence).ok().flatten().map(|licence| Term::of(&licence))
    }
}

impl Holdings {
    /// A licence whose payload says who holds it.
    pub(super) fn opened(&mut self, licence_type: &Slug, code: &str, held: Held) {
        self.by_holder.entry((licence_type.clone(), code.to_owned())).or_default().push(held);
    }

    /// A licence that cannot be opened.
    pub(super) fn closed(&mut self, licence_type: &Slug, held: Held) {
        self.closed.entry(licence_type.clone()).or_default().push(held);
    }

    /// The licences of a type that a code holds and that are not past, the newest ones.
    pub(super) fn beside(&mut self, licence_type: &Slug, code: &str, then: &Then<'_>) -> Beside {
        let closed = self.closed.get_mut(licence_type).map_or_else(Vec::new, |all| newest(all, then));
        let held = self.by_holder.get_mut(&(licence_type.clone(), code.to_owned()));
        let held = held.map_or_else(Vec::new, |all| newest(all, then));
        let newer = |than: &Held| closed.iter().take_while(|one| one.at > than.at).count();
        let sure = held.iter().zip(0..).take_while(|(one, before)| newer(one) + before < COMPARED);
        let sure: Vec<Held> = sure.map(|(one, _)| *one).collect();
        let full = held.len() == COMPARED;
        // Whatever is older than the oldest of enough is out anyway.
        let all = match sure.last().filter(|_| sure.len() == COMPARED) {
            Some(oldest) => newer(oldest) == 0,
            None => closed.is_empty(),
        };
        Beside { sure: sure.into_iter().map(|one| one.licence).collect(), all, full }
    }
}

/// The newest that are not past, the newest first; those met on the way that are past are let go.
fn newest(all: &mut Vec<Held>, then: &Then<'_>) -> Vec<Held> {
    let mut newest = Vec::new();
    while newest.len() < COMPARED {
        let Some(one) = all.pop() else { break };
        if !then.is_past(&one.licence) {
            newest.push(one);
        }
    }
    all.extend(newest.iter().rev());
    newest
}
