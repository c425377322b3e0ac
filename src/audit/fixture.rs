//! A small authority for tests: founded, entries appended as the law wants them, exported as files. Ed25519 keys come
//! from seeds; the P-256 keys of certificates are new each time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::source::{Source, SourceError};
use crate::crypto::{Algorithm, Digest, Entropy, KeyId, KeyPurpose, PrivateKey};
use crate::jose::{jws, x5c};
use crate::law;
use crate::ledger::body::{
    AuthorityFounded, BlobRef, Body, CheckpointKey, DepartmentRegistered, KeyIntroduced, KeyRetired,
    KeyTitle, LawVersion, LedgerAnchored, LicenceActed, LicenceIssued, Name, Owner, PowerGranted, RootKey,
    StatusPlace, Subject as About, TypePublished, possession,
};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::{Entry, Unsigned, statement};
use crate::ledger::signature::{Approval, Signature};
use crate::ledger::state::{MemoryState, View as _};
use crate::merkle::{Hash, Range, TileId, TilePath, bundles, encode_bundle, encode_hashes, leaf, tiles};
use crate::note::{Scheme, VerifierKey};
use crate::status_list::{Bits, MAX_STATUSES, StatusList, TokenFacts};
use crate::values::identifiers::{Handle, Origin};
use crate::values::time::Time;
use crate::x509::{Certificate, Issuer, Profile, Request, Subject, Validity, self_signed};

pub(crate) const AUTHORITY: &str = "11330100002489434D";
pub(crate) const DEPARTMENT: &str = "11330106MB1A351276";
pub(crate) const BASE_URL: &str = "http://127.0.0.1:8080";
/// 2026-11-22T06:00:00.000Z.
const START: i64 = 1_795_327_200_000;

struct Counter;
static COUNT: AtomicU64 = AtomicU64::new(1 << 60);

impl Entropy for Counter {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let count = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            chunk.copy_from_slice(&count[..chunk.len()]);
        }
    }
}

/// The files of a ledger by path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) struct Ledger {
    pub(crate) origin: Origin,
    pub(crate) state: MemoryState,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) blobs: Vec<Vec<u8>>,
    pub(crate) tokens: Files,
    pub(crate) checkpoint_key: PrivateKey,
    registrar: PrivateKey,
    registry: PrivateKey,
    department_registry: PrivateKey,
    status: PrivateKey,
    credential: KeyId,
    status_chain: Vec<Vec<u8>>,
    places: u32,
}

pub(crate) fn seeded(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

pub(crate) fn time(seconds: u64) -> Time {
    Time::from_millis(START + i64::try_from(seconds).unwrap() * 1000).unwrap()
}

fn title(origin: &Origin, owner: &Owner, purpose: KeyPurpose, key: &PrivateKey) -> KeyTitle {
    let not_after = time(1_000_000);
    let message = possession(origin, owner, purpose, key.public(), not_after).unwrap();
    KeyTitle {
        not_after,
        owner: owner.clone(),
        possession: Some(Signature(key.sign(&message).unwrap())),
        purpose,
        spki: key.public().clone(),
    }
}

fn name(text: &str) -> Name {
    Name { en: text.into(), zh: "样例".into() }
}

impl Ledger {
    /// Founded, with one department that may issue one type, and the status key: thirteen entries or so.
    pub(crate) fn new() -> Self {
        let p256 = || PrivateKey::generate(Algorithm::P256, &Counter).unwrap();
        let subject = |code: &str, name: &str| Subject::new("样例市", code, name).unwrap();
        let validity = Validity { not_before: START / 1000 - 100, not_after: START / 1000 + 900_000_000 };
        let (root_key, issuing_key) = (p256(), p256());
        let root = self_signed(&subject(AUTHORITY, "root"), &root_key, validity, &Counter).unwrap();
        let certify =
            |issuer: &Certificate, key: &PrivateKey, profile, code: &str, name: &str, of: &PrivateKey| {
                let request =
                    Request { profile, subject: &subject(code, name), public_key: of.public(), validity };
                Issuer::new(issuer, key).unwrap().issue(&request, &Counter).unwrap()
            };
        let issuing = certify(&root, &root_key, Profile::Issuing, AUTHORITY, "issuing", &issuing_key);
        let (status, credential) = (seeded(5), seeded(6));
        let leaf =
            |profile, code, key: &PrivateKey| certify(&issuing, &issuing_key, profile, code, "leaf", key);
        let status_certificate = leaf(Profile::Status, AUTHORITY, &status);
        let credential_certificate = leaf(Profile::Credential, DEPARTMENT, &credential);

        let mut ledger = Self {
            origin: "sample.example/0123456789abcdef".parse().unwrap(),
            state: MemoryState::new(),
            entries: Vec::new(),
            blobs: Vec::new(),
            tokens: Files::new(),
            checkpoint_key: seeded(3),
            registrar: seeded(1),
            registry: seeded(2),
            department_registry: seeded(4),
            status,
            credential: credential.id(),
            status_chain: vec![status_certificate.der().to_vec(), issuing.der().to_vec()],
            places: 0,
        };
        ledger.found(&root, &root_key);
        let department = Owner::Department(DEPARTMENT.parse().unwrap());
        ledger.push(Body::DepartmentRegistered(DepartmentRegistered {
            approvals: vec![],
            code: DEPARTMENT.parse().unwrap(),
            name: name("Market regulation"),
            not_after: time(1_000_000),
            region: "430700".parse().unwrap(),
            slug: "market-regulation".parse().unwrap(),
        }));
        let registry = seeded(4);
        ledger.introduce(&department, KeyPurpose::Registry, &registry, None);
        ledger.introduce(&Owner::Authority, KeyPurpose::Issuing, &issuing_key, Some(&issuing));
        let status = seeded(5);
        ledger.introduce(&Owner::Authority, KeyPurpose::Status, &status, Some(&status_certificate));
        ledger.introduce(&department, KeyPurpose::Credential, &credential, Some(&credential_certificate));
        let [claims, metadata, rules, basis] =
            ["claims", "metadata", "rules", "basis"].map(|text| ledger.blob(text.as_bytes()));
        ledger.push(Body::TypePublished(TypePublished {
            approvals: vec![],
            claims,
            metadata,
            not_after: time(1_000_000),
            officers: 0,
            rules,
            r#type: "business-licence".parse().unwrap(),
            type_code: format!("{AUTHORITY}001").parse().unwrap(),
            version: 1,
        }));
        ledger.push(Body::PowerGranted(PowerGranted {
            approvals: vec![],
            basis,
            department: DEPARTMENT.parse().unwrap(),
            from: "2026-01-01".parse().unwrap(),
            not_after: time(1_000_000),
            power: "power-1".parse().unwrap(),
            region: "430700".parse().unwrap(),
            r#type: "business-licence".parse().unwrap(),
            until: None,
        }));
        ledger
    }

    fn found(&mut self, root: &Certificate, root_key: &PrivateKey) {
        let law = self.blob(law::TEXT);
        let certificate = self.blob(root.der());
        let title = |purpose, key: &PrivateKey| title(&self.origin, &Owner::Authority, purpose, key);
        let body = AuthorityFounded {
            approvals: vec![],
            base_url: BASE_URL.into(),
            checkpoint: CheckpointKey {
                title: title(KeyPurpose::Checkpoint, &self.checkpoint_key),
                vkey: self.vkey().to_string(),
            },
            code: AUTHORITY.parse().unwrap(),
            law: LawVersion { text: law, version: 0 },
            name: name("Sample"),
            not_after: time(1_000_000),
            offset: "+08:00".parse().unwrap(),
            origin: self.origin.clone(),
            quorum: 1,
            region: "430700".parse().unwrap(),
            registrars: vec![title(KeyPurpose::Registrar, &self.registrar)],
            registry: title(KeyPurpose::Registry, &self.registry),
            root: RootKey { certificate, title: title(KeyPurpose::Root, root_key) },
            succeeds: None,
        };
        self.push(Body::AuthorityFounded(body));
    }

    /// The verifier key of the first checkpoint key.
    pub(crate) fn vkey(&self) -> VerifierKey {
        self.vkey_of(&seeded(3))
    }

    pub(crate) fn vkey_of(&self, key: &PrivateKey) -> VerifierKey {
        VerifierKey::of(self.origin.as_str().parse().unwrap(), Scheme::Ed25519, key.public()).unwrap()
    }

    pub(crate) fn blob(&mut self, bytes: &[u8]) -> BlobRef {
        self.blobs.push(bytes.to_vec());
        self.state.add_blob(bytes.to_vec());
        BlobRef::of(bytes)
    }

    pub(crate) fn introduce(
        &mut self,
        owner: &Owner,
        purpose: KeyPurpose,
        key: &PrivateKey,
        certificate: Option<&Certificate>,
    ) {
        let certificate = certificate.map(|certificate| self.blob(certificate.der()));
        let title = title(&self.origin, owner, purpose, key);
        self.push(Body::KeyIntroduced(KeyIntroduced {
            approvals: vec![],
            certificate,
            not_after: time(1_000_000),
            title,
        }));
    }

    /// Moves to another checkpoint key and retires the old one.
    pub(crate) fn rotate_checkpoint_key(&mut self, seed: u8) {
        let old = std::mem::replace(&mut self.checkpoint_key, seeded(seed));
        let new = seeded(seed);
        let title = title(&self.origin, &Owner::Authority, KeyPurpose::Checkpoint, &new);
        let body = KeyIntroduced { approvals: vec![], certificate: None, not_after: time(1_000_000), title };
        self.push_approved(Body::KeyIntroduced(body), &[&seeded(1), &old]);
        self.push(Body::KeyRetired(KeyRetired {
            approvals: vec![],
            key: old.id(),
            not_after: time(1_000_000),
        }));
    }

    /// Issues one licence.
    pub(crate) fn issue(&mut self) -> Handle {
        let handle = Handle::new(self.next_time(), [u8::try_from(self.places % 251).unwrap(); 10]);
        self.places += 1;
        self.push(Body::LicenceIssued(LicenceIssued {
            approvals: vec![],
            commitment: Digest([1; 32]),
            credential_digest: Digest([2; 32]),
            credential_key: self.credential,
            department: DEPARTMENT.parse().unwrap(),
            handle,
            not_after: None,
            power: "power-1".parse().unwrap(),
            region: "430700".parse().unwrap(),
            replaces: None,
            status: StatusPlace { index: self.places * 7, list: 1 },
            r#type: "business-licence".parse().unwrap(),
            valid_from: "2026-11-22".parse().unwrap(),
            valid_until: None,
            version: 1,
        }));
        handle
    }

    pub(crate) fn suspend(&mut self, handle: Handle) {
        self.push(Body::LicenceSuspended(LicenceActed { commitment: Digest([3; 32]), handle }));
    }

    pub(crate) fn anchor(&mut self) {
        let (root, size) = (self.state.root().unwrap(), self.size());
        self.push(Body::LedgerAnchored(LedgerAnchored { root, size }));
    }

    pub(crate) fn size(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap()
    }

    fn next_time(&self) -> Time {
        time(self.size())
    }

    /// Appends a body: approved by the registrar where its kind has approvals, signed, judged.
    pub(crate) fn push(&mut self, body: Body) {
        let registrar = seeded(1);
        if body.kind().is_licence() {
            self.push_approved(body, &[]);
        } else {
            self.push_approved(body, &[&registrar]);
        }
    }

    fn push_approved(&mut self, body: Body, approvers: &[&PrivateKey]) {
        let entry = self.entry(body, approvers);
        let applied = law::apply(&self.state, &entry).unwrap();
        for effects in law::discharge(vec![applied]).unwrap() {
            self.state.absorb(&effects);
        }
        self.entries.push(entry.bytes().to_vec());
    }

    /// The next entry, signed.
    pub(crate) fn entry(&self, body: Body, approvers: &[&PrivateKey]) -> Entry {
        let prev = match body.subject() {
            About::Licence(handle) => self.state.licence(&handle).unwrap().map(|licence| licence.last),
            subject => self.state.charter().chain(&subject),
        };
        let body = approve(body, prev, &self.origin, approvers);
        let signer = if body.kind().is_licence() { &self.department_registry } else { &self.registry };
        let unsigned = Unsigned { body, key: signer.id(), prev, time: self.next_time() };
        unsigned.sign(&self.origin, signer).unwrap()
    }

    /// Appends bytes that the law never saw.
    pub(crate) fn force(&mut self, bytes: Vec<u8>) {
        self.entries.push(bytes);
    }

    /// The fold of the entries so far.
    pub(crate) fn list(&self, number: u32) -> StatusList {
        let mut list = StatusList::zeros(Bits::Two, MAX_STATUSES).unwrap();
        for (place, value) in self.state.statuses().iter().filter(|(place, _)| place.list == number) {
            list.set(u64::from(place.index), *value).unwrap();
        }
        list
    }

    /// Publishes list 1 as it is now.
    pub(crate) fn publish(&mut self) {
        let list = self.list(1);
        self.publish_list(&list, self.size());
    }

    pub(crate) fn publish_list(&mut self, list: &StatusList, ledger_size: u64) {
        let iat = time(self.size()).seconds();
        let sub = format!("{BASE_URL}/status/1");
        let facts = TokenFacts { sub: &sub, iat, exp: iat + 3600, ttl: 60, ledger_size };
        let header = json!({"alg": "EdDSA", "typ": "statuslist+jwt", "x5c": x5c::encode(&self.status_chain)});
        let payload = list.claims(&facts).unwrap().to_string();
        let token = jws::sign(&header, payload.as_bytes(), &self.status).unwrap();
        self.tokens.insert(format!("status/1/{iat}"), token.into_bytes());
    }

    /// The files of an export.
    pub(crate) fn files(&self) -> Files {
        let mut files = tree_files(&self.origin, &self.entries, &[&self.checkpoint_key]);
        for blob in &self.blobs {
            files.insert(format!("blob/sha256/{}", Digest::of(blob)), blob.clone());
        }
        files.extend(self.tokens.clone());
        files
    }

    /// A small ledger with every kind of file: issued, suspended, anchored, two status tokens.
    pub(crate) fn small() -> Self {
        let mut ledger = Self::new();
        let first = ledger.issue();
        ledger.publish();
        ledger.issue();
        ledger.suspend(first);
        ledger.anchor();
        ledger.publish();
        ledger
    }
}

fn approve(body: Body, prev: Option<Digest>, origin: &Origin, approvers: &[&PrivateKey]) -> Body {
    if !matches!(body.approvals(), Some((_, Some(_)))) {
        return body;
    }
    let message = statement(&body, prev, origin).unwrap();
    let sign = |key: &&PrivateKey| Approval { key: key.id(), sig: Signature(key.sign(&message).unwrap()) };
    let mut approvals: Vec<Approval> = approvers.iter().map(sign).collect();
    approvals.sort_by_key(|approval| approval.key);
    let mut value = body.to_value().unwrap();
    value["approvals"] = serde_json::to_value(approvals).unwrap();
    Body::from_value(body.kind(), value).unwrap()
}

/// Checkpoint, tiles and bundles over these entries.
pub(crate) fn tree_files(origin: &Origin, entries: &[Vec<u8>], keys: &[&PrivateKey]) -> Files {
    let mut files = Files::new();
    let mut range = Range::new();
    let mut nodes: BTreeMap<(u8, u64), Hash> = BTreeMap::new();
    for entry in entries {
        range.push_noting(leaf(entry), &mut |level, index, hash| {
            nodes.insert((level, index), hash);
        });
    }
    let size = u64::try_from(entries.len()).unwrap();
    let place = |index: u64| usize::try_from(index * 256).unwrap();
    for (index, width) in bundles(size) {
        let some = &entries[place(index)..place(index) + width.count()];
        files.insert(TilePath::Entries(index, width).to_string(), encode_bundle(some).unwrap());
    }
    for (tile, width) in tiles(size) {
        let first = tile.index() * 256;
        let hashes: Vec<Hash> =
            (first..).take(width.count()).map(|at| nodes[&(tile.level() * 8, at)]).collect();
        files.insert(
            TilePath::Hashes(TileId::new(tile.level(), tile.index()).unwrap(), width).to_string(),
            encode_hashes(&hashes),
        );
    }
    let checkpoint = Checkpoint::new(origin.as_str().parse().unwrap(), size, range.root().0);
    let note = checkpoint.sign(keys[0], &keys[1..]).unwrap();
    files.insert("checkpoint".into(), note.to_string().into_bytes());
    files
}

/// Files in memory are an export too.
impl Source for Files {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self.get(path).cloned())
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        Ok(self.keys().filter(|path| path.starts_with("status/")).cloned().collect())
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(Some(self.keys().cloned().collect()))
    }
}

/// Writes files under a directory.
pub(crate) fn write(files: &Files, root: &Path) {
    for (path, bytes) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
