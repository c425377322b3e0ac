//! Wishes to issue, record, act, or be shown a proof, that were refused, told to the engine, which counts them: each request and each line
//! of a batch once, as often as it comes. Not counted: dry runs, which wish for nothing; faults, which are ours.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::HttpState;
use super::answer::problem_of;
use super::facts;
use super::kind::Kind;
use super::problem::Problem;
use super::request::{Params, Who};
use crate::authority::Refused;
use crate::authority::caller::Caller;
use crate::values::identifiers::CreditCode;

/// Counts the request if it is refused.
pub async fn watch(State(state): State<Arc<HttpState>>, request: Request, next: Next) -> Response {
    let (mut asked, body) = request.into_parts();
    let response = next.run(Request::from_parts(asked.clone(), body)).await;
    if let Some(problem) = problem_of(&response) {
        let dry_run = Params::of(&asked.uri).is_ok_and(|mut given| given.flag("dry_run").unwrap_or(false));
        if !dry_run {
            let who = Who::from_request_parts(&mut asked, &state).await.ok().and_then(|Who(who)| who);
            let department = problem.department().or_else(|| who.as_ref().and_then(Caller::department));
            count(&state, department, &problem);
        }
    }
    response
}

/// Counts a refusal, for whichever type the problem knows of.
pub fn count(state: &HttpState, department: Option<&CreditCode>, problem: &Problem) {
    let kind = problem.kind();
    let licence_type = problem.licence_type().cloned();
    if kind == Kind::Internal {
        return;
    }
    let named = licence_type.as_ref().map_or_else(String::new, ToString::to_string);
    metrics::counter!("vidimus_refusals_total", "reason" => kind.slug(), "type" => named).increment(1);
    if let Some(fact) = problem.contradicted() {
        facts::count(fact, "refused");
    }
    if let Ok(reason) = kind.slug().parse() {
        state.authority.count_refusal(Refused { department: department.cloned(), licence_type, reason });
    }
}
