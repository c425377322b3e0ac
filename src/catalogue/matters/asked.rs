//! The application for a matter as it comes over the wire: its members, each error with its pointer. Not here: whether the
//! answers are what the form takes (`Matter::check_answers`), and what they come to (the engine).

use serde_json::{Map, Value};

use super::super::members::Members;
use super::super::refusal::RequestError;
use super::super::request::{HolderRequest, holders};
use crate::values::identifiers::Region;

/// An application for a matter: understood, not yet checked. Personal: there is no `Debug`.
#[derive(Clone, PartialEq)]
pub struct MatterRequest {
    /// `matter`: slug.
    pub matter: String,
    /// `holders`, or the one `holder`.
    pub holders: Vec<HolderRequest>,
    /// The same as they were sent.
    pub said_holders: Vec<Value>,
    /// `answers`, without those that are null.
    pub answers: Map<String, Value>,
    /// The region under which everything is to be issued.
    pub region: Option<Region>,
}

impl MatterRequest {
    /// Reads an application.
    pub fn parse(value: &Value) -> Result<Self, RequestError> {
        let members =
            Members::open(value, String::new(), &["matter", "holder", "holders", "answers", "region"])?;
        let one = members.get("holder").cloned().map(|one| vec![one]);
        let several = members.get("holders").and_then(Value::as_array).cloned();
        let answers = members.map("answers")?.unwrap_or_default();
        Ok(Self {
            matter: members.required("matter", Members::text)?,
            holders: holders(&members)?,
            said_holders: one.or(several).unwrap_or_default(),
            answers: answers.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            region: members.parsed("region")?,
        })
    }
}
