//! A licence whose type has a process is replaced from a case: filed against the old one, decided and approved as any case, and
//! issued in the entry that ends the old one; so an objection to it can be upheld by a corrected licence.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::applicant::application;
use support::officers::{LEAD, Officer};
use support::{Answered, Service, business_licence, with};

const OTHER: &str = "housing";

struct Staff {
    intake: Officer,
    examiner: Officer,
    signer: Officer,
    elsewhere: Officer,
}

async fn staffed(service: &Service) -> Staff {
    Staff {
        intake: Officer::appointed(service, LEAD, "intake", &["intake"]).await,
        examiner: Officer::appointed(service, LEAD, "examiner", &["examiner"]).await,
        signer: Officer::appointed(service, LEAD, "signer", &["signer"]).await,
        elsewhere: Officer::appointed(service, OTHER, "elsewhere", &["signer"]).await,
    }
}

async fn post(service: &Service, case: &str, step: &str) -> Answered {
    service.post(LEAD, &format!("/v1/cases/{case}/{step}"), &json!({})).await
}

/// Files it and brings it to where it is examined.
async fn examined(service: &Service, staff: &Staff, application: &Value) -> String {
    let filed = service.post(LEAD, "/v1/cases", application).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    let case = filed.json()["case"].as_str().unwrap().to_owned();
    staff.intake.takes(service, &case, "accept", &json!({})).await;
    staff.examiner.takes(service, &case, "examine", &json!({"opinion": "grant", "reason": "属实"})).await;
    case
}

/// Decides it, and has it approved.
async fn granted(service: &Service, staff: &Staff, case: &str) {
    staff.signer.takes(service, case, "decide", &json!({"outcome": "granted", "reason": "准予变更"})).await;
    for officer in [&staff.signer, &staff.elsewhere] {
        let approved = officer.approve(service, case).await;
        assert_eq!(approved.status, StatusCode::OK, "{}", approved.text());
    }
}

/// The licence that an application comes to.
async fn licensed(service: &Service, staff: &Staff, application: &Value) -> Value {
    let case = examined(service, staff, application).await;
    granted(service, staff, &case).await;
    let issued = post(service, &case, "issue").await;
    assert_eq!(issued.status, StatusCode::OK, "{}", issued.text());
    issued.json()["issued"].clone()
}

/// An application to replace a licence, which says something else of the premises.
fn replacing(old: &Value, cause: &str) -> Value {
    let mut application =
        with(application(), &json!({"replaces": {"licence": old["handle"], "cause": cause}}));
    application["claims"]["premises"] = json!("样例市样例路2号");
    application
}

async fn act(service: &Service, licence: &Value, act: &str, body: &Value) -> Answered {
    service.post(LEAD, &format!("/v1/licences/{}/{act}", licence["handle"].as_str().unwrap()), body).await
}

async fn shown(service: &Service, licence: &Value) -> Value {
    let path = format!("/v1/licences/{}", licence["handle"].as_str().unwrap());
    service.ask(Method::GET, &path).token(LEAD).send().await.json()
}

#[tokio::test]
async fn a_licence_is_replaced_from_a_case() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let old = licensed(&service, &staff, &application()).await;
    let case = examined(&service, &staff, &replacing(&old, "changed")).await;
    let seen = service.ask(Method::GET, &format!("/v1/cases/{case}")).token(LEAD).send().await.json();
    assert_eq!(seen["application"]["replaces"], json!({"licence": old["handle"], "cause": "changed"}));
    granted(&service, &staff, &case).await;
    let dry = post(&service, &case, "issue?dry_run=true").await;
    assert_eq!((dry.status, &dry.json()["entry"]), (StatusCode::OK, &Value::Null), "{}", dry.text());
    assert_eq!(shown(&service, &old).await["standing"], "valid");
    let issued = post(&service, &case, "issue").await;
    assert_eq!(issued.status, StatusCode::OK, "{}", issued.text());
    let new = issued.json()["issued"].clone();
    let (before, after) = (shown(&service, &old).await, shown(&service, &new).await);
    assert_eq!((&before["standing"], &before["replaced_by"]), (&json!("changed"), &new["handle"]));
    assert_eq!((&after["standing"], &after["replaces"]), (&json!("valid"), &old["handle"]));
    assert_eq!(before["history"][1]["entry"], after["history"][0]["entry"], "one entry for both");
    // 电子证照标识: the same serial, one version on.
    let version = |licence: &Value| {
        let identifier = licence["identifier"].as_str().unwrap().to_owned();
        identifier.rsplit('.').nth(1).unwrap().parse::<u32>().unwrap()
    };
    assert_eq!((version(&old), version(&new)), (1, 2));
    for (licence, verdict) in [(&old, "not_valid"), (&new, "valid")] {
        let report = service.verify(&json!({"evidence": licence["credential"]})).await;
        assert_eq!(report["verdict"], verdict, "{report}");
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn a_case_replaces_only_what_its_holder_has_of_its_department() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let old = licensed(&service, &staff, &application()).await;
    let good = replacing(&old, "renewed");
    let firm = service.issue(&with(business_licence(), &json!({"reference": null}))).await;
    let other = json!([{"name": "样例市大寒餐饮店", "code": "91430700MA4PBKBR23", "code_type": "001"}]);
    let named = |licence: &Value| json!({"licence": licence, "cause": "renewed"});
    for (changes, kind, pointer) in [
        (
            json!({"replaces": named(&json!("01a201d7-0b7b-7767-a767-676767676767"))}),
            "invalid-claim",
            "/replaces/licence",
        ),
        (json!({"replaces": named(&firm["handle"])}), "invalid-claim", "/replaces/licence"),
        (json!({"holders": other}), "invalid-claim", "/replaces/licence"),
        (json!({"replaces": {"licence": old["handle"]}}), "invalid-claim", "/replaces/cause"),
        (
            json!({"replaces": {"licence": old["handle"], "cause": "lost"}}),
            "invalid-claim",
            "/replaces/cause",
        ),
        (json!({"replaces": {"cause": "renewed"}}), "invalid-claim", "/replaces/licence"),
        (
            json!({"replaces": with(named(&old["handle"]), &json!({"why": "?"}))}),
            "unknown-field",
            "/replaces/why",
        ),
    ] {
        let refused = service.post(LEAD, "/v1/cases?dry_run=true", &with(good.clone(), &changes)).await;
        assert_eq!(refused.refused(), (422, kind.into(), json!(pointer)), "{changes}");
    }
    // Whose it is can be what is wrong in it, for whoever issued it; no other window hears more than that it is not theirs.
    let corrected = with(replacing(&old, "corrected"), &json!({"holders": other}));
    for (window, status) in [(LEAD, StatusCode::OK), (OTHER, StatusCode::UNPROCESSABLE_ENTITY)] {
        let answered = service.post(window, "/v1/cases?dry_run=true", &corrected).await;
        assert_eq!(answered.status, status, "{window}: {}", answered.text());
    }
    let window = service.post(OTHER, "/v1/cases?dry_run=true", &good).await;
    assert_eq!(window.status, StatusCode::OK, "{}", window.text());
    // What is suspended is only corrected or issued again; what has ended is not replaced.
    act(&service, &old, "suspend", &json!({"reason": "核查"})).await;
    let suspended = service.post(LEAD, "/v1/cases", &good).await;
    assert_eq!((suspended.status.as_u16(), suspended.problem().as_str()), (409, "illegal-transition"));
    let dry = service.post(LEAD, "/v1/cases?dry_run=true", &replacing(&old, "corrected")).await;
    assert_eq!(dry.status, StatusCode::OK, "{}", dry.text());
    act(&service, &old, "end", &json!({"act": "cancelled", "reason": "注销"})).await;
    let ended = service.post(LEAD, "/v1/cases", &replacing(&old, "corrected")).await;
    assert_eq!((ended.status.as_u16(), ended.problem().as_str()), (409, "illegal-transition"));
    service.check_ledger().await;
}

#[tokio::test]
async fn what_is_supplied_stays_the_holders() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let old = licensed(&service, &staff, &application()).await;
    let filed = service.post(LEAD, "/v1/cases", &replacing(&old, "changed")).await.json();
    let case = filed["case"].as_str().unwrap();
    staff.intake.takes(&service, case, "ask", &json!({"reason": "请核对"})).await;
    let path = format!("/v1/cases/{case}/supply");
    let other = json!([{"name": "样例市大寒餐饮店", "code": "91430700MA4PBKBR23", "code_type": "001"}]);
    let swapped = service.post(LEAD, &path, &json!({"holders": other})).await;
    assert_eq!(swapped.refused(), (422, "invalid-claim".into(), json!("/holders")));
    let supplied = service.post(LEAD, &path, &json!({"claims": application()["claims"]})).await;
    assert_eq!(supplied.status, StatusCode::OK, "{}", supplied.text());
    service.check_ledger().await;
}

#[tokio::test]
async fn what_was_decided_before_the_old_one_moved_is_decided_anew() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let old = licensed(&service, &staff, &application()).await;
    let case = examined(&service, &staff, &replacing(&old, "reissued")).await;
    granted(&service, &staff, &case).await;
    act(&service, &old, "suspend", &json!({"reason": "核查"})).await;
    let moved = post(&service, &case, "issue").await;
    assert_eq!((moved.status.as_u16(), moved.problem().as_str()), (409, "outdated"), "{}", moved.text());
    granted(&service, &staff, &case).await;
    let issued = post(&service, &case, "issue").await;
    assert_eq!(issued.status, StatusCode::OK, "{}", issued.text());
    assert_eq!(
        shown(&service, &issued.json()["issued"]).await["standing"],
        "suspended",
        "it stays suspended"
    );
    // Two cases about one licence: the second finds it replaced.
    service.check_ledger().await;
}

#[tokio::test]
async fn an_objection_is_upheld_by_a_licence_from_a_case() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let old = licensed(&service, &staff, &application()).await;
    let objection = json!({
        "corrects": old["handle"], "reason": "经营场所有误",
        "items": [{"pointer": "/claims/premises", "correct": "样例市样例路2号"}],
    });
    let objected = examined(&service, &staff, &objection).await;
    let upheld = json!({"outcome": "upheld", "reason": "已更正"});
    assert_eq!(staff.signer.take(&service, &objected, "decide", &upheld).await.status, StatusCode::CONFLICT);
    licensed(&service, &staff, &replacing(&old, "corrected")).await;
    staff.signer.takes(&service, &objected, "decide", &upheld).await;
    let seen = service.ask(Method::GET, &format!("/v1/cases/{objected}")).token(LEAD).send().await.json();
    assert_eq!((&seen["state"], &seen["correction"]["standing"]), (&json!("corrected"), &json!("corrected")));
    assert_eq!(seen["correction"]["items"][0]["now"], "样例市样例路2号");
    service.check_ledger().await;
}
