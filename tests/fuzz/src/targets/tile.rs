//! Tiles, entry bundles, their paths, and the proofs read from them.
//!
//! - A path, a tile or a bundle that is taken is written again as it was read, and holds what its width says.
//! - Whatever the leaves, the root over tiles is the root of the range; each leaf's proof leads there, no other leaf's does;
//!   each older tree is continued by the newer.
//! - A proof of any numbers and any length has an answer.
//!
//! Input: a word for the form. Form 0: a path. Form 1: a width, then the hashes of a tile. Form 2: a width, then a bundle.
//! Form 3: leaves, one a byte. Form 4: index, size, then the hashes of a proof.

use std::collections::HashMap;

use vidimus::merkle::{
    ConsistencyProof, EMPTY_ROOT, Hash, InclusionProof, Range, TileId, TilePath, Width, consistency,
    decode_bundle, decode_hashes, encode_bundle, encode_hashes, inclusion, leaf, node_from_tiles,
    root_from_nodes, tiles,
};

use crate::make::{ENTRIES, split_byte};

/// Holds the laws over one of the five forms.
pub fn run(data: &[u8]) {
    let Some((form, rest)) = split_byte(data) else { return };
    match form % 5 {
        0 => path(rest),
        1 => hashes(rest),
        2 => bundle(rest),
        3 => tree(rest),
        _ => proof(rest),
    }
}

fn path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.parse::<TilePath>() {
        Ok(path) => assert_eq!(path.to_string(), text),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn width(data: &[u8]) -> Option<(Width, &[u8])> {
    let (count, rest) = split_byte(data)?;
    Some((Width::new(usize::from(count) + 1).unwrap(), rest))
}

fn hashes(data: &[u8]) {
    let Some((width, bytes)) = width(data) else { return };
    let decoded = decode_hashes(bytes, width);
    assert_eq!(decoded.is_ok(), bytes.len() == width.count() * 32);
    if let Ok(hashes) = decoded {
        assert_eq!(hashes.len(), width.count());
        assert_eq!(encode_hashes(&hashes), bytes);
    }
}

fn bundle(data: &[u8]) {
    let Some((width, bytes)) = width(data) else { return };
    let Ok(entries) = decode_bundle(bytes, width) else { return };
    assert_eq!(entries.len(), width.count());
    assert_eq!(encode_bundle(&entries).unwrap(), bytes);
}

/// A tree of a leaf a byte, kept as tiles.
fn tree(data: &[u8]) {
    let data = &data[..data.len().min(700)];
    let leaves: Vec<Hash> =
        data.iter().enumerate().map(|(index, byte)| leaf(&[index.to_le_bytes()[0], *byte])).collect();
    let size = leaves.len() as u64;
    let (mut range, mut kept) = (Range::new(), HashMap::<TileId, Vec<Hash>>::new());
    for one in &leaves {
        range.push_noting(*one, &mut |level, index, hash| {
            if level % 8 == 0 {
                kept.entry(TileId::new(level / 8, index / 256).unwrap()).or_default().push(hash);
            }
        });
    }
    for (tile, width) in tiles(size) {
        assert_eq!(kept.get(&tile).map(Vec::len), Some(width.count()), "{tile:?}");
    }
    let source =
        |tile: TileId, needed: Width| kept.get(&tile).filter(|tile| tile.len() >= needed.count()).cloned();
    let nodes = |level: u8, index: u64| node_from_tiles(level, index, &source);
    let root = range.root();
    assert_eq!(root_from_nodes(size, &nodes), Ok(root));
    assert_eq!(Range::from_parts(size, range.parts().to_vec()).map(|range| range.root()), Ok(root));
    // Where to look follows from the bytes, so that coverage leads to every place.
    let places = data.iter().take(6).map(|byte| u64::from(*byte) * 3 % size.max(1));
    for index in places.filter(|index| *index < size) {
        let own = leaves[usize::try_from(index).unwrap()];
        let proof = inclusion(index, size, &nodes).unwrap();
        assert_eq!(proof.verify(&own, &root), Ok(()));
        let other = leaves[usize::try_from((index + 1) % size).unwrap()];
        assert!(other == own || proof.verify(&other, &root).is_err());
        let old_root = root_from_nodes(index + 1, &nodes).unwrap();
        let proof = consistency(index + 1, size, &nodes).unwrap();
        assert_eq!(proof.verify(&old_root, &root), Ok(()));
        assert!(old_root == root || proof.verify(&root, &root).is_err());
    }
}

/// What arrives as a proof.
fn proof(data: &[u8]) {
    let Some((index, rest)) = data.split_first_chunk::<8>() else { return };
    let Some((size, rest)) = rest.split_first_chunk::<8>() else { return };
    let (index, size) = (u64::from_le_bytes(*index), u64::from_le_bytes(*size));
    let path: Vec<Hash> = rest.as_chunks::<32>().0.iter().map(|hash| Hash(*hash)).collect();
    let included = InclusionProof { index, size, path: path.clone() };
    if let Ok(root) = included.root_from(&EMPTY_ROOT) {
        assert!(index < size && path.len() <= 64);
        assert_eq!(included.verify(&EMPTY_ROOT, &root), Ok(()));
        assert!(path.is_empty() || included.verify(&root, &root).is_err(), "a root that is its own leaf");
    }
    let continued = ConsistencyProof { old_size: index, size, path: path.clone() };
    let (old, new) =
        (path.first().copied().unwrap_or(EMPTY_ROOT), path.last().copied().unwrap_or(EMPTY_ROOT));
    if continued.verify(&old, &new).is_ok() {
        assert!(0 < index && index <= size && path.len() <= 65);
        assert!(index == size || old != new, "a tree that grew and stayed the same");
    }
}

/// Paths, a tile, bundles of entries, trees around the edges of tiles, proofs of large numbers.
pub fn seeds() -> Vec<Vec<u8>> {
    let form = |form: u8, rest: &[u8]| [&[form], rest].concat();
    let mut seeds: Vec<Vec<u8>> = [
        "tile/0/000",
        "tile/63/007.p/255",
        "tile/entries/x001/x234/067",
        "tile/entries/000.p/1",
        "tile/0/x018/x446/x744/x073/x709/x551/615",
    ]
    .iter()
    .map(|path| form(0, path.as_bytes()))
    .collect();
    seeds.push(form(1, &[[2].as_slice(), &[7; 96]].concat()));
    for count in [1, 3] {
        let bundle = encode_bundle(&ENTRIES[20..20 + count]).unwrap();
        seeds.push(form(2, &[[u8::try_from(count - 1).unwrap()].as_slice(), &bundle].concat()));
    }
    seeds.extend([0, 1, 2, 7, 255, 256, 257, 600].map(|size| form(3, &vec![9; size])));
    for (index, size, hashes) in
        [(0_u64, 1_u64, 0), (5, 8, 3), (u64::MAX - 1, u64::MAX, 64), (1 << 62, (1 << 62) + 1, 2)]
    {
        seeds.push(form(
            4,
            &[index.to_le_bytes().as_slice(), &size.to_le_bytes(), &vec![1; hashes * 32]].concat(),
        ));
    }
    seeds
}

/// What paths are made of.
pub fn words() -> Vec<String> {
    super::words(&["tile/", "entries/", "/x000", "/x001", "000", ".p/", "255", "256", "63/"])
}
