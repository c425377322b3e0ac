//! 权力清单: which department may issue which type, where, on what basis, from when until when, and who answers for it
//! (责任清单); as it stood at the end of a day, narrowed by department, type or text. A form by GET, so that an answer has an address. Not here: which
//! powers those are (`http::catalogue`).

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::{Frame, Section, Visit};
use super::wording::When;
use super::{Link, page};
use crate::authority::Published;
use crate::catalogue::Responsibility;
use crate::http::HttpState;
use crate::http::catalogue::{basis, in_force};
use crate::http::problem::Problem;
use crate::http::request::{Params, bad_parameter};
use crate::ledger::body::PowerGranted;
use crate::ledger::state::Held;
use crate::values::identifiers::Slug;
use crate::values::lang::Lang;
use crate::values::time::{Date, Time, UtcOffset};

#[derive(Template)]
#[template(path = "powers.html")]
struct Page<'a> {
    lang: Lang,
    frame: Frame,
    asked: Asked,
    /// Why the day cannot be answered for, if so.
    wrong: Option<String>,
    /// The last day that can be asked for.
    today: String,
    departments: Vec<(&'a str, &'a str)>,
    types: Vec<(&'a str, &'a str)>,
    /// Until when the list was looked at.
    until: When,
    powers: Vec<Granted>,
}

/// What the form holds, given back as it came.
struct Asked {
    at: String,
    department: String,
    licence_type: String,
    text: String,
}

/// A power as pages show it.
pub struct Granted {
    /// Its id.
    pub power: String,
    /// Who may issue.
    pub department: Link,
    /// What.
    pub licence_type: Link,
    /// Where: the code of GB/T 2260.
    pub region: String,
    /// The region's name, where the ledger knows it: it is the authority's own.
    pub region_name: Option<String>,
    /// Which of the four levels it is.
    pub level: &'static str,
    /// On what legal basis.
    pub basis: String,
    /// Who answers for it, where that was said.
    pub duty: Option<Duty>,
    /// First day.
    pub from: When,
    /// Last day.
    pub until: Option<When>,
    /// The entry.
    pub index: u64,
}

/// Who answers for a power, in one language.
pub struct Duty {
    /// The office on duty.
    pub office: String,
    /// In what time it is done.
    pub promised: String,
    /// Where to complain.
    pub complaints: String,
}

impl Duty {
    /// What was said of it, in this language.
    pub fn told(lang: Lang, responsibility: Responsibility) -> Self {
        let Responsibility { office, promised, complaints } = responsibility;
        Self {
            office: lang.choose(office.zh, office.en),
            promised: promised.text(lang),
            complaints: lang.choose(complaints.zh, complaints.en),
        }
    }
}

/// `GET /{lang}/powers?at=&department=&type=&q=`.
pub async fn list(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    mut params: Params,
) -> Result<Response, Problem> {
    let mut text = |name| params.text(name).unwrap_or_default().trim().to_owned();
    let asked =
        Asked { at: text("at"), department: text("department"), licence_type: text("type"), text: text("q") };
    params.finish()?;
    let lang = visit.lang;
    let now = state.clock.now();
    let published = state.authority.published();
    let offset = published.charter.offset().unwrap_or(UtcOffset::UTC);
    let (at, wrong) = match looked_at(&asked.at, now, offset) {
        Ok(at) => (at, None),
        Err(problem) => (now, Some(problem)),
    };
    let mut powers = Vec::new();
    for held in published.charter.powers_at(at).filter(|_| wrong.is_none()) {
        let granted = granted(&state, &published, lang, held)?;
        if asked.wants(&published, held, &granted) {
            powers.push(granted);
        }
    }
    // As they were entered: what was granted together stands together.
    powers.sort_by_key(|granted| granted.index);
    let departments = published.charter.departments().map(|held| {
        let name = &held.value.name;
        (held.value.slug.as_str(), lang.choose(name.zh.as_str(), name.en.as_str()))
    });
    let types = in_force(&state, &published).into_iter().map(|licence_type| {
        let name = licence_type.name();
        (licence_type.slug().as_str(), lang.choose(name.zh.as_str(), name.en.as_str()))
    });
    let status = wrong.as_ref().map_or(StatusCode::OK, Problem::status);
    let mut response = page(&Page {
        lang,
        frame: Frame::new(&state, &visit, Some(Section::Powers)),
        wrong: wrong.map(|problem| problem.told(lang).1.to_owned()),
        today: now.date(offset).to_string(),
        departments: departments.collect(),
        types: types.collect(),
        until: When::time(lang, at, Some(offset)),
        powers,
        asked,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

/// The time that is asked for: a day means its end, or now while it lasts; a time means itself; nothing means now.
fn looked_at(text: &str, now: Time, offset: UtcOffset) -> Result<Time, Problem> {
    if text.is_empty() {
        return Ok(now);
    }
    let zh = "请填写今天或更早的一天，形如 2026-11-22。";
    let en = "Give a day, today or earlier, written like 2026-11-22.";
    let wrong = || bad_parameter("at", zh, en);
    match text.parse::<Date>() {
        Ok(day) if day.first_instant(offset) <= now => Ok(now.min(day.end(offset).plus(-1))),
        Ok(_) => Err(wrong()),
        Err(_) => text.parse().ok().filter(|at| *at <= now).ok_or_else(wrong),
    }
}

impl Asked {
    /// Whether anything narrows the list.
    fn narrows(&self) -> bool {
        [&self.department, &self.licence_type, &self.text].iter().any(|text| !text.is_empty())
    }

    fn wants(&self, published: &Published, held: &Held<PowerGranted>, granted: &Granted) -> bool {
        let by_department = self.department.is_empty() || {
            let registered = published.charter.department(&held.value.department);
            registered.is_some_and(|held| held.value.slug.as_str() == self.department)
                || held.value.department.as_str() == self.department
        };
        let by_type = self.licence_type.is_empty() || held.value.r#type.as_str() == self.licence_type;
        by_department && by_type && granted.mentions(&self.text)
    }
}

impl Granted {
    /// Whether every word of a text stands somewhere in it.
    fn mentions(&self, text: &str) -> bool {
        let duty = self.duty.as_ref();
        let whole = [
            self.power.as_str(),
            &self.department.name,
            &self.licence_type.name,
            &self.region,
            self.region_name.as_deref().unwrap_or_default(),
            self.level,
            &self.basis,
            duty.map_or("", |duty| &duty.office),
            duty.map_or("", |duty| &duty.complaints),
        ]
        .join("\n")
        .to_lowercase();
        text.to_lowercase().split_whitespace().all(|word| whole.contains(word))
    }
}

/// A power in a language.
pub fn granted(
    state: &HttpState,
    published: &Published,
    lang: Lang,
    held: &Held<PowerGranted>,
) -> Result<Granted, Problem> {
    let PowerGranted { power, department, r#type: slug, region, from, until, .. } = &held.value;
    let registered = published.charter.department(department);
    let authority = published.charter.authority().map(|authority| &authority.founded);
    let own = authority.filter(|founded| founded.region == *region);
    let basis = basis(state, &held.value)?;
    Ok(Granted {
        power: power.to_string(),
        department: registered.map_or_else(
            || Link { href: format!("/{lang}/departments"), name: department.to_string() },
            |held| Link {
                href: format!("/{lang}/departments/{}", held.value.slug),
                name: lang.choose(&held.value.name.zh, &held.value.name.en).clone(),
            },
        ),
        licence_type: Link { href: format!("/{lang}/types/{slug}"), name: type_name(state, lang, slug) },
        region: region.to_string(),
        region_name: own.map(|founded| lang.choose(&founded.name.zh, &founded.name.en).clone()),
        level: lang.choose(region.level().zh(), region.level().as_str()),
        basis: lang.choose(basis.zh, basis.en),
        duty: basis.responsibility.map(|responsibility| Duty::told(lang, responsibility)),
        from: When::day(lang, *from),
        until: until.map(|until| When::day(lang, until)),
        index: held.since.index,
    })
}

fn type_name(state: &HttpState, lang: Lang, slug: &Slug) -> String {
    let known = state.authority.catalogue().latest(slug);
    known.map_or_else(|| slug.to_string(), |known| lang.choose(&known.name().zh, &known.name().en).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_end_or_now_while_it_lasts() {
        let now: Time = "2026-11-22T06:00:00.000Z".parse().unwrap();
        let offset: UtcOffset = "+08:00".parse().unwrap();
        let looked = |text: &str| looked_at(text, now, offset).map(|at| at.to_string()).ok();
        assert_eq!(looked("").unwrap(), now.to_string());
        assert_eq!(looked("2026-11-22").unwrap(), now.to_string());
        assert_eq!(looked("2026-11-21").unwrap(), "2026-11-21T15:59:59.999Z");
        assert_eq!(looked("2026-11-22T05:00:00.000Z").unwrap(), "2026-11-22T05:00:00.000Z");
        for wrong in ["2026-11-23", "2026-11-22T06:00:00.001Z", "yesterday", "2026-02-30"] {
            assert_eq!(looked(wrong), None, "{wrong}");
        }
    }
}
