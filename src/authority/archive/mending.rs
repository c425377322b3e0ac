//! Files looked at afresh, in every place, and put back where they are not what they must be. What is put back was proved first: a bundle by
//! its hash, a tile by the one above it, so that a row that is damaged writes nothing over a file that is whole. Not here: when (`scrub`).

use super::bundle::Bundle;
use super::seeing::{Seen, judge};
use super::{Archive, full_row, hash_over, tile_id};
use crate::authority::store::{Store, StoreError};
use crate::merkle::{TileId, TilePath, Width, encode_hashes};

impl Archive {
    /// Looks whether the file of every bundle is there, without reading it.
    pub(in crate::authority) fn look_for(&self, bundles: u64) {
        let paths = (0..bundles).map(|number| TilePath::Entries(number, Width::FULL));
        for path in paths.filter(|path| !self.files.has(path)) {
            self.lost.note(self.files.as_ref(), &path, "it is not there");
        }
    }

    /// Reads the files of a tile that was put away, and of level 0 the bundle under it, afresh, copies too. One that does not hold is put back
    /// from the other place.
    pub(in crate::authority) fn mend(&self, store: &dyn Store, tile: TileId) -> Result<(), StoreError> {
        let path = TilePath::Hashes(tile, Width::FULL);
        if tile.level() > 0 {
            let row = encode_hashes(&full_row(store, tile)?);
            return self.mend_file(&path, &|found| found == row, Some(&row));
        }
        let expected = hash_over(store, tile_id(0, tile.index())?)?;
        let bundle = TilePath::Entries(tile.index(), Width::FULL);
        self.mend_file(&bundle, &|packed| Bundle::read(packed.to_vec(), &expected).is_some(), None)?;
        // The hashes are those of the entries, whatever became of their file.
        let leaves = encode_hashes(&self.bundle(store, tile.index())?.leaves);
        self.mend_file(&path, &|found| found == leaves, Some(&leaves))
    }

    fn mend_file(
        &self,
        path: &TilePath,
        holds: &dyn Fn(&[u8]) -> bool,
        known: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let check = |bytes: Vec<u8>| holds(&bytes).then_some(bytes);
        let (mut source, mut bad, mut unread) = (known.map(<[u8]>::to_vec), Vec::new(), None);
        for files in self.places() {
            match judge(files.read(path), check) {
                Seen::Good(bytes) => {
                    self.lost.found(files.as_ref(), path);
                    source.get_or_insert(bytes);
                }
                Seen::Bad(why) => match judge(files.read_unpacked(path), check) {
                    // Somebody put it there unpacked: it is packed.
                    Seen::Good(bytes) => {
                        self.keep(files.as_ref(), path, &bytes, holds)?;
                        self.lost.found(files.as_ref(), path);
                        source.get_or_insert(bytes);
                    }
                    Seen::Bad(_) => bad.push((files, why)),
                    Seen::Unknown(why) => unread = Some(why),
                },
                // Nothing is written over a file that could not be looked at.
                Seen::Unknown(why) => unread = Some(why),
            }
        }
        for (files, why) in &bad {
            // Before it is tried: where it cannot be written it stays lost.
            self.lost.note(files.as_ref(), path, why);
            let Some(bytes) = &source else { continue };
            self.keep(files.as_ref(), path, bytes, holds)?;
            tracing::warn!("{} was not what it must be, and was written again", files.name(path));
            self.lost.found(files.as_ref(), path);
        }
        match (source, unread) {
            (Some(_), None) => Ok(()),
            (_, Some(why)) => Err(self.told(path, why)),
            (None, None) => {
                Err(self.told(path, bad.into_iter().next().map(|(_, why)| why).unwrap_or_default()))
            }
        }
    }
}
