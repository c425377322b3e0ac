//! A status list token as a verifier believes it: signed under the authority's *status* certificate by a key that
//! the ledger knows for that. Checked once when it is fetched, then asked for many licences. Not here: whether it is
//! fresh enough (`status`), and Token Status List itself (`status_list`).

use super::context::Paths;
use crate::crypto::{KeyId, KeyPurpose};
use crate::jose::JwsError;
use crate::ledger::body::Owner;
use crate::ledger::state::Charter;
use crate::status_list::{StatusList, StatusListError, StatusToken};
use crate::values::time::{Time, TimeError};
use crate::x509::{PathError, Profile};

/// Why a token is not believed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Its form.
    #[error(transparent)]
    Form(#[from] StatusListError),
    /// Its chain or signature.
    #[error("the status list token: {0}")]
    Signature(#[from] JwsError),
    /// Its chain leads nowhere.
    #[error("the status list token: {0}")]
    Path(#[from] PathError),
    /// `iat` is no time.
    #[error("the status list token: {0}")]
    Time(#[from] TimeError),
    /// The ledger has no such status key of the authority in force when the token was made.
    #[error("{0} was no status key of the authority when the token was made")]
    Key(KeyId),
}

/// A token whose signature is the authority's.
#[derive(Debug, Clone)]
pub struct CheckedToken {
    sub: String,
    iat: i64,
    exp: Option<i64>,
    ledger_size: Option<u64>,
    key: KeyId,
    list: StatusList,
}

impl CheckedToken {
    /// Parses a token and checks whose it is, at its own `iat`.
    pub fn check(text: &str, charter: &Charter, paths: &Paths<'_>) -> Result<Self, TokenError> {
        let token = StatusToken::parse(text)?;
        let made = Time::from_millis(token.iat().saturating_mul(1000))?;
        let chain = token.jws().header().chain()?;
        let path = paths(chain, token.iat(), Profile::Status)?;
        token.verify(path.public_key())?;
        let key = path.public_key().id();
        // `iat` has whole seconds: a key introduced in that same second counts.
        let shown = |at: Time| charter.key(&key).filter(|held| held.shown_at(at));
        let held = shown(made).or_else(|| shown(made.plus(999))).ok_or(TokenError::Key(key))?;
        let fits = held.value.owner == Owner::Authority
            && held.value.purpose == KeyPurpose::Status
            && held.value.public == *path.public_key();
        if !fits {
            return Err(TokenError::Key(key));
        }
        Ok(Self {
            sub: token.sub().to_owned(),
            iat: token.iat(),
            exp: token.exp(),
            ledger_size: token.ledger_size(),
            key,
            list: token.list().clone(),
        })
    }

    /// The list's own name.
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// When it was made, NumericDate.
    pub fn iat(&self) -> i64 {
        self.iat
    }

    /// When it ends, NumericDate.
    pub fn exp(&self) -> Option<i64> {
        self.exp
    }

    /// The ledger's size it equals.
    pub fn ledger_size(&self) -> Option<u64> {
        self.ledger_size
    }

    /// The key that signed it.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The status at an index; `None` beyond the list's end.
    pub fn value(&self, index: u64) -> Option<u8> {
        self.list.value(index).ok()
    }
}
