//! The archive: full bundles and full tiles that lie in files for good, named as C2SP tlog-tiles names them, so that the store keeps the
//! tail and the indexes. The port to the files ([`Files`]), and reading from them and writing to them.
//!
//! No file is believed, its neighbour neither. A bundle has to make, entry by entry, the hash that stands for it in a tile of level 1, and
//! so has the tile of its hashes; tiles from level 1 on stay in the store and are only copied to files. This is done at every reading that is
//! not of the last few: 511 hashes, where nothing wrong can come of it. A file that is missing or another is told ([`StoreError::Archived`])
//! and answers nothing; where there are copies (beside a journal), they are read in its place.
//! Not here: which bundles are put away, and when (`archiving`); directories and disks (`store`).

mod bundle;
mod mending;
mod recent;
mod seeing;

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::store::{ARCHIVED, Row, Store, StoreError};
use crate::merkle::{Hash, TileId, TilePath, Width, decode_hashes, encode_bundle, encode_hashes};
pub use bundle::{Bundle, LONGEST_FILE, pack};
use bundle::{leaves_of, root};
use recent::Recent;
pub use seeing::{Lost, MOST_LOST};
use seeing::{LostFiles, Seen, judge, see};

/// Entries of a full bundle, hashes of a full tile.
pub const FULL: u64 = 256;
/// Bundles that were read last, and the bytes of them that are kept at most.
const RECENT: (usize, usize) = (16, 16 << 20);
/// Tiles that were read last.
const RECENT_TILES: usize = 64;

/// Files of full bundles and tiles: bundles packed by gzip, tiles as they are. What is read is not trusted.
pub trait Files: Debug + Send + Sync {
    /// What lies there; `None` where nothing does.
    fn read(&self, path: &TilePath) -> Result<Option<Vec<u8>>, FileFault>;

    /// A bundle that somebody put there unpacked, packed here; `None` where there is none.
    fn read_unpacked(&self, _path: &TilePath) -> Result<Option<Vec<u8>>, FileFault> {
        Ok(None)
    }

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
    /// Whether that is about this process, which has no descriptor or memory left, and says nothing of the file.
    pub passing: bool,
}

/// The archive of a store.
#[derive(Debug)]
pub struct Archive {
    files: Arc<dyn Files>,
    copies: Mutex<Option<Arc<dyn Files>>>,
    bundles: Mutex<Recent<Arc<Bundle>>>,
    tiles: Mutex<Recent<Arc<[Hash]>>>,
    lost: LostFiles,
    /// Held by whoever writes a file: whoever puts away, or mends.
    keeping: Mutex<()>,
}

impl Archive {
    /// An archive in these files.
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self {
            files,
            copies: Mutex::default(),
            bundles: Mutex::new(Recent::new(RECENT.0, RECENT.1)),
            tiles: Mutex::new(Recent::new(RECENT_TILES, usize::MAX)),
            lost: LostFiles::default(),
            keeping: Mutex::default(),
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

    /// Files that were found to be missing or others, and were not put back yet; of many the first [`MOST_LOST`].
    pub fn lost(&self) -> Vec<Lost> {
        self.lost.all()
    }

    /// A bundle that was put away.
    pub(super) fn bundle(&self, store: &dyn Store, number: u64) -> Result<Arc<Bundle>, StoreError> {
        if let Some(known) = locked(&self.bundles).get(number) {
            return Ok(known);
        }
        let expected = hash_over(store, tile_id(0, number)?)?;
        let path = TilePath::Entries(number, Width::FULL);
        let bundle = Arc::new(self.read(&path, &|packed| Bundle::read(packed, &expected))?);
        locked(&self.bundles).keep(number, bundle.size(), &bundle);
        Ok(bundle)
    }

    /// The hashes of a bundle that was put away.
    pub(super) fn leaves(&self, store: &dyn Store, number: u64) -> Result<Arc<[Hash]>, StoreError> {
        if let Some(known) = locked(&self.tiles).get(number) {
            return Ok(known);
        }
        let tile = tile_id(0, number)?;
        let (path, expected) = (TilePath::Hashes(tile, Width::FULL), hash_over(store, tile)?);
        let leaves = self.read(&path, &|bytes| leaves_of(&bytes, &expected))?;
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
        let expected = hash_over(store, tile_id(0, number)?)?;
        let bytes = encode_bundle(entries).map_err(|error| unreadable(&error))?;
        let packed = pack(&bytes).map_err(|error| unreadable(&error))?;
        let bundle = Bundle::read(packed, &expected);
        let bundle =
            bundle.ok_or_else(|| unreadable(&format!("bundle {number} is not what the tree holds")))?;
        self.put_bundle_away(store, number, &bundle)
    }

    fn put_bundle_away(&self, store: &dyn Store, number: u64, bundle: &Bundle) -> Result<(), StoreError> {
        let tiles = filled(store, number, &bundle.leaves)?;
        for files in self.places() {
            self.keep_bundle(files.as_ref(), store, number, bundle)?;
            for (path, bytes) in &tiles {
                self.keep(files.as_ref(), path, bytes, &|found| found == bytes)?;
            }
        }
        Ok(())
    }

    fn keep_bundle(
        &self,
        files: &dyn Files,
        store: &dyn Store,
        number: u64,
        bundle: &Bundle,
    ) -> Result<(), StoreError> {
        let (path, expected) =
            (TilePath::Entries(number, Width::FULL), hash_over(store, tile_id(0, number)?)?);
        self.keep(files, &path, &bundle.packed, &|packed| Bundle::read(packed.to_vec(), &expected).is_some())
    }

    /// Copies a bundle that was put away before there were copies; whether anything was missing there, or was not what it must be.
    pub(super) fn copy(&self, store: &dyn Store, number: u64) -> Result<bool, StoreError> {
        let Some(copies) = self.copies() else { return Ok(false) };
        let (path, expected) =
            (TilePath::Entries(number, Width::FULL), hash_over(store, tile_id(0, number)?)?);
        let (bundle, mut missing) = match judge(copies.read(&path), |packed| Bundle::read(packed, &expected))
        {
            Seen::Good(bundle) => (Arc::new(bundle), false),
            Seen::Bad(_) => (self.bundle(store, number)?, true),
            Seen::Unknown(why) => return Err(StoreError::Unarchived(why)),
        };
        if missing {
            self.keep_bundle(copies.as_ref(), store, number, &bundle)?;
        }
        for (path, bytes) in filled(store, number, &bundle.leaves)? {
            if !matches!(copies.read(&path), Ok(Some(found)) if found == bytes) {
                missing = true;
                self.keep(copies.as_ref(), &path, &bytes, &|found| found == bytes)?;
            }
        }
        Ok(missing)
    }

    /// Puts a bundle away that is taken from the first of other places where it is the one that the store's tiles name.
    pub fn take_from(&self, others: &[&dyn Files], store: &dyn Store, number: u64) -> Result<(), StoreError> {
        let (path, expected) =
            (TilePath::Entries(number, Width::FULL), hash_over(store, tile_id(0, number)?)?);
        let mut lacking = Vec::new();
        for other in others {
            match see(*other, &path, &|packed| Bundle::read(packed, &expected)) {
                Seen::Good(bundle) => return self.put_bundle_away(store, number, &bundle),
                Seen::Bad(why) | Seen::Unknown(why) => lacking.push((other.name(&path), why)),
            }
        }
        let (files, whys): (Vec<_>, Vec<_>) = lacking.into_iter().unzip();
        Err(StoreError::Archived { file: files.join(", "), why: whys.join("; ") })
    }

    /// What the first file that holds says.
    fn read<T>(&self, path: &TilePath, check: &dyn Fn(Vec<u8>) -> Option<T>) -> Result<T, StoreError> {
        let mut first = None;
        for files in self.places() {
            let why = match see(files.as_ref(), path, check) {
                Seen::Good(good) => {
                    self.lost.found(files.as_ref(), path);
                    return Ok(good);
                }
                Seen::Bad(why) => {
                    self.lost.note(files.as_ref(), path, &why);
                    why
                }
                Seen::Unknown(why) => why,
            };
            first.get_or_insert(why);
        }
        Err(self.told(path, first.unwrap_or_default()))
    }

    /// Lets bytes lie there. A file that holds already is left as it is, and made durable. One at a time, since two that write the same file
    /// would write the same one beside it.
    fn keep(
        &self,
        files: &dyn Files,
        path: &TilePath,
        bytes: &[u8],
        holds: &dyn Fn(&[u8]) -> bool,
    ) -> Result<(), StoreError> {
        let _alone = locked(&self.keeping);
        let unwritten = |fault: FileFault| StoreError::Unarchived(fault.to_string());
        let there = match judge(files.read(path), |there| holds(&there).then_some(there)) {
            Seen::Good(there) => Some(there),
            Seen::Bad(_) => None,
            Seen::Unknown(why) => return Err(StoreError::Unarchived(format!("{}: {why}", files.name(path)))),
        };
        files.keep(path, there.as_deref().unwrap_or(bytes)).map_err(unwritten)?;
        let read = files.read(path).map_err(unwritten)?;
        if read.is_some_and(|read| holds(&read)) {
            return Ok(());
        }
        Err(StoreError::Unarchived(format!("{}: what was written is not what is read", files.name(path))))
    }

    fn places(&self) -> Vec<Arc<dyn Files>> {
        [Some(Arc::clone(&self.files)), self.copies()].into_iter().flatten().collect()
    }

    fn told(&self, path: &TilePath, why: String) -> StoreError {
        StoreError::Archived { file: self.files.name(path), why }
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
    let missing = || StoreError::Archived {
        file: TilePath::Entries(number, Width::FULL).to_string(),
        why: "the store has no archive".to_owned(),
    };
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

/// Those tiles as they lie, by their paths.
fn filled(store: &dyn Store, number: u64, leaves: &[Hash]) -> Result<Vec<(TilePath, Vec<u8>)>, StoreError> {
    let mut tiles = Vec::new();
    for (level, index) in above(number) {
        let tile = tile_id(level, index)?;
        let bytes = if level == 0 { encode_hashes(leaves) } else { encode_hashes(&full_row(store, tile)?) };
        tiles.push((TilePath::Hashes(tile, Width::FULL), bytes));
    }
    Ok(tiles)
}

/// The hashes of a full tile from level 1 on, which lies in the store, if they make the one that stands for it in the tile above.
fn full_row(store: &dyn Store, tile: TileId) -> Result<Vec<Hash>, StoreError> {
    let named = || unreadable(&format!("tile {}/{}", tile.level(), tile.index()));
    let row = store.get(&Row::Tile(tile))?.ok_or_else(named)?;
    let hashes = decode_hashes(&row, Width::FULL).map_err(|_| named())?;
    if root(&hashes) == hash_over(store, tile)? { Ok(hashes) } else { Err(named()) }
}

/// The hash that stands for a full tile in the one above it, which lies in the store.
pub(super) fn hash_over(store: &dyn Store, tile: TileId) -> Result<Hash, StoreError> {
    let (level, index) = (tile.level() + 1, tile.index() / FULL);
    let row = store.get(&Row::Tile(tile_id(level, index)?))?.unwrap_or_default();
    let (hashes, _) = row.as_chunks::<32>();
    let place = usize::try_from(tile.index() % FULL).unwrap_or(usize::MAX);
    hashes.get(place).map(|hash| Hash(*hash)).ok_or_else(|| unreadable(&format!("tile {level}/{index}")))
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
