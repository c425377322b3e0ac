//! One record of a journal: what one write to the store changed, chained to the record before it.
//!
//! `length(4) body chain(32)`, where `chain` is SHA-256 of the chain before it and the body; numbers big-endian. The body:
//! `kind(1) number(8) size(8) time(8) count(4)`, then for each row `length(2) key`, and `0` if it was removed or
//! `1 length(4) value`. `size` and `time` are the head after it; no time is the smallest number there is.
//!
//! Not here: the files they lie in (`file`).

use std::io::{self, Read};

use crate::authority::store::{BATCH_BYTES, BATCH_WRITES, Head, Row, Write};
use crate::crypto::digest::sha256_parts;
use crate::values::time::Time;

/// What the next record hangs on: SHA-256.
pub(super) type Chain = [u8; 32];

/// Longest body: a batch of the store with its keys, and room for what stands around them.
const LONGEST: usize = BATCH_BYTES + BATCH_WRITES * 128;
/// Bytes before the first row.
const HEAD: usize = 29;

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Rows of the store as it was when the journal began.
    Kept,
    /// The end of those.
    Whole,
    /// Rows beside the ledger.
    Put,
    /// A commit: it moved the head.
    Commit,
}

impl Kind {
    const ALL: [(Self, u8); 4] = [(Self::Kept, 0), (Self::Whole, 1), (Self::Put, 2), (Self::Commit, 3)];

    fn byte(self) -> u8 {
        Self::ALL.into_iter().find(|(kind, _)| *kind == self).map_or(u8::MAX, |(_, byte)| byte)
    }

    pub(super) fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == byte).map(|(kind, _)| kind)
    }
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) kind: Kind,
    /// Its place among the records of all files, from 1.
    pub(super) number: u64,
    /// The head after it.
    pub(super) head: Head,
    pub(super) writes: Vec<Write>,
}

/// What a whole record is to this program.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    Record(Record),
    /// A newer program knows its kind, or a row in it.
    ToNewer,
}

impl Record {
    /// Its bytes and the chain after it; `None` of a batch that is beyond the bounds of the store.
    pub(super) fn chained(&self, before: &Chain) -> Option<(Vec<u8>, Chain)> {
        let mut bytes = vec![0; 4];
        bytes.push(self.kind.byte());
        bytes.extend(self.number.to_be_bytes());
        bytes.extend(self.head.size.to_be_bytes());
        bytes.extend(self.head.time.map_or(i64::MIN, Time::millis).to_be_bytes());
        bytes.extend(u32::try_from(self.writes.len()).ok()?.to_be_bytes());
        for Write { row, value } in &self.writes {
            let key = row.key();
            bytes.extend(u16::try_from(key.len()).ok()?.to_be_bytes());
            bytes.extend(&key);
            match value {
                None => bytes.push(0),
                Some(value) => {
                    bytes.push(1);
                    bytes.extend(u32::try_from(value.len()).ok()?.to_be_bytes());
                    bytes.extend(value);
                }
            }
        }
        let (length, body) = bytes.split_first_chunk_mut::<4>()?;
        if body.len() > LONGEST {
            return None;
        }
        *length = u32::try_from(body.len()).ok()?.to_be_bytes();
        let chain = sha256_parts(&[before, body]);
        bytes.extend(chain);
        Some((bytes, chain))
    }

    /// The next record, the chain after it and how many bytes it took; `None` where the bytes end, or are no record that hangs
    /// on the one before. One that does and that we cannot read is as it was written: by a newer program.
    pub(super) fn read(from: &mut impl Read, before: &Chain) -> io::Result<Option<(Known, Chain, u64)>> {
        let mut length = [0; 4];
        if !filled(from, &mut length)? {
            return Ok(None);
        }
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if !(HEAD..=LONGEST).contains(&length) {
            return Ok(None);
        }
        let (mut body, mut said) = (vec![0; length], [0; 32]);
        if !filled(from, &mut body)? || !filled(from, &mut said)? {
            return Ok(None);
        }
        let chain = sha256_parts(&[before, &body]);
        let took = u64::try_from(4 + body.len() + 32).unwrap_or(u64::MAX);
        let known = || Self::of_body(&body).map_or(Known::ToNewer, Known::Record);
        Ok((chain == said).then(|| (known(), chain, took)))
    }

    fn of_body(mut body: &[u8]) -> Option<Self> {
        let body = &mut body;
        let [kind] = take(body, 1)? else { return None };
        let kind = Kind::of(*kind)?;
        let number = number(body)?;
        let size = self::number(body)?;
        let time = match i64::from_be_bytes(take(body, 8)?.try_into().ok()?) {
            i64::MIN => None,
            millis => Some(Time::from_millis(millis).ok()?),
        };
        let count = u32::from_be_bytes(take(body, 4)?.try_into().ok()?);
        let mut writes = Vec::new();
        for _ in 0..count {
            let length = u16::from_be_bytes(take(body, 2)?.try_into().ok()?);
            let row = Row::of_key(take(body, length.into())?)?;
            let value = match take(body, 1)? {
                [0] => None,
                [1] => {
                    let length = u32::from_be_bytes(take(body, 4)?.try_into().ok()?);
                    Some(take(body, usize::try_from(length).ok()?)?.to_vec())
                }
                _ => return None,
            };
            writes.push(Write { row, value });
        }
        body.is_empty().then_some(Self { kind, number, head: Head { size, time }, writes })
    }
}

fn number(from: &mut &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(take(from, 8)?.try_into().ok()?))
}

fn take<'a>(from: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(count)?;
    *from = rest;
    Some(taken)
}

/// Whether there were so many bytes.
fn filled(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_and_hangs_on_the_one_before() {
        let writes = vec![
            Write::set(Row::Entries(3), vec![7; 5_000]),
            Write::remove(Row::Checkpoint),
            Write::set(Row::CharterEntry(1), b""),
        ];
        for time in [None, Some(Time::from_millis(1_790_000_000_000).unwrap())] {
            let record = Record {
                kind: Kind::Commit,
                number: 9,
                head: Head { size: 4, time },
                writes: writes.clone(),
            };
            let (bytes, chain) = record.chained(&[1; 32]).unwrap();
            let read = Record::read(&mut bytes.as_slice(), &[1; 32]).unwrap();
            assert_eq!(read, Some((Known::Record(record), chain, u64::try_from(bytes.len()).unwrap())));
            assert_eq!(Record::read(&mut bytes.as_slice(), &[2; 32]).unwrap(), None, "on another");
            for cut in 0..bytes.len() {
                assert_eq!(Record::read(&mut &bytes[..cut], &[1; 32]).unwrap(), None, "cut at {cut}");
            }
            for at in (0..bytes.len()).step_by(37) {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1;
                assert_eq!(Record::read(&mut flipped.as_slice(), &[1; 32]).unwrap(), None, "flipped at {at}");
            }
        }
    }

    /// What hangs on the chain is no damage, whatever is in it.
    #[test]
    fn a_record_of_a_newer_program_is_told_from_damage() {
        let head = Head { size: 4, time: None };
        let writes = vec![Write::set(Row::Entries(3), b"entry")];
        let (mut bytes, _) = Record { kind: Kind::Put, number: 9, head, writes }.chained(&[1; 32]).unwrap();
        let until = bytes.len() - 32;
        // The family of the row.
        bytes[4 + HEAD + 2] = b'~';
        assert_eq!(Record::read(&mut bytes.as_slice(), &[1; 32]).unwrap(), None, "damaged");
        let chain = sha256_parts(&[&[1; 32], &bytes[4..until]]);
        bytes[until..].copy_from_slice(&chain);
        let took = u64::try_from(bytes.len()).unwrap();
        let read = Record::read(&mut bytes.as_slice(), &[1; 32]).unwrap();
        assert_eq!(read, Some((Known::ToNewer, chain, took)));
    }
}
