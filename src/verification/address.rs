//! The verification address of a printed QR: any address whose query carries `n`, the licence number, and `c`, the
//! verification code. Host and path are not looked at and nothing is fetched.

use super::evidence::Unreadable;
use crate::values::identifiers::{LicenceNumber, VerificationCode};

/// Whether a text is an address at all.
pub(super) fn is_address(text: &str) -> bool {
    let begins = |with: &str| text.get(..with.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(with));
    begins("http://") || begins("https://")
}

/// Number and code of a verification address.
pub(super) fn read(text: &str) -> Result<(LicenceNumber, VerificationCode), Unreadable> {
    let before_fragment = text.split('#').next().unwrap_or_default();
    let (_, query) = before_fragment.split_once('?').ok_or(Unreadable::OtherAddress)?;
    let number = value(query, "n")?.ok_or(Unreadable::OtherAddress)?;
    let code = value(query, "c")?.ok_or(Unreadable::OtherAddress)?;
    Ok((number.parse()?, code.parse()?))
}

/// The one value of a name, decoded.
fn value(query: &str, name: &'static str) -> Result<Option<String>, Unreadable> {
    let mut values =
        query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(found, _)| *found == name);
    let Some((_, first)) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Unreadable::Address(name));
    }
    decode(first).ok_or(Unreadable::Address(name)).map(Some)
}

/// `application/x-www-form-urlencoded`: `+` is a space, `%` and two hexadecimal digits a byte of UTF-8.
fn decode(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => 16 * digit(rest.next()?)? + digit(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
