//! Credentials and status lists made by the library, judged by the library, and written for other people's code.
//!
//! With `VIDIMUS_SAMPLE_OUT=<directory>` the samples are also written there, for the scripts beside this file
//! (`README.md`). Everything is fixed: the same files on every run, except for P-256 signatures and keys.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::path::PathBuf;

use serde_json::{Value, json};
use vidimus::crypto::{Algorithm, Entropy, PrivateKey, digest};
use vidimus::jose::{jwk, jws};
use vidimus::sd_jwt::{self, CredentialDraft, CredentialHeader, Expectation, Presentation, key_binding};
use vidimus::status_list::{self, Bits, StatusList, StatusToken, TokenFacts};

const ISSUED: i64 = 1_795_300_000;
const FAR: i64 = 4_102_444_800;
const NONCE: &str = "n-0S6_WzA2Mj";
const AUDIENCE: &str = "https://department.example";

/// Bytes that differ from call to call but not from run to run.
struct Counter(std::sync::atomic::AtomicU64);

impl Entropy for Counter {
    fn fill(&self, out: &mut [u8]) {
        let call = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let block = digest::sha512_parts(&[&call.to_le_bytes()]);
        out.iter_mut().zip(block.iter().cycle()).for_each(|(to, from)| *to = *from);
    }
}

fn write(name: &str, text: &str) {
    if let Some(directory) = std::env::var_os("VIDIMUS_SAMPLE_OUT").map(PathBuf::from) {
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(name), text).unwrap();
    }
}

fn issue(issuer: &PrivateKey, holder: &PrivateKey) -> String {
    let claims = json!({
        "vct": "http://127.0.0.1:8080/types/food-business/1", "iss": "https://authority.example",
        "jti": "019a9a00-0000-7000-8000-000000000001", "nbf": ISSUED, "exp": FAR,
        "cnf": {"jwk": jwk::to_jwk(holder.public())},
        "status": {"status_list": {"idx": 5, "uri": "http://127.0.0.1:8080/status/0"}},
        "name": "青山餐饮有限公司", "credit_code": "91530100MA6K000000",
        "address": {"city": "昆明", "street": {"name": "青年路", "number": 1}},
        "holders": [{"name": "甲", "share": 60}, {"name": "乙", "share": 40}],
        "scope": ["hot", "cold"],
    });
    let disclosable = ["/name", "/credit_code", "/address", "/address/street", "/holders/0/name", "/scope/1"];
    let header = json!({"alg": issuer.public().algorithm().jose(), "typ": sd_jwt::TYPE});
    let fixed = CredentialDraft {
        header: CredentialHeader::new(&header).unwrap(),
        claims: claims.as_object().unwrap().clone(),
        disclosable: disclosable.map(str::to_owned).to_vec(),
    }
    .fix(&Counter(1.into()))
    .unwrap();
    let signature = issuer.sign(fixed.signing_input.as_bytes()).unwrap();
    let text = sd_jwt::combine(&jws::complete(&fixed.signing_input, &signature), &fixed.disclosures);
    let presentation = Presentation::parse(&text).unwrap();
    presentation.verify(issuer.public()).unwrap();
    assert_eq!(presentation.credential_digest(), fixed.credential_digest);
    assert_eq!(Value::Object(presentation.disclosed().unwrap().into_map()), claims);
    text
}

#[test]
fn credentials_of_both_algorithms() {
    for algorithm in [Algorithm::Ed25519, Algorithm::P256] {
        let issuer = PrivateKey::generate(algorithm, &Counter(100.into())).unwrap();
        let holder = PrivateKey::generate(algorithm, &Counter(200.into())).unwrap();
        let name = |what: &str| format!("{}-{what}", algorithm.jose());
        write(&name("issuer.jwk"), &jwk::to_jwk(issuer.public()).to_string());
        let whole = issue(&issuer, &holder);
        write(&name("whole.sd-jwt"), &format!("{whole}\n"));
        let partial = Presentation::parse(&whole).unwrap().withhold(&|one| one.name() == Some("name"));
        write(&name("partial.sd-jwt"), &partial);
        let bound = Presentation::parse(&partial).unwrap();
        let bound = key_binding::bind(&bound, NONCE, AUDIENCE, ISSUED, &holder).unwrap();
        write(&name("bound.sd-jwt"), &bound);
        let presentation = Presentation::parse(&bound).unwrap().disclose().unwrap();
        let claims = presentation.claims();
        assert!(claims.get("name").is_some() && claims.get("address").is_none());
        let expected = Expectation { nonce: Some(NONCE), audience: Some(AUDIENCE), issued: ISSUED..=ISSUED };
        key_binding::verify(&presentation, &expected).unwrap();
    }
}

#[test]
fn a_status_list_token() {
    let key = PrivateKey::from_seed(&[7; 32]).unwrap();
    let mut list = StatusList::zeros(Bits::Two, status_list::MAX_STATUSES).unwrap();
    for (index, status) in [(5, 2), (6, 1), (1_048_575, 1)] {
        list.set(index, status).unwrap();
    }
    let facts = TokenFacts {
        sub: "http://127.0.0.1:8080/status/0",
        iat: ISSUED,
        exp: FAR,
        ttl: 300,
        ledger_size: 41,
    };
    let header = json!({"alg": "EdDSA", "typ": status_list::TYPE});
    let token = jws::sign(&header, list.claims(&facts).unwrap().to_string().as_bytes(), &key).unwrap();
    write("status.jwk", &jwk::to_jwk(key.public()).to_string());
    write("status.jwt", &token);
    let parsed = StatusToken::parse(&token).unwrap();
    parsed.verify(key.public()).unwrap();
    let values = [5, 6, 7, 1_048_575].map(|index| parsed.value(index).unwrap());
    assert_eq!(values, [2, 1, 0, 1]);
    assert!(parsed.value(1_048_576).is_err());
}
