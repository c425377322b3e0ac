//! `columns.toml`: how a row of a CSV file becomes an issue request. Cells are taken exactly as they stand; an empty
//! one is left out; a filled column that the mapping does not name is refused, so nothing of a row is lost. Not
//! here: reading CSV, and whether the request is a good one (`check`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::claims_schema::ClaimsSchema;
use super::target::{Target, Tree};
use crate::crypto::Digest;
use crate::values::canonical::{JsonError, canonical};
use crate::values::identifiers::Slug;
use crate::values::recorded::RecordedStanding;

/// How a table writes that there is no last day.
const OPEN_ENDED: &str = "长期";

/// A parsed mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMapping {
    pub(super) columns: BTreeMap<String, Vec<Target>>,
    pub(super) constants: Vec<(Target, Constant)>,
    pub(super) ignore: BTreeSet<String>,
    /// Columns of existing licences that the mapping itself does not name (`legacy`).
    pub(super) legacy: BTreeMap<String, Target>,
    /// For members that no cell fills.
    pub(super) defaults: Vec<(Target, String)>,
}

/// Why a mapping, or a row, was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// Not TOML of this form.
    #[error("{0}")]
    Form(String),
    /// A pointer to no text member of an issue request.
    #[error("{0:?} is no member a column can fill")]
    Target(String),
    /// A claim the type does not have.
    #[error("this licence type has no claim {0:?}")]
    Claim(String),
    /// Two columns, or a column and a constant, that fill one member.
    #[error("{0:?} is filled twice")]
    Twice(String),
    /// A column both mapped and ignored.
    #[error("column {0:?} is both mapped and ignored")]
    Ignored(String),
    /// The same column name twice in a header.
    #[error("the header has column {0:?} twice")]
    Header(String),
    /// A row with more or fewer cells than the header.
    #[error("the header has {expected} columns, the row {found}")]
    Ragged {
        /// Columns of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// A filled cell in a column that the mapping does not name.
    #[error("column {0:?} is filled, but the mapping does not name it")]
    Unmapped(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    columns: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    constants: BTreeMap<String, Constant>,
    #[serde(default)]
    ignore: BTreeSet<String>,
}

/// What a constant says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Constant {
    Text(String),
    Number(u32),
}

impl ColumnMapping {
    /// Reads a mapping for a type with these claims. Everything that is wrong with it is returned.
    pub fn read(text: &str, schema: &ClaimsSchema) -> Result<Self, Vec<ColumnError>> {
        let file: File =
            toml::from_str(text).map_err(|problem| vec![ColumnError::Form(problem.to_string())])?;
        let mut errors = Vec::new();
        let mut filled = BTreeSet::new();
        let mut target = |pointer: &String| match Target::parse(pointer, schema) {
            Ok(target) if filled.insert(target.clone()) => Some(target),
            Ok(_) => {
                errors.push(ColumnError::Twice(pointer.clone()));
                None
            }
            Err(error) => {
                errors.push(error);
                None
            }
        };
        let columns: BTreeMap<String, Vec<Target>> = file
            .columns
            .iter()
            .map(|(column, pointers)| (column.clone(), pointers.iter().filter_map(&mut target).collect()))
            .collect();
        let constants = file
            .constants
            .iter()
            .filter_map(|(pointer, value)| Some((target(pointer)?, value.clone())))
            .collect();
        let ignored = file.ignore.iter().filter(|column| columns.contains_key(*column));
        errors.extend(ignored.map(|column| ColumnError::Ignored(column.clone())));
        let (legacy, defaults) = (BTreeMap::new(), Vec::new());
        let mapping = Self { columns, constants, ignore: file.ignore, legacy, defaults };
        if errors.is_empty() { Ok(mapping) } else { Err(errors) }
    }

    /// The issue request of one row, for the type named. `valid_until` is always there: null where no cell gives it.
    pub fn request(&self, slug: &Slug, header: &[String], row: &[String]) -> Result<Value, ColumnError> {
        if header.len() != row.len() {
            return Err(ColumnError::Ragged { expected: header.len(), found: row.len() });
        }
        let mut filled = Tree::default();
        let mut legacy = Vec::new();
        let mut alone = BTreeSet::new();
        let mut seen = BTreeSet::new();
        for (column, cell) in header.iter().zip(row) {
            // Spreadsheets write a byte-order mark before the first name.
            let column = column.strip_prefix('\u{feff}').unwrap_or(column);
            if !seen.insert(column) {
                return Err(ColumnError::Header(column.to_owned()));
            }
            if cell.is_empty() || self.ignore.contains(column) {
                continue;
            }
            match (self.columns.get(column).filter(|targets| !targets.is_empty()), self.legacy.get(column)) {
                (Some(targets), _) => {
                    targets.iter().for_each(|target| filled.put(target, value(target, cell)));
                    alone.extend(targets.first().filter(|_| targets.len() == 1));
                }
                (None, Some(target)) => legacy.push((target, cell)),
                (None, None) => return Err(ColumnError::Unmapped(column.to_owned())),
            }
        }
        // A column of its own counts before one that fills other members as well.
        for (target, cell) in legacy {
            if !alone.insert(target) {
                return Err(ColumnError::Twice(target.to_string()));
            }
            filled.put(target, value(target, cell));
        }
        // A holder, or a row, that no cell names is not there.
        let constants: Vec<_> = self.constants.iter().filter(|(target, _)| filled.has_row(target)).collect();
        for (target, constant) in constants {
            filled.put(target, constant.value());
        }
        for (target, text) in &self.defaults {
            if !filled.holds(target) {
                filled.put(target, value(target, text));
            }
        }
        let mut members = Map::from_iter([
            ("type".to_owned(), json!(slug.as_str())),
            ("valid_until".to_owned(), Value::Null),
            ("holders".to_owned(), json!([])),
            ("claims".to_owned(), json!({})),
        ]);
        members.extend(filled.members());
        Ok(Value::Object(members))
    }
}

/// A cell as it stands; a whole number where one is asked for. What is none stays a text, and the schema says so. No last
/// day may be written out, and a standing in Chinese.
fn value(target: &Target, cell: &str) -> Value {
    if target.integer {
        return cell.parse::<u32>().map_or_else(|_| json!(cell), |number| json!(number));
    }
    if target.is("/valid_until") && cell == OPEN_ENDED {
        return Value::Null;
    }
    match RecordedStanding::named(cell).filter(|_| target.is("/recorded/standing")) {
        Some(standing) => json!(standing.as_str()),
        None => json!(cell),
    }
}

impl Constant {
    fn value(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
        }
    }
}

impl ColumnError {
    /// The sentence in Chinese; [`std::fmt::Display`] is the English one.
    pub fn zh(&self) -> String {
        match self {
            Self::Form(problem) => format!("格式不正确({problem})"),
            Self::Target(pointer) => format!("“{pointer}”不是一列可以填写的字段"),
            Self::Claim(name) => format!("该证照类型没有信息项“{name}”"),
            Self::Twice(pointer) => format!("“{pointer}”被填写两次"),
            Self::Ignored(column) => format!("列“{column}”既有对应字段,又在忽略之列"),
            Self::Header(column) => format!("表头中列“{column}”出现两次"),
            Self::Ragged { expected, found } => format!("表头有 {expected} 列,本行有 {found} 列"),
            Self::Unmapped(column) => format!("列“{column}”有内容,但没有对应字段"),
        }
    }
}

/// The idempotency key of a mapped request: lower-case hex of SHA-256 over the type, its version and the request's
/// canonical form without nulls and without `key`. It depends on the content alone, never on the day or the line.
pub fn content_key(slug: &Slug, version: u16, request: &Value) -> Result<String, JsonError> {
    let mut content = request.clone();
    if let Value::Object(members) = &mut content {
        members.retain(|name, value| name != "key" && !value.is_null());
    }
    let mut bytes = format!("vidimus/import/v1\n{slug}\n{version}\n").into_bytes();
    bytes.extend(canonical(&content)?);
    Ok(Digest::of(&bytes).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPPING: &str = r#"
        ignore = ["note"]
        [columns]
        name = ["/holders/0/name"]
        code = ["/holders/0/code"]
        second = ["/holders/1/name"]
        day = ["/claims/day", "/valid_from"]
        kind_1 = ["/claims/kinds/0"]
        kind_2 = ["/claims/kinds/1"]
        share = ["/claims/rows/0/share"]
        months = ["/claims/rows/0/months"]
        second_share = ["/claims/rows/1/share"]
        [constants]
        "/claims/rows/0/holder" = 1
        "/claims/rows/1/holder" = 2
        "/holders/0/code_type" = "001"
        "/holders/1/code_type" = "111"
    "#;

    fn schema() -> ClaimsSchema {
        let text = json!({"type": "string"});
        let row = json!({"type": "object", "additionalProperties": false, "properties": {
            "holder": {"type": "integer", "x-holder": "each"}, "months": {"type": "integer"}, "share": text,
        }});
        ClaimsSchema::compile(&json!({
            "type": "object", "additionalProperties": false, "properties": {
                "day": text,
                "kinds": {"type": "array", "minItems": 1, "maxItems": 9, "items": text},
                "rows": {"type": "array", "minItems": 1, "maxItems": 9, "items": row},
            },
        }))
        .unwrap()
    }

    fn row(header: &[&str], cells: &[&str]) -> Result<Value, ColumnError> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let slug = "some-type".parse().unwrap();
        ColumnMapping::read(MAPPING, &schema()).unwrap().request(&slug, &owned(header), &owned(cells))
    }

    #[test]
    fn a_row_becomes_a_request() {
        let request = row(
            &["\u{feff}name", "code", "second", "day", "note", "empty"],
            &["甲", "X ", "", "2026-11-22", "n", ""],
        );
        let expected = json!({
            "type": "some-type", "valid_from": "2026-11-22", "valid_until": null, "claims": {"day": "2026-11-22"},
            "holders": [{"name": "甲", "code": "X ", "code_type": "001"}],
        });
        assert_eq!(request.unwrap(), expected);
        let two = row(&["name", "second"], &["甲", "乙"]).unwrap();
        assert_eq!(two["holders"][1], json!({"name": "乙", "code_type": "111"}));
    }

    #[test]
    fn lists_are_filled_without_gaps() {
        let header = ["name", "kind_1", "kind_2", "months", "second_share", "share"];
        let request = row(&header, &["甲", "", "二", "7", "1/2", ""]).unwrap();
        let rows = json!([{"holder": 1, "months": 7}, {"holder": 2, "share": "1/2"}]);
        assert_eq!(request["claims"], json!({"kinds": ["二"], "rows": rows}));
        let request = row(&header, &["甲", "", "", "about 7", "", ""]).unwrap();
        assert_eq!(request["claims"], json!({"rows": [{"holder": 1, "months": "about 7"}]}));
        assert_eq!(row(&["name"], &["甲"]).unwrap()["claims"], json!({}));
    }

    #[test]
    fn nothing_of_a_row_is_lost() {
        assert_eq!(row(&["name", "extra"], &["a", "b"]), Err(ColumnError::Unmapped("extra".into())));
        assert_eq!(row(&["name", "name"], &["a", ""]), Err(ColumnError::Header("name".into())));
        assert_eq!(row(&["name"], &["a", "b"]), Err(ColumnError::Ragged { expected: 1, found: 2 }));
    }

    #[test]
    fn odd_mappings_are_refused() {
        for (mapping, expected) in [
            ("[columns]\na = [\"/handle\"]", ColumnError::Target("/handle".into())),
            ("[columns]\na = [\"valid_from\"]", ColumnError::Target("valid_from".into())),
            ("[columns]\na = [\"/holders/x/name\"]", ColumnError::Target("/holders/x/name".into())),
            ("[columns]\na = [\"/region\"]\nb = [\"/region\"]", ColumnError::Twice("/region".into())),
            ("[columns]\na = [\"/claims/rows\"]", ColumnError::Target("/claims/rows".into())),
            ("[columns]\na = [\"/claims/rows/0\"]", ColumnError::Target("/claims/rows/0".into())),
            ("[columns]\na = [\"/claims/rows/0/x\"]", ColumnError::Claim("rows/0/x".into())),
            ("ignore = [\"a\"]\n[columns]\na = [\"/region\"]", ColumnError::Ignored("a".into())),
        ] {
            assert_eq!(ColumnMapping::read(mapping, &schema()), Err(vec![expected]));
        }
        for bad in ["", "[columns]\na = \"/region\"", "[columns]\n[other]", "["] {
            let errors = ColumnMapping::read(bad, &schema()).unwrap_err();
            assert!(matches!(errors.as_slice(), [ColumnError::Form(_)]), "{bad}");
        }
    }

    #[test]
    fn the_key_is_of_the_content_and_the_type_alone() {
        let slug: Slug = "some-type".parse().unwrap();
        let key = |version, request: Value| content_key(&slug, version, &request).unwrap();
        let first = key(1, json!({"a": "x", "valid_until": null}));
        assert_eq!(first.len(), 64);
        assert_eq!(first, key(1, json!({"key": "k", "a": "x"})));
        assert_ne!(first, key(2, json!({"a": "x"})));
        assert_ne!(first, key(1, json!({"a": "y"})));
        assert_ne!(first, content_key(&"other".parse().unwrap(), 1, &json!({"a": "x"})).unwrap());
    }
}
