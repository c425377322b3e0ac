//! Acts that race: on one licence, under one key, with each other and with publication. Whatever the order, it is one
//! legal order, which the replay at the end goes over again. On the runtime that the service runs on.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Answered, Service, business_licence, with};
use tokio::task::JoinSet;

const PATH: &str = "/v1/licences";
const OWN: &str = "market-regulation";

/// Sends everything at once; the answers in the order of the requests.
async fn at_once(
    service: &Arc<Service>,
    requests: Vec<(String, Option<&'static str>, Value)>,
) -> Vec<Answered> {
    let mut tasks = JoinSet::new();
    for (number, (path, key, body)) in requests.into_iter().enumerate() {
        let service = Arc::clone(service);
        tasks.spawn(async move {
            let mut ask = service.ask(Method::POST, &path).token(OWN).json(&body);
            if let Some(key) = key {
                ask = ask.header("idempotency-key", key);
            }
            (number, ask.send().await)
        });
    }
    let mut answers: Vec<(usize, Answered)> = tasks.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn to(handle: &Value, verb: &str, body: Value) -> (String, Option<&'static str>, Value) {
    (format!("{PATH}/{}/{verb}", handle.as_str().unwrap()), None, body)
}

fn replacement(cause: &str) -> Value {
    json!({"reason": "申请", "cause": cause, "licence": with(business_licence(), &json!({"reference": null}))})
}

/// How many answers there are of each status.
fn statuses(answers: &[Answered]) -> BTreeMap<u16, usize> {
    let mut found = BTreeMap::new();
    answers.iter().for_each(|answer| *found.entry(answer.status.as_u16()).or_default() += 1);
    found
}

async fn history(service: &Service, handle: &Value) -> Vec<(u64, String)> {
    let path = format!("{PATH}/{}", handle.as_str().unwrap());
    let shown = service.ask(Method::GET, &path).token(OWN).send().await.json();
    let event = |event: &Value| {
        (event["entry"]["index"].as_u64().unwrap(), event["standing"].as_str().unwrap().to_owned())
    };
    shown["history"].as_array().unwrap().iter().map(event).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn different_acts_at_once_have_one_legal_order() {
    let service = Arc::new(Service::found());
    for _ in 0..6 {
        let handle = service.issue(&business_licence()).await["handle"].clone();
        let end = |act: &str| to(&handle, "end", json!({"reason": "决定", "act": act}));
        let mut requests: Vec<_> =
            ["recalled", "rescinded", "penalty", "annulled", "cancelled"].into_iter().map(end).collect();
        for _ in 0..4 {
            requests.push(to(&handle, "suspend", json!({"reason": "整改"})));
            requests.push(to(&handle, "reinstate", json!({"reason": "整改完毕"})));
        }
        for cause in ["renewed", "changed", "corrected", "reissued"] {
            requests.push(to(&handle, "replace", replacement(cause)));
        }
        let answers = at_once(&service, requests).await;
        // Each success is one entry about the licence, and its answer names that very entry and standing.
        let mut told: Vec<(u64, String)> = answers
            .iter()
            .filter(|answer| answer.status == StatusCode::OK)
            .map(Answered::json)
            .map(|acted| {
                (acted["entry"]["index"].as_u64().unwrap(), acted["standing"].as_str().unwrap().to_owned())
            })
            .collect();
        told.sort();
        let history = history(&service, &handle).await;
        assert_eq!(history[1..], told);
        for refused in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
            assert_eq!(refused.problem(), "illegal-transition");
        }
        let closing = |standing: &str| !["valid", "suspended", "rescinded", "cancelled"].contains(&standing);
        assert!(history.iter().filter(|(_, standing)| closing(standing)).count() <= 1, "{history:?}");
    }
    service.check_ledger().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_licence_is_replaced_or_ended_once() {
    let service = Arc::new(Service::found());
    for _ in 0..6 {
        let handle = service.issue(&business_licence()).await["handle"].clone();
        let mut requests = vec![to(&handle, "end", json!({"reason": "决定", "act": "penalty"}))];
        requests.extend((0..4).map(|_| to(&handle, "replace", replacement("changed"))));
        let answers = at_once(&service, requests).await;
        assert_eq!(statuses(&answers), BTreeMap::from([(200, 1), (409, 4)]));
        let issued = answers.iter().filter(|answer| answer.status == StatusCode::OK);
        let successor = issued.filter_map(|answer| answer.json().get("issued").cloned()).next();
        let path = format!("{PATH}/{}", handle.as_str().unwrap());
        let shown = service.ask(Method::GET, &path).token(OWN).send().await.json();
        let expected = successor.map_or(Value::Null, |successor| successor["handle"].clone());
        assert_eq!(shown["replaced_by"], expected);
    }
    service.check_ledger().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_is_one_licence_and_one_act() {
    let service = Arc::new(Service::found());
    let same = with(business_licence(), &json!({"reference": null}));
    let issue = |key, body: &Value| (PATH.to_owned(), Some(key), body.clone());
    let answers = at_once(&service, (0..12).map(|_| issue("k-1", &same)).collect()).await;
    let mut handles: Vec<String> = Vec::new();
    for answer in &answers {
        match answer.status.as_u16() {
            201 => handles.push(answer.json()["handle"].to_string()),
            _ => {
                assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (409, "in-flight"));
                assert_eq!(answer.header("retry-after"), "1");
            }
        }
    }
    handles.dedup();
    assert_eq!(handles.len(), 1);
    let other = with(same.clone(), &json!({"reference": "另一件"}));
    let answers =
        at_once(&service, vec![issue("k-1", &other), issue("k-1", &same), issue("k-2", &other)]).await;
    let conflict = answers.first().unwrap().problem();
    assert!(["idempotency-conflict", "in-flight"].contains(&conflict.as_str()), "{conflict}");
    assert_eq!(answers.last().unwrap().status, StatusCode::CREATED);

    let handle = answers.last().unwrap().json()["handle"].clone();
    let suspend = || {
        let (path, _, body) = to(&handle, "suspend", json!({"reason": "整改"}));
        (path, Some("s-1"), body)
    };
    let answers = at_once(&service, (0..12).map(|_| suspend()).collect()).await;
    let acted = answers.iter().filter(|answer| answer.status == StatusCode::OK);
    let entries: Vec<Value> = acted.map(|answer| answer.json()["entry"].clone()).collect();
    assert!(!entries.is_empty() && entries.iter().all(|entry| *entry == entries[0]), "{entries:?}");
    assert_eq!(history(&service, &handle).await.len(), 2, "suspended once");

    // Lines of one batch wait for each other instead.
    let line = with(same, &json!({"key": "line"}));
    let lines = format!("{line}\n").repeat(20);
    let batch = service.ask(Method::POST, &format!("{PATH}/batch?brief=true")).token(OWN);
    let lines = batch.body("application/x-ndjson", lines).send().await.lines();
    assert!(lines.iter().all(|line| line["issued"]["handle"] == lines[0]["issued"]["handle"]), "{lines:?}");
    assert_eq!(lines.len(), 20);
    service.check_ledger().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_is_always_the_fold_of_the_size_it_names() {
    let service = Arc::new(Service::found());
    let mut handles = Vec::new();
    for _ in 0..8 {
        handles.push(service.issue(&business_licence()).await["handle"].clone());
    }
    let publisher = Arc::clone(&service);
    let publishing = tokio::task::spawn_blocking(move || {
        let mut tokens = Vec::new();
        for _ in 0..60 {
            // Time is part of a token's name: each tick is another.
            publisher.clock.forward(std::time::Duration::from_secs(1));
            publisher.authority.publish().unwrap();
            tokens.push(publisher.authority.status_token(1, None).unwrap());
        }
        tokens
    });
    for round in 0..6 {
        let (verb, body) = if round % 2 == 0 { ("suspend", "整改") } else { ("reinstate", "整改完毕") };
        let requests = handles.iter().map(|handle| to(handle, verb, json!({"reason": body}))).collect();
        let answers = at_once(&service, requests).await;
        assert_eq!(statuses(&answers), BTreeMap::from([(200, 8)]));
    }
    let tokens = publishing.await.unwrap();
    let size = service.authority.published().range.size();
    let entries = service.entries(size).await;
    let mut folds = Vec::new();
    service.replay(&entries, |state| folds.push(state.statuses().clone())).await;
    for token in tokens {
        let token = vidimus::status_list::StatusToken::parse(&token).unwrap();
        let size = usize::try_from(token.ledger_size().unwrap()).unwrap();
        for (place, value) in folds[size - 1].iter() {
            let told = token.list().value(u64::from(place.index)).unwrap();
            assert_eq!(told, value, "{place:?} at {size}");
        }
    }
    service.check_ledger().await;
}

/// Whoever hangs up lets go of nothing: what was begun holds its key and its number until it is entered.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_hangs_up_is_not_issued_twice() {
    let service = Arc::new(Service::found());
    for round in 0..60_usize {
        let number = format!("湘字第{round}号");
        let request = with(business_licence(), &json!({"licence_number": number, "reference": null}));
        let key = format!("k-{round}");
        let asked = tokio::spawn({
            let (service, key, request) = (Arc::clone(&service), key.clone(), request.clone());
            async move {
                let ask = service.ask(Method::POST, PATH).token(OWN).header("idempotency-key", &key);
                ask.json(&request).unheld().await
            }
        });
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        asked.abort();
        let answered = loop {
            let ask = service.ask(Method::POST, PATH).token(OWN).header("idempotency-key", &key);
            let answered = ask.json(&request).send().await;
            if answered.status != StatusCode::CONFLICT {
                break answered;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
        let found = service
            .ask(Method::GET, &format!("{PATH}?licence_number=%E6%B9%98%E5%AD%97%E7%AC%AC{round}%E5%8F%B7"))
            .token(OWN)
            .send()
            .await
            .json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    }
    service.check_ledger().await;
}
