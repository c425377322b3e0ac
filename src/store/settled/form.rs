//! How rows lie in a file, in three parts, numbers big-endian:
//!
//! - blocks of about 8 KiB, each of whole rows: `shared(1) rest(1) length(3) rest-of-the-key value`, where so many bytes of the key are those of
//!   the key before it in the block;
//! - the index: for each block `end(4) crc32(4) length(1) first-key`, then `length(1) last-key`;
//! - the end: `start-of-the-index(4) number-of-rows(4) "vidimus rows 1\n"`.
//!
//! Pure. Not here: the file itself (`file`).

use flate2::Crc;

use crate::authority::store::KeyValue;

/// Bytes at which a block ends.
const BLOCK: usize = 8 << 10;
const MAGIC: &[u8] = b"vidimus rows 1\n";
/// Bytes of the end.
pub(super) const END: usize = 4 + 4 + MAGIC.len();

/// The bytes of a file, and where its index begins.
pub(super) struct Laid {
    pub bytes: Vec<u8>,
    pub index_at: usize,
}

/// Lays out rows, which ascend. `None` where a key is longer than 255 bytes, a value than 16 MiB, or all of it than 4 GiB.
pub(super) fn lay_out(rows: &[KeyValue]) -> Option<Laid> {
    let mut bytes = Vec::new();
    let mut index = Vec::new();
    let mut rest = rows;
    while let Some((first, _)) = rest.first() {
        let begun = bytes.len();
        let mut before: &[u8] = &[];
        let mut taken = 0;
        for (key, value) in rest {
            push_row(&mut bytes, before, key, value)?;
            before = key;
            taken += 1;
            if bytes.len() - begun >= BLOCK {
                break;
            }
        }
        rest = rest.get(taken..)?;
        index.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_be_bytes());
        index.extend_from_slice(&crc(bytes.get(begun..)?).to_be_bytes());
        push_key(&mut index, first)?;
    }
    push_key(&mut index, &rows.last()?.0)?;
    let index_at = bytes.len();
    bytes.extend_from_slice(&index);
    bytes.extend_from_slice(&u32::try_from(index_at).ok()?.to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(rows.len()).ok()?.to_be_bytes());
    bytes.extend_from_slice(MAGIC);
    Some(Laid { bytes, index_at })
}

fn push_row(bytes: &mut Vec<u8>, before: &[u8], key: &[u8], value: &[u8]) -> Option<()> {
    let shared = before.iter().zip(key).take_while(|(one, other)| one == other).count();
    let rest = key.get(shared..)?;
    let [0, length @ ..] = u32::try_from(value.len()).ok()?.to_be_bytes() else { return None };
    bytes.extend_from_slice(&[u8::try_from(shared).ok()?, u8::try_from(rest.len()).ok()?]);
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(rest);
    bytes.extend_from_slice(value);
    Some(())
}

fn push_key(index: &mut Vec<u8>, key: &[u8]) -> Option<()> {
    index.push(u8::try_from(key.len()).ok()?);
    index.extend_from_slice(key);
    Some(())
}

/// The rows of a block; `None` where its bytes are no block.
pub(super) fn rows_of(mut block: &[u8]) -> Option<Vec<KeyValue>> {
    let mut rows: Vec<KeyValue> = Vec::new();
    while !block.is_empty() {
        let shared = usize::from(take_byte(&mut block)?);
        let rest = usize::from(take_byte(&mut block)?);
        let [a, b, c] = *take(&mut block, 3)? else { return None };
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
        let shared = rows.last().map_or(&[][..], |(key, _)| key).get(..shared)?;
        let key = [shared, take(&mut block, rest)?].concat();
        rows.push((key, take(&mut block, length)?.to_vec()));
    }
    Some(rows)
}

/// The value of a row in a block: `Some(None)` where it has none, `None` where its bytes are no block. Nothing but the value is copied.
pub(super) fn value_in(mut block: &[u8], wanted: &[u8]) -> Option<Option<Vec<u8>>> {
    let mut key: Vec<u8> = Vec::new();
    while !block.is_empty() {
        let shared = usize::from(take_byte(&mut block)?);
        let rest = usize::from(take_byte(&mut block)?);
        let [a, b, c] = *take(&mut block, 3)? else { return None };
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
        if shared > key.len() {
            return None;
        }
        key.truncate(shared);
        key.extend_from_slice(take(&mut block, rest)?);
        let value = take(&mut block, length)?;
        if key == wanted {
            return Some(Some(value.to_vec()));
        }
    }
    Some(None)
}

/// Where the index begins, and how many rows there are, of a file's end.
pub(super) fn read_end(end: &[u8]) -> Option<(u32, u32)> {
    let mut end = end.strip_suffix(MAGIC)?;
    let read = (take_number(&mut end)?, take_number(&mut end)?);
    end.is_empty().then_some(read)
}

/// Where the blocks of a file lie, and which key each begins with.
#[derive(Debug)]
pub(super) struct Index {
    /// The first keys of the blocks, one after the other.
    keys: Box<[u8]>,
    blocks: Box<[Block]>,
    /// The last key of all.
    pub last: Box<[u8]>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    key_end: u32,
    end: u32,
    crc: u32,
}

impl Index {
    /// Reads an index; `None` where it is none.
    pub(super) fn read(mut bytes: &[u8], index_at: u32) -> Option<Self> {
        let (mut keys, mut blocks) = (Vec::new(), Vec::new());
        let mut end = 0;
        while end < index_at {
            let next = take_number(&mut bytes)?;
            let crc = take_number(&mut bytes)?;
            keys.extend_from_slice(take_key(&mut bytes)?);
            if next <= end {
                return None;
            }
            end = next;
            blocks.push(Block { key_end: u32::try_from(keys.len()).ok()?, end, crc });
        }
        let last = take_key(&mut bytes)?.into();
        let whole = end == index_at && bytes.is_empty() && !blocks.is_empty();
        whole.then(|| Self { keys: keys.into(), blocks: blocks.into(), last })
    }

    /// The first key of all.
    pub(super) fn first(&self) -> &[u8] {
        self.key(0)
    }

    /// How many blocks.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// The block that would hold a key: the last one that begins with it or before it.
    pub(super) fn holding(&self, key: &[u8]) -> Option<usize> {
        // A binary search over places, since keys lie in one piece.
        let (mut low, mut high) = (0, self.blocks.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.key(middle) <= key { low = middle + 1 } else { high = middle }
        }
        low.checked_sub(1)
    }

    /// Where a block begins and ends, and its checksum.
    pub(super) fn block(&self, place: usize) -> Option<(u32, u32, u32)> {
        let Block { end, crc, .. } = *self.blocks.get(place)?;
        let begin =
            place.checked_sub(1).and_then(|before| self.blocks.get(before)).map_or(0, |block| block.end);
        Some((begin, end, crc))
    }

    fn key(&self, place: usize) -> &[u8] {
        let end = |place: usize| self.blocks.get(place).and_then(|block| usize::try_from(block.key_end).ok());
        let begin = place.checked_sub(1).and_then(end).unwrap_or(0);
        end(place).and_then(|end| self.keys.get(begin..end)).unwrap_or_default()
    }
}

/// The checksum of a block.
pub(super) fn crc(block: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(block);
    crc.sum()
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn take_byte(bytes: &mut &[u8]) -> Option<u8> {
    let (byte, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*byte)
}

fn take_number(bytes: &mut &[u8]) -> Option<u32> {
    take(bytes, 4)?.try_into().ok().map(u32::from_be_bytes)
}

fn take_key<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take_byte(bytes)?;
    take(bytes, usize::from(length))
}
