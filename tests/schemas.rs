//! The schemas under `schemas/` say what the code does: entries, mutated at every place, are taken by both or by
//! neither; every code of a report stands in its schema with its one result; examples fit what they are examples of.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde_json::{Value, json};
use vidimus::ledger::body::Kind;
use vidimus::ledger::entry::Entry;
use vidimus::values::canonical::canonical;
use vidimus::verification::{Check, Code, Outcome};

fn schema(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap()
}

/// The first entry of every kind among the vectors, and more of some.
fn entries() -> Vec<Value> {
    let whole = include_str!("../schemas/vectors/ledger/entries.jsonl").lines().map(schema);
    let single: Vec<Value> = serde_json::from_str(include_str!("../schemas/vectors/entries.json")).unwrap();
    whole.chain(single.iter().map(|vector| schema(vector["canonical"].as_str().unwrap()))).collect()
}

#[test]
fn every_entry_of_the_vectors_fits() {
    let validator = validator(&schema(include_str!("../schemas/entry.schema.json")));
    let mut kinds = BTreeSet::new();
    for entry in entries() {
        let errors: Vec<String> =
            validator.iter_errors(&entry).map(|error| format!("{} {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", entry["kind"]);
        kinds.insert(entry["kind"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds, Kind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect());
}

#[test]
fn a_mutated_entry_is_taken_by_both_or_by_neither() {
    let validator = validator(&schema(include_str!("../schemas/entry.schema.json")));
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let (mut refused, mut taken) = (0, 0);
    for entry in entries() {
        let seen = kinds.entry(entry["kind"].as_str().unwrap().to_owned()).or_default();
        *seen += 1;
        if *seen > 2 {
            continue;
        }
        for (told, mutant) in mutants(&entry) {
            let fits = validator.is_valid(&mutant);
            let parsed = canonical(&mutant).is_ok_and(|bytes| Entry::parse(&bytes).is_ok());
            assert_eq!(fits, parsed, "schema and code differ on {} with {told}", entry["kind"]);
            if fits { taken += 1 } else { refused += 1 }
        }
    }
    assert!(refused > 5_000 && taken > 50, "{refused} refused, {taken} taken");
}

/// The value with one thing changed, at every place.
fn mutants(value: &Value) -> Vec<(String, Value)> {
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, member)| places(member, &format!("{at}/{name}"), found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, item)| places(item, &format!("{at}/{n}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    places(value, "", &mut found);
    let mut mutants = Vec::new();
    for place in found {
        let other =
            [json!(""), json!("x"), json!(-1), json!(0), json!(true), json!([]), json!({}), json!(["x"])];
        for replacement in other.into_iter().chain(altered(value.pointer(&place).unwrap())) {
            let mut mutant = value.clone();
            let told = format!("{place} = {replacement}");
            *mutant.pointer_mut(&place).unwrap() = replacement;
            if mutant != *value {
                mutants.push((told, mutant));
            }
        }
        let mut more = value.clone();
        if let Some(members) = more.pointer_mut(&place).unwrap().as_object_mut() {
            members.insert("more".into(), json!("x"));
            mutants.push((format!("{place} has more"), more));
        }
        if let Some((parent, name)) = place.rsplit_once('/') {
            let mut less = value.clone();
            if let Some(members) = less.pointer_mut(parent).unwrap().as_object_mut() {
                members.remove(name);
                mutants.push((format!("{place} is missing"), less));
            }
        }
    }
    mutants
}

/// Texts and numbers that are nearly the right ones.
fn altered(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            let shorter: String = text.chars().skip(1).collect();
            [format!("{text} "), format!(" {text}"), format!("{text}="), format!("{text}\n"), shorter]
                .into_iter()
                .filter(|altered| altered.as_str() != "")
                .map(Value::from)
                .collect()
        }
        Value::Number(_) => vec![json!(9_007_199_254_740_992_u64), json!("1")],
        _ => Vec::new(),
    }
}

#[test]
fn every_code_stands_in_the_schema_of_reports_with_its_result() {
    let report = schema(include_str!("../schemas/report.schema.json"));
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(report["$defs"]["FindingCode"]["enum"], json!(codes));
    let reasons: Vec<&str> =
        ["all_passed", "all_passed_recorded", "other_type"].into_iter().chain(codes).collect();
    assert_eq!(report["properties"]["reason"]["properties"]["code"]["enum"], json!(reasons));
    assert_eq!(
        report["$defs"]["BriefReport"]["properties"]["reason"]["properties"]["code"]["enum"],
        json!(reasons)
    );
    let finding = validator(&json!({"$ref": "#/$defs/Finding", "$defs": report["$defs"]}));
    let outcomes = [Outcome::Passed, Outcome::Failed, Outcome::Unknown, Outcome::NotChecked];
    for code in Code::ALL {
        for outcome in outcomes {
            let line = json!({
                "check": "signature", "result": outcome, "code": code, "text": "…", "basis": {}, "age_s": null,
            });
            assert_eq!(finding.is_valid(&line), outcome == code.outcome(), "{code:?} {outcome:?}");
        }
    }
}

#[test]
fn the_seven_findings_stand_in_order() {
    let report = schema(include_str!("../schemas/report.schema.json"));
    let validator = validator(&report);
    let lines: Vec<Value> = Check::ALL
        .iter()
        .map(|check| {
            json!({"check": check, "result": "unknown", "code": "ledger_unread", "text": "…", "basis": {}, "age_s": 1})
        })
        .collect();
    let of = |findings: &[Value]| {
        json!({
            "report": format!("R-{}", "0".repeat(32)), "verdict": "cannot_tell", "accepted": null,
            "reason": {"code": "ledger_unread", "text": "…"}, "at": "2026-11-22T06:00:00.000Z",
            "checked_at": "2026-11-22T06:00:00.000Z", "findings": findings, "licence": null,
        })
    };
    assert!(validator.is_valid(&of(&lines)));
    assert!(!validator.is_valid(&of(&lines[..6])));
    let mut swapped = lines.clone();
    swapped.swap(0, 1);
    assert!(!validator.is_valid(&of(&swapped)));
    let mut more = of(&lines);
    more["more"] = json!(1);
    assert!(!validator.is_valid(&more));
}
