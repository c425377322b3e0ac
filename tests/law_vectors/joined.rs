//! `cases/`: a ledger of the kinds that joined law 0: officers, a process of two departments, a calendar, and cases to
//! every end. The whole ledger beside it (`ledger/`) is of before and stays as it was.

use serde_json::{Value, json};
use vidimus::law::Rule;
use vidimus::ledger::body::Kind;
use vidimus::ledger::state::View as _;
use vidimus::values::identifiers::Handle;

use crate::draft::Draft;
use crate::held::{hold_ledger, hold_mutations, kinds_of};
use crate::joined_mutations::mutations;
use crate::keyring::{FIRES, NOT_AFTER, SHOPS, id};
use crate::ledger::Ledger;
use crate::story::{begun, decided, digest, grant, handle, introduction};

/// The kinds that joined law 0.
pub(crate) fn has_joined(kind: Kind) -> bool {
    kind.is_case()
        || ["officer.", "process.", "calendar."].iter().any(|family| kind.as_str().starts_with(family))
}

/// The rules that came with them.
pub(crate) const JOINED: [Rule; 8] = [
    Rule::Officer,
    Rule::Process,
    Rule::Calendar,
    Rule::Case,
    Rule::CaseStep,
    Rule::Separation,
    Rule::Correction,
    Rule::Draft,
];

/// An officer's or a case's number, made on the first day.
pub(crate) fn numbered(number: u8) -> Handle {
    handle(number)
}

/// `officer.appointed`.
pub(crate) fn appointment(officer: u8, department: &str, key: &str, roles: &[&str]) -> Draft {
    let body = json!({
        "department": department, "from": "2026-11-22", "key": id(key), "officer": numbered(100 + officer),
        "roles": roles,
    });
    decided("officer.appointed", body)
}

/// A step that the department takes.
fn step(kind: &'static str, case: u8, more: Value) -> Draft {
    let mut body = more;
    body["case"] = json!(numbered(case));
    Draft::new(kind, "registry-shops", body)
}

/// A step that an officer takes.
pub(crate) fn acted(kind: &'static str, case: u8, officer: &'static str, more: Value) -> Draft {
    let mut draft = step(kind, case, more);
    draft.body["not_after"] = json!(NOT_AFTER);
    draft.approvers = vec![officer];
    draft
}

fn word(what: &str, case: u8) -> Value {
    json!({"commitment": digest(&format!("{what} of case {case}"))})
}

fn filing(case: u8, promise: bool) -> Draft {
    let mut more = word("application", case);
    for (name, value) in [
        ("department", json!(SHOPS)),
        ("promise", json!(promise)),
        ("region", json!("330106")),
        ("type", json!("food")),
        ("version", json!(1)),
    ] {
        more[name] = value;
    }
    step("case.filed", case, more)
}

/// 异议: against licence 11, which case 51 came to.
pub(crate) fn objecting(case: u8) -> Draft {
    let mut draft = filing(case, false);
    draft.body["corrects"] = json!(handle(11));
    draft
}

fn granting(case: u8, officer: &'static str, licence: u8) -> Draft {
    let mut more = word("decision", case);
    more["licence"] =
        json!({"credential_digest": digest(&format!("credential {licence}")), "handle": handle(licence)});
    acted("case.decided", case, officer, more)
}

/// `licence.issued` from a case, as it now stands.
pub(crate) fn issue_from(ledger: &Ledger, case: u8, licence: u8, index: u32) -> Draft {
    let last = ledger.state.case(&numbered(case)).unwrap().map(|case| case.last);
    let mut body = grant(licence, SHOPS, "food", index);
    body["case"] = json!({"handle": numbered(case), "prev": last});
    body["not_after"] = json!(NOT_AFTER);
    Draft {
        approvers: vec!["officer-3", "officer-4"],
        ..Draft::new("licence.issued", "registry-shops", body)
    }
}

/// The ledger with officers, process and calendar, before its first case.
pub(crate) fn staffed() -> Ledger {
    let mut ledger = begun();
    for (name, owner) in [("officer-4", FIRES), ("officer-5", SHOPS)] {
        let draft = introduction(&mut ledger, name, owner, "officer");
        ledger.append(draft);
    }
    for (officer, department, key, roles) in [
        (1, SHOPS, "officer-1", &["intake", "examiner"][..]),
        (2, SHOPS, "officer-2", &["examiner", "signer"]),
        (3, SHOPS, "officer-3", &["examiner", "signer"]),
        (4, FIRES, "officer-4", &["signer"]),
        (5, SHOPS, "officer-5", &["intake", "supervisor"]),
    ] {
        ledger.append(appointment(officer, department, key, roles));
    }
    let process = json!({
        "approvers": [{"officers": 1}, {"department": FIRES, "officers": 1}], "promise": 20,
        "promised": {"accept": 5, "decide": 3, "deliver": 10, "examine": 10, "issue": 2, "total": 20},
        "type": "food", "version": 1,
    });
    ledger.append(decided("process.published", process));
    let exceptions =
        json!([{"date": "2026-01-01", "working": false}, {"date": "2026-10-10", "working": true}]);
    ledger.append(decided("calendar.published", json!({"exceptions": exceptions, "year": 2026})));
    ledger
}

/// Seven cases, and how officers change.
pub(crate) fn told() -> Ledger {
    let mut ledger = staffed();
    granted(&mut ledger);
    promised(&mut ledger);
    ended(&mut ledger);
    objected(&mut ledger);
    let sixth = introduction(&mut ledger, "officer-6", SHOPS, "officer");
    ledger.append(sixth);
    ledger.append(decided("key.retired", json!({"key": id("officer-2")})));
    ledger.append(appointment(2, SHOPS, "officer-6", &["intake"]));
    ledger.append(decided("officer.left", json!({"officer": numbered(103)})));
    ledger.append(decided("calendar.published", json!({"exceptions": [], "year": 2026})));
    ledger
}

/// A case to its rating: licence 11 of case 51.
pub(crate) fn granted(ledger: &mut Ledger) {
    ledger.append(filing(51, false));
    ledger.append(acted("case.asked", 51, "officer-1", word("gap", 51)));
    ledger.append(step("case.supplied", 51, word("supply", 51)));
    ledger.append(acted("case.accepted", 51, "officer-1", json!({})));
    ledger.append(acted("case.asked", 51, "officer-2", word("second gap", 51)));
    ledger.append(step("case.supplied", 51, word("second supply", 51)));
    ledger.append(acted("case.examined", 51, "officer-2", word_and("opinion", 51, "opinion", "grant")));
    ledger.append(granting(51, "officer-3", 11));
    let issued = issue_from(ledger, 51, 11, 21);
    ledger.append(issued);
    ledger.append(step("case.delivered", 51, json!({})));
    let mut rating = word("rating", 51);
    rating["level"] = json!(5);
    ledger.append(step("case.rated", 51, rating));
}

/// 告知承诺: decided without examination, anew, issued, and then found untrue.
fn promised(ledger: &mut Ledger) {
    ledger.append(filing(52, true));
    ledger.append(acted("case.accepted", 52, "officer-1", json!({})));
    ledger.append(granting(52, "officer-3", 12));
    ledger.append(granting(52, "officer-2", 13));
    let issued = issue_from(ledger, 52, 13, 22);
    ledger.append(issued);
    ledger.append(acted("case.checked", 52, "officer-5", word_and("check", 52, "truth", "false")));
    ledger.append(step("case.delivered", 52, json!({})));
    let body = json!({"act": "rescinded", "commitment": digest("untrue"), "handle": handle(13)});
    ledger.append(Draft::new("licence.ended", "registry-shops", body));
}

/// Not taken up; refused; withdrawn.
fn ended(ledger: &mut Ledger) {
    ledger.append(filing(53, false));
    ledger.append(acted("case.declined", 53, "officer-5", word("reason", 53)));
    ledger.append(step("case.delivered", 53, json!({})));
    ledger.append(filing(54, false));
    ledger.append(acted("case.accepted", 54, "officer-5", json!({})));
    ledger.append(acted("case.examined", 54, "officer-1", word_and("opinion", 54, "opinion", "grant")));
    ledger.append(acted(
        "case.examined",
        54,
        "officer-2",
        word_and("another opinion", 54, "opinion", "refuse"),
    ));
    ledger.append(acted("case.decided", 54, "officer-3", word("refusal", 54)));
    ledger.append(step("case.delivered", 54, json!({})));
    ledger.append(step("case.rated", 54, json!({"level": 1})));
    ledger.append(acted("case.rectified", 54, "officer-5", word("rectification", 54)));
    let mut matter = filing(55, false);
    matter.body["matter"] = json!(numbered(200));
    ledger.append(matter);
    ledger.append(step("case.withdrawn", 55, word("withdrawal", 55)));
}

/// 异议: dismissed; and upheld, once the licence was acted upon.
fn objected(ledger: &mut Ledger) {
    ledger.append(objecting(56));
    ledger.append(acted("case.accepted", 56, "officer-1", json!({})));
    ledger.append(acted("case.examined", 56, "officer-2", word_and("opinion", 56, "opinion", "refuse")));
    ledger.append(acted("case.decided", 56, "officer-3", word("decision", 56)));
    ledger.append(step("case.delivered", 56, json!({})));
    ledger.append(objecting(57));
    ledger.append(acted("case.accepted", 57, "officer-1", json!({})));
    ledger.append(acted("case.examined", 57, "officer-2", word_and("opinion", 57, "opinion", "grant")));
    let act = json!({"commitment": digest("wrong"), "handle": handle(11)});
    ledger.append(Draft::new("licence.suspended", "registry-shops", act));
    let mut decision = word("decision", 57);
    decision["upheld"] = json!(true);
    ledger.append(acted("case.decided", 57, "officer-3", decision));
    ledger.append(step("case.delivered", 57, json!({})));
    ledger.append(step("case.rated", 57, json!({"level": 4})));
}

fn word_and(what: &str, case: u8, name: &str, value: &str) -> Value {
    let mut body = word(what, case);
    body[name] = json!(value);
    body
}

#[test]
fn the_ledger_of_cases() {
    let ledger = told();
    let kinds = kinds_of(&ledger);
    let missing: Vec<&Kind> =
        Kind::ALL.iter().filter(|kind| has_joined(**kind) && !kinds.contains(kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    hold_ledger("cases", &ledger);
}

#[test]
fn one_mutated_copy_for_every_rule_of_cases() {
    let ledger = told();
    let rules = hold_mutations("cases", &ledger, mutations(&ledger));
    assert!(JOINED.iter().all(|rule| rules.contains(rule)), "{rules:?}");
}

/// A state before an index is the state as it was then: what a start judges by, of what a crash left.
#[test]
fn a_case_before_an_index_is_the_case_of_then() {
    let ledger = told();
    let now = &ledger.state;
    for index in 0..ledger.entries.len() {
        let then = ledger.state_at(index);
        for case in now.cases() {
            let known = then.case(&case.case).unwrap();
            let last = known.as_ref().map_or(case.last, |known| known.last);
            assert_eq!(
                case.before(u64::try_from(index).unwrap(), last),
                known,
                "case {} before {index}",
                case.case
            );
        }
    }
}
