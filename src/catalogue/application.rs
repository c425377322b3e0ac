//! An application for a licence, as a case is filed with it: what an issue request says of holders and claims, and what
//! the applicant wishes. Not here: what is decided (`request`), and whose case it is.

use serde_json::{Map, Value, json};

use super::licence_type::LicenceType;
use super::members::Members;
use super::refusal::RequestError;
use super::request::IssueRequest;
use crate::values::identifiers::{Handle, LicenceNumber, Region};
use crate::values::standing::Cause;
use crate::values::time::Date;

/// An application that was understood. Personal: there is no `Debug`.
#[derive(Clone, PartialEq)]
pub struct Application {
    /// `type`: slug or 证照类型代码.
    pub licence_type: String,
    /// The region under which it is to be issued.
    pub region: Option<Region>,
    /// The matter it belongs to.
    pub matter: Option<Handle>,
    /// 告知承诺: whether the applicant promises instead of proving.
    pub promise: bool,
    /// The licence that is to be replaced by what is applied for.
    pub replaces: Option<Replacing>,
    /// Everything that was said; what is null was not.
    pub said: Map<String, Value>,
}

const MEMBERS: &[&str] = &[
    "type",
    "holder",
    "holders",
    "claims",
    "valid_from",
    "valid_until",
    "reference",
    "region",
    "holder_key",
    "matter",
    "promise",
    "replaces",
    "sources",
];
/// Those that an issue request does not know.
const OWN: [&str; 3] = ["matter", "promise", "replaces"];

impl Application {
    /// Reads an application. Holders and claims are read with the request it makes.
    pub fn parse(value: &Value) -> Result<Self, RequestError> {
        let members = Members::open(value, String::new(), MEMBERS)?;
        Ok(Self {
            licence_type: members.required("type", Members::text)?,
            region: members.parsed("region")?,
            matter: members.parsed("matter")?,
            promise: members.boolean("promise")?.unwrap_or(false),
            replaces: replacing(&members, "replaces")?,
            said: without_nulls(value).as_object().cloned().unwrap_or_default(),
        })
    }

    /// The issue request it makes on a day: from that day on where no day is wished, as long as the type allows where
    /// none is.
    pub fn request(&self, licence_type: &LicenceType, today: Date) -> Result<IssueRequest, RequestError> {
        self.decided(licence_type, today, &Decided::default())
    }

    /// The same with what was decided.
    pub fn decided(
        &self,
        licence_type: &LicenceType,
        today: Date,
        decided: &Decided,
    ) -> Result<IssueRequest, RequestError> {
        IssueRequest::parse(&self.issue_body(licence_type, today, decided)?)
    }

    /// The body of that request.
    pub fn issue_body(
        &self,
        licence_type: &LicenceType,
        today: Date,
        decided: &Decided,
    ) -> Result<Value, RequestError> {
        let mut members = self.said.clone();
        OWN.iter().for_each(|name| drop(members.remove(*name)));
        let said = Value::Object(self.said.clone());
        let wished = Members::open(&said, String::new(), MEMBERS)?;
        let from = decided.valid_from.or(wished.day("valid_from")?).unwrap_or(today);
        let until = decided.valid_until.or(wished.day("valid_until")?);
        let until = until.or_else(|| licence_type.longest_until(from));
        members.insert("valid_from".into(), json!(from));
        members.insert("valid_until".into(), json!(until));
        if let Some(number) = &decided.licence_number {
            members.insert("licence_number".into(), json!(number.as_str()));
        }
        Ok(Value::Object(members))
    }
}

/// Which licence is to be replaced, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replacing {
    /// The licence.
    pub licence: Handle,
    /// Why.
    pub cause: Cause,
}

fn replacing(members: &Members<'_>, name: &str) -> Result<Option<Replacing>, RequestError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let members = Members::open(value, members.pointer(name), &["licence", "cause"])?;
    Ok(Some(Replacing {
        licence: members.required("licence", Members::parsed)?,
        cause: members.required("cause", Members::cause)?,
    }))
}

/// `null` counts as left out, and what is committed to has none.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let said = members.iter().filter(|(_, value)| !value.is_null());
            Value::Object(said.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

/// What a decision says of a licence beyond the application.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    /// First day.
    pub valid_from: Option<Date>,
    /// Last day.
    pub valid_until: Option<Date>,
    /// The department's own number.
    pub licence_number: Option<LicenceNumber>,
}
