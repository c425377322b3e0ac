//! Verifying, for everybody.

use serde_json::json;

use crate::http::kind::Kind;
use crate::http::openapi::operation::{Content, Operation, Who, flag, get, post};

/// The rows.
pub fn operations() -> Vec<Operation> {
    vec![
        post("/v1/verifications", "verify")
            .says("核验", "Verify evidence")
            .note(
                "Evidence in a question, a download file as it is, or the credential as the body under its own media \
                 type. Without a token an address has a budget of computing, and of wrong numbers and codes.",
            )
            .by(Who::Anyone)
            .takes(&[
                Content::Json("VerificationRequest"),
                Content::Text("application/dc+sd-jwt"),
                Content::Text("application/vc+sd-jwt"),
                Content::Text("text/plain"),
                Content::Bytes("application/pdf"),
                Content::Bytes("application/octet-stream"),
            ])
            .answers(200, "The evidence could be read; the report says the rest.", &[Content::Json("Report")])
            .leads(&["showReport"], "report", "/report")
            .refuses(&[
                Kind::UnknownField,
                Kind::InvalidClaim,
                Kind::CheckDigit,
                Kind::Validity,
                Kind::UnreadableEvidence,
                Kind::NotReady,
            ]),
        post("/v1/verifications/batch", "verifyMany")
            .says("批量核验", "Verify many")
            .note(
                "One question a line, at most 64 KiB each; without a token 1 MiB in all. One answer a line, in the \
                 same order. If a line asks for a signature the last line is one, over all reports.",
            )
            .by(Who::Anyone)
            .with(flag("brief", "Of each report its number, verdict, reason and what did not pass."))
            .takes_lines("VerificationRequest")
            .answers(200, "A report or a problem a line.", &[Content::Lines("ReportLine")]),
        get("/v1/reports/{report}", "showReport")
            .says("调取核验报告", "A kept report")
            .note("For whoever asked to keep it.")
            .by(Who::Known)
            .part("report", "Its number.", json!({"type": "string", "pattern": "^R-[0-9a-f]{32}$"}))
            .answers(200, "The report as it was given.", &[Content::Json("Report")])
            .refuses(&[Kind::NotFound, Kind::UnknownField]),
    ]
}
