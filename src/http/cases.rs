//! Cases (办件): filed, shown, listed; each step of a department and of its officers; approvals, issue, rating. Every rule
//! is the engine's. Not here: how a case is told (`told`), and its pages.

pub mod told;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::HttpState;
use super::answer::{json, ok};
use super::catalogue::basis;
use super::facts;
use super::licences::refusal;
use super::opening::Opening;
use super::problem::Problem;
use super::request::{self, Department, Params, Who, bad_parameter};
use crate::authority::caller::Caller;
use crate::authority::{
    CaseFilter, CaseWish, DepartmentStep, OfficerStep, ShownCase, Stepped, Thing, Waiting,
};
use crate::catalogue::Responsibility;
use crate::http::kind::Kind;
use crate::ledger::body::CaseId;
use crate::ledger::state::Stage;

/// `POST /v1/cases`: 201, or 200 for a dry run.
pub async fn file(
    State(state): State<Arc<HttpState>>,
    Opening { caller: Department(department), key, dry_run, body }: Opening<Department>,
) -> Result<Response, Problem> {
    let body = body.json().await?;
    let wish = CaseWish { department: &department, case: None, body: &body, key: key.as_deref(), dry_run };
    let filed = state.authority.file_case(wish).await.map_err(|failure| refusal(&state, failure, &body))?;
    if filed.entry.is_some() {
        facts::count_flags(&filed.sources);
    }
    let status = if dry_run { StatusCode::OK } else { StatusCode::CREATED };
    Ok(json(status, &told::filed(&filed, dry_run)))
}

/// `GET /v1/cases`: those that a department has to do with, by where they stand.
pub async fn list(
    State(state): State<Arc<HttpState>>,
    Department(department): Department,
    mut params: Params,
) -> Result<Response, Problem> {
    let filter = CaseFilter {
        stage: params.text("state").map(|text| stage(&text)).transpose()?,
        due_before: params.day("due_before")?,
        waiting: params.text("waiting").map(|text| waiting(&text)).transpose()?,
        after: params.text("after"),
    };
    params.finish()?;
    let page = state.authority.own_cases(&department, &filter)?;
    let items: Vec<Value> = page.items.iter().map(|case| told::shown(case, false)).collect();
    Ok(ok(&json!({"items": items, "next": page.next})))
}

fn stage(text: &str) -> Result<Stage, Problem> {
    let found = Stage::ALL.into_iter().find(|stage| stage.as_str() == text);
    found.ok_or_else(|| none_of("state", &Stage::ALL.map(Stage::as_str)))
}

fn waiting(text: &str) -> Result<Waiting, Problem> {
    let found = Waiting::ALL.into_iter().find(|waiting| waiting.as_str() == text);
    found.ok_or_else(|| none_of("waiting", &Waiting::ALL.map(Waiting::as_str)))
}

fn none_of(name: &'static str, words: &[&str]) -> Problem {
    let (zh, en) =
        (format!("只能是:{}。", words.join("、")), format!("Must be one of {}.", words.join(", ")));
    bad_parameter(name, &zh, &en)
}

/// `GET /v1/cases/{case}`: for the departments that have to do with it, and without content for an auditor.
pub async fn show(
    State(state): State<Arc<HttpState>>,
    Who(caller): Who,
    Path(case): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let caller = caller.ok_or_else(request::no_token)?;
    params.finish()?;
    let department = match &caller {
        Caller::Department { code, .. } => Some(code),
        Caller::Auditor => None,
        Caller::Operator => {
            let en = "Cases are for the departments that have to do with them, and for auditors.";
            return Err(Problem::new(Kind::NotYours, "办件仅供办理部门与审计查看。", en));
        }
    };
    let shown = state.authority.shown_case(department, &parse(&case)?)?;
    Ok(ok(&whole(&state, &shown)?))
}

/// A case as it is shown whole: also with who answers for it.
pub(super) fn whole(state: &HttpState, shown: &ShownCase) -> Result<Value, Problem> {
    let mut value = told::shown(shown, true);
    if let Some(members) = value.as_object_mut() {
        members.insert("responsibility".into(), json!(responsibility(state, shown)?));
    }
    Ok(value)
}

/// Who answers for the power that a case is about (责任清单): where to ask, and where to complain outside. Of the power in
/// force; once it is withdrawn, of the one that stood last.
pub(super) fn responsibility(
    state: &HttpState,
    shown: &ShownCase,
) -> Result<Option<Responsibility>, Problem> {
    let case = &shown.case;
    let published = state.authority.published();
    let own = published.charter.powers().map(|(_, held)| held).filter(|held| {
        held.value.department == case.department
            && held.value.r#type == case.licence_type
            && held.value.region.contains(&case.region)
    });
    let last = own.max_by_key(|held| (held.in_force(), held.since.index));
    Ok(last.map(|held| basis(state, &held.value)).transpose()?.and_then(|basis| basis.responsibility))
}

/// `POST /v1/cases/{case}/answers`: the department's answer to a letter of the applicant's.
pub async fn answer(
    State(state): State<Arc<HttpState>>,
    Path(case): Path<String>,
    Opening { caller: Department(department), key, dry_run, body }: Opening<Department>,
) -> Result<Response, Problem> {
    let case = parse(&case)?;
    let body = body.json().await?;
    let (department, key) = (&department, key.as_deref());
    let wish = CaseWish { department, case: Some(&case), body: &body, key, dry_run };
    Ok(ok(&told::letter(&state.authority.answer_letter(wish).await?)))
}

/// Which step, and who takes it.
#[derive(Clone, Copy)]
enum Step {
    Department(DepartmentStep),
    Officer(OfficerStep),
    Approve,
    Issue,
}

/// Writes the routes of steps.
macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident $step:expr;)+) => {$(
        $(#[$doc])*
        pub async fn $name(
            state: State<Arc<HttpState>>,
            case: Path<String>,
            opening: Opening<Department>,
        ) -> Result<Response, Problem> {
            step($step, state, case, opening).await
        }
    )+};
}

steps! {
    /// `POST /v1/cases/{case}/accept`: 受理, or not.
    accept Step::Officer(OfficerStep::Accept);
    /// `POST /v1/cases/{case}/ask`: 补正 asked for.
    ask Step::Officer(OfficerStep::Ask);
    /// `POST /v1/cases/{case}/supply`: 补正 supplied.
    supply Step::Department(DepartmentStep::Supply);
    /// `POST /v1/cases/{case}/examine`: 审查.
    examine Step::Officer(OfficerStep::Examine);
    /// `POST /v1/cases/{case}/decide`: 决定.
    decide Step::Officer(OfficerStep::Decide);
    /// `POST /v1/cases/{case}/approvals`: an officer's approval of what was decided.
    approve Step::Approve;
    /// `POST /v1/cases/{case}/issue`: 签发.
    issue Step::Issue;
    /// `POST /v1/cases/{case}/deliver`: 送达.
    deliver Step::Department(DepartmentStep::Deliver);
    /// `POST /v1/cases/{case}/withdraw`: the applicant wants it no more.
    withdraw Step::Department(DepartmentStep::Withdraw);
    /// `POST /v1/cases/{case}/check`: 承诺核查.
    check Step::Officer(OfficerStep::Check);
    /// `POST /v1/cases/{case}/rectify`: 整改.
    rectify Step::Officer(OfficerStep::Rectify);
}

async fn step(
    step: Step,
    State(state): State<Arc<HttpState>>,
    Path(case): Path<String>,
    Opening { caller: Department(department), key, dry_run, body }: Opening<Department>,
) -> Result<Response, Problem> {
    let case = parse(&case)?;
    let about = |problem: Problem| problem.with_type(state.authority.type_of_case_at(&case));
    let body = body.json().await.map_err(about)?;
    let (department, key) = (&department, key.as_deref());
    let wish = CaseWish { department, case: Some(&case), body: &body, key, dry_run };
    let authority = &state.authority;
    let stepped = match step {
        Step::Department(step) => authority.step_case(step, wish).await,
        Step::Officer(step) => authority.officer_step(step, wish).await,
        Step::Approve => authority.approve_case(wish).await,
        Step::Issue => authority.issue_case(wish).await,
    };
    let stepped: Stepped = stepped.map_err(|failure| about(failure.into()))?;
    if stepped.entry.is_some() {
        facts::count_flags(&stepped.sources);
    }
    Ok(ok(&told::stepped(&stepped)))
}

/// `POST /v1/cases/{case}/rating`: by whoever holds the receipt; no token is asked for.
pub async fn rate(
    State(state): State<Arc<HttpState>>,
    Path(case): Path<String>,
    mut params: Params,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let dry_run = params.flag("dry_run")?;
    params.finish()?;
    let body = request::json(&headers, body).await?;
    let rated = state.authority.rate_case(&parse(&case)?, &body, dry_run).await?;
    Ok(ok(&told::stepped(&rated)))
}

/// A case in a path; what is none is not found.
fn parse(case: &str) -> Result<CaseId, Problem> {
    case.parse().map_err(|_| Problem::not_found(Thing::Case))
}
