//! Going on with a founding that was composed but is not wholly entered yet.

use super::OpenError;
use crate::authority::founding::Founding;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::state::Window;
use crate::authority::writer::{Outcome, Proposal, Writer};

/// Entries of a group while founding.
const GROUP: usize = 256;

/// Appends what founding has not appended yet. Entry 0 stands alone: the others are signed with its key.
pub(super) fn go_on(writer: &mut Writer, window: &Window, founding: &Founding) -> Result<(), OpenError> {
    let bodies = founding.bodies().map_err(Failure::from)?;
    loop {
        let size = usize::try_from(window.published().range.size()).unwrap_or(usize::MAX);
        let left = bodies.get(size..).unwrap_or_default();
        if left.is_empty() {
            return Ok(());
        }
        let group = left.iter().take(if size == 0 { 1 } else { GROUP });
        let mut proposals: Vec<Proposal> =
            group.map(|body| Proposal { body: body.clone(), blobs: Vec::new(), rows: Vec::new() }).collect();
        if let Some(first) = proposals.first_mut()
            && size <= 1
        {
            first.blobs = founding.blobs().map(<[u8]>::to_vec).collect();
        }
        for outcome in writer.append(proposals) {
            match outcome {
                Outcome::Committed(_) => {}
                Outcome::Failed(failure) => return Err(failure.into()),
                Outcome::Deferred(_) => {
                    return Err(Failure::from(Fault::Law("founding names a subject twice".into())).into());
                }
            }
        }
    }
}
