//! Matters: one application for several licences.

use serde_json::json;

use crate::http::kind::Kind;
use crate::http::openapi::operation::{Content, Operation, Who, dry_run, get, idempotency_key, post, text};

/// What can be done about one application.
const ABOUT_ONE: [&str; 4] = ["showMatter", "withdrawMatter", "supplyPart", "declinePart"];
/// What a step can be refused for: by the type, by the power, by the certificate.
const STEP: [Kind; 12] = [
    Kind::UnknownField,
    Kind::InvalidClaim,
    Kind::CheckDigit,
    Kind::Validity,
    Kind::UnknownType,
    Kind::CaseRequired,
    Kind::NoPower,
    Kind::IllegalTransition,
    Kind::IdempotencyConflict,
    Kind::InFlight,
    Kind::Outdated,
    Kind::NotReady,
];

/// What the end of a part can be refused for.
const END: [Kind; 6] = [
    Kind::UnknownField,
    Kind::InvalidClaim,
    Kind::IllegalTransition,
    Kind::NotYours,
    Kind::InFlight,
    Kind::NotReady,
];

/// The rows.
pub fn operations() -> Vec<Operation> {
    vec![
        get("/v1/matters", "listMatters")
            .says("一件事清单", "What can be applied for at once")
            .note("Which licences each matter takes, in which order, and its one form: each question with the schema of its answer.")
            .answers(200, "Every matter.", &[Content::Json("MatterList")])
            .refuses(&[Kind::UnknownField]),
        post("/v1/matters", "applyForMatter")
            .says("一件事申请", "Apply for everything that a matter takes")
            .note(
                "What valid licences of the holder prove (same name, same code) is filled in and locked; a type that the \
                 holder has is not applied for again, unless the matter says so. The rest becomes cases, is issued at once \
                 where the caller's department may, or waits for the department that may. Everything is checked before \
                 anything is entered. **To draw the form, ask with `dry_run=true` and whatever answers there are, `{}` at \
                 first**: the answer tells in `unanswered` what is still open, each with whether it is required, and in \
                 `prefilled` what is not asked, so nothing has to be guessed. Without `dry_run` required questions that \
                 are open are refused (`unanswered`). Number, code and rating receipts are the applicant's, and are \
                 answered here and at `/track/{number}` alone. The same key goes on from wherever the first request broke off.",
            )
            .by(Who::Department)
            .with(dry_run())
            .with(idempotency_key())
            .takes(&[Content::Json("MatterRequest")])
            .answers(200, "A dry run: the form so far, and every check passed.", &[Content::Json("MatterApplication")])
            .answers(201, "Taken.", &[Content::Json("MatterApplication")])
            .leads(&ABOUT_ONE, "matter", "/matter")
            .refuses(&STEP)
            .refuses(&[Kind::Unanswered, Kind::ProvedOtherwise]),
        get("/v1/matters/waiting", "listWaitingMatters")
            .says("待本部门办理", "Applications with a part that waits for the department")
            .note("With what is applied for, oldest first.")
            .by(Who::Department)
            .query("after", "`next` of the page before.", json!({"type": "string", "format": "uuid"}))
            .answers(200, "A page.", &[Content::Json("MatterPage")])
            .leads(&ABOUT_ONE, "matter", "/items/0/matter")
            .leads(&["listWaitingMatters"], "after", "/next")
            .refuses(&[Kind::UnknownField, Kind::InvalidClaim, Kind::NotReady]),
        one(get("/v1/matters/{matter}", "showMatter"))
            .says("查看进度", "How far an application has come")
            .note("For the department that took it and those that issue its parts; for an auditor without content.")
            .by(Who::Known)
            .answers(200, "The application.", &[Content::Json("MatterApplication")])
            .refuses(&[Kind::NotYours, Kind::UnknownField, Kind::NotReady]),
        one(post("/v1/matters/{matter}/licences/{type}", "supplyPart"))
            .says("办理其中一项", "Take the next step of a part that waits")
            .note(
                "Its department issues what was applied for, and adds what only it knows; of a part with a process, the \
                 case is filed. Whatever waited for it goes on in the same call. A part is issued once: the same request \
                 again is answered again, with another body it is refused.",
            )
            .part("type", "The part: slug or type code.", text())
            .by(Who::Department)
            .with(dry_run())
            .with(idempotency_key())
            .takes(&[Content::Json("PartStep")])
            .answers(200, "The application as it is then; for a dry run, as it is.", &[Content::Json("MatterApplication")])
            .refuses(&STEP)
            .refuses(&[Kind::NotYours]),
        one(post("/v1/matters/{matter}/withdraw", "withdrawMatter"))
            .says("撤回", "The applicant wants it no more, or one part of it")
            .note(
                "By the department that took it; the applicant does it himself at `/track/{number}`. A part that waits is \
                 withdrawn, with whatever comes after it and is not to be had otherwise, and nothing of what was applied \
                 for is kept. Withdrawn whole, its cases are withdrawn too, as far as they still can be; a single case is \
                 withdrawn by its own department. What is issued stays.",
            )
            .by(Who::Department)
            .with(dry_run())
            .with(idempotency_key())
            .takes(&[Content::Json("MatterWithdrawal")])
            .answers(200, "The application as it is then; for a dry run, as it is.", &[Content::Json("MatterApplication")])
            .refuses(&END),
        one(post("/v1/matters/{matter}/licences/{type}/decline", "declinePart"))
            .says("不予办理其中一项", "Do not take a part up that waits")
            .note(
                "By the department that would have to do it, with a reason that the applicant reads. Nothing of what was \
                 applied for is kept; what comes after the part, and is not to be had otherwise, ends with it.",
            )
            .part("type", "The part: slug or type code.", text())
            .by(Who::Department)
            .with(dry_run())
            .with(idempotency_key())
            .takes(&[Content::Json("PartDecline")])
            .answers(200, "The application as it is then; for a dry run, as it is.", &[Content::Json("MatterApplication")])
            .refuses(&END),
    ]
}

/// A row about one application.
fn one(row: Operation) -> Operation {
    row.part("matter", "The application.", json!({"type": "string", "format": "uuid"}))
        .refuses(&[Kind::NotFound])
}
