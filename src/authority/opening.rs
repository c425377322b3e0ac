//! Opening: what must add up before the service listens (law 0, section 8), in this order: `last-signed` is ours;
//! the tree is not smaller and has its root; the stored checkpoint is not newer; what is beyond is re-hashed,
//! re-applied and signed; what waits is sealed. Otherwise: refusal to start, with the cure.

use std::sync::Arc;
use std::time::Duration;

use super::Authority;
use super::chains::Chains;
use super::clock_guard::{ClockGuard, ClockStepped};
use super::founding::Founding;
use super::keyring::{Keyring, KeyringError};
use super::once::Once;
use super::refusal::{Failure, Fault};
use super::sealing::Sealer;
use super::sequencer::Sequencer;
use super::state::{Published, Window, licence};
use super::status::{Places, Statuses};
use super::store::{Row, Store, StoreError, Write};
use super::tiles::{EdgeTiles, stored};
use super::vault::Vault;
use super::writer::{Outcome, Proposal, Writer, reread, signed_checkpoint};
use crate::catalogue::Catalogue;
use crate::crypto::{Digest, Entropy, KeyPurpose};
use crate::law;
use crate::ledger::body::{Owner, StatusPlace};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::leaf_hash;
use crate::ledger::state::{Charter, LicenceState, View, ViewFault};
use crate::merkle::{Hash, Range, node_from_tiles, root_from_nodes};
use crate::note::{Note, Scheme, VerifierKey};
use crate::values::identifiers::Handle;
use crate::values::time::Clock;

/// Entries of a group while founding.
const GROUP: usize = 256;

/// Why the service refuses to start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Data without the keys that signed it.
    #[error(
        "there is no last-signed beside these keys, but the data holds {entries} entries: give the --keys that belong to this --data"
    )]
    KeysMissing {
        /// Entries found.
        entries: u64,
    },
    /// Nothing was founded and there is nothing to found from.
    #[error(
        "nothing is founded here: found an authority with `vidimus init`, or start with empty --data and --keys for a sample"
    )]
    NotFounded,
    /// `last-signed` is damaged or not ours.
    #[error(
        "last-signed is not a checkpoint of ours: {0}. Do not delete it: find out what changed it, and restore the file as it was"
    )]
    LastSigned(String),
    /// The data is an older copy.
    #[error(
        "the data is an older copy: it holds {found} entries, but {signed} are signed. Going on would fork the ledger. Put back the newest data, or restore from a mirror or export that holds all {signed}"
    )]
    Older {
        /// Entries found.
        found: u64,
        /// Entries signed.
        signed: u64,
    },
    /// The data is another history.
    #[error(
        "the data is another history: its root at {size} is {found}, but {signed} is signed. Put back the data that belongs to these keys"
    )]
    OtherRoot {
        /// The size signed.
        size: u64,
        /// Root of the data.
        found: Hash,
        /// Root signed.
        signed: Hash,
    },
    /// The keys are an older copy.
    #[error(
        "the keys are an older copy: the data has a checkpoint of {stored} entries, last-signed one of {signed}. Put back the newest last-signed; a restored one is an incident, not a routine"
    )]
    KeysOlder {
        /// Size of the stored checkpoint.
        stored: u64,
        /// Size of last-signed.
        signed: u64,
    },
    /// Founded under another base URL.
    #[error(
        "this authority was founded as {founded}; starting as {given} is refused. Leave --public-url out, or move it by an entry"
    )]
    OtherBaseUrl {
        /// As founded.
        founded: String,
        /// As given.
        given: String,
    },
    /// A law that this program does not know is in force.
    #[error("law {0} is in force; this program does not know it and does not write: upgrade")]
    UnknownLaw(u64),
    /// An entry beyond the signed head breaks the law, or an entry is damaged.
    #[error("entry {index}: {why}. The data is damaged: restore it, or rebuild it from an export")]
    Entry {
        /// Index.
        index: u64,
        /// Why.
        why: String,
    },
    /// The clock cannot be believed.
    #[error(transparent)]
    Clock(#[from] ClockStepped),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keyring failed.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// Something else of ours failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Everything an authority is opened with.
pub struct Opening {
    /// Rows.
    pub store: Arc<dyn Store>,
    /// Keys.
    pub keyring: Arc<dyn Keyring>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The step forward since the last entry that is believed.
    pub clock_gap: Duration,
    /// Licence types.
    pub catalogue: Arc<Catalogue>,
    /// Founding to go on with.
    pub founding: Option<Founding>,
    /// The base URL that was asked for at this start.
    pub public_url: Option<String>,
}

/// A head that adds up.
struct Opened {
    charter: Charter,
    range: Range,
    last_signed: String,
}

impl Opening {
    /// Opens, or says why not.
    pub fn open(self) -> Result<Authority, OpenError> {
        let store = self.store.as_ref();
        let Opened { charter, range, last_signed } = self.check_head()?;
        let clock = Arc::new(ClockGuard::new(Arc::clone(&self.clock), charter.time(), self.clock_gap)?);
        let checkpoint: Note = last_signed.parse().map_err(|error| last_signed_error(&error))?;
        let edge = EdgeTiles::load(store, range.size())?;
        let statuses = Statuses::load(store, range.size())?;
        let window = Arc::new(Window::new(Published { charter, range, checkpoint }, statuses));
        let mut writer = Writer::new(
            Arc::clone(&self.store),
            Arc::clone(&self.keyring),
            Arc::clone(&clock),
            Arc::clone(&window),
            edge,
            last_signed,
        );
        if let Some(founding) = &self.founding {
            go_on_founding(&mut writer, &window, founding)?;
        }
        let published = window.published();
        self.check_base_url(&published.charter)?;
        let secrets = self.keyring.secrets();
        let vault = Vault::new(Arc::clone(&self.store), Arc::clone(&self.entropy), secrets.epoch.clone());
        let sealer = Arc::new(Sealer::new(Arc::clone(&self.store), Arc::clone(&self.keyring)));
        sealer.recover(&vault)?;
        let places = Places::open(store, secrets.places)?;
        let once = Once::new(secrets.lookup);
        let sequencer = Sequencer::start(writer, sealer).map_err(Failure::from)?;
        Ok(Authority {
            store: self.store,
            keyring: self.keyring,
            entropy: self.entropy,
            clock,
            catalogue: self.catalogue,
            window,
            sequencer,
            vault,
            once,
            places,
            chains: Chains::default(),
            shelf: super::publication::Shelf::default(),
        })
    }

    fn check_head(&self) -> Result<Opened, OpenError> {
        let store = self.store.as_ref();
        let head = store.head()?;
        let Some(last_signed) = self.keyring.last_signed()? else {
            return Err(if head.size > 0 {
                OpenError::KeysMissing { entries: head.size }
            } else {
                OpenError::NotFounded
            });
        };
        let note: Note = last_signed.parse().map_err(|error| last_signed_error(&error))?;
        let signed: Checkpoint = note.text().parse().map_err(|error| last_signed_error(&error))?;
        if head.size < signed.size {
            return Err(OpenError::Older { found: head.size, signed: signed.size });
        }
        if head.size == 0 && self.founding.is_none() {
            return Err(OpenError::NotFounded);
        }
        let range = range_at(store, signed.size)?;
        let signed_root = Hash(signed.root);
        if range.root() != signed_root {
            return Err(OpenError::OtherRoot { size: signed.size, found: range.root(), signed: signed_root });
        }
        self.check_stored_checkpoint(&last_signed, signed.size)?;
        let (charter, range) = self.replay(range, head.size)?;
        self.check_signature(&note, &charter)?;
        if head.size == signed.size {
            return Ok(Opened { charter, range, last_signed });
        }
        // What was committed before the crash is under no checkpoint yet: it adds up, so it is signed now.
        let note = signed_checkpoint(self.keyring.as_ref(), &charter, &range)?.to_string();
        self.keyring.replace_last_signed(Some(&last_signed), &note)?;
        store.put(vec![Write::set(Row::Checkpoint, note.as_str())])?;
        Ok(Opened { charter, range, last_signed: note })
    }

    /// The stored checkpoint may be older than `last-signed`, never newer.
    fn check_stored_checkpoint(&self, last_signed: &str, signed: u64) -> Result<(), OpenError> {
        let stored = self.store.get(&Row::Checkpoint)?;
        let text = stored.and_then(|bytes| String::from_utf8(bytes).ok());
        let size = text
            .as_deref()
            .and_then(|text| text.parse::<Note>().ok())
            .and_then(|note| note.text().parse::<Checkpoint>().ok())
            .map(|checkpoint| checkpoint.size);
        if let Some(stored) = size.filter(|stored| *stored > signed) {
            return Err(OpenError::KeysOlder { stored, signed });
        }
        if text.as_deref() != Some(last_signed) {
            self.store.put(vec![Write::set(Row::Checkpoint, last_signed)])?;
        }
        Ok(())
    }

    /// The charter, by the law, from the entries that touch it; and beyond the signed head every entry.
    fn replay(&self, signed: Range, size: u64) -> Result<(Charter, Range), OpenError> {
        let store = self.store.as_ref();
        let mut charter = Charter::default();
        let mut applied = Vec::new();
        let mut indexes = Vec::new();
        let mut step = |index: u64, charter: &mut Charter, range: Option<&Range>| -> Result<(), OpenError> {
            let wrong = |why: String| OpenError::Entry { index, why };
            let bytes = store.get(&Row::Entry(index))?.ok_or_else(|| wrong("is missing".into()))?;
            let leaf = Hash(leaf_hash(&bytes).0);
            if node(store, 0, index) != Some(leaf) {
                return Err(wrong("is not what the tree holds".into()));
            }
            let entry = law::read(&bytes).map_err(|error| wrong(error.to_string()))?;
            charter.skip_to(index, charter.time());
            let view = ViewBefore { store, charter, range, index };
            let one = law::apply(&view, &entry).map_err(|refused| match refused {
                law::Refused::UnknownLaw(version) => OpenError::UnknownLaw(version),
                other => wrong(other.to_string()),
            })?;
            charter.absorb(one.pending());
            applied.push(one);
            indexes.push(index);
            Ok(())
        };
        let mut after: Option<Vec<u8>> = None;
        'rows: loop {
            let rows = store.scan(b"c", after.as_deref(), 256)?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            for (key, _) in rows {
                let index = index_of(&key).ok_or_else(|| StoreError::Unreadable("a charter row".into()))?;
                if index >= signed.size() {
                    break 'rows;
                }
                step(index, &mut charter, None)?;
            }
        }
        let mut range = signed;
        for index in range.size()..size {
            step(index, &mut charter, Some(&range))?;
            range = reread(store, &range, index + 1)?;
        }
        law::discharge(applied).map_err(|(place, violation)| OpenError::Entry {
            index: indexes.get(place).copied().unwrap_or(0),
            why: violation.to_string(),
        })?;
        charter.skip_to(size, store.head()?.time);
        Ok((charter, range))
    }

    /// `last-signed` verifies under our own checkpoint key and origin.
    fn check_signature(&self, note: &Note, charter: &Charter) -> Result<(), OpenError> {
        let refused = |why: &str| OpenError::LastSigned(why.to_owned());
        let Some(origin) = charter.origin() else {
            // Nothing is entered yet: the checkpoint key is the one that founding names.
            return Ok(());
        };
        let name: crate::note::KeyName =
            origin.as_str().parse().map_err(|error| last_signed_error(&error))?;
        let keys: Vec<VerifierKey> = charter
            .keys_of(&Owner::Authority, KeyPurpose::Checkpoint)
            .into_iter()
            .filter(|(id, _)| self.keyring.key(id).is_some())
            .filter_map(|(_, held)| VerifierKey::of(name.clone(), Scheme::Ed25519, &held.value.public).ok())
            .collect();
        if keys.is_empty() {
            return Err(refused("the checkpoint key of this ledger is not among these keys"));
        }
        let checkpoint: Checkpoint = note.text().parse().map_err(|error| last_signed_error(&error))?;
        if checkpoint.origin != name {
            return Err(refused("it is of another origin"));
        }
        note.verify(&keys).map(drop).map_err(|error| last_signed_error(&error))
    }

    fn check_base_url(&self, charter: &Charter) -> Result<(), OpenError> {
        let founded = charter.authority().and_then(|authority| authority.base_urls.last());
        match (founded, &self.public_url) {
            (Some(founded), Some(given)) if founded != given.trim_end_matches('/') => {
                Err(OpenError::OtherBaseUrl { founded: founded.clone(), given: given.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Appends what founding has not appended yet. Entry 0 stands alone: the others are signed with its key.
fn go_on_founding(writer: &mut Writer, window: &Window, founding: &Founding) -> Result<(), OpenError> {
    let bodies = founding.bodies().map_err(Failure::from)?;
    loop {
        let size = usize::try_from(window.published().range.size()).unwrap_or(usize::MAX);
        let left = bodies.get(size..).unwrap_or_default();
        if left.is_empty() {
            return Ok(());
        }
        let group = left.iter().take(if size == 0 { 1 } else { GROUP });
        let mut proposals: Vec<Proposal> =
            group.map(|body| Proposal { body: body.clone(), blobs: Vec::new(), rows: Vec::new() }).collect();
        if let Some(first) = proposals.first_mut()
            && size <= 1
        {
            first.blobs = founding.blobs().map(<[u8]>::to_vec).collect();
        }
        for outcome in writer.append(proposals) {
            match outcome {
                Outcome::Committed(_) => {}
                Outcome::Failed(failure) => return Err(failure.into()),
                Outcome::Deferred(_) => {
                    return Err(Failure::from(Fault::Law("founding names a subject twice".into())).into());
                }
            }
        }
    }
}

/// The state just before an entry that is already in the store.
struct ViewBefore<'a> {
    store: &'a dyn Store,
    charter: &'a Charter,
    range: Option<&'a Range>,
    index: u64,
}

impl View for ViewBefore<'_> {
    fn charter(&self) -> &Charter {
        self.charter
    }

    fn licence(&self, handle: &Handle) -> Result<Option<LicenceState>, ViewFault> {
        let now = licence(self.store, handle).map_err(|error| fault(&error))?;
        let Some(now) = now else { return Ok(None) };
        let earlier = now.events.iter().filter(|event| event.index < self.index).next_back();
        let Some(earlier) = earlier else { return Ok(None) };
        let bytes = self.store.get(&Row::Entry(earlier.index)).map_err(|error| fault(&error))?;
        let bytes = bytes.ok_or_else(|| ViewFault(format!("entry {} is missing", earlier.index)))?;
        Ok(now.before(self.index, leaf_hash(&bytes)))
    }

    fn place_taken(&self, place: StatusPlace) -> Result<bool, ViewFault> {
        let row = self.store.get(&Row::Place(place)).map_err(|error| fault(&error))?;
        let used = row.and_then(|row| row.get(..8).and_then(|bytes| bytes.try_into().ok()));
        Ok(used.is_some_and(|used| u64::from_be_bytes(used) < self.index))
    }

    fn blob(&self, name: &Digest) -> Result<Option<Vec<u8>>, ViewFault> {
        self.store.get(&Row::Blob(*name)).map_err(|error| fault(&error))
    }

    fn root(&self) -> Result<Digest, ViewFault> {
        let root = match self.range {
            Some(range) => range.root(),
            None => root_from_nodes(self.index, &|level, index| node(self.store, level, index))
                .map_err(|error| ViewFault(error.to_string()))?,
        };
        Ok(Digest(root.0))
    }
}

fn fault(error: &StoreError) -> ViewFault {
    ViewFault(error.to_string())
}

/// The right edge at `size`, from the stored tiles.
fn range_at(store: &dyn Store, size: u64) -> Result<Range, OpenError> {
    let mut parts = Vec::new();
    let mut start = 0_u64;
    for level in (0..64_u8).rev() {
        if size >> level & 1 == 1 {
            let index = start >> level;
            let part = node(store, level, index).ok_or_else(|| {
                StoreError::Unreadable(format!("a tile over entry {start} is missing or damaged"))
            })?;
            parts.push(part);
            start += 1 << level;
        }
    }
    Range::from_parts(size, parts).map_err(|error| StoreError::Unreadable(error.to_string()).into())
}

fn node(store: &dyn Store, level: u8, index: u64) -> Option<Hash> {
    node_from_tiles(level, index, &|tile, width| stored(store, tile, width).ok().flatten())
}

fn index_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.strip_prefix(b"c")?.try_into().ok()?))
}

fn last_signed_error(error: &dyn std::fmt::Display) -> OpenError {
    OpenError::LastSigned(error.to_string())
}
