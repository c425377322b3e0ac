//! A person's own key, a registrar's or an officer's: a file that its owner keeps, and nothing but its owner signs with.
//! Not here: the keys of a server (`keyring`).

#[cfg(feature = "server")]
use std::io::Write as _;
#[cfg(feature = "server")]
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
#[cfg(feature = "server")]
use zeroize::Zeroizing;

use crate::crypto::PrivateKey;
#[cfg(feature = "server")]
use crate::{crypto::Algorithm, keyring::Passphrase, wiring::entropy::SystemEntropy};

/// Makes a key (Ed25519, PKCS#8, mode 0600) in a file that must not exist.
#[cfg(feature = "server")]
pub(super) fn make(file: &Path, passphrase: Option<&[u8]>) -> anyhow::Result<PrivateKey> {
    let entropy = SystemEntropy::new();
    let key = PrivateKey::generate(Algorithm::Ed25519, &entropy)?;
    let pem = key.to_pem(passphrase, &entropy)?;
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    opened
        .and_then(|mut opened| opened.write_all(pem.as_bytes()))
        .with_context(|| file.display().to_string())?;
    Ok(key)
}

/// Reads a key.
pub(super) fn load(path: &Path, passphrase: Option<&[u8]>) -> anyhow::Result<PrivateKey> {
    let pem = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    PrivateKey::from_pem(&pem, passphrase).map_err(|error| anyhow!("{}: {error}", path.display()))
}

/// Reads its passphrase.
#[cfg(feature = "server")]
pub(super) fn read_passphrase(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    Ok(Zeroizing::new(Passphrase::read(path)?.as_bytes().to_vec()))
}
