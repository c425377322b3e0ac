//! Reading a trust folder: the checkpoint, then every entry against it, then the charter by the law, then the tokens.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::{FORMAT, POLICY, Trust, TrustError, Written, WrittenCosigned, WrittenEntry, failed, file};
use crate::audit::blobs::named_by;
use crate::audit::outside::Cosigned;
use crate::audit::source::{Directory, Source as _, blob_path};
use crate::audit::statuses::{Bench, read_token};
use crate::audit::trail::Trail;
use crate::crypto::Digest;
use crate::law;
use crate::ledger::body::{Body, CardNumber, CaseId, ContentNumber, StatusPlace};
use crate::ledger::checkpoint::{CheckpointError, VerifiedCheckpoint};
use crate::ledger::entry::Entry;
use crate::ledger::policy::Policy;
use crate::ledger::state::{CardState, CaseState, Charter, ContentState, LicenceState, View, ViewFault};
use crate::merkle::{Hash, InclusionProof, leaf};
use crate::note::{Note, VerifierKey};
use crate::values::canonical::parse_strict;
use crate::values::identifiers::Handle;

/// Charter entries that are checked in one batch of signatures.
const BATCH: usize = 256;

pub(super) fn load(folder: &Path) -> Result<Trust, TrustError> {
    let path = file(folder);
    let bytes = fs::read(&path).map_err(|error| failed(&path, error))?;
    let form = |error: String| TrustError::Form(error);
    let value = parse_strict(&bytes).map_err(|error| form(error.to_string()))?;
    let written: Written = serde_json::from_value(value).map_err(|error| form(error.to_string()))?;
    if written.format != FORMAT {
        return Err(form(format!("format {:?}, not {FORMAT:?}", written.format)));
    }
    let checkpoint = verify_checkpoint(&written)?;
    let (charter, blobs) = build_charter(&Directory::open(folder)?, &checkpoint, written.entries)?;
    let trail = Trail::of(&charter);
    if !trail.proving(checkpoint.size()).any(|key| key == checkpoint.log()) {
        return Err(TrustError::Key(checkpoint.log().to_string()));
    }
    let blob = |name: &Digest| blobs.get(name).cloned();
    let bench = Bench { charter: &charter, blob: &blob };
    let roots = vec![bench.root().map_err(TrustError::Root)?];
    check_tokens(&written.status, &bench)?;
    let cosigned =
        written.witnessed.as_ref().map(|written| cosigned(written, &checkpoint, &trail)).transpose()?;
    let policy = match fs::read(folder.join(POLICY)) {
        Ok(bytes) => Some(Policy::parse(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(&folder.join(POLICY), error)),
    };
    let keys = trail.all();
    Ok(Trust { charter, checkpoint, keys, roots, tokens: written.status, blobs, cosigned, policy })
}

/// Under every key of the file: they are what its reader compares with what he knows.
fn verify_checkpoint(written: &Written) -> Result<VerifiedCheckpoint, TrustError> {
    let note = Note::parse(written.checkpoint.as_bytes()).map_err(CheckpointError::from)?;
    let mut verified = Err(TrustError::Form("no vkey".into()));
    for vkey in &written.vkeys {
        let vkey: VerifierKey = vkey.parse().map_err(CheckpointError::from)?;
        verified = Ok(VerifiedCheckpoint::verify(note.clone(), &vkey, &[])?);
    }
    let verified = verified?;
    if verified.origin().as_str() == written.origin {
        Ok(verified)
    } else {
        Err(TrustError::Form(format!(
            "origin {:?}, but the checkpoint is of {}",
            written.origin,
            verified.origin()
        )))
    }
}

fn cosigned(
    written: &WrittenCosigned,
    head: &VerifiedCheckpoint,
    trail: &Trail,
) -> Result<Cosigned, TrustError> {
    let note = Note::parse(written.checkpoint.as_bytes()).map_err(CheckpointError::from)?;
    let path = written.path.iter().map(|hash| hash.parse()).collect::<Result<Vec<Hash>, _>>();
    let path = path.map_err(|error| TrustError::Form(format!("witnessed: {error}")))?;
    Cosigned::of(&note, |_, _| Ok(path), head, trail)?.map_err(TrustError::Cosigned)
}

type Built = (Charter, BTreeMap<Digest, Vec<u8>>);

fn build_charter(
    folder: &Directory,
    checkpoint: &VerifiedCheckpoint,
    entries: Vec<WrittenEntry>,
) -> Result<Built, TrustError> {
    let mut view = Gaps::default();
    let mut owing = Vec::new();
    for written in entries {
        let index = written.index;
        prove(&written, checkpoint)?;
        let entry = law::read(&written.entry.0).map_err(|refused| TrustError::Law { index, refused })?;
        if index < view.charter.size() {
            return Err(TrustError::Form(format!(
                "entry {index} stands after entry {}",
                view.charter.size() - 1
            )));
        }
        for blob in named_by(entry.body()) {
            let bytes = folder.read(&blob_path(&blob.sha256))?.unwrap_or_default();
            if blob.names(&bytes) {
                view.blobs.insert(blob.sha256, bytes);
            }
        }
        view.step_to(index, &entry);
        let applied = law::apply(&view, &entry).map_err(|refused| TrustError::Law { index, refused })?;
        view.charter.absorb(applied.pending());
        owing.push((index, applied));
    }
    for batch in owing.chunks(BATCH) {
        let debts = batch.iter().map(|(_, applied)| applied.clone()).collect();
        law::discharge(debts).map_err(|(place, violation)| {
            let index = batch.get(place).map_or(0, |(index, _)| *index);
            TrustError::Law { index, refused: violation.into() }
        })?;
    }
    // Keys and powers count for entries up to the checkpoint, licences among them.
    let time = view.charter.time();
    view.charter.skip_to(checkpoint.size(), time);
    Ok((view.charter, view.blobs))
}

fn prove(written: &WrittenEntry, checkpoint: &VerifiedCheckpoint) -> Result<(), TrustError> {
    let index = written.index;
    let path: Result<Vec<Hash>, _> = written.path.iter().map(|hash| hash.parse()).collect();
    let path = path.map_err(|error| TrustError::Form(format!("entry {index}: {error}")))?;
    let proof = InclusionProof { index, size: checkpoint.size(), path };
    let proved = proof.verify(&leaf(&written.entry.0), &Hash(*checkpoint.root()));
    proved.map_err(|source| TrustError::Proof { index, source })
}

fn check_tokens(tokens: &BTreeMap<u32, String>, bench: &Bench<'_>) -> Result<(), TrustError> {
    for (list, token) in tokens {
        let judged = read_token(token.as_bytes()).and_then(|token| bench.judge(&token));
        let wrong = |reason| TrustError::Token { list: *list, reason };
        let number = judged.map_err(wrong)?;
        if number != *list {
            return Err(wrong(format!("it is that of list {number}")));
        }
    }
    Ok(())
}

/// The charter's view with the licences left out: no entry of the charter is judged by them.
#[derive(Default)]
struct Gaps {
    charter: Charter,
    blobs: BTreeMap<Digest, Vec<u8>>,
    anchored: Option<Digest>,
}

impl Gaps {
    /// Passes over the licence entries before `index`. The root that an anchor states cannot be computed here; that it
    /// was right is what the replay before the export has shown, and its inclusion ties it to the checkpoint.
    fn step_to(&mut self, index: u64, entry: &Entry) {
        let time = self.charter.time();
        self.charter.skip_to(index, time);
        self.anchored = match entry.body() {
            Body::LedgerAnchored(body) => Some(body.root),
            _ => None,
        };
    }
}

impl View for Gaps {
    fn charter(&self) -> &Charter {
        &self.charter
    }

    fn licence(&self, _: &Handle) -> Result<Option<LicenceState>, ViewFault> {
        Err(ViewFault("licences are not in a trust folder".into()))
    }

    fn case(&self, _: &CaseId) -> Result<Option<CaseState>, ViewFault> {
        Err(ViewFault("cases are not in a trust folder".into()))
    }

    fn card(&self, _: CardNumber) -> Result<Option<CardState>, ViewFault> {
        Err(ViewFault("cards are not in a trust folder".into()))
    }

    fn content(&self, content: ContentNumber) -> Result<Option<ContentState>, ViewFault> {
        Err(ViewFault(format!("finding {content} about content is not in a trust folder")))
    }

    fn place_taken(&self, _: StatusPlace) -> Result<bool, ViewFault> {
        Err(ViewFault("licences are not in a trust folder".into()))
    }

    fn blob(&self, name: &Digest) -> Result<Option<Vec<u8>>, ViewFault> {
        Ok(self.blobs.get(name).cloned())
    }

    fn root(&self) -> Result<Digest, ViewFault> {
        self.anchored.ok_or_else(|| ViewFault("the root is not in a trust folder".into()))
    }
}
