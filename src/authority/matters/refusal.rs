//! Why an application for a matter, or a step of one of its parts, is refused. Not here: status codes.

use crate::catalogue::Bilingual;
use crate::values::identifiers::{Handle, Slug};

/// Told to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatterRefusal {
    /// Questions that must be answered, and that no licence of the holder answers.
    #[error("still to be answered: {}; what licences prove is filled in, and ?dry_run=true tells the whole form", labels(.0, |label| &label.en, ", "))]
    Unanswered(Vec<(Slug, Bilingual)>),
    /// An answer that a licence contradicts.
    #[error(
        "a valid licence of type {licence_type} of this holder{} says otherwise: leave the answer out, or have that licence corrected or replaced by its issuer first",
        licence.map_or_else(String::new, |licence| format!(" ({licence})"))
    )]
    ProvedOtherwise {
        /// The question.
        question: Slug,
        /// The licence, if the caller issued it.
        licence: Option<Handle>,
        /// Its type.
        licence_type: Slug,
    },
    /// A part that is there already, or on its way as a case.
    #[error("{0} of this matter is on its way or there already: look at the matter")]
    UnderWay(Slug),
    /// A part that was withdrawn, or not taken up.
    #[error("{0} of this matter is over: it was withdrawn or not taken up; apply for it anew")]
    Over(Slug),
    /// Nothing of an application is left that could be withdrawn.
    #[error("nothing of this application waits: what is issued is its department's to act upon")]
    NothingWaits,
    /// A part that comes after another, whose licence is not there yet.
    #[error("{licence_type} comes after {after}, which the holder does not hold yet")]
    NotYet {
        /// The part.
        licence_type: Slug,
        /// What must be there first.
        after: Slug,
    },
    /// A claim that says something else than what was applied for.
    #[error("the application says otherwise: leave it out, and what was applied for is issued")]
    AppliedForOtherwise {
        /// Pointer to it.
        pointer: String,
    },
}

impl MatterRefusal {
    /// What is wrong and what to do, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Unanswered(open) => format!(
                "还需填写:{}。已有证照能证明的内容会自动填写;加 ?dry_run=true 可查看全部问题",
                labels(open, |label| &label.zh, "、"),
            ),
            Self::ProvedOtherwise { licence, licence_type, .. } => format!(
                "该主体持有的有效证照（{licence_type}{}）所载与此不同：请不填此项，或先请其签发部门更正或换发该证照",
                licence.map_or_else(String::new, |licence| format!("，{licence}"))
            ),
            Self::UnderWay(slug) => format!("本事项的 {slug} 已在办理或已有证照,请查看事项进度"),
            Self::Over(slug) => format!("本事项的 {slug} 已撤回或不予办理,请重新申请"),
            Self::NothingWaits => "本申请没有可撤回的项:已签发的证照由其签发部门处理".to_owned(),
            Self::NotYet { licence_type, after } => {
                format!("{licence_type} 以 {after} 为前提,持证主体目前还没有该证照")
            }
            Self::AppliedForOtherwise { .. } => "与申请内容不同:请不填此项,按申请内容签发".to_owned(),
        }
    }

    /// Where the request is wrong, if it is at one place.
    pub fn pointer(&self) -> Option<String> {
        match self {
            Self::Unanswered(open) => open.first().map(|(slug, _)| format!("/answers/{slug}")),
            Self::ProvedOtherwise { question, .. } => Some(format!("/answers/{question}")),
            Self::AppliedForOtherwise { pointer } => Some(pointer.clone()),
            Self::UnderWay(_) | Self::Over(_) | Self::NothingWaits | Self::NotYet { .. } => None,
        }
    }
}

fn labels(open: &[(Slug, Bilingual)], of: fn(&Bilingual) -> &String, between: &str) -> String {
    open.iter().map(|(_, label)| of(label).as_str()).collect::<Vec<_>>().join(between)
}
