//! Matters over HTTP, where applications meet: what a window may not be told, what a holder has got meanwhile, and what a
//! department may add.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::sync::mpsc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::officers::LEAD;
use support::{Answered, Service, with};
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use vidimus::catalogue::Catalogue;

const FIRM: &str = "91430700MA4PBKBQ48";

fn holders() -> Value {
    json!([{"name": "样例市小满餐饮店", "code": FIRM, "code_type": "001"}])
}

fn pack(answers: &Value) -> Value {
    let asked = json!({"established": "2026-11-22", "legal-representative": "李样例"});
    json!({"matter": "small-firm-pack", "holders": holders(), "answers": with(asked, answers)})
}

async fn applied(service: &Service, token: &str, body: &Value) -> Value {
    let answered = service.post(token, "/v1/matters", body).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
    answered.json()
}

async fn supply(service: &Service, token: &str, matter: &Value, part: &str, body: &Value) -> Answered {
    let path = format!("/v1/matters/{}/licences/{part}", matter.as_str().unwrap());
    service.post(token, &path, body).await
}

fn states(matter: &Value) -> Vec<&str> {
    matter["parts"].as_array().unwrap().iter().map(|part| part["state"].as_str().unwrap()).collect()
}

fn payments() -> Value {
    json!({
        "payments": [{"tax": "增值税", "period_from": "2026-07-01", "period_until": "2026-09-30", "paid_on": "2026-10-12", "amount": "12345.60"}],
        "total": "12345.60",
    })
}

/// The built-in catalogue, but for one file.
fn catalogue_with(file: &str, changes: &[(&str, &str)]) -> Catalogue {
    let mut files = Vec::new();
    read(Path::new("schemas/types"), "", &mut files);
    let changed = files.iter_mut().find(|(path, _)| path == file).unwrap();
    let mut text = String::from_utf8(changed.1.clone()).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    changed.1 = text.into_bytes();
    Catalogue::from_folder_files(files).unwrap()
}

fn read(folder: &Path, under: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{under}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read(&path, &format!("{name}/"), files);
        } else {
            files.push((name, fs::read(&path).unwrap()));
        }
    }
}

#[tokio::test]
async fn a_window_is_told_no_more_by_applying_than_by_a_dry_run() {
    // What a tax payment certificate remarks is for who needs it in its matter: the tax office, for the next one.
    let question = r#"[[questions]]
slug = "remarks"
label = { zh = "备注", en = "Remarks" }
help = { zh = "写在完税证明上,可不填。", en = "Stands on the tax certificate, and is optional." }
fills = ["tax-payment#/claims/remarks"]
proved_by = ["tax-payment#/claims/remarks"]

[[questions]]
slug = "issued-for""#;
    let changes = [
        (r#""authority", "remarks"]"#, r#""authority"]"#),
        ("[[questions]]\nslug = \"issued-for\"", question),
    ];
    let catalogue = catalogue_with("matters/small-firm-pack.toml", &changes);
    let (service, _) = Service::found_with(None, true, catalogue);
    let claims = with(payments(), &json!({"remarks": "欠缴记录一次"}));
    let paid =
        json!({"type": "tax-payment", "holders": holders(), "claims": claims, "valid_from": "2026-11-22"});
    let paid = service.post("tax", "/v1/licences", &paid).await;
    assert_eq!(paid.status, StatusCode::CREATED, "{}", paid.text());
    let body = pack(&json!({}));
    let foreseen = service.post("civil-affairs", "/v1/matters?dry_run=true", &body).await.json();
    let ask = service.ask(Method::POST, "/v1/matters").token("civil-affairs").header("idempotency-key", "k");
    let taken = ask.json(&body).send().await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    let ask = service.ask(Method::POST, "/v1/matters").token("civil-affairs").header("idempotency-key", "k");
    let again = ask.json(&body).send().await.json();
    let taken = taken.json();
    let path = format!("/track/{}", taken["number"].as_str().unwrap());
    let followed = service.ask(Method::POST, &path).json(&json!({"code": taken["code"]})).send().await.json();
    for told in [&foreseen, &taken, &again, &followed] {
        let one = &told["prefilled"][0];
        assert_eq!((&one["question"], &one["value"]), (&json!("remarks"), &Value::Null), "{told}");
    }
    // Who issues the part that it fills is told.
    let path = format!("/v1/matters/{}", taken["matter"].as_str().unwrap());
    let shown = service.ask(Method::GET, &path).token("tax").send().await.json();
    assert_eq!(shown["prefilled"][0]["value"], "欠缴记录一次");
    service.check_ledger().await;
}

#[tokio::test]
async fn several_applications_of_one_holder_issue_one_licence() {
    let service = Service::found();
    let mut matters = Vec::new();
    for _ in 0..3 {
        matters.push(applied(&service, "civil-affairs", &pack(&json!({}))).await["matter"].clone());
    }
    let nothing = json!({});
    let supplied = |at: usize| supply(&service, LEAD, matters.get(at).unwrap(), "business-licence", &nothing);
    let (first, second) = tokio::join!(supplied(0), supplied(1));
    let third = supplied(2).await;
    let all: Vec<Value> = [first, second, third].iter().map(Answered::json).collect();
    let mut came_to: Vec<&str> = all.iter().map(|matter| states(matter).swap_remove(0)).collect();
    came_to.sort_unstable();
    assert_eq!(came_to, ["held", "held", "issued"]);
    assert!(all.iter().all(|matter| matter["parts"][0]["licence"] == all[0]["parts"][0]["licence"]));
    assert!(all.iter().all(|matter| matter["parts"][1]["waits_for"] == json!([])));
    // Nothing of it waits any more for who would have issued it, and attestations are made anew all the same.
    let waiting = service.ask(Method::GET, "/v1/matters/waiting").token(LEAD).send().await.json();
    assert_eq!(waiting["items"], json!([]));
    for matter in &matters {
        let paid = supply(&service, "tax", matter, "tax-payment", &json!({"claims": payments()})).await;
        assert_eq!(states(&paid.json()).get(1), Some(&"issued"), "{}", paid.text());
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn what_is_supplied_is_what_was_applied_for_and_what_was_left_open() {
    let service = Service::found();
    let taken = applied(&service, "civil-affairs", &pack(&json!({}))).await;
    let matter = &taken["matter"];
    for (body, pointer) in [
        (json!({"valid_from": "2026-11-21"}), "/valid_from"),
        // No question asks for it, and it is not the department's to supply.
        (json!({"claims": {"capital": "壹佰万元整"}}), "/claims/capital"),
    ] {
        let refused = supply(&service, LEAD, matter, "business-licence", &body).await.refused();
        assert_eq!(refused, (422, "invalid-claim".into(), json!(pointer)));
    }
    // The same day may be said again, and an open question answered.
    let body = json!({"valid_from": "2026-11-22", "claims": {"scope": "餐饮服务"}});
    let done = supply(&service, LEAD, matter, "business-licence", &body).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert_eq!(states(&done.json()).first(), Some(&"issued"));
    service.check_ledger().await;
}

#[test]
fn applications_are_read_off_the_threads_that_serve_others() {
    // One thread for what takes long, so that it can be kept busy.
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let service = Service::found();
        let taken = applied(&service, "civil-affairs", &pack(&json!({}))).await;
        applied(&service, "civil-affairs", &pack(&json!({}))).await;
        let path = format!("/v1/matters/{}", taken["matter"].as_str().unwrap());
        let track =
            format!("/track/{}?code={}", taken["number"].as_str().unwrap(), taken["code"].as_str().unwrap());
        // Whether a read lets others go on before it answers; the last is one that has nothing to look up.
        for (path, steps_aside) in
            [("/v1/matters/waiting", true), (&path, true), (&track, true), ("/v1/matters", false)]
        {
            let ask =
                || service.ask(Method::GET, path).token("tax").header("accept", "application/json").send();
            let (free, kept) = mpsc::channel::<()>();
            let busy = spawn_blocking(move || kept.recv().is_err());
            let aside = tokio::select! {
                biased;
                _ = ask() => false,
                () = std::future::ready(()) => true,
            };
            drop(free);
            assert!(busy.await.unwrap());
            assert_eq!(aside, steps_aside, "{path}");
            assert_eq!(ask().await.status, StatusCode::OK, "{path}");
        }
        // What is done about them is read there too.
        let part = format!("{path}/licences/business-licence?dry_run=true");
        for (path, body) in [("/v1/matters?dry_run=true", pack(&json!({}))), (&part, json!({}))] {
            let ask = || service.post(LEAD, path, &body);
            let (free, kept) = mpsc::channel::<()>();
            let busy = spawn_blocking(move || kept.recv().is_err());
            let mut asked = std::pin::pin!(ask());
            // As often as a request that is not kept from it needs to be answered.
            for _ in 0..64 {
                let aside = tokio::select! {
                    biased;
                    _ = &mut asked => false,
                    () = tokio::task::yield_now() => true,
                };
                assert!(aside, "{path}");
            }
            drop(free);
            assert!(busy.await.unwrap());
            assert_eq!(asked.await.status, StatusCode::OK, "{path}");
        }
        // What was looked up once holds for every application of the page.
        let waiting = || service.ask(Method::GET, "/v1/matters/waiting").token("tax").send();
        let waits = |page: Value| -> Vec<Value> {
            page["items"].as_array().unwrap().iter().map(|one| one["parts"][1]["waits_for"].clone()).collect()
        };
        assert_eq!(waits(waiting().await.json()), [json!(["business-licence"]), json!(["business-licence"])]);
        supply(&service, LEAD, &taken["matter"], "business-licence", &json!({})).await;
        assert_eq!(waits(waiting().await.json()), [json!([]), json!([])]);
        service.check_ledger().await;
    });
}
