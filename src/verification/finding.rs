//! One finding: which check, what came out, on what basis. A basis names keys, entries, lists and times; never a
//! person. Not here: the sentences (`wording`) and the verdict over all seven (`judgement`).

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::code::{Code, Outcome};

/// The seven checks, in the order of every report (law 0, section 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Format, `typ`, `alg`, key, signature and every disclosure.
    Signature,
    /// A path to a pinned root and a key that the ledger knows.
    Issuer,
    /// The department might issue this type there and then.
    Power,
    /// The entry was made.
    Ledger,
    /// The dates.
    Validity,
    /// Neither suspended nor ended.
    Status,
    /// Presented by the holder.
    Holder,
}

impl Check {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Signature,
        Self::Issuer,
        Self::Power,
        Self::Ledger,
        Self::Validity,
        Self::Status,
        Self::Holder,
    ];
}

/// What a finding rests on: values under names, in the order of the names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Basis(Vec<(&'static str, Value)>);

impl Basis {
    /// What stands under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(held, _)| *held == name).map(|(_, value)| value)
    }

    fn set(&mut self, name: &'static str, value: Value) {
        match self.0.binary_search_by_key(&name, |(held, _)| held) {
            Ok(place) => self.0.splice(place..=place, [(name, value)]).for_each(drop),
            Err(place) => self.0.insert(place, (name, value)),
        }
    }
}

impl Serialize for Basis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// What was found; decides the outcome.
    pub code: Code,
    /// On what: key ids, entry index, tree size, list, times.
    pub basis: Basis,
    /// Seconds between what it rests on and now; `None` where that does not age.
    pub age_s: Option<u64>,
}

impl Finding {
    /// A finding with nothing beside its code.
    pub(super) fn new(check: Check, code: Code) -> Self {
        Self { check, code, basis: Basis::default(), age_s: None }
    }

    /// The same finding, resting on this too.
    pub(super) fn on(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.basis.set(name, value.into());
        self
    }

    /// The same finding, resting on what is so many seconds old; what is dated ahead of now is not old.
    pub(super) fn aged(mut self, seconds: i64) -> Self {
        self.age_s = Some(u64::try_from(seconds).unwrap_or(0));
        self
    }

    /// The outcome, which the code decides.
    pub fn outcome(&self) -> Outcome {
        self.code.outcome()
    }
}
