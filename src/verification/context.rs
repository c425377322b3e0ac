//! What a verifier knows when it judges: everything that is not in the evidence. All of it was obtained beforehand;
//! an address found in evidence is never followed (law 0, section 10). Not here: how it was obtained.

use std::sync::Arc;

use super::notice::Notice;
use super::token::CheckedToken;
use crate::jose::JwsError;
use crate::jose::jws::Header;
use crate::ledger::state::{Charter, LicenceState};
use crate::note::VerifierKey;
use crate::values::identifiers::Handle;
use crate::values::time::{Time, UtcOffset};
use crate::x509::{Certificate, CertificateError, PathError, Profile, VerifiedPath};

/// Judges a chain (DER, leaf first, without the root) at a time in seconds for a profile, under the pinned roots:
/// [`crate::x509::validate`], or a cache in front of it.
pub type Paths<'a> = dyn Fn(&[Vec<u8>], i64, Profile) -> Result<Arc<VerifiedPath>, PathError> + 'a;

/// Reads a JOSE header: [`Header::parse`], or a memory of what was read before.
pub type Headers<'a> = dyn Fn(&str) -> Result<Arc<Header>, JwsError> + 'a;

/// Reads a certificate from DER: [`Certificate::from_der`], or a memory of what was read before.
pub type Certificates<'a> = dyn Fn(&[u8]) -> Result<Arc<Certificate>, CertificateError> + 'a;

/// The token of a list (by number, from 1) as published at a time.
pub type Tokens<'a> = dyn Fn(u32, Time) -> TokenAnswer + 'a;

/// The licence of a handle, as far as the ledger at hand goes.
pub type Licences<'a> = dyn Fn(&Handle) -> LedgerAnswer + 'a;

/// Reads a header and remembers nothing.
pub fn read_header(text: &str) -> Result<Arc<Header>, JwsError> {
    Header::parse(text).map(Arc::new)
}

/// Reads a certificate and remembers nothing.
pub fn read_certificate(der: &[u8]) -> Result<Arc<Certificate>, CertificateError> {
    Certificate::from_der(der).map(Arc::new)
}

/// Where the knowledge of the ledger comes from, which decides what absence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The authority's own tree, at a head taken after the evidence arrived: what is absent was not entered.
    OwnTree {
        /// Size of that head.
        size: u64,
    },
    /// A mirror or trust folder: what is absent may only be newer.
    Folder {
        /// Size it was taken at.
        size: u64,
        /// When it was taken.
        as_of: Time,
    },
}

/// What the ledger at hand says of the evidence's handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerAnswer {
    /// The licence after all its entries.
    Found(Box<LicenceState>),
    /// No licence of that handle, or the evidence names none.
    Absent,
    /// It could not be read, or the source holds no licences.
    Unknown,
}

/// What is at hand of a status list.
#[derive(Debug, Clone)]
pub enum TokenAnswer {
    /// A token whose signature was good.
    Checked(Arc<CheckedToken>),
    /// One whose form, signature or issuer was refused.
    Refused,
    /// None.
    Absent,
}

/// Everything a judgement may look at.
pub struct Context<'a> {
    /// The present.
    pub now: Time,
    /// The authority, its departments, keys, types and powers, as far as the source goes.
    pub charter: &'a Charter,
    /// The pinned keys of the log.
    pub log_keys: &'a [VerifierKey],
    /// Where charter and licence come from.
    pub source: Source,
    /// The licences: asked once, for the handle of evidence whose signature is good.
    pub licences: &'a Licences<'a>,
    /// The status lists at hand.
    pub tokens: &'a Tokens<'a>,
    /// The reader of headers.
    pub headers: &'a Headers<'a>,
    /// The reader of certificates.
    pub certificates: &'a Certificates<'a>,
    /// The judge of certificate chains.
    pub paths: &'a Paths<'a>,
    /// Whether this server holds a registrar's key of the authority.
    pub holds_a_registrar: bool,
}

impl Source {
    /// Entries of the ledger that were at hand.
    pub fn size(&self) -> u64 {
        match self {
            Self::OwnTree { size } | Self::Folder { size, .. } => *size,
        }
    }

    /// Until when the source knows what the ledger showed.
    pub(super) fn knows_until(&self, now: Time) -> Time {
        match self {
            Self::OwnTree { .. } => now,
            Self::Folder { as_of, .. } => *as_of,
        }
    }

    pub(super) fn is_own_tree(&self) -> bool {
        matches!(self, Self::OwnTree { .. })
    }
}

impl Context<'_> {
    /// What is to be said beside every verdict.
    pub(super) fn notice(&self) -> Option<Notice> {
        Notice::of(self.charter, self.holds_a_registrar)
    }

    /// The fixed offset of all dates. Without an authority nothing passes that needs a date, so UTC does no harm.
    pub(super) fn offset(&self) -> UtcOffset {
        self.charter.offset().unwrap_or(UtcOffset::UTC)
    }

    /// Seconds since the source was taken.
    pub(super) fn age(&self) -> i64 {
        self.now.seconds() - self.source.knows_until(self.now).seconds()
    }

    /// Whether the charter at hand holds everything that counted for the entry at `index`.
    pub(super) fn reaches(&self, index: u64) -> bool {
        self.charter.authority().is_some() && self.charter.size() >= index
    }

    /// What stands after one of the authority's base URLs, present and former; `None` for other people's names.
    pub(super) fn own_name<'n>(&self, name: &'n str) -> Option<&'n str> {
        let mut bases = self.charter.authority()?.base_urls.iter();
        bases.find_map(|base| {
            name.strip_prefix(base.as_str()).filter(|rest| rest.starts_with('/') || rest.is_empty())
        })
    }
}
