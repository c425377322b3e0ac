//! The kinds of certificates and, byte for byte, the extensions that make one (RFC 5280 section 4.2).
//!
//! | profile | issued by | basicConstraints | keyUsage | extKeyUsage | keys |
//! | --- | --- | --- | --- | --- | --- |
//! | root | itself | CA, path length 1 | keyCertSign, cRLSign | none | P-256 |
//! | issuing | root | CA, path length 0 | keyCertSign, cRLSign | none | P-256 |
//! | credential | issuing | not a CA | digitalSignature, contentCommitment | jwt | Ed25519, P-256 |
//! | seal | issuing | not a CA | digitalSignature, contentCommitment | documentSigning | P-256 |
//! | status | issuing | not a CA | digitalSignature | jwt | Ed25519, P-256 |
//!
//! jwt is id-kp-jwt of RFC 9509, documentSigning id-kp-documentSigning of RFC 9336. A credential commits its
//! department to the content, a status token does not: contentCommitment tells the two apart, so that no private
//! identifier is needed (the one of the Token Status List specification has no number yet). basicConstraints and
//! keyUsage are critical. CAs are P-256, so every certificate is signed with ecdsa-with-SHA256 and everyone's document
//! tools can follow a path. Not here: who may hold which (that is the law's).

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};

use crate::crypto::{Algorithm, KeyPurpose};

/// id-kp-documentSigning, RFC 9336.
const DOCUMENT_SIGNING: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 36];
/// id-kp-jwt, RFC 9509.
const JWT: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 37];

/// What a certificate is for: exactly one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The pinned end of every path.
    Root,
    /// Issues every certificate of departments and the status certificate.
    Issuing,
    /// A department's key for credentials.
    Credential,
    /// A department's key for documents.
    Seal,
    /// The authority's key for status lists.
    Status,
}

/// The DER of the extensions that tell profiles apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks<'a> {
    pub(super) basic_constraints: &'a [u8],
    pub(super) key_usage: &'a [u8],
    pub(super) extended_key_usage: Option<&'a [u8]>,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Root, Self::Issuing, Self::Credential, Self::Seal, Self::Status];

    /// The purpose of its key.
    pub fn purpose(self) -> KeyPurpose {
        match self {
            Self::Root => KeyPurpose::Root,
            Self::Issuing => KeyPurpose::Issuing,
            Self::Credential => KeyPurpose::Credential,
            Self::Seal => KeyPurpose::Seal,
            Self::Status => KeyPurpose::Status,
        }
    }

    /// The profile of the certificate that signs this one.
    pub fn issued_by(self) -> Self {
        match self {
            Self::Root | Self::Issuing => Self::Root,
            Self::Credential | Self::Seal | Self::Status => Self::Issuing,
        }
    }

    /// Whether it signs certificates.
    pub fn is_ca(self) -> bool {
        matches!(self, Self::Root | Self::Issuing)
    }

    /// Whether its key may be of this algorithm.
    pub fn allows(self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::P256 => true,
            Algorithm::Ed25519 => matches!(self, Self::Credential | Self::Status),
        }
    }

    /// The profile with exactly these marks.
    pub(super) fn from_marks(marks: Marks<'_>) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.marks() == marks)
    }

    fn marks(self) -> Marks<'static> {
        const JWT_ONLY: &[u8] = &[0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 37];
        const DOCUMENT_SIGNING_ONLY: &[u8] = &[0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 36];
        Marks {
            basic_constraints: match self {
                Self::Root => &[0x30, 6, 1, 1, 0xff, 2, 1, 1],
                Self::Issuing => &[0x30, 6, 1, 1, 0xff, 2, 1, 0],
                Self::Credential | Self::Seal | Self::Status => &[0x30, 0],
            },
            key_usage: match self {
                Self::Root | Self::Issuing => &[3, 2, 1, 0b0000_0110],
                Self::Credential | Self::Seal => &[3, 2, 6, 0b1100_0000],
                Self::Status => &[3, 2, 7, 0b1000_0000],
            },
            extended_key_usage: match self {
                Self::Root | Self::Issuing => None,
                Self::Credential | Self::Status => Some(JWT_ONLY),
                Self::Seal => Some(DOCUMENT_SIGNING_ONLY),
            },
        }
    }

    /// basicConstraints as rcgen wants them.
    pub(super) fn basic_constraints(self) -> IsCa {
        match self {
            Self::Root => IsCa::Ca(BasicConstraints::Constrained(1)),
            Self::Issuing => IsCa::Ca(BasicConstraints::Constrained(0)),
            Self::Credential | Self::Seal | Self::Status => IsCa::ExplicitNoCa,
        }
    }

    /// keyUsage as rcgen wants it.
    pub(super) fn key_usages(self) -> Vec<KeyUsagePurpose> {
        match self {
            Self::Root | Self::Issuing => vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign],
            Self::Credential | Self::Seal => {
                vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment]
            }
            Self::Status => vec![KeyUsagePurpose::DigitalSignature],
        }
    }

    /// extKeyUsage as rcgen wants it.
    pub(super) fn extended_key_usages(self) -> Vec<ExtendedKeyUsagePurpose> {
        match self {
            Self::Root | Self::Issuing => Vec::new(),
            Self::Credential | Self::Status => vec![ExtendedKeyUsagePurpose::Other(JWT.to_vec())],
            Self::Seal => vec![ExtendedKeyUsagePurpose::Other(DOCUMENT_SIGNING.to_vec())],
        }
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.purpose().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_tell_every_profile_apart() {
        for profile in Profile::ALL {
            assert_eq!(Profile::from_marks(profile.marks()), Some(profile));
        }
        let seal = Profile::Seal.marks();
        assert_eq!(Profile::from_marks(Marks { extended_key_usage: None, ..seal }), None);
        assert_eq!(Profile::from_marks(Marks { key_usage: &[3, 2, 7, 0b1000_0000], ..seal }), None);
    }
}
