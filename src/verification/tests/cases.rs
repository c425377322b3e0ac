//! Every code is given by at least one case, with the outcome its check must have.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::crypto::{Digest, base64url};
use crate::jose::{jws, x5c};
use crate::ledger::body::{Body, Carrier, LicenceActed, LicenceCarried};
use crate::ledger::state::{Carried, CharterChange, Event};
use crate::sd_jwt::{Presentation, key_binding};
use crate::values::standing::{Ending, Standing};
use crate::verification::sample::*;
use crate::verification::*;
use crate::x509::Profile;

struct Case(Check, Code, Judgement);

fn credential(issued: &Issued) -> Evidence {
    Evidence::Credential(issued.text.clone())
}

/// Judged by the authority itself, which has entered exactly this credential.
fn own(sample: &Sample, issued: &Issued, change: impl FnOnce(&mut Desk)) -> Judgement {
    let mut desk = Desk::own(sample, sample.state(issued.digest));
    change(&mut desk);
    desk.judge(&credential(issued))
}

/// Judged in a trust folder with a receipt.
fn folder(sample: &Sample, issued: &Issued, receipt: &str, change: impl FnOnce(&mut Desk)) -> Judgement {
    let mut desk = Desk::folder(sample);
    change(&mut desk);
    desk.judge(&Evidence::Download { credential: issued.text.clone(), receipt: receipt.to_owned() })
}

fn text(sample: &Sample, text: &str) -> Judgement {
    own(sample, &Issued { text: text.to_owned(), digest: Digest([0; 32]) }, |_| {})
}

fn signature(sample: &Sample) -> Vec<Case> {
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

fn issuer(sample: &Sample) -> Vec<Case> {
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

fn power(sample: &Sample) -> Vec<Case> {
    let good = sample.issue();
    let receipt = sample.receipt(Body::LicenceIssued(sample.body(good.digest)));
    let withdrawn = CharterChange::PowerWithdrawn("p-1".parse().unwrap());
    let mut claims = sample.claims();
    claims.insert("issuer".into(), json!({"code": EDUCATION}));
    let chain = sample.chain(Profile::Credential, EDUCATION, &sample.powerless, 0);
    let powerless = sample.seal(claims, &chain, &sample.powerless);
    let absent = |desk: &mut Desk| desk.answer = LedgerAnswer::Absent;
    let case = |code, judgement| Case(Check::Power, code, judgement);
    vec![
        case(Code::PowerHeld, own(sample, &good, |_| {})),
        case(Code::PowerHeld, folder(sample, &good, &receipt, |_| {})),
        case(
            Code::PowerNotHeld,
            own(sample, &good, |desk| desk.charter = sample.charter(vec![withdrawn.clone()])),
        ),
        case(
            Code::PowerNotHeld,
            own(sample, &good, |desk| {
                let mut state = sample.state(good.digest);
                state.region = "430700".parse().unwrap();
                desk.answer = LedgerAnswer::Found(Box::new(state));
            }),
        ),
        case(Code::PowerNeverHeld, own(sample, &powerless, absent)),
        case(Code::PowerNeedsEntry, own(sample, &good, absent)),
        case(Code::PowerListTooOld, folder(sample, &good, &receipt, |desk| desk.charter.skip_to(10, None))),
        case(Code::PowerListTooOld, folder(sample, &powerless, "", |_| {})),
    ]
}

/// The entry of a wallet copy with this digest.
fn carried(sample: &Sample, digest: Digest) -> Body {
    Body::LicenceCarried(LicenceCarried {
        carrier: Carrier::Wallet,
        digest,
        handle: handle(),
        signing_key: sample.key.id(),
        status: PLACE,
    })
}

fn ledger(sample: &Sample) -> Vec<Case> {
    let (good, copy) = (sample.issue(), sample.issue());
    let body = sample.body(good.digest);
    let receipt = sample.receipt(Body::LicenceIssued(body.clone()));
    let changed = |change: &dyn Fn(&mut crate::ledger::body::LicenceIssued)| {
        let mut body = body.clone();
        change(&mut body);
        folder(sample, &good, &sample.receipt(Body::LicenceIssued(body)), |_| {})
    };
    let mut with_copy = sample.state(good.digest);
    let index = INDEX + 1;
    with_copy.events.push(Event { index, time: entered().plus(1000), standing: Standing::Valid });
    let wallet = Carried {
        carrier: Carrier::Wallet,
        digest: copy.digest,
        index,
        signing_key: sample.key.id(),
        status: PLACE,
    };
    with_copy.carriers.push(wallet);
    let pdf = {
        let mut state = with_copy.clone();
        state.carriers[0].carrier = Carrier::Pdf;
        state
    };
    let bytes = |log| sample.receipt_for(b"{}", log);
    let no_handle = sample.issue_with(|claims| drop(claims.remove("jti")));
    let acted = Body::LicenceSuspended(LicenceActed { commitment: Digest([0; 32]), handle: handle() });
    let checkpoint_retired = CharterChange::KeyRetired(sample.log.id());
    let carrier_receipt = sample.receipt(carried(sample, copy.digest));
    let has = |state: &crate::ledger::state::LicenceState| LedgerAnswer::Found(Box::new(state.clone()));
    let unproved = |receipt: &str| folder(sample, &good, receipt, |_| {});
    let case = |code, judgement| Case(Check::Ledger, code, judgement);
    vec![
        case(Code::Entered, own(sample, &good, |_| {})),
        case(Code::Entered, unproved(&receipt)),
        case(Code::Entered, own(sample, &copy, |desk| desk.answer = has(&with_copy))),
        case(
            Code::Entered,
            folder(sample, &copy, &carrier_receipt, |desk| desk.answer = has(&sample.state(good.digest))),
        ),
        case(Code::EntryDiffers, own(sample, &copy, |desk| desk.answer = has(&pdf))),
        case(Code::EntryDiffers, own(sample, &copy, |desk| desk.answer = has(&sample.state(good.digest)))),
        case(Code::NotEntered, own(sample, &good, |desk| desk.answer = LedgerAnswer::Absent)),
        case(Code::NotEntered, own(sample, &no_handle, |desk| desk.answer = LedgerAnswer::Absent)),
        case(Code::LedgerUnread, own(sample, &good, |desk| desk.answer = LedgerAnswer::Unknown)),
        case(Code::EntryDiffers, changed(&|body| body.credential_digest = Digest([9; 32]))),
        case(Code::EntryDiffers, changed(&|body| body.r#type = "tax-payment".parse().unwrap())),
        case(Code::EntryDiffers, changed(&|body| body.version = 2)),
        case(Code::EntryDiffers, changed(&|body| body.department = EDUCATION.parse().unwrap())),
        case(Code::EntryDiffers, changed(&|body| body.credential_key = seed(1).id())),
        case(
            Code::ReceiptOfAnother,
            changed(&|body| body.handle = crate::values::identifiers::Handle::new(entered(), [9; 10])),
        ),
        case(Code::ReceiptOfAnother, unproved(&sample.receipt(acted))),
        case(Code::CarrierAlone, folder(sample, &copy, &carrier_receipt, |_| {})),
        case(Code::NoProof, Desk::folder(sample).judge(&credential(&good))),
        case(Code::ReceiptRefused, unproved("c2sp.org/tlog-proof@v1\n")),
        case(Code::ReceiptRefused, unproved(&bytes(&sample.log))),
        case(Code::ReceiptRefused, unproved(&receipt.replacen("index 20", "index 21", 1))),
        case(Code::ReceiptRefused, folder(sample, &good, &receipt, |desk| desk.log = log_key(&seed(77)))),
        case(
            Code::ReceiptRefused,
            folder(sample, &good, &receipt, |desk| {
                desk.charter = sample.charter(vec![checkpoint_retired.clone()]);
            }),
        ),
        case(
            Code::EnteredLater,
            own(sample, &good, |desk| desk.ask.at = Some(time("2026-06-01T01:59:59.999Z"))),
        ),
    ]
}

fn validity(sample: &Sample) -> Vec<Case> {
    let good = sample.issue();
    let at = |text: &str| {
        let text = text.to_owned();
        own(sample, &good, move |desk| desk.ask.at = Some(time(&text)))
    };
    let endless = sample.issue_with(|claims| {
        claims.remove("exp");
        claims.remove("valid_until");
    });
    let endless_state = {
        let mut state = sample.state(endless.digest);
        state.valid_until = None;
        state
    };
    let with = |name: &'static str, value: Option<Value>| {
        let issued = sample.issue_with(|claims| match value {
            Some(value) => drop(claims.insert(name.into(), value)),
            None => drop(claims.remove(name)),
        });
        own(sample, &issued, |_| {})
    };
    let short = |until: &str| {
        let last: crate::values::time::Date = until.parse().unwrap();
        let issued = sample.issue_with(|claims| {
            claims.insert("valid_until".into(), json!(until));
            claims.insert("exp".into(), json!(last.end("+08:00".parse().unwrap()).seconds()));
        });
        own(sample, &issued, |desk| {
            let mut state = sample.state(issued.digest);
            state.valid_until = Some(last);
            desk.answer = LedgerAnswer::Found(Box::new(state));
        })
    };
    let undated = sample.issue_with(|claims| drop(claims.remove("valid_from")));
    let case = |code, judgement| Case(Check::Validity, code, judgement);
    vec![
        case(Code::WithinValidity, own(sample, &good, |_| {})),
        // The first instant of the first day, at +08:00.
        case(Code::WithinValidity, at("2026-05-31T16:00:00.000Z")),
        case(Code::NotYetValid, at("2026-05-31T15:59:59.999Z")),
        // Now is 14:00 of the 22nd at +08:00.
        case(Code::WithinValidity, short("2026-11-22")),
        case(Code::Expired, short("2026-11-21")),
        case(
            Code::NoEnd,
            own(sample, &endless, |desk| desk.answer = LedgerAnswer::Found(Box::new(endless_state))),
        ),
        case(Code::DatesDiffer, own(sample, &endless, |_| {})),
        case(Code::DatesDiffer, with("exp", Some(json!(1)))),
        case(Code::DatesDiffer, with("exp", Some(json!("1")))),
        case(Code::DatesDiffer, with("nbf", Some(json!(1)))),
        case(Code::DatesDiffer, with("valid_from", Some(json!("2026-06-02")))),
        case(Code::DatesUnstated, with("valid_from", Some(json!("today")))),
        case(Code::WithinValidity, with("valid_from", None)),
        case(Code::DatesUnstated, own(sample, &undated, |desk| desk.answer = LedgerAnswer::Absent)),
    ]
}

fn status(sample: &Sample) -> Vec<Case> {
    let good = sample.issue();
    let acted = |standing: Standing, at: Option<&str>, token: Option<u8>| {
        own(sample, &good, |desk| {
            let mut state = sample.state(good.digest);
            state.events.push(Event { index: 22, time: time("2026-08-01T00:00:00.000Z"), standing });
            desk.answer = LedgerAnswer::Found(Box::new(state));
            desk.ask.at = at.map(time);
            if let Some(value) = token {
                desk.token = desk.list(sample, value);
            }
        })
    };
    let codes = [
        Code::StatusValid,
        Code::Suspended,
        Code::Recalled,
        Code::Rescinded,
        Code::Penalty,
        Code::Annulled,
        Code::Cancelled,
        Code::Renewed,
        Code::Changed,
        Code::Corrected,
        Code::Reissued,
    ];
    let case = |code, judgement| Case(Check::Status, code, judgement);
    let mut cases: Vec<Case> = Standing::ALL
        .into_iter()
        .zip(codes)
        .map(|(standing, code)| case(code, acted(standing, None, None)))
        .collect();
    let receipt = sample.receipt(Body::LicenceIssued(sample.body(good.digest)));
    let listed = |change: &dyn Fn(&mut Desk)| folder(sample, &good, &receipt, change);
    let now = now().seconds();
    let token = |sub: &'static str, iat: i64, exp: i64, value: u8| {
        listed(&|desk| desk.token = desk.checked(&sample.token(value, sub, iat, exp)))
    };
    const LIST: &str = "https://a.test/status/1";
    let elsewhere = sample.issue_with(|claims| {
        claims.insert("status".into(), json!({"status_list": {"idx": 6, "uri": LIST}}));
    });
    let foreign = sample.issue_with(|claims| {
        claims.insert("status".into(), json!({"status_list": {"idx": 5, "uri": "https://b.test/status/1"}}));
    });
    let stateless = sample.issue_with(|claims| drop(claims.remove("status")));
    let stateless_receipt = sample.receipt(Body::LicenceIssued(sample.body(stateless.digest)));
    let beyond = sample.issue_with(|claims| {
        claims.insert("status".into(), json!({"status_list": {"idx": 9, "uri": LIST}}));
    });
    let rescinded = Standing::Ended(Ending::Rescinded);
    cases.extend([
        case(Code::StatusValid, acted(Standing::Suspended, Some("2026-07-01T00:00:00.000Z"), None)),
        case(Code::Suspended, acted(Standing::Suspended, Some("2026-08-01T00:00:00.000Z"), None)),
        case(Code::RescindedLater, acted(rescinded, Some("2026-07-01T00:00:00.000Z"), None)),
        case(Code::RescindedLater, acted(rescinded, Some("2026-05-01T00:00:00.000Z"), None)),
        // The worse of ledger and list wins, with its code.
        case(Code::ListedAsEnded, acted(Standing::Suspended, None, Some(1))),
        case(Code::Suspended, acted(Standing::Suspended, None, Some(0))),
        case(Code::Penalty, acted(Standing::Ended(Ending::Penalty), None, Some(1))),
        case(Code::Suspended, acted(Standing::Valid, None, Some(2))),
        case(
            Code::StatusBeforeEntry,
            own(sample, &good, |desk| desk.ask.at = Some(time("2026-05-01T00:00:00.000Z"))),
        ),
        case(Code::StatusValid, token(LIST, now - 30, now + 30, 0)),
        case(Code::ListedAsEnded, token(LIST, now, now + 1, 1)),
        case(Code::Suspended, token(LIST, now - 30, now + 30, 2)),
        case(Code::StatusUnreadable, token(LIST, now - 30, now + 30, 3)),
        case(Code::StatusStale, token(LIST, now - 60, now, 0)),
        case(Code::StatusStale, token(LIST, now - 60, now, 1)),
        case(Code::StatusNotOfThatTime, token(LIST, now + 1, now + 60, 1)),
        case(Code::StatusListRefused, token("https://a.test/status/2", now - 30, now + 30, 0)),
        case(Code::StatusListRefused, token("https://b.test/status/1", now - 30, now + 30, 0)),
        case(Code::StatusListRefused, listed(&|desk| desk.token = TokenAnswer::Refused)),
        case(Code::StatusNotAtHand, listed(&|desk| desk.token = TokenAnswer::Absent)),
        case(Code::StatusReferenceDiffers, own(sample, &elsewhere, |_| {})),
        case(Code::StatusReferenceDiffers, own(sample, &foreign, |_| {})),
        case(Code::StatusUnreadable, folder(sample, &foreign, "", |_| {})),
        case(Code::StatusUnreadable, folder(sample, &beyond, "", |_| {})),
        case(
            Code::NoStatus,
            folder(sample, &stateless, &stateless_receipt, |desk| desk.token = TokenAnswer::Absent),
        ),
        // What the ledger says is not hidden by a credential that names no status.
        case(
            Code::Suspended,
            folder(sample, &stateless, &stateless_receipt, |desk| desk.token = desk.list(sample, 2)),
        ),
        case(
            Code::StatusNotAtHand,
            folder(sample, &good, &receipt, |desk| {
                desk.source = Source::Folder { size: SIZE, as_of: entered() };
                desk.answer = LedgerAnswer::Found(Box::new(sample.state(good.digest)));
                desk.token = TokenAnswer::Absent;
            }),
        ),
    ]);
    cases
}

fn holder(sample: &Sample) -> Vec<Case> {
    let good = sample.issue();
    let bound = |holder: u8, issued: i64| {
        let presentation = Presentation::parse(&good.text).unwrap();
        let text = key_binding::bind(&presentation, "n1", "me", issued, &seed(holder)).unwrap();
        Issued { text, digest: good.digest }
    };
    let ask = |issued: &Issued, expect: Expect| own(sample, issued, |desk| desk.ask.expect = expect);
    let both = |nonce: &str, audience: &str| Expect {
        nonce: Some(nonce.into()),
        audience: Some(audience.into()),
        ..Expect::default()
    };
    let holder = || Expect { holder: true, ..Expect::default() };
    let now = now().seconds();
    let unbound = sample.issue_with(|claims| drop(claims.remove("cnf")));
    let fresh = bound(14, now - 10);
    let damaged = Issued { text: format!("{}x", fresh.text), digest: good.digest };
    let case = |code, judgement| Case(Check::Holder, code, judgement);
    vec![
        case(Code::HolderNotAsked, ask(&good, Expect::default())),
        case(Code::HolderBoundUnasked, ask(&fresh, Expect::default())),
        case(Code::HolderBoundUnasked, ask(&bound(14, now - 9999), Expect::default())),
        case(Code::HolderBound, ask(&fresh, both("n1", "me"))),
        case(Code::HolderBound, ask(&fresh, holder())),
        case(Code::HolderAbsent, ask(&good, holder())),
        case(Code::HolderAbsent, ask(&good, both("n1", "me"))),
        case(Code::HolderKeyMissing, ask(&unbound, holder())),
        case(Code::NonceDiffers, ask(&fresh, both("n2", "me"))),
        case(Code::AudienceDiffers, ask(&fresh, both("n1", "you"))),
        case(Code::HolderStale, ask(&bound(14, now - 301), both("n1", "me"))),
        case(Code::HolderStale, ask(&bound(14, now + 61), both("n1", "me"))),
        case(Code::HolderRefused, ask(&bound(15, now), both("n1", "me"))),
        case(Code::HolderRefused, ask(&bound(15, now), Expect::default())),
        case(Code::HolderRefused, ask(&damaged, Expect::default())),
    ]
}

fn number(sample: &Sample) -> Vec<Case> {
    let code = crate::values::identifiers::VerificationCode::from_random(&[7; 16]).unwrap();
    let evidence = Evidence::Number { licence_number: "A-1".parse().unwrap(), verification_code: code };
    let judgement = Desk::own(sample, sample.state(Digest([0; 32]))).judge(&evidence);
    assert_eq!(judgement.verdict, Verdict::NotValid);
    let code = |check| if check == Check::Ledger { Code::NumberNotFound } else { Code::NoCredential };
    Check::ALL.map(|check| Case(check, code(check), judgement.clone())).into()
}

#[test]
fn every_code_is_given_where_it_belongs() {
    let sample = Sample::new();
    let groups = [
        signature(&sample),
        issuer(&sample),
        power(&sample),
        ledger(&sample),
        validity(&sample),
        status(&sample),
        holder(&sample),
        number(&sample),
    ];
    let mut given = BTreeSet::new();
    for (group, cases) in groups.iter().enumerate() {
        for (place, Case(check, code, judgement)) in cases.iter().enumerate() {
            let found = judgement.finding(*check);
            assert_eq!(found.code, *code, "group {group}, case {place}: {found:?}");
            assert_eq!(judgement.findings.each_ref().map(|finding| finding.check), Check::ALL);
            given.insert(found.code);
        }
    }
    let missing: Vec<&Code> = Code::ALL.iter().filter(|code| !given.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
