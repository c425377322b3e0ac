//! What a ceremony is refused for, in both languages, each with its cure. Not here: status codes (`http`).

mod people;

pub use people::OfficerRefusal;

use crate::catalogue::{CalendarError, DepartmentError, PlanError};
use crate::crypto::{KeyId, KeyPurpose};
use crate::ledger::body::PowerId;
use crate::supervision::Misplaced;
use crate::values::lang::Lang;
use crate::values::time::{Date, Time};

use super::CeremonyId;

/// Why a ceremony was not prepared, not approved, or cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CeremonyRefusal {
    /// The plan of a department, or of powers for one, says something wrong.
    #[error("{wrong}")]
    Plan {
        /// Pointer to the plan.
        under: &'static str,
        /// What is wrong, and where in it.
        wrong: DepartmentError,
    },
    /// A slug or credit code that the ledger, or another ceremony, has already.
    #[error("the slug or code {value} is taken: none is ever used again, not even after a withdrawal")]
    Taken {
        /// Pointer to it.
        pointer: String,
        /// The slug or code.
        value: String,
    },
    /// No such department in force.
    #[error("there is no department {name} in force; see `vidimus department list`")]
    NoDepartment {
        /// Pointer to it.
        pointer: String,
        /// As it was named.
        name: String,
    },
    /// A type that the ledger does not have in force, where one is needed.
    #[error("type {slug} is not published; publish it first (`vidimus types publish {slug}`)")]
    NotPublished {
        /// Pointer to it.
        pointer: String,
        /// The type.
        slug: String,
    },
    /// A power whose last day is over already.
    #[error("the last day {until} is over: today is {today}")]
    Over {
        /// Pointer to the day.
        pointer: String,
        /// The day.
        until: Date,
        /// The day of the ceremony.
        today: Date,
    },
    /// A power that the department has already, on some of the days.
    #[error(
        "power {power} allows the same already; withdraw it first (`vidimus power withdraw {power}`), or begin after \
         its last day"
    )]
    HeldAlready {
        /// Pointer to the power.
        pointer: String,
        /// The one that it has.
        power: PowerId,
    },
    /// No such power.
    #[error("there is no power {name} in force; see `vidimus power list`")]
    NoPower {
        /// Pointer to it.
        pointer: String,
        /// As it was named.
        name: String,
    },
    /// A power that was withdrawn before.
    #[error("power {power} was withdrawn on {since}")]
    Withdrawn {
        /// Pointer to it.
        pointer: String,
        /// The power.
        power: PowerId,
        /// When.
        since: Time,
    },
    /// More than one power can be meant.
    #[error("several powers can be meant, {powers}: name one by its id, or its region too")]
    Several {
        /// Pointer to what names them.
        pointer: String,
        /// The powers, each with its region.
        powers: String,
    },
    /// A type that the running service does not know.
    #[error(
        "the running service has no type {0}: check its folder (`vidimus types check DIR`), start the service with \
         --schemas DIR, and publish again"
    )]
    UnknownType(String),
    /// A version that is not the next.
    #[error("version {found} of {slug} cannot be published: the ledger's next is {next}")]
    Version {
        /// The type.
        slug: String,
        /// Asked for.
        found: u16,
        /// What would be next.
        next: u64,
    },
    /// A type asks officers to approve of a department that is not in force.
    #[error(
        "{slug} asks for the approval of {department}, and no department in force has that slug; register it first \
         (`vidimus department add FILE`)"
    )]
    NoApprover {
        /// The type.
        slug: String,
        /// The department's slug.
        department: String,
    },
    /// An officer who cannot be appointed, or cannot go.
    #[error(transparent)]
    Officer(#[from] OfficerRefusal),
    /// A calendar that is none.
    #[error("{0}")]
    Calendar(CalendarError),
    /// Rules that are none.
    #[error("{0}: `vidimus supervision rules` writes a file that can be changed")]
    Supervision(String),
    /// Rules about types or claims that are not there.
    #[error("{}", .0.text(Lang::En))]
    Content(Misplaced),
    /// A purpose that is not rotated this way.
    #[error(
        "the {0} key is not rotated this way: the root's successor is a new trust anchor, registrars are changed by \
         `registrars.changed`, officers (`vidimus officer enrol`) and witnesses bring their own keys"
    )]
    Purpose(KeyPurpose),
    /// The authority has no key of that purpose, or departments have none.
    #[error("{purpose} keys are {whose}: {cure}")]
    Owner {
        /// The purpose.
        purpose: KeyPurpose,
        /// Whose such keys are.
        whose: &'static str,
        /// What to say instead.
        cure: &'static str,
    },
    /// The certificate above has ended, or ends too soon to sign another.
    #[error("the {purpose} certificate ended on {ended}: {cure}")]
    AboveEnded {
        /// Of which purpose.
        purpose: KeyPurpose,
        /// When.
        ended: Time,
        /// What to do.
        cure: &'static str,
    },
    /// A key that is not in force.
    #[error("key {0} is not in force; see `vidimus keys list`")]
    NotInForce(String),
    /// The last key of its owner and purpose.
    #[error("the key {0} is the last of its purpose: introduce its successor first (`vidimus keys rotate`)")]
    Last(KeyId),
    /// An issuing key over which certificates in force still stand.
    #[error("certificates in force still hang on issuing key {key}; rotate and retire these first: {below}")]
    StillAbove {
        /// The issuing key.
        key: KeyId,
        /// What hangs on it.
        below: String,
    },
    /// No older key to retire.
    #[error(
        "there is only one such key in force, and nothing to retire; rotate first (`vidimus keys rotate`)"
    )]
    NothingOlder,
    /// Another ceremony about the same is open.
    #[error("ceremony {0} about the same waits for approvals; approve it, or drop it")]
    Open(CeremonyId),
    /// Approvals for another ceremony.
    #[error("these signatures are for ceremony {0}")]
    OtherCeremony(CeremonyId),
    /// Signed by somebody who is no registrar.
    #[error("the key {0} is no registrar key in force")]
    NotARegistrar(KeyId),
    /// Too few or too many signatures.
    #[error("{found} signatures for {statements} statements: sign the statements of this ceremony again")]
    Count {
        /// Given.
        found: usize,
        /// Needed.
        statements: usize,
    },
    /// A signature that is not over the statement in its place.
    #[error(
        "signature {place} is not that key's over the statement: sign the statements of this ceremony again"
    )]
    BadSignature {
        /// Its place, from 0.
        place: usize,
    },
    /// Its time is over.
    #[error("the approvals of this ceremony do not count after {0}: drop it and prepare it again")]
    Lapsed(Time),
    /// The law refuses the next entry: the ledger went on meanwhile.
    #[error(
        "the ledger went on meanwhile and the law refuses entry {place} of this ceremony ({why}): drop it and prepare it again"
    )]
    Stale {
        /// Its place, from 0.
        place: usize,
        /// The broken rule.
        why: String,
    },
    /// Its entries are in the ledger already, some or all.
    #[error("entries of this ceremony are in the ledger already; it cannot be dropped")]
    Begun,
}

impl CeremonyRefusal {
    /// Pointer to the member at fault, where one is.
    pub fn pointer(&self) -> Option<String> {
        let pointer = match self {
            Self::Taken { pointer, .. }
            | Self::NotPublished { pointer, .. }
            | Self::NoDepartment { pointer, .. }
            | Self::Over { pointer, .. }
            | Self::HeldAlready { pointer, .. }
            | Self::NoPower { pointer, .. }
            | Self::Withdrawn { pointer, .. }
            | Self::Several { pointer, .. } => pointer.as_str(),
            Self::Plan { under, wrong } => return Some(format!("{under}{}", wrong.pointer)),
            Self::Officer(wrong) => wrong.pointer(),
            Self::Calendar(wrong) => {
                let day = wrong.place().map(|place| format!("/exceptions/{place}/date"));
                return Some(format!("/calendar{}", day.unwrap_or_default()));
            }
            Self::Supervision(_) | Self::Content(_) => "/supervision/rules",
            Self::UnknownType(_) | Self::NoApprover { .. } => "/publish_type/type",
            Self::Version { .. } => "/publish_type/version",
            Self::Purpose(_) | Self::Owner { .. } => "/rotate/purpose",
            Self::NotInForce(_) | Self::Last(_) | Self::StillAbove { .. } => "/retire/key",
            Self::NothingOlder => "/retire",
            Self::OtherCeremony(_) => "/ceremony",
            Self::NotARegistrar(_) => "/key",
            Self::Count { .. } => "/signatures",
            Self::BadSignature { place } => return Some(format!("/signatures/{place}")),
            Self::AboveEnded { .. } | Self::Open(_) | Self::Lapsed(_) | Self::Stale { .. } | Self::Begun => {
                return None;
            }
        };
        Some(pointer.to_owned())
    }

    /// Whether it is the ceremony that cannot go on, and not the request that says something wrong.
    pub fn is_closed(&self) -> bool {
        matches!(
            self,
            Self::AboveEnded { .. } | Self::Open(_) | Self::Lapsed(_) | Self::Stale { .. } | Self::Begun
        )
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Plan { wrong, .. } => plan_zh(&wrong.error),
            Self::Taken { value, .. } => format!("{value} 已被使用:标识一经使用,注销后也不再使用"),
            Self::NoDepartment { name, .. } => format!("没有在册部门 {name},请见 `vidimus department list`"),
            Self::NotPublished { slug, .. } => {
                format!("类型 {slug} 尚未发布,请先发布(`vidimus types publish {slug}`)")
            }
            Self::Over { until, today, .. } => format!("截止日期 {until} 已过:今天是 {today}"),
            Self::HeldAlready { power, .. } => format!(
                "已有同样的权力 {power}:请先收回(`vidimus power withdraw {power}`),或从其截止日期之后起授权"
            ),
            Self::NoPower { name, .. } => format!("没有有效的权力 {name},请见 `vidimus power list`"),
            Self::Withdrawn { power, since, .. } => format!("权力 {power} 已于 {since} 收回"),
            Self::Several { powers, .. } => format!("可能指多项权力({powers}):请用编号指明,或同时给出区域"),
            Self::UnknownType(slug) => format!(
                "正在运行的服务没有类型 {slug}:请检查其文件夹(`vidimus types check DIR`),以 --schemas DIR 启动服务,再发布"
            ),
            Self::Officer(wrong) => wrong.zh(),
            Self::Calendar(wrong) => wrong.zh(),
            Self::Content(wrong) => wrong.text(Lang::Zh),
            Self::Supervision(wrong) => {
                format!("监察规则无法读取（{wrong}）：`vidimus supervision rules` 可写出一份供修改")
            }
            Self::NoApprover { slug, department } => format!(
                "{slug} 须由 {department} 批准,却没有短名为 {department} 的在册部门:请先登记该部门(`vidimus department add FILE`)"
            ),
            Self::Version { slug, found, next } => {
                format!("{slug} 不能发布第 {found} 版:账本上的下一版是第 {next} 版")
            }
            Self::Purpose(purpose) => format!(
                "{purpose} 密钥不这样更换:根密钥的继任者是新的信任锚,登记人用 `registrars.changed` 变更,经办人(`vidimus officer enrol`)和见证人自带密钥"
            ),
            Self::Owner { purpose, whose, .. } if *whose == OF_DEPARTMENTS => {
                format!("{purpose} 密钥属于部门:请用 --department 指明部门")
            }
            Self::Owner { purpose, .. } => format!("{purpose} 密钥属于主管机关:请去掉 --department"),
            Self::AboveEnded { purpose, ended, .. } => match purpose {
                KeyPurpose::Root => format!("根证书已于 {ended} 到期:须冻结本账本,由后继账本接续"),
                purpose => format!(
                    "{purpose} 证书已于 {ended} 到期:请先更换它(`vidimus keys rotate --purpose {purpose}`)"
                ),
            },
            Self::NotInForce(key) => format!("密钥 {key} 不在用,请见 `vidimus keys list`"),
            Self::Last(key) => format!("{key} 是该用途的最后一把密钥:请先引入后继(`vidimus keys rotate`)"),
            Self::StillAbove { key, below } => {
                format!("仍有在用证书由签发密钥 {key} 签署,请先更换并停用:{below}")
            }
            Self::NothingOlder => {
                "在用的只有一把,没有可停用的旧密钥;请先更换(`vidimus keys rotate`)".to_owned()
            }
            Self::Open(id) => format!("同一事项的仪式 {id} 正等待批准:请批准它,或放弃它"),
            Self::OtherCeremony(id) => format!("这些签名属于仪式 {id}"),
            Self::NotARegistrar(key) => format!("{key} 不是在用的登记人密钥"),
            Self::Count { found, statements } => {
                format!("签名有 {found} 个,声明有 {statements} 项:请对本仪式的声明重新签名")
            }
            Self::BadSignature { place } => {
                format!("第 {place} 个签名不是该密钥对这项声明的签名:请对本仪式的声明重新签名")
            }
            Self::Lapsed(until) => format!("本仪式的批准在 {until} 之后无效:请放弃它并重新准备"),
            Self::Stale { place, why } => {
                format!("账本其间已有变化,本仪式的第 {place} 条记录不合法({why}):请放弃它并重新准备")
            }
            Self::Begun => "本仪式已有记录入账,不能放弃".to_owned(),
        }
    }
}

/// Whose keys of a purpose are.
pub(super) const OF_DEPARTMENTS: &str = "departments'";
pub(super) const OF_THE_AUTHORITY: &str = "the authority's";

fn plan_zh(error: &PlanError) -> String {
    match error {
        PlanError::Text(whose) => format!("{whose} 的文字缺少一种语言"),
        PlanError::Twice(what) => format!("{what} 重复出现"),
        PlanError::Region { region, outer, .. } => format!("区域 {region} 不在 {outer} 之内"),
        PlanError::Period { licence_type, .. } => format!("签发 {licence_type} 的权力在开始之前就已结束"),
        PlanError::Form(problem) => format!("格式不正确({problem})"),
        PlanError::Quorum { .. } | PlanError::Registrar { .. } => format!("计划有误({error})"),
    }
}
