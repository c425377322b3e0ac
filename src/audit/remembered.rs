//! The checkpoint that an auditor remembers between audits, in a file of his own: the one thing that shows him a
//! ledger that went back or split. Not a receipt, and not the server's `last-signed`.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::ledger::checkpoint::{CheckpointError, VerifiedCheckpoint};
use crate::note::{Note, NoteError, VerifierKey};

/// What the file calls itself.
const FORMAT: &str = "vidimus-remembered/1";

/// Why a remembered checkpoint was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum RememberedError {
    /// The file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Not what this program writes.
    #[error("{path} is no remembered checkpoint: {reason}")]
    Form {
        /// Which.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// A checkpoint that held, with the key it was verified under.
#[derive(Debug, Clone)]
pub struct Remembered(VerifiedCheckpoint);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    vkey: String,
    checkpoint: String,
}

impl Remembered {
    /// Remembers a checkpoint; only worth it after everything held.
    pub fn of(checkpoint: VerifiedCheckpoint) -> Self {
        Self(checkpoint)
    }

    /// The checkpoint.
    pub fn checkpoint(&self) -> &VerifiedCheckpoint {
        &self.0
    }

    /// Reads the file and verifies the checkpoint in it; `None` where there is no file yet.
    pub fn load(path: &Path) -> Result<Option<Self>, RememberedError> {
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| failed(path, source))?,
        };
        let form = |reason: String| RememberedError::Form { path: path.display().to_string(), reason };
        let written: Written = serde_json::from_slice(&bytes).map_err(|error| form(error.to_string()))?;
        if written.format != FORMAT {
            return Err(form(format!("format {:?}, not {FORMAT:?}", written.format)));
        }
        let verified = verify(&written).map_err(|error| form(error.to_string()))?;
        Ok(Some(Self(verified)))
    }

    /// Writes the file anew: beside it first, then in its place, so that there is always a whole one.
    pub fn save(&self, path: &Path) -> Result<(), RememberedError> {
        let written = Written {
            format: FORMAT.into(),
            vkey: self.0.log().to_string(),
            checkpoint: self.0.note().to_string(),
        };
        let json = serde_json::to_vec_pretty(&written).map_err(|error| failed(path, error.into()))?;
        replace(path, &json).map_err(|source| failed(path, source))
    }
}

fn verify(written: &Written) -> Result<VerifiedCheckpoint, CheckpointError> {
    let vkey: VerifierKey = written.vkey.parse().map_err(|error: NoteError| CheckpointError::from(error))?;
    VerifiedCheckpoint::verify(Note::parse(written.checkpoint.as_bytes())?, &vkey, &[])
}

/// Replaces a file so that after a crash the old or the new one is there, whole.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn failed(path: &Path, source: io::Error) -> RememberedError {
    RememberedError::File { path: path.display().to_string(), source }
}
