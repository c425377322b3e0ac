//! Exit codes: the one table of what the process says when it ends.

use std::process::ExitCode;

use crate::audit::Verdict;
use crate::audit::compare::CompareError;
use crate::audit::export::ExportError;
use crate::audit::mirror::MirrorError;
use crate::audit::prove::ProveError;
use crate::audit::trust::TrustError;
use crate::verification::AskError;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Holds, valid, done.
    Good = 0,
    /// Our fault or I/O; refusal to start.
    Fault = 1,
    /// Used wrongly.
    Usage = 2,
    /// Evidence that is not valid.
    NotValid = 10,
    /// Evidence of which nothing can be said.
    CannotTell = 11,
    /// A ledger that does not hold, or cannot be read as one.
    DoesNotHold = 12,
    /// Some of many.
    Partial = 13,
    /// A law or kind newer than this program.
    UpgradeNeeded = 14,
    /// Nothing of that name or number.
    NotFound = 20,
}

impl Exit {
    /// Of several, the first of these wins.
    const WORST_FIRST: [Self; 9] = [
        Self::Usage,
        Self::Fault,
        Self::DoesNotHold,
        Self::UpgradeNeeded,
        Self::NotValid,
        Self::CannotTell,
        Self::Partial,
        Self::NotFound,
        Self::Good,
    ];

    /// What several results end in.
    pub(crate) fn worst(all: &[Self]) -> Self {
        Self::WORST_FIRST.into_iter().find(|worst| all.contains(worst)).unwrap_or(Self::Good)
    }

    /// What an error ends in: our fault, unless it says something about the ledger.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if error.is::<AskError>() {
            return Self::Usage;
        }
        if let Some(error) = error.downcast_ref::<ProveError>() {
            return Self::of_prove(error);
        }
        if let Some(error) = error.downcast_ref::<MirrorError>() {
            return Self::of_mirror(error);
        }
        if let Some(error) = error.downcast_ref::<CompareError>() {
            return match error {
                CompareError::Prove(error) => Self::of_prove(error),
                CompareError::SplitView(_) => Self::DoesNotHold,
            };
        }
        match (error.downcast_ref::<ExportError>(), error.downcast_ref::<TrustError>()) {
            (Some(ExportError::Head(error)), _) | (_, Some(TrustError::Prove(error))) => {
                Self::of_prove(error)
            }
            (Some(ExportError::Missing(_)), _) | (_, Some(TrustError::Ledger)) => Self::DoesNotHold,
            _ => Self::Fault,
        }
    }

    fn of_mirror(error: &MirrorError) -> Self {
        match error {
            MirrorError::Source(_)
            | MirrorError::Own(_)
            | MirrorError::Busy(_)
            | MirrorError::NoMirror(_)
            | MirrorError::Write { .. } => Self::Fault,
            MirrorError::Head(error) => Self::of_prove(error),
            MirrorError::Missing(_)
            | MirrorError::Wrong { .. }
            | MirrorError::Edge { .. }
            | MirrorError::WentBack { .. }
            | MirrorError::SplitView(_) => Self::DoesNotHold,
        }
    }

    fn of_prove(error: &ProveError) -> Self {
        match error {
            ProveError::Source(_) | ProveError::Receipt(_) => Self::Fault,
            ProveError::NoSuchEntry { .. } => Self::NotFound,
            ProveError::File(_) | ProveError::Checkpoint(_) | ProveError::Proof(_) => Self::DoesNotHold,
        }
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Holds => Self::Good,
            Verdict::DoesNotHold => Self::DoesNotHold,
            Verdict::UpgradeNeeded => Self::UpgradeNeeded,
        }
    }
}

impl From<Exit> for ExitCode {
    #[expect(clippy::as_conversions, reason = "the discriminants are the table above")]
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_wins() {
        assert_eq!(Exit::worst(&[]), Exit::Good);
        assert_eq!(Exit::worst(&[Exit::Good, Exit::NotFound, Exit::Partial]), Exit::Partial);
        assert_eq!(Exit::worst(&[Exit::CannotTell, Exit::NotValid]), Exit::NotValid);
        assert_eq!(Exit::worst(&[Exit::NotValid, Exit::UpgradeNeeded, Exit::DoesNotHold]), Exit::DoesNotHold);
        assert_eq!(Exit::worst(&[Exit::DoesNotHold, Exit::Fault]), Exit::Fault);
    }
}
