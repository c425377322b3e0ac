//! Cases of signature and issuer: who said it.

use serde_json::{Value, json};

use super::{Case, folder, own, text};
use crate::crypto::base64url;
use crate::jose::{jws, x5c};
use crate::ledger::body::Body;
use crate::ledger::state::CharterChange;
use crate::verification::sample::*;
use crate::verification::*;
use crate::x509::Profile;

pub(super) fn signature(sample: &Sample) -> Vec<Case> {
    let good = sample.issue();
    let (jws, rest) = good.text.split_once('~').unwrap();
    let parts: Vec<&str> = jws.split('.').collect();
    let chain = sample.chain(Profile::Credential, MARKET, &sample.key, 0);
    let signed = |header: Value| {
        let payload = base64url::decode(parts[1]).unwrap();
        format!("{}~{rest}", jws::sign(&header, &payload, &sample.key).unwrap())
    };
    let forged = base64url::encode(json!({"jti": "x"}).to_string().as_bytes());
    let header = |alg: &str, typ: &str| json!({"alg": alg, "typ": typ, "x5c": x5c::encode(&chain)});
    let unsigned = |header: &Value| {
        format!("{}.{}.{}~{rest}", base64url::encode(header.to_string().as_bytes()), parts[1], parts[2])
    };
    let mut critical = header("EdDSA", "dc+sd-jwt");
    critical["crit"] = json!(["x"]);
    let stray = base64url::encode(br#"["0123456789012345678901","x",1]"#);
    let cases = [
        (Code::SignatureGood, good.text.clone()),
        (Code::SignatureGood, format!("\n {}\r\n", good.text)),
        (Code::SignatureGood, format!("{jws}~")),
        (Code::NotACredential, "a.b.c".into()),
        (Code::NotACredential, jws.to_owned()),
        (Code::NotACredential, signed(header("EdDSA", "JWT"))),
        (Code::NotACredential, unsigned(&critical)),
        (Code::AlgorithmRefused, unsigned(&header("none", "dc+sd-jwt"))),
        (Code::AlgorithmRefused, unsigned(&header("ES256", "dc+sd-jwt"))),
        (Code::AlgorithmRefused, unsigned(&header("RS256", "dc+sd-jwt"))),
        (Code::KeyMissing, signed(json!({"alg": "EdDSA", "typ": "dc+sd-jwt"}))),
        (Code::KeyMissing, signed(json!({"alg": "EdDSA", "typ": "dc+sd-jwt", "x5c": ["MAA="]}))),
        (Code::SignatureBad, format!("{}.{forged}.{}~", parts[0], parts[2])),
        (Code::SignatureBad, unsigned(&header("EdDSA", "dc+sd-jwt"))),
        (Code::DisclosureRefused, format!("{}{stray}~", good.text)),
        (Code::DisclosureRefused, format!("{}{rest}", good.text)),
    ];
    let mut cases: Vec<Case> =
        cases.map(|(code, evidence)| Case(Check::Signature, code, text(sample, &evidence))).into();
    // Behind a broken signature nothing is looked at.
    let broken = text(sample, "a.b.c");
    assert!(broken.licence.is_none());
    cases.extend(Check::ALL[1..].iter().map(|check| Case(*check, Code::SignatureFirst, broken.clone())));
    cases
}

pub(super) fn issuer(sample: &Sample) -> Vec<Case> {
    let good = sample.issue();
    let seal = |chain: &[Vec<u8>], change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut claims = sample.claims();
        change(&mut claims);
        sample.seal(claims, chain, &sample.key)
    };
    let chain = sample.chain(Profile::Credential, MARKET, &sample.key, 0);
    let foreign = sample.issue_with(|claims| {
        claims.insert("vct".into(), json!("https://other.test/types/x/1"));
        claims.insert("iss".into(), json!("https://other.test"));
    });
    let alone = seal(&chain[..1], &|_| {});
    let late = seal(&sample.chain(Profile::Credential, MARKET, &sample.key, 200 * 86_400), &|_| {});
    let other = seal(&sample.chain(Profile::Credential, EDUCATION, &sample.key, 0), &|claims| {
        claims.insert("issuer".into(), json!({"code": EDUCATION}));
    });
    let status = seal(&sample.chain(Profile::Status, MARKET, &sample.key, 0), &|_| {});
    let liar = sample.issue_with(|claims| {
        claims.insert("issuer".into(), json!({"code": EDUCATION}));
    });
    let moved = sample.issue_with(|claims| {
        claims.insert("iss".into(), json!("https://a.test.evil"));
    });
    let unknown =
        sample.seal(sample.claims(), &sample.chain(Profile::Credential, MARKET, &seed(99), 0), &seed(99));
    let receipt = sample.receipt(Body::LicenceIssued(sample.body(good.digest)));
    let retired = CharterChange::KeyRetired(sample.key.id());
    let case = |code, judgement| Case(Check::Issuer, code, judgement);
    vec![
        case(Code::IssuerRecognised, own(sample, &good, |_| {})),
        case(Code::IssuerRecognised, own(sample, &good, |desk| desk.answer = LedgerAnswer::Absent)),
        case(Code::IssuerForged, own(sample, &good, |desk| desk.roots.clear())),
        case(Code::IssuerUnknown, own(sample, &foreign, |desk| desk.roots.clear())),
        case(Code::ChainRefused, own(sample, &alone, |_| {})),
        case(Code::ChainRefused, own(sample, &status, |_| {})),
        case(Code::CertificateOutOfTime, own(sample, &late, |_| {})),
        // The same certificate is good at the time of the judgement: it is the entry's time that counts.
        case(Code::IssuerRecognised, own(sample, &late, |desk| desk.answer = LedgerAnswer::Absent)),
        case(Code::KeyNotEntered, own(sample, &unknown, |_| {})),
        case(Code::KeyNotEntered, own(sample, &other, |_| {})),
        case(
            Code::KeyNotInForce,
            own(sample, &good, |desk| desk.charter = sample.charter(vec![retired.clone()])),
        ),
        case(
            Code::KeyNotInForce,
            own(sample, &good, |desk| {
                desk.charter =
                    sample.charter(vec![CharterChange::DepartmentWithdrawn(MARKET.parse().unwrap())]);
            }),
        ),
        case(Code::IssuerDiffers, own(sample, &liar, |_| {})),
        case(Code::IssuerDiffers, own(sample, &moved, |_| {})),
        case(Code::KeyListTooOld, folder(sample, &good, &receipt, |desk| desk.charter.skip_to(10, None))),
        case(
            Code::KeyListTooOld,
            folder(sample, &good, "", |desk| desk.source = Source::Folder { size: SIZE, as_of: entered() }),
        ),
    ]
}
