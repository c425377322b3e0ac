//! Why a step of a case is refused, with its cure. Most of it is the law's word (`foresight`). Not here: status codes.

use std::borrow::Cow;

use crate::values::time::Date;

/// Told to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseRefusal {
    /// The type is issued from a case.
    #[error("this type is issued from a case: file one with POST /v1/cases, and issue it there")]
    NeedsCase {
        /// Pointer to the type, or to the case that is named.
        pointer: String,
    },
    /// A type with a process cannot be recorded: its record would take the officers' approvals.
    #[error("a licence of a type with a process is not recorded, only issued from a case")]
    NotRecorded {
        /// Pointer to what says that it is.
        pointer: String,
    },
    /// The type is issued without a case, or nothing can be promised for it.
    #[error("{0}")]
    NoProcess(String),
    /// The step does not follow from where the case stands.
    #[error("{0}")]
    Step(String),
    /// One person in two parts of a case that are kept apart.
    #[error("{0}")]
    Separation(String),
    /// Whoever signs has not this role in this department now.
    #[error("{0}")]
    NotOfficer(String),
    /// A red card keeps the officer from signing.
    #[error("{0}: a supervisor of another department releases it (`vidimus card list --open`)")]
    Stopped(String),
    /// What is done about a card does not follow from where it stands.
    #[error("{0}")]
    Card(String),
    /// The signature is not this officer's over what is to be signed.
    #[error("the signature is not this officer's over the statement")]
    BadApproval {
        /// Pointer to it.
        pointer: String,
    },
    /// The secret is not the one with which this case is rated.
    #[error("this is not the receipt with which this case is rated")]
    BadReceipt,
    /// Not all approve yet that the process asks for.
    #[error("{0}")]
    ApprovalsMissing(String),
    /// 异议: there is no such licence.
    #[error("there is no such licence here: correct the handle")]
    NoLicence,
    /// 异议: the licence has ended or was replaced.
    #[error("{0}; object to the licence that took its place")]
    NothingLeft(String),
    /// 异议: upheld, while nothing was done about the licence.
    #[error("{0}; replace the licence or act on it first, or dismiss the objection")]
    NothingDone(String),
    /// What was prepared or signed is of before: the case has moved on.
    #[error("{0}")]
    Outdated(String),
    /// An earlier promise of the holder's was found false.
    #[error(
        "a promise of this holder was found false on {found}: he may promise again from {again} on, and applies with proofs, \
         without `promise`, until then"
    )]
    PromiseBarred {
        /// Pointer to the promise, or to the holders that were exchanged.
        pointer: String,
        /// When it was found.
        found: Date,
        /// The day from which he may promise again.
        again: Date,
    },
    /// The applicant has written as many letters as are taken.
    #[error(
        "{waiting} letters about this case wait for an answer, of {all} in all; at most 3 wait at once, and 32 are taken"
    )]
    TooManyLetters {
        /// Those that wait for an answer.
        waiting: usize,
        /// All of them.
        all: usize,
    },
    /// No letter about this case has this number.
    #[error("there is no letter {0} about this case")]
    NoLetter(u32),
    /// It was answered before.
    #[error("letter {0} was answered before")]
    LetterAnswered(u32),
}

impl CaseRefusal {
    /// What is wrong and what to do, in Chinese.
    pub fn zh(&self) -> Cow<'static, str> {
        let told = match self {
            Self::NeedsCase { .. } => "该类型须经办件签发：请先提交 POST /v1/cases，并在办件中签发",
            Self::NotRecorded { .. } => "设有办理流程的类型只能经办件签发，目前不能补录",
            Self::NoProcess(_) => "该类型直接签发，不设办件，或不适用告知承诺",
            Self::Step(_) => "办件目前所处环节不允许此步骤，请先查看办件",
            Self::Separation(_) => "受审分离、审签分离：受理人不得审查，审查人不得决定或签发，请换一位经办人",
            Self::NotOfficer(_) => "该密钥目前不是有此角色的经办人，或签名人数不符，请查看经办人名册",
            Self::Stopped(_) => {
                "该经办人因红牌暂停签批，须由其他部门的监督人员解除（vidimus card list --open）后方可决定或批准"
            }
            Self::Card(_) => "该牌目前的状态不允许此步骤，请先查看该牌",
            Self::BadApproval { .. } => "签名不是该经办人对所列内容的签名，请重新签名",
            Self::BadReceipt => "评价凭据不是该办件的凭据",
            Self::ApprovalsMissing(_) => "尚缺流程要求的审批，请查看办件所列的审批人",
            Self::NoLicence => "没有这份证照，请核对证照句柄",
            Self::NothingLeft(_) => "该证照已经终止或被替换，无可更正；请对替换后的证照提出异议",
            Self::NothingDone(_) => {
                "异议提出后，该证照尚未被替换或处置：请先更正（替换）或处置证照，或作出异议不成立的决定"
            }
            Self::Outdated(_) => "办件已有变化，先前准备或签名的内容不再有效，请重新准备",
            Self::TooManyLetters { waiting, all } => {
                return format!(
                    "该办件来信共 {all} 封，其中 {waiting} 封待答复；待答复的至多 3 封，总数至多 32 封"
                )
                .into();
            }
            Self::PromiseBarred { found, again, .. } => {
                return format!(
                    "该持证主体的承诺于 {found} 经核查不实，自 {again} 起方可再用告知承诺；此前请提交材料办理（不带 promise）"
                )
                .into();
            }
            Self::NoLetter(number) => return format!("该办件没有第 {number} 封来信").into(),
            Self::LetterAnswered(number) => return format!("第 {number} 封来信此前已答复").into(),
        };
        told.into()
    }

    /// Where the request is wrong, if it is at one place.
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::NeedsCase { pointer }
            | Self::NotRecorded { pointer }
            | Self::BadApproval { pointer }
            | Self::PromiseBarred { pointer, .. } => Some(pointer),
            Self::BadReceipt => Some("/receipt"),
            Self::NoLetter(_) | Self::LetterAnswered(_) | Self::TooManyLetters { .. } => Some("/letter"),
            Self::NoLicence | Self::NothingLeft(_) => Some("/corrects"),
            Self::NothingDone(_) => Some("/outcome"),
            _ => None,
        }
    }
}
