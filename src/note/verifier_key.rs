//! Verifier keys of notes (C2SP signed-note, "vkeys"): `name+id+base64(type ‖ key)`. Not key ids of law 0, which
//! are over SubjectPublicKeyInfo; a note's id is four bytes over name, type and key.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{NoteError, NoteSignature};
use crate::crypto::digest::sha256_parts;
use crate::crypto::{PublicKey, hex};

/// The name of a note's key: not empty, no plus sign, no white space, no control character.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = NoteError;
    fn from_str(name: &str) -> Result<Self, NoteError> {
        let refused = |c: char| c == '+' || c.is_whitespace() || c < ' ';
        if name.is_empty() || name.contains(refused) {
            return Err(NoteError::Name(name.to_owned()));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// How a key signs: the type byte before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// 0x01: Ed25519 over the text.
    Ed25519,
    /// 0x04: Ed25519 over a time and the text of a checkpoint (C2SP tlog-cosignature).
    Cosignature,
    /// Any other byte: its lines are not judged.
    Other(u8),
}

impl Scheme {
    /// The type byte.
    pub fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
            Self::Other(byte) => byte,
        }
    }

    fn from_byte(byte: u8) -> Self {
        match byte {
            0x01 => Self::Ed25519,
            0x04 => Self::Cosignature,
            other => Self::Other(other),
        }
    }
}

/// A name and a public key whose note signatures are trusted for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: [u8; 4],
    form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Ed25519(PublicKey),
    Cosignature(PublicKey),
    Other(u8, Vec<u8>),
}

impl VerifierKey {
    /// The verifier key of an Ed25519 public key that signs, or cosigns, under `name`.
    pub fn of(name: KeyName, scheme: Scheme, key: &PublicKey) -> Result<Self, NoteError> {
        if key.as_ed25519().is_none() {
            return Err(NoteError::Algorithm);
        }
        let form = match scheme {
            Scheme::Ed25519 => Form::Ed25519(key.clone()),
            Scheme::Cosignature => Form::Cosignature(key.clone()),
            Scheme::Other(_) => return Err(NoteError::Algorithm),
        };
        let id = recommended_id(&name, scheme, key.raw());
        Ok(Self { name, id, form })
    }

    /// The key's name: for a log its origin.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The first four bytes of SHA-256 over name, line feed, type byte and key; for other schemes as written.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// How the key signs.
    pub fn scheme(&self) -> Scheme {
        match &self.form {
            Form::Ed25519(_) => Scheme::Ed25519,
            Form::Cosignature(_) => Scheme::Cosignature,
            Form::Other(byte, _) => Scheme::Other(*byte),
        }
    }

    /// The public key; `None` for other schemes.
    pub fn public_key(&self) -> Option<&PublicKey> {
        match &self.form {
            Form::Ed25519(key) | Form::Cosignature(key) => Some(key),
            Form::Other(..) => None,
        }
    }

    pub(super) fn is_supported(&self) -> bool {
        self.public_key().is_some()
    }

    /// Whether a line says that this key made it; whether it did, only verifying tells.
    pub fn is_named_by(&self, line: &NoteSignature) -> bool {
        self.name == line.name && self.id == line.id
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public_key().is_some_and(|key| key.verifies(message, signature))
    }

    /// A key with an id that is not its own, as an attacker would look for one.
    #[cfg(test)]
    pub(super) fn set_id(&mut self, id: [u8; 4]) {
        self.id = id;
    }

    /// Whether the other wraps the same public key, under whatever name and scheme.
    pub fn wraps_the_key_of(&self, other: &Self) -> bool {
        self.key_bytes() == other.key_bytes()
    }

    fn key_bytes(&self) -> &[u8] {
        match &self.form {
            Form::Ed25519(key) | Form::Cosignature(key) => key.raw(),
            Form::Other(_, bytes) => bytes,
        }
    }
}

/// The id of Ed25519 keys. Other schemes have rules of their own (ECDSA hashes its SubjectPublicKeyInfo).
fn recommended_id(name: &KeyName, scheme: Scheme, key: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256_parts(&[name.as_str().as_bytes(), b"\n", &[scheme.byte()], key]);
    [a, b, c, d]
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let refused = || NoteError::VerifierKey(text.to_owned());
        let (name, rest) = text.split_once('+').ok_or_else(refused)?;
        let (id, encoded) = rest.split_once('+').ok_or_else(refused)?;
        let name: KeyName = name.parse()?;
        let id = hex::decode::<4>(id).map_err(|_| refused())?;
        let decoded = STANDARD.decode(encoded).map_err(|_| refused())?;
        let (byte, bytes) = decoded.split_first().ok_or_else(refused)?;
        let scheme = Scheme::from_byte(*byte);
        if let Scheme::Other(byte) = scheme {
            return Ok(Self { name, id, form: Form::Other(byte, bytes.to_vec()) });
        }
        let raw: [u8; 32] = bytes.try_into().map_err(|_| refused())?;
        let public = PublicKey::from_ed25519(raw).map_err(|_| refused())?;
        let key = Self::of(name, scheme, &public)?;
        if key.id == id { Ok(key) } else { Err(refused()) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[self.scheme().byte()], self.key_bytes()].concat());
        write!(f, "{}+{}+{key}", self.name, hex::encode(&self.id))
    }
}
