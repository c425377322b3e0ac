//! Content over HTTP: what published rules find in what licences say is entered right after they are, raises cards, and is entered once,
//! whatever the service remembers of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::Service;
use vidimus::authority::store::{CONTENT_JUDGED, Row, Store as _, Write};
use vidimus::supervision::Rules;

const MARKET: &str = "market-regulation";
const FIRM: &str = "91430700MA4PBKBQ48";

fn firm(name: &str, more: &Value) -> Value {
    let mut claims = json!({
        "established": "2020-02-29", "address": "样例路1号", "legal_representative": "李样例", "kind": "有限责任公司",
        "scope": "餐饮服务",
    });
    for (claim, value) in more.as_object().unwrap() {
        claims[claim] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    json!({
        "type": "business-licence", "holders": [{"name": name, "code": FIRM, "code_type": "001"}], "claims": claims,
        "valid_from": "2020-02-29", "valid_until": null,
    })
}

async fn issued(service: &Service, body: &Value) -> Value {
    let answered = service.post(MARKET, "/v1/licences", body).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
    answered.json()["handle"].clone()
}

async fn publish(service: &Service) {
    let wish = json!({"supervision": {"rules": Rules::BUILT_IN}});
    let done = service.post("operator", "/v1/operator/ceremonies", &wish).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text());
}

/// Judges what is published; how many findings were entered.
async fn judged(service: &Service) -> Option<usize> {
    service.authority.judge_content().await.unwrap().map(|judged| judged.entered)
}

async fn cards(service: &Service) -> Vec<(Value, Value, Value)> {
    service.authority.follow_cards().unwrap();
    service.authority.enter_cards().await.unwrap();
    service.authority.follow_cards().unwrap();
    let all = service.get("/v1/cards").await.json()["items"].as_array().unwrap().clone();
    let told =
        |card: &Value| (card["rule"].clone(), card["colour"].clone(), card["about"]["licence"].clone());
    all.iter().map(told).collect()
}

#[tokio::test]
async fn what_is_missing_contradicts_or_is_one_too_many_is_entered_once() {
    let (service, store) = Service::found_on_memory();
    issued(&service, &firm("从前", &json!({"address": null}))).await;
    assert_eq!(judged(&service).await, None, "no rules are published");
    publish(&service).await;
    assert_eq!(judged(&service).await, Some(0), "what came before the rules is nobody's duty");

    let second = issued(&service, &firm("从前", &json!({"scope": null}))).await;
    let third = issued(&service, &firm("后来", &json!({"address": "样例路2号"}))).await;
    assert_eq!(judged(&service).await, Some(2));
    assert_eq!(judged(&service).await, Some(0));
    // Whatever became of the note of how far it came, nothing is entered twice.
    store.put(vec![Write::remove(Row::Single(CONTENT_JUDGED))]).unwrap();
    assert_eq!(judged(&service).await, Some(0));

    let (missing, contradiction, duplicate) =
        (json!("missing-field"), json!("contradiction"), json!("duplicate"));
    let (yellow, red) = (json!("yellow"), json!("red"));
    let all = cards(&service).await;
    assert_eq!(
        all,
        [
            (duplicate.clone(), red.clone(), second.clone()),
            (missing, yellow.clone(), second),
            (contradiction, yellow, third.clone()),
            (duplicate, red, third),
        ]
    );
}

#[tokio::test]
async fn what_is_not_valid_any_more_is_held_against_nothing() {
    let service = Service::found();
    publish(&service).await;
    let first = issued(&service, &firm("样例公司", &json!({}))).await;
    let licence = firm("样例公司", &json!({"address": "样例路2号"}));
    let body = json!({"reason": "地址变更", "cause": "changed", "licence": licence});
    let path = format!("/v1/licences/{}/replace", first.as_str().unwrap());
    let answered = service.post(MARKET, &path, &body).await;
    assert!(answered.status.is_success(), "{}", answered.text());
    assert_eq!(judged(&service).await, Some(0), "it replaces the one that says otherwise");
    assert_eq!(cards(&service).await, []);
}
