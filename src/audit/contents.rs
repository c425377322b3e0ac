//! The contents of a ledger as its source gives them, in order: the bytes of every entry, and each public blob before
//! the first entry that names it. Copied, not judged: whoever takes them judges.

use std::collections::BTreeSet;

use super::blobs::named_by;
use super::replay::Progress;
use super::source::{Source, SourceError, blob_path};
use crate::crypto::Digest;
use crate::law;
use crate::merkle::{TilePath, bundles, decode_bundle};

/// Why the contents could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    /// The source could not be asked.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file that the size or an entry requires is not there, or cannot be taken apart.
    #[error("{0} is missing or damaged")]
    File(String),
}

/// Who takes what a ledger holds.
pub trait Taker {
    /// Why it was not taken.
    type Error: From<ContentsError>;

    /// A blob, before the entries that name it.
    fn blob(&mut self, bytes: Vec<u8>) -> Result<(), Self::Error>;

    /// The next entries, in order.
    fn entries(&mut self, entries: &[&[u8]]) -> Result<(), Self::Error>;
}

/// Gives the first `size` entries of a source, and what they name.
pub fn contents<T: Taker>(
    source: &dyn Source,
    size: u64,
    taker: &mut T,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), T::Error> {
    let mut given: BTreeSet<Digest> = BTreeSet::new();
    for (index, width) in bundles(size) {
        progress(Progress { done: index * 256, total: size });
        let path = TilePath::Entries(index, width).to_string();
        let damaged = || ContentsError::File(path.clone());
        let bytes = source.read(&path).map_err(ContentsError::from)?.ok_or_else(damaged)?;
        let entries = decode_bundle(&bytes, width).map_err(|_| damaged())?;
        for entry in &entries {
            // What cannot be read as an entry names nothing; the law will say what it is.
            let Ok(entry) = law::read(entry) else { continue };
            for blob in named_by(entry.body()) {
                if !given.insert(blob.sha256) {
                    continue;
                }
                let path = blob_path(&blob.sha256);
                let bytes = source.read(&path).map_err(ContentsError::from)?;
                let bytes = bytes.filter(|bytes| blob.names(bytes));
                taker.blob(bytes.ok_or(ContentsError::File(path))?)?;
            }
        }
        taker.entries(&entries)?;
    }
    progress(Progress { done: size, total: size });
    Ok(())
}
