//! Why an issue request was refused: where (a JSON pointer, RFC 6901), which rule, and the values in question, with
//! one sentence in each language. Not the HTTP problem (RFC 9457): `http` makes that from this.

use std::fmt;

use serde_json::Value;

use crate::values::identifiers::HolderCodeError;
use crate::values::time::{Date, TimeError};

/// One thing wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {kind}")]
pub struct RequestError {
    /// JSON pointer to the member at fault, in the request as it was sent; for a missing member, where it would be.
    pub pointer: String,
    /// What is wrong there.
    pub kind: RequestErrorKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestErrorKind {
    /// A member that nothing here knows.
    #[error("this member is not known here")]
    UnknownField,
    /// A licence type that is not in the catalogue, or not the one asked.
    #[error("there is no licence type {found:?} here")]
    UnknownType {
        /// What was asked for, cut after 64 characters.
        found: String,
    },
    /// Another JSON type than the one expected.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What should stand there.
        expected: JsonKind,
        /// What stands there.
        found: JsonKind,
    },
    /// A required member that is not there.
    #[error("this member is required")]
    Missing,
    /// A code whose last character does not follow from the others.
    #[error("the check character of {code} should be {expected}, found {found}")]
    CheckDigit {
        /// The code; of a person's all but the ends is hidden.
        code: String,
        /// What the other characters ask for.
        expected: char,
        /// What stands there.
        found: char,
    },
    /// A value of the right JSON type that breaks a rule.
    #[error("{0}")]
    InvalidClaim(ClaimRule),
    /// Days that are none, in the wrong order, or outside what the type allows.
    #[error("{0}")]
    Validity(ValidityRule),
}

/// The rules a value can break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRule {
    /// The empty string, or nothing but white space.
    #[error("the text is empty: fill it in, or leave the member out where it is optional")]
    Empty,
    /// A text that is too long.
    #[error("at most {limit} characters are allowed")]
    TooLong {
        /// Characters allowed.
        limit: u64,
    },
    /// A control character, or a white space where none may stand.
    #[error("a control character stands in the text")]
    ControlCharacter,
    /// Not a calendar day `YYYY-MM-DD` that exists.
    #[error("not a calendar day of the form YYYY-MM-DD")]
    Date,
    /// None of the values the type lists.
    #[error("must be one of {}", options.join(", "))]
    OneOf {
        /// The values allowed.
        options: Vec<String>,
    },
    /// Too few or too many in a list.
    #[error("between {min} and {max} are allowed, found {found}")]
    Count {
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
        /// Found.
        found: usize,
    },
    /// Too few rows in a claim.
    #[error("at least {limit} are needed: leave the claim out where there are none")]
    TooFew {
        /// Fewest.
        limit: u64,
    },
    /// Too many rows in a claim.
    #[error("at most {limit} are allowed")]
    TooMany {
        /// Most.
        limit: u64,
    },
    /// A row that stands twice.
    #[error("something stands twice in this list")]
    Repeated,
    /// A claim that may not be there beside the others.
    #[error("this claim does not go with what the others say: leave it out")]
    OutOfPlace,
    /// Not of the form that the schema describes.
    #[error("must be {en}")]
    Described {
        /// The form, in Chinese.
        zh: String,
        /// The form, in English.
        en: String,
    },
    /// A row about a holder who is not there.
    #[error("there is no holder {found}: the holders are counted from 1 to {holders}")]
    NoSuchHolder {
        /// What the row says.
        found: u64,
        /// How many holders there are.
        holders: usize,
    },
    /// A holder without a row.
    #[error("holder {0} has no row: each holder needs one")]
    NoRow(usize),
    /// Two rows about one holder.
    #[error("holder {0} already has a row")]
    HolderTwice(u64),
    /// Too few or too many holders of a role.
    #[error("between {min} and {max} holders have the role {role}, found {found}")]
    Role {
        /// Which.
        role: String,
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
        /// Found.
        found: usize,
    },
    /// A holder's code that is malformed, before any check character.
    #[error("{0}")]
    Code(HolderCodeError),
    /// A text that does not parse: how it is written, in Chinese, and what is wrong with it, in English.
    #[error("{1}")]
    Form(&'static str, String),
    /// The same holder twice.
    #[error("this holder is already named")]
    Twice,
    /// Both `holder` and `holders`.
    #[error("give either `holder` or `holders`")]
    HolderAndHolders,
    /// A role where the type names none.
    #[error("this licence type has no roles")]
    NoRoles,
    /// Any other keyword of the claims schema.
    #[error("the claims schema refuses it ({keyword})")]
    Schema {
        /// The JSON Schema keyword.
        keyword: String,
    },
}

/// The rules of validity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidityRule {
    /// Not a calendar day.
    #[error("not a calendar day of the form YYYY-MM-DD: {0}")]
    NoSuchDay(TimeError),
    /// The end lies before the beginning.
    #[error("it ends on {until}, before it begins on {from}")]
    Order {
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// No end, where the type asks for one.
    #[error("this licence type needs a last day")]
    OpenEnded,
    /// It begins before today.
    #[error("this licence type may not begin before today, {today}")]
    BeginsInPast {
        /// The day of the request.
        today: Date,
    },
    /// It begins too far ahead.
    #[error("this licence type may begin at most {days} days after today, {today}")]
    BeginsTooLate {
        /// Days allowed.
        days: u32,
        /// The day of the request.
        today: Date,
    },
    /// It would be over before it is issued.
    #[error("this licence type may not end before today, {today}")]
    EndsInPast {
        /// The day of the request.
        today: Date,
    },
    /// It lasts too long.
    #[error("this licence type lasts at most {limit} days, found {found}")]
    TooLong {
        /// Days allowed, first and last included.
        limit: u32,
        /// Days asked for.
        found: i64,
    },
    /// A day of the past that has not come yet.
    #[error("this happened before it is recorded, so not after today, {today}")]
    NotYet {
        /// The day of the request.
        today: Date,
    },
    /// Recorded, though it was granted when the department could have issued it here.
    #[error(
        "only what was granted until {joined}, when the department entered the ledger, is recorded; issue it instead"
    )]
    GrantedLater {
        /// The day on which the department was registered.
        joined: Date,
    },
    /// A standing that would be older than the licence.
    #[error("the standing cannot begin before the licence was issued on {issued_on}")]
    BeforeIssue {
        /// When it was issued.
        issued_on: Date,
    },
}

impl RequestError {
    /// An error at a pointer.
    pub fn at(pointer: impl Into<String>, kind: RequestErrorKind) -> Self {
        Self { pointer: pointer.into(), kind }
    }

    /// A broken rule at a pointer.
    pub fn rule(pointer: impl Into<String>, rule: ClaimRule) -> Self {
        Self::at(pointer, RequestErrorKind::InvalidClaim(rule))
    }
}

/// Appends one member name to a JSON pointer, escaped (RFC 6901, section 3).
pub(super) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The six kinds of JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of RFC 8259")]
pub enum JsonKind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl JsonKind {
    /// The kind of a value.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    fn zh(self) -> &'static str {
        match self {
            Self::Null => "空值(null)",
            Self::Boolean => "布尔值",
            Self::Number => "数字",
            Self::String => "字符串",
            Self::Array => "数组",
            Self::Object => "对象",
        }
    }
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

impl RequestErrorKind {
    /// The sentence in Chinese; [`fmt::Display`] is the English one.
    pub fn zh(&self) -> String {
        match self {
            Self::UnknownField => "此处没有这个字段".to_owned(),
            Self::UnknownType { found } => format!("目录中没有证照类型“{found}”"),
            Self::WrongType { expected, found } => format!("应为{},实为{}", expected.zh(), found.zh()),
            Self::Missing => "缺少必填字段".to_owned(),
            Self::CheckDigit { code, expected, found } => {
                format!("代码 {code} 的校验位应为 {expected},实为 {found}")
            }
            Self::InvalidClaim(rule) => rule.zh(),
            Self::Validity(rule) => rule.zh(),
        }
    }
}

impl ClaimRule {
    /// Not of a form that is told in both languages: 应为…, must be ….
    pub fn described(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Described { zh: zh.into(), en: en.into() }
    }

    fn zh(&self) -> String {
        match self {
            Self::Empty => "内容为空;请填写，可不填的字段也可省略".to_owned(),
            Self::TooLong { limit } => format!("最多 {limit} 个字符"),
            Self::ControlCharacter => "文字中含有控制字符".to_owned(),
            Self::Date => "不是形如 YYYY-MM-DD 的有效日期".to_owned(),
            Self::OneOf { options } => format!("只能是:{}", options.join("、")),
            Self::Count { min, max, found } => format!("应有 {min} 至 {max} 个,实有 {found} 个"),
            Self::TooFew { limit } => format!("至少要有 {limit} 个;没有时请省略该信息项"),
            Self::TooMany { limit } => format!("最多 {limit} 个"),
            Self::Repeated => "列表中有重复的内容".to_owned(),
            Self::OutOfPlace => "与其他信息项不符,请省略该信息项".to_owned(),
            Self::Described { zh, .. } => format!("应为{zh}"),
            Self::NoSuchHolder { found, holders } => {
                format!("没有第 {found} 个持证主体;持证主体从 1 数到 {holders}")
            }
            Self::NoRow(holder) => format!("第 {holder} 个持证主体没有对应的一行,每个持证主体都应有一行"),
            Self::HolderTwice(holder) => format!("第 {holder} 个持证主体已经有一行"),
            Self::Role { role, min, max, found } => {
                format!("角色 {role} 的持证主体应有 {min} 至 {max} 个,实有 {found} 个")
            }
            Self::Code(problem) => problem.zh(),
            Self::Form(zh, _) => format!("应为{zh}"),
            Self::Twice => "该持证主体已经列出".to_owned(),
            Self::HolderAndHolders => "holder 与 holders 只能给出一个".to_owned(),
            Self::NoRoles => "该证照类型不区分角色".to_owned(),
            Self::Schema { keyword } => format!("不符合该证照类型的信息项规定({keyword})"),
        }
    }
}

impl ValidityRule {
    fn zh(&self) -> String {
        match self {
            Self::NoSuchDay(problem) => format!("不是形如 YYYY-MM-DD 的有效日期({})", problem.zh()),
            Self::Order { from, until } => format!("截止日期 {until} 早于起始日期 {from}"),
            Self::OpenEnded => "该证照类型必须有截止日期".to_owned(),
            Self::BeginsInPast { today } => format!("起始日期不得早于今日({today})"),
            Self::BeginsTooLate { days, today } => format!("起始日期最多晚于今日({today}){days} 天"),
            Self::EndsInPast { today } => format!("截止日期不得早于今日({today})"),
            Self::NotYet { today } => format!("补录的是已经发生的事，不得晚于今日（{today}）"),
            Self::GrantedLater { joined } => {
                format!("只有本部门进入账本之日（{joined}）及以前颁发的证照才可补录；此后的请直接签发")
            }
            Self::BeforeIssue { issued_on } => format!("状态起始日期不得早于发证日期（{issued_on}）"),
            Self::TooLong { limit, found } => format!("有效期最长 {limit} 天,所请求为 {found} 天"),
        }
    }
}

#[cfg(test)]
mod tests;
