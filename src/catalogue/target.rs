//! Where in an issue request the cell of a column goes: a path of names and positions, and the tree that cells fill.
//! Not here: which column goes where (`columns`).

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::claims_schema::ClaimsSchema;
use super::columns::ColumnError;
use super::parts::PartKind;
use super::recorded::MEMBERS as RECORDED_MEMBERS;

/// A member of an issue request that holds one value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    steps: Vec<Step>,
    /// Whether a whole number stands there.
    pub(super) integer: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Name(String),
    Place(usize),
}

const MEMBERS: &[&str] = &["valid_from", "valid_until", "licence_number", "reference", "region", "case"];
const HOLDER_MEMBERS: &[&str] = &["name", "code", "code_type", "role"];

impl Target {
    /// Reads a JSON pointer to a member that a request of a type with these claims can have.
    pub(super) fn parse(pointer: &str, schema: &ClaimsSchema) -> Result<Self, ColumnError> {
        let refused = || ColumnError::Target(pointer.to_owned());
        let segments: Vec<&str> = pointer.split('/').collect();
        let steps = match segments.as_slice() {
            ["", member] if MEMBERS.contains(member) => vec![Step::Name((*member).to_owned())],
            ["", "holders", place, member] if HOLDER_MEMBERS.contains(member) => vec![
                Step::Name("holders".to_owned()),
                Step::Place(place.parse().map_err(|_| refused())?),
                Step::Name((*member).to_owned()),
            ],
            ["", "recorded", member] if RECORDED_MEMBERS.contains(member) => {
                ["recorded", *member].map(|name| Step::Name(name.to_owned())).to_vec()
            }
            ["", "claims", _, ..] => segments.iter().skip(1).map(|segment| Step::read(segment)).collect(),
            _ => return Err(refused()),
        };
        let Some((Step::Name(root), below)) = steps.split_first() else { return Err(refused()) };
        if root != "claims" {
            return Ok(Self { steps, integer: false });
        }
        let path: Vec<Option<&str>> = below.iter().map(Step::name).collect();
        let part =
            schema.part(&path).ok_or_else(|| ColumnError::Claim(pointer.replacen("/claims/", "", 1)))?;
        match part.kind {
            PartKind::List | PartKind::Object => Err(refused()),
            PartKind::Value => Ok(Self { steps, integer: false }),
            PartKind::Integer | PartKind::Holder => Ok(Self { steps, integer: true }),
        }
    }

    /// A member that every request can have, by a pointer that is known to be one.
    pub(super) fn known(pointer: &str) -> Self {
        Self { steps: pointer.split('/').skip(1).map(Step::read).collect(), integer: false }
    }

    /// Whether it is the member of this pointer.
    pub(super) fn is(&self, pointer: &str) -> bool {
        self.steps.iter().map(Step::to_string).eq(pointer.split('/').skip(1))
    }

    /// Whether it says something of a licence that is recorded.
    pub(super) fn is_recorded(&self) -> bool {
        self.steps.first().and_then(Step::name) == Some("recorded")
    }

    /// The path of the holder or row it is in, if it is in one.
    fn row(&self) -> Option<&[Step]> {
        let last = self.steps.iter().rposition(|step| matches!(step, Step::Place(_)))?;
        self.steps.get(..=last)
    }
}

impl fmt::Display for Target {
    /// The JSON pointer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| write!(f, "/{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Place(place) => write!(f, "{place}"),
        }
    }
}

impl Step {
    fn read(segment: &str) -> Self {
        segment.parse().map_or_else(|_| Self::Name(segment.to_owned()), Self::Place)
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Place(_) => None,
        }
    }
}

/// A request while it is being filled. Places may be filled in any order; what is not filled leaves no gap.
#[derive(Debug, Default)]
pub(super) struct Tree {
    value: Option<Value>,
    below: BTreeMap<Step, Self>,
}

impl Tree {
    pub(super) fn put(&mut self, target: &Target, value: Value) {
        let place = target.steps.iter().fold(self, |tree, step| tree.below.entry(step.clone()).or_default());
        place.value = Some(value);
    }

    /// Whether something is in the holder or row that the target is in; of a target in neither, always.
    pub(super) fn has_row(&self, target: &Target) -> bool {
        let Some(row) = target.row() else { return true };
        row.iter().try_fold(self, |tree, step| tree.below.get(step)).is_some()
    }

    /// Whether the member was filled.
    pub(super) fn holds(&self, target: &Target) -> bool {
        let found = target.steps.iter().try_fold(self, |tree, step| tree.below.get(step));
        found.is_some_and(|tree| tree.value.is_some())
    }

    /// The members that were filled.
    pub(super) fn members(self) -> Map<String, Value> {
        let named = |(step, tree): (Step, Self)| Some((step.name()?.to_owned(), tree.into_value()));
        self.below.into_iter().filter_map(named).collect()
    }

    fn into_value(self) -> Value {
        match self.value {
            Some(value) => value,
            None if self.below.keys().any(|step| step.name().is_none()) => {
                Value::Array(self.below.into_values().map(Self::into_value).collect())
            }
            None => Value::Object(self.members()),
        }
    }
}
