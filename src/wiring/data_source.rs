//! The data directory of a server that is not running, read as an auditor reads any ledger: by paths, and not believed.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use crate::audit::source::{CHECKPOINT, Source, SourceError, WITNESSED};
use crate::authority::backup::{RowPieces, page};
use crate::authority::entries::entries;
use crate::authority::store::{Row, Store, StoreError};
use crate::authority::tiles::stored;
use crate::crypto::Digest;
use crate::merkle::{TilePath, encode_bundle, encode_hashes};
use crate::status_list::StatusToken;
use crate::store::SledStore;

/// A data directory, opened and locked.
pub struct DataSource {
    store: Arc<SledStore>,
}

/// The rows beside the ledger of an open data directory.
pub struct DataRows(Arc<SledStore>);

impl DataRows {
    /// Writes those of the first `size` entries, in the form of a backup.
    pub fn pour(&self, size: u64, to: &mut dyn Write) -> anyhow::Result<()> {
        let mut pieces = RowPieces::beside(size);
        while let Some(piece) = pieces.next(|size, after| page(self.0.as_ref(), size, after))? {
            to.write_all(&piece)?;
        }
        Ok(())
    }
}

impl DataSource {
    /// Opens it; refused while a server runs on it. A directory that is not there is not made.
    pub fn open(data: &Path) -> anyhow::Result<Self> {
        if !data.join("db").exists() {
            anyhow::bail!("there is no ledger in {}: give --data, or --from URL|DIR", data.display());
        }
        Ok(Self { store: Arc::new(SledStore::open(data)?) })
    }

    /// What lies beside the ledger.
    pub fn rows(&self) -> DataRows {
        DataRows(Arc::clone(&self.store))
    }

    fn tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, StoreError> {
        match path {
            TilePath::Hashes(tile, width) => {
                let hashes = stored(self.store.as_ref(), *tile, *width)?;
                // A partial tile is the beginning of the hashes so far.
                Ok(hashes.and_then(|hashes| hashes.get(..width.count()).map(encode_hashes)))
            }
            TilePath::Entries(bundle, width) => {
                let first = bundle * 256;
                let until = first + u64::try_from(width.count()).unwrap_or(0);
                let entries = entries(self.store.as_ref(), first, until)?;
                if entries.len() < width.count() {
                    return Ok(None);
                }
                encode_bundle(&entries).map(Some).map_err(|error| StoreError::Unreadable(error.to_string()))
            }
        }
    }

    fn token(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.published()?.into_iter().find(|(name, _)| name == path);
        Ok(found.map(|(_, token)| token))
    }

    /// Every kept token under its path; of two in one second the newer.
    fn published(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut tokens: Vec<(String, Vec<u8>)> = Vec::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = self.store.scan(b"o", after.as_deref(), 256)?;
            let Some((last, _)) = rows.last() else { return Ok(tokens) };
            after = Some(last.clone());
            for (key, token) in rows {
                let list = key.get(1..5).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
                let iat = std::str::from_utf8(&token)
                    .ok()
                    .and_then(|text| Some(StatusToken::parse(text).ok()?.iat()));
                let (Some(list), Some(iat)) = (list, iat) else {
                    return Err(StoreError::Unreadable("a published token".into()));
                };
                let path = format!("status/{list}/{iat}");
                tokens.retain(|(other, _)| *other != path);
                tokens.push((path, token));
            }
        }
    }
}

impl Source for DataSource {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let read = if path == CHECKPOINT {
            self.store.get(&Row::Checkpoint)
        } else if path == WITNESSED {
            self.store.get(&Row::Cosigned)
        } else if let Some(name) = path.strip_prefix("blob/sha256/") {
            match name.parse::<Digest>() {
                Ok(name) => self.store.get(&Row::Blob(name)),
                Err(_) => Ok(None),
            }
        } else if let Ok(tile) = path.parse::<TilePath>() {
            self.tile(&tile)
        } else if path.starts_with("status/") {
            self.token(path)
        } else {
            Ok(None)
        };
        read.map_err(|error| unreadable(path, &error))
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        let published = self.published().map_err(|error| unreadable("status", &error))?;
        Ok(published.into_iter().map(|(path, _)| path).collect())
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(None)
    }
}

fn unreadable(path: &str, error: &StoreError) -> SourceError {
    SourceError::Io { path: path.to_owned(), reason: error.to_string() }
}
