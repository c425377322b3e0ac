//! The document: rows become path items (OpenAPI 3.1.1, sections 4.8.9 to 4.8.17). Not here: what the rows say.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::components::schemas;
use super::operation::{Content, Link, Operation, Parameter, Place, Who, named};
use super::operations::{Resource, resources};
use crate::http::kind::Kind;

/// What every reader should know first.
const WORDS: &str = "\
A trust service: departments issue signed electronic licences, everyone verifies them, auditors replay the ledger.

- JSON in UTF-8. Unknown members and query parameters are refused, and so is a member that stands twice. A member that \
is null counts as left out. Times are `YYYY-MM-DDTHH:MM:SS.mmmZ`, dates `YYYY-MM-DD`.
- Problems are RFC 9457, in Chinese unless `Accept-Language` prefers English; for a browser (`Accept: text/html`) they \
are pages. `/problems/{slug}` says what each means and what to do.
- HEAD is answered as GET without the body. Any other method is refused with 405 and `Allow`; an unknown path with 404.
- Any operation can answer 429 to too many requests, and 503 when nothing can be entered, or what is asked for cannot \
be read, both with `Retry-After`.
- A verdict is no error: evidence that could be read is answered with 200, however bad it is.
- Pages for people (`/zh`, `/en`, `/assets`) are not described here.";

/// The whole document.
pub fn document() -> serde_json::Result<Value> {
    let resources = resources();
    let tags: Vec<Value> = resources
        .iter()
        .map(|resource| json!({"name": resource.name, "description": format!("{} {}", resource.says.1, resource.says.0)}))
        .collect();
    let mut paths: Map<String, Value> = Map::new();
    for resource in &resources {
        for row in &resource.operations {
            let item = paths.entry(row.path.replace("{*", "{")).or_insert_with(|| json!({}));
            if let Some(methods) = item.as_object_mut() {
                methods.insert(row.method.to_owned(), operation(row, resource));
            }
        }
    }
    Ok(json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Vidimus",
            "summary": "Issue, verify and audit electronic licences. 电子证照的签发、核验与审计。",
            "description": WORDS,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "/", "description": "The authority that serves this document."}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas()?,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token from the operator: a department's, the operator's or an auditor's."},
            },
        },
    }))
}

fn operation(row: &Operation, resource: &Resource) -> Value {
    let mut value = json!({
        "operationId": row.id,
        "tags": [resource.name],
        "summary": format!("{} {}", row.says.1, row.says.0),
        "security": security(row.who),
        "responses": responses(row),
    });
    let Some(members) = value.as_object_mut() else { return value };
    if !row.note.is_empty() {
        members.insert("description".into(), json!(row.note));
    }
    let mut parameters: Vec<Value> = row.parameters.iter().map(parameter).collect();
    if speaks(row) {
        parameters.push(accept_language());
    }
    if !parameters.is_empty() {
        members.insert("parameters".into(), json!(parameters));
    }
    if !row.takes.is_empty() {
        members.insert(
            "requestBody".into(),
            json!({"required": row.needs_body, "content": content(&row.takes)}),
        );
    }
    value
}

fn security(who: Who) -> Value {
    match who {
        Who::All => json!([]),
        Who::Anyone => json!([{}, {"token": []}]),
        Who::Known | Who::Department => json!([{"token": []}]),
    }
}

/// Whether what it answers has a language, its commonest problems apart.
fn speaks(row: &Operation) -> bool {
    row.path.starts_with("/v1/")
}

fn accept_language() -> Value {
    json!({
        "name": "Accept-Language", "in": "header", "required": false, "schema": {"type": "string"},
        "description": "Language of texts and problems: zh-CN, the default, or en.", "example": "en",
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let place = match parameter.place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
    };
    json!({
        "name": parameter.name, "in": place, "required": parameter.required, "schema": parameter.schema,
        "description": parameter.says,
    })
}

/// Answers, and problems gathered by status: each answer of a problem says which kinds it can be.
fn responses(row: &Operation) -> Value {
    let mut responses: BTreeMap<String, Value> = row
        .answers
        .iter()
        .map(|answer| {
            let mut response = json!({"description": answer.when});
            if let (false, Some(members)) = (answer.content.is_empty(), response.as_object_mut()) {
                members.insert("content".into(), content(&answer.content));
            }
            if let (false, Some(members)) = (answer.links.is_empty(), response.as_object_mut()) {
                members.insert("links".into(), answer.links.iter().map(link).collect::<Map<_, _>>().into());
            }
            (answer.status.to_string(), response)
        })
        .collect();
    let mut problems: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in row.problems() {
        problems.entry(kind.status().as_u16()).or_default().push(kind);
    }
    for (status, kinds) in problems {
        responses.insert(status.to_string(), problem(&kinds));
    }
    json!(responses)
}

fn link(link: &Link) -> (String, Value) {
    let value = format!("$response.body#{}", link.value);
    (link.to.to_owned(), json!({"operationId": link.to, "parameters": {link.parameter: value}}))
}

fn problem(kinds: &[Kind]) -> Value {
    let said: Vec<String> =
        kinds.iter().map(|kind| format!("`{}`: {}", kind.slug(), kind.titles().1)).collect();
    let mut response = json!({
        "description": said.join("; "),
        "content": {"application/problem+json": {"schema": named("Problem")}},
        "x-problems": kinds.iter().map(|kind| kind.slug()).collect::<Vec<_>>(),
    });
    let headers = match kinds.first() {
        Some(Kind::TooMany | Kind::NotReady) => json!({"Retry-After": retry_after(true)}),
        _ if kinds.contains(&Kind::InFlight) => json!({"Retry-After": retry_after(false)}),
        Some(Kind::Unauthorised) => {
            json!({"WWW-Authenticate": {"required": true, "schema": {"type": "string", "const": "Bearer"}}})
        }
        _ => return response,
    };
    if let Some(members) = response.as_object_mut() {
        members.insert("headers".into(), headers);
    }
    response
}

fn retry_after(required: bool) -> Value {
    json!({"required": required, "description": "Seconds.", "schema": {"type": "integer", "minimum": 1}})
}

fn content(contents: &[Content]) -> Value {
    contents
        .iter()
        .map(|content| match content {
            Content::Json(name) => ("application/json".to_owned(), json!({"schema": named(name)})),
            Content::Either(one, other) => {
                ("application/json".to_owned(), json!({"schema": {"oneOf": [named(one), named(other)]}}))
            }
            // OpenAPI 3.1 has no word for a sequence; what each line is stands beside.
            Content::Lines(name) => (
                "application/x-ndjson".to_owned(),
                json!({"schema": {"type": "string", "description": "One JSON value a line."}, "x-line-schema": named(name)}),
            ),
            Content::Text(media_type) => ((*media_type).to_owned(), json!({"schema": {"type": "string"}})),
            Content::Bytes(media_type) => {
                ((*media_type).to_owned(), json!({"schema": {"type": "string", "format": "binary"}}))
            }
        })
        .collect::<Map<String, Value>>()
        .into()
}
