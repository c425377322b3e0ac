//! Why a matter was refused, one sentence in each language.

use super::super::parts::SchemaError;
use super::Place;
use crate::values::identifiers::Slug;

/// One thing wrong with a matter's file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatterError {
    /// Not TOML of this form.
    #[error("{0}")]
    Form(String),
    /// The file is named otherwise than the matter in it, or is not UTF-8.
    #[error("the file is not named {0}.toml, as the matter in it is")]
    File(Slug),
    /// A text lacks a language.
    #[error("{0}: a text is missing in one language")]
    Text(String),
    /// No licence, or one licence and nothing to join.
    #[error("a matter has licences and questions")]
    Empty,
    /// Something stands twice.
    #[error("{0} stands twice")]
    Twice(String),
    /// A type that is not in the catalogue.
    #[error("there is no licence type {0}")]
    UnknownType(Slug),
    /// A type that is none of the matter's.
    #[error("{0} is no licence of this matter")]
    NotInMatter(Slug),
    /// A type follows one that stands behind it, or itself.
    #[error("{licence_type} must stand behind {after}, which it follows")]
    Order {
        /// Which follows.
        licence_type: Slug,
        /// Which comes first.
        after: Slug,
    },
    /// A claim that the type does not have.
    #[error("{0}: there is no such claim")]
    NoClaim(Place),
    /// A claim that is filled twice.
    #[error("{0} is filled twice")]
    FilledTwice(Place),
    /// A required claim that nothing fills.
    #[error("{0} is required and nothing fills it")]
    Unfilled(Place),
    /// A constant that the type does not allow.
    #[error("{place}: the constant is not allowed ({why})")]
    Constant {
        /// Which claim.
        place: Place,
        /// Why.
        why: String,
    },
    /// A question that fills nothing.
    #[error("question {0} fills nothing")]
    Idle(Slug),
    /// An answer to a question, or what proves it, might not be allowed where it is filled in.
    #[error("{from} may say what {to} does not allow")]
    Narrower {
        /// What may say more.
        from: Place,
        /// What allows less.
        to: Place,
    },
    /// A claim that a department may only have from the holder.
    #[error("{0} is not shared: only the holder may bring it")]
    NotShared(Place),
    /// Claims are supplied by the issuing department only where it issues directly.
    #[error("{0} is issued from cases: nothing of it is supplied later")]
    SuppliedInCase(Slug),
    /// The types can have no holders in common.
    #[error("no holder could hold all of these types")]
    Holders,
    /// The form is no good schema.
    #[error("{0}")]
    Schema(#[from] SchemaError),
}

impl MatterError {
    /// The sentence in Chinese; [`std::fmt::Display`] is the English one.
    pub fn zh(&self) -> String {
        match self {
            Self::Form(problem) => format!("格式不正确({problem})"),
            Self::File(slug) => format!("文件名应为 {slug}.toml"),
            Self::Text(what) => format!("{what}:有文字缺一种语言"),
            Self::Empty => "事项至少要有证照和问题".to_owned(),
            Self::Twice(what) => format!("{what} 出现两次"),
            Self::UnknownType(slug) => format!("目录中没有证照类型 {slug}"),
            Self::NotInMatter(slug) => format!("{slug} 不是本事项的证照"),
            Self::Order { licence_type, after } => {
                format!("{licence_type} 以 {after} 为前提,应排在其后")
            }
            Self::NoClaim(place) => format!("{place}:没有这个信息项"),
            Self::FilledTwice(place) => format!("{place} 被填写两次"),
            Self::Unfilled(place) => format!("{place} 为必填,却没有问题填写它"),
            Self::Constant { place, why } => format!("{place}:固定值不符合规定({why})"),
            Self::Idle(slug) => format!("问题 {slug} 什么也不填写"),
            Self::Narrower { from, to } => format!("{from} 可以写的内容,{to} 不一定允许"),
            Self::NotShared(place) => format!("{place} 不予共享,只能由持证人自己提供"),
            Self::SuppliedInCase(slug) => format!("{slug} 经办件签发,不能由部门事后补填"),
            Self::Holders => "没有人能同时持有这些类型".to_owned(),
            Self::Schema(error) => error.zh(),
        }
    }
}
