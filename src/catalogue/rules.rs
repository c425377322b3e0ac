//! `type.toml`: what a licence type is and the rules of its issue, as data. Its exact bytes are the rules a ledger
//! commits to. Not here: what may stand in the claims (`claims_schema`) and what a holder may withhold (`metadata`).

use serde::{Deserialize, Serialize};

use super::process::ProcessRules;
use super::sources::SourceRules;
use crate::values::identifiers::{CodeType, CreditCode, Slug, TypeCode};

/// A name or a text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// Whether one of the two is missing.
    pub fn is_incomplete(&self) -> bool {
        self.zh.trim().is_empty() || self.en.trim().is_empty()
    }
}

/// The whole of `type.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The type's short name.
    pub slug: Slug,
    /// The version, from 1.
    pub version: u16,
    /// 证照类型代码 (GB/T 36904).
    pub type_code: TypeCode,
    /// 目录类别.
    pub kind: Kind,
    /// 证照类型名称.
    pub name: Bilingual,
    /// 证照定义机构.
    pub defined_by: DefinedBy,
    /// The other catalogue fields.
    pub catalogue: CatalogueFields,
    /// Who may hold it.
    pub holders: HolderRules,
    /// Where each item comes from, and who else may have it.
    pub sources: SourceRules,
    /// From when, until when.
    pub validity: ValidityRules,
    /// Whether anybody must approve.
    pub approvals: ApprovalRules,
    /// How it is issued from cases; only where it is not issued directly.
    pub process: Option<ProcessRules>,
    /// Whether it has a status.
    pub status: StatusRules,
    /// The rest of the rules of issue.
    pub issue: IssueRules,
    /// What the ledger alone tells (law 0, section 11).
    pub inferable: Bilingual,
}

/// 目录类别, the extension of GB/T 36902 in common use: 1 证照, 2 批文, 3 证明, 4 材料, 5 证件.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// 证照.
    Licence,
    /// 批文.
    Approval,
    /// 证明.
    Attestation,
    /// 材料.
    Material,
    /// 证件.
    Certificate,
}

impl Kind {
    /// The digit of the catalogue.
    pub fn digit(self) -> u8 {
        match self {
            Self::Licence => 1,
            Self::Approval => 2,
            Self::Attestation => 3,
            Self::Material => 4,
            Self::Certificate => 5,
        }
    }
}

/// 证照定义机构: name, code, level.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefinedBy {
    /// CertificateDefineAuthorityName.
    pub name: Bilingual,
    /// CertificateDefineAuthorityCode, the first 18 characters of the type code.
    pub code: CreditCode,
    /// CertificateDefineAuthorityLevel.
    pub level: DefiningLevel,
}

/// 证照定义机构级别.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the values of GB/T 36902 stand in the attributes")]
pub enum DefiningLevel {
    #[serde(rename = "国家级")]
    National,
    #[serde(rename = "省部级")]
    Provincial,
    #[serde(rename = "地市级")]
    Municipal,
    #[serde(rename = "区县级")]
    County,
    #[serde(rename = "其他")]
    Other,
}

/// Catalogue fields of GB/T 36902 that stand nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFields {
    /// 关联事项名称.
    pub related_item: Bilingual,
    /// 持证主体类别.
    pub holder_category: HolderCategory,
    /// 有效期限范围: `<n>天`, `<n>月`, `<n>年`, `长期`.
    pub validity_range: Vec<String>,
    /// 证照颁发机构级别.
    pub issuing_levels: Vec<IssuingLevel>,
}

/// 持证主体类别.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the values of GB/T 36902 stand in the attributes")]
pub enum HolderCategory {
    #[serde(rename = "自然人")]
    Person,
    #[serde(rename = "法人和其他组织")]
    Organisation,
    #[serde(rename = "混合")]
    Mixed,
    #[serde(rename = "其他")]
    Other,
}

/// 证照颁发机构级别.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the values of GB/T 36902 stand in the attributes")]
pub enum IssuingLevel {
    #[serde(rename = "国家")]
    National,
    #[serde(rename = "省")]
    Provincial,
    #[serde(rename = "地市")]
    Municipal,
    #[serde(rename = "区县")]
    County,
    #[serde(rename = "乡镇")]
    Township,
    #[serde(rename = "其他")]
    Other,
}

/// Who may hold it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolderRules {
    /// Fewest holders.
    pub min: usize,
    /// Most holders.
    pub max: usize,
    /// Kinds of code allowed (GB/T 36903).
    pub code_types: Vec<CodeType>,
    /// Roles; where there are any, each holder has one.
    pub roles: Vec<RoleRule>,
}

/// A role, and how many holders have it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// As requests and credentials write it.
    pub role: Slug,
    /// As people read it.
    pub name: Bilingual,
    /// Fewest holders with this role.
    pub min: usize,
    /// Most holders with this role.
    pub max: usize,
}

/// From when, until when it may be valid.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidityRules {
    /// Whether it may be without a last day (长期).
    pub open_ended: bool,
    /// Most days, the first and the last included.
    pub longest_days: Option<u32>,
    /// Whether it may begin before the day of issue.
    pub begins_in_past: bool,
    /// How many days after the day of issue it may begin.
    pub begins_in_future_days: u32,
    /// Whether it may already be over on the day of issue.
    pub ends_in_past: bool,
    /// Whether its last day may lie beyond the end of the certificate that signs it.
    pub outlives_certificate: bool,
}

/// Whether anybody must approve.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRules {
    /// 即办: issued directly, without a case and without approvals. Else from cases, by the process.
    pub direct: bool,
}

/// Whether it has a status.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusRules {
    /// Whether each licence has an index in a status list.
    pub list: bool,
}

/// The rest of the rules of issue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueRules {
    /// Whether a holder may have several valid ones at once.
    pub several_per_holder: bool,
}

impl Rules {
    /// Every rule that cannot be meant, as a sentence in both languages.
    pub(super) fn contradictions(&self) -> Vec<Bilingual> {
        let HolderRules { min, max, code_types, roles } = &self.holders;
        let ValidityRules { open_ended, longest_days, outlives_certificate, .. } = &self.validity;
        let category = self.catalogue.holder_category;
        let ranges = &self.catalogue.validity_range;
        let organisation = |code: &CodeType| code.is_organisation();
        let mut texts =
            vec![&self.name, &self.defined_by.name, &self.catalogue.related_item, &self.inferable];
        texts.extend(roles.iter().map(|role| &role.name));
        let fewest: usize = roles.iter().map(|role| role.min).sum();
        let most: usize = roles.iter().map(|role| role.max).sum();
        let repeated = |role: &RoleRule| roles.iter().filter(|other| other.role == role.role).count() > 1;
        let own = [
            (self.version == 0, "版本号从 1 起", "versions begin at 1"),
            (
                self.defined_by.code != *self.type_code.defined_by(),
                "证照类型代码属于另一个定义机构",
                "the type code names another defining body",
            ),
            (
                texts.into_iter().any(Bilingual::is_incomplete),
                "有文字缺一种语言",
                "a text is missing in one language",
            ),
            (
                *min == 0 || max < min,
                "holders:至少一个持证主体,max 不小于 min",
                "holders: at least one, and max not below min",
            ),
            (code_types.is_empty(), "holders:没有允许的代码类型", "holders: no code type is allowed"),
            (
                category == HolderCategory::Person && code_types.iter().any(organisation),
                "holders:持证主体为自然人,却允许法人代码",
                "holders: held by persons, with the code of an organisation",
            ),
            (
                category == HolderCategory::Organisation && !code_types.iter().all(organisation),
                "holders:持证主体为法人和其他组织,却允许自然人代码",
                "holders: held by organisations, with the code of a person",
            ),
            (
                roles.iter().any(|role| role.max == 0 || role.max < role.min),
                "holders.roles:max 至少为 1,且不小于 min",
                "holders.roles: max is at least 1 and not below min",
            ),
            (roles.iter().any(repeated), "holders.roles:角色出现两次", "holders.roles: a role stands twice"),
            (
                !roles.is_empty() && (fewest > *max || most < *min),
                "holders.roles:各角色的人数与持证主体数不符",
                "holders.roles: the numbers of the roles cannot add up to the number of holders",
            ),
            (*longest_days == Some(0), "validity:有效期不足一天", "validity: no day at all"),
            (
                *open_ended && longest_days.is_some(),
                "validity:既为长期,又有最长期限",
                "validity: both without end and with a longest duration",
            ),
            (
                *open_ended && !outlives_certificate,
                "validity:既为长期,又不得超出签发证书的有效期",
                "validity: without end, yet within the certificate's",
            ),
            (ranges.is_empty(), "catalogue:没有有效期限范围", "catalogue: no validity range"),
            (
                !ranges.iter().all(|range| is_validity_range(range)),
                "catalogue:有效期限范围应为 <n>天、<n>月、<n>年或长期",
                "catalogue: a validity range is <n>天, <n>月, <n>年 or 长期",
            ),
            (
                !ranges.is_empty() && *open_ended != ranges.iter().any(|range| range == OPEN_ENDED),
                "有效期限范围中的长期与 validity.open_ended 不符",
                "catalogue and validity disagree on 长期",
            ),
            (
                self.approvals.direct && self.process.is_some(),
                "即办(approvals.direct = true)的类型没有 [process]",
                "issued directly (approvals.direct = true), and yet with a [process]",
            ),
            (
                !self.approvals.direct && self.process.is_none(),
                "不是即办(approvals.direct = false)的类型须有 [process]",
                "not issued directly (approvals.direct = false), and without a [process]",
            ),
        ];
        let own = own.into_iter().filter(|(broken, ..)| *broken);
        own.map(|(_, zh, en)| Bilingual { zh: zh.to_owned(), en: en.to_owned() })
            .chain(self.process.iter().flat_map(ProcessRules::contradictions))
            .collect()
    }
}

const OPEN_ENDED: &str = "长期";

fn is_validity_range(text: &str) -> bool {
    let count = ["天", "月", "年"].into_iter().find_map(|unit| text.strip_suffix(unit));
    text == OPEN_ENDED || count.is_some_and(|n| n.parse::<u32>().is_ok_and(|n| n > 0))
}
