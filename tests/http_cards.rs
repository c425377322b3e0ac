//! Cards over HTTP: raised by the service over its own entries under published rules, seen by everybody, and what supervisors of two
//! departments do about them, with keys that are not the server's.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::officers::{LEAD, Officer};
use support::{Answered, Service};
use vidimus::supervision::Rules;

const OTHER: &str = "housing";
const DAY: Duration = Duration::from_hours(24);

struct Staff {
    intake: Officer,
    examiner: Officer,
    signer: Officer,
    own: Officer,
    elsewhere: Officer,
}

async fn staffed(service: &Service) -> Staff {
    Staff {
        intake: Officer::appointed(service, LEAD, "intake", &["intake", "examiner"]).await,
        examiner: Officer::appointed(service, LEAD, "examiner", &["examiner"]).await,
        signer: Officer::appointed(service, LEAD, "signer", &["signer"]).await,
        own: Officer::appointed(service, LEAD, "supervisor", &["supervisor"]).await,
        elsewhere: Officer::appointed(service, OTHER, "elsewhere", &["supervisor", "signer"]).await,
    }
}

/// The second signature of an hour is an alarm that stops, and nothing else is looked at.
fn strict() -> String {
    let text = Rules::BUILT_IN.replacen("{ yellow = 60, red = 120 }", "{ yellow = 1, red = 2 }", 1);
    let quiet = text.replacen("hasty_minutes = 10", "hasty_minutes = 0", 1);
    let quiet = quiet.replacen("{ from = 7, until = 21 }", "{ from = 0, until = 24 }", 1);
    assert_ne!(quiet, text);
    quiet
}

async fn published(service: &Service, wish: &Value) -> Answered {
    service.post("operator", "/v1/operator/ceremonies", &json!({"supervision": wish})).await
}

/// Looks at everything, and enters what waits; how many cards.
async fn supervised(service: &Service) -> usize {
    service.authority.follow_cards().unwrap();
    let entered = service.authority.enter_cards().await.unwrap();
    service.authority.follow_cards().unwrap();
    entered
}

async fn examined(service: &Service, staff: &Staff) -> String {
    let application = json!({
        "type": "food-operation-licence",
        "holders": [{"name": "样例市小满餐饮店", "code": "91430700MA4PBKBQ48", "code_type": "001"}],
        "claims": {
            "operator_kind": "餐饮服务经营者", "items": ["热食类食品制售"], "responsible_person": "李样例",
            "domicile": "样例市样例路1号", "premises": "样例市样例路1号一楼",
        },
    });
    let filed = service.post(LEAD, "/v1/cases", &application).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    let case = filed.json()["case"].as_str().unwrap().to_owned();
    staff.intake.takes(service, &case, "accept", &json!({})).await;
    staff.examiner.takes(service, &case, "examine", &json!({"opinion": "grant", "reason": "材料齐全"})).await;
    case
}

async fn decide(service: &Service, staff: &Staff, case: &str) -> Answered {
    staff.signer.take(service, case, "decide", &json!({"outcome": "granted", "reason": "准予许可"})).await
}

async fn cards(service: &Service, query: &str) -> Vec<Value> {
    let answered = service.get(&format!("/v1/cards{query}")).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text());
    answered.json()["items"].as_array().unwrap().clone()
}

/// Asks what would be signed, signs it, and brings it back.
async fn step(service: &Service, officer: &Officer, card: u64, step: &str, more: &Value) -> Answered {
    let path = format!("/v1/cards/{card}/{step}");
    let mut body = more.clone();
    body["officer"] = json!(officer.id());
    let asked = service.post(officer.department, &path, &body).await;
    if asked.status != StatusCode::OK {
        return asked;
    }
    let sign = asked.json()["sign"].clone();
    body["not_after"] = sign["not_after"].clone();
    body["signature"] = json!(officer.sign(&sign));
    service.post(officer.department, &path, &body).await
}

#[tokio::test]
async fn a_card_that_stops_is_ordered_answered_and_released() {
    let service = Service::found();
    // From Sunday to Monday: what is decided on a day that is worked raises no card of its own.
    service.clock.forward(DAY);
    let staff = staffed(&service).await;
    assert_eq!(supervised(&service).await, 0, "no rules are published");
    let done = published(&service, &json!({"rules": strict()})).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text());
    assert_eq!(done.json()["done"], true);

    let (first, second) = (examined(&service, &staff).await, examined(&service, &staff).await);
    assert_eq!(supervised(&service).await, 0);
    assert_eq!(decide(&service, &staff, &first).await.status, StatusCode::OK);
    assert_eq!(supervised(&service).await, 1);
    assert_eq!(supervised(&service).await, 0, "what is entered is found there");
    assert_eq!(decide(&service, &staff, &second).await.status, StatusCode::OK);
    assert_eq!(supervised(&service).await, 1);

    let all = cards(&service, "").await;
    let seen: Vec<_> = all.iter().map(|card| (&card["rule"], &card["colour"], &card["stops"])).collect();
    let rule = json!("rapid-signing");
    assert_eq!(seen, [(&rule, &json!("yellow"), &json!(false)), (&rule, &json!("red"), &json!(true))]);
    assert_eq!((&all[1]["department"], &all[1]["state"]), (&json!(LEAD), &json!("raised")));
    assert_eq!(cards(&service, &format!("?department={LEAD}&after=1")).await, all[1..]);
    assert_eq!(cards(&service, &format!("?department={OTHER}")).await, Vec::<Value>::new());
    assert_eq!(service.get("/v1/cards/2").await.json(), all[1]);
    for path in ["/v1/cards/3", "/v1/cards/0", "/v1/cards/02", "/v1/cards/x"] {
        assert_eq!(service.get(path).await.problem(), "not-found", "{path}");
    }
    assert_eq!(service.get("/v1/cards?open=maybe").await.refused().0, 422);

    // Stopped: neither decides nor approves; others do.
    let refused = decide(&service, &staff, &second).await;
    assert_eq!(refused.problem(), "not-officer", "{}", refused.text());
    assert!(refused.text().contains("红牌"), "{}", refused.text());
    assert_eq!(staff.signer.approve(&service, &second).await.problem(), "not-officer");

    // Only a supervisor of another department orders and releases; only one of its own answers.
    for (officer, what, more) in [
        (&staff.own, "order", json!({"within": 5})),
        (&staff.own, "release", json!({})),
        (&staff.elsewhere, "answer", json!({"outcome": "corrected"})),
        (&staff.signer, "release", json!({})),
    ] {
        let refused = step(&service, officer, 2, what, &more).await;
        assert_eq!(refused.problem(), "not-officer", "{what}: {}", refused.text());
    }
    for (body, at) in [
        (json!({"within": 0}), "/within"),
        (json!({"within": 401}), "/within"),
        (json!({"within": "5"}), "/within"),
        (json!({}), "/within"),
        (json!({"within": 5, "signature": "AA"}), "/signature"),
        (json!({"within": 5, "more": 1}), "/more"),
    ] {
        let refused = step(&service, &staff.elsewhere, 2, "order", &body).await.refused();
        assert_eq!((refused.0, refused.2), (422, json!(at)));
    }
    let ordered = step(&service, &staff.elsewhere, 2, "order", &json!({"within": 3})).await;
    assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.text());
    let card = ordered.json()["card"].clone();
    assert_eq!((&card["state"], &card["due"]), (&json!("ordered"), &json!("2026-11-26")));
    let again = step(&service, &staff.elsewhere, 2, "order", &json!({"within": 3})).await;
    assert_eq!(again.problem(), "illegal-transition");
    assert_eq!(
        step(&service, &staff.own, 9, "answer", &json!({"outcome": "corrected"})).await.problem(),
        "not-found"
    );
    let unknown = step(&service, &staff.own, 2, "answer", &json!({"outcome": "so what"})).await;
    assert_eq!(unknown.refused().2, json!("/outcome"));

    // An answer that does not come in time is a card of its own.
    service.clock.forward(DAY * 5);
    service.issue(&support::business_licence()).await;
    let raised = supervised(&service).await;
    let since = cards(&service, "?after=2").await;
    assert_eq!(since.len(), raised);
    // The cases were not gone on with either.
    let late: Vec<&Value> = since.iter().filter(|card| card["rule"] == "order-late").collect();
    assert_eq!(late.len(), 1, "{since:?}");
    assert!(late[0]["about"]["department"].is_string() && late[0]["colour"] == "red");

    let answer = json!({"outcome": "accountable"});
    let answered = step(&service, &staff.own, 2, "answer", &answer).await;
    assert_eq!(answered.json()["card"]["state"], "answered", "{}", answered.text());
    let released = step(&service, &staff.elsewhere, 2, "release", &json!({})).await;
    let card = released.json()["card"].clone();
    assert_eq!((&card["state"], &card["stops"]), (&json!("released"), &json!(false)));
    let steps: Vec<_> = card["steps"].as_array().unwrap().iter().map(|step| step["step"].clone()).collect();
    assert_eq!(steps, ["raised", "ordered", "answered", "released"]);
    assert_eq!(cards(&service, "?open=true").await.len(), raised + 1, "all but the one");
    assert_eq!(
        step(&service, &staff.elsewhere, 2, "release", &json!({})).await.problem(),
        "illegal-transition"
    );
    assert_eq!(decide(&service, &staff, &second).await.status, StatusCode::OK, "he may sign again");
    supervised(&service).await;
    service.check_ledger().await;
}

#[tokio::test]
async fn a_signature_over_something_else_enters_nothing_and_a_repeat_enters_nothing_twice() {
    let service = Service::found();
    service.clock.forward(DAY);
    let staff = staffed(&service).await;
    published(&service, &json!({"rules": strict()})).await;
    let case = examined(&service, &staff).await;
    decide(&service, &staff, &case).await;
    assert_eq!(supervised(&service).await, 1);
    let path = "/v1/cards/1/order";
    let mut body = json!({"officer": staff.elsewhere.id(), "within": 5});
    let dry = service.post(OTHER, &format!("{path}?dry_run=true"), &body).await.json();
    assert_eq!((&dry["card"]["state"], &dry["entry"]), (&json!("ordered"), &Value::Null));
    let sign = service.post(OTHER, path, &body).await.json()["sign"].clone();
    body["signature"] = json!(staff.elsewhere.sign(&sign));
    let without = service.post(OTHER, path, &body).await;
    assert_eq!(without.refused().2, json!("/not_after"));
    body["not_after"] = sign["not_after"].clone();
    // Another department's token, other days, a time long past.
    assert_eq!(service.post(LEAD, path, &body).await.problem(), "not-officer");
    let mut other = body.clone();
    other["within"] = json!(400);
    assert_eq!(service.post(OTHER, path, &other).await.refused().2, json!("/signature"));
    let mut past = body.clone();
    past["not_after"] = json!("2026-01-01T00:00:00.000Z");
    assert_eq!(service.post(OTHER, path, &past).await.status, StatusCode::CONFLICT);
    let size = service.authority.published().range.size();
    let first = service.post(OTHER, path, &body).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let again = service.post(OTHER, path, &body).await;
    assert_eq!(again.json(), first.json(), "asked again, the same is answered");
    assert_eq!(service.authority.published().range.size(), size + 1);
    service.check_ledger().await;
}

#[tokio::test]
async fn rules_that_cannot_be_read_are_refused_and_others_take_their_place() {
    let service = Service::found();
    let refused = published(&service, &json!({"rules": "limits = 3"})).await;
    assert_eq!(refused.refused().2, json!("/supervision/rules"));
    let mistyped = Rules::BUILT_IN.replacen("/claims/file_number", "/claims/filenumber", 1);
    let refused = published(&service, &json!({"rules": mistyped})).await;
    assert_eq!(refused.refused().2, json!("/supervision/rules"));
    assert!(refused.text().contains("content.expected[2].at[1]"), "{}", refused.text());
    for _ in 0..2 {
        let done = published(&service, &json!({})).await;
        assert_eq!(
            done.json()["about"]["supervision"]["rules"].as_str().map(str::len),
            Some(64),
            "{}",
            done.text()
        );
    }
    assert_eq!(service.authority.published().charter.supervision().len(), 2);
    service.check_ledger().await;
}
