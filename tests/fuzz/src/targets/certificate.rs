//! Certificates as evidence brings them: read strictly, and spelt in one way.
//!
//! - What is taken is written again as the bytes it was read from, as DER and through PEM, and has one of our profiles.
//! - No certificate of strangers leads to the vectors' root, and a spoiled one of ours does not either.

use std::sync::LazyLock;

use vidimus::crypto::base64url;
use vidimus::x509::{Certificate, MAXIMUM_SIZE, Profile, validate};

use crate::make;

static OURS: LazyLock<Vec<(String, Certificate)>> = LazyLock::new(|| {
    let file = make::json(include_str!("../../../../schemas/vectors/ledger/certificates.json"));
    let named = file.as_object().unwrap().iter().map(|(name, one)| {
        let der = base64url::decode(one["certificate"].as_str().unwrap()).unwrap();
        (name.clone(), Certificate::from_der(&der).unwrap())
    });
    named.collect()
});

fn ours(name: &str) -> &'static Certificate {
    &OURS.iter().find(|(own, _)| own == name).unwrap().1
}

/// Noon of the vectors' first day, in seconds.
const NOON: i64 = 1_795_320_000;

/// Holds the laws over DER, or PEM where it begins so.
pub fn run(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(certificate) = Certificate::from_pem(text)
    {
        written_again(&certificate, certificate.der().to_vec().as_slice());
    }
    match Certificate::from_der(data) {
        Ok(certificate) => written_again(&certificate, data),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn written_again(certificate: &Certificate, data: &[u8]) {
    assert!(data.len() <= MAXIMUM_SIZE);
    assert_eq!(certificate.der(), data);
    let pem = certificate.to_pem().unwrap();
    assert_eq!(Certificate::from_pem(&pem).as_ref(), Ok(certificate));
    assert!(certificate.profile().allows(certificate.public_key().algorithm()));
    // An ECDSA signature has a second spelling that is as good; everything that was signed is the same.
    let known = OURS.iter().any(|(_, own)| signed(own.der()) == signed(data));
    let root = std::slice::from_ref(ours("root"));
    for profile in [Profile::Credential, Profile::Status, Profile::Seal] {
        let chain = [data.to_vec(), ours("issuing").der().to_vec()];
        let good = validate(&chain, root, NOON, profile).is_ok();
        assert!(!good || known, "a certificate that our issuer did not make");
    }
}

/// What the issuer signed: the first part of the outer sequence. Both have lengths of two bytes in all our certificates.
fn signed(der: &[u8]) -> Option<&[u8]> {
    let length = der.get(6..8)?;
    der.get(4..8 + usize::from(u16::from_be_bytes([length[0], length[1]])))
}

/// Every profile.
pub fn seeds() -> Vec<Vec<u8>> {
    let der = OURS.iter().map(|(_, certificate)| certificate.der().to_vec());
    let pem = OURS.iter().map(|(_, certificate)| certificate.to_pem().unwrap().into_bytes());
    der.chain(pem).collect()
}

/// Object identifiers of the extensions, and what PEM begins with.
pub fn words() -> Vec<String> {
    super::words(&["\u{6}\u{3}U\u{1d}", "\u{1}\u{1}\u{7f}", "-----BEGIN CERTIFICATE-----\n", "\u{30}\u{3}"])
}
