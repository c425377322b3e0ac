//! `content/`: a ledger in which content rules found something, and its mutated copies. What they find is no question for the law.

use serde_json::{Value, json};
use vidimus::law::Rule;
use vidimus::ledger::body::Kind;
use vidimus::ledger::state::View as _;

use crate::carded::published;
use crate::chance::Chance;
use crate::draft::Draft;
use crate::held::{hold_ledger, hold_mutations, kinds_of};
use crate::joined::{granted, staffed};
use crate::keyring::{FIRES, SHOPS};
use crate::ledger::Ledger;
use crate::mutations::{Copies, Mutation};
use crate::story::{digest, grant, handle};

fn found(content: u64, at: u64, licence: u8, rules: &[&str]) -> Draft {
    let body = json!({
        "at": at, "content": content, "department": SHOPS, "facts": digest(&format!("finding {content}")),
        "licence": handle(licence), "rules": rules,
    });
    Draft::new("content.found", "registry", body)
}

/// The entry that brought a licence in.
fn came(ledger: &Ledger, licence: u8) -> u64 {
    ledger.state.licence(&handle(licence)).unwrap().unwrap().first().unwrap().index
}

/// A licence of before the rules, then five of after them about which something is found: the third has not begun, the fourth is recorded as
/// suspended, the fifth ends on the very day. Of three more that were past at once one ended the day before, and one is recorded as cancelled.
pub(crate) fn told() -> Ledger {
    let mut ledger = staffed();
    ledger.append(Draft::new("licence.issued", "registry-shops", grant(31, SHOPS, "shop", 31)));
    let rules = published(&mut ledger, b"The rules of the vectors find what the vectors say.\n");
    ledger.append(rules);
    granted(&mut ledger);
    ledger.append(found(1, came(&ledger, 11), 11, &["missing-field"]));
    let mut over = grant(33, SHOPS, "shop", 33);
    over["valid_from"] = json!("2020-01-01");
    over["valid_until"] = json!("2020-12-31");
    ledger.append(Draft::new("licence.issued", "registry-shops", over));
    ledger.append(Draft::new("licence.issued", "registry-shops", grant(32, SHOPS, "shop", 32)));
    ledger.append(found(2, came(&ledger, 32), 32, &["contradiction", "missing-field"]));
    let mut early = grant(34, SHOPS, "shop", 34);
    early["valid_from"] = json!("2028-01-01");
    ledger.append(Draft::new("licence.issued", "registry-shops", early));
    ledger.append(found(3, came(&ledger, 34), 34, &["duplicate"]));
    let until = |number, day: &str| {
        let mut grant = grant(number, SHOPS, "shop", number.into());
        (grant["valid_from"], grant["valid_until"]) = (json!("2026-11-01"), json!(day));
        grant
    };
    let recorded = |number, standing: &str| {
        let grant = until(number, "2030-12-31");
        Draft::new(
            "licence.recorded",
            "registry-shops",
            json!({"grant": grant, "standing": standing, "trust": "B"}),
        )
    };
    let issued = |grant| Draft::new("licence.issued", "registry-shops", grant);
    ledger.append(issued(until(35, "2026-11-21")));
    ledger.append(recorded(36, "suspended"));
    ledger.append(found(4, came(&ledger, 36), 36, &["missing-field"]));
    ledger.append(recorded(37, "cancelled"));
    ledger.append(issued(until(38, "2026-11-22")));
    ledger.append(found(5, came(&ledger, 38), 38, &["missing-field"]));
    ledger
}

/// A finding by chance: the fitting one more often than not.
pub(crate) fn chanced(ledger: &Ledger, chance: &mut Chance) -> Draft {
    let next = u64::try_from(ledger.state.contents().count()).unwrap() + 1;
    let mut licences: Vec<_> = ledger.state.licences().collect();
    licences.sort_by_key(|licence| licence.handle);
    let licence = licences[chance.below(licences.len())];
    let at = licence.first().unwrap().index + u64::from(chance.once_in(6));
    let rules =
        if chance.once_in(8) { ["duplicate", "contradiction"] } else { ["contradiction", "duplicate"] };
    let mut draft = found(if chance.once_in(8) { next + 1 } else { next }, at, 1, &rules);
    draft.body["licence"] = json!(licence.handle);
    draft.body["department"] = if chance.once_in(6) { json!(FIRES) } else { json!(licence.department) };
    draft
}

fn mutations(ledger: &Ledger) -> Vec<Mutation> {
    const FIRST: (&str, usize) = ("content.found", 0);
    const SECOND: (&str, usize) = ("content.found", 1);
    const FOURTH: (&str, usize) = ("content.found", 3);
    const FIFTH: (&str, usize) = ("content.found", 4);
    let copies = Copies { ledger };
    let body = |name, which, change: fn(&mut Value)| copies.body(name, Rule::Content, which, change);
    let before_rules = came(ledger, 31);
    let early = copies.copy("a finding about a licence of before the rules", Rule::Content, FIRST, |draft| {
        draft.body["licence"] = json!(handle(31));
    });
    let mut old = ledger.nth("content.found", 0).1;
    old.body["licence"] = json!(handle(31));
    old.body["at"] = json!(before_rules);
    let (published, _) = ledger.nth("supervision.published", 0);
    let unruled = copies.copy("a finding before there are rules", Rule::Content, FIRST, |draft| {
        draft.body["at"] = json!(1);
    });
    vec![
        Mutation { bytes: old.seal(), ..early },
        Mutation { index: published, ..unruled },
        body("a finding left out", SECOND, |body| body["content"] = json!(3)),
        body("a finding before the first", FIRST, |body| body["content"] = json!(0)),
        body("a finding about an entry to come", FIRST, |body| body["at"] = json!(9_000)),
        body("a finding about another entry than the licence's", SECOND, |body| {
            body["at"] = json!(body["at"].as_u64().unwrap() - 1);
        }),
        copies.copy("a finding about a licence that is past", Rule::Content, SECOND, |draft| {
            draft.body["licence"] = json!(handle(33));
            draft.body["at"] = json!(draft.body["at"].as_u64().unwrap() - 1);
        }),
        copies.copy("a finding about a licence that ended the day before", Rule::Content, FOURTH, |draft| {
            draft.body["licence"] = json!(handle(35));
            draft.body["at"] = json!(draft.body["at"].as_u64().unwrap() - 1);
        }),
        copies.copy("a finding about a licence recorded as cancelled", Rule::Content, FIFTH, |draft| {
            draft.body["licence"] = json!(handle(37));
            draft.body["at"] = json!(draft.body["at"].as_u64().unwrap() - 1);
        }),
        body("a second finding about a licence", SECOND, |body| body["licence"] = json!(handle(11))),
        body("a finding about no licence", FIRST, |body| body["licence"] = json!(handle(99))),
        body("a finding about another department's licence", FIRST, |body| body["department"] = json!(FIRES)),
        body("a finding of no rule", FIRST, |body| body["rules"] = json!([])),
        body("rules that do not ascend", SECOND, |body| {
            body["rules"] = json!(["missing-field", "contradiction"]);
        }),
        body("a rule twice", SECOND, |body| body["rules"] = json!(["missing-field", "missing-field"])),
        copies.copy("a finding that says what is missing", Rule::Schema, FIRST, |draft| {
            draft.body["missing"] = json!("address");
        }),
        copies.copy("a finding of a department's key", Rule::OuterKey, FIRST, |draft| {
            draft.signer = "registry-shops";
        }),
    ]
}

#[test]
fn the_ledger_of_findings() {
    let ledger = told();
    assert!(kinds_of(&ledger).contains(&Kind::ContentFound));
    let charter = ledger.state.charter();
    let today = charter.time().unwrap().date(charter.offset().unwrap());
    assert_eq!(today.to_string(), "2026-11-22", "the fifth ends today");
    hold_ledger("content", &ledger);
}

#[test]
fn one_mutated_copy_for_every_way_to_break_the_rule_of_findings() {
    let ledger = told();
    let rules = hold_mutations("content", &ledger, mutations(&ledger));
    assert!(rules.contains(&Rule::Content), "{rules:?}");
}
