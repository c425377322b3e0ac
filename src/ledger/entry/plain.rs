//! Reading a plain entry in one pass: one about a licence, without approvals, spelt as we spell it. Nearly every entry
//! of a ledger is one.
//!
//! Every member is looked for where it must stand, and every value has one parser and one text. So bytes that are read
//! to their end are canonical, and nothing needs to be written again to see it. Whatever differs is not read here: it
//! is read at leisure ([`super::Entry::parse`]), which also says what is wrong with it.

use std::str::FromStr;

use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};

use super::Unsigned;
use crate::crypto::Digest;
use crate::ledger::body::{
    Body, Kind, LicenceActed, LicenceEnded, LicenceIssued, LicenceRecorded, Replaces, StatusPlace,
};
use crate::ledger::signature::Signature;
use crate::values::canonical::MAX_INTEGER;

/// Characters of the values that all have the same length.
const DIGEST: usize = 64;
const KEY: usize = 32;
const HANDLE: usize = 36;
const CODE: usize = 18;
const REGION: usize = 6;
const DATE: usize = "2026-11-22".len();
const TIME: usize = "2026-11-22T06:00:00.123Z".len();

/// Whether a body is of a licence, without approvals, and its numbers are canonical: nothing in it needs escaping or
/// sorting when its members are written as they are declared.
pub(super) fn is_plain(body: &Body) -> bool {
    let plain = |grant: &LicenceIssued| {
        grant.approvals.is_empty() && grant.case.is_none() && grant.version <= MAX_INTEGER
    };
    match body {
        Body::LicenceIssued(grant) => plain(grant),
        Body::LicenceRecorded(recorded) => plain(&recorded.grant),
        Body::LicenceSuspended(_) | Body::LicenceReinstated(_) | Body::LicenceEnded(_) => true,
        _ => false,
    }
}

/// Reads an entry with a plain body in the one spelling.
pub(super) fn read(bytes: &[u8]) -> Option<(Unsigned, Signature)> {
    let mut rest = Rest(str::from_utf8(bytes).ok()?);
    rest.pass("{\"body\":{")?;
    let body = body(&mut rest)?;
    rest.pass("},\"key\":\"")?;
    let key = rest.sized(KEY)?;
    rest.pass(",\"kind\":\"")?;
    let body = body.of_kind(rest.text()?)?;
    let prev = if rest.passes(",\"prev\":\"") { Some(rest.sized(DIGEST)?) } else { None };
    rest.pass(",\"sig\":\"")?;
    let signature = Signature::from_text(rest.text()?)?;
    rest.pass(",\"time\":\"")?;
    let time = rest.sized(TIME)?;
    rest.pass(",\"v\":1}")?;
    rest.0.is_empty().then_some((Unsigned { body, key, prev, time }, signature))
}

/// A body before its kind is read, which stands behind it.
enum Form {
    Issued(LicenceIssued),
    Recorded(LicenceRecorded),
    Acted(LicenceActed),
    Ended(LicenceEnded),
}

impl Form {
    fn of_kind(self, kind: &str) -> Option<Body> {
        let body = match (self, Kind::parse(kind)?) {
            (Self::Issued(body), Kind::LicenceIssued) => Body::LicenceIssued(body),
            (Self::Recorded(body), Kind::LicenceRecorded) => Body::LicenceRecorded(body),
            (Self::Acted(body), Kind::LicenceSuspended) => Body::LicenceSuspended(body),
            (Self::Acted(body), Kind::LicenceReinstated) => Body::LicenceReinstated(body),
            (Self::Ended(body), Kind::LicenceEnded) => Body::LicenceEnded(body),
            _ => return None,
        };
        Some(body)
    }
}

fn body(rest: &mut Rest<'_>) -> Option<Form> {
    if rest.passes("\"grant\":{") {
        let grant = granted(rest)?;
        rest.pass("},\"standing\":\"")?;
        let standing = rest.word()?;
        rest.pass(",\"trust\":\"")?;
        return Some(Form::Recorded(LicenceRecorded { grant, standing, trust: rest.word()? }));
    }
    if rest.passes("\"act\":\"") {
        let act = rest.word()?;
        rest.pass(",\"commitment\":\"")?;
        let commitment = rest.sized(DIGEST)?;
        rest.pass(",\"handle\":\"")?;
        return Some(Form::Ended(LicenceEnded { act, commitment, handle: rest.sized(HANDLE)? }));
    }
    let mut acted = Rest(rest.0);
    acted.pass("\"commitment\":\"")?;
    let commitment: Digest = acted.sized(DIGEST)?;
    if acted.passes(",\"handle\":\"") {
        let handle = acted.sized(HANDLE)?;
        *rest = acted;
        return Some(Form::Acted(LicenceActed { commitment, handle }));
    }
    granted(rest).map(Form::Issued)
}

/// The members of an issued licence, up to the end of the last.
fn granted(rest: &mut Rest<'_>) -> Option<LicenceIssued> {
    rest.pass("\"commitment\":\"")?;
    let commitment = rest.sized(DIGEST)?;
    rest.pass(",\"credential_digest\":\"")?;
    let credential_digest = rest.sized(DIGEST)?;
    rest.pass(",\"credential_key\":\"")?;
    let credential_key = rest.sized(KEY)?;
    rest.pass(",\"department\":\"")?;
    let department = rest.sized(CODE)?;
    rest.pass(",\"handle\":\"")?;
    let handle = rest.sized(HANDLE)?;
    rest.pass(",\"power\":\"")?;
    let power = rest.value()?;
    rest.pass(",\"region\":\"")?;
    let region = rest.sized(REGION)?;
    let replaces = if rest.passes(",\"replaces\":{\"cause\":\"") { Some(replaces(rest)?) } else { None };
    rest.pass(",\"status\":{\"index\":")?;
    let index = rest.integer()?.try_into().ok()?;
    rest.pass(",\"list\":")?;
    let status = StatusPlace { index, list: rest.integer()?.try_into().ok()? };
    rest.pass("},\"type\":\"")?;
    let r#type = rest.value()?;
    rest.pass(",\"valid_from\":\"")?;
    let valid_from = rest.sized(DATE)?;
    let valid_until = if rest.passes(",\"valid_until\":\"") { Some(rest.sized(DATE)?) } else { None };
    rest.pass(",\"version\":")?;
    let version = rest.integer()?;
    Some(LicenceIssued {
        approvals: Vec::new(),
        case: None,
        commitment,
        credential_digest,
        credential_key,
        department,
        handle,
        not_after: None,
        power,
        region,
        replaces,
        status,
        r#type,
        valid_from,
        valid_until,
        version,
    })
}

fn replaces(rest: &mut Rest<'_>) -> Option<Replaces> {
    let cause = rest.word()?;
    rest.pass(",\"handle\":\"")?;
    let handle = rest.sized(HANDLE)?;
    rest.pass(",\"prev\":\"")?;
    let prev = rest.sized(DIGEST)?;
    rest.pass("}")?;
    Some(Replaces { cause, handle, prev })
}

/// What is still to be read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Passes over what must stand here.
    fn pass(&mut self, literal: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
        Some(())
    }

    /// Passes over what may stand here, and says whether it did.
    fn passes(&mut self, literal: &str) -> bool {
        self.pass(literal).is_some()
    }

    /// The text up to the end of a string. No value of a plain entry has an escape in it.
    fn text(&mut self) -> Option<&'a str> {
        let (text, rest) = self.0.split_once('"')?;
        self.0 = rest;
        Some(text)
    }

    /// A value that writes itself as it is read.
    fn value<T: FromStr>(&mut self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// The same, of a value whose texts all have this length: its end needs no search.
    fn sized<T: FromStr>(&mut self, length: usize) -> Option<T> {
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        self.pass("\"")?;
        text.parse().ok()
    }

    /// One word of a closed list.
    fn word<T: Deserialize<'a>>(&mut self) -> Option<T> {
        let word: StrDeserializer<'_, Error> = self.text()?.into_deserializer();
        T::deserialize(word).ok()
    }

    /// A number without a sign, a fraction, an exponent or a zero before it.
    fn integer(&mut self) -> Option<u64> {
        let end = self.0.find(|character: char| !character.is_ascii_digit())?;
        let (digits, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        let number = digits.parse().ok().filter(|number| *number <= MAX_INTEGER)?;
        (digits == "0" || !digits.starts_with('0')).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::entry::{Entry, EntryError};

    const GRANT: &str = concat!(
        r#""commitment":"0000000000000000000000000000000000000000000000000000000000000001","#,
        r#""credential_digest":"000000000000000000000000000000000000000000000000000000000000000a","#,
        r#""credential_key":"000000000000000000000000000000ff","department":"11330106MB1A351276","#,
        r#""handle":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","power":"p-1","region":"330106","#,
        r#""status":{"index":0,"list":10},"type":"shop","valid_from":"2026-01-01","version":1"#,
    );
    const ACTED: &str = concat!(
        r#""commitment":"0000000000000000000000000000000000000000000000000000000000000001","#,
        r#""handle":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f""#,
    );

    fn entry(kind: &str, body: &str) -> String {
        let sig = crate::crypto::base64url::encode(&[7; 64]);
        format!(
            "{{\"body\":{{{body}}},\"key\":\"000102030405060708090a0b0c0d0e0f\",\"kind\":\"{kind}\",\
             \"sig\":\"{sig}\",\"time\":\"2026-01-02T03:04:05.678Z\",\"v\":1}}"
        )
    }

    fn plain_entries() -> Vec<String> {
        let prev = |hex: char| format!("\"prev\":\"{}\"", String::from(hex).repeat(64));
        let replaces = format!(
            "\"replaces\":{{\"cause\":\"renewed\",\"handle\":\"017f22e2-79b0-7cc3-98c4-dc0c0c073990\",{}}},\"status\"",
            prev('b')
        );
        let until = "\"valid_from\":\"2026-01-01\",\"valid_until\":\"2028-02-29\"";
        let dated = GRANT.replace("\"valid_from\":\"2026-01-01\"", until);
        vec![
            entry("licence.issued", GRANT),
            entry("licence.issued", &dated.replace("\"status\"", &replaces)),
            entry(
                "licence.recorded",
                &format!("\"grant\":{{{dated}}},\"standing\":\"recalled\",\"trust\":\"B\""),
            ),
            entry("licence.suspended", ACTED).replace("\"sig\"", &format!("{},\"sig\"", prev('c'))),
            entry("licence.reinstated", ACTED),
            entry("licence.ended", &format!("\"act\":\"penalty\",{ACTED}")),
        ]
    }

    /// The entry as serde reads it.
    fn at_leisure(text: &str) -> Result<Unsigned, EntryError> {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let kind = Kind::parse(value["kind"].as_str().unwrap()).unwrap();
        Ok(Unsigned {
            body: Body::from_value(kind, value["body"].clone())?,
            key: value["key"].as_str().unwrap().parse().unwrap(),
            prev: value.get("prev").map(|prev| prev.as_str().unwrap().parse().unwrap()),
            time: value["time"].as_str().unwrap().parse().unwrap(),
        })
    }

    #[test]
    fn plain_entries_are_read_in_one_pass_as_they_are_at_leisure() {
        for text in plain_entries() {
            let (unsigned, signature) = read(text.as_bytes()).expect(&text);
            assert_eq!(Ok(&unsigned), at_leisure(&text).as_ref());
            assert_eq!(Entry::assemble(unsigned, signature).unwrap().bytes(), text.as_bytes());
        }
    }

    #[test]
    fn no_byte_can_be_another() {
        // Whatever is read once changed must be another entry: read, it spells itself.
        for text in plain_entries() {
            for place in 0..text.len() {
                for with in *b"0 9\"\\,}{aFZ:-" {
                    let mut changed = text.clone().into_bytes();
                    changed[place] = with;
                    if let Some((unsigned, signature)) = read(&changed) {
                        let again = unsigned.canonical(Some(signature)).unwrap();
                        assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&changed));
                    }
                }
                assert!(read(text.get(..place).unwrap().as_bytes()).is_none());
            }
            assert!(read(format!("{text} ").as_bytes()).is_none());
        }
    }

    #[test]
    fn one_spelling_of_numbers_and_a_kind_that_fits() {
        let with = |from: &str, to: &str| entry("licence.issued", &GRANT.replace(from, to));
        assert!(read(with("\"version\":1", "\"version\":9007199254740991").as_bytes()).is_some());
        for bad in ["01", "1.0", "1e2", "-1", "+1", "", "9007199254740992", "99999999999999999999"] {
            assert!(read(with("\"version\":1", &format!("\"version\":{bad}")).as_bytes()).is_none(), "{bad}");
        }
        assert!(read(with("\"index\":0", "\"index\":4294967296").as_bytes()).is_none());
        for kind in ["licence.recorded", "licence.suspended", "licence.erased", "licence.unknown", ""] {
            assert!(read(entry(kind, GRANT).as_bytes()).is_none(), "{kind}");
        }
        assert!(read(entry("licence.erased", ACTED).as_bytes()).is_none());
    }
}
