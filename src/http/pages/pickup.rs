//! The holder's pages: where the code is typed in, and the licence to download and to print. Not here: tries.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::facts::{Fact, ending, fact, payload, recorded, term};
use super::frame::{Frame, Visit};
use super::page;
use super::qr::{Drawing, draw};
use crate::authority::Collected;
use crate::http::HttpState;
use crate::http::problem::Problem;
use crate::ledger::state::Granted;
use crate::values::lang::Lang;

#[derive(Template)]
#[template(path = "pickup_form.html")]
struct CodeForm<'a> {
    lang: Lang,
    frame: Frame,
    id: &'a str,
    wrong: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "pickup.html")]
struct Printable<'a> {
    lang: Lang,
    frame: Frame,
    id: &'a str,
    code: &'a str,
    name: &'a str,
    standing: &'a str,
    in_force: bool,
    /// That it ends soon.
    ending: Option<String>,
    facts: Vec<Fact>,
    verification_code: String,
    address: &'a str,
    drawing: Option<Drawing>,
}

/// Where the code is typed in; again under the status of a refusal, with what was wrong.
pub fn pickup_form(
    state: &HttpState,
    visit: &Visit,
    id: &str,
    refused: Option<&Problem>,
) -> Result<Response, Problem> {
    let frame = Frame::new(state, visit, None);
    let wrong = refused.map(|problem| problem.told(visit.lang).1);
    let mut response = page(&CodeForm { lang: visit.lang, frame, id, wrong })?;
    *response.status_mut() = refused.map_or(StatusCode::OK, Problem::status);
    Ok(response)
}

/// The licence, to download and to print.
pub fn pickup(
    state: &HttpState,
    visit: &Visit,
    id: &str,
    code: &str,
    collected: &Collected,
) -> Result<Response, Problem> {
    let lang = visit.lang;
    let licence = &collected.licence;
    let known = state.authority.catalogue().latest(&licence.licence_type);
    let name = known.map_or(licence.licence_type.as_str(), |known| {
        lang.choose(known.name().zh.as_str(), known.name().en.as_str())
    });
    let published = state.authority.published();
    let department = published.charter.department(&licence.department);
    let issuer = department.map(|held| lang.choose(&held.value.name.zh, &held.value.name.en).clone());
    let issuer = issuer.unwrap_or_else(|| licence.department.to_string());
    let mut facts = vec![
        fact(lang.choose("证照编号", "Licence number"), collected.draft.licence_number.to_string()),
        fact(lang.choose("签发部门", "Issued by"), issuer.clone()),
    ];
    facts.extend(payload(lang, known.map(AsRef::as_ref), &collected.draft.payload));
    let until = licence.valid_until.map(|until| until.to_string());
    facts.extend(term(lang, Some(licence.valid_from.to_string()), until));
    if let Granted::Recorded(trust) = licence.granted {
        let kept = collected.draft.payload.get("recorded").and_then(|kept| kept.get("issued_on"));
        let issued_on = kept.and_then(Value::as_str).map(str::to_owned);
        let at = licence.first().map(|event| event.time);
        facts.extend(recorded(state, lang, trust.as_str(), issued_on, at));
    }
    let standing = licence.standing();
    let in_force = standing.is_open() && standing.status_value() == 0;
    page(&Printable {
        lang,
        frame: Frame::new(state, visit, None),
        id,
        code,
        name,
        standing: lang.choose(standing.zh(), standing.as_str()),
        in_force,
        ending: ending(state, lang, licence.valid_until.filter(|_| in_force), &issuer),
        facts,
        verification_code: collected.draft.verification_code.printed(),
        address: &collected.verification_address,
        drawing: draw(&collected.verification_address),
    })
}
