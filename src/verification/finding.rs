//! One finding: which check, what came out, on what basis. A basis names keys, entries, lists and times; never a
//! person. Not here: the sentences (`wording`) and the verdict over all seven (`judgement`).

use serde::{Serialize, Serializer};
use serde_json::Number;

use super::code::{Code, Outcome};
use crate::crypto::{Digest, KeyId};
use crate::values::identifiers::Short;
use crate::values::time::{Date, Time, UtcOffset};

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

/// What a finding rests on: facts under names, in the order of the names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Basis(Vec<(&'static str, Fact)>);

/// A fact as it is known; it is put into JSON only where somebody reads it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Fact {
    /// An index, a size, a count, a NumericDate.
    Number(Number),
    /// The id of a key.
    Key(KeyId),
    /// A digest.
    Digest(Digest),
    /// A time.
    Time(Time),
    /// A day.
    Day(Date),
    /// The offset of days.
    Offset(UtcOffset),
    /// A name, a code, a word.
    Text(Short),
    /// Known to be absent.
    Absent,
}

/// Facts of a finding, as a rule no more.
const FACTS: usize = 4;

impl Basis {
    /// What stands under a name.
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.iter().find(|(held, _)| *held == name).map(|(_, fact)| fact)
    }

    fn set(&mut self, name: &'static str, fact: Fact) {
        if self.0.capacity() == 0 {
            self.0.reserve(FACTS);
        }
        match self.0.binary_search_by_key(&name, |(held, _)| held) {
            Ok(place) => self.0.splice(place..=place, [(name, fact)]).for_each(drop),
            Err(place) => self.0.insert(place, (name, fact)),
        }
    }
}

impl Serialize for Basis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, fact)| (name, fact)))
    }
}

impl Fact {
    /// The number, if it is one and not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.as_u64(),
            _ => None,
        }
    }
}

/// Facts of these types, each under its variant.
macro_rules! facts {
    ($($variant:ident: $($of:ty),+;)+) => {$($(
        impl From<$of> for Fact {
            fn from(fact: $of) -> Self {
                Self::$variant(fact.into())
            }
        }
    )+)+};
}

facts! {
    Number: u64, i64, u32, usize;
    Key: KeyId;
    Digest: Digest;
    Time: Time;
    Day: Date;
    Offset: UtcOffset;
    Text: &str;
}

impl<T: Into<Self>> From<Option<T>> for Fact {
    fn from(fact: Option<T>) -> Self {
        fact.map_or(Self::Absent, Into::into)
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
    pub(super) fn on(mut self, name: &'static str, fact: impl Into<Fact>) -> Self {
        self.basis.set(name, fact.into());
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
