//! How one entry of a pack is written: as what differs from an earlier one of its shape, or whole. The text is cut at its
//! quotation marks; of an entry like another only those pieces are kept that differ, and where such a piece is the one text
//! of some bytes (a digest, a key id, a handle, base64url), the bytes.
//!
//! It knows nothing of JSON or of the ledger: any bytes come back as they were. Not here: packs (`super`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::crypto::{base64url, hex};
use crate::values::identifiers::Handle;

/// An entry in a pack.
#[derive(Serialize, Deserialize)]
enum Packed<'a> {
    /// As it is.
    Whole(#[serde(borrow)] Cow<'a, [u8]>),
    /// Like the entry at this place of the pack, which is whole, but for some pieces.
    Like(u8, #[serde(borrow)] Vec<Other<'a>>),
}

/// A piece that differs.
#[derive(Serialize, Deserialize)]
struct Other<'a> {
    /// Pieces before it that are the same, since the last that was not.
    same: u16,
    #[serde(borrow)]
    said: Said<'a>,
}

/// What a piece says.
#[derive(Serialize, Deserialize)]
enum Said<'a> {
    /// As many bytes as the other piece begins with, then these.
    Text(u8, #[serde(borrow)] Cow<'a, [u8]>),
    /// 16 bytes in hex.
    Id([u8; 16]),
    /// 32 bytes in hex.
    Digest([u8; 32]),
    /// A handle.
    Handle([u8; 16]),
    /// Bytes in base64url.
    Bytes(#[serde(borrow)] Cow<'a, [u8]>),
}

/// How many pieces an entry has: those of one shape have as many.
pub(super) fn shape(entry: &[u8]) -> usize {
    pieces(entry).count()
}

/// An entry as it is.
pub(super) fn whole(entry: &[u8]) -> Option<Vec<u8>> {
    postcard::to_stdvec(&Packed::Whole(entry.into())).ok()
}

/// An entry as it differs from the one at `place`, which has its shape.
pub(super) fn like(place: u8, reference: &[u8], entry: &[u8]) -> Option<Vec<u8>> {
    let mut others = Vec::new();
    let mut same = 0;
    for (before, piece) in pieces(reference).zip(pieces(entry)) {
        if before == piece {
            same += 1;
        } else {
            others.push(Other { same: std::mem::take(&mut same), said: Said::of(piece, before) });
        }
    }
    postcard::to_stdvec(&Packed::Like(place, others)).ok()
}

/// The entry again; `at` gives what is written at an earlier place. `None` for what was not written so.
pub(super) fn read<'a>(packed: &'a [u8], at: impl FnOnce(u8) -> Option<&'a [u8]>) -> Option<Vec<u8>> {
    let (place, others) = match postcard::from_bytes(packed).ok()? {
        Packed::Whole(entry) => return Some(entry.into_owned()),
        Packed::Like(place, others) => (place, others),
    };
    let Packed::Whole(reference) = postcard::from_bytes(at(place)?).ok()? else { return None };
    let mut entry = Vec::with_capacity(reference.len());
    let mut others = others.iter();
    let mut next = others.next();
    let mut same = 0;
    for (number, piece) in pieces(&reference).enumerate() {
        if number > 0 {
            entry.push(b'"');
        }
        match next {
            Some(other) if other.same == same => {
                other.said.write(piece, &mut entry)?;
                next = others.next();
                same = 0;
            }
            _ => {
                entry.extend_from_slice(piece);
                same = same.saturating_add(1);
            }
        }
    }
    next.is_none().then_some(entry)
}

/// Whether an entry is written whole, and what it is then.
pub(super) fn read_whole(packed: &[u8]) -> Option<Vec<u8>> {
    match postcard::from_bytes(packed).ok()? {
        Packed::Whole(entry) => Some(entry.into_owned()),
        Packed::Like(..) => None,
    }
}

fn pieces(entry: &[u8]) -> impl Iterator<Item = &[u8]> {
    entry.split(|byte| *byte == b'"')
}

impl Said<'_> {
    /// The shortest that gives the piece again.
    fn of<'a>(piece: &'a [u8], before: &[u8]) -> Said<'a> {
        let text = std::str::from_utf8(piece).unwrap_or_default();
        let as_bytes = match text.len() {
            32 => hex::decode(text).ok().map(Said::Id),
            36 => text.parse::<Handle>().ok().map(|handle| Said::Handle(*handle.as_bytes())),
            64 => hex::decode(text).ok().map(Said::Digest),
            22.. => base64url::decode(text).map(|bytes| Said::Bytes(bytes.into())),
            _ => None,
        };
        // Whatever a parser allows, the text must come back.
        let told = as_bytes.filter(|said| {
            let mut told = Vec::with_capacity(piece.len());
            said.write(before, &mut told).is_some() && told == piece
        });
        told.unwrap_or_else(|| {
            let alike = before.iter().zip(piece).take(255).take_while(|(one, other)| one == other).count();
            let rest = piece.get(alike..).unwrap_or_default();
            Said::Text(u8::try_from(alike).unwrap_or_default(), rest.into())
        })
    }

    /// Writes the piece; `None` if it cannot follow from `before`.
    fn write(&self, before: &[u8], out: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::Text(alike, rest) => {
                out.extend_from_slice(before.get(..usize::from(*alike))?);
                out.extend_from_slice(rest);
            }
            Self::Id(bytes) => out.extend_from_slice(hex::encode(bytes).as_bytes()),
            Self::Digest(bytes) => out.extend_from_slice(hex::encode(bytes).as_bytes()),
            Self::Handle(bytes) => {
                out.extend_from_slice(Handle::from_bytes(*bytes).ok()?.to_string().as_bytes());
            }
            Self::Bytes(bytes) => out.extend_from_slice(base64url::encode(bytes).as_bytes()),
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(reference: &str, entry: &str) -> usize {
        let (first, packed) =
            (whole(reference.as_bytes()).unwrap(), like(0, reference.as_bytes(), entry.as_bytes()).unwrap());
        assert_eq!(read(&packed, |_| Some(&first)).as_deref(), Some(entry.as_bytes()), "{reference}");
        packed.len()
    }

    #[test]
    fn what_is_bytes_lies_as_bytes() {
        let of = |digest: &str, time: &str| format!(r#"{{"digest":"{digest}","n":{},"time":"{time}"}}"#, 7);
        let (one, other) = ("ab".repeat(32), "cd".repeat(32));
        let length = there_and_back(&of(&one, "2026-11-22T06:00"), &of(&other, "2026-11-22T06:01"));
        // Place and number of pieces; how many are the same, form, 32 bytes; the same, form, length, one letter.
        assert_eq!(length, 3 + 2 + 32 + 2 + 1 + 2);
        let capital = of(&one.to_uppercase(), "");
        assert!(there_and_back(&of(&one, ""), &capital) > 64, "another text of the same bytes");
        let handle = "01997000-0000-7000-8000-00000000000a";
        assert_eq!(there_and_back(r#""""#, &format!("\"{handle}\"")), 3 + 2 + 16);
        assert!(there_and_back(r#""""#, &format!("\"{}\"", handle.to_uppercase())) > 36);
        let signature = base64url::encode(&[9; 64]);
        assert_eq!(there_and_back(r#""""#, &format!("\"{signature}\"")), 3 + 2 + 1 + 64);
    }

    #[test]
    fn any_text_of_the_shape_comes_back() {
        for [reference, entry] in
            [["", ""], ["a", ""], ["", "b"], ["a\"b\"c", "\"\""], ["长期\"x", "长年\"x"]]
        {
            there_and_back(reference, entry);
        }
        let long = "x".repeat(400);
        assert!(
            there_and_back(&long, &format!("{long}y")) < 160,
            "no more than 255 are taken from the other"
        );
    }

    #[test]
    fn what_was_not_written_so_is_not_read() {
        let first = whole(b"a\"b\"c").unwrap();
        let packed = like(0, b"a\"b\"c", b"a\"e\"c").unwrap();
        assert!(read(&packed, |_| None).is_none(), "nothing is at that place");
        assert!(read(&packed, |_| Some(&packed)).is_none(), "what is there is not whole");
        let short = whole(b"a").unwrap();
        assert!(read(&packed, |_| Some(&short)).is_none(), "it has other pieces");
        assert!(read(&packed[..packed.len() - 1], |_| Some(&first)).is_none());
        assert!(read(b"", |_| Some(&first)).is_none());
    }
}
