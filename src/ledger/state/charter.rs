//! The charter: the authority, its departments, keys, types and powers, as its entries so far make them.
//! Small enough to be held in memory whole; each record knows from and until which index it counts.

use std::collections::BTreeMap;

use super::effects::Effects;
use crate::crypto::{Digest, KeyId, KeyPurpose, PublicKey};
use crate::ledger::body::{
    AuthorityFounded, BlobRef, DepartmentRegistered, LawVersion, Owner, PowerGranted, PowerId, Subject,
    TypePublished,
};
use crate::values::identifiers::{CreditCode, Origin, Region, Slug};
use crate::values::time::{Time, UtcOffset};

/// A moment of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Index of the entry.
    pub index: u64,
    /// Its time.
    pub time: Time,
}

/// A record that begins with one entry and may end with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held<T> {
    /// What is held.
    pub value: T,
    /// Since which entry.
    pub since: Moment,
    /// Until which entry.
    pub ended: Option<Moment>,
}

impl<T> Held<T> {
    fn begin(value: T, since: Moment) -> Self {
        Self { value, since, ended: None }
    }

    /// Whether it counts for the entry at `index`: begun before it, not ended before it.
    pub fn counts_at(&self, index: u64) -> bool {
        self.since.index < index && self.ended.is_none_or(|ended| ended.index >= index)
    }

    /// Whether the ledger showed it in force at `at`.
    pub fn shown_at(&self, at: Time) -> bool {
        self.since.time <= at && self.ended.is_none_or(|ended| ended.time > at)
    }

    /// Whether it has not ended.
    pub fn in_force(&self) -> bool {
        self.ended.is_none()
    }
}

/// A key as its entry gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublishedType {
    /// Version 1 first.
    pub versions: Vec<Held<TypePublished>>,
}

/// The authority as founded, with what later entries changed.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// What one entry changes in the charter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CharterChange {
    /// The authority and its first keys.
    Founded(Box<AuthorityFounded>, Vec<Key>),
    /// Another base URL.
    Moved(String),
    /// m, and the registrar keys that come and go.
    Registrars {
        /// The new m.
        quorum: usize,
        /// New registrar keys.
        added: Vec<Key>,
        /// Registrar keys that no longer count.
        dropped: Vec<KeyId>,
    },
    /// The law from the next index on.
    Law(LawVersion),
    /// Nothing follows.
    Frozen,
    /// A department.
    Department(DepartmentRegistered),
    /// A department no more.
    DepartmentWithdrawn(CreditCode),
    /// A key.
    Key(Key),
    /// A key no more.
    KeyRetired(KeyId),
    /// A type or its next version.
    Type(TypePublished),
    /// A type no more.
    TypeWithdrawn(Slug),
    /// A power.
    Power(PowerGranted),
    /// A power no more.
    PowerWithdrawn(PowerId),
    /// Refusals are counted up to here.
    Counted(Time),
    /// An anchor: nothing but its place in the chain.
    Anchored,
}

/// The authority's public state. Empty before entry 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Charter {
    size: u64,
    time: Option<Time>,
    authority: Option<Authority>,
    frozen: bool,
    departments: BTreeMap<CreditCode, Held<DepartmentRegistered>>,
    keys: BTreeMap<KeyId, Held<Key>>,
    types: BTreeMap<Slug, PublishedType>,
    powers: BTreeMap<PowerId, Held<PowerGranted>>,
    chains: BTreeMap<Subject, Digest>,
    counted_until: Option<Time>,
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

    /// Leaf hash of the last entry about a subject other than a licence.
    pub fn chain(&self, subject: &Subject) -> Option<Digest> {
        self.chains.get(subject).copied()
    }

    /// Refusals are counted up to here.
    pub fn counted_until(&self) -> Option<Time> {
        self.counted_until
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

    fn change(&mut self, change: CharterChange, moment: Moment) {
        match change {
            CharterChange::Founded(founded, keys) => {
                for key in keys {
                    self.add_key(key, moment);
                }
                self.authority = Some(Authority {
                    base_urls: vec![founded.base_url.clone()],
                    quorum: usize::try_from(founded.quorum).unwrap_or(usize::MAX),
                    law: founded.law.clone(),
                    laws: vec![founded.law.version],
                    founded: *founded,
                });
            }
            CharterChange::Moved(base_url) => {
                if let Some(authority) = &mut self.authority {
                    authority.base_urls.push(base_url);
                }
            }
            CharterChange::Registrars { quorum, added, dropped } => {
                for key in added {
                    self.add_key(key, moment);
                }
                for key in dropped {
                    end(self.keys.get_mut(&key), moment);
                }
                if let Some(authority) = &mut self.authority {
                    authority.quorum = quorum;
                }
            }
            CharterChange::Law(law) => {
                if let Some(authority) = &mut self.authority {
                    authority.laws.push(law.version);
                    authority.law = law;
                }
            }
            CharterChange::Frozen => self.frozen = true,
            CharterChange::Department(body) => {
                self.departments.insert(body.code.clone(), Held::begin(body, moment));
            }
            CharterChange::DepartmentWithdrawn(code) => end(self.departments.get_mut(&code), moment),
            CharterChange::Key(key) => self.add_key(key, moment),
            CharterChange::KeyRetired(key) => end(self.keys.get_mut(&key), moment),
            CharterChange::Type(body) => {
                let published = self.types.entry(body.r#type.clone()).or_default();
                published.versions.push(Held::begin(body, moment));
            }
            CharterChange::TypeWithdrawn(slug) => {
                for version in self.types.get_mut(&slug).into_iter().flat_map(|held| &mut held.versions) {
                    end(Some(version), moment);
                }
            }
            CharterChange::Power(body) => {
                self.powers.insert(body.power.clone(), Held::begin(body, moment));
            }
            CharterChange::PowerWithdrawn(power) => end(self.powers.get_mut(&power), moment),
            CharterChange::Counted(until) => self.counted_until = Some(until),
            CharterChange::Anchored => {}
        }
    }

    fn add_key(&mut self, key: Key, moment: Moment) {
        self.keys.insert(key.public.id(), Held::begin(key, moment));
    }
}

fn end<T>(held: Option<&mut Held<T>>, moment: Moment) {
    if let Some(held) = held
        && held.ended.is_none()
    {
        held.ended = Some(moment);
    }
}
