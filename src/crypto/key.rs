//! Public keys: their algorithm, their one DER form, their id, and the one purpose each has (law 0, section 4).

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use pkcs8::der::pem;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::digest::sha256_parts;
use super::ed25519;

const PEM_LABEL: &str = "PUBLIC KEY";
/// RFC 8410 SubjectPublicKeyInfo up to the 32 key bytes.
const ED25519_SPKI: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// RFC 5480 SubjectPublicKeyInfo, named curve P-256, up to the 65 bytes of the uncompressed point.
const P256_SPKI: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// What a key signs with: a property of the key, never of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032) under the equation of law 0, section 6.
    Ed25519,
    /// ECDSA with P-256 and SHA-256; signatures are r ‖ s.
    P256,
}

impl Algorithm {
    /// The `alg` of a JOSE header.
    pub fn jose(self) -> &'static str {
        match self {
            Self::Ed25519 => "EdDSA",
            Self::P256 => "ES256",
        }
    }
}

/// The one thing a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyPurpose {
    /// Signs the issuing certificate.
    Root,
    /// Signs department and status certificates.
    Issuing,
    /// Signs entries, held by the server for a department or the authority.
    Registry,
    /// Signs statements that enter departments, keys, types and powers.
    Registrar,
    /// Signs approvals of what is issued.
    Officer,
    /// Signs credentials.
    Credential,
    /// Signs documents.
    Seal,
    /// Signs status lists.
    Status,
    /// Signs verification reports.
    Report,
    /// Signs checkpoints.
    Checkpoint,
    /// Cosigns checkpoints, from outside.
    Witness,
}

impl KeyPurpose {
    /// The purpose as entries write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Issuing => "issuing",
            Self::Registry => "registry",
            Self::Registrar => "registrar",
            Self::Officer => "officer",
            Self::Credential => "credential",
            Self::Seal => "seal",
            Self::Status => "status",
            Self::Report => "report",
            Self::Checkpoint => "checkpoint",
            Self::Witness => "witness",
        }
    }
}

impl fmt::Display for KeyPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The first 16 bytes of SHA-256 over the DER SubjectPublicKeyInfo.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 16]);

super::hex::hex_newtype!(KeyId, 16);

/// Why a SubjectPublicKeyInfo was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not one of the two encodings of law 0, section 4.
    #[error(
        "{length} bytes that are neither an Ed25519 (RFC 8410) nor an uncompressed named-curve P-256 key"
    )]
    Encoding {
        /// Bytes given.
        length: usize,
    },
    /// An Ed25519 point that section 6 refuses, or a P-256 point off the curve's form.
    #[error("the key's point is not canonical, not on the curve, or of small order")]
    Point,
    /// The text is not strict unpadded base64url.
    #[error("the key is not strict unpadded base64url")]
    Base64,
    /// The text is not one public key in PEM.
    #[error("not one public key in PEM (RFC 7468), as `openssl pkey -pubout` writes it")]
    Pem,
}

/// A public key of one of our algorithms. Two keys are equal when their DER is. A copy is the same key once more, not
/// its curve point.
#[derive(Clone)]
pub struct PublicKey(Arc<Known>);

/// A key, and its id once somebody asked for it.
struct Known {
    form: Form,
    id: OnceLock<KeyId>,
}

enum Form {
    Ed25519(ed25519::VerifyingKey),
    P256([u8; 65]),
}

impl PublicKey {
    /// Parses a DER SubjectPublicKeyInfo; anything but the two exact forms is refused.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        if let Some(raw) = der.strip_prefix(ED25519_SPKI) {
            let raw = raw.try_into().map_err(|_| KeyError::Encoding { length: der.len() })?;
            return Self::from_ed25519(raw);
        }
        if let Some(raw) = der.strip_prefix(P256_SPKI) {
            return Self::from_p256(raw);
        }
        Err(KeyError::Encoding { length: der.len() })
    }

    /// Reads one PEM block.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        match pem::decode_vec(text.as_bytes()) {
            Ok((PEM_LABEL, der)) => Self::from_spki(&der),
            _ => Err(KeyError::Pem),
        }
    }

    /// An Ed25519 key from its 32 bytes.
    pub fn from_ed25519(raw: [u8; 32]) -> Result<Self, KeyError> {
        ed25519::VerifyingKey::from_bytes(raw).map(|key| Form::Ed25519(key).into()).ok_or(KeyError::Point)
    }

    /// A P-256 key from its uncompressed point (0x04 ‖ x ‖ y). That it lies on the curve is checked when it verifies.
    pub fn from_p256(raw: &[u8]) -> Result<Self, KeyError> {
        let raw: [u8; 65] = raw.try_into().map_err(|_| KeyError::Encoding { length: raw.len() })?;
        if raw.first() == Some(&4) { Ok(Form::P256(raw).into()) } else { Err(KeyError::Point) }
    }

    /// Which algorithm the key is for.
    pub fn algorithm(&self) -> Algorithm {
        match &self.0.form {
            Form::Ed25519(_) => Algorithm::Ed25519,
            Form::P256(_) => Algorithm::P256,
        }
    }

    /// The Ed25519 form, for batches.
    pub fn as_ed25519(&self) -> Option<&ed25519::VerifyingKey> {
        match &self.0.form {
            Form::Ed25519(key) => Some(key),
            Form::P256(_) => None,
        }
    }

    /// The bare key: 32 bytes of Ed25519, or the 65 of an uncompressed P-256 point.
    pub fn raw(&self) -> &[u8] {
        match &self.0.form {
            Form::Ed25519(key) => key.as_bytes(),
            Form::P256(point) => point,
        }
    }

    /// The DER SubjectPublicKeyInfo.
    pub fn spki(&self) -> Vec<u8> {
        let prefix = match &self.0.form {
            Form::Ed25519(_) => ED25519_SPKI,
            Form::P256(_) => P256_SPKI,
        };
        [prefix, self.raw()].concat()
    }

    /// The key's id.
    pub fn id(&self) -> KeyId {
        *self.0.id.get_or_init(|| {
            let mut id = [0; 16];
            id.iter_mut().zip(sha256_parts(&[&self.spki()])).for_each(|(to, from)| *to = from);
            KeyId(id)
        })
    }

    /// Whether `signature` (64 bytes: R ‖ S, or r ‖ s) is good over `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0.form {
            Form::Ed25519(key) => key.verifies(message, signature),
            Form::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
        }
    }
}

/// One signature to be judged under its key.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// Who is said to have signed.
    pub key: &'a PublicKey,
    /// 64 bytes.
    pub signature: &'a [u8],
    /// What is said to have been signed.
    pub message: &'a [u8],
}

/// Judges many signatures: Ed25519 in one batch, P-256 singly. `Err` names the first bad one.
pub fn verify_all(signed: &[Signed<'_>]) -> Result<(), usize> {
    let mut places = Vec::with_capacity(signed.len());
    let mut batch = Vec::with_capacity(signed.len());
    let mut bad = None;
    for (place, one) in signed.iter().enumerate() {
        match one.key.as_ed25519() {
            Some(key) => {
                places.push(place);
                batch.push(ed25519::Signed { key, signature: one.signature, message: one.message });
            }
            None if !one.key.verifies(one.message, one.signature) => {
                bad = bad.or(Some(place));
            }
            None => {}
        }
    }
    if let Err(index) = ed25519::verify_batch(&batch) {
        let place = places.get(index).copied().unwrap_or(index);
        bad = Some(bad.map_or(place, |other| other.min(place)));
    }
    bad.map_or(Ok(()), Err)
}

/// Of each signature whether it is good: all by one batch, and one by one only when that is in doubt.
pub fn verify_each(signed: &[Signed<'_>]) -> Vec<bool> {
    match verify_all(signed) {
        Ok(()) => vec![true; signed.len()],
        Err(_) => signed.iter().map(|one| one.key.verifies(one.message, one.signature)).collect(),
    }
}

impl From<Form> for PublicKey {
    fn from(form: Form) -> Self {
        Self(Arc::new(Known { form, id: OnceLock::new() }))
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm() == other.algorithm() && self.raw() == other.raw()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?} {})", self.algorithm(), self.id())
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::base64url::encode(&self.spki()))
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let der =
            super::base64url::decode(&text).ok_or(KeyError::Base64).map_err(serde::de::Error::custom)?;
        Self::from_spki(&der).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pem_block_is_one_public_key() {
        let key = PublicKey::from_ed25519(
            *crate::crypto::PrivateKey::from_seed(&[3; 32]).unwrap().public().raw().first_chunk().unwrap(),
        )
        .unwrap();
        let pem = pem::encode_string(PEM_LABEL, pem::LineEnding::LF, &key.spki()).unwrap();
        assert_eq!(PublicKey::from_pem(&pem), Ok(key));
        for bad in ["", &pem.replace("PUBLIC", "PRIVATE"), &format!("{pem}{pem}"), &pem.replace('M', "?")] {
            assert_eq!(PublicKey::from_pem(bad), Err(KeyError::Pem), "{bad}");
        }
    }
}
