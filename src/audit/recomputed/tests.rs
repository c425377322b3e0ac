//! Findings about content beside a vault: good, left out, made up, altered, erased, and a vault that says something else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::audit::carded::tests::{enter, hours, owed as cards_owed, publish};
use crate::audit::fixture::{DEPARTMENT, Ledger};
use crate::audit::{Pins, replay_before};
use crate::crypto::Digest;
use crate::ledger::body::LicenceErased;

mod compared;
mod overdue;

/// What a vault has, by licence; `null` where it cannot be read.
#[derive(Default)]
struct Kept(BTreeMap<Handle, Value>);

impl Vault for Kept {
    fn open(&self, handle: &Handle) -> Result<Option<Opened>, VaultError> {
        let Some(payload) = self.0.get(handle) else { return Ok(None) };
        let payload = payload.as_object().cloned().ok_or_else(|| VaultError("a row is cut short".into()))?;
        let content_salt = [SALT, handle.as_bytes()].concat();
        Ok(Some(Opened { payload, salt: SALT.to_vec(), content_salt }))
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
    let clear = eye.conclude(&mut audit);
    assert_eq!(clear, [], "nobody asked");
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
    eye.owed.iter().filter_map(|owed| owed.just()).collect()
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
fn what_was_found_is_told_in_the_clear_to_who_asks() {
    let (ledger, kept, handles) = honest();
    let mut eye = Recomputing::new(&kept).in_the_clear();
    let mut audit = replay_before(&mut eye, &ledger.files(), &Pins::default(), &mut |_| ()).unwrap();
    let clear = eye.conclude(&mut audit);
    let told: Vec<_> = clear
        .iter()
        .map(|one| (one.content, one.licence, serde_json::to_value(&one.found).unwrap()))
        .collect();
    let contradicts = json!([
        {"at": "", "other": handles[0], "rule": "duplicate"},
        {"at": "/claims/address", "other": handles[0], "rule": "contradiction"},
    ]);
    let lacks = json!([{"at": "/claims/address", "rule": "missing-field"}]);
    assert_eq!(told, [(1, handles[1], lacks), (2, handles[2], contradicts)]);
    for one in clear {
        assert_eq!(commitment(&one.salt.0, &one.licence, "content", &one.found), Ok(one.facts));
    }
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

fn erase(ledger: &mut Ledger, handle: Handle) {
    ledger.push(Body::LicenceErased(LicenceErased { commitment: Digest([3; 32]), handle }));
}

fn came(ledger: &Ledger, handle: &Handle) -> u64 {
    ledger.state.licence(handle).unwrap().unwrap().first().unwrap().index
}

fn rules(names: &[&str]) -> Vec<Slug> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[test]
fn what_was_erased_is_neither_broken_nor_good() {
    let (mut ledger, mut kept, handles) = honest();
    let whole = counted(&ledger, &kept);
    assert_eq!((whole.judged, whole.partly, whole.erased, whole.missing), (3, 0, 0, 0));
    erase(&mut ledger, handles[0]);
    kept.0.remove(&handles[0]);
    hours(&mut ledger);
    assert_eq!(broken(&ledger, &kept), []);
    // The others, which could have been held against it, as far as they go.
    let rest = counted(&ledger, &kept);
    assert_eq!((rest.opened, rest.judged, rest.partly, rest.erased, rest.missing), (2, 0, 2, 1, 0));
}

#[test]
fn what_is_missing_without_an_erasure_is_named_and_hides_nothing() {
    let (mut ledger, mut kept, handles) = watched();
    hours(&mut ledger);
    let [first, second, third] =
        [0, 1, 2].map(|number| (Some(came(&ledger, &handles[number])), Rule::Content));
    assert_eq!(broken(&ledger, &kept), [second, third], "both findings are left out");
    // Who takes a row out is told, and the finding that depends on no other licence stays demanded.
    kept.0.remove(&handles[0]);
    assert_eq!(broken(&ledger, &kept), [first, second]);
    let count = counted(&ledger, &kept);
    assert_eq!((count.opened, count.partly, count.erased, count.missing), (2, 2, 0, 1));
    kept.0.insert(handles[0], Value::Null);
    assert_eq!(broken(&ledger, &kept), [first, second], "what cannot be read ends nothing");
    assert!(audited(&ledger, &kept).summary.violations[0].text.contains("a row is cut short"));
}

#[test]
fn what_the_rest_shows_is_judged_where_something_cannot_be_opened() {
    let (mut ledger, mut kept, handles) = watched();
    let third = ledger.issue_saying(&firm("1", "样例路2号"), SALT);
    kept.0.insert(third, firm("1", "样例路2号"));
    let all = made(&ledger, &kept);
    erase(&mut ledger, handles[0]);
    kept.0.remove(&handles[0]);
    let told = |names: &[&[&str]]| {
        let (mut ledger, _, _) = watched();
        ledger.issue_saying(&firm("1", "样例路2号"), SALT);
        for (number, (found, names)) in (1..).zip(all.iter().zip(names)) {
            enter_found(&mut ledger, ContentFound { content: number, rules: rules(names), ..found.clone() });
        }
        erase(&mut ledger, handles[0]);
        cards_owed(&ledger).into_iter().for_each(|card| {
            enter(&mut ledger, card);
        });
        broken(&ledger, &kept).len()
    };
    let (contradiction, duplicate): (&[&str], &[&str]) = (&["contradiction", "duplicate"], &["duplicate"]);
    assert_eq!(told(&[&["missing-field"], contradiction, contradiction]), 0);
    // Against the erased one nothing can be said; the last two are one too many by themselves.
    assert_eq!(told(&[&["missing-field"], duplicate, duplicate]), 0);
    assert_eq!(told(&[&["missing-field"], duplicate, &["contradiction"]]), 1);
    // Whether something is missing no other licence changes.
    assert_eq!(told(&[&["missing-field"], duplicate, &["duplicate", "missing-field"]]), 1);
    assert_eq!(told(&[duplicate, duplicate, duplicate]), 1);
    assert_eq!(told(&[&["missing-field", "unheard-of"], duplicate, duplicate]), 1);
}

#[test]
fn what_was_erased_before_it_was_judged_accuses_nobody() {
    let (mut ledger, kept, handles) = watched();
    // An older copy of the vault has all of it still.
    erase(&mut ledger, handles[0]);
    erase(&mut ledger, handles[1]);
    hours(&mut ledger);
    assert_eq!(broken(&ledger, &kept), []);
    let (mut ledger, kept, handles) = watched();
    hours(&mut ledger);
    erase(&mut ledger, handles[1]);
    assert_eq!(broken(&ledger, &kept).len(), 2, "an erasure that comes too late undoes nothing");
}

/// Over when it comes in, not begun, and one that follows another on the day after its last.
#[test]
fn about_what_is_past_nothing_is_found_and_what_has_not_begun_is_judged() {
    let (mut ledger, mut kept, handles) = watched();
    let mut issue = |ledger: &mut Ledger, days, code, address| {
        let handle = ledger.issue_saying_for(days, &firm(code, address), SALT);
        kept.0.insert(handle, firm(code, address));
        handle
    };
    let over = issue(&mut ledger, ("2015-01-01", Some("2016-01-01")), "1", "");
    let early = issue(&mut ledger, ("2036-01-01", None), "1", "");
    let ends = issue(&mut ledger, ("2026-11-22", Some("2030-12-31")), "3", "样例路1号");
    let follows = issue(&mut ledger, ("2031-01-01", None), "3", "样例路2号");
    // A suspended one is held against others, as one that has not begun.
    ledger.suspend(ends);
    let third = issue(&mut ledger, ("2030-12-31", None), "3", "样例路1号");
    let all = made(&ledger, &kept);
    let found = |handle| all.iter().find(|found| found.licence == handle).map(|found| found.rules.clone());
    assert_eq!((found(over), found(handles[0]), found(ends)), (None, None, None));
    assert_eq!(found(early), Some(rules(&["duplicate", "missing-field"])));
    assert_eq!(found(follows), Some(rules(&["contradiction"])), "it is no second one");
    assert_eq!(found(third), Some(rules(&["contradiction", "duplicate"])));
    for (number, found) in (1..).zip(all) {
        enter_found(&mut ledger, ContentFound { content: number, ..found });
    }
    cards_owed(&ledger).into_iter().for_each(|card| {
        enter(&mut ledger, card);
    });
    hours(&mut ledger);
    assert_eq!(broken(&ledger, &kept), []);
    assert_eq!(counted(&ledger, &kept).judged, 7);
}

#[test]
fn what_comes_late_is_accused_once() {
    let (mut ledger, kept, _) = watched();
    let [first, second] = made(&ledger, &kept).try_into().unwrap();
    let (at, later) = (first.at, second.at);
    hours(&mut ledger);
    enter_found(&mut ledger, ContentFound { content: 1, ..first });
    let altered = enter_found(&mut ledger, ContentFound { content: 2, facts: Digest([7; 32]), ..second });
    cards_owed(&ledger).into_iter().for_each(|card| {
        enter(&mut ledger, card);
    });
    let expected = [at, later, altered].map(|index| (Some(index), Rule::Content));
    assert_eq!(broken(&ledger, &kept), expected, "late, and late and altered");
}

/// Of what was erased before it was overdue nothing is demanded: what comes late may be right.
#[test]
fn what_comes_late_about_what_was_erased_since_is_not_accused() {
    let (mut ledger, kept, handles) = watched();
    let [first, second] = made(&ledger, &kept).try_into().unwrap();
    let nothing = ContentFound { at: came(&ledger, &handles[0]), licence: handles[0], ..first.clone() };
    erase(&mut ledger, handles[1]);
    hours(&mut ledger);
    let late = (Some(second.at), Rule::Content);
    assert_eq!(broken(&ledger, &kept), [late], "the other was not erased");
    let made_up = enter_found(&mut ledger, ContentFound { content: 1, ..nothing });
    enter_found(&mut ledger, ContentFound { content: 2, ..first });
    cards_owed(&ledger).into_iter().for_each(|card| {
        enter(&mut ledger, card);
    });
    assert_eq!(broken(&ledger, &kept), [late, (Some(made_up), Rule::Content)]);
}

#[test]
fn what_unknown_rules_find_is_judged_by_nobody_else() {
    let (mut ledger, mut kept) = (Ledger::new(), Kept::default());
    publish(&mut ledger, b"rules = \"of tomorrow\"\n");
    let lacking = ledger.issue_saying(&firm("1", ""), SALT);
    kept.0.insert(lacking, firm("1", ""));
    publish(&mut ledger, Rules::BUILT_IN.as_bytes());
    let known = ledger.issue_saying(&firm("2", ""), SALT);
    kept.0.insert(known, firm("2", ""));
    let [found] = made(&ledger, &kept).try_into().unwrap();
    let at = came(&ledger, &lacking);
    let theirs =
        ContentFound { at, content: 1, licence: lacking, rules: rules(&["unheard-of"]), ..found.clone() };
    enter_found(&mut ledger, theirs);
    enter_found(&mut ledger, ContentFound { content: 2, ..found });
    let summary = audited(&ledger, &kept).summary;
    assert!(summary.violations.iter().all(|found| found.rule != Rule::Content), "{:?}", summary.violations);
    let count = counted(&ledger, &kept);
    assert_eq!((count.beyond, count.judged, count.opened), (1, 1, 2));
}

#[test]
fn what_is_awaited_is_told_one_by_one() {
    let (ledger, kept, handles) = watched();
    let awaited = counted(&ledger, &kept).awaited;
    let told: Vec<_> = awaited.iter().map(|one| (one.at, one.rules.clone())).collect();
    let expected = [
        (came(&ledger, &handles[1]), rules(&["missing-field"])),
        (came(&ledger, &handles[2]), rules(&["contradiction", "duplicate"])),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_vault_that_says_something_else_is_named() {
    let (ledger, mut kept, handles) = honest();
    kept.0.insert(handles[1], firm("2", "样例路9号"));
    let at = came(&ledger, &handles[1]);
    assert_eq!(broken(&ledger, &kept), [(Some(at), Rule::Content)]);
    assert_eq!(counted(&ledger, &kept).missing, 1);
}
