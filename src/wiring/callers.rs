//! The keyring's table of tokens, behind the port of `http`: the two rooms do not know each other.

use super::entropy::SystemEntropy;
use crate::authority::caller::Caller;
use crate::http::{BadToken, Tokens};
use crate::keyring::tokens::{NewToken, TokenError, TokenRefusal, TokenTable};
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::time::Time;

/// Tokens made at founding, and with a department, last a year.
const TOKEN_LIFE: i64 = 365 * 24 * 3600 * 1000;

/// The table as HTTP asks it.
pub struct Callers(pub TokenTable);

impl Callers {
    /// A token for a caller of this name who never had one, revoked and expired ones included.
    pub fn first(
        table: &TokenTable,
        name: &Slug,
        caller: Caller,
        now: Time,
    ) -> Result<Option<NewToken>, TokenError> {
        if table.list()?.iter().any(|record| record.caller == caller) {
            return Ok(None);
        }
        match table.issue(name, caller, now, now.plus(TOKEN_LIFE), &SystemEntropy::new()) {
            Ok(made) => Ok(Some(made)),
            Err(TokenError::Taken { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Tokens for Callers {
    fn first_of(&self, department: &Slug, code: &CreditCode, now: Time) -> Result<Option<String>, String> {
        let caller = Caller::Department { code: code.clone(), slug: department.clone() };
        let made = Self::first(&self.0, department, caller, now).map_err(|error| error.to_string())?;
        Ok(made.map(|made| made.path.display().to_string()))
    }

    fn caller(&self, presented: &str, now: Time) -> Result<Caller, BadToken> {
        self.0.authenticate(presented, now).map_err(|refusal| match refusal {
            TokenRefusal::Unknown => BadToken::Unknown,
            TokenRefusal::Expired => BadToken::Expired,
            TokenRefusal::Revoked => BadToken::Revoked,
        })
    }

    fn ends(&self) -> Vec<(String, Time)> {
        let records = self.0.list().unwrap_or_default();
        let live = records.into_iter().filter(|record| record.revoked.is_none());
        live.map(|record| (record.name.to_string(), record.expires)).collect()
    }
}
