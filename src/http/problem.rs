//! Problem documents (RFC 9457): the only place that knows both a refusal and a status. A problem is in both languages
//! until it is answered (`answer`). Faults are logged here, once, and leave only an incident id outside.

mod unreadable;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::kind::Kind;
use crate::authority::keyring::KeyringError;
use crate::authority::store::StoreError;
use crate::authority::{Failure, Fault, Refusal, Thing};
use crate::catalogue::{RequestError, RequestErrorKind};
use crate::law::Rule;
use crate::values::identifiers::Slug;
use crate::values::lang::Lang;

/// A problem, in no language yet.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: Kind,
    /// Boxed: most answers are none.
    said: Box<Said>,
}

/// What is said of it.
#[derive(Debug, Clone)]
struct Said {
    detail: (String, String),
    pointer: Option<String>,
    parameter: Option<String>,
    incident: Option<String>,
    retry_after: Option<u64>,
    licence_type: Option<Slug>,
}

impl Problem {
    /// A problem with what is to be said of it, Chinese and English.
    pub fn new(kind: Kind, zh: impl Into<String>, en: impl Into<String>) -> Self {
        let detail = (zh.into(), en.into());
        let said = Said {
            detail,
            pointer: None,
            parameter: None,
            incident: None,
            retry_after: None,
            licence_type: None,
        };
        Self { kind, said: Box::new(said) }
    }

    /// At a member of the body.
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.said.pointer = Some(pointer.into());
        self
    }

    /// At a query parameter or header.
    pub fn of(mut self, parameter: impl Into<String>) -> Self {
        self.said.parameter = Some(parameter.into());
        self
    }

    /// To be tried again after so many seconds.
    pub fn after(mut self, seconds: u64) -> Self {
        self.said.retry_after = Some(seconds);
        self
    }

    /// With a licence of this type, where one is known: for those who count, not for the caller.
    pub fn with_type(mut self, licence_type: Option<Slug>) -> Self {
        self.said.licence_type = licence_type;
        self
    }

    /// There is no such thing here.
    pub fn not_found(thing: Thing) -> Self {
        let (zh, en) = thing.names();
        Self::new(Kind::NotFound, format!("没有这个{zh}。"), format!("There is no such {en} here."))
    }

    /// What is known of a status that something else than a handler answered with.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(Thing::Path),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(
                Kind::MethodNotAllowed,
                "此地址不支持该方法，请见 Allow 标头。",
                "This address does not offer the method; see the Allow header.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(Kind::TooLarge, "请求过大。", "The request is too large.")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::new(Kind::MediaType, "不支持此媒体类型。", "The media type is not supported.")
            }
            status if status.is_client_error() => {
                Self::new(Kind::Malformed, "请求无法理解。", "The request cannot be understood.")
            }
            _ => Self::fault(&"an answer without a problem"),
        }
    }

    /// A fault of ours: logged here, opaque outside.
    pub fn fault(cause: &dyn std::fmt::Display) -> Self {
        let incident = format!("I-{:016x}", RandomState::new().build_hasher().finish());
        tracing::error!(%incident, %cause, "a request failed through a fault of ours");
        let zh = "服务内部出现故障，已记录。请稍后再试，必要时告知事件编号。";
        let en =
            "A fault of ours, which is logged. Try again later, and name the incident if you ask about it.";
        let mut problem = Self::new(Kind::Internal, zh, en);
        problem.said.incident = Some(incident);
        problem
    }

    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The type of licence it is about, if that is known.
    pub fn licence_type(&self) -> Option<&Slug> {
        self.said.licence_type.as_ref()
    }

    /// Title and detail in a language, and the incident if there is one.
    pub fn told(&self, lang: Lang) -> (&'static str, &str, Option<&str>) {
        let (zh, en) = self.kind.titles();
        (
            lang.choose(zh, en),
            lang.choose(&self.said.detail.0, &self.said.detail.1),
            self.said.incident.as_deref(),
        )
    }

    /// The document, under the base URL that names the kinds.
    pub fn document(&self, lang: Lang, base_url: &str) -> Value {
        let (title, detail, incident) = self.told(lang);
        let mut document = json!({
            "type": format!("{base_url}/problems/{}", self.kind.slug()),
            "title": title,
            "status": self.status().as_u16(),
            "detail": detail,
        });
        let more = [
            ("pointer", self.said.pointer.as_deref()),
            ("parameter", self.said.parameter.as_deref()),
            ("incident", incident),
        ];
        for (name, value) in more {
            if let (Some(value), Some(members)) = (value, document.as_object_mut()) {
                members.insert(name.to_owned(), json!(value));
            }
        }
        document
    }
}

/// The body is left to `answer`, which knows the language.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(seconds) = self.said.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.kind == Kind::Unauthorised {
            let bearer = axum::http::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Fault(fault) => fault.into(),
            // The standing changed between the engine's look and the entry: another act came first, or midnight.
            Failure::Judged(violation) if matches!(violation.rule, Rule::Transition | Rule::Prev) => {
                Self::new(
                    Kind::IllegalTransition,
                    "证照状态刚刚发生变化，不允许此操作；请查询当前状态后再决定。",
                    "The licence's standing has just changed, and the act does not follow from it; look at it again.",
                )
            }
            // What the engine proposed and did not translate is its own mistake.
            Failure::Judged(violation) => Self::fault(&violation),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(StoreError::Ended(why)) => Refusal::NotReady(why).into(),
            // What cannot be read is no mistake of this program's: the disk's, or what damaged it.
            Fault::Store(StoreError::Unreadable(_)) | Fault::View(_) | Fault::Damaged(_) => {
                tracing::error!(cause = %fault, "what a request asked for cannot be read");
                Self::new(
                    Kind::NotReady,
                    "所需数据目前读不出，原因见服务日志和 vidimus doctor。请稍后再试，或告知运维人员。",
                    "What is asked for cannot be read at present; the service's log and vidimus doctor say why. Try again later, or tell the operator.",
                )
                .after(60)
            }
            // A full or failing disk under the keys: the same as one under the ledger.
            Fault::Keyring(KeyringError::Unwritable(why)) => Refusal::NotReady(why).into(),
            fault => Self::fault(&fault),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let en = capital(&refusal.to_string());
        match refusal {
            Refusal::Request(error) => error.into(),
            Refusal::Ask(error) => error.into(),
            Refusal::NoPower { department, licence_type, region, pointer } => Self::new(
                Kind::NoPower,
                format!("{department} 今日在 {region} 没有签发 {licence_type} 的权力，请见 /v1/powers。"),
                format!("{en}; see /v1/powers."),
            )
            .at(pointer),
            Refusal::NotYours => Self::new(Kind::NotYours, "该证照由其他部门签发。", en),
            Refusal::NotFound(thing) => Self::not_found(thing),
            Refusal::IdempotencyConflict => Self::new(
                Kind::IdempotencyConflict,
                "此幂等键曾用于其他内容；内容不同的请求请使用新的键。",
                format!("{en}; a different request needs a key of its own."),
            ),
            Refusal::InFlight => Self::new(
                Kind::InFlight,
                "同一请求正在处理，请稍后再试。",
                format!("{en}; try again shortly."),
            )
            .after(1),
            Refusal::IllegalTransition { standing, act: _, expired } => {
                let state = if expired { "，且已过有效期" } else { "" };
                let zh = format!("证照当前状态为“{}”{state}，不允许此操作。", standing.zh());
                Self::new(Kind::IllegalTransition, zh, en)
            }
            Refusal::NumberTaken { pointer } => {
                Self::new(Kind::InvalidClaim, "该证照编号已经签发或补录过。", en).at(pointer)
            }
            Refusal::OutlivesCertificate { pointer } => {
                Self::new(Kind::Validity, "签发证书将先于证照到期：请缩短有效期，或请运维更换凭证密钥（vidimus keys rotate）。", format!("{en}; choose an earlier last day, or ask the operator to rotate the credential key (vidimus keys rotate).")).at(pointer)
            }
            Refusal::HolderKey { pointer, reason } => {
                Self::new(Kind::InvalidClaim, format!("持证主体密钥不被接受（{reason}）。"), en).at(pointer)
            }
            Refusal::Approvals { pointer } => {
                Self::new(Kind::InvalidClaim, "该类型直接签发，不接受办件与审批。", en).at(pointer)
            }
            Refusal::AlreadyHeld { pointer } => Self::new(
                Kind::InvalidClaim,
                "该持证主体已持有一份此类证照（有效或暂扣），每个主体只能持有一份。",
                en,
            )
            .at(pointer),
            Refusal::OtherType { pointer } => {
                Self::new(Kind::InvalidClaim, "新证照必须与被替换的证照同类。", en).at(pointer)
            }
            Refusal::PickupClosed { tries: Some(tries) } => Self::new(
                Kind::WrongCode,
                format!("领取码不正确，还可尝试 {tries} 次。"),
                format!("The code is wrong; {tries} tries remain."),
            ),
            Refusal::PickupClosed { tries: None } => Self::new(
                Kind::PickupClosed,
                "领取次数用尽或已过期，请向签发部门重新索取。",
                "Its tries or its time are used up; ask the issuing department for another.",
            ),
            Refusal::Erased => Self::new(
                Kind::Erased,
                "该证照的内容已不在此处：已依法删除，或恢复备份时缺失；账本记录仍在。",
                en,
            ),
            Refusal::Ceremony(refused) => {
                let kind = if refused.is_closed() { Kind::CeremonyClosed } else { Kind::InvalidClaim };
                let problem = Self::new(kind, format!("{}。", refused.zh()), format!("{en}."));
                match refused.pointer() {
                    Some(pointer) => problem.at(pointer),
                    None => problem,
                }
            }
            Refusal::CertificateEnded { department, ended } => {
                let cure = format!("vidimus keys rotate --purpose credential --department {department}");
                Self::new(
                    Kind::NotReady,
                    format!("本部门的签发证书已于 {ended} 到期，更换密钥之前不能签发：请运维执行 {cure}。已签发的证照不受影响。"),
                    format!("The certificate that this department issues under ended on {ended}, and nothing can be issued before its key is rotated: the operator does so with {cure}. What was issued is not affected."),
                )
                .after(600)
            }
            Refusal::NotReady(why) => {
                // The reason may name files: it is for the operator.
                tracing::warn!(%why, "a request was refused: not ready");
                Self::new(
                    Kind::NotReady,
                    "账本暂时不能新增记录，查询与核验不受影响。",
                    "Nothing can be entered now; reading and verifying go on.",
                )
                .after(10)
            }
            Refusal::Busy => {
                Self::new(Kind::NotReady, "排队的请求过多，请稍后再试。", format!("{en}; try again shortly."))
                    .after(1)
            }
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        let RequestError { pointer, kind } = error;
        let slug = match &kind {
            RequestErrorKind::UnknownField => Kind::UnknownField,
            RequestErrorKind::UnknownType { .. } => Kind::UnknownType,
            RequestErrorKind::WrongType { .. }
            | RequestErrorKind::Missing
            | RequestErrorKind::InvalidClaim(_) => Kind::InvalidClaim,
            RequestErrorKind::CheckDigit { .. } => Kind::CheckDigit,
            RequestErrorKind::Validity(_) => Kind::Validity,
        };
        Self::new(slug, format!("{}。", kind.zh()), format!("{}.", capital(&kind.to_string()))).at(pointer)
    }
}

/// A sentence begins with a capital.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_opaque() {
        let problem = Problem::from(Fault::Crypto("/var/lib/secret".into()));
        let document = problem.document(Lang::En, "http://a.test").to_string();
        assert!(!document.contains("secret") && document.contains("I-"), "{document}");
        assert_eq!(problem.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn a_failing_disk_is_not_ready_and_names_no_file() {
        let faults = [
            Fault::Store(StoreError::Ended("/var/lib/secret".into())),
            Fault::Store(StoreError::Unreadable("/var/lib/secret".into())),
            Fault::Damaged("/var/lib/secret".into()),
            Fault::Keyring(KeyringError::Unwritable("/var/lib/secret".into())),
        ];
        for fault in faults {
            let problem = Problem::from(fault);
            assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
            for lang in Lang::ALL {
                assert!(!problem.document(lang, "http://a.test").to_string().contains("secret"));
            }
        }
    }

    #[test]
    fn slugs_are_of_one_kind_each() {
        let slugs: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), Kind::ALL.len());
    }

    #[test]
    fn a_request_error_keeps_its_pointer_in_both_languages() {
        let error = RequestError { pointer: "/holders/0/code".into(), kind: RequestErrorKind::Missing };
        let problem = Problem::from(error);
        for lang in Lang::ALL {
            let document = problem.document(lang, "http://a.test");
            assert_eq!(document["pointer"], "/holders/0/code");
            assert_eq!(document["type"], "http://a.test/problems/invalid-claim");
        }
    }
}
