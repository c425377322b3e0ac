//! The applicant's page of a case: where it stands in words, until when the next step was promised, what was asked and
//! decided, his letters with their answers, where to complain elsewhere, and once it is over its rating. What is refused
//! stays in its form, under what is wrong with it. Not here: who may see it (`track`).

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::frame::{Frame, Visit};
use super::page;
use super::powers::Duty;
use super::wording::day;
use crate::authority::{ShownCase, ShownLetter};
use crate::http::HttpState;
use crate::http::cases::responsibility;
use crate::http::problem::Problem;
use crate::http::track::Said;
use crate::ledger::state::{Due, Stage};
use crate::values::identifiers::Handle;
use crate::values::lang::Lang;
use crate::values::time::Time;

#[derive(Template)]
#[template(path = "track_form.html")]
struct CodeForm<'a> {
    lang: Lang,
    frame: Frame,
    number: &'a str,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "track.html")]
struct Course<'a> {
    lang: Lang,
    frame: Frame,
    number: &'a str,
    code: &'a str,
    name: String,
    department: String,
    stage: &'static str,
    asked: bool,
    rescind: Option<Handle>,
    due: Option<String>,
    steps: Vec<Step<'a>>,
    letters: Vec<Letter<'a>>,
    /// The number of the last letter.
    last_letter: u32,
    letter: Entered<'a>,
    duty: Option<Duty>,
    to_be_rated: bool,
    rating: Option<u64>,
    rate: Entered<'a>,
}

/// One step.
struct Step<'a> {
    day: String,
    what: &'static str,
    words: Option<&'a str>,
}

/// A letter and its answer.
struct Letter<'a> {
    day: String,
    what: &'static str,
    text: &'a str,
    answer: Option<(String, &'a str)>,
    /// Until when an answer is promised.
    due: Option<String>,
}

/// A form of the page: what was typed in that is refused, and why.
#[derive(Default)]
struct Entered<'a> {
    said: Option<&'a Value>,
    /// The last part of the pointer, and what is wrong there.
    wrong: Option<(&'a str, String)>,
}

/// What the fields of both forms are called in pointers.
const FIELDS: [&str; 4] = ["kind", "text", "receipt", "level"];

impl<'a> Entered<'a> {
    fn refused(said: &'a Value, problem: &'a Problem, lang: Lang) -> Self {
        let (_, detail, incident) = problem.told(lang);
        let told = match incident {
            Some(incident) => format!("{detail} {incident}"),
            None => detail.to_owned(),
        };
        let at = problem.pointer().and_then(|pointer| pointer.rsplit('/').next());
        Self { said: Some(said), wrong: Some((at.unwrap_or_default(), told)) }
    }

    /// What stood in a field.
    fn kept(&self, name: &str) -> &'a str {
        self.said.and_then(|said| said.get(name)).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether this level was chosen.
    fn chose(&self, level: u64) -> bool {
        self.said.and_then(|said| said.get("level")).and_then(Value::as_u64) == Some(level)
    }

    /// What is wrong at a field.
    fn wrong_at(&self, name: &str) -> Option<&str> {
        self.wrong.as_ref().filter(|(at, _)| *at == name).map(|(_, told)| told.as_str())
    }

    /// What is wrong at no field of its own.
    fn wrong_at_none(&self) -> Option<&str> {
        self.wrong.as_ref().filter(|(at, _)| !FIELDS.contains(at)).map(|(_, told)| told.as_str())
    }
}

/// Where the code is typed in; again under the status of a refusal, if number and code did not fit.
pub fn track_form(
    state: &HttpState,
    visit: &Visit,
    number: &str,
    refused: Option<StatusCode>,
) -> Result<Response, Problem> {
    let frame = Frame::new(state, visit, None);
    let mut response = page(&CodeForm { lang: visit.lang, frame, number, wrong: refused.is_some() })?;
    *response.status_mut() = refused.unwrap_or(StatusCode::OK);
    Ok(response)
}

/// Where a case stands; again under the status of a refusal, with what was said and refused in its form.
pub fn track(
    state: &HttpState,
    visit: &Visit,
    number: &str,
    code: &str,
    shown: &ShownCase,
    refused: Option<(&Said, &Problem)>,
) -> Result<Response, Problem> {
    let (lang, case) = (visit.lang, &shown.case);
    let known = state.authority.catalogue().latest(&case.licence_type);
    let name = known.map_or(case.licence_type.as_str(), |known| {
        lang.choose(known.name().zh.as_str(), known.name().en.as_str())
    });
    let published = state.authority.published();
    let held = published.charter.department(&case.department);
    let department = held.map(|held| lang.choose(&held.value.name.zh, &held.value.name.en).clone());
    let offset = published.charter.offset();
    let now = case.stage();
    let on = |time: Time| offset.map(|offset| day(lang, time.date(offset))).unwrap_or_default();
    let steps = shown.steps.iter().map(|one| Step {
        day: on(one.event.time),
        what: of(lang, one.event.step.names()),
        words: one.words.as_deref(),
    });
    let letters = shown.letters.iter().flatten().map(|one: &ShownLetter| Letter {
        day: on(one.letter.written),
        what: of(lang, one.letter.kind.names()),
        text: &one.letter.text,
        answer: one
            .letter
            .answer
            .as_ref()
            .map(|answer| (answer.written.map(on).unwrap_or_default(), answer.text.as_str())),
        due: one.due.map(|due| promised(lang, due)),
    });
    let (mut letter, mut rate) = (Entered::default(), Entered::default());
    match refused {
        Some((Said::Letter(said), problem)) => letter = Entered::refused(said, problem, lang),
        Some((Said::Rating(said), problem)) => rate = Entered::refused(said, problem, lang),
        None => {}
    }
    let mut response = page(&Course {
        lang,
        frame: Frame::new(state, visit, None),
        number,
        code,
        name: name.to_owned(),
        department: department.unwrap_or_else(|| case.department.to_string()),
        stage: of(lang, now.names()),
        asked: now == Stage::Asked,
        rescind: shown.rescind,
        due: shown.step_due.map(|due| promised(lang, due)),
        steps: steps.collect(),
        letters: letters.collect(),
        last_letter: shown.letters.iter().flatten().map(|one| one.number).max().unwrap_or(0),
        letter,
        duty: responsibility(state, shown)?.map(|responsibility| Duty::told(lang, responsibility)),
        to_be_rated: now == Stage::Delivered && case.rating().is_none(),
        rating: case.rating().map(u64::from),
        rate,
    })?;
    *response.status_mut() = refused.map_or(StatusCode::OK, |(_, problem)| problem.status());
    Ok(response)
}

fn of(lang: Lang, (zh, en): (&'static str, &'static str)) -> &'static str {
    lang.choose(zh, en)
}

/// A promised day, and how far away it is.
pub fn promised(lang: Lang, due: Due) -> String {
    let until = day(lang, due.day);
    let days = |count: i64| format!("{count} working {}", if count == 1 { "day" } else { "days" });
    match due.left {
        left if left < 0 => lang.choose(
            format!("{until}（已逾期 {} 个工作日）", -left),
            format!("{until} ({} late)", days(-left)),
        ),
        0 => lang.choose(format!("{until}（今天）"), format!("{until} (today)")),
        left => {
            lang.choose(format!("{until}（还有 {left} 个工作日）"), format!("{until} ({} left)", days(left)))
        }
    }
}
