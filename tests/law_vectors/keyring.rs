//! The keys of the vectors. Ed25519 keys are the hashes of their names. P-256 signatures hold chance, so whatever a
//! P-256 key signed, certificates and its proof of possession, is made once and then read; its private half is gone.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vidimus::crypto::base64url::{Base64Url, encode};
use vidimus::crypto::digest::{sha256_parts, sha512_parts};
use vidimus::crypto::{Algorithm, Entropy, KeyId, PrivateKey, PublicKey};
use vidimus::x509::{Certificate, Issuer, Profile, Request, Subject, Validity, self_signed};

pub(crate) const ORIGIN: &str = "ledger.example/sample-0123456789abcdef";
pub(crate) const AUTHORITY: &str = "11330100002489434D";
pub(crate) const SHOPS: &str = "11330106MB1A351276";
pub(crate) const FIRES: &str = "113301060024894357";
/// How long every proof of possession and every approval counts.
pub(crate) const NOT_AFTER: &str = "2027-06-01T00:00:00.000Z";

/// The years 2026 to 2035.
const VALIDITY: Validity = Validity { not_before: 1_767_225_600, not_after: 2_082_758_399 };
const FILE: &str = "ledger/certificates.json";

/// Bytes that follow from a name.
pub(crate) struct Named(pub(crate) &'static str);

impl Entropy for Named {
    fn fill(&self, out: &mut [u8]) {
        for (block, chunk) in out.chunks_mut(64).enumerate() {
            let bytes = sha512_parts(&[b"vidimus/vector/entropy\n", self.0.as_bytes(), &block.to_be_bytes()]);
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

/// The Ed25519 key of a name.
pub(crate) fn key(name: &str) -> PrivateKey {
    PrivateKey::from_seed(&sha256_parts(&[b"vidimus/vector/key\n", name.as_bytes()])).unwrap()
}

pub(crate) fn id(name: &str) -> KeyId {
    key(name).id()
}

/// A certificate, and for a P-256 key also its proof of possession.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Certified {
    pub(crate) certificate: Base64Url,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) possession: Option<Base64Url>,
}

impl Certified {
    pub(crate) fn public(&self) -> PublicKey {
        Certificate::from_der(&self.certificate.0).unwrap().public_key().clone()
    }
}

/// Every certificate of the vectors, by the name of its key; made once, and once by all tests.
pub(crate) fn certificates() -> &'static BTreeMap<String, Certified> {
    static CERTIFICATES: OnceLock<BTreeMap<String, Certified>> = OnceLock::new();
    CERTIFICATES.get_or_init(|| {
        if crate::writing() && !crate::our_file(FILE).exists() {
            crate::hold(FILE, &json!(make()));
        }
        serde_json::from_str(&std::fs::read_to_string(crate::our_file(FILE)).unwrap()).unwrap()
    })
}

/// `{"not_after","owner","possession","purpose","spki"}` of a key.
pub(crate) fn title(name: &str, owner: &str, purpose: &str) -> Value {
    let (public, possession) = match certificates().get(name) {
        Some(Certified { certificate, possession: Some(possession) }) => {
            (Certificate::from_der(&certificate.0).unwrap().public_key().clone(), possession.0.clone())
        }
        _ => {
            let message = possession(ORIGIN, owner, purpose, key(name).public(), NOT_AFTER);
            (key(name).public().clone(), key(name).sign(&message).unwrap().to_vec())
        }
    };
    json!({
        "not_after": NOT_AFTER, "owner": owner, "possession": encode(&possession), "purpose": purpose,
        "spki": encode(&public.spki()),
    })
}

/// What a proof of possession is over, written down from section 4 once more.
pub(crate) fn possession(
    origin: &str,
    owner: &str,
    purpose: &str,
    key: &PublicKey,
    not_after: &str,
) -> Vec<u8> {
    let spki = encode(&key.spki());
    let claim = format!(
        "{{\"not_after\":\"{not_after}\",\"owner\":\"{owner}\",\"purpose\":\"{purpose}\",\"spki\":\"{spki}\"}}"
    );
    format!("vidimus/possession/v1\n{origin}\n{claim}").into_bytes()
}

fn make() -> BTreeMap<String, Certified> {
    let p256 = |_| PrivateKey::generate(Algorithm::P256, &Named("")).unwrap();
    let [root_key, issuing_key, seal_key] = [0, 1, 2].map(p256);
    let authority = |name: &str| Subject::new("示例市政务服务局", AUTHORITY, name).unwrap();
    let department = |code: &str| Subject::new("示例部门", code, "电子证照签发").unwrap();
    let root = self_signed(&authority("示例市根证书"), &root_key, VALIDITY, &Named("root")).unwrap();
    let issuing_name = authority("示例市签发证书");
    let issuing = Issuer::new(&root, &root_key)
        .unwrap()
        .issue(&request(Profile::Issuing, &issuing_name, issuing_key.public()), &Named("issuing"))
        .unwrap();
    let issuer = Issuer::new(&issuing, &issuing_key).unwrap();
    let leaf = |name: &'static str, profile, subject: &Subject, public: &PublicKey| {
        issuer.issue(&request(profile, subject, public), &Named(name)).unwrap()
    };
    let shops = department(SHOPS);
    let status = leaf("status", Profile::Status, &authority("状态列表"), key("status").public());
    let shops_credential =
        leaf("credential-shops", Profile::Credential, &shops, key("credential-shops").public());
    let fires_credential =
        leaf("credential-fires", Profile::Credential, &department(FIRES), key("credential-fires").public());
    let seal = leaf("seal-shops", Profile::Seal, &shops, seal_key.public());
    let proven = |certificate: &Certificate, owner: &str, key: &PrivateKey| {
        let purpose = certificate.profile().purpose();
        let message = possession(ORIGIN, owner, purpose.as_str(), key.public(), NOT_AFTER);
        Certified {
            possession: Some(Base64Url(key.sign(&message).unwrap().to_vec())),
            ..unproven(certificate)
        }
    };
    BTreeMap::from([
        ("root".into(), proven(&root, "authority", &root_key)),
        ("issuing".into(), proven(&issuing, "authority", &issuing_key)),
        ("seal-shops".into(), proven(&seal, SHOPS, &seal_key)),
        ("status".into(), unproven(&status)),
        ("credential-shops".into(), unproven(&shops_credential)),
        ("credential-fires".into(), unproven(&fires_credential)),
    ])
}

fn request<'a>(profile: Profile, subject: &'a Subject, public_key: &'a PublicKey) -> Request<'a> {
    Request { profile, subject, public_key, validity: VALIDITY, type_codes: &[] }
}

fn unproven(certificate: &Certificate) -> Certified {
    Certified { certificate: Base64Url(certificate.der().to_vec()), possession: None }
}
