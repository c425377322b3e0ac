//! Whether bytes are DER and nothing else (X.690 section 10 and 11): x509-parser also reads BER lengths, loose dates
//! and trailing elements, and two readers of one certificate must not differ. Not a reader of meaning.

use pkcs8::der::asn1::PrintableStringRef;
use pkcs8::der::asn1::{
    AnyRef, BitStringRef, GeneralizedTime, IntRef, Null, ObjectIdentifier, UtcTime, Utf8StringRef,
};
use pkcs8::der::{Decode as _, Encode as _, Reader as _, SliceReader, Tag, Tagged as _};

/// Certificates nest ten deep at most.
const MAXIMUM_DEPTH: usize = 16;

/// The parts of a certificate, each with its header.
pub(super) struct Parts {
    /// What is signed.
    pub(super) signed: Vec<u8>,
    /// AlgorithmIdentifier of the signature.
    pub(super) algorithm: Vec<u8>,
    /// The bytes of the signature's bit string.
    pub(super) signature: Vec<u8>,
}

/// Splits a certificate whose every byte is DER: a sequence of exactly three parts, the first of exactly the eight
/// of a version 3 certificate with extensions and without unique identifiers.
pub(super) fn split(der: &[u8]) -> Option<Parts> {
    let elements = elements(der)?;
    let [certificate] = elements.as_slice() else { return None };
    if !is_der(certificate, MAXIMUM_DEPTH) {
        return None;
    }
    let parts = self::elements(certificate.value())?;
    let [signed, algorithm, signature] = parts.as_slice() else { return None };
    if self::elements(signed.value())?.len() != 8 {
        return None;
    }
    let bits: BitStringRef<'_> = signature.decode_as().ok()?;
    Some(Parts {
        signed: signed.to_der().ok()?,
        algorithm: algorithm.to_der().ok()?,
        signature: bits.as_bytes()?.to_vec(),
    })
}

/// The elements that fill `bytes` to the last.
pub(super) fn elements(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(elements)
}

fn is_der(element: &AnyRef<'_>, depth: usize) -> bool {
    match element.tag() {
        // Every boolean of a certificate defaults to false, so DER leaves a false one out.
        Tag::Boolean => element.decode_as::<bool>() == Ok(true),
        Tag::Integer => element.decode_as::<IntRef<'_>>().is_ok(),
        Tag::BitString => element.decode_as::<BitStringRef<'_>>().is_ok(),
        Tag::Null => element.decode_as::<Null>().is_ok(),
        Tag::ObjectIdentifier => element.decode_as::<ObjectIdentifier>().is_ok(),
        Tag::Utf8String => element.decode_as::<Utf8StringRef<'_>>().is_ok(),
        Tag::PrintableString => element.decode_as::<PrintableStringRef<'_>>().is_ok(),
        Tag::UtcTime => element.decode_as::<UtcTime>().is_ok(),
        Tag::GeneralizedTime => element.decode_as::<GeneralizedTime>().is_ok(),
        Tag::OctetString => true,
        tag if tag.is_constructed() => {
            let Some(depth) = depth.checked_sub(1) else { return false };
            elements(element.value()).is_some_and(|inner| inner.iter().all(|one| is_der(one, depth)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::Hierarchy;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_spelling_only() {
        let der = Hierarchy::new().seal.der().to_vec();
        assert_eq!(der[..2], [0x30, 0x82]);
        assert!(split(&der).is_some());
        let longer_length = [&[0x30, 0x83, 0][..], &der[2..]].concat();
        let indefinite = [&[0x30, 0x80][..], &der[4..], &[0, 0]].concat();
        for bad in [longer_length, indefinite] {
            assert!(split(&bad).is_none());
        }
    }

    #[test]
    fn elements_in_der() {
        let der = |bytes: &[u8]| elements(bytes).is_some_and(|all| all.iter().all(|one| is_der(one, 4)));
        let good: [&[u8]; 5] =
            [&[1, 1, 0xff], &[2, 1, 5], &[5, 0], &[0x30, 3, 2, 1, 5], b"\x17\x0d260101000000Z"];
        for good in good {
            assert!(der(good), "{good:?}");
        }
        let bad: [&[u8]; 8] = [
            &[1, 1, 0],
            &[1, 1, 1],
            &[2, 2, 0, 5],
            &[5, 1, 0],
            &[0x30, 4, 2, 1, 5],
            &[0x30, 10, 0x30, 8, 0x30, 6, 0x30, 4, 0x30, 2, 0x30, 0],
            b"\x17\x0b2601010000Z",
            b"\x17\x11260101000000+0000",
        ];
        for bad in bad {
            assert!(!der(bad), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(split(&bytes).is_none());
        }
    }
}
