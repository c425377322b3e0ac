//! Issuing and acting over HTTP: every refusal, idempotency, batches, transitions, pickups.

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Service, business_licence, with};

const PATH: &str = "/v1/licences";
const OWN: &str = "market-regulation";

#[tokio::test]
async fn every_refusal_says_where() {
    let service = Service::found();
    let holder = |code: &str| json!([{"name": "样例", "code": code, "code_type": "001"}]);
    let mut missing = business_licence();
    missing["claims"].as_object_mut().unwrap().remove("established");
    for (request, status, slug, pointer) in [
        (with(business_licence(), &json!({"extra": 1})), 422, "unknown-field", "/extra"),
        (with(business_licence(), &json!({"type": 1})), 422, "invalid-claim", "/type"),
        (with(business_licence(), &json!({"type": "no-such-type"})), 422, "unknown-type", "/type"),
        (
            with(business_licence(), &json!({"holders": holder("91430700MA4PBKBQ49")})),
            422,
            "check-digit",
            "/holders/0/code",
        ),
        (missing, 422, "invalid-claim", "/claims/established"),
        (with(business_licence(), &json!({"valid_from": "2026-02-30"})), 422, "validity", "/valid_from"),
        (with(business_licence(), &json!({"valid_until": "2020-01-01"})), 422, "validity", "/valid_until"),
        (with(business_licence(), &json!({"case": "C-1"})), 422, "invalid-claim", "/case"),
        (json!([]), 422, "invalid-claim", ""),
    ] {
        let answered = service.post(OWN, PATH, &request).await;
        assert_eq!(answered.refused(), (status, slug.into(), json!(pointer)), "{request}");
        let dry = service.post(OWN, &format!("{PATH}?dry_run=true"), &request).await;
        assert_eq!(dry.refused(), (status, slug.into(), json!(pointer)), "dry {request}");
    }
    let without_power = service.post("education", PATH, &business_licence()).await;
    assert_eq!((without_power.status.as_u16(), without_power.problem().as_str()), (403, "no-power"));
    for (token, status, slug) in
        [("nobody", 401, "unauthorised"), ("expired", 401, "unauthorised"), ("auditor", 403, "not-yours")]
    {
        let answered = service.post(token, PATH, &business_licence()).await;
        assert_eq!((answered.status.as_u16(), answered.problem().as_str()), (status, slug), "{token}");
    }
    let ask = || service.ask(Method::POST, PATH);
    assert_eq!(ask().json(&business_licence()).send().await.header("www-authenticate"), "Bearer");
    for (media_type, body, status, slug) in [
        ("application/json", b"{\"type\":\"a\",\"type\":\"b\"}".to_vec(), 400, "malformed"),
        ("application/json", b"not json".to_vec(), 400, "malformed"),
        ("application/json", vec![b' '; 1024 * 1024 + 1], 413, "too-large"),
        ("text/plain", b"{}".to_vec(), 415, "media-type"),
    ] {
        let answered = ask().token(OWN).body(media_type, body).send().await;
        assert_eq!((answered.status.as_u16(), answered.problem().as_str()), (status, slug));
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn a_dry_run_leaves_no_trace() {
    let service = Service::found();
    let before = service.get("/ledger/checkpoint").await.body;
    let dry = service.post(OWN, &format!("{PATH}?dry_run=true"), &business_licence()).await;
    assert_eq!(dry.status, StatusCode::OK);
    let answer = dry.json();
    for null in ["handle", "credential", "entry", "receipt", "status"] {
        assert_eq!(answer[null], Value::Null, "{null}");
    }
    assert_eq!(answer["reference"], "R-1");
    assert_eq!(service.get("/ledger/checkpoint").await.body, before);
}

#[tokio::test]
async fn a_key_is_answered_once() {
    let service = Service::found();
    let ask = |body: Value| {
        service.ask(Method::POST, PATH).token(OWN).header("idempotency-key", "k-1").json(&body).send()
    };
    let (one, two) = tokio::join!(ask(business_licence()), ask(business_licence()));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert!(statuses == [201, 409] || statuses == [201, 201], "{statuses:?}");
    if let Some(refused) = [&one, &two].into_iter().find(|answered| answered.status == 409) {
        assert_eq!((refused.problem().as_str(), refused.header("retry-after")), ("in-flight", "1"));
    }
    let first = [&one, &two].into_iter().find(|answered| answered.status == 201).unwrap().json();
    let again = ask(business_licence()).await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(again.json()["handle"], first["handle"]);
    assert_eq!(again.json()["credential"], first["credential"]);
    let other = ask(with(business_licence(), &json!({"reference": "R-2"}))).await;
    assert_eq!((other.status.as_u16(), other.problem().as_str()), (409, "idempotency-conflict"));
    service.check_ledger().await;
}

#[tokio::test]
async fn bad_lines_stop_nobody() {
    let service = Service::found();
    let line = |number: usize| {
        with(business_licence(), &json!({"reference": format!("R-{number}"), "key": format!("k-{number}")}))
    };
    let mut lines: Vec<String> = (0..300).map(|number| line(number).to_string()).collect();
    lines[100] = "{".into();
    lines[101] = format!("\"{}\"", "x".repeat(65_536));
    lines[102] = lines[99].clone();
    let ask = |query: &str| service.ask(Method::POST, &format!("{PATH}/batch{query}")).token(OWN);
    let answered = ask("?brief=true").body("application/x-ndjson", lines.join("\n")).send().await;
    let answers = answered.lines();
    assert_eq!(answers.len(), 300);
    for (place, answer) in answers.iter().enumerate() {
        assert_eq!(answer["line"], place + 1);
        match place {
            100 => assert_eq!(answer["problem"]["status"], 400),
            101 => assert_eq!(answer["problem"]["status"], 413),
            102 => assert_eq!(answer["issued"]["handle"], answers[99]["issued"]["handle"]),
            _ => assert_eq!(answer["issued"]["reference"], format!("R-{place}")),
        }
        assert!(answer["issued"].get("credential").is_none());
    }
    let wrong = ask("").body("text/csv", "a,b").send().await;
    assert_eq!((wrong.status.as_u16(), wrong.problem().as_str()), (415, "media-type"));
    service.check_ledger().await;
}

#[tokio::test]
async fn acts_follow_the_table() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let path = |verb: &str| format!("{PATH}/{}/{verb}", issued["handle"].as_str().unwrap());
    let reason = json!({"reason": "检查"});
    let question = json!({"evidence": issued["credential"]});
    let dry = service.post(OWN, &format!("{}?dry_run=true", path("suspend")), &reason).await.json();
    assert_eq!((&dry["standing"], &dry["entry"]), (&json!("suspended"), &Value::Null));
    assert_eq!(service.verify(&question).await["verdict"], "valid");

    let illegal = service.post(OWN, &path("reinstate"), &reason).await;
    assert_eq!((illegal.status.as_u16(), illegal.problem().as_str()), (409, "illegal-transition"));
    assert_eq!(
        service.post(OWN, &path("suspend"), &json!({})).await.refused(),
        (422, "invalid-claim".into(), json!("/reason"))
    );
    assert_eq!(service.post("housing", &path("suspend"), &reason).await.problem(), "not-yours");
    let unknown = format!("{PATH}/00000000-0000-7000-8000-000000000000/suspend");
    assert_eq!(service.post(OWN, &unknown, &reason).await.problem(), "not-found");

    assert_eq!(service.post(OWN, &path("suspend"), &reason).await.json()["standing"], "suspended");
    assert_eq!(service.verify(&question).await["verdict"], "not_valid");
    assert_eq!(service.post(OWN, &path("reinstate"), &reason).await.json()["standing"], "valid");
    service.clock.forward(Duration::from_secs(60));
    let replace = json!({"reason": "变更住所", "cause": "changed", "licence": business_licence()});
    let replaced = service.post(OWN, &path("replace"), &replace).await;
    assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.text());
    let successor = replaced.json()["issued"].clone();
    assert_eq!(service.verify(&json!({"evidence": successor["credential"]})).await["verdict"], "valid");
    assert_eq!(service.verify(&question).await["reason"]["code"], "changed");
    let shown = service.ask(Method::GET, &format!("{PATH}/{}", issued["handle"].as_str().unwrap()));
    let shown = shown.token("auditor").send().await.json();
    assert_eq!((&shown["licence_number"], &shown["replaced_by"]), (&Value::Null, &successor["handle"]));
    assert_eq!(shown["history"].as_array().unwrap().len(), 4);
    let listed = service.ask(Method::GET, &format!("{PATH}?standing=valid")).token(OWN).send().await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["next"], Value::Null);
    let end = format!("{PATH}/{}/end", successor["handle"].as_str().unwrap());
    let ended = service.post(OWN, &end, &json!({"reason": "处罚", "act": "penalty"})).await.json();
    assert_eq!(ended["standing"], "penalty");
    assert_eq!(
        service.verify(&json!({"evidence": successor["credential"]})).await["reason"]["code"],
        "penalty"
    );
    service.check_ledger().await;
}

#[tokio::test]
async fn a_pickup_bears_few_tries_and_little_time() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let path = format!("{PATH}/{}/pickup", issued["handle"].as_str().unwrap());
    let again =
        || service.ask(Method::POST, &path).token(OWN).header("idempotency-key", "p").json(&json!({}));
    let made = again().send().await;
    assert_eq!(made.status, StatusCode::CREATED);
    let made = made.json();
    assert_eq!(again().send().await.json(), made);
    assert_ne!(service.post(OWN, &path, &json!({})).await.json()["pickup"], made["pickup"]);
    let (id, code) = (made["pickup"].as_str().unwrap(), made["code"].as_str().unwrap());
    let get = |query: String| service.ask(Method::GET, &format!("/pickup/{id}{query}"));
    let page = get(String::new()).header("accept", "text/html").send().await;
    assert!(page.text().contains("<form"), "{}", page.text());
    let json = get(format!("?code={code}")).header("accept", "application/json").send().await.json();
    assert_eq!(json["credential"], issued["credential"]);
    let file = get(format!("?code={code}&as=file")).send().await;
    assert!(file.header("content-disposition").ends_with(".vidimus.json\""));
    assert_eq!(service.verify(&file.json()).await["verdict"], "valid");
    let form = service.ask(Method::POST, &format!("/pickup/{id}")).header("accept", "text/html");
    let printed = form.body("application/x-www-form-urlencoded", format!("code={code}")).send().await;
    assert!(printed.text().contains("<svg"), "{}", printed.text());
    assert!(printed.header("content-security-policy").contains("default-src 'none'"));
    for left in (0..5).rev() {
        let wrong = get("?code=AAAA-AAAA".into()).header("accept", "application/json").send().await;
        assert_eq!(wrong.problem(), if left > 0 { "wrong-code" } else { "pickup-closed" });
    }
    let closed = get(format!("?code={code}")).header("accept", "application/json").send().await;
    assert_eq!((closed.status.as_u16(), closed.problem().as_str()), (410, "pickup-closed"));
    let late = service.post(OWN, &path, &json!({})).await.json();
    service.clock.forward(Duration::from_secs(3 * 24 * 3600));
    let address =
        format!("/pickup/{}?code={}", late["pickup"].as_str().unwrap(), late["code"].as_str().unwrap());
    assert_eq!(service.get(&address).await.problem(), "pickup-closed");
    assert_eq!(service.get("/pickup/00?code=1").await.problem(), "not-found");
    service.check_ledger().await;
}

#[tokio::test]
async fn a_batch_under_one_key_is_issued_once() {
    let service = Service::found();
    let body = format!("{}\n{}\n", business_licence(), business_licence());
    let ask = || {
        let path = format!("{PATH}/batch?brief=true");
        service
            .ask(Method::POST, &path)
            .token(OWN)
            .header("idempotency-key", "b")
            .body("application/x-ndjson", body.clone())
    };
    let first = ask().send().await.lines();
    let second = ask().send().await.lines();
    let handles =
        |lines: &[Value]| lines.iter().map(|line| line["issued"]["handle"].clone()).collect::<Vec<_>>();
    assert_eq!(handles(&first), handles(&second));
    assert_ne!(first[0]["issued"]["handle"], first[1]["issued"]["handle"]);
    service.check_ledger().await;
}

#[tokio::test]
async fn a_key_belongs_to_its_route() {
    let service = Service::found();
    let line = with(business_licence(), &json!({"key": "k"}));
    let batch = service.ask(Method::POST, &format!("{PATH}/batch")).token(OWN);
    let batched = batch.body("application/x-ndjson", line.to_string()).send().await.lines();
    let other = with(business_licence(), &json!({"reference": "R-2"}));
    let single =
        service.ask(Method::POST, PATH).token(OWN).header("idempotency-key", "k").json(&other).send().await;
    assert_eq!(single.status, StatusCode::CREATED, "{}", single.json());
    assert_ne!(single.json()["handle"], batched[0]["issued"]["handle"]);
    service.check_ledger().await;
}
