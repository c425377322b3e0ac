//! Verdicts, expectations, questions about the past, and the report as the contract writes it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::ledger::body::Body;
use crate::ledger::state::{Charter, Event, Granted, LicenceState};
use crate::sd_jwt::Presentation;
use crate::values::lang::Lang;
use crate::values::recorded::TrustLevel;
use crate::values::standing::{Ending, Standing};
use crate::values::time::Time;
use crate::verification::desk::Desk;
use crate::verification::sample::*;
use crate::verification::*;

fn sample_and_desk() -> (Sample, Issued, Desk) {
    let sample = Sample::new();
    let issued = sample.issue();
    let desk = Desk::own(&sample, sample.state(issued.digest));
    (sample, issued, desk)
}

fn judge(desk: &Desk, issued: &Issued) -> Judgement {
    desk.judge(&Evidence::read(&issued.text).unwrap())
}

fn expecting(licence_type: Option<&str>, holder: bool) -> Ask {
    let licence_type = licence_type.map(str::to_owned);
    Ask { at: None, expect: Expect { licence_type, holder, ..Expect::default() } }
}

#[test]
fn the_own_tree_and_the_download_file_say_valid() {
    let (sample, issued, desk) = sample_and_desk();
    let judgement = judge(&desk, &issued);
    assert_eq!((judgement.verdict, judgement.accepted), (Verdict::Valid, None));
    assert_eq!(judgement.reason, Reason::AllPassed);

    let receipt = sample.receipt(Body::LicenceIssued(sample.body(issued.digest)));
    let file = json!({"credential": issued.text, "receipt": receipt}).to_string();
    let judgement = Desk::folder(&sample).judge(&Evidence::read(&file).unwrap());
    assert_eq!(judgement.verdict, Verdict::Valid, "{:?}", judgement.findings);
}

#[test]
fn what_was_recorded_never_reads_as_issued() {
    let sample = Sample::new();
    let issued = sample.issue_with(|claims| {
        claims.insert("recorded".into(), json!({"trust": "D", "issued_on": "2015-03-01"}));
    });
    let granted = Granted::Recorded(TrustLevel::D);
    let desk = Desk::own(&sample, LicenceState { granted, ..sample.state(issued.digest) });
    let judgement = judge(&desk, &issued);
    assert_eq!((judgement.verdict, judgement.reason), (Verdict::Valid, Reason::AllPassedRecorded));
    let report = serde_json::to_value(Report::of(judgement, "R-1".into(), Lang::Zh)).unwrap();
    let expected = json!({"trust": "D", "issued_on": "2015-03-01", "at": entered()});
    assert_eq!(report["licence"]["recorded"], expected);
    assert_eq!(report["reason"]["code"], "all_passed_recorded");
    for text in ["/reason/text", "/findings/3/text"] {
        assert!(report.pointer(text).unwrap().as_str().unwrap().contains("补录"), "{report}");
    }
    let (_, issued, desk) = sample_and_desk();
    let report = serde_json::to_value(Report::of(judge(&desk, &issued), "R-2".into(), Lang::Zh)).unwrap();
    assert!(!report.to_string().contains("recorded"));
}

#[test]
fn absence_is_failed_at_home_and_unknown_abroad() {
    let (sample, issued, mut desk) = sample_and_desk();
    desk.answer = LedgerAnswer::Absent;
    let judgement = judge(&desk, &issued);
    assert_eq!(judgement.verdict, Verdict::NotValid);
    assert_eq!(judgement.reason, Reason::Finding(Code::NotEntered));
    let judgement = judge(&Desk::folder(&sample), &issued);
    assert_eq!(judgement.verdict, Verdict::CannotTell);
    // The power is not judged without an entry; the reason is what it waits for.
    assert_eq!(judgement.finding(Check::Power).code, Code::PowerNeedsEntry);
    assert_eq!(judgement.reason, Reason::Finding(Code::NoProof));
}

#[test]
fn failed_outweighs_unknown() {
    let (sample, issued, _) = sample_and_desk();
    let mut desk = Desk::folder(&sample);
    desk.token = desk.list(&sample, 1);
    let judgement = judge(&desk, &issued);
    assert_eq!(judgement.verdict, Verdict::NotValid);
    assert_eq!(judgement.reason, Reason::Finding(Code::ListedAsEnded));
}

#[test]
fn the_licence_is_shown_only_when_signature_and_issuer_passed() {
    let (_, issued, mut desk) = sample_and_desk();
    let shown = judge(&desk, &issued).licence.unwrap();
    assert_eq!(shown.claims["scope"], "餐饮");
    desk.answer = LedgerAnswer::Absent;
    assert!(judge(&desk, &issued).licence.is_some());
    desk.roots.clear();
    assert!(judge(&desk, &issued).licence.is_none());
    let broken = Issued { text: issued.text.replacen('.', ".A", 1), ..issued };
    assert!(judge(&desk, &broken).licence.is_none());
}

#[test]
fn what_is_withheld_is_not_shown() {
    let (_, issued, desk) = sample_and_desk();
    let text = Presentation::parse(&issued.text).unwrap().withhold(&|_| false);
    let judgement = judge(&desk, &Issued { text, ..issued });
    assert_eq!(judgement.verdict, Verdict::Valid);
    assert_eq!(Value::Object(judgement.licence.unwrap().claims), json!({"city": "示例市"}));
}

#[test]
fn acceptance_needs_validity_and_every_expectation() {
    let (_, issued, mut desk) = sample_and_desk();
    let type_code = format!("{AUTHORITY}001");
    for (ask, verdict, accepted, reason) in [
        (expecting(Some("business-licence"), false), Verdict::Valid, true, Reason::AllPassed),
        (expecting(Some(&type_code), false), Verdict::Valid, true, Reason::AllPassed),
        (expecting(Some("tax-payment"), false), Verdict::Valid, false, Reason::OtherType),
        (expecting(None, true), Verdict::NotValid, false, Reason::Finding(Code::HolderAbsent)),
    ] {
        desk.ask = ask;
        let judgement = judge(&desk, &issued);
        assert_eq!(
            (judgement.verdict, judgement.accepted, judgement.reason),
            (verdict, Some(accepted), reason)
        );
    }
    desk.ask = expecting(Some("business-licence"), false);
    desk.answer = LedgerAnswer::Absent;
    assert_eq!(judge(&desk, &issued).accepted, Some(false));
    let broken = Issued { text: "a.b.c".into(), ..issued };
    assert_eq!(judge(&desk, &broken).accepted, Some(false));
}

#[test]
fn nobody_knows_the_future() {
    let (_, issued, mut desk) = sample_and_desk();
    desk.ask.at = Some(now());
    assert_eq!(judge(&desk, &issued).verdict, Verdict::Valid);
    let (at, now) = (now().plus(1), now());
    let keys = [desk.log.clone()];
    let context = Context {
        now,
        charter: &desk.charter,
        log_keys: &keys,
        source: desk.source,
        licences: &|_| LedgerAnswer::Absent,
        tokens: &|_, _| TokenAnswer::Absent,
        headers: &read_header,
        certificates: &read_certificate,
        paths: &|chain, at, profile| crate::x509::validate(chain, &desk.roots, at, profile).map(Arc::new),
        holds_a_registrar: false,
    };
    let ask = Ask { at: Some(at), ..Ask::default() };
    assert_eq!(
        verify(&Evidence::Credential(issued.text), &context, &ask),
        Err(AskError::InFuture { at, now })
    );
    assert_eq!(unresolved(&context, &ask), Err(AskError::InFuture { at, now }));
}

#[test]
fn the_past_is_judged_by_what_the_ledger_showed() {
    let (sample, issued, mut desk) = sample_and_desk();
    let acted = |standing| {
        let mut state = sample.state(issued.digest);
        state.events.push(Event { index: 22, time: time("2026-08-01T00:00:00.000Z"), standing });
        LedgerAnswer::Found(Box::new(state))
    };
    let mut verdict = |answer: &LedgerAnswer, at: Time| {
        (desk.answer, desk.ask.at) = (answer.clone(), Some(at));
        judge(&desk, &issued)
    };
    let recalled = acted(Standing::Ended(Ending::Recalled));
    let just_before = time("2026-07-31T23:59:59.999Z");
    assert_eq!(verdict(&recalled, just_before).verdict, Verdict::Valid);
    assert_eq!(verdict(&recalled, just_before.plus(1)).verdict, Verdict::NotValid);
    // An entry's own millisecond counts as entered.
    assert_eq!(verdict(&recalled, entered()).verdict, Verdict::Valid);
    let early = verdict(&recalled, entered().plus(-1));
    assert_eq!((early.verdict, early.reason), (Verdict::NotValid, Reason::Finding(Code::EnteredLater)));

    let void = verdict(&acted(Standing::Ended(Ending::Rescinded)), just_before);
    assert_eq!((void.verdict, void.reason), (Verdict::NotValid, Reason::Finding(Code::RescindedLater)));
    assert_eq!(void.finding(Check::Status).basis.get("shown_then"), Some(&"valid".into()));
    assert_eq!(void.licence.unwrap().standing, Some("rescinded"));
}

#[test]
fn nothing_but_the_handle_is_looked_up_and_only_behind_a_good_signature() {
    let (_, issued, desk) = sample_and_desk();
    let keys = [desk.log.clone()];
    let asked = std::cell::RefCell::new(Vec::new());
    let context = Context {
        now: now(),
        charter: &desk.charter,
        log_keys: &keys,
        source: desk.source,
        licences: &|handle| {
            asked.borrow_mut().push(*handle);
            desk.answer.clone()
        },
        tokens: &|_, _| TokenAnswer::Absent,
        headers: &read_header,
        certificates: &read_certificate,
        paths: &|chain, at, profile| crate::x509::validate(chain, &desk.roots, at, profile).map(Arc::new),
        holds_a_registrar: false,
    };
    let broken = Evidence::Credential(issued.text.replacen('.', ".A", 1));
    verify(&broken, &context, &Ask::default()).unwrap();
    assert!(asked.borrow().is_empty());
    verify(&Evidence::Credential(issued.text), &context, &Ask::default()).unwrap();
    assert_eq!(*asked.borrow(), [handle()]);
}

#[test]
fn a_report_has_the_members_of_the_contract_in_their_order() {
    let (_, issued, desk) = sample_and_desk();
    let judgement = judge(&desk, &issued);
    let report = Report::of(judgement.clone(), "R-1".into(), Lang::En);
    let text = serde_json::to_string(&report).unwrap();
    let top = ["report", "verdict", "accepted", "reason", "at", "checked_at", "findings", "licence"];
    let finding = ["check", "result", "code", "text", "basis", "age_s"];
    let licence = [
        "type",
        "type_code",
        "licence_number",
        "issuer",
        "holders",
        "valid_from",
        "valid_until",
        "standing",
        "claims",
    ];
    let in_order = |text: &str, names: &[&str]| {
        let places: Vec<_> = names.iter().map(|name| text.find(&format!("\"{name}\":")).unwrap()).collect();
        assert!(places.is_sorted(), "{names:?} in {text}");
    };
    in_order(&text, &top);
    in_order(&serde_json::to_string(&report.findings[1]).unwrap(), &finding);
    in_order(&serde_json::to_string(&report.licence).unwrap(), &licence);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["verdict"], "valid");
    assert_eq!(value["accepted"], Value::Null);
    assert_eq!(value["at"], "2026-11-22T06:00:00.000Z");
    assert_eq!(value["findings"][3]["basis"]["index"], INDEX);
    assert_eq!(value["findings"][3]["basis"]["ledger_size"], SIZE);
    assert_eq!(value["findings"][6]["result"], "not_checked");
    assert_eq!(value["licence"]["issuer"], json!({"code": MARKET, "name": "Sample bureau"}));
    assert_eq!(value["licence"]["type_code"], format!("{AUTHORITY}001"));
    assert_eq!(value["licence"]["standing"], "valid");
    assert_eq!(Report::of(judgement, "R-1".into(), Lang::Zh).licence.unwrap().issuer.name, "示例局");
}

#[test]
fn a_brief_report_keeps_what_did_not_pass() {
    let (_, issued, mut desk) = sample_and_desk();
    desk.answer = LedgerAnswer::Absent;
    let brief = Report::of(judge(&desk, &issued), "R-2".into(), Lang::Zh).brief();
    let value = serde_json::to_value(&brief).unwrap();
    assert_eq!(
        serde_json::to_string(&brief).unwrap(),
        value.to_string(),
        "members in the order of their names"
    );
    assert_eq!(value["reason"], json!({"code": "not_entered"}));
    let checks: Vec<_> =
        value["findings"].as_array().unwrap().iter().map(|line| line["check"].clone()).collect();
    assert_eq!(checks, ["power", "ledger", "status", "holder"]);
    assert_eq!(value.as_object().unwrap().len(), 4);
}

/// Law 0, section 4, for verifiers of every place: by origin offline, by the key where it lies.
#[test]
fn a_samples_report_says_what_its_approvals_prove_and_a_real_one_nothing() {
    let (sample, issued, own) = sample_and_desk();
    let told = |desk: &Desk, issued: &Issued| {
        let report = Report::of(judge(desk, issued), "R-1".into(), Lang::En);
        let notices = [report.notice.clone(), report.brief().notice];
        assert_eq!(notices[0], notices[1]);
        notices[0].as_ref().map(|notice| notice.code)
    };
    let broken = Issued { text: "a.b.c".into(), ..sample.issue() };
    for desk in [own, Desk::folder(&sample)] {
        for issued in [&issued, &broken] {
            assert_eq!(told(&desk, issued), None);
            let holding = Desk { holds_a_registrar: true, ..desk.clone() };
            assert_eq!(told(&holding, issued), Some("registrars_on_server"));
            let named = Desk {
                charter: sample.charter_of("sample.vidimus.example/0123456789abcdef"),
                ..desk.clone()
            };
            assert_eq!(told(&named, issued), Some("registrars_on_server"));
            let unknown = Desk { charter: Charter::default(), ..desk.clone() };
            assert_eq!(told(&unknown, issued), None);
        }
    }
}

#[test]
fn status_tokens_are_believed_only_of_the_authority() {
    let (sample, _, desk) = sample_and_desk();
    let paths =
        |chain: &[Vec<u8>], at, profile| crate::x509::validate(chain, &desk.roots, at, profile).map(Arc::new);
    let check = |token: &str| CheckedToken::check(token, &desk.charter, &paths);
    let (sub, iat) = ("https://a.test/status/1", now().seconds());
    let good = check(&sample.token(1, sub, iat, iat + 9)).unwrap();
    assert_eq!((good.value(5), good.value(4), good.value(8)), (Some(1), Some(0), None));
    assert_eq!((good.sub(), good.exp(), good.ledger_size()), (sub, Some(iat + 9), Some(SIZE)));
    // Before the key was entered, and outside the certificate's validity.
    let early = founded_at().seconds() - 5;
    assert!(matches!(check(&sample.token(1, sub, early, iat)), Err(TokenError::Key(_))));
    assert!(matches!(check(&sample.token(1, sub, 0, iat)), Err(TokenError::Path(_))));
    assert!(matches!(check(&sample.issue().text), Err(TokenError::Form(_))));
    let mut other = sample.token(1, sub, iat, iat + 9);
    other.replace_range(other.len() - 6..other.len() - 2, "AAAA");
    assert!(matches!(check(&other), Err(TokenError::Signature(_))));
}
