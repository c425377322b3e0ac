//! Matters over HTTP: one application that becomes licences and cases of several departments, asks only for what no licence
//! of the holder proves, and shows one progress.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::officers::{LEAD, Officer};
use support::{Answered, Service, with};
use vidimus::authority::store::{Row, Store as _, Write};

const FIRM: &str = "91430700MA4PBKBQ48";

fn holders() -> Value {
    json!([{"name": "样例市小满餐饮店", "code": FIRM, "code_type": "001"}])
}

fn answers() -> Value {
    json!({
        "established": "2026-11-22", "scope": "餐饮服务", "person-in-charge": "李样例", "domicile": "样例市样例路1号",
        "premises": "样例市样例路1号一楼", "items": ["热食类食品制售"],
    })
}

fn restaurant(answers: &Value) -> Value {
    json!({"matter": "open-a-restaurant", "holders": holders(), "answers": answers})
}

async fn apply(service: &Service, token: &str, body: &Value) -> Answered {
    service.post(token, "/v1/matters", body).await
}

async fn applied(service: &Service, token: &str, body: &Value) -> Value {
    let answered = apply(service, token, body).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
    answered.json()
}

async fn shown(service: &Service, token: &str, matter: &Value) -> Answered {
    service.ask(Method::GET, &format!("/v1/matters/{}", matter.as_str().unwrap())).token(token).send().await
}

async fn supply(service: &Service, token: &str, matter: &Value, part: &str, body: &Value) -> Answered {
    let path = format!("/v1/matters/{}/licences/{part}", matter.as_str().unwrap());
    service.post(token, &path, body).await
}

/// A business licence of the firm, issued on its own.
async fn registered(service: &Service) -> Value {
    let request = json!({
        "type": "business-licence", "holders": holders(), "valid_from": "2026-11-22",
        "claims": {"established": "2026-11-22", "legal_representative": "李样例", "address": "样例市样例路1号"},
    });
    let issued = service.issue(&request).await;
    issued.get("handle").cloned().unwrap()
}

fn questions(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["question"].as_str().unwrap()).collect()
}

fn states(matter: &Value) -> Vec<&str> {
    matter["parts"].as_array().unwrap().iter().map(|part| part["state"].as_str().unwrap()).collect()
}

async fn entries(service: &Service) -> u64 {
    service.authority.published().range.size()
}

#[tokio::test]
async fn a_restaurant_from_one_application_to_both_licences() {
    let service = Service::found();
    let intake = Officer::appointed(&service, LEAD, "intake", &["intake"]).await;
    let examiner = Officer::appointed(&service, LEAD, "examiner", &["examiner"]).await;
    let signer = Officer::appointed(&service, LEAD, "signer", &["signer"]).await;
    let fire = Officer::appointed(&service, "housing", "fire", &["signer"]).await;
    let taken = applied(&service, LEAD, &restaurant(&answers())).await;
    // The business licence is issued at once, and what follows it is filed in the same call.
    assert_eq!(states(&taken), ["issued", "case"]);
    let (business, food) = (&taken["parts"][0], &taken["parts"][1]);
    let case = food["case"].as_str().unwrap();
    assert_eq!((&food["case_state"], &food["waits_for"]), (&json!("filed"), &json!([])));
    let filed = service.ask(Method::GET, &format!("/v1/cases/{case}")).token(LEAD).send().await.json();
    assert_eq!(filed["matter"], taken["matter"]);
    assert_eq!(filed["application"]["claims"]["operator_kind"], "餐饮服务经营者");
    assert_eq!(filed["application"]["claims"]["domicile"], "样例市样例路1号");
    let path = format!("/v1/licences/{}/credential", business["licence"].as_str().unwrap());
    let credential = service.ask(Method::GET, &path).token(LEAD).send().await;
    let report = service.verify(&json!({"evidence": credential.text()})).await;
    assert_eq!(
        (&report["verdict"], &report["licence"]["claims"]["scope"]),
        (&json!("valid"), &json!("餐饮服务"))
    );
    intake.takes(&service, case, "accept", &json!({})).await;
    examiner.takes(&service, case, "examine", &json!({"opinion": "grant", "reason": "材料齐全"})).await;
    signer.takes(&service, case, "decide", &json!({"outcome": "granted", "reason": "准予许可"})).await;
    for officer in [&signer, &fire] {
        assert_eq!(officer.approve(&service, case).await.status, StatusCode::OK);
    }
    let issued = service.post(LEAD, &format!("/v1/cases/{case}/issue"), &json!({})).await.json();
    let progress = shown(&service, LEAD, &taken["matter"]).await.json();
    assert_eq!(states(&progress), ["issued", "issued"]);
    assert_eq!(progress["parts"][1]["licence"], issued["issued"]["handle"]);
    service.check_ledger().await;
}

#[tokio::test]
async fn what_a_licence_proves_is_not_asked_again() {
    let service = Service::found();
    let ask = restaurant(&json!({}));
    let dry = |body: &Value| {
        let body = body.clone();
        let service = &service;
        async move { service.post(LEAD, "/v1/matters?dry_run=true", &body).await }
    };
    let before = entries(&service).await;
    let form = dry(&ask).await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.text());
    let form = form.json();
    assert_eq!(
        (&form["matter"], &form["number"], &form["prefilled"]),
        (&Value::Null, &Value::Null, &json!([]))
    );
    assert_eq!(form["unanswered"].as_array().unwrap().len(), 9);
    assert_eq!(form["unanswered"][0]["schema"]["format"], "date");
    assert_eq!(entries(&service).await, before);
    let licence = registered(&service).await;
    let form = dry(&ask).await.json();
    assert_eq!(questions(&form["unanswered"]), ["premises", "items", "complaint-line"]);
    assert_eq!(questions(&form["prefilled"]), ["person-in-charge", "domicile"]);
    let from = json!({"licence": licence, "type": "business-licence", "issuer": "11430700MB0000035Y"});
    assert_eq!((&form["prefilled"][0]["value"], &form["prefilled"][0]["from"]), (&json!("李样例"), &from));
    assert_eq!(states(&form), ["held", "waiting"]);
    // Another name under the same code proves nothing, and tells nothing.
    let other =
        with(ask.clone(), &json!({"holders": [{"name": "别家店", "code": FIRM, "code_type": "001"}]}));
    assert_eq!(dry(&other).await.json()["prefilled"], json!([]));
    // The rest is enough, and a proved answer may be repeated, but not changed.
    let rest =
        json!({"premises": "样例市样例路2号", "items": ["热食类食品制售"], "domicile": "样例市样例路1号"});
    let wrong = with(rest.clone(), &json!({"domicile": "别处"}));
    let refused = apply(&service, LEAD, &restaurant(&wrong)).await;
    assert_eq!(refused.refused(), (409, "proved-otherwise".into(), json!("/answers/domicile")));
    assert!(refused.text().contains(licence.as_str().unwrap()) && !refused.text().contains("样例路1号"));
    // The licence is named to its issuer alone.
    let elsewhere = apply(&service, "housing", &restaurant(&wrong)).await;
    assert_eq!(elsewhere.problem(), "proved-otherwise");
    assert!(!elsewhere.text().contains(licence.as_str().unwrap()), "{}", elsewhere.text());
    let spare = with(rest.clone(), &json!({"scope": "餐饮服务"}));
    assert_eq!(
        apply(&service, LEAD, &restaurant(&spare)).await.refused(),
        (422, "invalid-claim".into(), json!("/answers/scope"))
    );
    let taken = applied(&service, LEAD, &restaurant(&rest)).await;
    assert_eq!(states(&taken), ["held", "case"]);
    assert_eq!(taken["parts"][0]["licence"], licence);
    let case = taken["parts"][1]["case"].as_str().unwrap();
    let filed = service.ask(Method::GET, &format!("/v1/cases/{case}")).token(LEAD).send().await.json();
    assert_eq!(filed["application"]["claims"]["responsible_person"], "李样例");
    // A second licence that says otherwise proves nothing together with the first: it is asked again.
    let second = json!({
        "type": "business-licence", "holders": holders(), "valid_from": "2026-11-22",
        "claims": {"established": "2026-11-22", "legal_representative": "王样例", "address": "样例市样例路1号"},
    });
    service.issue(&second).await;
    let form = dry(&ask).await.json();
    assert_eq!(questions(&form["prefilled"]), ["domicile"]);
    assert!(questions(&form["unanswered"]).contains(&"person-in-charge"));
    service.check_ledger().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_where_it_stands_and_enters_nothing() {
    let service = Service::found();
    let before = entries(&service).await;
    let changed = |change: Value| restaurant(&with(answers(), &change));
    for (body, expected) in [
        (restaurant(&json!({"scope": "餐饮服务"})), (422, "unanswered", json!("/answers/established"))),
        (changed(json!({"items": null})), (422, "unanswered", json!("/answers/items"))),
        (changed(json!({"colour": "red"})), (422, "unknown-field", json!("/answers/colour"))),
        (changed(json!({"items": ["冰淇淋"]})), (422, "invalid-claim", json!("/answers/items/0"))),
        (
            changed(json!({"established": "2026-11-31"})),
            (422, "invalid-claim", json!("/answers/established")),
        ),
        // A day that is one, and that the business licence may not begin on.
        (changed(json!({"established": "2027-11-22"})), (422, "validity", json!("/answers/established"))),
        (
            with(restaurant(&answers()), &json!({"matter": "open-a-bank"})),
            (422, "invalid-claim", json!("/matter")),
        ),
        (with(restaurant(&answers()), &json!({"region": "440100"})), (403, "no-power", json!("/region"))),
        (with(restaurant(&answers()), &json!({"surprise": 1})), (422, "unknown-field", json!("/surprise"))),
        (
            with(
                restaurant(&answers()),
                &json!({"holders": [{"name": "样例", "code": "91430700MA4PBKBQ49", "code_type": "001"}]}),
            ),
            (422, "check-digit", json!("/holders/0/code")),
        ),
        (
            json!({"matter": "open-a-restaurant", "holder": {"name": "样例", "code": FIRM, "code_type": "111"}, "answers": answers()}),
            (422, "invalid-claim", json!("/holder/code_type")),
        ),
    ] {
        let (status, slug, pointer) = expected;
        let answered = apply(&service, LEAD, &body).await;
        assert_eq!(answered.refused(), (status, slug.to_owned(), pointer), "{body}");
    }
    let unanswered = apply(&service, LEAD, &restaurant(&json!({}))).await.json();
    let all = ["established", "person-in-charge", "premises", "items"].map(|slug| format!("/answers/{slug}"));
    assert_eq!(unanswered["unanswered"], json!(all));
    assert_eq!(entries(&service).await, before);
    assert_eq!(
        service.ask(Method::GET, "/v1/matters/waiting").token(LEAD).send().await.json()["items"],
        json!([])
    );
    let operator =
        service.ask(Method::POST, "/v1/matters").token("operator").json(&restaurant(&answers())).send().await;
    assert_eq!(operator.problem(), "not-yours");
    service.check_ledger().await;
}

#[tokio::test]
async fn a_part_waits_for_the_department_that_knows_it() {
    let service = Service::found();
    let pack = json!({
        "matter": "small-firm-pack", "holders": holders(),
        "answers": {"established": "2026-11-22", "legal-representative": "李样例", "issued-for": "参加投标"},
    });
    // Another department's window takes it: nothing is issued there.
    let taken = applied(&service, "civil-affairs", &pack).await;
    let matter = &taken["matter"];
    assert_eq!(states(&taken), ["waiting", "waiting", "waiting"]);
    assert_eq!(taken["parts"][1]["waits_for"], json!(["business-licence"]));
    let waiting = |token: &'static str| {
        let service = &service;
        async move {
            service.ask(Method::GET, "/v1/matters/waiting").token(token).send().await.json()["items"].clone()
        }
    };
    let listed = waiting("tax").await;
    assert_eq!(listed[0]["matter"], *matter);
    assert_eq!((&listed[0]["code"], &listed[0]["parts"][0]["application"]), (&Value::Null, &Value::Null));
    assert_eq!(listed[0]["parts"][1]["application"]["holders"], holders());
    let payments = json!({"claims": {
        "payments": [{"tax": "增值税", "period_from": "2026-07-01", "period_until": "2026-09-30", "paid_on": "2026-10-12", "amount": "12345.60"}],
        "total": "12345.60",
    }});
    // Not before the business licence; not by another; not without what is to be supplied.
    let early = supply(&service, "tax", matter, "tax-payment", &payments).await;
    assert_eq!((early.status.as_u16(), early.problem().as_str()), (409, "illegal-transition"));
    assert_eq!(supply(&service, "tax", matter, "business-licence", &json!({})).await.problem(), "not-yours");
    assert_eq!(
        supply(&service, "education", matter, "business-licence", &json!({})).await.problem(),
        "not-yours"
    );
    assert_eq!(supply(&service, LEAD, matter, "driving-licence", &json!({})).await.problem(), "not-found");
    let other = json!({"claims": {"legal_representative": "王样例"}});
    assert_eq!(
        supply(&service, LEAD, matter, "business-licence", &other).await.refused(),
        (422, "invalid-claim".into(), json!("/claims/legal_representative"))
    );
    let dry = format!("/v1/matters/{}/licences/business-licence?dry_run=true", matter.as_str().unwrap());
    let dry = service.post(LEAD, &dry, &json!({"licence_number": "湘(2026)1号"})).await;
    assert_eq!(states(&dry.json()), ["waiting", "waiting", "waiting"]);
    // What is taken at the window is issued as soon as its department looks at it: nothing is left to supply.
    let done =
        supply(&service, LEAD, matter, "11100000MB0143028R001", &json!({"licence_number": "湘(2026)1号"}))
            .await;
    assert_eq!(states(&done.json()), ["issued", "waiting", "waiting"]);
    let again =
        supply(&service, LEAD, matter, "business-licence", &json!({"licence_number": "湘(2026)1号"})).await;
    assert_eq!(again.json()["parts"][0]["licence"], done.json()["parts"][0]["licence"]);
    assert_eq!(
        supply(&service, LEAD, matter, "business-licence", &json!({})).await.problem(),
        "illegal-transition"
    );
    let missing = supply(&service, "tax", matter, "tax-payment", &json!({})).await;
    assert_eq!(missing.refused(), (422, "invalid-claim".into(), json!("/claims/payments")));
    let paid = supply(&service, "tax", matter, "tax-payment", &payments).await;
    assert_eq!(paid.status, StatusCode::OK, "{}", paid.text());
    assert_eq!(states(&paid.json()), ["issued", "issued", "waiting"]);
    assert_eq!(waiting("tax").await, json!([]));
    let insured = json!({"claims": {"insurances": [{"insurance": "企业职工基本养老保险", "state": "参保缴费", "insured_since": "2026-11-01"}]}});
    let insured = supply(&service, "human-resources", matter, "social-insurance", &insured).await;
    assert_eq!(insured.status, StatusCode::OK, "{}", insured.text());
    let whole = shown(&service, "civil-affairs", matter).await.json();
    assert_eq!(states(&whole), ["issued", "issued", "issued"]);
    let path = format!("/v1/licences/{}/credential", whole["parts"][2]["licence"].as_str().unwrap());
    let credential = service.ask(Method::GET, &path).token("human-resources").send().await;
    let report = service.verify(&json!({"evidence": credential.text()})).await;
    assert_eq!(report["licence"]["claims"]["issued_for"], "参加投标");
    let audited = shown(&service, "auditor", matter).await.json();
    assert_eq!((&audited["number"], &audited["unanswered"]), (&Value::Null, &json!([])));
    assert_eq!(shown(&service, "education", matter).await.problem(), "not-yours");
    assert_eq!(shown(&service, "operator", matter).await.problem(), "not-yours");
    assert_eq!(shown(&service, LEAD, &json!("nothing")).await.problem(), "not-found");
    service.check_ledger().await;
}

#[tokio::test]
async fn one_key_is_one_application() {
    let service = Service::found();
    let send = |body: Value| {
        let ask = service.ask(Method::POST, "/v1/matters").token(LEAD).header("idempotency-key", "k-1");
        ask.json(&body).send()
    };
    let first = send(restaurant(&answers())).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let size = entries(&service).await;
    let second = send(restaurant(&answers())).await;
    assert_eq!((second.status, second.json()), (StatusCode::CREATED, first.json()));
    assert_eq!(entries(&service).await, size);
    let other = send(restaurant(&with(answers(), &json!({"premises": "别处"})))).await;
    assert_eq!(other.problem(), "idempotency-conflict");
    service.check_ledger().await;
}

#[tokio::test]
async fn what_the_window_applied_for_goes_on_when_the_licence_is_there() {
    let service = Service::found();
    let taken = applied(&service, "civil-affairs", &restaurant(&answers())).await;
    let matter = &taken["matter"];
    assert_eq!(states(&taken), ["waiting", "waiting"]);
    let early = supply(&service, LEAD, matter, "food-operation-licence", &json!({})).await;
    assert_eq!(early.problem(), "illegal-transition");
    // Issued apart from the application: it is there all the same.
    registered(&service).await;
    let gone_on = supply(&service, "civil-affairs", matter, "food-operation-licence", &json!({})).await;
    assert_eq!(gone_on.status, StatusCode::OK, "{}", gone_on.text());
    assert_eq!(states(&gone_on.json()), ["held", "case"]);
    let department = gone_on.json()["parts"][1]["department"].clone();
    assert_eq!(department, "11430700MB0000035Y");
    service.check_ledger().await;
}

#[tokio::test]
async fn an_applicant_follows_everything_by_one_number() {
    let service = Service::found();
    let taken = applied(&service, LEAD, &restaurant(&answers())).await;
    let path = format!("/track/{}", taken["number"].as_str().unwrap());
    let follow =
        |path: String, code: Value| service.ask(Method::POST, &path).json(&json!({"code": code})).send();
    let seen = follow(path.clone(), taken["code"].clone()).await;
    assert_eq!((seen.status, seen.json()), (StatusCode::OK, taken.clone()));
    let food = &taken["parts"][1];
    let case = follow(format!("/track/{}", food["number"].as_str().unwrap()), food["code"].clone()).await;
    assert_eq!(case.json()["case"], food["case"]);
    for (path, code) in [
        (path.clone(), json!("ABCD-EFGH")),
        (path.clone(), food["code"].clone()),
        (format!("/track/{}", food["number"].as_str().unwrap()), taken["code"].clone()),
    ] {
        assert_eq!(follow(path, code).await.problem(), "not-found");
    }
    for (lang, words) in [
        ("zh", ["开餐馆", "食品经营许可证", "已签发"]),
        ("en", ["Open a restaurant", "Food operation licence", "issued"]),
    ] {
        let page = service.ask(Method::POST, &format!("/{lang}{path}")).header("accept", "text/html");
        let page = page.json(&json!({"code": taken["code"]})).send().await;
        assert!(words.iter().all(|word| page.text().contains(word)), "{}", page.text());
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn what_can_be_applied_for_is_public() {
    let service = Service::found();
    let listed = service.get("/v1/matters").await.json();
    let items = listed["items"].as_array().unwrap();
    assert_eq!(
        items.iter().map(|item| &item["matter"]).collect::<Vec<_>>(),
        ["open-a-restaurant", "small-firm-pack"]
    );
    let licences = &items[0]["licences"];
    assert_eq!((&licences[0]["direct"], &licences[1]["direct"]), (&json!(true), &json!(false)));
    assert_eq!(licences[1]["promised_working_days"], 10);
    let domicile =
        items[0]["questions"].as_array().unwrap().iter().find(|one| one["question"] == "domicile").unwrap();
    assert_eq!(domicile["proved_by"], json!(["business-licence#/claims/address"]));
    service.check_ledger().await;
}

#[tokio::test]
async fn what_was_entered_before_a_crash_is_found_and_not_entered_twice() {
    let (service, store) = Service::found_on_memory();
    let taken = applied(&service, "civil-affairs", &restaurant(&answers())).await;
    let matter = &taken["matter"];
    let row = Row::Matter(matter.as_str().unwrap().parse().unwrap());
    let before = store.get(&row).unwrap().unwrap();
    let done = supply(&service, LEAD, matter, "business-licence", &json!({})).await.json();
    assert_eq!(states(&done), ["issued", "case"]);
    let size = entries(&service).await;
    // As if everything had stopped after the entries, and before it was kept that they are there.
    store.put(vec![Write::set(row, before)]).unwrap();
    // The ledger knows of it even so.
    assert_eq!(states(&shown(&service, LEAD, matter).await.json()), ["issued", "case"]);
    let healed = supply(&service, LEAD, matter, "business-licence", &json!({})).await.json();
    for member in ["licence", "case"] {
        assert_eq!(healed["parts"][0][member], done["parts"][0][member]);
        assert_eq!(healed["parts"][1][member], done["parts"][1][member]);
    }
    assert_eq!(entries(&service).await, size);
    service.check_ledger().await;
}
