//! 目录: every licence type in force, by its kind. Not here: what a type asks for (`licence_type`).

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::{Frame, Section, Visit};
use super::{names, page};
use crate::catalogue::LicenceType;
use crate::http::HttpState;
use crate::http::catalogue::in_force;
use crate::http::problem::Problem;
use crate::http::request::Params;
use crate::values::lang::Lang;

#[derive(Template)]
#[template(path = "types.html")]
struct Page<'a> {
    lang: Lang,
    frame: Frame,
    groups: Vec<Group<'a>>,
}

/// Types of one kind.
struct Group<'a> {
    digit: u8,
    name: &'static str,
    types: Vec<Listed<'a>>,
}

/// A type in the list.
struct Listed<'a> {
    slug: &'a str,
    name: &'a str,
    description: &'a str,
    holder: &'static str,
    defined_by: &'a str,
}

/// `GET /{lang}/types`.
pub async fn list(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let lang = visit.lang;
    let published = state.authority.published();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for licence_type in in_force(&state, &published) {
        let kind = licence_type.rules().kind;
        let place = groups.iter().position(|group| group.digit == kind.digit());
        let place = place.unwrap_or_else(|| {
            groups.push(Group { digit: kind.digit(), name: names::type_kind(lang, kind), types: Vec::new() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.types.push(listed(lang, licence_type));
        }
    }
    groups.sort_by_key(|group| group.digit);
    page(&Page { lang, frame: Frame::new(&state, &visit, Some(Section::Types)), groups })
}

fn listed(lang: Lang, licence_type: &LicenceType) -> Listed<'_> {
    let rules = licence_type.rules();
    Listed {
        slug: licence_type.slug().as_str(),
        name: lang.choose(&rules.name.zh, &rules.name.en),
        description: licence_type.metadata().description(lang.tag()),
        holder: names::holder_category(lang, rules.catalogue.holder_category),
        defined_by: lang.choose(&rules.defined_by.name.zh, &rules.defined_by.name.en),
    }
}
