//! What a ledger added up to at a time: who was registered, which keys and powers counted, how licences and cases stood,
//! and the digest of every status list. Once a later entry is known, two auditors who ask for the same time get the same bytes,
//! but for `void`, which a later rescission changes.
//!
//! It is the state that the replay itself had there, not one reckoned back from the end. It says what the ledger showed
//! then: a licence rescinded later was shown valid, and `void` says so. Not here: what a verifier says (`verification`).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::Serialize;

use super::eye::Eye;
use crate::crypto::{Digest, KeyId, KeyPurpose};
use crate::ledger::body::{BlobRef, OfficerId, Owner, PowerGranted, PowerId, Role, StatusPlace};
use crate::ledger::entry;
use crate::ledger::state::{Charter, Held, LicenceState, MemoryState, View as _};
use crate::status_list::{Bits, MAX_STATUSES, StatusList};
use crate::values::identifiers::{CreditCode, Handle, Region, Slug};
use crate::values::time::{Date, Time};
use crate::verification::Notice;

/// The state at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// The time that was asked for.
    pub at: Time,
    /// The ledger's name; empty before the first entry.
    pub origin: String,
    /// What must be said beside anything about such an authority's ledger; a real one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<&'static str>,
    /// Entries until then.
    pub size: u64,
    /// Their root, in padded base64.
    pub root: String,
    /// When the last of them was entered.
    pub last_entry: Option<Time>,
    /// Whether a later entry is known, so that none can come before it any more. Else the state may still change.
    pub complete: bool,
    /// The version of the law in force.
    pub law: Option<u64>,
    /// How many registrars a statement needed.
    pub quorum: Option<usize>,
    /// Where addresses began.
    pub base_url: Option<String>,
    /// Departments that were registered.
    pub departments: Vec<Department>,
    /// Keys that counted.
    pub keys: Vec<Key>,
    /// Newest version of each type that could be issued.
    pub types: BTreeMap<Slug, u64>,
    /// The power list (权力清单).
    pub powers: Vec<Power>,
    /// Officers in office.
    pub officers: Vec<Officer>,
    /// Licences by standing; what is over is counted apart, though it stands as it stood.
    pub licences: BTreeMap<&'static str, u64>,
    /// Licences whose last day was over, whatever their standing.
    pub expired: u64,
    /// Cases by stage.
    pub cases: BTreeMap<&'static str, u64>,
    /// Status lists.
    pub statuses: Vec<List>,
    /// The licence that was asked about, if it was entered by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<Licence>,
}

/// A registered department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Department {
    code: CreditCode,
    slug: Slug,
    region: Region,
    since: u64,
}

/// A key that counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    key: KeyId,
    owner: Owner,
    purpose: KeyPurpose,
    since: u64,
}

/// A line of the power list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Power {
    power: PowerId,
    department: CreditCode,
    r#type: Slug,
    region: Region,
    basis: BlobRef,
    from: Date,
    until: Option<Date>,
    since: u64,
}

/// An officer in office. Names are in no ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Officer {
    officer: OfficerId,
    department: CreditCode,
    key: KeyId,
    roles: Vec<Role>,
    since: u64,
}

/// A status list: how many places were used, and the digest of its bits, two a place, lowest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct List {
    list: u32,
    used: u64,
    sha256: Digest,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}) sha256:{}", self.list, self.used, self.sha256)
    }
}

/// One licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Licence {
    handle: Handle,
    r#type: Slug,
    version: u64,
    department: CreditCode,
    region: Region,
    power: PowerId,
    valid_from: Date,
    valid_until: Option<Date>,
    /// As the ledger showed it.
    pub standing: &'static str,
    /// Whether its last day was over.
    pub expired: bool,
    /// Whether it was ever rescinded, also later: then it is void for every time.
    pub void: bool,
    /// Whether its content was erased.
    erased: bool,
    credential_digest: Digest,
    status: StatusPlace,
    replaced_by: Option<Handle>,
    /// Indexes of the entries about it.
    entries: Vec<u64>,
}

/// Waits for the first entry after a time, and takes down what there was before it.
pub struct At {
    time: Time,
    handle: Option<Handle>,
    taken: Option<State>,
}

impl At {
    /// For a time, and a licence if one is asked about.
    pub fn new(time: Time, handle: Option<Handle>) -> Self {
        Self { time, handle, taken: None }
    }

    /// What there was: where no entry came after that time, what there is at the end.
    pub fn taken(self, end: &MemoryState) -> State {
        let known = self.handle.as_ref();
        let mut taken = self.taken.unwrap_or_else(|| State::of(end, self.time, known, false));
        if let Some(licence) = &mut taken.licence {
            let last = end.licence(&licence.handle).ok().flatten();
            licence.void = last.is_some_and(|last| last.is_void());
        }
        taken
    }
}

impl Eye for At {
    fn before(&mut self, _: u64, entry: &entry::Entry, before: &MemoryState) {
        if self.taken.is_none() && entry.time() > self.time {
            self.taken = Some(State::of(before, self.time, self.handle.as_ref(), true));
        }
    }
}

impl State {
    fn of(state: &MemoryState, at: Time, handle: Option<&Handle>, complete: bool) -> Self {
        let charter = state.charter();
        let mut counted = Self {
            at,
            origin: charter.origin().map(ToString::to_string).unwrap_or_default(),
            notice: Notice::of(charter, false).map(Notice::as_str),
            size: charter.size(),
            root: state.range().root().to_string(),
            last_entry: charter.time(),
            complete,
            law: charter.law_version(),
            quorum: charter.authority().map(|authority| authority.quorum),
            base_url: charter.authority().and_then(|authority| authority.base_urls.last().cloned()),
            departments: departments(charter),
            keys: keys(charter),
            types: types(charter),
            powers: charter.powers_at(at).map(power).collect(),
            officers: officers(charter, at),
            licences: BTreeMap::new(),
            expired: 0,
            cases: BTreeMap::new(),
            statuses: lists(state),
            licence: None,
        };
        for licence in state.licences() {
            *counted.licences.entry(licence.standing().as_str()).or_default() += 1;
            counted.expired += u64::from(expired(charter, licence, at));
        }
        for case in state.cases() {
            *counted.cases.entry(case.stage().as_str()).or_default() += 1;
        }
        let found = handle.and_then(|handle| state.licence(handle).ok().flatten());
        counted.licence = found.map(|found| Licence::of(found, charter, at));
        counted
    }
}

impl Licence {
    fn of(licence: LicenceState, charter: &Charter, at: Time) -> Self {
        Self {
            standing: licence.standing().as_str(),
            expired: expired(charter, &licence, at),
            void: licence.is_void(),
            entries: licence.events.iter().map(|event| event.index).collect(),
            handle: licence.handle,
            r#type: licence.licence_type,
            version: licence.version,
            department: licence.department,
            region: licence.region,
            power: licence.power,
            valid_from: licence.valid_from,
            valid_until: licence.valid_until,
            erased: licence.erased,
            credential_digest: licence.credential_digest,
            status: licence.status,
            replaced_by: licence.replaced_by,
        }
    }
}

fn expired(charter: &Charter, licence: &LicenceState, at: Time) -> bool {
    charter.offset().is_some_and(|offset| licence.expired(at, offset))
}

fn departments(charter: &Charter) -> Vec<Department> {
    let registered = charter.departments().filter(|held| held.in_force());
    let told = registered.map(|held| Department {
        code: held.value.code.clone(),
        slug: held.value.slug.clone(),
        region: held.value.region.clone(),
        since: held.since.index,
    });
    told.collect()
}

fn keys(charter: &Charter) -> Vec<Key> {
    let counting = charter.keys().filter(|(_, held)| held.in_force());
    let told = counting.map(|(key, held)| Key {
        key: *key,
        owner: held.value.owner.clone(),
        purpose: held.value.purpose,
        since: held.since.index,
    });
    told.collect()
}

fn types(charter: &Charter) -> BTreeMap<Slug, u64> {
    let in_force = charter.types().filter_map(|(slug, published)| {
        let held = published.versions.last().filter(|held| held.in_force())?;
        Some((slug.clone(), held.value.version))
    });
    in_force.collect()
}

fn power(held: &Held<PowerGranted>) -> Power {
    let granted = &held.value;
    Power {
        power: granted.power.clone(),
        department: granted.department.clone(),
        r#type: granted.r#type.clone(),
        region: granted.region.clone(),
        basis: granted.basis,
        from: granted.from,
        until: granted.until,
        since: held.since.index,
    }
}

fn officers(charter: &Charter, at: Time) -> Vec<Officer> {
    let Some(day) = charter.offset().map(|offset| at.date(offset)) else { return Vec::new() };
    let newest = charter.officers().filter_map(|(officer, appointed)| Some((officer, appointed.last()?)));
    let in_office = newest.filter(|(_, held)| {
        let appointed = &held.value;
        let key = charter.key(&appointed.key).is_some_and(Held::in_force);
        let department = charter.department(&appointed.department).is_some_and(Held::in_force);
        held.in_force()
            && key
            && department
            && appointed.from <= day
            && appointed.until.is_none_or(|until| day <= until)
    });
    let told = in_office.map(|(officer, held)| Officer {
        officer: *officer,
        department: held.value.department.clone(),
        key: held.value.key,
        roles: held.value.roles.clone(),
        since: held.since.index,
    });
    told.collect()
}

fn lists(state: &MemoryState) -> Vec<List> {
    let mut lists: BTreeMap<u32, (StatusList, u64)> = BTreeMap::new();
    for (place, value) in state.statuses().iter() {
        let list = match lists.entry(place.list) {
            Entry::Occupied(list) => list.into_mut(),
            Entry::Vacant(free) => match StatusList::zeros(Bits::Two, MAX_STATUSES) {
                Ok(list) => free.insert((list, 0)),
                Err(_) => continue,
            },
        };
        // A place or value that does not fit stops the replay itself.
        if list.0.set(u64::from(place.index), value).is_ok() {
            list.1 += 1;
        }
    }
    let told = |(list, (bits, used)): (u32, (StatusList, u64))| List {
        list,
        used,
        sha256: Digest::of(bits.as_bytes()),
    };
    lists.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests;
