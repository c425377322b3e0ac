//! What a proof shows: how a licence stood at any time before the proof's end.

use crate::ledger::body::Kind;
use crate::values::identifiers::Handle;
use crate::values::standing::{Ending, Standing};
use crate::values::time::Time;

/// How a licence stood, up to a time: what a proof shows. Only [`StandingProof::follow`](super::StandingProof::follow) makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standings {
    /// The licence.
    pub handle: Handle,
    /// Every entry about it, in order; never none.
    pub events: Vec<Event>,
    /// How many entries were anchored.
    pub size: u64,
    /// Index of the anchor.
    pub anchor: u64,
    /// Nothing is said of this time and later ones.
    pub until: Time,
}

/// An entry about a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Its index.
    pub index: u64,
    /// Its kind.
    pub kind: Kind,
    /// Its time.
    pub time: Time,
    /// The standing after it.
    pub standing: Standing,
}

/// What a proof shows of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The licence was not entered by then.
    NotEntered,
    /// It stood so, since that entry.
    Stood(Event),
    /// The proof ends before.
    CannotTell,
}

impl Standings {
    /// How it stood at a time: what was entered at that very time counts, as everywhere.
    pub fn at(&self, time: Time) -> At {
        if time >= self.until {
            return At::CannotTell;
        }
        self.events.iter().take_while(|event| event.time <= time).last().map_or(At::NotEntered, |last| {
            let since = self.events.iter().rev().skip_while(|event| event.index > last.index);
            At::Stood(*since.take_while(|event| event.standing == last.standing).last().unwrap_or(last))
        })
    }

    /// Whether it tells of a time; without one, of any at which the licence was entered: that may have the proof's end for its time.
    pub fn tells(&self, at: Option<Time>) -> bool {
        at.or(self.events.first().map(|first| first.time)).is_some_and(|at| at < self.until)
    }

    /// The last time of which it tells.
    pub fn last_time(&self) -> Time {
        self.until.plus(-1)
    }

    /// Whether it was rescinded: void from the beginning, whatever time is asked about.
    pub fn is_void(&self) -> bool {
        self.events.iter().any(|event| event.standing == Standing::Ended(Ending::Rescinded))
    }
}
