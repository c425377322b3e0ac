//! Who looks on while a ledger is replayed: every entry in its order, with the state before it and after it. What an eye has seen counts
//! only where the whole ledger holds, because signatures are heard of some entries late.

use crate::ledger::entry::Entry;
use crate::ledger::state::MemoryState;

/// Looks on. Whoever implements it says which of both it looks at.
pub trait Eye {
    /// Sees an entry that the law takes, and what the entries before it add up to.
    fn before(&mut self, _index: u64, _entry: &Entry, _state: &MemoryState) {}

    /// Sees it again, and what it and the entries before it add up to.
    fn after(&mut self, _index: u64, _entry: &Entry, _state: &MemoryState) {}
}

/// Sees nothing: for who wants the verdict alone.
pub struct Blind;

impl Eye for Blind {}
