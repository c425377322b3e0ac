//! Cases, for the departments that have to do with them, and for whoever rates one.

use serde_json::json;

use crate::http::kind::Kind;
use crate::http::openapi::operation::{
    Content, Operation, Who, dry_run, get, idempotency_key, named, post, text,
};

/// What can be done about a case.
const ABOUT_ONE: [&str; 14] = [
    "showCase",
    "answerLetter",
    "acceptCase",
    "askCase",
    "supplyCase",
    "examineCase",
    "decideCase",
    "approveCase",
    "issueCase",
    "deliverCase",
    "withdrawCase",
    "checkCase",
    "rectifyCase",
    "rateCase",
];

/// What a step can be refused for.
const STEP: [Kind; 6] = [
    Kind::IdempotencyConflict,
    Kind::InFlight,
    Kind::IllegalTransition,
    Kind::NotReady,
    Kind::Outdated,
    Kind::Erased,
];
/// What one that an officer takes can be refused for too.
const ACT: [Kind; 3] = [Kind::Separation, Kind::NotOfficer, Kind::ApprovalSignature];
/// What an applicant sees.
const FOLLOWED: [Content; 2] =
    [Content::Either("CaseWhole", "MatterApplication"), Content::Text("text/html")];
/// What a licence can be refused for.
const LICENCE: [Kind; 7] = [
    Kind::NoPower,
    Kind::UnknownType,
    Kind::CheckDigit,
    Kind::Validity,
    Kind::CaseRequired,
    Kind::Unproved,
    Kind::Contradiction,
];

/// The rows.
pub fn operations() -> Vec<Operation> {
    vec![
        post("/v1/cases", "fileCase")
            .says("申请", "File a case")
            .note(
                "For a type that has a process, or with `corrects` against a licence of any type (异议), which its issuer \
                 answers. With `replaces` what is granted takes the place of another licence. Number, code and rating \
                 receipt are the applicant's and are answered here alone. What a valid licence proves may be left \
                 out, and is filled in.",
            )
            .by(Who::Department)
            .with(dry_run())
            .with(idempotency_key())
            .takes(&[Content::Json("CaseRequest")])
            .answers(200, "A dry run: every check passed.", &[Content::Json("CaseFiled")])
            .answers(201, "Filed.", &[Content::Json("CaseFiled")])
            .leads(&ABOUT_ONE, "case", "/case")
            .refuses(&STEP)
            .refuses(&LICENCE)
            .refuses(&[Kind::PromiseBarred, Kind::NotFound]),
        get("/v1/cases", "listCases")
            .says("查找办件", "Find cases")
            .note("Those that a department leads or approves, by where they stand, oldest first.")
            .by(Who::Department)
            .query("state", "Where they stand.", named("CaseState"))
            .query("due_before", "Of what is due on this day or before it.", json!({"type": "string", "format": "date"}))
            .query(
                "waiting",
                "With letters to answer, or a licence to rescind.",
                json!({"type": "string", "enum": ["letters", "rescission"]}),
            )
            .query("after", "`next` of the page before.", text())
            .answers(200, "A page.", &[Content::Json("CasePage")])
            .leads(&ABOUT_ONE, "case", "/items/0/case")
            .leads(&["listCases"], "after", "/next")
            .refuses(&[Kind::NotFound, Kind::NotReady]),
        case(get("/v1/cases/{case}", "showCase"))
            .says("查看办件", "Show a case")
            .note("With everything to decide it; for an auditor without words and application.")
            .by(Who::Known)
            .answers(200, "The case.", &[Content::Json("CaseWhole")])
            .refuses(&[Kind::NotYours, Kind::UnknownField, Kind::Erased, Kind::NotReady]),
        case(post("/v1/cases/{case}/answers", "answerLetter"))
            .says("答复来信", "Answer a letter of the applicant's")
            .note("Once. It is promised within five working days; the applicant reads it where he follows the case.")
            .by(Who::Department)
            .with(dry_run())
            .with(idempotency_key())
            .takes(&[Content::Json("LetterAnswer")])
            .answers(200, "Answered.", &[Content::Json("Letter")])
            .refuses(&[Kind::IdempotencyConflict, Kind::InFlight, Kind::IllegalTransition, Kind::NotReady])
            .refuses(&[Kind::UnknownField, Kind::InvalidClaim, Kind::NotYours]),
        officer("/v1/cases/{case}/accept", "acceptCase", "AcceptStep").says("受理", "Accept or decline"),
        officer("/v1/cases/{case}/ask", "askCase", "AskStep")
            .says("要求补正", "Ask for what is missing")
            .note("The clock stops until it is supplied."),
        step("/v1/cases/{case}/supply", "supplyCase", "SupplyStep")
            .says("补正", "Supply what was asked for")
            .refuses(&LICENCE)
            .refuses(&[Kind::PromiseBarred]),
        officer("/v1/cases/{case}/examine", "examineCase", "ExamineStep")
            .says("审查", "Examine")
            .note("By another than who accepted."),
        officer("/v1/cases/{case}/decide", "decideCase", "DecideStep")
            .says("决定", "Decide")
            .note(
                "By another than who examined. What is granted is fixed whole, before anybody signs; an objection is \
                 upheld only once the licence was acted upon.",
            )
            .refuses(&LICENCE)
            .refuses(&[Kind::PromiseBarred]),
        case(post("/v1/cases/{case}/approvals", "approveCase"))
            .says("审批", "Approve what was decided")
            .note("By signers of the departments that the process names, in any order.")
            .by(Who::Department)
            .with(dry_run())
            .takes(&[Content::Json("ApprovalGiven")])
            .answers(200, "Taken.", &[Content::Json("CaseStepped")])
            .refuses(&STEP)
            .refuses(&ACT),
        step("/v1/cases/{case}/issue", "issueCase", "EmptyStep")
            .says("签发", "Issue")
            .note("Once all have approved whom the process asks.")
            .refuses(&LICENCE)
            .refuses(&[Kind::ApprovalsMissing, Kind::Separation, Kind::NotOfficer, Kind::ApprovalSignature])
            .refuses(&[Kind::PromiseBarred]),
        step("/v1/cases/{case}/deliver", "deliverCase", "EmptyStep").says("送达", "Deliver the outcome"),
        step("/v1/cases/{case}/withdraw", "withdrawCase", "WithdrawStep")
            .says("撤回申请", "Withdraw the application"),
        officer("/v1/cases/{case}/check", "checkCase", "CheckStep")
            .says("承诺核查", "Check what was promised")
            .note("What was not true calls for the act `rescinded` on the licence."),
        officer("/v1/cases/{case}/rectify", "rectifyCase", "RectifyStep")
            .says("整改", "See to what a bad rating calls for"),
        case(post("/v1/cases/{case}/rating", "rateCase"))
            .says("评价", "Rate a case")
            .note("Once, by whoever holds the receipt.")
            .with(dry_run())
            .takes(&[Content::Json("RatingRequest")])
            .answers(200, "Rated.", &[Content::Json("CaseStepped")])
            .refuses(&[Kind::WrongCode, Kind::IllegalTransition, Kind::NotReady, Kind::Outdated]),
        get("/track/{number}", "openTrack")
            .says("办件查询页面", "Follow a case or a matter with the code in the address, or show the form for it")
            .note("Prefer POST: a code in an address stays in histories.")
            .part("number", "As given at filing.", text())
            .query("code", "The code.", text())
            .answers(200, "The case or the application, or the form.", &FOLLOWED)
            .refuses(&[Kind::NotFound, Kind::Erased, Kind::NotReady]),
        post("/track/{number}", "followCase")
            .says("凭码查询办件", "Follow a case or a matter with its code")
            .note(
                "With `letter` the applicant asks or complains; the department answers within five working days. A form is \
                 taken too: those of the page, one of which can also rate.",
            )
            .part("number", "As given at filing.", text())
            .takes(&[Content::Json("TrackCode")])
            .answers(200, "The case, or the application.", &FOLLOWED)
            .refuses(&[Kind::NotFound, Kind::Erased, Kind::NotReady, Kind::UnknownField, Kind::InvalidClaim])
            .refuses(&[Kind::WrongCode, Kind::IllegalTransition, Kind::TooManyLetters]),
    ]
}

/// A row about one case.
fn case(row: Operation) -> Operation {
    row.part("case", "The case.", json!({"type": "string", "format": "uuid"})).refuses(&[Kind::NotFound])
}

/// The row of a step that the department takes.
fn step(path: &'static str, id: &'static str, body: &'static str) -> Operation {
    case(post(path, id))
        .by(Who::Department)
        .with(dry_run())
        .with(idempotency_key())
        .takes(&[Content::Json(body)])
        .answers(200, "Entered; for a dry run, as it would be.", &[Content::Json("CaseStepped")])
        .refuses(&STEP)
}

/// The row of a step that an officer takes: prepared first, then signed.
fn officer(path: &'static str, id: &'static str, body: &'static str) -> Operation {
    step(path, id, body).refuses(&ACT)
}
