//! `facts.toml`: the facts that stand in more than one licence type (一源一数, 一源多用), each with its one source department,
//! the types by which that department proves it, and where else it is used. Checked against the types: they name the same
//! source (`sources`), and every place exists.
//!
//! It stands beside the types' folders and not in `type.toml`, because those bytes are committed to when a type is
//! published, and which types use a fact changes whenever a type is added. Not here: which department is the source in
//! an authority, and what licences there are (the engine).

mod check;
mod error;
mod place;

use std::collections::BTreeSet;

use serde::Deserialize;

pub use error::FactError;
pub use place::Place;

use super::rules::Bilingual;
use crate::values::identifiers::Slug;

/// Its name, in the directory that holds the types' folders.
pub const FACTS_FILE: &str = "facts.toml";

/// All facts. A directory of types without the file has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    all: Vec<Fact>,
    used_in: BTreeSet<Slug>,
}

/// One fact: what is collected once, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Its short name.
    pub slug: Slug,
    /// Its name.
    pub name: Bilingual,
    /// The kind of department that collects it and answers for it.
    pub source: Slug,
    /// The licences of the source that prove it.
    pub proved: Vec<ProvedBy>,
    /// Where it is used.
    #[serde(default)]
    pub used: Vec<UsedIn>,
}

/// A type whose licences prove a fact about their holder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvedBy {
    /// The type.
    pub r#type: Slug,
    /// Where it stands there.
    pub at: Place,
}

/// A place where a fact is used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsedIn {
    /// The type.
    pub r#type: Slug,
    /// Where it stands there.
    pub at: Place,
    /// The claim that holds the code of whom it is about; left out: about the holder.
    pub of: Option<Place>,
    /// What follows when a valid licence of the source says otherwise.
    pub contradiction: Contradiction,
}

/// 数据打架: what follows when a valid licence of the source says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contradiction {
    /// The request is refused.
    Refuse,
    /// It goes on, and whoever decides is shown it.
    Flag,
}

impl Contradiction {
    /// As `facts.toml` and the catalogue write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Flag => "flag",
        }
    }
}

/// The form of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    facts: Vec<Fact>,
}

impl Facts {
    /// Reads the file; not yet checked against the types.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, FactError> {
        let text = std::str::from_utf8(bytes).map_err(|error| FactError::Form(error.to_string()))?;
        let File { facts: all } = toml::from_str(text).map_err(|error| FactError::Form(error.to_string()))?;
        let used_in = all.iter().flat_map(|fact| &fact.used).map(|used| used.r#type.clone()).collect();
        Ok(Self { all, used_in })
    }

    /// Every fact, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.all.iter()
    }

    /// The facts that licences of a type use, each with its place there.
    pub fn used_in<'f>(&'f self, licence_type: &Slug) -> impl Iterator<Item = (&'f Fact, &'f UsedIn)> {
        // Most types use none, and are issued by the thousand.
        let all = if self.used_in.contains(licence_type) { self.all.as_slice() } else { &[] };
        let of_type = licence_type.clone();
        all.iter()
            .flat_map(|fact| fact.used.iter().map(move |used| (fact, used)))
            .filter(move |(_, used)| used.r#type == of_type)
    }

    /// The facts that licences of a type prove, each with its place there.
    pub fn proved_by<'f>(&'f self, licence_type: &Slug) -> impl Iterator<Item = (&'f Fact, &'f ProvedBy)> {
        let by_type = licence_type.clone();
        self.all
            .iter()
            .flat_map(|fact| fact.proved.iter().map(move |proved| (fact, proved)))
            .filter(move |(_, proved)| proved.r#type == by_type)
    }
}
