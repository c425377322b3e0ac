//! Cases of the holder, and of a printed number.

use super::{Case, own};
use crate::crypto::Digest;
use crate::sd_jwt::{Presentation, key_binding};
use crate::verification::desk::Desk;
use crate::verification::sample::*;
use crate::verification::*;

pub(super) fn holder(sample: &Sample) -> Vec<Case> {
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

pub(super) fn number(sample: &Sample) -> Vec<Case> {
    let code = crate::values::identifiers::VerificationCode::from_random(&[7; 16]).unwrap();
    let evidence = Evidence::Number { licence_number: "A-1".parse().unwrap(), verification_code: code };
    let judgement = Desk::own(sample, sample.state(Digest([0; 32]))).judge(&evidence);
    assert_eq!(judgement.verdict, Verdict::NotValid);
    let code = |check| if check == Check::Ledger { Code::NumberNotFound } else { Code::NoCredential };
    Check::ALL.map(|check| Case(check, code(check), judgement.clone())).into()
}
