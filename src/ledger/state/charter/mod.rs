//! The charter: the authority, its departments, keys, types and powers, as its entries so far make them.
//! Small enough to be held in memory whole; each record knows from and until which index it counts.

mod change;
mod held;
mod pairs;
mod people;

use std::collections::BTreeMap;

pub use change::CharterChange;
pub use held::{Held, Moment};
use serde::{Deserialize, Serialize};

use super::effects::Effects;
use crate::crypto::{Digest, KeyId, KeyPurpose, PublicKey};
use crate::ledger::body::{
    AuthorityFounded, BlobRef, CalendarPublished, CardNumber, DepartmentRegistered, LawVersion,
    OfficerAppointed, OfficerId, Owner, PowerGranted, PowerId, ProcessPublished, Subject,
    SupervisionPublished, TypePublished, Year,
};
use crate::values::identifiers::{CreditCode, Origin, Region, Slug};
use crate::values::time::{Time, UtcOffset};

/// A key as its entry gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Whose.
    pub owner: Owner,
    /// For what.
    pub purpose: KeyPurpose,
    /// The key.
    pub public: PublicKey,
    /// Its certificate.
    pub certificate: Option<BlobRef>,
}

/// A licence type: its versions from 1 on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PublishedType {
    /// Version 1 first.
    pub versions: Vec<Held<TypePublished>>,
}

/// The authority as founded, with what later entries changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// Entry 0.
    pub founded: AuthorityFounded,
    /// Every base URL so far, the present one last.
    pub base_urls: Vec<String>,
    /// m now.
    pub quorum: usize,
    /// The law in force for the next entry.
    pub law: LawVersion,
    /// Every version that was in force, in order.
    pub laws: Vec<u64>,
}

/// The authority's public state. Empty before entry 0. Its serde form is JSON's alone, since bodies leave out what is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Charter {
    size: u64,
    time: Option<Time>,
    authority: Option<Authority>,
    frozen: bool,
    departments: BTreeMap<CreditCode, Held<DepartmentRegistered>>,
    keys: BTreeMap<KeyId, Held<Key>>,
    types: BTreeMap<Slug, PublishedType>,
    powers: BTreeMap<PowerId, Held<PowerGranted>>,
    officers: BTreeMap<OfficerId, Vec<Held<OfficerAppointed>>>,
    #[serde(with = "pairs")]
    processes: BTreeMap<(Slug, u64), Held<ProcessPublished>>,
    calendars: BTreeMap<Year, Vec<Held<CalendarPublished>>>,
    supervision: Vec<Held<SupervisionPublished>>,
    stops: BTreeMap<CardNumber, Held<OfficerId>>,
    #[serde(with = "pairs")]
    chains: BTreeMap<Subject, Digest>,
    counted_until: Option<Time>,
    state_anchored: Option<u64>,
}

impl Charter {
    /// Index of the next entry.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Time of the last entry.
    pub fn time(&self) -> Option<Time> {
        self.time
    }

    /// The authority; `None` before entry 0.
    pub fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }

    /// The ledger's origin.
    pub fn origin(&self) -> Option<&Origin> {
        self.authority.as_ref().map(|authority| &authority.founded.origin)
    }

    /// The fixed offset of all dates.
    pub fn offset(&self) -> Option<UtcOffset> {
        self.authority.as_ref().map(|authority| authority.founded.offset)
    }

    /// The law in force for the next entry.
    pub fn law_version(&self) -> Option<u64> {
        self.authority.as_ref().map(|authority| authority.law.version)
    }

    /// Whether nothing may follow.
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// All departments ever.
    pub fn departments(&self) -> impl Iterator<Item = &Held<DepartmentRegistered>> {
        self.departments.values()
    }

    /// A department.
    pub fn department(&self, code: &CreditCode) -> Option<&Held<DepartmentRegistered>> {
        self.departments.get(code)
    }

    /// A department by its short name.
    pub fn department_by_slug(&self, slug: &Slug) -> Option<&Held<DepartmentRegistered>> {
        self.departments.values().find(|held| held.value.slug == *slug)
    }

    /// All keys ever.
    pub fn keys(&self) -> impl Iterator<Item = (&KeyId, &Held<Key>)> {
        self.keys.iter()
    }

    /// A key.
    pub fn key(&self, id: &KeyId) -> Option<&Held<Key>> {
        self.keys.get(id)
    }

    /// The keys of an owner and purpose that are in force, newest last.
    pub fn keys_of(&self, owner: &Owner, purpose: KeyPurpose) -> Vec<(&KeyId, &Held<Key>)> {
        let mut keys: Vec<_> = self
            .keys
            .iter()
            .filter(|(_, held)| {
                held.in_force() && held.value.owner == *owner && held.value.purpose == purpose
            })
            .collect();
        keys.sort_by_key(|(_, held)| held.since.index);
        keys
    }

    /// All types ever.
    pub fn types(&self) -> impl Iterator<Item = (&Slug, &PublishedType)> {
        self.types.iter()
    }

    /// A type.
    pub fn published(&self, slug: &Slug) -> Option<&PublishedType> {
        self.types.get(slug)
    }

    /// A version of a type.
    pub fn version(&self, slug: &Slug, version: u64) -> Option<&Held<TypePublished>> {
        let place = usize::try_from(version.checked_sub(1)?).ok()?;
        self.types.get(slug)?.versions.get(place)
    }

    /// All powers ever.
    pub fn powers(&self) -> impl Iterator<Item = (&PowerId, &Held<PowerGranted>)> {
        self.powers.iter()
    }

    /// A power.
    pub fn power(&self, id: &PowerId) -> Option<&Held<PowerGranted>> {
        self.powers.get(id)
    }

    /// The power that lets a department issue a type in a region on a day, for the entry at `index`.
    pub fn power_for(
        &self,
        department: &CreditCode,
        licence_type: &Slug,
        region: &Region,
        moment: Moment,
    ) -> Option<&Held<PowerGranted>> {
        self.powers.values().find(|held| {
            held.value.department == *department
                && held.value.r#type == *licence_type
                && self.power_covers(held, region, moment)
        })
    }

    /// Whether a power counts for an entry at this moment in this region.
    pub fn power_covers(&self, held: &Held<PowerGranted>, region: &Region, moment: Moment) -> bool {
        let Some(offset) = self.offset() else { return false };
        let day = moment.time.date(offset);
        held.counts_at(moment.index)
            && held.value.region.contains(region)
            && held.value.from <= day
            && held.value.until.is_none_or(|until| day <= until)
    }

    /// What the power list said at a time; nothing before the first entry.
    pub fn powers_at(&self, at: Time) -> impl Iterator<Item = &Held<PowerGranted>> {
        let day = self.offset().map(|offset| at.date(offset));
        self.powers.values().filter(move |held| {
            let covers = |day| held.value.from <= day && held.value.until.is_none_or(|until| day <= until);
            held.shown_at(at) && day.is_some_and(covers)
        })
    }

    /// Leaf hash of the last entry about a subject other than a licence, a case or a card.
    pub fn chain(&self, subject: &Subject) -> Option<Digest> {
        self.chains.get(subject).copied()
    }

    /// Refusals are counted up to here.
    pub fn counted_until(&self) -> Option<Time> {
        self.counted_until
    }

    /// The size at which the states of licences were anchored last.
    pub fn state_anchored(&self) -> Option<u64> {
        self.state_anchored
    }

    /// Moves past entries that do not touch the charter, when only charter entries are replayed at start-up.
    pub fn skip_to(&mut self, size: u64, time: Option<Time>) {
        self.size = size;
        self.time = time;
    }

    /// Takes in what an entry did.
    pub fn absorb(&mut self, effects: &Effects) {
        let moment = Moment { index: effects.index, time: effects.time };
        self.size = effects.index + 1;
        self.time = Some(effects.time);
        let Some(change) = &effects.charter else { return };
        self.chains.insert(effects.subject.clone(), effects.leaf);
        self.change(change.clone(), moment);
    }
}
