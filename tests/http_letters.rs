//! What an applicant writes about his case and what is answered; and what follows from a promise that was false. With
//! officers whose keys are not the server's.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::applicant::{Followed, application};
use support::officers::{LEAD, Officer};
use support::{Service, with};
use vidimus::authority::backup::page;

const OTHER: &str = "housing";
const DAY: Duration = Duration::from_hours(24);

async fn listed(service: &Service, query: &str) -> Vec<Value> {
    let answered = service.ask(Method::GET, &format!("/v1/cases?{query}")).token(LEAD).send().await;
    answered.json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_question_is_answered_where_the_case_is_followed() {
    let service = Service::found();
    let followed = Followed::filed(&service, &application()).await;
    assert_eq!(listed(&service, "waiting=letters").await, Vec::<Value>::new());
    let written = followed.write("question", "还缺什么材料？\n场所证明要原件吗？").await;
    assert_eq!(written.status, StatusCode::OK, "{}", written.text());
    // Written again before it is answered, it is the same letter.
    followed.write("question", "还缺什么材料？\n场所证明要原件吗？").await;
    let seen = followed.look().await;
    assert_eq!(seen["correspondence"].as_array().unwrap().len(), 1, "{seen:#}");
    let letter = &seen["correspondence"][0];
    assert_eq!(
        (&letter["letter"], &letter["kind"], &letter["answer"]),
        (&json!(1), &json!("question"), &Value::Null)
    );
    // Sunday 2026-11-22 and five working days.
    assert_eq!(letter["due"], json!({"day": "2026-11-27", "working_days_left": 5}));
    assert_eq!(
        seen["responsibility"]["complaints"]["zh"].as_str().map(str::is_empty),
        Some(false),
        "{seen:#}"
    );

    let item = &listed(&service, "waiting=letters").await[0];
    assert_eq!((&item["case"], &item["letters"]), (&json!(followed.case), &json!(1)));
    assert_eq!(item["due"]["letters"]["day"], "2026-11-27");
    assert_eq!(followed.shown(LEAD).await["correspondence"][0]["text"], letter["text"]);
    let auditor = followed.shown("auditor").await;
    assert_eq!((&auditor["letters"], &auditor["correspondence"]), (&Value::Null, &Value::Null));
    assert_eq!(auditor["due"]["letters"], Value::Null);

    service.clock.forward(DAY * 8);
    assert_eq!(followed.look().await["due"]["letters"]["working_days_left"], -1);
    let body = json!({"letter": 1, "text": "需要原件，核对后退还。"});
    let dry = service.post(LEAD, &format!("/v1/cases/{}/answers?dry_run=true", followed.case), &body).await;
    assert_eq!(dry.json()["answer"]["written"], Value::Null, "{}", dry.text());
    assert_eq!(followed.look().await["letters"], 1, "a dry run answers nothing");
    let keyed = || {
        let ask = service.ask(Method::POST, &format!("/v1/cases/{}/answers", followed.case)).token(LEAD);
        ask.header("idempotency-key", "k-1")
    };
    let first = keyed().json(&body).send().await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    assert_eq!(keyed().json(&body).send().await.json(), first.json(), "the same key, the same answer");
    let other = with(body.clone(), &json!({"text": "另一答复"}));
    assert_eq!(keyed().json(&other).send().await.problem(), "idempotency-conflict");
    let unknown = with(body.clone(), &json!({"letter": 9}));
    assert_eq!(keyed().json(&unknown).send().await.problem(), "idempotency-conflict");
    let again = followed.answer(LEAD, &other).await;
    assert_eq!(again.refused(), (409, "illegal-transition".into(), json!("/letter")));
    let seen = followed.look().await;
    assert_eq!((&seen["letters"], &seen["due"]["letters"]), (&json!(0), &Value::Null));
    assert_eq!(seen["correspondence"][0]["answer"]["text"], "需要原件，核对后退还。");
    assert_eq!(listed(&service, "waiting=letters").await, Vec::<Value>::new());
    service.check_ledger().await;
}

#[tokio::test]
async fn letters_are_bounded_and_answered_by_whose_case_it_is() {
    let service = Service::found();
    let followed = Followed::filed(&service, &application()).await;
    for (kind, text, expected) in [
        ("praise", "好", (422, "invalid-claim".to_owned(), json!("/letter/kind"))),
        ("question", " ", (422, "invalid-claim".to_owned(), json!("/letter/text"))),
        ("complaint", &"长".repeat(2001), (422, "invalid-claim".to_owned(), json!("/letter/text"))),
    ] {
        assert_eq!(followed.write(kind, text).await.refused(), expected, "{kind}");
    }
    let wrong = json!({"code": "ABCD-EFGH", "letter": {"kind": "question", "text": "在吗"}});
    let wrong = service.ask(Method::POST, &format!("/track/{}", followed.number)).json(&wrong).send().await;
    assert_eq!(wrong.problem(), "not-found");
    for text in ["一", "二", "三"] {
        assert_eq!(followed.write("complaint", text).await.status, StatusCode::OK);
    }
    let fourth = followed.write("question", "四").await;
    assert_eq!(fourth.refused(), (409, "too-many-letters".into(), json!("/letter")));
    let body = json!({"letter": 2, "text": "已整改"});
    assert_eq!(followed.answer(OTHER, &body).await.problem(), "not-yours");
    assert_eq!(followed.answer("operator", &body).await.problem(), "not-yours");
    let none = followed.answer(LEAD, &with(body.clone(), &json!({"letter": 9}))).await;
    assert_eq!(none.refused(), (422, "invalid-claim".into(), json!("/letter")));
    let text = followed.answer(LEAD, &json!({"letter": "2", "text": "已整改"})).await;
    assert_eq!(text.refused(), (422, "invalid-claim".into(), json!("/letter")));
    assert_eq!(followed.answer(LEAD, &body).await.status, StatusCode::OK);
    assert_eq!(followed.write("question", "四").await.status, StatusCode::OK, "one is answered");
    let bad = service.ask(Method::GET, "/v1/cases?waiting=rain").token(LEAD).send().await;
    assert_eq!(bad.json()["parameter"], "waiting");
    // Whoever approves reads along; what is due is due to all of them.
    assert_eq!(followed.shown(OTHER).await["letters"], 3);
    assert_eq!(listed(&service, "due_before=2026-11-23").await, Vec::<Value>::new());
    let bad = service.ask(Method::GET, "/v1/cases?due_before=tomorrow").token(LEAD).send().await.json();
    assert_eq!(
        (&bad["parameter"], &bad["detail"]),
        (&json!("due_before"), &json!("应为形如 YYYY-MM-DD 的有效日期。"))
    );
    service.check_ledger().await;
}

#[tokio::test]
async fn a_letter_that_is_sent_again_is_one_letter() {
    let service = Service::found();
    let followed = Followed::filed(&service, &application()).await;
    let letters = async || followed.look().await["correspondence"].as_array().unwrap().len();
    let send = async |after: Value| {
        let letter = json!({"kind": "question", "text": "材料：\t租赁合同\r\n原件？", "after": after});
        let ask = service.ask(Method::POST, &format!("/track/{}", followed.number));
        ask.json(&json!({"code": followed.code, "letter": letter})).send().await
    };
    let first = send(json!(0)).await;
    assert_eq!(first.status, StatusCode::OK, "a tab is text, however lines end: {}", first.text());
    followed.answer(LEAD, &json!({"letter": 1, "text": "要原件。"})).await;
    assert_eq!((send(json!(0)).await.status, letters().await), (StatusCode::OK, 1), "it was seen to come");
    assert_eq!((send(json!(1)).await.status, letters().await), (StatusCode::OK, 2), "asked anew");
    assert_eq!(send(json!("1")).await.refused(), (422, "invalid-claim".into(), json!("/letter/after")));
    service.check_ledger().await;
}

#[tokio::test]
async fn a_backup_has_the_letters() {
    let (service, store) = Service::found_on_memory();
    let followed = Followed::filed(&service, &application()).await;
    followed.write("question", "还要多久").await;
    let size = service.authority.published().range.size();
    let (mut after, mut families) = (None, Vec::new());
    loop {
        let found = page(store.as_ref(), size, after.as_deref()).unwrap();
        families.extend(found.rows.iter().map(|(key, value)| {
            assert!(!value.windows(6).any(|bytes| bytes == "还要".as_bytes()), "sealed");
            key[0]
        }));
        let Some(next) = found.next else { break };
        after = Some(next);
    }
    assert_eq!(families.iter().filter(|family| **family == b'L').count(), 1);
    service.check_ledger().await;
}

/// Brings a case of this application to where its promise was found as said.
async fn promised<'s>(service: &'s Service, staff: &Staff, application: &Value, truth: &str) -> Followed<'s> {
    let followed = Followed::filed(service, &with(application.clone(), &json!({"promise": true}))).await;
    let case = &followed.case;
    staff.intake.takes(service, case, "accept", &json!({})).await;
    staff.signer.takes(service, case, "decide", &json!({"outcome": "granted", "reason": "承诺办理"})).await;
    for officer in [&staff.signer, &staff.elsewhere] {
        assert_eq!(officer.approve(service, case).await.status, StatusCode::OK);
    }
    let issued = service.post(LEAD, &format!("/v1/cases/{case}/issue"), &json!({})).await;
    assert_eq!(issued.status, StatusCode::OK, "{}", issued.text());
    staff.supervisor.takes(service, case, "check", &json!({"truth": truth, "reason": "现场核查"})).await;
    followed
}

struct Staff {
    intake: Officer,
    signer: Officer,
    elsewhere: Officer,
    supervisor: Officer,
}

async fn staffed(service: &Service) -> Staff {
    Staff {
        intake: Officer::appointed(service, LEAD, "intake", &["intake"]).await,
        signer: Officer::appointed(service, LEAD, "signer", &["signer"]).await,
        elsewhere: Officer::appointed(service, OTHER, "elsewhere", &["signer"]).await,
        supervisor: Officer::appointed(service, LEAD, "supervisor", &["supervisor"]).await,
    }
}

#[tokio::test]
async fn a_false_promise_calls_for_rescission_until_it_is_done() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let followed = promised(&service, &staff, &application(), "false").await;
    let shown = followed.shown(LEAD).await;
    assert_eq!((&shown["rescind"], shown["rescind"].is_string()), (&shown["licence"], true));
    assert_eq!(followed.shown("auditor").await["rescind"], shown["licence"]);
    assert_eq!(listed(&service, "waiting=rescission").await[0]["case"], json!(followed.case));
    let handle = shown["licence"].as_str().unwrap();
    let page = followed.page("en", "").await;
    assert!(page.text().contains("will be rescinded") && page.text().contains(handle), "{}", page.text());
    // Struck off is not rescinded: what was wrongly given has to be void from the beginning.
    let act = format!("/v1/licences/{handle}/end");
    let ended = service.post(LEAD, &act, &json!({"reason": "注销", "act": "cancelled"})).await;
    assert_eq!(ended.status, StatusCode::OK);
    assert_eq!(listed(&service, "waiting=rescission").await.len(), 1);
    let ended = service.post(LEAD, &act, &json!({"reason": "承诺不实", "act": "rescinded"})).await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.text());
    assert_eq!(followed.shown(LEAD).await["rescind"], Value::Null);
    assert_eq!(listed(&service, "waiting=rescission").await, Vec::<Value>::new());
    service.check_ledger().await;
}

#[tokio::test]
async fn whoever_promised_falsely_proves_for_three_years() {
    let service = Service::found();
    let staff = staffed(&service).await;
    promised(&service, &staff, &application(), "false").await;
    let promise = with(application(), &json!({"promise": true}));
    let refused = service.post(LEAD, "/v1/cases", &promise).await;
    assert_eq!(refused.refused(), (403, "promise-barred".into(), json!("/promise")));
    assert!(refused.text().contains("2029-11-22"), "{}", refused.text());
    let dry = service.post(LEAD, "/v1/cases?dry_run=true", &promise).await;
    assert_eq!(dry.problem(), "promise-barred");
    let english = service.ask(Method::POST, "/v1/cases").token(LEAD).header("accept-language", "en");
    let english = english.json(&promise).send().await;
    assert!(english.json()["detail"].as_str().unwrap().contains("without `promise`"), "{}", english.text());
    // With proofs he is as anybody.
    Followed::filed(&service, &application()).await;
    // Nobody else is barred; nor does the barred one come in by another's case.
    let other = json!({"name": "样例市大寒餐饮店", "code": "91430700MA4PBKBR23", "code_type": "001"});
    let others = with(promise.clone(), &json!({"holders": [other]}));
    let followed = Followed::filed(&service, &others).await;
    staff.intake.takes(&service, &followed.case, "ask", &json!({"reason": "请核对名称"})).await;
    let swapped = json!({"holders": application()["holders"]});
    let swapped = service.post(LEAD, &format!("/v1/cases/{}/supply", followed.case), &swapped).await;
    assert_eq!(swapped.refused(), (403, "promise-barred".into(), json!("/holders")));
    service.check_ledger().await;
    service.clock.forward(DAY * 1095);
    assert_eq!(service.post(LEAD, "/v1/cases?dry_run=true", &promise).await.problem(), "promise-barred");
    service.clock.forward(DAY);
    let again = service.post(LEAD, "/v1/cases?dry_run=true", &promise).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text());
}

#[tokio::test]
async fn whoever_kept_his_promise_may_promise_again() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let followed = promised(&service, &staff, &application(), "kept").await;
    assert_eq!(followed.shown(LEAD).await["rescind"], Value::Null);
    let promise = with(application(), &json!({"promise": true}));
    let again = service.post(LEAD, "/v1/cases?dry_run=true", &promise).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text());
    service.check_ledger().await;
}

#[tokio::test]
async fn a_promise_made_before_counts_no_more_after_a_false_one() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let promise = with(application(), &json!({"promise": true}));
    let before = Followed::filed(&service, &promise).await;
    let decided = Followed::filed(&service, &promise).await;
    for case in [&before.case, &decided.case] {
        staff.intake.takes(&service, case, "accept", &json!({})).await;
    }
    let grant = json!({"outcome": "granted", "reason": "承诺办理"});
    staff.signer.takes(&service, &decided.case, "decide", &grant).await;
    for officer in [&staff.signer, &staff.elsewhere] {
        assert_eq!(officer.approve(&service, &decided.case).await.status, StatusCode::OK);
    }
    promised(&service, &staff, &application(), "false").await;
    let undecided = staff.signer.take(&service, &before.case, "decide", &grant).await;
    assert_eq!(undecided.refused(), (403, "promise-barred".into(), json!("/outcome")));
    let unissued = service.post(LEAD, &format!("/v1/cases/{}/issue", decided.case), &json!({})).await;
    assert_eq!((unissued.status.as_u16(), unissued.problem().as_str()), (403, "promise-barred"));
    // It can still be refused.
    let refused = json!({"outcome": "refused", "reason": "此前承诺不实"});
    staff.signer.takes(&service, &before.case, "decide", &refused).await;
    service.check_ledger().await;
}
