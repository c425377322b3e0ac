//! States that were anchored before a replay was kept, and after it: each root is made again as a replay from the first entry makes it.

use super::*;
use crate::crypto::Digest;
use crate::law::Rule;
use crate::ledger::body::{Body, StateAnchored};

/// Anchored at 256 by the entry at 260, with acts before and behind.
fn anchored() -> Ledger {
    let mut ledger = Ledger::new();
    let handles: Vec<_> = (0..3).map(|_| ledger.issue()).collect();
    ledger.suspend(handles[0]);
    ledger.fill(259);
    ledger.suspend(handles[1]);
    ledger.anchor_states(256);
    ledger.fill(300);
    ledger.suspend(handles[2]);
    ledger
}

/// A replay kept at 256 goes on, before the anchor of 256 or after it.
fn same(before: &Files, at: u64, after: &Ledger) -> Audit {
    let auditor = Auditor::new();
    auditor.audit(before, &Pins::default());
    assert_eq!(auditor.size(), Some(at));
    let (files, pins) = (after.files(), Pins::default());
    let (audit, told) = auditor.audit(&files, &pins);
    assert_eq!(told.first(), Some(&Step::GoesOn(at)));
    assert_eq!(json(&audit), json(&whole(&files, &pins)));
    audit
}

#[test]
fn roots_are_made_again_wherever_a_replay_goes_on() {
    let mut ledger = anchored();
    let first = ledger.files();
    same(&first, 256, &ledger);
    ledger.issue();
    ledger.fill(530);
    let second = ledger.files();
    ledger.anchor_states(512);
    ledger.fill(540);
    for (before, at) in [(&first, 256), (&second, 512)] {
        let audit = same(before, at, &ledger);
        assert_eq!((audit.verdict(), audit.summary.states_anchored), (Verdict::Holds, Some(512)), "{at}");
    }
}

#[test]
fn a_wrong_root_is_named_where_a_replay_goes_on_too() {
    let mut ledger = anchored();
    ledger.fill(530);
    let before = ledger.files();
    let index = ledger.size();
    // The root of an earlier size: as if nothing had been done since.
    let root = Digest(ledger.states_at(256).0);
    ledger.push(Body::StateAnchored(StateAnchored { root, size: 512 }));
    let audit = same_findings(&before, &ledger);
    let found: Vec<_> = audit.summary.violations.iter().map(|one| (one.index, one.rule)).collect();
    assert_eq!(found, [(Some(index), Rule::Anchor)]);
}

/// A replay that goes on and finds something begins again from the first entry, and finds it there.
fn same_findings(before: &Files, after: &Ledger) -> Audit {
    let auditor = Auditor::new();
    auditor.audit(before, &Pins::default());
    let (files, pins) = (after.files(), Pins::default());
    let (audit, _) = auditor.audit(&files, &pins);
    assert_eq!(json(&audit), json(&whole(&files, &pins)));
    audit
}
