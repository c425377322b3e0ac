//! Going on with a founding that was composed but is not wholly entered yet.

use super::OpenError;
use crate::authority::founding::Founding;
use crate::authority::refusal::Failure;
use crate::authority::state::Window;
use crate::authority::store::Store;
use crate::authority::writer::Writer;

/// Entries of a group while founding.
const GROUP: usize = 256;

/// Appends what founding has not appended yet. Entry 0 stands alone: the others are signed with its key. A group is
/// entered whole or not at all, so that nothing ever stands in the ledger after an entry that the law refused.
pub(super) fn go_on(
    writer: &mut Writer,
    window: &Window,
    store: &dyn Store,
    founding: &Founding,
) -> Result<(), OpenError> {
    loop {
        let published = window.published();
        let mut left = founding.left(&published.charter, store)?;
        if left.is_empty() {
            return Ok(());
        }
        left.truncate(if published.range.size() == 0 { 1 } else { GROUP });
        let (places, group): (Vec<_>, Vec<_>) = left.into_iter().unzip();
        let kinds: Vec<_> = group.iter().map(|proposal| proposal.body.kind()).collect();
        writer.append_whole(group).map_err(|(at, failure)| {
            match (failure, places.get(at), kinds.get(at)) {
                (Failure::Judged(violation), Some(place), Some(kind)) => {
                    OpenError::Founding { place: *place, kind: kind.to_string(), why: violation.to_string() }
                }
                (failure, ..) => failure.into(),
            }
        })?;
    }
}
