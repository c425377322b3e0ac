//! Floor 3: SD-JWT (RFC 9901) as its VC profile uses it (`dc+sd-jwt`): the issuer fixes a credential, the holder
//! withholds and binds, the verifier discloses. Refusals are those of law 0, section 10, bullet `signature`.
//!
//! Not here: whose key it is (`x509`), what a licence type demands of its claims (`catalogue`), JSON serialisation.

pub mod credential;
mod disclosed;
pub mod disclosure;
pub mod key_binding;
mod placing;
pub mod presentation;

pub use credential::{CredentialDraft, CredentialHeader, FixedCredential, combine};
pub use disclosed::{Disclosed, DisclosedClaims};
pub use disclosure::{Disclosure, DisclosureError};
pub use key_binding::{Expectation, KeyBindingError};
pub use presentation::Presentation;

use crate::jose::JwsError;
use crate::values::canonical::JsonError;

/// `typ` of a credential (SD-JWT VC section 3.2.1).
pub const TYPE: &str = "dc+sd-jwt";
/// The one hash of digests, as `_sd_alg` names it.
pub const HASH: &str = "sha-256";
/// Claims that are never hidden, with everything in them (law 0, section 10).
pub const NEVER_HIDDEN: [&str; 8] = ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "jti"];
/// Deepest nesting of claims, disclosed ones included.
pub const MAX_DEPTH: usize = 32;
/// Most disclosures in one presentation.
pub const MAX_DISCLOSURES: usize = 512;
/// Most bytes of one presentation.
pub const MAX_LENGTH: usize = 256 * 1024;

/// Digests of the hidden members of an object.
const DIGESTS: &str = "_sd";
/// Digest in place of a hidden array element.
const ELEMENT: &str = "...";
/// Which hash the digests are of; stands at the top of the payload only.
const HASH_NAME: &str = "_sd_alg";

/// Whether a claim may not bear this name, because RFC 9901 gives it a meaning.
fn is_reserved(name: &str) -> bool {
    [DIGESTS, ELEMENT, HASH_NAME].contains(&name)
}

/// Why an SD-JWT was refused, made or read. Disclosures are counted from 0 in the order of the presentation.
#[derive(Debug, thiserror::Error)]
pub enum SdJwtError {
    /// The credential itself is no strict compact JWS.
    #[error("the credential: {0}")]
    Jws(#[from] JwsError),
    /// `typ` is not `dc+sd-jwt`.
    #[error("typ is {found:?}, not {TYPE:?}")]
    Type {
        /// `typ` as found, empty when absent.
        found: String,
    },
    /// The payload is not JSON, or names a member twice.
    #[error("the payload: {0}")]
    Payload(#[source] JsonError),
    /// The payload is not a JSON object.
    #[error("the payload is not a JSON object")]
    PayloadNotObject,
    /// No `~`: a plain JWS, or something else altogether.
    #[error("no `~`: not an SD-JWT")]
    NoTilde,
    /// Two `~` with nothing between.
    #[error("disclosure {position} is empty")]
    Empty {
        /// Which disclosure.
        position: usize,
    },
    /// More bytes than are read.
    #[error("{found} bytes, more than {MAX_LENGTH}")]
    TooLong {
        /// Bytes given.
        found: usize,
    },
    /// More disclosures than are read.
    #[error("{found} disclosures, more than {MAX_DISCLOSURES}")]
    TooMany {
        /// Disclosures given.
        found: usize,
    },
    /// Claims nested more deeply than are read.
    #[error("claims at {at:?} are nested more than {MAX_DEPTH} deep")]
    TooDeep {
        /// JSON pointer into the disclosed claims.
        at: String,
    },
    /// A disclosure whose own form is wrong.
    #[error("disclosure {position}: {error}")]
    Disclosure {
        /// Which disclosure.
        position: usize,
        /// What is wrong with it.
        #[source]
        error: DisclosureError,
    },
    /// Two disclosures with one digest.
    #[error("disclosures {first} and {second} are the same")]
    SameDisclosure {
        /// The earlier.
        first: usize,
        /// The later.
        second: usize,
    },
    /// A hash other than SHA-256.
    #[error("_sd_alg is {found}, not \"{HASH}\"")]
    Hash {
        /// `_sd_alg` as found.
        found: String,
    },
    /// `_sd` is not an array of texts, or `...` is not one text alone in its object.
    #[error("malformed digests at {at:?}")]
    Digests {
        /// JSON pointer into the disclosed claims.
        at: String,
    },
    /// `_sd`, `_sd_alg` or `...` where only a claim's name can stand.
    #[error("{at:?} bears a reserved name")]
    Reserved {
        /// JSON pointer into the claims.
        at: String,
    },
    /// One digest twice in payload and disclosures.
    #[error("digest {digest} stands twice")]
    RepeatedDigest {
        /// The digest, base64url.
        digest: String,
    },
    /// A disclosure without a name for a member, or with one for an array element.
    #[error("disclosure {position} does not fit at {at:?}: members have three parts, array elements two")]
    Misplaced {
        /// Which disclosure.
        position: usize,
        /// JSON pointer of where its digest stands.
        at: String,
    },
    /// A disclosure of a claim that is already there.
    #[error("disclosure {position} would overwrite the claim {at:?}")]
    Overwrites {
        /// Which disclosure.
        position: usize,
        /// JSON pointer of the claim.
        at: String,
    },
    /// Something of [`NEVER_HIDDEN`] is hidden, or something inside it.
    #[error("{at:?} must not be selectively disclosable")]
    NeverHidden {
        /// JSON pointer of the claim.
        at: String,
    },
    /// A disclosure nothing refers to.
    #[error("disclosure {position} is not referred to")]
    Unreferenced {
        /// Which disclosure.
        position: usize,
    },
    /// An issuer's pointer that leads to no claim.
    #[error("the pointer {0:?} leads to no claim")]
    NoSuchClaim(String),
    /// An issuer's pointer given twice.
    #[error("the pointer {0:?} is given twice")]
    SamePointer(String),
}
