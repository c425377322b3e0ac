//! `claims.schema.json`: the JSON Schema (draft 2020-12) of a type's claims, compiled once, and its refusals as ours
//! with the right pointer. `format: date` is enforced, by the one date parser of the house. No schema is fetched.

use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use jsonschema::{Draft, JsonType, Validator};
use serde_json::{Map, Value};

use super::parts::{Part, SchemaError, parts};
use super::refusal::{ClaimRule, JsonKind, RequestError, RequestErrorKind, below};
use crate::values::time::Date;

/// A compiled claims schema.
#[derive(Debug)]
pub struct ClaimsSchema {
    schema: Value,
    validator: Validator,
    /// Of each claim alone: what is required or goes with another is left to `validator`.
    each: Validator,
    parts: Vec<Part>,
}

impl ClaimsSchema {
    /// Compiles a schema. It must be closed and list its claims, so that what a type knows can be seen.
    pub(super) fn compile(schema: &Value) -> Result<Self, Vec<SchemaError>> {
        let parts = parts(schema);
        let build = |schema: &Value| {
            jsonschema::options()
                .with_draft(Draft::Draft202012)
                .should_validate_formats(true)
                .should_ignore_unknown_formats(false)
                .with_format("date", |text: &str| text.parse::<Date>().is_ok())
                .build(schema)
                .map_err(|problem| SchemaError::Form(problem.to_string()))
        };
        let validators = build(schema).and_then(|validator| Ok((validator, build(&alone(schema))?)));
        match (parts, validators) {
            (Ok(parts), Ok((validator, each))) => Ok(Self { schema: schema.clone(), validator, each, parts }),
            (parts, validators) => Err(parts.err().into_iter().flatten().chain(validators.err()).collect()),
        }
    }

    /// The names of the claims, each with whether it is required.
    pub fn claims(&self) -> impl Iterator<Item = (&str, bool)> {
        self.parts.iter().filter_map(|part| match part.path.as_slice() {
            [Some(name)] => Some((name.as_str(), part.mandatory)),
            _ => None,
        })
    }

    /// Every part of the claims, each list before its rows.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The part at exactly this path below the claims.
    pub fn part(&self, path: &[Option<&str>]) -> Option<&Part> {
        self.parts.iter().find(|part| part.path.iter().map(Option::as_deref).eq(path.iter().copied()))
    }

    /// Whether the type has this claim.
    pub fn has(&self, name: &str) -> bool {
        self.part(&[Some(name)]).is_some()
    }

    /// The schema itself.
    pub(super) fn json(&self) -> &Value {
        &self.schema
    }

    /// Checks the claims, which stand at `pointer` in the request. The first refusal is returned.
    pub(super) fn check(&self, claims: &Map<String, Value>, pointer: &str) -> Result<(), RequestError> {
        let instance = Value::Object(claims.clone());
        self.validator.validate(&instance).map_err(|refused| self.translate(&refused, pointer))
    }

    /// Everything that is wrong with the claims.
    pub(super) fn check_all(&self, claims: &Map<String, Value>, pointer: &str) -> Vec<RequestError> {
        let instance = Value::Object(claims.clone());
        self.validator.iter_errors(&instance).map(|refused| self.translate(&refused, pointer)).collect()
    }

    /// Checks each of the claims by itself, where others are still to come.
    pub(super) fn check_each(&self, claims: &Map<String, Value>, pointer: &str) -> Result<(), RequestError> {
        let instance = Value::Object(claims.clone());
        self.each.validate(&instance).map_err(|refused| self.translate(&refused, pointer))
    }

    fn translate(&self, refused: &ValidationError<'_>, pointer: &str) -> RequestError {
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
            ValidationErrorKind::MinItems { limit } => ClaimRule::TooFew { limit: *limit },
            ValidationErrorKind::MaxItems { limit } => ClaimRule::TooMany { limit: *limit },
            ValidationErrorKind::UniqueItems => ClaimRule::Repeated,
            ValidationErrorKind::FalseSchema => ClaimRule::OutOfPlace,
            ValidationErrorKind::Format { format } if format == "date" => ClaimRule::Date,
            ValidationErrorKind::Enum { options } => ClaimRule::OneOf { options: texts(options) },
            ValidationErrorKind::Pattern { .. } => match refused.instance().as_str() {
                Some(text) if text.trim().is_empty() => ClaimRule::Empty,
                Some(text) if text.chars().any(char::is_control) => ClaimRule::ControlCharacter,
                _ => self.form(refused),
            },
            other => ClaimRule::Schema { keyword: other.keyword().to_owned() },
        };
        RequestError::rule(at, rule)
    }

    /// What the schema says of a text's form, where it says so in both languages.
    fn form(&self, refused: &ValidationError<'_>) -> ClaimRule {
        let place =
            refused.schema_path().as_str().rsplit_once('/').and_then(|(at, _)| self.schema.pointer(at));
        let said = |name: &str| place?.get(name)?.as_str().map(str::to_owned);
        match (said("x-description-zh"), said("description")) {
            (Some(zh), Some(en)) => ClaimRule::Described { zh, en },
            _ => ClaimRule::Schema { keyword: refused.kind().keyword().to_owned() },
        }
    }
}

/// The schema without what it asks of the claims together.
fn alone(schema: &Value) -> Value {
    let together = [
        "required",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "dependentRequired",
        "dependentSchemas",
    ];
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut() {
        together.iter().for_each(|name| drop(members.remove(*name)));
    }
    schema
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
                "list": {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true, "items": {"type": "integer", "minimum": 3}},
                "rows": {"type": "array", "minItems": 1, "maxItems": 2, "items": {
                    "type": "object", "additionalProperties": false, "required": ["sum"], "properties": {
                        "sum": {"type": "string", "pattern": "^[0-9]+$", "description": "digits", "x-description-zh": "数字"}
                    }
                }}
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
            (json!({"day": "2026-02-28", "list": []}), "/claims/list", "at least 1"),
            (json!({"day": "2026-02-28", "list": [3, 4, 5]}), "/claims/list", "at most 2"),
            (json!({"day": "2026-02-28", "list": [3, 3]}), "/claims/list", "twice"),
            (json!({"day": "2026-02-28", "rows": [{}]}), "/claims/rows/0/sum", "required"),
            (json!({"day": "2026-02-28", "rows": [{"sum": "1", "x": 1}]}), "/claims/rows/0/x", "not known"),
            (
                json!({"day": "2026-02-28", "rows": [{"sum": "1"}, {"sum": "-"}]}),
                "/claims/rows/1/sum",
                "digits",
            ),
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
            ("properties", json!({})),
            ("properties", json!({"list": {"type": "array", "items": {"type": "string"}, "maxItems": 2}})),
            ("properties", json!({"list": {"type": "array", "minItems": 1, "maxItems": 2}})),
            ("properties", json!({"row": {"type": "object", "properties": {"a": {}}}})),
            ("properties", json!({"day": {"type": "integer", "x-holder": "each"}})),
        ] {
            let mut bad = schema();
            bad[at] = value.clone();
            assert!(ClaimsSchema::compile(&bad).is_err(), "{at} {value}");
        }
    }
}
