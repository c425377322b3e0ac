//! The applicant's page of an application for a matter: each licence with where it stands, by whom, until when, and the
//! way to its own case. Not here: who may see it (`track`), and what a matter asks (`matters`).

use askama::Template;
use axum::response::Response;

use super::frame::{Frame, Visit};
use super::page;
use super::track::promised;
use super::wording::day;
use crate::authority::{PartState, ShownMatter, ShownPart};
use crate::http::HttpState;
use crate::http::matters::ALL;
use crate::http::problem::Problem;
use crate::ledger::state::Stage;
use crate::values::identifiers::Slug;
use crate::values::lang::Lang;

#[derive(Template)]
#[template(path = "track_matter.html")]
struct Progress<'a> {
    lang: Lang,
    frame: Frame,
    number: &'a str,
    code: &'a str,
    name: String,
    parts: Vec<Listed>,
    prefilled: Vec<(String, String)>,
    over: usize,
    /// Whether it was just taken, and the code is given to the applicant.
    handed_out: bool,
    /// Why what was asked for last was not done.
    refused: Option<String>,
    /// Whether any of it waits, or is a case that may still be withdrawn.
    to_withdraw: bool,
    /// What names all of it in the form.
    all: &'static str,
}

/// One licence.
struct Listed {
    name: String,
    department: Option<String>,
    stage: &'static str,
    due: Option<String>,
    waits_for: Option<String>,
    /// When it ended, and why, where it did before anything was entered.
    ended: Option<(String, Option<String>)>,
    /// The slug of a part that can be withdrawn.
    waits: Option<String>,
    /// Number, code and rating receipt of its case.
    case: Option<(String, String, String)>,
}

/// An application that was just taken at a window: with what its applicant is given.
pub fn handed_out(state: &HttpState, visit: &Visit, taken: &ShownMatter) -> Result<Response, Problem> {
    let number = taken.number.as_ref().map(ToString::to_string).unwrap_or_default();
    let code = taken.code.as_ref().map(|code| code.printed()).unwrap_or_default();
    progress(state, visit, &number, &code, taken, None, true)
}

/// How far an application has come, and why what was asked for last is refused.
pub fn track_matter(
    state: &HttpState,
    visit: &Visit,
    number: &str,
    code: &str,
    shown: &ShownMatter,
    refused: Option<&Problem>,
) -> Result<Response, Problem> {
    let Some(problem) = refused else { return progress(state, visit, number, code, shown, None, false) };
    let (_, detail, incident) = problem.told(visit.lang);
    let why = incident.map_or_else(|| detail.to_owned(), |incident| format!("{detail} {incident}"));
    let mut response = progress(state, visit, number, code, shown, Some(why), false)?;
    *response.status_mut() = problem.status();
    Ok(response)
}

fn progress(
    state: &HttpState,
    visit: &Visit,
    number: &str,
    code: &str,
    shown: &ShownMatter,
    refused: Option<String>,
    handed_out: bool,
) -> Result<Response, Problem> {
    let lang = visit.lang;
    let name = shown.rules.as_ref().map(|rules| lang.choose(&rules.name().zh, &rules.name().en).clone());
    let label = |slug: &Slug| {
        let question = shown.rules.as_ref().and_then(|rules| rules.question(slug.as_str()));
        question.map(|question| lang.choose(&question.label.zh, &question.label.en).clone())
    };
    let prefilled = shown
        .prefilled
        .iter()
        .filter_map(|one| Some((label(&one.question)?, type_name(state, lang, &one.licence_type))));
    page(&Progress {
        lang,
        frame: Frame::new(state, visit, None),
        number,
        code,
        name: name.unwrap_or_else(|| shown.slug.to_string()),
        parts: shown.parts.iter().map(|part| listed(state, lang, part)).collect(),
        prefilled: prefilled.collect(),
        handed_out,
        refused,
        all: ALL,
        to_withdraw: shown.parts.iter().any(is_open),
        over: shown.parts.iter().filter(|part| is_there(part)).count(),
    })
}

/// Whether withdrawing all of an application ends a part.
fn is_open(part: &ShownPart) -> bool {
    part.state == PartState::Waiting
        || part.case.as_ref().is_some_and(|case| Stage::OPEN.contains(&case.case.stage()))
}

fn is_there(part: &ShownPart) -> bool {
    matches!(part.state, PartState::Held | PartState::Issued)
}

fn listed(state: &HttpState, lang: Lang, part: &ShownPart) -> Listed {
    let published = state.authority.published();
    let held = part.department.as_ref().and_then(|code| published.charter.department(code));
    let case = part.case.as_ref();
    let (zh, en) = match case {
        Some(case) => case.case.stage().names(),
        None => part.state.names(),
    };
    let offset = published.charter.offset();
    let ended = part.ended.as_ref().map(|ended| {
        let on = offset.map(|offset| day(lang, ended.at.date(offset))).unwrap_or_default();
        let with = ended.with.as_ref().map(|slug| {
            let first = type_name(state, lang, slug);
            lang.choose(
                format!("须先取得的{first}不会取得"),
                format!("it comes after: {first}, which will not come"),
            )
        });
        (on, ended.reason.clone().or(with))
    });
    let names: Vec<String> = part.waits_for.iter().map(|slug| type_name(state, lang, slug)).collect();
    Listed {
        name: type_name(state, lang, &part.licence_type),
        department: held.map(|held| lang.choose(&held.value.name.zh, &held.value.name.en).clone()),
        stage: lang.choose(zh, en),
        due: case.and_then(|case| case.step_due).map(|due| promised(lang, due)),
        waits_for: (!names.is_empty()).then(|| names.join(lang.choose("、", ", "))),
        ended,
        waits: (part.state == PartState::Waiting).then(|| part.licence_type.to_string()),
        case: part.tracked.as_ref().map(|tracked| {
            let track = &tracked.track;
            (track.number.to_string(), track.code.printed(), tracked.rating.clone())
        }),
    }
}

/// What a type is called.
pub fn type_name(state: &HttpState, lang: Lang, slug: &Slug) -> String {
    let known = state.authority.catalogue().latest(slug);
    known.map_or_else(|| slug.to_string(), |known| lang.choose(&known.name().zh, &known.name().en).clone())
}
