//! 异议: what a holder says is wrong in a licence, and what would be right. Not here: whether a value is one that the type
//! can have (`check`), whose case it becomes, and what the licence says, which whoever hands in an objection is not told.

use serde_json::{Map, Value};

use super::members::Members;
use super::refusal::{ClaimRule, RequestError};
use crate::values::identifiers::Handle;

/// Things that one objection may name.
const MOST_ITEMS: usize = 32;

/// An objection that was understood. Personal: there is no `Debug`.
#[derive(Clone, PartialEq)]
pub struct Correction {
    /// The licence.
    pub licence: Handle,
    /// What is wrong in it, one or more.
    pub items: Vec<CorrectionItem>,
    /// Everything that was said, the reason too.
    pub said: Map<String, Value>,
}

/// One thing that is said to be wrong.
#[derive(Clone, PartialEq)]
pub struct CorrectionItem {
    /// JSON pointer into what the licence says: a holder's member, a claim, a day.
    pub pointer: String,
    /// What would be right.
    pub correct: Value,
    /// Where it stands in the request.
    pub at: String,
}

impl Correction {
    /// Reads an objection.
    pub fn parse(value: &Value) -> Result<Self, RequestError> {
        let members = Members::open(value, String::new(), &["corrects", "items", "reason"])?;
        let licence = members.required("corrects", Members::parsed)?;
        let listed = members.required("items", Members::list)?;
        let found = listed.len();
        if !(1..=MOST_ITEMS).contains(&found) {
            let rule = ClaimRule::Count { min: 1, max: MOST_ITEMS, found };
            return Err(RequestError::rule(members.pointer("items"), rule));
        }
        let mut items: Vec<CorrectionItem> = Vec::with_capacity(found);
        for (value, at) in listed {
            let item = item(value, at)?;
            if items.iter().any(|other| other.pointer == item.pointer) {
                return Err(RequestError::rule(format!("{}/pointer", item.at), ClaimRule::Repeated));
            }
            items.push(item);
        }
        members.required("reason", Members::prose)?;
        Ok(Self { licence, items, said: value.as_object().cloned().unwrap_or_default() })
    }
}

fn item(value: &Value, at: String) -> Result<CorrectionItem, RequestError> {
    let members = Members::open(value, at, &["pointer", "correct"])?;
    let correct = members.required("correct", |members, name| Ok(members.get(name)))?;
    let pointer = members.required("pointer", Members::text)?;
    Ok(CorrectionItem { pointer, correct: correct.clone(), at: members.at })
}
