//! The document is sound, and about the routes that there are. That it is the frozen one: `tests/http_described.rs`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::document;
use super::operations::resources;

/// Pages for people, which are not described.
const PAGES: [&str; 3] = ["/zh", "/en", "/assets/"];

/// The router's own lines, `.route("path", get(…).post(…))`, against the rows.
#[test]
fn every_route_has_its_operation() {
    let mut routes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for source in [include_str!("../router.rs"), include_str!("../pages/mod.rs")] {
        for line in source.lines() {
            let Some((path, handlers)) =
                line.trim().strip_prefix(".route(\"").and_then(|rest| rest.split_once('"'))
            else {
                // Pages in a language are under the language's path.
                let page = line.contains(".route(&at(");
                assert!(page || !line.contains(".route("), "write a route on one line: {line}");
                continue;
            };
            let methods = ["get", "post", "put", "patch", "delete"]
                .into_iter()
                .filter(|method| handlers.contains(&format!("{method}(")));
            routes.entry(path.to_owned()).or_default().extend(methods);
        }
    }
    routes.retain(|path, _| !PAGES.iter().any(|page| path.starts_with(page)));
    let mut rows: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for row in resources().iter().flat_map(|resource| &resource.operations) {
        assert!(rows.entry(row.path.to_owned()).or_default().insert(row.method), "{} twice", row.id);
    }
    assert_eq!(rows, routes);
}

#[test]
fn every_row_is_whole() {
    let resources = resources();
    let mut ids = BTreeSet::new();
    for row in resources.iter().flat_map(|resource| &resource.operations) {
        assert!(ids.insert(row.id), "{} twice", row.id);
        assert!(!row.says.0.is_empty() && !row.says.1.is_empty(), "{} says nothing", row.id);
        assert!(!row.answers.is_empty(), "{} answers nothing", row.id);
        let named: BTreeSet<&str> =
            row.path.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
        let named: BTreeSet<&str> = named.into_iter().map(|name| name.trim_start_matches('*')).collect();
        let given =
            row.parameters.iter().filter(|parameter| parameter.required && row.path.contains(parameter.name));
        assert_eq!(named, given.map(|parameter| parameter.name).collect(), "{}", row.id);
    }
}

/// Every link leads to an operation that has the parameter.
#[test]
fn links_lead_somewhere() {
    let resources = resources();
    let rows = || resources.iter().flat_map(|resource| &resource.operations);
    for link in rows().flat_map(|row| &row.answers).flat_map(|answer| &answer.links) {
        let to = rows().find(|row| row.id == link.to);
        let has = to.is_some_and(|row| row.parameters.iter().any(|found| found.name == link.parameter));
        assert!(has, "{link:?}");
    }
}

/// Every reference leads to a component, every component is used.
#[test]
fn references_lead_somewhere() {
    fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document().unwrap();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    let components = document["components"]["schemas"].as_object().unwrap();
    let defined: BTreeSet<String> =
        components.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    // Answered with `as=file`, under the media type of the other answer.
    let used: BTreeSet<String> = found
        .into_iter()
        .map(str::to_owned)
        .chain(["#/components/schemas/DownloadFile".to_owned()])
        .collect();
    assert_eq!(used, defined);
}
