//! Findings about content beside a vault: good, left out, made up, altered, erased, and a vault that says something else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::audit::carded::tests::{enter, hours, owed as cards_owed, publish};
use crate::audit::fixture::{DEPARTMENT, Ledger};
use crate::audit::{Pins, replay_before};
use crate::crypto::Digest;
use crate::ledger::body::LicenceErased;

/// What a vault has, by licence.
#[derive(Default)]
struct Kept(BTreeMap<Handle, Value>);

impl Vault for Kept {
    fn open(&self, handle: &Handle) -> Result<Option<Opened>, VaultError> {
        let payload = self.0.get(handle).map(|payload| payload.as_object().unwrap().clone());
        Ok(payload.map(|payload| Opened { payload, salt: SALT.to_vec() }))
    }
}

const SALT: &[u8] = b"a salt of these tests";

fn firm(code: &str, address: &str) -> Value {
    let claims = json!({"kind": "k", "address": address, "legal_representative": "李样例", "scope": "s", "established": "d"});
    json!({"holders": [{"name": "样例公司", "code": code}], "claims": claims})
}

/// Rules, a whole licence, one that lacks its address, and a second one of the first's holder with another address.
fn watched() -> (Ledger, Kept, Vec<Handle>) {
    let (mut ledger, mut kept) = (Ledger::new(), Kept::default());
    publish(&mut ledger, Rules::BUILT_IN.as_bytes());
    let payloads = [firm("1", "样例路1号"), firm("2", ""), firm("1", "样例路2号")];
    let handles = payloads.map(|payload| {
        let handle = ledger.issue_saying(&payload, SALT);
        kept.0.insert(handle, payload);
        handle
    });
    (ledger, kept, handles.to_vec())
}

fn audited(ledger: &Ledger, vault: &Kept) -> Audit {
    let mut eye = Recomputing::new(vault);
    let mut audit = replay_before(&mut eye, &ledger.files(), &Pins::default(), &mut |_| ()).unwrap();
    eye.conclude(&mut audit).unwrap();
    audit
}

fn broken(ledger: &Ledger, vault: &Kept) -> Vec<(Option<u64>, Rule)> {
    let audit = audited(ledger, vault);
    assert_eq!(audit.summary.holds, audit.summary.violations.is_empty());
    audit.summary.violations.iter().map(|found| (found.index, found.rule)).collect()
}

fn counted(ledger: &Ledger, vault: &Kept) -> Recomputed {
    audited(ledger, vault).summary.content.unwrap().recomputed.unwrap()
}

/// What the rules find, in order, without numbers.
fn made(ledger: &Ledger, vault: &Kept) -> Vec<ContentFound> {
    let mut eye = Recomputing::new(vault);
    replay_before(&mut eye, &ledger.files(), &Pins::default(), &mut |_| ()).unwrap();
    eye.owed.into_iter().filter_map(|owed| owed.found).collect()
}

fn enter_found(ledger: &mut Ledger, found: ContentFound) -> u64 {
    ledger.push(Body::ContentFound(found));
    ledger.size() - 1
}

/// With every finding and every card that follows.
fn honest() -> (Ledger, Kept, Vec<Handle>) {
    let (mut ledger, kept, handles) = watched();
    for (number, found) in (1..).zip(made(&ledger, &kept)) {
        enter_found(&mut ledger, ContentFound { content: number, ..found });
    }
    for card in cards_owed(&ledger) {
        enter(&mut ledger, card);
    }
    (ledger, kept, handles)
}

#[test]
fn what_is_found_is_entered_and_raises_cards() {
    let (mut ledger, kept, _) = watched();
    let found: Vec<Vec<String>> =
        made(&ledger, &kept).iter().map(|one| one.rules.iter().map(Slug::to_string).collect()).collect();
    assert_eq!(found, [vec!["missing-field"], vec!["contradiction", "duplicate"]]);
    let pending = counted(&ledger, &kept);
    assert_eq!((pending.pending, pending.judged, pending.opened), (2, 3, 3));
    assert_eq!(broken(&ledger, &kept), [], "what is young is pending");

    (ledger, _, _) = honest();
    let cards: Vec<String> = cards_owed(&ledger).iter().map(|card| card.rule.to_string()).collect();
    assert_eq!(cards, ["missing-field", "contradiction", "duplicate"]);
    hours(&mut ledger);
    assert_eq!(broken(&ledger, &kept), []);
    assert_eq!(counted(&ledger, &kept).pending, 0);
    let blind = crate::audit::replay(&ledger.files(), &Pins::default(), &mut |_| ()).unwrap().summary;
    assert_eq!(blind.content, Some(Contents { found: 2, recomputed: None }), "without the vault it is said");
}

#[test]
fn what_is_left_out_is_named_at_the_licence() {
    let (mut ledger, kept, _) = watched();
    let [first, second] = made(&ledger, &kept).try_into().unwrap();
    let (at, later) = (first.at, second.at);
    // The first is left out: told by the second, which stands where the first should.
    enter_found(&mut ledger, ContentFound { content: 1, ..second });
    cards_owed(&ledger).into_iter().for_each(|card| {
        enter(&mut ledger, card);
    });
    assert_eq!(broken(&ledger, &kept), [(Some(at), Rule::Content)]);
    // Both are left out: told when their time is over. Without the vault nobody sees it.
    let (mut silent, kept, _) = watched();
    hours(&mut silent);
    assert_eq!(broken(&silent, &kept), [(Some(at), Rule::Content), (Some(later), Rule::Content)]);
    assert!(crate::audit::replay(&silent.files(), &Pins::default(), &mut |_| ()).unwrap().summary.holds);
}

#[test]
fn what_is_made_up_or_altered_is_named_at_its_entry() {
    let (mut ledger, kept, handles) = watched();
    let first = ledger.state.licence(&handles[0]).unwrap().unwrap().first().unwrap().index;
    let made_up = ContentFound {
        at: first,
        content: 1,
        department: DEPARTMENT.parse().unwrap(),
        facts: Digest([7; 32]),
        licence: handles[0],
        rules: vec!["missing-field".parse().unwrap()],
    };
    let at = enter_found(&mut ledger, made_up);
    let [second, third] = made(&ledger, &kept).try_into().unwrap();
    let altered = enter_found(&mut ledger, ContentFound { content: 2, facts: Digest([7; 32]), ..second });
    let rules = vec!["contradiction".parse().unwrap()];
    let fewer = enter_found(&mut ledger, ContentFound { content: 3, rules, ..third });
    cards_owed(&ledger).into_iter().for_each(|card| {
        enter(&mut ledger, card);
    });
    let expected = [at, altered, fewer].map(|index| (Some(index), Rule::Content));
    assert_eq!(broken(&ledger, &kept), expected);
}

#[test]
fn what_was_erased_is_neither_broken_nor_good() {
    let (mut ledger, mut kept, handles) = honest();
    let whole = counted(&ledger, &kept);
    assert_eq!((whole.judged, whole.beyond), (3, 0));
    ledger.push(Body::LicenceErased(LicenceErased { commitment: Digest([3; 32]), handle: handles[0] }));
    kept.0.remove(&handles[0]);
    hours(&mut ledger);
    assert_eq!(broken(&ledger, &kept), []);
    // It, and whatever could have been held against it.
    let rest = counted(&ledger, &kept);
    assert_eq!((rest.opened, rest.judged, rest.beyond), (2, 0, 3));
}

#[test]
fn a_vault_that_says_something_else_is_named() {
    let (ledger, mut kept, handles) = honest();
    kept.0.insert(handles[1], firm("2", "样例路9号"));
    let at = ledger.state.licence(&handles[1]).unwrap().unwrap().first().unwrap().index;
    assert_eq!(broken(&ledger, &kept), [(Some(at), Rule::Content)]);
}
