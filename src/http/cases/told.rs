//! How cases are told as JSON. Not here: who may read what (the engine).

use serde_json::{Value, json};

use crate::authority::{Approvals, ShownCase, ShownCorrection, ShownLetter, Stepped, ToSign};
use crate::crypto::base64url;
use crate::http::facts;
use crate::http::licences::{entry, issued};
use crate::ledger::state::{CaseState, CaseStep, Due};

/// What is answered to a filing: also what the applicant is given. A dry run gives nothing.
pub fn filed(filed: &Stepped, dry_run: bool) -> Value {
    let mut value = stepped(filed);
    let Some(members) = value.as_object_mut() else { return value };
    if dry_run {
        members.insert("case".into(), Value::Null);
    }
    let tracked = filed.tracked.as_ref();
    members.insert("number".into(), json!(tracked.map(|tracked| tracked.track.number.as_str())));
    members.insert("code".into(), json!(tracked.map(|tracked| tracked.track.code.printed())));
    members.insert("rating_receipt".into(), json!(tracked.map(|tracked| &tracked.rating)));
    value
}

/// What is answered to a step.
pub fn stepped(stepped: &Stepped) -> Value {
    let seen = stepped.seen();
    let mut value = json!({
        "case": stepped.case.case.to_string(),
        "state": stepped.case.stage().as_str(),
        "entry": stepped.entry.map(|(index, leaf)| entry(index, leaf)),
        "receipt": stepped.receipt,
        "sign": stepped.sign.as_ref().map(sign),
        "sources": facts::sources(&seen),
        "flags": facts::flags(&seen),
    });
    if let (Some(licence), Some(members)) = (&stepped.issued, value.as_object_mut()) {
        members.insert("issued".into(), issued(licence, false));
    }
    value
}

fn sign(sign: &ToSign) -> Value {
    json!({
        "prepared": Some(&sign.prepared).filter(|prepared| !prepared.is_empty()),
        "kind": sign.kind.as_str(),
        "statement": base64url::encode(&sign.statement),
        "salt": sign.salt,
        "not_after": sign.not_after,
    })
}

/// A case as it is shown, in a list without steps and content.
pub fn shown(shown: &ShownCase, whole: bool) -> Value {
    let case = &shown.case;
    let mut value = json!({
        "case": case.case.to_string(),
        "number": shown.number.as_ref().map(|number| number.as_str()),
        "type": case.licence_type.as_str(),
        "version": case.version,
        "department": case.department.as_str(),
        "region": case.region.as_str(),
        "matter": case.matter.map(|matter| matter.to_string()),
        "promise": case.promise,
        "state": case.stage().as_str(),
        "filed": case.events.first().map(|event| event.time),
        "due": {
            "step": shown.step_due.map(due),
            "total": shown.total_due.map(due),
            "promise": shown.promise_due.map(due),
            "rectification": shown.rectification_due.map(due),
            "letters": shown.letters_due().map(due),
        },
        "letters": shown.letters.as_ref().map(|_| shown.waiting_letters().count()),
        "corrects": case.corrects().map(|licence| licence.to_string()),
        "licence": licence(case),
        "rescind": shown.rescind.map(|handle| handle.to_string()),
        "rating": case.rating().map(u64::from),
    });
    let Some(members) = value.as_object_mut().filter(|_| whole) else { return value };
    let steps = shown.steps.iter().map(|step| {
        json!({
            "step": step.event.step.as_str(), "time": step.event.time, "officer": step.event.step.officer().map(|officer| officer.to_string()),
            "outcome": outcome(step.event.step), "words": step.words, "entry": entry(step.event.index, step.leaf),
        })
    });
    members.insert("steps".into(), steps.collect());
    members.insert("application".into(), json!(shown.application));
    let letters = shown.letters.as_ref().map(|letters| letters.iter().map(letter).collect::<Vec<_>>());
    members.insert("correspondence".into(), json!(letters));
    members.insert("sources".into(), json!(shown.sources.as_ref().map(facts::sources)));
    members.insert("flags".into(), json!(shown.sources.as_ref().map(facts::flags)));
    members.insert("correction".into(), shown.correction.as_ref().map_or(Value::Null, correction));
    members.insert("approvals".into(), shown.approvals.as_ref().map_or(Value::Null, approvals));
    value
}

/// What an applicant wrote, and what was answered.
pub fn letter(shown: &ShownLetter) -> Value {
    let answer = shown.letter.answer.as_ref();
    json!({
        "letter": shown.number,
        "kind": shown.letter.kind.as_str(),
        "text": shown.letter.text,
        "written": shown.letter.written,
        "due": shown.due.map(due),
        "answer": answer.map(|answer| json!({"text": answer.text, "written": answer.written})),
    })
}

/// The licence that a case came to, or will.
fn licence(case: &CaseState) -> Option<String> {
    case.granted().map(|drafted| drafted.handle.to_string())
}

fn outcome(step: CaseStep) -> Option<&'static str> {
    use crate::ledger::body::{Opinion, Truth};
    match step {
        CaseStep::Examined(_, Opinion::Grant) => Some("grant"),
        CaseStep::Examined(_, Opinion::Refuse) => Some("refuse"),
        CaseStep::Decided(_, Some(_)) => Some("granted"),
        CaseStep::Decided(_, None) => Some("refused"),
        CaseStep::Upheld(_) => Some("upheld"),
        CaseStep::Dismissed(_) => Some("dismissed"),
        CaseStep::Checked(_, Truth::Kept) => Some("kept"),
        CaseStep::Checked(_, Truth::False) => Some("false"),
        _ => None,
    }
}

/// What a licence says beside what is said to be right.
fn correction(shown: &ShownCorrection) -> Value {
    let items = shown.items.iter().map(
        |item| json!({"pointer": item.pointer, "says": item.says, "correct": item.correct, "now": item.now}),
    );
    json!({
        "standing": shown.standing.as_str(),
        "replaced_by": shown.replaced_by.map(|licence| licence.to_string()),
        "items": items.collect::<Vec<_>>(),
    })
}

/// A promised day.
pub fn due(due: Due) -> Value {
    json!({"day": due.day, "working_days_left": due.left})
}

fn approvals(approvals: &Approvals) -> Value {
    let asked = approvals.asked.iter().map(|asked| {
        json!({
            "department": asked.department.as_str(), "officers": asked.officers,
            "given": asked.given.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    });
    let grant = approvals.draft.grant();
    json!({
        "asked": asked.collect::<Vec<_>>(),
        "decision": grant.credential_digest.to_string(),
        "credential": approvals.draft.signing_input(),
        "disclosures": approvals.draft.disclosures(),
        "licence_number": approvals.draft.licence_number().as_str(),
        "valid_from": grant.valid_from,
        "valid_until": grant.valid_until,
        "content": approvals.draft.payload(),
        "sign": sign(&approvals.sign),
    })
}
