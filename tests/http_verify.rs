//! Verifying over HTTP: evidence in every form, negative reports, errors, batches.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use support::{Service, business_licence, with};
use vidimus::crypto::base64url;

const PATH: &str = "/v1/verifications";

async fn refused(service: &Service, question: &Value) -> (u16, String, Value) {
    service.ask(Method::POST, PATH).json(question).send().await.refused()
}

#[tokio::test]
async fn what_is_issued_is_valid_in_every_form() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let file = json!({"credential": issued["credential"], "receipt": issued["receipt"]});
    let question = json!({"evidence": issued["credential"], "sign": true, "keep": true});
    // Nobody in particular cannot come back for a report.
    let nobody = service.ask(Method::POST, PATH).json(&question).send().await;
    assert_eq!(nobody.refused().0, 401);
    let report = service.post("market-regulation", PATH, &question).await.json();
    assert_eq!((&report["verdict"], &report["accepted"]), (&json!("valid"), &Value::Null), "{report:#}");
    assert!(report["signed"].as_str().unwrap().split('.').count() == 3);
    let checks: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|one| one["check"].as_str().unwrap()).collect();
    assert_eq!(checks, ["signature", "issuer", "power", "ledger", "validity", "status", "holder"]);
    let address = format!("/v1/reports/{}", report["report"].as_str().unwrap());
    assert_eq!(service.ask(Method::GET, &address).token("market-regulation").send().await.json(), report);
    assert_eq!(service.get(&address).await.refused().0, 401);
    assert_eq!(service.ask(Method::GET, &address).token("public-security").send().await.refused().0, 404);
    assert_eq!(
        service.ask(Method::GET, "/v1/reports/R-0").token("market-regulation").send().await.refused().0,
        404
    );

    assert_eq!(service.verify(&file).await["verdict"], "valid");
    assert_eq!(service.verify(&json!({"evidence": file.to_string()})).await["verdict"], "valid");
    for media_type in ["application/dc+sd-jwt", "text/plain"] {
        let credential = issued["credential"].as_str().unwrap();
        let answered = service.ask(Method::POST, PATH).body(media_type, credential).send().await;
        assert_eq!(answered.json()["verdict"], "valid");
    }
    let handle = issued["handle"].as_str().unwrap();
    let shown =
        service.ask(Method::GET, &format!("/v1/licences/{handle}")).token("market-regulation").send().await;
    let code = shown.json()["verification_code"].clone();
    let by_number = json!({"licence_number": issued["licence_number"], "verification_code": code});
    assert_eq!(service.verify(&by_number).await["verdict"], "valid");
    let expected = with(file.clone(), &json!({}));
    let other = json!({"evidence": expected.to_string(), "expect": {"type": "identity-attestation"}});
    let report = service.verify(&other).await;
    assert_eq!((&report["verdict"], &report["accepted"]), (&json!("valid"), &json!(false)));
    service.check_ledger().await;
}

#[tokio::test]
async fn a_forged_document_is_a_successful_request() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let credential = issued["credential"].as_str().unwrap();
    let (jws, rest) = credential.split_once('~').unwrap();
    let (input, signature) = jws.rsplit_once('.').unwrap();
    let forged = format!("{input}.{}~{rest}", signature.chars().rev().collect::<String>());
    let report = service.verify(&json!({"evidence": forged})).await;
    assert_eq!((&report["verdict"], &report["licence"]), (&json!("not_valid"), &Value::Null), "{report:#}");
    assert_eq!(report["findings"][0]["result"], "failed");
    service.check_ledger().await;
}

#[tokio::test]
async fn time_decides() {
    let service = Service::found();
    let term = json!({"valid_from": "2026-11-24", "valid_until": "2026-11-25"});
    let issued = service.issue(&with(business_licence(), &term)).await;
    let question = json!({"evidence": issued["credential"]});
    let code = |report: &Value| report["reason"]["code"].as_str().unwrap().to_owned();
    let early = service.verify(&question).await;
    assert_eq!(early["verdict"], "not_valid");
    service.clock.forward(Duration::from_secs(2 * 24 * 3600));
    assert_eq!(service.verify(&question).await["verdict"], "valid");
    service.clock.forward(Duration::from_secs(2 * 24 * 3600));
    let late = service.verify(&question).await;
    assert_eq!(late["verdict"], "not_valid");
    assert_ne!(code(&early), code(&late));
    let then = with(question.clone(), &json!({"at": "2026-11-25T00:00:00.000Z"}));
    assert_eq!(service.verify(&then).await["verdict"], "valid");
    let future = with(question, &json!({"at": "2030-01-01T00:00:00.000Z"}));
    assert_eq!(refused(&service, &future).await, (422, "validity".into(), json!("/at")));
    service.check_ledger().await;
}

#[tokio::test]
async fn what_cannot_be_understood_is_an_error() {
    let service = Service::found();
    for (question, status, slug, pointer) in [
        (json!({}), 422, "invalid-claim", "/evidence"),
        (json!([]), 422, "invalid-claim", ""),
        (json!({"evidence": 1}), 422, "invalid-claim", "/evidence"),
        (json!({"evidence": "hello world"}), 422, "unreadable-evidence", "/evidence"),
        (json!({"evidence": "JVBERi0xLjc="}), 422, "unreadable-evidence", "/evidence"),
        (json!({"evidence": "a.b.c", "extra": 1}), 422, "unknown-field", "/extra"),
        (json!({"evidence": "a.b.c", "expect": {"x": 1}}), 422, "unknown-field", "/expect/x"),
        (json!({"evidence": "a.b.c", "at": "2026-11-22"}), 422, "invalid-claim", "/at"),
        (json!({"licence_number": "A-1"}), 422, "invalid-claim", "/verification_code"),
        (
            json!({"licence_number": "A-1", "verification_code": "ABCD-EFGJ"}),
            422,
            "check-digit",
            "/verification_code",
        ),
    ] {
        assert_eq!(refused(&service, &question).await, (status, slug.into(), json!(pointer)), "{question}");
    }
    for (media_type, body, status, slug) in [
        ("application/json", b"{\"evidence\":\"a\",\"evidence\":\"b\"}".to_vec(), 400, "malformed"),
        ("application/json", b"{".to_vec(), 400, "malformed"),
        ("application/json", vec![b' '; 1024 * 1024 + 1], 413, "too-large"),
        ("text/plain", vec![b' '; 1024 * 1024 + 1], 413, "too-large"),
        ("text/html", b"a.b.c".to_vec(), 415, "media-type"),
        ("application/pdf", b"%PDF-1.7\xff".to_vec(), 422, "unreadable-evidence"),
    ] {
        let answered = service.ask(Method::POST, PATH).body(media_type, body).send().await;
        assert_eq!((answered.status.as_u16(), answered.problem().as_str()), (status, slug), "{media_type}");
    }
    let answered = service.ask(Method::POST, &format!("{PATH}?x=1")).json(&json!({})).send().await;
    assert_eq!(answered.problem(), "unknown-field");
}

#[tokio::test]
async fn guesses_are_slowed_down() {
    let service = Service::found();
    let handle = service.issue(&business_licence()).await["handle"].as_str().unwrap().to_owned();
    let path = format!("/v1/licences/{handle}");
    let shown = service.ask(Method::GET, &path).token("market-regulation").send().await.json();
    let wrong = json!({"licence_number": "NO-SUCH-NUMBER", "verification_code": shown["verification_code"]});
    for _ in 0..20 {
        assert_eq!(service.verify(&wrong).await["licence"], Value::Null);
    }
    let answered = service.ask(Method::POST, PATH).json(&wrong).send().await;
    assert_eq!((answered.status.as_u16(), answered.problem().as_str()), (429, "too-many"));
    assert!(answered.header("retry-after").parse::<u32>().unwrap() > 0);
}

#[tokio::test]
async fn a_batch_is_answered_in_order_and_signed_once() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let good = json!({"evidence": issued["credential"], "sign": true}).to_string();
    let body = format!("{good}\nnonsense\n{good}\n{{\"evidence\":\"x\",\"what\":1}}\n\n{good}");
    let ask = service.ask(Method::POST, &format!("{PATH}/batch?brief=true"));
    let lines = ask.body("application/x-ndjson", body).send().await.lines();
    let numbers: Vec<u64> = lines.iter().filter_map(|line| line["line"].as_u64()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 6]);
    assert_eq!(lines[0]["report"]["verdict"], "valid");
    assert_eq!(lines[1]["problem"]["status"], 400);
    assert_eq!(lines[3]["problem"]["pointer"], "/what");
    assert!(lines[5]["signed"].is_string());
    let long = format!("{}\n{good}\n", "x".repeat(70_000));
    let lines = service
        .ask(Method::POST, &format!("{PATH}/batch"))
        .body("application/x-ndjson", long)
        .send()
        .await
        .lines();
    assert_eq!(lines[0]["problem"]["status"], 413);
    assert_eq!(lines[1]["report"]["findings"].as_array().unwrap().len(), 7);
}

/// A JWS's payload.
fn payload(jws: &Value) -> Value {
    let body = jws.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&base64url::decode(body).unwrap()).unwrap()
}

/// Everything that such a service reports about one licence: JSON, signed, kept, brief, as a page, and of no licence.
async fn reported(service: &Service, lang: &str) -> Vec<Value> {
    let issued = service.issue(&business_licence()).await;
    let ask = |path: &str| {
        let ask = service.ask(Method::POST, path).token("market-regulation");
        ask.header("accept-language", lang)
    };
    let question = json!({"evidence": issued["credential"], "sign": true, "keep": true});
    let report = ask(PATH).json(&question).send().await.json();
    assert_eq!(report["verdict"], "valid", "{report:#}");
    let kept = format!("/v1/reports/{}", report["report"].as_str().unwrap());
    let kept = service.ask(Method::GET, &kept).token("market-regulation").send().await.json();
    let line = json!({"evidence": issued["credential"]}).to_string();
    let batch = ask(&format!("{PATH}/batch?brief=true")).body("application/x-ndjson", line);
    let brief: Value = serde_json::from_str(batch.send().await.text()).unwrap();
    let forged = ask(PATH).json(&json!({"evidence": "a.b.c~"})).send().await.json();
    let handle = format!("/v1/licences/{}", issued["handle"].as_str().unwrap());
    let shown = service.ask(Method::GET, &handle).token("market-regulation").send().await.json();
    let nothing =
        json!({"licence_number": "NO-SUCH-NUMBER", "verification_code": shown["verification_code"]});
    let nothing = ask(PATH).json(&nothing).send().await.json();
    vec![payload(&report["signed"]), report, kept, brief["report"].clone(), forged, nothing]
}

/// Law 0, section 4: every report of a sample says what its approvals prove; a real authority's has nothing to say.
#[tokio::test]
async fn whose_approvals_prove_form_is_told_in_every_report() {
    let real = Some("licences.example.cn/ledger");
    // A sample is one by name too, wherever its registrar's key went; a real name does not excuse a key on the server.
    for (origin, registrar_stays, told) in
        [(None, true, true), (None, false, true), (real, true, true), (real, false, false)]
    {
        let (service, _) = Service::found_as(origin, registrar_stays);
        for (lang, sentence) in [("zh", "不证明有人批准"), ("en", "approvals prove form, not people")]
        {
            for report in reported(&service, lang).await {
                let notice = report.get("notice");
                assert_eq!(notice.is_some(), told, "{origin:?}: {report:#}");
                if let Some(notice) = notice {
                    assert_eq!(notice["code"], "registrars_on_server");
                    assert!(notice["text"].as_str().unwrap().contains(sentence), "{notice}");
                }
            }
            let page =
                service.ask(Method::GET, &format!("/{lang}")).header("accept", "text/html").send().await;
            assert_eq!(page.text().contains(sentence), told, "{origin:?}: {}", page.text());
        }
        service.check_ledger().await;
    }
}
