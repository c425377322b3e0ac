//! sled's handle, flushed and closed so that nothing waits for ever. After a failed write of its own sled may not wake
//! whoever waits for that write, until somebody asks again; at its end it panics when its last sync fails, and waits for a thread of its own that
//! has gone. What was acknowledged was durable before, so giving up loses nothing. Not here: which calls are made
//! (`super`).

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::fault::{Fault, ask};

/// How long sled may take to close. It writes out at most what was put and not yet committed.
const CLOSES_WITHIN: Duration = Duration::from_secs(20);

/// How long an answer to a flush is waited for before it is asked for again.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// How often a flush is asked for: it writes at most one batch, so a disk that takes longer is given up.
const ASKED: usize = 30;

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

    /// Writes out what was applied; given up after a while, as when a disk fails. Whoever asks sled anew sees that a write
    /// failed, and wakes those who wait for it. No batch may be applied meanwhile: it would wait inside sled for the flush,
    /// and whoever asks again would wait behind it.
    pub(super) fn flush(&self) -> Result<(), Fault> {
        let (flushed, told) = channel();
        for _ in 0..ASKED {
            self.begin_flush(flushed.clone())?;
            if let Ok(done) = told.recv_timeout(ANSWERS_WITHIN) {
                return done;
            }
        }
        Err(Fault::GaveUp)
    }

    fn begin_flush(&self, flushed: Sender<Result<(), Fault>>) -> Result<(), Fault> {
        let db = self.0.clone().ok_or(Fault::GaveUp)?;
        let flushing = std::thread::Builder::new().name("store flushing".into()).spawn(move || {
            let done = ask(|| db.flush()).map(drop);
            // Before it is told: no handle outlives the engine's own.
            drop(db);
            let _told = flushed.send(done);
        });
        flushing.map(drop).map_err(|error| Fault::System(error.kind()))
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
