//! Matters (一件事): the public list of what each takes and asks, one application for all of it, its progress, the next
//! step of a part, and its end. Every rule is the engine's. Not here: how they are told (`told`), and their pages.

pub mod told;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::HttpState;
use super::answer::{json, ok};
use super::kind::Kind;
use super::opening::Opening;
use super::problem::Problem;
use super::request::{self, Department, Params, Who};
use crate::authority::caller::Caller;
use crate::authority::{MatterWish, PartWish, Published, ShownMatter, Thing};
use crate::catalogue::Matter;
use crate::values::identifiers::{Handle, VerificationCode};

/// Names everything of an application, where a part is named by its type.
pub const ALL: &str = "all";

/// `GET /v1/matters`: every matter whose types are all in force.
pub async fn list(State(state): State<Arc<HttpState>>, params: Params) -> Result<Response, Problem> {
    params.finish()?;
    let published = state.authority.published();
    let items: Vec<Value> =
        offered(&state, &published).map(|matter| told::rules(&state, &published, matter)).collect();
    Ok(ok(&json!({"items": items, "next": null})))
}

/// The matters that can be applied for: their types are in force.
pub fn offered<'s>(state: &'s HttpState, published: &Published) -> impl Iterator<Item = &'s Arc<Matter>> {
    let in_force = state.authority.types_in_force(published);
    let in_force: Vec<_> = in_force.into_iter().map(|known| known.slug().clone()).collect();
    state.authority.catalogue().matters().filter(move |matter| {
        matter.licences().iter().all(|licence| in_force.contains(&licence.licence_type))
    })
}

/// `POST /v1/matters`: 201; for a dry run 200 with the form as far as it is filled in.
pub async fn apply(
    State(state): State<Arc<HttpState>>,
    Opening { caller: Department(department), key, dry_run, body }: Opening<Department>,
) -> Result<Response, Problem> {
    let body = body.json().await?;
    let shown = apart(&state, async move |state| {
        let wish = MatterWish { department: &department, body: &body, key: key.as_deref(), dry_run };
        state.authority.apply_for_matter(wish).await
    });
    let status = if dry_run { StatusCode::OK } else { StatusCode::CREATED };
    Ok(json(status, &told::shown(&shown.await??)))
}

/// `GET /v1/matters/waiting`: applications with a part that waits for the department, oldest first.
pub async fn waiting(
    State(state): State<Arc<HttpState>>,
    Department(department): Department,
    mut params: Params,
) -> Result<Response, Problem> {
    let after: Option<Handle> = params.parsed("after")?;
    params.finish()?;
    let page = off_thread(&state, move |state| state.authority.waiting_matters(&department, after.as_ref()))
        .await??;
    let items: Vec<Value> = page.items.iter().map(told::shown).collect();
    Ok(ok(&json!({"items": items, "next": page.next.map(|matter| matter.to_string())})))
}

/// `GET /v1/matters/{matter}`: for the departments that have to do with it, and without content for an auditor.
pub async fn show(
    State(state): State<Arc<HttpState>>,
    Who(caller): Who,
    Path(matter): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let caller = caller.ok_or_else(request::no_token)?;
    params.finish()?;
    let department = match caller {
        Caller::Department { code, .. } => Some(code),
        Caller::Auditor => None,
        Caller::Operator => {
            let en = "Applications are for the departments that have to do with them, and for auditors.";
            return Err(Problem::new(Kind::NotYours, "一件事申请仅供办理部门与审计查看。", en));
        }
    };
    let matter = parse(&matter)?;
    let shown = off_thread(&state, move |state| state.authority.shown_matter(department.as_ref(), &matter));
    Ok(ok(&told::shown(&shown.await??)))
}

/// `POST /v1/matters/{matter}/withdraw`: the applicant wants all of it no more, or one part.
pub async fn withdraw(
    State(state): State<Arc<HttpState>>,
    Path(matter): Path<String>,
    Opening { caller: Department(department), key, dry_run, body }: Opening<Department>,
) -> Result<Response, Problem> {
    let matter = parse(&matter)?;
    let body = body.json().await?;
    let shown = apart(&state, async move |state| {
        let wish = MatterWish { department: &department, body: &body, key: key.as_deref(), dry_run };
        state.authority.withdraw_matter(&matter, wish).await
    });
    Ok(ok(&told::shown(&shown.await??)))
}

/// The applicant's own withdrawal, by number and code: of a part by its type, or of `all`.
pub async fn withdrawn(
    state: &Arc<HttpState>,
    number: &str,
    code: &str,
    what: String,
) -> Result<ShownMatter, Problem> {
    let number = number.to_owned();
    let code: VerificationCode = code.parse().map_err(|_| Problem::not_found(Thing::Matter))?;
    let part = Some(what).filter(|what| what != ALL);
    let shown = apart(state, async move |state| {
        state.authority.withdraw_tracked(&number, &code, part.as_deref()).await
    });
    Ok(shown.await??)
}

/// What is done about a part.
#[derive(Clone, Copy)]
enum Deed {
    Supply,
    Decline,
}

/// `POST /v1/matters/{matter}/licences/{type}`: the next step of a part.
pub async fn supply(
    state: State<Arc<HttpState>>,
    part: Path<(String, String)>,
    opening: Opening<Department>,
) -> Result<Response, Problem> {
    about_part(Deed::Supply, state, part, opening).await
}

/// `POST /v1/matters/{matter}/licences/{type}/decline`: its department does not take a part up.
pub async fn decline(
    state: State<Arc<HttpState>>,
    part: Path<(String, String)>,
    opening: Opening<Department>,
) -> Result<Response, Problem> {
    about_part(Deed::Decline, state, part, opening).await
}

async fn about_part(
    deed: Deed,
    State(state): State<Arc<HttpState>>,
    Path((matter, licence_type)): Path<(String, String)>,
    Opening { caller: Department(department), key, dry_run, body }: Opening<Department>,
) -> Result<Response, Problem> {
    let matter = parse(&matter)?;
    let known = state.authority.catalogue().find(&licence_type).map(|known| known.slug().clone());
    let about = |problem: Problem| problem.with_type(known.clone());
    let body = body.json().await.map_err(about)?;
    let shown = apart(&state, async move |state| {
        let step = MatterWish { department: &department, body: &body, key: key.as_deref(), dry_run };
        let wish = PartWish { step, matter: &matter, licence_type: &licence_type };
        match deed {
            Deed::Supply => state.authority.supply_part(wish).await,
            Deed::Decline => state.authority.decline_part(wish).await,
        }
    });
    Ok(ok(&told::shown(&shown.await?.map_err(|failure| about(failure.into()))?)))
}

/// Reads off the threads that serve others: an application is many reads, and a page of them more.
pub async fn off_thread<T: Send + 'static>(
    state: &Arc<HttpState>,
    read: impl FnOnce(&HttpState) -> T + Send + 'static,
) -> Result<T, Problem> {
    let state = Arc::clone(state);
    spawn_blocking(move || read(&state)).await.map_err(|error| Problem::fault(&error))
}

/// Does something off those threads: what an application is drawn up from are many reads too.
pub async fn apart<T: Send + 'static, F: Future<Output = T>>(
    state: &Arc<HttpState>,
    work: impl FnOnce(Arc<HttpState>) -> F + Send + 'static,
) -> Result<T, Problem> {
    let (state, runtime) = (Arc::clone(state), tokio::runtime::Handle::current());
    let done = spawn_blocking(move || runtime.block_on(work(state)));
    done.await.map_err(|error| Problem::fault(&error))
}

/// An application in a path; what is none is not found.
fn parse(matter: &str) -> Result<Handle, Problem> {
    matter.parse().map_err(|_| Problem::not_found(Thing::Matter))
}
