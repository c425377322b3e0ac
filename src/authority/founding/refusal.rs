//! What a founding is refused for before anything is written, in both languages, each with the field and the cure.

use crate::authority::refusal::Fault;
use crate::crypto::KeyId;
use crate::values::identifiers::Origin;
use crate::values::time::Time;

/// Why a plan cannot be founded from, or signatures do not found it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoundingRefusal {
    /// A slug that is the name of another caller.
    #[error("{field}: {slug} is reserved for the token of that name; give the department another slug")]
    Reserved {
        /// In the plan.
        field: String,
        /// The slug.
        slug: String,
    },
    /// A power to issue a type that nobody knows.
    #[error("{field}: there is no licence type {slug} to publish; there are: {known}")]
    UnknownType {
        /// In the plan.
        field: String,
        /// The type.
        slug: String,
        /// What there is.
        known: String,
    },
    /// A type to be published asks officers to approve of a department that the plan lacks.
    #[error(
        "departments: {slug} asks for the approval of {department}, and the plan has no department of that slug; add \
         it, or found with --schemas DIR, a folder of types without {slug} or with one of your own"
    )]
    NoApprover {
        /// The type.
        slug: String,
        /// The department's slug.
        department: String,
    },
    /// A proof that is not that key's, for this ledger.
    #[error(
        "{field}: this is not the proof of {key} for origin {origin}; make it anew with `vidimus registrar possess \
         --key FILE --origin {origin} --not-after {not_after}`"
    )]
    Possession {
        /// In the plan.
        field: String,
        /// The registrar's key.
        key: KeyId,
        /// Of the ledger to be founded.
        origin: Origin,
        /// Until when the plan says it counts.
        not_after: Time,
    },
    /// A proof that ends while registrars still sign.
    #[error(
        "{field}: the proof of registrar {key} ends on {not_after}; it must count until {until} at least"
    )]
    ProofEnds {
        /// In the plan.
        field: String,
        /// The registrar's key.
        key: KeyId,
        /// Until when it counts.
        not_after: Time,
        /// Until when it must.
        until: Time,
    },
    /// The law would refuse an entry.
    #[error("the law refuses entry {place} ({kind}) of this founding: {why}")]
    Law {
        /// Its place, from 0.
        place: usize,
        /// Its kind.
        kind: String,
        /// The broken rule.
        why: String,
    },
    /// Signatures for a later ceremony.
    #[error("the signatures of {0} are for a ceremony, not for this founding: sign statements.json")]
    OfACeremony(KeyId),
    /// Signed by somebody whom the plan does not name.
    #[error("{key} is no registrar of this founding; they are: {registrars}")]
    NotARegistrar {
        /// Who signed.
        key: KeyId,
        /// Who may.
        registrars: String,
    },
    /// A registrar twice.
    #[error("registrar {0} is given twice: give one file for each registrar")]
    Twice(KeyId),
    /// Too few or too many signatures.
    #[error(
        "registrar {key} gives {found} signatures for {statements} statements: sign statements.json again"
    )]
    Count {
        /// Who signed.
        key: KeyId,
        /// Given.
        found: usize,
        /// Needed.
        statements: usize,
    },
    /// A signature that is not over the statement in its place.
    #[error(
        "the signature of registrar {key} on statement {place} ({kind}) is not over that statement: sign statements.json again"
    )]
    BadSignature {
        /// Who signed.
        key: KeyId,
        /// Its place, from 0.
        place: usize,
        /// Kind of the entry.
        kind: String,
    },
    /// Every registrar approves entry 0.
    #[error("at founding every registrar signs; missing: {0}")]
    Missing(String),
    /// The time for signing is over.
    #[error(
        "the signatures do not count after {0}: begin again with `vidimus init --plan FILE` and empty directories"
    )]
    Lapsed(Time),
    /// Ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl FoundingRefusal {
    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Reserved { field, slug } => {
                format!("{field}:{slug} 留给同名令牌使用,请为该部门另取短名")
            }
            Self::UnknownType { field, slug, known } => {
                format!("{field}:没有可发布的证照类型 {slug};现有:{known}")
            }
            Self::NoApprover { slug, department } => format!(
                "departments:{slug} 须由 {department} 批准,计划中却没有短名为 {department} 的部门;请加上该部门,或用 --schemas DIR 建立(该文件夹不含 {slug},或含自定的 {slug})"
            ),
            Self::Possession { field, key, origin, not_after } => format!(
                "{field}:这不是 {key} 对账本 {origin} 的持有证明,请用 `vidimus registrar possess --key FILE --origin {origin} --not-after {not_after}` 重新生成"
            ),
            Self::ProofEnds { field, key, not_after, until } => {
                format!("{field}:登记人 {key} 的持有证明于 {not_after} 失效,至少须有效至 {until}")
            }
            Self::Law { place, kind, why } => {
                format!("本次建立的第 {place} 条记录({kind})不合法:{why}")
            }
            Self::OfACeremony(key) => {
                format!("{key} 的签名属于某个仪式,不是本次建立:请对 statements.json 签名")
            }
            Self::NotARegistrar { key, registrars } => {
                format!("{key} 不是本次建立的登记人;登记人是:{registrars}")
            }
            Self::Twice(key) => format!("登记人 {key} 给出了两次:每位登记人一个文件"),
            Self::Count { key, found, statements } => format!(
                "登记人 {key} 的签名有 {found} 个,声明有 {statements} 项:请对 statements.json 重新签名"
            ),
            Self::BadSignature { key, place, kind } => format!(
                "登记人 {key} 对第 {place} 项声明({kind})的签名不是对这项声明的:请对 statements.json 重新签名"
            ),
            Self::Missing(keys) => format!("建立时每位登记人都须签名,尚缺:{keys}"),
            Self::Lapsed(until) => {
                format!("签名在 {until} 之后无效:请用空目录重新执行 `vidimus init --plan FILE`")
            }
            Self::Fault(fault) => format!("内部错误:{fault}"),
        }
    }
}
