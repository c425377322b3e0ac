//! A full bundle, packed and unpacked, and the hash that it makes. Not here: where it lies, and which hash it has to make.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use crate::merkle::{Hash, Range, Width, decode_bundle, decode_hashes, leaf};

/// Longest bundle: 256 entries of 65,535 bytes, each after its length. What unpacks to more is none.
const LONGEST: u64 = 256 * 65_537;
/// Longest file: a bundle that cannot be packed any shorter, with what gzip says around it. What is longer is none.
pub const LONGEST_FILE: u64 = LONGEST + LONGEST / 256;

/// A bundle that holds.
#[derive(Debug)]
pub struct Bundle {
    /// As it lies: by gzip.
    pub packed: Vec<u8>,
    pub(super) leaves: Vec<Hash>,
    bytes: Vec<u8>,
}

impl Bundle {
    /// What packed bytes hold, if they make this hash.
    pub(super) fn read(packed: Vec<u8>, expected: &Hash) -> Option<Self> {
        let bytes = unpack(&packed)?;
        let leaves: Vec<Hash> = decode_bundle(&bytes, Width::FULL).ok()?.into_iter().map(leaf).collect();
        (root(&leaves) == *expected).then_some(Self { packed, leaves, bytes })
    }

    /// The entries.
    pub fn entries(&self) -> Vec<&[u8]> {
        decode_bundle(&self.bytes, Width::FULL).unwrap_or_default()
    }

    /// Bytes that it takes here.
    pub(super) fn size(&self) -> usize {
        self.packed.len() + self.bytes.len()
    }
}

/// A bundle as it lies: by gzip, without name and time, so that the same bytes give the same file.
pub fn pack(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::default());
    packing.write_all(bytes)?;
    packing.finish()
}

/// What is packed, to the last byte: it goes out as it lies, and whatever stood behind would go out with it.
fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut unpacking) = (Vec::new(), GzDecoder::new(packed));
    (&mut unpacking).take(LONGEST + 1).read_to_end(&mut bytes).ok()?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|length| length <= LONGEST);
    (whole && unpacking.into_inner().is_empty()).then_some(bytes)
}

/// The hashes of a full tile, if they make this hash.
pub(super) fn leaves_of(bytes: &[u8], expected: &Hash) -> Option<Arc<[Hash]>> {
    let leaves = decode_hashes(bytes, Width::FULL).ok()?;
    (root(&leaves) == *expected).then(|| leaves.into())
}

/// The hash that full hashes make.
pub(super) fn root(leaves: &[Hash]) -> Hash {
    let mut range = Range::new();
    leaves.iter().for_each(|leaf| range.push(*leaf));
    range.root()
}
