//! The paths of tiles and entry bundles (C2SP tlog-tiles): `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`. Each
//! has one spelling; others are refused.

use std::fmt;
use std::str::FromStr;

use super::tile::{TileId, Width};

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TilePath {
    /// A tile of hashes.
    Hashes(TileId, Width),
    /// The bundle of entries with that index.
    Entries(u64, Width),
}

/// Why a path was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Does not begin `tile/`.
    #[error("a tile path begins with tile/")]
    Prefix,
    /// Neither `entries` nor 0 to 63 without leading zeros.
    #[error("a tile level is entries or 0 to 63, without leading zeros")]
    Level,
    /// An index not in groups of three digits, all but the last with an `x` and not all zero at the front, or too large.
    #[error("a tile index is groups of three digits, x before all but the last, and fits 64 bits")]
    Index,
    /// A partial width that is not 1 to 255 without leading zeros.
    #[error("a partial width is 1 to 255, without leading zeros")]
    Width,
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match self {
            Self::Hashes(tile, width) => {
                write!(f, "tile/{}/", tile.level())?;
                (tile.index(), width)
            }
            Self::Entries(index, width) => {
                f.write_str("tile/entries/")?;
                (*index, width)
            }
        };
        write_groups(f, index / 1000)?;
        write!(f, "{:03}", index % 1000)?;
        if width.is_full() { Ok(()) } else { write!(f, ".p/{}", width.count()) }
    }
}

/// All groups but the last.
fn write_groups(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    if index == 0 {
        return Ok(());
    }
    write_groups(f, index / 1000)?;
    write!(f, "x{:03}/", index % 1000)
}

impl FromStr for TilePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let rest = text.strip_prefix("tile/").ok_or(PathError::Prefix)?;
        let (level, rest) = rest.split_once('/').ok_or(PathError::Index)?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, partial_width(width)?),
            None => (rest, Width::FULL),
        };
        if level == "entries" {
            return Ok(Self::Entries(parse_index(index)?, width));
        }
        let level = plain_number(level).and_then(|level| u8::try_from(level).ok()).ok_or(PathError::Level)?;
        // The level before the index, so that the error names the first thing wrong.
        TileId::new(level, 0).map_err(|_| PathError::Level)?;
        let tile = TileId::new(level, parse_index(index)?).map_err(|_| PathError::Level)?;
        Ok(Self::Hashes(tile, width))
    }
}

fn partial_width(text: &str) -> Result<Width, PathError> {
    let width = plain_number(text).and_then(|count| Width::new(usize::from(count)).ok());
    width.filter(|width| !width.is_full()).ok_or(PathError::Width)
}

/// A decimal number without sign or leading zeros.
fn plain_number(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|digit| digit.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

fn parse_index(text: &str) -> Result<u64, PathError> {
    let mut index: u64 = 0;
    let mut groups = text.split('/').peekable();
    let mut first = true;
    while let Some(group) = groups.next() {
        let more = groups.peek().is_some();
        let digits = if more { group.strip_prefix('x').ok_or(PathError::Index)? } else { group };
        if digits.len() != 3
            || !digits.bytes().all(|digit| digit.is_ascii_digit())
            || (first && more && digits == "000")
        {
            return Err(PathError::Index);
        }
        let value: u64 = digits.parse().map_err(|_| PathError::Index)?;
        index = index.checked_mul(1000).and_then(|index| index.checked_add(value)).ok_or(PathError::Index)?;
        first = false;
    }
    Ok(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_specification() {
        for (text, index, width) in [
            ("tile/entries/000", 0, 256),
            ("tile/entries/255.p/1", 255, 1),
            ("tile/entries/x001/000", 1000, 256),
            ("tile/entries/x001/x234/067", 1_234_067, 256),
            ("tile/entries/x039/x062/499.p/255", 39_062_499, 255),
            ("tile/entries/x018/x446/x744/x073/x709/x551/615", u64::MAX, 256),
        ] {
            let path = TilePath::Entries(index, Width::new(width).unwrap());
            assert_eq!(path.to_string(), text);
            assert_eq!(text.parse(), Ok(path));
        }
        let tile = TilePath::Hashes(TileId::new(63, 7).unwrap(), Width::FULL);
        assert_eq!("tile/63/007".parse(), Ok(tile));
    }

    #[test]
    fn other_spellings_are_refused() {
        for (text, error) in [
            ("", PathError::Prefix),
            ("/tile/0/000", PathError::Prefix),
            ("tile/0", PathError::Index),
            ("tile/0/", PathError::Index),
            ("tile/64/000", PathError::Level),
            ("tile/256/000", PathError::Level),
            ("tile/00/000", PathError::Level),
            ("tile/01/000", PathError::Level),
            ("tile/+1/000", PathError::Level),
            ("tile/-1/000", PathError::Level),
            ("tile//000", PathError::Level),
            ("tile/data/000", PathError::Level),
            ("tile/0/0", PathError::Index),
            ("tile/0/0000", PathError::Index),
            ("tile/0/x000/001", PathError::Index),
            ("tile/0/x000/x001/001", PathError::Index),
            ("tile/0/001/000", PathError::Index),
            ("tile/0/x001/x000", PathError::Index),
            ("tile/0/x001/000/", PathError::Index),
            ("tile/0/x001//000", PathError::Index),
            ("tile/0/X001/000", PathError::Index),
            ("tile/0/+01", PathError::Index),
            ("tile/0/x018/x446/x744/x073/x709/x551/616", PathError::Index),
            ("tile/0/000.p", PathError::Index),
            ("tile/0/000.p/", PathError::Width),
            ("tile/0/000.p/0", PathError::Width),
            ("tile/0/000.p/01", PathError::Width),
            ("tile/0/000.p/256", PathError::Width),
            ("tile/0/000.p/+1", PathError::Width),
            ("tile/0/000.p/1/", PathError::Width),
            ("tile/0/000.p/1.p/1", PathError::Width),
        ] {
            assert_eq!(text.parse::<TilePath>(), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn paths_read_back(level in 0_u8..64, index: u64, shift in 0_u32..64, count in 1_usize..=256) {
            let (index, width) = (index >> shift, Width::new(count).unwrap());
            for path in [TilePath::Hashes(TileId::new(level, index).unwrap(), width), TilePath::Entries(index, width)] {
                prop_assert_eq!(path.to_string().parse(), Ok(path));
            }
        }

        #[test]
        fn what_parses_is_the_one_spelling(text in "tile/([0-9]{1,2}|entries)/(x[0-9]{3}/){0,8}[0-9]{3}(\\.p/[0-9]{1,3})?") {
            if let Ok(path) = text.parse::<TilePath>() { prop_assert_eq!(path.to_string(), text); }
        }
    }
}
