//! Demands for proofs, as departments state them: what a licence proves is refused, the rest recorded as a need, which
//! the operator and auditors read; how many of each, everybody. Not here: which type a text names, and what is kept (`authority::needs`).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::HttpState;
use super::answer::{json, ok};
use super::kind::Kind;
use super::problem::Problem;
use super::request::{self, Key, Params, Who};
use crate::authority::caller::Caller;
use crate::authority::{DemandStatistics, Need, ShownNeed};

/// `POST /v1/proof-demands`: 201, or 200 for a dry run; 409 where a licence proves it.
pub async fn demand(
    State(state): State<Arc<HttpState>>,
    Who(caller): Who,
    Key(key): Key,
    mut params: Params,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let caller = caller.ok_or_else(request::no_token)?;
    let dry_run = params.flag("dry_run")?;
    params.finish()?;
    let body = request::json(&headers, body).await?;
    let recorded = state.authority.demand_proof(&caller, &body, key.as_deref(), dry_run)?;
    let status = if dry_run { StatusCode::OK } else { StatusCode::CREATED };
    Ok(json(status, &need(&state, &recorded)))
}

/// `GET /v1/proof-demands?after=`: the needs, oldest first.
pub async fn needs(
    State(state): State<Arc<HttpState>>,
    Who(caller): Who,
    mut params: Params,
) -> Result<Response, Problem> {
    match caller.ok_or_else(request::no_token)? {
        Caller::Operator | Caller::Auditor => {}
        Caller::Department { .. } => {
            let en = "What departments demand is for the operator and auditors to read.";
            return Err(Problem::new(Kind::NotYours, "各部门的证明需求仅供运维与审计查看。", en));
        }
    }
    let after = params.parsed("after")?;
    params.finish()?;
    let page = state.authority.needs(after)?;
    let items: Vec<Value> = page.items.iter().map(|item| need(&state, item)).collect();
    Ok(ok(&json!({"items": items, "next": page.next})))
}

/// `GET /v1/proof-demands/statistics`: what was demanded though a licence proves it, by type, and how much is not proved
/// yet. For everybody.
pub async fn statistics(State(state): State<Arc<HttpState>>, params: Params) -> Result<Response, Problem> {
    params.finish()?;
    let DemandStatistics { refused, from, until, needs } = state.authority.demand_statistics()?;
    let total: u64 = refused.values().sum();
    let items = refused.iter().map(|(slug, count)| {
        let known = slug.as_ref().and_then(|slug| state.authority.catalogue().latest(slug));
        let name = known.map(|known| json!({"zh": known.name().zh, "en": known.name().en}));
        json!({"type": slug, "name": name, "refused": count})
    });
    Ok(ok(&json!({
        "items": items.collect::<Vec<_>>(), "refused": total, "needs": needs, "from": from, "until": until,
    })))
}

fn need(state: &HttpState, ShownNeed { id, need }: &ShownNeed) -> Value {
    let Need { department, matter, proof, recorded_at } = need;
    let published = state.authority.published();
    let slug = published.charter.department(department).map(|held| held.value.slug.to_string());
    json!({
        "need": id, "department": slug, "department_code": department, "matter": matter, "proof": proof,
        "recorded_at": id.map(|_| recorded_at),
    })
}
