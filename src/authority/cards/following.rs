//! The service's own supervisor: looks at every published entry, from the first on, with the state after it, and enters what the ledger's
//! rules raise (law 0, section 18). It remembers nothing beyond the process: at a start it looks at everything again, a span of entries
//! at each tick, and what is entered already is what it finds there. So nothing is left out by a crash, and nothing entered twice.
//!
//! Not here: the rules (`supervision`), and whether a card may be entered (`law`).

use std::collections::VecDeque;
use std::sync::{MutexGuard, PoisonError};

use crate::authority::Authority;
use crate::authority::before::ViewBefore;
use crate::authority::entries::entries;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::Store;
use crate::authority::writer::Proposal;
use crate::law;
use crate::ledger::body::{Body, CardNumber, CardRaised};
use crate::ledger::entry::Entry;
use crate::ledger::state::Charter;
use crate::supervision::{Rules, Supervisor};

/// Entries that are looked at in one span.
const SPAN: u64 = 32 * 1_024;
/// Entries that are read at once.
const READ: u64 = 1_024;

/// What is known of the entries so far.
#[derive(Default)]
pub(in crate::authority) struct Following {
    follower: std::sync::Mutex<Option<Follower>>,
    /// Held by whoever enters cards: one at a time.
    entering: tokio::sync::Mutex<()>,
}

struct Follower {
    charter: Charter,
    supervisor: Supervisor,
    /// The first entry that was not looked at.
    next: u64,
    /// Those of the cards owed that were looked at.
    looked_at: usize,
    /// Cards that are entered.
    entered: CardNumber,
    /// Cards that are not, in their order.
    waiting: VecDeque<CardRaised>,
    /// Why it goes no further.
    stopped: Option<String>,
}

impl Following {
    fn lock(&self) -> MutexGuard<'_, Option<Follower>> {
        self.follower.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far the supervisor has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// Entries that it has looked at.
    pub until: u64,
    /// Cards that wait to be entered.
    pub waiting: usize,
    /// Why it goes no further: its rules are of a newer program, or the ledger's cards are not those that they raise.
    pub stopped: Option<String>,
}

impl Authority {
    /// Looks at the next span of published entries. Nothing is looked at before the ledger publishes rules. Reads, and is not to be
    /// called where nothing may wait.
    pub fn follow_cards(&self) -> Result<Option<Followed>, Failure> {
        let published = self.window.published();
        if published.charter.supervision().is_empty() {
            return Ok(None);
        }
        let mut held = self.following.lock();
        let follower = held.get_or_insert_with(Follower::new);
        let until = published.range.size().min(follower.next.saturating_add(SPAN));
        follower.follow(self.store.as_ref(), until)?;
        metrics::gauge!("vidimus_supervised_entries")
            .set(f64::from(u32::try_from(follower.next).unwrap_or(u32::MAX)));
        Ok(Some(follower.followed()))
    }

    /// Enters the cards that wait, once the supervisor has looked at everything; how many that were. A call must be waited for to its end.
    pub async fn enter_cards(&self) -> Result<usize, Failure> {
        let _one_at_a_time = self.following.entering.lock().await;
        let size = self.window.published().range.size();
        let waiting = match self.following.lock().as_ref() {
            Some(follower) if follower.next == size && follower.stopped.is_none() => follower.numbered(),
            _ => return Ok(0),
        };
        let mut entered = 0;
        for card in waiting {
            self.propose(Proposal::of(Body::CardRaised(card))).await?;
            entered += 1;
        }
        Ok(entered)
    }

    /// How far the supervisor has come; `None` before it has looked at anything.
    pub fn followed_cards(&self) -> Option<Followed> {
        self.following.lock().as_ref().map(Follower::followed)
    }
}

impl Follower {
    fn new() -> Self {
        Self {
            charter: Charter::default(),
            supervisor: Supervisor::new(Rules::none()),
            next: 0,
            looked_at: 0,
            entered: 0,
            waiting: VecDeque::new(),
            stopped: None,
        }
    }

    fn followed(&self) -> Followed {
        Followed { until: self.next, waiting: self.waiting.len(), stopped: self.stopped.clone() }
    }

    /// The cards that wait, each with the number that it gets.
    fn numbered(&self) -> Vec<CardRaised> {
        let numbers = self.entered.saturating_add(1)..;
        self.waiting
            .iter()
            .cloned()
            .zip(numbers)
            .map(|(card, number)| CardRaised { card: number, ..card })
            .collect()
    }

    fn follow(&mut self, store: &dyn Store, until: u64) -> Result<(), Failure> {
        while self.next < until && self.stopped.is_none() {
            let read = entries(store, self.next, until.min(self.next.saturating_add(READ)))?;
            if read.is_empty() {
                return Err(Fault::Damaged(format!("entry {} is missing", self.next)).into());
            }
            for bytes in read {
                let damaged = |error: law::Refused| Fault::Damaged(format!("entry {}: {error}", self.next));
                let entry = law::read(&bytes).map_err(damaged)?;
                self.look(store, &entry)?;
            }
        }
        Ok(())
    }

    /// Looks at one entry, with the state after it.
    fn look(&mut self, store: &dyn Store, entry: &Entry) -> Result<(), Failure> {
        let index = self.next;
        if !entry.kind().is_licence() && !entry.kind().is_case() {
            let view = ViewBefore { store, charter: &self.charter, range: None, index, statuses: None };
            let applied = law::apply(&view, entry)?;
            self.charter.absorb(applied.pending());
        }
        self.next = index + 1;
        self.charter.skip_to(self.next, Some(entry.time()));
        if let Body::CardRaised(card) = entry.body() {
            self.entered = card.card;
            let owed = self.waiting.pop_front().map(|owed| CardRaised { card: card.card, ..owed });
            if owed.as_ref() != Some(card) {
                self.stopped = Some(format!("card {} is not the one that the rules raise", card.card));
                return Ok(());
            }
        }
        let after =
            ViewBefore { store, charter: &self.charter, range: None, index: self.next, statuses: None };
        self.supervisor.look(index, entry, &after);
        let owed = self.supervisor.owed();
        for card in owed.get(self.looked_at..).unwrap_or_default() {
            let wrong = || Fault::Law(format!("no entry can hold the card {}", card.rule));
            self.waiting.push_back(card.entered(0).ok_or_else(wrong)?);
        }
        self.looked_at = owed.len();
        self.stopped = self.supervisor.unread().map(|why| format!("the rules of supervision: {why}"));
        Ok(())
    }
}
