//! `tokens.json`: what the server knows of its tokens. Never a token itself.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;

use serde::{Deserialize, Serialize};

use super::super::KeysError;
use super::super::folder::{Folder, io};
use super::super::stage::TOKEN_TABLE;
use crate::authority::caller::Caller;
use crate::crypto::{Digest, hex};
use crate::values::identifiers::Slug;
use crate::values::time::Time;

/// The only version there is.
const VERSION: u32 = 1;

/// What is kept of one token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRecord {
    /// Its name, which is its file's; several may have had it, one at a time.
    pub name: Slug,
    /// SHA-256 of its text.
    pub sha256: Digest,
    /// Whom it stands for.
    pub caller: Caller,
    /// When it was made.
    pub created: Time,
    /// From when on it is no longer good.
    pub expires: Time,
    /// When it was revoked, if it was.
    pub revoked: Option<Time>,
}

impl TokenRecord {
    /// A record of a token that is not revoked.
    pub(super) fn new(name: Slug, sha256: Digest, caller: Caller, created: Time, expires: Time) -> Self {
        Self { name, sha256, caller, created, expires, revoked: None }
    }

    /// By which it can be told from others of its name: the first 8 bytes of its hash, as hex.
    pub fn id(&self) -> String {
        hex::encode(self.sha256.0.first_chunk::<8>().map_or(&[], <[u8; 8]>::as_slice))
    }
}

/// The file as written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<T> {
    version: u32,
    tokens: T,
}

/// Every token ever made, the oldest first, and where each hash stands.
#[derive(Default)]
pub(super) struct Table {
    pub(super) tokens: Vec<TokenRecord>,
    places: HashMap<Digest, usize>,
}

impl Table {
    pub(super) fn read(root: &Folder) -> Result<Self, KeysError> {
        let path = root.path_of(TOKEN_TABLE);
        let content = root.read(TOKEN_TABLE)?.ok_or_else(|| KeysError::Missing { path: path.clone() })?;
        let unreadable = |reason: String| KeysError::Unreadable { path: path.clone(), reason };
        let written: Written<Vec<TokenRecord>> =
            serde_json::from_slice(&content).map_err(|error| unreadable(error.to_string()))?;
        if written.version != VERSION {
            return Err(unreadable(format!("version {} of the table, not {VERSION}", written.version)));
        }
        let tokens = written.tokens;
        let places = tokens.iter().enumerate().map(|(place, record)| (record.sha256, place)).collect();
        Ok(Self { tokens, places })
    }

    pub(super) fn write(&self, root: &Folder) -> Result<(), KeysError> {
        let written = Written { version: VERSION, tokens: &self.tokens };
        let text = serde_json::to_vec_pretty(&written)
            .map_err(|error| io("write", &root.path_of(TOKEN_TABLE))(std::io::Error::other(error)))?;
        root.replace(TOKEN_TABLE, &text)
    }

    pub(super) fn find(&self, sha256: &Digest) -> Option<&TokenRecord> {
        self.tokens.get(*self.places.get(sha256)?)
    }

    /// Those good at `now`.
    pub(super) fn live(&self, now: Time) -> impl Iterator<Item = &TokenRecord> {
        self.tokens.iter().filter(move |record| record.revoked.is_none() && now < record.expires)
    }
}

/// What tells one file of the table from the next: device, inode, length, and the time of its last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp(u64, u64, u64, i64, i64);

impl Stamp {
    pub(super) fn of(root: &Folder) -> Result<Self, KeysError> {
        let path = root.path_of(TOKEN_TABLE);
        let at = std::fs::symlink_metadata(&path).map_err(io("look at", &path))?;
        Ok(Self(at.dev(), at.ino(), at.len(), at.ctime(), at.ctime_nsec()))
    }
}
