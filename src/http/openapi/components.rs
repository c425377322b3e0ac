//! The schemas that the document names: the files under `schemas/`, with every definition in them a component of its
//! own. The files stand as they are for whoever reads them alone; here only their references are turned. Not here: the
//! schema of ledger entries, which no operation answers with.

use serde_json::{Map, Value};

/// The files, and the component that each is itself.
const FILES: [(&str, &str); 15] = [
    (include_str!("../../../schemas/problem.schema.json"), "problem.schema.json"),
    (include_str!("../../../schemas/report.schema.json"), "report.schema.json"),
    (include_str!("../../../schemas/download.schema.json"), "download.schema.json"),
    (include_str!("../../../schemas/issue-request.schema.json"), "issue-request.schema.json"),
    (include_str!("../../../schemas/http/words.schema.json"), "words.schema.json"),
    (include_str!("../../../schemas/http/acts.schema.json"), "acts.schema.json"),
    (include_str!("../../../schemas/http/licences.schema.json"), "licences.schema.json"),
    (include_str!("../../../schemas/http/cases.schema.json"), "cases.schema.json"),
    (include_str!("../../../schemas/http/cards.schema.json"), "cards.schema.json"),
    (include_str!("../../../schemas/http/matters.schema.json"), "matters.schema.json"),
    (include_str!("../../../schemas/http/catalogue.schema.json"), "catalogue.schema.json"),
    (include_str!("../../../schemas/http/verification.schema.json"), "verification.schema.json"),
    (include_str!("../../../schemas/http/service.schema.json"), "service.schema.json"),
    (include_str!("../../../schemas/http/operator.schema.json"), "operator.schema.json"),
    (include_str!("../../../schemas/http/needs.schema.json"), "needs.schema.json"),
];

/// Every component by its name.
pub fn schemas() -> serde_json::Result<Map<String, Value>> {
    let files: Vec<(Map<String, Value>, &str)> = FILES
        .iter()
        .map(|(text, name)| Ok((serde_json::from_str(text)?, *name)))
        .collect::<serde_json::Result<_>>()?;
    let mut components = Map::new();
    for (file, name) in &files {
        let mut whole = file.clone();
        whole.remove("$schema");
        for (defined, mut schema) in definitions(whole.remove("$defs")) {
            turn(&mut schema, name, &files);
            components.insert(defined, schema);
        }
        // A file that only defines is no component.
        if whole.contains_key("type") {
            let title = title(&whole);
            let mut schema = Value::Object(whole);
            turn(&mut schema, name, &files);
            components.insert(title, schema);
        }
    }
    Ok(components)
}

fn definitions(defs: Option<Value>) -> Map<String, Value> {
    match defs {
        Some(Value::Object(defs)) => defs,
        _ => Map::new(),
    }
}

fn title(file: &Map<String, Value>) -> String {
    file.get("title").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Turns every reference in a schema of the file `here` into one to a component.
fn turn(schema: &mut Value, here: &str, files: &[(Map<String, Value>, &str)]) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(reference) if name == "$ref" => {
                        *reference = component(reference, here, files);
                    }
                    member => turn(member, here, files),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| turn(item, here, files)),
        _ => {}
    }
}

/// `#/$defs/X` and `any.schema.json#/$defs/X` are X; a file alone is what its title says.
fn component(reference: &str, here: &str, files: &[(Map<String, Value>, &str)]) -> String {
    let (file, place) = reference.split_once('#').unwrap_or((reference, ""));
    let file = file.rsplit('/').next().filter(|file| !file.is_empty()).unwrap_or(here);
    let name = match place.strip_prefix("/$defs/") {
        Some(name) => name.to_owned(),
        None => files.iter().find(|(_, name)| *name == file).map(|(file, _)| title(file)).unwrap_or_default(),
    };
    format!("#/components/schemas/{name}")
}
