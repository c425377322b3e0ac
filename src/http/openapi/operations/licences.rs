//! Licences, for the departments that issue them.

use serde_json::json;

use crate::http::kind::Kind;
use crate::http::openapi::operation::{
    Content, Operation, Who, dry_run, flag, get, idempotency_key, named, post, text,
};

/// What an issue request can be refused for.
const ISSUE: [Kind; 12] = [
    Kind::NoPower,
    Kind::IdempotencyConflict,
    Kind::InFlight,
    Kind::UnknownField,
    Kind::UnknownType,
    Kind::CaseRequired,
    Kind::InvalidClaim,
    Kind::CheckDigit,
    Kind::Validity,
    Kind::Unproved,
    Kind::Contradiction,
    Kind::NotReady,
];

/// What can be asked about a licence and done to it.
const ABOUT_ONE: [&str; 8] = [
    "showLicence",
    "showCredential",
    "proveStanding",
    "suspendLicence",
    "reinstateLicence",
    "endLicence",
    "replaceLicence",
    "makePickup",
];

/// The rows.
pub fn operations() -> Vec<Operation> {
    vec![
        post("/v1/licences", "issueLicence")
            .says("签发一份证照", "Issue one licence")
            .note("Entered in the ledger first, then signed. A dry run answers 200 with nulls.")
            .by(Who::Department)
            .with(dry_run())
            .with(idempotency_key())
            .takes(&[Content::Json("IssueRequest")])
            .answers(200, "A dry run: every check passed.", &[Content::Json("IssueChecked")])
            .answers(201, "Issued.", &[Content::Json("Issued")])
            .leads(&ABOUT_ONE, "handle", "/handle")
            .refuses(&ISSUE),
        get("/v1/licences", "listLicences")
            .says("查找本部门的证照", "Find own licences")
            .by(Who::Department)
            .query("licence_number", "As printed.", text())
            .query("reference", "The department's record id.", text())
            .query("holder_code", "A holder's code.", text())
            .query("standing", "The standing now.", named("Standing"))
            .query(
                "ends_before",
                "Not over yet, with a last day that is this one or before it; valid ones, unless another standing is asked for.",
                json!({"type": "string", "format": "date"}),
            )
            .query("after", "`next` of the page before.", named("Handle"))
            .with(flag("content", "Shows holders and claims too."))
            .answers(200, "A page, oldest first.", &[Content::Json("LicencePage")])
            .leads(&ABOUT_ONE, "handle", "/items/0/handle")
            .leads(&["listLicences"], "after", "/next")
            .refuses(&[Kind::NotReady]),
        post("/v1/licences/batch", "issueLicences")
            .says("批量签发", "Issue many licences")
            .note(
                "One issue request a line, at most 64 KiB each and any number of them; one answer a line, in the same \
                 order, while the request is still being sent. A bad line never stops the rest. A line's `key`, or \
                 the Idempotency-Key with the number of the line, makes it safe to send again.",
            )
            .by(Who::Department)
            .with(flag("brief", "Leaves credential and receipt out."))
            .with(dry_run())
            .with(idempotency_key())
            .takes_lines("IssueRequest")
            .answers(200, "A result a line.", &[Content::Lines("IssuedLine")]),
        licence(get("/v1/licences/{handle}", "showLicence"))
            .says("查看证照", "Show a licence with its history")
            .note("For its issuer; for an auditor without what was printed and why.")
            .by(Who::Known)
            .answers(200, "The licence.", &[Content::Json("LicenceWithHistory")])
            .refuses(&[Kind::NotYours, Kind::UnknownField]),
        licence(get("/v1/licences/{handle}/credential", "showCredential"))
            .says("再次取得凭证", "The credential again")
            .by(Who::Department)
            .answers(200, "SD-JWT VC with all disclosures.", &[Content::Text("application/dc+sd-jwt")])
            .refuses(&[Kind::Erased, Kind::UnknownField]),
        licence(get("/v1/licences/{handle}/opening", "openLicence"))
            .says("开示证照内容", "Open a licence to an inspector")
            .note("Payload, salt and credential: what the entry holds digests of. A spot check of the ledger asks for it.")
            .by(Who::Department)
            .answers(200, "What was committed to.", &[Content::Json("Opening")])
            .refuses(&[Kind::Erased, Kind::UnknownField]),
        licence(get("/v1/licences/{handle}/standing-proof", "proveStanding"))
            .says("状态证明", "Prove how a licence stood")
            .note(
                "For everybody. One file that needs nothing but the ledger's verifier key to be checked (`vidimus ledger standing`, or by \
                 `schemas/standing-proof.md`): how the licence stood at every time before the newest anchor's end, and so that it was not \
                 revoked by then. States are anchored every 4,096 entries.",
            )
            .by(Who::Anyone)
            .query("at", "A time that the proof must tell of; not later than now.", named("Time"))
            .answers(200, "The proof.", &[Content::Text("text/plain")])
            .refuses(&[Kind::NoStandingProof, Kind::NotReady, Kind::Validity]),
        act("/v1/licences/{handle}/suspend", "suspendLicence", "ActRequest")
            .says("暂扣", "Suspend")
            .answers(200, "Suspended.", &[Content::Json("Acted")]),
        act("/v1/licences/{handle}/reinstate", "reinstateLicence", "ActRequest")
            .says("恢复", "Reinstate")
            .answers(200, "Valid again.", &[Content::Json("Acted")]),
        act("/v1/licences/{handle}/end", "endLicence", "EndRequest")
            .says("终止", "End")
            .note("By one of five acts, each with its own effect on the past: law 0, section 9.")
            .answers(200, "Ended.", &[Content::Json("Acted")]),
        act("/v1/licences/{handle}/replace", "replaceLicence", "ReplaceRequest")
            .says("换发", "Replace by a new licence")
            .note("Ends the one and issues the other in one entry.")
            .answers(200, "Replaced.", &[Content::Json("Replaced")])
            .leads(&ABOUT_ONE, "handle", "/issued/handle")
            .refuses(&[Kind::NoPower, Kind::UnknownType, Kind::CheckDigit, Kind::Validity, Kind::Erased])
            .refuses(&[Kind::CaseRequired, Kind::Unproved, Kind::Contradiction]),
        licence(post("/v1/licences/{handle}/pickup", "makePickup"))
            .says("生成领取码", "Make a pickup for the holder")
            .note("An address and, apart from it, a code; open for three days and five wrong codes. Needs no body.")
            .by(Who::Department)
            .with(dry_run())
            .with(idempotency_key())
            .answers(200, "A dry run: a pickup could be made.", &[Content::Json("PickupChecked")])
            .answers(201, "Made.", &[Content::Json("Pickup")])
            .leads(&["openPickup", "collectPickup"], "id", "/pickup")
            .refuses(&[Kind::Erased, Kind::TooLarge, Kind::NotReady]),
    ]
}

/// A row about one licence.
fn licence(row: Operation) -> Operation {
    row.part("handle", "The licence's handle.", json!({"type": "string", "format": "uuid"}))
        .refuses(&[Kind::NotFound])
}

/// The row of an act.
fn act(path: &'static str, id: &'static str, body: &'static str) -> Operation {
    licence(post(path, id))
        .by(Who::Department)
        .with(dry_run())
        .with(idempotency_key())
        .takes(&[Content::Json(body)])
        .refuses(&[Kind::IdempotencyConflict, Kind::InFlight, Kind::IllegalTransition, Kind::NotReady])
}
