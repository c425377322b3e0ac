//! Mirrors of ledgers with two faces, under other keys, and beside what witnesses cosigned.

use super::*;
use crate::ledger::split_view::Shown;

fn split(source: &Files, root: &Path) -> Shown {
    let before = lying(root);
    let Ok(Mirrored::Split(split)) = run(source, root, Look::Presence) else { panic!("no split") };
    let mut now = lying(root);
    now.retain(|path, _| before.contains_key(path));
    assert_eq!(now, before);
    SplitView::parse(split.to_string().as_bytes()).unwrap().verify(&[LEDGER.vkey()]).unwrap()
}

#[test]
fn another_face_is_proved_and_the_mirror_stays() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    brought(&at(SMALL), root, Look::Presence);
    for (fork, size) in [(200, 540), (299, 301), (299, SMALL), (20, SMALL), (100, 150), (256, 257)] {
        let shown = split(&face(fork, size), root);
        let sizes = (shown.smaller.size(), shown.larger.size());
        let (small, large) = (size.min(SMALL), size.max(SMALL));
        assert_eq!(sizes, (u64::try_from(small).unwrap(), u64::try_from(large).unwrap()));
        assert!(holds(root));
    }
    for size in [299, 1, 256] {
        let error = run(&at(size), root, Look::Presence).unwrap_err();
        assert!(matches!(error, MirrorError::WentBack { known: 300, .. }), "{error}");
    }
    assert_eq!(brought(&whole(), root, Look::Presence).0, 300);
}

#[test]
fn what_was_seen_on_the_way_counts_too() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    brought(&at(SMALL), root, Look::Presence);
    for until in 1.. {
        assert!(run(&Watched::until(whole(), until), root, Look::Presence).is_err());
        if root.join(".mirror/seen").exists() {
            break;
        }
    }
    // It continues what the mirror holds, and not what it was shown last.
    let shown = split(&face(400, LEDGER.entries.len()), root);
    assert_eq!(shown.smaller.size(), shown.larger.size());
    assert!(matches!(run(&at(310), root, Look::Presence), Err(MirrorError::WentBack { shown: 310, .. })));
    assert_eq!(brought(&whole(), root, Look::Presence).0, 300);
}

#[test]
fn other_keys_other_directories_and_two_at_once_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("letter.txt"), "x").unwrap();
    assert!(matches!(run(&whole(), root, Look::Presence), Err(MirrorError::NoMirror(_))));
    fs::remove_file(root.join("letter.txt")).unwrap();
    let other = LEDGER.vkey_of(&crate::audit::fixture::seeded(9));
    let refused = mirror(&whole(), root, &[other], Look::Presence, &mut |_| ());
    assert!(matches!(refused, Err(MirrorError::Head(_))));
    let held = Folder::open(root).unwrap();
    assert!(matches!(run(&whole(), root, Look::Presence), Err(MirrorError::Busy(_))));
    drop(held);
    brought(&whole(), root, Look::Presence);
}

/// What witnesses cosigned comes along; of another tree it is the proof of a split view, and nothing is placed.
#[test]
fn what_was_cosigned_is_of_the_tree_or_proves_another() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("mirror");
    let mut files = whole();
    files.insert(WITNESSED.into(), at(SMALL)[CHECKPOINT].clone());
    brought(&files, &root, Look::Presence);
    assert_eq!(lying(&root)[WITNESSED], files[WITNESSED]);
    assert!(holds(&root));
    let later = at(SMALL + 20)[CHECKPOINT].clone();
    files.insert(WITNESSED.into(), later.clone());
    brought(&files, &root, Look::Presence);
    assert_eq!(lying(&root)[WITNESSED], later);
    files.insert(WITNESSED.into(), at(SMALL)[CHECKPOINT].clone());
    brought(&files, &root, Look::Hashes);
    assert_eq!(lying(&root)[WITNESSED], later, "what was cosigned before is not forgotten");

    let other = folder.path().join("other");
    files.insert(WITNESSED.into(), face(SMALL - 40, SMALL)[CHECKPOINT].clone());
    for root in [&root, &other] {
        assert!(matches!(run(&files, root, Look::Presence), Ok(Mirrored::Split(_))));
    }
    assert_eq!(lying(&root)[WITNESSED], later);
    files.insert(WITNESSED.into(), b"forged".to_vec());
    assert!(matches!(run(&files, &root, Look::Presence), Err(MirrorError::Head(_))));
    assert!(holds(&root));
}
