//! 裁量: how often each officer refuses, by type, and all of them together.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::ledger::body::OfficerId;
use crate::ledger::state::CaseState;
use crate::values::identifiers::Slug;

/// Decisions, and how many of them are refusals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Share {
    pub(super) decided: u64,
    pub(super) refused: u64,
}

impl Share {
    /// Refusals in a hundred, rounded down; none of none.
    pub(super) fn percent(self) -> u64 {
        (self.refused * 100).checked_div(self.decided).unwrap_or(0)
    }

    fn add(&mut self, refused: bool) {
        self.decided += 1;
        self.refused += u64::from(refused);
    }
}

/// Decisions by type and officer.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Refusing {
    all: HashMap<Slug, Share>,
    of: HashMap<(Slug, OfficerId), Share>,
    told: HashSet<(Slug, OfficerId)>,
}

impl Refusing {
    /// Counts a decision; the officer's own since the beginning, and everybody else's.
    pub(super) fn count(&mut self, licence_type: &Slug, officer: OfficerId, refused: bool) -> (Share, Share) {
        let all = self.all.entry(licence_type.clone()).or_default();
        all.add(refused);
        let own = self.of.entry((licence_type.clone(), officer)).or_default();
        own.add(refused);
        let others = Share { decided: all.decided - own.decided, refused: all.refused - own.refused };
        (*own, others)
    }

    /// Nothing counts as told.
    pub(super) fn forget_told(&mut self) {
        self.told.clear();
    }

    /// Notes that it was told of an officer and type; `false` if it was before.
    pub(super) fn tell(&mut self, officer: OfficerId, case: &CaseState) -> bool {
        self.told.insert((case.licence_type.clone(), officer))
    }
}
