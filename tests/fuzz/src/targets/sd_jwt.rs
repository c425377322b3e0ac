//! SD-JWT: presentations as they come, as an issuer could have signed them, and as ours does.
//!
//! - What is disclosed bears no name of RFC 9901's, hides nothing that must be plain, and does not depend on the order of the
//!   disclosures; a disclosure more, or one twice, is refused.
//! - What is withheld of a good presentation leaves a good one, of the same credential, that says no more.
//! - What our issuer fixes is disclosed whole, whatever it hides, and a holder's binding holds for that presentation alone.
//!
//! Input: a word for the form, then lines. Form 0: a presentation. Form 1: a payload and a disclosure a line, where `#0`
//! to `#9` stand for the digests of later disclosures. Form 2: claims, and a pointer to hide a line.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use vidimus::crypto::base64url;
use vidimus::crypto::digest::sha256_parts;
use vidimus::jose::{jwk, jws};
use vidimus::sd_jwt::{
    CredentialDraft, CredentialHeader, DisclosedClaims, Expectation, MAX_DEPTH, NEVER_HIDDEN, Presentation,
    SdJwtError, combine, key_binding,
};
use vidimus::values::canonical::parse_strict;

use crate::make::{Counter, key, split_byte};

const HEADER: &str = r#"{"alg":"EdDSA","typ":"dc+sd-jwt"}"#;

/// Holds the laws over one of the three forms.
pub fn run(data: &[u8]) {
    let Some((form, rest)) = split_byte(data) else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    match form % 3 {
        0 => as_it_is(text),
        1 => as_it_is(&signed(first, &lines.collect::<Vec<_>>())),
        _ => of_ours(first, &lines.collect::<Vec<_>>()),
    }
}

/// A presentation of a payload and disclosures of any form.
fn signed(payload: &str, disclosures: &[&str]) -> String {
    let mut encoded: Vec<String> = Vec::new();
    let mut digests = [const { String::new() }; 10];
    // From the last, so that a disclosure can hold the digests of those after it.
    for (place, text) in disclosures.iter().enumerate().rev() {
        let one = base64url::encode(with_digests(text, &digests).as_bytes());
        if let Some(digest) = digests.get_mut(place) {
            *digest = base64url::encode(&sha256_parts(&[one.as_bytes()]));
        }
        encoded.push(one);
    }
    encoded.reverse();
    let payload = with_digests(payload, &digests);
    let input = format!("{}.{}", base64url::encode(HEADER.as_bytes()), base64url::encode(payload.as_bytes()));
    let signature = key("issuer").sign(input.as_bytes()).unwrap();
    combine(&jws::complete(&input, &signature), &encoded)
}

fn with_digests(text: &str, digests: &[String; 10]) -> String {
    digests.iter().enumerate().fold(text.to_owned(), |text, (number, digest)| {
        if digest.is_empty() { text } else { text.replace(&format!("#{number}"), digest) }
    })
}

fn as_it_is(text: &str) {
    let Ok(presentation) = Presentation::parse(text) else { return };
    assert_eq!(
        presentation.bound().len() + presentation.key_binding().map_or(0, str::len),
        text.trim_ascii().len()
    );
    // However the claims look, withholding never breaks the form.
    let less = presentation.withhold(&|one| one.name().is_none());
    assert!(Presentation::parse(&less).is_ok());
    match presentation.disclosed() {
        Ok(claims) => disclosed(&presentation, &claims),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn disclosed(presentation: &Presentation<'_>, claims: &DisclosedClaims) {
    nothing_reserved(&Value::Object(claims.as_map().clone()), 0);
    let payload = parse_strict(presentation.jws().payload()).unwrap();
    for name in NEVER_HIDDEN {
        assert_eq!(payload.get(name), claims.get(name), "{name} is not as it was signed");
    }
    let all: Vec<String> = presentation.disclosures().iter().map(|one| one.encoded().to_owned()).collect();
    let jws = presentation.jws().text();
    let read = |disclosures: &[String]| -> Result<DisclosedClaims, SdJwtError> {
        let text = combine(jws, disclosures);
        let presentation = Presentation::parse(&text)?;
        presentation.disclosed()
    };
    let reversed: Vec<String> = all.iter().rev().cloned().collect();
    assert_eq!(read(&reversed).as_ref().ok(), Some(claims), "the order matters");
    let stranger = base64url::encode(br#"["0123456789abcdefghijklmn","a stranger",1]"#);
    assert!(read(&[all.as_slice(), &[stranger]].concat()).is_err(), "a disclosure nothing refers to");
    if let Some(first) = all.first() {
        assert!(read(&[all.as_slice(), std::slice::from_ref(first)].concat()).is_err(), "a disclosure twice");
    }
    for kept in 0..all.len().min(8) {
        let less = presentation.withhold(&|one| one.encoded() != all[kept]);
        let less = Presentation::parse(&less).unwrap();
        assert_eq!(less.credential_digest(), presentation.credential_digest());
        let said = less.disclosed().expect("less of what is good is good");
        assert!(less.disclosures().len() < all.len());
        says_no_more(&Value::Object(said.into_map()), &Value::Object(claims.as_map().clone()));
    }
    let whole = presentation.withhold(&|_| true);
    assert_eq!(Presentation::parse(&whole).unwrap().disclosed().as_ref().ok(), Some(claims));
}

/// Names of RFC 9901's own, and depth.
fn nothing_reserved(value: &Value, depth: usize) {
    assert!(depth <= MAX_DEPTH);
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            assert!(!["_sd", "...", "_sd_alg"].contains(&name.as_str()), "{name} is left");
            nothing_reserved(member, depth + 1);
        }),
        Value::Array(items) => items.iter().for_each(|item| nothing_reserved(item, depth + 1)),
        _ => {}
    }
}

/// Every member that is still there stood there before, and of arrays every element, in order.
fn says_no_more(less: &Value, more: &Value) {
    match (less, more) {
        (Value::Object(less), Value::Object(more)) => {
            less.iter().for_each(|(name, member)| says_no_more(member, more.get(name).expect("a new claim")));
        }
        // Withheld elements close up, so only the count is certain.
        (Value::Array(less), Value::Array(more)) => assert!(less.len() <= more.len()),
        (less, more) => assert_eq!(less, more),
    }
}

/// Our issuer's, then a holder's.
fn of_ours(claims: &str, pointers: &[&str]) {
    let Ok(Value::Object(mut claims)) = parse_strict(claims.as_bytes()) else { return };
    let holder = key("holder");
    claims.insert("cnf".into(), json!({"jwk": jwk::to_jwk(holder.public())}));
    let header = CredentialHeader::new(&crate::make::json(HEADER)).unwrap();
    let disclosable: Vec<String> = pointers.iter().map(|pointer| (*pointer).to_owned()).collect();
    let draft = CredentialDraft { header, claims: claims.clone(), disclosable };
    let Ok(fixed) = draft.fix(&Counter::default()) else { return };
    assert_eq!(fixed.disclosures.len(), pointers.len());
    let signature = key("issuer").sign(fixed.signing_input.as_bytes()).unwrap();
    let text = combine(&jws::complete(&fixed.signing_input, &signature), &fixed.disclosures);
    let presentation = match Presentation::parse(&text) {
        Ok(presentation) => presentation,
        Err(SdJwtError::TooLong { .. } | SdJwtError::TooMany { .. } | SdJwtError::Payload(_)) => return,
        Err(SdJwtError::Disclosure { error, .. }) => {
            // A claim nested as deeply as JSON may be lies deeper inside a disclosure.
            assert!(error.to_string().contains("deep"), "{error}");
            return;
        }
        Err(other) => panic!("our issuer's is refused: {other}"),
    };
    assert_eq!(presentation.credential_digest(), fixed.credential_digest);
    let found = presentation.disclosed().expect("our issuer's is disclosed");
    assert_eq!(found.as_map(), &claims);
    disclosed(&presentation, &found);
    plain_is_gone(&presentation, pointers, &claims);
    bound(&presentation, &found);
}

/// A text that is hidden and stands nowhere else is not in the payload.
fn plain_is_gone(presentation: &Presentation<'_>, pointers: &[&str], claims: &Map<String, Value>) {
    let payload = parse_strict(presentation.jws().payload()).unwrap();
    let whole = Value::Object(claims.clone());
    let hidden: BTreeSet<&str> = pointers.iter().copied().collect();
    for pointer in
        hidden.iter().filter(|pointer| pointer.rsplit('/').next().unwrap_or("0").parse::<u64>().is_err())
    {
        assert!(
            whole.pointer(pointer).is_some() && payload.pointer(pointer).is_none(),
            "{pointer} is not hidden"
        );
    }
}

fn bound(presentation: &Presentation<'_>, claims: &DisclosedClaims) {
    let text = key_binding::bind(presentation, "n-1", "a-1", 100, &key("holder")).unwrap();
    let expected =
        |nonce, audience, issued| Expectation { nonce: Some(nonce), audience: Some(audience), issued };
    let Ok(again) = Presentation::parse(&text) else { return };
    let again = again.disclose().expect("bound, it says the same");
    assert_eq!(again.claims(), claims);
    assert!(key_binding::verify(&again, &expected("n-1", "a-1", 0..=100)).is_ok());
    for other in
        [expected("n-2", "a-1", 0..=100), expected("n-1", "a-2", 0..=100), expected("n-1", "a-1", 0..=99)]
    {
        assert!(key_binding::verify(&again, &other).is_err());
    }
    // One disclosure less: the binding is of another presentation.
    let binding = again.key_binding().unwrap_or_default();
    if let Some(first) = presentation.disclosures().first() {
        let less = presentation.withhold(&|one| one != first) + binding;
        let less = Presentation::parse(&less).unwrap().disclose().unwrap();
        assert!(key_binding::verify(&less, &expected("n-1", "a-1", 0..=100)).is_err());
    }
}

/// Credentials as ours hide them, and the ways to put digests where they may not stand.
pub fn seeds() -> Vec<Vec<u8>> {
    let salt = "0123456789abcdefghijkl";
    let forms = [
        format!("{{\"_sd\":[\"#0\"],\"a\":1}}\n[\"{salt}\",\"b\",2]"),
        format!(
            "{{\"_sd\":[\"#0\"],\"_sd_alg\":\"sha-256\"}}\n[\"{salt}\",\"b\",{{\"_sd\":[\"#1\"]}}]\n[\"{salt}\",\"c\",true]"
        ),
        format!("{{\"l\":[{{\"...\":\"#0\"}},{{\"...\":\"#1\"}},3]}}\n[\"{salt}\",1]\n[\"{salt}\",[2]]"),
        format!(
            "{{\"_sd\":[\"#0\",\"decoy\"],\"jti\":\"x\",\"o\":{{\"_sd\":[\"#1\"]}}}}\n[\"{salt}\",\"a\",1]\n[\"{salt}\",\"b\",1]"
        ),
        format!("{{\"_sd\":[\"#0\"]}}\n[\"{salt}\",\"iss\",1]"),
        format!("{{\"cnf\":{{\"_sd\":[\"#0\"]}}}}\n[\"{salt}\",\"x\",1]"),
        format!("{{\"_sd\":[\"#0\",\"#0\"]}}\n[\"{salt}\",\"x\",1]"),
    ];
    let mut seeds: Vec<Vec<u8>> = forms.iter().map(|form| [b"\x01", form.as_bytes()].concat()).collect();
    seeds.extend(forms.iter().map(|form| {
        let mut lines = form.split('\n');
        let payload = lines.next().unwrap_or_default();
        [b"\0", signed(payload, &lines.collect::<Vec<_>>()).as_bytes()].concat()
    }));
    for ours in [
        "{\"a\":1,\"b\":{\"c\":[1,2],\"d\":\"x\"},\"jti\":\"h\"}\n/a\n/b/c\n/b/c/1\n/b",
        "{\"names\":[\"甲\",\"乙\"],\"exp\":1,\"a/b\":{\"~\":0}}\n/names/0\n/names/1\n/a~1b/~0\n/a~1b",
        "{}",
    ] {
        seeds.push([b"\x02", ours.as_bytes()].concat());
    }
    seeds
}

/// Names, digests to be filled in, salts.
pub fn words() -> Vec<String> {
    let names = NEVER_HIDDEN.iter().map(|name| format!("\"{name}\":"));
    let more = super::words(&[
        "\"_sd\":[",
        "\"#0\"",
        "\"#1\"",
        "\"#2\"",
        "#3",
        "{\"...\":\"#0\"}",
        "\"...\":",
        "\"_sd_alg\":\"sha-256\"",
        "\n[\"0123456789abcdefghijkl\",\"",
        "\n[\"0123456789abcdefghijkl\",",
        "\n/",
        "~",
        "/0",
        "~1",
        "~0",
    ]);
    names.chain(more).collect()
}
