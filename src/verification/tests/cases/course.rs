//! Cases of validity and status: what became of it.

use serde_json::{Value, json};

use super::{Case, folder, own};
use crate::ledger::body::Body;
use crate::ledger::state::Event;
use crate::values::standing::{Ending, Standing};
use crate::verification::desk::Desk;
use crate::verification::sample::*;
use crate::verification::*;

pub(super) fn validity(sample: &Sample) -> Vec<Case> {
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

pub(super) fn status(sample: &Sample) -> Vec<Case> {
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
