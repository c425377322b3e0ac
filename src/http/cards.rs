//! Cards (黄牌、红牌): for everybody to see, and what supervisors do about them. Every rule is the engine's and the law's. Not here: why
//! a card was raised (`supervision`).

use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::HttpState;
use super::answer::{json, ok};
use super::opening::Opening;
use super::problem::Problem;
use super::request::{Department, Params, bad_parameter};
use crate::authority::{CardStepped, CardToSign, CardVerb, CardWish, Published, Thing};
use crate::crypto::base64url;
use crate::ledger::body::CardNumber;
use crate::ledger::state::{CardEvent, CardState, CardStep};
use crate::supervision::Rules;
use crate::values::identifiers::CreditCode;

/// `GET /v1/cards`: all of them in their order, those of one department, or those that are not released.
pub async fn list(State(state): State<Arc<HttpState>>, mut params: Params) -> Result<Response, Problem> {
    let after: Option<CardNumber> = params.parsed("after")?;
    let (department, open) = (params.text("department"), params.text("open"));
    params.finish()?;
    let open = match open.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(bad_parameter("open", "只能是 true 或 false。", "Must be true or false.")),
    };
    let published = state.authority.published();
    let of = department.map(|name| called(&published, &name)).transpose()?;
    let page = state.authority.cards(after, of.as_ref(), open)?;
    let items: Vec<Value> = page.items.iter().map(|card| told(&published, card)).collect();
    Ok(ok(&json!({"items": items, "next": page.next})))
}

/// `GET /v1/cards/{card}`.
pub async fn show(
    State(state): State<Arc<HttpState>>,
    Path(card): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let card = state.authority.card(number(&card)?)?;
    Ok(ok(&told(&state.authority.published(), &card)))
}

/// Writes the routes of steps.
macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident $verb:expr;)+) => {$(
        $(#[$doc])*
        pub async fn $name(
            state: State<Arc<HttpState>>,
            card: Path<String>,
            opening: Opening<Department>,
        ) -> Result<Response, Problem> {
            step($verb, state, card, opening).await
        }
    )+};
}

steps! {
    /// `POST /v1/cards/{card}/order`: 督办.
    order CardVerb::Order;
    /// `POST /v1/cards/{card}/answer`: what its department did.
    answer CardVerb::Answer;
    /// `POST /v1/cards/{card}/release`: 解除.
    release CardVerb::Release;
}

async fn step(
    verb: CardVerb,
    State(state): State<Arc<HttpState>>,
    Path(card): Path<String>,
    Opening { caller: Department(department), dry_run, body, .. }: Opening<Department>,
) -> Result<Response, Problem> {
    let card = number(&card)?;
    let body = body.json().await?;
    let wish = CardWish { department: &department, card, body: &body, dry_run };
    let CardStepped { card, sign, entry } = state.authority.card_step(verb, wish).await?;
    let told = told(&state.authority.published(), &card);
    let status = if entry.is_some() && !dry_run { StatusCode::CREATED } else { StatusCode::OK };
    let sign = sign.map(|CardToSign { kind, statement, not_after }| {
        json!({"kind": kind.as_str(), "statement": base64url::encode(&statement), "not_after": not_after})
    });
    Ok(json(status, &json!({"card": told, "sign": sign, "entry": entry, "dry_run": dry_run})))
}

fn number(text: &str) -> Result<CardNumber, Problem> {
    let number = text.parse().ok().filter(|number: &CardNumber| number.to_string() == text);
    number.ok_or_else(|| Problem::not_found(Thing::Card))
}

/// The department that is called so, by slug or credit code.
fn called(published: &Published, name: &str) -> Result<CreditCode, Problem> {
    let mut departments = published.charter.departments().map(|held| &held.value);
    let found = departments.find(|own| own.slug.as_str() == name || own.code.as_str() == name);
    found.map(|own| own.code.clone()).ok_or_else(|| Problem::not_found(Thing::Department))
}

/// What rules are called. Those of the ledger may have other figures; the names are for whoever reads.
static NAMED: LazyLock<Option<Rules>> = LazyLock::new(|| Rules::built_in().ok());

/// A card as it is shown.
pub(super) fn told(published: &Published, card: &CardState) -> Value {
    let charter = &published.charter;
    let rule = NAMED
        .as_ref()
        .and_then(|rules| rules.told().iter().find(|told| told.rule.as_str() == card.rule.as_str()));
    let department = charter.department(&card.department);
    json!({
        "card": card.card,
        "rule": card.rule,
        "name": rule.map(|told| &told.name),
        "family": rule.map(|told| told.family),
        "colour": card.colour,
        "about": card.about,
        "at": card.at,
        "department": department.map(|held| held.value.slug.as_str()),
        "department_code": card.department,
        "stops": card.stopped().is_some(),
        "state": card.step().as_str(),
        "due": due(published, card),
        "steps": card.events.iter().map(stepped).collect::<Vec<_>>(),
    })
}

/// The last day of an answer that is waited for.
fn due(published: &Published, card: &CardState) -> Option<Value> {
    let event = card.events.last()?;
    let CardStep::Ordered(_, within) = event.step else { return None };
    let ordered = event.time.date(published.charter.offset()?);
    Some(json!(published.charter.working_days_after(ordered, within)?))
}

fn stepped(event: &CardEvent) -> Value {
    let mut value = json!({"step": event.step.as_str(), "entry": event.index, "time": event.time});
    let more = match event.step {
        CardStep::Ordered(_, within) => Some(("within", json!(within))),
        CardStep::Answered(_, outcome) => Some(("outcome", json!(outcome))),
        CardStep::Raised | CardStep::Released(_) => None,
    };
    if let Some(members) = value.as_object_mut() {
        members.extend(event.step.officer().map(|officer| ("officer".to_owned(), json!(officer))));
        members.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    value
}
