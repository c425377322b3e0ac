//! The rows by which a department finds its own licences: all of them, and once more by standing those that are not
//! valid. They are written in the commit of the entry that makes them so. Not here: reading them (`own`).

use crate::authority::refusal::Fault;
use crate::authority::state::licence;
use crate::authority::store::{OWN_INDEXED, Row, Store, StoreError, Write};
use crate::ledger::state::LicenceState;
use crate::values::identifiers::Handle;
use crate::values::standing::Standing;

/// Licences whose rows are made up for at once.
const AT_ONCE: usize = 256;

/// What the last entry about a licence changes.
pub fn own_rows(licence: &LicenceState) -> Vec<Write> {
    let now = licence.standing();
    let before = licence.events.iter().rev().nth(1).map(|event| event.standing);
    if before == Some(now) {
        return Vec::new();
    }
    let row = |standing| Row::Own(licence.department.clone(), standing, licence.handle);
    let entered = before.is_none().then(|| Write::set(row(None), Vec::new()));
    let left = before.filter(is_indexed).map(|before| Write::remove(row(Some(before))));
    let taken = Some(now).filter(is_indexed).map(|now| Write::set(row(Some(now)), Vec::new()));
    entered.into_iter().chain(left).chain(taken).collect()
}

/// Whether licences of this standing have a row of their own: most are valid, and are found among all.
pub(super) fn is_indexed(standing: &Standing) -> bool {
    *standing != Standing::Valid
}

/// Makes up for the rows of a store that was written without them.
pub fn index_own(store: &dyn Store) -> Result<(), StoreError> {
    if store.get(&Row::Single(OWN_INDEXED))?.is_some() {
        return Ok(());
    }
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = store.scan(b"l", after.as_deref(), AT_ONCE)?;
        let Some((last, _)) = rows.last() else { break };
        after = Some(last.clone());
        let mut writes = Vec::new();
        for (key, _) in &rows {
            let handle = handle_of(key).map_err(|fault| StoreError::Unreadable(fault.to_string()))?;
            let Some(found) = licence(store, &handle)? else { continue };
            let row = |standing| Row::Own(found.department.clone(), standing, handle);
            let standing = Some(found.standing()).filter(is_indexed);
            writes.push(Write::set(row(None), Vec::new()));
            writes.extend(standing.map(|standing| Write::set(row(Some(standing)), Vec::new())));
        }
        store.put(writes)?;
    }
    store.put(vec![Write::set(Row::Single(OWN_INDEXED), Vec::new())])?;
    store.sync()
}

/// The handle that a row's key ends with.
pub(super) fn handle_of(key: &[u8]) -> Result<Handle, Fault> {
    let handle = key.last_chunk().and_then(|bytes| Handle::from_bytes(*bytes).ok());
    handle.ok_or_else(|| Fault::Damaged("a key that ends with a handle".into()))
}
