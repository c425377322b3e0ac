//! The draw: every licence of the range is ranked by a hash of the seed and its index, and the lowest are drawn. One pass over the
//! ledger, in memory of the number alone, and a script of ten lines draws the same.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::audit::eye::Eye;
use crate::audit::report::Range;
use crate::crypto::digest::sha256_parts;
use crate::crypto::{Digest, KeyId, PublicKey};
use crate::ledger::body::{Body, LicenceIssued};
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::state::{MemoryState, View as _};
use crate::merkle::{EMPTY_ROOT, Hash};
use crate::values::identifiers::{CreditCode, Handle, Region, Slug};

/// What a draw follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Seed(pub Digest);

impl Seed {
    /// SHA-256 over `vidimus/sample/v1`, the checkpoint's text and the witnesses' lines that verified, in the order of their
    /// bytes. Witnesses sign at a time of theirs, so whoever signs checkpoints cannot know what will be drawn.
    pub fn of(checkpoint: &VerifiedCheckpoint) -> Self {
        let cosigned = checkpoint.note().signatures().iter();
        let cosigned = cosigned.filter(|line| {
            checkpoint.cosignatures().iter().any(|cosignature| cosignature.witness.is_named_by(line))
        });
        let mut lines: Vec<String> = cosigned.map(|line| format!("{line}\n")).collect();
        lines.sort();
        let text = checkpoint.note().text().as_bytes();
        Self(Digest(sha256_parts(&[b"vidimus/sample/v1\n", text, lines.concat().as_bytes()])))
    }

    /// The rank of the entry at an index: SHA-256 over seed and index, eight bytes, the most significant first.
    fn rank(&self, index: u64) -> [u8; 32] {
        sha256_parts(&[&self.0.0, &index.to_be_bytes()])
    }

    /// The place of the inspector, of so many, who looks into what stands at an index.
    fn inspector(&self, index: u64, many: usize) -> Option<usize> {
        let hash = sha256_parts(&[&self.0.0, b"inspector\n", &index.to_be_bytes()]);
        let drawn = u64::from_be_bytes(*hash.first_chunk()?);
        usize::try_from(drawn.checked_rem(u64::try_from(many).ok()?)?).ok()
    }
}

/// A licence that was drawn, and what its entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drawn {
    /// The licence.
    pub handle: Handle,
    /// Index of its entry.
    pub index: u64,
    /// The entry's leaf hash.
    pub leaf: Digest,
    /// `licence.issued` or `licence.recorded`.
    pub kind: &'static str,
    /// What was granted.
    pub r#type: Slug,
    /// Version of the type.
    pub version: u64,
    /// Who granted it, and opens it.
    pub department: CreditCode,
    /// For which jurisdiction.
    pub region: Region,
    /// Commitment over its payload.
    pub commitment: Digest,
    /// Digest of its credential.
    pub credential_digest: Digest,
    /// The key that sealed its credential.
    pub credential_key: KeyId,
    /// Who looks into it, drawn too; absent where nobody was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspector: Option<String>,
    /// Index of the entry that erased its content; absent where it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<u64>,
    /// That key itself.
    #[serde(skip)]
    pub(super) key: Option<PublicKey>,
}

/// Looks on at a replay, and draws.
pub struct Drawing {
    seed: Seed,
    range: Range,
    size: u64,
    wanted: usize,
    inspectors: Vec<String>,
    population: u64,
    drawn: BTreeMap<[u8; 32], Drawn>,
    root: Hash,
}

impl Drawing {
    /// So many licences of a range, by the seed of a checkpoint over `size` entries.
    pub fn new(seed: Seed, size: u64, range: Range, wanted: usize, inspectors: Vec<String>) -> Self {
        let (population, drawn, root) = (0, BTreeMap::new(), EMPTY_ROOT);
        Self { seed, range, size, wanted, inspectors, population, drawn, root }
    }

    /// The root that the replay hashed where the checkpoint stands.
    pub fn root(&self) -> Hash {
        self.root
    }

    pub(super) fn finish(self) -> (Seed, Range, u64, Vec<Drawn>) {
        let mut drawn: Vec<Drawn> = self.drawn.into_values().collect();
        drawn.sort_by_key(|drawn| drawn.index);
        (self.seed, self.range, self.population, drawn)
    }

    fn take(&mut self, index: u64, entry: &Entry, grant: &LicenceIssued, state: &MemoryState) {
        self.population += 1;
        let rank = self.seed.rank(index);
        let full = self.drawn.len() >= self.wanted;
        if full && self.drawn.last_key_value().is_none_or(|(last, _)| *last < rank) {
            return;
        }
        let inspector = self.seed.inspector(index, self.inspectors.len());
        let drawn = Drawn {
            handle: grant.handle,
            index,
            leaf: entry.leaf_hash(),
            kind: entry.body().kind().as_str(),
            r#type: grant.r#type.clone(),
            version: grant.version,
            department: grant.department.clone(),
            region: grant.region.clone(),
            commitment: grant.commitment,
            credential_digest: grant.credential_digest,
            credential_key: grant.credential_key,
            inspector: inspector.and_then(|place| self.inspectors.get(place).cloned()),
            erased: None,
            key: state.charter().key(&grant.credential_key).map(|held| held.value.public.clone()),
        };
        self.drawn.insert(rank, drawn);
        if full {
            self.drawn.pop_last();
        }
    }
}

impl Eye for Drawing {
    fn after(&mut self, index: u64, entry: &Entry, state: &MemoryState) {
        if index + 1 == self.size {
            self.root = state.range().root();
        }
        match entry.body() {
            Body::LicenceIssued(grant) if self.range.has(index) => self.take(index, entry, grant, state),
            Body::LicenceRecorded(recorded) if self.range.has(index) => {
                self.take(index, entry, &recorded.grant, state);
            }
            // Also behind the range: what is erased cannot be opened any more, whenever it was.
            Body::LicenceErased(erased) => {
                let found = self.drawn.values_mut().find(|drawn| drawn.handle == erased.handle);
                if let Some(drawn) = found {
                    drawn.erased = Some(index);
                }
            }
            _ => {}
        }
    }
}
