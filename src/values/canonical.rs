//! Strict JSON, and the canonical form that is hashed and signed (law 0, section 2): RFC 8785, restricted to
//! strings, booleans, integers within ±(2^53−1), arrays and objects with ASCII names, at most eight deep.
//!
//! [`parse_strict`] is the one door for JSON from outside: no duplicate members at any depth, no byte-order mark,
//! nothing after the value. [`parse_canonical`] additionally demands `canonical(parse(bytes)) == bytes`.
//! Nothing is Unicode-normalised.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, de};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// Deepest nesting of arrays and objects in a canonical value.
pub const MAX_DEPTH: usize = 8;
/// Largest magnitude of a canonical integer, 2^53 − 1.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;
/// Deepest nesting accepted from outside at all.
const MAX_STRICT_DEPTH: usize = 64;

/// Why bytes were refused as JSON, or as canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON (RFC 8259): syntax, UTF-8, a lone surrogate, or something after the value.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// The same member name twice in one object.
    #[error("duplicate member {0:?}")]
    Duplicate(String),
    /// A byte-order mark before the value.
    #[error("a byte-order mark stands before the value")]
    ByteOrderMark,
    /// Nested too deeply.
    #[error("nested more than {limit} deep")]
    Depth {
        /// Levels allowed.
        limit: usize,
    },
    /// `null`, which canonical JSON does not have.
    #[error("null at {0}")]
    Null(String),
    /// A fraction, an exponent, `-0`, or beyond ±(2^53−1).
    #[error("number {number} at {at} is not an integer within ±(2^53−1)")]
    Number {
        /// JSON pointer.
        at: String,
        /// The number as parsed.
        number: String,
    },
    /// A member name outside ASCII.
    #[error("member name {0:?} is not ASCII")]
    Name(String),
    /// Valid JSON, but not its one canonical spelling.
    #[error("not canonical: differs from the canonical form at byte {0}")]
    NotCanonical(usize),
}

/// Parses JSON from outside, refusing duplicate members at every depth.
pub fn parse_strict(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(JsonError::ByteOrderMark);
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0 }.deserialize(&mut reader).map_err(|error| refusal(&error))?;
    reader.end().map_err(|error| refusal(&error))?;
    Ok(value)
}

/// The canonical bytes of a value, or why it has none.
pub fn canonical(value: &Value) -> Result<Vec<u8>, JsonError> {
    check(value, 0, &mut String::new())?;
    // serde_json's map is sorted by name (ASCII here, so UTF-16 order too) and its strings are escaped as RFC 8785
    // asks: short escapes, lower-case \u00xx for other controls, everything else as it is.
    serde_json::to_vec(value).map_err(|error| JsonError::Syntax(error.to_string()))
}

/// The canonical bytes of a typed value.
pub fn to_canonical(value: &impl Serialize) -> Result<Vec<u8>, JsonError> {
    canonical(&serde_json::to_value(value).map_err(|error| JsonError::Syntax(error.to_string()))?)
}

/// Parses bytes that must already be canonical.
pub fn parse_canonical(bytes: &[u8]) -> Result<Value, JsonError> {
    let value = parse_strict(bytes)?;
    let again = canonical(&value)?;
    match again.iter().zip(bytes).position(|(ours, theirs)| ours != theirs) {
        None if again.len() == bytes.len() => Ok(value),
        None => Err(JsonError::NotCanonical(again.len().min(bytes.len()))),
        Some(position) => Err(JsonError::NotCanonical(position)),
    }
}

fn check(value: &Value, depth: usize, at: &mut String) -> Result<(), JsonError> {
    match value {
        Value::Null => Err(JsonError::Null(at.clone())),
        Value::Bool(_) | Value::String(_) => Ok(()),
        Value::Number(number) => check_number(number, at),
        Value::Array(_) | Value::Object(_) if depth == MAX_DEPTH => {
            Err(JsonError::Depth { limit: MAX_DEPTH })
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                below(at, &index.to_string(), |at| check(item, depth + 1, at))?;
            }
            Ok(())
        }
        Value::Object(members) => {
            for (name, member) in members {
                if !name.is_ascii() {
                    return Err(JsonError::Name(name.clone()));
                }
                below(at, name, |at| check(member, depth + 1, at))?;
            }
            Ok(())
        }
    }
}

fn check_number(number: &Number, at: &str) -> Result<(), JsonError> {
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    match magnitude {
        Some(magnitude) if magnitude <= MAX_INTEGER => Ok(()),
        _ => Err(JsonError::Number { at: at.to_owned(), number: number.to_string() }),
    }
}

fn below<T>(at: &mut String, segment: &str, walk: impl FnOnce(&mut String) -> T) -> T {
    let length = at.len();
    at.push('/');
    at.push_str(segment);
    let result = walk(at);
    at.truncate(length);
    result
}

/// Our own refusals travel through serde as messages with these marks, because its error type carries only text.
const DUPLICATE: &str = "\u{1}duplicate ";
const DEPTH: &str = "\u{1}depth";

fn refusal(error: &serde_json::Error) -> JsonError {
    let text = error.to_string();
    if let Some((_, rest)) = text.split_once(DUPLICATE) {
        let name = rest.rsplit_once(" at line").map_or(rest, |(name, _)| name);
        return JsonError::Duplicate(name.to_owned());
    }
    if text.contains(DEPTH) {
        return JsonError::Depth { limit: MAX_STRICT_DEPTH };
    }
    JsonError::Syntax(text)
}

/// Builds a [`Value`] like serde_json does, except that a second member of one name is an error.
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: de::Error>(&self) -> Result<Self, E> {
        if self.depth == MAX_STRICT_DEPTH {
            return Err(E::custom(DEPTH));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.deeper()?)?;
            match object.entry(name) {
                Entry::Vacant(place) => drop(place.insert(value)),
                Entry::Occupied(held) => {
                    return Err(de::Error::custom(format_args!("{DUPLICATE}{}", held.key())));
                }
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_refusal_of_section_12() {
        let refused: &[(&[u8], &str)] = &[
            (br#"{"a":{"b":1,"b":2}}"#, "duplicate member \"b\""),
            (br#"{"a":1.0}"#, "number 1.0"),
            (br#"{"a":-0}"#, "number -0"),
            (br#"{"a":1e2}"#, "number 100"),
            (br#"{"a":9007199254740992}"#, "number 9007199254740992"),
            (br#"{"a":-9007199254740992}"#, "number -9007199254740992"),
            (br#"{"a":null}"#, "null at /a"),
            (br#"{"a":"\ud800"}"#, "not JSON"),
            (br#"{"b":1,"a":2}"#, "not canonical"),
            (b"\xef\xbb\xbf{}", "byte-order mark"),
            (br#"{"a": 1}"#, "not canonical"),
            (b"{}\n", "not canonical"),
            (br#"{"a":"\u0041"}"#, "not canonical"),
            (br#"{"a":"\/"}"#, "not canonical"),
            ("{\"中\":1}".as_bytes(), "is not ASCII"),
            (b"[[[[[[[[[1]]]]]]]]]", "nested more than 8"),
            (b"{}{}", "not JSON"),
            (b"\"\xff\"", "not JSON"),
            (b"", "not JSON"),
        ];
        for (bytes, expected) in refused {
            let error = parse_canonical(bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{}: {error}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn canonical_bytes_are_accepted() {
        for good in [
            r#"{"a":"中\n\u001f\"\\/","b":[true,-9007199254740991,9007199254740991],"c":{}}"#,
            "[[[[[[[[1]]]]]]]]",
            "\"\u{2028}\u{7f}\"",
        ] {
            assert_eq!(canonical(&parse_canonical(good.as_bytes()).unwrap()).unwrap(), good.as_bytes());
        }
    }

    #[test]
    fn strict_parsing_stops_runaway_depth() {
        let deep = "[".repeat(100_000);
        assert!(parse_strict(deep.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn whatever_parses_canonically_is_its_own_canonical_form(text in "[\\[\\]{}\",:a0-9e.-]{0,24}") {
            if let Ok(value) = parse_canonical(text.as_bytes()) {
                prop_assert_eq!(canonical(&value).unwrap(), text.as_bytes());
            }
        }
    }
}
