//! Outside eyes: the newest head is carried to the witnesses of a policy, round by round, beside the writer and never in its
//! way; what a quorum cosigned is kept and shown. A witness that knows more than this server does, or another tree, ends
//! writing: keys and data were put back together, or this ledger showed two faces (law 0, section 8).
//!
//! What is kept lies in the store and not beside `last-signed`: it is public, and going back with the store does no
//! harm, since whoever cosigned more says so at the next round. Not here: HTTP, and reading the policy (`wiring`).

mod asking;
mod outside;
mod pace;
mod rounds;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use asking::{AskError, Asked, Continuing, Witnesses, ask_all};
pub use outside::Outside;
pub(super) use rounds::Rounds;
pub use rounds::WitnessFault;

use crate::ledger::policy::Policy;
use crate::ledger::witnessed::Quorum;
use crate::values::time::Time;

/// Who is asked, and how.
pub struct Eyes {
    /// Whose cosignatures suffice.
    pub policy: Arc<Policy>,
    /// How they are reached.
    pub witnesses: Arc<dyn Witnesses>,
    /// How long entries may wait for a quorum before no more are taken; without it they are only labelled.
    pub within: Option<Duration>,
}

/// How it stands with the witnesses, for who looks after the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EyesCondition {
    /// The newest quorum; `None` before the first.
    pub newest: Option<Quorum>,
    /// The time of the first entry beyond it.
    pub waiting: Option<Time>,
    /// After how many seconds of that writing stops, if it does.
    pub within: Option<u64>,
    /// Each witness of the policy.
    pub each: Vec<WitnessCondition>,
}

/// How it stands with one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessCondition {
    /// Its name in the policy.
    pub name: String,
    /// Entries that it cosigned last, since this process began.
    pub size: Option<u64>,
    /// How often it failed since then.
    pub failures: u32,
    /// Why it failed last, if it did since it last cosigned.
    pub problem: Option<String>,
}
