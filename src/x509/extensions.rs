//! The extensions of a certificate of ours (RFC 5280 section 4.2): each once, rightly marked, and together those of one
//! [`Profile`]. Others may stand beside them if they are not critical. Not here: whether they fit key and subject
//! (`certificate`).

use x509_parser::prelude::X509Extension;

use super::profile::Marks;
use super::{CertificateError, Profile, type_codes};
use crate::crypto::KeyId;
use crate::values::identifiers::TypeCode;

/// What the extensions say, once each was seen at most once and rightly marked.
pub(super) struct Extensions {
    pub(super) profile: Profile,
    pub(super) subject_key: KeyId,
    pub(super) authority_key: Option<KeyId>,
    pub(super) type_codes: Option<Vec<TypeCode>>,
}

impl Extensions {
    pub(super) fn read(extensions: &[X509Extension<'_>]) -> Result<Self, CertificateError> {
        let mut seen = Vec::with_capacity(extensions.len());
        let (mut basic_constraints, mut key_usage, mut extended_key_usage) = (None, None, None);
        let (mut subject_key, mut authority_key, mut type_codes) = (None, None, None);
        for extension in extensions {
            if seen.contains(&extension.oid.as_bytes()) {
                return Err(CertificateError::RepeatedExtension(extension.oid.to_string()));
            }
            seen.push(extension.oid.as_bytes());
            let (place, critical) = match extension.oid.as_bytes() {
                [0x55, 0x1d, 19] => (Some(&mut basic_constraints), true),
                [0x55, 0x1d, 15] => (Some(&mut key_usage), true),
                [0x55, 0x1d, 37] => (Some(&mut extended_key_usage), false),
                [0x55, 0x1d, 14] => (Some(&mut subject_key), false),
                [0x55, 0x1d, 35] => (Some(&mut authority_key), false),
                [0x55, 0x1d, 9] => (Some(&mut type_codes), false),
                _ => (None, false),
            };
            if let Some(place) = place {
                *place = Some(extension.value);
            }
            if extension.critical != critical {
                return Err(CertificateError::Criticality(extension.oid.to_string()));
            }
        }
        let (Some(basic_constraints), Some(key_usage)) = (basic_constraints, key_usage) else {
            return Err(CertificateError::Profile);
        };
        Ok(Self {
            profile: Profile::from_marks(Marks { basic_constraints, key_usage, extended_key_usage })
                .ok_or(CertificateError::Profile)?,
            subject_key: identifier(subject_key.unwrap_or_default(), &[4, 16])?,
            authority_key: authority_key.map(|value| identifier(value, &[0x30, 18, 0x80, 16])).transpose()?,
            type_codes: type_codes
                .map(|value| type_codes::read(value).ok_or(CertificateError::TypeCodes))
                .transpose()?,
        })
    }
}

fn identifier(value: &[u8], header: &[u8]) -> Result<KeyId, CertificateError> {
    let id = value.strip_prefix(header).and_then(|id| id.try_into().ok());
    id.map(KeyId).ok_or(CertificateError::KeyIdentifier)
}
