//! Content over HTTP: what published rules find in what licences say is entered right after they are, raises cards, and is entered once,
//! whatever the service remembers of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::Service;
use vidimus::authority::store::{CONTENT_JUDGED, Row, Store as _, Write};
use vidimus::crypto::Digest;
use vidimus::supervision::{COMPARED, Rules};

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
    issued_by(service, MARKET, body).await
}

async fn issued_by(service: &Service, department: &str, body: &Value) -> Value {
    let answered = service.post(department, "/v1/licences", body).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
    answered.json()["handle"].clone()
}

async fn publish(service: &Service) {
    publish_text(service, Rules::BUILT_IN).await;
}

async fn publish_text(service: &Service, rules: &str) {
    let wish = json!({"supervision": {"rules": rules}});
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

/// Recorded when it was over, or had ended: nobody is misled by it, and it contradicts nobody.
#[tokio::test]
async fn about_a_licence_that_is_over_when_it_comes_nothing_is_found() {
    let service = Service::found();
    publish(&service).await;
    issued(&service, &firm("样例公司", &json!({}))).await;
    let recorded = |standing: &str, number: &str, until: Value| {
        let mut body = firm("从前的公司", &json!({"address": "样例路2号", "scope": null}));
        body["valid_from"] = json!("2015-03-01");
        body["valid_until"] = until;
        body["licence_number"] = json!(number);
        let since = if standing == "valid" { Value::Null } else { json!("2020-06-01") };
        let reason = if standing == "valid" { Value::Null } else { json!("自愿申请之故") };
        body["recorded"] = json!({
            "trust": "B", "standing": standing, "source": "企业登记档案第三柜", "issued_on": "2015-03-01",
            "standing_since": since, "standing_reason": reason,
        });
        body
    };
    issued(&service, &recorded("cancelled", "1", Value::Null)).await;
    issued(&service, &recorded("valid", "2", json!("2019-12-31"))).await;
    assert_eq!(judged(&service).await, Some(0));
    issued(&service, &recorded("valid", "3", Value::Null)).await;
    assert_eq!(judged(&service).await, Some(1), "this one is valid");
    issued(&service, &recorded("suspended", "4", Value::Null)).await;
    assert_eq!(judged(&service).await, Some(1), "and this one may be again");
}

/// Who dates ahead is looked at all the same; what begins when another ends is no second one, but has to say the same.
#[tokio::test]
async fn a_licence_that_has_not_begun_is_judged() {
    let service = Service::found();
    publish(&service).await;
    let of = |from: &str, until: Value, more: &Value| {
        let mut body = firm("样例公司", more);
        body["valid_from"] = json!(from);
        body["valid_until"] = until;
        body
    };
    issued(&service, &of("2020-02-29", json!("2026-12-09"), &json!({}))).await;
    issued(&service, &of("2026-12-10", Value::Null, &json!({"address": "样例路2号"}))).await;
    issued(&service, &of("2026-12-09", Value::Null, &json!({"address": null}))).await;
    assert_eq!(judged(&service).await, Some(2));
    let all = cards(&service).await;
    let rules: Vec<&str> = all.iter().map(|(rule, ..)| rule.as_str().unwrap()).collect();
    assert_eq!(rules, ["contradiction", "duplicate", "missing-field"]);
}

#[tokio::test]
async fn a_suspended_licence_is_judged_and_held_against_others() {
    let service = Service::found();
    publish(&service).await;
    let first = issued(&service, &firm("样例公司", &json!({}))).await;
    let path = |verb: &str| format!("/v1/licences/{}/{verb}", first.as_str().unwrap());
    let suspended = service.post(MARKET, &path("suspend"), &json!({"reason": "整改"})).await;
    assert_eq!(suspended.status, StatusCode::OK, "{}", suspended.text());
    // What replaces it by way of correction is suspended from its entry on.
    let licence = firm("样例公司", &json!({"scope": null}));
    let body = json!({"reason": "更正", "cause": "corrected", "licence": licence});
    let corrected = service.post(MARKET, &path("replace"), &body).await;
    assert!(corrected.status.is_success(), "{}", corrected.text());
    let last = issued(&service, &firm("样例公司", &json!({"address": "样例路2号"}))).await;
    assert_eq!(judged(&service).await, Some(2));
    let (all, corrected) = (cards(&service).await, corrected.json()["issued"]["handle"].clone());
    let told: Vec<_> = all.iter().map(|(rule, _, licence)| (rule.as_str().unwrap(), licence)).collect();
    assert_eq!(told, [("missing-field", &corrected), ("contradiction", &last), ("duplicate", &last)]);
}

/// Nobody hides a second one behind licences of other days.
#[tokio::test]
async fn a_second_one_is_found_behind_many_whose_days_concern_nobody() {
    let service = Service::found();
    publish(&service).await;
    let of = |from: &str, until: &str| {
        let mut body = firm("样例公司", &json!({}));
        (body["valid_from"], body["valid_until"]) = (json!(from), json!(until));
        body
    };
    let (term, later) = (of("2026-11-22", "2026-11-30"), of("2026-12-01", "2026-12-31"));
    issued(&service, &term).await;
    for _ in 0..COMPARED {
        issued(&service, &later).await;
    }
    assert_eq!(judged(&service).await, Some(COMPARED - 1), "those beside one another");
    issued(&service, &term).await;
    assert_eq!(judged(&service).await, Some(1));
}

/// What many payloads need is no reason to pass over them: it comes back, and all of them are judged.
#[tokio::test]
async fn a_frame_that_is_missing_stops_judging_until_it_is_back() {
    let (service, store) = Service::found_on_memory();
    publish(&service).await;
    let first = issued(&service, &firm("样例公司", &json!({"scope": null}))).await;
    let row = store.get(&Row::Vault(first.as_str().unwrap().parse().unwrap(), 0)).unwrap().unwrap();
    let frame = Row::Frame(row[..16].try_into().unwrap());
    let text = store.get(&frame).unwrap().unwrap();
    store.put(vec![Write::remove(frame.clone())]).unwrap();
    for _ in 0..2 {
        let stopped = service.authority.judge_content().await.unwrap().unwrap();
        assert!(stopped.entered == 0 && stopped.stopped.is_some() && stopped.behind > 0, "{stopped:?}");
    }
    store.put(vec![Write::set(frame, text)]).unwrap();
    assert_eq!(judged(&service).await, Some(1));
}

/// Also where only another licence that one is compared with needs it.
#[tokio::test]
async fn a_frame_that_another_licence_lacks_stops_judging_too() {
    let (service, store) = Service::found_on_memory();
    let example =
        async |slug: &str| service.get(&format!("/v1/types/{slug}")).await.json()["example"].clone();
    let (driving, mut identity) = (example("driving-licence").await, example("identity-attestation").await);
    identity["holders"] = driving["holders"].clone();
    identity["holders"][0]["name"] = json!("另一姓名");
    let other = issued_by(&service, "public-security", &identity).await;
    publish(&service).await;
    issued_by(&service, "public-security", &driving).await;
    let row = store.get(&Row::Vault(other.as_str().unwrap().parse().unwrap(), 0)).unwrap().unwrap();
    let frame = Row::Frame(row[..16].try_into().unwrap());
    let text = store.get(&frame).unwrap().unwrap();
    store.put(vec![Write::remove(frame.clone())]).unwrap();
    let stopped = service.authority.judge_content().await.unwrap().unwrap();
    assert!(stopped.entered == 0 && stopped.stopped.is_some() && stopped.behind > 0, "{stopped:?}");
    store.put(vec![Write::set(frame, text)]).unwrap();
    assert_eq!(judged(&service).await, Some(1));
    let all = cards(&service).await;
    assert!(all.iter().any(|(rule, ..)| rule == "contradiction"), "{all:?}");
}

/// Nor is what was found before it thrown away.
#[tokio::test]
async fn a_row_of_the_ledger_that_cannot_be_read_stops_judging_behind_what_was_found() {
    let (service, store) = Service::found_on_memory();
    publish(&service).await;
    issued(&service, &firm("样例公司", &json!({"scope": null}))).await;
    let mut driving = service.get("/v1/types/driving-licence").await.json()["example"].clone();
    driving["claims"].as_object_mut().unwrap().remove("address");
    let second = issued_by(&service, "public-security", &driving).await;
    let row = Row::Licence(second.as_str().unwrap().parse().unwrap());
    let state = store.get(&row).unwrap().unwrap();
    store.put(vec![Write::set(row.clone(), b"nothing that is known".to_vec())]).unwrap();
    for entered in [1, 0] {
        let stopped = service.authority.judge_content().await.unwrap().unwrap();
        assert!(stopped.entered == entered && stopped.stopped.is_some(), "{stopped:?}");
    }
    store.put(vec![Write::set(row, state)]).unwrap();
    assert_eq!(judged(&service).await, Some(1));
}

#[tokio::test]
async fn a_payload_that_cannot_be_read_stops_nothing() {
    let (service, store) = Service::found_on_memory();
    publish(&service).await;
    let first = issued(&service, &firm("样例公司", &json!({}))).await;
    let row = Row::Vault(first.as_str().unwrap().parse().unwrap(), 0);
    let mut bytes = store.get(&row).unwrap().unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    store.put(vec![Write::set(row, bytes)]).unwrap();
    issued(&service, &firm("样例公司", &json!({"address": "样例路2号"}))).await;
    issued(&service, &firm("样例公司", &json!({"address": "样例路2号", "scope": null}))).await;
    // The second beside nothing, the third beside the second.
    assert_eq!(judged(&service).await, Some(1));
    assert_eq!(judged(&service).await, Some(0));
    let all = cards(&service).await;
    let rules: Vec<&str> = all.iter().map(|(rule, ..)| rule.as_str().unwrap()).collect();
    assert_eq!(rules, ["duplicate", "missing-field"]);
}

#[tokio::test]
async fn rules_that_are_not_known_stop_it_behind_what_was_found_by_the_last() {
    let (service, store) = Service::found_on_memory();
    publish(&service).await;
    issued(&service, &firm("样例公司", &json!({"scope": null}))).await;
    let newer = format!("{}\n# newer\n", Rules::BUILT_IN);
    publish_text(&service, &newer).await;
    issued(&service, &firm("样例公司", &json!({"scope": null}))).await;
    let blob = Row::Blob(Digest::of(newer.as_bytes()));
    store.put(vec![Write::set(blob.clone(), "rules = \"of tomorrow\"")]).unwrap();
    let judged_so_far = service.authority.judge_content().await.unwrap().unwrap();
    assert_eq!(judged_so_far.entered, 1, "what the rules before found");
    assert!(judged_so_far.stopped.is_some() && judged_so_far.behind > 0, "{judged_so_far:?}");
    let again = service.authority.judge_content().await.unwrap().unwrap();
    assert_eq!((again.entered, again.stopped.is_some()), (0, true));
    store.put(vec![Write::set(blob, newer)]).unwrap();
    assert_eq!(judged(&service).await, Some(1), "a program that knows them goes on there");
}
