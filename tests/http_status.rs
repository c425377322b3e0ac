//! Published status lists over HTTP (draft-ietf-oauth-status-list): the newest, those of earlier times, and what caches
//! and browsers ask of them.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::io::Read as _;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{BASE, FOUNDED, Service, business_licence};
use vidimus::status_list::StatusToken;
use vidimus::values::time::Time;

const OWN: &str = "market-regulation";

fn seconds(service: &Service) -> i64 {
    use vidimus::values::time::Clock as _;
    service.clock.now().seconds()
}

async fn act(service: &Service, issued: &Value, verb: &str, body: &Value) {
    let path = format!("/v1/licences/{}/{verb}", issued["handle"].as_str().unwrap());
    assert_eq!(service.post(OWN, &path, body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_time_has_the_list_that_was_published_then() {
    let service = Service::found();
    assert_eq!(service.get("/status").await.json(), json!({"status_lists": []}));
    assert_eq!(service.get("/status/1").await.problem(), "not-found");
    let issued = service.issue(&business_licence()).await;
    assert_eq!(service.get("/status").await.json(), json!({"status_lists": []}), "not published yet");
    let place = issued["status"]["index"].as_u64().unwrap();
    let before = seconds(&service) - 1;
    let mut course = Vec::new();
    let publish = |value: u8, course: &mut Vec<(i64, u8, u64)>| {
        service.authority.publish().unwrap();
        course.push((seconds(&service), value, service.authority.published().range.size()));
        service.clock.forward(Duration::from_secs(100));
    };
    publish(0, &mut course);
    act(&service, &issued, "suspend", &json!({"reason": "整改"})).await;
    publish(2, &mut course);
    act(&service, &issued, "reinstate", &json!({"reason": "整改完毕"})).await;
    publish(0, &mut course);
    act(&service, &issued, "end", &json!({"reason": "决定", "act": "penalty"})).await;
    publish(1, &mut course);
    assert_eq!(service.get("/status").await.json(), json!({"status_lists": [format!("{BASE}/status/1")]}));
    assert_eq!(service.get(&format!("/status/1?time={before}")).await.problem(), "not-found");
    for (from, value, size) in &course {
        let written = Time::from_millis((from + 50) * 1000).unwrap().to_string();
        for time in [from.to_string(), (from + 99).to_string(), written] {
            let served = service.get(&format!("/status/1?time={time}")).await;
            assert_eq!(served.status, StatusCode::OK, "{time}");
            let token = StatusToken::parse(served.text()).unwrap();
            assert_eq!((token.iat(), token.ledger_size()), (*from, Some(*size)), "{time}");
            assert_eq!(token.list().value(place).unwrap(), *value, "{time}");
            assert_eq!(token.exp().unwrap() - token.iat(), 24 * 3600);
        }
    }
    for (time, problem) in [
        (seconds(&service) + 1).to_string(),
        "-1".to_owned(),
        "0".to_owned(),
        FOUNDED.replace("06:00", "05:59"),
    ]
    .map(|time| (time, "not-found"))
    .into_iter()
    .chain(
        ["later", "2026-11-22", "1e3", "99999999999999999999"].map(|time| (time.to_owned(), "invalid-claim")),
    ) {
        assert_eq!(service.get(&format!("/status/1?time={time}")).await.problem(), problem, "{time}");
    }
    for list in ["2", "01", "0", "x", "4294967296"] {
        assert_eq!(service.get(&format!("/status/{list}")).await.problem(), "not-found", "{list}");
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn a_list_never_lapses_when_nothing_changes() {
    let service = Service::found();
    service.issue(&business_licence()).await;
    service.authority.publish().unwrap();
    let first = service.get("/status/1").await.body;
    let begun = seconds(&service);
    service.clock.forward(Duration::from_hours(12) - Duration::from_secs(1));
    assert_eq!(service.authority.publish().unwrap(), 0, "half of its life is not over");
    service.clock.forward(Duration::from_secs(1));
    assert_eq!(service.authority.publish().unwrap(), 1);
    let second = service.get("/status/1").await;
    let (old, new) = (
        StatusToken::parse(std::str::from_utf8(&first).unwrap()).unwrap(),
        StatusToken::parse(second.text()).unwrap(),
    );
    assert_eq!(old.list(), new.list());
    assert_eq!(new.iat(), begun + 12 * 3600);
    for hour in 1..=30 {
        service.clock.forward(Duration::from_hours(1));
        service.authority.publish().unwrap();
        let served = service.get("/status/1").await;
        assert!(StatusToken::parse(served.text()).unwrap().exp().unwrap() > seconds(&service), "hour {hour}");
    }
    // Down for two days: in that time nothing was valid, and nothing is said to have been.
    let gap = seconds(&service) + 30 * 3600;
    service.clock.forward(Duration::from_hours(48));
    assert_eq!(service.authority.publish().unwrap(), 1);
    assert_eq!(service.get(&format!("/status/1?time={gap}")).await.problem(), "not-found");
    service.check_ledger().await;
}

#[tokio::test]
async fn caches_and_browsers_are_served() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    service.authority.publish().unwrap();
    let plain = service.get("/status/1").await;
    assert_eq!(plain.header("content-type"), "application/statuslist+jwt");
    assert_eq!(plain.header("cache-control"), "public, max-age=10");
    assert_eq!(plain.header("access-control-allow-origin"), "*");
    assert!(plain.header("vary").contains("accept-encoding"), "{}", plain.header("vary"));
    let ask = |name: &str, value: &str| service.ask(Method::GET, "/status/1").header(name, value);
    let packed = ask("accept-encoding", "gzip").send().await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(packed.body.len() < plain.body.len(), "{} {}", packed.body.len(), plain.body.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);

    let tag = plain.header("etag").to_owned();
    for held in
        [tag.clone(), format!("\"other\", {tag}"), tag.trim_start_matches("W/").to_owned(), "*".to_owned()]
    {
        let unchanged = ask("if-none-match", &held).send().await;
        assert_eq!((unchanged.status, unchanged.body.len()), (StatusCode::NOT_MODIFIED, 0), "{held}");
        assert_eq!(
            (unchanged.header("etag"), unchanged.header("cache-control")),
            (&*tag, "public, max-age=10")
        );
    }
    assert_eq!(ask("if-none-match", "\"other\"").send().await.status, StatusCode::OK);
    let past = format!("/status/1?time={}", seconds(&service));
    assert_eq!(
        service.get(&past).await.header("cache-control"),
        "public, max-age=10",
        "may still be published"
    );
    service.clock.forward(Duration::from_secs(100));
    assert!(service.get(&past).await.header("cache-control").contains("immutable"));
    act(&service, &issued, "suspend", &json!({"reason": "整改"})).await;
    service.authority.publish().unwrap();
    assert_eq!(ask("if-none-match", &tag).send().await.status, StatusCode::OK, "it has changed");
    assert_eq!(service.get(&past).await.body, plain.body);

    let preflight = service
        .ask(Method::OPTIONS, "/status/1")
        .header("origin", "https://wallet.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "if-none-match")
        .send()
        .await;
    assert_eq!(preflight.status, StatusCode::OK);
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    assert_eq!(preflight.header("access-control-allow-headers"), "if-none-match");
    assert!(preflight.header("access-control-allow-methods").contains("GET"));
    let head = service.ask(Method::HEAD, "/status/1").send().await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.header("content-type"), "application/statuslist+jwt");
    assert_eq!(service.ask(Method::POST, "/status/1").send().await.problem(), "method-not-allowed");
}
