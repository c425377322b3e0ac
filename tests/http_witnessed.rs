//! What everybody is told of outside eyes: reports, pages, receipts, the cosigned checkpoint, readiness and numbers; before
//! a quorum, under one, without one for too long, and where nobody is asked.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use support::witnesses::policy;
use support::{Answered, Service, business_licence, with};
use vidimus::ledger::checkpoint::VerifiedCheckpoint;
use vidimus::ledger::receipt::Receipt;
use vidimus::note::Note;

const COSIGNED: &str = "/ledger/witnessed-checkpoint";

async fn report(service: &Service, credential: &Value, lang: &str) -> Value {
    let asked = service.ask(Method::POST, "/v1/verifications").header("accept-language", lang);
    asked.json(&json!({"evidence": credential})).send().await.json()
}

fn cosigned(service: &Service, note: &Note) -> usize {
    let (log, known) = (service.authority.verifier_keys(), policy(None).witness_keys());
    VerifiedCheckpoint::verify(note.clone(), &log[0], &known).unwrap().cosignatures().len()
}

async fn receipt(service: &Service, index: &Value) -> Receipt {
    service.get(&format!("/v1/ledger/proof?index={index}")).await.text().parse().unwrap()
}

async fn metric(service: &Service, name: &str) -> Vec<String> {
    let text = service.get("/metrics").await;
    text.text().lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
}

async fn operator(service: &Service) -> Value {
    service.ask(Method::GET, "/v1/operator/condition").token("operator").send().await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_asked_is_said_everywhere() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let told = report(&service, &issued["credential"], "zh").await;
    assert_eq!(told["witnessed"]["code"], "unwitnessed");
    assert!(told["witnessed"]["text"].as_str().unwrap().starts_with("未经外部见证："));
    assert_eq!(told["witnessed"].as_object().unwrap().len(), 2, "no quorum");
    let answered = service.get(COSIGNED).await;
    assert_eq!((answered.status, answered.problem().as_str()), (StatusCode::NOT_FOUND, "not-found"));
    assert_eq!(service.get("/readyz").await.json()["witnessed"], json!({"code": "unwitnessed"}));
    assert!(operator(&service).await["readiness"].get("witnesses").is_none());
    for path in ["/en", "/en/ledger", "/en/types", "/en/service"] {
        assert!(service.get(path).await.text().contains("Un-witnessed: no outsider cosigns"), "{path}");
    }
    assert!(service.get("/zh/ledger").await.text().contains("未经外部见证："));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quorum_is_told_with_who_how_far_and_when() {
    let (service, _) = Service::found_watched(None);
    let issued = service.issue(&business_licence()).await;
    let before = report(&service, &issued["credential"], "en").await;
    assert_eq!(before["witnessed"]["code"], "awaited");
    let answered = service.get(COSIGNED).await;
    assert_eq!(
        (answered.status, answered.problem().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "not-ready")
    );
    assert_eq!(answered.header("retry-after"), "10");
    assert!(service.get("/en/ledger").await.text().contains("were no quorum yet (two)"));

    service.clock.forward(Duration::from_secs(5));
    assert!(service.authority.ask_witnesses().unwrap());
    let size = service.authority.published().range.size();
    let quorum = json!({"code": "witnessed", "quorum": "two", "by": 3, "of": 3, "size": size,
                        "time": "2026-11-22T06:00:05.000Z"});
    let mut told = report(&service, &issued["credential"], "en").await["witnessed"].take();
    let text = told.as_object_mut().unwrap().remove("text").unwrap();
    assert_eq!(told, quorum);
    assert!(text.as_str().unwrap().starts_with("Witnessed: 3 of 3 witnesses (quorum two)"), "{text}");
    assert_eq!(service.get("/readyz").await.json()["witnessed"], quorum);
    let note: Note = service.get(COSIGNED).await.text().parse().unwrap();
    assert_eq!(cosigned(&service, &note), 3);
    let head: Note = service.get("/ledger/checkpoint").await.text().parse().unwrap();
    assert_eq!((cosigned(&service, &head), head.signatures().len()), (0, 1), "its own line alone");

    let beyond = service.issue(&with(business_licence(), &json!({"reference": "R-2"}))).await;
    let told = report(&service, &beyond["credential"], "en").await;
    assert!(told["witnessed"]["text"].as_str().unwrap().ends_with("and is un-witnessed yet."), "{told}");
    let told = report(&service, &issued["credential"], "zh").await;
    assert!(told["witnessed"]["text"].as_str().unwrap().ends_with("条记录。"), "{told}");
    for (path, told) in [("/en", "Witnessed by outsiders"), ("/zh/types", "经外部见证")] {
        assert!(service.get(path).await.text().contains(told), "{path}");
    }
    let page = service.get("/en/ledger").await;
    assert!(page.text().contains("witnesses 3 / 3") && page.text().contains("after them 1 un-witnessed"));
    assert!(service.get("/zh/ledger").await.text().contains("其后 1 条未经外部见证"));
    let eyes = operator(&service).await["readiness"]["witnesses"].take();
    assert_eq!((&eyes["newest"]["size"], &eyes["within"]), (&json!(size), &Value::Null));
    assert_eq!(eyes["waiting"], "2026-11-22T06:00:05.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_refreshed_when_it_is_fetched_again() {
    let (service, _) = Service::found_watched(None);
    let issued = service.issue(&business_licence()).await;
    let at_issue: Receipt = issued["receipt"].as_str().unwrap().parse().unwrap();
    assert_eq!(cosigned(&service, at_issue.note()), 0);
    assert!(service.authority.ask_witnesses().unwrap());
    let index = &issued["entry"]["index"];
    assert_eq!(cosigned(&service, receipt(&service, index).await.note()), 3);
    let path = format!("/v1/licences/{}", issued["handle"].as_str().unwrap());
    let shown = service.ask(Method::GET, &path).token("market-regulation").send().await.json();
    let fetched: Receipt = shown["history"][0]["receipt"].as_str().unwrap().parse().unwrap();
    assert_eq!(cosigned(&service, fetched.note()), 3);
    // Beside the refreshed receipt the credential is judged as before.
    let download = json!({"credential": issued["credential"], "receipt": fetched.to_string()});
    let told = service.verify(&json!({"evidence": download.to_string()})).await;
    assert_eq!(told["verdict"], "valid", "{told}");
    assert_eq!(cosigned(&service, receipt(&service, &json!(0)).await.note()), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_quorum_for_too_long_nothing_is_entered_if_that_was_chosen() {
    let (service, witnesses) = Service::found_watched(Some(Duration::from_secs(600)));
    assert!(service.authority.ask_witnesses().unwrap());
    witnesses.take_down(&["a", "b", "c"]);
    let issued = service.issue(&business_licence()).await;
    service.clock.forward(Duration::from_secs(601));
    assert!(!service.authority.ask_witnesses().unwrap());
    let again = with(business_licence(), &json!({"reference": "R-2"}));
    let refused: Answered = service.post("market-regulation", "/v1/licences", &again).await;
    assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not-ready"));
    let ready = service.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["ledger"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("closed")));
    let why = operator(&service).await["readiness"]["writing"].take();
    assert!(why.as_str().unwrap().contains("no quorum of witnesses"), "{why}");
    assert_eq!(report(&service, &issued["credential"], "en").await["verdict"], "valid", "verifying goes on");
    assert_eq!(metric(&service, "vidimus_unwitnessed_seconds").await, ["vidimus_unwitnessed_seconds 601"]);
    assert_eq!(metric(&service, "vidimus_unwitnessed_entries").await, ["vidimus_unwitnessed_entries 1"]);
    let failing = metric(&service, "vidimus_witness_failing{").await;
    assert_eq!(failing.iter().filter(|line| line.ends_with(" 1")).count(), 3, "{failing:?}");
    witnesses.take_down(&[]);
    while !service.authority.ask_witnesses().unwrap() {}
    service.issue(&again).await;
}
