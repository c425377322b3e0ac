//! One private key, one file: `<purpose>-<owner>-<key id>.pem`, PKCS#8 v1, encrypted when there is a passphrase.

use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as ValueError, StrDeserializer};

use super::folder::Folder;
use super::{KeysError, Passphrase};
use crate::crypto::private_key::PrivateKeyError;
use crate::crypto::{Entropy, KeyId, KeyPurpose, PrivateKey};

const LONGEST_OWNER: usize = 64;

/// What is known of a key without looking at it: the parts of its file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldKey {
    /// The one thing it is used for.
    pub purpose: KeyPurpose,
    /// Whose it is: a credit code, a slug, or what founding calls the authority.
    pub owner: String,
    /// Its id.
    pub id: KeyId,
}

impl HeldKey {
    /// The title of a key; the owner must be able to stand in a file name.
    pub(super) fn new(purpose: KeyPurpose, owner: &str, id: KeyId) -> Result<Self, KeysError> {
        let fits = owner.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if owner.is_empty() || owner.len() > LONGEST_OWNER || !fits {
            return Err(KeysError::Owner { owner: owner.to_owned() });
        }
        Ok(Self { purpose, owner: owner.to_owned(), id })
    }

    pub(super) fn file_name(&self) -> String {
        format!("{}-{}-{}.pem", self.purpose, self.owner, self.id)
    }

    /// The title in a file's name; `None` if the file is not ours.
    pub(super) fn of_file(name: &str) -> Option<Self> {
        let (purpose, rest) = name.strip_suffix(".pem")?.split_once('-')?;
        let (owner, id) = rest.rsplit_once('-')?;
        let purpose: StrDeserializer<'_, ValueError> = purpose.into_deserializer();
        Self::new(KeyPurpose::deserialize(purpose).ok()?, owner, id.parse().ok()?).ok()
    }
}

/// Writes a key as PEM, durable on return.
pub(super) fn write(
    folder: &Folder,
    name: &str,
    key: &PrivateKey,
    passphrase: Option<&Passphrase>,
    entropy: &dyn Entropy,
) -> Result<(), KeysError> {
    let pem = key
        .to_pem(passphrase.map(Passphrase::as_bytes), entropy)
        .map_err(|source| KeysError::Key { path: folder.path_of(name), source })?;
    folder.replace(name, pem.as_bytes())
}

/// Reads a key; `None` if there is no such file. In the clear only when there is no passphrase.
pub(super) fn read(
    folder: &Folder,
    name: &str,
    passphrase: Option<&Passphrase>,
) -> Result<Option<PrivateKey>, KeysError> {
    let Some(pem) = folder.read_text(name)? else { return Ok(None) };
    let path = folder.path_of(name);
    let key = match passphrase {
        None => PrivateKey::from_pem(&pem, None),
        Some(passphrase) => match PrivateKey::from_pem(&pem, None) {
            Ok(_) => return Err(KeysError::Clear { path }),
            Err(PrivateKeyError::Encrypted) => PrivateKey::from_pem(&pem, Some(passphrase.as_bytes())),
            Err(other) => Err(other),
        },
    };
    key.map(Some).map_err(|source| KeysError::Key { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_file_names() {
        let id = KeyId([0xab; 16]);
        for owner in ["11100000000013127D", "market-regulation", "authority", "a-"] {
            let held = HeldKey::new(KeyPurpose::Credential, owner, id).unwrap();
            assert_eq!(HeldKey::of_file(&held.file_name()), Some(held));
        }
        for bad in ["", "../a", "a/b", "a.b", "部门", "a b", &"a".repeat(65)] {
            assert!(matches!(HeldKey::new(KeyPurpose::Root, bad, id), Err(KeysError::Owner { .. })), "{bad}");
        }
        for not_ours in [
            "README.md",
            "root.pem",
            "root-authority.pem",
            "root-authority-abab.pem",
            "crown-authority-abababababababababababababababab.pem",
            "root-authority-ABABABABABABABABABABABABABABABAB.pem",
            "root-authority-abababababababababababababababab.pem.new",
        ] {
            assert_eq!(HeldKey::of_file(not_ours), None, "{not_ours}");
        }
    }
}
