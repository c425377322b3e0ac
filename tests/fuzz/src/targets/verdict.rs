//! Verdicts over evidence that differs from the real thing.
//!
//! - Every evidence has a verdict or a problem; the verdict follows from the seven findings as law 0 says, and a licence is
//!   shown only behind a good signature of a recognised issuer.
//! - Valid is only what was issued: the same bytes under the issuer's signature, the same signature, disclosures of its own,
//!   a receipt or none. That holds even for what the department's own key signs and the ledger does not know.
//!
//! Input: which licence and form, then cuts: two bytes of place, how much is taken out, how much is put in, and that.

use std::sync::LazyLock;

use serde_json::{Value, json};
use vidimus::authority::founding::NewKeys;
use vidimus::catalogue::AuthorityPlan;
use vidimus::crypto::{KeyPurpose, PrivateKey, base64url};
use vidimus::jose::jws;
use vidimus::sd_jwt::{Presentation, combine, key_binding};
use vidimus::verification::Evidence;

use crate::live::live;
use crate::make::{Counter, key};

const PATH: &str = "/v1/verifications";

/// The credential key of the department, made as the sample's were: its chance is a counter.
static DEPARTMENT: LazyLock<PrivateKey> = LazyLock::new(|| {
    let plan = AuthorityPlan::sample().unwrap();
    let credential = live().issued[0]["credential"].as_str().unwrap();
    let presentation = Presentation::parse(credential).unwrap();
    let made = NewKeys::make(&plan, &Counter::default()).unwrap().into_inner();
    let own = made
        .into_iter()
        .find(|one| one.purpose == KeyPurpose::Credential && presentation.verify(one.key.public()).is_ok());
    own.expect("the department's key").key
});

/// Cuts the evidence and holds the verdict.
pub fn run(data: &[u8]) {
    let [form, cuts @ ..] = data else { return };
    let issued = &live().issued[usize::from(form >> 4) % live().issued.len()];
    let credential = issued["credential"].as_str().unwrap();
    let receipt = issued["receipt"].as_str().unwrap();
    let file = json!({"credential": credential, "receipt": receipt});
    let text = match form % 6 {
        0 => cut(credential.as_bytes(), cuts),
        1 => cut(file.to_string().as_bytes(), cuts),
        2 => json!({"credential": credential, "receipt": String::from_utf8_lossy(&cut(receipt.as_bytes(), cuts))}).to_string().into_bytes(),
        3 => signed_anew(credential, cuts),
        4 => json!({"credential": String::from_utf8_lossy(&signed_anew(credential, cuts)), "receipt": receipt}).to_string().into_bytes(),
        _ => bound(credential, cuts),
    };
    let answered = live().post(PATH, "text/plain", &text);
    assert!(!answered.status.is_server_error(), "{}", answered.text());
    if answered.status.is_success() {
        let report = answered.json();
        weighed(&report);
        // The real thing, and the same signed once more: else what follows would hold of everything.
        assert!(!cuts.is_empty() || form % 6 == 5 || report["verdict"] == "valid", "{report}");
        if report["verdict"] == "valid" {
            issued_so(&String::from_utf8_lossy(&text));
        }
    }
}

/// The bytes with some taken out and some put in, cut by cut.
fn cut(bytes: &[u8], mut cuts: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    while let [low, high, out, put, rest @ ..] = cuts {
        let place = (usize::from(u16::from_le_bytes([*low, *high]))) % (bytes.len() + 1);
        let end = bytes.len().min(place + usize::from(*out));
        let (put, rest) = rest.split_at(rest.len().min(usize::from(*put)));
        bytes.splice(place..end, put.iter().copied());
        cuts = rest;
    }
    bytes
}

/// Another payload, signed by the department's own key: as well made as anything could be, but never entered.
fn signed_anew(credential: &str, cuts: &[u8]) -> Vec<u8> {
    let (jws, disclosures) = credential.split_once('~').unwrap();
    let (header, rest) = jws.split_once('.').unwrap();
    let (payload, _) = rest.split_once('.').unwrap();
    let payload = cut(&base64url::decode(payload).unwrap(), cuts);
    let input = format!("{header}.{}", base64url::encode(&payload));
    let signature = DEPARTMENT.sign(input.as_bytes()).unwrap();
    format!("{}~{disclosures}", jws::complete(&input, &signature)).into_bytes()
}

/// The credential bound by its holder, then cut.
fn bound(credential: &str, cuts: &[u8]) -> Vec<u8> {
    let presentation = Presentation::parse(credential).unwrap();
    let bound = key_binding::bind(&presentation, "n", "a", 1_795_327_200, &key("holder")).unwrap();
    cut(bound.as_bytes(), cuts)
}

/// The verdict, from the findings by law 0, section 10.
fn weighed(report: &Value) {
    let findings = report["findings"].as_array().unwrap();
    let results: Vec<&str> = findings.iter().map(|finding| finding["result"].as_str().unwrap()).collect();
    let unsure =
        |(place, result): (usize, &&str)| *result == "unknown" || (*result == "not_checked" && place < 6);
    let verdict = if results.contains(&"failed") {
        "not_valid"
    } else if results.iter().enumerate().any(unsure) {
        "cannot_tell"
    } else {
        "valid"
    };
    assert_eq!((results.len(), &report["verdict"]), (7, &json!(verdict)));
    let recognised = results[0] == "passed" && results[1] == "passed";
    assert!(
        recognised || report["licence"].is_null(),
        "shown without a good signature of a recognised issuer"
    );
}

fn issued_so(text: &str) {
    let credential = match Evidence::read(text).unwrap() {
        Evidence::Credential(credential) | Evidence::Download { credential, .. } => credential,
        Evidence::Number { .. } => panic!("no number was in the evidence"),
    };
    let found = Presentation::parse(&credential).unwrap();
    let same = live().issued.iter().any(|issued| {
        let own = Presentation::parse(issued["credential"].as_str().unwrap()).unwrap();
        found.jws().text() == own.jws().text()
            && found.disclosures().iter().all(|one| own.disclosures().contains(one))
    });
    assert!(same, "valid, but never issued: {credential}");
    let encoded: Vec<String> = found.disclosures().iter().map(|one| one.encoded().to_owned()).collect();
    assert_eq!(combine(found.jws().text(), &encoded), found.bound());
}

/// The real thing in every form, and single cuts.
pub fn seeds() -> Vec<Vec<u8>> {
    let forms = (0_u8..6).flat_map(|form| [form, form | 16]);
    let single = forms.flat_map(|form| {
        let cuts: [&[u8]; 6] = [
            &[],
            &[0, 0, 0, 1, b' '],
            &[60, 1, 1, 1, b'A'],
            &[255, 255, 0, 1, b'~'],
            &[200, 2, 40, 0],
            &[10, 0, 0, 4, b'"', b',', b'"', b'x'],
        ];
        cuts.map(|cuts| [&[form], cuts].concat())
    });
    single.collect()
}

/// What separates parts, and claims.
pub fn words() -> Vec<String> {
    super::words(&[
        "~",
        ".",
        "=",
        "\n",
        "\"jti\":",
        "\"vct\":",
        "\"exp\":",
        "\"status\":",
        "\"_sd\":[",
        "\"iss\":",
        "\"cnf\":",
        "null",
    ])
}
