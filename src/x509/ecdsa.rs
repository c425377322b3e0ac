//! The two spellings of a P-256 signature: r ‖ s (64 bytes, what `crypto` makes and checks) and the DER of X.509
//! (`Ecdsa-Sig-Value`, RFC 5480 section 2.2.3), read strictly. Not the arithmetic: that is `crypto`'s.

use pkcs8::der::asn1::{AnyRef, UintRef};
use pkcs8::der::{Decode as _, Encode as _, Reader as _, SliceReader, Tag};

/// r ‖ s to DER.
pub(super) fn to_der(signature: &[u8; 64]) -> pkcs8::der::Result<Vec<u8>> {
    let (r, s) = signature.split_at(32);
    let mut integers = Vec::with_capacity(70);
    UintRef::new(r)?.encode_to_vec(&mut integers)?;
    UintRef::new(s)?.encode_to_vec(&mut integers)?;
    AnyRef::new(Tag::Sequence, &integers)?.to_der()
}

/// DER to r ‖ s; `None` for anything but two minimal, non-negative integers of at most 32 bytes.
pub(super) fn from_der(der: &[u8]) -> Option<[u8; 64]> {
    let mut reader = SliceReader::new(der).ok()?;
    let (r, s) = reader
        .sequence(|inner| Ok::<_, pkcs8::der::Error>((UintRef::decode(inner)?, UintRef::decode(inner)?)))
        .ok()?;
    reader.finish().ok()?;
    let mut signature = [0; 64];
    let (left, right) = signature.split_at_mut(32);
    right_aligned(left, r.as_bytes())?;
    right_aligned(right, s.as_bytes())?;
    Some(signature)
}

fn right_aligned(out: &mut [u8], bytes: &[u8]) -> Option<()> {
    let zeros = out.len().checked_sub(bytes.len())?;
    out.get_mut(zeros..)?.copy_from_slice(bytes);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ways(half in prop::array::uniform32(any::<u8>()), zeros in 0_usize..32) {
            let mut signature = [half, half].concat();
            signature[..zeros].fill(0);
            let signature: [u8; 64] = signature.try_into().unwrap();
            prop_assert_eq!(from_der(&to_der(&signature).unwrap()), Some(signature));
        }
    }

    #[test]
    fn strict() {
        assert!(from_der(&[0x30, 6, 2, 1, 1, 2, 1, 2]).is_some());
        let refused: [&[u8]; 8] = [
            &[],
            &[0x30, 6, 2, 1, 1, 2, 1, 2, 0],
            &[0x30, 7, 2, 2, 0, 1, 2, 1, 2],
            &[0x30, 6, 2, 1, 0x81, 2, 1, 2],
            &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 2],
            &[0x30, 3, 2, 1, 1],
            &[0x30, 9, 2, 1, 1, 2, 1, 2, 2, 1, 3],
            &[0x31, 6, 2, 1, 1, 2, 1, 2],
        ];
        for bad in refused {
            assert_eq!(from_der(bad), None, "{bad:?}");
        }
        let long = [&[0x30, 38, 2, 33, 1][..], &[0; 32], &[2, 1, 2]].concat();
        assert_eq!(from_der(&long), None);
    }
}
