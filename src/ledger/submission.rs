//! What a log sends to a witness (C2SP tlog-witness, `add-checkpoint`): the size that the witness cosigned last, the proof
//! that the new tree continues that one, and the new checkpoint. Not here: what a witness makes of it (`witness`).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{decimal, hash};
use crate::merkle::{ConsistencyProof, Hash};
use crate::note::{Note, NoteError};

/// Most hashes of a proof; the specification forbids more.
pub const MAX_PROOF: usize = 63;
/// Longest submission that is read, in bytes: the proof, and a note with more post-quantum signatures than the sixteen
/// that must be read.
pub const MAX_SUBMISSION: usize = 128 * 1024;
/// Media type of the size that a witness answers where another one was stated.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// Why a submission cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SubmissionError {
    /// Longer than [`MAX_SUBMISSION`].
    #[error("the submission has {length} bytes; {MAX_SUBMISSION} are read at most")]
    TooLong {
        /// Bytes given.
        length: usize,
    },
    /// Not UTF-8.
    #[error("the submission is not UTF-8")]
    NotUtf8,
    /// The first line is not `old` and a decimal number.
    #[error("the first line is not \"old\" and a size")]
    Old,
    /// A line of the proof that is not a hash in base64; counted from 0.
    #[error("hash {0} of the proof is not 32 bytes in base64")]
    Hash(usize),
    /// More hashes than [`MAX_PROOF`].
    #[error("the proof has more than {MAX_PROOF} hashes")]
    ProofTooLong,
    /// No empty line before the checkpoint.
    #[error("no empty line between the proof and the checkpoint")]
    NoCheckpoint,
    /// The checkpoint is no note.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// A submission that can be read. Nothing in it is believed yet, nor need the note hold a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The size that the witness is said to have cosigned last.
    pub old: u64,
    /// RFC 6962 consistency proof from there, lowest first; empty from 0.
    pub proof: Vec<Hash>,
    /// The new checkpoint with its signatures.
    pub note: Note,
}

impl Submission {
    /// Parses a body; what is written back by `Display` is the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, SubmissionError> {
        if bytes.len() > MAX_SUBMISSION {
            return Err(SubmissionError::TooLong { length: bytes.len() });
        }
        let text = str::from_utf8(bytes).map_err(|_| SubmissionError::NotUtf8)?;
        let (head, note) = text.split_once("\n\n").ok_or(SubmissionError::NoCheckpoint)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| decimal(line.strip_prefix("old ")?));
        let old = old.ok_or(SubmissionError::Old)?;
        let proof = lines
            .enumerate()
            .take(MAX_PROOF + 1)
            .map(|(number, line)| hash(line).map(Hash).ok_or(SubmissionError::Hash(number)))
            .collect::<Result<Vec<_>, _>>()?;
        if proof.len() > MAX_PROOF {
            return Err(SubmissionError::ProofTooLong);
        }
        Ok(Self { old, proof, note: Note::parse(note.as_bytes())? })
    }

    /// The proof as a proof to `size`; for `old` and `size` that have one.
    pub fn consistency(&self, size: u64) -> ConsistencyProof {
        ConsistencyProof { old_size: self.old, size, path: self.proof.clone() }
    }
}

impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash.0)))?;
        write!(f, "\n{}", self.note)
    }
}

/// The size in an answer of [`SIZE_TYPE`].
pub fn answered_size(body: &[u8]) -> Option<u64> {
    decimal(str::from_utf8(body).ok()?.strip_suffix('\n')?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::PrivateKey;
    use crate::ledger::checkpoint::Checkpoint;

    fn submission(old: u64, hashes: usize) -> Submission {
        let key = PrivateKey::from_seed(&[1; 32]).unwrap();
        let note = Checkpoint::new("log.example/1".parse().unwrap(), 70, [7; 32]).sign(&key, &[]).unwrap();
        Submission { old, proof: vec![Hash([9; 32]); hashes], note }
    }

    #[test]
    fn written_back_as_read() {
        for (old, hashes) in [(0, 0), (3, 4), (u64::MAX, MAX_PROOF)] {
            let whole = submission(old, hashes);
            assert_eq!(Submission::parse(whole.to_string().as_bytes()).unwrap(), whole);
        }
    }

    #[test]
    fn every_spoiled_line_is_refused() {
        let good = submission(3, 2).to_string();
        let hash = STANDARD.encode([9; 32]);
        for (bad, why) in [
            (String::new(), "no empty line"),
            (good.replacen("old 3", "old 03", 1), "first line"),
            (good.replacen("old 3", "old  3", 1), "first line"),
            (good.replacen("old 3", "Old 3", 1), "first line"),
            (good.replacen("old 3", "old", 1), "first line"),
            (good.replacen("old 3", "old -1", 1), "first line"),
            (good.replacen("old 3", "old 18446744073709551616", 1), "first line"),
            (good.replacen(&hash, "CQkJ", 1), "hash 0"),
            (good.replacen(&hash, hash.trim_end_matches('='), 1), "hash 0"),
            (good.replacen('\n', "\r\n", 2), "first line"),
            (good.replacen("\n\n", "\n", 1), "hash 2"),
            (good.trim_end().to_owned(), "signature line"),
            (submission(3, MAX_PROOF + 1).to_string(), "more than 63"),
            (" ".repeat(MAX_SUBMISSION + 1), "at most"),
        ] {
            let error = Submission::parse(bad.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{bad:?}: {error}");
        }
        assert!(matches!(Submission::parse(&[0xff]), Err(SubmissionError::NotUtf8)));
    }

    #[test]
    fn the_size_of_a_conflict() {
        assert_eq!(answered_size(b"20852014\n"), Some(20_852_014));
        for bad in [b"20852014".as_slice(), b"", b"\n", b"01\n", b"1\n\n", b"-1\n", b"\xff\n"] {
            assert_eq!(answered_size(bad), None);
        }
    }
}
