//! `credential-digest.json`: one digest whatever the signature, the disclosures and the key binding; another when a byte
//! of header or payload is another.

use serde_json::{Value, json};
use vidimus::crypto::Digest;
use vidimus::jose::{jwk, jws};
use vidimus::sd_jwt::key_binding::bind;
use vidimus::sd_jwt::{CredentialDraft, CredentialHeader, FixedCredential, Presentation, combine};

use crate::keyring::{Named, key};
use crate::story::handle;

#[test]
fn one_digest_for_every_presentation() {
    let fixed = fixed("salts");
    let mut vectors = Vec::new();
    let mut vector = |name: &str, text: &str, same: bool| {
        let digest = Presentation::parse(text).unwrap().credential_digest();
        assert_eq!(digest == fixed.credential_digest, same, "{name}");
        vectors.push(json!({"credential_digest": digest, "name": name, "presentation": text, "same": same}));
    };
    let whole = signed(&fixed, "credential-shops");
    vector("everything disclosed", &whole, true);
    let presentation = Presentation::parse(&whole).unwrap();
    vector("another signature", &signed(&fixed, "credential-fires"), true);
    vector("nothing disclosed", &presentation.withhold(&|_| false), true);
    let one = presentation.withhold(&|disclosure| disclosure.name() == Some("name"));
    vector("one claim disclosed", &one, true);
    let kept = Presentation::parse(&one).unwrap();
    let bound = bind(&kept, "nonce", "https://verifier.example", 1_795_327_200, &key("holder")).unwrap();
    vector("bound to its holder", &bound, true);
    vector("other salts", &signed(&self::fixed("other salts"), "credential-shops"), false);
    let other = whole.split('~').next().unwrap().replacen('.', ".e30", 1);
    assert_ne!(Digest::of(other.as_bytes()), fixed.credential_digest);
    crate::hold("credential-digest.json", &Value::Array(vectors));
}

fn fixed(salts: &'static str) -> FixedCredential {
    let claims = json!({
        "cnf": {"jwk": jwk::to_jwk(key("holder").public())}, "iss": "https://licences.example", "jti": handle(1),
        "name": "示例小店", "number": "A-1", "vct": "https://licences.example/types/shop/1",
    });
    let draft = CredentialDraft {
        header: CredentialHeader::new(&json!({"alg": "EdDSA", "typ": "dc+sd-jwt"})).unwrap(),
        claims: claims.as_object().unwrap().clone(),
        disclosable: vec!["/name".into(), "/number".into()],
    };
    draft.fix(&Named(salts)).unwrap()
}

fn signed(fixed: &FixedCredential, name: &str) -> String {
    let signature = key(name).sign(fixed.signing_input.as_bytes()).unwrap();
    combine(&jws::complete(&fixed.signing_input, &signature), &fixed.disclosures)
}
