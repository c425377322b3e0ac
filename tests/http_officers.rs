//! Officers over HTTP: appointed by the operator's ceremony in a sample, where the registrar's key is on the server, and
//! listed for everybody, as of any time, without a name.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::Service;
use support::officers::{LEAD, Officer, title};
use vidimus::crypto::PrivateKey;
use vidimus::values::time::Clock as _;

const CEREMONIES: &str = "/v1/operator/ceremonies";

async fn listed(service: &Service, query: &str) -> Vec<Value> {
    let answered = service.get(&format!("/v1/officers{query}")).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text());
    answered.json()["items"].as_array().unwrap().clone()
}

async fn done(service: &Service, wish: &Value) -> Value {
    let answered = service.post("operator", CEREMONIES, wish).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
    let answer = answered.json();
    assert_eq!(answer["done"], true, "{answer:#}");
    answer
}

#[tokio::test]
async fn officers_are_listed_as_they_stood() {
    let service = Service::found();
    assert!(listed(&service, "").await.is_empty());
    Officer::appointed(&service, LEAD, "intake", &["signer", "intake"]).await;
    Officer::appointed_until(&service, "housing", "signer", &["signer"], Some("2026-12-31")).await;
    let all = listed(&service, "").await;
    assert_eq!(all.len(), 2);
    let own = listed(&service, &format!("?department={LEAD}")).await;
    let [officer] = own.as_slice() else { panic!("{own:?}") };
    assert_eq!(officer["roles"], json!(["intake", "signer"]));
    assert_eq!(officer["department"], LEAD);
    assert_eq!(
        (&officer["in_force"], &officer["until"], &officer["ended"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    let code = officer["department_code"].as_str().unwrap();
    assert_eq!(listed(&service, &format!("?department={code}")).await, own);
    let unknown = service.get("/v1/officers?department=nobody").await;
    assert_eq!((unknown.status, unknown.problem()), (StatusCode::NOT_FOUND, "not-found".to_owned()));

    service.clock.forward(Duration::from_hours(1));
    let appointed = service.clock.now();
    service.clock.forward(Duration::from_hours(1));
    let number = officer["officer"].as_str().unwrap();
    let wish = json!({"officer": {"department": LEAD, "officer": number, "roles": ["supervisor"], "until": "2026-12-01"}});
    let answer = done(&service, &wish).await;
    assert_eq!(answer["about"]["officer"]["officer"], number);
    assert_eq!(answer["statements"].as_array().unwrap().len(), 1);
    let now = &listed(&service, &format!("?department={LEAD}")).await[0];
    assert_eq!((&now["roles"], &now["until"]), (&json!(["supervisor"]), &json!("2026-12-01")));
    let then = &listed(&service, &format!("?department={LEAD}&at={appointed}")).await[0];
    assert_eq!((&then["roles"], &then["in_force"]), (&json!(["intake", "signer"]), &json!(true)));
    assert!(listed(&service, "?at=2020-01-01T00:00:00.000Z").await.is_empty());
    let later = service.get("/v1/officers?at=2099-01-01T00:00:00.000Z").await;
    assert_eq!(later.refused().0, 422);

    // His days end of themselves; leaving is an entry.
    service.clock.forward(Duration::from_hours(24 * 12));
    let over = &listed(&service, &format!("?department={LEAD}")).await[0];
    assert_eq!((&over["in_force"], &over["ended"]), (&json!(false), &Value::Null));
    done(&service, &json!({"officer_left": {"officer": number}})).await;
    let gone = &listed(&service, &format!("?department={LEAD}")).await[0];
    assert!(!gone["ended"].is_null() && gone["in_force"] == false, "{gone}");
    let again = service.post("operator", CEREMONIES, &json!({"officer_left": {"officer": number}})).await;
    assert_eq!(again.refused(), (422, "invalid-claim".to_owned(), json!("/officer_left/officer")));
    service.check_ledger().await;
}

#[tokio::test]
async fn a_bad_proof_and_a_used_key_are_refused_where_they_stand() {
    let service = Service::found();
    let key = PrivateKey::from_seed(&[5; 32]).unwrap();
    let wish =
        |title: Value, roles: Value| json!({"officer": {"department": LEAD, "key": title, "roles": roles}});
    let own = title(&service, LEAD, &key);
    let elsewhere = title(&service, "housing", &key);
    for (wish, at) in [
        (wish(elsewhere, json!(["signer"])), "/officer/key/possession"),
        (wish(own.clone(), json!(["signer", "signer"])), "/officer/roles/1"),
        (wish(own.clone(), json!([])), "/officer/roles"),
        (wish(own.clone(), json!(["mayor"])), "/officer/roles/0"),
    ] {
        let refused = service.post("operator", CEREMONIES, &wish).await.refused();
        assert_eq!(refused, (422, "invalid-claim".to_owned(), json!(at)));
    }
    let good = wish(own, json!(["signer"]));
    let tried = service.post("operator", &format!("{CEREMONIES}?dry_run=true"), &good).await;
    assert_eq!((tried.status, tried.json()["done"].clone()), (StatusCode::OK, json!(false)));
    assert!(listed(&service, "").await.is_empty());
    assert_eq!(service.post(LEAD, CEREMONIES, &good).await.status, StatusCode::FORBIDDEN);
    done(&service, &good).await;
    let used = service.post("operator", CEREMONIES, &good).await.refused();
    assert_eq!(used, (422, "invalid-claim".to_owned(), json!("/officer/key/spki")));
    service.check_ledger().await;
}

#[tokio::test]
async fn a_calendar_is_published_and_what_is_none_is_told() {
    let service = Service::found();
    let wish = |day: &str, working: bool| json!({"calendar": {"year": 2028, "exceptions": [{"date": day, "working": working}]}});
    let answer = done(&service, &wish("2028-10-02", false)).await;
    assert_eq!(answer["about"], json!({"calendar": {"year": 2028}}));
    for (wish, at) in [
        (wish("2028-10-02", true), "/calendar/exceptions/0/date"),
        (wish("2027-10-04", false), "/calendar/exceptions/0/date"),
        (json!({"calendar": {"year": 28, "exceptions": []}}), "/calendar/year"),
        (json!({"calendar": {"year": 2028}}), "/calendar/exceptions"),
    ] {
        let refused = service.post("operator", CEREMONIES, &wish).await.refused();
        assert_eq!(refused, (422, "invalid-claim".to_owned(), json!(at)));
    }
    let both = json!({"calendar": {"year": 2028, "exceptions": []}, "retire": {"purpose": "status"}});
    assert_eq!(service.post("operator", CEREMONIES, &both).await.refused().0, 422);
    service.check_ledger().await;
}

#[tokio::test]
async fn pages_say_how_a_type_is_issued() {
    let service = Service::found();
    for (path, said) in [
        (
            "/en/types/food-operation-licence",
            vec!["1 signer of housing", "within 10 working days", "20 working days"],
        ),
        (
            "/zh/types/food-operation-licence",
            vec!["housing 1 名签发人", "受理后 10 个工作日内", "20 个工作日内核查"],
        ),
        ("/en/types/constructor-registration", vec!["2 signers of the issuing department"]),
    ] {
        let page = service.get(path).await;
        for said in said {
            assert!(page.text().contains(said), "{path} does not say {said}");
        }
    }
}
