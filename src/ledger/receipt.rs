//! Receipts (C2SP tlog-proof): that an entry stands at an index of the tree of a checkpoint, on its own in a file.
//! In ours the `extra` line is the entry's bytes, to be trusted only through their leaf hash. Not here: following
//! the path from leaf to root (`merkle`), and verifying the checkpoint ([`super::checkpoint::VerifiedCheckpoint`]).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, CheckpointError, decimal, hash};
use crate::note::{MAX_NOTE, Note};

/// First line of every receipt.
const HEADER: &str = "c2sp.org/tlog-proof@v1\n";
/// Most hashes of a path: the height of a tree of 2^63 entries.
pub const MAX_PATH: usize = 63;
/// Longest `extra`, in bytes: the longest entry that a tlog-tiles bundle can hold.
pub const MAX_EXTRA: usize = 65_535;
/// Longest receipt that is read, in bytes: a note and what stands before it, the `extra` in base64.
pub const MAX_RECEIPT: usize = MAX_NOTE + 4 * MAX_EXTRA / 3 + 64 * MAX_PATH;

/// Why a receipt was refused.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// Longer than [`MAX_RECEIPT`].
    #[error("the receipt has {length} bytes; {MAX_RECEIPT} are read at most")]
    TooLong {
        /// Bytes given.
        length: usize,
    },
    /// Not UTF-8.
    #[error("the receipt is not UTF-8")]
    NotUtf8,
    /// Does not begin with the line of this format and version.
    #[error("not a receipt: the first line is not c2sp.org/tlog-proof@v1")]
    Header,
    /// Not strict base64, or more than [`MAX_EXTRA`] bytes.
    #[error("the extra line is not base64 of at most {MAX_EXTRA} bytes")]
    Extra,
    /// No `index` line with a decimal number.
    #[error("the receipt has no index line with a decimal number")]
    Index,
    /// A line of the path that is not a hash in base64; counted from 0.
    #[error("hash {0} of the path is not 32 bytes in base64")]
    Hash(usize),
    /// More hashes than any tree is high.
    #[error("the path has more than {MAX_PATH} hashes")]
    PathTooLong,
    /// No empty line before the checkpoint.
    #[error("no empty line between the path and the checkpoint")]
    NoCheckpoint,
    /// The checkpoint cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The index lies outside the tree of the checkpoint.
    #[error("index {index} in a tree of {size}")]
    OutOfTree {
        /// The index line.
        index: u64,
        /// The checkpoint's size.
        size: u64,
    },
}

/// An entry's place in a tree, and the path from there: a receipt without its checkpoint, which several may share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    extra: Option<Vec<u8>>,
    index: u64,
    path: Vec<[u8; 32]>,
}

impl Included {
    /// For the entry at `index`, with the path from its sibling up to the root's child.
    pub fn new(extra: Option<Vec<u8>>, index: u64, path: Vec<[u8; 32]>) -> Result<Self, ReceiptError> {
        if extra.as_ref().is_some_and(|extra| extra.len() > MAX_EXTRA) {
            return Err(ReceiptError::Extra);
        }
        if path.len() > MAX_PATH {
            return Err(ReceiptError::PathTooLong);
        }
        Ok(Self { extra, index, path })
    }

    /// Parses its lines, without the line feed of the last.
    pub fn parse(lines: &str) -> Result<Self, ReceiptError> {
        let (extra, lines) = match lines.strip_prefix("extra ") {
            Some(line) => line.split_once('\n').ok_or(ReceiptError::Index).and_then(|(encoded, lines)| {
                Ok((Some(STANDARD.decode(encoded).map_err(|_| ReceiptError::Extra)?), lines))
            })?,
            None => (None, lines),
        };
        let mut lines = lines.split('\n');
        let index = lines.next().and_then(|line| decimal(line.strip_prefix("index ")?));
        let index = index.ok_or(ReceiptError::Index)?;
        let path = lines
            .enumerate()
            .take(MAX_PATH + 1)
            .map(|(number, line)| hash(line).ok_or(ReceiptError::Hash(number)))
            .collect::<Result<_, _>>()?;
        Self::new(extra, index, path)
    }

    /// Unauthenticated bytes: in ours those of the entry.
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// The entry's place in the ledger, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// RFC 6962 inclusion path, the leaf's sibling first.
    pub fn path(&self) -> &[[u8; 32]] {
        &self.path
    }
}

impl fmt::Display for Included {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash)))
    }
}

/// A parsed receipt. Nothing in it is believed yet: neither the checkpoint nor the path has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    included: Included,
    checkpoint: Checkpoint,
    note: Note,
}

impl Receipt {
    /// A receipt for the entry at `index`, with the path from its sibling up to the root's child.
    pub fn new(
        extra: Option<Vec<u8>>,
        index: u64,
        path: Vec<[u8; 32]>,
        note: Note,
    ) -> Result<Self, ReceiptError> {
        Self::of(Included::new(extra, index, path)?, note)
    }

    /// A receipt under a checkpoint.
    pub fn of(included: Included, note: Note) -> Result<Self, ReceiptError> {
        let checkpoint: Checkpoint = note.text().parse()?;
        if included.index >= checkpoint.size {
            return Err(ReceiptError::OutOfTree { index: included.index, size: checkpoint.size });
        }
        Ok(Self { included, checkpoint, note })
    }

    /// Parses the bytes of a receipt; what is written back by `Display` is the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() > MAX_RECEIPT {
            return Err(ReceiptError::TooLong { length: bytes.len() });
        }
        let text = str::from_utf8(bytes).map_err(|_| ReceiptError::NotUtf8)?;
        let rest = text.strip_prefix(HEADER).ok_or(ReceiptError::Header)?;
        let (lines, note) = rest.split_once("\n\n").ok_or(ReceiptError::NoCheckpoint)?;
        let included = Included::parse(lines)?;
        Self::of(included, Note::parse(note.as_bytes()).map_err(CheckpointError::from)?)
    }

    /// Unauthenticated bytes: in ours those of the entry.
    pub fn extra(&self) -> Option<&[u8]> {
        self.included.extra()
    }

    /// The entry's place in the ledger, from 0.
    pub fn index(&self) -> u64 {
        self.included.index()
    }

    /// RFC 6962 inclusion path, the leaf's sibling first.
    pub fn path(&self) -> &[[u8; 32]] {
        self.included.path()
    }

    /// What the checkpoint says, if it is to be believed.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The checkpoint with its signatures.
    pub fn note(&self) -> &Note {
        &self.note
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HEADER}{}\n{}", self.included, self.note)
    }
}

impl FromStr for Receipt {
    type Err = ReceiptError;
    fn from_str(text: &str) -> Result<Self, ReceiptError> {
        Self::parse(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::PrivateKey;

    fn note(size: u64) -> Note {
        let key = PrivateKey::from_seed(&[1; 32]).unwrap();
        Checkpoint::new("log.example/1".parse().unwrap(), size, [7; 32]).sign(&key, &[]).unwrap()
    }

    fn receipt(extra: Option<&[u8]>, path: usize) -> Result<Receipt, ReceiptError> {
        Receipt::new(extra.map(<[u8]>::to_vec), 2, vec![[9; 32]; path], note(4))
    }

    #[test]
    fn written_back_as_read() {
        for extra in [None, Some(b"".as_slice()), Some(b"{\"v\":1}")] {
            for path in [0, 2, MAX_PATH] {
                let receipt = receipt(extra, path).unwrap();
                assert_eq!(receipt.to_string().parse::<Receipt>().unwrap(), receipt);
            }
        }
    }

    #[test]
    fn every_spoiled_line_is_refused() {
        let good = receipt(Some(b"entry"), 2).unwrap().to_string();
        let hash = STANDARD.encode([9; 32]);
        for (bad, why) in [
            (String::new(), "first line"),
            (good.replace("@v1", "@v2"), "first line"),
            (good.replace('\n', "\r\n"), "first line"),
            (format!("\u{feff}{good}"), "first line"),
            (good.replacen("extra ", "extra  ", 1), "extra line"),
            (good.replacen("ZW50cnk=", "ZW50cnl=", 1), "extra line"),
            (good.replacen("ZW50cnk=", "ZW50cnk", 1), "extra line"),
            (good.replacen("index", "extra AA==\nindex", 1), "index line"),
            (good.replacen("index 2", "index 02", 1), "index line"),
            (good.replacen("index 2", "index +2", 1), "index line"),
            (good.replacen("index 2", "index ", 1), "index line"),
            (good.replacen("index 2\n", "", 1), "index line"),
            (good.replacen("index 2\n", "index 2\nindex 2\n", 1), "hash 0"),
            (good.replacen("index 2", "index 4", 1), "index 4 in a tree of 4"),
            (good.replacen(&hash, "CQkJ", 1), "hash 0"),
            (good.replacen(&hash, &format!("{hash} "), 1), "hash 0"),
            (good.replacen("\n\n", "\n", 1), "hash 2"),
            (good.replacen("\n\n", "\n\n\n", 1), "origin"),
            (good.trim_end().to_owned(), "signature line"),
            (format!("{good}\n"), "signatures"),
            (good.replacen("\n4\n", "\n04\n", 1), "tree size"),
            (good.split("\n\n").next().unwrap().to_owned(), "no empty line"),
        ] {
            let error = Receipt::parse(bad.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{bad:?}: {error}");
        }
    }

    #[test]
    fn sizes_are_limited() {
        assert!(matches!(receipt(None, MAX_PATH + 1), Err(ReceiptError::PathTooLong)));
        assert!(receipt(Some(&[0; MAX_EXTRA]), 0).is_ok());
        assert!(matches!(receipt(Some(&[0; MAX_EXTRA + 1]), 0), Err(ReceiptError::Extra)));
        let hash = format!("{}\n", STANDARD.encode([9; 32]));
        let long =
            receipt(None, 0).unwrap().to_string().replacen("\n\n", &format!("\n{}\n", hash.repeat(64)), 1);
        assert!(matches!(Receipt::parse(long.as_bytes()), Err(ReceiptError::PathTooLong)));
        let long = " ".repeat(MAX_RECEIPT + 1);
        assert!(matches!(Receipt::parse(long.as_bytes()), Err(ReceiptError::TooLong { .. })));
    }
}
