//! The members of a JSON object of a request, read by hand: an error with the right JSON pointer for everything that is
//! wrong with them. Not here: which members there are.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::refusal::{ClaimRule, JsonKind, RequestError, RequestErrorKind, ValidityRule, below};
use super::written::Written;
use crate::values::standing::Cause;
use crate::values::time::Date;

/// Longest holder name, reference, idempotency key and case number, in characters.
const LONGEST_TEXT: usize = 256;
/// Longest source and reason, in characters.
const LONGEST_PROSE: usize = 2000;

/// The members of one object, and where it stands. `null` counts as left out.
pub struct Members<'a> {
    members: &'a Map<String, Value>,
    /// Its JSON pointer.
    pub at: String,
}

impl<'a> Members<'a> {
    /// The members of `value`, which must be an object without others than these.
    pub fn open(value: &'a Value, at: String, known: &[&str]) -> Result<Self, RequestError> {
        let Value::Object(members) = value else {
            return Err(wrong_type(at, JsonKind::Object, value));
        };
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(RequestError::at(below(&at, unknown), RequestErrorKind::UnknownField)),
            None => Ok(Self { members, at }),
        }
    }

    /// Where a member stands, or would.
    pub fn pointer(&self, name: &str) -> String {
        below(&self.at, name)
    }

    /// A member as it is.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// A member that must be there.
    pub fn required<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Result<Option<T>, RequestError>,
    ) -> Result<T, RequestError> {
        read(self, name)?.ok_or_else(|| RequestError::at(self.pointer(name), RequestErrorKind::Missing))
    }

    /// A text, whatever stands in it.
    pub fn string(&self, name: &str) -> Result<Option<&'a str>, RequestError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(self.pointer(name), JsonKind::String, other)),
        }
    }

    /// One line of text: not empty, no control characters, not endless.
    pub fn text(&self, name: &str) -> Result<Option<String>, RequestError> {
        self.worded(name, LONGEST_TEXT, |character| character.is_control())
    }

    /// Sentences: as a text, but longer, of several lines, however they end, and with tabs.
    pub fn prose(&self, name: &str) -> Result<Option<String>, RequestError> {
        self.worded(name, LONGEST_PROSE, |character| {
            character.is_control() && !matches!(character, '\t' | '\n' | '\r')
        })
    }

    /// A number of something counted, or of an amount of them.
    pub fn number(&self, name: &str, of: (&str, &str)) -> Result<Option<u32>, RequestError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let rule = || ClaimRule::described(of.0, of.1);
        number.map(Some).ok_or_else(|| RequestError::rule(self.pointer(name), rule()))
    }

    fn worded(
        &self,
        name: &str,
        longest: usize,
        refused: impl Fn(char) -> bool,
    ) -> Result<Option<String>, RequestError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        let broken = if text.trim().is_empty() {
            ClaimRule::Empty
        } else if text.chars().any(refused) {
            ClaimRule::ControlCharacter
        } else if text.chars().nth(longest).is_some() {
            ClaimRule::TooLong { limit: u64::try_from(longest).unwrap_or(u64::MAX) }
        } else {
            return Ok(Some(text.to_owned()));
        };
        Err(RequestError::rule(self.pointer(name), broken))
    }

    /// One word of a closed list.
    pub fn word<T: Copy>(
        &self,
        name: &str,
        all: &[T],
        as_str: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, RequestError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        let found = all.iter().copied().find(|one| as_str(*one) == text);
        let options = || all.iter().map(|one| as_str(*one).to_owned()).collect();
        found
            .map(Some)
            .ok_or_else(|| RequestError::rule(self.pointer(name), ClaimRule::OneOf { options: options() }))
    }

    /// Why a licence takes another's place.
    pub fn cause(&self, name: &str) -> Result<Option<Cause>, RequestError> {
        self.word(name, &Cause::ALL, Cause::as_str)
    }

    /// A text that a value is parsed from.
    pub fn parsed<T: Written>(&self, name: &str) -> Result<Option<T>, RequestError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|problem: T::Err| {
            RequestError::rule(self.pointer(name), ClaimRule::written::<T>(&problem))
        })
    }

    /// A calendar day.
    pub fn day(&self, name: &str) -> Result<Option<Date>, RequestError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|problem: <Date as FromStr>::Err| {
            let rule = ValidityRule::NoSuchDay(problem);
            RequestError::at(self.pointer(name), RequestErrorKind::Validity(rule))
        })
    }

    /// `true` or `false`.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, RequestError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(other) => Err(wrong_type(self.pointer(name), JsonKind::Boolean, other)),
        }
    }

    /// An object.
    pub fn map(&self, name: &str) -> Result<Option<Map<String, Value>>, RequestError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members.clone())),
            Some(other) => Err(wrong_type(self.pointer(name), JsonKind::Object, other)),
        }
    }

    /// The items of an array, each with its pointer.
    pub fn list(&self, name: &str) -> Result<Option<Vec<(&'a Value, String)>>, RequestError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(items)) => {
                let at = self.pointer(name);
                Ok(Some(items.iter().enumerate().map(|(n, item)| (item, format!("{at}/{n}"))).collect()))
            }
            Some(other) => Err(wrong_type(self.pointer(name), JsonKind::Array, other)),
        }
    }
}

fn wrong_type(pointer: String, expected: JsonKind, found: &Value) -> RequestError {
    RequestError::at(pointer, RequestErrorKind::WrongType { expected, found: JsonKind::of(found) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::values::identifiers::Handle;

    #[test]
    fn how_a_value_is_written_is_told_in_one_language_at_a_time() {
        let value = json!({"licence": "CASE-7"});
        let members = Members::open(&value, "/replaces".into(), &["licence"]).unwrap();
        let refused = members.parsed::<Handle>("licence").unwrap_err();
        let zh = refused.kind.zh();
        assert!(zh.starts_with("应为句柄") && !zh.contains("a handle"), "{zh}");
        assert!(refused.to_string().starts_with("/replaces/licence: a handle is a UUID"), "{refused}");
    }
}
