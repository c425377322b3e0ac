//! The service against its own description: the document that is served is the frozen one, its examples work, and what
//! it does not describe is refused, at every operation alike. (Every answer of every service test is held against the
//! document too: `support/contract.rs`.)

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::contract::{DOCUMENT, validator};
use support::{Service, business_licence};

const OWN: &str = "market-regulation";
const BODY: &str = "application/json";

/// Method, path and operation of all that is described.
fn operations() -> impl Iterator<Item = (Method, &'static str, &'static Value)> {
    DOCUMENT["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, operation)| (method.to_uppercase().parse().unwrap(), path.as_str(), operation))
    })
}

/// The operations that take a JSON body, with a body that they take.
fn taking_json() -> Vec<(&'static str, Value)> {
    let example = |operation: &Value| {
        let reference = operation["requestBody"]["content"][BODY]["schema"]["$ref"].as_str()?;
        let schema = DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap();
        Some(schema["examples"][0].clone())
    };
    // A ceremony needs the registrars' keys, which are not here.
    let ours = operations().filter(|(_, path, _)| !path.starts_with("/v1/operator/"));
    ours.filter_map(|(_, path, operation)| Some((path, example(operation)?))).collect()
}

/// Who may ask.
fn token(path: &str) -> &'static str {
    if path.starts_with("/v1/operator/") || path == "/v1/proof-demands" { "operator" } else { OWN }
}

/// Codes of firms that have no licence, one for each thing that is done about an application.
const APPLICANTS: [(&str, &str); 4] = [
    ("/{type}", "91430700MA4A1B2CXD"),
    ("/decline", "91430700MA4D3E4F9T"),
    ("/withdraw", "91430700MA4G5H6J6W"),
    ("/{matter}", "91430700MA4K7L8M9H"),
];

/// The path with things that are there.
async fn real(service: &Service, path: &str) -> String {
    let mut path = path.to_owned();
    if path.contains("{handle}") {
        let issued = service.issue(&business_licence()).await;
        path = path.replace("{handle}", issued["handle"].as_str().unwrap());
    }
    if path.contains("{case}") || path.contains("{number}") {
        let example = DOCUMENT["components"]["schemas"]["CaseRequest"]["examples"][0].clone();
        let filed = service.post(OWN, "/v1/cases", &example).await.json();
        path = path.replace("{case}", filed["case"].as_str().unwrap());
        path = path.replace("{number}", filed["number"].as_str().unwrap());
    }
    // There are no cards; whatever is wrong with a body is told before that.
    path = path.replace("{card}", "1");
    if path.contains("{matter}") {
        let mut example = DOCUMENT["components"]["schemas"]["MatterRequest"]["examples"][0].clone();
        // Somebody who has no licence yet, and is asked everything.
        let (_, applicant) = APPLICANTS.iter().find(|(end, _)| path.ends_with(end)).unwrap();
        example["holders"][0]["code"] = json!(applicant);
        // A part waits for us at another's window; what we took we withdraw.
        let window = if path.ends_with("/withdraw") { OWN } else { "civil-affairs" };
        let taken = service.post(window, "/v1/matters", &example).await.json();
        path =
            path.replace("{matter}", taken["matter"].as_str().unwrap()).replace("{type}", "business-licence");
    }
    if path.contains("{id}") {
        let issued = service.issue(&business_licence()).await;
        let make = format!("/v1/licences/{}/pickup", issued["handle"].as_str().unwrap());
        let made = service.post(OWN, &make, &json!({})).await.json();
        path = path.replace("{id}", made["pickup"].as_str().unwrap());
    }
    path
}

/// `VIDIMUS_FREEZE=1` writes it anew: look at the difference before it is kept.
#[tokio::test]
async fn the_served_document_is_the_frozen_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/openapi.json");
    let service = Service::found();
    let served: Value =
        serde_json::from_slice(&service.ask(Method::GET, "/openapi.json").unheld().await.body).unwrap();
    let served = format!("{served:#}\n");
    if std::env::var_os("VIDIMUS_FREEZE").is_some() {
        std::fs::write(path, &served).unwrap();
    }
    let frozen = std::fs::read_to_string(path).unwrap_or_default();
    let differs = served.lines().zip(frozen.lines()).find(|(served, frozen)| served != frozen);
    assert!(served == frozen, "run this with VIDIMUS_FREEZE=1 and look; first difference: {differs:?}");
}

#[tokio::test]
async fn examples_work() {
    let (service, _) = Service::found_watched(None);
    assert!(service.authority.ask_witnesses().unwrap());
    for (path, example) in taking_json() {
        assert!(example.is_object(), "{path} has no example");
        let signed = path.starts_with("/v1/cases/") || path.starts_with("/v1/cards/");
        if path.starts_with("/pickup/") || path.starts_with("/track/") || signed {
            // A pickup's code is a secret, a step of a case or about a card is signed: such examples can only be wrong.
            continue;
        }
        let real = real(&service, path).await;
        if path.ends_with("/reinstate") {
            service.post(OWN, &real.replace("reinstate", "suspend"), &json!({"reason": "检查"})).await;
        }
        let operation = &DOCUMENT["paths"][path]["post"];
        let takes = |name: &str| {
            operation["parameters"].as_array().unwrap().iter().any(|parameter| parameter["name"] == name)
        };
        if takes("dry_run") {
            let dry = service.post(OWN, &format!("{real}?dry_run=true"), &example).await;
            assert_eq!(dry.status, StatusCode::OK, "{path}: {}", dry.text());
        }
        let answered = service.post(OWN, &real, &example).await;
        let made = operation["responses"].get("201").map_or(StatusCode::OK, |_| StatusCode::CREATED);
        assert_eq!(answered.status, made, "{path}: {}", answered.text());
    }
    // Lists need a licence to be there.
    service.authority.publish().unwrap();
    for (method, path, operation) in operations().filter(|(method, ..)| *method == Method::GET) {
        let mut real = path.to_owned();
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let example = &parameter["schema"]["example"];
            let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
            match (parameter["in"].as_str().unwrap(), example.is_null()) {
                ("path", false) => {
                    real = real.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), &text);
                }
                ("query", false) => query.push(format!("{}={text}", parameter["name"].as_str().unwrap())),
                _ => {}
            }
        }
        // What has no example is somebody's own, or grows.
        if !real.contains('{') && real != "/ledger/tile/0/000" {
            let asked = if query.is_empty() { real } else { format!("{real}?{}", query.join("&")) };
            let answered = service.ask(method, &asked).token(token(path)).send().await;
            assert_eq!(answered.status, StatusCode::OK, "{asked}: {}", answered.text());
        }
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn schemas_take_their_examples() {
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        let validator = validator(&json!({"$ref": format!("#/components/schemas/{name}")}));
        for example in schema["examples"].as_array().into_iter().flatten() {
            let errors: Vec<String> = validator.iter_errors(example).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }
}

#[tokio::test]
async fn no_operation_takes_what_is_not_json() {
    let service = Service::found();
    for (path, example) in taking_json() {
        let real = real(&service, path).await;
        let text = example.to_string();
        let twice = text.replacen('{', "{\"reason\":\"a\",\"reason\":\"b\",", 1);
        let deep = format!("{{\"claims\":{}1{}}}", "[".repeat(80), "]".repeat(80));
        let endless = format!("{{\"claims\":{}", "[".repeat(200_000));
        for (what, body) in [
            ("nothing", Vec::new()),
            ("words", b"hello".to_vec()),
            ("half of it", text.as_bytes()[..text.len() / 2 - 1].to_vec()),
            ("something behind it", format!("{text} x").into_bytes()),
            ("a second value", format!("{text}{text}").into_bytes()),
            ("a byte-order mark", format!("\u{feff}{text}").into_bytes()),
            ("a member twice", twice.into_bytes()),
            ("too deep", deep.into_bytes()),
            ("endlessly deep", endless.into_bytes()),
            ("no UTF-8", [b"{\"reason\":\"".as_slice(), b"\xff\xfe\"}"].concat()),
            ("half a character", b"{\"reason\":\"\\ud800\"}".to_vec()),
            ("an impossible number", b"{\"reason\":1e999}".to_vec()),
            ("a bare control character", b"{\"reason\":\"a\nb\"}".to_vec()),
        ] {
            let answered = service.ask(Method::POST, &real).token(OWN).body(BODY, body).send().await;
            assert_eq!(
                (answered.status.as_u16(), answered.problem().as_str()),
                (400, "malformed"),
                "{what} at {path}"
            );
        }
        for body in ["null", "[]", "\"x\"", "1", "true"] {
            let answered = service.ask(Method::POST, &real).token(OWN).body(BODY, body).send().await;
            assert_eq!(answered.refused(), (422, "invalid-claim".into(), json!("")), "{body} at {path}");
        }
        let mut more = example.clone();
        more["a/b~c"] = json!(1);
        let answered = service.post(OWN, &real, &more).await;
        assert_eq!(answered.refused(), (422, "unknown-field".into(), json!("/a~1b~0c")), "{path}");
        let long = vec![b' '; 1024 * 1024 + 1];
        let answered = service.ask(Method::POST, &real).token(OWN).body(BODY, long).send().await;
        assert_eq!((answered.status.as_u16(), answered.problem().as_str()), (413, "too-large"), "{path}");
        let answered = service.ask(Method::POST, &real).token(OWN).body("text/csv", text).send().await;
        assert_eq!((answered.status.as_u16(), answered.problem().as_str()), (415, "media-type"), "{path}");
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn no_operation_takes_a_query_it_does_not_describe() {
    let service = Service::found();
    for (method, path, operation) in operations().filter(|(_, path, _)| path.starts_with("/v1/")) {
        let real = real(&service, path).await.replace("{code}", "business-licence");
        let real = real.replace("{report}", &format!("R-{}", "0".repeat(32)));
        let ask = |query: &str| {
            service.ask(method.clone(), &format!("{real}?{query}")).token(token(path)).json(&json!({}))
        };
        let answered = ask("surprise=1").send().await;
        let told = (answered.status.as_u16(), answered.problem(), answered.json()["parameter"].clone());
        assert_eq!(told, (422, "unknown-field".into(), json!("surprise")), "{method} {path}");
        // Not even where it would be refused anyway.
        let answered = ask("surprise=1&surprise=1").send().await;
        let told = (answered.status.as_u16(), answered.problem(), answered.json()["parameter"].clone());
        assert_eq!(told, (400, "malformed".into(), json!("surprise")), "{method} {path}");
        // A name that would break a header or a line breaks neither.
        let answered = ask("a%0d%0aset-cookie:%20b=1").send().await;
        assert_eq!(answered.json()["parameter"], "a\r\nset-cookie: b", "{method} {path}");
        assert!(!answered.headers.contains_key("set-cookie"));
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] == "query" {
                let name = parameter["name"].as_str().unwrap();
                let answered = ask(&format!("{name}=1&{name}=1")).send().await;
                assert_eq!(
                    (answered.status.as_u16(), answered.problem().as_str()),
                    (400, "malformed"),
                    "{name} at {path}"
                );
            }
        }
    }
    service.check_ledger().await;
}

/// Every answer is held against the document too.
#[tokio::test]
async fn a_path_that_is_no_text_leads_nowhere() {
    let service = Service::found();
    for (method, path, _) in operations().filter(|(_, path, _)| path.contains('{')) {
        let parts: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { "%ff" } else { part }).collect();
        let ask = service.ask(method.clone(), &parts.join("/")).token(token(path));
        let answered = ask.json(&json!({})).send().await;
        assert_eq!(
            (answered.status.as_u16(), answered.problem().as_str()),
            (404, "not-found"),
            "{method} {path}"
        );
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn other_methods_are_refused_with_those_there_are() {
    let service = Service::found();
    let paths: BTreeSet<&str> = operations().map(|(_, path, _)| path).collect();
    for path in paths {
        let item = DOCUMENT["paths"][path].as_object().unwrap();
        let mut described: BTreeSet<String> = item.keys().map(|method| method.to_uppercase()).collect();
        if described.contains("GET") {
            described.insert("HEAD".into());
        }
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"] {
            if described.contains(method) {
                continue;
            }
            let real = path.replace("{path}", "0/000");
            let answered = service.ask(method.parse().unwrap(), &real).send().await;
            assert_eq!(
                (answered.status.as_u16(), answered.problem().as_str()),
                (405, "method-not-allowed"),
                "{method} {path}"
            );
            let allowed =
                answered.header("allow").split(',').map(|method| method.trim().to_owned()).collect();
            assert_eq!(described, allowed, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_pickup_has_nothing_to_be_told() {
    let service = Service::found();
    let path = real(&service, "/v1/licences/{handle}/pickup").await;
    for (body, status, pointer) in [
        ("", 201, None),
        (" { } ", 201, None),
        ("[]", 422, Some("")),
        ("{\"a/b\":1}", 422, Some("/a~1b")),
        ("{", 400, None),
    ] {
        let answered = service.ask(Method::POST, &path).token(OWN).body(BODY, body).send().await;
        assert_eq!(answered.status.as_u16(), status, "{body}");
        assert_eq!(answered.json().get("pointer").and_then(Value::as_str), pointer, "{body}");
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let service = Service::found();
    for (key, good) in [
        ("", false),
        ("k", true),
        ("a\tb", false),
        ("a b", true),
        (&"k".repeat(255), true),
        (&"k".repeat(256), false),
    ] {
        let ask =
            service.ask(Method::POST, "/v1/licences?dry_run=true").token(OWN).header("idempotency-key", key);
        let answered = ask.json(&business_licence()).send().await;
        let told = if good { (200, Value::Null) } else { (422, json!("Idempotency-Key")) };
        let parameter = answered.json().get("parameter").cloned().unwrap_or_default();
        assert_eq!((answered.status.as_u16(), parameter), told, "{key:?}");
    }
}
