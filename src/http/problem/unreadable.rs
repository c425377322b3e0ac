//! What could not be read at all, as a problem: JSON, a time that nobody can know of yet, evidence. Not here: what was read
//! and is not allowed, which is a refusal.

use super::{Problem, capital};
use crate::http::kind::Kind;
use crate::values::canonical::JsonError;
use crate::verification::{AskError, Unreadable};

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Self {
        let en = format!("{}.", capital(&error.to_string()));
        let zh = match &error {
            JsonError::Duplicate(name) => format!("字段“{name}”重复出现。"),
            JsonError::ByteOrderMark => "内容以字节顺序标记(BOM)开头，请去掉。".to_owned(),
            JsonError::Depth { limit } => format!("嵌套超过 {limit} 层。"),
            JsonError::Syntax(_) => format!("不是有效的 JSON({error})。"),
            JsonError::Null(_)
            | JsonError::Number { .. }
            | JsonError::Name(_)
            | JsonError::NotCanonical(_) => {
                format!("不是所要求的 JSON({error})。")
            }
        };
        Self::new(Kind::Malformed, zh, en)
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::InFuture { at, now } => Self::new(
                Kind::Validity,
                format!("所问时间 {at} 晚于现在({now})，无人能知。"),
                format!("The time asked, {at}, is later than now ({now})."),
            )
            .at("/at"),
        }
    }
}

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        let en = format!("{}.", capital(&error.to_string()));
        let (kind, zh) = match &error {
            Unreadable::Empty => (Kind::UnreadableEvidence, "没有内容。".to_owned()),
            Unreadable::TooLong { found } => (Kind::TooLarge, format!("内容过长({found} 字节)。")),
            Unreadable::Pdf => (
                Kind::UnreadableEvidence,
                "这是 PDF，暂不能直接核验；请使用随附的下载文件或二维码。".to_owned(),
            ),
            Unreadable::OfflineQr => {
                (Kind::UnreadableEvidence, "这是离线核验二维码，暂不能读取；请使用下载文件。".to_owned())
            }
            Unreadable::OtherAddress => {
                (Kind::UnreadableEvidence, "这是网址，但不是本系统的核验地址。".to_owned())
            }
            Unreadable::Address(part) => {
                (Kind::UnreadableEvidence, format!("核验地址的 {part} 部分已损坏。"))
            }
            Unreadable::LicenceNumber(_) => (Kind::UnreadableEvidence, "证照编号格式不正确。".to_owned()),
            Unreadable::VerificationCode(_) => {
                (Kind::CheckDigit, "校验码有误，请对照原件重新输入。".to_owned())
            }
            Unreadable::Json(_) | Unreadable::OtherJson => {
                (Kind::UnreadableEvidence, "这是 JSON，但不是证照下载文件。".to_owned())
            }
            Unreadable::Unknown => {
                (Kind::UnreadableEvidence, "既不是凭证、下载文件或核验地址，也不是编号加校验码。".to_owned())
            }
        };
        Self::new(kind, zh, en).at("/evidence")
    }
}
