//! 一件事: what can be applied for at once, and for each matter which licences come of it, until when, and what it asks of
//! whom. Not here: applying, which is done at a department's window, and progress (`track_matter`).

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::frame::{Frame, Plain};
use super::page;
use super::track_matter::type_name;
use crate::authority::Thing;
use crate::catalogue::{Matter, Question};
use crate::http::HttpState;
use crate::http::matters::offered;
use crate::http::matters::told::promised_days;
use crate::http::problem::Problem;
use crate::values::identifiers::Slug;
use crate::values::lang::Lang;

#[derive(Template)]
#[template(path = "matters.html")]
struct List {
    lang: Lang,
    frame: Frame,
    matters: Vec<Listed>,
}

/// A matter in the list.
struct Listed {
    slug: String,
    name: String,
    description: String,
    licences: String,
}

#[derive(Template)]
#[template(path = "matter.html")]
struct One {
    lang: Lang,
    frame: Frame,
    matter: Listed,
    licences: Vec<Licence>,
    questions: Vec<Asked>,
}

/// A licence that comes of it.
struct Licence {
    slug: String,
    name: String,
    promised: Option<u64>,
    after: Option<String>,
    supplied: bool,
}

/// A question of its form.
struct Asked {
    label: String,
    help: String,
    required: bool,
    proved_by: Option<String>,
}

/// `GET /{lang}/matters`.
pub async fn list(Plain { state, visit, published }: Plain) -> Result<Response, Problem> {
    let matters = offered(&state, &published).map(|matter| listed(&state, visit.lang, matter)).collect();
    page(&List { lang: visit.lang, frame: Frame::new(&state, &visit, None), matters })
}

/// `GET /{lang}/matters/{matter}`.
pub async fn show(
    Plain { state, visit, published }: Plain,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let lang = visit.lang;
    let matter = offered(&state, &published).find(|matter| matter.slug().as_str() == slug);
    let matter = matter.ok_or_else(|| Problem::not_found(Thing::Matter))?;
    let name = |slug: &Slug| type_name(&state, lang, slug);
    let licences = matter.licences().iter().map(|licence| {
        let after: Vec<String> = licence.after.iter().map(name).collect();
        Licence {
            slug: licence.licence_type.to_string(),
            name: name(&licence.licence_type),
            promised: promised_days(&published, &licence.licence_type),
            after: joined(lang, &after),
            supplied: !licence.supplied.is_empty(),
        }
    });
    let types: Vec<_> = matter.licences().iter().map(|licence| &licence.licence_type).collect();
    let asked = |question: &Question| {
        let mut proofs: Vec<String> =
            question.proved_by.iter().map(|place| name(&place.licence_type)).collect();
        proofs.dedup();
        Asked {
            label: lang.choose(&question.label.zh, &question.label.en).clone(),
            help: lang.choose(&question.help.zh, &question.help.en).clone(),
            required: question.is_required_by(types.iter().copied()),
            proved_by: joined(lang, &proofs),
        }
    };
    page(&One {
        lang,
        frame: Frame::new(&state, &visit, None),
        matter: listed(&state, lang, matter),
        licences: licences.collect(),
        questions: matter.questions().iter().map(asked).collect(),
    })
}

fn listed(state: &HttpState, lang: Lang, matter: &Matter) -> Listed {
    let names = matter.licences().iter().map(|licence| type_name(state, lang, &licence.licence_type));
    let names: Vec<String> = names.collect();
    Listed {
        slug: matter.slug().to_string(),
        name: lang.choose(&matter.name().zh, &matter.name().en).clone(),
        description: lang.choose(&matter.description().zh, &matter.description().en).clone(),
        licences: joined(lang, &names).unwrap_or_default(),
    }
}

fn joined(lang: Lang, names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join(lang.choose("、", ", ")))
}
