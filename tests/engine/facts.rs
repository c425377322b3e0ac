//! What valid licences of the source department prove for another licence, and what does not.

use serde_json::{Map, Value, json};
use vidimus::authority::{ActWish, Authority, Proved, Subject, Verb};
use vidimus::catalogue::Catalogue;
use vidimus::values::identifiers::{CreditCode, Handle};
use vidimus::values::time::Clock as _;

use crate::bench::{Bench, check_ledger, issue};

const PERSON: &str = "11010519491231002X";
const FIRM: &str = "91430700MA4PBKBQ48";

/// One of the police, who is named so.
pub fn attestation(name: &str) -> Value {
    json!({
        "type": "identity-attestation",
        "holders": [{"name": name, "code": PERSON, "code_type": "111"}],
        "claims": {"sex": "女", "birth_date": "1949-12-31"},
        "valid_from": "2026-11-22", "valid_until": "2026-11-30",
    })
}

fn firm(name: &str) -> Value {
    json!({
        "type": "business-licence",
        "holders": [{"name": name, "code": FIRM, "code_type": "001"}],
        "claims": {"established": "2015-03-01", "address": "样例路1号"},
        "valid_from": "2015-03-01", "valid_until": null,
    })
}

/// What is proved for a constructor: pointer, value and licence.
fn proved(
    authority: &Authority,
    bench: &Bench,
    code_type: &str,
    claims: &Value,
) -> Vec<(String, Value, Handle)> {
    let catalogue = Catalogue::built_in().unwrap();
    let constructor = catalogue.find("constructor-registration").unwrap();
    let person = Subject { code: PERSON.to_owned(), code_type: Some(code_type.to_owned()) };
    let claims: Map<String, Value> = claims.as_object().unwrap().clone();
    let proved = authority.proved(constructor, Some(&person), &claims, bench.clock.now()).unwrap();
    let told = |Proved { pointer, value, source, .. }: Proved| (pointer, value, source);
    proved.into_iter().map(told).collect()
}

async fn act(authority: &Authority, department: &CreditCode, handle: Handle, verb: Verb, key: &str) {
    let body = json!({"reason": "依申请"});
    let wish = ActWish { department, handle: &handle, verb, body: &body, key: Some(key), dry_run: false };
    authority.act(wish).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_valid_licences_of_the_source_prove() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let (police, market) = (bench.code("public-security"), bench.code("market-regulation"));
    let employer = json!({"employer_code": FIRM});
    assert_eq!(proved(&authority, &bench, "111", &employer), []);
    let first = issue(&authority, &police, &attestation("王样例"), "1").await.unwrap().handle;
    let renamed = issue(&authority, &police, &attestation("王新名"), "2").await.unwrap().handle;
    let business = issue(&authority, &market, &firm("样例公司"), "3").await.unwrap().handle;

    // The newest counts; about the employer, whoever the claim names.
    let person = |name: &str, handle| {
        vec![
            ("/holders/0/name".to_owned(), json!(name), handle),
            ("/claims/sex".to_owned(), json!("女"), handle),
            ("/claims/birth_date".to_owned(), json!("1949-12-31"), handle),
        ]
    };
    let mut all = vec![("/claims/employer".to_owned(), json!("样例公司"), business)];
    all.extend(person("王新名", renamed));
    assert_eq!(proved(&authority, &bench, "111", &employer), all);
    assert_eq!(proved(&authority, &bench, "111", &json!({})), person("王新名", renamed));
    // The same digits as another kind of code are another's.
    assert_eq!(proved(&authority, &bench, "414", &json!({"employer_code": "91430111MA4L16JQ9B"})), []);

    act(&authority, &police, renamed, Verb::Suspend, "4").await;
    assert_eq!(proved(&authority, &bench, "111", &json!({})), person("王样例", first));
    act(&authority, &police, renamed, Verb::Reinstate, "5").await;
    assert_eq!(proved(&authority, &bench, "111", &json!({})), person("王新名", renamed));
    act(&authority, &market, business, Verb::Suspend, "6").await;
    // After its last day.
    bench.tick(9 * 86_400_000);
    assert_eq!(proved(&authority, &bench, "111", &employer), []);
    check_ledger(&authority);
}
