//! The ledger as a whole, for people who look at it: how many entries came when, which came last, which status lists
//! are out. Nothing is kept for it: entry times never decrease (law 0, section 7), so a time is found by halving. Not
//! here: what a licence's entries say (`reading`).

use super::Authority;
use super::refusal::{Failure, Fault};
use crate::crypto::KeyPurpose;
use crate::ledger::body::Kind;
use crate::ledger::entry::Entry;
use crate::status_list::StatusToken;
use crate::values::time::Time;
use crate::verification::Notice;

/// An entry, as far as everybody cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownEntry {
    /// Its index.
    pub index: u64,
    /// Its time.
    pub time: Time,
    /// What it enters.
    pub kind: Kind,
}

/// A status list as its newest token has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOut {
    /// Its address.
    pub address: String,
    /// When the token was signed.
    pub signed: Time,
    /// Until when it counts.
    pub until: Option<Time>,
    /// The size of the ledger that it was made from.
    pub ledger_size: Option<u64>,
}

impl Authority {
    /// Whether a registrar's key in force lies on this server, as a sample's does: then approvals prove form, not
    /// people (law 0, section 4).
    pub fn holds_a_registrar(&self) -> bool {
        let published = self.published();
        published.charter.keys().any(|(id, held)| {
            held.in_force() && held.value.purpose == KeyPurpose::Registrar && self.keyring.key(id).is_some()
        })
    }

    /// What is to be said on every page and report of this authority.
    pub fn notice(&self) -> Option<Notice> {
        Notice::of(&self.published().charter, self.holds_a_registrar())
    }

    /// How many published entries came in each of the spans that these ascending times bound.
    pub fn entries_between(&self, bounds: &[Time]) -> Result<Vec<u64>, Failure> {
        let size = self.published().range.size();
        let mut firsts = Vec::with_capacity(bounds.len());
        let mut low = 0;
        for bound in bounds {
            low = self.first_since(*bound, low, size)?;
            firsts.push(low);
        }
        Ok(firsts.iter().zip(firsts.iter().skip(1)).map(|(first, next)| next - first).collect())
    }

    /// The first index from `low` on whose entry is not before `time`; `size` if there is none.
    fn first_since(&self, time: Time, low: u64, size: u64) -> Result<u64, Failure> {
        let (mut low, mut high) = (low, size);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.shown_entry(middle)?.time < time { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    /// The newest published entries, newest first.
    pub fn last_entries(&self, count: u64) -> Result<Vec<ShownEntry>, Failure> {
        let size = self.published().range.size();
        (size.saturating_sub(count)..size).rev().map(|index| self.shown_entry(index)).collect()
    }

    fn shown_entry(&self, index: u64) -> Result<ShownEntry, Failure> {
        let entry = Entry::parse(&self.entry(index)?).map_err(|error| Fault::Damaged(error.to_string()))?;
        Ok(ShownEntry { index, time: entry.time(), kind: entry.kind() })
    }

    /// The status lists that are published, each by its newest token.
    pub fn lists_out(&self) -> Result<Vec<ListOut>, Failure> {
        let mut lists = Vec::new();
        for (number, address) in self.published_lists()? {
            let token = self.status_token(number, None)?;
            let token = StatusToken::parse(&token).map_err(|error| Fault::Damaged(error.to_string()))?;
            let at = |seconds: i64| Time::from_millis(seconds.saturating_mul(1000)).ok();
            lists.push(ListOut {
                address,
                signed: at(token.iat())
                    .ok_or_else(|| Fault::Damaged(format!("the token of list {number}")))?,
                until: token.exp().and_then(at),
                ledger_size: token.ledger_size(),
            });
        }
        Ok(lists)
    }
}
