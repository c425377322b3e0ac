//! The window (窗口): an intake officer applies for a matter on the applicant's behalf, in a form that needs no script: with
//! the department's token and the holder it is drawn up, with what licences prove filled in and locked, and then it is
//! filed. Whatever is refused leaves the form as it was filled in, with what is wrong at each field. Every rule is that of
//! `POST /v1/matters`. Not here: the form itself (`pages::window`), and cases, which are filed at the desk.

mod form;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::HttpState;
use super::kind::Kind;
use super::matters::{apart, offered};
use super::pages::{self, Visit, Window, holder_schema, value_of};
use super::problem::Problem;
use super::refused;
use super::request::Params;
use crate::authority::caller::Caller;
use crate::authority::{MatterWish, ShownMatter, Thing};
use crate::catalogue::Matter;
use crate::values::identifiers::CreditCode;

pub use form::Pairs;

/// `GET /{lang}/window/{matter}`: the form, with nothing in it.
pub async fn open(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    Path(slug): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let matter = matter(&state, &slug)?;
    pages::window(
        &state,
        &visit,
        &Window { matter: &matter, token: "", key: "", said: &json!({}), drawn: None, problem: None },
    )
}

/// `POST /{lang}/window/{matter}`: the form drawn up, or filed.
pub async fn take(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    Path(slug): Path<String>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    params.finish()?;
    let matter = matter(&state, &slug)?;
    let pairs = Pairs::read(request).await?;
    // A form is long, and what it is drawn from are many reads.
    apart(&state, async move |state| answered(&state, &visit, &matter, &pairs).await).await?
}

/// The form again, or what was taken. Whose token it is comes first: nothing is asked of the engine for who has none, and
/// of what is too long nothing is read at all.
async fn answered(
    state: &HttpState,
    visit: &Visit,
    matter: &Matter,
    pairs: &Pairs,
) -> Result<Response, Problem> {
    let (token, files) = (pairs.text("token").unwrap_or_default(), pairs.text("step") == Some("file"));
    let (department, too_many) = (department(state, token), pairs.too_many());
    let said = if too_many.is_some() { json!({}) } else { body_of(state, matter, pairs) };
    // Of one form: whoever looks up again asks something else.
    let kept = pairs.text("key").filter(|_| files).map(str::to_owned);
    let key = kept.unwrap_or_else(fresh_key);
    let form = |key: &str, drawn: Option<&ShownMatter>, problem: Option<&Problem>| {
        pages::window(state, visit, &Window { matter, token, key, said: &said, drawn, problem })
    };
    // Only who files wishes for something (`refused`).
    let counted = |department: Option<&CreditCode>, problem: &Problem| {
        if files {
            refused::count(state, problem.department().or(department), problem);
        }
    };
    let department = match department {
        Ok(department) => department,
        Err(problem) => {
            counted(None, &problem);
            return form(&key, None, Some(&problem));
        }
    };
    if let Some(problem) = too_many.or_else(|| missing(state, matter, &said)) {
        counted(Some(&department), &problem);
        return form(&key, None, Some(&problem));
    }
    let (mut refused, mut next) = (None, key.clone());
    if files {
        match applied(state, &department, &said, Some(&key)).await {
            Ok(taken) => return pages::handed_out(state, visit, &taken),
            Err(problem) => {
                counted(Some(&department), &problem);
                if problem.kind() == Kind::IdempotencyConflict {
                    next = fresh_key();
                }
                refused = Some(of_a_form(problem));
            }
        }
    }
    // What is asked is drawn by the holder alone, so that what is wrong with an answer does not keep the form away.
    let mut holder = said.clone();
    if let Some(members) = holder.as_object_mut() {
        members.remove("answers");
    }
    match applied(state, &department, &holder, None).await {
        Ok(drawn) => form(&next, Some(&drawn), refused.as_ref()),
        Err(problem) => form(&next, None, Some(refused.as_ref().unwrap_or(&problem))),
    }
}

/// The same problem, in words for who sees a form and no key.
fn of_a_form(problem: Problem) -> Problem {
    if problem.kind() != Kind::IdempotencyConflict {
        return problem;
    }
    let zh = "本表单此前已以其他内容提交并受理，那份申请仍然有效。如需以现在的内容另行申请，请再次提交。";
    let en = "This form was taken before, with something else in it, and that application stands. To apply anew with \
              what it says now, apply once more.";
    Problem::new(Kind::IdempotencyConflict, zh, en)
}

/// What must be said of each holder and is not: all of it, where a body would be refused at the first.
fn missing(state: &HttpState, matter: &Matter, said: &Value) -> Option<Problem> {
    let schema = holder_schema(state, matter);
    let needed = schema.pointer("/items/required").and_then(Value::as_array).cloned().unwrap_or_default();
    let holders = said.get("holders").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let empty = |holder: &Value, name: &Value| name.as_str().is_some_and(|name| holder.get(name).is_none());
    let pointers: Vec<String> = holders
        .iter()
        .enumerate()
        .flat_map(|(place, holder)| {
            let missing = needed.iter().filter(|name| empty(holder, name)).filter_map(Value::as_str);
            missing.map(|name| format!("/holders/{place}/{name}")).collect::<Vec<_>>()
        })
        .collect();
    let (zh, en) = ("还有必填内容未填。", "Something that is required is not filled in.");
    (!pointers.is_empty()).then(|| Problem::new(Kind::InvalidClaim, zh, en).still_asked(pointers))
}

/// Under a key it is taken, without one only drawn up.
async fn applied(
    state: &HttpState,
    department: &CreditCode,
    body: &Value,
    key: Option<&str>,
) -> Result<ShownMatter, Problem> {
    let wish = MatterWish { department, body, key, dry_run: key.is_none() };
    Ok(state.authority.apply_for_matter(wish).await?)
}

/// The application that a form holds: every question that something stands in.
fn body_of(state: &HttpState, matter: &Matter, pairs: &Pairs) -> Value {
    let holders = value_of(&holder_schema(state, matter), "holders", pairs);
    let answers: Map<String, Value> = matter
        .questions()
        .iter()
        .filter_map(|question| {
            let answer = value_of(&question.schema, &format!("answers/{}", question.slug), pairs)?;
            Some((question.slug.to_string(), answer))
        })
        .collect();
    json!({"matter": matter.slug().as_str(), "holders": holders.unwrap_or_else(|| json!([{}])), "answers": answers})
}

/// Whose token it is.
fn department(state: &HttpState, token: &str) -> Result<CreditCode, Problem> {
    let caller = state.tokens.caller(token, state.clock.now());
    match caller.map_err(|bad| bad.problem().at("/token"))? {
        Caller::Department { code, .. } => Ok(code),
        Caller::Operator | Caller::Auditor => {
            let en = "The window is for departments; the token is another role's.";
            Err(Problem::new(Kind::NotYours, "窗口仅供部门使用，该令牌属于其他角色。", en).at("/token"))
        }
    }
}

fn matter(state: &HttpState, slug: &str) -> Result<Arc<Matter>, Problem> {
    let published = state.authority.published();
    let found = offered(state, &published).find(|matter| matter.slug().as_str() == slug).cloned();
    found.ok_or_else(|| Problem::not_found(Thing::Matter))
}

/// The idempotency key of a form, so that sending it again, as a reload does, takes it once. It keeps nothing secret: it
/// counts for the department alone, with its token.
fn fresh_key() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("window-{:016x}{:016x}", half(), half())
}
