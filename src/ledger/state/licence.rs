//! The state of one licence: what its entries so far add up to, with the history that answers *at T*.

use serde::{Deserialize, Serialize};

use crate::crypto::{Digest, KeyId};
use crate::ledger::body::{Carrier, PowerId, StatusPlace};
use crate::values::identifiers::{CreditCode, Handle, Region, Slug};
use crate::values::recorded::TrustLevel;
use crate::values::standing::{Ending, Standing};
use crate::values::time::{Date, Time, UtcOffset};

/// How a licence came into the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Granted {
    /// Issued here.
    Issued,
    /// Granted before the ledger and recorded, with this trust in its source.
    Recorded(TrustLevel),
}

/// One entry about a licence and the standing after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Index of the entry.
    pub index: u64,
    /// Its time.
    pub time: Time,
    /// The standing after it.
    pub standing: Standing,
}

/// A further signed carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Its form.
    pub carrier: Carrier,
    /// Over what is signed.
    pub digest: Digest,
    /// Index of its entry.
    pub index: u64,
    /// Who signs it.
    pub signing_key: KeyId,
    /// Its own status.
    pub status: StatusPlace,
}

/// A licence after its entries so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceState {
    /// The licence.
    pub handle: Handle,
    /// Issued or recorded.
    pub granted: Granted,
    /// What was issued.
    pub licence_type: Slug,
    /// Version of the type.
    pub version: u64,
    /// Who issued.
    pub department: CreditCode,
    /// For which jurisdiction.
    pub region: Region,
    /// By which power.
    pub power: PowerId,
    /// The key that seals the credential.
    pub credential_key: KeyId,
    /// SHA-256 over the JWS signing input.
    pub credential_digest: Digest,
    /// First day.
    pub valid_from: Date,
    /// Last day; `None` is 长期.
    pub valid_until: Option<Date>,
    /// Where its own status stands.
    pub status: StatusPlace,
    /// Further carriers.
    pub carriers: Vec<Carried>,
    /// Every entry about it, in order; never empty.
    pub events: Vec<Event>,
    /// Leaf hash of the last of them.
    pub last: Digest,
    /// The licence it replaced.
    pub replaces: Option<Handle>,
    /// The licence that replaced it.
    pub replaced_by: Option<Handle>,
    /// Whether payload and salts were destroyed.
    pub erased: bool,
}

impl LicenceState {
    /// The standing after the last entry.
    pub fn standing(&self) -> Standing {
        self.events.last().map_or(Standing::Valid, |event| event.standing)
    }

    /// The entry that brought it into the ledger.
    pub fn first(&self) -> Option<&Event> {
        self.events.first()
    }

    /// The standing that the ledger showed at `at`; `None` before it was entered.
    pub fn standing_at(&self, at: Time) -> Option<&Event> {
        self.events.iter().take_while(|event| event.time <= at).last()
    }

    /// Whether it was ever rescinded: void from the beginning, whatever was done later.
    pub fn is_void(&self) -> bool {
        self.events.iter().any(|event| event.standing == Standing::Ended(Ending::Rescinded))
    }

    /// Whether the last day is over at `at`.
    pub fn expired(&self, at: Time, offset: UtcOffset) -> bool {
        self.valid_until.is_some_and(|last| at >= last.end(offset))
    }

    /// Whether it is valid at `at`: by its standing, begun, not over.
    pub fn is_valid(&self, at: Time, offset: UtcOffset) -> bool {
        self.standing() == Standing::Valid && self.valid_from <= at.date(offset) && !self.expired(at, offset)
    }

    /// Whether it can never be valid again: over, ended, replaced, or erased.
    pub fn is_past(&self, at: Time, offset: UtcOffset) -> bool {
        self.erased || self.expired(at, offset) || !self.standing().is_open()
    }

    /// Whether its standing changed by an entry after the one at `index`: an act, or a replacement. A further carrier and
    /// an erasure change none.
    pub fn acted_upon_since(&self, index: u64) -> bool {
        let later = self.events.iter().zip(self.events.iter().skip(1));
        later.into_iter().any(|(before, event)| event.index > index && event.standing != before.standing)
    }

    /// Every place that one act sets.
    pub fn places(&self) -> impl Iterator<Item = StatusPlace> + '_ {
        std::iter::once(self.status).chain(self.carriers.iter().map(|carried| carried.status))
    }

    /// The state before the entry at `index`, or `None` when that entry brought the licence in.
    /// `last` cannot be known from here and must be given.
    pub fn before(&self, index: u64, last: Digest) -> Option<Self> {
        let mut earlier = self.clone();
        earlier.events.retain(|event| event.index < index);
        earlier.carriers.retain(|carried| carried.index < index);
        earlier.last = last;
        if !earlier.events.iter().any(|event| matches!(event.standing, Standing::Replaced(_))) {
            earlier.replaced_by = None;
        }
        earlier.erased = earlier.was_erased();
        (!earlier.events.is_empty()).then_some(earlier)
    }

    /// Whether the events tell of an erasure: with a carrier, the only entry that leaves the standing as it was.
    fn was_erased(&self) -> bool {
        let pairs = self.events.iter().zip(self.events.iter().skip(1));
        pairs.into_iter().any(|(before, event)| {
            before.standing == event.standing
                && self.carriers.iter().all(|carried| carried.index != event.index)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::standing::Cause;

    #[test]
    fn earlier_states_know_nothing_of_what_came_later() {
        let event = |index, standing| Event { index, time: Time::MIN, standing };
        let place = |index| StatusPlace { index, list: 1 };
        let (digest, key) = (Digest([0; 32]), KeyId([0; 16]));
        let now = LicenceState {
            handle: Handle::new(Time::MAX, [0; 10]),
            granted: Granted::Issued,
            licence_type: "shop".parse().unwrap(),
            version: 1,
            department: "11330106MB1A351276".parse().unwrap(),
            region: "330106".parse().unwrap(),
            power: "p".parse().unwrap(),
            credential_key: key,
            credential_digest: digest,
            valid_from: "2026-01-01".parse().unwrap(),
            valid_until: None,
            status: place(0),
            carriers: vec![Carried {
                carrier: Carrier::Pdf,
                digest,
                index: 4,
                signing_key: key,
                status: place(1),
            }],
            events: vec![
                event(3, Standing::Valid),
                event(4, Standing::Valid),
                event(5, Standing::Replaced(Cause::Renewed)),
                event(6, Standing::Replaced(Cause::Renewed)),
            ],
            last: Digest([6; 32]),
            replaces: None,
            replaced_by: Some(Handle::new(Time::MAX, [1; 10])),
            erased: true,
        };
        let before = |index| now.before(index, digest);
        assert_eq!(before(3), None);
        let seen: Vec<_> = (4..=7)
            .filter_map(before)
            .map(|state| (state.carriers.len(), state.replaced_by.is_some(), state.erased))
            .collect();
        assert_eq!(seen, [(0, false, false), (1, false, false), (1, true, false), (1, true, true)]);
        // Replaced, and erased: never valid again. Before that only its last day would end it.
        let (time, offset) = ("2026-11-22T06:00:00.000Z".parse().unwrap(), "+08:00".parse().unwrap());
        let past = |state: &LicenceState| (state.is_valid(time, offset), state.is_past(time, offset));
        let then = before(5).unwrap();
        assert_eq!((past(&then), past(&now)), ((true, false), (false, true)));
        let over = LicenceState { valid_until: Some("2026-11-21".parse().unwrap()), ..then.clone() };
        let early = LicenceState { valid_from: "2027-01-01".parse().unwrap(), ..then };
        assert_eq!((past(&over), past(&early)), ((false, true), (false, false)));
        // The carrier at 4 and the erasure at 6 are no acts.
        let acted: Vec<_> = (2..=6).map(|index| now.acted_upon_since(index)).collect();
        assert_eq!(acted, [true, true, true, false, false]);
    }
}
