//! What outsiders vouch for, as readers and the writer see it: the newest checkpoint that a quorum cosigned, and since when
//! entries wait for the next. Not here: asking (`rounds`).

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::policy::Policy;
use crate::ledger::witnessed::Witnessed;
use crate::values::time::Time;

/// What outsiders vouch for.
pub struct Outside {
    policy: Option<Arc<Policy>>,
    /// How long entries may wait for a quorum before no more are taken.
    within: Option<Duration>,
    seen: RwLock<Seen>,
}

struct Seen {
    /// What is told of it.
    witnessed: Witnessed,
    /// The newest checkpoint that a quorum cosigned.
    cosigned: Option<Arc<VerifiedCheckpoint>>,
    /// The time of the first entry beyond it.
    waiting: Option<Time>,
}

impl Outside {
    /// Under a policy, or without anybody; nothing is cosigned yet.
    pub fn new(policy: Option<Arc<Policy>>, within: Option<Duration>) -> Self {
        let witnessed = Witnessed::of(policy.as_deref(), None);
        Self { policy, within, seen: RwLock::new(Seen { witnessed, cosigned: None, waiting: None }) }
    }

    /// How far outsiders vouch.
    pub fn witnessed(&self) -> Witnessed {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).witnessed.clone()
    }

    /// The newest checkpoint that a quorum cosigned.
    pub fn cosigned(&self) -> Option<Arc<VerifiedCheckpoint>> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).cosigned.clone()
    }

    /// The time of the first published entry that no quorum has cosigned, where witnesses are asked.
    pub fn waiting(&self) -> Option<Time> {
        self.policy.as_ref()?.quorum()?;
        self.seen.read().unwrap_or_else(PoisonError::into_inner).waiting
    }

    /// How long entries may wait, if there is a limit.
    pub fn within(&self) -> Option<Duration> {
        self.within
    }

    /// Why no entry is taken now, if entries have waited for too long.
    pub fn overdue(&self, now: Time) -> Option<String> {
        let (within, waiting) = (self.within?, self.waiting()?);
        let limit = i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
        (now.since(waiting) > limit).then(|| {
            let limit = within.as_secs();
            format!(
                "no quorum of witnesses has cosigned what was entered since {waiting}, for more than {limit} s \
                 (--witness-within): see that they are reached; writing goes on by itself with the next quorum"
            )
        })
    }

    /// A head of this size is shown, whose last entry is of this time.
    pub(in crate::authority) fn shown(&self, size: u64, time: Option<Time>) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        let covered = seen.cosigned.as_ref().is_some_and(|cosigned| cosigned.size() >= size);
        seen.waiting = if covered { None } else { seen.waiting.or(time) };
    }

    /// A quorum cosigned this. `first_beyond` is the time of the first published entry beyond it, and is asked while no head
    /// can be shown unseen.
    pub(in crate::authority) fn take(
        &self,
        checkpoint: VerifiedCheckpoint,
        first_beyond: impl FnOnce() -> Option<Time>,
    ) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        seen.waiting = first_beyond();
        seen.witnessed = Witnessed::of(self.policy.as_deref(), Some(&checkpoint));
        seen.cosigned = Some(Arc::new(checkpoint));
    }

    /// Nothing is cosigned, and entries wait since then.
    pub(in crate::authority) fn wait(&self, since: Option<Time>) {
        self.seen.write().unwrap_or_else(PoisonError::into_inner).waiting = since;
    }
}
