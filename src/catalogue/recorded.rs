//! `recorded` of an issue request: a licence that was granted before the ledger (存量补录), with the trust in its source
//! and where it stands today. Its own dates and number stand, however old they are; source and reason never enter the
//! ledger. Not here: the power to record it, which is judged when it is recorded.

use serde_json::{Map, Value, json};

use super::members::Members;
use super::refusal::{RequestError, RequestErrorKind, ValidityRule};
use super::request::IssueRequest;
use crate::values::recorded::{RecordedStanding, TrustLevel};
use crate::values::time::Date;

/// The members, in the order of the contract.
pub(super) const MEMBERS: &[&str] =
    &["trust", "standing", "source", "issued_on", "standing_since", "standing_reason"];

/// What is said of it. `Debug` shows no text.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// Trust in the source.
    pub trust: TrustLevel,
    /// Where it stands today.
    pub standing: RecordedStanding,
    /// Where the data come from: a register, an archive, a paper.
    pub source: String,
    /// The day it was granted.
    pub issued_on: Option<Date>,
    /// Since when it stands where it does.
    pub standing_since: Option<Date>,
    /// Why it stands where it does.
    pub standing_reason: Option<String>,
}

impl std::fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecordedRequest({:?}, {:?})", self.trust, self.standing)
    }
}

impl RecordedRequest {
    /// Reads the member `recorded`, where there is one.
    pub(super) fn within(request: &Members<'_>) -> Result<Option<Self>, RequestError> {
        let Some(value) = request.get("recorded") else { return Ok(None) };
        let object = Members::open(value, request.pointer("recorded"), MEMBERS)?;
        let trust =
            |object: &Members<'_>, name: &str| object.word(name, &TrustLevel::ALL, TrustLevel::as_str);
        let standing = |object: &Members<'_>, name: &str| {
            object.word(name, &RecordedStanding::ALL, RecordedStanding::as_str)
        };
        Ok(Some(Self {
            trust: object.required("trust", trust)?,
            standing: object.required("standing", standing)?,
            source: object.required("source", Members::prose)?,
            issued_on: object.day("issued_on")?,
            standing_since: object.day("standing_since")?,
            standing_reason: object.prose("standing_reason")?,
        }))
    }

    /// What is kept beside the ledger: all of it, in the members of the request.
    pub fn kept(&self) -> Value {
        let mut kept = Map::from_iter([
            ("trust".to_owned(), json!(self.trust.as_str())),
            ("standing".to_owned(), json!(self.standing.as_str())),
            ("source".to_owned(), json!(self.source)),
        ]);
        let day = |day: &Option<Date>| day.map(|day| day.to_string());
        let more = [
            ("issued_on", day(&self.issued_on)),
            ("standing_since", day(&self.standing_since)),
            ("standing_reason", self.standing_reason.clone()),
        ];
        kept.extend(more.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?)))));
        Value::Object(kept)
    }

    /// What the credential says of it, always plain: that it was recorded, with which trust, and when it was granted.
    pub fn claim(&self) -> Value {
        match self.issued_on {
            Some(day) => json!({"trust": self.trust.as_str(), "issued_on": day.to_string()}),
            None => json!({"trust": self.trust.as_str()}),
        }
    }
}

impl IssueRequest {
    /// Whether what is recorded was granted before its department could issue it here (law 0, section 9): by the day
    /// it was issued on, or where none is known by its first day.
    pub fn check_granted_before(&self, joined: Date) -> Result<(), RequestError> {
        let Some(recorded) = &self.recorded else { return Ok(()) };
        let (member, day) = match recorded.issued_on {
            Some(day) => ("recorded/issued_on", day),
            None => ("valid_from", self.valid_from),
        };
        if day <= joined {
            return Ok(());
        }
        let kind = RequestErrorKind::Validity(ValidityRule::GrantedLater { joined });
        Err(RequestError::at(format!("{}/{member}", self.pointer), kind))
    }

    /// Whether what is recorded can have happened by `today`, under the number it had.
    pub(super) fn check_recorded(&self, today: Date) -> Result<(), RequestError> {
        let Some(recorded) = &self.recorded else { return Ok(()) };
        if self.licence_number.is_none() {
            let pointer = format!("{}/licence_number", self.pointer);
            return Err(RequestError::at(pointer, RequestErrorKind::Missing));
        }
        let refuse = |name: &str, rule| {
            let pointer = format!("{}/recorded/{name}", self.pointer);
            Err(RequestError::at(pointer, RequestErrorKind::Validity(rule)))
        };
        for (name, day) in [("issued_on", recorded.issued_on), ("standing_since", recorded.standing_since)] {
            if day.is_some_and(|day| day > today) {
                return refuse(name, ValidityRule::NotYet { today });
            }
        }
        match (recorded.issued_on, recorded.standing_since) {
            (Some(issued_on), Some(since)) if since < issued_on => {
                refuse("standing_since", ValidityRule::BeforeIssue { issued_on })
            }
            _ => Ok(()),
        }
    }
}
