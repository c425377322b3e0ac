//! The vault's and the indexes' secrets: `epoch-<n>.pem`, `places.pem`, `lookup.pem`, 32 bytes each.
//!
//! Each is written as the seed of an Ed25519 key in PKCS#8, because then there is one form on the disk, encrypted in one
//! way, that every key tool can read, re-encrypt and back up. It is not a key: nothing signs with it, and lying apart
//! from `private/` it cannot be found as one.

use std::path::Path;

use super::folder::Folder;
use super::stage::SECRETS;
use super::{KeysError, Passphrase, private};
use crate::authority::keyring::Secrets;
use crate::crypto::at_rest::RestKey;
use crate::crypto::entropy::random;
use crate::crypto::{Algorithm, Entropy, PrivateKey};

const PLACES: &str = "places.pem";
const LOOKUP: &str = "lookup.pem";

/// The secrets in the folder. Of several epochs the last is in force.
pub(super) fn read(folder: &Folder, passphrase: Option<&Passphrase>) -> Result<Secrets, KeysError> {
    let epoch_number = folder.names()?.iter().filter_map(|name| epoch_of(name)).max().unwrap_or(1);
    let required = |name: &str| {
        read_one(folder, name, passphrase)?.ok_or_else(|| KeysError::Missing { path: folder.path_of(name) })
    };
    Ok(Secrets {
        epoch: RestKey::from_bytes(required(&epoch_name(epoch_number))?),
        epoch_number,
        places: required(PLACES)?,
        lookup: required(LOOKUP)?,
    })
}

/// Makes those secrets that are not there yet.
pub(super) fn complete(
    folder: &Folder,
    passphrase: Option<&Passphrase>,
    entropy: &dyn Entropy,
) -> Result<(), KeysError> {
    for name in [epoch_name(1).as_str(), PLACES, LOOKUP] {
        if read_one(folder, name, passphrase)?.is_none() {
            let key = PrivateKey::from_seed(&zeroize::Zeroizing::new(random(entropy)))
                .map_err(|source| KeysError::Key { path: folder.path_of(name), source })?;
            private::write(folder, name, &key, passphrase, entropy)?;
        }
    }
    Ok(())
}

/// The newest epoch's key, from a keyring or from a folder that holds nothing else. Only read: nothing is locked, made or taken away.
pub fn epoch_key(path: &Path, passphrase: Option<&Passphrase>) -> Result<RestKey, KeysError> {
    let whole = path.join(SECRETS);
    let folder = Folder::open(if whole.is_dir() { &whole } else { path })?;
    let number = folder.names()?.iter().filter_map(|name| epoch_of(name)).max().unwrap_or(1);
    let name = epoch_name(number);
    let key = read_one(&folder, &name, passphrase)?;
    key.map(RestKey::from_bytes).ok_or_else(|| KeysError::Missing { path: folder.path_of(&name) })
}

fn read_one(
    folder: &Folder,
    name: &str,
    passphrase: Option<&Passphrase>,
) -> Result<Option<[u8; 32]>, KeysError> {
    let Some(key) = private::read(folder, name, passphrase)? else { return Ok(None) };
    let seed = key.pkcs8().last_chunk().filter(|_| key.public().algorithm() == Algorithm::Ed25519);
    let wrong = || KeysError::Unreadable {
        path: folder.path_of(name),
        reason: "no secret of 32 bytes (an Ed25519 seed in PKCS#8)".to_owned(),
    };
    seed.copied().map(Some).ok_or_else(wrong)
}

fn epoch_name(number: u32) -> String {
    format!("epoch-{number}.pem")
}

/// The number in the name of an epoch's file, written as we write it.
fn epoch_of(name: &str) -> Option<u32> {
    let number = name.strip_prefix("epoch-")?.strip_suffix(".pem")?.parse().ok()?;
    (number > 0 && name == epoch_name(number)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::super::suite::Counter;
    use super::*;

    #[test]
    fn the_key_of_the_epoch_is_read_alone() {
        let parent = tempfile::tempdir().unwrap();
        let keys = Folder::create(&parent.path().join("keys")).unwrap();
        let whole = Folder::create(&keys.path_of(SECRETS)).unwrap();
        complete(&whole, None, &Counter::default()).unwrap();
        let epoch = read(&whole, None).unwrap().epoch;
        let alone = Folder::create(&parent.path().join("alone")).unwrap();
        assert!(matches!(epoch_key(&parent.path().join("alone"), None), Err(KeysError::Missing { .. })));
        alone.replace("epoch-1.pem", &whole.read("epoch-1.pem").unwrap().unwrap()).unwrap();
        let before = (keys.names().unwrap(), whole.names().unwrap(), alone.names().unwrap());
        for path in ["keys", "alone"] {
            let read = epoch_key(&parent.path().join(path), None).unwrap();
            assert_eq!(read.as_bytes(), epoch.as_bytes(), "{path}");
        }
        assert_eq!((keys.names().unwrap(), whole.names().unwrap(), alone.names().unwrap()), before);
    }

    #[test]
    fn made_once_and_found_again() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::create(parent.path()).unwrap();
        let entropy = Counter::default();
        assert!(matches!(read(&folder, None), Err(KeysError::Missing { .. })));
        complete(&folder, None, &entropy).unwrap();
        let first = read(&folder, None).unwrap();
        assert_eq!(first.epoch_number, 1);
        assert!(first.places != first.lookup && first.places != *first.epoch.as_bytes());

        folder.remove(LOOKUP).unwrap();
        complete(&folder, None, &entropy).unwrap();
        let second = read(&folder, None).unwrap();
        assert_eq!((second.places, second.epoch.as_bytes()), (first.places, first.epoch.as_bytes()));
        assert_ne!(second.lookup, first.lookup);

        let next = PrivateKey::from_seed(&[9; 32]).unwrap();
        private::write(&folder, "epoch-12.pem", &next, None, &entropy).unwrap();
        private::write(&folder, "epoch-012.pem", &next, None, &entropy).unwrap();
        let third = read(&folder, None).unwrap();
        assert_eq!((third.epoch_number, third.epoch.as_bytes()), (12, &[9; 32]));
    }

    #[test]
    fn a_signing_key_of_another_form_is_no_secret() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::create(parent.path()).unwrap();
        let entropy = Counter::default();
        complete(&folder, None, &entropy).unwrap();
        let other = PrivateKey::generate(Algorithm::P256, &entropy).unwrap();
        private::write(&folder, PLACES, &other, None, &entropy).unwrap();
        assert!(matches!(read(&folder, None), Err(KeysError::Unreadable { .. })));
        folder.replace(PLACES, b"not a key").unwrap();
        assert!(matches!(read(&folder, None), Err(KeysError::Key { .. })));
    }
}
