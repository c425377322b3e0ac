//! Who holds which licences, as far as their payloads were opened in a replay, and which licences could not be opened: whose those are nobody
//! can say. Licences that can never be valid again are let go as they are met, so that nobody looks past them twice.

use std::collections::HashMap;

use crate::ledger::state::{LicenceState, MemoryState, View as _};
use crate::supervision::COMPARED;
use crate::values::identifiers::{Handle, Slug};
use crate::values::time::{Time, UtcOffset};

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
    /// Whether a licence is valid, and not erased.
    pub(super) fn is_valid(&self, licence: &Handle) -> bool {
        self.asked(licence, |licence, offset| licence.is_valid(self.time, offset) && !licence.erased)
    }

    fn is_past(&self, licence: &Handle) -> bool {
        self.asked(licence, |licence, offset| licence.is_past(self.time, offset))
    }

    fn asked(&self, licence: &Handle, ask: impl Fn(&LicenceState, UtcOffset) -> bool) -> bool {
        let licence = self.state.licence(licence).ok().flatten();
        licence.zip(self.state.charter().offset()).is_some_and(|(licence, offset)| ask(&licence, offset))
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

    /// The valid licences of a type that a code holds, the newest ones.
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

/// The newest that are valid, the newest first; those met on the way that never will be again are let go.
fn newest(all: &mut Vec<Held>, then: &Then<'_>) -> Vec<Held> {
    let (mut valid, mut kept) = (Vec::new(), Vec::new());
    while valid.len() < COMPARED {
        let Some(one) = all.pop() else { break };
        if then.is_valid(&one.licence) {
            valid.push(one);
        } else if then.is_past(&one.licence) {
            continue;
        }
        kept.push(one);
    }
    all.extend(kept.into_iter().rev());
    valid
}
