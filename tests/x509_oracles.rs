//! Other people's tools judge the certificates we make: openssl, gnutls and pkilint, by `tests/oracles/x509.sh`.
//! Runs when `VIDIMUS_ORACLES` is set; says that it was skipped otherwise.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use vidimus::crypto::{Algorithm, Entropy, PrivateKey};
use vidimus::x509::{Certificate, Issuer, Profile, Request, Subject, Validity, self_signed};

/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600;
const YEAR: i64 = 31_536_000;

/// The operating system's randomness.
struct Chance;

impl Entropy for Chance {
    fn fill(&self, out: &mut [u8]) {
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), out).unwrap();
    }
}

fn years(count: i64) -> Validity {
    Validity { not_before: START, not_after: START + count * YEAR - 1 }
}

fn authority(common_name: &str) -> Subject {
    Subject::new("示例市政务服务局", "11330100002489434D", common_name).unwrap()
}

fn department(common_name: &str) -> Subject {
    Subject::new("示例市市场监督管理局", "11330106MB1A351276", common_name).unwrap()
}

fn key(algorithm: Algorithm) -> PrivateKey {
    PrivateKey::generate(algorithm, &Chance).unwrap()
}

/// What the credential certificates name; `tests/oracles/x509.sh` looks for the same.
const TYPE_CODES: [&str; 2] = ["11100000MB0143028R001", "11100000MB0143028R015"];

/// Writes root, issuing, both kinds of credential, seal and status; the leaves by another key of the issuing name if asked.
fn write_hierarchy(directory: &Path, wrong_signer: bool) {
    let write = |name: &str, certificate: &Certificate| {
        std::fs::write(directory.join(name), certificate.to_pem().unwrap()).unwrap();
    };
    let (root_key, issuing_key, wrong_key) =
        (key(Algorithm::P256), key(Algorithm::P256), key(Algorithm::P256));
    let root = self_signed(&authority("示例市根证书"), &root_key, years(30), &Chance).unwrap();
    let issuing = |key: &PrivateKey| {
        let subject = authority("示例市签发证书");
        let request = Request {
            profile: Profile::Issuing,
            subject: &subject,
            public_key: key.public(),
            validity: years(10),
            type_codes: &[],
        };
        Issuer::new(&root, &root_key).unwrap().issue(&request, &Chance).unwrap()
    };
    let leaf_key = if wrong_signer { &wrong_key } else { &issuing_key };
    let leaf_issuer = issuing(leaf_key);
    write("root.pem", &root);
    write("issuing.pem", &issuing(&issuing_key));
    for (name, profile, subject, algorithm) in [
        ("credential-ed25519.pem", Profile::Credential, department("电子证照签发"), Algorithm::Ed25519),
        ("credential-p256.pem", Profile::Credential, department("钱包证照签发"), Algorithm::P256),
        ("seal-1.pem", Profile::Seal, department("电子印章"), Algorithm::P256),
        ("status.pem", Profile::Status, authority("状态列表"), Algorithm::Ed25519),
    ] {
        let key = key(algorithm);
        let type_codes = match profile {
            Profile::Credential => TYPE_CODES.map(|code| code.parse().unwrap()).to_vec(),
            _ => Vec::new(),
        };
        let request = Request {
            profile,
            subject: &subject,
            public_key: key.public(),
            validity: years(3),
            type_codes: &type_codes,
        };
        let issuer = Issuer::new(&leaf_issuer, leaf_key).unwrap();
        write(name, &issuer.issue(&request, &Chance).unwrap());
    }
}

fn judged(wrong_signer: bool) -> Output {
    let directory = tempfile::tempdir().unwrap();
    write_hierarchy(directory.path(), wrong_signer);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/x509.sh");
    Command::new("sh").arg(script).arg(directory.path()).output().unwrap()
}

#[test]
fn other_tools_accept_our_certificates() {
    if std::env::var_os("VIDIMUS_ORACLES").is_none() {
        println!("skipped: VIDIMUS_ORACLES is not set");
        return;
    }
    let good = judged(false);
    let said = String::from_utf8_lossy(&good.stdout).into_owned() + &String::from_utf8_lossy(&good.stderr);
    assert!(good.status.success(), "{said}");
    println!("{said}");
    let forged = judged(true);
    let said = String::from_utf8_lossy(&forged.stdout).into_owned();
    for tool in ["openssl: seal-1.pem", "certtool: seal-1.pem", "pkilint, issuing to seal-1.pem"] {
        assert!(
            said.contains(&format!("REFUSED {tool}")),
            "a leaf of another key goes unseen by {tool}: {said}"
        );
    }
    assert_eq!(forged.status.code(), Some(1));
}
