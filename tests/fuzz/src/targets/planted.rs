//! A planted bug, which must be found: a fuzzer that sees no coverage, or none of the library, cannot pass for one that found
//! nothing. It begins with no seeds and no words.

use vidimus::merkle::TilePath;

/// Panics on the path of a tile, which only the library's parser knows.
pub fn run(data: &[u8]) {
    let path = std::str::from_utf8(data).ok().and_then(|text| text.parse().ok());
    if let Some(TilePath::Hashes(..)) = path {
        panic!("planted: the path was found");
    }
}
