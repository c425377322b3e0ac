//! Cases over HTTP, with officers whose keys are not the server's: from application to rating, and everything that is
//! refused on the way. The sample's food operation licence is approved by two departments.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::officers::{LEAD, Officer};
use support::{Answered, Service, business_licence, with};

const OTHER: &str = "housing";
const DAY: Duration = Duration::from_hours(24);

/// Everybody who has a part in the cases here.
struct Staff {
    intake: Officer,
    examiner: Officer,
    signer: Officer,
    elsewhere: Officer,
    supervisor: Officer,
}

async fn staffed(service: &Service) -> Staff {
    Staff {
        intake: Officer::appointed(service, LEAD, "intake", &["intake", "examiner"]).await,
        examiner: Officer::appointed(service, LEAD, "examiner", &["examiner", "signer"]).await,
        signer: Officer::appointed(service, LEAD, "signer", &["examiner", "signer"]).await,
        elsewhere: Officer::appointed(service, OTHER, "elsewhere", &["signer"]).await,
        supervisor: Officer::appointed(service, LEAD, "supervisor", &["supervisor"]).await,
    }
}

fn application() -> Value {
    json!({
        "type": "food-operation-licence",
        "holders": [{"name": "样例市小满餐饮店", "code": "91430700MA4PBKBQ48", "code_type": "001"}],
        "claims": {
            "operator_kind": "餐饮服务经营者", "items": ["热食类食品制售"], "responsible_person": "李样例",
            "domicile": "样例市样例路1号", "premises": "样例市样例路1号一楼",
        },
    })
}

async fn filed(service: &Service, application: &Value) -> Value {
    let answered = service.post(LEAD, "/v1/cases", application).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
    answered.json()
}

fn case_of(filed: &Value) -> String {
    filed["case"].as_str().unwrap().to_owned()
}

async fn shown(service: &Service, token: &str, case: &str) -> Value {
    service.ask(Method::GET, &format!("/v1/cases/{case}")).token(token).send().await.json()
}

async fn post(service: &Service, case: &str, step: &str, body: &Value) -> Answered {
    service.post(LEAD, &format!("/v1/cases/{case}/{step}"), body).await
}

/// Brings a new case to where its licence is decided.
async fn decided(service: &Service, staff: &Staff) -> String {
    let case = case_of(&filed(service, &application()).await);
    staff.intake.takes(service, &case, "accept", &json!({})).await;
    staff.examiner.takes(service, &case, "examine", &json!({"opinion": "grant", "reason": "材料齐全"})).await;
    staff.signer.takes(service, &case, "decide", &json!({"outcome": "granted", "reason": "准予许可"})).await;
    case
}

#[tokio::test]
async fn two_departments_approve_in_either_order() {
    let service = Service::found();
    let staff = staffed(&service).await;
    for lead_first in [true, false] {
        let case = decided(&service, &staff).await;
        let order =
            if lead_first { [&staff.signer, &staff.elsewhere] } else { [&staff.elsewhere, &staff.signer] };
        for officer in order {
            let early = post(&service, &case, "issue", &json!({})).await;
            assert_eq!((early.status.as_u16(), early.problem().as_str()), (409, "approvals-missing"));
            let approved = officer.approve(&service, &case).await;
            assert_eq!(approved.status, StatusCode::OK, "{}", approved.text());
        }
        let dry = post(&service, &case, "issue?dry_run=true", &json!({})).await.json();
        assert_eq!((&dry["state"], &dry["entry"]), (&json!("issued"), &Value::Null));
        let issued = post(&service, &case, "issue", &json!({})).await.json();
        let report = service.verify(&json!({"evidence": issued["issued"]["credential"]})).await;
        assert_eq!(report["verdict"], "valid", "{report}");
        let seen = shown(&service, "auditor", &case).await;
        assert_eq!(seen["licence"], issued["issued"]["handle"]);
        assert_eq!((&seen["application"], &seen["number"]), (&Value::Null, &Value::Null));
        assert!(seen["steps"].as_array().unwrap().iter().all(|step| step["words"].is_null()));
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn what_is_approved_is_what_is_issued() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let case = decided(&service, &staff).await;
    let before = shown(&service, OTHER, &case).await["approvals"].clone();
    // The same officer twice is one.
    for _ in 0..2 {
        assert_eq!(staff.signer.approve(&service, &case).await.status, StatusCode::OK);
    }
    let missing = post(&service, &case, "issue", &json!({})).await;
    assert_eq!(missing.problem(), "approvals-missing");
    // Another digest, a signature over something else, a key of nobody.
    let path = format!("/v1/cases/{case}/approvals");
    let good = json!({
        "officer": staff.elsewhere.id(), "decision": before["decision"], "signature": staff.elsewhere.sign(&before["sign"]),
    });
    let other_digest = with(good.clone(), &json!({"decision": "0".repeat(64)}));
    let answered = service.post(OTHER, &path, &other_digest).await;
    assert_eq!(answered.refused(), (422, "invalid-claim".into(), json!("/decision")));
    let other_signature = with(good.clone(), &json!({"signature": "A".repeat(86)}));
    let answered = service.post(OTHER, &path, &other_signature).await;
    assert_eq!(answered.refused(), (422, "approval-signature".into(), json!("/signature")));
    let nobody = with(good.clone(), &json!({"officer": "0".repeat(32)}));
    assert_eq!(service.post(OTHER, &path, &nobody).await.problem(), "not-officer");
    let examiner = with(good.clone(), &json!({"officer": staff.examiner.id()}));
    assert_eq!(service.post(LEAD, &path, &examiner).await.problem(), "separation");
    assert_eq!(service.post("education", &path, &good).await.problem(), "not-yours");
    // Decided anew: what was approved before counts no more.
    staff.signer.takes(&service, &case, "decide", &json!({"outcome": "granted", "reason": "更正"})).await;
    let answered = service.post(OTHER, &path, &good).await;
    assert_eq!(answered.refused(), (422, "invalid-claim".into(), json!("/decision")));
    assert_eq!(staff.elsewhere.approve(&service, &case).await.status, StatusCode::OK);
    assert_eq!(post(&service, &case, "issue", &json!({})).await.problem(), "approvals-missing");
    assert_eq!(staff.signer.approve(&service, &case).await.status, StatusCode::OK);
    assert_eq!(post(&service, &case, "issue", &json!({})).await.status, StatusCode::OK);
    assert_eq!(post(&service, &case, "issue", &json!({})).await.problem(), "illegal-transition");
    service.check_ledger().await;
}

#[tokio::test]
async fn who_accepts_does_not_examine_and_who_examines_does_not_sign() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let case = case_of(&filed(&service, &application()).await);
    let refused = |answered: &Answered| (answered.status.as_u16(), answered.problem());
    let opinion = json!({"opinion": "grant", "reason": "材料齐全"});
    let early = staff.examiner.prepare(&service, &case, "examine", &opinion).await;
    assert_eq!(refused(&early), (409, "illegal-transition".into()));
    let signer = staff.signer.prepare(&service, &case, "accept", &json!({})).await;
    assert_eq!(refused(&signer), (403, "not-officer".into()));
    staff.intake.takes(&service, &case, "accept", &json!({})).await;
    let same = staff.intake.prepare(&service, &case, "examine", &opinion).await;
    assert_eq!(refused(&same), (403, "separation".into()));
    staff.examiner.takes(&service, &case, "examine", &opinion).await;
    let decision = json!({"outcome": "granted", "reason": "准予许可"});
    let same = staff.examiner.prepare(&service, &case, "decide", &decision).await;
    assert_eq!(refused(&same), (403, "separation".into()));
    // Prepared by one, signed by another.
    let prepared = staff.signer.prepare(&service, &case, "decide", &decision).await.json()["sign"].clone();
    let signed = json!({"prepared": prepared["prepared"], "signature": staff.examiner.sign(&prepared)});
    let answered = post(&service, &case, "decide", &signed).await;
    assert_eq!(answered.refused(), (422, "approval-signature".into(), json!("/signature")));
    // Another step takes its place: what was prepared before it is of before.
    let mine = json!({"prepared": prepared["prepared"], "signature": staff.signer.sign(&prepared)});
    staff.examiner.takes(&service, &case, "examine", &json!({"opinion": "refuse", "reason": "复查"})).await;
    assert_eq!(post(&service, &case, "decide", &mine).await.problem(), "outdated");
    staff
        .signer
        .takes(&service, &case, "decide", &json!({"outcome": "refused", "reason": "不符合条件"}))
        .await;
    let steps = shown(&service, LEAD, &case).await["steps"].clone();
    let outcomes: Vec<&Value> = steps.as_array().unwrap().iter().map(|step| &step["outcome"]).collect();
    assert_eq!(outcomes, [&Value::Null, &Value::Null, &json!("grant"), &json!("refuse"), &json!("refused")]);
    assert_eq!(post(&service, &case, "deliver", &json!({})).await.status, StatusCode::OK);
    service.check_ledger().await;
}

#[tokio::test]
async fn a_role_ends_with_its_day() {
    let service = Service::found();
    let until = Some("2026-11-23");
    let intake = Officer::appointed_until(&service, LEAD, "until tomorrow", &["intake"], until).await;
    let first = case_of(&filed(&service, &application()).await);
    let second = case_of(&filed(&service, &application()).await);
    service.clock.forward(DAY);
    intake.takes(&service, &first, "accept", &json!({})).await;
    let prepared = intake.prepare(&service, &second, "accept", &json!({})).await.json()["sign"].clone();
    service.clock.forward(DAY);
    // Signed while he was, entered when he is no more.
    let signed = json!({"prepared": prepared["prepared"], "signature": intake.sign(&prepared)});
    assert_eq!(post(&service, &second, "accept", &signed).await.problem(), "not-officer");
    assert_eq!(intake.prepare(&service, &second, "accept", &json!({})).await.problem(), "not-officer");
    service.check_ledger().await;
}

#[tokio::test]
async fn the_clock_stops_while_the_applicant_is_waited_for() {
    let service = Service::found();
    let staff = staffed(&service).await;
    // Sunday 2026-11-22.
    let case = case_of(&filed(&service, &application()).await);
    let due = shown(&service, LEAD, &case).await["due"]["step"].clone();
    let accept_by = due["day"].as_str().unwrap().to_owned();
    service.clock.forward(DAY);
    staff.intake.takes(&service, &case, "ask", &json!({"reason": "请补交场所证明"})).await;
    let waiting = shown(&service, LEAD, &case).await;
    assert_eq!((&waiting["state"], &waiting["due"]["step"]), (&json!("asked"), &Value::Null));
    service.clock.forward(DAY * 7);
    let supplied =
        json!({"claims": with(application()["claims"].clone(), &json!({"premises": "样例市样例路2号"}))});
    let answered = post(&service, &case, "supply", &supplied).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text());
    let after = shown(&service, LEAD, &case).await;
    assert_eq!(after["application"]["claims"]["premises"], "样例市样例路2号");
    let later = after["due"]["step"]["day"].as_str().unwrap().to_owned();
    assert!(later > accept_by, "{later} is not after {accept_by}");
    service.clock.forward(DAY * 30);
    let late = shown(&service, LEAD, &case).await;
    assert!(late["due"]["step"]["working_days_left"].as_i64().unwrap() < -10, "{}", late["due"]);
    let listed = service.ask(Method::GET, &format!("/v1/cases?due_before={later}")).token(LEAD).send().await;
    assert_eq!(listed.json()["items"][0]["case"], case);
    let listed =
        service.ask(Method::GET, &format!("/v1/cases?due_before={accept_by}")).token(LEAD).send().await;
    assert_eq!(listed.json()["items"], json!([]));
    staff
        .intake
        .takes(&service, &case, "accept", &json!({"outcome": "declined", "reason": "不属于本机关职权"}))
        .await;
    service.check_ledger().await;
}

#[tokio::test]
async fn a_false_promise_is_found_and_its_licence_rescinded() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let case = case_of(&filed(&service, &with(application(), &json!({"promise": true}))).await);
    staff.intake.takes(&service, &case, "accept", &json!({})).await;
    let decision = json!({"outcome": "granted", "reason": "承诺办理", "valid_until": "2027-11-21"});
    staff.signer.takes(&service, &case, "decide", &decision).await;
    for officer in [&staff.signer, &staff.elsewhere] {
        assert_eq!(officer.approve(&service, &case).await.status, StatusCode::OK);
    }
    let issued = post(&service, &case, "issue", &json!({})).await.json()["issued"].clone();
    let promised = shown(&service, LEAD, &case).await["due"]["promise"].clone();
    assert!(promised["working_days_left"].as_i64().unwrap() > 0, "{promised}");
    let found = json!({"truth": "false", "reason": "现场核查与承诺不符"});
    assert_eq!(staff.signer.prepare(&service, &case, "check", &found).await.problem(), "not-officer");
    staff.supervisor.takes(&service, &case, "check", &found).await;
    let act = format!("/v1/licences/{}/end", issued["handle"].as_str().unwrap());
    let ended = service.post(LEAD, &act, &json!({"reason": "承诺不实", "act": "rescinded"})).await;
    assert_eq!(ended.status, StatusCode::OK);
    let report = service.verify(&json!({"evidence": issued["credential"]})).await;
    assert_eq!(report["verdict"], "not_valid");
    service.check_ledger().await;
}

#[tokio::test]
async fn what_has_a_process_is_issued_from_cases_only() {
    let service = Service::found();
    let directly = with(application(), &json!({"valid_from": "2026-11-22", "valid_until": "2031-11-21"}));
    let answered = service.post(LEAD, "/v1/licences", &directly).await;
    assert_eq!(answered.refused(), (422, "case-required".into(), json!("/type")));
    let named = with(directly, &json!({"case": "c-1"}));
    let answered = service.post(LEAD, "/v1/licences", &named).await;
    assert_eq!(answered.refused(), (422, "case-required".into(), json!("/case")));
    let recorded = json!({"trust": "B", "standing": "valid", "source": "名录库", "issued_on": "2024-03-01"});
    let before = with(
        application(),
        &json!({"valid_from": "2024-03-01", "valid_until": "2029-02-28", "licence_number": "JY1430700000001", "recorded": recorded}),
    );
    let answered = service.post(LEAD, "/v1/licences", &before).await;
    assert_eq!(answered.refused(), (422, "case-required".into(), json!("/recorded")));
    let mut direct = business_licence();
    direct.as_object_mut().unwrap().remove("valid_from");
    let answered = service.post(LEAD, "/v1/cases", &direct).await;
    assert_eq!(answered.problem(), "invalid-claim");
    let with_case = with(business_licence(), &json!({"case": "c-1"}));
    let answered = service.post(LEAD, "/v1/licences", &with_case).await;
    assert_eq!(answered.refused(), (422, "invalid-claim".into(), json!("/case")));
    service.check_ledger().await;
}

#[tokio::test]
async fn a_filing_is_checked_as_an_issue_would_be_and_is_filed_once() {
    let service = Service::found();
    let bad = |change: Value| with(application(), &change);
    for (body, expected) in [
        (bad(json!({"type": "no-such-type"})), (422, "unknown-type", json!("/type"))),
        (bad(json!({"surprise": 1})), (422, "unknown-field", json!("/surprise"))),
        (bad(json!({"claims": {}})), (422, "invalid-claim", json!("/claims/operator_kind"))),
        (bad(json!({"promise": "yes"})), (422, "invalid-claim", json!("/promise"))),
        (bad(json!({"region": "440100"})), (403, "no-power", json!("/region"))),
        (
            bad(json!({"holders": [{"name": "样例", "code": "91430700MA4PBKBQ49", "code_type": "001"}]})),
            (422, "check-digit", json!("/holders/0/code")),
        ),
        (bad(json!({"valid_from": "2026-11-31"})), (422, "validity", json!("/valid_from"))),
    ] {
        let (status, slug, pointer) = expected;
        let answered = service.post(LEAD, "/v1/cases", &body).await;
        assert_eq!(answered.refused(), (status, slug.to_owned(), pointer), "{body}");
    }
    // 网上预审: whoever fills in the form hears of everything at once.
    let wrong = bad(json!({
        "holders": [{"name": "样例", "code": "91430700MA4PBKBQ49", "code_type": "001"}],
        "claims": with(application()["claims"].clone(), &json!({"operator_kind": "?", "premises": " "})),
        "valid_from": "2026-12-24", "valid_until": "2026-12-01",
    }));
    let told = service.post(LEAD, "/v1/cases?dry_run=true", &wrong).await.json();
    let mut at: Vec<&str> =
        told["errors"].as_array().unwrap().iter().map(|one| one["pointer"].as_str().unwrap()).collect();
    at.sort_unstable();
    assert_eq!(at, ["/claims/operator_kind", "/claims/premises", "/holders/0/code", "/valid_from"], "{told}");
    assert_eq!(
        (&told["pointer"], &told["detail"]),
        (&told["errors"][0]["pointer"], &told["errors"][0]["detail"])
    );
    let dry = service.post(LEAD, "/v1/cases?dry_run=true", &application()).await;
    assert_eq!(dry.status, StatusCode::OK);
    assert_eq!((&dry.json()["case"], &dry.json()["code"]), (&Value::Null, &Value::Null));
    let file = || {
        let ask = service.ask(Method::POST, "/v1/cases").token(LEAD).header("idempotency-key", "k-1");
        ask.json(&application()).send()
    };
    let (first, second) = (file().await.json(), file().await.json());
    for member in ["case", "number", "code", "rating_receipt", "entry"] {
        assert_eq!(first[member], second[member], "{member}");
    }
    let listed = service.ask(Method::GET, "/v1/cases?state=filed").token(LEAD).send().await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    // Any department's window takes it for the one that has the power.
    let elsewhere = service.post("civil-affairs", "/v1/cases", &application()).await.json();
    let case = shown(&service, LEAD, elsewhere["case"].as_str().unwrap()).await;
    assert_eq!(case["state"], "filed");
    let strangers = service.ask(Method::GET, &format!("/v1/cases/{}", case["case"].as_str().unwrap()));
    assert_eq!(strangers.token("education").send().await.problem(), "not-yours");
    let withdrawn =
        post(&service, case["case"].as_str().unwrap(), "withdraw", &json!({"reason": "不再开店"})).await;
    assert_eq!(withdrawn.json()["state"], "withdrawn");
    service.check_ledger().await;
}

#[tokio::test]
async fn a_case_is_rated_once_by_whoever_holds_its_receipt() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let filed = filed(&service, &application()).await;
    let case = case_of(&filed);
    let path = format!("/v1/cases/{case}/rating");
    let rating = json!({"receipt": filed["rating_receipt"], "level": 1, "text": "等了太久"});
    let rate = |body: Value| service.ask(Method::POST, &path).json(&body).send();
    assert_eq!(rate(rating.clone()).await.problem(), "illegal-transition");
    staff
        .intake
        .takes(&service, &case, "accept", &json!({"outcome": "declined", "reason": "不予受理"}))
        .await;
    post(&service, &case, "deliver", &json!({})).await;
    let forged = with(rating.clone(), &json!({"receipt": "A".repeat(43)}));
    assert_eq!(rate(forged).await.refused(), (403, "wrong-code".into(), json!("/receipt")));
    let six = with(rating.clone(), &json!({"level": 6}));
    assert_eq!(rate(six).await.refused(), (422, "invalid-claim".into(), json!("/level")));
    assert_eq!(rate(rating.clone()).await.status, StatusCode::OK);
    assert_eq!(rate(rating).await.problem(), "illegal-transition");
    let due = shown(&service, LEAD, &case).await["due"]["rectification"].clone();
    assert_eq!(due["working_days_left"], 15);
    staff.supervisor.takes(&service, &case, "rectify", &json!({"reason": "已致歉并增设窗口"})).await;
    assert_eq!(shown(&service, LEAD, &case).await["due"]["rectification"], Value::Null);
    service.check_ledger().await;
}

#[tokio::test]
async fn an_applicant_follows_a_case_by_number_and_code() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let filed = filed(&service, &with(application(), &json!({"reference": null}))).await;
    let case = case_of(&filed);
    staff.intake.takes(&service, &case, "ask", &json!({"reason": "请补交场所证明"})).await;
    let number = filed["number"].as_str().unwrap();
    let path = format!("/track/{number}");
    let followed = service.ask(Method::POST, &path).json(&json!({"code": filed["code"]})).send().await;
    assert_eq!(followed.status, StatusCode::OK, "{}", followed.text());
    let seen = followed.json();
    assert_eq!((&seen["state"], &seen["steps"][1]["words"]), (&json!("asked"), &json!("请补交场所证明")));
    assert_eq!(seen["approvals"], Value::Null);
    post(&service, &case, "supply", &json!({"claims": application()["claims"]})).await;
    staff.intake.takes(&service, &case, "accept", &json!({})).await;
    staff
        .examiner
        .takes(&service, &case, "examine", &json!({"opinion": "grant", "reason": "仅供内部"}))
        .await;
    let followed = service.ask(Method::POST, &path).json(&json!({"code": filed["code"]})).send().await;
    assert!(!followed.text().contains("仅供内部"), "what officers say to each other is not shown");
    for (path, code) in [
        (path.as_str(), "ABCD-EFGH"),
        (path.as_str(), "?"),
        ("/track/43070020260000000000", filed["code"].as_str().unwrap()),
    ] {
        let answered = service.ask(Method::POST, path).json(&json!({"code": code})).send().await;
        assert_eq!(answered.problem(), "not-found", "{path} {code}");
    }
    let page = service.ask(Method::POST, &format!("/en/track/{number}"));
    let page = page.header("accept", "text/html").json(&json!({"code": filed["code"]})).send().await;
    assert!(page.text().contains("waits for a decision"), "{}", page.text());
    service.check_ledger().await;
}

#[tokio::test]
async fn without_the_power_nothing_is_issued_from_what_was_decided() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let before = decided(&service, &staff).await;
    for officer in [&staff.signer, &staff.elsewhere] {
        assert_eq!(officer.approve(&service, &before).await.status, StatusCode::OK);
    }
    let issued = post(&service, &before, "issue", &json!({})).await.json()["issued"].clone();
    let case = decided(&service, &staff).await;
    for officer in [&staff.signer, &staff.elsewhere] {
        assert_eq!(officer.approve(&service, &case).await.status, StatusCode::OK);
    }
    let withdrawal = json!({"withdraw_power": {"department": LEAD, "type": "food-operation-licence"}});
    let withdrawn = service.post("operator", "/v1/operator/ceremonies", &withdrawal).await;
    assert_eq!(withdrawn.status, StatusCode::CREATED, "{}", withdrawn.text());
    assert_eq!(post(&service, &case, "issue", &json!({})).await.problem(), "no-power");
    assert_eq!(service.post(LEAD, "/v1/cases", &application()).await.problem(), "no-power");
    // What was issued while the power stood is not touched.
    let report = service.verify(&json!({"evidence": issued["credential"]})).await;
    assert_eq!(report["verdict"], "valid");
    service.check_ledger().await;
}
