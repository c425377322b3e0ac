//! 部门: who is registered with the authority, what each may issue today, and its keys with their certificates. Not
//! here: private keys, and officers, whom the ledger does not name.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::frame::{Frame, Plain, Section};
use super::powers::{Granted, granted};
use super::wording::When;
use super::{names, page};
use crate::authority::{Published, Thing};
use crate::crypto::KeyId;
use crate::http::HttpState;
use crate::http::problem::Problem;
use crate::ledger::body::{DepartmentRegistered, Owner};
use crate::ledger::state::{Held, Key};
use crate::values::lang::Lang;
use crate::values::time::Time;
use crate::x509::{Certificate, Validity};

#[derive(Template)]
#[template(path = "departments.html")]
struct List {
    lang: Lang,
    frame: Frame,
    departments: Vec<Listed>,
}

/// A department in the list.
struct Listed {
    slug: String,
    code: String,
    name: String,
    region: String,
    /// Names of the types that it may issue today.
    issues: Vec<String>,
    ended: Option<When>,
}

#[derive(Template)]
#[template(path = "department.html")]
struct One {
    lang: Lang,
    frame: Frame,
    department: Listed,
    since: When,
    index: u64,
    powers: Vec<Granted>,
    keys: Vec<PublicKey>,
}

/// A key of a department, or of the authority.
struct PublicKey {
    id: String,
    purpose: &'static str,
    since: When,
    ended: Option<When>,
    /// Address of the certificate, and its end if it has one.
    certificate: Option<(String, Option<When>)>,
}

/// `GET /{lang}/departments`.
pub async fn list(Plain { state, visit, published }: Plain) -> Result<Response, Problem> {
    let departments = published.charter.departments().map(|held| {
        let powers = powers_of(&state, &published, visit.lang, held)?;
        Ok(listed(&published, visit.lang, held, &powers))
    });
    let departments = departments.collect::<Result<_, Problem>>()?;
    page(&List {
        lang: visit.lang,
        frame: Frame::new(&state, &visit, Some(Section::Departments)),
        departments,
    })
}

/// `GET /{lang}/departments/{slug}`.
pub async fn show(
    Plain { state, visit, published }: Plain,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let lang = visit.lang;
    let held = slug.parse().ok().and_then(|slug| published.charter.department_by_slug(&slug));
    let held = held.ok_or_else(|| Problem::not_found(Thing::Department))?;
    let owner = Owner::Department(held.value.code.clone());
    let mut keys: Vec<_> = published.charter.keys().filter(|(_, key)| key.value.owner == owner).collect();
    // Those in force first, newest first.
    keys.sort_by_key(|(_, key)| (!key.in_force(), std::cmp::Reverse(key.since.index)));
    let powers = powers_of(&state, &published, lang, held)?;
    page(&One {
        lang,
        frame: Frame::new(&state, &visit, Some(Section::Departments)),
        department: listed(&published, lang, held, &powers),
        since: When::time(lang, held.since.time, published.charter.offset()),
        index: held.since.index,
        powers,
        keys: keys.into_iter().map(|(id, key)| public_key(&state, &published, lang, id, key)).collect(),
    })
}

fn powers_of(
    state: &HttpState,
    published: &Published,
    lang: Lang,
    department: &Held<DepartmentRegistered>,
) -> Result<Vec<Granted>, Problem> {
    published
        .charter
        .powers_at(state.clock.now())
        .filter(|held| held.value.department == department.value.code)
        .map(|held| granted(state, published, lang, held))
        .collect()
}

fn listed(
    published: &Published,
    lang: Lang,
    held: &Held<DepartmentRegistered>,
    powers: &[Granted],
) -> Listed {
    let DepartmentRegistered { code, slug, name, region, .. } = &held.value;
    let ended = held.ended.map(|ended| When::time(lang, ended.time, published.charter.offset()));
    Listed {
        slug: slug.to_string(),
        code: code.to_string(),
        name: lang.choose(&name.zh, &name.en).clone(),
        region: region.to_string(),
        issues: powers.iter().map(|power| power.licence_type.name.clone()).collect(),
        ended,
    }
}

fn public_key(
    state: &HttpState,
    published: &Published,
    lang: Lang,
    id: &KeyId,
    held: &Held<Key>,
) -> PublicKey {
    let offset = published.charter.offset();
    let certificate = held.value.certificate.map(|blob| {
        // A certificate that cannot be read is still there to be fetched.
        let read = state.authority.blob(&blob.sha256).ok().and_then(|der| Certificate::from_der(&der).ok());
        let end = read.map(|read| read.validity().not_after).filter(|end| *end < Validity::LAST_SECOND);
        let end = end.and_then(|end| Time::from_millis(end.saturating_mul(1000)).ok());
        (format!("/ledger/blob/sha256/{}", blob.sha256), end.map(|end| When::time(lang, end, offset)))
    });
    PublicKey {
        id: id.to_string(),
        purpose: names::purpose(lang, held.value.purpose),
        since: When::time(lang, held.since.time, offset),
        ended: held.ended.map(|ended| When::time(lang, ended.time, offset)),
        certificate,
    }
}
