//! Why a licence is not issued for want of a proof, or against one, with its cure. What another's licence says is never
//! in the words. Not here: status codes.

use crate::catalogue::Bilingual;
use crate::values::identifiers::{Handle, Slug};

/// What is said of a fact that is not proved, or is contradicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AboutFact {
    /// Its short name.
    pub fact: Slug,
    /// Its name.
    pub name: Bilingual,
    /// The source's short name.
    pub source: Slug,
    /// The source's name in this authority, where it is registered under its short name.
    pub source_name: Option<Bilingual>,
    /// The types that prove it.
    pub by: Vec<(Slug, Bilingual)>,
    /// Where it is used: `/holders/0/name`, `/claims/<name>`.
    pub place: String,
    /// Where the request is wrong.
    pub pointer: String,
}

/// Told to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactRefusal {
    /// No valid licence of the source proves what is claimed.
    #[error(
        "{} is proved by no valid licence of its source: the department {} issues one of type {}, which the holder applies \
         for first; then send this again",
        .0.name.en, .0.source_en(), .0.types()
    )]
    Unproved(Box<AboutFact>),
    /// The request does not say about whom.
    #[error("{} is told about nobody: give the code here by which its licence is found", .0.name.en)]
    Whose(Box<AboutFact>),
    /// The licence that is named does not prove it.
    #[error(
        "the licence named here does not prove {}: it is not here, not valid today, not of the department {}, or not of \
         this holder; name another, or leave it out and it is looked for",
        .0.name.en, .0.source_en()
    )]
    NotProof(Box<AboutFact>),
    /// A valid licence of the source says otherwise.
    #[error(
        "a valid licence of type {} says otherwise of {}{}: correct what is claimed, leave it out and it is filled in, or \
         let the department {} correct its licence",
        .about.types(), .about.name.en, handle_en(*.licence), .about.source_en()
    )]
    Contradiction {
        /// About what.
        about: Box<AboutFact>,
        /// The licence that says otherwise, if the caller issued it.
        licence: Option<Handle>,
    },
    /// What proved it is valid no more.
    #[error(
        "licence {licence}, which proved {}, is valid no more and no other says the same: once the department {} has issued \
         or reinstated one, supply the application again and decide it anew",
        .about.name.en, .about.source_en()
    )]
    Gone {
        /// About what.
        about: Box<AboutFact>,
        /// The licence.
        licence: Handle,
    },
}

impl AboutFact {
    fn source_en(&self) -> &str {
        self.source_name.as_ref().map_or(self.source.as_str(), |name| &name.en)
    }

    fn source_zh(&self) -> &str {
        self.source_name.as_ref().map_or(self.source.as_str(), |name| &name.zh)
    }

    fn types(&self) -> String {
        self.by.iter().map(|(slug, _)| slug.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn types_zh(&self) -> String {
        self.by.iter().map(|(_, name)| name.zh.as_str()).collect::<Vec<_>>().join("、")
    }
}

impl FactRefusal {
    /// What it is about: whoever asks for another may have it said where that one asked.
    pub(in crate::authority) fn about_mut(&mut self) -> &mut AboutFact {
        match self {
            Self::Unproved(about) | Self::Whose(about) | Self::NotProof(about) => about,
            Self::Contradiction { about, .. } | Self::Gone { about, .. } => about,
        }
    }

    /// What is wrong and what to do, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Unproved(about) => format!(
                "“{}”没有数源部门的有效证照证明：请先向{}申领{}，再重新提交",
                about.name.zh,
                about.source_zh(),
                about.types_zh()
            ),
            Self::Whose(about) => format!("“{}”未说明属于谁：请在此填写可以查到其证照的代码", about.name.zh),
            Self::NotProof(about) => format!(
                "此处所列证照不能证明“{}”：不存在、今日无效、不是{}签发，或不属于该持证主体；请改列其他证照，或不填而由系统查找",
                about.name.zh,
                about.source_zh()
            ),
            Self::Contradiction { about, licence } => format!(
                "数据打架：有效的{}所载“{}”与此不同{}；请更正所填内容，或不填而由系统带出，或请{}更正其证照",
                about.types_zh(),
                about.name.zh,
                licence.map_or_else(String::new, |licence| format!("（证照 {licence}）")),
                about.source_zh()
            ),
            Self::Gone { about, licence } => format!(
                "证明“{}”的证照 {licence} 已失效，也没有其他证照作同样证明：请待{}签发或恢复后，补正申请并重新决定",
                about.name.zh,
                about.source_zh()
            ),
        }
    }

    /// Where the request is wrong, if it is at one place of it.
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::Unproved(about) | Self::Whose(about) | Self::NotProof(about) => Some(&about.pointer),
            Self::Contradiction { about, .. } => Some(&about.pointer),
            Self::Gone { .. } => None,
        }
    }
}

fn handle_en(licence: Option<Handle>) -> String {
    licence.map_or_else(String::new, |licence| format!(" (licence {licence})"))
}
