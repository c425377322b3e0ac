//! The files of an export: only what replay checks may lie there (law 0, section 2). A partial tile that the tree has
//! outgrown may, if it does not contradict.

use super::blobs::Blobs;
use super::source::{BLOBS, CHECKPOINT, STATUS, Source, SourceError, WITNESSED};
use super::summary::Finding;
use crate::law::Rule;
use crate::merkle::{TileId, TilePath, Width, decode_bundle, width_at};

/// What replay has checked.
pub(super) struct Known<'a> {
    /// Size of the tree.
    pub(super) size: u64,
    /// Blobs that entries name.
    pub(super) blobs: &'a Blobs,
    /// Whether every entry could be read, so that every named blob is known.
    pub(super) all: bool,
}

impl Known<'_> {
    /// The files among those that are not known.
    pub(super) fn check(&self, source: &dyn Source, files: &[String]) -> Result<Vec<Finding>, SourceError> {
        let mut findings = Vec::new();
        for path in files {
            let wrong = match path.parse::<TilePath>() {
                Ok(tile) => self.check_tile(source, tile)?,
                Err(_) => (!self.knows(path)).then_some("is not a file of the ledger"),
            };
            findings.extend(wrong.map(|wrong| Finding::of(Rule::File, format!("{path} {wrong}"))));
        }
        Ok(findings)
    }

    fn knows(&self, path: &str) -> bool {
        let blob = path.strip_prefix(BLOBS).and_then(|name| name.parse().ok());
        // Whatever lies under status/ is judged as a token, and what is cosigned by the auditor's policy.
        path == CHECKPOINT
            || path == WITNESSED
            || path.starts_with(STATUS)
            || blob.is_some_and(|name| !self.all || self.blobs.names(&name))
    }

    fn check_tile(&self, source: &dyn Source, path: TilePath) -> Result<Option<&'static str>, SourceError> {
        let (tile, width) = match path {
            TilePath::Hashes(tile, width) => (Some(tile), width),
            TilePath::Entries(index, width) => (TileId::new(0, index).ok(), width),
        };
        let whole = tile.and_then(|tile| width_at(self.size, tile));
        let Some(whole) = whole.filter(|whole| width <= *whole) else {
            return Ok(Some("is beyond the tree"));
        };
        if width == whole {
            return Ok(None); // compared with what the entries make
        }
        let now = match path {
            TilePath::Hashes(tile, _) => TilePath::Hashes(tile, whole),
            TilePath::Entries(index, _) => TilePath::Entries(index, whole),
        };
        // A mirror that is brought up to date meanwhile removes what its tree had outgrown.
        let Some(old) = source.read(&path.to_string())? else { return Ok(None) };
        let agrees = source.read(&now.to_string())?.is_some_and(|now| agrees(path, width, &old, &now));
        Ok((!agrees).then_some("contradicts the tile that replaced it"))
    }
}

/// Whether the older, narrower tile is how the newer one begins.
fn agrees(path: TilePath, width: Width, old: &[u8], now: &[u8]) -> bool {
    let whole = match path {
        TilePath::Hashes(..) => old.len() == width.count() * 32,
        TilePath::Entries(..) => decode_bundle(old, width).is_ok(),
    };
    whole && now.starts_with(old)
}
