//! A small authority for the tests of this room: real keys, certificates, credentials, entries and a tree.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};

use crate::crypto::{Algorithm, Digest, Entropy, KeyPurpose, PrivateKey};
use crate::jose::{jws, x5c};
use crate::ledger::body::{
    BlobRef, Body, CheckpointKey, DepartmentRegistered, KeyTitle, LawVersion, LicenceIssued, Name, Owner,
    PowerGranted, RootKey, StatusPlace, Subject as About, TypePublished,
};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::Unsigned;
use crate::ledger::receipt::Receipt;
use crate::ledger::state::{Charter, CharterChange, Effects, Event, Granted, Key, LicenceState};
use crate::merkle::{Hash, leaf, node};
use crate::note::{Scheme, VerifierKey};
use crate::sd_jwt::{CredentialDraft, combine};
use crate::status_list::{Bits, StatusList, TokenFacts};
use crate::values::identifiers::{CreditCode, Handle};
use crate::values::standing::Standing;
use crate::values::time::Time;
use crate::x509::{Certificate, Issuer, Profile, Request, Subject, Validity, self_signed};

pub(super) const BASE: &str = "https://a.test";
pub(super) const AUTHORITY: &str = "11100000000013338W";
pub(super) const MARKET: &str = "11100000MB0143028R";
pub(super) const EDUCATION: &str = "11100000000013127D";
/// Index of the licence's entry, and the size of the tree.
pub(super) const INDEX: u64 = 20;
pub(super) const SIZE: u64 = 24;
pub(super) const PLACE: StatusPlace = StatusPlace { index: 5, list: 1 };
/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600;
const YEAR: i64 = 31_536_000;

pub(super) fn time(text: &str) -> Time {
    text.parse().unwrap()
}

/// When the licence was entered.
pub(super) fn entered() -> Time {
    time("2026-06-01T02:00:00.000Z")
}

pub(super) fn now() -> Time {
    time("2026-11-22T06:00:00.000Z")
}

struct Counter;

static COUNT: AtomicU64 = AtomicU64::new(1);

impl Entropy for Counter {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let count = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            chunk.copy_from_slice(&count[..chunk.len()]);
        }
    }
}

pub(super) fn seed(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

/// A credential and its digest.
#[derive(Clone)]
pub(super) struct Issued {
    pub(super) text: String,
    pub(super) digest: Digest,
}

/// The authority and everything it signs with.
pub(super) struct Sample {
    pub(super) root: Certificate,
    issuing: Certificate,
    issuing_key: PrivateKey,
    /// The credential key of the market department.
    pub(super) key: PrivateKey,
    /// The credential key of a department that may issue nothing.
    pub(super) powerless: PrivateKey,
    status: PrivateKey,
    pub(super) log: PrivateKey,
    pub(super) holder: PrivateKey,
}

fn subject(code: &str, name: &str) -> Subject {
    Subject::new("示例机关", code, name).unwrap()
}

fn span(from: i64, years: i64) -> Validity {
    Validity { not_before: START + from, not_after: START + years * YEAR - 1 }
}

impl Sample {
    pub(super) fn new() -> Self {
        let root_key = PrivateKey::generate(Algorithm::P256, &Counter).unwrap();
        let issuing_key = PrivateKey::generate(Algorithm::P256, &Counter).unwrap();
        let root = self_signed(&subject(AUTHORITY, "根证书"), &root_key, span(0, 30), &Counter).unwrap();
        let request = Request {
            profile: Profile::Issuing,
            subject: &subject(AUTHORITY, "签发证书"),
            public_key: issuing_key.public(),
            validity: span(0, 10),
        };
        let issuing = Issuer::new(&root, &root_key).unwrap().issue(&request, &Counter).unwrap();
        Self {
            root,
            issuing,
            issuing_key,
            key: seed(10),
            powerless: seed(11),
            status: seed(12),
            log: seed(13),
            holder: seed(14),
        }
    }

    /// Leaf and issuing certificate; the leaf begins `from` seconds into 2026.
    pub(super) fn chain(&self, profile: Profile, code: &str, key: &PrivateKey, from: i64) -> Vec<Vec<u8>> {
        let request = Request {
            profile,
            subject: &subject(code, "叶证书"),
            public_key: key.public(),
            validity: span(from, 3),
        };
        let issuer = Issuer::new(&self.issuing, &self.issuing_key).unwrap();
        let leaf = issuer.issue(&request, &Counter).unwrap();
        vec![leaf.der().to_vec(), self.issuing.der().to_vec()]
    }

    pub(super) fn claims(&self) -> Map<String, Value> {
        let claims = json!({
            "iss": BASE, "jti": handle().to_string(), "vct": format!("{BASE}/types/business-licence/1"),
            "nbf": time("2026-05-31T16:00:00.000Z").seconds(), "exp": time("2027-05-31T16:00:00.000Z").seconds(),
            "status": {"status_list": {"idx": 5, "uri": format!("{BASE}/status/1")}},
            "cnf": {"jwk": crate::jose::jwk::to_jwk(self.holder.public())},
            "issuer": {"code": MARKET, "name": {"zh": "示例局", "en": "Sample bureau"}},
            "licence_number": "A-1", "identifier": "1.2.156.3005.2", "valid_from": "2026-06-01",
            "valid_until": "2027-05-31",
            "holders": [{"name": "示例公司", "code": "91430700MA4PBKBQ48", "code_type": "001"}],
            "claims": {"scope": "餐饮", "city": "示例市"},
        });
        claims.as_object().unwrap().clone()
    }

    /// The credential that is right in everything.
    pub(super) fn issue(&self) -> Issued {
        self.issue_with(|_| {})
    }

    /// One whose claims are changed before it is signed.
    pub(super) fn issue_with(&self, change: impl FnOnce(&mut Map<String, Value>)) -> Issued {
        let mut claims = self.claims();
        change(&mut claims);
        self.seal(claims, &self.chain(Profile::Credential, MARKET, &self.key, 0), &self.key)
    }

    /// One under this chain by this key.
    pub(super) fn seal(&self, claims: Map<String, Value>, chain: &[Vec<u8>], key: &PrivateKey) -> Issued {
        let header = json!({"alg": "EdDSA", "typ": "dc+sd-jwt", "x5c": x5c::encode(chain)});
        let draft = CredentialDraft {
            header: header.as_object().unwrap().clone(),
            claims,
            disclosable: vec!["/claims/scope".into()],
        };
        let fixed = draft.fix(&Counter).unwrap();
        let signature = key.sign(fixed.signing_input.as_bytes()).unwrap();
        let jws = jws::complete(&fixed.signing_input, &signature);
        Issued { text: combine(&jws, &fixed.disclosures), digest: fixed.credential_digest }
    }

    /// The state of the licence whose credential has this digest, never acted upon.
    pub(super) fn state(&self, digest: Digest) -> LicenceState {
        let body = self.body(digest);
        LicenceState {
            handle: body.handle,
            granted: Granted::Issued,
            licence_type: body.r#type,
            version: body.version,
            department: body.department,
            region: body.region,
            power: body.power,
            credential_key: body.credential_key,
            credential_digest: digest,
            valid_from: body.valid_from,
            valid_until: body.valid_until,
            status: body.status,
            carriers: Vec::new(),
            events: vec![Event { index: INDEX, time: entered(), standing: Standing::Valid }],
            last: Digest([0; 32]),
            replaces: None,
            replaced_by: None,
            erased: false,
        }
    }

    pub(super) fn body(&self, digest: Digest) -> LicenceIssued {
        LicenceIssued {
            approvals: Vec::new(),
            commitment: Digest([1; 32]),
            credential_digest: digest,
            credential_key: self.key.id(),
            department: MARKET.parse().unwrap(),
            handle: handle(),
            not_after: None,
            power: "p-1".parse().unwrap(),
            region: "110000".parse().unwrap(),
            replaces: None,
            status: PLACE,
            r#type: "business-licence".parse().unwrap(),
            valid_from: "2026-06-01".parse().unwrap(),
            valid_until: Some("2027-05-31".parse().unwrap()),
            version: 1,
        }
    }

    /// A receipt for an entry with this body at [`INDEX`] of a tree of [`SIZE`].
    pub(super) fn receipt(&self, body: Body) -> String {
        let unsigned = Unsigned { body, key: seed(20).id(), prev: None, time: entered() };
        let entry = unsigned.sign(&"a.test/log".parse().unwrap(), &seed(20)).unwrap();
        self.receipt_for(entry.bytes(), &self.log)
    }

    pub(super) fn receipt_for(&self, bytes: &[u8], log: &PrivateKey) -> String {
        let leaves: Vec<Hash> = (0..SIZE)
            .map(|index| if index == INDEX { leaf(bytes) } else { leaf(&index.to_be_bytes()) })
            .collect();
        let checkpoint = Checkpoint::new("a.test/log".parse().unwrap(), SIZE, root(&leaves).0);
        let note = checkpoint.sign(log, &[]).unwrap();
        let path = path(usize::try_from(INDEX).unwrap(), &leaves).into_iter().map(|hash| hash.0).collect();
        Receipt::new(Some(bytes.to_vec()), INDEX, path, note).unwrap().to_string()
    }

    /// A status list token of list 1 in which the licence has this value.
    pub(super) fn token(&self, value: u8, sub: &str, iat: i64, exp: i64) -> String {
        let mut list = StatusList::zeros(Bits::Two, 8).unwrap();
        list.set(u64::from(PLACE.index), value).unwrap();
        let claims = list.claims(&TokenFacts { sub, iat, exp, ttl: 60, ledger_size: SIZE }).unwrap();
        let chain = self.chain(Profile::Status, AUTHORITY, &self.status, 0);
        let header = json!({"alg": "EdDSA", "typ": "statuslist+jwt", "x5c": x5c::encode(&chain)});
        jws::sign(&header, claims.to_string().as_bytes(), &self.status).unwrap()
    }

    /// Entries 0 to 6 as always, then these.
    pub(super) fn charter(&self, more: Vec<CharterChange>) -> Charter {
        let mut changes = vec![
            self.founded(),
            department(MARKET, "market-regulation"),
            department(EDUCATION, "education"),
            key(MARKET, KeyPurpose::Credential, &self.key),
            key(EDUCATION, KeyPurpose::Credential, &self.powerless),
            published(),
            granted(),
        ];
        changes.extend(more);
        let mut charter = Charter::default();
        for (index, change) in (0..).zip(changes) {
            charter.absorb(&Effects {
                index,
                time: founded_at().plus(i64::try_from(index).unwrap() * 1000),
                leaf: Digest([7; 32]),
                subject: About::Authority,
                charter: Some(change),
                licences: Vec::new(),
                statuses: Vec::new(),
            });
        }
        charter.skip_to(SIZE, Some(entered()));
        charter
    }

    fn founded(&self) -> CharterChange {
        let title = |purpose, key: &PrivateKey| KeyTitle {
            not_after: Time::MAX,
            owner: Owner::Authority,
            purpose,
            possession: None,
            spki: key.public().clone(),
        };
        let root = KeyTitle { spki: self.root.public_key().clone(), ..title(KeyPurpose::Root, &self.log) };
        let founded = crate::ledger::body::AuthorityFounded {
            approvals: Vec::new(),
            base_url: BASE.into(),
            checkpoint: CheckpointKey {
                title: title(KeyPurpose::Checkpoint, &self.log),
                vkey: String::new(),
            },
            code: AUTHORITY.parse().unwrap(),
            law: LawVersion { text: BlobRef::of(b"law"), version: 0 },
            name: name(),
            not_after: Time::MAX,
            offset: "+08:00".parse().unwrap(),
            origin: "a.test/log".parse().unwrap(),
            quorum: 1,
            region: "110000".parse().unwrap(),
            registrars: Vec::new(),
            registry: title(KeyPurpose::Registry, &seed(20)),
            root: RootKey { certificate: BlobRef::of(self.root.der()), title: root },
            succeeds: None,
        };
        let own = |purpose, key: &PrivateKey| Key {
            owner: Owner::Authority,
            purpose,
            public: key.public().clone(),
            certificate: None,
        };
        let keys = vec![own(KeyPurpose::Checkpoint, &self.log), own(KeyPurpose::Status, &self.status)];
        CharterChange::Founded(Box::new(founded), keys)
    }
}

pub(super) fn founded_at() -> Time {
    time("2026-01-01T00:00:10.000Z")
}

pub(super) fn handle() -> Handle {
    Handle::new(time("2026-06-01T01:59:59.000Z"), [3; 10])
}

fn name() -> Name {
    Name { en: "Sample bureau".into(), zh: "示例局".into() }
}

fn department(code: &str, slug: &str) -> CharterChange {
    CharterChange::Department(DepartmentRegistered {
        approvals: Vec::new(),
        code: code.parse().unwrap(),
        name: name(),
        not_after: Time::MAX,
        region: "110000".parse().unwrap(),
        slug: slug.parse().unwrap(),
    })
}

pub(super) fn key(code: &str, purpose: KeyPurpose, key: &PrivateKey) -> CharterChange {
    let owner = Owner::Department(code.parse::<CreditCode>().unwrap());
    CharterChange::Key(Key { owner, purpose, public: key.public().clone(), certificate: None })
}

fn published() -> CharterChange {
    let blob = BlobRef::of(b"{}");
    CharterChange::Type(TypePublished {
        approvals: Vec::new(),
        claims: blob,
        metadata: blob,
        not_after: Time::MAX,
        officers: 0,
        rules: blob,
        r#type: "business-licence".parse().unwrap(),
        type_code: format!("{AUTHORITY}001").parse().unwrap(),
        version: 1,
    })
}

fn granted() -> CharterChange {
    CharterChange::Power(PowerGranted {
        approvals: Vec::new(),
        basis: BlobRef::of(b"{}"),
        department: MARKET.parse().unwrap(),
        from: "2026-01-01".parse().unwrap(),
        not_after: Time::MAX,
        power: "p-1".parse().unwrap(),
        region: "110000".parse().unwrap(),
        r#type: "business-licence".parse().unwrap(),
        until: None,
    })
}

/// The key that pins a log of ours.
pub(super) fn log_key(key: &PrivateKey) -> VerifierKey {
    VerifierKey::of("a.test/log".parse().unwrap(), Scheme::Ed25519, key.public()).unwrap()
}

/// RFC 6962 section 2.1, as it is written there.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

/// RFC 6962 section 2.1.1, as it is written there.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut inner, sibling) = if index < left.len() {
        (path(index, left), root(right))
    } else {
        (path(index - left.len(), right), root(left))
    };
    inner.push(sibling);
    inner
}

fn split(length: usize) -> usize {
    length.next_power_of_two() / 2
}
