//! Floor 5: a witness (C2SP tlog-witness): it cosigns the checkpoints of the logs that it follows, each only where it
//! continues what it cosigned before, and remembers that before it answers. So a log that shows two faces needs two
//! sets of witnesses.
//!
//! `judge` is pure; what must not be forgotten is behind the port [`Memory`]. Not here: HTTP, files, and the client that
//! asks witnesses (`authority`).

mod followed;
mod judge;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

pub use followed::{Followed, FollowedError};
pub use judge::{Believed, Refused, believed, follows};

use crate::crypto::{Digest, PrivateKey};
use crate::ledger::checkpoint::{Checkpoint, CheckpointError};
use crate::ledger::submission::Submission;
use crate::merkle::Hash;
use crate::note::{KeyName, Note, NoteError, NoteSignature, Scheme, VerifierKey};
use crate::values::time::Time;

/// What a witness must not forget: the last checkpoint that it cosigned of each log. Implemented by `keyring` on files.
pub trait Memory: Send + Sync {
    /// The note that was kept last of a log; `None` before the first.
    fn last(&self, origin: &KeyName) -> Result<Option<String>, MemoryError>;

    /// Keeps a note, durable on return, if what is kept still is `old` (compare-and-swap).
    fn replace(&self, origin: &KeyName, old: Option<&str>, new: &str) -> Result<(), MemoryError>;
}

/// Why something cannot be remembered, or was not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MemoryError(pub String);

/// Why a witness does not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// What it remembers cannot be read.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// What is remembered of a log is not what this witness cosigned.
    #[error(
        "what is remembered of {origin} was not cosigned by this witness: {reason}; put the directory back as it was, or retire this witness and make another"
    )]
    Foreign {
        /// The log.
        origin: KeyName,
        /// What is wrong.
        reason: String,
    },
    /// Its key cannot cosign.
    #[error(transparent)]
    Key(#[from] NoteError),
}

/// Why a submission was not answered with a cosignature.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// It was judged, and refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It could not be remembered: nothing is cosigned.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The key did not sign, or the clock says no time.
    #[error(transparent)]
    Key(#[from] NoteError),
}

/// A running witness.
pub struct Witness {
    key: PrivateKey,
    verifier: VerifierKey,
    logs: Followed,
    memory: Box<dyn Memory>,
    /// What was cosigned last of each log; held while the next one takes its place.
    heads: BTreeMap<KeyName, Mutex<Option<Head>>>,
}

/// What was cosigned last.
struct Head {
    size: u64,
    root: Hash,
    /// With the witness's own line, as it is remembered.
    text: String,
}

impl Witness {
    /// Reads what is remembered of every log that is followed; refuses what it did not cosign itself.
    pub fn begin(
        name: KeyName,
        key: PrivateKey,
        logs: Followed,
        memory: Box<dyn Memory>,
    ) -> Result<Self, BeginError> {
        let verifier = VerifierKey::of(name, Scheme::Cosignature, key.public())?;
        let mut heads = BTreeMap::new();
        for origin in logs.origins() {
            let head = match memory.last(origin)? {
                None => None,
                Some(text) => Some(
                    remembered(origin, &verifier, text)
                        .map_err(|reason| BeginError::Foreign { origin: origin.clone(), reason })?,
                ),
            };
            heads.insert(origin.clone(), Mutex::new(head));
        }
        Ok(Self { key, verifier, logs, memory, heads })
    }

    /// The key under which its cosignatures are checked.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The logs it follows.
    pub fn logs(&self) -> &Followed {
        &self.logs
    }

    /// Cosigns a checkpoint that follows from what was cosigned last, and remembers it before the line is handed out.
    pub fn add(&self, body: &[u8], now: Time) -> Result<NoteSignature, AddError> {
        let submission = Submission::parse(body).map_err(Refused::from)?;
        let Believed { origin, keys, checkpoint } = believed(&self.logs, &submission)?;
        let head = self.heads.get(origin).ok_or_else(|| Refused::UnknownLog(origin.to_string()))?;
        // From here to the end one submission of a log at a time: what it is compared with is what it replaces.
        let mut head = head.lock().unwrap_or_else(PoisonError::into_inner);
        follows(&submission, &checkpoint, head.as_ref().map(|head| (head.size, head.root)))?;
        let time = u64::try_from(now.seconds()).unwrap_or(0).max(1);
        let line = NoteSignature::cosign(submission.note.text(), self.verifier.name(), &self.key, time)?;
        if head.as_ref().is_some_and(|head| head.size == checkpoint.size) {
            return Ok(line);
        }
        let text = with_line(&submission.note, keys, &line);
        self.memory.replace(origin, head.as_ref().map(|head| head.text.as_str()), &text)?;
        *head = Some(Head { size: checkpoint.size, root: Hash(checkpoint.root), text });
        Ok(line)
    }

    /// The last checkpoint that it cosigned of the log whose origin has this digest, with its line.
    pub fn latest(&self, origin: &Digest) -> Option<String> {
        let of = |name: &&KeyName| Digest::of(name.as_str().as_bytes()) == *origin;
        let head = self.heads.get(self.logs.origins().find(of)?)?;
        let head = head.lock().unwrap_or_else(PoisonError::into_inner);
        head.as_ref().map(|head| head.text.clone())
    }
}

/// The note as it is remembered: the lines of the log's own keys, and the witness's.
fn with_line(note: &Note, keys: &[VerifierKey], line: &NoteSignature) -> String {
    let is_the_logs = |line: &&NoteSignature| keys.iter().any(|key| key.is_named_by(line));
    let lines = note.signatures().iter().filter(is_the_logs).chain([line]);
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    format!("{}\n{lines}", note.text())
}

/// What is remembered, if this witness cosigned it.
fn remembered(origin: &KeyName, verifier: &VerifierKey, text: String) -> Result<Head, String> {
    let note: Note = text.parse().map_err(|error: NoteError| error.to_string())?;
    note.verify(std::slice::from_ref(verifier)).map_err(|error| error.to_string())?;
    let checkpoint: Checkpoint = note.text().parse().map_err(|error: CheckpointError| error.to_string())?;
    if checkpoint.origin != *origin {
        return Err(format!("it is of {}", checkpoint.origin));
    }
    Ok(Head { size: checkpoint.size, root: Hash(checkpoint.root), text })
}
