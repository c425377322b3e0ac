//! One source a fact (谁采集谁负责, 一源多用) over HTTP: what another department is the source of is proved by its valid
//! licences, filled in where it is left out, and refused where they say otherwise. The sample's constructors are
//! registered by the housing department, under their identity attestation and their employer's business licence.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::officers::Officer;
use support::{Service, with};

const HOUSING: &str = "housing";
const POLICE: &str = "public-security";
const MARKET: &str = "market-regulation";
const PERSON: &str = "11010519491231002X";
const FIRM: &str = "91430700MA4PBKBQ48";

fn attestation(name: &str, code: &str, born: &str) -> Value {
    json!({
        "type": "identity-attestation", "holders": [{"name": name, "code": code, "code_type": "111"}],
        "claims": {"sex": "女", "birth_date": born}, "valid_from": "2026-11-22", "valid_until": "2027-10-31",
    })
}

fn firm(name: &str) -> Value {
    json!({
        "type": "business-licence", "holders": [{"name": name, "code": FIRM, "code_type": "001"}],
        "claims": {"established": "2020-02-29", "address": "样例路1号", "legal_representative": "李样例"},
        "valid_from": "2020-02-29", "valid_until": null,
    })
}

/// An application that says everything.
fn application() -> Value {
    json!({
        "type": "constructor-registration",
        "holders": [{"name": "王样例", "code": PERSON, "code_type": "111"}],
        "claims": {
            "class": "二级", "specialities": [{"speciality": "建筑工程", "valid_until": "2029-11-20"}],
            "registration_number": "湘2430700000001", "employer": "样例建设有限公司", "employer_code": FIRM,
            "sex": "女", "birth_date": "1949-12-31",
        },
    })
}

/// The same with one claim changed, or left out where it is null.
fn claiming(name: &str, value: Value) -> Value {
    let mut changed = application();
    changed["claims"][name] = value;
    changed
}

async fn issued(service: &Service, department: &str, body: &Value) -> String {
    let answered = service.post(department, "/v1/licences", body).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
    answered.json()["handle"].as_str().unwrap().to_owned()
}

async fn act(service: &Service, department: &str, handle: &str, act: &str, more: &Value) {
    let body = with(json!({"reason": "依申请"}), more);
    let answered = service.post(department, &format!("/v1/licences/{handle}/{act}"), &body).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text());
}

/// Both proofs, as the sources issue them: of the person, of the employer.
async fn proofs(service: &Service) -> (String, String) {
    let person = issued(service, POLICE, &attestation("王样例", PERSON, "1949-12-31")).await;
    (person, issued(service, MARKET, &firm("样例建设有限公司")).await)
}

async fn refused(service: &Service, body: &Value) -> (u16, String, Value) {
    let dry = service.post(HOUSING, "/v1/cases?dry_run=true", body).await.refused();
    let answered = service.post(HOUSING, "/v1/cases", body).await.refused();
    assert_eq!(dry, answered, "a dry run is refused as the request is");
    answered
}

async fn filed(service: &Service, body: &Value) -> Value {
    let answered = service.post(HOUSING, "/v1/cases", body).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
    answered.json()
}

async fn shown(service: &Service, token: &str, path: &str) -> Value {
    service.ask(Method::GET, path).token(token).send().await.json()
}

struct Staff {
    intake: Officer,
    examiner: Officer,
    signers: [Officer; 2],
}

async fn staffed(service: &Service) -> Staff {
    let signer = |name| Officer::appointed(service, HOUSING, name, &["signer"]);
    Staff {
        intake: Officer::appointed(service, HOUSING, "intake", &["intake"]).await,
        examiner: Officer::appointed(service, HOUSING, "examiner", &["examiner"]).await,
        signers: [signer("signer 1").await, signer("signer 2").await],
    }
}

impl Staff {
    /// Brings a case to where it is to be decided.
    async fn examined(&self, service: &Service, body: &Value) -> String {
        let case = filed(service, body).await["case"].as_str().unwrap().to_owned();
        self.intake.takes(service, &case, "accept", &json!({})).await;
        let opinion = json!({"opinion": "grant", "reason": "材料齐全"});
        self.examiner.takes(service, &case, "examine", &opinion).await;
        case
    }

    /// Decides, and has both signers approve.
    async fn approved(&self, service: &Service, case: &str) {
        self.signers[0].takes(service, case, "decide", &granted()).await;
        for signer in &self.signers {
            assert_eq!(signer.approve(service, case).await.status, StatusCode::OK);
        }
    }
}

fn granted() -> Value {
    json!({"outcome": "granted", "reason": "准予注册"})
}

#[tokio::test]
async fn what_is_left_out_is_filled_in_and_what_proved_it_is_kept() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let (person, employer) = proofs(&service).await;
    let mut sparse = application();
    sparse["holders"][0].as_object_mut().unwrap().remove("name");
    for name in ["employer", "sex", "birth_date"] {
        sparse["claims"].as_object_mut().unwrap().remove(name);
    }
    let expected = json!({
        "/claims/employer": employer, "/holders/0/name": person, "/claims/sex": person, "/claims/birth_date": person,
    });
    let dry = service.post(HOUSING, "/v1/cases?dry_run=true", &sparse).await.json();
    assert_eq!((&dry["sources"], &dry["flags"]), (&expected, &json!([])));
    let case = staff.examined(&service, &sparse).await;
    let path = format!("/v1/cases/{case}");
    let seen = shown(&service, HOUSING, &path).await;
    assert_eq!(seen["application"]["claims"], application()["claims"]);
    assert_eq!(seen["application"]["holders"], application()["holders"]);
    assert_eq!(seen["sources"], expected);
    let auditor = shown(&service, "auditor", &path).await;
    assert_eq!((&auditor["sources"], &auditor["flags"]), (&Value::Null, &Value::Null));

    staff.approved(&service, &case).await;
    let done = service.post(HOUSING, &format!("{path}/issue"), &json!({})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let licence = &done.json()["issued"];
    let report = service.verify(&json!({"evidence": licence["credential"]})).await;
    assert_eq!(report["verdict"], "valid", "{report:#}");
    assert_eq!(report["licence"]["claims"]["employer"], "样例建设有限公司");
    // What proved it is the issuer's to see, and in no credential.
    assert!(!report.to_string().contains(&person));
    let path = format!("/v1/licences/{}", licence["handle"].as_str().unwrap());
    assert_eq!(shown(&service, HOUSING, &path).await["sources"], expected);
    assert_eq!(shown(&service, "auditor", &path).await["sources"], Value::Null);
    service.check_ledger().await;
}

#[tokio::test]
async fn what_no_valid_licence_of_the_source_proves_is_refused() {
    let service = Service::found();
    let unproved = |pointer: &str| (422, "unproved".to_owned(), json!(pointer));
    assert_eq!(refused(&service, &application()).await, unproved("/claims/employer"));
    let employer = issued(&service, MARKET, &firm("样例建设有限公司")).await;
    // Another person's attestation is none.
    issued(&service, POLICE, &attestation("王样例", "430702199001010035", "1990-01-01")).await;
    assert_eq!(refused(&service, &application()).await, unproved("/holders/0/name"));
    let told = service.post(HOUSING, "/v1/cases", &application()).await.json()["detail"].to_string();
    assert!(told.contains("样例市公安局") && told.contains("居民身份证明"), "{told}");

    // One of a department that has the power and is not the source is none either.
    let power = json!({
        "type": "identity-attestation", "basis": {"zh": "甲", "en": "a"},
        "responsibility": {
            "office": {"zh": "科", "en": "office"}, "promised": {"working_days": 0},
            "complaints": {"zh": "电话", "en": "telephone"},
        },
    });
    let wish = json!({"grant_powers": {"department": "civil-affairs", "powers": [power]}});
    let begun = service.post("operator", "/v1/operator/ceremonies", &wish).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.text());
    let foreign = issued(&service, "civil-affairs", &attestation("王样例", PERSON, "1949-12-31")).await;
    assert_eq!(refused(&service, &application()).await, unproved("/holders/0/name"));

    let person = issued(&service, POLICE, &attestation("王样例", PERSON, "1949-12-31")).await;
    let naming = |place: &str, handle: &str| with(application(), &json!({"sources": {place: handle}}));
    for handle in [&foreign, &employer] {
        let named = naming("/holders/0/name", handle);
        assert_eq!(refused(&service, &named).await, unproved("/sources/~1holders~10~1name"));
    }
    let left_out = with(claiming("sex", Value::Null), &json!({"sources": {"/claims/sex": employer}}));
    assert_eq!(refused(&service, &left_out).await, unproved("/sources/~1claims~1sex"));
    for (place, handle, slug, pointer) in [
        ("/claims/class", person.as_str(), "unknown-field", "/sources/~1claims~1class"),
        ("/claims/sex", "nobody", "invalid-claim", "/sources/~1claims~1sex"),
    ] {
        let expected = (422, slug.to_owned(), json!(pointer));
        assert_eq!(refused(&service, &naming(place, handle)).await, expected);
    }
    filed(&service, &naming("/holders/0/name", &person)).await;
    // Whose employer, if the code is left out?
    assert_eq!(
        refused(&service, &claiming("employer_code", Value::Null)).await,
        unproved("/claims/employer_code")
    );
    // What the type does not ask for and nobody claims need not be proved.
    act(&service, POLICE, &person, "suspend", &json!({})).await;
    assert_eq!(refused(&service, &application()).await, unproved("/holders/0/name"));
    // A passport's holder has no attestation: nothing is asked for that cannot be had.
    let mut passport = application();
    passport["holders"][0] = json!({"name": "John Sample", "code": "E12345678", "code_type": "414"});
    filed(&service, &passport).await;
    service.check_ledger().await;
}

#[tokio::test]
async fn what_the_source_says_otherwise_of_is_refused() {
    let service = Service::found();
    let (person, employer) = proofs(&service).await;
    for (name, value) in [("sex", "男"), ("birth_date", "1950-01-01"), ("employer", "别家建设有限公司")]
    {
        let expected = (409, "contradiction".to_owned(), json!(format!("/claims/{name}")));
        let body = claiming(name, json!(value));
        assert_eq!(refused(&service, &body).await, expected);
        // Another's licence is named by its type, and says nothing here.
        let told = service.post(HOUSING, "/v1/cases", &body).await.text().to_owned();
        for secret in [&person, &employer, "1949-12-31", "样例建设"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
    // Two valid licences of the employer that say different names: neither counts before one of them is ended.
    let second = issued(&service, MARKET, &firm("新名建设有限公司")).await;
    let expected = (409, "contradiction".to_owned(), json!("/claims/employer"));
    assert_eq!(refused(&service, &application()).await, expected);
    assert_eq!(refused(&service, &claiming("employer", Value::Null)).await, expected);
    act(&service, MARKET, &second, "end", &json!({"act": "cancelled"})).await;
    filed(&service, &application()).await;
    let metrics = service.get("/metrics").await;
    assert!(metrics.text().contains("fact=\"birth-date\",outcome=\"refused\"} 2"), "{}", metrics.text());
    service.check_ledger().await;
}

#[tokio::test]
async fn a_source_that_ends_meanwhile_proves_no_more() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let (person, employer) = proofs(&service).await;
    let case = staff.examined(&service, &application()).await;
    // Suspended between filing and decision; reinstated, it proves again.
    act(&service, POLICE, &person, "suspend", &json!({})).await;
    let gone = staff.signers[0].prepare(&service, &case, "decide", &granted()).await;
    assert_eq!((gone.status.as_u16(), gone.problem().as_str()), (409, "outdated"));
    assert!(gone.text().contains(&person), "{}", gone.text());
    act(&service, POLICE, &person, "reinstate", &json!({})).await;
    staff.approved(&service, &case).await;

    // Ended between decision and issue: another licence that says the same is not the one that was decided by.
    act(&service, MARKET, &employer, "end", &json!({"act": "cancelled"})).await;
    let path = format!("/v1/cases/{case}");
    let second = issued(&service, MARKET, &firm("样例建设有限公司")).await;
    for query in ["?dry_run=true", ""] {
        let gone = service.post(HOUSING, &format!("{path}/issue{query}"), &json!({})).await;
        assert_eq!((gone.status.as_u16(), gone.problem().as_str()), (409, "outdated"), "{}", gone.text());
    }
    staff.approved(&service, &case).await;
    let done = service.post(HOUSING, &format!("{path}/issue"), &json!({})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert_eq!(done.json()["sources"]["/claims/employer"], second);
    service.check_ledger().await;
}

#[tokio::test]
async fn supplying_judges_anew() {
    let service = Service::found();
    let staff = staffed(&service).await;
    let (person, _) = proofs(&service).await;
    let case = filed(&service, &application()).await["case"].as_str().unwrap().to_owned();
    staff.intake.takes(&service, &case, "ask", &json!({"reason": "姓名有误"})).await;
    act(&service, POLICE, &person, "end", &json!({"act": "annulled"})).await;
    let renamed = issued(&service, POLICE, &attestation("王新名", PERSON, "1949-12-31")).await;
    let path = format!("/v1/cases/{case}/supply");
    let same = service.post(HOUSING, &path, &json!({"reference": "1"})).await;
    assert_eq!(same.refused(), (422, "unknown-field".into(), json!("/reference")));
    let same = service.post(HOUSING, &path, &json!({"valid_from": "2026-11-23"})).await;
    assert_eq!(same.refused(), (409, "contradiction".into(), json!("/holders/0/name")));
    let corrected = json!({"holder": {"code": PERSON, "code_type": "111"}});
    let supplied = service.post(HOUSING, &path, &corrected).await;
    assert_eq!(supplied.status, StatusCode::OK, "{}", supplied.text());
    assert_eq!(supplied.json()["sources"]["/holders/0/name"], renamed);
    let seen = shown(&service, HOUSING, &format!("/v1/cases/{case}")).await;
    assert_eq!(seen["application"]["holder"]["name"], "王新名");
    service.check_ledger().await;
}

/// The market regulator is the source of both licences, so nothing must be proved; what it has said before is shown to whoever
/// decides.
#[tokio::test]
async fn a_contradiction_may_be_flagged() {
    let service = Service::found();
    let business = issued(&service, MARKET, &firm("样例餐饮有限公司")).await;
    let restaurant = json!({
        "type": "food-operation-licence",
        "holders": [{"name": "样例市小满餐饮店", "code": FIRM, "code_type": "001"}],
        "claims": {
            "operator_kind": "餐饮服务经营者", "items": ["热食类食品制售"], "domicile": "样例路2号",
            "premises": "样例市样例路1号一楼",
        },
    });
    let answered = service.post(MARKET, "/v1/cases", &restaurant).await.json();
    let flag = |fact: &str, pointer: &str| json!({"code": "contradiction", "fact": fact, "pointer": pointer, "licence": business});
    let flags = json!([flag("organisation-name", "/holders/0/name"), flag("domicile", "/claims/domicile")]);
    assert_eq!(answered["flags"], flags);
    assert_eq!(answered["sources"], json!({"/claims/responsible_person": business}));
    let seen = shown(&service, HOUSING, &format!("/v1/cases/{}", answered["case"].as_str().unwrap())).await;
    assert_eq!(seen["flags"], flags, "who approves beside the lead sees it too");
    let track = format!("/track/{}", answered["number"].as_str().unwrap());
    let code = json!({"code": answered["code"]});
    let told = service
        .ask(Method::POST, &track)
        .header("accept", "application/json")
        .json(&code)
        .send()
        .await
        .json();
    assert_eq!((&told["flags"], &told["sources"]), (&Value::Null, &Value::Null));
    // Another window is not told; it is counted all the same.
    let elsewhere = service.post(HOUSING, "/v1/cases", &restaurant).await;
    assert_eq!((elsewhere.status, &elsewhere.json()["flags"]), (StatusCode::CREATED, &json!([])));
    service.clock.forward(Duration::from_hours(1));
    let metrics = service.get("/metrics").await;
    let counted = "vidimus_contradictions_total{fact=\"domicile\",outcome=\"flagged\"} 2";
    assert!(metrics.text().contains(counted), "{}", metrics.text());
    service.check_ledger().await;
}

#[tokio::test]
async fn the_catalogue_says_what_proves_what() {
    let service = Service::found();
    let constructor = service.get("/v1/types/constructor-registration").await.json();
    let used = constructor["facts_used"].as_array().unwrap();
    assert_eq!(used.len(), 4);
    assert_eq!(used[0]["of"], "/claims/employer_code");
    assert_eq!(used[0]["proved_by"], json!([{"type": "business-licence", "pointer": "/holders/0/name"}]));
    assert_eq!(constructor["facts_proved"], json!([]));
    let business = service.get("/v1/types/business-licence").await.json();
    assert_eq!(business["facts_proved"].as_array().unwrap().len(), 3);
    for (path, said) in [
        ("/zh/types/constructor-registration", "单位名称（营业执照）"),
        ("/en/types/identity-attestation", "Name of a person, Sex, Date of birth"),
    ] {
        let page = service.get(path).await;
        assert!(page.text().contains(said), "{path} does not say {said}");
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn a_code_alone_tells_no_other_department_whose_it_is() {
    let service = Service::found();
    proofs(&service).await;
    let elsewhere = "education";
    let mut sparse = application();
    for name in ["employer", "sex", "birth_date"] {
        sparse["claims"].as_object_mut().unwrap().remove(name);
    }
    let mut nameless = sparse.clone();
    nameless["holders"][0].as_object_mut().unwrap().remove("name");
    let refused = service.post(elsewhere, "/v1/cases?dry_run=true", &nameless).await;
    assert_eq!(refused.refused(), (422, "invalid-claim".into(), json!("/holders/0/name")));
    // A wrong guess at the name is all that is ever told of a wrong guess at the rest.
    let wrong = with(
        claiming("birth_date", json!("1950-01-01")),
        &json!({
            "holders": [{"name": "别人", "code": PERSON, "code_type": "111"}],
        }),
    );
    let refused = service.post(elsewhere, "/v1/cases?dry_run=true", &wrong).await;
    assert_eq!(refused.refused(), (409, "contradiction".into(), json!("/holders/0/name")));
    // Whoever knows the name files for him, and is not told by which licences it was proved.
    let filed = service.post(elsewhere, "/v1/cases", &sparse).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    assert_eq!((&filed.json()["sources"], &filed.json()["flags"]), (&json!({}), &json!([])));
    let case = format!("/v1/cases/{}", filed.json()["case"].as_str().unwrap());
    assert_eq!(shown(&service, HOUSING, &case).await["sources"].as_object().unwrap().len(), 4);
    service.check_ledger().await;
}
