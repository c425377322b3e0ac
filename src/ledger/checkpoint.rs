//! Checkpoints (C2SP tlog-checkpoint): origin, size and root of a tree, as the text of a signed note. A checkpoint
//! holds no time; only its cosignatures do. Not here: whether two checkpoints are consistent (`merkle`), and which
//! sizes a retired key may still prove (`law`).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::digest::sha256_parts;
use crate::crypto::{PrivateKey, hex};
use crate::note::{KeyName, Note, NoteError, NoteSignature, Scheme, VerifierKey};

/// Why a checkpoint was refused.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it, or its signatures.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Fewer than three lines, an empty line, or no line feed at the end.
    #[error("a checkpoint has an origin, a size and a root, each a line that is not empty")]
    Lines,
    /// Not a decimal number without sign and leading zeros, below 2^64.
    #[error("{0:?} is no tree size")]
    Size(String),
    /// Not the padded base64 of 32 bytes.
    #[error("{0:?} is no root hash in base64")]
    Root(String),
    /// Size 0 with another root than SHA-256 of nothing.
    #[error("an empty tree with the root {}", hex::encode(.0))]
    EmptyRoot([u8; 32]),
    /// Extension lines, which we never sign.
    #[error("a checkpoint of ours has no extension lines; this one has {0}")]
    Extensions(usize),
    /// Names another log than the pinned key.
    #[error("the checkpoint is of {found}, the pinned key of {pinned}")]
    Origin {
        /// The name of the pinned key.
        pinned: KeyName,
        /// The origin line.
        found: KeyName,
    },
    /// The pinned key is not of type 0x01, so it does not sign for a log.
    #[error("the pinned key has the type {0:#04x}; a log signs with 0x01")]
    NotALogKey(u8),
    /// Witnesses signed, but not the log.
    #[error("no signature is by the pinned key of {0}")]
    NotByTheLog(KeyName),
}

/// What a log says of its tree. Says nothing about who said it: that is [`VerifiedCheckpoint`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, the same as the name of its key; it never changes.
    pub origin: KeyName,
    /// Entries in the tree.
    pub size: u64,
    /// RFC 6962 root hash.
    pub root: [u8; 32],
    /// Further lines, as other logs have them; their meaning is not ours to know.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// A checkpoint as this ledger makes them.
    pub fn new(origin: KeyName, size: u64, root: [u8; 32]) -> Self {
        Self { origin, size, root, extensions: Vec::new() }
    }

    /// Signs under the origin, with every key given: two while one key takes over from another.
    pub fn sign(&self, key: &PrivateKey, also: &[&PrivateKey]) -> Result<Note, CheckpointError> {
        if !self.extensions.is_empty() {
            return Err(CheckpointError::Extensions(self.extensions.len()));
        }
        refuse_wrong_empty_root(self.size, self.root)?;
        let mut note = Note::sign(self.to_string(), &self.origin, key)?;
        for other in also {
            note.countersign(&self.origin, other)?;
        }
        Ok(note)
    }
}

impl fmt::Display for Checkpoint {
    /// The text that is signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, STANDARD.encode(self.root))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(CheckpointError::Lines);
        let origin = line()?.parse()?;
        let size = line()?;
        let size = decimal(size).ok_or_else(|| CheckpointError::Size(size.to_owned()))?;
        let root = line()?;
        let root = hash(root).ok_or_else(|| CheckpointError::Root(root.to_owned()))?;
        refuse_wrong_empty_root(size, root)?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(CheckpointError::Lines);
        }
        Ok(Self { origin, size, root, extensions })
    }
}

/// A checkpoint that a pinned key signed, with the witnesses whose lines verified. Only
/// [`VerifiedCheckpoint::verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    checkpoint: Checkpoint,
    log: VerifierKey,
    cosignatures: Vec<Cosignature>,
    note: Note,
}

/// One witness's verified line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness.
    pub witness: VerifierKey,
    /// When it saw this as the largest consistent tree, in seconds since 1970, by its own clock.
    pub time: u64,
}

impl VerifiedCheckpoint {
    /// Verifies a note under the pinned key of its log and the keys of known witnesses. A bad line by any of them
    /// refuses the note; so does an origin that is not the pinned key's name. How many witnesses suffice is the
    /// caller's policy.
    pub fn verify(
        note: Note,
        pinned: &VerifierKey,
        witnesses: &[VerifierKey],
    ) -> Result<Self, CheckpointError> {
        if pinned.scheme() != Scheme::Ed25519 {
            return Err(CheckpointError::NotALogKey(pinned.scheme().byte()));
        }
        let checkpoint: Checkpoint = note.text().parse()?;
        if checkpoint.origin != *pinned.name() {
            let (pinned, found) = (pinned.name().clone(), checkpoint.origin);
            return Err(CheckpointError::Origin { pinned, found });
        }
        let known = [std::slice::from_ref(pinned), witnesses].concat();
        let signers = note.verify(&known)?;
        if signers.iter().all(|signer| signer.key() != pinned) {
            return Err(CheckpointError::NotByTheLog(checkpoint.origin));
        }
        let cosignatures = signers
            .iter()
            .filter_map(|signer| Some(Cosignature { time: signer.time()?, witness: signer.key().clone() }))
            .collect();
        Ok(Self { checkpoint, log: pinned.clone(), cosignatures, note })
    }

    /// As [`VerifiedCheckpoint::verify`], under the first of several pinned keys that will do: those of a log that changed
    /// its key, or of several logs.
    pub fn verify_under_any(
        note: &Note,
        pinned: &[VerifierKey],
        witnesses: &[VerifierKey],
    ) -> Result<Self, CheckpointError> {
        let mut refused = CheckpointError::Note(NoteError::NoneKnown);
        for key in pinned {
            match Self::verify(note.clone(), key, witnesses) {
                Ok(verified) => return Ok(verified),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    /// What the log says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The log's name.
    pub fn origin(&self) -> &KeyName {
        &self.checkpoint.origin
    }

    /// Entries in the tree.
    pub fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// The tree's root hash.
    pub fn root(&self) -> &[u8; 32] {
        &self.checkpoint.root
    }

    /// The pinned key it was verified under.
    pub fn log(&self) -> &VerifierKey {
        &self.log
    }

    /// The witnesses' lines that verified, each witness once.
    pub fn cosignatures(&self) -> &[Cosignature] {
        &self.cosignatures
    }

    /// The whole note, with lines of unknown keys too; its `Display` is the bytes that were verified.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// This checkpoint with a witness's lines added, verified again.
    pub fn with_lines(
        &self,
        lines: Vec<NoteSignature>,
        witnesses: &[VerifierKey],
    ) -> Result<Self, CheckpointError> {
        let mut note = self.note.clone();
        note.append(lines)?;
        Self::verify(note, &self.log, witnesses)
    }
}

fn refuse_wrong_empty_root(size: u64, root: [u8; 32]) -> Result<(), CheckpointError> {
    if size == 0 && root != sha256_parts(&[]) { Err(CheckpointError::EmptyRoot(root)) } else { Ok(()) }
}

/// A decimal number without sign or leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

/// A SHA-256 hash in padded base64.
pub(super) fn hash(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=";
    const EMPTY: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    fn private(seed: u8) -> PrivateKey {
        PrivateKey::from_seed(&[seed; 32]).unwrap()
    }

    fn public(name: &str, scheme: Scheme, seed: u8) -> VerifierKey {
        VerifierKey::of(name.parse().unwrap(), scheme, private(seed).public()).unwrap()
    }

    fn sample(size: u64) -> Checkpoint {
        Checkpoint::new("log.example/1".parse().unwrap(), size, hash(ROOT).unwrap())
    }

    #[test]
    fn text_is_strict_and_written_back() {
        for good in [
            format!("o\n15\n{ROOT}\n"),
            format!("o\n0\n{EMPTY}\n"),
            format!("o\n18446744073709551615\n{ROOT}\nfurther\nlines\n"),
        ] {
            assert_eq!(good.parse::<Checkpoint>().unwrap().to_string(), good);
        }
        for bad in [
            String::new(),
            "o\n15\n".into(),
            format!("o\n15\n{ROOT}"),
            format!("\n15\n{ROOT}\n"),
            format!("o x\n15\n{ROOT}\n"),
            format!("o\n015\n{ROOT}\n"),
            format!("o\n+15\n{ROOT}\n"),
            format!("o\n-1\n{ROOT}\n"),
            format!("o\n\n{ROOT}\n"),
            format!("o\n18446744073709551616\n{ROOT}\n"),
            format!("o\n0\n{ROOT}\n"),
            format!("o\n15\n{}\n", ROOT.replace("3cs=", "3ct=")),
            format!("o\n15\n{}\n", ROOT.trim_end_matches('=')),
            "o\n15\nAAAA\n".into(),
            format!("o\n15\n{ROOT}\n\n"),
            format!("o\n15\n{ROOT}\na\n\nb\n"),
        ] {
            assert!(bad.parse::<Checkpoint>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_the_pinned_key_of_the_origin_verifies() {
        let note = sample(15).sign(&private(1), &[]).unwrap();
        let verify = |key: &VerifierKey| VerifiedCheckpoint::verify(note.clone(), key, &[]);
        let verified = verify(&public("log.example/1", Scheme::Ed25519, 1)).unwrap();
        assert_eq!((verified.size(), verified.origin().as_str()), (15, "log.example/1"));
        assert_eq!(verified.note().to_string(), note.to_string());
        let other = verify(&public("log.example/2", Scheme::Ed25519, 1));
        assert!(matches!(other, Err(CheckpointError::Origin { .. })));
        let other = verify(&public("log.example/1", Scheme::Ed25519, 2));
        assert!(matches!(other, Err(CheckpointError::Note(NoteError::NoneKnown))));
        let other = verify(&public("log.example/1", Scheme::Cosignature, 1));
        assert!(matches!(other, Err(CheckpointError::NotALogKey(4))));

        // The right key over a text whose origin is another log's.
        let origin = "log.example/1".parse().unwrap();
        let foreign = Note::sign(format!("log.example/2\n15\n{ROOT}\n"), &origin, &private(1)).unwrap();
        let other = VerifiedCheckpoint::verify(foreign, &public("log.example/1", Scheme::Ed25519, 1), &[]);
        assert!(matches!(other, Err(CheckpointError::Origin { .. })));
    }

    #[test]
    fn witnesses_add_their_time_and_cannot_stand_in_for_the_log() {
        let log = public("log.example/1", Scheme::Ed25519, 1);
        let witness = public("w", Scheme::Cosignature, 2);
        let note = sample(15).sign(&private(1), &[]).unwrap();
        let line = NoteSignature::cosign(note.text(), witness.name(), &private(2), 7).unwrap();
        let verified = VerifiedCheckpoint::verify(note.clone(), &log, &[]).unwrap();
        let known = std::slice::from_ref(&witness);
        let cosigned = verified.with_lines(vec![line.clone()], known).unwrap();
        assert_eq!(cosigned.cosignatures(), [Cosignature { witness: witness.clone(), time: 7 }]);

        let alone: Note = format!("{}\n{line}\n", note.text()).parse().unwrap();
        let refused = VerifiedCheckpoint::verify(alone, &log, known);
        assert!(matches!(refused, Err(CheckpointError::NotByTheLog(_))));

        let other = NoteSignature::cosign("another text\n", witness.name(), &private(2), 7).unwrap();
        assert!(verified.with_lines(vec![other.clone()], known).is_err());
        assert!(verified.with_lines(vec![other], &[]).is_ok());
    }

    #[test]
    fn two_keys_sign_while_one_takes_over() {
        let note = sample(15).sign(&private(1), &[&private(2)]).unwrap();
        for seed in [1, 2] {
            let key = public("log.example/1", Scheme::Ed25519, seed);
            assert!(VerifiedCheckpoint::verify(note.clone(), &key, &[]).is_ok());
        }
    }

    #[test]
    fn we_sign_no_extensions_and_no_wrong_empty_tree() {
        let mut extended = sample(15);
        extended.extensions.push("more".into());
        assert!(matches!(extended.sign(&private(1), &[]), Err(CheckpointError::Extensions(1))));
        assert!(matches!(sample(0).sign(&private(1), &[]), Err(CheckpointError::EmptyRoot(_))));
    }
}
