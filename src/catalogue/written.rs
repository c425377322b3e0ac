//! Values that are written as texts, each with how it has to be written: whoever gets it wrong is told in his language.
//! Not here: what is wrong with a text, which the value's own error says, in English.

use std::str::FromStr;

use super::refusal::ClaimRule;
use crate::crypto::{Digest, KeyId};
use crate::values::identifiers::{CreditCode, Handle, LicenceNumber, Region, Slug};
use crate::values::time::Time;

/// A value that is parsed from a text.
pub trait Written: FromStr<Err: ToString> {
    /// How it is written, in Chinese: 应为….
    const ZH: &'static str;
}

impl ClaimRule {
    /// A text that is not such a value, and what its parser says of it.
    pub fn written<T: Written>(problem: &T::Err) -> Self {
        Self::Form(T::ZH, problem.to_string())
    }
}

/// Writes the table.
macro_rules! written {
    ($($value:ty: $zh:literal;)+) => { $(impl Written for $value { const ZH: &'static str = $zh; })+ };
}

written! {
    CreditCode: "统一社会信用代码：18 位，末位为校验位";
    Digest: "64 位小写十六进制数";
    Handle: "句柄：小写、带连字符的 UUID（第 7 版），共 36 个字符";
    KeyId: "32 位小写十六进制数";
    LicenceNumber: "编号：1 至 64 个可见字符，首尾不是空格";
    Region: "6 位行政区划代码";
    Slug: "短名：1 至 64 个小写字母、数字或连字符";
    Time: "形如 YYYY-MM-DDTHH:MM:SS.mmmZ 的有效时刻";
    u64: "不小于 0 的整数";
}
