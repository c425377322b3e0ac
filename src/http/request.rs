//! What a request brings, read strictly: who calls, in which language, with which parameters and body. Each is an
//! extractor whose rejection is a problem document. Not here: what the members of a body mean (`catalogue`, engine).

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use serde_json::Value;
use tokio_stream::StreamExt as _;

use super::HttpState;
use super::kind::Kind;
use super::problem::Problem;
use crate::authority::Thing;
use crate::authority::caller::Caller;
use crate::catalogue::Written;
use crate::values::canonical::parse_strict;
use crate::values::identifiers::CreditCode;
use crate::values::lang::Lang;
use crate::values::time::{Date, Time};

/// Most bytes of a JSON body.
pub const JSON: usize = 1024 * 1024;
/// Most bytes of a document as a body, for who has a token.
pub const DOCUMENT: usize = 20 * 1024 * 1024;
/// Longest idempotency key.
const LONGEST_KEY: usize = 255;

/// Who calls, if anybody who is known.
pub struct Who(pub Option<Caller>);

/// A department calls.
pub struct Department(pub CreditCode);

/// The language of answers: `Accept-Language`, Chinese by default.
#[derive(Debug, Clone, Copy)]
pub struct Tongue(pub Lang);

/// The `Idempotency-Key`.
pub struct Key(pub Option<String>);

/// Query parameters, none of them twice. Those asked for are taken out; what is left is unknown.
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Those of an address.
    pub fn of(address: &Uri) -> Result<Self, Problem> {
        let malformed = || Problem::new(Kind::Malformed, "查询参数无法解析。", "The query cannot be parsed.");
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(address).map_err(|_| malformed())?;
        let twice = pairs
            .iter()
            .enumerate()
            .find(|(place, (name, _))| pairs.iter().take(*place).any(|(earlier, _)| earlier == name));
        match twice {
            Some((_, (name, _))) => Err(malformed().of(name.chars().take(64).collect::<String>())),
            None => Ok(Self(pairs)),
        }
    }

    /// Takes a parameter out.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(found, _)| found == name)?;
        Some(self.0.swap_remove(place).1)
    }

    /// Takes out `true` or `false`; absent is false.
    pub fn flag(&mut self, name: &'static str) -> Result<bool, Problem> {
        match self.text(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(bad_parameter(name, "须写明 true 或 false。", "Must say true or false.")),
        }
    }

    /// Takes a value out that a text is parsed into.
    pub fn parsed<T: Written>(&mut self, name: &'static str) -> Result<Option<T>, Problem> {
        let parsed =
            self.text(name).map(|text| text.parse().map_err(|error: T::Err| error.to_string())).transpose();
        parsed.map_err(|error| bad_parameter(name, &format!("应为{}。", T::ZH), &format!("{error}.")))
    }

    /// Takes a calendar day out.
    pub fn day(&mut self, name: &'static str) -> Result<Option<Date>, Problem> {
        let day = self.text(name).map(|text| text.parse::<Date>()).transpose();
        day.map_err(|error| {
            let en = format!("Must be a calendar day of the form YYYY-MM-DD: {error}.");
            bad_parameter(name, "应为形如 YYYY-MM-DD 的有效日期。", &en)
        })
    }

    /// Nothing else may have been given.
    pub fn finish(self) -> Result<(), Problem> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().take(64).collect();
                let en = "This query parameter is not known here.";
                Err(Problem::new(Kind::UnknownField, "此处没有这个查询参数。", en).of(name))
            }
        }
    }
}

/// A query parameter or header that breaks a rule.
pub fn bad_parameter(name: &'static str, zh: &str, en: &str) -> Problem {
    Problem::new(Kind::InvalidClaim, zh, en).of(name)
}

/// The parts of the path, if they can be read.
pub type Parted = Result<RawPathParams, RawPathParamsRejection>;

/// A part of the path that is no UTF-8 names nothing: it is answered like every path that leads nowhere.
pub fn readable(parts: &Parted) -> Result<(), Problem> {
    match parts {
        Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => Err(Problem::not_found(Thing::Path)),
        _ => Ok(()),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.uri)
    }
}

impl FromRequestParts<Arc<HttpState>> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<HttpState>) -> Result<Self, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self(None));
        }
        let token = bearer(&parts.headers).ok_or_else(|| {
            let en = "The Authorization header must read: Bearer <token>.";
            Problem::new(Kind::Unauthorised, "Authorization 标头应为:Bearer <令牌>。", en)
        })?;
        let caller = state.tokens.caller(token, state.clock.now()).map_err(|bad| bad.problem())?;
        Ok(Self(Some(caller)))
    }
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl FromRequestParts<Arc<HttpState>> for Department {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<HttpState>) -> Result<Self, Problem> {
        match Who::from_request_parts(parts, state).await?.0 {
            Some(Caller::Department { code, .. }) => Ok(Self(code)),
            Some(Caller::Operator | Caller::Auditor) => {
                let en = "This route is for departments; the token is another role's.";
                Err(Problem::new(Kind::NotYours, "此接口仅供部门使用，该令牌属于其他角色。", en))
            }
            None => Err(no_token()),
        }
    }
}

/// A token is needed and there is none.
pub fn no_token() -> Problem {
    let en = "This route needs a token: Authorization: Bearer <token>.";
    Problem::new(Kind::Unauthorised, "此接口需要令牌:Authorization: Bearer <令牌>。", en)
}

impl<S: Send + Sync> FromRequestParts<S> for Tongue {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(tongue(&parts.headers)))
    }
}

/// The wanted language with the greatest weight (RFC 9110, section 12.5.4), Chinese where nothing is said.
pub fn tongue(headers: &HeaderMap) -> Lang {
    let given =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (Lang::Zh, 0.0_f32);
    for range in given.split(',') {
        let (tag, rest) = range.split_once(';').unwrap_or((range, ""));
        let weight =
            rest.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.parse().ok()).unwrap_or(0.0);
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let Ok(lang) = primary.parse() else { continue };
        if weight > best.1 {
            best = (lang, weight);
        }
    }
    best.0
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(given) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        // What a header may hold and a key may not is the tab.
        let fits = |text: &&str| !text.is_empty() && text.len() <= LONGEST_KEY && !text.contains('\t');
        let text = given.to_str().ok().filter(fits);
        let zh = format!("应为 1 至 {LONGEST_KEY} 个可见 ASCII 字符。");
        let en = format!("Must be 1 to {LONGEST_KEY} visible ASCII characters.");
        let text = text.ok_or_else(|| bad_parameter("Idempotency-Key", &zh, &en))?;
        Ok(Self(Some(text.to_owned())))
    }
}

/// The media type, lower case, without parameters.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Whether this is JSON; a body of no stated type is taken for it.
pub fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_none_or(|found| found == "application/json" || found.ends_with("+json"))
}

/// A media type that the route does not take.
pub fn other_media_type(wanted: &str) -> Problem {
    Problem::new(Kind::MediaType, format!("此接口接受 {wanted}。"), format!("This route takes {wanted}."))
}

/// The whole body, up to a limit.
pub async fn bytes(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Problem> {
    if content_length(headers).is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::with_capacity(content_length(headers).unwrap_or(0));
    while let Some(chunk) = chunks.next().await {
        let broken =
            |_| Problem::new(Kind::Malformed, "请求内容没有传完。", "The body did not arrive whole.");
        let chunk = chunk.map_err(broken)?;
        if whole.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.into())
}

/// What the client says the body is long.
pub fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// More bytes than are taken.
pub fn too_large(limit: usize) -> Problem {
    Problem::new(
        Kind::TooLarge,
        format!("最多接受 {limit} 字节。"),
        format!("At most {limit} bytes are taken."),
    )
}

/// The body as JSON.
pub async fn json(headers: &HeaderMap, body: Body) -> Result<Value, Problem> {
    if !is_json(headers) {
        return Err(other_media_type("application/json"));
    }
    Ok(parse_strict(&bytes(headers, body, JSON).await?)?)
}

/// A time in a query, not later than now.
pub fn not_later(at: Option<Time>, now: Time) -> Result<Time, Problem> {
    match at {
        Some(at) if at > now => {
            Err(Problem::from(crate::verification::AskError::InFuture { at, now }).of("at"))
        }
        at => Ok(at.unwrap_or(now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_wins() {
        let told = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, text.parse().unwrap());
            tongue(&headers)
        };
        assert_eq!(tongue(&HeaderMap::new()), Lang::Zh);
        for (text, lang) in [
            ("en", Lang::En),
            ("en-GB, zh;q=0.5", Lang::En),
            ("zh-CN,zh;q=0.9,en;q=0.8", Lang::Zh),
            ("fr, en;q=0.2", Lang::En),
            ("fr", Lang::Zh),
            ("en;q=0", Lang::Zh),
            ("en;q=x", Lang::Zh),
            ("*", Lang::Zh),
        ] {
            assert_eq!(told(text), lang, "{text}");
        }
    }
}
