//! The keyring's table of tokens, behind the port of `http`: the two rooms do not know each other.

use crate::authority::caller::Caller;
use crate::http::{BadToken, Tokens};
use crate::keyring::tokens::{TokenRefusal, TokenTable};
use crate::values::time::Time;

/// The table as HTTP asks it.
pub struct Callers(pub TokenTable);

impl Tokens for Callers {
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
