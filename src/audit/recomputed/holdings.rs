//! Who holds which licences, as far as their payloads were opened in a replay, and which licences could not be opened: whose those are nobody
//! can say. Licences that are past are so for good: they are let go as they are met, so that nobody looks past them twice.

use std::collections::HashMap;

use crate::ledger::state::{MemoryState, View as _};
use crate::supervision::{COMPARED, CardRule, Room, Term};
use crate::values::identifiers::{Handle, Slug};
use crate::values::time::Time;

/// A licence and the entry that brought it in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Held {
    pub(super) at: u64,
    pub(super) licence: Handle,
    pub(super) term: Term,
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
    pub(super) sure: Vec<Held>,
    /// Whether these are all of them whose days meet.
    pub(super) all_that_meet: bool,
    /// Whether these are all of the rest.
    pub(super) all_the_rest: bool,
    /// Whether there may be older ones that these keep out.
    pub(super) full: bool,
}

impl Beside {
    /// Whether a rule may find more: one that cannot be opened may be held by the code. It is one too many only where its days meet.
    pub(super) fn leaves_open(&self, rule: CardRule) -> bool {
        !self.all_that_meet || (!self.all_the_rest && rule != CardRule::Duplicate)
    }
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

    /// The licences of a type that a code holds and that are not past: the newest whose days meet these, and the newest of the rest.
    pub(super) fn beside(&mut self, licence_type: &Slug, code: &str, term: Term, then: &Then<'_>) -> Beside {
        let (mut meeting, mut rest) = (Side::default(), Side::default());
        if let Some(held) = self.by_holder.get_mut(&(licence_type.clone(), code.to_owned())) {
            let mut room = Room::default();
            each_newest(held, then, |one| {
                let meets = one.term.meets(term);
                if room.has_for(meets) {
                    (if meets { &mut meeting } else { &mut rest }).held.push(one);
                    room.take(meets);
                }
                !room.is_full()
            });
        }
        if let Some(closed) = self.closed.get_mut(licence_type) {
            each_newest(closed, then, |one| {
                let side = if one.term.meets(term) { &mut meeting } else { &mut rest };
                if side.closed.len() < COMPARED {
                    side.closed.push(one.at);
                }
                let settled = meeting.is_settled(one.at) && rest.is_settled(one.at);
                !(settled && (!meeting.is_all() || rest.is_known()))
            });
        }
        Beside {
            all_that_meet: meeting.is_all(),
            all_the_rest: rest.is_all(),
            full: meeting.is_full() || rest.is_full(),
            sure: meeting.sure().chain(rest.sure()).collect(),
        }
    }
}

/// Those whose days meet, or the rest of them.
#[derive(Default)]
struct Side {
    /// The newest that the code holds, the newest first.
    held: Vec<Held>,
    /// The entries of the newest closed ones, the newest first.
    closed: Vec<u64>,
}

impl Side {
    fn is_full(&self) -> bool {
        self.held.len() == COMPARED
    }

    /// So many closed ones came in behind another.
    fn newer(&self, than: &Held) -> usize {
        self.closed.iter().take_while(|at| **at > than.at).count()
    }

    /// Those that are among the newest whoever holds the closed ones.
    fn sure(&self) -> impl Iterator<Item = Held> {
        let sure = self.held.iter().zip(0..).take_while(|(one, before)| self.newer(one) + before < COMPARED);
        sure.map(|(one, _)| *one)
    }

    /// Whether nobody else can be among the newest. Whatever is older than the oldest of enough is out anyway.
    fn is_all(&self) -> bool {
        match self.held.last().filter(|_| self.is_full()) {
            Some(oldest) => self.newer(oldest) == 0,
            None => self.closed.is_empty(),
        }
    }

    /// Whether the closed ones that came in before an entry change nothing about who is sure.
    fn is_settled(&self, at: u64) -> bool {
        self.closed.len() == COMPARED || self.held.last().is_none_or(|oldest| oldest.at > at)
    }

    /// Whether more closed ones change nothing about whether these are all.
    fn is_known(&self) -> bool {
        self.is_full() || !self.closed.is_empty()
    }
}

/// Each that is not past, the newest first, as long as more are wanted; those met on the way that are past are let go.
fn each_newest(all: &mut Vec<Held>, then: &Then<'_>, mut wants_more: impl FnMut(Held) -> bool) {
    let mut met = Vec::new();
    while let Some(one) = all.pop() {
        if then.is_past(&one.licence) {
            continue;
        }
        met.push(one);
        if !wants_more(one) {
            break;
        }
    }
    all.extend(met.iter().rev());
}
