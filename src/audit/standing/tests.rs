//! Proofs that are made from an export: from the newest anchor, under the checkpoint that witnesses cosigned where there is one.

use super::*;
use crate::audit::fixture::{Files, Ledger, time};
use crate::audit::replay::{Pins, replay_before};
use crate::crypto::PrivateKey;
use crate::ledger::standing_proof::At;
use crate::merkle::Hash;
use crate::note::NoteSignature;
use crate::values::standing::Standing;

fn proved(files: &Files, handle: &Handle, at: Option<Time>) -> Result<StandingProof, NoProof> {
    let mut newest = NewestAnchor::default();
    let audit = replay_before(&mut newest, files, &Pins::default(), &mut |_| ()).unwrap();
    assert!(audit.summary.holds, "{:?}", audit.summary.violations);
    newest.prove(files, &audit, handle, at)
}

/// The times of the fixture are one second from entry to entry.
#[test]
fn a_copy_of_the_ledger_proves_from_its_newest_anchor() {
    let mut ledger = Ledger::new();
    let (one, begun) = (ledger.issue(), ledger.size() - 1);
    ledger.fill(256);
    ledger.suspend(one);
    let none = proved(&ledger.files(), &one, None);
    assert!(matches!(none, Err(NoProof::NotAnchored { until: None })));
    ledger.anchor_states(256);
    ledger.fill(300);
    let two = ledger.issue();
    ledger.fill(520);
    let early = ledger.files();
    let shown = proved(&early, &one, None).unwrap().verify(&[ledger.vkey()], &[]).unwrap().1;
    assert_eq!((shown.size, shown.anchor, shown.until), (256, 257, time(256)));
    assert!(matches!(shown.at(time(begun).plus(-1)), At::NotEntered));
    assert!(matches!(shown.at(time(255)), At::Stood(event) if event.standing == Standing::Valid));
    assert!(proved(&early, &one, Some(time(256).plus(-1))).is_ok());
    let until = proved(&early, &one, Some(time(256)));
    assert!(matches!(until, Err(NoProof::NotAnchored { until: Some(until) }) if until == time(256)));
    assert!(matches!(proved(&early, &two, None), Err(NoProof::NotAnchored { until: None })));

    ledger.anchor_states(512);
    let files = ledger.files();
    let shown = |handle| proved(&files, handle, None).unwrap().verify(&[ledger.vkey()], &[]).unwrap().1;
    assert!(matches!(shown(&one).at(time(256)), At::Stood(event) if event.standing == Standing::Suspended));
    assert!(matches!(shown(&two).at(time(511)), At::Stood(event) if event.index == 300));
    let stranger = Handle::new(time(0), [9; 10]);
    assert!(matches!(proved(&files, &stranger, None), Err(NoProof::Unknown(_))));
}

#[test]
fn a_cosigned_checkpoint_is_the_one_that_is_shown_if_it_is_of_this_tree() {
    let mut ledger = Ledger::new();
    let one = ledger.issue();
    ledger.fill(256);
    ledger.anchor_states(256);
    let (witness, name) = (PrivateKey::from_seed(&[8; 32]).unwrap(), "w.example".parse().unwrap());
    let cosigned = |ledger: &Ledger| {
        let mut note: Note =
            String::from_utf8(ledger.files()["checkpoint"].clone()).unwrap().parse().unwrap();
        let line = NoteSignature::cosign(note.text(), &name, &witness, 7).unwrap();
        note.append(vec![line]).unwrap();
        note.to_string()
    };
    let note = cosigned(&ledger);
    ledger.fill(270);
    let mut files = ledger.files();
    let newest = String::from_utf8(files["checkpoint"].clone()).unwrap();
    let under = |files: &Files| proved(files, &one, None).unwrap().to_string();
    assert!(under(&files).ends_with(&format!("\n\n{newest}")));
    files.insert(outside_path(), note.clone().into_bytes());
    assert!(under(&files).ends_with(&format!("\n\n{note}")));
    // Another tree's is not, nor one that is too small to hold the anchor.
    let mut other = Ledger::new();
    other.fill(265);
    files.insert(outside_path(), cosigned(&other).into_bytes());
    assert!(under(&files).ends_with(&format!("\n\n{newest}")));
}

fn outside_path() -> String {
    crate::audit::source::WITNESSED.to_owned()
}

/// What is made is what the law writes.
#[test]
fn the_tree_is_that_of_the_anchor() {
    let mut ledger = Ledger::new();
    let one = ledger.issue();
    ledger.fill(700);
    ledger.suspend(one);
    let mut tree = StateTree::default();
    tree.put(&blocks_at(512, 0..2, &ledger.state).unwrap());
    assert_eq!(Hash(tree.root().0), ledger.states_at(512));
}
