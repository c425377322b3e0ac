//! The kinds of problem: slug, status, title, meaning and cure of each, in one table. `schemas/problems.json` says the
//! same to readers, and `/problems/{slug}` to whoever met one. Not here: which refusal is which kind (`problem`).

use axum::http::StatusCode;

/// Writes the table.
macro_rules! kinds {
    ($($kind:ident $status:ident $slug:literal
        $zh:literal $en:literal, $meaning_zh:literal $meaning_en:literal, $cure_zh:literal $cure_en:literal;)+) => {
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

            /// What it means, Chinese and English.
            pub fn meaning(self) -> (&'static str, &'static str) {
                match self { $(Self::$kind => ($meaning_zh, $meaning_en),)+ }
            }

            /// What to do, Chinese and English.
            pub fn cure(self) -> (&'static str, &'static str) {
                match self { $(Self::$kind => ($cure_zh, $cure_en),)+ }
            }
        }
    };
}

kinds! {
    Malformed BAD_REQUEST "malformed"
        "请求内容无法解析" "The request cannot be parsed",
        "请求内容不是 JSON，或同一字段出现两次，或没有传完。"
        "The body or the query is not what it claims to be: not JSON, a member twice, or not all of it arrived.",
        "请按 detail 所指修正后重新发送。"
        "Mend what `detail` names and send it again.";
    Unauthorised UNAUTHORIZED "unauthorised"
        "需要有效的访问令牌" "A valid token is needed",
        "没有令牌，或令牌未知、已过期、已撤销。"
        "There is no token, or it is unknown, expired or revoked.",
        "请在 Authorization: Bearer 标头中给出令牌；需要新令牌时向运维索取。"
        "Send it as Authorization: Bearer; ask the operator for another if need be.";
    NoPower FORBIDDEN "no-power"
        "没有签发权力" "No power to issue this",
        "权力清单今日未授权该部门在该地区签发此类证照。"
        "Today's power list does not let this department issue this type in this region.",
        "请查看 /v1/powers；如有遗漏，请登记人补登权力。"
        "See /v1/powers; if a power is missing there, ask the registrars to enter it.";
    NotYours FORBIDDEN "not-yours"
        "无权对此操作" "This is not yours",
        "该证照或办件属于其他部门，或该接口不供此角色使用。"
        "The licence or the case is another department's, or the route is not for this role.",
        "请使用签发部门的令牌，或请签发部门办理。"
        "Use the issuing department's token, or ask that department to do it.";
    Separation FORBIDDEN "separation"
        "岗位须分离" "Two parts that one person may not take",
        "受审分离、审签分离：同一人不得既受理又审查，也不得既审查又决定或签发。"
        "Who accepts a case does not examine it, and who examines it does not decide or sign.",
        "请由另一位经办人办理这一步。"
        "Let another officer take this step.";
    NotOfficer FORBIDDEN "not-officer"
        "不是有此角色的经办人" "Not an officer with this role",
        "签名的密钥目前不属于该部门有此角色的经办人，或人数与流程不符。"
        "The key is not, today, one of an officer of the department with this role, or there are more or fewer than the process asks for.",
        "请查看经办人的角色与任期；需要时请登记人任命。"
        "Look at the officer's roles and their time; the registrars appoint.";
    WrongCode FORBIDDEN "wrong-code"
        "码或凭据不正确" "The code or receipt is wrong",
        "领取码与领取地址不符（可尝试的次数有限），或评价凭据不是该办件的。"
        "The code does not belong to the address, where tries are few; or the receipt is not that of the case.",
        "请核对；领取的次数用尽后请签发部门重新生成领取码。"
        "Check it; once the tries of a pickup are used up, ask the issuing department for another code.";
    PromiseBarred FORBIDDEN "promise-barred"
        "不适用告知承诺" "No promise from this holder for now",
        "该持证主体此前的承诺经核查不实，三年内不适用告知承诺。"
        "An earlier promise of this holder was checked and found false; for three years he proves instead.",
        "请提交材料申请，不带 promise；detail 写明何时起可以再作承诺。"
        "Apply with proofs, without `promise`; `detail` says from when on he may promise again.";
    NotFound NOT_FOUND "not-found"
        "没有找到" "There is no such thing",
        "此地址没有内容，或所指的证照、报告、文件不存在。"
        "Nothing stands at this address, or there is no such licence, report or file.",
        "请核对地址与编号；接口列表见 /openapi.json。"
        "Check the address and the number; /openapi.json lists what there is.";
    MethodNotAllowed METHOD_NOT_ALLOWED "method-not-allowed"
        "不支持此方法" "The method is not offered here",
        "此地址存在，但不支持所用的 HTTP 方法。"
        "The address exists, but not for this HTTP method.",
        "请使用 Allow 标头所列的方法。"
        "Use a method that the Allow header lists.";
    IdempotencyConflict CONFLICT "idempotency-conflict"
        "幂等键已用于其他内容" "The idempotency key was used with another body",
        "同一幂等键此前随另一内容成功提交过。"
        "The same key was committed before with another body.",
        "重试请发送与原来完全相同的内容；不同的请求请使用新的键。"
        "To retry, send exactly the first body; a different request needs a key of its own.";
    InFlight CONFLICT "in-flight"
        "同一请求正在处理" "The same request is being answered",
        "使用同一幂等键的请求尚未答复。"
        "A request under the same key has not been answered yet.",
        "请按 Retry-After 稍后以同一键重试。"
        "Try again with the same key after Retry-After.";
    IllegalTransition CONFLICT "illegal-transition"
        "当前状态不允许此操作" "The act does not follow from the standing",
        "证照当前的状态不允许这一操作，例如已注销的证照不能暂扣。"
        "The licence's standing does not admit this act: what was cancelled cannot be suspended.",
        "请先查询证照状态，再选择适当的操作。"
        "Look at the licence's standing first, and choose an act that follows from it.";
    ApprovalsMissing CONFLICT "approvals-missing"
        "审批尚未齐备" "Approvals are missing",
        "流程要求的审批还没有全部到齐。"
        "Not everyone has approved whom the process asks.",
        "请查看办件所列的审批人，齐备后再签发。"
        "The case lists who is asked; issue it once they are all there.";
    Outdated CONFLICT "outdated"
        "内容已过时" "This is of before",
        "准备或签名之后办件又有变化，签名已过期限，或证明某项内容的证照已失效。"
        "The case has moved on since this was prepared or signed, its time is over, or a licence that proved something is valid no more.",
        "请重新准备并签名；证照失效的，请按 detail 处理。"
        "Prepare it anew, and sign that; where a licence is valid no more, do as `detail` says.";
    TooManyLetters CONFLICT "too-many-letters"
        "来信已达上限" "No more letters for now",
        "该办件待答复的来信，或来信总数，已达上限。"
        "As many letters about this case wait for an answer, or were written in all, as are taken.",
        "请等待答复；紧急事项请联系查询页所列的责任处室或投诉渠道。"
        "Wait for an answer; what is urgent goes to the office or the complaints line that the page of the case names.";
    CeremonyClosed CONFLICT "ceremony-closed"
        "仪式不能这样继续" "The ceremony cannot go on this way",
        "该仪式已经完成、已过期限，或账本此后有了变化。"
        "The ceremony is done, its time is over, or the ledger has moved on since it began.",
        "请查看仪式的现状；需要时重新发起。"
        "Look at how it stands, and begin another if need be.";
    Contradiction CONFLICT "contradiction"
        "数据打架" "A valid licence says otherwise",
        "数源部门的有效证照所载，与请求所填不同；或同一主体的两份有效证照互相矛盾。"
        "A valid licence of the source department says otherwise of this fact, or two valid licences of one holder contradict each other.",
        "请更正所填内容，或不填而由系统带出；证照有误的，请数源部门更正。"
        "Correct what is claimed, or leave it out and it is filled in; if the licence is wrong, its department corrects it.";
    AlreadyProved CONFLICT "already-proved"
        "已有电子证照可以证明" "A licence proves this already",
        "所要的证明，本机关签发的电子证照已能证明；再要纸质证明，就是让群众多跑一趟。"
        "A licence that this authority's departments issue proves what is demanded; another paper would be one errand too many.",
        "请核验 proved_by 所列的证照类型：由持证人出示凭证、下载文件、二维码，或编号与校验码。"
        "Verify a licence of a type in `proved_by`: the holder shows a credential, a download file, a QR, or number and code.";
    NoStandingProof CONFLICT "no-standing-proof"
        "暂无状态证明" "No proof of standing yet",
        "账本中已锚定的状态尚未覆盖所问的证照或时刻，或该证照的记录多到一份证明容纳不下。"
        "The states that the ledger anchored do not reach the licence or the time asked about yet, or there are more entries about it than a proof holds.",
        "请按 detail 所示，在下一次锚定之后再取，或问更早的时刻；也可以重放账本查看。"
        "Ask again after the next anchor, of which `detail` says when it comes, or for an earlier time; a replay of the ledger tells it too.";
    ProvedOtherwise CONFLICT "proved-otherwise"
        "证照所载与所填不同" "A licence says otherwise",
        "申请事项时所填的内容，与该主体持有的有效证照所载不同；证照已证明的内容不需填写，也不能改写。"
        "An answer says something else than a valid licence of the holder; what a licence proves need not be answered, and cannot be overwritten.",
        "请不填此项；证照有误的，请其签发部门更正或换发。"
        "Leave the answer out; if the licence is wrong, have its issuer correct or replace it.";
    PickupClosed GONE "pickup-closed"
        "领取已关闭" "The pickup is closed",
        "领取次数已用尽，或已超过领取期限。"
        "Its tries or its time are used up.",
        "请向签发部门重新索取。"
        "Ask the issuing department for another.";
    Erased GONE "erased"
        "内容已被删除" "The content was erased",
        "该证照的内容已被依法销毁，账本中的记录与证明仍然有效。"
        "The licence's content was destroyed as the law asks; its entries and proofs still hold.",
        "内容无法恢复；需要时请重新申请。"
        "It cannot be brought back; apply anew if it is needed.";
    TooLarge PAYLOAD_TOO_LARGE "too-large"
        "内容过大" "The content is too large",
        "请求内容超过此接口的上限。"
        "The body is longer than this route takes.",
        "请缩减内容；多份请求请使用批量接口，逐行发送。"
        "Send less; send many requests as lines of a batch.";
    MediaType UNSUPPORTED_MEDIA_TYPE "media-type"
        "不支持的媒体类型" "The media type is not supported",
        "Content-Type 不是此接口接受的类型。"
        "The Content-Type is none that this route takes.",
        "请使用 detail 所列的媒体类型，JSON 内容为 application/json。"
        "Use one that `detail` lists; for JSON it is application/json.";
    UnknownField UNPROCESSABLE_ENTITY "unknown-field"
        "存在未知字段" "A field is not known",
        "请求中有此处不认识的字段或查询参数；为免误解，一律拒绝。"
        "The body or the query has a member that is not known here; it is refused rather than passed over.",
        "请删除或改正 pointer 或 parameter 所指的字段。"
        "Take out or correct what `pointer` or `parameter` names.";
    UnknownType UNPROCESSABLE_ENTITY "unknown-type"
        "没有这种证照类型" "There is no such licence type",
        "目录中没有所指的证照类型，或已停用。"
        "The catalogue has no such type, or it was withdrawn.",
        "请使用 /v1/types 所列的类型。"
        "Use one that /v1/types lists.";
    CaseRequired UNPROCESSABLE_ENTITY "case-required"
        "须经办件签发" "Issued from a case only",
        "该类型设有办理流程，不能直接签发。"
        "The type has a process and is not issued directly.",
        "请提交 POST /v1/cases，并在办件中签发。"
        "File one with POST /v1/cases, and issue it there.";
    ApprovalSignature UNPROCESSABLE_ENTITY "approval-signature"
        "签名不正确" "The signature is not good",
        "签名不是所列经办人对所列内容的签名。"
        "It is not the named officer's signature over what was to be signed.",
        "请对 sign.statement 的原始字节签名，以无填充的 base64url 给出 64 字节。"
        "Sign the very bytes of sign.statement, and send the 64 bytes in unpadded base64url.";
    InvalidClaim UNPROCESSABLE_ENTITY "invalid-claim"
        "内容不符合规定" "A value breaks a rule",
        "某个值缺失、类型不对，或不符合该证照类型的规定。"
        "A value is missing, of the wrong JSON type, or against the licence type's rules.",
        "请按 detail 改正 pointer 或 parameter 所指的值。"
        "Correct what `pointer` or `parameter` names, as `detail` says.";
    Unproved UNPROCESSABLE_ENTITY "unproved"
        "没有数源部门的证照证明" "No licence of the source proves this",
        "一数一源：该项由其他部门采集并负责，须由该部门的有效证照证明。"
        "One source a fact: another department collects this and answers for it, and a valid licence of its own must prove it.",
        "请先向 detail 所列部门申领所列证照，再重新提交。"
        "Apply for the licence that `detail` names with the department that it names, then send this again.";
    Unanswered UNPROCESSABLE_ENTITY "unanswered"
        "还有问题没有填写" "Questions are not answered yet",
        "该事项的必填问题中，有些既没有填写，也没有证照可以证明。"
        "Questions that the matter must have an answer to are neither answered nor proved by a licence of the holder.",
        "请填写 unanswered 所列各项；加 ?dry_run=true 可查看整张表单和已预填的内容。"
        "Answer what `unanswered` lists; with ?dry_run=true the whole form is told, with what is filled in already.";
    CheckDigit UNPROCESSABLE_ENTITY "check-digit"
        "校验位不正确" "A check character is wrong",
        "代码的校验位与其余各位不符，多为抄写有误。"
        "The code's check character does not follow from the others: mostly a slip in copying.",
        "请对照原件重新输入。"
        "Copy it again from the original.";
    Validity UNPROCESSABLE_ENTITY "validity"
        "日期或时间不符合规定" "A date or time breaks a rule",
        "日期不存在、前后颠倒、超出该类型允许的范围，或所问时间晚于现在。"
        "A day does not exist, stands in the wrong order or outside what the type allows, or the time asked about is later than now.",
        "请按 detail 改正日期或时间。"
        "Correct the date or time as `detail` says.";
    UnreadableEvidence UNPROCESSABLE_ENTITY "unreadable-evidence"
        "无法读取所出示的内容" "The evidence cannot be read",
        "所出示的内容不是凭证、下载文件、核验地址，也不是编号加校验码。这不表示证照无效。"
        "It is no credential, download file or verification address, nor a number with its code. That says nothing of the licence.",
        "请持证人出示下载文件、二维码，或编号与校验码。"
        "Ask the holder for the download file, the QR, or number and code.";
    TooMany TOO_MANY_REQUESTS "too-many"
        "请求过于频繁" "Too many requests",
        "该地址在短时间内用尽了额度。"
        "This address has used up what it may use for now.",
        "请在 Retry-After 所示秒数后再试；常用者请申请令牌。"
        "Try again after Retry-After seconds; who asks often should have a token.";
    Internal INTERNAL_SERVER_ERROR "internal"
        "服务内部故障" "A fault of ours",
        "服务自身出现故障，已记录。"
        "Something failed on our side, and is logged.",
        "请稍后再试；询问时请告知事件编号。"
        "Try again later; name the incident if you ask about it.";
    NotReady SERVICE_UNAVAILABLE "not-ready"
        "服务暂不可用" "Not ready",
        "暂时不能新增记录，排队的请求过多，或见证人尚未达到法定人数。"
        "Nothing can be entered for now, too many requests are waiting, or the witnesses were no quorum yet.",
        "请在 Retry-After 所示秒数后再试；运维请看 /readyz。"
        "Try again after Retry-After seconds; operators see /readyz.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The list that readers have is this table.
    #[test]
    fn the_written_list_is_this_one() {
        let told = |(zh, en): (&str, &str)| json!({"zh": zh, "en": en});
        let listed: Vec<Value> = Kind::ALL
            .iter()
            .map(|kind| {
                json!({
                    "slug": kind.slug(), "status": kind.status().as_u16(), "title": told(kind.titles()),
                    "meaning": told(kind.meaning()), "cure": told(kind.cure()),
                })
            })
            .collect();
        let written: Value = serde_json::from_str(include_str!("../../schemas/problems.json")).unwrap();
        assert_eq!(written, json!({"problems": listed}), "{:#}", json!({"problems": listed}));
    }

    #[test]
    fn every_kind_says_what_it_means_and_what_to_do() {
        for kind in Kind::ALL {
            for (zh, en) in [kind.meaning(), kind.cure()] {
                assert!(zh.ends_with('。') && en.ends_with('.') && en.is_ascii(), "{kind:?}");
            }
            let (zh, en) = kind.titles();
            assert!(!zh.ends_with('。') && !en.ends_with('.'), "{kind:?}");
        }
    }
}
