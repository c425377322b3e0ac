//! How rows lie in the tree. A value longer than 4 KiB is cut into parts under rows of their own.
//!
//! Why 4 KiB: sled writes a page over 128 KiB to a file of its own in `blobs/`, which it never syncs, and a leaf holds
//! 16 rows before it splits, more while it merges with its neighbour. Sixteen full tiles of 8,192 bytes in one leaf
//! would already be over; thirty rows of 4 KiB are not.
//!
//! - `00 76` layout version; `00 6a` what is known of the journal ([`Row::Mark`](crate::authority::store::Row)); `00 68` head: size, then the time of the last entry if there is one, 8 bytes each.
//! - the row's key: `00 value`, or `01 length(4) first part`.
//! - `00 63 key number(2)`: the parts after the first, numbered from 1.
//!
//! All numbers big-endian. Rows' own keys never begin with `00`.

use crate::authority::store::{Head, StoreError};
use crate::values::time::Time;

/// Version of this layout.
pub(super) const LAYOUT: &[u8] = &[8];
/// Version from the first bundle on that is put away: a program that knows no archive would take what is not in the rows for damage.
pub(super) const LAYOUT_ARCHIVED: &[u8] = &[9];
/// Row of the layout's version.
pub(super) const LAYOUT_KEY: &[u8] = b"\0v";
/// Row of the head.
pub(super) const HEAD_KEY: &[u8] = b"\0h";
/// The first key that can be a row's own.
pub(super) const FIRST_KEY: &[u8] = &[1];
/// Longest part, in bytes.
const PART: usize = 4_096;
const WHOLE: u8 = 0;
const CUT: u8 = 1;

/// What stands under a row's own key.
pub(super) enum Stored<'a> {
    /// The value.
    Whole(&'a [u8]),
    /// The value's length and its first part.
    Cut(usize, &'a [u8]),
}

impl<'a> Stored<'a> {
    /// Reads what stands under a row's own key.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, StoreError> {
        match bytes.split_first() {
            Some((&WHOLE, value)) => Ok(Self::Whole(value)),
            Some((&CUT, rest)) => {
                let (length, first) = rest.split_first_chunk().ok_or_else(damaged)?;
                let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| damaged())?;
                Ok(Self::Cut(length, first))
            }
            _ => Err(damaged()),
        }
    }

    /// How many parts there are after the first.
    pub(super) fn further_parts(&self) -> u16 {
        match self {
            Self::Whole(_) => 0,
            Self::Cut(length, _) => {
                u16::try_from(length.div_ceil(PART).saturating_sub(1)).unwrap_or(u16::MAX)
            }
        }
    }
}

/// What to store for a value: what stands under the row's own key, then the further parts.
pub(super) fn cut(value: &[u8]) -> (Vec<u8>, impl Iterator<Item = &[u8]>) {
    let mut parts = value.chunks(PART);
    let first = parts.next().unwrap_or_default();
    let mut stored = Vec::with_capacity(first.len().saturating_add(5));
    match u32::try_from(value.len()) {
        Ok(length) if value.len() > PART => {
            stored.push(CUT);
            stored.extend_from_slice(&length.to_be_bytes());
        }
        // Lengths beyond 32 bits do not come here: the port's bound is 1 MiB.
        _ => stored.push(WHOLE),
    }
    stored.extend_from_slice(first);
    (stored, parts)
}

/// The key of a further part, numbered from 1. No two rows share one: keys of equal length differ before the number,
/// others in length.
pub(super) fn part_key(key: &[u8], number: u16) -> Vec<u8> {
    [b"\0c", key, &number.to_be_bytes()].concat()
}

/// The head's bytes.
pub(super) fn write_head(head: Head) -> Vec<u8> {
    let mut bytes = head.size.to_be_bytes().to_vec();
    if let Some(time) = head.time {
        bytes.extend_from_slice(&time.millis().to_be_bytes());
    }
    bytes
}

/// Reads the head's bytes.
pub(super) fn read_head(bytes: &[u8]) -> Result<Head, StoreError> {
    let (size, time) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let time = match time {
        [] => None,
        time => {
            let millis = i64::from_be_bytes(time.try_into().map_err(|_| damaged())?);
            Some(Time::from_millis(millis).map_err(|_| damaged())?)
        }
    };
    Ok(Head { size: u64::from_be_bytes(*size), time })
}

/// Bytes that were not written so.
pub(super) fn damaged() -> StoreError {
    StoreError::Unreadable("a row's bytes are not in the store's layout".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_at_4_kib() {
        for (length, further) in
            [(0, 0), (1, 0), (4_096, 0), (4_097, 1), (8_192, 1), (8_193, 2), (1 << 20, 255)]
        {
            let value = vec![7; length];
            let (stored, parts) = cut(&value);
            let parts: Vec<_> = parts.collect();
            assert_eq!(parts.len(), further, "{length}");
            assert!(stored.len() <= PART + 5 && parts.iter().all(|part| part.len() <= PART));
            let read = Stored::read(&stored).unwrap();
            assert_eq!(usize::from(read.further_parts()), further, "{length}");
        }
    }

    #[test]
    fn heads_are_read_as_written_and_nothing_else_is() {
        let times = [None, Some(Time::MIN), Some(Time::from_millis(0).unwrap()), Some(Time::MAX)];
        for head in times.map(|time| Head { size: 3, time }) {
            assert_eq!(read_head(&write_head(head)), Ok(head));
        }
        for bad in [&[][..], &[0; 7], &[0; 9], &[0; 17], &[0x7f; 16]] {
            assert!(read_head(bad).is_err(), "{bad:?}");
        }
        for bad in [&[][..], &[2, 0], &[CUT, 0, 0, 0]] {
            assert!(Stored::read(bad).is_err(), "{bad:?}");
        }
    }
}
