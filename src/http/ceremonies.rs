//! What only the operator asks for: ceremonies and the list of keys. Every rule is the engine's, and who may introduce
//! anything is the registrars' to say: the operator's token alone enters nothing where their keys lie elsewhere.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::HttpState;
use super::answer::{json, ok};
use super::kind::Kind;
use super::opening::Opening;
use super::operator::Operator;
use super::problem::Problem;
use super::request::Params;
use crate::authority::{About, CeremonyId, ShownCeremony, ShownKey, Signed, Statement, Thing};

/// `POST /v1/operator/ceremonies`: 201, or 200 for a dry run.
pub async fn begin(
    State(state): State<Arc<HttpState>>,
    Opening { key, dry_run, body, .. }: Opening<Operator>,
) -> Result<Response, Problem> {
    let body = body.json().await?;
    let status = if dry_run { StatusCode::OK } else { StatusCode::CREATED };
    let shown = state.authority.begin_ceremony(&body, key.as_deref(), dry_run).await?;
    Ok(json(status, &answered(&state, &shown)?))
}

/// `POST /v1/operator/ceremonies/{id}/approvals`: one registrar's signatures.
pub async fn approve(
    State(state): State<Arc<HttpState>>,
    Path(id): Path<String>,
    // Signing twice is signing once, so a key has nothing to add; it may be given all the same.
    Opening { dry_run, body, .. }: Opening<Operator>,
) -> Result<Response, Problem> {
    let id = parse(&id)?;
    let body = body.json().await?;
    let signed: Signed = serde_json::from_value(body).map_err(|error| {
        let zh = format!("应为 `vidimus registrar sign` 写出的批准文件({error})。");
        let en = format!("Must be an approval as `vidimus registrar sign` writes it ({error}).");
        Problem::new(Kind::InvalidClaim, zh, en).at("")
    })?;
    let shown = state.authority.approve_ceremony(id, signed, dry_run).await?;
    Ok(ok(&answered(&state, &shown)?))
}

/// `GET /v1/operator/ceremonies`: those that are not over.
pub async fn list(
    State(state): State<Arc<HttpState>>,
    _: Operator,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let items: Vec<Value> = state.authority.ceremonies()?.iter().map(ceremony).collect();
    Ok(ok(&json!({"items": items, "next": null})))
}

/// `GET /v1/operator/ceremonies/{id}`: over or not.
pub async fn show(
    State(state): State<Arc<HttpState>>,
    _: Operator,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    Ok(ok(&ceremony(&state.authority.ceremony(parse(&id)?)?)))
}

/// `DELETE /v1/operator/ceremonies/{id}`: one of which nothing is entered.
pub async fn drop_one(
    State(state): State<Arc<HttpState>>,
    _: Operator,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    state.authority.drop_ceremony(parse(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /v1/operator/keys`: every key of the ledger.
pub async fn keys(
    State(state): State<Arc<HttpState>>,
    _: Operator,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let items: Vec<Value> = state.authority.keys()?.iter().map(key).collect();
    Ok(ok(&json!({"items": items, "next": null})))
}

/// A name in a path; what is none is not found.
fn parse(id: &str) -> Result<CeremonyId, Problem> {
    id.parse().map_err(|_| Problem::not_found(Thing::Ceremony))
}

/// The ceremony, and the first token of a department that it has just entered.
fn answered(state: &HttpState, shown: &ShownCeremony) -> Result<Value, Problem> {
    let mut value = ceremony(shown);
    if let About::Department { department, code } = &shown.about
        && shown.is_done()
    {
        let made = state.tokens.first_of(department, code, state.clock.now());
        let made = made.map_err(|error| Problem::fault(&error))?;
        if let Some(members) = value.as_object_mut() {
            members.insert("token_file".into(), json!(made));
        }
    }
    Ok(value)
}

fn ceremony(shown: &ShownCeremony) -> Value {
    let statements = shown.statements.iter().flat_map(|all| &all.statements);
    let entries = shown.entries.iter().map(|entry| {
        entry.map(|(index, leaf)| json!({"index": index, "leaf_hash": STANDARD.encode(leaf.0)}))
    });
    let statements: Vec<Value> = statements
        .zip(entries)
        .map(|(statement, entry)| {
            let Statement { kind, sign, basis } = statement;
            json!({"kind": kind, "sign": sign, "basis": basis, "entry": entry})
        })
        .collect();
    json!({
        "ceremony": shown.id,
        "about": shown.about,
        "done": shown.is_done(),
        "begun": shown.begun,
        "not_after": shown.not_after,
        "quorum": shown.quorum,
        "approved_by": shown.approved_by,
        "approvals_prove": if shown.form_only { "form" } else { "people" },
        "origin": shown.statements.as_ref().map(|all| &all.origin),
        "statements": statements,
    })
}

fn key(shown: &ShownKey) -> Value {
    json!({
        "key": shown.id,
        "purpose": shown.purpose,
        "owner": shown.owner,
        "department": shown.department,
        "state": shown.state.as_str(),
        "since": {"index": shown.since.index, "time": shown.since.time},
        "until": shown.until.map(|until| json!({"index": until.index, "time": until.time})),
        "certificate_ends": shown.certificate_ends,
        "held": shown.held,
    })
}
