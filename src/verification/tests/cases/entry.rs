//! Cases of power and ledger: what was entered, and by which right.

use serde_json::json;

use super::{Case, credential, folder, own};
use crate::crypto::Digest;
use crate::ledger::body::{Body, Carrier, LicenceActed, LicenceCarried};
use crate::ledger::state::{Carried, CharterChange, Event};
use crate::values::standing::Standing;
use crate::verification::desk::Desk;
use crate::verification::sample::*;
use crate::verification::*;
use crate::x509::Profile;

pub(super) fn power(sample: &Sample) -> Vec<Case> {
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

#[test]
fn an_old_list_tells_what_the_certificate_named() {
    let sample = Sample::new();
    let good = sample.issue();
    let receipt = sample.receipt(Body::LicenceIssued(sample.body(good.digest)));
    let mut claims = sample.claims();
    claims.insert("issuer".into(), json!({"code": EDUCATION}));
    let chain = sample.chain(Profile::Credential, EDUCATION, &sample.powerless, 0);
    let powerless = sample.seal(claims, &chain, &sample.powerless);
    let named = |judgement: Judgement| {
        let power = judgement.findings.iter().find(|finding| finding.check == Check::Power).unwrap();
        serde_json::to_value(&power.basis).unwrap()["certificate_names_type"].clone()
    };
    assert_eq!(named(folder(&sample, &good, &receipt, |desk| desk.charter.skip_to(10, None))), "yes");
    assert_eq!(named(folder(&sample, &powerless, "", |_| {})), "no");
    // Where the list decides, nothing else is told.
    assert_eq!(named(folder(&sample, &good, &receipt, |_| {})), json!(null));
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

pub(super) fn ledger(sample: &Sample) -> Vec<Case> {
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
            Code::TrustTooOld,
            folder(sample, &good, &receipt, |desk| desk.charter = crate::ledger::state::Charter::default()),
        ),
        case(
            Code::EnteredLater,
            own(sample, &good, |desk| desk.ask.at = Some(time("2026-06-01T01:59:59.999Z"))),
        ),
    ]
}
