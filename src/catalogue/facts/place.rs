//! Where a fact stands in a licence: the holder's name, or one claim. Not here: lists and their rows, which hold no facts
//! that others use.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The pointer of the holder's name.
const NAME: &str = "/holders/0/name";
/// What the pointer of a claim begins with.
const CLAIMS: &str = "/claims/";

/// A place, written as a JSON pointer into an issue request and into what a licence says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Place {
    /// `/holders/0/name`: of a type with one holder.
    Name,
    /// `/claims/<name>`.
    Claim(String),
}

/// A pointer that is no place of a fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is neither {NAME} nor {CLAIMS}<name>")]
pub struct PlaceError {
    /// What was written.
    found: String,
}

impl Place {
    /// What stands there in `holders` and `claims`.
    pub fn value<'v>(&self, said: &'v Map<String, Value>) -> Option<&'v Value> {
        let found = match self {
            Self::Name => said.get("holders")?.get(0)?.get("name"),
            Self::Claim(name) => said.get("claims")?.get(name),
        };
        found.filter(|value| !value.is_null())
    }

    /// The claim, if it is one.
    pub fn claim(&self) -> Option<&str> {
        match self {
            Self::Name => None,
            Self::Claim(name) => Some(name),
        }
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let claim = text.strip_prefix(CLAIMS).filter(|name| !name.is_empty() && !name.contains(['/', '~']));
        match claim {
            Some(name) => Ok(Self::Claim(name.to_owned())),
            None if text == NAME => Ok(Self::Name),
            None => Err(PlaceError { found: text.chars().take(64).collect() }),
        }
    }
}

impl TryFrom<String> for Place {
    type Error = PlaceError;

    fn try_from(text: String) -> Result<Self, PlaceError> {
        text.parse()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str(NAME),
            Self::Claim(name) => write!(f, "{CLAIMS}{name}"),
        }
    }
}
