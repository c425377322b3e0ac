//! A whole authority on a workbench: store and keyring in memory that can die at any write, a clock that is set, a
//! counter for randomness.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use vidimus::authority::archive::Archive;
use vidimus::authority::founding::{Founding, NewKeys, Site};
use vidimus::authority::keyring::{Keyring, KeyringError, Secrets};
use vidimus::authority::store::{Head, KeyValue, Row, Store, StoreError, Write};
use vidimus::authority::witnesses::Eyes;
use vidimus::authority::{Answer, Authority, Failure, Issued, OpenError, Opening, Patience, Wish};
use vidimus::catalogue::{AuthorityPlan, Catalogue, RegistrarPlan};
use vidimus::crypto::base64url::Base64Url;
use vidimus::crypto::{Digest, Entropy, KeyId, KeyPurpose, PrivateKey};
use vidimus::keyring::MemoryKeyring;
use vidimus::law;
use vidimus::ledger::body::{Owner, possession};
use vidimus::ledger::checkpoint::Checkpoint;
use vidimus::ledger::state::{MemoryState, View};
use vidimus::merkle::{Hash, TilePath, bundles, decode_bundle};
use vidimus::store::MemoryStore;
use vidimus::values::identifiers::{CreditCode, Origin, Slug};
use vidimus::values::time::{Clock, Time};

/// 2026-11-22T06:00:00.000Z.
pub const NOON: i64 = 1_795_327_200_000;

pub struct SetClock(pub AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::SeqCst)).unwrap()
    }
    fn since_boot_millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst) - NOON
    }
}

/// Distinct bytes, the same in every run of one process order.
pub struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let digest = Digest::of(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            chunk.copy_from_slice(&digest.0[..chunk.len()]);
        }
    }
}

/// Counts writes, and dies at the one it is told: from then on nothing is written any more, as after a kill.
#[derive(Default)]
pub struct Fate {
    pub left: Mutex<Option<usize>>,
    pub writes: AtomicU64,
}

impl Fate {
    fn step(&self) -> Result<(), String> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        let mut left = self.left.lock().unwrap();
        match left.as_mut() {
            Some(0) => Err("killed".into()),
            Some(steps) => {
                *steps -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

pub struct MortalStore {
    pub inner: Arc<MemoryStore>,
    pub fate: Arc<Fate>,
    pub committed: Arc<watch::Sender<u64>>,
}

impl Store for MortalStore {
    fn head(&self) -> Result<Head, StoreError> {
        self.inner.head()
    }
    fn get(&self, row: &Row) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(row)
    }
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<KeyValue>, StoreError> {
        self.inner.scan(prefix, after, limit)
    }
    fn last(&self, prefix: &[u8], until: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        self.inner.last(prefix, until)
    }
    fn commit(&self, expected: Head, next: Head, writes: Vec<Write>) -> Result<(), StoreError> {
        self.fate.step().map_err(StoreError::Ended)?;
        self.inner.commit(expected, next, writes)?;
        self.committed.send_replace(next.size);
        Ok(())
    }
    fn put(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.fate.step().map_err(StoreError::Ended)?;
        self.inner.put(writes)
    }
    fn sync(&self) -> Result<(), StoreError> {
        self.inner.sync()
    }
    fn ended(&self) -> Option<String> {
        self.inner.ended()
    }
    fn archive(&self) -> Option<&Archive> {
        self.inner.archive()
    }
}

/// Whoever comes waits while it is shut.
#[derive(Default)]
pub struct Gate {
    shut: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    pub fn shut(&self) {
        *self.shut.lock().unwrap() = true;
    }

    pub fn open(&self) {
        *self.shut.lock().unwrap() = false;
        self.opened.notify_all();
    }

    fn pass(&self) {
        drop(self.opened.wait_while(self.shut.lock().unwrap(), |shut| *shut).unwrap());
    }
}

/// A keyring whose `last-signed` outlives the process, and every value it ever had.
pub struct MortalKeyring {
    pub inner: Arc<MemoryKeyring>,
    pub fate: Arc<Fate>,
    pub history: Arc<Mutex<Vec<String>>>,
    pub gate: Arc<Gate>,
    pub jammed: Arc<AtomicBool>,
    pub breaks: Arc<AtomicBool>,
}

impl Keyring for MortalKeyring {
    fn key(&self, id: &KeyId) -> Option<Arc<PrivateKey>> {
        self.inner.key(id)
    }
    fn keep(
        &self,
        purpose: KeyPurpose,
        owner: &Owner,
        key: PrivateKey,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyringError> {
        self.fate.step().map_err(KeyringError::Unwritable)?;
        self.inner.keep(purpose, owner, key, entropy)
    }
    fn ceremonies(&self) -> Result<Vec<Vec<u8>>, KeyringError> {
        self.inner.ceremonies()
    }
    fn note_ceremony(&self, name: &str, content: &[u8]) -> Result<(), KeyringError> {
        self.fate.step().map_err(KeyringError::Unwritable)?;
        self.inner.note_ceremony(name, content)
    }
    fn ceremony_is_over(&self, name: &str) -> Result<(), KeyringError> {
        self.fate.step().map_err(KeyringError::Unwritable)?;
        self.inner.ceremony_is_over(name)
    }
    fn secrets(&self) -> &Secrets {
        self.inner.secrets()
    }
    fn last_signed(&self) -> Result<Option<String>, KeyringError> {
        self.inner.last_signed()
    }
    fn ended(&self) -> Option<String> {
        None
    }
    fn replace_last_signed(&self, old: Option<&str>, new: &str) -> Result<(), KeyringError> {
        self.gate.pass();
        assert!(!self.breaks.load(Ordering::SeqCst), "a thread breaks off, as it is told");
        self.fate.step().map_err(KeyringError::Unwritable)?;
        if self.jammed.load(Ordering::SeqCst) {
            return Err(KeyringError::Unwritable("jammed".into()));
        }
        self.inner.replace_last_signed(old, new)?;
        self.history.lock().unwrap().push(new.to_owned());
        Ok(())
    }
}

/// What survives a kill: data, keys, and the founding file.
pub struct Bench {
    pub store: Arc<MemoryStore>,
    pub keyring: Arc<MemoryKeyring>,
    pub clock: Arc<SetClock>,
    pub entropy: Arc<Counter>,
    pub founding: Option<Founding>,
    pub signed: Arc<Mutex<Vec<String>>>,
    pub plan: AuthorityPlan,
    /// How many entries are in the store, whether or not anybody may see them.
    pub committed: Arc<watch::Sender<u64>>,
    /// What `last-signed` is replaced behind.
    pub gate: Arc<Gate>,
    /// Whether it cannot be replaced.
    pub jammed: Arc<AtomicBool>,
    /// Whether the thread that would replace it breaks off.
    pub breaks: Arc<AtomicBool>,
}

impl Bench {
    /// Keys and `last-signed` of size 0 are written; no entry yet.
    pub fn new() -> Self {
        Self::under(&[], 1)
    }

    /// The same under registrars whose keys are not on the server, m of whom must approve.
    pub fn under(registrars: &[PrivateKey], quorum: u16) -> Self {
        let entropy = Arc::new(Counter(AtomicU64::new(1)));
        let clock = Arc::new(SetClock(AtomicI64::new(NOON)));
        let keyring = Arc::new(MemoryKeyring::new(entropy.as_ref()));
        let mut plan = AuthorityPlan::sample().unwrap();
        plan.quorum = quorum;
        let origin = match registrars {
            [] => None,
            _ => Some("licences.example.cn/ledger".parse().unwrap()),
        };
        let not_after = clock.now().plus(86_400_000);
        plan.registrars =
            registrars.iter().map(|key| registrar(key, origin.as_ref().unwrap(), not_after)).collect();
        let keys = NewKeys::make(&plan, entropy.as_ref()).unwrap();
        let origin = origin.unwrap_or_else(|| keys.sample_origin().unwrap());
        let base_url = "http://127.0.0.1:8080".parse().unwrap();
        let now = clock.now();
        let site = Site { base_url: &base_url, origin: &origin, now, not_after };
        let catalogue = Catalogue::built_in().unwrap();
        let mut founding = Founding::compose(&plan, &catalogue, &keys, &site, entropy.as_ref()).unwrap();
        if registrars.is_empty() {
            founding.approve(&[keys.of(&Owner::Authority, KeyPurpose::Registrar).unwrap()]).unwrap();
        } else {
            founding.approve(&registrars.iter().collect::<Vec<_>>()).unwrap();
        }
        let empty = keys.empty_checkpoint(&origin).unwrap();
        for key in keys.into_inner() {
            keyring.add(key.key);
        }
        keyring.replace_last_signed(None, &empty).unwrap();
        Self {
            store: Arc::new(MemoryStore::new()),
            keyring,
            clock,
            entropy,
            founding: Some(founding),
            signed: Arc::new(Mutex::new(vec![empty])),
            plan,
            committed: Arc::new(watch::Sender::new(0)),
            gate: Arc::default(),
            jammed: Arc::default(),
            breaks: Arc::default(),
        }
    }

    /// The same workbench once more, over the same store and keys.
    pub fn again(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            keyring: Arc::clone(&self.keyring),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            founding: self.founding.clone(),
            signed: Arc::clone(&self.signed),
            plan: self.plan.clone(),
            committed: Arc::clone(&self.committed),
            gate: Arc::clone(&self.gate),
            jammed: Arc::clone(&self.jammed),
            breaks: Arc::clone(&self.breaks),
        }
    }

    /// Starts the process; it will die at write `fate` if one is given.
    pub fn start(&self, dies_at: Option<usize>) -> Result<Authority, OpenError> {
        let fate = Arc::new(Fate { left: Mutex::new(dies_at), writes: AtomicU64::new(0) });
        self.start_under(fate)
    }

    pub fn start_under(&self, fate: Arc<Fate>) -> Result<Authority, OpenError> {
        self.start_with(fate, None)
    }

    /// Starts the process with outside eyes.
    pub fn start_watched(&self, eyes: Eyes) -> Result<Authority, OpenError> {
        let fate = Arc::new(Fate { left: Mutex::new(None), writes: AtomicU64::new(0) });
        self.start_with(fate, Some(eyes))
    }

    fn start_with(&self, fate: Arc<Fate>, eyes: Option<Eyes>) -> Result<Authority, OpenError> {
        let (inner, committed) = (Arc::clone(&self.store), Arc::clone(&self.committed));
        let store = MortalStore { inner, fate: Arc::clone(&fate), committed };
        let keyring = MortalKeyring {
            inner: Arc::clone(&self.keyring),
            fate,
            history: Arc::clone(&self.signed),
            gate: Arc::clone(&self.gate),
            jammed: Arc::clone(&self.jammed),
            breaks: Arc::clone(&self.breaks),
        };
        Opening {
            store: Arc::new(store),
            keyring: Arc::new(keyring),
            entropy: Arc::<Counter>::clone(&self.entropy),
            clock: Arc::<SetClock>::clone(&self.clock),
            clock_gap: Duration::from_secs(30 * 86_400),
            catalogue: Arc::new(Catalogue::built_in().unwrap()),
            founding: self.founding.clone(),
            public_url: None,
            eyes,
        }
        .open()
    }

    /// Entries that founding makes.
    pub fn founded_size(&self) -> u64 {
        u64::try_from(self.founding.as_ref().unwrap().size()).unwrap()
    }

    pub fn code(&self, slug: &str) -> CreditCode {
        let slug: Slug = slug.parse().unwrap();
        self.plan.department(&slug).unwrap().code.clone()
    }

    pub fn tick(&self, millis: i64) {
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Whatever was signed, there is one root at each size.
    pub fn check_no_fork(&self) {
        let mut roots = std::collections::BTreeMap::new();
        for note in self.signed.lock().unwrap().iter() {
            let note: vidimus::note::Note = note.parse().unwrap();
            let checkpoint: Checkpoint = note.text().parse().unwrap();
            let before = roots.insert(checkpoint.size, checkpoint.root);
            assert!(
                before.is_none_or(|before| before == checkpoint.root),
                "two roots at {}",
                checkpoint.size
            );
        }
    }
}

/// A registrar as a plan names one, with the proof that he holds the key.
fn registrar(key: &PrivateKey, origin: &Origin, not_after: Time) -> RegistrarPlan {
    let claim =
        possession(origin, &Owner::Authority, KeyPurpose::Registrar, key.public(), not_after).unwrap();
    RegistrarPlan {
        spki: Base64Url(key.public().spki()),
        not_after,
        possession: Base64Url(key.sign(&claim).unwrap().to_vec()),
    }
}

/// A business licence that is good.
pub fn business(name: &str) -> Value {
    json!({
        "type": "business-licence",
        "holders": [{"name": name, "code": "91430111MA4L16JQ9B", "code_type": "001"}],
        "claims": {"established": "2015-03-01", "capital": "100(万元人民币)", "scope": "软件开发"},
        "valid_from": "2015-03-01",
        "valid_until": null,
    })
}

pub async fn issue(
    authority: &Authority,
    department: &CreditCode,
    body: &Value,
    key: &str,
) -> Result<Issued, Failure> {
    let wish = Wish { department, body, key: Some(key), patience: Patience::Refuse, dry_run: false };
    match authority.issue(wish).await? {
        Answer::Issued(issued) => Ok(*issued),
        Answer::DryRun { .. } => panic!("not a dry run"),
    }
}

/// Replays the whole ledger from what the server serves: bytes, hashes, law, signatures, root.
pub fn check_ledger(authority: &Authority) -> MemoryState {
    let published = authority.published();
    let checkpoint: Checkpoint = published.checkpoint.text().parse().unwrap();
    let mut state = MemoryState::new();
    let mut applied = Vec::new();
    for (index, width) in bundles(checkpoint.size) {
        let bytes = authority.tile(&TilePath::Entries(index, width)).unwrap();
        for bytes in decode_bundle(&bytes, width).unwrap() {
            let entry = law::read(bytes).unwrap();
            for blob in named_blobs(entry.bytes()) {
                if let Ok(bytes) = authority.blob(&blob) {
                    state.add_blob(bytes);
                }
            }
            let one = law::apply(&state, &entry).unwrap();
            state.absorb(one.pending());
            applied.push(one);
        }
    }
    law::discharge(applied).unwrap();
    assert_eq!(state.root().unwrap(), Digest(checkpoint.root));
    assert_eq!(state.range().root(), Hash(checkpoint.root));
    assert_eq!(state.charter(), &published.charter);
    state
}

fn named_blobs(entry: &[u8]) -> Vec<Digest> {
    fn walk(value: &Value, found: &mut Vec<Digest>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(digest)) = members.get("sha256") {
                    found.extend(digest.parse::<Digest>());
                }
                members.values().for_each(|member| walk(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&serde_json::from_slice(entry).unwrap(), &mut found);
    found
}
