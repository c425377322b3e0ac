//! A department finds its own licences: by number, reference, holder and standing, page after page, while others issue.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use support::{Service, business_licence, with};

const PATH: &str = "/v1/licences";
const OWN: &str = "market-regulation";

async fn page(service: &Service, token: &str, query: &str) -> Value {
    let answered = service.ask(Method::GET, &format!("{PATH}?{query}")).token(token).send().await;
    assert_eq!(answered.status, 200, "{query}: {}", answered.text());
    answered.json()
}

/// The handles on every page, and how many each page has.
async fn pages(service: &Service, token: &str, query: &str) -> (Vec<String>, Vec<usize>) {
    let (mut handles, mut sizes, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = page(service, token, &format!("{query}{after}")).await;
        let items = page["items"].as_array().unwrap();
        sizes.push(items.len());
        handles.extend(items.iter().map(|item| item["handle"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return (handles, sizes),
        }
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn identity(number: usize) -> Value {
    json!({
        "type": "identity-attestation",
        "holders": [{"name": "样例人", "code": "11010519491231002X", "code_type": "111"}],
        "claims": {"sex": "女", "birth_date": "1949-12-31", "ethnicity": "汉族", "address": "样例市青年路2号"},
        "valid_from": "2026-11-22", "valid_until": "2026-12-22", "reference": format!("户-{number}"),
    })
}

async fn issue(service: &Service, token: &str, requests: impl Iterator<Item = Value>) -> Vec<String> {
    let lines: String = requests.map(|request| format!("{request}\n")).collect();
    let batch = service.ask(Method::POST, &format!("{PATH}/batch?brief=true")).token(token);
    let lines = batch.body("application/x-ndjson", lines).send().await.lines();
    let handle = |line: &Value| line["issued"]["handle"].as_str().map(str::to_owned);
    let handles: Vec<String> = lines.iter().filter_map(handle).collect();
    assert_eq!(handles.len(), lines.len(), "{lines:?}");
    handles
}

#[tokio::test]
async fn few_among_many_others_are_on_full_pages() {
    let service = Service::found();
    let mut own = BTreeSet::new();
    for round in 0..4 {
        let references =
            (0..80).map(|n| with(business_licence(), &json!({"reference": format!("R-{round}-{n}")})));
        issue(&service, OWN, references).await;
        own.extend(issue(&service, "public-security", std::iter::once(identity(round))).await);
        service.clock.forward(Duration::from_secs(1));
    }
    let (found, sizes) = pages(&service, "public-security", "").await;
    assert_eq!(sizes, [4], "no page in between");
    assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), own);
    let (found, sizes) = pages(&service, OWN, "").await;
    assert_eq!(sizes, [50, 50, 50, 50, 50, 50, 20]);
    // The oldest first: what was asked for at one time may be entered in any order.
    assert!(found.is_sorted_by_key(|handle| handle.get(..13).map(str::to_owned)), "{found:?}");
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 320);
    assert_eq!(pages(&service, "education", "").await, (Vec::new(), vec![0]));
    service.check_ledger().await;
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_while_others_issue_and_act() {
    let service = Service::found();
    let references = |round: usize, count| {
        (0..count).map(move |n| with(business_licence(), &json!({"reference": format!("R-{round}-{n}")})))
    };
    let before = issue(&service, OWN, references(0, 130)).await;
    let (mut found, mut after) = (Vec::new(), String::new());
    for round in 1.. {
        let page = page(&service, OWN, &after).await;
        found.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["handle"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        after = format!("after={next}");
        // Those seen and those not yet seen change meanwhile, and new ones come.
        for handle in [&before[round], &before[129 - round]] {
            let path = format!("{PATH}/{handle}/suspend");
            assert_eq!(service.post(OWN, &path, &json!({"reason": "整改"})).await.status, 200);
        }
        service.clock.forward(Duration::from_secs(1));
        issue(&service, OWN, references(round, 3)).await;
    }
    let distinct: BTreeSet<&String> = found.iter().collect();
    assert_eq!(distinct.len(), found.len());
    assert!(before.iter().all(|handle| distinct.contains(handle)));
    service.check_ledger().await;
}

#[tokio::test]
async fn by_standing_number_reference_and_holder_together() {
    let service = Service::found();
    let other = json!([{"name": "另一家", "code": "91350211M000100Y46", "code_type": "001"}]);
    let odd = "湘(2026) 第&0=1#?/号+%";
    let requests = (0..120).map(|n| {
        let number = if n == 7 { odd.to_owned() } else { format!("N-{n}") };
        with(business_licence(), &json!({"reference": format!("R-{n}"), "licence_number": number}))
    });
    let handles = issue(&service, OWN, requests).await;
    let third =
        issue(&service, OWN, std::iter::once(with(business_licence(), &json!({"holders": other})))).await;
    for (place, handle) in handles.iter().enumerate().filter(|(place, _)| place % 2 == 0) {
        let (verb, body) = match place % 6 {
            0 => ("suspend", json!({"reason": "整改"})),
            2 => ("end", json!({"reason": "决定", "act": "penalty"})),
            _ => ("end", json!({"reason": "决定", "act": "cancelled"})),
        };
        assert_eq!(service.post(OWN, &format!("{PATH}/{handle}/{verb}"), &body).await.status, 200);
    }
    for (standing, count) in
        [("valid", 61), ("suspended", 20), ("penalty", 20), ("cancelled", 20), ("changed", 0)]
    {
        let (found, sizes) = pages(&service, OWN, &format!("standing={standing}")).await;
        assert_eq!((found.len(), sizes.len()), (count, count / 50 + 1), "{standing}");
    }
    // A standing that was left is not found any more.
    let reinstate = format!("{PATH}/{}/reinstate", handles[0]);
    assert_eq!(service.post(OWN, &reinstate, &json!({"reason": "整改完毕"})).await.status, 200);
    assert_eq!(pages(&service, OWN, "standing=suspended").await.0.len(), 19);

    let holder = "holder_code=91430700MA4PBKBQ48";
    let only = |place: usize| (vec![handles[place].clone()], vec![1]);
    let none = (Vec::new(), vec![0]);
    assert_eq!(pages(&service, OWN, &format!("licence_number={}", encoded(odd))).await, only(7));
    assert_eq!(pages(&service, OWN, "reference=R-9").await, only(9));
    assert_eq!(
        pages(&service, OWN, &format!("reference=R-9&licence_number=N-9&{holder}&standing=valid")).await,
        only(9)
    );
    for nothing in [
        "reference=R-9&licence_number=N-10".to_owned(),
        "reference=R-9&standing=suspended".to_owned(),
        "reference=R-9&holder_code=91350211M000100Y46".to_owned(),
        "licence_number=N-999".to_owned(),
        format!("reference=R-9&after={}", handles[9]),
    ] {
        assert_eq!(pages(&service, OWN, &nothing).await, none, "{nothing}");
    }
    let (found, sizes) = pages(&service, OWN, holder).await;
    assert_eq!((found.len(), sizes), (120, vec![50, 50, 20]));
    assert_eq!(pages(&service, OWN, &format!("{holder}&standing=penalty")).await.0.len(), 20);
    assert_eq!(pages(&service, OWN, "holder_code=91350211M000100Y46").await.0, third);
    // Another department's number, reference and holder are not found, nor told to be there.
    assert_eq!(pages(&service, "housing", "licence_number=N-9").await, none);
    assert_eq!(pages(&service, "housing", holder).await, none);

    for bad in ["standing=expired", "after=x", "limit=5", "reference=a&reference=b"] {
        let answered = service.ask(Method::GET, &format!("{PATH}?{bad}")).token(OWN).send().await;
        assert!(answered.status.is_client_error(), "{bad}");
        answered.problem();
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn a_holder_of_several_types_is_found_in_the_order_of_entries() {
    let service = Service::found();
    let police = "public-security";
    let example = include_str!("../schemas/types/no-criminal-record/1/example.json");
    let clean: Value = serde_json::from_str(example).unwrap();
    // More than a block of entries, the types by turns.
    let requests = (0..270).map(|number| match number % 3 {
        0 => with(clean.clone(), &json!({"holders": identity(0)["holders"]})),
        _ => identity(number),
    });
    let handles = issue(&service, police, requests).await;
    let (found, sizes) = pages(&service, police, "holder_code=11010519491231002X").await;
    assert_eq!(found, handles);
    assert_eq!(sizes, [50, 50, 50, 50, 50, 20]);
    let of_one = "holder_code=11010519491231002X&reference=".to_owned() + &encoded("户-4");
    assert_eq!(pages(&service, police, &of_one).await.0, [handles[4].clone()]);
    service.check_ledger().await;
}

#[tokio::test]
async fn what_has_expired_still_stands_and_says_so() {
    let service = Service::found();
    let ends = with(business_licence(), &json!({"valid_until": "2026-11-22"}));
    let handle = issue(&service, OWN, std::iter::once(ends)).await;
    service.clock.forward(Duration::from_hours(24));
    let found = page(&service, OWN, "standing=valid").await;
    assert_eq!(found["items"][0]["handle"], handle[0]);
    assert_eq!(found["items"][0]["expired"], true);
    service.check_ledger().await;
}

#[tokio::test]
async fn the_credential_again_is_the_same_to_its_issuer_alone() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let path = format!("{PATH}/{}/credential", issued["handle"].as_str().unwrap());
    let again = async |token: &str| service.ask(Method::GET, &path).token(token).send().await;
    service.clock.forward(Duration::from_hours(24));
    let answered = again(OWN).await;
    assert_eq!(answered.header("content-type"), "application/dc+sd-jwt");
    assert_eq!(answered.text(), issued["credential"]);
    assert_eq!(again("housing").await.problem(), "not-yours");
    assert_eq!(again("auditor").await.problem(), "not-yours");
    assert_eq!(service.get(&path).await.problem(), "unauthorised");
    // An ended licence can be shown for what it was.
    let end = format!("{PATH}/{}/end", issued["handle"].as_str().unwrap());
    service.post(OWN, &end, &json!({"reason": "决定", "act": "rescinded"})).await;
    assert_eq!(again(OWN).await.text(), issued["credential"]);
}

#[tokio::test]
async fn reports_are_kept_for_who_asked() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let question = json!({"evidence": issued["credential"], "keep": true, "sign": true});
    let answered = service.post("housing", "/v1/verifications", &question).await.json();
    let path = format!("/v1/reports/{}", answered["report"].as_str().unwrap());
    let again = async |token: &str| service.ask(Method::GET, &path).token(token).send().await;
    assert_eq!(again("housing").await.json(), answered);
    for other in [OWN, "tax", "auditor", "operator"] {
        assert_eq!(again(other).await.problem(), "not-found", "{other}");
    }
    assert_eq!(service.get(&path).await.problem(), "unauthorised");
    let unknown = service.ask(Method::GET, "/v1/reports/R-0").token("housing").send().await;
    assert_eq!(unknown.problem(), "not-found");
    // Not kept is not there.
    let question = json!({"evidence": issued["credential"]});
    let answered = service.post("housing", "/v1/verifications", &question).await.json();
    let path = format!("/v1/reports/{}", answered["report"].as_str().unwrap());
    let absent = service.ask(Method::GET, &path).token("housing").send().await;
    assert_eq!(absent.problem(), "not-found");
    assert!(answered.get("signed").is_none_or(Value::is_null));
}

/// A spot check asks for it; whether it makes what the entry committed to, `tests/oracles/sample.py` finds out.
#[tokio::test]
async fn a_licence_is_opened_by_its_issuer_alone() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let path = format!("{PATH}/{}/opening", issued["handle"].as_str().unwrap());
    let opened = async |token: &str| service.ask(Method::GET, &path).token(token).send().await;
    let first = opened(OWN).await.json();
    assert_eq!(first["credential"], issued["credential"]);
    assert_eq!(first["payload"]["holders"], business_licence()["holders"]);
    service.clock.forward(Duration::from_hours(24));
    assert_eq!(opened(OWN).await.json(), first);
    assert_eq!(opened("housing").await.problem(), "not-yours");
    assert_eq!(opened("auditor").await.problem(), "not-yours");
    assert_eq!(service.get(&path).await.problem(), "unauthorised");
    let unknown = format!("{PATH}/019ab000-0000-7000-8000-000000000001/opening");
    assert_eq!(service.ask(Method::GET, &unknown).token(OWN).send().await.problem(), "not-found");
    service.check_ledger().await;
}
