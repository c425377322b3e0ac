//! A licence number and its verification code in one line, as a clerk types them into one field: `number code`. The code
//! is the last word, or the last two where it is typed in two halves.

use super::evidence::Unreadable;
use crate::values::identifiers::{LicenceNumber, VerificationCode};

/// Characters of a code without its hyphen.
const CODE: usize = 8;

/// Number and code; `None` if the text has not that form at all.
pub(super) fn read(text: &str) -> Option<Result<(LicenceNumber, VerificationCode), Unreadable>> {
    let (rest, last) = text.rsplit_once(char::is_whitespace)?;
    let (number, code) = if looks_like_a_code(last) {
        (rest, last.to_owned())
    } else {
        let (number, first) = rest.trim_end().rsplit_once(char::is_whitespace)?;
        let both = format!("{first}{last}");
        if !looks_like_a_code(&both) {
            return None;
        }
        (number, both)
    };
    Some(parse(number.trim(), &code))
}

fn looks_like_a_code(word: &str) -> bool {
    let bare = word.chars().filter(|character| *character != '-');
    bare.clone().count() == CODE && bare.clone().all(|character| character.is_ascii_alphanumeric())
}

fn parse(number: &str, code: &str) -> Result<(LicenceNumber, VerificationCode), Unreadable> {
    Ok((number.parse()?, code.parse()?))
}
