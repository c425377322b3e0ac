//! Licences as their issuers see them: issue, find, show, act. Every rule is the engine's. Not here: batches, pickups.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::HttpState;
use super::answer::{json, ok, typed};
use super::kind::Kind;
use super::opening::Opening;
use super::problem::Problem;
use super::request::{self, Department, Params, Who, bad_parameter};
use crate::authority::caller::Caller;
use crate::authority::{ActWish, Acted, Answer, Failure, Filter, Issued, Patience, Shown, Thing, Verb, Wish};
use crate::crypto::Digest;
use crate::ledger::state::Granted;
use crate::values::identifiers::Handle;
use crate::values::standing::Standing;

/// `POST /v1/licences`: 201, or 200 for a dry run.
pub async fn issue(
    State(state): State<Arc<HttpState>>,
    Opening { caller: Department(department), key, dry_run, body }: Opening<Department>,
) -> Result<Response, Problem> {
    let body = body.json().await?;
    let wish = Wish {
        department: &department,
        body: &body,
        key: key.as_deref(),
        patience: Patience::Refuse,
        dry_run,
    };
    let answer = state.authority.issue(wish).await.map_err(|failure| refusal(&state, failure, &body))?;
    let status = if dry_run { StatusCode::OK } else { StatusCode::CREATED };
    Ok(json(status, &answered(&answer, false)))
}

/// Why nothing was issued, with the type that was asked for.
pub fn refusal(state: &HttpState, failure: Failure, body: &Value) -> Problem {
    let asked = body.get("type").and_then(Value::as_str);
    let known = asked.and_then(|asked| state.authority.catalogue().find(asked));
    Problem::from(failure).with_type(known.map(|known| known.slug().clone()))
}

/// What is answered to an issue request; brief is without credential and receipt.
pub fn answered(answer: &Answer, brief: bool) -> Value {
    match answer {
        Answer::Issued(licence) => issued(licence, brief),
        Answer::DryRun { licence_number, reference } => json!({
            "handle": null, "licence_number": licence_number.as_ref().map(ToString::to_string), "identifier": null,
            "reference": reference, "credential": null, "entry": null, "receipt": null, "status": null,
        }),
    }
}

/// A licence that was issued; brief is without credential and receipt.
pub fn issued(licence: &Issued, brief: bool) -> Value {
    let mut value = json!({
        "handle": licence.handle.to_string(),
        "licence_number": licence.licence_number.as_str(),
        "identifier": licence.identifier,
        "reference": licence.reference,
        "entry": entry(licence.index, licence.leaf),
        "status": {"uri": licence.status_uri, "index": licence.status.index},
    });
    if let (Granted::Recorded(trust), Some(members)) = (licence.granted, value.as_object_mut()) {
        let recorded = json!({"trust": trust.as_str(), "standing": licence.standing.as_str()});
        members.insert("recorded".into(), recorded);
    }
    if let (false, Some(members)) = (brief, value.as_object_mut()) {
        members.insert("credential".into(), json!(licence.credential));
        members.insert("receipt".into(), json!(licence.receipt));
    }
    value
}

/// Where an entry stands in the ledger.
pub fn entry(index: u64, leaf: Digest) -> Value {
    json!({"index": index, "leaf_hash": STANDARD.encode(leaf.0)})
}

/// `GET /v1/licences`: the department's own, oldest first.
pub async fn list(
    State(state): State<Arc<HttpState>>,
    Department(department): Department,
    mut params: Params,
) -> Result<Response, Problem> {
    let filter = Filter {
        licence_number: params.text("licence_number"),
        reference: params.text("reference"),
        holder_code: params.text("holder_code"),
        standing: params.text("standing").map(|text| standing(&text)).transpose()?,
        ends_before: params.day("ends_before")?,
        after: params.parsed("after")?,
        content: params.flag("content")?,
    };
    params.finish()?;
    let page = state.authority.own_licences(&department, &filter)?;
    let items: Vec<Value> = page.items.iter().map(|licence| shown(&state, licence, false)).collect();
    Ok(ok(&json!({"items": items, "next": page.next.map(|handle| handle.to_string())})))
}

fn standing(text: &str) -> Result<Standing, Problem> {
    let words: Vec<&str> = Standing::ALL.iter().map(|standing| standing.as_str()).collect();
    let found = Standing::ALL.into_iter().find(|standing| standing.as_str() == text);
    let (zh, en) =
        (format!("只能是:{}。", words.join("、")), format!("Must be one of {}.", words.join(", ")));
    found.ok_or_else(|| bad_parameter("standing", &zh, &en))
}

/// `GET /v1/licences/{handle}`: for its issuer, and without the payload for an auditor.
pub async fn show(
    State(state): State<Arc<HttpState>>,
    Who(caller): Who,
    Path(handle): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let caller = caller.ok_or_else(request::no_token)?;
    params.finish()?;
    let issuer = match &caller {
        Caller::Department { code, .. } => Some(code),
        Caller::Auditor => None,
        Caller::Operator => {
            let en = "Licences are for their issuers and for auditors.";
            return Err(Problem::new(Kind::NotYours, "证照仅供签发部门与审计查看。", en));
        }
    };
    let licence = state.authority.licence(issuer, &parse(&handle)?)?;
    Ok(ok(&shown(&state, &licence, true)))
}

fn shown(state: &HttpState, shown: &Shown, with_history: bool) -> Value {
    let licence = &shown.licence;
    let uri = format!("{}/status/{}", state.base_url(), licence.status.list);
    let mut value = json!({
        "handle": licence.handle.to_string(),
        "type": licence.licence_type.as_str(),
        "version": licence.version,
        "licence_number": shown.licence_number,
        "identifier": shown.identifier,
        "reference": shown.reference,
        "verification_code": shown.verification_code,
        "issuer": licence.department.as_str(),
        "region": licence.region.as_str(),
        "valid_from": licence.valid_from,
        "valid_until": licence.valid_until,
        "standing": licence.standing().as_str(),
        "expired": shown.expired,
        "erased": licence.erased,
        "replaces": licence.replaces.map(|handle| handle.to_string()),
        "replaced_by": licence.replaced_by.map(|handle| handle.to_string()),
        "entry": licence.first().map(|event| event.index),
        "status": {"uri": uri, "index": licence.status.index},
    });
    let Some(members) = value.as_object_mut() else { return value };
    if let Some(recorded) = &shown.recorded {
        let mut recorded = recorded.clone();
        recorded.insert("at".into(), json!(licence.first().map(|event| event.time)));
        members.insert("recorded".into(), Value::Object(recorded));
    }
    members.extend(shown.content.clone().into_iter().flatten());
    if with_history {
        members.extend(shown.sources.clone().map(|sources| ("sources".to_owned(), sources)));
        let history = shown.events.iter().map(|event| {
            json!({
                "entry": entry(event.index, event.leaf), "time": event.time, "standing": event.standing.as_str(),
                "reason": event.reason, "receipt": event.receipt,
            })
        });
        members.insert("history".into(), history.collect());
    }
    value
}

/// `GET /v1/licences/{handle}/credential`.
pub async fn credential(
    State(state): State<Arc<HttpState>>,
    Department(department): Department,
    Path(handle): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let credential = state.authority.credential(&department, &parse(&handle)?)?;
    Ok(typed(StatusCode::OK, "application/dc+sd-jwt", credential))
}

/// `GET /v1/licences/{handle}/opening`: for its issuer, who opens it to an inspector.
pub async fn opening(
    State(state): State<Arc<HttpState>>,
    Department(department): Department,
    Path(handle): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let opening = state.authority.open_licence(&department, &parse(&handle)?)?;
    Ok(ok(&json!(opening)))
}

/// Writes the four routes of acts.
macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident $verb:ident;)+) => {$(
        $(#[$doc])*
        pub async fn $name(
            state: State<Arc<HttpState>>,
            handle: Path<String>,
            opening: Opening<Department>,
        ) -> Result<Response, Problem> {
            act(Verb::$verb, state, handle, opening).await
        }
    )+};
}

acts! {
    /// `POST /v1/licences/{handle}/suspend`: 暂扣.
    suspend Suspend;
    /// `POST /v1/licences/{handle}/reinstate`: 恢复.
    reinstate Reinstate;
    /// `POST /v1/licences/{handle}/end`: any of the five endings.
    end End;
    /// `POST /v1/licences/{handle}/replace`: by a new licence.
    replace Replace;
}

async fn act(
    verb: Verb,
    State(state): State<Arc<HttpState>>,
    Path(handle): Path<String>,
    Opening { caller: Department(department), key, dry_run, body }: Opening<Department>,
) -> Result<Response, Problem> {
    let handle = parse(&handle)?;
    let about = |problem: Problem| problem.with_type(state.authority.type_of(&handle));
    let body = body.json().await.map_err(about)?;
    let wish =
        ActWish { department: &department, handle: &handle, verb, body: &body, key: key.as_deref(), dry_run };
    let acted = state.authority.act(wish).await.map_err(|failure| about(failure.into()))?;
    Ok(ok(&acted_on(&acted, verb)))
}

fn acted_on(acted: &Acted, verb: Verb) -> Value {
    let mut value = json!({
        "handle": acted.handle.to_string(),
        "standing": acted.standing.as_str(),
        "entry": acted.entry.map(|(index, leaf)| entry(index, leaf)),
        "receipt": acted.receipt,
    });
    if let (Verb::Replace, Some(members)) = (verb, value.as_object_mut()) {
        members.insert("issued".into(), json!(acted.issued.as_deref().map(|licence| issued(licence, false))));
    }
    value
}

/// A handle in a path; what is none is not found.
pub fn parse(handle: &str) -> Result<Handle, Problem> {
    handle.parse().map_err(|_| Problem::not_found(Thing::Licence))
}
