//! What a report shows of the licence: only what the credential discloses, signed by a recognised department.

use serde_json::{Map, Value};

use super::context::Context;
use super::entered::Entered;
use super::finding::Finding;
use super::report::Recorded;
use super::signature::Opened;
use super::status;
use crate::ledger::body::Name;

/// The licence, in no language yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Slug; `None` for a type that is not of this authority.
    pub licence_type: Option<String>,
    /// 证照类型代码.
    pub type_code: Option<String>,
    /// 证照编号.
    pub licence_number: Option<String>,
    /// The department's credit code, from its validated certificate.
    pub issuer_code: String,
    /// Its name: as registered, else as certified.
    pub issuer_name: Name,
    /// As disclosed.
    pub holders: Vec<Value>,
    /// First day.
    pub valid_from: Option<String>,
    /// Last day; `None` is 长期.
    pub valid_until: Option<String>,
    /// Where it stood at the time judged, as far as that is known.
    pub standing: Option<&'static str>,
    /// Of a recorded licence.
    pub recorded: Option<Recorded>,
    /// The type's own claims, as disclosed.
    pub claims: Map<String, Value>,
}

impl Shown {
    pub(super) fn of(
        opened: Opened<'_>,
        entered: Option<&Entered>,
        status: &Finding,
        context: &Context<'_>,
    ) -> Self {
        let licence_type = opened.licence_type;
        let version =
            licence_type.as_ref().and_then(|(slug, version)| context.charter.version(slug, *version));
        let subject = opened.leaf.subject();
        let registered = subject.code().parse().ok().and_then(|code| context.charter.department(&code));
        let certified =
            || Name { en: subject.organization().to_owned(), zh: subject.organization().to_owned() };
        let type_code = version.map(|held| held.value.type_code.as_str().to_owned());
        let issuer_code = subject.code().to_owned();
        let issuer_name = registered.map_or_else(certified, |held| held.value.name.clone());
        let mut said = opened.presentation.into_claims().into_map();
        let mut text = |name| text_of(said.remove(name));
        Self {
            licence_number: text("licence_number"),
            valid_from: text("valid_from"),
            valid_until: text("valid_until"),
            holders: match said.remove("holders") {
                Some(Value::Array(holders)) => holders,
                _ => Vec::new(),
            },
            claims: object_of(said.remove("claims")).unwrap_or_default(),
            recorded: object_of(said.remove("recorded")).map(|mut recorded| {
                let mut text = |name| text_of(recorded.remove(name));
                let at = entered.map(|entered| entered.granted.time);
                Recorded { trust: text("trust"), issued_on: text("issued_on"), at }
            }),
            licence_type: licence_type.map(|(slug, _)| slug.as_str().to_owned()),
            type_code,
            issuer_code,
            issuer_name,
            standing: status::standing(status.code),
        }
    }

    /// Whether this is the expected type, by slug or type code.
    pub(super) fn is_of_type(&self, expected: &str) -> bool {
        [&self.licence_type, &self.type_code].into_iter().flatten().any(|own| own == expected)
    }
}

fn text_of(claim: Option<Value>) -> Option<String> {
    match claim {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn object_of(claim: Option<Value>) -> Option<Map<String, Value>> {
    match claim {
        Some(Value::Object(members)) => Some(members),
        _ => None,
    }
}
