//! Why `facts.toml` was refused, one sentence in each language.

use crate::values::identifiers::Slug;

/// One thing wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// It does not have its form.
    #[error("{0}")]
    Form(String),
    /// A name in one language only.
    #[error("fact {0} needs its name in both languages")]
    Name(Slug),
    /// Two facts with one short name.
    #[error("there are two facts {0}")]
    Twice(Slug),
    /// Nothing proves it.
    #[error("fact {0} is proved by no licence type")]
    Unproved(Slug),
    /// A type that is not there.
    #[error("fact {fact}: there is no licence type {licence_type}")]
    Type {
        /// The fact.
        fact: Slug,
        /// The type.
        licence_type: Slug,
    },
    /// A type with several holders: whose fact it would be is not said.
    #[error("fact {fact}: {licence_type} may have several holders, so a fact about one cannot be told there")]
    Holders {
        /// The fact.
        fact: Slug,
        /// The type.
        licence_type: Slug,
    },
    /// A place that the type does not have, or that holds no plain value.
    #[error("fact {fact}: {licence_type} has no single value at {place}")]
    Place {
        /// The fact.
        fact: Slug,
        /// The type.
        licence_type: Slug,
        /// The pointer.
        place: String,
    },
    /// The type's own rules name another source.
    #[error(
        "fact {fact}: its source is {source_department}, but in {licence_type} that of {place} is {other}"
    )]
    Source {
        /// The fact.
        fact: Slug,
        /// The type.
        licence_type: Slug,
        /// The pointer.
        place: String,
        /// The source of the fact.
        source_department: Slug,
        /// The source that the type names.
        other: Slug,
    },
    /// Two facts at one place.
    #[error("{place} of {licence_type} is used for two facts, {first} and {second}: each has one source")]
    PlaceTwice {
        /// The type.
        licence_type: Slug,
        /// The pointer.
        place: String,
        /// One fact.
        first: Slug,
        /// The other, or the same once more.
        second: Slug,
    },
    /// A licence would prove itself.
    #[error("fact {fact}: {licence_type} proves it and uses it: a licence proves nothing to its own kind")]
    Itself {
        /// The fact.
        fact: Slug,
        /// The type.
        licence_type: Slug,
    },
}

impl FactError {
    /// The sentence in Chinese; [`std::fmt::Display`] is the English one.
    pub fn zh(&self) -> String {
        match self {
            Self::Form(problem) => format!("格式不正确({problem})"),
            Self::Name(fact) => format!("事实项 {fact} 缺少中文或英文名称"),
            Self::Twice(fact) => format!("事实项 {fact} 出现两次"),
            Self::Unproved(fact) => format!("事实项 {fact} 没有任何证照类型可以证明"),
            Self::Type { fact, licence_type } => format!("事实项 {fact}:没有证照类型 {licence_type}"),
            Self::Holders { fact, licence_type } => {
                format!("事实项 {fact}:{licence_type} 可以有多个持证主体,无法确定属于谁")
            }
            Self::Place { fact, licence_type, place } => {
                format!("事实项 {fact}:{licence_type} 在 {place} 处没有单个值")
            }
            Self::Source { fact, licence_type, place, source_department, other } => format!(
                "事实项 {fact}:数源部门为 {source_department},但 {licence_type} 的 {place} 写明的数源部门是 {other}"
            ),
            Self::PlaceTwice { licence_type, place, first, second } => {
                format!("{licence_type} 的 {place} 同时用于 {first} 和 {second};每项只有一个数源")
            }
            Self::Itself { fact, licence_type } => {
                format!("事实项 {fact}:{licence_type} 既证明又使用它;证照不能证明同类证照")
            }
        }
    }
}
