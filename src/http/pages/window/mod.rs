//! The form of a matter at the window, drawn from what the catalogue tells of its questions: who applies, what licences
//! prove of him, locked, with where it comes from, and what is still asked, each with what is wrong with it. Not here: what
//! is wrong (`http::window` asks the engine), and how a field is drawn and read (`fields`).

mod fields;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::frame::{Frame, Visit};
use super::page;
use super::track_matter::type_name;
use crate::authority::{Prefilled, ShownMatter};
use crate::catalogue::{Matter, Question};
use crate::http::HttpState;
use crate::http::problem::Problem;
use crate::values::lang::Lang;
use fields::{Drawing, Field};

pub use fields::value_of;

/// What is drawn.
pub struct Window<'a> {
    /// The matter.
    pub matter: &'a Matter,
    /// The department's token, as it was typed in.
    pub token: &'a str,
    /// The idempotency key of this form.
    pub key: &'a str,
    /// What was filled in, as an application says it.
    pub said: &'a Value,
    /// What is asked and what is proved, once it is known who applies.
    pub drawn: Option<&'a ShownMatter>,
    /// Why it was refused.
    pub problem: Option<&'a Problem>,
}

#[derive(Template)]
#[template(path = "window.html")]
struct Page<'a> {
    lang: Lang,
    frame: Frame,
    slug: &'a str,
    name: &'a str,
    token: &'a str,
    token_wrong: Vec<String>,
    key: &'a str,
    holders: Field,
    /// Drawn up: what is proved, and what is asked.
    form: Option<(Vec<Locked>, Vec<Field>)>,
    /// What is wrong at no field.
    wrong: Vec<String>,
    refused: bool,
}

/// A question that a licence answers.
struct Locked {
    id: String,
    label: String,
    value: Option<String>,
    from: String,
}

/// The form; under the status of a refusal, if it was refused.
pub fn window(state: &HttpState, visit: &Visit, asked: &Window<'_>) -> Result<Response, Problem> {
    let lang = visit.lang;
    let wrong = asked.problem.map(|problem| problem.each(lang)).unwrap_or_default();
    let drawing = Drawing::new(lang, wrong);
    let titles = lang.choose("申请人（持证主体）", "Who applies (the holder)");
    let holders = holder_schema(state, asked.matter);
    let holders = drawing.field(&holders, "holders", titles.to_owned(), true, asked.said.get("holders"));
    let answered =
        |question: &&Question| asked.said.pointer(&format!("/answers/{}", question.slug)).is_some();
    let kept = || -> Vec<Field> {
        // What was answered before it is known who applies stays.
        let questions = asked.matter.questions().iter().filter(answered);
        questions.map(|question| open(&drawing, question, true, asked.said, lang)).collect()
    };
    let form = asked.drawn.map(|drawn| {
        let locked = drawn.prefilled.iter().filter_map(|one| locked(state, lang, asked.matter, one));
        let open = drawn.open.iter().filter_map(|(slug, required)| {
            let question = asked.matter.question(slug.as_str())?;
            Some(open(&drawing, question, *required, asked.said, lang))
        });
        (locked.collect(), open.collect())
    });
    let form = form.or_else(|| Some((Vec::new(), kept())).filter(|(_, kept)| !kept.is_empty()));
    let mut response = page(&Page {
        lang,
        frame: Frame::new(state, visit, None),
        slug: asked.matter.slug().as_str(),
        name: lang.choose(&asked.matter.name().zh, &asked.matter.name().en),
        token: asked.token,
        token_wrong: drawing.wrong_at("/token"),
        key: asked.key,
        holders,
        form,
        wrong: drawing.left().into_iter().map(|wrong| about(asked.matter, titles, lang, wrong)).collect(),
        refused: asked.problem.is_some(),
    })?;
    *response.status_mut() = asked.problem.map_or(StatusCode::OK, Problem::status);
    Ok(response)
}

/// What is wrong, with what it is about: it stands at no field that would say so.
fn about(matter: &Matter, holders: &str, lang: Lang, (at, text): (String, String)) -> String {
    let mut parts = at.split('/').skip(1);
    let label = match (parts.next(), parts.next()) {
        (Some("holders"), _) => Some(holders),
        (Some("answers"), Some(slug)) => {
            matter.question(slug).map(|question| lang.choose(&question.label.zh, &question.label.en).as_str())
        }
        _ => None,
    };
    label.map_or(text.clone(), |label| format!("{label}{}{text}", lang.choose("：", ": ")))
}

fn open(drawing: &Drawing, question: &Question, required: bool, said: &Value, lang: Lang) -> Field {
    let name = format!("answers/{}", question.slug);
    let label = lang.choose(&question.label.zh, &question.label.en).clone();
    let said = said.pointer(&format!("/{name}"));
    let field = drawing.field(&question.schema, &name, label, required, said);
    field.explained(lang.choose(&question.help.zh, &question.help.en).clone())
}

fn locked(state: &HttpState, lang: Lang, matter: &Matter, one: &Prefilled) -> Option<Locked> {
    let question = matter.question(one.question.as_str())?;
    let published = state.authority.published();
    let issuer = published.charter.department(&one.issuer).map(|held| &held.value.name);
    let issuer =
        issuer.map_or_else(|| one.issuer.to_string(), |name| lang.choose(&name.zh, &name.en).clone());
    let type_name = type_name(state, lang, &one.licence_type);
    Some(Locked {
        id: format!("proved-{}", one.question),
        label: lang.choose(&question.label.zh, &question.label.en).clone(),
        value: one.value.as_ref().map(fields::plain),
        from: lang.choose(
            format!("取自{issuer}签发的{type_name}，证照 {}；如有出入，请由签发部门更正", one.licence),
            format!(
                "from the {type_name} issued by {issuer}, licence {}; if it is wrong, its issuer corrects it",
                one.licence
            ),
        ),
    })
}

/// The holders of an application as if a schema told of them: any kind of code and role that one of its types takes.
pub fn holder_schema(state: &HttpState, matter: &Matter) -> Value {
    let types = matter.licences().iter().map(|licence| &licence.licence_type);
    let rules: Vec<_> = types
        .filter_map(|slug| state.authority.catalogue().latest(slug))
        .map(|known| &known.rules().holders)
        .collect();
    let (mut codes, mut roles) = (Vec::new(), Vec::new());
    for one in &rules {
        for code in &one.code_types {
            let option = json!([code.as_str(), code.zh(), code.en()]);
            if !codes.contains(&option) {
                codes.push(option);
            }
        }
        for role in &one.roles {
            let option = json!([role.role.as_str(), role.name.zh, role.name.en]);
            if !roles.contains(&option) {
                roles.push(option);
            }
        }
    }
    let mut properties = json!({
        "name": {"type": "string", "title": "Name", "x-title-zh": "名称（姓名）"},
        "code_type": {"type": "string", "x-options": codes, "title": "Kind of code", "x-title-zh": "代码类型"},
        "code": {"type": "string", "title": "Code", "x-title-zh": "代码（证件号码）"},
    });
    if let (false, Some(members)) = (roles.is_empty(), properties.as_object_mut()) {
        let role = json!({"type": "string", "x-options": roles, "title": "Role", "x-title-zh": "角色"});
        members.insert("role".to_owned(), role);
    }
    let most = rules.iter().map(|one| one.max).max().unwrap_or(1);
    json!({
        "type": "array", "minItems": 1, "maxItems": most,
        "items": {"type": "object", "required": ["name", "code_type", "code"], "properties": properties},
    })
}
