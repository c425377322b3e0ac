//! The rows by which a department finds those of its own licences that are not valid, by standing. They are written in
//! the commit of the entry that makes them so. Not here: reading them (`own`), and all of its licences (`blocks`).

use crate::authority::refusal::Fault;
use crate::authority::store::{Row, Write};
use crate::ledger::state::LicenceState;
use crate::values::identifiers::Handle;
use crate::values::standing::Standing;

/// What the last entry about a licence changes.
pub fn standing_rows(licence: &LicenceState) -> Vec<Write> {
    let now = licence.standing();
    let before = licence.events.iter().rev().nth(1).map(|event| event.standing);
    if before == Some(now) {
        return Vec::new();
    }
    let row = |standing| Row::OwnStanding(licence.department.clone(), standing, licence.handle);
    let left = before.filter(is_indexed).map(|before| Write::remove(row(before)));
    let taken = Some(now).filter(is_indexed).map(|now| Write::set(row(now), Vec::new()));
    left.into_iter().chain(taken).collect()
}

/// Whether licences of this standing have a row of their own: most are valid, and are found among all.
pub(super) fn is_indexed(standing: &Standing) -> bool {
    *standing != Standing::Valid
}

/// The handle that a row's key ends with.
pub(super) fn handle_of(key: &[u8]) -> Result<Handle, Fault> {
    let handle = key.last_chunk().and_then(|bytes| Handle::from_bytes(*bytes).ok());
    handle.ok_or_else(|| Fault::Damaged("a key that ends with a handle".into()))
}
