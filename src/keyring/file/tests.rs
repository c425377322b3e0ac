//! The keyring on files: what it promises, what it refuses, what a crash leaves.

use std::fs;

use super::super::suite::{self, Counter};
use super::*;

fn passphrase() -> Option<Passphrase> {
    Some(Passphrase::from_bytes(b"correct horse"))
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

fn created(path: &Path) -> FileKeyring {
    FileKeyring::create(path, None, &Counter::default()).unwrap()
}

#[test]
fn keeps_what_the_port_promises_and_remembers_it() {
    for passphrase in [|| None, passphrase] {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("keys");
        let keyring = FileKeyring::create(&path, passphrase(), &Counter::default()).unwrap();
        let id = keyring.add(KeyPurpose::Checkpoint, "authority", key(7), &Counter::default()).unwrap();
        suite::promises(&keyring, id);
        let (places, signed) = (keyring.secrets().places, keyring.last_signed());
        drop(keyring);

        assert_eq!(stage::stage(&path).unwrap(), Stage::Founded);
        let again = FileKeyring::open(&path, passphrase()).unwrap();
        assert_eq!((again.secrets().places, again.last_signed()), (places, signed));
        assert_eq!(again.key(&id).map(|key| key.id()), Some(id));
        assert_eq!(again.held().len(), 1);
        for name in ["lock", "last-signed", "secrets/epoch-1.pem", "secrets/places.pem", "secrets/lookup.pem"]
        {
            assert_eq!(fs::metadata(path.join(name)).unwrap().mode() & 0o7777, 0o600, "{name}");
        }
        let pem = fs::read_to_string(path.join("private").join(again.held()[0].file_name())).unwrap();
        assert_eq!(pem.contains("ENCRYPTED"), passphrase().is_some());
    }
}

#[test]
fn one_process_at_a_time() {
    let parent = tempfile::tempdir().unwrap();
    let first = created(parent.path());
    let error = FileKeyring::open(parent.path(), None).err().unwrap();
    assert!(error.to_string().contains("another server runs"), "{error}");
    let error = FileKeyring::create(parent.path(), None, &Counter::default()).err().unwrap();
    assert!(matches!(error, KeysError::Locked { .. }));
    drop(first);
    assert!(FileKeyring::open(parent.path(), None).is_ok());
}

#[test]
fn a_last_signed_replaced_by_another_is_noticed() {
    let parent = tempfile::tempdir().unwrap();
    let keyring = created(parent.path());
    keyring.replace_last_signed(None, "ours").unwrap();
    keyring.root.replace(LAST_SIGNED, b"theirs").unwrap();
    assert_eq!(keyring.replace_last_signed(Some("ours"), "next"), Err(KeyringError::Moved));
    fs::remove_file(parent.path().join(LAST_SIGNED)).unwrap();
    assert_eq!(keyring.replace_last_signed(Some("ours"), "next"), Err(KeyringError::Moved));
    fs::create_dir(parent.path().join(LAST_SIGNED)).unwrap();
    assert!(matches!(keyring.last_signed(), Err(KeyringError::Unreadable(_))));
}

#[test]
fn a_failed_write_is_the_last() {
    let parent = tempfile::tempdir().unwrap();
    let keyring = created(parent.path());
    fs::create_dir(parent.path().join(".last-signed.new")).unwrap();
    assert!(matches!(keyring.replace_last_signed(None, "a"), Err(KeyringError::Unwritable(_))));
    fs::remove_dir(parent.path().join(".last-signed.new")).unwrap();
    let error = keyring.replace_last_signed(None, "a").unwrap_err();
    assert!(error.to_string().contains("start again"), "{error}");
    assert!(matches!(keyring.note_founding(b"{}"), Err(KeysError::Broken)));
    assert_eq!(keyring.last_signed(), Ok(None));
}

#[test]
fn a_crash_while_founding_goes_on_with_the_same_keys() {
    let parent = tempfile::tempdir().unwrap();
    let first = created(parent.path());
    let id = first.add(KeyPurpose::Root, "authority", key(1), &Counter::default()).unwrap();
    first.note_founding(b"{\"origin\":1}").unwrap();
    let places = first.secrets().places;
    drop(first);
    for torn in ["private/.root-x.pem.new", ".last-signed.new", "secrets/.lookup.pem.new"] {
        fs::write(parent.path().join(torn), "half").unwrap();
    }
    fs::remove_file(parent.path().join("secrets/lookup.pem")).unwrap();

    let second = FileKeyring::create(parent.path(), None, &Counter::default()).unwrap();
    assert_eq!(second.secrets().places, places);
    assert_eq!(second.held().iter().map(|held| held.id).collect::<Vec<_>>(), [id]);
    assert_eq!(second.founding().unwrap().unwrap(), b"{\"origin\":1}");
    for torn in ["private/.root-x.pem.new", ".last-signed.new", "secrets/.lookup.pem.new"] {
        assert!(!parent.path().join(torn).exists(), "{torn}");
    }
    second.replace_last_signed(None, "zero").unwrap();
    second.founding_is_over().unwrap();
    assert_eq!(second.founding().unwrap(), None);
    drop(second);
    let error = FileKeyring::create(parent.path(), None, &Counter::default()).err().unwrap();
    assert!(matches!(error, KeysError::Founded { .. }));
}

#[test]
fn an_empty_directory_becomes_ours_and_a_full_one_does_not() {
    let parent = tempfile::tempdir().unwrap();
    let (empty, full) = (parent.path().join("empty"), parent.path().join("full"));
    for path in [&empty, &full] {
        fs::create_dir(path).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o775)).unwrap();
    }
    fs::write(full.join("thesis.txt"), "").unwrap();
    created(&empty);
    assert_eq!(fs::metadata(&empty).unwrap().mode() & 0o7777, 0o700);
    let error = FileKeyring::create(&full, None, &Counter::default()).err().unwrap();
    assert!(matches!(error, KeysError::Foreign { .. }));
    assert_eq!(fs::metadata(&full).unwrap().mode() & 0o7777, 0o775, "left as it was");
    assert!(FileKeyring::open(&parent.path().join("none"), None).is_err());
}

#[test]
fn keys_that_are_not_as_they_should_be_stop_the_start() {
    let parent = tempfile::tempdir().unwrap();
    let keyring = created(parent.path());
    keyring.add(KeyPurpose::Status, "authority", key(1), &Counter::default()).unwrap();
    let name = keyring.held()[0].file_name();
    drop(keyring);
    let path = parent.path().join("private").join(&name);
    let open = |passphrase| FileKeyring::open(parent.path(), passphrase).err();

    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    assert!(open(None).unwrap().to_string().contains("chmod 600"));
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(open(passphrase()), Some(KeysError::Clear { .. })), "believed to be encrypted");
    let other = HeldKey::new(KeyPurpose::Status, "authority", key(2).id()).unwrap();
    let misnamed = path.with_file_name(other.file_name());
    fs::rename(&path, &misnamed).unwrap();
    assert!(matches!(open(None), Some(KeysError::Misnamed { found, .. }) if found == key(1).id()));
    fs::rename(&misnamed, path.with_file_name("spare.pem")).unwrap();
    assert!(open(None).is_none(), "an unknown file is passed over");
    fs::remove_file(parent.path().join("secrets/places.pem")).unwrap();
    assert!(matches!(open(None), Some(KeysError::Missing { .. })));
}

#[test]
fn the_passphrase_must_be_the_right_one() {
    let parent = tempfile::tempdir().unwrap();
    drop(FileKeyring::create(parent.path(), passphrase(), &Counter::default()).unwrap());
    let none = FileKeyring::open(parent.path(), None).err().unwrap();
    assert!(none.to_string().contains("passphrase file"), "{none}");
    let wrong = FileKeyring::open(parent.path(), Some(Passphrase::from_bytes(b"x"))).err().unwrap();
    assert!(wrong.to_string().contains("cannot be decrypted"), "{wrong}");
    assert!(FileKeyring::open(parent.path(), passphrase()).is_ok());
}

#[test]
fn one_key_one_purpose_one_owner() {
    let parent = tempfile::tempdir().unwrap();
    let (keyring, entropy) = (created(parent.path()), Counter::default());
    let id = keyring.add(KeyPurpose::Seal, "housing", key(1), &entropy).unwrap();
    assert_eq!(keyring.add(KeyPurpose::Seal, "housing", key(1), &entropy).unwrap(), id);
    for (purpose, owner) in [(KeyPurpose::Credential, "housing"), (KeyPurpose::Seal, "tax")] {
        let refused = keyring.add(purpose, owner, key(1), &entropy);
        assert!(matches!(refused, Err(KeysError::Held { .. })));
    }
    assert!(matches!(keyring.add(KeyPurpose::Seal, "../x", key(2), &entropy), Err(KeysError::Owner { .. })));
    let copy = HeldKey::new(KeyPurpose::Root, "housing", id).unwrap();
    private::write(&keyring.private, &copy.file_name(), &key(1), None, &entropy).unwrap();
    drop(keyring);
    assert!(matches!(FileKeyring::open(parent.path(), None), Err(KeysError::Held { .. })));
}
