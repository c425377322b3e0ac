//! Bearer tokens: `tokens/<name>.token` for whoever uses one, `tokens.json` for the server, which keeps only hashes.
//!
//! A token is found by its SHA-256, so how long the search takes says nothing about a token. The table is changed
//! under a lock of its own, not the keyring's: a command changes it while the server runs, and the server looks at the
//! file's stamp at each request. Not here: what a caller may do.

mod table;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use zeroize::Zeroizing;

use super::KeysError;
use super::folder::{Folder, io};
use super::stage::{TOKEN_LOCK, TOKEN_TABLE, TOKENS};
use crate::authority::caller::Caller;
use crate::crypto::entropy::random;
use crate::crypto::{Digest, Entropy, base64url};
use crate::values::identifiers::Slug;
use crate::values::time::Time;

pub use table::TokenRecord;
use table::{Stamp, Table};

/// Why a token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// No such token was ever made here.
    #[error("the token is not known here")]
    Unknown,
    /// Its time is over.
    #[error("the token has expired; ask the operator for another (vidimus token new)")]
    Expired,
    /// It was revoked.
    #[error("the token was revoked; ask the operator for another (vidimus token new)")]
    Revoked,
}

/// Why the table was not changed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// A file could not be read or written.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// There is a token of that name that is still good.
    #[error(
        "there is a token named {name}, good until {expires}; revoke it first (vidimus token revoke {name})"
    )]
    Taken {
        /// The name.
        name: Slug,
        /// When it ends by itself.
        expires: Time,
    },
    /// No token of that name or id that could be revoked.
    #[error("no token named or numbered {wanted:?} is in force; see vidimus token list")]
    NoSuch {
        /// What was asked for.
        wanted: String,
    },
    /// It would never be good.
    #[error("a token made at {now} cannot expire at {expires}; name a later time")]
    Expiry {
        /// When it was to be made.
        now: Time,
        /// When it was to end.
        expires: Time,
    },
}

/// A token just made; the only moment its text is known to the server.
pub struct NewToken {
    /// By which it can be revoked.
    pub id: String,
    /// The text to present.
    pub text: Zeroizing<String>,
    /// The file it was written to.
    pub path: PathBuf,
}

/// The tokens of a keyring.
pub struct TokenTable {
    root: Folder,
    files: Folder,
    loaded: RwLock<(Stamp, Table)>,
}

impl TokenTable {
    /// The table under `keys`, begun empty if there is none.
    pub fn create(keys: &Path) -> Result<Self, TokenError> {
        let root = Folder::open(keys)?;
        let files = Folder::create(&root.path_of(TOKENS))?;
        let _lock = lock(&root)?;
        if root.read(TOKEN_TABLE)?.is_none() {
            Table::default().write(&root)?;
        }
        Self::of(root, files)
    }

    /// The table under `keys`.
    pub fn load(keys: &Path) -> Result<Self, TokenError> {
        let root = Folder::open(keys)?;
        let files = Folder::open(&root.path_of(TOKENS))?;
        Self::of(root, files)
    }

    fn of(root: Folder, files: Folder) -> Result<Self, TokenError> {
        let loaded = (Stamp::of(&root)?, Table::read(&root)?);
        Ok(Self { root, files, loaded: RwLock::new(loaded) })
    }

    /// Makes a token; durable, its file before the table, so that a token in the table can be used.
    pub fn issue(
        &self,
        name: &Slug,
        caller: Caller,
        now: Time,
        expires: Time,
        entropy: &dyn Entropy,
    ) -> Result<NewToken, TokenError> {
        if expires <= now {
            return Err(TokenError::Expiry { now, expires });
        }
        let _lock = lock(&self.root)?;
        self.files.sweep()?;
        let mut table = Table::read(&self.root)?;
        if let Some(live) = table.live(now).find(|record| record.name == *name) {
            return Err(TokenError::Taken { name: name.clone(), expires: live.expires });
        }
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(random(entropy));
        let text = Zeroizing::new(base64url::encode(bytes.as_slice()));
        let record = TokenRecord::new(name.clone(), Digest::of(text.as_bytes()), caller, now, expires);
        let id = record.id();
        let file = file_name(name);
        self.files.replace(&file, Zeroizing::new(format!("{}\n", text.as_str())).as_bytes())?;
        table.tokens.push(record);
        table.write(&self.root)?;
        Ok(NewToken { id, text, path: self.files.path_of(&file) })
    }

    /// Revokes the token in force of that name, or the one of that id; its file goes too. Gives what was revoked.
    pub fn revoke(&self, wanted: &str, now: Time) -> Result<TokenRecord, TokenError> {
        let _lock = lock(&self.root)?;
        let mut table = Table::read(&self.root)?;
        let record = table
            .tokens
            .iter_mut()
            .filter(|record| record.revoked.is_none())
            .rfind(|record| record.name.as_str() == wanted || record.id() == wanted)
            .ok_or_else(|| TokenError::NoSuch { wanted: wanted.to_owned() })?;
        record.revoked = Some(now);
        let record = record.clone();
        table.write(&self.root)?;
        // The file may by now hold a later token of the same name.
        let file = file_name(&record.name);
        if let Some(text) = self.files.read(&file)?
            && Digest::of(text.trim_ascii()) == record.sha256
        {
            self.files.remove(&file)?;
        }
        Ok(record)
    }

    /// Every token ever made, the oldest first.
    pub fn list(&self) -> Result<Vec<TokenRecord>, TokenError> {
        Ok(Table::read(&self.root)?.tokens)
    }

    /// Whose token this is, at `now`.
    pub fn authenticate(&self, presented: &str, now: Time) -> Result<Caller, TokenRefusal> {
        self.follow();
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let record = loaded.1.find(&Digest::of(presented.as_bytes())).ok_or(TokenRefusal::Unknown)?;
        if record.revoked.is_some() {
            return Err(TokenRefusal::Revoked);
        }
        if record.expires <= now {
            return Err(TokenRefusal::Expired);
        }
        Ok(record.caller.clone())
    }

    /// Reads the table again if its file is another than the one read. A table that cannot be read leaves the last one
    /// in force: one bad edit must not lock everybody out of a running service.
    fn follow(&self) {
        let seen = match Stamp::of(&self.root) {
            Ok(seen) if seen == self.loaded.read().unwrap_or_else(PoisonError::into_inner).0 => return,
            Ok(seen) => seen,
            Err(error) => {
                tracing::error!(%error, "the token table is gone; the last one read stays in force");
                return;
            }
        };
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        loaded.0 = seen;
        match Table::read(&self.root) {
            Ok(table) => loaded.1 = table,
            Err(error) => {
                tracing::error!(%error, "the token table is unreadable; the last one stays in force");
            }
        }
    }
}

fn file_name(name: &Slug) -> String {
    format!("{name}.token")
}

/// Waits for whoever else is changing the table.
fn lock(root: &Folder) -> Result<File, KeysError> {
    let file = root.lock_file(TOKEN_LOCK)?;
    file.lock().map_err(io("lock", &root.path_of(TOKEN_LOCK)))?;
    Ok(file)
}

#[cfg(test)]
mod tests;
