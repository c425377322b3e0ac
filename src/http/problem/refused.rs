//! What the engine refuses, as problems: an exhaustive match, in both languages, each with its cure. Not here: faults.

use serde_json::json;

use super::{Problem, capital};
use crate::authority::{Proof, Refusal};
use crate::catalogue::{RequestError, RequestErrorKind};
use crate::http::kind::Kind;
use crate::values::identifiers::{BaseUrl, CreditCode};

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let en = capital(&refusal.to_string());
        match refusal {
            Refusal::Request(error) => error.into(),
            Refusal::Application(first, others) => {
                Self::from(first).with_others(others.into_iter().map(Self::from).collect())
            }
            Refusal::Ask(error) => error.into(),
            Refusal::NoPower { department, licence_type, region, pointer } => Self::new(
                Kind::NoPower,
                format!("{department} 今日在 {region} 没有签发 {licence_type} 的权力，请见 /v1/powers。"),
                format!("{en}; see /v1/powers."),
            )
            .at(pointer),
            Refusal::NotYours => Self::new(Kind::NotYours, "该证照或办件属于其他部门。", en),
            Refusal::NotFound(thing) => Self::not_found(thing),
            Refusal::IdempotencyConflict => Self::new(
                Kind::IdempotencyConflict,
                "此幂等键曾用于其他内容；内容不同的请求请使用新的键。",
                format!("{en}; a different request needs a key of its own."),
            ),
            Refusal::InFlight => Self::new(
                Kind::InFlight,
                "同一请求正在处理，请稍后再试。",
                format!("{en}; try again shortly."),
            )
            .after(1),
            Refusal::IllegalTransition { standing, act: _, expired } => {
                let state = if expired { "，且已过有效期" } else { "" };
                let zh = format!("证照当前状态为“{}”{state}，不允许此操作。", standing.zh());
                Self::new(Kind::IllegalTransition, zh, en)
            }
            Refusal::NumberTaken { pointer } => {
                Self::new(Kind::InvalidClaim, "该证照编号已经签发或补录过。", en).at(pointer)
            }
            Refusal::OutlivesCertificate { pointer } => {
                Self::new(Kind::Validity, "签发证书将先于证照到期：请缩短有效期，或请运维更换凭证密钥（vidimus keys rotate）。", format!("{en}; choose an earlier last day, or ask the operator to rotate the credential key (vidimus keys rotate).")).at(pointer)
            }
            Refusal::HolderKey { pointer, reason } => {
                Self::new(Kind::InvalidClaim, format!("持证主体密钥不被接受（{reason}）。"), en).at(pointer)
            }
            Refusal::Approvals { pointer } => {
                Self::new(Kind::InvalidClaim, "该类型直接签发，不接受办件与审批。", en).at(pointer)
            }
            Refusal::AlreadyHeld { pointer } => Self::new(
                Kind::InvalidClaim,
                "该持证主体已持有一份此类证照（有效或暂扣），每个主体只能持有一份。",
                en,
            )
            .at(pointer),
            Refusal::OtherType { pointer } => {
                Self::new(Kind::InvalidClaim, "新证照必须与被替换的证照同类。", en).at(pointer)
            }
            Refusal::PickupClosed { tries: Some(tries) } => Self::new(
                Kind::WrongCode,
                format!("领取码不正确，还可尝试 {tries} 次。"),
                format!("The code is wrong; {tries} tries remain."),
            ),
            Refusal::PickupClosed { tries: None } => Self::new(
                Kind::PickupClosed,
                "领取次数用尽或已过期，请向签发部门重新索取。",
                "Its tries or its time are used up; ask the issuing department for another.",
            ),
            Refusal::AlreadyProved { department, by, base_url } => already_proved(department, &by, &base_url),
            Refusal::NotYourDemand => Self::new(
                Kind::NotYours,
                "部门只能提出本部门的证明需求；运维可以代为提出。",
                format!("{en}."),
            )
            .at("/department"),
            Refusal::Erased => Self::new(
                Kind::Erased,
                "该证照的内容已不在此处：已依法删除，或恢复备份时缺失；账本记录仍在。",
                en,
            ),
            Refusal::Case(refused) => Self::of_case(&refused),
            Refusal::Fact(refused) => Self::of_fact(&refused),
            Refusal::Matter(refused) => Self::of_matter(&refused),
            Refusal::Ceremony(refused) => {
                let kind = if refused.is_closed() { Kind::CeremonyClosed } else { Kind::InvalidClaim };
                let problem = Self::new(kind, format!("{}。", refused.zh()), format!("{en}."));
                match refused.pointer() {
                    Some(pointer) => problem.at(pointer),
                    None => problem,
                }
            }
            Refusal::CertificateEnded { department, ended } => {
                let cure = format!("vidimus keys rotate --purpose credential --department {department}");
                Self::new(
                    Kind::NotReady,
                    format!("本部门的签发证书已于 {ended} 到期，更换密钥之前不能签发：请运维执行 {cure}。已签发的证照不受影响。"),
                    format!("The certificate that this department issues under ended on {ended}, and nothing can be issued before its key is rotated: the operator does so with {cure}. What was issued is not affected."),
                )
                .after(600)
            }
            Refusal::NotProvable(refused) => Self::of_standing(&refused),
            Refusal::NotReady(why) => {
                // The reason may name files: it is for the operator.
                tracing::warn!(%why, "a request was refused: not ready");
                Self::new(
                    Kind::NotReady,
                    "账本暂时不能新增记录，查询与核验不受影响。",
                    "Nothing can be entered now; reading and verifying go on.",
                )
                .after(10)
            }
            Refusal::Busy => {
                Self::new(Kind::NotReady, "排队的请求过多，请稍后再试。", format!("{en}; try again shortly."))
                    .after(1)
            }
        }
    }
}

/// What proves it, and how that is verified; counted for the department that demanded it.
fn already_proved(department: CreditCode, by: &[Proof], base_url: &BaseUrl) -> Problem {
    let names = |name: fn(&Proof) -> &str, between| by.iter().map(name).collect::<Vec<_>>().join(between);
    let zh = format!(
        "电子证照“{}”已能证明，请核验证照（{base_url}/v1/verifications，或 {base_url}/zh 的核验页），不要再让人开具纸质证明。",
        names(|proof| &proof.name.zh, "”、“"),
    );
    let en = format!(
        "A licence proves this already ({}): verify it at {base_url}/v1/verifications, or on the page {base_url}/en, and \
         send nobody to fetch a paper.",
        names(|proof| &proof.name.en, ", "),
    );
    let only = if let [one] = by { Some(one.licence_type.clone()) } else { None };
    let proofs = by.iter().map(|proof| {
        let Proof { licence_type, type_code, name, issuers } = proof;
        let issuers = issuers.iter().map(|issuer| {
            let name = json!({"zh": issuer.name.zh, "en": issuer.name.en});
            json!({"department": issuer.slug, "department_code": issuer.code, "name": name})
        });
        json!({
            "type": licence_type, "type_code": type_code.as_str(), "name": name, "issuers": issuers.collect::<Vec<_>>(),
            "verify_at": format!("{base_url}/v1/verifications"), "page": format!("{base_url}/"),
        })
    });
    let problem = Problem::new(Kind::AlreadyProved, zh, en).at("/proof").with_type(only);
    problem.wished_by(department).proved_by(proofs.collect())
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        let RequestError { pointer, kind } = error;
        let slug = match &kind {
            RequestErrorKind::UnknownField => Kind::UnknownField,
            RequestErrorKind::UnknownType { .. } => Kind::UnknownType,
            RequestErrorKind::WrongType { .. }
            | RequestErrorKind::Missing
            | RequestErrorKind::InvalidClaim(_) => Kind::InvalidClaim,
            RequestErrorKind::CheckDigit { .. } => Kind::CheckDigit,
            RequestErrorKind::Validity(_) => Kind::Validity,
        };
        Self::new(slug, format!("{}。", kind.zh()), format!("{}.", capital(&kind.to_string()))).at(pointer)
    }
}
