//! A trust folder comes back as it was written, and believes nothing that was changed in it.

use std::fs;

use super::*;
use crate::audit::fixture::{AUTHORITY, DEPARTMENT, Ledger, seeded, tree_files};
use crate::audit::planted::{checkpoint_key, vectors};
use crate::audit::{Pins, replay};

fn written(ledger: &Ledger, folder: &Path) {
    let files = ledger.files();
    let audit = replay(&files, &Pins::default(), &mut |_| ()).unwrap();
    export(&files, &audit, folder).unwrap();
}

#[test]
fn a_folder_gives_the_charter_the_keys_and_the_last_tokens() {
    let mut ledger = Ledger::small();
    ledger.rotate_checkpoint_key(9);
    ledger.issue();
    ledger.publish();
    let folder = tempfile::tempdir().unwrap();
    written(&ledger, folder.path());
    let trust = Trust::load(folder.path()).unwrap();
    let mut expected = crate::ledger::state::View::charter(&ledger.state).clone();
    expected.skip_to(ledger.size(), trust.charter().time());
    assert_eq!(*trust.charter(), expected);
    assert_eq!(trust.checkpoint().size(), ledger.size());
    assert_eq!(trust.log_keys()[0], ledger.vkey_of(&seeded(9)));
    assert_eq!(trust.log_keys().len(), 2, "an old receipt is under an old key");
    assert_eq!(trust.roots()[0].subject().code(), AUTHORITY);
    assert_eq!(trust.tokens()[&1].as_bytes(), ledger.tokens.last_key_value().unwrap().1);
    assert!(trust.charter().department(&DEPARTMENT.parse().unwrap()).is_some());
    assert_eq!(trust.blob(&Digest::of(b"metadata")), Some(b"metadata".as_slice()));
}

#[test]
fn a_ledger_that_does_not_hold_is_not_trusted() {
    let mut files = Ledger::small().files();
    files.insert("more".into(), vec![]);
    let audit = replay(&files, &Pins::default(), &mut |_| ()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(export(&files, &audit, folder.path()), Err(TrustError::Ledger)));
    assert!(Trust::load(folder.path()).is_err());
}

#[test]
fn whatever_is_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    written(&Ledger::small(), folder.path());
    let path = file(folder.path());
    let good = fs::read_to_string(&path).unwrap();
    let loads = |text: &str| {
        fs::write(&path, text).unwrap();
        Trust::load(folder.path()).is_ok()
    };
    assert!(loads(&good));
    let mut json: serde_json::Value = serde_json::from_str(&good).unwrap();
    json["more"] = 1.into();
    assert!(!loads(&json.to_string()));
    let positions: Vec<usize> = good.char_indices().map(|(at, _)| at).step_by(97).collect();
    for at in positions {
        let mut changed = good.clone().into_bytes();
        // White space between members is the one thing that may change.
        if changed[at].is_ascii_whitespace() {
            continue;
        }
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        if let Ok(changed) = String::from_utf8(changed) {
            assert!(!loads(&changed), "byte {at} of {}", good.len());
        }
    }
    let mut fewer: serde_json::Value = serde_json::from_str(&good).unwrap();
    fewer["entries"].as_array_mut().unwrap().remove(1);
    assert!(!loads(&fewer.to_string()));
    assert!(loads(&good));
    fs::remove_dir_all(folder.path().join("blob")).unwrap();
    assert!(!loads(&good));
}

/// Steps of cases are no part of the charter, and cannot be judged without what stood before them.
#[test]
fn a_ledger_with_cases_gives_a_folder_as_well() {
    let (entries, blobs) = vectors("cases");
    let origin = "ledger.example/sample-0123456789abcdef".parse().unwrap();
    let mut files = tree_files(&origin, &entries, &[&checkpoint_key(1), &checkpoint_key(2)]);
    files.extend(blobs);
    let audit = replay(&files, &Pins::default(), &mut |_| ()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    export(&files, &audit, folder.path()).unwrap();
    let mut expected = audit.state.charter().clone();
    let trust = Trust::load(folder.path()).unwrap();
    expected.skip_to(expected.size(), trust.charter().time());
    assert_eq!(*trust.charter(), expected);
}
