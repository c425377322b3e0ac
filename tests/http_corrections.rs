//! 异议 over HTTP: what a licence says is objected to, as a case of the department that issued it; upheld only when
//! something was done about the licence, by people who are kept apart as in every case.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::officers::{LEAD, Officer};
use support::{Answered, Service, business_licence, with};

/// Somebody else's window.
const OTHER: &str = "housing";

struct Staff {
    intake: Officer,
    examiner: Officer,
    signer: Officer,
}

async fn staffed(service: &Service) -> Staff {
    Staff {
        intake: Officer::appointed(service, LEAD, "intake", &["intake", "examiner"]).await,
        examiner: Officer::appointed(service, LEAD, "examiner", &["examiner", "signer"]).await,
        signer: Officer::appointed(service, LEAD, "signer", &["examiner", "signer"]).await,
    }
}

fn objection(handle: &Value) -> Value {
    json!({
        "corrects": handle, "reason": "注册资本有误",
        "items": [{"pointer": "/claims/capital", "correct": "贰佰万元整"}],
    })
}

async fn licensed(service: &Service) -> Value {
    let issued = service.issue(&with(business_licence(), &json!({"reference": null}))).await;
    issued.get("handle").unwrap().clone()
}

async fn file(service: &Service, window: &str, objection: &Value) -> Answered {
    service.post(window, "/v1/cases", objection).await
}

/// Files an objection and brings it to where it is decided.
async fn examined(service: &Service, staff: &Staff, handle: &Value) -> Value {
    let filed = file(service, LEAD, &objection(handle)).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    let filed = filed.json();
    let case = filed.get("case").and_then(Value::as_str).unwrap();
    staff.intake.takes(service, case, "accept", &json!({})).await;
    staff.examiner.takes(service, case, "examine", &json!({"opinion": "grant", "reason": "属实"})).await;
    filed
}

async fn shown(service: &Service, token: &str, case: &str) -> Answered {
    service.ask(Method::GET, &format!("/v1/cases/{case}")).token(token).send().await
}

#[tokio::test]
async fn an_objection_is_upheld_once_the_licence_was_replaced() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let handle = licensed(&service).await;
    let filed = examined(&service, &staff, &handle).await;
    let case = filed["case"].as_str().unwrap();
    let before = shown(&service, LEAD, case).await.json();
    assert_eq!((&before["corrects"], &before["state"]), (&handle, &json!("examined")));
    assert_eq!(before["due"]["step"], Value::Null);
    let item = json!({
        "pointer": "/claims/capital", "says": "壹佰万元整", "correct": "贰佰万元整", "now": null,
    });
    assert_eq!(before["correction"]["items"], json!([item]));
    // Nothing was done: nobody is told that it was corrected.
    let upheld = json!({"outcome": "upheld", "reason": "已更正"});
    let early = staff.signer.take(&service, case, "decide", &upheld).await;
    assert_eq!(early.refused(), (409, "illegal-transition".into(), json!("/outcome")));
    for outcome in ["granted", "refused"] {
        let body = json!({"outcome": outcome, "reason": "?"});
        let other = staff.signer.take(&service, case, "decide", &body).await;
        assert_eq!(other.refused(), (422, "invalid-claim".into(), json!("/outcome")));
    }
    let dated = with(upheld.clone(), &json!({"valid_until": "2030-01-01"}));
    let dated = staff.signer.take(&service, case, "decide", &dated).await;
    assert_eq!(dated.refused(), (422, "unknown-field".into(), json!("/valid_until")));
    let mut licence = with(business_licence(), &json!({"reference": null}));
    licence["claims"]["capital"] = json!("贰佰万元整");
    let replace = json!({"reason": "更正", "cause": "corrected", "licence": licence});
    let path = format!("/v1/licences/{}/replace", handle.as_str().unwrap());
    let replaced = service.post(LEAD, &path, &replace).await;
    assert!(replaced.status.is_success(), "{}", replaced.text());
    let examiner = staff.examiner.take(&service, case, "decide", &upheld).await;
    assert_eq!(examiner.problem(), "separation");
    staff.signer.takes(&service, case, "decide", &upheld).await;
    let after = shown(&service, LEAD, case).await.json();
    assert_eq!((&after["state"], &after["licence"]), (&json!("corrected"), &Value::Null));
    assert_eq!(after["correction"]["standing"], "corrected");
    assert_eq!(after["correction"]["items"][0]["now"], "贰佰万元整");
    assert_eq!(after["steps"][3]["outcome"], "upheld");
    // The applicant hears of it in words, but not what the licence says: anybody's window may have handed it in.
    let number = filed["number"].as_str().unwrap();
    let code = json!({"code": filed["code"]});
    let track = service.ask(Method::POST, &format!("/track/{number}")).json(&code).send().await.json();
    assert_eq!((&track["state"], &track["correction"]), (&json!("corrected"), &Value::Null));
    assert_eq!(track["steps"][3]["words"], "已更正");
    let delivered = service.post(LEAD, &format!("/v1/cases/{case}/deliver"), &json!({})).await;
    assert_eq!(delivered.status, StatusCode::OK, "{}", delivered.text());
    let rating = json!({"receipt": filed["rating_receipt"], "level": 2});
    let rated = service.ask(Method::POST, &format!("/v1/cases/{case}/rating")).json(&rating).send().await;
    assert_eq!(rated.status, StatusCode::OK, "{}", rated.text());
    let over = shown(&service, LEAD, case).await.json();
    assert!(over["due"]["rectification"]["day"].is_string(), "{over}");
    let again = file(&service, LEAD, &objection(&handle)).await;
    assert_eq!(again.refused(), (409, "illegal-transition".into(), json!("/corrects")));
    service.check_ledger().await;
}

#[tokio::test]
async fn an_objection_is_dismissed_with_nothing_done() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let handle = licensed(&service).await;
    let filed = examined(&service, &staff, &handle).await;
    let case = filed["case"].as_str().unwrap();
    let dismissed = json!({"outcome": "dismissed", "reason": "登记无误"});
    staff.signer.takes(&service, case, "decide", &dismissed).await;
    let after = shown(&service, LEAD, case).await.json();
    assert_eq!((&after["state"], &after["steps"][3]["words"]), (&json!("dismissed"), &json!("登记无误")));
    let delivered = service.post(LEAD, &format!("/v1/cases/{case}/deliver"), &json!({})).await;
    assert_eq!(delivered.json()["state"], "delivered");
    service.check_ledger().await;
}

#[tokio::test]
async fn any_window_takes_an_objection_and_the_issuer_answers_it() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let handle = licensed(&service).await;
    let filed = file(&service, OTHER, &objection(&handle)).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    let filed = filed.json();
    let case = filed["case"].as_str().unwrap();
    assert_eq!(shown(&service, OTHER, case).await.problem(), "not-yours");
    assert_eq!(shown(&service, "auditor", case).await.json()["correction"], Value::Null);
    staff.intake.takes(&service, case, "ask", &json!({"reason": "请写明正确的数额"})).await;
    let supply = |body: Value| {
        let (service, path) = (&service, format!("/v1/cases/{case}/supply"));
        async move { service.post(LEAD, &path, &body).await }
    };
    let of_an_application = supply(json!({"claims": {}})).await;
    assert_eq!(of_an_application.refused(), (422, "unknown-field".into(), json!("/claims")));
    let items = json!([{"pointer": "/claims/capital", "correct": "叁佰万元整"}]);
    let supplied = supply(json!({"items": items})).await;
    assert_eq!(supplied.status, StatusCode::OK, "{}", supplied.text());
    let now = shown(&service, LEAD, case).await.json();
    assert_eq!(now["correction"]["items"][0]["correct"], "叁佰万元整");
    assert_eq!(now["application"]["reason"], "注册资本有误");
    service.check_ledger().await;
}

#[tokio::test]
async fn what_cannot_be_objected_to_is_refused_where_it_stands() {
    let service = Service::found();
    let handle = licensed(&service).await;
    let good = objection(&handle);
    let unknown = json!("01a201d7-0b7b-7767-a767-676767676767");
    let item = |pointer: &str, correct: Value| json!([{"pointer": pointer, "correct": correct}]);
    for (changes, kind, pointer) in [
        (json!({"corrects": unknown}), (404, "not-found"), "/corrects"),
        (json!({"corrects": "?"}), (422, "invalid-claim"), "/corrects"),
        (json!({"items": []}), (422, "invalid-claim"), "/items"),
        (json!({"items": item("/claims/colour", json!("红"))}), (422, "invalid-claim"), "/items/0/pointer"),
        (json!({"items": item("/claims/capital", json!(7))}), (422, "wrong-type"), "/items/0/correct"),
        (json!({"reason": null}), (422, "missing-field"), "/reason"),
        (json!({"type": "business-licence"}), (422, "unknown-field"), "/type"),
    ] {
        let refused = file(&service, LEAD, &with(good.clone(), &changes)).await;
        let (status, name, at) = refused.refused();
        assert_eq!((status, at), (kind.0, json!(pointer)), "{changes}: {name}");
    }
    let dry = service.post(LEAD, "/v1/cases?dry_run=true", &good).await.json();
    assert_eq!((&dry["state"], &dry["case"]), (&json!("filed"), &Value::Null));
    let path = format!("/v1/licences/{}/end", handle.as_str().unwrap());
    let ended = service.post(LEAD, &path, &json!({"act": "cancelled", "reason": "注销"})).await;
    assert!(ended.status.is_success(), "{}", ended.text());
    let late = file(&service, LEAD, &good).await;
    assert_eq!(late.refused(), (409, "illegal-transition".into(), json!("/corrects")));
    service.check_ledger().await;
}
