//! Matters (一件事): what somebody wants that takes several licences, as data: which types, in which order, and the one form
//! that asks for all of them. `schemas/types/matters/<slug>.toml`; no ledger commits to it, so it may be edited at any time.
//!
//! Read against the catalogue: once a [`Matter`] exists, whoever answers its form has said everything that its types
//! require. Not here: what a holder's licences already prove, and applying (the engine).

mod asked;
mod error;
mod read;

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use asked::MatterRequest;
pub use error::MatterError;

use super::claims_schema::ClaimsSchema;
use super::refusal::RequestError;
use super::rules::Bilingual;
use crate::values::identifiers::Slug;

/// Its name, in the directory that holds the types' folders.
pub const MATTERS_FOLDER: &str = "matters";

/// A matter: its licences and its form.
#[derive(Debug)]
pub struct Matter {
    slug: Slug,
    name: Bilingual,
    description: Bilingual,
    licences: Vec<MatterLicence>,
    questions: Vec<Question>,
    /// The answers as claims of one schema, so that they are checked as claims are.
    form: ClaimsSchema,
}

/// A licence that a matter takes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatterLicence {
    /// Of which type.
    #[serde(rename = "type")]
    pub licence_type: Slug,
    /// Types whose licence must be there first.
    #[serde(default)]
    pub after: Vec<Slug>,
    /// Claims that only the issuing department knows; it brings them when it issues.
    #[serde(default)]
    pub supplied: Vec<String>,
    /// Claims that are the same for everybody.
    #[serde(default)]
    pub constants: Map<String, Value>,
    /// Whether another is applied for where the holder has one.
    #[serde(default)]
    pub anew: bool,
}

/// A question of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Its name in `answers`.
    pub slug: Slug,
    /// What is asked.
    pub label: Bilingual,
    /// How to answer it.
    pub help: Bilingual,
    /// What the answer fills.
    pub fills: Vec<Place>,
    /// What in a valid licence of the holder is the answer.
    pub proved_by: Vec<Place>,
    /// Types that cannot be applied for without an answer.
    pub required_by: Vec<Slug>,
    /// The JSON Schema of an answer: that of the first claim it fills.
    pub schema: Value,
}

/// A place in a licence or in the request for one, written `business-licence#/claims/address`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Of which type.
    pub licence_type: Slug,
    /// Where in it.
    pub spot: Spot,
}

/// Where in a licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// A claim.
    Claim(String),
    /// The first day.
    ValidFrom,
    /// The last day.
    ValidUntil,
}

impl Matter {
    /// Its name in requests and paths.
    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// What it is called.
    pub fn name(&self) -> &Bilingual {
        &self.name
    }

    /// What it is, in a sentence or two.
    pub fn description(&self) -> &Bilingual {
        &self.description
    }

    /// Its licences, each behind those that it follows.
    pub fn licences(&self) -> &[MatterLicence] {
        &self.licences
    }

    /// Its form.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The question of this name.
    pub fn question(&self, slug: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.slug.as_str() == slug)
    }

    /// The question that fills a place.
    pub fn filling(&self, licence_type: &Slug, spot: &Spot) -> Option<&Question> {
        let here = |place: &Place| place.licence_type == *licence_type && place.spot == *spot;
        self.questions.iter().find(|question| question.fills.iter().any(here))
    }

    /// Each answer that its question does not take, and each that answers no question.
    pub fn everything_wrong(&self, answers: &Map<String, Value>) -> Vec<RequestError> {
        let alone = |(name, value): (&String, &Value)| {
            self.check_answers(&Map::from_iter([(name.clone(), value.clone())])).err()
        };
        answers.iter().filter_map(alone).collect()
    }

    /// Refuses an answer that its question does not take. `answers` stand at `/answers`.
    pub fn check_answers(&self, answers: &Map<String, Value>) -> Result<(), RequestError> {
        let known = |name: &String| self.question(name).is_some();
        if let Some(unknown) = answers.keys().find(|name| !known(name)) {
            return Err(RequestError::at(
                super::refusal::below("/answers", unknown),
                super::refusal::RequestErrorKind::UnknownField,
            ));
        }
        let claims = answers.iter().map(|(name, value)| (claim_name(name), value.clone())).collect();
        self.form
            .check(&claims, "/answers")
            .map_err(|error| RequestError { pointer: question_pointer(&error.pointer), kind: error.kind })
    }
}

impl Question {
    /// Whether a type of these cannot be applied for without an answer.
    pub fn is_required_by<'a>(&self, mut types: impl Iterator<Item = &'a Slug>) -> bool {
        types.any(|one| self.required_by.contains(one))
    }

    /// What it fills in one type.
    pub fn fills_of<'q>(&'q self, licence_type: &'q Slug) -> impl Iterator<Item = &'q Spot> {
        self.fills.iter().filter(move |place| place.licence_type == *licence_type).map(|place| &place.spot)
    }
}

/// A question's name as that of a claim: claims have no hyphens, questions no underscores.
fn claim_name(question: &str) -> String {
    question.replace('-', "_")
}

/// Back again, in a pointer that begins with `/answers/<claim>`.
fn question_pointer(pointer: &str) -> String {
    let mut parts: Vec<String> = pointer.split('/').map(str::to_owned).collect();
    if let Some(name) = parts.get_mut(2) {
        *name = name.replace('_', "-");
    }
    parts.join("/")
}

impl Spot {
    /// JSON pointer to it.
    pub fn pointer(&self) -> String {
        match self {
            Self::Claim(name) => format!("/claims/{name}"),
            Self::ValidFrom => "/valid_from".to_owned(),
            Self::ValidUntil => "/valid_until".to_owned(),
        }
    }

    /// The spot that a pointer into a request leads to or into.
    pub fn at(pointer: &str) -> Option<Self> {
        match pointer {
            "/valid_from" => Some(Self::ValidFrom),
            "/valid_until" => Some(Self::ValidUntil),
            claim => {
                let name = claim.strip_prefix("/claims/")?.split('/').next()?;
                Some(Self::Claim(name.to_owned()))
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.licence_type, self.spot.pointer())
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || {
            format!("{text:?} is not of the form type#/claims/name, type#/valid_from or type#/valid_until")
        };
        let (slug, pointer) = text.split_once('#').ok_or_else(form)?;
        let spot = Spot::at(pointer).filter(|spot| spot.pointer() == pointer).ok_or_else(form)?;
        Ok(Self { licence_type: slug.parse().map_err(|_| form())?, spot })
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
