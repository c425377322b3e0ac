//! The auditor's page: where an auditor works at one ledger for weeks. What the ledger's head, its witnesses and its mirrors
//! are now (`look`), a replay that runs (`run`), what was found and kept (`folder`), and pages of it all with the command
//! beside each that tells the same (`pages`, `words`, `commands`).
//!
//! Not here: HTTP, and where files, keys and other machines are reached, which whoever opens it brings along ([`Reach`]).

mod commands;
mod folder;
mod look;
mod pages;
mod run;
#[cfg(test)]
mod tests;
mod words;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::replay::{Audit, Pins};
use super::source::Source;
use crate::values::lang::Lang;
use crate::values::time::Clock;

pub use commands::Asked;
use folder::{Ended, Finished};
pub use folder::{Evidence, Folder, FolderError};
pub use look::{Head, Look, Other, Relation};
pub use pages::Shown;
use run::Running;

/// How long what was asked is still told.
const FRESH_MILLIS: i64 = 5_000;
/// How long a page waits for the first or the next look; after that it tells what it has.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 60 } else { 3 });

/// What an office reaches outside its folder.
pub trait Reach: Send + Sync {
    /// A ledger at an address or in a directory.
    fn source(&self, from: &str) -> Result<Box<dyn Source>, String>;
    /// What lies at a witness's address for monitors; `None` where nothing does.
    fn latest(&self, url: &str) -> Result<Option<Vec<u8>>, String>;
    /// What the auditor brought along, read anew each time as a command would.
    fn pins(&self) -> Result<Pins, String>;
    /// Told of each audit, for what the auditor wants remembered of one that holds.
    fn remember(&self, audit: &Audit) -> Result<(), String>;
    /// A document of what was found, by its name, and whether it is signed.
    fn sign(&self, name: &str, found: Value) -> Result<(Vec<u8>, bool), String>;
}

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    zh: String,
    en: String,
}

impl Said {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The one in this language.
    pub fn text(&self, lang: &Lang) -> &str {
        lang.choose(&self.zh, &self.en)
    }
}

/// An auditor's office over one ledger.
pub struct Office {
    asked: Asked,
    reach: Box<dyn Reach>,
    clock: Arc<dyn Clock>,
    folder: Folder,
    looks: Mutex<Looks>,
    looked: Condvar,
    runs: Mutex<Runs>,
}

/// The newest look, and whether another one is under way.
#[derive(Default)]
struct Looks {
    latest: Option<Arc<Look>>,
    at: i64,
    looking: bool,
}

/// The replay that runs, the newest that came to its end, and how the newest ended that did not.
#[derive(Default)]
struct Runs {
    running: Option<Arc<Running>>,
    finished: Option<Arc<Finished>>,
    ended: Option<Ended>,
}

/// A lock whose holder panicked guards values that are whole all the same: each is set at once.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Office {
    /// Opens the office in its folder, which no other process may hold, with what the last one left there.
    pub fn open(
        asked: Asked,
        folder: &Path,
        reach: Box<dyn Reach>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, FolderError> {
        let folder = Folder::open(folder)?;
        let (finished, ended) = (folder.finished()?.map(Arc::new), folder.ended()?);
        let runs = Mutex::new(Runs { running: None, finished, ended });
        let (looks, looked) = (Mutex::default(), Condvar::new());
        Ok(Arc::new(Self { asked, reach, clock, folder, looks, looked, runs }))
    }

    /// How the ledger stands now. Asked at most every few seconds, on a thread of its own, however many want to know; `None`
    /// where the first answer takes longer than a reader waits.
    pub fn look(self: &Arc<Self>) -> Option<Arc<Look>> {
        let now = self.clock.since_boot_millis();
        let mut looks = held(&self.looks);
        let fresh = looks.latest.is_some() && now.saturating_sub(looks.at) < FRESH_MILLIS;
        if !fresh && !looks.looking {
            let office = Arc::clone(self);
            let begun = thread::Builder::new().name("look".into()).spawn(move || office.look_anew());
            looks.looking = begun.is_ok();
        }
        let waited = self.looked.wait_timeout_while(looks, PATIENCE, |looks| looks.looking);
        let (looks, _) = waited.unwrap_or_else(PoisonError::into_inner);
        looks.latest.clone()
    }

    fn look_anew(&self) {
        let look = catch_unwind(AssertUnwindSafe(|| look::look(self)));
        let mut looks = held(&self.looks);
        looks.looking = false;
        looks.at = self.clock.since_boot_millis();
        // What could not be told leaves the last look, whose time stands beside it.
        if let Ok(look) = look {
            looks.latest = Some(Arc::new(look));
        }
        self.looked.notify_all();
    }

    /// Starts a replay on a thread of its own, where none runs.
    pub fn start(self: &Arc<Self>) {
        let mut runs = held(&self.runs);
        if runs.running.is_some() {
            return;
        }
        let started = self.clock.now();
        let begun = self.folder.begin(started).map_err(|error| error.to_string()).and_then(|number| {
            let running = Arc::new(Running::new(number, started));
            let (office, own) = (Arc::clone(self), Arc::clone(&running));
            let thread = thread::Builder::new().name("replay".into()).spawn(move || office.run(&own));
            thread.map(|_| running).map_err(|error| error.to_string())
        });
        match begun {
            Ok(running) => runs.running = Some(running),
            Err(why) => runs.ended = Some(Ended::not_begun(started, &why)),
        }
    }

    fn run(&self, running: &Running) {
        let outcome = catch_unwind(AssertUnwindSafe(|| run::run(self, running)));
        let outcome = outcome.unwrap_or_else(|_| Err(run::broke_off()));
        let outcome = outcome
            .and_then(|()| self.folder.finish(running.number).map_err(|error| run::not_written(&error)));
        let ended = outcome.err().map(|why| running.ended(why, self.clock.now()));
        if let Some(ended) = &ended {
            // Where it cannot be written, a restart says that the run was interrupted, which is true as well.
            let _kept = self.folder.end(ended);
        }
        let mut runs = held(&self.runs);
        runs.running = None;
        if ended.is_none() {
            runs.finished = self.folder.finished().ok().flatten().map(Arc::new);
        }
        runs.ended = ended;
    }

    /// Stops the replay that runs, if one does: it ends at the next file that it would read.
    pub fn stop(&self) {
        if let Some(running) = &held(&self.runs).running {
            running.stop();
        }
    }

    /// A file that was kept: its evidence, opened.
    pub fn evidence(&self, place: &str, name: &str) -> Option<(std::fs::File, Evidence)> {
        self.folder.open_evidence(place, name)
    }
}
