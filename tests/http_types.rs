//! The licence types over HTTP: each issued from its example and shown in part, or refused without a case; one row without
//! the others, and what may be held only once. What a schema refuses is tried by `tests/oracles/twelve.py`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/mod.rs"]
mod support;

use serde_json::{Value, json};
use support::Service;
use vidimus::sd_jwt::Presentation;

const PATH: &str = "/v1/licences";

async fn example(service: &Service, slug: &str) -> Value {
    service.get(&format!("/v1/types/{slug}")).await.json()["example"].clone()
}

async fn issued(service: &Service, token: &str, request: &Value) -> Value {
    let answered = service.post(token, PATH, request).await;
    assert_eq!(answered.status.as_u16(), 201, "{}", answered.text());
    answered.json()
}

/// The credential with only the disclosures of these names, and of these values where they have no name.
fn partial(credential: &str, names: &[&str], values: &[Value]) -> String {
    let presentation = Presentation::parse(credential).unwrap();
    presentation.withhold(&|one| match one.name() {
        Some(name) => names.contains(&name),
        None => values.contains(one.value()),
    })
}

#[tokio::test]
async fn every_example_is_issued_and_shown_in_part() {
    let service = Service::found();
    let powers = service.get("/v1/powers").await.json();
    let powers = powers["items"].as_array().unwrap();
    let types = service.get("/v1/types").await.json()["items"].as_array().unwrap().len();
    assert_eq!(powers.len(), types);
    let mut with_process = Vec::new();
    for power in powers {
        let (slug, department) = (power["type"].as_str().unwrap(), power["department"].as_str().unwrap());
        let request = example(&service, slug).await;
        let process = service.get(&format!("/v1/types/{slug}")).await.json()["process"].clone();
        if !process.is_null() {
            let refused = service.post(department, PATH, &request).await.refused();
            assert_eq!(refused, (422, "case-required".to_owned(), json!("/type")), "{slug}");
            with_process.push((slug, process["approvers"].clone(), process["promise"].clone()));
            continue;
        }
        let issued = issued(&service, department, &request).await;
        let credential = issued["credential"].as_str().unwrap();
        let whole = service.verify(&json!({"evidence": credential})).await;
        assert_eq!(whole["verdict"], "valid", "{slug}: {whole:#}");
        assert_eq!(whole["licence"]["holders"], request["holders"], "{slug}");
        assert_eq!(whole["licence"]["claims"], request["claims"], "{slug}");

        let bare = service.verify(&json!({"evidence": partial(credential, &[], &[])})).await;
        assert_eq!(bare["verdict"], "valid", "{slug}: {bare:#}");
        let public =
            service.get(&format!("/v1/types/{slug}")).await.json()["sources"][0]["sharing"] == "open";
        let expected = if public { request["claims"].clone() } else { json!({}) };
        assert_eq!(bare["licence"]["claims"], expected, "{slug}");
    }
    let lead = |officers: u64| json!({"department": null, "officers": officers});
    with_process.sort_by_key(|(slug, ..)| *slug);
    let expected = [
        ("constructor-registration", json!([lead(2)]), Value::Null),
        ("food-operation-licence", json!([lead(1), {"department": "housing", "officers": 1}]), json!(20)),
    ];
    assert_eq!(with_process, expected);
    service.check_ledger().await;
}

#[tokio::test]
async fn a_member_of_a_household_is_shown_without_the_others() {
    let service = Service::found();
    let request = example(&service, "household-register").await;
    let issued = issued(&service, "public-security", &request).await;
    let rows = request["claims"]["members"].as_array().unwrap();
    let shown = partial(issued["credential"].as_str().unwrap(), &["members"], &rows[1..2]);
    let report = service.verify(&json!({"evidence": shown})).await;
    assert_eq!(report["verdict"], "valid", "{report:#}");
    assert_eq!(report["licence"]["claims"], json!({"members": [rows[1]]}));
    assert_eq!(rows[1]["holder"], 2, "the row still says whose it is");
    let told = report.to_string();
    for other in [&rows[0], &rows[2]] {
        assert!(!told.contains(&other.to_string()));
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn neither_spouse_may_have_another() {
    let service = Service::found();
    let token = "civil-affairs";
    let request = example(&service, "marriage-registration").await;
    let mut other = request.clone();
    other["holders"][0]["code"] = json!("440524188001010022");
    let refused = |pointer: &str| (422, "invalid-claim".to_owned(), json!(pointer));

    // Two at once: one is issued, the other waits for it and is refused.
    let (one, two) = tokio::join!(service.post(token, PATH, &request), service.post(token, PATH, &other));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422], "{} {}", one.text(), two.text());
    let good = if one.status.as_u16() == 201 { one } else { two }.json();
    let handle = good["handle"].as_str().unwrap();
    let act = |verb: &str, body: Value| {
        let (service, path) = (&service, format!("{PATH}/{handle}/{verb}"));
        async move { service.post(token, &path, &body).await.status.as_u16() }
    };
    assert_eq!(service.post(token, PATH, &other).await.refused().0, 422);
    assert_eq!(act("suspend", json!({"reason": "r"})).await, 200);
    assert_eq!(service.post(token, PATH, &other).await.refused(), refused("/holders/1/code"), "still held");
    assert_eq!(act("reinstate", json!({"reason": "r"})).await, 200);
    assert_eq!(act("end", json!({"reason": "r", "act": "cancelled"})).await, 200);
    issued(&service, token, &other).await;
    assert_eq!(service.post(token, PATH, &request).await.refused(), refused("/holders/1/code"));
    service.check_ledger().await;
}
