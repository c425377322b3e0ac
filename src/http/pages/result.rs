//! A report as a page: the verdict first, what to do, the licence, then each check; details folded away. Three
//! verdicts, told apart by word, sign and shape as well as by colour. Not here: any judgement.

use askama::Template;
use axum::response::Response;
use serde_json::Value;

use super::facts::{Fact, ending, fact, payload, recorded, term};
use super::frame::{Frame, Section, Visit};
use super::page;
use super::portal::Shown;
use super::wording::{When, number};
use crate::http::HttpState;
use crate::http::problem::Problem;
use crate::values::lang::Lang;
use crate::verification::{Check, Line, Outcome, Report, Verdict};

#[derive(Template)]
#[template(path = "result.html")]
struct Page<'a> {
    lang: Lang,
    frame: Frame,
    report: &'a Report,
    shown: &'a Shown,
    checked_at: When,
    at: Option<When>,
    /// As the report names it, where the ledger was looked at.
    ledger_size: Option<String>,
    class: &'static str,
    sign: &'static str,
    word: &'static str,
    checks: Vec<Row<'a>>,
    licence: Vec<Fact>,
    /// That it ends soon.
    ending: Option<String>,
    details: String,
}

/// One check.
struct Row<'a> {
    class: &'static str,
    sign: &'static str,
    result: &'static str,
    name: &'static str,
    line: &'a Line,
}

/// Shows a report on what was shown.
pub fn show(state: &HttpState, visit: &Visit, report: &Report, shown: &Shown) -> Result<Response, Problem> {
    let lang = visit.lang;
    let (class, sign, word) = match report.verdict {
        Verdict::Valid => ("valid", "✓", lang.choose("有效", "Valid")),
        Verdict::NotValid => ("not-valid", "✕", lang.choose("无效", "Not valid")),
        Verdict::CannotTell => ("cannot-tell", "?", lang.choose("无法判定", "Cannot tell")),
    };
    let checks = report.findings.iter().map(|line| row(lang, line)).collect();
    let details = serde_json::to_string_pretty(report).map_err(|error| Problem::fault(&error))?;
    let offset = state.authority.published().charter.offset();
    // Of what is judged as of another time, it does not matter.
    let now = report.verdict == Verdict::Valid && report.at == report.checked_at;
    let ending = report.licence.as_ref().filter(|_| now).and_then(|licence| {
        let last = licence.valid_until.as_ref()?.parse().ok();
        ending(state, lang, last, &licence.issuer.name)
    });
    let size = report.findings.iter().find_map(|line| line.basis.get("ledger_size")?.as_u64());
    page(&Page {
        lang,
        frame: Frame::new(state, visit, Some(Section::Verify)),
        report,
        shown,
        checked_at: When::time(lang, report.checked_at, offset),
        at: (report.at != report.checked_at).then(|| When::time(lang, report.at, offset)),
        ledger_size: size.map(number),
        class,
        sign,
        word,
        checks,
        licence: licence(state, lang, report),
        ending,
        details,
    })
}

fn row(lang: Lang, line: &Line) -> Row<'_> {
    let (class, sign, result) = match line.result {
        Outcome::Passed => ("valid", "✓", lang.choose("通过", "Passed")),
        Outcome::Failed => ("not-valid", "✕", lang.choose("未通过", "Failed")),
        Outcome::Unknown => ("cannot-tell", "?", lang.choose("无法查明", "Unknown")),
        Outcome::NotChecked => ("unasked", "–", lang.choose("未核验", "Not checked")),
    };
    let name = match line.check {
        Check::Signature => lang.choose("签名", "Signature"),
        Check::Issuer => lang.choose("签发部门", "Issuer"),
        Check::Power => lang.choose("签发权力", "Power"),
        Check::Ledger => lang.choose("账本记录", "Ledger"),
        Check::Validity => lang.choose("有效期", "Validity"),
        Check::Status => lang.choose("状态", "Status"),
        Check::Holder => lang.choose("持证人", "Holder"),
    };
    Row { class, sign, result, name, line }
}

fn licence(state: &HttpState, lang: Lang, report: &Report) -> Vec<Fact> {
    let Some(licence) = &report.licence else { return Vec::new() };
    let slug = licence.r#type.as_deref();
    let known = slug.and_then(|slug| state.authority.catalogue().find(slug));
    let name = known.map(|known| lang.choose(&known.name().zh, &known.name().en).clone());
    let mut facts = vec![
        fact(
            lang.choose("证照类型", "Licence type"),
            name.or_else(|| licence.r#type.clone()).unwrap_or_default(),
        ),
        fact(lang.choose("证照编号", "Licence number"), licence.licence_number.clone().unwrap_or_default()),
        fact(lang.choose("签发部门", "Issued by"), licence.issuer.name.clone()),
    ];
    let members = serde_json::Map::from_iter([
        ("holders".to_owned(), Value::Array(licence.holders.clone())),
        ("claims".to_owned(), Value::Object(licence.claims.clone())),
    ]);
    facts.extend(payload(lang, known.map(AsRef::as_ref), &members));
    facts.extend(term(lang, licence.valid_from.clone(), licence.valid_until.clone()));
    if let Some(told) = &licence.recorded {
        let trust = told.trust.as_deref().unwrap_or("?");
        facts.extend(recorded(state, lang, trust, told.issued_on.clone(), told.at));
    }
    facts
}
