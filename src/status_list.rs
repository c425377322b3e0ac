//! Token Status List (draft-ietf-oauth-status-list, sections 4 and 5): statuses packed LSB first, zlib-compressed,
//! carried in a token ([`token`]). Not W3C's Bitstring Status List, which counts from the other end.

pub mod token;

use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};

use crate::crypto::base64url;
use crate::jose::JwsError;
use crate::values::canonical::JsonError;

pub use token::{StatusToken, TYPE, TokenFacts};

/// Most statuses in one list; more is refused before it is inflated.
pub const MAX_STATUSES: usize = 1 << 20;

/// Why a status list or its token was refused.
#[derive(Debug, thiserror::Error)]
pub enum StatusListError {
    /// Bits that the draft does not have.
    #[error("{0} bits a status: not 1, 2, 4 or 8")]
    Bits(u64),
    /// A status that does not fit into the list's bits.
    #[error("status {status} does not fit into {bits} bits")]
    TooLarge {
        /// The status.
        status: u8,
        /// Bits a status.
        bits: u8,
    },
    /// More than [`MAX_STATUSES`]; inflating stopped there.
    #[error("more than {MAX_STATUSES} statuses")]
    TooMany,
    /// Not one whole zlib stream of strict base64url, nothing after it.
    #[error("lst is not strict base64url of one zlib stream")]
    Compression,
    /// The token is no strict compact JWS.
    #[error("the status list token: {0}")]
    Jws(#[from] JwsError),
    /// `typ` is not `statuslist+jwt`.
    #[error("typ is {found:?}, not {TYPE:?}")]
    Type {
        /// `typ` as found, empty when absent.
        found: String,
    },
    /// The payload is not JSON, or names a member twice.
    #[error("the payload: {0}")]
    Payload(#[from] JsonError),
    /// A claim is absent or of the wrong kind.
    #[error("no proper {0}")]
    Claim(&'static str),
    /// An index beyond the list's end.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

/// An index beyond the list's end: no statement can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("index {index} is beyond the list's {length} statuses")]
pub struct OutOfRange {
    /// Index asked for.
    pub index: u64,
    /// Statuses in the list; rounded up to whole bytes.
    pub length: u64,
}

/// Bits a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// 0 or 1.
    One,
    /// 0 to 3: our own lists.
    Two,
    /// 0 to 15.
    Four,
    /// 0 to 255.
    Eight,
}

impl Bits {
    /// As a number.
    pub fn get(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    fn from_claim(bits: u64) -> Result<Self, StatusListError> {
        match bits {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            4 => Ok(Self::Four),
            8 => Ok(Self::Eight),
            other => Err(StatusListError::Bits(other)),
        }
    }

    fn largest(self) -> u8 {
        u8::MAX >> (8 - self.get())
    }

    fn in_a_byte(self) -> usize {
        usize::from(8 / self.get())
    }

    /// Byte of an index, and how far its bits stand from the byte's lowest.
    fn place(self, index: usize) -> (usize, usize) {
        (index / self.in_a_byte(), index % self.in_a_byte() * usize::from(self.get()))
    }
}

/// A packed list. Two lists are equal when their decompressed bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    bits: Bits,
    packed: Vec<u8>,
}

impl StatusList {
    /// So many statuses, all 0, rounded up to whole bytes.
    pub fn zeros(bits: Bits, length: usize) -> Result<Self, StatusListError> {
        if length > MAX_STATUSES {
            return Err(StatusListError::TooMany);
        }
        Ok(Self { bits, packed: vec![0; length.div_ceil(bits.in_a_byte())] })
    }

    /// These statuses, the first at index 0.
    pub fn pack(bits: Bits, statuses: &[u8]) -> Result<Self, StatusListError> {
        let mut list = Self::zeros(bits, statuses.len())?;
        for (index, status) in statuses.iter().enumerate() {
            if *status > bits.largest() {
                return Err(StatusListError::TooLarge { status: *status, bits: bits.get() });
            }
            let (byte, shift) = bits.place(index);
            if let Some(byte) = list.packed.get_mut(byte) {
                *byte |= *status << shift;
            }
        }
        Ok(list)
    }

    /// Bits a status.
    pub fn bits(&self) -> Bits {
        self.bits
    }

    /// The packed bytes, lowest bits first.
    pub fn as_bytes(&self) -> &[u8] {
        &self.packed
    }

    /// Statuses in the list; a multiple of what fits into a byte.
    pub fn length(&self) -> usize {
        self.packed.len() * self.bits.in_a_byte()
    }

    /// The status at an index.
    pub fn value(&self, index: u64) -> Result<u8, OutOfRange> {
        let (byte, shift) = self.place(index)?;
        let byte = self.packed.get(byte).ok_or_else(|| self.out_of_range(index))?;
        Ok(*byte >> shift & self.bits.largest())
    }

    /// Sets the status at an index.
    pub fn set(&mut self, index: u64, status: u8) -> Result<(), StatusListError> {
        let largest = self.bits.largest();
        if status > largest {
            return Err(StatusListError::TooLarge { status, bits: self.bits.get() });
        }
        let out_of_range = self.out_of_range(index);
        let (byte, shift) = self.place(index)?;
        let byte = self.packed.get_mut(byte).ok_or(out_of_range)?;
        *byte = *byte & !(largest << shift) | status << shift;
        Ok(())
    }

    /// `lst`: base64url of zlib at its highest level, the same for the same list.
    pub fn compressed(&self) -> Result<String, StatusListError> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&self.packed).map_err(|_| StatusListError::Compression)?;
        Ok(base64url::encode(&encoder.finish().map_err(|_| StatusListError::Compression)?))
    }

    /// The list of a `lst`, inflated no further than a list may be long.
    pub fn from_compressed(bits: Bits, lst: &str) -> Result<Self, StatusListError> {
        let compressed = base64url::decode(lst).ok_or(StatusListError::Compression)?;
        let limit = MAX_STATUSES / bits.in_a_byte();
        // The capacity bounds the output; one byte more than a list may have tells a list too long from one just full.
        let mut packed = Vec::with_capacity(limit + 1);
        let mut stream = Decompress::new(true);
        let status = stream
            .decompress_vec(&compressed, &mut packed, FlushDecompress::Finish)
            .map_err(|_| StatusListError::Compression)?;
        if packed.len() > limit {
            return Err(StatusListError::TooMany);
        }
        if status != Status::StreamEnd || usize::try_from(stream.total_in()) != Ok(compressed.len()) {
            return Err(StatusListError::Compression);
        }
        packed.shrink_to_fit();
        Ok(Self { bits, packed })
    }

    fn place(&self, index: u64) -> Result<(usize, usize), OutOfRange> {
        usize::try_from(index).map(|index| self.bits.place(index)).map_err(|_| self.out_of_range(index))
    }

    fn out_of_range(&self, index: u64) -> OutOfRange {
        OutOfRange { index, length: u64::try_from(self.length()).unwrap_or(u64::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The draft's section 4.1 and the examples of its section 5.1.
    #[test]
    fn examples_of_the_draft() {
        let one = StatusList::pack(Bits::One, &[1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]).unwrap();
        assert_eq!(one.as_bytes(), [0xb9, 0xa3]);
        assert_eq!(StatusList::from_compressed(Bits::One, "eNrbuRgAAhcBXQ").unwrap(), one);
        assert_eq!(one.compressed().unwrap(), "eNrbuRgAAhcBXQ");
        let two = StatusList::pack(Bits::Two, &[1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]).unwrap();
        assert_eq!(two.as_bytes(), [0xc9, 0x44, 0xf9]);
        assert_eq!(StatusList::from_compressed(Bits::Two, "eNo76fITAAPfAgc").unwrap(), two);
        assert_eq!(two.compressed().unwrap(), "eNo76fITAAPfAgc");
        assert_eq!((two.value(3), two.value(11)), (Ok(3), Ok(3)));
        assert_eq!(two.value(12), Err(OutOfRange { index: 12, length: 12 }));
        assert!(two.value(u64::MAX).is_err());
    }

    #[test]
    fn bombs_and_damage_are_refused() {
        let bomb = |bytes: usize| {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&vec![0; bytes]).unwrap();
            encoder.finish().unwrap()
        };
        let read = |bytes: &[u8]| StatusList::from_compressed(Bits::Two, &base64url::encode(bytes));
        assert_eq!(read(&bomb(MAX_STATUSES / 4)).unwrap().length(), MAX_STATUSES);
        assert!(matches!(read(&bomb(MAX_STATUSES / 4 + 1)), Err(StatusListError::TooMany)));
        assert!(matches!(read(&bomb(64 << 20)), Err(StatusListError::TooMany)));
        let whole = bomb(100);
        for length in 0..whole.len() {
            assert!(matches!(read(&whole[..length]), Err(StatusListError::Compression)), "{length}");
        }
        assert!(read(&[whole.as_slice(), &[0]].concat()).is_err());
        assert!(StatusList::from_compressed(Bits::Two, "eNo76fITAAPfAgc=").is_err());
    }

    #[test]
    fn statuses_are_set_in_place_and_must_fit() {
        let mut list = StatusList::zeros(Bits::Two, 5).unwrap();
        assert_eq!(list.length(), 8);
        for status in [3, 1, 2] {
            list.set(4, status).unwrap();
            assert_eq!((list.value(3), list.value(4), list.value(5)), (Ok(0), Ok(status), Ok(0)));
        }
        assert!(matches!(list.set(4, 4), Err(StatusListError::TooLarge { status: 4, bits: 2 })));
        assert!(matches!(list.set(8, 0), Err(StatusListError::OutOfRange(_))));
        assert!(StatusList::pack(Bits::One, &[2]).is_err());
        assert!(StatusList::zeros(Bits::One, MAX_STATUSES + 1).is_err());
    }

    proptest! {
        #[test]
        fn packing_keeps_every_status(statuses in prop::collection::vec(0u8..4, 0..200)) {
            let list = StatusList::pack(Bits::Two, &statuses).unwrap();
            let again = StatusList::from_compressed(Bits::Two, &list.compressed().unwrap()).unwrap();
            for (index, status) in (0..).zip(&statuses) {
                prop_assert_eq!(again.value(index), Ok(*status));
            }
        }
    }
}
