//! `columns.toml`: how a row of a CSV file becomes an issue request. Cells are taken exactly as they stand; an empty
//! one is left out; a filled column that the mapping does not name is refused, so nothing of a row is lost. Not
//! here: reading CSV, and whether the request is a good one (`check`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::claims_schema::ClaimsSchema;
use crate::crypto::Digest;
use crate::values::canonical::{JsonError, canonical};
use crate::values::identifiers::Slug;

/// A parsed mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMapping {
    columns: BTreeMap<String, Vec<Target>>,
    constants: Vec<(Target, String)>,
    ignore: BTreeSet<String>,
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
    constants: BTreeMap<String, String>,
    #[serde(default)]
    ignore: BTreeSet<String>,
}

/// A text member of an issue request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Member(String),
    Claim(String),
    Holder { index: usize, member: String },
}

const MEMBERS: &[&str] = &["valid_from", "valid_until", "licence_number", "reference", "region", "case"];
const HOLDER_MEMBERS: &[&str] = &["name", "code", "code_type", "role"];

impl Target {
    fn parse(pointer: &str) -> Result<Self, ColumnError> {
        let segments: Vec<&str> = pointer.split('/').collect();
        match segments.as_slice() {
            ["", member] if MEMBERS.contains(member) => Ok(Self::Member((*member).to_owned())),
            ["", "claims", claim] if !claim.is_empty() => Ok(Self::Claim((*claim).to_owned())),
            ["", "holders", index, member] if HOLDER_MEMBERS.contains(member) => {
                let index = index.parse().map_err(|_| ColumnError::Target(pointer.to_owned()))?;
                Ok(Self::Holder { index, member: (*member).to_owned() })
            }
            _ => Err(ColumnError::Target(pointer.to_owned())),
        }
    }
}

impl ColumnMapping {
    /// Parses a mapping.
    pub fn parse(text: &str) -> Result<Self, ColumnError> {
        let file: File = toml::from_str(text).map_err(|problem| ColumnError::Form(problem.to_string()))?;
        let mut filled = BTreeSet::new();
        let mut target = |pointer: &String| {
            let target = Target::parse(pointer)?;
            let fresh = filled.insert(target.clone());
            if fresh { Ok(target) } else { Err(ColumnError::Twice(pointer.clone())) }
        };
        let mut columns = BTreeMap::new();
        for (column, pointers) in &file.columns {
            let targets = pointers.iter().map(&mut target).collect::<Result<Vec<_>, _>>()?;
            if file.ignore.contains(column) {
                return Err(ColumnError::Ignored(column.clone()));
            }
            columns.insert(column.clone(), targets);
        }
        let mut constants = Vec::new();
        for (pointer, value) in &file.constants {
            constants.push((target(pointer)?, value.clone()));
        }
        Ok(Self { columns, constants, ignore: file.ignore })
    }

    /// Refuses a mapping that names a claim the type does not have.
    pub fn check(&self, schema: &ClaimsSchema) -> Result<(), ColumnError> {
        let constants = self.constants.iter().map(|(target, _)| target);
        for target in self.columns.values().flatten().chain(constants) {
            match target {
                Target::Claim(name) if !schema.has(name) => return Err(ColumnError::Claim(name.clone())),
                _ => {}
            }
        }
        Ok(())
    }

    /// The issue request of one row, for the type named. `valid_until` is always there: null where no cell gives it.
    pub fn request(&self, slug: &Slug, header: &[String], row: &[String]) -> Result<Value, ColumnError> {
        if header.len() != row.len() {
            return Err(ColumnError::Ragged { expected: header.len(), found: row.len() });
        }
        let mut members = Map::from_iter([
            ("type".to_owned(), json!(slug.as_str())),
            ("valid_until".to_owned(), Value::Null),
        ]);
        let mut claims = Map::new();
        let mut holders: BTreeMap<usize, Map<String, Value>> = BTreeMap::new();
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
            let targets = self.columns.get(column).filter(|targets| !targets.is_empty());
            for target in targets.ok_or_else(|| ColumnError::Unmapped(column.to_owned()))? {
                match target {
                    Target::Member(name) => members.insert(name.clone(), json!(cell)),
                    Target::Claim(name) => claims.insert(name.clone(), json!(cell)),
                    Target::Holder { index, member } => {
                        holders.entry(*index).or_default().insert(member.clone(), json!(cell))
                    }
                };
            }
        }
        for (target, value) in &self.constants {
            match target {
                Target::Member(name) => drop(members.insert(name.clone(), json!(value))),
                Target::Claim(name) => drop(claims.insert(name.clone(), json!(value))),
                // A holder whom no cell names is not there.
                Target::Holder { index, member } => {
                    holders
                        .entry(*index)
                        .and_modify(|holder| drop(holder.insert(member.clone(), json!(value))));
                }
            }
        }
        holders.retain(|_, holder| !holder.is_empty());
        members.insert("holders".to_owned(), holders.into_values().map(Value::Object).collect());
        members.insert("claims".to_owned(), Value::Object(claims));
        Ok(Value::Object(members))
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
        [constants]
        "/holders/0/code_type" = "001"
        "/holders/1/code_type" = "111"
    "#;

    fn row(header: &[&str], cells: &[&str]) -> Result<Value, ColumnError> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let slug = "some-type".parse().unwrap();
        ColumnMapping::parse(MAPPING).unwrap().request(&slug, &owned(header), &owned(cells))
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
            ("ignore = [\"a\"]\n[columns]\na = [\"/region\"]", ColumnError::Ignored("a".into())),
        ] {
            assert_eq!(ColumnMapping::parse(mapping), Err(expected));
        }
        for bad in ["", "[columns]\na = \"/region\"", "[columns]\n[other]", "["] {
            assert!(matches!(ColumnMapping::parse(bad), Err(ColumnError::Form(_))), "{bad}");
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
