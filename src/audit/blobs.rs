//! Blobs: which ones an entry names, and whether the source gives their bytes (law 0, section 2).

use std::collections::BTreeSet;

use super::source::{Source, SourceError, blob_path};
use super::summary::Finding;
use crate::crypto::Digest;
use crate::law::Rule;
use crate::ledger::body::{BlobRef, Body};

/// The blobs that entries named so far.
#[derive(Default)]
pub(super) struct Blobs {
    named: BTreeSet<Digest>,
}

/// What became of a blob that an entry names.
pub(super) enum Fetched {
    /// Its bytes, for the first time.
    New(Vec<u8>),
    /// Missing or wrong.
    Bad(Finding),
    /// Fetched before.
    Known,
}

impl Blobs {
    /// Reads a blob that the entry at `index` names, and checks digest and size.
    pub(super) fn fetch(
        &mut self,
        source: &dyn Source,
        index: u64,
        blob: &BlobRef,
    ) -> Result<Fetched, SourceError> {
        if !self.named.insert(blob.sha256) {
            return Ok(Fetched::Known);
        }
        let bad = |text: String| Ok(Fetched::Bad(Finding::at(index, Rule::Blob, text)));
        match source.read(&blob_path(&blob.sha256))? {
            None => bad(format!("blob {} is missing", blob.sha256)),
            Some(bytes) if !blob.names(&bytes) => {
                bad(format!("blob {} is not the {} bytes that the entry names", blob.sha256, blob.size))
            }
            Some(bytes) => Ok(Fetched::New(bytes)),
        }
    }

    /// Whether an entry named it.
    pub(super) fn names(&self, name: &Digest) -> bool {
        self.named.contains(name)
    }
}

/// The blobs that a body names.
pub(super) fn named_by(body: &Body) -> Vec<BlobRef> {
    match body {
        Body::AuthorityFounded(body) => {
            let before = body.succeeds.as_ref().map(|before| before.checkpoint);
            [body.law.text, body.root.certificate].into_iter().chain(before).collect()
        }
        Body::LawChanged(body) => vec![body.law.text],
        Body::KeyIntroduced(body) => body.certificate.into_iter().collect(),
        Body::TypePublished(body) => vec![body.claims, body.metadata, body.rules],
        Body::PowerGranted(body) => vec![body.basis],
        Body::SupervisionPublished(body) => vec![body.rules],
        Body::AuthorityMoved(_)
        | Body::RegistrarsChanged(_)
        | Body::LedgerFrozen(_)
        | Body::DepartmentRegistered(_)
        | Body::DepartmentWithdrawn(_)
        | Body::KeyRetired(_)
        | Body::TypeWithdrawn(_)
        | Body::PowerWithdrawn(_)
        | Body::OfficerAppointed(_)
        | Body::OfficerLeft(_)
        | Body::ProcessPublished(_)
        | Body::CalendarPublished(_)
        | Body::CaseFiled(_)
        | Body::CaseAccepted(_)
        | Body::CaseDeclined(_)
        | Body::CaseAsked(_)
        | Body::CaseSupplied(_)
        | Body::CaseExamined(_)
        | Body::CaseDecided(_)
        | Body::CaseDelivered(_)
        | Body::CaseRated(_)
        | Body::CaseWithdrawn(_)
        | Body::CaseChecked(_)
        | Body::CaseRectified(_)
        | Body::ContentFound(_)
        | Body::CardRaised(_)
        | Body::CardOrdered(_)
        | Body::CardAnswered(_)
        | Body::CardReleased(_)
        | Body::LicenceIssued(_)
        | Body::LicenceRecorded(_)
        | Body::LicenceCarried(_)
        | Body::LicenceSuspended(_)
        | Body::LicenceReinstated(_)
        | Body::LicenceEnded(_)
        | Body::LicenceErased(_)
        | Body::RefusalsCounted(_)
        | Body::LedgerAnchored(_)
        | Body::StateAnchored(_) => Vec::new(),
    }
}
