//! Demands for proofs.

use serde_json::json;

use crate::http::kind::Kind;
use crate::http::openapi::operation::{Content, Operation, Who, dry_run, get, idempotency_key, post};

/// The rows.
pub fn operations() -> Vec<Operation> {
    vec![
        post("/v1/proof-demands", "demandProof")
            .says("提出证明需求", "State that a proof is demanded")
            .note(
                "By a department for itself, or by the operator for it. What a licence type attests that somebody may \
                 issue now is refused (`already-proved`), with `proved_by`, and counted in the ledger; the rest is \
                 recorded as a need. Nothing personal is asked for: name the matter and the proof, not whom they \
                 are about.",
            )
            .by(Who::Known)
            .with(dry_run())
            .with(idempotency_key())
            .takes(&[Content::Json("ProofDemand")])
            .answers(200, "A dry run: no licence proves it.", &[Content::Json("Need")])
            .answers(201, "Recorded.", &[Content::Json("Need")])
            .refuses(&[Kind::NotYours, Kind::AlreadyProved, Kind::IdempotencyConflict, Kind::InFlight])
            .refuses(&[Kind::UnknownField, Kind::InvalidClaim, Kind::NotReady]),
        get("/v1/proof-demands", "listNeeds")
            .says("查看证明需求", "The needs, oldest first")
            .note("For the operator and auditors.")
            .by(Who::Known)
            .query("after", "`next` of the page before.", json!({"type": "string", "pattern": "^n-[0-9a-f]{32}$"}))
            .answers(200, "A page.", &[Content::Json("NeedPage")])
            .leads(&["listNeeds"], "after", "/next")
            .refuses(&[Kind::NotYours, Kind::UnknownField, Kind::InvalidClaim]),
        get("/v1/proof-demands/statistics", "countProofDemands")
            .says("证明需求统计", "How many demands were refused as already proved, by type, and how many needs there are")
            .note("Refusals as the ledger counts them, hour by hour: those of the open hour come later.")
            .answers(200, "The counts.", &[Content::Json("DemandStatistics")])
            .refuses(&[Kind::UnknownField]),
    ]
}
