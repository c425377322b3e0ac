//! What coded values are called on pages. Codes are the formats' own; here are their names in two languages. Not here:
//! what a code means for issuing or judging.

use crate::catalogue::{DefiningLevel, HolderCategory, IssuingLevel, Kind as TypeKind};
use crate::crypto::KeyPurpose;
use crate::ledger::body::Kind;
use crate::values::lang::Lang;

/// 目录类别, as the heading of its group.
pub fn type_kind(lang: Lang, kind: TypeKind) -> &'static str {
    match kind {
        TypeKind::Licence => lang.choose("证照", "Licences"),
        TypeKind::Approval => lang.choose("批文", "Approvals"),
        TypeKind::Attestation => lang.choose("证明", "Attestations"),
        TypeKind::Material => lang.choose("材料", "Records"),
        TypeKind::Certificate => lang.choose("证件", "Certificates"),
    }
}

/// 持证主体类别.
pub fn holder_category(lang: Lang, category: HolderCategory) -> &'static str {
    match category {
        HolderCategory::Person => lang.choose("自然人", "A person"),
        HolderCategory::Organisation => lang.choose("法人和其他组织", "An organisation"),
        HolderCategory::Mixed => lang.choose("自然人、法人和其他组织", "A person or an organisation"),
        HolderCategory::Other => lang.choose("其他", "Other"),
    }
}

/// 证照定义机构级别.
pub fn defining_level(lang: Lang, level: DefiningLevel) -> &'static str {
    match level {
        DefiningLevel::National => lang.choose("国家级", "national"),
        DefiningLevel::Provincial => lang.choose("省部级", "provincial or ministerial"),
        DefiningLevel::Municipal => lang.choose("地市级", "municipal"),
        DefiningLevel::County => lang.choose("区县级", "county"),
        DefiningLevel::Other => lang.choose("其他", "other"),
    }
}

/// 证照颁发机构级别.
pub fn issuing_level(lang: Lang, level: IssuingLevel) -> &'static str {
    match level {
        IssuingLevel::National => lang.choose("国家", "national"),
        IssuingLevel::Provincial => lang.choose("省", "provincial"),
        IssuingLevel::Municipal => lang.choose("地市", "municipal"),
        IssuingLevel::County => lang.choose("区县", "county"),
        IssuingLevel::Township => lang.choose("乡镇", "township"),
        IssuingLevel::Other => lang.choose("其他", "other"),
    }
}

/// What a key is for.
pub fn purpose(lang: Lang, purpose: KeyPurpose) -> &'static str {
    match purpose {
        KeyPurpose::Root => lang.choose("根证书", "root certificate"),
        KeyPurpose::Issuing => lang.choose("签发证书", "issuing certificate"),
        KeyPurpose::Registry => lang.choose("记账", "ledger entries"),
        KeyPurpose::Registrar => lang.choose("登记", "registration"),
        KeyPurpose::Officer => lang.choose("审批", "approval"),
        KeyPurpose::Credential => lang.choose("签发凭证", "credentials"),
        KeyPurpose::Seal => lang.choose("电子印章", "electronic seal"),
        KeyPurpose::Status => lang.choose("状态列表", "status lists"),
        KeyPurpose::Report => lang.choose("核验报告", "verification reports"),
        KeyPurpose::Checkpoint => lang.choose("检查点", "checkpoints"),
        KeyPurpose::Witness => lang.choose("见证", "witnessing"),
    }
}

/// What an entry enters.
pub fn entry_kind(lang: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::AuthorityFounded => lang.choose("建立主管机关", "authority founded"),
        Kind::AuthorityMoved => lang.choose("变更网址", "authority moved"),
        Kind::RegistrarsChanged => lang.choose("变更登记人", "registrars changed"),
        Kind::LawChanged => lang.choose("变更规则", "law changed"),
        Kind::LedgerFrozen => lang.choose("封存账本", "ledger frozen"),
        Kind::DepartmentRegistered => lang.choose("登记部门", "department registered"),
        Kind::DepartmentWithdrawn => lang.choose("注销部门", "department withdrawn"),
        Kind::KeyIntroduced => lang.choose("登记密钥", "key introduced"),
        Kind::KeyRetired => lang.choose("停用密钥", "key retired"),
        Kind::TypePublished => lang.choose("发布证照类型", "licence type published"),
        Kind::TypeWithdrawn => lang.choose("撤下证照类型", "licence type withdrawn"),
        Kind::PowerGranted => lang.choose("授予签发权力", "power granted"),
        Kind::PowerWithdrawn => lang.choose("撤回签发权力", "power withdrawn"),
        Kind::OfficerAppointed => lang.choose("任命经办人", "officer appointed"),
        Kind::OfficerLeft => lang.choose("经办人离任", "officer left"),
        Kind::ProcessPublished => lang.choose("发布办理流程", "process published"),
        Kind::CalendarPublished => lang.choose("发布工作日历", "calendar published"),
        Kind::CaseFiled => lang.choose("申请", "case filed"),
        Kind::CaseAccepted => lang.choose("受理", "case accepted"),
        Kind::CaseDeclined => lang.choose("不予受理", "case declined"),
        Kind::CaseAsked => lang.choose("要求补正", "supplement asked for"),
        Kind::CaseSupplied => lang.choose("补正", "supplement supplied"),
        Kind::CaseExamined => lang.choose("审查", "case examined"),
        Kind::CaseDecided => lang.choose("决定", "case decided"),
        Kind::CaseDelivered => lang.choose("送达", "outcome delivered"),
        Kind::CaseRated => lang.choose("评价", "case rated"),
        Kind::CaseWithdrawn => lang.choose("撤回申请", "application withdrawn"),
        Kind::CaseRectified => lang.choose("整改", "rectified"),
        Kind::CaseChecked => lang.choose("承诺核查", "promise checked"),
        Kind::SupervisionPublished => lang.choose("公布监察规则", "supervision rules published"),
        Kind::ContentFound => lang.choose("内容异常", "content found wanting"),
        Kind::CardRaised => lang.choose("亮牌", "card raised"),
        Kind::CardOrdered => lang.choose("督办", "answer ordered"),
        Kind::CardAnswered => lang.choose("督办答复", "card answered"),
        Kind::CardReleased => lang.choose("解除亮牌", "card released"),
        Kind::LicenceIssued => lang.choose("签发证照", "licence issued"),
        Kind::LicenceRecorded => lang.choose("补录存量证照", "earlier licence recorded"),
        Kind::LicenceCarried => lang.choose("制作载体", "carrier made"),
        Kind::LicenceSuspended => lang.choose("暂扣证照", "licence suspended"),
        Kind::LicenceReinstated => lang.choose("恢复证照", "licence reinstated"),
        Kind::LicenceEnded => lang.choose("终止证照", "licence ended"),
        Kind::LicenceErased => lang.choose("删除证照内容", "licence erased"),
        Kind::RefusalsCounted => lang.choose("统计拒绝", "refusals counted"),
        Kind::LedgerAnchored => lang.choose("锚定账本", "ledger anchored"),
        Kind::StateAnchored => lang.choose("锚定状态", "state anchored"),
    }
}
