//! Powers over HTTP after founding: granted, not yet begun, withdrawn; what each day's list says, what is refused outside
//! it, and what is not touched.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::{Answered, Service, business_licence, with};
use vidimus::authority::Hours;

const CEREMONIES: &str = "/v1/operator/ceremonies";
const LICENCES: &str = "/v1/licences";
const OWN: &str = "market-regulation";
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn responsibility() -> Value {
    json!({
        "office": {"zh": "民办教育科", "en": "Private Education Office"},
        "promised": {"working_days": 7},
        "complaints": {"zh": "电话 0700-5550199", "en": "Telephone 0700-5550199"},
    })
}

/// A power to issue business licences, as an operator asks for it.
fn power() -> Value {
    json!({
        "type": "business-licence",
        "basis": {"zh": "样例条例第一条", "en": "Sample regulations, article 1"},
        "responsibility": responsibility(),
    })
}

fn grant(department: &str, power: &Value) -> Value {
    json!({"grant_powers": {"department": department, "powers": [power]}})
}

async fn ceremony(service: &Service, wish: &Value) -> Answered {
    service.post("operator", CEREMONIES, wish).await
}

/// Enters it at once, as a sample does, and gives what it was about.
async fn entered(service: &Service, wish: &Value) -> Value {
    let answered = ceremony(service, wish).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
    let told = answered.json();
    assert_eq!(told["done"], true, "{told:#}");
    told["about"].clone()
}

/// The powers to issue business licences, as the list was at a time, or is.
async fn listed(service: &Service, at: Option<&str>) -> Vec<Value> {
    let at = at.map(|at| format!("?at={at}")).unwrap_or_default();
    let list = service.get(&format!("/v1/powers{at}")).await.json();
    let items = list["items"].as_array().unwrap().iter();
    items.filter(|item| item["type"] == "business-licence").cloned().collect()
}

fn now(service: &Service) -> String {
    use vidimus::values::time::Clock as _;
    service.clock.now().to_string()
}

#[tokio::test]
async fn a_power_is_granted_with_its_responsibility_and_lets_issue() {
    let service = Service::found();
    let refused = service.post("education", LICENCES, &business_licence()).await.refused();
    assert_eq!(refused, (403, "no-power".into(), json!("/type")));
    let tried = ceremony_dry(&service, &grant("education", &power())).await;
    assert_eq!((tried["done"].as_bool(), tried["ceremony"].as_str()), (Some(false), None), "a dry run");
    assert_eq!(listed(&service, None).await.len(), 1);

    service.clock.forward(SECOND);
    let about = entered(&service, &grant("education", &power())).await["grant_powers"].clone();
    assert_eq!((&about["department"], &about["types"]), (&json!("education"), &json!(["business-licence"])));
    let items = listed(&service, None).await;
    let granted = items.iter().find(|item| item["department"] == "education").unwrap();
    assert_eq!(granted["power"], about["powers"][0]);
    assert_eq!(granted["responsibility"], responsibility());
    assert_eq!(granted["basis"], power()["basis"]);
    assert_eq!((&granted["region"], &granted["region_level"]), (&json!("430700"), &json!("city")));
    assert_eq!((&granted["from"], &granted["until"]), (&json!("2026-11-22"), &Value::Null));
    assert!(items.iter().all(|item| item["responsibility"].is_object()), "the sample's have one too");
    // What the list says is public material of the entry, and no more than that.
    let entry = granted["since"]["index"].as_u64().unwrap();
    let entries = service.entries(entry + 1).await;
    let body: Value = serde_json::from_slice(entries.last().unwrap()).unwrap();
    let blob = body["body"]["basis"]["sha256"].as_str().unwrap();
    let blob = service.get(&format!("/ledger/blob/sha256/{blob}")).await.json();
    assert_eq!(blob["responsibility"], responsibility());
    for (lang, says) in
        [("zh", "民办教育科，7 个工作日内办结"), ("en", "Private Education Office, within 7 working days")]
    {
        for page in ["powers", "departments/education", "types/business-licence"] {
            let shown = service.get(&format!("/{lang}/{page}")).await;
            assert!(shown.text().contains(says), "{lang}/{page} does not say {says}");
            assert!(shown.text().contains("0700-5550199"), "{lang}/{page}");
        }
    }

    let issued = service.post("education", LICENCES, &business_licence()).await;
    assert_eq!(issued.status, StatusCode::CREATED, "{}", issued.text());
    let report = service.verify(&json!({"evidence": issued.json()["credential"]})).await;
    assert_eq!((&report["verdict"], &report["findings"][2]["result"]), (&json!("valid"), &json!("passed")));
    service.check_ledger().await;
}

async fn ceremony_dry(service: &Service, wish: &Value) -> Value {
    let answered = service.post("operator", &format!("{CEREMONIES}?dry_run=true"), wish).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text());
    answered.json()
}

/// 县级部门不得签发省级证照: a region reaches down the tree of GB/T 2260, never up or aside.
#[tokio::test]
async fn a_county_issues_neither_for_the_city_nor_for_the_province() {
    let service = Service::found();
    let county = json!({"department": {
        "slug": "dingcheng", "code": "11430700MB00001002", "region": "430702",
        "name": {"zh": "样例市鼎城区行政审批局", "en": "Dingcheng Administrative Approval Bureau"},
    }});
    entered(&service, &county).await;
    for (region, said) in
        [("430000", "430702"), ("430700", "430702"), ("430703", "430702"), ("100000", "430702")]
    {
        let answered =
            ceremony(&service, &grant("dingcheng", &with(power(), &json!({"region": region})))).await;
        let pointer = json!("/grant_powers/powers/0/region");
        assert_eq!(answered.refused(), (422, "invalid-claim".into(), pointer), "{region}");
        assert!(answered.text().contains(region) && answered.text().contains(said), "{}", answered.text());
    }
    entered(&service, &grant("dingcheng", &power())).await;
    let issue = async |region: Option<&str>| {
        let request = with(business_licence(), &json!({"region": region}));
        service.post("dingcheng", LICENCES, &request).await
    };
    assert_eq!(issue(None).await.status, StatusCode::CREATED, "in its own county");
    for region in ["430000", "430700", "430703", "440000"] {
        let refused = issue(Some(region)).await.refused();
        assert_eq!(refused, (403, "no-power".into(), json!("/region")), "{region}");
    }
    // The city's power covers its counties.
    let request = with(business_licence(), &json!({"region": "430702"}));
    assert_eq!(service.post(OWN, LICENCES, &request).await.status, StatusCode::CREATED);
    service.check_ledger().await;
}

#[tokio::test]
async fn a_power_from_tomorrow_is_none_today() {
    let service = Service::found();
    let days = json!({"from": "2026-11-23", "until": "2026-11-24"});
    entered(&service, &grant("education", &with(power(), &days))).await;
    assert_eq!(listed(&service, None).await.len(), 1, "not on today's list");
    let issue = async || service.post("education", LICENCES, &business_licence()).await;
    assert_eq!(issue().await.problem(), "no-power");
    // Midnight in 样例市 is 16:00 UTC.
    service.clock.forward(10 * HOUR - SECOND);
    assert_eq!(issue().await.problem(), "no-power", "one second before midnight");
    service.clock.forward(SECOND);
    assert_eq!(issue().await.status, StatusCode::CREATED, "from the first instant of its day");
    assert_eq!(listed(&service, None).await.len(), 2);
    service.clock.forward(48 * HOUR - SECOND);
    assert_eq!(issue().await.status, StatusCode::CREATED, "until the last of its last day");
    service.clock.forward(SECOND);
    assert_eq!(issue().await.problem(), "no-power", "it is over");
    assert_eq!(listed(&service, None).await.len(), 1);
    service.check_ledger().await;
}

#[tokio::test]
async fn a_withdrawn_power_does_not_touch_what_was_issued_while_it_stood() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let credential = json!({"evidence": issued["credential"]});
    let before = now(&service);
    service.clock.forward(SECOND);
    let withdrawal = json!({"withdraw_power": {"department": OWN, "type": "business-licence"}});
    let about = entered(&service, &withdrawal).await["withdraw_power"].clone();
    assert_eq!((&about["type"], &about["region"]), (&json!("business-licence"), &json!("430700")));
    service.clock.forward(SECOND);

    let refused = service.post(OWN, LICENCES, &business_licence()).await.refused();
    assert_eq!(refused, (403, "no-power".into(), json!("/type")));
    let report = service.verify(&credential).await;
    assert_eq!((&report["verdict"], &report["findings"][2]["result"]), (&json!("valid"), &json!("passed")));
    let earlier = service.verify(&with(credential, &json!({"at": before}))).await;
    assert_eq!(earlier["verdict"], "valid");
    // Its issuer still answers for it.
    let act = format!("{LICENCES}/{}/suspend", issued["handle"].as_str().unwrap());
    assert_eq!(service.post(OWN, &act, &json!({"reason": "检查"})).await.status, StatusCode::OK);

    assert_eq!(listed(&service, None).await, Vec::<Value>::new());
    let then = listed(&service, Some(&before)).await;
    assert_eq!((then.len(), &then[0]["power"]), (1, &about["power"]), "as it stood then");

    // Counted, for everybody to see and nobody to change.
    service.clock.forward(HOUR);
    assert_eq!(service.authority.enter_refusals(Hours::Over).await.unwrap(), 1);
    let entries = service.entries(service.authority.published().range.size()).await;
    let last: Value = serde_json::from_slice(entries.last().unwrap()).unwrap();
    let published = service.authority.published();
    let own = published.charter.department_by_slug(&OWN.parse().unwrap()).unwrap();
    let row =
        json!({"count": 1, "department": own.value.code, "reason": "no-power", "type": "business-licence"});
    assert_eq!((&last["kind"], &last["body"]["counts"]), (&json!("refusals.counted"), &json!([row])));

    // Granted again, under a new id and with nothing of the old.
    entered(&service, &grant(OWN, &power())).await;
    assert_eq!(service.post(OWN, LICENCES, &business_licence()).await.status, StatusCode::CREATED);
    let again = listed(&service, None).await;
    assert!(again.len() == 1 && again[0]["power"] != about["power"], "{again:#?}");
    service.check_ledger().await;
}

#[tokio::test]
async fn a_grant_that_cannot_be_is_told_why() {
    let service = Service::found();
    let size = service.authority.published().range.size();
    let changed = |changes: &Value| grant("education", &with(power(), changes));
    let at = |below: &str| json!(format!("/grant_powers{below}"));
    for (wish, slug, pointer) in [
        (grant("fisheries", &power()), "invalid-claim", at("/department")),
        (changed(&json!({"type": "fishing-licence"})), "invalid-claim", at("/powers/0/type")),
        (changed(&json!({"region": "110000"})), "invalid-claim", at("/powers/0/region")),
        (changed(&json!({"region": "43"})), "invalid-claim", at("/powers/0/region")),
        (
            changed(&json!({"from": "2026-12-02", "until": "2026-12-01"})),
            "invalid-claim",
            at("/powers/0/until"),
        ),
        (changed(&json!({"until": "2026-11-21"})), "invalid-claim", at("/powers/0/until")),
        (changed(&json!({"until": "2026-02-30"})), "validity", at("/powers/0/until")),
        (changed(&json!({"basis": null})), "invalid-claim", at("/powers/0/basis")),
        (changed(&json!({"basis": {"zh": "甲"}})), "invalid-claim", at("/powers/0/basis/en")),
        (changed(&json!({"responsibility": null})), "invalid-claim", at("/powers/0/responsibility")),
        (changed(&json!({"colour": "red"})), "unknown-field", at("/powers/0/colour")),
        (grant(OWN, &power()), "invalid-claim", at("/powers/0")),
        (json!({"grant_powers": {"department": "education", "powers": []}}), "invalid-claim", at("/powers")),
        (
            json!({"grant_powers": {"department": "education", "powers": [power(), power()]}}),
            "invalid-claim",
            at("/powers/1"),
        ),
    ] {
        let answered = ceremony(&service, &wish).await;
        assert_eq!(answered.refused(), (422, slug.into(), pointer), "{wish:#}: {}", answered.text());
    }
    for (member, value, below) in [
        ("office", Value::Null, "/office"),
        ("office", json!({"zh": "科", "en": ""}), "/office/en"),
        ("complaints", json!("12345"), "/complaints"),
        ("promised", json!({}), "/promised/working_days"),
        ("promised", json!({"working_days": 366}), "/promised/working_days"),
        ("promised", json!({"working_days": -1}), "/promised/working_days"),
        ("promised", json!({"working_days": 1.5}), "/promised/working_days"),
        ("promised", json!({"hours": 1}), "/promised/hours"),
        ("motto", json!("x"), "/motto"),
    ] {
        let mut duty = responsibility();
        duty[member] = value.clone();
        let answered = ceremony(&service, &changed(&json!({"responsibility": duty}))).await;
        let (status, _, pointer) = answered.refused();
        let expected = at(&format!("/powers/0/responsibility{below}"));
        assert_eq!((status, pointer), (422, expected), "{member} {value}: {}", answered.text());
    }
    // A department cannot grant itself anything, nor can a reader.
    for token in ["education", "auditor"] {
        let answered = service.post(token, CEREMONIES, &grant("education", &power())).await;
        assert_eq!(answered.problem(), "not-yours");
    }
    assert_eq!(service.authority.published().range.size(), size, "nothing was entered");
    service.check_ledger().await;
}

#[tokio::test]
async fn a_withdrawal_means_exactly_one_power() {
    let service = Service::found();
    let county = with(power(), &json!({"region": "430702"}));
    let about = entered(&service, &grant(OWN, &county)).await;
    let second = about["grant_powers"]["powers"][0].clone();
    let withdraw = |which: Value| json!({"withdraw_power": which});
    let own = json!({"department": OWN, "type": "business-licence"});
    let size = service.authority.published().range.size();
    for (which, slug, pointer) in [
        (json!({"power": "p-0000000000000000"}), "invalid-claim", "/withdraw_power/power"),
        (json!({"power": "P 1"}), "invalid-claim", "/withdraw_power/power"),
        (json!({}), "invalid-claim", "/withdraw_power/department"),
        (json!({"department": OWN}), "invalid-claim", "/withdraw_power/type"),
        (with(own.clone(), &json!({"department": "nobody"})), "invalid-claim", "/withdraw_power/department"),
        (with(own.clone(), &json!({"type": "tax-payment"})), "invalid-claim", "/withdraw_power"),
        (with(own.clone(), &json!({"region": "430703"})), "invalid-claim", "/withdraw_power"),
        (with(own.clone(), &json!({"power": second})), "invalid-claim", "/withdraw_power/department"),
        (with(own.clone(), &json!({"reason": "x"})), "unknown-field", "/withdraw_power/reason"),
    ] {
        let answered = ceremony(&service, &withdraw(which.clone())).await;
        assert_eq!(answered.refused(), (422, slug.into(), json!(pointer)), "{which}: {}", answered.text());
    }
    let several = ceremony(&service, &withdraw(own.clone())).await;
    assert_eq!(several.refused(), (422, "invalid-claim".into(), json!("/withdraw_power")));
    let (first, text) = (listed(&service, None).await, several.text());
    assert!(first.iter().all(|item| text.contains(item["power"].as_str().unwrap())), "{text}");
    assert_eq!(service.authority.published().range.size(), size, "nothing was entered");

    let about = entered(&service, &withdraw(with(own.clone(), &json!({"region": "430702"})))).await;
    assert_eq!(about["withdraw_power"]["power"], second, "the one in that region");
    let again = ceremony(&service, &withdraw(json!({"power": second}))).await;
    assert_eq!(again.refused(), (422, "invalid-claim".into(), json!("/withdraw_power/power")));
    assert!(again.text().contains("2026-11-22T06:00:00.000Z"), "{}", again.text());
    entered(&service, &withdraw(own)).await;
    assert!(listed(&service, None).await.is_empty());
    service.check_ledger().await;
}
