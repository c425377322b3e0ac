//! What one entry changes in the charter. Only the law makes these. Not here: reading the charter (`charter`).

use super::held::{Held, Moment, end};
use super::{Authority, Charter, Key};
use crate::crypto::KeyId;
use crate::ledger::body::{
    AuthorityFounded, CalendarPublished, CardNumber, DepartmentRegistered, LawVersion, OfficerAppointed,
    OfficerId, PowerGranted, PowerId, ProcessPublished, SupervisionPublished, TypePublished,
};
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::time::Time;

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
    /// An officer, or another key, other roles, another time of one.
    Officer(OfficerAppointed),
    /// An officer no more.
    OfficerLeft(OfficerId),
    /// How a type's version is issued.
    Process(ProcessPublished),
    /// The working days of a year.
    Calendar(CalendarPublished),
    /// By which rules cards are raised from now on.
    Supervision(SupervisionPublished),
    /// An officer may sign nothing until the card is released.
    Stopped(CardNumber, OfficerId),
    /// What this card stopped may go on.
    Released(CardNumber),
    /// Refusals are counted up to here.
    Counted(Time),
    /// An anchor: nothing but its place in the chain.
    Anchored,
    /// The states of licences are anchored at this size.
    StateAnchored(u64),
}

impl Charter {
    pub(super) fn change(&mut self, change: CharterChange, moment: Moment) {
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
            CharterChange::Officer(body) => {
                let appointed = self.officers.entry(body.officer).or_default();
                end(appointed.last_mut(), moment);
                appointed.push(Held::begin(body, moment));
            }
            CharterChange::OfficerLeft(officer) => {
                end(self.officers.get_mut(&officer).and_then(|appointed| appointed.last_mut()), moment);
            }
            CharterChange::Process(body) => {
                self.processes.insert((body.r#type.clone(), body.version), Held::begin(body, moment));
            }
            CharterChange::Calendar(body) => {
                let published = self.calendars.entry(body.year).or_default();
                end(published.last_mut(), moment);
                published.push(Held::begin(body, moment));
            }
            CharterChange::Supervision(body) => {
                end(self.supervision.last_mut(), moment);
                self.supervision.push(Held::begin(body, moment));
            }
            CharterChange::Stopped(card, officer) => {
                self.stops.insert(card, Held::begin(officer, moment));
            }
            CharterChange::Released(card) => end(self.stops.get_mut(&card), moment),
            CharterChange::Counted(until) => self.counted_until = Some(until),
            CharterChange::Anchored => {}
            CharterChange::StateAnchored(size) => self.state_anchored = Some(size),
        }
    }

    fn add_key(&mut self, key: Key, moment: Moment) {
        self.keys.insert(key.public.id(), Held::begin(key, moment));
    }
}
