//! What the asker wants to know: at which time, and what is expected beyond validity.

use crate::values::time::Time;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ask {
    /// Judge as of this time; `None` is now.
    pub at: Option<Time>,
    /// What must be so for the evidence to be accepted.
    pub expect: Expect,
}

/// Expectations. None at all is a question about validity alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expect {
    /// The slug or the 21-character code of a licence type. Names are the caller's to resolve.
    pub licence_type: Option<String>,
    /// The verifier's own name, which the holder's presentation must bear.
    pub audience: Option<String>,
    /// The nonce that the holder's presentation must bear.
    pub nonce: Option<String>,
    /// Whether the holder must have presented it.
    pub holder: bool,
}

/// Why a question cannot be judged. An error of the ask, never a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Nobody knows the future.
    #[error("`at` is {at}, later than now ({now})")]
    InFuture {
        /// Asked.
        at: Time,
        /// Present.
        now: Time,
    },
}

impl Ask {
    /// The time that is judged.
    pub(super) fn time(&self, now: Time) -> Result<Time, AskError> {
        match self.at {
            Some(at) if at > now => Err(AskError::InFuture { at, now }),
            at => Ok(at.unwrap_or(now)),
        }
    }
}

impl Expect {
    /// Whether a holder was asked for, in whatever way.
    pub(super) fn asks_for_holder(&self) -> bool {
        self.holder || self.nonce.is_some() || self.audience.is_some()
    }

    /// Whether anything is expected.
    pub(super) fn is_anything(&self) -> bool {
        self.licence_type.is_some() || self.asks_for_holder()
    }
}
