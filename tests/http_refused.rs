//! Refusals over HTTP, counted in entries: which are, which are not, and over which hours.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Service, business_licence, with};
use vidimus::authority::Hours;

const PATH: &str = "/v1/licences";
const OWN: &str = "market-regulation";
const HOUR: Duration = Duration::from_secs(3600);

/// The counts that were entered, as they stand in the ledger.
async fn counted(service: &Service) -> Vec<Value> {
    let size = service.authority.published().range.size();
    let entries = service.entries(size).await;
    let entries = entries.iter().map(|bytes| serde_json::from_slice::<Value>(bytes).unwrap());
    entries.filter(|entry| entry["kind"] == "refusals.counted").map(|entry| entry["body"].clone()).collect()
}

fn code(service: &Service, slug: &str) -> String {
    let published = service.authority.published();
    published.charter.department_by_slug(&slug.parse().unwrap()).unwrap().value.code.to_string()
}

#[tokio::test]
async fn every_refused_wish_is_counted_once() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let act = |verb: &str| format!("{PATH}/{}/{verb}", issued["handle"].as_str().unwrap());
    let bad_date = with(business_licence(), &json!({"valid_from": "2026-02-30"}));
    let unknown = with(business_licence(), &json!({"type": "no-such-type"}));
    let reason = json!({"reason": "整改"});

    assert_eq!(service.post(OWN, PATH, &bad_date).await.problem(), "validity");
    assert_eq!(service.post(OWN, PATH, &bad_date).await.problem(), "validity");
    assert_eq!(service.post(OWN, PATH, &unknown).await.problem(), "unknown-type");
    assert_eq!(service.post("education", PATH, &business_licence()).await.problem(), "no-power");
    assert_eq!(service.post(OWN, &act("reinstate"), &reason).await.problem(), "illegal-transition");
    assert_eq!(service.post("housing", &act("suspend"), &reason).await.problem(), "not-yours");
    assert_eq!(service.post("auditor", &act("suspend"), &reason).await.problem(), "not-yours");
    let replacement = json!({"reason": "变更", "cause": "changed", "licence": bad_date});
    assert_eq!(service.post(OWN, &act("replace"), &replacement).await.problem(), "validity");
    assert_eq!(service.post("nobody", PATH, &business_licence()).await.problem(), "unauthorised");
    assert_eq!(
        service.ask(Method::POST, PATH).json(&business_licence()).send().await.problem(),
        "unauthorised"
    );
    let broken = service.ask(Method::POST, PATH).token(OWN).body("application/json", "{").send().await;
    assert_eq!(broken.problem(), "malformed");
    let lines = format!("{}\nnot json\n{}\n", business_licence(), bad_date);
    let batch = service.ask(Method::POST, &format!("{PATH}/batch?brief=true")).token(OWN);
    assert_eq!(batch.body("application/x-ndjson", lines).send().await.lines().len(), 3);

    // No wish, no refusal, or nobody's business.
    assert_eq!(service.post(OWN, &format!("{PATH}?dry_run=true"), &bad_date).await.problem(), "validity");
    let lines = format!("{bad_date}\n");
    let dry = service.ask(Method::POST, &format!("{PATH}/batch?dry_run=true")).token(OWN);
    assert!(dry.body("application/x-ndjson", lines).send().await.lines()[0]["problem"].is_object());
    assert_eq!(service.ask(Method::DELETE, PATH).token(OWN).send().await.problem(), "method-not-allowed");
    assert_eq!(service.get(PATH).await.problem(), "unauthorised");
    let evidence = service.ask(Method::POST, "/v1/verifications").json(&json!({"evidence": ""})).send().await;
    assert_eq!(evidence.problem(), "unreadable-evidence");

    assert_eq!(service.authority.enter_refusals(Hours::Over).await.unwrap(), 0, "the hour is not over");
    service.clock.forward(HOUR);
    assert_eq!(service.authority.enter_refusals(Hours::Over).await.unwrap(), 1);
    assert_eq!(service.authority.enter_refusals(Hours::All).await.unwrap(), 0, "nothing is left");
    let (own, education, housing) =
        (code(&service, OWN), code(&service, "education"), code(&service, "housing"));
    let business = "business-licence";
    let mut expected = vec![
        json!({"count": 1, "reason": "not-yours"}),
        json!({"count": 2, "reason": "unauthorised"}),
        json!({"count": 1, "department": education, "reason": "no-power", "type": business}),
        json!({"count": 1, "department": housing, "reason": "not-yours", "type": business}),
        json!({"count": 2, "department": own, "reason": "malformed"}),
        json!({"count": 1, "department": own, "reason": "unknown-type"}),
        json!({"count": 1, "department": own, "reason": "illegal-transition", "type": business}),
        json!({"count": 4, "department": own, "reason": "validity", "type": business}),
    ];
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    expected.sort_by_key(|row| (text(row, "department"), text(row, "type"), text(row, "reason")));
    assert_eq!(
        counted(&service).await,
        [
            json!({"counts": expected, "from": "2026-11-22T06:00:00.000Z", "until": "2026-11-22T07:00:00.000Z"})
        ]
    );
    assert!(service.get("/metrics").await.text().contains("vidimus_refusals_total"));
    service.check_ledger().await;
}

#[tokio::test]
async fn counts_go_on_where_the_last_ended_and_never_cross_an_hour() {
    let service = Service::found();
    let refuse = async || service.post("education", PATH, &business_licence()).await.problem();
    service.clock.forward(Duration::from_mins(10));
    refuse().await;
    service.clock.forward(Duration::from_mins(10));
    // The service ends and starts again within the hour.
    assert_eq!(service.authority.enter_refusals(Hours::All).await.unwrap(), 1);
    refuse().await;
    service.clock.forward(Duration::from_mins(190));
    refuse().await;
    refuse().await;
    service.clock.forward(HOUR);
    assert_eq!(service.authority.enter_refusals(Hours::Over).await.unwrap(), 3);
    let spans: Vec<_> = counted(&service)
        .await
        .iter()
        .map(|body| {
            let of = |name: &str| body[name].as_str().unwrap().get(11..16).unwrap().to_owned();
            let count = body["counts"].as_array().unwrap().iter().map(|row| row["count"].as_u64().unwrap());
            (of("from"), of("until"), count.sum::<u64>())
        })
        .collect();
    let said = |from: &str, until: &str, count| (from.to_owned(), until.to_owned(), count);
    assert_eq!(
        spans,
        [
            said("06:00", "06:20", 1),
            said("06:20", "07:00", 1),
            // Nothing was refused in these two hours: said, so that the next count is of one hour alone.
            said("07:00", "09:00", 0),
            said("09:00", "10:00", 2),
        ]
    );
    service.check_ledger().await;
}

#[tokio::test]
async fn what_cannot_be_entered_stays_counted() {
    let (service, store) = Service::found_on_memory();
    service.post("education", PATH, &business_licence()).await.problem();
    service.clock.forward(HOUR);
    let size = service.authority.published().range.size();
    store.fail_after(0);
    for _ in 0..2 {
        service.authority.enter_refusals(Hours::Over).await.unwrap_err();
    }
    assert_eq!(service.authority.published().range.size(), size);
    let refused = service.post(OWN, PATH, &business_licence()).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn many_different_refusals_take_several_entries() {
    let service = Service::found();
    for number in 0..150 {
        service.authority.count_refusal(vidimus::authority::Refused {
            department: None,
            licence_type: Some(format!("type-{number:03}").parse().unwrap()),
            reason: "validity".parse().unwrap(),
        });
        service.clock.forward(Duration::from_millis(1));
    }
    service.clock.forward(HOUR);
    assert_eq!(service.authority.enter_refusals(Hours::Over).await.unwrap(), 3);
    let rows: usize =
        counted(&service).await.iter().map(|body| body["counts"].as_array().unwrap().len()).sum();
    assert_eq!(rows, 150);
    service.check_ledger().await;
}
