//! The logs that a witness follows: a file of verifier keys, one a line, as a log publishes them (`/ledger/vkey`). Several
//! keys of one name are one log's, which takes a new key up while the old one still signs.

use std::collections::BTreeMap;

use crate::note::{KeyName, NoteError, Scheme, VerifierKey};

/// Most logs that are followed.
const MAX_LOGS: usize = 1024;

/// Why such a file is refused, with its line, counted from 1.
#[derive(Debug, thiserror::Error)]
pub enum FollowedError {
    /// Not a verifier key.
    #[error("line {line}: {source}")]
    Key {
        /// The line.
        line: usize,
        /// What is wrong.
        source: NoteError,
    },
    /// A key of another type than 0x01, which no log signs checkpoints with.
    #[error("line {line}: a key of type {found:#04x}; a log signs with 0x01")]
    NotALogKey {
        /// The line.
        line: usize,
        /// The type byte.
        found: u8,
    },
    /// The file names no log.
    #[error("no log is named: write the verifier key of each log you follow on a line of its own")]
    Nobody,
    /// More than `MAX_LOGS`.
    #[error("more than {MAX_LOGS} logs")]
    TooMany,
}

/// The keys of each log, by its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed(BTreeMap<KeyName, Vec<VerifierKey>>);

impl Followed {
    /// Reads the file: a verifier key a line; empty lines and those that begin with `#` say nothing.
    pub fn parse(text: &str) -> Result<Self, FollowedError> {
        let mut logs: BTreeMap<KeyName, Vec<VerifierKey>> = BTreeMap::new();
        for (place, written) in text.lines().enumerate() {
            let (line, written) = (place + 1, written.trim());
            if written.is_empty() || written.starts_with('#') {
                continue;
            }
            let key: VerifierKey = written.parse().map_err(|source| FollowedError::Key { line, source })?;
            if key.scheme() != Scheme::Ed25519 {
                return Err(FollowedError::NotALogKey { line, found: key.scheme().byte() });
            }
            let keys = logs.entry(key.name().clone()).or_default();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        match logs.len() {
            0 => Err(FollowedError::Nobody),
            count if count > MAX_LOGS => Err(FollowedError::TooMany),
            _ => Ok(Self(logs)),
        }
    }

    /// The origins that are followed.
    pub fn origins(&self) -> impl Iterator<Item = &KeyName> {
        self.0.keys()
    }

    /// The keys of a log, if it is followed; the origin as its checkpoints write it.
    pub fn keys_of(&self, origin: &str) -> Option<(&KeyName, &[VerifierKey])> {
        let name: KeyName = origin.parse().ok()?;
        self.0.get_key_value(&name).map(|(name, keys)| (name, keys.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOO: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn a_key_a_line() {
        let followed = Followed::parse(&format!("# ours\n\n  {FOO}\r\n{FOO}\n")).unwrap();
        assert_eq!(followed.origins().map(KeyName::as_str).collect::<Vec<_>>(), ["example.com/foo"]);
        assert_eq!(followed.keys_of("example.com/foo").unwrap().1.len(), 1);
        assert!(followed.keys_of("example.com/bar").is_none());
        assert!(followed.keys_of("").is_none());
    }

    #[test]
    fn what_is_no_log_is_told_with_its_line() {
        for (bad, why) in [
            ("", "no log is named"),
            ("# none\n", "no log is named"),
            ("# one\nexample.com/foo\n", "line 2"),
            (&FOO.replace("530d903a", "530d903b"), "line 1"),
        ] {
            let error = Followed::parse(bad).unwrap_err().to_string();
            assert!(error.contains(why), "{bad:?}: {error}");
        }
        let key = crate::crypto::PrivateKey::from_seed(&[1; 32]).unwrap();
        let witness = VerifierKey::of("w".parse().unwrap(), Scheme::Cosignature, key.public()).unwrap();
        let error = Followed::parse(&witness.to_string()).unwrap_err();
        assert!(matches!(error, FollowedError::NotALogKey { line: 1, found: 4 }));
    }
}
