//! An archive in memory, which can be told to fail, and whose files can be changed behind its back. Not here: durability.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::authority::archive::{FileFault, Files};
use crate::merkle::TilePath;

/// Files in a map.
#[derive(Debug, Default)]
pub struct MemoryFiles {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    files: BTreeMap<String, Vec<u8>>,
    /// Files that are kept until one fails; `None` is never.
    until_failure: Option<usize>,
    /// Whether no file can be opened.
    exhausted: bool,
}

impl MemoryFiles {
    /// Lets so many more files be kept and every further one fail, as on a full disk; `None`: there is room again.
    pub fn fail_after(&self, files: Option<usize>) {
        self.lock().until_failure = files;
    }

    /// Lets no file be opened, as where a process has no descriptors left, or lets them again.
    pub fn exhaust(&self, exhausted: bool) {
        self.lock().exhausted = exhausted;
    }

    /// Changes a file as a failing disk would; `None` in its place: it is gone.
    pub fn change(&self, path: &TilePath, change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) {
        let mut inner = self.lock();
        let file = inner.files.remove(&path.to_string());
        if let Some(changed) = file.and_then(change) {
            inner.files.insert(path.to_string(), changed);
        }
    }

    /// A copy of every file.
    pub fn copy(&self) -> Self {
        let files = self.lock().files.clone();
        Self { inner: Mutex::new(Inner { files, ..Inner::default() }) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &TilePath) -> Result<Option<Vec<u8>>, FileFault> {
        let inner = self.lock();
        if inner.exhausted {
            return Err(fault(path, true));
        }
        Ok(inner.files.get(&path.to_string()).cloned())
    }

    fn has(&self, path: &TilePath) -> bool {
        self.lock().files.contains_key(&path.to_string())
    }

    fn keep(&self, path: &TilePath, bytes: &[u8]) -> Result<(), FileFault> {
        let mut inner = self.lock();
        match inner.until_failure.as_mut() {
            Some(0) => return Err(fault(path, false)),
            Some(left) => *left = left.saturating_sub(1),
            None => {}
        }
        inner.files.insert(path.to_string(), bytes.to_vec());
        Ok(())
    }

    fn name(&self, path: &TilePath) -> String {
        path.to_string()
    }
}

fn fault(path: &TilePath, passing: bool) -> FileFault {
    FileFault { file: path.to_string(), why: "failure asked for".to_owned(), passing }
}
