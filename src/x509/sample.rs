//! A whole hierarchy for the tests of this room.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Certificate, Issuer, Profile, Request, Subject, Validity, self_signed};
use crate::crypto::{Algorithm, Entropy, PrivateKey};

pub(super) const AUTHORITY: &str = "11330100002489434D";
pub(super) const DEPARTMENT: &str = "11330106MB1A351276";
/// 2026-01-01T00:00:00Z.
pub(super) const START: i64 = 1_767_225_600;
const YEAR: i64 = 31_536_000;

/// A counter in place of chance; never the same bytes twice in one run.
pub(super) struct Counter;

static COUNT: AtomicU64 = AtomicU64::new(u64::MAX / 2);

impl Entropy for Counter {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let count = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            chunk.copy_from_slice(&count[..chunk.len()]);
        }
    }
}

/// Root, issuing, credential, seal, status, and the keys of the first two.
pub(super) struct Hierarchy {
    pub(super) root_key: PrivateKey,
    pub(super) root: Certificate,
    pub(super) issuing_key: PrivateKey,
    pub(super) issuing: Certificate,
    pub(super) credential: Certificate,
    pub(super) seal: Certificate,
    pub(super) status: Certificate,
}

pub(super) fn key(algorithm: Algorithm) -> PrivateKey {
    PrivateKey::generate(algorithm, &Counter).unwrap()
}

/// The years from the start of the sample.
pub(super) fn years(from: i64, to: i64) -> Validity {
    Validity { not_before: START + from * YEAR, not_after: START + to * YEAR - 1 }
}

pub(super) fn authority(common_name: &str) -> Subject {
    Subject::new("示例市政务服务局", AUTHORITY, common_name).unwrap()
}

pub(super) fn department() -> Subject {
    Subject::new("示例市市场监督管理局", DEPARTMENT, "电子证照签发").unwrap()
}

impl Hierarchy {
    /// Root 0..30 years, issuing 0..10, leaves 1..3.
    pub(super) fn new() -> Self {
        let (root_key, issuing_key) = (key(Algorithm::P256), key(Algorithm::P256));
        let root = self_signed(&authority("示例市根证书"), &root_key, years(0, 30), &Counter).unwrap();
        let issuing = {
            let request = Request {
                profile: Profile::Issuing,
                subject: &authority("示例市签发证书"),
                public_key: issuing_key.public(),
                validity: years(0, 10),
                type_codes: &[],
            };
            Issuer::new(&root, &root_key).unwrap().issue(&request, &Counter).unwrap()
        };
        let leaf = |profile, subject: &Subject, algorithm| {
            let key = key(algorithm);
            let request = Request {
                profile,
                subject,
                public_key: key.public(),
                validity: years(1, 3),
                type_codes: &[],
            };
            Issuer::new(&issuing, &issuing_key).unwrap().issue(&request, &Counter).unwrap()
        };
        let credential = leaf(Profile::Credential, &department(), Algorithm::Ed25519);
        let seal = leaf(Profile::Seal, &department(), Algorithm::P256);
        let status = leaf(Profile::Status, &authority("状态列表"), Algorithm::Ed25519);
        Self { root_key, root, issuing_key, issuing, credential, seal, status }
    }
}

/// A credential certificate for a P-256 key, written by rcgen after `change`, without our own care.
pub(super) fn odd_leaf(sample: &Hierarchy, change: impl FnOnce(&mut rcgen::CertificateParams)) -> Vec<u8> {
    let pair = |key: &PrivateKey| rcgen::KeyPair::try_from(key.pkcs8()).unwrap();
    let key = key(Algorithm::P256);
    let mut issuer = rcgen::CertificateParams::default();
    issuer.distinguished_name = sample.issuing.subject().to_name().unwrap();
    issuer.key_identifier_method =
        rcgen::KeyIdMethod::PreSpecified(sample.issuing.public_key().id().0.to_vec());
    let mut leaf = rcgen::CertificateParams::default();
    leaf.not_before = rcgen::date_time_ymd(2027, 1, 1);
    leaf.not_after = rcgen::date_time_ymd(2028, 1, 1);
    leaf.serial_number = Some(rcgen::SerialNumber::from_slice(&[1]));
    leaf.distinguished_name = department().to_name().unwrap();
    leaf.is_ca = Profile::Credential.basic_constraints();
    leaf.key_usages = Profile::Credential.key_usages();
    leaf.extended_key_usages = Profile::Credential.extended_key_usages();
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(key.id().0.to_vec());
    change(&mut leaf);
    let issuer = rcgen::Issuer::from_params(&issuer, pair(&sample.issuing_key));
    leaf.signed_by(&pair(&key), &issuer).unwrap().der().to_vec()
}
