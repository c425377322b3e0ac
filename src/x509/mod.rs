//! Floor 3: the certificates of an authority and the one path that is accepted (RFC 5280; law 0, sections 4 and 10).
//!
//! rcgen writes them, x509-parser reads them; both appear only here. A certificate is of exactly one [`Profile`],
//! or it is refused: this room reads what a Vidimus made, not the certificates of the web.
//! Not here: CRL and OCSP (a withdrawn key is an entry of the ledger), TLS, files and clocks.

mod certificate;
mod der;
mod ecdsa;
mod extensions;
mod issue;
mod path;
mod profile;
mod subject;
mod type_codes;
mod validity;

#[cfg(test)]
mod sample;

pub use certificate::{Certificate, CertificateError, MAXIMUM_SIZE};
pub use issue::{IssueError, Issuer, Request, self_signed};
pub use path::{MAXIMUM_GIVEN, PathError, VerifiedPath, validate};
pub use profile::Profile;
pub use subject::{Subject, SubjectError};
pub use type_codes::MOST as MOST_TYPE_CODES;
pub use validity::Validity;
