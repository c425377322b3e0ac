//! What was granted before the ledger, recorded over HTTP: every standing, its wording, its place on the status list,
//! the acts that follow, and everything that is refused.

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Answered, FOUNDED, Service, business_licence, with};

const PATH: &str = "/v1/licences";
const OWN: &str = "market-regulation";
const STANDINGS: [(&str, u64, &str, &str); 7] = [
    ("valid", 0, "valid", "all_passed_recorded"),
    ("suspended", 2, "not_valid", "suspended"),
    ("recalled", 1, "not_valid", "recalled"),
    ("rescinded", 1, "not_valid", "rescinded"),
    ("penalty", 1, "not_valid", "penalty"),
    ("annulled", 1, "not_valid", "annulled"),
    ("cancelled", 1, "not_valid", "cancelled"),
];

fn recorded(number: &str, standing: &str) -> Value {
    let recorded = json!({
        "trust": "B", "standing": standing, "source": "企业登记档案第三柜", "issued_on": "2015-03-01",
        "standing_since": "2020-06-01", "standing_reason": "自愿申请之故",
    });
    let changes = json!({
        "licence_number": number, "valid_from": "2015-03-01", "valid_until": "2035-02-28", "reference": null,
        "recorded": recorded,
    });
    with(business_licence(), &changes)
}

#[expect(clippy::unwrap_used, reason = "a test ends where it fails")]
async fn entry(service: &Service, index: &Value) -> String {
    let tail = service.get(&format!("/ledger/tile/entries/000.p/{}", index.as_u64().unwrap() + 1)).await;
    assert_eq!(tail.status, StatusCode::OK);
    let text = String::from_utf8_lossy(&tail.body).into_owned();
    text.rsplit("{\"body\"").next().unwrap().to_owned()
}

#[tokio::test]
async fn every_standing_is_recorded_as_it_is() {
    let service = Service::found();
    for (standing, value, verdict, reason) in STANDINGS {
        let answer = service.issue(&recorded(&format!("旧-{standing}"), standing)).await;
        assert_eq!(answer["recorded"], json!({"trust": "B", "standing": standing}));
        let entered = entry(&service, &answer["entry"]["index"]).await;
        assert!(entered.contains("\"kind\":\"licence.recorded\""), "{entered}");
        for private in ["档案", "自愿", "样例", "旧-"] {
            assert!(!entered.contains(private), "{private} in {entered}");
        }
        for evidence in [
            json!({"evidence": answer["credential"]}),
            json!({"evidence": json!({"credential": answer["credential"], "receipt": answer["receipt"]}).to_string()}),
        ] {
            let report = service.verify(&evidence).await;
            assert_eq!((&report["verdict"], &report["reason"]["code"]), (&json!(verdict), &json!(reason)));
            assert_eq!(report["findings"][2]["code"], "power_held_at_recording");
            assert_eq!(report["findings"][3]["code"], "recorded_b");
            assert_eq!(report["licence"]["standing"], standing);
            let told = json!({"trust": "B", "issued_on": "2015-03-01", "at": FOUNDED});
            assert_eq!(report["licence"]["recorded"], told);
            assert!(!report.to_string().contains("档案"), "the source is not for everybody");
        }
        service.authority.publish().unwrap();
        let list = service.get("/status/1").await;
        let token = vidimus::status_list::StatusToken::parse(list.text()).unwrap();
        let place = answer["status"]["index"].as_u64().unwrap();
        assert_eq!(u64::from(token.list().value(place).unwrap()), value);

        let path = format!("{PATH}/{}", answer["handle"].as_str().unwrap());
        let own = service.ask(Method::GET, &path).token(OWN).send().await.json();
        let mut told = recorded("", standing)["recorded"].clone();
        told["at"] = json!(FOUNDED);
        assert_eq!((&own["recorded"], &own["standing"]), (&told, &json!(standing)));
        let audited = service.ask(Method::GET, &path).token("auditor").send().await.json();
        assert_eq!(audited["recorded"], json!({"trust": "B", "at": FOUNDED}));
    }
    let issued = service.issue(&business_licence()).await;
    assert!(issued.get("recorded").is_none());
    service.check_ledger().await;
}

#[tokio::test]
async fn before_it_was_recorded_it_was_not_here() {
    let service = Service::found();
    service.clock.forward(Duration::from_secs(60));
    let answer = service.issue(&recorded("旧-1", "valid")).await;
    let report = service.verify(&json!({"evidence": answer["credential"], "at": FOUNDED})).await;
    assert_eq!(
        (&report["verdict"], &report["reason"]["code"]),
        (&json!("not_valid"), &json!("recorded_later"))
    );
    assert!(!report.to_string().contains("签发记录"), "{report}");
    let void = service.issue(&recorded("旧-2", "rescinded")).await;
    let report = service.verify(&json!({"evidence": void["credential"], "at": FOUNDED})).await;
    assert_eq!(report["findings"][5]["code"], "rescinded_later");
    service.check_ledger().await;
}

#[tokio::test]
async fn acts_follow_as_on_what_was_issued() {
    let service = Service::found();
    let act = |handle: &Value, verb: &str, body: Value| {
        let path = format!("{PATH}/{}/{verb}", handle.as_str().unwrap());
        async move { (path.clone(), body) }
    };
    let done = |answered: Answered| {
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.text());
        answered.json()
    };
    let suspended = service.issue(&recorded("旧-1", "suspended")).await;
    let (path, body) = act(&suspended["handle"], "reinstate", json!({"reason": "已整改"})).await;
    assert_eq!(done(service.post(OWN, &path, &body).await)["standing"], "valid");
    let report = service.verify(&json!({"evidence": suspended["credential"]})).await;
    assert_eq!(report["verdict"], "valid");

    let cancelled = service.issue(&recorded("旧-2", "cancelled")).await;
    let (path, body) = act(&cancelled["handle"], "suspend", json!({"reason": "不成立"})).await;
    assert_eq!(service.post(OWN, &path, &body).await.problem(), "illegal-transition");

    // Replaced by one that is issued today, under the old number; never by one that is recorded.
    let renewal = with(business_licence(), &json!({"licence_number": "旧-1"}));
    let (path, body) = act(
        &suspended["handle"],
        "replace",
        json!({"reason": "到期换证", "cause": "renewed", "licence": recorded("旧-1", "valid")}),
    )
    .await;
    let refused = service.post(OWN, &path, &body).await;
    assert_eq!(refused.refused(), (422, "unknown-field".into(), json!("/licence/recorded")));
    let replaced = done(service.post(OWN, &path, &with(body, &json!({"licence": renewal}))).await);
    assert!(replaced["issued"].get("recorded").is_none());
    let report = service.verify(&json!({"evidence": replaced["issued"]["credential"]})).await;
    assert_eq!(report["reason"]["code"], "all_passed");
    let report = service.verify(&json!({"evidence": suspended["credential"]})).await;
    assert_eq!(report["reason"]["code"], "renewed");
    service.check_ledger().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_entered() {
    let service = Service::found();
    let before = service.get("/ledger/checkpoint").await.body;
    let inside = |member: &str, value: Value| {
        let mut request = recorded("旧-1", "valid");
        request["recorded"][member] = value;
        request
    };
    let without = |member: &str| with(recorded("旧-1", "valid"), &json!({member: null}));
    for (request, slug, pointer) in [
        (inside("trust", json!("E")), "invalid-claim", "/recorded/trust"),
        (inside("standing", json!("过期")), "invalid-claim", "/recorded/standing"),
        (inside("standing", Value::Null), "invalid-claim", "/recorded/standing"),
        (inside("source", json!("")), "invalid-claim", "/recorded/source"),
        (inside("issued_on", json!("2026-11-23")), "validity", "/recorded/issued_on"),
        (inside("standing_since", json!("2014-01-01")), "validity", "/recorded/standing_since"),
        (inside("surprise", json!(1)), "unknown-field", "/recorded/surprise"),
        (without("licence_number"), "invalid-claim", "/licence_number"),
        (with(recorded("旧-1", "valid"), &json!({"valid_until": "2015-02-28"})), "validity", "/valid_until"),
    ] {
        for query in ["", "?dry_run=true"] {
            let answered = service.post(OWN, &format!("{PATH}{query}"), &request).await;
            assert_eq!(answered.refused(), (422, slug.into(), json!(pointer)), "{request}");
        }
    }
    let elsewhere = with(recorded("旧-1", "valid"), &json!({"region": "110000"}));
    assert_eq!(
        service.post(OWN, PATH, &elsewhere).await.refused(),
        (403, "no-power".into(), json!("/region"))
    );
    let powerless = service.post("education", PATH, &recorded("旧-1", "valid")).await;
    assert_eq!(powerless.problem(), "no-power");
    let dry = service.post(OWN, &format!("{PATH}?dry_run=true"), &recorded("旧-1", "valid")).await;
    assert_eq!((dry.status, &dry.json()["licence_number"]), (StatusCode::OK, &json!("旧-1")));
    assert_eq!(service.get("/ledger/checkpoint").await.body, before);

    service.issue(&recorded("旧-1", "valid")).await;
    let again = service.post(OWN, PATH, &recorded("旧-1", "cancelled")).await;
    assert_eq!(again.refused(), (422, "invalid-claim".into(), json!("/licence_number")));
    service.check_ledger().await;
}

#[tokio::test]
async fn a_batch_records_each_line_once_and_a_list_shows_what_was_recorded() {
    let service = Service::found();
    let line = |number: usize| {
        let standing = STANDINGS[number % 7].0;
        with(recorded(&format!("旧-{number}"), standing), &json!({"key": format!("k-{number}")}))
    };
    let lines: String = (0..70).map(|number| format!("{}\n", line(number))).collect();
    let send = || async {
        let ask = service.ask(Method::POST, &format!("{PATH}/batch?brief=true")).token(OWN);
        ask.body("application/x-ndjson", lines.clone()).send().await.lines()
    };
    let first = send().await;
    assert!(first.iter().all(|answer| answer["recorded"]["recorded"]["trust"] == "B"), "{first:?}");
    let head = service.get("/ledger/checkpoint").await.body;
    let handles = |answers: &[Value]| -> Vec<Value> {
        answers.iter().map(|answer| answer["recorded"]["handle"].clone()).collect()
    };
    assert_eq!(handles(&first), handles(&send().await));
    assert_eq!(service.get("/ledger/checkpoint").await.body, head);

    let page =
        service.ask(Method::GET, &format!("{PATH}?standing=suspended&content=true")).token(OWN).send().await;
    let items = page.json()["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 10);
    for item in &items {
        assert_eq!(item["holders"], business_licence()["holders"]);
        assert_eq!(item["claims"], business_licence()["claims"]);
        assert_eq!(item["recorded"]["standing_reason"], "自愿申请之故");
    }
    let plain =
        service.ask(Method::GET, &format!("{PATH}?licence_number=%E6%97%A7-3")).token(OWN).send().await;
    assert!(plain.json()["items"][0].get("claims").is_none());
    service.check_ledger().await;
}

#[tokio::test]
async fn a_pickup_page_says_recorded() {
    let service = Service::found();
    let answer = service.issue(&recorded("旧-1", "valid")).await;
    let path = format!("{PATH}/{}/pickup", answer["handle"].as_str().unwrap());
    let made = service.post(OWN, &path, &json!({})).await.json();
    let address = made["address"].as_str().unwrap().strip_prefix(support::BASE).unwrap().to_owned();
    let form = format!("code={}", made["code"].as_str().unwrap());
    let page = service
        .ask(Method::POST, &address)
        .header("accept", "text/html")
        .body("application/x-www-form-urlencoded", form)
        .send()
        .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    for told in ["补录", "可信等级 B", "2026年11月22日", "2015年3月1日"] {
        assert!(page.text().contains(told), "{told}: {}", page.text());
    }
    service.check_ledger().await;
}

/// What could have been issued here is not recorded: that would go around the type's own rules.
#[tokio::test]
async fn what_was_granted_later_is_issued_and_not_recorded() {
    let service = Service::found();
    service.clock.forward(Duration::from_secs(3 * 86_400));
    let recorded = json!({"trust": "A", "standing": "valid", "source": "档案"});
    let request = with(
        business_licence(),
        &json!({"licence_number": "旧照1号", "reference": null, "valid_from": "2026-11-23", "recorded": recorded}),
    );
    let (status, slug, pointer) = service.post(OWN, PATH, &request).await.refused();
    assert_eq!((status, slug.as_str(), pointer), (422, "validity", json!("/valid_from")));
    let before = with(request, &json!({"valid_from": "2026-11-22"}));
    assert_eq!(service.post(OWN, PATH, &before).await.status.as_u16(), 201);
    service.check_ledger().await;
}
