//! Whether the service can go on, item by item: what stops it now, and what will. Facts only: what is grave, and what to
//! do about it, is said by `doctor`. Not here: disks and files (`wiring`), which the engine does not know.

use serde::{Deserialize, Serialize};

use super::Authority;
use super::archiving::{ArchiveCondition, check_newest, condition};
use super::chains::certificate;
use super::opening::charter_at;
use super::refusal::{Failure, Fault};
use super::store::{Row, Store, StoreError};
use super::witnesses::EyesCondition;
use crate::crypto::{KeyId, KeyPurpose};
use crate::ledger::state::Charter;
use crate::status_list::StatusToken;
use crate::values::time::Time;

/// Certificates that end within this are named: thirty days, in milliseconds.
const SOON: i64 = 30 * 24 * 3600 * 1000;
/// Licences that wait to be sealed are counted no further.
const COUNTED: usize = 1000;

/// Whether the service is ready, item by item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Readiness {
    /// Entries.
    pub size: u64,
    /// Time of the last one.
    pub last: Option<Time>,
    /// The law in force.
    pub law: u64,
    /// Why nothing can be added, if so.
    pub writing: Option<String>,
    /// Keys in force that the server should hold and does not, as `purpose owner id`.
    pub missing_keys: Vec<String>,
    /// Why the clock is not believed, if so.
    pub clock: Option<String>,
    /// When the certificate of each key in force ends, the first to end first.
    pub certificates: Vec<Ending>,
    /// Licences that are entered and wait to be sealed.
    pub unsealed: usize,
    /// The newest published token of each list.
    pub lists: Vec<Listed>,
    /// How it stands with the witnesses, where any are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witnesses: Option<EyesCondition>,
    /// How it stands with the archive, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<ArchiveCondition>,
    /// Why rows do not settle, if so: they stay in the store, which grows by them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settling: Option<String>,
}

/// The end of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// What its key is for.
    pub purpose: String,
    /// Whose key it is.
    pub owner: String,
    /// The key.
    pub key: KeyId,
    /// When it ends.
    pub ends: Time,
    /// Whether a newer key does its work already: it counts until it is retired, and nothing waits for it.
    pub succeeded: bool,
}

/// A published status list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its number.
    pub list: u32,
    /// Until when its newest token counts, in seconds; `None` where there is no token yet.
    pub until: Option<i64>,
}

impl Readiness {
    /// What a store that nobody serves from says of itself. Which keys are held is not known from it.
    pub fn of_store(store: &dyn Store) -> Result<Self, Failure> {
        let head = store.head()?;
        let charter = charter_at(store, head.size).map_err(|error| Fault::Damaged(error.to_string()))?;
        let mut lists: Vec<u32> = Vec::new();
        // One row stands for its list: the next is looked for behind the last that the list can have.
        while let Some((key, _)) = {
            let after = lists.last().map(|list| Row::Published(*list, Time::MAX).key());
            store.scan(b"o", after.as_deref(), 1)?.pop()
        } {
            let list = key.get(1..5).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
            lists.push(list.ok_or_else(|| Fault::Damaged("the key of a published list".into()))?);
        }
        let mut readiness = Self::of_charter(store, &charter, head.size)?;
        if let (Some(archive), Some(known)) = (store.archive(), &readiness.archive) {
            archive.look_for(known.bundles);
            // One that is there and is another's is noted as one that is not.
            let _noted = check_newest(store);
            readiness.archive = condition(store);
        }
        for list in lists {
            readiness.lists.push(Listed { list, until: newest(store, list)? });
        }
        Ok(readiness)
    }

    fn of_charter(store: &dyn Store, charter: &Charter, size: u64) -> Result<Self, StoreError> {
        Ok(Self {
            size,
            last: charter.time(),
            law: charter.law_version().unwrap_or_default(),
            writing: store.ended(),
            missing_keys: Vec::new(),
            clock: None,
            certificates: endings(store, charter),
            unsealed: store.scan(b"u", None, COUNTED)?.len(),
            lists: Vec::new(),
            witnesses: None,
            archive: condition(store),
            settling: None,
        })
    }

    /// Certificates that end within thirty days of `now` and have no successor yet.
    pub fn ending(&self, now: Time) -> impl Iterator<Item = &Ending> {
        self.certificates.iter().filter(move |ending| !ending.succeeded && ending.ends.since(now) < SOON)
    }
}

impl Authority {
    /// Whether the service is ready.
    pub fn readiness(&self) -> Readiness {
        let published = self.published();
        let charter = &published.charter;
        let read = Readiness::of_charter(self.store.as_ref(), charter, published.range.size());
        let mut readiness = read.unwrap_or_else(|error| Readiness {
            size: published.range.size(),
            last: charter.time(),
            law: charter.law_version().unwrap_or_default(),
            writing: Some(error.to_string()),
            missing_keys: Vec::new(),
            clock: None,
            certificates: Vec::new(),
            unsealed: 0,
            lists: Vec::new(),
            witnesses: None,
            archive: None,
            settling: None,
        });
        let halted = self.window.halted().map(str::to_owned);
        let now = self.clock.now();
        let overdue = || now.as_ref().ok().and_then(|now| self.window.outside().overdue(*now));
        readiness.writing = halted.or(readiness.writing).or_else(|| self.keyring.ended()).or_else(overdue);
        readiness.witnesses = self.eyes_condition();
        readiness.archive = self.archive_condition();
        readiness.settling = self.settling.stopped();
        readiness.missing_keys = self.missing_keys(charter);
        readiness.clock = now.err().map(|stepped| stepped.to_string());
        let numbers: Vec<u32> = self.window.statuses(|statuses| statuses.lists().keys().copied().collect());
        readiness.lists = numbers
            .into_iter()
            .map(|list| {
                let token = self.status_token(list, None).ok();
                Listed { list, until: token.and_then(|token| StatusToken::parse(&token).ok()?.exp()) }
            })
            .collect();
        readiness
    }

    /// Keys in force that this server signs with and the keyring does not have.
    fn missing_keys(&self, charter: &Charter) -> Vec<String> {
        let ours = |purpose| {
            matches!(
                purpose,
                KeyPurpose::Registry
                    | KeyPurpose::Checkpoint
                    | KeyPurpose::Credential
                    | KeyPurpose::Status
                    | KeyPurpose::Report
            )
        };
        charter
            .keys()
            .filter(|(id, held)| {
                held.in_force() && ours(held.value.purpose) && self.keyring.key(id).is_none()
            })
            .map(|(id, held)| format!("{} {} {id}", held.value.purpose, held.value.owner))
            .collect()
    }
}

/// The ends of the certificates of keys in force. One that cannot be read is told by whoever must use it.
fn endings(store: &dyn Store, charter: &Charter) -> Vec<Ending> {
    let in_force = charter.keys().filter(|(_, held)| held.in_force() && held.value.certificate.is_some());
    let mut endings: Vec<Ending> = in_force
        .filter_map(|(id, held)| {
            let certificate = certificate(store, &held.value).ok()?;
            let ends = Time::from_millis(certificate.validity().not_after.saturating_mul(1000)).ok()?;
            let newest = charter.keys_of(&held.value.owner, held.value.purpose).last().map(|(key, _)| **key);
            let (purpose, owner) = (held.value.purpose.to_string(), held.value.owner.to_string());
            Some(Ending { purpose, owner, key: *id, ends, succeeded: newest != Some(*id) })
        })
        .collect();
    endings.sort_by_key(|ending| ending.ends);
    endings
}

/// Until when the newest stored token of a list counts.
fn newest(store: &dyn Store, list: u32) -> Result<Option<i64>, Failure> {
    let until = Row::Published(list, Time::MAX).key();
    let Some((_, token)) = store.last(until.get(..5).unwrap_or(&until), &until)? else { return Ok(None) };
    let text = std::str::from_utf8(&token).map_err(|_| Fault::Damaged("a published token".into()))?;
    Ok(StatusToken::parse(text).map_err(|error| Fault::Damaged(error.to_string()))?.exp())
}
