//! A store made anew from the entries, by the law: every entry is read, applied over the ones before it and hashed; its
//! rows are those that the writer would have written. Then what a backup holds beside the ledger is laid beside it.
//!
//! Nothing is believed that can be made or checked: a row about a licence that the entries do not know is refused, one
//! of a licence that was erased is not taken, and with the epoch key at hand every draft, seal and reason, and what
//! was said in every step of a case, is compared with its entry (`look_over`, `cases`). What is not there is told.
//! Not here: where entries come from (`audit`), and whether `last-signed` allows this size (`Rebuilt::check_signed`
//! says; whoever asks must listen).

mod cases;
mod look_over;
mod resting;

use rayon::prelude::*;

use super::backup::belongs;
use super::blocks::EdgeBlocks;
use super::finders;
use super::grants::licence;
use super::refusal::{Failure, Fault};
use super::state::StoreView;
use super::status::Statuses;
use super::store::{Head, Row, SEALED, Store, StoreError, Write};
use super::tiles::EdgeTiles;
use super::vault::Vault;
use super::writer::rows_of;
use crate::crypto::{Digest, KeyId, KeyPurpose};
use crate::law;
use crate::ledger::body::Owner;
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::state::{Charter, Overlay};
use crate::merkle::{Hash, Range};
use crate::note::{KeyName, Note, Scheme, VerifierKey};
use crate::values::identifiers::Handle;
use look_over::{LookOver, Seen};

pub use look_over::Said;

/// Entries of a commit.
const GROUP: usize = 256;
/// Bytes of entries of a commit, and of rows written at once.
const BYTES: usize = 1 << 20;
/// Rows written at once.
const ROWS: usize = 900;

/// Why a store was not rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// There is something in it.
    #[error("the store is not empty: it holds {0} entries")]
    NotEmpty(u64),
    /// An entry breaks the law, or is none.
    #[error("entry {index}: {why}")]
    Entry {
        /// Its index.
        index: u64,
        /// Why.
        why: String,
    },
    /// A law that this program does not know.
    #[error("entry {index}: law {version} is not known to this program: upgrade it")]
    UnknownLaw {
        /// The entry.
        index: u64,
        /// The law.
        version: u64,
    },
    /// The entries do not make the checkpoint, or it is not signed by the ledger's key.
    #[error("the checkpoint does not fit the entries: {0}")]
    Checkpoint(String),
    /// A row that cannot stand beside these entries.
    #[error("a row beside the ledger is refused: {0}")]
    Row(String),
    /// A draft that is not what its entry names, or that the epoch key does not open.
    #[error("the draft of licence {handle} is refused: {why}")]
    Draft {
        /// The licence.
        handle: Handle,
        /// Why.
        why: String,
    },
    /// The store, or what it holds, failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for RebuildError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// A store on its way.
pub struct Rebuild<'a> {
    store: &'a dyn Store,
    charter: Charter,
    range: Range,
    edge: EdgeTiles,
    blocks: EdgeBlocks,
    statuses: Statuses,
    waiting: Vec<Write>,
    bytes: usize,
    erased: u64,
}

/// What has been rebuilt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Entries.
    pub size: u64,
    /// Licences.
    pub licences: u64,
    /// Licences without their draft that were not erased: what was not in the backup.
    pub missing: Vec<Handle>,
    /// Licences whose draft is here and that wait to be sealed by the next start.
    pub unsealed: u64,
    /// Those of them whose seal was there and was not good; it was not taken.
    pub seals_refused: Vec<Handle>,
    /// Acts whose reason is not here: what was not in the backup.
    pub reasons_missing: Vec<Said>,
    /// Acts whose reason does not open or is not what the entry commits to; it was not taken.
    pub reasons_damaged: Vec<Said>,
    /// Steps of cases whose words or application are not here.
    pub words_missing: Vec<Said>,
    /// Steps whose words, application or draft do not open or are not what the entry commits to; they were not taken.
    pub words_damaged: Vec<Said>,
    /// Applications for matters that waited in the backup, and rest now until somebody takes their next step.
    pub resting: u64,
    /// Rows of erased licences that were not taken.
    pub erased: u64,
}

impl Rebuilt {
    /// Whether everything that the entries speak of is here, or can be made again.
    pub fn is_whole(&self) -> bool {
        let said = [&self.reasons_missing, &self.reasons_damaged, &self.words_missing, &self.words_damaged];
        self.missing.is_empty() && said.into_iter().all(Vec::is_empty)
    }
}

impl<'a> Rebuild<'a> {
    /// Begins in an empty store.
    pub fn begin(store: &'a dyn Store) -> Result<Self, RebuildError> {
        let size = store.head()?.size;
        if size > 0 {
            return Err(RebuildError::NotEmpty(size));
        }
        Ok(Self {
            store,
            charter: Charter::default(),
            range: Range::new(),
            edge: EdgeTiles::default(),
            blocks: EdgeBlocks::default(),
            statuses: Statuses::default(),
            waiting: Vec::new(),
            bytes: 0,
            erased: 0,
        })
    }

    /// Makes a blob known before the entries that name it. Its name is its digest, so a wrong one cannot enter.
    pub fn blob(&self, bytes: Vec<u8>) -> Result<(), RebuildError> {
        Ok(self.store.put(vec![Write::set(Row::Blob(Digest::of(&bytes)), bytes)])?)
    }

    /// The next entries, by the law.
    pub fn append(&mut self, entries: &[&[u8]]) -> Result<(), RebuildError> {
        let mut left = entries;
        while !left.is_empty() {
            let mut bytes = 0;
            let fits = |entry: &&&[u8]| {
                bytes += entry.len();
                bytes <= BYTES
            };
            let count = left.iter().take(GROUP).take_while(fits).count().max(1);
            let (group, rest) = left.split_at(count.min(left.len()));
            self.commit(group)?;
            left = rest;
        }
        Ok(())
    }

    fn commit(&mut self, group: &[&[u8]]) -> Result<(), RebuildError> {
        let size = self.range.size();
        let at = |place: usize| size.saturating_add(u64::try_from(place).unwrap_or(u64::MAX));
        let refused = |place: usize, refused: law::Refused| match refused {
            law::Refused::UnknownLaw(version) => RebuildError::UnknownLaw { index: at(place), version },
            other => RebuildError::Entry { index: at(place), why: other.to_string() },
        };
        let taken = |place| self.statuses.taken(place);
        let view = StoreView { store: self.store, charter: &self.charter, range: &self.range, taken: &taken };
        let mut overlay = Overlay::new(&view, self.range.clone());
        let mut applied = Vec::with_capacity(group.len());
        for (place, bytes) in group.iter().enumerate() {
            let entry = law::read(bytes).map_err(|error| refused(place, error))?;
            let one = law::apply(&overlay, &entry).map_err(|error| refused(place, error))?;
            overlay.absorb(one.pending());
            applied.push(one);
        }
        let effects = law::discharge(applied).map_err(|(place, violation)| RebuildError::Entry {
            index: at(place),
            why: violation.to_string(),
        })?;
        let (charter, range) = overlay.into_parts();
        let leaves: Vec<Hash> = effects.iter().map(|effects| Hash(effects.leaf.0)).collect();
        let mut hashed = self.range.clone();
        let mut writes = self.edge.push(&mut hashed, &leaves)?;
        writes.extend(self.blocks.push(group, &effects, &[])?);
        for effects in &effects {
            rows_of(&charter, effects, &mut writes)?;
        }
        let expected = Head { size, time: self.charter.time() };
        let next = Head { size: hashed.size(), time: charter.time() };
        self.store.commit(expected, next, writes)?;
        (self.charter, self.range) = (charter, range);
        for effects in &effects {
            self.statuses.take(effects.index + 1, &effects.statuses);
        }
        Ok(())
    }

    /// The root at the size reached so far.
    pub fn root(&self) -> (u64, Hash) {
        (self.range.size(), self.range.root())
    }

    /// The keys under which the ledger, as far as it has come, has its checkpoints signed.
    pub fn checkpoint_keys(&self) -> Vec<KeyId> {
        let keys = self.charter.keys_of(&Owner::Authority, KeyPurpose::Checkpoint);
        keys.into_iter().map(|(id, _)| *id).collect()
    }

    /// A row of a backup, after all entries.
    pub fn beside(&mut self, key: &[u8], value: Vec<u8>) -> Result<(), RebuildError> {
        let row = Row::of_key(key).ok_or_else(|| {
            RebuildError::Row("it is of a family that this program does not know: upgrade it".into())
        })?;
        if !belongs(self.store, &row, &value, self.range.size())? {
            return Err(RebuildError::Row(format!(
                "it is about something that is no entry ({})",
                named(&row)
            )));
        }
        let value = match &row {
            Row::Finders(_) => self.kept_finders(&value)?,
            _ => value,
        };
        if let Row::Vault(handle, _) = &row
            && licence(self.store, handle)?.is_some_and(|licence| licence.erased)
        {
            self.erased += 1;
            return Ok(());
        }
        self.bytes += value.len();
        self.waiting.extend(resting::mark(&row));
        self.waiting.push(Write::set(row, value));
        if self.waiting.len() >= ROWS || self.bytes >= BYTES { self.write() } else { Ok(()) }
    }

    /// A block of finders without those of erased licences.
    fn kept_finders(&mut self, block: &[u8]) -> Result<Vec<u8>, RebuildError> {
        let mut kept = Vec::with_capacity(block.len());
        for found in finders::read(block)? {
            if licence(self.store, &found.handle)?.is_some_and(|licence| licence.erased) {
                self.erased += 1;
            } else {
                found.write(&mut kept);
            }
        }
        Ok(kept)
    }

    fn write(&mut self) -> Result<(), RebuildError> {
        self.bytes = 0;
        Ok(self.store.put(std::mem::take(&mut self.waiting))?)
    }

    /// Puts the checkpoint over it, once the ledger's own key is found under it; marks what waits to be sealed. With the
    /// vault every draft is opened and compared with its entry.
    pub fn finish(mut self, checkpoint: &Note, vault: Option<&Vault>) -> Result<Rebuilt, RebuildError> {
        self.write()?;
        self.check(checkpoint)?;
        let (size, erased) = (self.range.size(), self.erased);
        let mut rebuilt =
            Rebuilt { size, erased, resting: resting::count(self.store)?, ..Rebuilt::default() };
        self.each(
            b"l",
            vault,
            |look, handle| look.look_at(handle),
            |this, handle, seen| this.note(handle, seen, &mut rebuilt),
        )?;
        self.each(
            b"C",
            vault,
            |look, case| look.look_at_case(case),
            |this, case, seen| {
                this.note_case(case, seen, &mut rebuilt);
            },
        )?;
        let sealed = Write::set(Row::Single(SEALED), size.to_be_bytes());
        self.store.put(vec![Write::set(Row::Checkpoint, checkpoint.to_string()), sealed])?;
        self.store.sync()?;
        Ok(rebuilt)
    }

    /// Looks at every licence or case of a family, many at once, and notes what was seen in their order.
    fn each<S: Send>(
        &mut self,
        family: &[u8],
        vault: Option<&Vault>,
        look: impl Fn(&LookOver<'_>, &Handle) -> Result<S, RebuildError> + Sync,
        mut note: impl FnMut(&mut Self, Handle, S),
    ) -> Result<(), RebuildError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = self.store.scan(family, after.as_deref(), ROWS)?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = Some(last.clone());
            let about = |(key, _): &(Vec<u8>, Vec<u8>)| match Row::of_key(key) {
                Some(Row::Licence(handle) | Row::Case(handle)) => Some(handle),
                _ => None,
            };
            let handles: Vec<Handle> = rows.iter().filter_map(about).collect();
            let over = LookOver { store: self.store, charter: &self.charter, vault };
            let seen: Vec<S> =
                handles.par_iter().map(|handle| look(&over, handle)).collect::<Result<_, _>>()?;
            for (handle, seen) in handles.into_iter().zip(seen) {
                note(self, handle, seen);
            }
            self.write()?;
        }
    }

    /// Counts what was seen of a licence; what is no good is taken out again, and what has no seal waits for one.
    fn note(&mut self, handle: Handle, seen: Seen, rebuilt: &mut Rebuilt) {
        rebuilt.licences += 1;
        if seen.missing {
            rebuilt.missing.push(handle);
        }
        if seen.bad_seal {
            rebuilt.seals_refused.push(handle);
            self.waiting.push(Write::remove(Row::Seal(handle)));
        }
        if seen.unsealed {
            rebuilt.unsealed += 1;
            self.waiting.push(Write::set(Row::Unsealed(handle), Vec::new()));
        }
        rebuilt.reasons_missing.extend(seen.reasons_missing);
        for (number, reason) in seen.reasons_damaged {
            rebuilt.reasons_damaged.push(reason);
            self.waiting.push(Write::remove(Row::Vault(handle, number)));
        }
    }

    /// The checkpoint is over exactly these entries, and signed by a checkpoint key that they name.
    fn check(&self, note: &Note) -> Result<(), RebuildError> {
        let refused = |why: String| RebuildError::Checkpoint(why);
        let origin = self.charter.origin().ok_or_else(|| refused("there is no entry 0".into()))?;
        let name: KeyName = origin.as_str().parse().map_err(|_| refused(format!("origin {origin}")))?;
        let mut why = "the ledger names no checkpoint key".to_owned();
        for (_, held) in self.charter.keys_of(&Owner::Authority, KeyPurpose::Checkpoint) {
            let key = VerifierKey::of(name.clone(), Scheme::Ed25519, &held.value.public);
            let verified = key.map_err(|error| error.to_string()).and_then(|key| {
                VerifiedCheckpoint::verify(note.clone(), &key, &[]).map_err(|error| error.to_string())
            });
            match verified {
                Ok(verified) if (verified.size(), Hash(*verified.root())) == self.root() => return Ok(()),
                Ok(_) => why = "its size or root is another".to_owned(),
                Err(error) => why = error,
            }
        }
        Err(refused(why))
    }
}

/// What a row is about, without saying more than a handle.
fn named(row: &Row) -> String {
    match row {
        Row::Vault(handle, place) => format!("payload {place} of licence {handle}"),
        Row::Seal(handle) => format!("the seal of licence {handle}"),
        Row::Finders(block) => format!("block {block} of finders"),
        Row::Letter(case, number) => format!("letter {number} about case {case}"),
        Row::Pickup(_) => "a pickup".to_owned(),
        Row::Answered(_) => "an answer under a key".to_owned(),
        Row::Published(list, _) => format!("a token of status list {list}"),
        _ => "a row that entries make".to_owned(),
    }
}

impl From<Fault> for RebuildError {
    fn from(fault: Fault) -> Self {
        Self::Failure(fault.into())
    }
}
