//! Every answer of every service test against `schemas/openapi.json`, as a stranger would hold it: is the status
//! described, the media type, the kind of problem, the headers; does the body fit its schema, or each of its lines.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use axum::http::{HeaderMap, Method, StatusCode};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::Answered;

/// The document as it is published.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../schemas/openapi.json")).unwrap());
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Pages for people: not described.
const PAGES: [&str; 3] = ["/zh", "/en", "/assets"];

/// Ends the test if the answer is not as described.
#[track_caller]
pub fn hold(method: &Method, path: &str, answered: &Answered) {
    let bare = path.split('?').next().unwrap();
    if PAGES.iter().any(|page| bare == *page || bare.starts_with(&format!("{page}/"))) {
        return;
    }
    let told = format!("{method} {path} → {} {}", answered.status, String::from_utf8_lossy(&answered.body));
    let Some(item) = item(bare) else {
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "no such path is described: {told}");
        return;
    };
    let name = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_ascii_lowercase() };
    let Some(operation) = item.get(&name) else {
        // A preflight is answered for every public path.
        let preflight =
            method == Method::OPTIONS && answered.headers.contains_key("access-control-allow-methods");
        assert!(
            preflight || answered.status == StatusCode::METHOD_NOT_ALLOWED,
            "no such method is described: {told}"
        );
        assert!(preflight || answered.headers.contains_key("allow"), "405 without Allow: {told}");
        return;
    };
    let response = &operation["responses"][answered.status.as_str()];
    assert!(response.is_object(), "this status is not described: {told}");
    headers(response, &answered.headers, &told);
    if response.get("content").is_none() {
        assert!(answered.body.is_empty(), "no body is described: {told}");
        return;
    }
    let found = answered.header("content-type").split(';').next().unwrap().trim().to_owned();
    if method == Method::HEAD || (found == "text/html" && !answered.status.is_success()) {
        return;
    }
    let content = &response["content"][&found];
    assert!(content.is_object(), "this media type ({found}) is not described: {told}");
    if found == "application/problem+json" {
        let slug = answered.problem();
        let kinds = response["x-problems"].as_array().unwrap();
        assert!(kinds.contains(&json!(slug)), "this kind of problem is not described: {told}");
    }
    if let Some(line) = content.get("x-line-schema") {
        answered.lines().iter().for_each(|value| fits(line, value, &told));
    } else if found.ends_with("json") {
        fits(&content["schema"], &answered.json(), &told);
    }
}

/// The path item for a path: of two that fit, the one with fewer parameters.
fn item(path: &str) -> Option<&'static Value> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let fitting = paths.iter().filter(|(template, _)| matches(template, path));
    fitting.min_by_key(|(template, _)| template.matches('{').count()).map(|(_, item)| item)
}

fn matches(template: &str, path: &str) -> bool {
    if let Some(before) = template.strip_suffix("{path}") {
        return path.len() > before.len() && path.starts_with(before);
    }
    let (ours, theirs): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let fits =
        |(ours, theirs): (&&str, &&str)| ours == theirs || (ours.starts_with('{') && !theirs.is_empty());
    ours.len() == theirs.len() && ours.iter().zip(&theirs).all(fits)
}

#[track_caller]
fn headers(response: &Value, given: &HeaderMap, told: &str) {
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let there = given.contains_key(name.as_str());
        assert!(there || header["required"] == false, "{name} is missing: {told}");
    }
}

#[track_caller]
fn fits(schema: &Value, value: &Value, told: &str) {
    let errors: Vec<String> = validator(schema)
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}\n{told}", errors.join("\n"));
}

/// A schema of the document; its references lead into the components.
pub fn validator(schema: &Value) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap();
    let kept = validators.entry(schema.to_string()).or_insert_with(|| {
        let mut whole = schema.clone();
        whole["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        whole["components"] = DOCUMENT["components"].clone();
        Arc::new(jsonschema::options().should_validate_formats(true).build(&whole).unwrap())
    });
    Arc::clone(kept)
}
