//! Where each item of a licence comes from, and who else may have it: one source department each (谁采集,谁负责), and
//! one sharing class (政务数据共享条例: 无条件共享, 有条件共享, 不予共享; beside them 开放, open to the public).
//!
//! A department is named by its kind, as a slug (`public-security`), since a type serves every authority; where an
//! authority registers a department under that slug, it is that one. Not here: asking another department for an item,
//! and what a holder withholds (`metadata`), which the classes must agree with.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::claims_schema::ClaimsSchema;
use super::metadata::{Disclosure, Metadata};
use crate::values::identifiers::Slug;

/// `[sources]` of a type: the holders' names and codes, and each claim.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRules {
    /// Who the holders are.
    pub holders: Source,
    /// Each claim at the top, with everything in it.
    pub claims: BTreeMap<String, Source>,
}

/// The one source of an item.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The kind of department that collects it and answers for it.
    pub department: Slug,
    /// Who else may have it.
    pub sharing: Sharing,
}

/// Who may have an item, from everybody to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// 开放: everybody.
    Open,
    /// 无条件共享: every department.
    Shared,
    /// 有条件共享: a department, for a matter that needs it.
    ByMatter,
    /// 不予共享: nobody but through the holder.
    NotShared,
}

/// Why sources were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// A claim without its source.
    #[error("claim {0:?} has no source department and sharing class")]
    Missing(String),
    /// A source of a claim that the type does not have.
    #[error("this licence type has no claim {0:?} to have a source")]
    Stray(String),
    /// Open to everybody, yet withheld by the holder.
    #[error("{item} is open, so it must not be withheld (sd = never)")]
    OpenWithheld {
        /// The claim, or `holders`.
        item: String,
    },
    /// Shared under a condition or not at all, yet plain in every presentation.
    #[error("{item} is {sharing}, so the holder must be able to withhold it (sd = always)")]
    RestrictedPlain {
        /// The claim, or `holders`.
        item: String,
        /// As `type.toml` writes it.
        sharing: &'static str,
    },
}

impl Sharing {
    /// As `type.toml` and the catalogue write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Shared => "shared",
            Self::ByMatter => "by-matter",
            Self::NotShared => "not-shared",
        }
    }

    /// As Chinese law names it.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Open => "开放",
            Self::Shared => "无条件共享",
            Self::ByMatter => "有条件共享",
            Self::NotShared => "不予共享",
        }
    }

    /// The same in English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Open => "open to everybody",
            Self::Shared => "shared with every department",
            Self::ByMatter => "shared for a matter that needs it",
            Self::NotShared => "not shared, but by the holder",
        }
    }

    /// What is plain is seen by whoever is shown anything, so it can be no more restricted than `shared`; what is open
    /// to everybody is not for the holder to withhold.
    fn clash(self, item: &str, sd: Disclosure) -> Option<SourceError> {
        let item = || item.to_owned();
        match (self, sd) {
            (Self::Open, Disclosure::Always) => Some(SourceError::OpenWithheld { item: item() }),
            (Self::ByMatter | Self::NotShared, Disclosure::Never) => {
                Some(SourceError::RestrictedPlain { item: item(), sharing: self.as_str() })
            }
            _ => None,
        }
    }
}

impl SourceRules {
    /// Everything in which the sources and the claims disagree.
    pub(super) fn disagreements(&self, schema: &ClaimsSchema, metadata: &Metadata) -> Vec<SourceError> {
        let missing = schema.claims().filter(|(name, _)| !self.claims.contains_key(*name));
        let stray = self.claims.keys().filter(|name| !schema.has(name));
        let mut found: Vec<SourceError> =
            missing.map(|(name, _)| SourceError::Missing(name.to_owned())).collect();
        found.extend(stray.map(|name| SourceError::Stray(name.clone())));
        let holders = metadata.claim(&[Some("holders"), None, Some("name")]);
        found.extend(holders.and_then(|claim| self.holders.sharing.clash("holders", claim.sd)));
        found.extend(self.claims.iter().filter_map(|(name, source)| {
            source.sharing.clash(name, metadata.claim(&[Some("claims"), Some(name)])?.sd)
        }));
        found
    }
}

impl SourceError {
    /// The sentence in Chinese; [`std::fmt::Display`] is the English one.
    pub fn zh(&self) -> String {
        match self {
            Self::Missing(name) => format!("信息项“{name}”没有数源部门和共享属性"),
            Self::Stray(name) => format!("该证照类型没有信息项“{name}”,却为它写了数源部门"),
            Self::OpenWithheld { item } => format!("“{item}”为开放,不应由持证人选择披露(sd 应为 never)"),
            Self::RestrictedPlain { item, sharing } => {
                format!("“{item}”为 {sharing},应可由持证人选择披露(sd 应为 always)")
            }
        }
    }
}
