//! `claims.schema.json`: the JSON Schema (draft 2020-12) of a type's claims, compiled once, and its refusals as ours
//! with the right pointer. `format: date` is enforced, by the one date parser of the house. No schema is fetched.

use std::collections::BTreeMap;

use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use jsonschema::{Draft, JsonType, Validator};
use serde_json::{Map, Value};

use super::refusal::{ClaimRule, JsonKind, RequestError, RequestErrorKind, below};
use crate::values::time::Date;

/// A compiled claims schema.
#[derive(Debug)]
pub struct ClaimsSchema {
    validator: Validator,
    claims: BTreeMap<String, bool>,
}

impl ClaimsSchema {
    /// Compiles a schema. It must be closed and list its claims at the top, so that what a type knows can be seen.
    pub(super) fn compile(schema: &Value) -> Result<Self, String> {
        if schema.get("type") != Some(&Value::from("object"))
            || schema.get("additionalProperties") != Some(&Value::Bool(false))
        {
            return Err("must have \"type\": \"object\" and \"additionalProperties\": false".to_owned());
        }
        let properties = schema.get("properties").and_then(Value::as_object).ok_or("has no properties")?;
        let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let claims =
            properties.keys().map(|name| (name.clone(), required.iter().any(|r| r == name))).collect();
        if let Some(unfit) = properties.keys().find(|name| !is_claim_name(name)) {
            return Err(format!("{unfit:?} is no claim name (a-z, 0-9 and _, beginning with a letter)"));
        }
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_format("date", |text: &str| text.parse::<Date>().is_ok())
            .build(schema)
            .map_err(|problem| problem.to_string())?;
        Ok(Self { validator, claims })
    }

    /// The names of the claims, each with whether it is required.
    pub fn claims(&self) -> impl Iterator<Item = (&str, bool)> {
        self.claims.iter().map(|(name, required)| (name.as_str(), *required))
    }

    /// Whether the type has this claim.
    pub fn has(&self, name: &str) -> bool {
        self.claims.contains_key(name)
    }

    /// Checks the claims, which stand at `pointer` in the request. The first refusal is returned.
    pub(super) fn check(&self, claims: &Map<String, Value>, pointer: &str) -> Result<(), RequestError> {
        let instance = Value::Object(claims.clone());
        self.validator.validate(&instance).map_err(|refused| translate(&refused, pointer))
    }
}

/// Names that are safe in pointers and paths, and can be neither `_sd` nor `...`.
fn is_claim_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'))
}

fn translate(refused: &ValidationError<'_>, pointer: &str) -> RequestError {
    let at = format!("{pointer}{}", refused.instance_path().as_str());
    let rule = match refused.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let name = unexpected.first().map_or("", String::as_str);
            return RequestError::at(below(&at, name), RequestErrorKind::UnknownField);
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            return RequestError::at(below(&at, name), RequestErrorKind::Missing);
        }
        ValidationErrorKind::Type { kind: TypeKind::Single(expected) } => {
            let found = JsonKind::of(refused.instance());
            let kind = RequestErrorKind::WrongType { expected: json_kind(*expected), found };
            return RequestError::at(at, kind);
        }
        ValidationErrorKind::MinLength { limit: 1 } => ClaimRule::Empty,
        ValidationErrorKind::MaxLength { limit } => ClaimRule::TooLong { limit: *limit },
        ValidationErrorKind::Format { format } if format == "date" => ClaimRule::Date,
        ValidationErrorKind::Enum { options } => ClaimRule::OneOf { options: texts(options) },
        ValidationErrorKind::Pattern { .. } => match refused.instance().as_str() {
            Some(text) if text.trim().is_empty() => ClaimRule::Empty,
            Some(text) if text.chars().any(char::is_control) => ClaimRule::ControlCharacter,
            _ => ClaimRule::Schema { keyword: "pattern".to_owned() },
        },
        other => ClaimRule::Schema { keyword: other.keyword().to_owned() },
    };
    RequestError::rule(at, rule)
}

fn texts(options: &Value) -> Vec<String> {
    let items = options.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
}

fn json_kind(kind: JsonType) -> JsonKind {
    match kind {
        JsonType::Null => JsonKind::Null,
        JsonType::Boolean => JsonKind::Boolean,
        JsonType::Number | JsonType::Integer => JsonKind::Number,
        JsonType::String => JsonKind::String,
        JsonType::Array => JsonKind::Array,
        JsonType::Object => JsonKind::Object,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({
            "type": "object", "additionalProperties": false, "required": ["day"],
            "properties": {
                "day": {"type": "string", "format": "date"},
                "text": {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[^\\p{Cc}]*[^\\s\\p{Cc}][^\\p{Cc}]*$"},
                "one": {"enum": ["甲", "乙"]},
                "list": {"type": "array", "items": {"type": "integer", "minimum": 3}}
            }
        })
    }

    #[test]
    fn refusals_point_at_the_member() {
        let schema = ClaimsSchema::compile(&schema()).unwrap();
        let accepted = json!({"day": "2028-02-29", "text": "三个字", "one": "甲", "list": [3]});
        schema.check(accepted.as_object().unwrap(), "/claims").unwrap();
        for (claims, pointer, text) in [
            (json!({}), "/claims/day", "required"),
            (json!({"day": "2026-02-29"}), "/claims/day", "calendar day"),
            (json!({"day": "2026-02-28T00:00:00Z"}), "/claims/day", "calendar day"),
            (json!({"day": 1}), "/claims/day", "expected a string, found a number"),
            (json!({"day": null}), "/claims/day", "expected a string, found null"),
            (json!({"day": "2026-02-28", "x/y": 1}), "/claims/x~1y", "not known"),
            (json!({"day": "2026-02-28", "text": ""}), "/claims/text", "empty"),
            (json!({"day": "2026-02-28", "text": " "}), "/claims/text", "empty"),
            (json!({"day": "2026-02-28", "text": "a\u{7}"}), "/claims/text", "control"),
            (json!({"day": "2026-02-28", "text": "四个汉字"}), "/claims/text", "at most 3"),
            (json!({"day": "2026-02-28", "one": "丙"}), "/claims/one", "甲, 乙"),
            (json!({"day": "2026-02-28", "list": [3, 2]}), "/claims/list/1", "(minimum)"),
        ] {
            let checked = schema.check(claims.as_object().unwrap(), "/claims");
            let error = checked.expect_err(&claims.to_string());
            assert_eq!(error.pointer, pointer, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn an_open_or_odd_schema_is_refused() {
        for (at, value) in [
            ("additionalProperties", json!(true)),
            ("type", json!("array")),
            ("properties", json!({"_sd": {}})),
            ("properties", json!({"day": {"type": "date"}})),
            ("properties", json!({"day": {"$ref": "https://example.com/day"}})),
            ("properties", json!({"day": {"format": "no-such-format"}})),
        ] {
            let mut bad = schema();
            bad[at] = value.clone();
            assert!(ClaimsSchema::compile(&bad).is_err(), "{at} {value}");
        }
    }
}
