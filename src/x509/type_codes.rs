//! The types that a department may issue, as its credential certificate names them when it is made: a hint for who holds
//! a credential and no power list. The list decides (law 0, section 10); powers that come or go later change no
//! certificate.
//!
//! RFC 5280 section 4.2.1.8: subjectDirectoryAttributes, never critical, with one attribute, businessCategory (X.520
//! section 6.4.3: what kinds of business an organisation performs), its values the 21 characters of 证照类型代码.

use pkcs8::der::asn1::{AnyRef, ObjectIdentifier, PrintableStringRef, SetOfVec};
use pkcs8::der::{Decode as _, Encode as _, Tag, Tagged as _};
use rcgen::CustomExtension;

use super::der::elements;
use crate::values::identifiers::TypeCode;

/// subjectDirectoryAttributes.
pub(super) const OID: [u64; 4] = [2, 5, 29, 9];
/// businessCategory.
const BUSINESS_CATEGORY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.15");

/// Codes that a certificate names at most: it travels with every credential. Who may issue more names none, because a hint
/// that leaves some out would mislead.
pub const MOST: usize = 32;

/// The extension; none where there is nothing to name, or too much.
pub(super) fn write(codes: &[TypeCode]) -> Result<Option<CustomExtension>, pkcs8::der::Error> {
    if codes.is_empty() || codes.len() > MOST {
        return Ok(None);
    }
    let mut values = SetOfVec::new();
    for code in codes {
        values.insert(PrintableStringRef::new(code.as_str())?)?;
    }
    let attribute = sequence(&[BUSINESS_CATEGORY.to_der()?, values.to_der()?].concat())?;
    Ok(Some(CustomExtension::from_oid_content(&OID, sequence(&attribute)?)))
}

fn sequence(content: &[u8]) -> Result<Vec<u8>, pkcs8::der::Error> {
    AnyRef::new(Tag::Sequence, content)?.to_der()
}

/// What an extension names, in the order of the codes; none where it is not as it is written here.
pub(super) fn read(extension: &[u8]) -> Option<Vec<TypeCode>> {
    let attributes = AnyRef::from_der(extension).ok().filter(|one| one.tag() == Tag::Sequence)?;
    let [attribute] = elements(attributes.value())?[..] else { return None };
    let [oid, values] = elements(attribute.value())?[..] else { return None };
    if attribute.tag() != Tag::Sequence || oid.decode_as::<ObjectIdentifier>().ok()? != BUSINESS_CATEGORY {
        return None;
    }
    let values: SetOfVec<PrintableStringRef<'_>> = values.decode_as().ok()?;
    let codes: Option<Vec<TypeCode>> =
        values.iter().map(|code| AsRef::<str>::as_ref(code).parse().ok()).collect();
    codes.filter(|codes| (1..=MOST).contains(&codes.len()) && codes.is_sorted_by(|one, next| one < next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(numbers: impl IntoIterator<Item = u16>) -> Vec<TypeCode> {
        numbers.into_iter().map(|number| format!("11100000MB0143028R{number:03}").parse().unwrap()).collect()
    }

    #[test]
    fn what_is_written_is_read_in_order() {
        let written = write(&codes([7, 1, 300])).unwrap().unwrap();
        assert!(!written.criticality());
        assert_eq!(read(written.content()), Some(codes([1, 7, 300])));
        let most = u16::try_from(MOST).unwrap();
        assert_eq!(read(write(&codes(0..most)).unwrap().unwrap().content()).unwrap().len(), MOST);
        assert!(write(&codes(0..=most)).unwrap().is_none());
        assert!(write(&[]).unwrap().is_none());
    }

    #[test]
    fn anything_else_is_not() {
        let good = write(&codes([1, 2])).unwrap().unwrap().content().to_vec();
        for place in 0..good.len() {
            assert_eq!(read(&good[..place]), None, "cut at {place}");
            let mut other = good.clone();
            // Another tag, length, letter of the attribute's name, or check character.
            other[place] ^= 0x40;
            assert_ne!(read(&other), Some(codes([1, 2])), "byte {place}");
        }
        assert_eq!(read(&[good.as_slice(), &[5, 0]].concat()), None);
        assert_eq!(read(&[0x30, 0]), None);
        assert_eq!(read(write(&codes([1, 1])).unwrap().unwrap().content()), None, "one twice");
    }
}
