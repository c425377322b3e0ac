//! Applications for matters that waited when the backup was made. What waits stands in no entry, and neither does how it ended:
//! whoever withdrew or declined a part since did so in a row that is lost. So nothing of such an application goes on by
//! itself after a restore, only by a step of its own (`matters/supplying`).

use super::RebuildError;
use crate::authority::store::{Row, Store, Write};

/// The mark of an application that this row says waits.
pub(super) fn mark(row: &Row) -> Option<Write> {
    match row {
        Row::MatterWaiting(_, matter) => Some(Write::set(Row::MatterResting(*matter), Vec::new())),
        _ => None,
    }
}

/// How many are marked.
pub(super) fn count(store: &dyn Store) -> Result<u64, RebuildError> {
    let resting = store.scan(b"R", None, usize::MAX)?.len();
    Ok(u64::try_from(resting).unwrap_or(u64::MAX))
}
