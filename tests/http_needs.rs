//! Demands for proofs: what a licence proves is refused and counted, the rest recorded once, and read page by page.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Answered, Service, with};
use vidimus::authority::Hours;

const PATH: &str = "/v1/proof-demands";

fn demand(proof: &str) -> Value {
    json!({"department": "education", "matter": "入学登记", "proof": proof})
}

async fn ask(service: &Service, token: &str, body: &Value) -> Answered {
    service.post(token, PATH, body).await
}

/// The types that prove it already.
fn proved_by(answered: &Answered) -> Vec<String> {
    assert_eq!(answered.refused(), (409, "already-proved".into(), json!("/proof")), "{}", answered.text());
    let told = answered.json();
    let types = told["proved_by"].as_array().unwrap().iter();
    types.map(|proof| proof["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_a_licence_proves_is_not_demanded_again() {
    let service = Service::found();
    for (proof, slug) in [
        ("无犯罪证明", "no-criminal-record"),
        ("直系亲属关系证明", "kinship-attestation"),
        ("household-register", "household-register"),
        ("11100000MB0143028R001", "business-licence"),
        ("Marriage certificate", "marriage-registration"),
    ] {
        assert_eq!(proved_by(&ask(&service, "education", &demand(proof)).await), [slug], "{proof}");
    }
    let several = ask(&service, "education", &demand("户口本和无犯罪记录证明")).await;
    assert_eq!(proved_by(&several).len(), 2, "each of a list");

    let told = ask(&service, "operator", &demand("完税凭证")).await.json();
    let proof = &told["proved_by"][0];
    assert_eq!(proof["name"], json!({"zh": "完税证明", "en": "Tax payment certificate"}));
    assert_eq!(proof["issuers"][0]["department"], "tax");
    assert_eq!(proof["verify_at"], format!("{}/v1/verifications", support::BASE));
    assert!(told["detail"].as_str().unwrap().contains("完税证明"), "{told:#}");
    let english = service.ask(Method::POST, PATH).token("education").header("accept-language", "en");
    let english = english.json(&demand("完税凭证")).send().await.json();
    assert!(english["detail"].as_str().unwrap().contains("Tax payment certificate"), "{english:#}");
    let needs = service.ask(Method::GET, PATH).token("auditor").send().await.json();
    assert_eq!(needs, json!({"items": [], "next": null}), "nothing of it is a need");

    // Counted for who demanded, whoever called.
    service.clock.forward(Duration::from_secs(3600));
    assert_eq!(service.authority.enter_refusals(Hours::Over).await.unwrap(), 1);
    let entries = service.entries(service.authority.published().range.size()).await;
    let last: Value = serde_json::from_slice(entries.last().unwrap()).unwrap();
    let published = service.authority.published();
    let code = &published.charter.department_by_slug(&"education".parse().unwrap()).unwrap().value.code;
    let rows = last["body"]["counts"].as_array().unwrap();
    assert!(
        rows.iter().all(|row| row["reason"] == "already-proved" && row["department"] == json!(code)),
        "{rows:#?}"
    );
    let tax = rows.iter().find(|row| row["type"] == "tax-payment").unwrap();
    assert_eq!(tax["count"], 2);
    assert!(rows.iter().any(|row| row.get("type").is_none()), "of several no one type");
    service.check_ledger().await;
}

#[tokio::test]
async fn a_need_is_recorded_once_and_read_by_who_may() {
    let service = Service::found();
    let size = service.authority.published().range.size();
    let dry = service.post("education", &format!("{PATH}?dry_run=true"), &demand("居住证明")).await;
    assert_eq!((dry.status, &dry.json()["need"]), (StatusCode::OK, &Value::Null));
    let keyed = async |key: &str, body: Value| {
        let ask = service.ask(Method::POST, PATH).token("education").header("idempotency-key", key);
        ask.json(&body).send().await
    };
    let first = keyed("1", demand("居住证明")).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let need = first.json();
    assert_eq!((&need["department"], &need["recorded_at"]), (&json!("education"), &json!(support::FOUNDED)));
    service.clock.forward(Duration::from_secs(1));
    assert_eq!(keyed("1", demand("居住证明")).await.json(), need, "the same key answers the same");
    assert_eq!(keyed("1", demand("收入证明")).await.problem(), "idempotency-conflict");
    for number in 0..60 {
        service.clock.forward(Duration::from_secs(1));
        let answered = ask(&service, "operator", &demand(&format!("第{number}种证明"))).await;
        assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
    }
    let page = async |token: &str, after: &str| {
        service.ask(Method::GET, &format!("{PATH}{after}")).token(token).send().await
    };
    let whole = page("operator", "").await.json();
    let next = format!("?after={}", whole["next"].as_str().unwrap());
    let rest = page("auditor", &next).await.json();
    assert_eq!((&whole["items"][0], &rest["next"]), (&need, &Value::Null));
    let all: Vec<&Value> =
        [&whole, &rest].iter().flat_map(|page| page["items"].as_array().unwrap()).collect();
    assert_eq!((all.len(), all[60]["proof"].as_str()), (61, Some("第59种证明")));
    assert!(all.is_sorted_by_key(|item| item["recorded_at"].as_str()), "the oldest first");
    assert_eq!(page("education", "").await.problem(), "not-yours");
    assert_eq!(service.get(PATH).await.problem(), "unauthorised");
    assert_eq!(page("operator", "?after=1").await.problem(), "invalid-claim");
    assert_eq!(service.authority.published().range.size(), size, "a need is no entry");
    service.check_ledger().await;
}

#[tokio::test]
async fn a_demand_that_cannot_be_is_told_why() {
    let service = Service::found();
    for (change, slug, pointer) in [
        (json!({"department": "fisheries"}), "invalid-claim", "/department"),
        (json!({"department": null}), "invalid-claim", "/department"),
        (json!({"matter": " "}), "invalid-claim", "/matter"),
        (json!({"matter": 1}), "invalid-claim", "/matter"),
        (json!({"proof": ""}), "invalid-claim", "/proof"),
        (json!({"proof": "证".repeat(257)}), "invalid-claim", "/proof"),
        (json!({"proof": "居住\u{7}证明"}), "invalid-claim", "/proof"),
        (json!({"holder": "张三"}), "unknown-field", "/holder"),
    ] {
        let answered = ask(&service, "education", &with(demand("居住证明"), &change)).await;
        assert_eq!(answered.refused(), (422, slug.into(), json!(pointer)), "{change}: {}", answered.text());
    }
    for token in ["housing", "auditor"] {
        let refused = ask(&service, token, &demand("居住证明")).await.refused();
        assert_eq!(refused, (403, "not-yours".into(), json!("/department")), "{token}");
    }
    let nobody = service.ask(Method::POST, PATH).json(&demand("居住证明")).send().await;
    assert_eq!(nobody.problem(), "unauthorised");
    service.check_ledger().await;
}

/// What nobody may issue any more proves nothing that can still be had.
#[tokio::test]
async fn a_type_that_nobody_may_issue_proves_nothing() {
    let service = Service::found();
    assert_eq!(proved_by(&ask(&service, "education", &demand("纳税证明")).await), ["tax-payment"]);
    let wish = json!({"withdraw_power": {"department": "tax", "type": "tax-payment"}});
    let withdrawn = service.post("operator", "/v1/operator/ceremonies", &wish).await;
    assert_eq!(withdrawn.status, StatusCode::CREATED, "{}", withdrawn.text());
    assert_eq!(ask(&service, "education", &demand("纳税证明")).await.status, StatusCode::CREATED);
    service.check_ledger().await;
}
