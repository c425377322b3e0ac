//! The port to the table of tokens, which lies under `--keys` and is wired in. Not here: what a caller may do.

use super::kind::Kind;
use super::problem::Problem;
use crate::authority::caller::Caller;
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::time::Time;

/// Who a token stands for.
pub trait Tokens: Send + Sync {
    /// A token for a department that never had one; where it was written, under the keys. None if there was one.
    fn first_of(&self, _department: &Slug, _code: &CreditCode, _now: Time) -> Result<Option<String>, String> {
        Ok(None)
    }

    /// The caller, if the token is good at `now`.
    fn caller(&self, presented: &str, now: Time) -> Result<Caller, BadToken>;

    /// The tokens that were not revoked, by name, and when each ends.
    fn ends(&self) -> Vec<(String, Time)> {
        Vec::new()
    }
}

/// Why a token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadToken {
    /// No such token was ever made here.
    Unknown,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

impl BadToken {
    /// As it is told.
    pub(super) fn problem(self) -> Problem {
        let (zh, en) = match self {
            Self::Unknown => ("令牌无效。", "The token is not known here."),
            Self::Expired => {
                ("令牌已过期，请向运维索取新的。", "The token has expired; ask the operator for another.")
            }
            Self::Revoked => {
                ("令牌已被撤销，请向运维索取新的。", "The token was revoked; ask the operator for another.")
            }
        };
        Problem::new(Kind::Unauthorised, zh, en)
    }
}
