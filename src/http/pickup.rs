//! Pickup: the holder's way to a licence. An address and, apart from it, a code; with both, the download file, the
//! credential, or a printable page. Not here: tries and times, which the engine keeps.

use std::str::FromStr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::HttpState;
use super::access::Whence;
use super::answer::{json, ok, prefers_html, typed};
use super::kind::Kind;
use super::licences::parse;
use super::pages::{self, Visit};
use super::problem::Problem;
use super::request::{self, Department, Key, Params, bad_parameter};
use super::verifications::{Members, missing};
use super::with_code::{guess, is_shown_a_form, said};
use crate::authority::Collected;
use crate::values::canonical::parse_strict;

/// `POST /v1/licences/{handle}/pickup`.
pub async fn make(
    State(state): State<Arc<HttpState>>,
    Department(department): Department,
    Key(key): Key,
    Path(handle): Path<String>,
    mut params: Params,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let dry_run = params.flag("dry_run")?;
    params.finish()?;
    let body = request::bytes(&headers, body, request::JSON).await?;
    // There is nothing to say yet; what is said all the same must be understood.
    if !body.trim_ascii().is_empty() {
        Members::of(&parse_strict(&body)?, "", &[])?;
    }
    let handle = parse(&handle)?;
    if dry_run {
        state.authority.check_pickup(&department, &handle)?;
        return Ok(ok(&json!({"pickup": null, "address": null, "code": null, "expires": null})));
    }
    let made = state.authority.make_pickup(&department, &handle, key.as_deref())?;
    Ok(json(
        StatusCode::CREATED,
        &json!({"pickup": made.id, "address": made.address, "code": made.code.printed(), "expires": made.expires}),
    ))
}

/// What the holder wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shape {
    /// The page for browsers, JSON for programs.
    #[default]
    Page,
    /// `*.vidimus.json`.
    File,
    /// The SD-JWT VC.
    Credential,
}

impl FromStr for Shape {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "page" => Ok(Self::Page),
            "file" => Ok(Self::File),
            "credential" => Ok(Self::Credential),
            _ => Err(()),
        }
    }
}

/// A shape there is not.
fn no_shape() -> Problem {
    Problem::new(Kind::InvalidClaim, "只能是 page、file、credential。", "Must be page, file or credential.")
}

/// Code and wish of a form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    code: String,
    #[serde(default)]
    r#as: Shape,
}

/// `GET /pickup/{id}`, also below a language: with a code the licence, without one a form to type it in.
pub async fn open(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    Whence(address): Whence,
    Path(id): Path<String>,
    mut params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let code = params.text("code");
    let wanted = params.text("as").map_or(Ok(Shape::default()), |text| text.parse());
    let wanted = wanted.map_err(|()| no_shape().of("as"))?;
    params.finish()?;
    match code {
        Some(code) => {
            let wanted = Wanted { code, r#as: wanted };
            give(&state, &visit, address, &id, &wanted, &headers).await
        }
        None if is_shown_a_form(&headers) => pages::pickup_form(&state, &visit, &id, None),
        None => Err(bad_parameter("code", "缺少领取码。", "The pickup code is required.")),
    }
}

/// `POST /pickup/{id}`, also below a language: the code in a form or as JSON, so that it stands in no address.
pub async fn collect(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    Whence(address): Whence,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    params.finish()?;
    let wanted = said::<Wanted, Wanted>(&headers, request, wanted).await?;
    give(&state, &visit, address, &id, &wanted, &headers).await
}

fn wanted(body: &Value) -> Result<Wanted, Problem> {
    let members = Members::of(body, "", &["code", "as"])?;
    let code = members.text("code")?.ok_or_else(|| missing("/code"))?.to_owned();
    let shape = members.text("as")?.map_or(Ok(Shape::default()), str::parse);
    Ok(Wanted { code, r#as: shape.map_err(|()| no_shape().at("/as"))? })
}

async fn give(
    state: &HttpState,
    visit: &Visit,
    address: std::net::IpAddr,
    id: &str,
    wanted: &Wanted,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let collected = guess(state, address, async { Ok(state.authority.collect(id, &wanted.code)?) }).await;
    let collected = match collected {
        // Where it was typed in it is typed in again.
        Err(problem) if problem.kind() == Kind::WrongCode && prefers_html(headers) => {
            return pages::pickup_form(state, visit, id, Some(&problem));
        }
        collected => collected?,
    };
    let file = json!({"credential": collected.credential, "receipt": collected.receipt});
    match wanted.r#as {
        Shape::File => {
            Ok(attached(typed(StatusCode::OK, "application/json", format!("{file}\n")), &collected))
        }
        Shape::Credential => Ok(typed(StatusCode::OK, "application/dc+sd-jwt", collected.credential)),
        Shape::Page if prefers_html(headers) => pages::pickup(state, visit, id, &wanted.code, &collected),
        Shape::Page => Ok(ok(&json!({
            "handle": collected.licence.handle.to_string(),
            "licence_number": collected.draft.licence_number.as_str(),
            "verification_code": collected.draft.verification_code.printed(),
            "verification_address": collected.verification_address,
            "standing": collected.licence.standing().as_str(),
            "credential": collected.credential,
            "receipt": collected.receipt,
        }))),
    }
}

/// Named after the handle, which is ASCII and says nothing of a person.
fn attached(mut response: Response, collected: &Collected) -> Response {
    let name = format!("attachment; filename=\"{}.vidimus.json\"", collected.licence.handle);
    if let Ok(value) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
