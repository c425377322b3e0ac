//! The office's folder: what was seen last of the ledger and under which key, proofs of split views, and a folder for each
//! run, which is `run-N.unfinished` until all of it is there. Whatever a process leaves when it is killed says what it is.
//! Not here: what is in the files (`run`, `look`).

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Said;
use crate::audit::remembered::replace;
use crate::ledger::split_view::SplitView;
use crate::note::VerifierKey;
use crate::values::lang::Lang;
use crate::values::time::Time;

/// The checkpoint that was seen last, as the ledger signed it.
pub(super) const LAST_SEEN: &str = "last-seen";
/// The keys that a replay took from the source, one a line; not believed where the auditor brought one.
pub(super) const LAST_SEEN_VKEY: &str = "last-seen.vkey";
/// What the files of the folder itself are called in addresses.
const KEPT: &str = "kept";
const RUN: &str = "run-";
const UNFINISHED: &str = ".unfinished";
const SPLIT_VIEW: &str = ".split-view";
const BEGUN: &str = "begun.json";
const ENDED: &str = "ended.json";
/// A run's record, written last.
pub(super) const RECORD: &str = "run.json";

/// Why a folder was not opened.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The file system.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Another process holds it.
    #[error("{0} is held by another process")]
    Busy(String),
    /// Something lies there that no office wrote.
    #[error("{path} holds {name}, which is not of an auditor's page")]
    Foreign {
        /// The folder.
        path: String,
        /// What lies there.
        name: String,
    },
    /// A file of ours that cannot be read as one.
    #[error("{path} cannot be read: {reason}")]
    Form {
        /// Which.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// What a run that came to its end found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Finished {
    pub(super) number: u64,
    pub(super) started: Time,
    pub(super) ended: Time,
    pub(super) origin: String,
    /// Entries that it is about.
    pub(super) size: u64,
    pub(super) verdict: String,
    pub(super) violations: u64,
    pub(super) yellow: u64,
    pub(super) red: u64,
    pub(super) signed: bool,
}

/// A run that did not come to its end, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ended {
    pub(super) number: u64,
    pub(super) started: Time,
    pub(super) ended: Option<Time>,
    pub(super) why: Said,
}

impl Ended {
    /// One that could not even begin.
    pub(super) fn not_begun(started: Time, why: &str) -> Self {
        let why =
            Said::new(format!("重放未能开始：{why}。"), format!("The replay could not be started: {why}."));
        Self { number: 0, started, ended: Some(started), why }
    }
}

#[derive(Serialize, Deserialize)]
struct Begun {
    started: Time,
}

/// A file that can be downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// `kept`, or the run's name.
    pub place: String,
    /// The file's name there.
    pub name: String,
    /// Its bytes.
    pub length: u64,
    /// Its media type.
    pub media_type: &'static str,
}

/// The folder, held by this process alone.
pub struct Folder {
    root: PathBuf,
    _held: File,
}

impl Folder {
    /// Opens the folder, or makes it.
    pub(super) fn open(root: &Path) -> Result<Self, FolderError> {
        fs::create_dir_all(root).map_err(|source| failed(root, source))?;
        let held = File::open(root).map_err(|source| failed(root, source))?;
        match held.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::Busy(root.display().to_string())),
            Err(TryLockError::Error(source)) => return Err(failed(root, source)),
        }
        let folder = Self { root: root.to_owned(), _held: held };
        let names = folder.names(root).map_err(|source| failed(root, source))?;
        let ours = |name: &&String| {
            name.starts_with(LAST_SEEN) || name.starts_with(RUN) || name.contains(SPLIT_VIEW)
        };
        match names.iter().find(|name| !ours(name)) {
            None => Ok(folder),
            Some(name) => Err(FolderError::Foreign { path: root.display().to_string(), name: name.clone() }),
        }
    }

    /// The names in a folder, sorted; of none, nothing.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names: Vec<String> = match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            read => read?
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect::<io::Result<_>>()?,
        };
        names.sort();
        Ok(names)
    }

    /// The checkpoint that was seen last.
    pub(super) fn last_seen(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.root.join(LAST_SEEN)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    /// Keeps a checkpoint as the one that was seen last.
    pub(super) fn saw(&self, note: &str) -> io::Result<()> {
        replace(&self.root.join(LAST_SEEN), note.as_bytes())
    }

    /// The keys that were taken from the source, once all of the ledger held under them.
    pub(super) fn keys(&self) -> Vec<VerifierKey> {
        let text = fs::read_to_string(self.root.join(LAST_SEEN_VKEY)).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Adds such a key.
    pub(super) fn learned(&self, key: &VerifierKey) -> io::Result<()> {
        let mut keys = self.keys();
        if keys.contains(key) {
            return Ok(());
        }
        keys.push(key.clone());
        let text: String = keys.iter().map(|key| format!("{key}\n")).collect();
        replace(&self.root.join(LAST_SEEN_VKEY), text.as_bytes())
    }

    /// Keeps the first proof of a split view under a name, and says what the file is called.
    pub(super) fn keep_split(&self, name: &str, split: &SplitView) -> io::Result<String> {
        let file = format!("{name}{SPLIT_VIEW}");
        let path = self.root.join(&file);
        let held = fs::read(&path).unwrap_or_default();
        if SplitView::parse(&held).is_err() {
            // None yet, or one that broke off while it was written.
            replace(&path, split.to_string().as_bytes())?;
        }
        Ok(file)
    }

    /// Proofs of split views that were kept, whenever that was.
    pub(super) fn splits(&self) -> Vec<String> {
        let names = self.names(&self.root).unwrap_or_default();
        names.into_iter().filter(|name| name.ends_with(SPLIT_VIEW)).collect()
    }

    /// Begins the next run, and says its number. What is left of one that did not end well goes.
    pub(super) fn begin(&self, started: Time) -> io::Result<u64> {
        let names = self.names(&self.root)?;
        for unfinished in names.iter().filter(|name| name.ends_with(UNFINISHED)) {
            fs::remove_dir_all(self.root.join(unfinished))?;
        }
        let number = names.iter().filter_map(|name| run_number(name)).max().unwrap_or(0) + 1;
        fs::create_dir(self.unfinished(number))?;
        self.add(number, BEGUN, &serde_json::to_vec(&Begun { started })?)?;
        Ok(number)
    }

    /// Adds a file to a run that is not finished.
    pub(super) fn add(&self, number: u64, name: &str, bytes: &[u8]) -> io::Result<()> {
        replace(&self.unfinished(number).join(name), bytes)
    }

    /// Makes a run count: all of it or nothing is there.
    pub(super) fn finish(&self, number: u64) -> io::Result<()> {
        fs::rename(self.unfinished(number), self.root.join(run_name(number)))?;
        File::open(&self.root)?.sync_all()
    }

    /// Says why a run did not come to its end.
    pub(super) fn end(&self, ended: &Ended) -> io::Result<()> {
        self.add(ended.number, ENDED, &serde_json::to_vec(ended)?)
    }

    /// The newest run that came to its end.
    pub(super) fn finished(&self) -> Result<Option<Finished>, FolderError> {
        let names = self.names(&self.root).map_err(|source| failed(&self.root, source))?;
        let finished = names.iter().filter(|name| !name.ends_with(UNFINISHED));
        let newest = finished.filter_map(|name| run_number(name)).max();
        newest.map(|number| read(&self.root.join(run_name(number)).join(RECORD))).transpose()
    }

    /// What is left of a run that did not come to its end; one of which nothing says why was interrupted.
    pub(super) fn ended(&self) -> Result<Option<Ended>, FolderError> {
        let names = self.names(&self.root).map_err(|source| failed(&self.root, source))?;
        let Some(name) = names.iter().rfind(|name| name.ends_with(UNFINISHED)) else { return Ok(None) };
        let (folder, number) = (self.root.join(name), run_number(name).unwrap_or(0));
        if folder.join(ENDED).exists() {
            return read(&folder.join(ENDED)).map(Some);
        }
        // Killed before it could say when it began, it has nothing to tell.
        let Ok(begun) = read::<Begun>(&folder.join(BEGUN)) else { return Ok(None) };
        let why = Said::new(
            "重放进行中时本页的服务结束了：没有结论，请重新开始。",
            "The service of this page ended while the replay ran: there is no verdict. Start it again.",
        );
        Ok(Some(Ended { number, started: begun.started, ended: None, why }))
    }

    /// What a run's page says, in one language.
    pub(super) fn section(&self, number: u64, lang: Lang) -> io::Result<String> {
        fs::read_to_string(self.root.join(run_name(number)).join(section_name(lang)))
    }

    /// The evidence of a run.
    pub(super) fn evidence(&self, number: u64) -> Vec<Evidence> {
        let place = run_name(number);
        let names = self.names(&self.root.join(&place)).unwrap_or_default();
        let offered = names.into_iter().filter(|name| {
            ![RECORD, BEGUN].contains(&name.as_str())
                && Lang::ALL.iter().all(|lang| *name != section_name(*lang))
        });
        offered.filter_map(|name| self.described(&place, &name)).collect()
    }

    /// A file that is offered, opened; nothing else can be named.
    pub(super) fn open_evidence(&self, place: &str, name: &str) -> Option<(File, Evidence)> {
        let (folder, offered) = if place == KEPT {
            let names = self.splits().into_iter().chain([LAST_SEEN.to_owned()]);
            (self.root.clone(), names.filter_map(|name| self.described(KEPT, &name)).collect())
        } else {
            let number = run_number(place).filter(|number| run_name(*number) == place)?;
            (self.root.join(place), self.evidence(number))
        };
        let found = offered.into_iter().find(|one| one.name == name)?;
        Some((File::open(folder.join(&found.name)).ok()?, found))
    }

    fn described(&self, place: &str, name: &str) -> Option<Evidence> {
        let folder = if place == KEPT { self.root.clone() } else { self.root.join(place) };
        let found = fs::symlink_metadata(folder.join(name)).ok().filter(fs::Metadata::is_file)?;
        let media_type = match name.rsplit_once('.') {
            Some((_, "json")) => "application/json",
            Some((_, "csv")) => "text/csv; charset=utf-8",
            Some((_, "html")) => "text/html; charset=utf-8",
            _ => "text/plain; charset=utf-8",
        };
        Some(Evidence { place: place.to_owned(), name: name.to_owned(), length: found.len(), media_type })
    }

    fn unfinished(&self, number: u64) -> PathBuf {
        self.root.join(format!("{}{UNFINISHED}", run_name(number)))
    }
}

/// The file of what a run's page says.
pub(super) fn section_name(lang: Lang) -> String {
    format!("section.{lang}.html")
}

fn run_name(number: u64) -> String {
    format!("{RUN}{number}")
}

fn run_number(name: &str) -> Option<u64> {
    name.strip_suffix(UNFINISHED).unwrap_or(name).strip_prefix(RUN)?.parse().ok()
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, FolderError> {
    let bytes = fs::read(path).map_err(|source| failed(path, source))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| FolderError::Form { path: path.display().to_string(), reason: error.to_string() })
}

fn failed(path: &Path, source: io::Error) -> FolderError {
    FolderError::File { path: path.display().to_string(), source }
}
