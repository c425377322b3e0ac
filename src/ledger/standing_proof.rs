//! A proof of standing: how a licence stood at every time before an anchor's end, in a file for whoever has the log's verifier key and
//! nothing else (`schemas/standing-proof.md`). It holds a leaf of the state tree, the path from there to the root that
//! `state.anchored` holds, and, under one checkpoint, the entries that the leaf names, the anchor's own, and the one at the anchored
//! size, whose time is where the proof ends. Kinds and times are the entries'; that there was no further entry about the licence, and
//! so no revocation, is the leaf's.
//!
//! It says what the ledger anchored: that the root is the one which all entries make, a replay says (`audit`). A handle that
//! was never entered cannot be shown to be absent, and nothing is said of the proof's end and later. Expiry is no standing. Not here:
//! where the leaf and its path come from.

mod error;
mod standings;

use std::fmt;
use std::str::FromStr;

pub use error::StandingProofError;
pub use standings::{At, Event, Standings};

use super::body::{Body, LicenceIssued, Replaces, Subject};
use super::checkpoint::{Checkpoint, CheckpointError, VerifiedCheckpoint, hash};
use super::entry::Entry;
use super::receipt::{Included, MAX_PATH};
use super::state::tree::{Stood, StoodAfter, leaf_of};
use crate::merkle::{Hash, InclusionProof, leaf};
use crate::note::{Note, VerifierKey};
use crate::values::canonical::{parse_canonical, to_canonical};
use crate::values::identifiers::{Handle, Origin};
use crate::values::standing::Standing;

/// First line.
const HEADER: &str = "vidimus/standing-proof/v1\n";
/// Longest proof that is read, in bytes.
pub const MAX_STANDING_PROOF: usize = 4 * 1024 * 1024;
/// Most entries about a licence that a proof holds.
pub const MAX_EVENTS: usize = 1_000;
/// Entries beside those about the licence: the one that ends the proof, and the anchor, which may be the same.
const BESIDE: usize = 2;

/// A proof that can be read. Nothing in it is believed before [`StandingProof::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingProof {
    stood: Stood,
    path: Vec<Hash>,
    /// In ascending order: those about the licence, the one that ends the proof, the anchor.
    entries: Vec<Included>,
    note: Note,
}

impl StandingProof {
    /// The proof for a leaf with its path, and the entries that it needs, all under the checkpoint of one note, with what it shows; an
    /// error where nothing follows from them. Whose checkpoint it is, is not asked.
    pub fn of(
        stood: Stood,
        path: Vec<Hash>,
        entries: Vec<Included>,
        note: Note,
    ) -> Result<(Self, Standings), StandingProofError> {
        let proof = Self { stood, path, entries, note };
        let shown = proof.follow()?;
        Ok((proof, shown))
    }

    /// The entries that a proof needs beside its anchor, in ascending order.
    pub fn needs(stood: &Stood, size: u64, anchor: u64) -> Vec<u64> {
        let mut needed: Vec<u64> =
            stood.events.iter().map(|event| event.index).chain([size, anchor]).collect();
        needed.dedup();
        needed
    }

    /// Parses a file; what is written back by `Display` is the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, StandingProofError> {
        if bytes.len() > MAX_STANDING_PROOF {
            return Err(StandingProofError::TooLong { length: bytes.len() });
        }
        let text = str::from_utf8(bytes).map_err(|_| StandingProofError::NotUtf8)?;
        let rest = text.strip_prefix(HEADER).ok_or(StandingProofError::Header)?;
        let parts: Vec<&str> = rest.split("\n\n").collect();
        // A checkpoint has no empty line in it but the one before its signatures.
        let [leaf, entries @ .., checkpoint, signatures] = parts.as_slice() else {
            return Err(StandingProofError::Parts);
        };
        if entries.len() > MAX_EVENTS + BESIDE {
            return Err(StandingProofError::TooManyEvents);
        }
        let (stood, path) = parse_leaf(leaf)?;
        let entries = entries.iter().enumerate().map(|(number, lines)| {
            Included::parse(lines).map_err(|error| StandingProofError::Included { number, error })
        });
        let entries = entries.collect::<Result<_, _>>()?;
        let note = format!("{checkpoint}\n\n{signatures}");
        let note = Note::parse(note.as_bytes()).map_err(CheckpointError::from)?;
        Ok(Self { stood, path, entries, note })
    }

    /// Checks that the log with one of these keys signed the checkpoint, that no line of a known witness is bad, and what follows.
    pub fn verify(
        &self,
        pinned: &[VerifierKey],
        witnesses: &[VerifierKey],
    ) -> Result<(VerifiedCheckpoint, Standings), StandingProofError> {
        let checkpoint = VerifiedCheckpoint::verify_under_any(&self.note, pinned, witnesses)?;
        Ok((checkpoint, self.follow()?))
    }

    /// What follows from the checkpoint, whoever signed it.
    pub fn follow(&self) -> Result<Standings, StandingProofError> {
        let checkpoint: Checkpoint = self.note.text().parse()?;
        let origin: Origin = checkpoint.origin.as_str().parse()?;
        let entries = self.entries.iter().map(|included| entry_under(&checkpoint, included));
        let entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
        let Some((anchor, anchored)) = self.entries.last().zip(entries.last()) else {
            return Err(StandingProofError::Parts);
        };
        let anchor = anchor.index();
        let (root, size) = match anchored.body() {
            Body::StateAnchored(body) if body.size <= anchor => (Hash(body.root.0), body.size),
            _ => return Err(StandingProofError::NoAnchor(anchor)),
        };
        let found = self.entries.iter().map(Included::index);
        let in_span = self.stood.events.iter().all(|event| event.index < size);
        if !in_span || !found.eq(Self::needs(&self.stood, size, anchor)) {
            return Err(StandingProofError::Others { size, anchor });
        }
        self.look_at_times(&entries)?;
        let events = events(&self.stood, &entries)?;
        let first =
            self.stood.events.first().ok_or_else(|| StandingProofError::Leaf("it names no entry".into()))?;
        let leaf = leaf_of(&origin, Some(&self.stood))?;
        let proof = InclusionProof { index: first.index, size, path: self.path.clone() };
        proof.verify(&leaf, &root).map_err(StandingProofError::State)?;
        // Times never decrease, so that everything entered before this one's time lies below the anchored size.
        let end = entries.get(events.len()).ok_or(StandingProofError::Others { size, anchor })?;
        Ok(Standings { handle: self.stood.handle, events, size, anchor, until: end.time() })
    }

    fn look_at_times(&self, entries: &[Entry]) -> Result<(), StandingProofError> {
        let pairs = entries.iter().zip(entries.iter().skip(1)).zip(self.entries.iter().skip(1));
        for ((earlier, later), included) in pairs {
            if later.time() < earlier.time() {
                return Err(StandingProofError::Time(included.index()));
            }
        }
        Ok(())
    }
}

/// The leaf and the hashes that follow it.
fn parse_leaf(lines: &str) -> Result<(Stood, Vec<Hash>), StandingProofError> {
    let mut lines = lines.split('\n');
    let line = lines.next().unwrap_or_default().as_bytes();
    let stood: Stood = serde_json::from_value(parse_canonical(line)?)
        .map_err(|error| StandingProofError::Leaf(error.to_string()))?;
    if to_canonical(&stood)? != line {
        return Err(StandingProofError::Leaf("it has another spelling".into()));
    }
    if stood.events.len() > MAX_EVENTS {
        return Err(StandingProofError::TooManyEvents);
    }
    let ascends = |(one, other): (&StoodAfter, &StoodAfter)| one.index < other.index;
    if !stood.events.iter().zip(stood.events.iter().skip(1)).all(ascends) {
        return Err(StandingProofError::Leaf("its entries do not ascend".into()));
    }
    let path = lines
        .enumerate()
        .take(MAX_PATH + 1)
        .map(|(number, line)| hash(line).map(Hash).ok_or(StandingProofError::Hash(number)))
        .collect::<Result<Vec<_>, _>>()?;
    if path.len() > MAX_PATH {
        return Err(StandingProofError::PathTooLong);
    }
    Ok((stood, path))
}

/// The entry, if it stands where it is said to.
fn entry_under(checkpoint: &Checkpoint, included: &Included) -> Result<Entry, StandingProofError> {
    let index = included.index();
    let bytes = included.extra().unwrap_or_default();
    let path = included.path().iter().map(|hash| Hash(*hash)).collect();
    let proof = InclusionProof { index, size: checkpoint.size, path };
    let proved = proof.verify(&leaf(bytes), &Hash(checkpoint.root));
    proved.map_err(|error| StandingProofError::Outside { index, error })?;
    Entry::parse(bytes).map_err(|error| StandingProofError::Entry { index, error })
}

/// The entries of the leaf, each with what it says itself.
fn events(stood: &Stood, entries: &[Entry]) -> Result<Vec<Event>, StandingProofError> {
    let (mut events, mut before) = (Vec::with_capacity(stood.events.len()), None);
    for (StoodAfter { index, standing }, entry) in stood.events.iter().zip(entries) {
        if !leaves_it_so(entry.body(), &stood.handle, before, *standing) {
            return Err(StandingProofError::Event {
                index: *index,
                handle: stood.handle,
                standing: *standing,
            });
        }
        let (kind, time) = (entry.body().kind(), entry.time());
        events.push(Event { index: *index, kind, time, standing: *standing });
        before = Some(*standing);
    }
    Ok(events)
}

/// Whether an entry can leave a licence so, which stood so before it, or was not there.
fn leaves_it_so(body: &Body, handle: &Handle, before: Option<Standing>, after: Standing) -> bool {
    let own = body.subject() == Subject::Licence(*handle);
    match (body, before) {
        (Body::LicenceIssued(issued), None) => own && begins_so(issued, after),
        (Body::LicenceRecorded(recorded), None) => own && after == recorded.standing.standing(),
        (Body::LicenceIssued(issued), Some(_)) => {
            let replaces = issued.replaces.filter(|replaces| replaces.handle == *handle);
            replaces.is_some_and(|replaces| after == Standing::Replaced(replaces.cause))
        }
        (Body::LicenceSuspended(_), Some(_)) => own && after == Standing::Suspended,
        (Body::LicenceReinstated(_), Some(_)) => own && after == Standing::Valid,
        (Body::LicenceEnded(ended), Some(_)) => own && after == Standing::Ended(ended.act),
        (Body::LicenceCarried(_) | Body::LicenceErased(_), Some(before)) => own && after == before,
        _ => false,
    }
}

/// Whether an issued licence can begin so: the suspension of one that it replaces may go along.
fn begins_so(issued: &LicenceIssued, standing: Standing) -> bool {
    let of_old = |replaces: Replaces| Standing::Suspended.successor(replaces.cause);
    standing == Standing::Valid || issued.replaces.map(of_old) == Some(standing)
}

impl fmt::Display for StandingProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let leaf = to_canonical(&self.stood).map_err(|_| fmt::Error)?;
        writeln!(f, "{HEADER}{}", String::from_utf8(leaf).map_err(|_| fmt::Error)?)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        self.entries.iter().try_for_each(|included| write!(f, "\n{included}"))?;
        write!(f, "\n{}", self.note)
    }
}

impl FromStr for StandingProof {
    type Err = StandingProofError;
    fn from_str(text: &str) -> Result<Self, StandingProofError> {
        Self::parse(text.as_bytes())
    }
}

#[cfg(test)]
mod tests;
