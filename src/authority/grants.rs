//! How the state of a licence lies in the store: what a department's licences of one type have in common (type, region,
//! power, key) once, under a row of its own, and in the licence's row only what is its own. Most of a state was that.
//!
//! A grant's row is called by the beginning of its digest, so it never changes, and whoever reads many states knows it after
//! the first (`Grants`): one licence is one read. Entries make both rows, in the same commit; a rebuilt store has the same.
//! Not here: what a state means (`ledger::state`).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use super::store::{GrantName, Row, Store, StoreError, Write};
use crate::crypto::{Digest, KeyId};
use crate::ledger::body::{PowerId, StatusPlace};
use crate::ledger::state::{Carried, Event, Granted, LicenceState};
use crate::values::identifiers::{CreditCode, Handle, Region, Slug};
use crate::values::standing::Standing;
use crate::values::time::{Date, Time};

/// What many licences have in common.
#[derive(Debug, Serialize, Deserialize)]
struct Grant {
    licence_type: Slug,
    version: u64,
    department: CreditCode,
    region: Region,
    power: PowerId,
    credential_key: KeyId,
}

/// What is one licence's own.
#[derive(Serialize, Deserialize)]
struct Own {
    grant: GrantName,
    granted: Granted,
    credential_digest: Digest,
    valid_from: Day,
    valid_until: Option<Day>,
    status: StatusPlace,
    carriers: Vec<Carried>,
    /// Index, milliseconds, standing.
    events: Vec<(u64, i64, Standing)>,
    last: Digest,
    replaces: Option<Handle>,
    replaced_by: Option<Handle>,
    erased: bool,
}

/// Year, month, day.
type Day = (i16, i8, i8);

/// The rows of a licence's state.
pub fn rows(licence: &LicenceState) -> Result<[Write; 2], StoreError> {
    let grant = written(&Grant {
        licence_type: licence.licence_type.clone(),
        version: licence.version,
        department: licence.department.clone(),
        region: licence.region.clone(),
        power: licence.power.clone(),
        credential_key: licence.credential_key,
    })?;
    let name = name_of(&grant);
    let day = |date: Date| (date.year(), date.month(), date.day());
    let own = Own {
        grant: name,
        granted: licence.granted,
        credential_digest: licence.credential_digest,
        valid_from: day(licence.valid_from),
        valid_until: licence.valid_until.map(day),
        status: licence.status,
        carriers: licence.carriers.clone(),
        events: licence
            .events
            .iter()
            .map(|event| (event.index, event.time.millis(), event.standing))
            .collect(),
        last: licence.last,
        replaces: licence.replaces,
        replaced_by: licence.replaced_by,
        erased: licence.erased,
    };
    Ok([Write::set(Row::Grant(name), grant), Write::set(Row::Licence(licence.handle), written(&own)?)])
}

/// The state of a licence.
pub fn licence(store: &dyn Store, handle: &Handle) -> Result<Option<LicenceState>, StoreError> {
    Grants::default().licence(store, handle)
}

/// The grants that are known.
#[derive(Default)]
pub struct Grants(RwLock<HashMap<GrantName, Arc<Grant>>>);

impl Grants {
    /// The state of a licence, by one read where its grant is known.
    pub fn licence(&self, store: &dyn Store, handle: &Handle) -> Result<Option<LicenceState>, StoreError> {
        let Some(row) = store.get(&Row::Licence(*handle))? else { return Ok(None) };
        let own: Own = read(&row)?;
        let grant = self.named(store, own.grant)?;
        own.state(*handle, &grant).map(Some)
    }

    fn named(&self, store: &dyn Store, name: GrantName) -> Result<Arc<Grant>, StoreError> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&name) {
            return Ok(Arc::clone(known));
        }
        let row = store.get(&Row::Grant(name))?.filter(|row| name_of(row) == name).ok_or_else(damaged)?;
        let grant: Arc<Grant> = Arc::new(read(&row)?);
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(name, Arc::clone(&grant));
        Ok(grant)
    }
}

impl Own {
    fn state(self, handle: Handle, grant: &Grant) -> Result<LicenceState, StoreError> {
        let date =
            |(year, month, day): Day| Date::new(year.into(), month.into(), day.into()).map_err(|_| damaged());
        let event = |(index, millis, standing)| {
            Ok(Event { index, time: Time::from_millis(millis).map_err(|_| damaged())?, standing })
        };
        Ok(LicenceState {
            handle,
            granted: self.granted,
            licence_type: grant.licence_type.clone(),
            version: grant.version,
            department: grant.department.clone(),
            region: grant.region.clone(),
            power: grant.power.clone(),
            credential_key: grant.credential_key,
            credential_digest: self.credential_digest,
            valid_from: date(self.valid_from)?,
            valid_until: self.valid_until.map(date).transpose()?,
            status: self.status,
            carriers: self.carriers,
            events: self.events.into_iter().map(event).collect::<Result<_, StoreError>>()?,
            last: self.last,
            replaces: self.replaces,
            replaced_by: self.replaced_by,
            erased: self.erased,
        })
    }
}

/// The name of a grant that is written so.
fn name_of(grant: &[u8]) -> GrantName {
    Digest::of(grant).0.first_chunk().copied().unwrap_or_default()
}

fn written(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(value).map_err(|_| damaged())
}

fn read<'a, T: Deserialize<'a>>(row: &'a [u8]) -> Result<T, StoreError> {
    postcard::from_bytes(row).map_err(|_| damaged())
}

fn damaged() -> StoreError {
    StoreError::Unreadable("a licence's state".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;
    use crate::values::recorded::TrustLevel;
    use crate::values::standing::Ending;

    fn state(number: u8) -> LicenceState {
        let event =
            |index, standing| Event { index, time: Time::from_millis(1_790_000_000_000).unwrap(), standing };
        LicenceState {
            handle: Handle::new(Time::MIN, [number; 10]),
            granted: Granted::Issued,
            licence_type: "business-licence".parse().unwrap(),
            version: 1,
            department: "11430700MB0000035Y".parse().unwrap(),
            region: "430700".parse().unwrap(),
            power: "market-business".parse().unwrap(),
            credential_key: KeyId([1; 16]),
            credential_digest: Digest([number; 32]),
            valid_from: Date::new(2026, 2, 28).unwrap(),
            valid_until: None,
            status: StatusPlace { list: 0, index: 70_000 },
            carriers: Vec::new(),
            events: vec![event(100_000, Standing::Valid)],
            last: Digest([number; 32]),
            replaces: None,
            replaced_by: None,
            erased: false,
        }
    }

    /// A licence with everything that one can have.
    fn eventful() -> LicenceState {
        let mut state = state(9);
        let handle = state.handle;
        let second =
            Event { index: 100_007, standing: Standing::Ended(Ending::Rescinded), ..state.events[0] };
        state.events.push(second);
        state.granted = Granted::Recorded(TrustLevel::A);
        state.valid_until = Date::new(9999, 12, 31).ok();
        (state.replaces, state.replaced_by, state.erased) = (Some(handle), Some(handle), true);
        state
    }

    #[test]
    fn states_come_back_and_take_little() {
        let store = MemoryStore::new();
        let states = [state(1), state(2), eventful()];
        for state in &states {
            store.put(rows(state).unwrap().into()).unwrap();
        }
        assert_eq!(store.scan(b"q", None, 9).unwrap().len(), 1, "they have one grant");
        let grants = Grants::default();
        for state in &states {
            assert_eq!(licence(&store, &state.handle).unwrap().as_ref(), Some(state));
            assert_eq!(grants.licence(&store, &state.handle).unwrap().as_ref(), Some(state));
        }
        let [_, own] = rows(&states[0]).unwrap();
        assert!(own.value.unwrap().len() < 118);
        assert_eq!(licence(&store, &Handle::new(Time::MIN, [3; 10])), Ok(None));
    }

    #[test]
    fn a_grant_that_is_missing_or_changed_is_told() {
        let (store, one) = (MemoryStore::new(), state(1));
        let [grant, own] = rows(&one).unwrap();
        store.put(vec![own]).unwrap();
        assert!(licence(&store, &one.handle).is_err());
        let mut bytes = grant.value.unwrap();
        bytes[3] ^= 1;
        store.put(vec![Write::set(grant.row, bytes)]).unwrap();
        assert!(licence(&store, &one.handle).is_err());
    }
}
