//! Pointers, and sentences in both languages.

use super::*;
use crate::values::identifiers::{CodeType, HolderCode};

#[test]
fn pointers_are_escaped() {
    assert_eq!(below("/claims", "a/b~c"), "/claims/a~1b~0c");
    assert_eq!(below("", ""), "/");
}

#[test]
fn both_languages_carry_the_values() {
    let kind = RequestErrorKind::CheckDigit { code: "91350100M000100Y44".into(), expected: '3', found: '4' };
    let error = RequestError::at("/holders/0/code", kind);
    assert_eq!(
        error.to_string(),
        "/holders/0/code: the check character of 91350100M000100Y44 should be 3, found 4"
    );
    assert_eq!(error.kind.zh(), "代码 91350100M000100Y44 的校验位应为 3,实为 4");
}

#[test]
fn a_bad_code_or_day_is_told_in_chinese_alone() {
    let codes = [
        (CodeType::ResidentNumber, "11010119900100001X"),
        (CodeType::ResidentNumber, "1101011990"),
        (CodeType::ResidentNumber, "01010119900101001X"),
        (CodeType::CreditCode, "91"),
        (CodeType::CreditCode, "91430700MA4PBKBQ4-"),
        (CodeType::ALL[5], ""),
        (CodeType::ALL[5], "一"),
    ];
    let of_codes = codes.map(|(code_type, code)| {
        RequestErrorKind::InvalidClaim(ClaimRule::Code(HolderCode::parse(code_type, code).unwrap_err()))
    });
    let of_days = ["1990-01-00", "2026-13-01"]
        .map(|day| RequestErrorKind::Validity(ValidityRule::NoSuchDay(day.parse::<Date>().unwrap_err())));
    for kind in of_codes.into_iter().chain(of_days) {
        let told = kind.zh().replace("YYYY-MM-DD", "");
        assert!(!told.contains(|character: char| character.is_ascii_alphabetic()), "{told}");
    }
}
