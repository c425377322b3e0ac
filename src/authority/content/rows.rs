//! How a finding about content lies in the store: one row, written in the commit of its entry. A rebuilt store has the same.

use crate::authority::store::{Row, Store, StoreError, Write};
use crate::ledger::body::ContentNumber;
use crate::ledger::state::ContentState;

/// The row of a finding.
pub fn row(found: &ContentState) -> Result<Write, StoreError> {
    let state = postcard::to_stdvec(found).map_err(|_| damaged(found.content))?;
    Ok(Write::set(Row::Content(found.content), state))
}

/// The finding of a number.
pub fn content(store: &dyn Store, number: ContentNumber) -> Result<Option<ContentState>, StoreError> {
    let Some(row) = store.get(&Row::Content(number))? else { return Ok(None) };
    postcard::from_bytes(&row).map(Some).map_err(|_| damaged(number))
}

fn damaged(number: ContentNumber) -> StoreError {
    StoreError::Unreadable(format!("finding {number} about content"))
}
