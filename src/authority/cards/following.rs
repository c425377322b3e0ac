//! The service's own supervisor: looks at every published entry, from the first on, with the state after it, and enters what the ledger's
//! rules raise (law 0, section 18). It remembers nothing beyond the process: at a start, and after a failed read of the store, it looks at
//! everything again, span by span, and what is entered already is what it finds there. So nothing is left out by a crash, and nothing entered twice.
//!
//! Not here: the rules (`supervision`), and whether a card may be entered (`law`).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{MutexGuard, PoisonError};

use crate::authority::Authority;
use crate::authority::archive::FULL;
use crate::authority::before::ViewBefore;
use crate::authority::entries::entries;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::{Store, StoreError};
use crate::authority::writer::Proposal;
use crate::crypto::Digest;
use crate::law;
use crate::ledger::body::{Body, CardNumber, CardRaised, CaseId, ContentNumber, StatusPlace};
use crate::ledger::entry::Entry;
use crate::ledger::state::{CardState, CaseState, Charter, ContentState, LicenceState, View, ViewFault};
use crate::supervision::{Rules, Supervisor};
use crate::values::identifiers::Handle;

/// Entries that are looked at in one span.
const SPAN: u64 = 32 * 1_024;
/// Cards that are entered at once.
const AT_ONCE: usize = 512;
/// Entries that are read at once: a bundle, so that one that is lost holds up nothing before it.
const READ: u64 = FULL;

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
    /// Why it waits: an archived file is lost, and may be put back.
    lacking: Option<String>,
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
    /// Published entries that it has not.
    pub behind: u64,
    /// Cards that wait to be entered.
    pub waiting: usize,
    /// Why it goes no further: its rules are of a newer program, the ledger's cards are not those that they raise, or an archived file is lost.
    pub stopped: Option<String>,
}

impl Followed {
    /// For whoever watches the service.
    fn tell(&self) {
        let gauge = |number: u64| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        metrics::gauge!("vidimus_supervised_entries").set(gauge(self.until));
        metrics::gauge!("vidimus_supervision_behind").set(gauge(self.behind));
        metrics::gauge!("vidimus_cards_waiting").set(gauge(u64::try_from(self.waiting).unwrap_or(u64::MAX)));
        metrics::gauge!("vidimus_supervision_stopped").set(if self.stopped.is_some() { 1.0 } else { 0.0 });
    }
}

impl Authority {
    /// Looks at the next span of published entries; `None` before the ledger publishes rules, or where nothing can be entered any more.
    /// Reads, and is not to be called where nothing may wait.
    pub fn follow_cards(&self) -> Result<Option<Followed>, Failure> {
        let published = self.window.published();
        if published.charter.supervision().is_empty() || published.charter.is_frozen() {
            return Ok(None);
        }
        let mut held = self.following.lock();
        // Taken out for the while: what breaks off in the middle begins anew.
        let mut follower = held.take().unwrap_or_else(Follower::new);
        let size = published.range.size();
        let until = size.min(follower.next.saturating_add(SPAN));
        follower.follow(self.store.as_ref(), until)?;
        let followed = follower.followed(size);
        *held = Some(follower);
        followed.tell();
        Ok(Some(followed))
    }

    /// Enters some of the cards that wait, also while there are entries that were not looked at; how many that were. A call must be
    /// waited for to its end.
    pub async fn enter_cards(&self) -> Result<usize, Failure> {
        let _one_at_a_time = self.following.entering.lock().await;
        let waiting = match self.following.lock().as_ref() {
            Some(follower) if follower.stopped.is_none() => follower.numbered(),
            _ => return Ok(0),
        };
        // A card of the next number may be there already, behind what was looked at: by a process before this one, or by the last call.
        let Some(next) = waiting.first().map(|card| card.card) else { return Ok(0) };
        if super::card(self.store.as_ref(), next)?.is_some() {
            return Ok(0);
        }
        let proposals = waiting.into_iter().map(|card| Proposal::of(Body::CardRaised(card))).collect();
        let (entered, refused) = self.sequencer.propose_in_order(proposals).await;
        refused.map(|()| entered)
    }

    /// How far the supervisor has come; `None` before it has looked at anything.
    pub fn followed_cards(&self) -> Option<Followed> {
        let size = self.window.published().range.size();
        self.following.lock().as_ref().map(|follower| follower.followed(size))
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
            lacking: None,
        }
    }

    fn followed(&self, size: u64) -> Followed {
        let behind = size.saturating_sub(self.next);
        let stopped = self.stopped.clone().or_else(|| self.lacking.clone());
        Followed { until: self.next, behind, waiting: self.waiting.len(), stopped }
    }

    /// The first of the cards that wait, each with the number that it gets.
    fn numbered(&self) -> Vec<CardRaised> {
        let numbers = self.entered.saturating_add(1)..;
        self.waiting
            .iter()
            .take(AT_ONCE)
            .cloned()
            .zip(numbers)
            .map(|(card, number)| CardRaised { card: number, ..card })
            .collect()
    }

    fn follow(&mut self, store: &dyn Store, until: u64) -> Result<(), Failure> {
        self.lacking = None;
        while self.next < until && self.stopped.is_none() {
            let read = match entries(store, self.next, until.min(self.next.saturating_add(READ))) {
                // Between two entries: it goes on from here once the file is back, and looks at nothing again for it.
                Err(lost @ StoreError::Archived { .. }) => {
                    self.lacking = Some(lost.to_string());
                    return Ok(());
                }
                read => read?,
            };
            if read.is_empty() {
                return Err(Fault::Damaged(format!("entry {} is missing", self.next)).into());
            }
            for bytes in read {
                let damaged = |error: law::Refused| Fault::Damaged(format!("entry {}: {error}", self.next));
                let entry = law::read(&bytes).map_err(damaged)?;
                self.look(store, &entry)?;
                // What comes after is looked at by nobody: the cards that wait would no longer be in step with those that are entered.
                if self.stopped.is_some() {
                    break;
                }
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
        let after = Watched {
            view: ViewBefore { store, charter: &self.charter, range: None, index: self.next, statuses: None },
            fault: RefCell::default(),
        };
        self.supervisor.look(index, entry, &after);
        if let Some(fault) = after.fault.into_inner() {
            return Err(law::Refused::Fault(fault).into());
        }
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

/// A view that knows whether it could be read: a supervisor looks at what there is, and would go on without a case that a disk did
/// not give.
struct Watched<'a> {
    view: ViewBefore<'a>,
    fault: RefCell<Option<ViewFault>>,
}

impl Watched<'_> {
    fn noted<T>(&self, read: Result<T, ViewFault>) -> Result<T, ViewFault> {
        read.inspect_err(|fault| *self.fault.borrow_mut() = Some(fault.clone()))
    }
}

impl View for Watched<'_> {
    fn charter(&self) -> &Charter {
        self.view.charter()
    }

    fn licence(&self, handle: &Handle) -> Result<Option<LicenceState>, ViewFault> {
        self.noted(self.view.licence(handle))
    }

    fn case(&self, case: &CaseId) -> Result<Option<CaseState>, ViewFault> {
        self.noted(self.view.case(case))
    }

    fn card(&self, card: CardNumber) -> Result<Option<CardState>, ViewFault> {
        self.noted(self.view.card(card))
    }

    fn content(&self, content: ContentNumber) -> Result<Option<ContentState>, ViewFault> {
        self.noted(self.view.content(content))
    }

    fn place_taken(&self, place: StatusPlace) -> Result<bool, ViewFault> {
        self.noted(self.view.place_taken(place))
    }

    fn blob(&self, name: &Digest) -> Result<Option<Vec<u8>>, ViewFault> {
        self.noted(self.view.blob(name))
    }

    fn root(&self) -> Result<Digest, ViewFault> {
        self.noted(self.view.root())
    }
}
