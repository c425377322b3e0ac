//! The portal, and what an operator and a program ask of the service itself.

use crate::http::kind::Kind;
use crate::http::openapi::operation::{Content, Operation, get, text};

/// The rows.
pub fn operations() -> Vec<Operation> {
    vec![
        get("/", "openPortal")
            .says("门户", "The portal, a page for people")
            .note("With `n` and `c`, as a printed QR has them, the result of verifying that number and code.")
            .query("n", "A licence number.", text())
            .query("c", "Its verification code.", text())
            .answers(200, "A page in the preferred language.", &[Content::Text("text/html")])
            .refuses(&[Kind::CheckDigit, Kind::UnreadableEvidence, Kind::NotReady]),
        get("/healthz", "alive").says("存活", "Alive").answers(200, "`ok`.", &[Content::Text("text/plain")]),
        get("/readyz", "ready")
            .says("就绪", "Ready")
            .answers(200, "Ready.", &[Content::Json("Readiness")])
            .answers(503, "Something stops writing now.", &[Content::Json("Readiness")]),
        get("/metrics", "metrics").says("指标", "Numbers for Prometheus").answers(
            200,
            "Text exposition format.",
            &[Content::Text("text/plain")],
        ),
        get("/openapi.json", "describe").says("接口描述", "This document").answers(
            200,
            "OpenAPI 3.1.",
            &[Content::Json("Description")],
        ),
        get("/problems/{slug}", "explainProblem")
            .says("问题说明", "What a kind of problem means, and what to do")
            .part(
                "slug",
                "The last part of `type`.",
                serde_json::json!({"type": "string", "example": "check-digit"}),
            )
            .answers(200, "The kind.", &[Content::Json("ProblemKind"), Content::Text("text/html")])
            .refuses(&[Kind::NotFound]),
    ]
}
