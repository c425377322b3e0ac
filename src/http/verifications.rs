//! Verifying: evidence in, report out. A forged document is a successful request with a negative report; errors are
//! for what cannot be understood. Not here: any judgement (`verification`).

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::HttpState;
use super::access::Whence;
use super::answer::{ok, typed};
use super::kind::Kind;
use super::problem::Problem;
use super::request::{self, Params, Tongue, Who, media_type};
use crate::authority::caller::Caller;
use crate::authority::{Asked, Fault, Verified};
use crate::catalogue::{ClaimRule, JsonKind, RequestError, RequestErrorKind};
use crate::values::canonical::parse_strict;
use crate::values::lang::Lang;
use crate::values::time::Time;
use crate::verification::{Ask, Evidence, Expect, Unreadable, Verdict};

/// Media types of evidence that is the body itself.
const EVIDENCE: [&str; 5] = [
    "application/dc+sd-jwt",
    "application/vc+sd-jwt",
    "text/plain",
    "application/pdf",
    "application/octet-stream",
];
/// Members that only a question has.
const QUESTION: [&str; 7] =
    ["evidence", "licence_number", "verification_code", "at", "expect", "sign", "keep"];

/// Who asks, as far as budgets go.
#[derive(Clone)]
pub struct Asker {
    /// From where.
    pub address: IpAddr,
    /// Who showed a good token.
    pub caller: Option<Caller>,
}

impl Asker {
    /// Whether a good token was shown.
    pub fn known(&self) -> bool {
        self.caller.is_some()
    }
}

/// `POST /v1/verifications`.
pub async fn verify(
    State(state): State<Arc<HttpState>>,
    Who(caller): Who,
    Whence(address): Whence,
    Tongue(lang): Tongue,
    params: Params,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    params.finish()?;
    let asker = Asker { address, caller };
    let asked = if request::is_json(&headers) {
        let body = request::bytes(&headers, body, request::JSON).await?;
        question_or_file(&body, lang)?
    } else {
        let taken = media_type(&headers).is_some_and(|found| EVIDENCE.contains(&found.as_str()));
        if !taken {
            return Err(request::other_media_type("application/json, application/dc+sd-jwt, text/plain"));
        }
        let limit = if asker.known() { request::DOCUMENT } else { request::JSON };
        let body = request::bytes(&headers, body, limit).await?;
        plain(Evidence::read(&String::from_utf8_lossy(&body))?, lang)
    };
    let verified = judge(&state, &asker, &asked)?;
    if verified.signed.is_some() {
        return Ok(ok(&report(&verified)?));
    }
    let text = serde_json::to_string(&verified.report).map_err(|error| Problem::fault(&error))?;
    Ok(typed(StatusCode::OK, "application/json", text))
}

/// Judges within the budgets of who asks.
pub fn judge(state: &HttpState, asker: &Asker, asked: &Asked) -> Result<Verified, Problem> {
    let by_number = admit(state, asker, asked)?;
    let verified = within_budget(state, asker, || state.authority.verify(asked, asker.caller.as_ref()))?;
    count(state, asker, by_number, &verified);
    Ok(verified)
}

/// The same for many at once; what could not be asked stays what is wrong with it.
pub fn judge_all(
    state: &HttpState,
    asker: &Asker,
    questions: Vec<Result<Asked, Problem>>,
) -> Vec<Result<Verified, Problem>> {
    let mut admitted = Vec::with_capacity(questions.len());
    let places: Vec<Result<bool, Problem>> = questions
        .into_iter()
        .map(|asked| {
            let asked = asked?;
            let by_number = admit(state, asker, &asked)?;
            admitted.push(asked);
            Ok(by_number)
        })
        .collect();
    let judged = within_budget(state, asker, || state.authority.verify_all(&admitted, asker.caller.as_ref()));
    let (mut verified, failed) = match judged {
        Ok(verified) => (verified.into_iter(), None),
        Err(failure) => (Vec::new().into_iter(), Some(failure)),
    };
    let one = |place: Result<bool, Problem>| {
        let by_number = place?;
        let failure = || failed.clone().unwrap_or_else(|| Fault::Stopped.into());
        let verified = verified.next().unwrap_or_else(|| Err(failure()))?;
        count(state, asker, by_number, &verified);
        Ok(verified)
    };
    places.into_iter().map(one).collect()
}

/// Whether this may be asked at all, and whether a number is being tried.
fn admit(state: &HttpState, asker: &Asker, asked: &Asked) -> Result<bool, Problem> {
    // A report is kept for whoever asked; nobody in particular cannot come back for it.
    if asked.keep && !asker.known() {
        return Err(request::no_token());
    }
    let by_number = matches!(asked.evidence, Evidence::Number { .. });
    if by_number {
        state.guesses.take(asker.address, 1.0)?;
    }
    if !asker.known() {
        state.computing.take(asker.address, 0.0)?;
    }
    Ok(by_number)
}

/// Works on the account of who asks: whoever is not known has so many seconds of computing.
pub fn within_budget<T>(state: &HttpState, asker: &Asker, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    if !asker.known() {
        // What was used is taken afterwards: nobody knows it before.
        state.computing.spend(asker.address, begun.elapsed().as_secs_f64());
    }
    done
}

fn count(state: &HttpState, asker: &Asker, by_number: bool, verified: &Verified) {
    // A number and a code that belong together were no guess.
    if by_number && verified.report.licence.is_some() {
        state.guesses.give_back(asker.address, 1.0);
    }
    let verdict = match verified.report.verdict {
        Verdict::Valid => "valid",
        Verdict::NotValid => "not_valid",
        Verdict::CannotTell => "cannot_tell",
    };
    metrics::counter!("vidimus_verifications_total", "verdict" => verdict).increment(1);
}

/// The report as it is answered.
pub fn report(verified: &Verified) -> Result<Value, Problem> {
    let mut report = serde_json::to_value(&verified.report).map_err(|error| Problem::fault(&error))?;
    if let (Some(signed), Some(members)) = (&verified.signed, report.as_object_mut()) {
        members.insert("signed".into(), json!(signed));
    }
    Ok(report)
}

/// Evidence and nothing asked beyond validity now.
pub fn plain(evidence: Evidence, lang: Lang) -> Asked {
    Asked { evidence, ask: Ask::default(), lang, keep: false, sign: false }
}

/// A JSON body: a question, or a download file as it is.
fn question_or_file(body: &[u8], lang: Lang) -> Result<Asked, Problem> {
    let value = parse_strict(body)?;
    let names: BTreeSet<&str> =
        value.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect();
    let is_file = names.contains("credential") && !QUESTION.iter().any(|name| names.contains(name));
    if is_file {
        let text = std::str::from_utf8(body).map_err(|_| Problem::from(Unreadable::Unknown))?;
        return Ok(plain(Evidence::read(text)?, lang));
    }
    question(&value, lang)
}

/// A verify body.
pub fn question(value: &Value, lang: Lang) -> Result<Asked, Problem> {
    let members = Members::of(value, "", &QUESTION)?;
    let evidence = match (
        members.text("evidence")?,
        members.text("licence_number")?,
        members.text("verification_code")?,
    ) {
        (Some(text), None, None) => Evidence::read(text)?,
        (None, Some(number), Some(code)) => numbered(number, code)?,
        (Some(_), _, _) => {
            let en = "Give either `evidence`, or `licence_number` and `verification_code`.";
            let zh = "evidence 与 licence_number、verification_code 只能给出其一。";
            return Err(Problem::new(Kind::InvalidClaim, zh, en).at("/evidence"));
        }
        (None, Some(_), None) => return Err(missing("/verification_code")),
        (None, None, Some(_)) => return Err(missing("/licence_number")),
        (None, None, None) => return Err(missing("/evidence")),
    };
    let at = members.text("at")?.map(|text| time(text, "/at")).transpose()?;
    let expect = match members.0.get("expect") {
        None | Some(Value::Null) => Expect::default(),
        Some(expect) => {
            let expect = Members::of(expect, "/expect", &["type", "audience", "nonce", "holder"])?;
            let text = |name| Ok::<_, Problem>(expect.text(name)?.map(str::to_owned));
            Expect {
                licence_type: text("type")?,
                audience: text("audience")?,
                nonce: text("nonce")?,
                holder: expect.flag("holder")?,
            }
        }
    };
    let (keep, sign) = (members.flag("keep")?, members.flag("sign")?);
    Ok(Asked { evidence, ask: Ask { at, expect }, lang, keep, sign })
}

/// What is printed on paper.
pub fn numbered(number: &str, code: &str) -> Result<Evidence, Problem> {
    let licence_number = number
        .trim()
        .parse()
        .map_err(|error| Problem::from(Unreadable::LicenceNumber(error)).at("/licence_number"))?;
    let verification_code = code
        .parse()
        .map_err(|error| Problem::from(Unreadable::VerificationCode(error)).at("/verification_code"))?;
    Ok(Evidence::Number { licence_number, verification_code })
}

/// An object whose members are known.
pub struct Members<'v>(&'v Map<String, Value>, &'static str);

impl<'v> Members<'v> {
    /// The members, if no other is there.
    pub fn of(value: &'v Value, pointer: &'static str, known: &[&str]) -> Result<Self, Problem> {
        let members = value.as_object().ok_or_else(|| wrong_type(pointer, JsonKind::Object, value))?;
        if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
            let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            return Err(RequestError { pointer, kind: RequestErrorKind::UnknownField }.into());
        }
        Ok(Self(members, pointer))
    }

    /// A text; null counts as left out.
    pub fn text(&self, name: &str) -> Result<Option<&'v str>, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(&format!("{}/{name}", self.1), JsonKind::String, other)),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(wrong_type(&format!("{}/{name}", self.1), JsonKind::Boolean, other)),
        }
    }
}

fn time(text: &str, pointer: &str) -> Result<Time, Problem> {
    text.parse().map_err(|error: crate::values::time::TimeError| {
        let kind = RequestErrorKind::InvalidClaim(ClaimRule::written::<Time>(&error));
        RequestError { pointer: pointer.to_owned(), kind }.into()
    })
}

/// A member that must be there.
pub fn missing(pointer: &str) -> Problem {
    RequestError { pointer: pointer.to_owned(), kind: RequestErrorKind::Missing }.into()
}

fn wrong_type(pointer: &str, expected: JsonKind, found: &Value) -> Problem {
    let kind = RequestErrorKind::WrongType { expected, found: JsonKind::of(found) };
    RequestError { pointer: pointer.to_owned(), kind }.into()
}
