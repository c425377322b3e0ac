//! Whose cosignatures suffice (C2SP tlog-policy): a file of logs, witnesses, groups of them, and the quorum. Read by who
//! asks witnesses and by who believes them. Pure: where the file lies and who is asked is others' to know.

use std::collections::HashMap;

use super::checkpoint::{Cosignature, VerifiedCheckpoint, decimal};
use crate::note::{NoteError, Scheme, VerifierKey};

/// Longest policy that is read, in bytes.
pub const MAX_POLICY: usize = 64 * 1024;
/// Type byte of an ML-DSA-44 cosigner, who may be named and whose lines are not judged here.
const ML_DSA: u8 = 0x06;
/// The quorum that nobody makes up.
const NONE: &[u8] = b"none";

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// A control character other than tab and line feed.
    #[error("a control character")]
    Control,
    /// Not one of the four lines, or with too few or too many words.
    #[error("write: log VKEY [URL], witness NAME VKEY [URL], group NAME all|any|K NAME…, or quorum NAME")]
    Form,
    /// Not a verifier key.
    #[error(transparent)]
    Key(#[from] NoteError),
    /// A key that does not sign for a log, or does not cosign.
    #[error("a key of type {0:#04x}: a log signs with 0x01, a witness with 0x04 or 0x06")]
    Scheme(u8),
    /// The same public key again, whatever its name.
    #[error("this public key stands on an earlier line")]
    Duplicate,
    /// A name that is taken, or `none`.
    #[error("the name {0:?} is taken")]
    Taken(String),
    /// A name that no earlier line defines.
    #[error("no earlier line defines {0:?}")]
    Unknown(String),
    /// A name that is a member already, here or elsewhere.
    #[error("{0:?} is a member of a group already")]
    Twice(String),
    /// A threshold that is no number from 1 to that of the members.
    #[error("{found:?} of {members} members: write all, any, or a number from 1 to {members}")]
    Threshold {
        /// As written.
        found: String,
        /// Members of the group.
        members: usize,
    },
    /// A second quorum.
    #[error("there is a quorum already")]
    SecondQuorum,
}

/// Why a policy is refused.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Longer than [`MAX_POLICY`].
    #[error("the policy has {length} bytes; {MAX_POLICY} are read at most")]
    TooLong {
        /// Bytes given.
        length: usize,
    },
    /// A line, counted from 1.
    #[error("line {line}: {source}")]
    Line {
        /// Which.
        line: usize,
        /// What is wrong.
        source: LineError,
    },
    /// No quorum line, not even `quorum none`.
    #[error("no quorum: write quorum NAME, or quorum none")]
    NoQuorum,
}

/// A log or a witness of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its name in the policy; for a log the one of its key.
    pub name: String,
    /// Its key.
    pub key: VerifierKey,
    /// Where it is reached; for a witness the submission prefix.
    pub url: Option<String>,
}

/// A policy that can be judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Party>,
    witnesses: Vec<Party>,
    groups: Vec<Group>,
    quorum: Option<Quorum>,
}

/// The quorum, and what the policy calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Quorum {
    name: String,
    named: Named,
}

/// At least so many of these.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    threshold: usize,
    members: Vec<Named>,
}

/// A witness or a group, by its place: a group only names what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Witness(usize),
    Group(usize),
}

impl Policy {
    /// Reads a policy. Names are bytes, as the specification has it: none is made equal to another.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        if bytes.len() > MAX_POLICY {
            return Err(PolicyError::TooLong { length: bytes.len() });
        }
        let mut reading = Reading::default();
        for (place, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            reading.line(line).map_err(|source| PolicyError::Line { line: place + 1, source })?;
        }
        let Reading { logs, witnesses, groups, quorum, .. } = reading;
        Ok(Self { logs, witnesses, groups, quorum: quorum.ok_or(PolicyError::NoQuorum)? })
    }

    /// The logs it accepts; none where they are known from elsewhere.
    pub fn logs(&self) -> &[Party] {
        &self.logs
    }

    /// The witnesses it knows, in any group or none.
    pub fn witnesses(&self) -> &[Party] {
        &self.witnesses
    }

    /// Their keys, under which cosignatures are verified.
    pub fn witness_keys(&self) -> Vec<VerifierKey> {
        self.witnesses.iter().map(|witness| witness.key.clone()).collect()
    }

    /// What it calls its quorum; `None` where it asks for no cosignature at all.
    pub fn quorum(&self) -> Option<&str> {
        self.quorum.as_ref().map(|quorum| quorum.name.as_str())
    }

    /// When the quorum was complete, in seconds since 1970 by the witnesses' clocks: the time of the line without which it
    /// would not be. `None` where it is not, or where none is asked for.
    pub fn completed(&self, lines: &[Cosignature]) -> Option<u64> {
        self.quorum.as_ref()?;
        let mut times: Vec<u64> = lines.iter().map(|line| line.time).collect();
        times.sort_unstable();
        let by = |time, key: &VerifierKey| lines.iter().any(|line| line.witness == *key && line.time <= time);
        times.into_iter().find(|time| self.is_met_by(|key| by(*time, key)))
    }

    /// Whether those who cosigned are a quorum.
    pub fn is_met_by(&self, cosigned: impl Fn(&VerifierKey) -> bool) -> bool {
        let Some(quorum) = &self.quorum else { return true };
        let signed: Vec<bool> = self.witnesses.iter().map(|witness| cosigned(&witness.key)).collect();
        let mut met: Vec<bool> = Vec::with_capacity(self.groups.len());
        let holds = |named: &Named, met: &[bool]| match named {
            Named::Witness(place) => signed.get(*place).copied().unwrap_or(false),
            Named::Group(place) => met.get(*place).copied().unwrap_or(false),
        };
        for group in &self.groups {
            met.push(group.members.iter().filter(|member| holds(member, &met)).count() >= group.threshold);
        }
        holds(&quorum.named, &met)
    }

    /// Whether it accepts a checkpoint, verified under the witnesses' keys: a log of its own, if it names any, and a
    /// quorum.
    pub fn accepts(&self, checkpoint: &VerifiedCheckpoint) -> bool {
        let ours = self.logs.is_empty() || self.logs.iter().any(|log| log.key == *checkpoint.log());
        ours && self.is_met_by(|key| checkpoint.cosignatures().iter().any(|line| line.witness == *key))
    }
}

/// A policy on its way.
#[derive(Default)]
struct Reading {
    logs: Vec<Party>,
    witnesses: Vec<Party>,
    groups: Vec<Group>,
    names: HashMap<Vec<u8>, Named>,
    /// Names that are a group's members.
    members: Vec<Named>,
    quorum: Option<Option<Quorum>>,
}

impl Reading {
    fn line(&mut self, line: &[u8]) -> Result<(), LineError> {
        if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return Err(LineError::Control);
        }
        let words: Vec<&[u8]> =
            line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", vkey] => self.log(vkey, None),
            [b"log", vkey, url] => self.log(vkey, Some(url)),
            [b"witness", name, vkey] => self.witness(name, vkey, None),
            [b"witness", name, vkey, url] => self.witness(name, vkey, Some(url)),
            [b"group", name, threshold, members @ ..] if !members.is_empty() => {
                self.group(name, threshold, members)
            }
            [b"quorum", name] => self.quorum(name),
            _ => Err(LineError::Form),
        }
    }

    fn log(&mut self, vkey: &[u8], url: Option<&[u8]>) -> Result<(), LineError> {
        let key = verifier_key(vkey)?;
        if key.scheme() != Scheme::Ed25519 {
            return Err(LineError::Scheme(key.scheme().byte()));
        }
        fresh(&key, &self.logs)?;
        let name = key.name().to_string();
        self.logs.push(Party { name, key, url: url.map(told) });
        Ok(())
    }

    fn witness(&mut self, name: &[u8], vkey: &[u8], url: Option<&[u8]>) -> Result<(), LineError> {
        let key = verifier_key(vkey)?;
        if !matches!(key.scheme(), Scheme::Cosignature | Scheme::Other(ML_DSA)) {
            return Err(LineError::Scheme(key.scheme().byte()));
        }
        fresh(&key, &self.witnesses)?;
        self.define(name, Named::Witness(self.witnesses.len()))?;
        self.witnesses.push(Party { name: told(name), key, url: url.map(told) });
        Ok(())
    }

    fn group(&mut self, name: &[u8], threshold: &[u8], members: &[&[u8]]) -> Result<(), LineError> {
        let mut named = Vec::with_capacity(members.len());
        for member in members {
            let one = self.find(member)?;
            if self.members.contains(&one) {
                return Err(LineError::Twice(told(member)));
            }
            self.members.push(one);
            named.push(one);
        }
        let wrong = || LineError::Threshold { found: told(threshold), members: members.len() };
        let threshold = match threshold {
            b"all" => members.len(),
            b"any" => 1,
            number => {
                let number = str::from_utf8(number).ok().and_then(decimal).ok_or_else(wrong)?;
                let number = usize::try_from(number).map_err(|_| wrong())?;
                if (1..=members.len()).contains(&number) { number } else { return Err(wrong()) }
            }
        };
        self.define(name, Named::Group(self.groups.len()))?;
        self.groups.push(Group { threshold, members: named });
        Ok(())
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), LineError> {
        if self.quorum.is_some() {
            return Err(LineError::SecondQuorum);
        }
        self.quorum = Some(if name == NONE {
            None
        } else {
            Some(Quorum { name: told(name), named: self.find(name)? })
        });
        Ok(())
    }

    fn define(&mut self, name: &[u8], named: Named) -> Result<(), LineError> {
        if name == NONE || self.names.contains_key(name) {
            return Err(LineError::Taken(told(name)));
        }
        self.names.insert(name.to_vec(), named);
        Ok(())
    }

    fn find(&self, name: &[u8]) -> Result<Named, LineError> {
        self.names.get(name).copied().ok_or_else(|| LineError::Unknown(told(name)))
    }
}

fn verifier_key(vkey: &[u8]) -> Result<VerifierKey, LineError> {
    let text = str::from_utf8(vkey).map_err(|_| NoteError::VerifierKey(told(vkey)))?;
    Ok(text.parse()?)
}

fn fresh(key: &VerifierKey, parties: &[Party]) -> Result<(), LineError> {
    let known = parties.iter().any(|party| party.key.wraps_the_key_of(key));
    if known { Err(LineError::Duplicate) } else { Ok(()) }
}

/// For showing; names are compared as bytes.
fn told(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
