//! sled's handle, closed so that nothing it does at the end is ours: it panics when its last sync fails, and waits for
//! ever for a thread of its own that has gone. What was acknowledged was durable before, so a close that fails loses
//! nothing. Not here: which calls are made (`super`).

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use super::fault::{Fault, ask};

/// How long sled may take to close. It writes out at most what was put and not yet committed.
const CLOSES_WITHIN: Duration = Duration::from_secs(20);

/// An open engine.
pub(super) struct Engine(Option<::sled::Db>);

impl Engine {
    /// Takes the handle; no other may outlive it.
    pub(super) fn new(db: ::sled::Db) -> Self {
        Self(Some(db))
    }

    /// Calls the engine.
    pub(super) fn ask<T>(&self, call: impl FnOnce(&::sled::Db) -> ::sled::Result<T>) -> Result<T, Fault> {
        // It is there until it is dropped.
        let db = self.0.as_ref().ok_or(Fault::GaveUp)?;
        ask(|| call(db))
    }

    /// Rows of a range, each asked for in turn.
    pub(super) fn range(&self, bounds: impl std::ops::RangeBounds<Vec<u8>>) -> Result<::sled::Iter, Fault> {
        self.ask(|db| Ok(db.range(bounds)))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some(db) = self.0.take() else { return };
        let (closed, told) = channel();
        let closing = std::thread::Builder::new().name("store closing".into()).spawn(move || {
            // Nobody waits any more when it took too long.
            let _told = closed.send(ask(|| {
                drop(db);
                Ok(())
            }));
        });
        match (closing, told.recv_timeout(CLOSES_WITHIN)) {
            (Ok(_), Ok(Ok(()))) => {}
            (Ok(_), Err(RecvTimeoutError::Timeout)) => tracing::warn!("the store did not close and is left"),
            (Err(_), _) | (_, Ok(Err(_)) | Err(_)) => tracing::warn!("the store did not close as it should"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_closes_and_can_be_opened_again() {
        let kept = tempfile::tempdir().unwrap();
        let open = || Engine::new(::sled::open(kept.path()).unwrap());
        open().ask(|db| db.insert(b"a", b"1")).unwrap();
        assert_eq!(open().ask(|db| db.get(b"a")).unwrap().unwrap(), b"1");
        assert_eq!(open().range(vec![]..).unwrap().count(), 1);
    }
}
