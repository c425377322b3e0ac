//! Law 0, section 9, over HTTP: every standing, every act, expired or not, on what was issued and on what was recorded.
//! The table is that of `schemas/vectors`; what it allows succeeds, everything else is refused and changes nothing.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::{Answered, Service, business_licence, with};

const PATH: &str = "/v1/licences";
const OWN: &str = "market-regulation";
const DAY: Duration = Duration::from_hours(24);
const CAUSES: [&str; 4] = ["renewed", "changed", "corrected", "reissued"];

/// A row of the table with a licence that stands there.
struct Standing {
    row: Value,
    handle: String,
    place: u64,
}

fn ends_today() -> Value {
    with(business_licence(), &json!({"valid_until": "2026-11-22", "reference": null}))
}

async fn act(service: &Service, handle: &str, act: &str) -> Answered {
    let (verb, body) = match act {
        "suspended" => ("suspend", json!({"reason": "整改"})),
        "reinstated" => ("reinstate", json!({"reason": "整改完毕"})),
        cause if CAUSES.contains(&cause) => {
            let licence = with(business_licence(), &json!({"valid_until": "2030-11-22", "reference": null}));
            ("replace", json!({"reason": "申请", "cause": cause, "licence": licence}))
        }
        ending => ("end", json!({"reason": "决定", "act": ending})),
    };
    service.post(OWN, &format!("{PATH}/{handle}/{verb}"), &body).await
}

/// Brings a new licence to where a row begins.
async fn stand(service: &Service, row: &Value, request: &Value) -> Standing {
    let issued = service.issue(request).await;
    let handle = issued["handle"].as_str().unwrap().to_owned();
    let from = row["from"].as_str().unwrap();
    if from != "valid" {
        let brought = act(service, &handle, from).await;
        assert_eq!(brought.status, StatusCode::OK, "{from}: {}", brought.text());
    }
    Standing { row: row.clone(), handle, place: issued["status"]["index"].as_u64().unwrap() }
}

async fn try_act(service: &Service, standing: &Standing) {
    let Standing { row, handle, .. } = standing;
    let size = service.authority.published().range.size();
    let answered = act(service, handle, row["act"].as_str().unwrap()).await;
    let shown =
        service.ask(axum::http::Method::GET, &format!("{PATH}/{handle}")).token(OWN).send().await.json();
    assert_eq!(shown["expired"], row["expired"], "{row}");
    let now = service.authority.published().range.size();
    match row.get("to") {
        Some(to) => {
            assert_eq!(answered.status, StatusCode::OK, "{row}: {}", answered.text());
            assert_eq!((&answered.json()["standing"], &shown["standing"]), (to, to), "{row}");
            assert_eq!(now, size + 1, "{row}");
        }
        None => {
            assert_eq!(answered.refused(), (409, "illegal-transition".into(), Value::Null), "{row}");
            assert_eq!((&shown["standing"], now), (&row["from"], size), "{row}");
        }
    }
}

/// What the list says at the end of every row.
async fn check_list(service: &Service, standings: &[Standing]) {
    service.authority.publish().unwrap();
    let served = service.get("/status/1").await;
    let token = vidimus::status_list::StatusToken::parse(served.text()).unwrap();
    for Standing { row, place, .. } in standings {
        let stood = match row["from"].as_str().unwrap() {
            "valid" => 0,
            "suspended" => 2,
            _ => 1,
        };
        let expected = row["status"].as_u64().unwrap_or(stood);
        assert_eq!(u64::from(token.list().value(*place).unwrap()), expected, "{row}");
    }
}

async fn the_whole_table(request: impl Fn(usize) -> Value) {
    let service = Service::found();
    let rows: Vec<Value> = serde_json::from_str(include_str!("../schemas/vectors/standing.json")).unwrap();
    assert_eq!(rows.len(), 11 * 11 * 2);
    let mut standings = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        standings.push(stand(&service, row, &request(number)).await);
    }
    for expired in [false, true] {
        for standing in standings.iter().filter(|standing| standing.row["expired"] == expired) {
            try_act(&service, standing).await;
        }
        service.clock.forward(DAY);
    }
    check_list(&service, &standings).await;
    service.check_ledger().await;
}

#[tokio::test]
async fn what_was_issued_follows_the_table() {
    the_whole_table(|_| ends_today()).await;
}

#[tokio::test]
async fn what_was_recorded_follows_the_table() {
    the_whole_table(|number| {
        let recorded = json!({"trust": "A", "standing": "valid", "source": "旧档案", "issued_on": "2018-03-01"});
        let changes = json!({"licence_number": format!("旧-{number}"), "valid_from": "2018-03-01", "recorded": recorded});
        with(ends_today(), &changes)
    })
    .await;
}

#[tokio::test]
async fn what_was_void_once_is_not_made_void_again() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let handle = issued["handle"].as_str().unwrap();
    for ending in ["penalty", "rescinded", "cancelled"] {
        assert_eq!(act(&service, handle, ending).await.status, StatusCode::OK, "{ending}");
    }
    assert_eq!(act(&service, handle, "rescinded").await.problem(), "illegal-transition");
    service.check_ledger().await;
}

#[tokio::test]
async fn a_suspension_goes_along_to_the_new_licence() {
    let service = Service::found();
    for cause in ["corrected", "reissued"] {
        let old = service.issue(&business_licence()).await;
        act(&service, old["handle"].as_str().unwrap(), "suspended").await;
        let issued = act(&service, old["handle"].as_str().unwrap(), cause).await.json()["issued"].clone();
        let report = service.verify(&json!({"evidence": issued["credential"]})).await;
        assert_eq!(report["reason"]["code"], "suspended");
        let handle = issued["handle"].as_str().unwrap();
        assert_eq!(act(&service, handle, "reinstated").await.json()["standing"], "valid");
    }
    service.check_ledger().await;
}
