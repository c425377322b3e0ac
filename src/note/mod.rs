//! Signed notes (C2SP signed-note) and Ed25519 cosignatures (C2SP tlog-cosignature): text, one empty line, and a
//! line a signature. Not here: what the text says (`ledger::checkpoint`), and ML-DSA or ECDSA signatures, whose
//! lines are kept and ignored.

mod verifier_key;

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::PrivateKey;
use crate::crypto::private_key::PrivateKeyError;

pub use verifier_key::{KeyName, Scheme, VerifierKey};

/// Longest note that is read, in bytes.
pub const MAX_NOTE: usize = 1 << 20;
/// Most signature lines that are read; the specification asks for at least 16.
pub const MAX_SIGNATURES: usize = 100;
/// Latest time a cosignature may state: 2^63 − 1 (tlog-cosignature).
const MAX_TIME: u64 = (1 << 63) - 1;

/// Why a note, a signature line or a verifier key was refused.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`MAX_NOTE`].
    #[error("the note has {length} bytes; {MAX_NOTE} are read at most")]
    TooLong {
        /// Bytes given.
        length: usize,
    },
    /// Not UTF-8.
    #[error("the note is not UTF-8")]
    NotUtf8,
    /// A character below U+0020 other than the line feed.
    #[error("the note has a control character at byte {0}")]
    Control(usize),
    /// Text that is empty or does not end in a line feed.
    #[error("the text of a note ends in a line feed")]
    Text,
    /// No empty line between text and signatures, or nothing after it.
    #[error("the note has no signatures after an empty line")]
    Unsigned,
    /// More lines than [`MAX_SIGNATURES`].
    #[error("the note has {count} signatures; {MAX_SIGNATURES} are read at most")]
    TooMany {
        /// Lines found.
        count: usize,
    },
    /// A line that is not em dash, space, name, space, strict base64 of a key id and a signature, line feed.
    #[error("signature line {0} is malformed")]
    Line(usize),
    /// Empty, or with a plus sign, white space or a control character.
    #[error("{0:?} is no key name")]
    Name(String),
    /// Not `name+id+base64`, or the id is not that of the key.
    #[error("{0:?} is no verifier key")]
    VerifierKey(String),
    /// Two different known keys share name and id, so a line names neither.
    #[error("two verifier keys share the name {0} and one id")]
    Ambiguous(KeyName),
    /// A known key's line does not verify.
    #[error("the signature by {0} is not good")]
    Bad(KeyName),
    /// No line is by a known key.
    #[error("no signature is by a known key")]
    NoneKnown,
    /// A cosignature's time beyond 2^63 − 1.
    #[error("a cosignature cannot state the time {0}")]
    Time(u64),
    /// Notes are signed with Ed25519 only.
    #[error("notes are signed with Ed25519 keys only")]
    Algorithm,
    /// The key refused to sign.
    #[error(transparent)]
    Sign(#[from] PrivateKeyError),
}

/// A parsed note. Nothing about its text is to be believed before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: KeyName,
    id: [u8; 4],
    bytes: Vec<u8>,
}

/// A known key that signed: made by [`Note::verify`] only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signer<'k> {
    key: &'k VerifierKey,
    time: Option<u64>,
}

impl<'k> Signer<'k> {
    /// The key, from the list that was given.
    pub fn key(&self) -> &'k VerifierKey {
        self.key
    }

    /// The time a cosigner stated, in seconds since 1970; `None` for a plain signature.
    pub fn time(&self) -> Option<u64> {
        self.time
    }
}

impl Note {
    /// Parses the bytes of a note; what is written back by `Display` is the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE {
            return Err(NoteError::TooLong { length: bytes.len() });
        }
        let note = str::from_utf8(bytes).map_err(|_| NoteError::NotUtf8)?;
        refuse_controls(note)?;
        // The first line feed of the last empty line belongs to the text.
        let split = note.rfind("\n\n").ok_or(NoteError::Unsigned)? + 1;
        let (text, rest) = note.split_at_checked(split).ok_or(NoteError::Unsigned)?;
        let lines = rest.strip_prefix('\n').ok_or(NoteError::Unsigned)?;
        Ok(Self { text: text.to_owned(), signatures: parse_lines(lines)? })
    }

    /// A note with one signature over `text`, which ends in a line feed.
    pub fn sign(text: String, name: &KeyName, key: &PrivateKey) -> Result<Self, NoteError> {
        refuse_controls(&text)?;
        if !text.ends_with('\n') {
            return Err(NoteError::Text);
        }
        let signature = NoteSignature::plain(&text, name, key)?;
        Ok(Self { text, signatures: vec![signature] })
    }

    /// What is signed, with its last line feed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The lines in order, known or not.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a plain signature by another key.
    pub fn countersign(&mut self, name: &KeyName, key: &PrivateKey) -> Result<(), NoteError> {
        let signature = NoteSignature::plain(&self.text, name, key)?;
        self.append([signature])
    }

    /// Adds lines, such as a witness answered; a line that is already there is left out.
    pub fn append(&mut self, lines: impl IntoIterator<Item = NoteSignature>) -> Result<(), NoteError> {
        for line in lines {
            if !self.signatures.contains(&line) {
                self.signatures.push(line);
            }
        }
        let count = self.signatures.len();
        if count > MAX_SIGNATURES { Err(NoteError::TooMany { count }) } else { Ok(()) }
    }

    /// The note with nothing but this key's line, if there is one. Whether that is good, [`Note::verify`] says.
    pub fn with_line_of(&self, key: &VerifierKey) -> Option<Self> {
        let line = self.signatures.iter().find(|line| key.is_named_by(line))?;
        Some(Self { text: self.text.clone(), signatures: vec![line.clone()] })
    }

    /// Who of `known` signed, in the order of the lines and each once. Lines by others are ignored; one bad line by a
    /// known key, repeated or not, refuses the note, and so does having no line by a known key.
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<Signer<'k>>, NoteError> {
        let mut signers: Vec<Signer<'k>> = Vec::new();
        for line in &self.signatures {
            let mut named = known.iter().filter(|key| key.is_named_by(line) && key.is_supported());
            let Some(key) = named.next() else { continue };
            if named.any(|other| other != key) {
                return Err(NoteError::Ambiguous(line.name.clone()));
            }
            let time = line.verified_time(&self.text, key)?;
            if signers.iter().all(|signer| signer.key != key) {
                signers.push(Signer { key, time });
            }
        }
        if signers.is_empty() { Err(NoteError::NoneKnown) } else { Ok(signers) }
    }
}

impl NoteSignature {
    /// The name of the key that is said to have signed.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The id of the key that is said to have signed.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// Parses lines as a witness answers them: one or more, each with its line feed.
    pub fn parse_lines(lines: &[u8]) -> Result<Vec<Self>, NoteError> {
        if lines.len() > MAX_NOTE {
            return Err(NoteError::TooLong { length: lines.len() });
        }
        let lines = str::from_utf8(lines).map_err(|_| NoteError::NotUtf8)?;
        refuse_controls(lines)?;
        parse_lines(lines)
    }

    /// A witness's line: at `time` (seconds since 1970), `text` was the largest consistent tree it had seen.
    pub fn cosign(text: &str, name: &KeyName, key: &PrivateKey, time: u64) -> Result<Self, NoteError> {
        if time > MAX_TIME {
            return Err(NoteError::Time(time));
        }
        let verifier = VerifierKey::of(name.clone(), Scheme::Cosignature, key.public())?;
        let signature = key.sign(&cosigned_message(time, text))?;
        let bytes = [time.to_be_bytes().as_slice(), &signature].concat();
        Ok(Self { name: name.clone(), id: verifier.id(), bytes })
    }

    fn plain(text: &str, name: &KeyName, key: &PrivateKey) -> Result<Self, NoteError> {
        let verifier = VerifierKey::of(name.clone(), Scheme::Ed25519, key.public())?;
        Ok(Self { name: name.clone(), id: verifier.id(), bytes: key.sign(text.as_bytes())?.to_vec() })
    }

    /// The cosigner's time, if the line is good under `key`.
    fn verified_time(&self, text: &str, key: &VerifierKey) -> Result<Option<u64>, NoteError> {
        let bad = || NoteError::Bad(self.name.clone());
        if key.scheme() == Scheme::Ed25519 {
            return if key.verifies(text.as_bytes(), &self.bytes) { Ok(None) } else { Err(bad()) };
        }
        let (time, signature) = self.bytes.split_first_chunk::<8>().ok_or_else(bad)?;
        let time = u64::from_be_bytes(*time);
        let good = time <= MAX_TIME && key.verifies(&cosigned_message(time, text), signature);
        if good { Ok(Some(time)) } else { Err(bad()) }
    }
}

/// What a version 1 cosignature is over.
fn cosigned_message(time: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

fn refuse_controls(text: &str) -> Result<(), NoteError> {
    let control = text.bytes().position(|byte| byte < 0x20 && byte != b'\n');
    control.map_or(Ok(()), |position| Err(NoteError::Control(position)))
}

fn parse_lines(lines: &str) -> Result<Vec<NoteSignature>, NoteError> {
    let count = lines.matches('\n').count();
    if count > MAX_SIGNATURES {
        return Err(NoteError::TooMany { count });
    }
    let Some(lines) = lines.strip_suffix('\n') else {
        return Err(if lines.is_empty() { NoteError::Unsigned } else { NoteError::Line(count) });
    };
    lines
        .split('\n')
        .enumerate()
        .map(|(number, line)| parse_line(line).ok_or(NoteError::Line(number)))
        .collect()
}

fn parse_line(line: &str) -> Option<NoteSignature> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    let decoded = STANDARD.decode(encoded).ok()?;
    let (id, bytes) = decoded.split_first_chunk::<4>()?;
    if bytes.is_empty() {
        return None;
    }
    Some(NoteSignature { name: name.parse().ok()?, id: *id, bytes: bytes.to_vec() })
}

impl fmt::Display for NoteSignature {
    /// The line without its line feed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "— {} {}", self.name, STANDARD.encode([self.id.as_slice(), &self.bytes].concat()))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Note {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        Self::parse(text.as_bytes())
    }
}

#[cfg(test)]
mod tests;
