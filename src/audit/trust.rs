//! A trust folder: what checking evidence without the network needs. `trust.json` holds the checkpoint, every entry of
//! the charter with its proof of inclusion, and the last token of each status list; `blob/` the blobs they name.
//!
//! It is believed no further than it proves itself: on loading, the checkpoint is verified, every entry proved, the
//! charter built again by the law, every token's signature checked. That the key in it is the right one is what its
//! reader has to know from elsewhere. Not in it: licences; that one is absent here says nothing.

mod load;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::blobs::named_by;
use super::outside::{self, Cosigned};
use super::prove::{self, ProveError};
use super::remembered::replace;
use super::replay::Audit;
use super::source::{Source, SourceError, blob_path};
use super::statuses::{Bench, read_token};
use super::summary::Verdict;
use super::trail::Trail;
use crate::crypto::Digest;
use crate::crypto::base64url::Base64Url;
use crate::law::{self, Refused};
use crate::ledger::checkpoint::{CheckpointError, VerifiedCheckpoint};
use crate::ledger::policy::{Policy, PolicyError};
use crate::ledger::state::{Charter, View as _};
use crate::ledger::witnessed::Witnessed;
use crate::merkle::{Hash, ProofError};
use crate::note::{Note, VerifierKey};
use crate::x509::Certificate;

/// What the file calls itself.
const FORMAT: &str = "vidimus-trust/1";
/// The file in the folder.
const FILE: &str = "trust.json";
/// The policy of witnesses in the folder, put there by who trusts them.
pub const POLICY: &str = "policy";

/// Why a trust folder was not written or not believed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The source could not be asked.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The ledger it would be taken from does not hold, or needs a newer program.
    #[error("the ledger does not hold as far as this program can judge; see audit replay")]
    Ledger,
    /// A proof could not be built.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// A file of the folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// `trust.json` is not of its schema.
    #[error("{FILE}: {0}")]
    Form(String),
    /// The checkpoint.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The folder's keys are not those that its charter names for this size.
    #[error("the charter does not name the key {0} for this checkpoint")]
    Key(String),
    /// What witnesses cosigned is not of this ledger.
    #[error("what was cosigned: {0}")]
    Cosigned(String),
    /// The policy of witnesses cannot be read.
    #[error("{POLICY}: {0}")]
    Policy(#[from] PolicyError),
    /// An entry is not in the tree of the checkpoint.
    #[error("entry {index}: {source}")]
    Proof {
        /// Its index.
        index: u64,
        /// What is wrong with its proof.
        source: ProofError,
    },
    /// An entry that the law refuses.
    #[error("entry {index}: {refused}")]
    Law {
        /// Its index.
        index: u64,
        /// What the law says.
        refused: Refused,
    },
    /// The root certificate is missing or cannot be read.
    #[error("root certificate: {0}")]
    Root(String),
    /// A status token that is not ours.
    #[error("status token of list {list}: {reason}")]
    Token {
        /// Number of the list.
        list: u32,
        /// What is wrong.
        reason: String,
    },
}

/// `trust.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    origin: String,
    /// The keys that prove the checkpoint, newest first.
    vkeys: Vec<String>,
    /// The note.
    checkpoint: String,
    entries: Vec<WrittenEntry>,
    /// By number of the list.
    status: BTreeMap<u32, String>,
    /// What witnesses cosigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    witnessed: Option<WrittenCosigned>,
}

/// A cosigned checkpoint, and what ties it to the other one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCosigned {
    /// The note.
    checkpoint: String,
    /// Consistency proof between the two, lowest first.
    path: Vec<String>,
}

/// An entry with its proof.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    index: u64,
    entry: Base64Url,
    /// Inclusion path, the leaf's sibling first.
    path: Vec<String>,
}

/// What a verifier trusts: a folder that proved itself, or a ledger that was replayed. Only these two ways make one.
pub struct Trust {
    charter: Charter,
    checkpoint: VerifiedCheckpoint,
    keys: Vec<VerifierKey>,
    roots: Vec<Certificate>,
    tokens: BTreeMap<u32, String>,
    blobs: BTreeMap<Digest, Vec<u8>>,
    cosigned: Option<Cosigned>,
    /// Whose cosignatures count, where the folder says so.
    policy: Option<Policy>,
}

impl Trust {
    /// Reads a folder and checks all that is in it.
    pub fn load(folder: &Path) -> Result<Self, TrustError> {
        load::load(folder)
    }

    /// What a ledger that was just replayed from `source` and holds gives, without writing it down.
    pub fn of(source: &dyn Source, audit: &Audit) -> Result<Self, TrustError> {
        let checkpoint = held(audit)?.clone();
        let charter = audit.state.charter().clone();
        let blob = |name: &Digest| audit.state.blob(name).ok().flatten();
        let bench = Bench { charter: &charter, blob: &blob };
        let roots = vec![bench.root().map_err(TrustError::Root)?];
        let mut blobs = BTreeMap::new();
        for (index, bytes) in &audit.charter {
            let entry = law::read(bytes).map_err(|refused| TrustError::Law { index: *index, refused })?;
            let named = named_by(entry.body()).into_iter();
            blobs.extend(named.filter_map(|named| Some((named.sha256, blob(&named.sha256)?))));
        }
        let trail = Trail::of(&charter);
        let tokens = last_tokens(source, &audit.tokens)?;
        let cosigned = cosigned(source, &checkpoint, &trail)?;
        let keys = trail.all();
        Ok(Self { charter, checkpoint, keys, roots, tokens, blobs, cosigned, policy: None })
    }

    /// With this policy in the place of the folder's own, if there is one.
    pub fn under(self, policy: Option<Policy>) -> Self {
        Self { policy: policy.or(self.policy), ..self }
    }

    /// How far outsiders vouch for the ledger, by what is here and by the checkpoint of a receipt that its reader was shown. What
    /// is judged by a receipt is witnessed only where its own checkpoint has a quorum, or is one that is known here: any other
    /// may be of another face of the ledger, which nobody cosigned.
    pub fn witnessed(&self, receipt: Option<&Note>) -> Result<Witnessed, TrustError> {
        let Some(policy) = &self.policy else { return Ok(Witnessed::NoPolicy) };
        let here = self.cosigned.as_ref().map(|cosigned| cosigned.by(policy)).transpose()?;
        let here = here.unwrap_or_else(|| Witnessed::of(Some(policy), None));
        let Some(note) = receipt else { return Ok(here) };
        let shown = VerifiedCheckpoint::verify_under_any(note, &self.keys, &policy.witness_keys()).ok();
        let vouched = Witnessed::of(Some(policy), shown.as_ref());
        if vouched.by().is_some() || here.by().is_none() {
            return Ok(vouched);
        }
        let tree = |checkpoint: &VerifiedCheckpoint| (checkpoint.size(), *checkpoint.root());
        let cosigned = self.cosigned.as_ref().map(Cosigned::checkpoint);
        let mut known = [Some(&self.checkpoint), cosigned].into_iter().flatten();
        let ours = shown.is_some_and(|shown| known.any(|known| tree(known) == tree(&shown)));
        Ok(if ours { here } else { Witnessed::Receipt })
    }

    /// Departments, keys, types and powers, as of the checkpoint.
    pub fn charter(&self) -> &Charter {
        &self.charter
    }

    /// The checkpoint, verified.
    pub fn checkpoint(&self) -> &VerifiedCheckpoint {
        &self.checkpoint
    }

    /// The checkpoint keys of the ledger, newest first, retired ones too: an old receipt is under an old key.
    pub fn log_keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// The pinned roots of certificate paths.
    pub fn roots(&self) -> &[Certificate] {
        &self.roots
    }

    /// The last status token of each list, by number; signatures checked, freshness for the reader to judge.
    pub fn tokens(&self) -> &BTreeMap<u32, String> {
        &self.tokens
    }

    /// Whether `folder` is a trust folder, and not an export.
    pub fn lies_in(folder: &Path) -> bool {
        file(folder).is_file()
    }

    /// A blob that an entry of the charter names.
    pub fn blob(&self, name: &Digest) -> Option<&[u8]> {
        self.blobs.get(name).map(Vec::as_slice)
    }
}

/// Writes the trust folder of a ledger that was just replayed from `source` and holds.
pub fn export(source: &dyn Source, audit: &Audit, folder: &Path) -> Result<(), TrustError> {
    let checkpoint = held(audit)?;
    let mut entries = Vec::with_capacity(audit.charter.len());
    for (index, bytes) in &audit.charter {
        let entry = law::read(bytes).map_err(|refused| TrustError::Law { index: *index, refused })?;
        // A card that stops an officer is judged over the cards before it, which no trust folder has; and whoever verifies asks for no officer.
        if entry.kind().is_card() {
            continue;
        }
        let proof = prove::path(source, *index, checkpoint.size())?;
        let path = proof.path.iter().map(Hash::to_string).collect();
        entries.push(WrittenEntry { index: *index, entry: Base64Url(bytes.clone()), path });
        for blob in named_by(entry.body()) {
            let path = blob_path(&blob.sha256);
            write(folder, &path, &source.read(&path)?.unwrap_or_default())?;
        }
    }
    let written = Written {
        format: FORMAT.into(),
        origin: checkpoint.origin().to_string(),
        vkeys: vec![checkpoint.log().to_string()],
        checkpoint: checkpoint.note().to_string(),
        entries,
        status: last_tokens(source, &audit.tokens)?,
        witnessed: cosigned(source, checkpoint, &Trail::of(audit.state.charter()))?.map(|cosigned| {
            let path = cosigned.path().iter().map(Hash::to_string).collect();
            WrittenCosigned { checkpoint: cosigned.note().to_string(), path }
        }),
    };
    let json = serde_json::to_vec_pretty(&written).map_err(|error| TrustError::Form(error.to_string()))?;
    write(folder, FILE, &json)
}

/// What witnesses cosigned of the tree of a checkpoint.
fn cosigned(
    source: &dyn Source,
    head: &VerifiedCheckpoint,
    trail: &Trail,
) -> Result<Option<Cosigned>, TrustError> {
    outside::cosigned(source, head, trail)?.transpose().map_err(TrustError::Cosigned)
}

/// The checkpoint of a ledger that holds.
fn held(audit: &Audit) -> Result<&VerifiedCheckpoint, TrustError> {
    match (audit.verdict(), &audit.checkpoint) {
        (Verdict::Holds, Some(checkpoint)) => Ok(checkpoint),
        _ => Err(TrustError::Ledger),
    }
}

/// The token of each list that was made last.
fn last_tokens(source: &dyn Source, paths: &[String]) -> Result<BTreeMap<u32, String>, TrustError> {
    let mut last: BTreeMap<u32, (i64, String)> = BTreeMap::new();
    for path in paths {
        let bytes = source.read(path)?.unwrap_or_default();
        let (Ok(token), Some(list)) = (read_token(&bytes), list_of(path)) else { continue };
        let made = token.iat();
        if last.get(&list).is_none_or(|(earlier, _)| *earlier < made) {
            last.insert(list, (made, token.jws().text().to_owned()));
        }
    }
    Ok(last.into_iter().map(|(list, (_, token))| (list, token)).collect())
}

/// The number in `status/<list>/<iat>`.
fn list_of(path: &str) -> Option<u32> {
    path.split('/').nth(1)?.parse().ok()
}

fn write(folder: &Path, path: &str, bytes: &[u8]) -> Result<(), TrustError> {
    let path = folder.join(path);
    let failed = |source| failed(&path, source);
    fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(failed)?;
    replace(&path, bytes).map_err(failed)
}

fn failed(path: &Path, source: io::Error) -> TrustError {
    TrustError::File { path: path.display().to_string(), source }
}

/// Where `trust.json` lies.
fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

#[cfg(test)]
mod tests;
