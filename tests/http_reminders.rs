//! What a department and its holders are reminded of before a licence ends; and what everybody may read of working days and
//! of demands for proofs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Service, business_licence, with};
use vidimus::authority::Hours;

const OWN: &str = "market-regulation";
const DAY: Duration = Duration::from_hours(24);

async fn ending(service: &Service, query: &str) -> Vec<String> {
    let path = format!("/v1/licences?{query}");
    let answered = service.ask(Method::GET, &path).token(OWN).send().await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text());
    let items = answered.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["reference"].as_str().unwrap().to_owned()).collect()
}

async fn issued(service: &Service, reference: &str, until: Option<&str>) -> Value {
    service.issue(&with(business_licence(), &json!({"reference": reference, "valid_until": until}))).await
}

async fn act(service: &Service, issued: &Value, act: &str) {
    let path = format!("/v1/licences/{}/{act}", issued["handle"].as_str().unwrap());
    let acted = service.post(OWN, &path, &json!({"reason": "检查"})).await;
    assert_eq!(acted.status, StatusCode::OK, "{}", acted.text());
}

#[tokio::test]
async fn a_department_finds_what_ends_soon() {
    let service = Service::found();
    for (reference, until) in [
        ("today", Some("2026-11-22")),
        ("on the day", Some("2026-12-22")),
        ("after it", Some("2026-12-23")),
        ("never", None),
    ] {
        issued(&service, reference, until).await;
    }
    let suspended = issued(&service, "suspended", Some("2026-12-01")).await;
    act(&service, &suspended, "suspend").await;
    assert_eq!(ending(&service, "ends_before=2026-12-22").await, ["today", "on the day"]);
    assert_eq!(ending(&service, "ends_before=2026-12-22&standing=suspended").await, ["suspended"]);
    assert_eq!(ending(&service, "ends_before=2026-11-22&reference=never").await, Vec::<String>::new());
    assert_eq!(ending(&service, "ends_before=2026-12-22&reference=today").await, ["today"]);
    // What is over is for no reminder any more.
    service.clock.forward(DAY);
    assert_eq!(ending(&service, "ends_before=2026-12-22").await, ["on the day"]);
    for wrong in ["2026-02-30", "soon"] {
        let path = format!("/v1/licences?ends_before={wrong}");
        let answered = service.ask(Method::GET, &path).token(OWN).send().await;
        assert_eq!(
            (answered.problem().as_str(), &answered.json()["parameter"]),
            ("invalid-claim", &json!("ends_before"))
        );
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn many_that_end_are_paged_and_each_comes_once() {
    let service = Service::found();
    for number in 0..120 {
        let until = if number % 2 == 0 { "2026-12-01" } else { "2030-12-01" };
        issued(&service, &format!("{number:03}"), Some(until)).await;
    }
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/licences?ends_before=2026-12-31{after}");
        let page = service.ask(Method::GET, &path).token(OWN).send().await.json();
        let items = page["items"].as_array().unwrap();
        found.extend(items.iter().map(|item| item["reference"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        assert_eq!(items.len(), 50);
        after = format!("&after={next}");
    }
    assert_eq!(found, (0..120).step_by(2).map(|number| format!("{number:03}")).collect::<Vec<_>>());
    service.check_ledger().await;
}

/// The page of a verification, and that of a pickup.
async fn pages(service: &Service, lang: &str, issued: &Value) -> [String; 2] {
    let body = format!("evidence={}", issued["credential"].as_str().unwrap().replace('~', "%7E"));
    let check = service.ask(Method::POST, &format!("/{lang}/check")).header("accept", "text/html");
    let check = check.body("application/x-www-form-urlencoded", body).send().await;
    let path = format!("/v1/licences/{}/pickup", issued["handle"].as_str().unwrap());
    let made = service.post(OWN, &path, &json!({})).await.json();
    let pickup = service.ask(Method::POST, &format!("/{lang}/pickup/{}", made["pickup"].as_str().unwrap()));
    let body = format!("code={}", made["code"].as_str().unwrap());
    let pickup =
        pickup.header("accept", "text/html").body("application/x-www-form-urlencoded", body).send().await;
    assert_eq!((check.status, pickup.status), (StatusCode::OK, StatusCode::OK), "{}", pickup.text());
    [check.text().to_owned(), pickup.text().to_owned()]
}

#[tokio::test]
async fn a_holder_is_told_before_it_ends() {
    let service = Service::found();
    let soon = issued(&service, "soon", Some("2026-12-22")).await;
    let later = issued(&service, "later", Some("2026-12-23")).await;
    for page in pages(&service, "zh", &soon).await {
        assert!(page.contains("还有 30 天到期（2026年12月22日）"), "{page}");
    }
    for page in pages(&service, "en", &soon).await {
        assert!(page.contains("It ends in 30 days, on 22 December 2026"), "{page}");
    }
    for page in pages(&service, "en", &later).await {
        assert!(!page.contains("It ends in"), "{page}");
    }
    service.clock.forward(DAY);
    for page in pages(&service, "en", &later).await {
        assert!(page.contains("It ends in 30 days"), "{page}");
    }
    act(&service, &later, "suspend").await;
    for page in pages(&service, "en", &later).await {
        assert!(!page.contains("It ends in"), "what is suspended is not renewed: {page}");
    }
    service.clock.forward(DAY * 29);
    for page in pages(&service, "en", &soon).await {
        assert!(page.contains("It ends today, 22 December 2026"), "{page}");
    }
    service.clock.forward(DAY);
    for page in pages(&service, "en", &soon).await {
        assert!(!page.contains("It ends today"), "{page}");
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn working_days_are_everybodys_to_read() {
    let service = Service::found();
    let calendars = service.get("/v1/calendars").await.json();
    let years: Vec<u64> =
        calendars["items"].as_array().unwrap().iter().map(|item| item["year"].as_u64().unwrap()).collect();
    assert_eq!(years, [2026, 2027]);
    let worked = json!({"date": "2026-01-04", "working": true});
    assert!(calendars["items"][0]["exceptions"].as_array().unwrap().contains(&worked));
    let wish = json!({"calendar": {"year": 2027, "exceptions": [{"date": "2027-10-01", "working": false}]}});
    let done = service.post("operator", "/v1/operator/ceremonies", &wish).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text());
    let newer = service.get("/v1/calendars").await.json()["items"][1].clone();
    assert_eq!(newer["exceptions"], wish["calendar"]["exceptions"], "the newest counts, whole");
    assert!(newer["since"]["index"].as_u64() > calendars["items"][1]["since"]["index"].as_u64());
    assert_eq!(service.get("/v1/calendars?year=2027").await.problem(), "unknown-field");
    service.check_ledger().await;
}

#[tokio::test]
async fn demands_are_counted_for_everybody() {
    const COUNTS: &str = "/v1/proof-demands/statistics";
    let service = Service::found();
    let demand = |proof: &str| json!({"department": "education", "matter": "入学登记", "proof": proof});
    let empty = service.get(COUNTS).await.json();
    assert_eq!(empty, json!({"items": [], "refused": 0, "needs": 0, "from": null, "until": null}));
    for proof in ["完税凭证", "完税证明", "户口本和无犯罪记录证明", "居住证明"] {
        service.post("education", "/v1/proof-demands", &demand(proof)).await;
    }
    // A need counts at once; a refusal with its hour.
    let early = service.get(COUNTS).await.json();
    assert_eq!((&early["refused"], &early["needs"]), (&json!(0), &json!(1)));
    service.clock.forward(Duration::from_hours(1));
    service.authority.enter_refusals(Hours::Over).await.unwrap();
    let tax = json!({"type": "tax-payment", "name": {"zh": "完税证明", "en": "Tax payment certificate"}, "refused": 2});
    let counted = service.get(COUNTS).await.json();
    assert_eq!(counted["items"], json!([{"type": null, "name": null, "refused": 1}, tax]));
    assert_eq!((&counted["refused"], &counted["needs"]), (&json!(3), &json!(1)));
    assert!(counted["from"].as_str() < counted["until"].as_str());
    // Counted on from there, and other refusals are not among them.
    service.post("education", "/v1/licences", &business_licence()).await;
    service.post("education", "/v1/proof-demands", &demand("完税证明")).await;
    service.post("education", "/v1/proof-demands", &demand("收入证明")).await;
    service.clock.forward(Duration::from_hours(1));
    service.authority.enter_refusals(Hours::Over).await.unwrap();
    let counted = service.get(COUNTS).await.json();
    assert_eq!(
        (&counted["items"][1]["refused"], &counted["refused"], &counted["needs"]),
        (&json!(3), &json!(4), &json!(2))
    );
    let page = service.ask(Method::GET, "/en/ledger").header("accept", "text/html").send().await;
    assert!(page.text().contains("<strong>4</strong>") && page.text().contains(COUNTS), "{}", page.text());
    service.check_ledger().await;
}
