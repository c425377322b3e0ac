//! Entry bundles (C2SP tlog-tiles): up to 256 entries, each after its length in two bytes, big-endian.

use super::tile::Width;

/// What is wrong with a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Not as many entries as its width says.
    #[error("the bundle should hold {expected} entries, found {found}")]
    Count {
        /// The width.
        expected: usize,
        /// Whole entries found; one more than expected where bytes are left over.
        found: usize,
    },
    /// The bytes end within an entry or its length.
    #[error("the bundle ends within entry {entry}: {missing} bytes are missing")]
    Truncated {
        /// Number of the entry in the bundle, from 0.
        entry: usize,
        /// Bytes missing.
        missing: usize,
    },
    /// An entry whose length does not fit two bytes.
    #[error("entry {entry} has {length} bytes, at most 65535 fit a bundle")]
    TooLong {
        /// Number of the entry in the bundle, from 0.
        entry: usize,
        /// Its bytes.
        length: usize,
    },
}

/// The bytes of a bundle of these entries.
pub fn encode_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, BundleError> {
    let mut bytes = Vec::new();
    for (number, entry) in entries.iter().map(AsRef::as_ref).enumerate() {
        let too_long = BundleError::TooLong { entry: number, length: entry.len() };
        let length = u16::try_from(entry.len()).map_err(|_| too_long)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle of exactly that width.
pub fn decode_bundle(bytes: &[u8], width: Width) -> Result<Vec<&[u8]>, BundleError> {
    let expected = width.count();
    let mut entries = Vec::with_capacity(expected);
    let mut rest = bytes;
    while !rest.is_empty() {
        let entry = entries.len();
        if entry == expected {
            return Err(BundleError::Count { expected, found: expected + 1 });
        }
        let (length, after) = rest.split_first_chunk().ok_or(BundleError::Truncated { entry, missing: 1 })?;
        let length = usize::from(u16::from_be_bytes(*length));
        let missing = length.saturating_sub(after.len());
        let (content, after) =
            after.split_at_checked(length).ok_or(BundleError::Truncated { entry, missing })?;
        entries.push(content);
        rest = after;
    }
    if entries.len() == expected {
        Ok(entries)
    } else {
        Err(BundleError::Count { expected, found: entries.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strictly_as_many_as_the_width() {
        let width = |count| Width::new(count).unwrap();
        let bytes = encode_bundle(&["one", "", "two"]).unwrap();
        assert_eq!(bytes, b"\0\x03one\0\0\0\x03two");
        assert_eq!(decode_bundle(&bytes, width(3)).unwrap(), [b"one".as_slice(), b"", b"two"]);
        assert_eq!(decode_bundle(&bytes, width(2)), Err(BundleError::Count { expected: 2, found: 3 }));
        assert_eq!(decode_bundle(&bytes, width(4)), Err(BundleError::Count { expected: 4, found: 3 }));
        let cut = |length: usize| decode_bundle(&bytes[..length], width(3));
        assert_eq!(cut(10), Err(BundleError::Truncated { entry: 2, missing: 2 }));
        assert_eq!(cut(8), Err(BundleError::Truncated { entry: 2, missing: 1 }));
        assert_eq!(decode_bundle(&[], width(1)), Err(BundleError::Count { expected: 1, found: 0 }));
        let long = vec![0; 65_536];
        assert_eq!(encode_bundle(&[&long]), Err(BundleError::TooLong { entry: 0, length: 65_536 }));
        assert!(encode_bundle(&[&long[1..]]).is_ok());
    }

    proptest! {
        #[test]
        fn bundles_read_back(entries: Vec<Vec<u8>>) {
            prop_assume!(!entries.is_empty() && entries.len() <= 256);
            let bytes = encode_bundle(&entries).unwrap();
            prop_assert_eq!(decode_bundle(&bytes, Width::new(entries.len()).unwrap()).unwrap(), entries);
        }

        #[test]
        fn what_decodes_is_the_one_encoding(bytes: Vec<u8>, count in 1_usize..4) {
            if let Ok(entries) = decode_bundle(&bytes, Width::new(count).unwrap()) {
                prop_assert_eq!(encode_bundle(&entries).unwrap(), bytes);
            }
        }
    }
}
