//! The parts of a type's claims, read from its schema: the claims, the rows of lists, the members of rows. Whatever
//! else walks claims (disclosure, columns, pages) walks these. Not here: whether a value is one the schema allows.

use serde_json::{Map, Value};

/// One place in the claims of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Names from the claims down; none stands for every element of a list.
    pub path: Vec<Option<String>>,
    /// Whether every licence has it.
    pub mandatory: bool,
    /// What stands there.
    pub kind: PartKind,
}

/// What stands at a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// A text, a number, a boolean.
    Value,
    /// A whole number.
    Integer,
    /// A whole number that says by position, from 1, which holder a row is about; every holder has one row.
    Holder,
    /// A list.
    List,
    /// An object.
    Object,
}

/// Why a claims schema was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// An object that lets anything in.
    #[error("{at:?} must have \"type\": \"object\" and \"additionalProperties\": false")]
    Open {
        /// JSON pointer into the schema.
        at: String,
    },
    /// An object without members.
    #[error("{at:?} has no properties")]
    Bare {
        /// JSON pointer into the schema.
        at: String,
    },
    /// A name that pointers, paths or SD-JWT cannot bear.
    #[error("{0:?} is no claim name (a-z, 0-9 and _, beginning with a letter)")]
    Name(String),
    /// A list that may be empty, or endless.
    #[error("{at:?} must have items, minItems of at least 1 and maxItems")]
    Unbounded {
        /// JSON pointer into the schema.
        at: String,
    },
    /// `x-holder` where it cannot be kept.
    #[error("{at:?}: \"x-holder\": \"each\" stands at an integer of the rows of a claim, once in a row")]
    Holder {
        /// JSON pointer into the schema.
        at: String,
    },
    /// No JSON Schema.
    #[error("{0}")]
    Form(String),
}

impl SchemaError {
    /// The sentence in Chinese; [`std::fmt::Display`] is the English one.
    pub fn zh(&self) -> String {
        match self {
            Self::Open { at } => {
                format!("“{at}”处必须有 \"type\": \"object\" 和 \"additionalProperties\": false")
            }
            Self::Bare { at } => format!("“{at}”处没有 properties"),
            Self::Name(name) => format!("“{name}”不能作信息项名(应以小写字母开头,由 a-z、0-9、_ 组成)"),
            Self::Unbounded { at } => format!("“{at}”处的数组必须有 items、不小于 1 的 minItems 和 maxItems"),
            Self::Holder { at } => {
                format!("“{at}”处:\"x-holder\": \"each\" 只能写在信息项各行的一个整数成员上,每行一个")
            }
            Self::Form(problem) => format!("不是合格的 JSON Schema({problem})"),
        }
    }
}

/// The parts of a closed schema, the claims at the top among them; or everything for which it is refused.
pub(super) fn parts(schema: &Value) -> Result<Vec<Part>, Vec<SchemaError>> {
    let mut walk = Walk::default();
    walk.object(schema, "", &[], true);
    if walk.errors.is_empty() { Ok(walk.parts) } else { Err(walk.errors) }
}

#[derive(Default)]
struct Walk {
    parts: Vec<Part>,
    errors: Vec<SchemaError>,
}

impl Walk {
    fn object(&mut self, schema: &Value, at: &str, path: &[Option<String>], mandatory: bool) {
        let closed = schema.get("type") == Some(&Value::from("object"))
            && schema.get("additionalProperties") == Some(&Value::Bool(false));
        if !closed {
            self.errors.push(SchemaError::Open { at: at.to_owned() });
        }
        let none = Map::new();
        let members = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        if members.is_empty() {
            self.errors.push(SchemaError::Bare { at: at.to_owned() });
        }
        let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (name, member) in members {
            if !is_claim_name(name) {
                self.errors.push(SchemaError::Name(name.clone()));
            }
            let path = [path, &[Some(name.clone())]].concat();
            let mandatory = mandatory && required.iter().any(|one| one == name);
            self.part(member, &format!("{at}/properties/{name}"), &path, mandatory);
        }
    }

    fn part(&mut self, schema: &Value, at: &str, path: &[Option<String>], mandatory: bool) {
        let kind = match schema.get("type").and_then(Value::as_str) {
            Some("array") => PartKind::List,
            Some("object") => PartKind::Object,
            Some("integer") if schema.get("x-holder") == Some(&Value::from("each")) => PartKind::Holder,
            Some("integer") => PartKind::Integer,
            _ => PartKind::Value,
        };
        if schema.get("x-holder").is_some() && !(kind == PartKind::Holder && self.may_name_holder(path)) {
            self.errors.push(SchemaError::Holder { at: at.to_owned() });
        }
        self.parts.push(Part { path: path.to_vec(), mandatory, kind });
        match kind {
            PartKind::List => self.list(schema, at, path, mandatory),
            PartKind::Object => self.object(schema, at, path, mandatory),
            PartKind::Value | PartKind::Integer | PartKind::Holder => {}
        }
    }

    fn list(&mut self, schema: &Value, at: &str, path: &[Option<String>], mandatory: bool) {
        let count = |name| schema.get(name).and_then(Value::as_u64);
        match schema.get("items") {
            Some(items) if count("minItems") >= Some(1) && count("maxItems").is_some() => {
                self.part(items, &format!("{at}/items"), &[path, &[None]].concat(), mandatory);
            }
            _ => self.errors.push(SchemaError::Unbounded { at: at.to_owned() }),
        }
    }

    /// In a row of a claim, and only once in it.
    fn may_name_holder(&self, path: &[Option<String>]) -> bool {
        let [Some(claim), None, Some(_)] = path else { return false };
        let same_row = |part: &&Part| part.path.first() == Some(&Some(claim.clone()));
        !self.parts.iter().filter(same_row).any(|part| part.kind == PartKind::Holder)
    }
}

/// Names that are safe in pointers and paths, and can be neither `_sd` nor `...`.
fn is_claim_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'))
}
