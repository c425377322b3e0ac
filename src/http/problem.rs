//! Problem documents (RFC 9457): the only place that knows both a refusal and a status. A problem is in both languages
//! until it is answered (`answer`). Faults are logged here, once, and leave only an incident id outside.

mod case;
mod matter;
mod refused;
mod standing;
mod unreadable;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::kind::Kind;
use crate::authority::keyring::KeyringError;
use crate::authority::store::StoreError;
use crate::authority::{Failure, Fault, Refusal, Thing};
use crate::law::Rule;
use crate::values::identifiers::{CreditCode, Slug};
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
    department: Option<CreditCode>,
    proved_by: Option<Vec<Value>>,
    others: Vec<Problem>,
    contradicted: Option<Slug>,
    unanswered: Option<Vec<String>>,
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
            department: None,
            proved_by: None,
            others: Vec::new(),
            contradicted: None,
            unanswered: None,
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

    /// For a wish of this department, where another may have called: for those who count.
    pub fn wished_by(mut self, department: CreditCode) -> Self {
        self.said.department = Some(department);
        self
    }

    /// With what proves already what was demanded.
    pub fn proved_by(mut self, proofs: Vec<Value>) -> Self {
        self.said.proved_by = Some(proofs);
        self
    }

    /// With what else is wrong in the same body.
    pub fn with_others(mut self, others: Vec<Self>) -> Self {
        self.said.others = others;
        self
    }

    /// About a fact that a valid licence contradicts: for those who count, not for the caller.
    pub fn contradicting(mut self, fact: Slug) -> Self {
        self.said.contradicted = Some(fact);
        self
    }

    /// With pointers to everything that is still to be answered.
    pub fn still_asked(mut self, pointers: Vec<String>) -> Self {
        self.said.unanswered = Some(pointers);
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

    /// The fact that a valid licence contradicts, if it is about one.
    pub fn contradicted(&self) -> Option<&Slug> {
        self.said.contradicted.as_ref()
    }

    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where the body is wrong, if it is at one place.
    pub fn pointer(&self) -> Option<&str> {
        self.said.pointer.as_deref()
    }

    /// The type of licence it is about, if that is known.
    pub fn licence_type(&self) -> Option<&Slug> {
        self.said.licence_type.as_ref()
    }

    /// Whose wish it is about, if that is known beside the caller.
    pub fn department(&self) -> Option<&CreditCode> {
        self.said.department.as_ref()
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
        if let (Some(proofs), Some(members)) = (&self.said.proved_by, document.as_object_mut()) {
            members.insert("proved_by".to_owned(), json!(proofs));
        }
        if let (false, Some(members)) = (self.said.others.is_empty(), document.as_object_mut()) {
            let errors = std::iter::once(self).chain(&self.said.others).map(|one| one.error(lang));
            members.insert("errors".to_owned(), errors.collect());
        }
        if let (Some(pointers), Some(members)) = (&self.said.unanswered, document.as_object_mut()) {
            members.insert("unanswered".to_owned(), json!(pointers));
        }
        document
    }

    /// Everything that is wrong: where, and what, in a language. What is not at one place stands at none.
    pub fn each(&self, lang: Lang) -> Vec<(String, String)> {
        if let Some(pointers) = &self.said.unanswered {
            let told = lang.choose("此项必填。", "This is required.");
            return pointers.iter().map(|pointer| (pointer.clone(), told.to_owned())).collect();
        }
        let one = |problem: &Self| {
            let (_, detail, incident) = problem.told(lang);
            let incident = incident.map(|incident| format!(" {incident}")).unwrap_or_default();
            (problem.said.pointer.clone().unwrap_or_default(), format!("{detail}{incident}"))
        };
        std::iter::once(self).chain(&self.said.others).map(one).collect()
    }

    /// One of several: where, and what (RFC 9457, section 3.1.4).
    fn error(&self, lang: Lang) -> Value {
        json!({"pointer": self.said.pointer, "detail": self.told(lang).1})
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
            Fault::Store(StoreError::Unreadable(_) | StoreError::Busy(_) | StoreError::Archived { .. })
            | Fault::View(_)
            | Fault::Damaged(_) => {
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

/// A sentence begins with a capital.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{RequestError, RequestErrorKind};

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
