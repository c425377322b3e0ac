//! States that are anchored: rightly, wrongly, and block by block as entries touch them.

use super::*;
use crate::audit::fixture::Ledger;
use crate::audit::{Pins, Verdict, replay};
use crate::crypto::Digest;
use crate::law;

fn anchored(ledger: &Ledger, size: u64, root: Hash) -> Body {
    assert!(size <= ledger.size());
    Body::StateAnchored(StateAnchored { root: Digest(root.0), size })
}

/// What a comparison over all entries so far says of anchors at these sizes, each seen right after the last entry.
fn compared(ledger: &Ledger, at: &[u64]) -> Vec<Hash> {
    let mut state = MemoryState::new();
    ledger.blobs.iter().for_each(|blob| state.add_blob(blob.clone()));
    let (mut anchored, mut roots) = (Anchored::default(), Vec::new());
    for (index, bytes) in (0..).zip(&ledger.entries) {
        let (entry, applied) = law::judge(&state, bytes).unwrap();
        state.take(applied.part().0);
        anchored.look(index, &entry, &state);
        if let Some(size) = at.iter().find(|size| **size + 40 == index) {
            roots.push(anchored.root_at(*size, &state).unwrap());
        }
    }
    roots
}

#[test]
fn blocks_that_entries_touch_are_made_again() {
    let mut ledger = Ledger::small();
    let early: Vec<_> = (0..3).map(|_| ledger.issue()).collect();
    ledger.fill(300);
    let later = ledger.issue();
    ledger.suspend(early[0]);
    let at_512 = {
        ledger.fill(512);
        ledger.states_at(512)
    };
    // Before the anchor at 512 is seen, and after it.
    ledger.suspend(later);
    ledger.fill(560);
    ledger.suspend(early[1]);
    ledger.fill(768);
    let at_768 = ledger.states_at(768);
    ledger.suspend(early[2]);
    ledger.fill(1_100);
    let at_1024 = ledger.states_at(1_024);
    assert_eq!(ledger.states_at(512), at_512, "what came later changes nothing");
    assert_ne!(at_512, at_768);
    assert_eq!(compared(&ledger, &[512, 768, 1_024]), [at_512, at_768, at_1024]);
    assert_eq!(compared(&ledger, &[768]), [at_768]);
    assert_eq!(compared(&ledger, &[512, 1_024]), [at_512, at_1024]);
}

#[test]
fn a_root_that_the_entries_do_not_make_is_named_by_its_entry() {
    let mut ledger = Ledger::small();
    ledger.issue();
    ledger.fill(tree::BLOCK + 3);
    let root = ledger.states_at(tree::BLOCK);
    let refused = |body| law::apply(&ledger.state, &ledger.entry(body, &[])).is_err();
    for size in [0, 1, tree::BLOCK + 255, 2 * tree::BLOCK] {
        let body = Body::StateAnchored(StateAnchored { root: Digest(root.0), size });
        assert!(refused(body), "{size}");
    }
    let audit = |ledger: &Ledger| replay(&ledger.files(), &Pins::default(), &mut |_| ()).unwrap();
    let index = ledger.size();
    let other = anchored(&ledger, tree::BLOCK, Hash([7; 32]));
    let wrong = ledger.entry(other, &[]).bytes().to_vec();
    ledger.push(anchored(&ledger, tree::BLOCK, root));
    assert_eq!(audit(&ledger).verdict(), Verdict::Holds);
    let again = ledger.entry(anchored(&ledger, tree::BLOCK, root), &[]);
    assert!(law::apply(&ledger.state, &again).is_err(), "once is enough");

    ledger.entries.pop();
    ledger.force(wrong);
    let summary = audit(&ledger).summary;
    let found: Vec<_> = summary.violations.iter().map(|one| (one.index, one.rule)).collect();
    assert_eq!(found, [(Some(index), Rule::Anchor)]);
}
