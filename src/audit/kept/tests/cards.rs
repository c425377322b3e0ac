//! Cards that were raised before a replay was kept and are entered, left out, or due after it: as a replay from the first entry has them.

use super::*;
use crate::audit::carded::tests::{enter, hours, owed, publish, refused};
use crate::law::Rule;
use crate::ledger::body::CardRaised;
use crate::supervision::Rules;

/// Rules, and entries that say nothing up to the last before the end of the first bundle, with two cards pending.
fn watched() -> Ledger {
    let mut ledger = Ledger::new();
    publish(&mut ledger, Rules::BUILT_IN.as_bytes());
    while ledger.size() < 250 {
        refused(&mut ledger, 0);
    }
    refused(&mut ledger, 100);
    refused(&mut ledger, 10);
    while ledger.size() < 300 {
        refused(&mut ledger, 0);
    }
    ledger
}

/// What a replay that goes on at 256 says of a ledger is what one from the first entry says.
fn same(before: &Files, after: &Ledger) -> Audit {
    let auditor = Auditor::new();
    auditor.audit(before, &Pins::default());
    assert_eq!(auditor.size(), Some(256));
    let (files, pins) = (after.files(), Pins::default());
    let (audit, told) = auditor.audit(&files, &pins);
    assert_eq!(told.first(), Some(&Step::GoesOn(256)));
    assert_eq!(json(&audit), json(&whole(&files, &pins)));
    audit
}

#[test]
fn what_was_pending_is_still_awaited() {
    let mut ledger = watched();
    let cards = owed(&ledger);
    assert_eq!(cards.len(), 2);
    let before = ledger.files();
    let audit = same(&before, &ledger);
    assert_eq!(audit.summary.cards.map(|cards| cards.pending), Some(2));
    for card in &cards {
        enter(&mut ledger, card.clone());
    }
    refused(&mut ledger, 100);
    let next = owed(&ledger).pop().unwrap();
    enter(&mut ledger, next);
    let audit = same(&before, &ledger);
    assert_eq!(audit.verdict(), Verdict::Holds);
    assert_eq!(audit.summary.cards.map(|cards| (cards.raised, cards.pending)), Some((3, 0)));
}

#[test]
fn what_is_left_out_is_named_by_an_entry_of_before() {
    let mut ledger = watched();
    let before = ledger.files();
    let cards = owed(&ledger);
    enter(&mut ledger, CardRaised { card: 1, ..cards[1].clone() });
    let audit = same(&before, &ledger);
    let told: Vec<_> = audit.summary.violations.iter().map(|one| (one.index, one.rule)).collect();
    assert_eq!(told, [(Some(250), Rule::Supervision)]);
    let mut ledger = watched();
    let before = ledger.files();
    hours(&mut ledger);
    let audit = same(&before, &ledger);
    let told: Vec<_> = audit.summary.violations.iter().map(|one| one.index).collect();
    assert_eq!(told, [Some(250), Some(251)]);
}
