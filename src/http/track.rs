//! The applicant's way to a case, or to an application for a matter: its number and, apart from it, a code; with both, where
//! it stands, what was said, what he asks or complains about, what he withdraws, and once it is over the rating. Not here:
//! filing and answering, which are a department's.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::HttpState;
use super::access::Whence;
use super::answer::{ok, prefers_html};
use super::cases::whole;
use super::kind::Kind;
use super::matters;
use super::pages::{self, Visit};
use super::problem::Problem;
use super::request::{Params, bad_parameter};
use super::verifications::{Members, missing};
use super::with_code;
use crate::authority::{Failure, Refusal, ShownCase, ShownMatter, Thing};
use crate::ledger::state::CaseStep;
use crate::values::identifiers::VerificationCode;

/// `GET /track/{number}`, also below a language: with a code the case, without one a form to type it in.
pub async fn open(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    Whence(address): Whence,
    Path(number): Path<String>,
    mut params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let code = params.text("code");
    params.finish()?;
    let number = proper(number)?;
    match code {
        Some(code) => {
            let followed = match find(&state, address, &number, &code).await {
                Err(problem) if prefers_html(&headers) => return again(&state, &visit, &number, problem),
                found => found?,
            };
            tell(&state, &visit, &number, &code, &followed, &headers)
        }
        None if with_code::is_shown_a_form(&headers) => pages::track_form(&state, &visit, &number, None),
        None => Err(bad_parameter("code", "缺少查询码。", "The code is required.")),
    }
}

/// What is wanted with a code: to look, to withdraw, or to say something too.
struct Wanted {
    code: String,
    withdraw: Option<String>,
    said: Option<Said>,
}

/// What the applicant says, as the engine takes it.
pub enum Said {
    /// A question or a complaint.
    Letter(Value),
    /// 评价.
    Rating(Value),
}

/// The page's own forms, whose fields are all there or left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    code: String,
    withdraw: Option<String>,
    after: Option<u32>,
    letter: Option<String>,
    receipt: Option<String>,
    level: Option<String>,
    text: Option<String>,
}

impl From<Fields> for Wanted {
    fn from(fields: Fields) -> Self {
        let Fields { code, withdraw, after, letter, receipt, level, text } = fields;
        // A browser ends the lines of a form with two characters.
        let text = text.map(|text| text.trim().replace("\r\n", "\n")).filter(|text| !text.is_empty());
        let said = if let Some(receipt) = receipt {
            let level =
                level.map(|level| level.parse::<u64>().map_or_else(|_| json!(level), |level| json!(level)));
            let receipt = Some(receipt.trim()).filter(|receipt| !receipt.is_empty());
            Some(Said::Rating(json!({"receipt": receipt, "level": level, "text": text})))
        } else if letter.is_some() || after.is_some() {
            Some(Said::Letter(json!({"kind": letter, "text": text, "after": after})))
        } else {
            None
        };
        Self { code, withdraw, said }
    }
}

/// The same as JSON.
fn wanted(body: &Value) -> Result<Wanted, Problem> {
    let members = Members::of(body, "", &["code", "letter", "withdraw"])?;
    let code = members.text("code")?.ok_or_else(|| missing("/code"))?.to_owned();
    let withdraw = members.text("withdraw")?.map(str::to_owned);
    let said = body.get("letter").filter(|letter| !letter.is_null()).cloned().map(Said::Letter);
    Ok(Wanted { code, withdraw, said })
}

/// `POST /track/{number}`, also below a language: the code in a form or as JSON, so that it stands in no address. With it a
/// letter may be written; the form may rate the case too. What is refused stays in its form, under what is wrong with it.
pub async fn follow(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    Whence(address): Whence,
    Path(number): Path<String>,
    params: Params,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    params.finish()?;
    let number = proper(number)?;
    let Wanted { code, withdraw, said } =
        with_code::said::<Fields, Wanted>(&headers, request, wanted).await?;
    if withdraw.is_some() && said.is_some() {
        // Before anything is done: one of them would be refused when the other is done already.
        let (zh, en) = (
            "撤回与留言、评价不能一并提交，请分开提交。",
            "Withdraw, or write or rate, but not both at once.",
        );
        return Err(Problem::new(Kind::InvalidClaim, zh, en).at("/withdraw"));
    }
    let mut followed = match find(&state, address, &number, &code).await {
        Err(problem) if prefers_html(&headers) => return again(&state, &visit, &number, problem),
        found => found?,
    };
    if let Some(what) = withdraw {
        // Of an application for a matter what waits can be withdrawn; a case is withdrawn with its department.
        let Followed::Matter(matter) = &followed else { return Err(Problem::not_found(Thing::Matter)) };
        match matters::withdrawn(&state, &number, &code, what).await {
            Err(problem) if prefers_html(&headers) => {
                return pages::track_matter(&state, &visit, &number, &code, matter, Some(&problem));
            }
            withdrawn => followed = Followed::Matter(Box::new(withdrawn?)),
        }
    }
    if let Some(said) = said {
        // An application for a matter is neither written about nor rated: each of its cases is.
        let Followed::Case(case) = &followed else { return Err(Problem::not_found(Thing::Case)) };
        let said = Arc::new(said);
        match take(&state, case, &said).await {
            Err(problem) if prefers_html(&headers) => {
                return pages::track(&state, &visit, &number, &code, case, Some((&said, &problem)));
            }
            taken => taken?,
        }
        followed = find(&state, address, &number, &code).await?;
    }
    tell(&state, &visit, &number, &code, &followed, &headers)
}

/// Takes what the applicant says. What was sent before, and is sent again by whoever loads the page again, is there already.
async fn take(state: &HttpState, case: &ShownCase, said: &Arc<Said>) -> Result<(), Problem> {
    if matches!(said.as_ref(), Said::Rating(rating) if is_rated_so(case, rating)) {
        return Ok(());
    }
    // Seen through, also when the browser goes away.
    let (authority, id, said) = (Arc::clone(&state.authority), case.case.case, Arc::clone(said));
    let taken = tokio::spawn(async move {
        match said.as_ref() {
            Said::Letter(letter) => authority.write_letter(&id, letter).await,
            Said::Rating(rating) => authority.rate_case(&id, rating, false).await.map(drop),
        }
    });
    Ok(taken.await.map_err(|error| Problem::fault(&error))??)
}

/// Whether the case has this rating, with these words.
fn is_rated_so(case: &ShownCase, rating: &Value) -> bool {
    let level = rating.get("level").and_then(Value::as_u64);
    let words = rating.get("text").and_then(Value::as_str);
    let rated = case.steps.iter().find(|step| matches!(step.event.step, CaseStep::Rated(_)));
    level.is_some()
        && case.case.rating().map(u64::from) == level
        && rated.is_some_and(|step| step.words.as_deref() == words)
}

/// A number as cases have them; nothing else stands in a page's addresses.
fn proper(number: String) -> Result<String, Problem> {
    let good = number.len() <= 64 && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if good { Ok(number) } else { Err(Problem::not_found(Thing::Case)) }
}

/// What is followed.
enum Followed {
    Case(Box<ShownCase>),
    Matter(Box<ShownMatter>),
}

/// The case, or the application, of a number and code. Both wrong or one of them is the same answer.
async fn find(
    state: &Arc<HttpState>,
    address: std::net::IpAddr,
    number: &str,
    code: &str,
) -> Result<Followed, Problem> {
    with_code::guess(state, address, async {
        let code: VerificationCode = code.parse().map_err(|_| Problem::not_found(Thing::Case))?;
        let number = number.to_owned();
        matters::off_thread(state, move |state| followed(state, &number, &code)).await?
    })
    .await
}

fn followed(state: &HttpState, number: &str, code: &VerificationCode) -> Result<Followed, Problem> {
    match state.authority.tracked_case(number, code) {
        Ok(case) => Ok(Followed::Case(Box::new(case))),
        Err(Failure::Refused(Refusal::NotFound(_))) => match state.authority.tracked_matter(number, code) {
            Ok(matter) => Ok(Followed::Matter(Box::new(matter))),
            Err(Failure::Refused(Refusal::NotFound(_))) => Err(Problem::not_found(Thing::Case)),
            Err(failure) => Err(failure.into()),
        },
        Err(failure) => Err(failure.into()),
    }
}

/// The form again, with what was wrong at its field; what is no matter of number and code stays a problem.
fn again(state: &HttpState, visit: &Visit, number: &str, problem: Problem) -> Result<Response, Problem> {
    if problem.kind() == Kind::NotFound {
        return pages::track_form(state, visit, number, Some(problem.status()));
    }
    Err(problem)
}

fn tell(
    state: &HttpState,
    visit: &Visit,
    number: &str,
    code: &str,
    followed: &Followed,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    match (followed, prefers_html(headers)) {
        (Followed::Case(case), true) => pages::track(state, visit, number, code, case, None),
        (Followed::Case(case), false) => Ok(ok(&whole(state, case)?)),
        (Followed::Matter(matter), true) => pages::track_matter(state, visit, number, code, matter, None),
        (Followed::Matter(matter), false) => Ok(ok(&matters::told::shown(matter))),
    }
}
