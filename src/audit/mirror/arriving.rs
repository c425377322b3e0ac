//! Files on their way into a mirror: what is there already and is good is not fetched, what is fetched is added only where it is good.

use super::folder::{Folder, Place};
use super::{MirrorError, Tally};
use crate::audit::source::Source;

/// The bytes of a file, not judged yet.
pub(super) struct Got {
    bytes: Vec<u8>,
    /// Where they were; none for what has just been fetched.
    place: Option<Place>,
}

/// Where files come from and go to.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) folder: &'a Folder,
}

impl Way<'_> {
    /// A file of the mirror, else of the source.
    pub(super) fn get(&self, path: &str) -> Result<Got, MirrorError> {
        match self.folder.read(path)? {
            Some((bytes, place)) => Ok(Got { bytes, place: Some(place) }),
            None => self.fetch(path),
        }
    }

    /// A file of the source.
    pub(super) fn fetch(&self, path: &str) -> Result<Got, MirrorError> {
        let bytes = self.source.read(path)?.ok_or_else(|| MirrorError::Missing(path.to_owned()))?;
        Ok(Got { bytes, place: None })
    }

    /// Judges a file. One of the mirror's that is not good is fetched anew; one of the source's that is not good ends it.
    pub(super) fn settle<T>(
        &self,
        path: &str,
        got: &Got,
        tally: &mut Tally,
        judge: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<T, MirrorError> {
        self.settle_judged(path, got, judge(&got.bytes), tally, judge)
    }

    /// The same of one that was judged already.
    pub(super) fn settle_judged<T>(
        &self,
        path: &str,
        got: &Got,
        judged: Result<T, String>,
        tally: &mut Tally,
        judge: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<T, MirrorError> {
        let wrong = |what: String| MirrorError::Wrong { path: path.to_owned(), what };
        match (judged, got.place) {
            (Ok(made), _) => {
                self.add(path, got, tally)?;
                Ok(made)
            }
            (Err(what), None) => Err(wrong(what)),
            (Err(_), Some(place)) => {
                let got = self.fetch(path)?;
                let made = judge(&got.bytes).map_err(wrong)?;
                self.add(path, &got, tally)?;
                tally.repaired += u64::from(place == Place::Mirror);
                Ok(made)
            }
        }
    }

    /// Adds what was fetched, once it is found good.
    pub(super) fn add(&self, path: &str, got: &Got, tally: &mut Tally) -> Result<(), MirrorError> {
        if got.place.is_none() {
            self.folder.add(path, &got.bytes)?;
            tally.files += 1;
            tally.bytes += u64::try_from(got.bytes.len()).unwrap_or(u64::MAX);
        }
        Ok(())
    }
}

impl Got {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where it lay in the mirror.
    pub(super) fn place(&self) -> Option<Place> {
        self.place
    }
}
