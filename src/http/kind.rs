//! The kinds of problem: slug, status and title of each, in one table. `schemas/problems.json` says the same to
//! readers. Not here: which refusal is which kind (`problem`).

use axum::http::StatusCode;

/// Writes the table.
macro_rules! kinds {
    ($($kind:ident $status:ident $slug:literal $zh:literal $en:literal;)+) => {
        /// A kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each has its title in two languages")]
        pub enum Kind { $($kind,)+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// The last part of `type`.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug,)+ }
            }

            /// The status it is answered with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)+ }
            }

            /// The title, Chinese and English.
            pub fn titles(self) -> (&'static str, &'static str) {
                match self { $(Self::$kind => ($zh, $en),)+ }
            }
        }
    };
}

kinds! {
    Malformed BAD_REQUEST "malformed" "请求内容无法解析" "The request cannot be parsed";
    Unauthorised UNAUTHORIZED "unauthorised" "需要有效的访问令牌" "A valid token is needed";
    NoPower FORBIDDEN "no-power" "没有签发权力" "No power to issue this";
    NotYours FORBIDDEN "not-yours" "无权对此操作" "This is not yours";
    WrongCode FORBIDDEN "wrong-code" "领取码不正确" "The pickup code is wrong";
    NotFound NOT_FOUND "not-found" "没有找到" "There is no such thing";
    MethodNotAllowed METHOD_NOT_ALLOWED "method-not-allowed" "不支持此方法" "The method is not offered here";
    IdempotencyConflict CONFLICT "idempotency-conflict" "幂等键已用于其他内容" "The idempotency key was used with another body";
    InFlight CONFLICT "in-flight" "同一请求正在处理" "The same request is being answered";
    IllegalTransition CONFLICT "illegal-transition" "当前状态不允许此操作" "The act does not follow from the standing";
    CeremonyClosed CONFLICT "ceremony-closed" "仪式不能这样继续" "The ceremony cannot go on this way";
    PickupClosed GONE "pickup-closed" "领取已关闭" "The pickup is closed";
    Erased GONE "erased" "内容已被删除" "The content was erased";
    TooLarge PAYLOAD_TOO_LARGE "too-large" "内容过大" "The content is too large";
    MediaType UNSUPPORTED_MEDIA_TYPE "media-type" "不支持的媒体类型" "The media type is not supported";
    UnknownField UNPROCESSABLE_ENTITY "unknown-field" "存在未知字段" "A field is not known";
    UnknownType UNPROCESSABLE_ENTITY "unknown-type" "没有这种证照类型" "There is no such licence type";
    InvalidClaim UNPROCESSABLE_ENTITY "invalid-claim" "内容不符合规定" "A value breaks a rule";
    CheckDigit UNPROCESSABLE_ENTITY "check-digit" "校验位不正确" "A check character is wrong";
    Validity UNPROCESSABLE_ENTITY "validity" "日期或时间不符合规定" "A date or time breaks a rule";
    UnreadableEvidence UNPROCESSABLE_ENTITY "unreadable-evidence" "无法读取所出示的内容" "The evidence cannot be read";
    TooMany TOO_MANY_REQUESTS "too-many" "请求过于频繁" "Too many requests";
    Internal INTERNAL_SERVER_ERROR "internal" "服务内部故障" "A fault of ours";
    NotReady SERVICE_UNAVAILABLE "not-ready" "服务暂不可用" "Not ready";
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The list that readers have is this table.
    #[test]
    fn the_written_list_is_this_one() {
        let listed: Vec<Value> = Kind::ALL
            .iter()
            .map(|kind| {
                let (zh, en) = kind.titles();
                json!({"slug": kind.slug(), "status": kind.status().as_u16(), "title": {"zh": zh, "en": en}})
            })
            .collect();
        let written: Value = serde_json::from_str(include_str!("../../schemas/problems.json")).unwrap();
        assert_eq!(written, json!({"problems": listed}), "{:#}", json!({"problems": listed}));
    }
}
