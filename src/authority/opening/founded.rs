//! Going on with a founding that was composed but is not wholly entered yet.

use super::OpenError;
use crate::authority::founding::Founding;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::state::Window;
use crate::authority::writer::{Outcome, Writer};

/// Entries of a group while founding.
const GROUP: usize = 256;

/// Appends what founding has not appended yet. Entry 0 stands alone: the others are signed with its key.
pub(super) fn go_on(writer: &mut Writer, window: &Window, founding: &Founding) -> Result<(), OpenError> {
    loop {
        let size = usize::try_from(window.published().range.size()).unwrap_or(usize::MAX);
        let mut group = founding.left(size).map_err(Failure::from)?;
        if group.is_empty() {
            return Ok(());
        }
        group.truncate(if size == 0 { 1 } else { GROUP });
        for outcome in writer.append(group) {
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
