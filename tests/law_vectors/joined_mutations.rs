//! Mutated copies of the ledger of cases: each differs from it in one entry, which breaks one rule and is otherwise well
//! made. What a holder of all the server's keys could try, who has neither a registrar's nor an officer's, is among them.

use serde_json::json;
use vidimus::law::Rule;

use crate::draft::Draft;
use crate::joined::{acted, issue_from, numbered, objecting};
use crate::keyring::{FIRES, NOT_AFTER, SHOPS, id};
use crate::ledger::{Ledger, last};
use crate::mutations::{Copies, Mutation};
use crate::story::{digest, grant, handle};

/// All of them.
pub(crate) fn mutations(ledger: &Ledger) -> Vec<Mutation> {
    let copies = Copies { ledger };
    [
        officers(&copies),
        processes(&copies),
        steps(&copies),
        people(&copies),
        issues(&copies),
        corrections(&copies),
        hostile(&copies),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const APPOINTED: (&str, usize) = ("officer.appointed", 1);
const CHANGED: (&str, usize) = ("officer.appointed", 5);
const PROCESS: (&str, usize) = ("process.published", 0);
const CALENDAR: (&str, usize) = ("calendar.published", 0);
const FILED: (&str, usize) = ("case.filed", 0);
const ACCEPTED: (&str, usize) = ("case.accepted", 0);
const EXAMINED: (&str, usize) = ("case.examined", 0);
const DECIDED: (&str, usize) = ("case.decided", 0);
const ISSUED: (&str, usize) = ("licence.issued", 0);

fn officers(copies: &Copies<'_>) -> Vec<Mutation> {
    vec![
        copies.body("an officer without a role", Rule::Officer, APPOINTED, |body| body["roles"] = json!([])),
        copies.body("roles out of order", Rule::Officer, APPOINTED, |body| {
            body["roles"] = json!(["signer", "examiner"]);
        }),
        copies.body("a role twice", Rule::Officer, APPOINTED, |body| {
            body["roles"] = json!(["signer", "signer"]);
        }),
        copies.copy("a role nobody knows", Rule::Schema, APPOINTED, |draft| {
            draft.body["roles"] = json!(["king"]);
        }),
        copies.body("the key of another officer", Rule::Officer, APPOINTED, |body| {
            body["key"] = json!(id("officer-1"));
        }),
        copies.body("the key of another department", Rule::KeyPurpose, APPOINTED, |body| {
            body["key"] = json!(id("officer-4"));
        }),
        copies.body("a registry key", Rule::KeyPurpose, APPOINTED, |body| {
            body["key"] = json!(id("registry-shops"));
        }),
        copies.body("a key that was retired", Rule::KeyPurpose, CHANGED, |body| {
            body["key"] = json!(id("officer-2"));
        }),
        copies.body("roles that end before they begin", Rule::Dates, APPOINTED, |body| {
            body["until"] = json!("2026-11-21");
        }),
        copies.body("an officer who goes to another department", Rule::Officer, CHANGED, |body| {
            body["officer"] = json!(numbered(104));
        }),
        copies.body("an officer of no department", Rule::Department, APPOINTED, |body| {
            body["department"] = json!("11330100002489434D");
        }),
        copies.copy("one registrar too few", Rule::Approvals, APPOINTED, |draft| {
            draft.approvers = vec!["registrar-1"];
        }),
        copies.body("an officer who never was leaves", Rule::Officer, ("officer.left", 0), |body| {
            body["officer"] = json!(numbered(150));
        }),
    ]
}

fn processes(copies: &Copies<'_>) -> Vec<Mutation> {
    vec![
        copies.body("fewer approvers than the type's officers", Rule::Process, PROCESS, |body| {
            body["approvers"] = json!([{"officers": 1}]);
        }),
        copies.body("the lead after another department", Rule::Process, PROCESS, |body| {
            body["approvers"] = json!([{"department": FIRES, "officers": 1}, {"officers": 1}]);
        }),
        copies.body("a department with no approver", Rule::Process, PROCESS, |body| {
            body["approvers"] = json!([{"officers": 2}, {"department": FIRES, "officers": 0}]);
        }),
        copies.body("approvers of no department", Rule::Department, PROCESS, |body| {
            body["approvers"][1]["department"] = json!("11330100002489434D");
        }),
        copies.body("no day promised", Rule::Process, PROCESS, |body| body["promised"]["total"] = json!(0)),
        copies.body("more than 400 days for the check", Rule::Process, PROCESS, |body| {
            body["promise"] = json!(401);
        }),
        copies
            .body("a version that is not the newest", Rule::Type, PROCESS, |body| body["version"] = json!(2)),
        copies.body("days out of order", Rule::Calendar, CALENDAR, |body| {
            body["exceptions"].as_array_mut().unwrap().reverse();
        }),
        copies.body("a day of another year", Rule::Calendar, CALENDAR, |body| body["year"] = json!(2027)),
        copies.body("a working Monday as an exception", Rule::Calendar, CALENDAR, |body| {
            body["exceptions"] = json!([{"date": "2026-11-23", "working": true}]);
        }),
    ]
}

fn steps(copies: &Copies<'_>) -> Vec<Mutation> {
    // A step where another stands: what its case's last entry was then is its `prev`.
    let instead = |name, (kind, nth): (&str, usize), mut draft: Draft| {
        let (index, other) = copies.ledger.nth(kind, nth);
        draft.prev = last(&copies.ledger.state_at(index), draft.kind, &draft.body);
        draft.time = other.time;
        Mutation { name, rule: Rule::CaseStep, index, bytes: draft.seal() }
    };
    vec![
        copies.copy("filed twice", Rule::Prev, ("case.filed", 1), |draft| {
            draft.body["case"] = json!(numbered(51));
        }),
        copies.body("filed twice, going on from the first", Rule::Identifier, ("case.filed", 1), |body| {
            body["case"] = json!(numbered(51));
        }),
        copies.body("a type that is issued without a case", Rule::Process, FILED, |body| {
            body["type"] = json!("shop");
        }),
        copies.body("a version that is not there", Rule::Type, FILED, |body| body["version"] = json!(2)),
        copies.body("outside the region of every power", Rule::Power, FILED, |body| {
            body["region"] = json!("330200");
        }),
        copies.body("filed with who has no power", Rule::Power, FILED, |body| {
            body["department"] = json!(FIRES);
        }),
        copies.body("a case that nobody filed", Rule::Case, ACCEPTED, |body| {
            body["case"] = json!(numbered(99));
        }),
        instead("accepted twice", ("case.examined", 0), acted("case.accepted", 51, "officer-1", json!({}))),
        instead("supplied where nothing was asked", ACCEPTED, copies.ledger.nth("case.supplied", 0).1),
        instead("decided before it was examined", EXAMINED, copies.ledger.nth("case.decided", 0).1),
        instead("delivered before the issue", ISSUED, copies.ledger.nth("case.delivered", 0).1),
        copies.body("rated twice", Rule::CaseStep, ("case.rated", 1), |body| {
            body["case"] = json!(numbered(51));
        }),
        copies.copy("rated 6", Rule::Schema, ("case.rated", 0), |draft| draft.body["level"] = json!(6)),
        copies.copy("rated 0", Rule::Schema, ("case.rated", 0), |draft| draft.body["level"] = json!(0)),
        copies.body("rectified where the rating was good", Rule::CaseStep, ("case.rectified", 0), |body| {
            body["case"] = json!(numbered(51));
        }),
        copies.body("withdrawn after the end", Rule::CaseStep, ("case.withdrawn", 0), |body| {
            body["case"] = json!(numbered(54));
        }),
        copies.body("a promise checked of a case without one", Rule::CaseStep, ("case.checked", 0), |body| {
            body["case"] = json!(numbered(51));
        }),
        copies.body(
            "decided to grant what was issued before",
            Rule::Identifier,
            ("case.decided", 1),
            |body| {
                body["licence"]["handle"] = json!(handle(11));
            },
        ),
    ]
}

fn people(copies: &Copies<'_>) -> Vec<Mutation> {
    vec![
        copies.copy("accepted by nobody", Rule::Approvals, ACCEPTED, |draft| draft.approvers.clear()),
        copies.copy("accepted by a signer", Rule::Approvals, ACCEPTED, |draft| {
            draft.approvers = vec!["officer-3"];
        }),
        copies.copy("accepted by two", Rule::Approvals, ACCEPTED, |draft| {
            draft.approvers = vec!["officer-1", "officer-5"];
        }),
        copies.copy("accepted by a registrar", Rule::Approvals, ACCEPTED, |draft| {
            draft.approvers = vec!["registrar-1"];
        }),
        copies.copy("accepted by an officer of another department", Rule::Approvals, ACCEPTED, |draft| {
            draft.approvers = vec!["officer-4"];
        }),
        copies.copy("accepted elsewhere", Rule::ApprovalSignature, ACCEPTED, |draft| {
            draft.statement_origin = "ledger.example/another";
        }),
        copies.copy("accepted before it was supplied", Rule::ApprovalSignature, ACCEPTED, |draft| {
            draft.statement_prev = Some(digest("an earlier step"));
        }),
        copies.copy("accepted too late", Rule::NotAfter, ACCEPTED, |draft| {
            draft.body["not_after"] = json!("2026-11-22T06:00:00.123Z");
        }),
        copies.copy("examined by who accepted", Rule::Separation, EXAMINED, |draft| {
            draft.approvers = vec!["officer-1"];
        }),
        copies.copy("decided by who examined", Rule::Separation, DECIDED, |draft| {
            draft.approvers = vec!["officer-2"];
        }),
        copies.copy("issued by who asked as examiner", Rule::Separation, ISSUED, |draft| {
            draft.approvers = vec!["officer-2", "officer-4"];
        }),
        copies.copy("checked by a signer", Rule::Approvals, ("case.checked", 0), |draft| {
            draft.approvers = vec!["officer-3"];
        }),
    ]
}

fn issues(copies: &Copies<'_>) -> Vec<Mutation> {
    vec![
        copies.body("issued without its case", Rule::Case, ISSUED, |body| {
            body.as_object_mut().unwrap().remove("case");
        }),
        copies.body("issued from a case of nobody", Rule::Case, ISSUED, |body| {
            body["case"]["handle"] = json!(numbered(99));
        }),
        copies.body("a later step of the case", Rule::Prev, ISSUED, |body| {
            body["case"]["prev"] = json!(digest("later"));
        }),
        copies.body("a changed digest", Rule::Draft, ISSUED, |body| {
            body["credential_digest"] = json!(digest("another credential"));
        }),
        copies.body("the draft of before", Rule::Draft, ("licence.issued", 1), |body| {
            body["handle"] = json!(handle(12));
        }),
        copies.body("another region", Rule::Case, ISSUED, |body| body["region"] = json!("330102")),
        copies.copy("one department missing", Rule::Approvals, ISSUED, |draft| {
            draft.approvers = vec!["officer-3"];
        }),
        copies.copy("two of one department", Rule::Approvals, ISSUED, |draft| {
            draft.approvers = vec!["officer-2", "officer-3"];
        }),
        copies.copy("an approval to spare", Rule::Approvals, ISSUED, |draft| {
            draft.approvers = vec!["officer-2", "officer-3", "officer-4"];
        }),
        copies.copy("the same officer twice", Rule::Approvals, ISSUED, |draft| {
            draft.arrange = |approvals| {
                let first = approvals[0].clone();
                approvals.push(first);
            };
        }),
        copies.copy("an approval of another draft", Rule::ApprovalSignature, ISSUED, |draft| {
            draft.statement_prev = Some(digest("another"));
        }),
    ]
}

/// 异议: of a standing licence of the department, and upheld only when that was acted upon.
fn corrections(copies: &Copies<'_>) -> Vec<Mutation> {
    let (objected, dismissed, upheld) = (("case.filed", 5), ("case.decided", 4), ("case.decided", 5));
    let one_more = objecting(58);
    let of = |licence: u8| {
        let mut draft = one_more.clone();
        draft.body["corrects"] = json!(handle(licence));
        copies.ledger.next(draft).seal()
    };
    let end = copies.ledger.entries.len();
    vec![
        copies.body("an objection to a licence of nobody", Rule::Licence, objected, |body| {
            body["corrects"] = json!(handle(99));
        }),
        Mutation {
            name: "an objection to what has ended",
            rule: Rule::Correction,
            index: end,
            bytes: of(13),
        },
        copies.copy("an objection that another department answers", Rule::Correction, objected, |draft| {
            draft.body["department"] = json!(FIRES);
            draft.signer = "registry-fires";
        }),
        copies.body("an objection about another region", Rule::Correction, objected, |body| {
            body["region"] = json!("330102");
        }),
        copies.body("an objection about another type", Rule::Correction, objected, |body| {
            body["type"] = json!("shop");
        }),
        copies.body("an objection about another version", Rule::Correction, objected, |body| {
            body["version"] = json!(2);
        }),
        copies.body("an objection that promises", Rule::Correction, objected, |body| {
            body["promise"] = json!(true);
        }),
        copies.body("an objection that is granted a licence", Rule::Correction, dismissed, |body| {
            body["licence"] = json!({"credential_digest": digest("credential 16"), "handle": handle(16)});
        }),
        copies.body("upheld with nothing done", Rule::Correction, dismissed, |body| {
            body["upheld"] = json!(true);
        }),
        copies.copy("upheld: false", Rule::Schema, upheld, |draft| draft.body["upheld"] = json!(false)),
        copies.body("upheld where nothing was objected to", Rule::Correction, ("case.decided", 3), |body| {
            body["upheld"] = json!(true);
        }),
        copies.copy("upheld by who examined", Rule::Separation, upheld, |draft| {
            draft.approvers = vec!["officer-2"];
        }),
    ]
}

/// With every key of the server, without a registrar's or an officer's.
fn hostile(copies: &Copies<'_>) -> Vec<Mutation> {
    let (index, _) = copies.ledger.nth("officer.left", 0);
    let ledger = copies.ledger;
    let after =
        |draft| Mutation { index: ledger.entries.len(), bytes: ledger.next(draft).seal(), ..MUTATION };
    let gone = acted("case.accepted", 55, "officer-1", json!({}));
    let mut old = grant(15, SHOPS, "food", 41);
    old["not_after"] = json!(NOT_AFTER);
    let old = json!({"grant": old, "standing": "valid", "trust": "A"});
    let old = Draft {
        approvers: vec!["officer-1", "officer-5"],
        ..Draft::new("licence.recorded", "registry-shops", old)
    };
    vec![
        copies.copy("an officer that the server introduces", Rule::Approvals, APPOINTED, |draft| {
            draft.approvers.clear();
        }),
        copies.copy("an officer that a registry key approves", Rule::Approvals, APPOINTED, |draft| {
            draft.approvers = vec!["registry", "registry-shops"];
        }),
        copies.copy("an issue that the server approves", Rule::Approvals, ISSUED, |draft| {
            draft.approvers = vec!["registry", "registry-shops"];
        }),
        copies.copy("an issue without approvals", Rule::Approvals, ISSUED, |draft| draft.approvers.clear()),
        Mutation {
            name: "an old act again",
            rule: Rule::Prev,
            index: index + 1,
            bytes: ledger.nth("officer.left", 0).1.seal(),
        },
        Mutation { name: "recorded round its process", rule: Rule::Process, ..after(old) },
        Mutation { name: "a step after the end", rule: Rule::CaseStep, ..after(gone) },
        Mutation {
            name: "a second licence from one case",
            rule: Rule::CaseStep,
            ..after(issue_from(ledger, 51, 14, 31))
        },
        copies.copy("filed by another department's key", Rule::NotYours, FILED, |draft| {
            draft.signer = "registry-fires";
        }),
    ]
}

const MUTATION: Mutation = Mutation { name: "", rule: Rule::Prev, index: 0, bytes: Vec::new() };
