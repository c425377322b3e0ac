//! Matters over HTTP, where a part ends before anything of it was entered: withdrawn by the applicant, declined by its
//! department, or together with the part that it comes after.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::officers::LEAD;
use support::{Answered, Service};

const FIRM: &str = "91430700MA4PBKBQ48";

fn holders(name: &str) -> Value {
    json!([{"name": name, "code": FIRM, "code_type": "001"}])
}

fn pack() -> Value {
    json!({
        "matter": "small-firm-pack", "holders": holders("样例市小满餐饮店"),
        "answers": {"established": "2026-11-22", "legal-representative": "李样例", "issued-for": "参加投标"},
    })
}

fn restaurant() -> Value {
    json!({"matter": "open-a-restaurant", "holders": holders("样例市小满餐饮店"), "answers": {
        "established": "2026-11-22", "scope": "餐饮服务", "person-in-charge": "李样例", "domicile": "样例市样例路1号",
        "premises": "样例市样例路1号一楼", "items": ["热食类食品制售"],
    }})
}

async fn applied(service: &Service, token: &str, body: &Value) -> Value {
    let answered = service.post(token, "/v1/matters", body).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
    answered.json()
}

fn path(matter: &Value, more: &str) -> String {
    format!("/v1/matters/{}{more}", matter["matter"].as_str().unwrap())
}

async fn shown(service: &Service, token: &str, matter: &Value) -> Value {
    service.ask(Method::GET, &path(matter, "")).token(token).send().await.json()
}

async fn follow(service: &Service, matter: &Value, withdraw: &str) -> Answered {
    let path = format!("/track/{}", matter["number"].as_str().unwrap());
    let body = json!({"code": matter["code"], "withdraw": withdraw});
    service.ask(Method::POST, &path).json(&body).send().await
}

async fn waiting(service: &Service, token: &str) -> usize {
    let page = service.ask(Method::GET, "/v1/matters/waiting").token(token).send().await.json();
    page["items"].as_array().unwrap().len()
}

fn states(matter: &Value) -> Vec<&str> {
    matter["parts"].as_array().unwrap().iter().map(|part| part["state"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_department_declines_what_it_would_have_to_do() {
    let service = Service::found();
    let taken = applied(&service, "civil-affairs", &pack()).await;
    let decline = path(&taken, "/licences/tax-payment/decline");
    let reason = json!({"reason": "该主体不由本局主管"});
    assert_eq!(service.post(LEAD, &decline, &reason).await.problem(), "not-yours");
    assert_eq!(
        service.post("tax", &decline, &json!({})).await.refused(),
        (422, "invalid-claim".into(), json!("/reason"))
    );
    let dry = service.post("tax", &format!("{decline}?dry_run=true"), &reason).await.json();
    assert_eq!(states(&dry), ["waiting", "waiting", "waiting"]);
    let done = service.post("tax", &decline, &reason).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let part = &done.json()["parts"][1];
    assert_eq!((&part["state"], &part["ended"]["reason"]), (&json!("declined"), &reason["reason"]));
    assert_eq!((&part["application"], &part["ended"]["with"]), (&Value::Null, &Value::Null));
    assert_eq!((waiting(&service, "tax").await, waiting(&service, LEAD).await), (0, 1));
    // Once and for all: the same again is answered again, and anything else is not done.
    assert_eq!(service.post("tax", &decline, &reason).await.status, StatusCode::OK);
    let other = service.post("tax", &decline, &json!({"reason": "另一个理由"})).await;
    assert_eq!(other.problem(), "illegal-transition");
    let supply = service.post("tax", &path(&taken, "/licences/tax-payment"), &json!({})).await;
    assert_eq!(supply.problem(), "illegal-transition");
    // The applicant reads why, an auditor only that.
    let audited = shown(&service, "auditor", &taken).await;
    assert_eq!(audited["parts"][1]["ended"]["reason"], Value::Null);
    let followed = follow(&service, &taken, "social-insurance").await.json();
    assert_eq!(states(&followed), ["waiting", "declined", "withdrawn"]);
    assert_eq!(followed["parts"][1]["ended"]["reason"], reason["reason"]);
    // What goes on is not touched by it.
    let issued = service.post(LEAD, &path(&taken, "/licences/business-licence"), &json!({})).await.json();
    assert_eq!(states(&issued), ["issued", "declined", "withdrawn"]);
    service.check_ledger().await;
}

#[tokio::test]
async fn what_comes_after_a_part_that_ended_ends_with_it() {
    let service = Service::found();
    let taken = applied(&service, "civil-affairs", &pack()).await;
    let decline = path(&taken, "/licences/business-licence/decline");
    let done = service.post(LEAD, &decline, &json!({"reason": "名称不符合规定"})).await.json();
    assert_eq!(states(&done), ["declined", "declined", "declined"]);
    assert_eq!(done["parts"][1]["ended"]["with"], "business-licence");
    assert_eq!((waiting(&service, "tax").await, waiting(&service, LEAD).await), (0, 0));
    // Where the holder has that licence otherwise, the rest waits on.
    let taken = applied(&service, "civil-affairs", &pack()).await;
    let request = json!({
        "type": "business-licence", "holders": holders("样例市小满餐饮店"), "valid_from": "2026-11-22",
        "claims": {"established": "2026-11-22", "legal_representative": "李样例"},
    });
    service.issue(&request).await;
    let followed = follow(&service, &taken, "business-licence").await.json();
    assert_eq!(states(&followed), ["withdrawn", "waiting", "waiting"]);
    service.check_ledger().await;
}

#[tokio::test]
async fn an_applicant_withdraws_everything_with_number_and_code() {
    let service = Service::found();
    let taken = applied(&service, LEAD, &restaurant()).await;
    assert_eq!(states(&taken), ["issued", "case"]);
    // A part that is on its way is not withdrawn by itself, and what nobody applied for not at all.
    assert_eq!(follow(&service, &taken, "food-operation-licence").await.problem(), "illegal-transition");
    assert_eq!(follow(&service, &taken, "driving-licence").await.problem(), "not-found");
    let case = &taken["parts"][1];
    let of_case = json!({"number": case["number"], "code": case["code"]});
    assert_eq!(follow(&service, &of_case, "all").await.problem(), "not-found");
    let wrong = json!({"number": taken["number"], "code": "ABCD-EFGH"});
    assert_eq!(follow(&service, &wrong, "all").await.problem(), "not-found");
    // What is asked for together with something else is refused before any of it is done.
    let path = format!("/track/{}", taken["number"].as_str().unwrap());
    let both = json!({"code": taken["code"], "withdraw": "all", "letter": {"kind": "question", "text": "何时办结？"}});
    let both = service.ask(Method::POST, &path).json(&both).send().await;
    assert_eq!(both.refused(), (422, "invalid-claim".into(), json!("/withdraw")));
    let all = follow(&service, &taken, "all").await;
    assert_eq!(all.status, StatusCode::OK, "{}", all.text());
    let all = all.json();
    assert_eq!((states(&all), &all["parts"][1]["case_state"]), (vec!["issued", "case"], &json!("withdrawn")));
    // And again, where all that was left was a case: it is withdrawn already.
    let again = follow(&service, &taken, "all").await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, all));
    service.check_ledger().await;
}

#[tokio::test]
async fn the_page_withdraws_without_a_script() {
    let service = Service::found();
    let taken = applied(&service, "civil-affairs", &pack()).await;
    let number = taken["number"].as_str().unwrap();
    let page = async |body: String| {
        let ask = service.ask(Method::POST, &format!("/zh/track/{number}")).header("accept", "text/html");
        ask.body("application/x-www-form-urlencoded", body).send().await
    };
    let code = taken["code"].as_str().unwrap();
    let before = page(format!("code={code}")).await;
    assert!(before.text().contains(r#"name="withdraw" value="tax-payment""#), "{}", before.text());
    let one = page(format!("code={code}&withdraw=tax-payment")).await;
    assert_eq!(one.status, StatusCode::OK);
    assert!(
        one.text().contains("已撤回") && !one.text().contains(r#"value="tax-payment""#),
        "{}",
        one.text()
    );
    let all = page(format!("code={code}&withdraw=all")).await;
    assert!(!all.text().contains(r#"name="withdraw""#), "{}", all.text());
    // And again, as by a reload.
    assert_eq!(page(format!("code={code}&withdraw=all")).await.status, StatusCode::OK);
    // What is refused is told on the page itself.
    let refused = page(format!("code={code}&withdraw=driving-licence")).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(
        refused.text().contains(r#"role="alert""#) && refused.text().contains(number),
        "{}",
        refused.text()
    );
    assert_eq!(states(&shown(&service, "civil-affairs", &taken).await), ["withdrawn"; 3]);
    service.check_ledger().await;
}

#[tokio::test]
async fn the_window_withdraws_for_the_applicant() {
    let service = Service::found();
    let taken = applied(&service, "civil-affairs", &pack()).await;
    let withdraw = path(&taken, "/withdraw");
    assert_eq!(service.post("tax", &withdraw, &json!({})).await.problem(), "not-yours");
    let one = json!({"type": "tax-payment", "reason": "申请人改为自行办理"});
    let dry = service.post("civil-affairs", &format!("{withdraw}?dry_run=true"), &one).await.json();
    assert_eq!(states(&dry), ["waiting", "waiting", "waiting"]);
    let done = service.post("civil-affairs", &withdraw, &one).await.json();
    assert_eq!(states(&done), ["waiting", "withdrawn", "waiting"]);
    assert_eq!(done["parts"][1]["ended"]["reason"], one["reason"]);
    let all = service.post("civil-affairs", &withdraw, &json!({})).await.json();
    assert_eq!(states(&all), ["withdrawn"; 3]);
    service.check_ledger().await;
}

async fn entered(service: &Service, wish: &Value) {
    let answered = service.post("operator", "/v1/operator/ceremonies", wish).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
}

#[tokio::test]
async fn what_waits_follows_the_power_to_issue_it() {
    let service = Service::found();
    let [stays, goes] = [
        applied(&service, "civil-affairs", &pack()).await,
        applied(&service, "civil-affairs", &pack()).await,
    ];
    let power = json!({
        "type": "tax-payment",
        "basis": {"zh": "样例条例第一条", "en": "Sample regulations, article 1"},
        "responsibility": {
            "office": {"zh": "科", "en": "Office"}, "promised": {"working_days": 0},
            "complaints": {"zh": "电话", "en": "Telephone"},
        },
    });
    entered(&service, &json!({"grant_powers": {"department": "education", "powers": [power]}})).await;
    // Who holds the power too may decline, and the same again is answered again.
    let (decline, reason) =
        (path(&stays, "/licences/tax-payment/decline"), json!({"reason": "不在受理范围"}));
    for _ in 0..2 {
        let declined = service.post("education", &decline, &reason).await;
        assert_eq!(declined.status, StatusCode::OK, "{}", declined.text());
        assert_eq!(states(&declined.json()), ["waiting", "declined", "waiting"]);
    }
    assert_eq!((waiting(&service, "tax").await, waiting(&service, "education").await), (1, 0));
    // Who holds it alone finds what waits.
    entered(&service, &json!({"withdraw_power": {"department": "tax", "type": "tax-payment"}})).await;
    service.authority.advance_waiting(None).await.unwrap();
    assert_eq!((waiting(&service, "tax").await, waiting(&service, "education").await), (0, 1));
    let known = shown(&service, "education", &goes).await;
    assert_eq!(known["parts"][1]["application"]["type"], "tax-payment", "{known}");
    service.check_ledger().await;
}

#[tokio::test]
async fn the_reference_of_a_refused_supply_is_forgotten() {
    let service = Service::found();
    let taken = applied(&service, "civil-affairs", &pack()).await;
    let supply = path(&taken, "/licences/business-licence");
    // Refused when it is issued: what is adopted ends before it begins.
    let refused = json!({"reference": "错号-1", "valid_until": "2026-11-01"});
    assert!(service.post(LEAD, &supply, &refused).await.status.is_client_error());
    let issued = service.post(LEAD, &supply, &json!({})).await.json();
    assert_eq!(states(&issued), ["issued", "waiting", "waiting"]);
    let licence = format!("/v1/licences/{}", issued["parts"][0]["licence"].as_str().unwrap());
    let licence = service.ask(Method::GET, &licence).token(LEAD).send().await;
    assert!(licence.status == StatusCode::OK && !licence.text().contains("错号-1"), "{}", licence.text());
    service.check_ledger().await;
}

#[tokio::test]
async fn what_comes_after_a_licence_that_has_ended_ends_too() {
    let service = Service::found();
    let taken = applied(&service, "civil-affairs", &pack()).await;
    let issued = service.post(LEAD, &path(&taken, "/licences/business-licence"), &json!({})).await.json();
    let end = format!("/v1/licences/{}/end", issued["parts"][0]["licence"].as_str().unwrap());
    let ended = service.post(LEAD, &end, &json!({"reason": "查处", "act": "cancelled"})).await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.text());
    service.authority.advance_waiting(None).await.unwrap();
    let known = shown(&service, "civil-affairs", &taken).await;
    assert_eq!(states(&known)[..2], ["issued", "declined"], "{known}");
    service.check_ledger().await;
}

#[tokio::test]
async fn whose_licence_it_is_the_code_says_and_not_how_the_name_is_written() {
    let service = Service::found();
    let taken = applied(&service, "civil-affairs", &pack()).await;
    let request = json!({
        "type": "business-licence", "holders": holders("样例市小满餐饮店（个体工商户）"), "valid_from": "2026-11-22",
        "claims": {"established": "2026-11-22", "legal_representative": "李样例"},
    });
    let issued = service.issue(&request).await;
    let known = shown(&service, "tax", &taken).await;
    assert_eq!(known["parts"][1]["waits_for"], json!([]), "{known}");
    service.authority.advance_waiting(None).await.unwrap();
    let known = shown(&service, "tax", &taken).await;
    assert_eq!(
        (&known["parts"][0]["state"], &known["parts"][0]["licence"]),
        (&json!("held"), &issued["handle"])
    );
    // What it says is told to nobody who does not know whose it is.
    let mut form = restaurant();
    form["answers"] = json!({});
    let dry = service.post("civil-affairs", "/v1/matters?dry_run=true", &form).await.json();
    assert_eq!((&dry["parts"][0]["state"], &dry["prefilled"]), (&json!("held"), &json!([])));
    form["holders"] = request["holders"].clone();
    let dry = service.post("civil-affairs", "/v1/matters?dry_run=true", &form).await.json();
    assert_eq!(dry["prefilled"][0]["value"], "李样例");
    service.check_ledger().await;
}
