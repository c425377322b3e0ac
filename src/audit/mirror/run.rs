//! One bringing up to date: bundles in order with the tiles beneath which they stand, the tiles above, the blobs that entries name, and
//! status tokens.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::arriving::{Got, Way};
use super::tiles::Tiles;
use super::{Look, MirrorError, Tally};
use crate::audit::ahead::in_order;
use crate::audit::blobs::named_by;
use crate::audit::replay::Progress;
use crate::audit::source::{STATUS, blob_path};
use crate::audit::statuses::read_token;
use crate::crypto::Digest;
use crate::law::{self, Refused};
use crate::ledger::body::BlobRef;
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::merkle::{Hash, TileId, TilePath, Width, bundles, decode_bundle, leaf, tiles};

/// What is on its way into a mirror.
pub(super) struct Run<'a> {
    way: Way<'a>,
    look: Look,
    pub(super) tally: Tally,
    /// Blobs that are there and good.
    blobs: BTreeSet<Digest>,
}

/// A bundle as it came, and its tile if that is not at the edge.
struct Arrived {
    index: u64,
    width: Width,
    bundle: Got,
    opened: Result<Opened, String>,
    tile: Option<Got>,
}

/// What is in a bundle.
struct Opened {
    leaves: Vec<Hash>,
    blobs: Vec<BlobRef>,
    unknown: BTreeSet<String>,
}

impl<'a> Run<'a> {
    pub(super) fn new(way: Way<'a>, look: Look) -> Self {
        Self { way, look, tally: Tally::default(), blobs: BTreeSet::new() }
    }

    /// Everything beneath a checkpoint.
    pub(super) fn ledger(
        &mut self,
        head: &VerifiedCheckpoint,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), MirrorError> {
        let (way, look, total) = (self.way, self.look, head.size());
        let wanted = |path: &TilePath| look == Look::Hashes || !way.folder.has(&path.to_string());
        let tile_of = |index| TileId::new(0, index).ok();
        let mut proved = Tiles::of(way, total, Hash(*head.root()), &mut self.tally)?;
        let missing = bundles(total).filter(|(index, width)| {
            let tile = tile_of(*index).map(|tile| TilePath::Hashes(tile, *width));
            wanted(&TilePath::Entries(*index, *width)) || tile.is_some_and(|tile| wanted(&tile))
        });
        progress(Progress { done: 0, total });
        in_order(
            missing,
            |bundle| Arrived::of(way, bundle),
            |arrived| {
                let done = self.bundle(arrived?, &mut proved)?;
                progress(Progress { done, total });
                Ok::<_, MirrorError>(ControlFlow::Continue(()))
            },
        )?;
        for (tile, width) in tiles(total) {
            if tile.level() > 0 && width.is_full() && wanted(&TilePath::Hashes(tile, width)) {
                proved.tile(tile, &mut self.tally)?;
            }
        }
        Ok(())
    }

    /// A bundle by its tile, and the blobs that its entries name. Up to which entry there is everything then.
    fn bundle(&mut self, arrived: Arrived, tiles: &mut Tiles<'_>) -> Result<u64, MirrorError> {
        let Arrived { index, width, bundle, opened, tile } = arrived;
        let path = TilePath::Entries(index, width).to_string();
        let id = TileId::new(0, index).map_err(|_| MirrorError::Missing(path.clone()))?;
        let hashes = tiles.tile_from(id, tile, &mut self.tally)?;
        let fits = |opened: Opened| match opened.leaves.iter().zip(hashes.iter()).position(|(a, b)| a != b) {
            Some(place) => Err(format!("its entry {place} is not the one that its tile names")),
            None => Ok(opened),
        };
        let opened =
            self.way.settle_judged(&path, &bundle, opened.and_then(fits), &mut self.tally, |bytes| {
                Opened::of(bytes, width).and_then(fits)
            })?;
        self.tally.unknown.extend(opened.unknown);
        for blob in opened.blobs {
            if self.blobs.insert(blob.sha256) {
                self.blob(&blob)?;
            }
        }
        Ok(index * 256 + u64::try_from(width.count()).unwrap_or(0))
    }

    fn blob(&mut self, blob: &BlobRef) -> Result<(), MirrorError> {
        let path = blob_path(&blob.sha256);
        let got = self.way.get(&path)?;
        self.way.settle(&path, &got, &mut self.tally, |bytes| {
            if blob.names(bytes) {
                Ok(())
            } else {
                Err(format!("not the {} bytes of that digest", blob.size))
            }
        })
    }

    /// A status token that the source publishes: whether it is one, and its own. What it says replay judges.
    pub(super) fn token(&mut self, path: &str, size: u64) -> Result<(), MirrorError> {
        let wrong = |what: &str| MirrorError::Wrong { path: path.to_owned(), what: what.to_owned() };
        let list = path.strip_prefix(STATUS).and_then(|path| path.split_once('/')?.0.parse::<u32>().ok());
        let list = list.ok_or_else(|| wrong("is no path of a status token"))?;
        if self.look == Look::Presence && self.way.folder.has(path) {
            return Ok(());
        }
        let got = self.way.get(path)?;
        self.way.settle(path, &got, &mut self.tally, |bytes| {
            let token = read_token(bytes)?;
            let named = format!("{STATUS}{list}/{}", token.iat());
            if named != path {
                return Err(format!("the token is that of {named}"));
            }
            match token.ledger_size() {
                Some(named) if named <= size => Ok(()),
                Some(named) => Err(format!("names {named} entries, beyond the end")),
                None => Err("no proper ledger_size".into()),
            }
        })
    }
}

impl Arrived {
    /// Gets a bundle and its tile, and hashes what is in it; on whichever core is free.
    fn of(way: Way<'_>, (index, width): (u64, Width)) -> Result<Self, MirrorError> {
        let bundle = way.get(&TilePath::Entries(index, width).to_string())?;
        let opened = Opened::of(bundle.bytes(), width);
        let full = TileId::new(0, index).ok().filter(|_| width.is_full());
        let tile = full.map(|tile| way.get(&TilePath::Hashes(tile, width).to_string())).transpose()?;
        Ok(Self { index, width, bundle, opened, tile })
    }
}

impl Opened {
    fn of(bytes: &[u8], width: Width) -> Result<Self, String> {
        let entries = decode_bundle(bytes, width).map_err(|error| error.to_string())?;
        let leaves = entries.iter().map(|entry| leaf(entry)).collect();
        let (mut blobs, mut unknown) = (Vec::new(), BTreeSet::new());
        for entry in entries {
            match law::read(entry) {
                Ok(entry) => blobs.extend(named_by(entry.body())),
                Err(Refused::UnknownKind(kind)) => drop(unknown.insert(kind)),
                Err(Refused::UnknownLaw(version)) => drop(unknown.insert(format!("law {version}"))),
                // A broken rule is told by replay; such an entry is worth keeping too.
                Err(Refused::Violation(_) | Refused::Fault(_)) => {}
            }
        }
        Ok(Self { leaves, blobs, unknown })
    }
}
