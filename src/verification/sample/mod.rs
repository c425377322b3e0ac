//! A small authority for the tests of this room: real keys, certificates, credentials, entries and a tree.

mod charter;
mod credential;
mod entry;
mod status;

use std::sync::atomic::{AtomicU64, Ordering};

pub(super) use credential::Issued;
pub(super) use entry::log_key;

use crate::crypto::{Algorithm, Entropy, PrivateKey};
use crate::ledger::body::StatusPlace;
use crate::values::identifiers::Handle;
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
            type_codes: &[],
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
}

pub(super) fn founded_at() -> Time {
    time("2026-01-01T00:00:10.000Z")
}

pub(super) fn handle() -> Handle {
    Handle::new(time("2026-06-01T01:59:59.000Z"), [3; 10])
}
