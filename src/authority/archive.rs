//! The archive: full bundles and full tiles that lie in files for good, named as C2SP tlog-tiles names them, so that the store keeps the
//! tail and the indexes. The port to the files ([`Files`]), and reading from them and writing to them.
//!
//! No file is believed, its neighbour neither. A bundle has to make, entry by entry, the hash that stands for it in a tile of level 1, and
//! so has the tile of its hashes; tiles from level 1 on stay in the store and are only copied to files. This is done at every reading that is
//! not of the last few: 511 hashes, where nothing wrong can come of it. A file that is missing or another is told ([`StoreError::Archived`])
//! and answers nothing; where there are copies (beside a journal), they are read in its place.
//! Not here: which bundles are put away, and when (`archiving`); directories and disks (`store`).

mod recent;

use std::fmt::Debug;
use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::store::{ARCHIVED, Row, Store, StoreError};
use crate::merkle::{
    Hash, Range, TileId, TilePath, Width, decode_bundle, decode_hashes, encode_bundle, encode_hashes, leaf,
};
use recent::Recent;

/// Entries of a full bundle, hashes of a full tile.
pub const FULL: u64 = 256;
/// Longest bundle: 256 entries of 65,535 bytes, each after its length. What unpacks to more is none.
const LONGEST: u64 = 256 * 65_537;
/// Bundles that were read last, and the bytes of them that are kept at most.
const RECENT: (usize, usize) = (16, 16 << 20);
/// Files that are remembered as lost; whoever lost more needs no longer list.
const MOST_LOST: usize = 100;
/// Tiles that were read last.
const RECENT_TILES: usize = 64;

/// Files of full bundles and tiles: bundles packed by gzip, tiles as they are. What is read is not trusted.
pub trait Files: Debug + Send + Sync {
    /// What lies there; `None` where nothing does.
    fn read(&self, path: &TilePath) -> Result<Option<Vec<u8>>, FileFault>;

    /// Whether something lies there.
    fn has(&self, path: &TilePath) -> bool;

    /// Lets exactly this lie there: durable, and read back before it returns.
    fn keep(&self, path: &TilePath, bytes: &[u8]) -> Result<(), FileFault>;

    /// What the file is called, for who has to mend it.
    fn name(&self, path: &TilePath) -> String;
}

/// A file that cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {why}")]
pub struct FileFault {
    /// Which.
    pub file: String,
    /// What the system says.
    pub why: String,
}

/// A bundle that holds.
#[derive(Debug)]
pub struct Bundle {
    /// As it lies: by gzip.
    pub packed: Vec<u8>,
    bytes: Vec<u8>,
    leaves: Vec<Hash>,
}

/// The archive of a store.
#[derive(Debug)]
pub struct Archive {
    files: Arc<dyn Files>,
    copies: Mutex<Option<Arc<dyn Files>>>,
    bundles: Mutex<Recent<Arc<Bundle>>>,
    tiles: Mutex<Recent<Arc<[Hash]>>>,
    lost: Mutex<Vec<Lost>>,
}

/// A file that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    path: TilePath,
    /// What it is called.
    pub file: String,
}

impl Bundle {
    /// What packed bytes hold, if they make this hash.
    fn read(packed: Vec<u8>, expected: &Hash) -> Option<Self> {
        let mut bytes = Vec::new();
        GzDecoder::new(packed.as_slice()).take(LONGEST + 1).read_to_end(&mut bytes).ok()?;
        let leaves: Vec<Hash> = decode_bundle(&bytes, Width::FULL).ok()?.into_iter().map(leaf).collect();
        (root(&leaves) == *expected).then_some(Self { packed, bytes, leaves })
    }

    /// The entries.
    pub fn entries(&self) -> Vec<&[u8]> {
        decode_bundle(&self.bytes, Width::FULL).unwrap_or_default()
    }
}

impl Archive {
    /// An archive in these files.
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self {
            files,
            copies: Mutex::default(),
            bundles: Mutex::new(Recent::new(RECENT.0, RECENT.1)),
            tiles: Mutex::new(Recent::new(RECENT_TILES, usize::MAX)),
            lost: Mutex::default(),
        }
    }

    /// From now on everything is also kept there, before it counts as put away.
    pub fn also_in(&self, copies: Arc<dyn Files>) {
        *locked(&self.copies) = Some(copies);
    }

    /// Where copies lie, if anywhere.
    pub(super) fn copies(&self) -> Option<Arc<dyn Files>> {
        locked(&self.copies).clone()
    }

    /// Files that were found to be missing or others, and were not put back yet.
    pub fn lost(&self) -> Vec<Lost> {
        locked(&self.lost).clone()
    }

    /// A bundle that was put away.
    pub(super) fn bundle(&self, store: &dyn Store, number: u64) -> Result<Arc<Bundle>, StoreError> {
        if let Some(known) = locked(&self.bundles).get(number) {
            return Ok(known);
        }
        let expected = hash_of(store, number)?;
        let path = TilePath::Entries(number, Width::FULL);
        let bundle = Arc::new(self.read(&path, |packed| Bundle::read(packed, &expected))?);
        let size = bundle.packed.len() + bundle.bytes.len();
        locked(&self.bundles).keep(number, size, &bundle);
        Ok(bundle)
    }

    /// The hashes of a bundle that was put away.
    pub(super) fn leaves(&self, store: &dyn Store, number: u64) -> Result<Arc<[Hash]>, StoreError> {
        if let Some(known) = locked(&self.tiles).get(number) {
            return Ok(known);
        }
        let expected = hash_of(store, number)?;
        let leaves: Arc<[Hash]> = self
            .read(&TilePath::Hashes(tile_id(0, number)?, Width::FULL), |bytes| {
                leaves_of(&bytes, &expected)
            })?;
        locked(&self.tiles).keep(number, 0, &leaves);
        Ok(leaves)
    }

    /// Puts a bundle away with its tile and those above that it fills: into the files, and into the copies. All of it was read back and
    /// holds, when this returns.
    pub(super) fn put_away(
        &self,
        store: &dyn Store,
        number: u64,
        entries: &[Vec<u8>],
    ) -> Result<(), StoreError> {
        let expected = hash_of(store, number)?;
        let bytes = encode_bundle(entries).map_err(|error| unreadable(&error))?;
        let packed = pack(&bytes).map_err(|error| unreadable(&error))?;
        let bundle = Bundle::read(packed, &expected);
        let bundle =
            bundle.ok_or_else(|| unreadable(&format!("bundle {number} is not what the tree holds")))?;
        for files in self.places() {
            keep(files.as_ref(), &TilePath::Entries(number, Width::FULL), &bundle.packed, &|packed| {
                Bundle::read(packed, &expected).is_some()
            })?;
            for (tile, hashes) in filled(store, number, &bundle.leaves)? {
                let bytes = encode_hashes(&hashes);
                keep(files.as_ref(), &TilePath::Hashes(tile, Width::FULL), &bytes, &|found| found == bytes)?;
            }
        }
        Ok(())
    }

    /// Copies a bundle that was put away before there were copies; whether it was missing there.
    pub(super) fn copy(&self, store: &dyn Store, number: u64) -> Result<bool, StoreError> {
        let Some(copies) = self.copies() else { return Ok(false) };
        let tiles = above(number).map(|(level, index)| tile_id(level, index));
        let tiles: Vec<TileId> = tiles.collect::<Result<_, _>>()?;
        let mut paths = tiles.into_iter().map(|tile| TilePath::Hashes(tile, Width::FULL));
        if copies.has(&TilePath::Entries(number, Width::FULL)) && paths.all(|path| copies.has(&path)) {
            return Ok(false);
        }
        let bundle = self.bundle(store, number)?;
        let entries: Vec<Vec<u8>> = bundle.entries().into_iter().map(<[u8]>::to_vec).collect();
        self.put_away(store, number, &entries)?;
        Ok(true)
    }

    /// Puts a bundle away that is taken from other files, if it is the one that the store's tiles name.
    pub fn take_from(&self, other: &dyn Files, store: &dyn Store, number: u64) -> Result<(), StoreError> {
        let (path, expected) = (TilePath::Entries(number, Width::FULL), hash_of(store, number)?);
        let packed = other.read(&path).ok().flatten();
        let bundle = packed.and_then(|packed| Bundle::read(packed, &expected));
        let bundle = bundle.ok_or_else(|| StoreError::Archived { file: other.name(&path) })?;
        let entries: Vec<Vec<u8>> = bundle.entries().into_iter().map(<[u8]>::to_vec).collect();
        self.put_away(store, number, &entries)
    }

    /// Looks whether the file of every bundle is there, without reading it.
    pub(super) fn look_for(&self, bundles: u64) {
        let paths = (0..bundles).map(|number| TilePath::Entries(number, Width::FULL));
        for path in paths.filter(|path| !self.files.has(path)) {
            self.note(self.files.as_ref(), &path);
        }
    }

    /// Reads the files of a tile that was put away, and of level 0 the bundle under it, afresh, copies too. One that does not hold is put back
    /// from the other place.
    pub(super) fn mend(&self, store: &dyn Store, tile: TileId) -> Result<(), StoreError> {
        let path = TilePath::Hashes(tile, Width::FULL);
        if tile.level() > 0 {
            let row = store.get(&Row::Tile(tile))?.unwrap_or_default();
            return self.mend_file(&path, &|found| found == row, Some(&row));
        }
        let expected = hash_of(store, tile.index())?;
        let bundle = TilePath::Entries(tile.index(), Width::FULL);
        self.mend_file(&bundle, &|packed| Bundle::read(packed, &expected).is_some(), None)?;
        // The hashes are those of the entries, whatever became of their file.
        let leaves = encode_hashes(&self.bundle(store, tile.index())?.leaves);
        self.mend_file(&path, &|found| found == leaves, Some(&leaves))
    }

    fn mend_file(
        &self,
        path: &TilePath,
        holds: &dyn Fn(Vec<u8>) -> bool,
        known: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let read = |files: &Arc<dyn Files>| files.read(path).ok().flatten();
        let (good, bad): (Vec<_>, Vec<_>) =
            self.places().into_iter().partition(|files| read(files).is_some_and(holds));
        let source = known.map(<[u8]>::to_vec).or_else(|| good.first().and_then(read));
        for files in &bad {
            self.note(files.as_ref(), path);
            if let Some(bytes) = &source {
                keep(files.as_ref(), path, bytes, holds)?;
                tracing::warn!("{} was not what it must be, and was written again", files.name(path));
                self.found(files.as_ref(), path);
            }
        }
        for files in &good {
            self.found(files.as_ref(), path);
        }
        match source {
            Some(_) => Ok(()),
            None => Err(self.told(path)),
        }
    }

    /// What the first file that holds says.
    fn read<T>(&self, path: &TilePath, check: impl Fn(Vec<u8>) -> Option<T>) -> Result<T, StoreError> {
        for files in self.places() {
            match files.read(path).ok().flatten().and_then(&check) {
                Some(good) => {
                    self.found(files.as_ref(), path);
                    return Ok(good);
                }
                None => self.note(files.as_ref(), path),
            }
        }
        Err(self.told(path))
    }

    fn places(&self) -> Vec<Arc<dyn Files>> {
        [Some(Arc::clone(&self.files)), self.copies()].into_iter().flatten().collect()
    }

    fn told(&self, path: &TilePath) -> StoreError {
        StoreError::Archived { file: self.files.name(path) }
    }

    fn note(&self, files: &dyn Files, path: &TilePath) {
        let lost = Lost { path: *path, file: files.name(path) };
        let mut known = locked(&self.lost);
        if known.len() < MOST_LOST && !known.contains(&lost) {
            tracing::error!(
                "{} is missing, damaged, or another's: put a copy of it back (vidimus doctor says how)",
                lost.file
            );
            metrics::counter!("vidimus_archive_lost_files_total").increment(1);
            known.push(lost);
        }
    }

    fn found(&self, files: &dyn Files, path: &TilePath) {
        let name = files.name(path);
        locked(&self.lost).retain(|lost| lost.path != *path || lost.file != name);
    }
}

/// How many bundles of a store are put away.
pub fn archived(store: &dyn Store) -> Result<u64, StoreError> {
    let Some(bytes) = store.get(&Row::Single(ARCHIVED))? else { return Ok(0) };
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| unreadable(&ARCHIVED))
}

/// The archive, where it has this bundle.
pub(super) fn holding(store: &dyn Store, number: u64) -> Result<Option<&Archive>, StoreError> {
    if number >= archived(store)? {
        return Ok(None);
    }
    let missing = || StoreError::Archived { file: TilePath::Entries(number, Width::FULL).to_string() };
    store.archive().map(Some).ok_or_else(missing)
}

/// The tiles that are full with a bundle: its own, and those above whose last it is.
pub(super) fn above(number: u64) -> impl Iterator<Item = (u8, u64)> {
    let mut next = Some((0_u8, number));
    std::iter::from_fn(move || {
        let (level, index) = next?;
        next = (index % FULL == FULL - 1).then_some((level + 1, index / FULL));
        Some((level, index))
    })
}

fn filled(store: &dyn Store, number: u64, leaves: &[Hash]) -> Result<Vec<(TileId, Vec<Hash>)>, StoreError> {
    let mut tiles = Vec::new();
    for (level, index) in above(number) {
        let tile = tile_id(level, index)?;
        let hashes = if level == 0 {
            leaves.to_vec()
        } else {
            let row = store.get(&Row::Tile(tile))?.unwrap_or_default();
            decode_hashes(&row, Width::FULL).map_err(|error| unreadable(&error))?
        };
        tiles.push((tile, hashes));
    }
    Ok(tiles)
}

/// Lets bytes lie there. A file that holds already is left as it is, and made durable.
fn keep(
    files: &dyn Files,
    path: &TilePath,
    bytes: &[u8],
    holds: &dyn Fn(Vec<u8>) -> bool,
) -> Result<(), StoreError> {
    let unwritten = |fault: FileFault| StoreError::Unarchived(fault.to_string());
    let there = files.read(path).ok().flatten().filter(|there| holds(there.clone()));
    files.keep(path, there.as_deref().unwrap_or(bytes)).map_err(unwritten)?;
    let read = files.read(path).map_err(unwritten)?;
    if read.is_some_and(holds) {
        return Ok(());
    }
    Err(StoreError::Unarchived(format!("{}: what was written is not what is read", files.name(path))))
}

/// The hash that stands for a bundle in a tile of level 1, which lies in the store.
fn hash_of(store: &dyn Store, number: u64) -> Result<Hash, StoreError> {
    let row = store.get(&Row::Tile(tile_id(1, number / FULL)?))?.unwrap_or_default();
    let (hashes, _) = row.as_chunks::<32>();
    let place = usize::try_from(number % FULL).unwrap_or(usize::MAX);
    hashes.get(place).map(|hash| Hash(*hash)).ok_or_else(|| unreadable(&format!("tile 1/{}", number / FULL)))
}

fn leaves_of(bytes: &[u8], expected: &Hash) -> Option<Arc<[Hash]>> {
    let leaves = decode_hashes(bytes, Width::FULL).ok()?;
    (root(&leaves) == *expected).then(|| leaves.into())
}

fn root(leaves: &[Hash]) -> Hash {
    let mut range = Range::new();
    leaves.iter().for_each(|leaf| range.push(*leaf));
    range.root()
}

/// A bundle as it lies: by gzip, without name and time, so that the same bytes give the same file.
pub fn pack(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::default());
    packing.write_all(bytes)?;
    packing.finish()
}

fn tile_id(level: u8, index: u64) -> Result<TileId, StoreError> {
    TileId::new(level, index).map_err(|error| unreadable(&error))
}

fn unreadable(what: &dyn std::fmt::Display) -> StoreError {
    StoreError::Unreadable(what.to_string())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
