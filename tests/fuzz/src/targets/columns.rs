//! A department's table: the mapping of its columns, the rows, and the requests they become.
//!
//! - A mapping is taken or refused with every reason; reading it again says the same.
//! - Nothing of a row is lost: every filled cell of a column that is not ignored stands in the request, or the row is refused.
//! - A request is of the row alone, and its key of the content; what is wrong with it is said at a place that is there.
//!
//! Input: which type, how (bit 1: a mapping of its own; bit 2: the columns of existing licences too), then the mapping and a
//! zero byte where it is its own, then the table.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde_json::Value;
use vidimus::catalogue::{Catalogue, ColumnError, ColumnMapping, IssueRequest, LicenceType, content_key};
use vidimus::values::recorded::RecordedStanding;

use crate::targets::request::place_of;

static TYPES: LazyLock<Vec<Arc<LicenceType>>> =
    LazyLock::new(|| Catalogue::built_in().unwrap().iter().cloned().collect());

const OWN: u8 = 1;
const LEGACY: u8 = 2;
/// What `issue --legacy` fills in where no column says it.
const DEFAULTS: [(&str, &str); 2] = [("/recorded/trust", "B"), ("/recorded/source", "a register")];

/// Holds the laws over a mapping and a table.
pub fn run(data: &[u8]) {
    let [which, how, rest @ ..] = data else { return };
    let licence_type = &TYPES[usize::from(*which) % TYPES.len()];
    let (mapping, table) = match rest.iter().position(|byte| *byte == 0) {
        Some(cut) if how & OWN != 0 => (Some(&rest[..cut]), &rest[cut + 1..]),
        _ if how & OWN != 0 => (Some(rest), [].as_slice()),
        _ => (None, rest),
    };
    let Some(mapping) = mapping_of(licence_type, mapping) else { return };
    let mapping = if how & LEGACY != 0 { mapping.with_legacy(&DEFAULTS) } else { mapping };
    rows(licence_type, &mapping, table);
}

fn mapping_of(licence_type: &LicenceType, text: Option<&[u8]>) -> Option<ColumnMapping> {
    let Some(text) = text else { return Some(licence_type.columns().clone()) };
    let text = std::str::from_utf8(text).ok()?;
    let read = ColumnMapping::read(text, licence_type.schema());
    assert_eq!(ColumnMapping::read(text, licence_type.schema()), read);
    match read {
        Ok(mapping) => Some(mapping),
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|error| !error.to_string().is_empty() && !error.zh().is_empty()));
            None
        }
    }
}

/// As `cli` reads tables: rows may have any length, a byte-order mark is the reader's business.
fn rows(licence_type: &LicenceType, mapping: &ColumnMapping, table: &[u8]) {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(table);
    let Ok(header) = reader.headers().cloned() else { return };
    let header: Vec<String> = header.iter().map(str::to_owned).collect();
    mapping.needs_legacy(&header);
    mapping.lacks(&header);
    mapping.pointers(&header);
    for record in reader.records().take(8).map_while(Result::ok) {
        let row: Vec<String> = record.iter().map(str::to_owned).collect();
        let made = mapping.request(licence_type.slug(), &header, &row);
        assert_eq!(made, mapping.request(licence_type.slug(), &header, &row));
        match made {
            Ok(request) => {
                assert_eq!(header.len(), row.len());
                nothing_lost(mapping, &header, &row, &request);
                asked(licence_type, &request);
            }
            Err(ColumnError::Ragged { expected, found }) => {
                assert_eq!((expected, found), (header.len(), row.len()));
                assert_ne!(expected, found);
            }
            Err(ColumnError::Unmapped(column)) => assert!(header.iter().any(|name| name.ends_with(&column))),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn nothing_lost(mapping: &ColumnMapping, header: &[String], row: &[String], request: &Value) {
    let mut said = Vec::new();
    leaves(request, &mut said);
    // Alone, a filled column is refused or changes the request: then it is one that is not ignored.
    for (column, cell) in header.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
        let alone = mapping.request(
            &"alone".parse().unwrap(),
            std::slice::from_ref(column),
            std::slice::from_ref(cell),
        );
        let blank =
            mapping.request(&"alone".parse().unwrap(), std::slice::from_ref(column), &[String::new()]);
        if alone.is_err() || alone == blank {
            continue;
        }
        let named = RecordedStanding::named(cell).map(|standing| standing.as_str().to_owned());
        let number = cell.parse::<u32>().ok().map(|number| number.to_string());
        let kept = said.contains(cell) || number.is_some_and(|number| said.contains(&number));
        assert!(
            kept || cell == "长期" || named.is_some_and(|word| said.contains(&word)),
            "{column}: {cell:?} is lost"
        );
    }
}

fn leaves(value: &Value, said: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| leaves(member, said)),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, said)),
        Value::String(text) => said.push(text.clone()),
        Value::Number(number) => said.push(number.to_string()),
        _ => {}
    }
}

fn asked(licence_type: &LicenceType, request: &Value) {
    let key = content_key(licence_type.slug(), 1, request).unwrap();
    let mut keyed = request.clone();
    keyed["key"] = "k".into();
    assert_eq!(content_key(licence_type.slug(), 1, &keyed).as_ref(), Ok(&key));
    assert_ne!(content_key(licence_type.slug(), 2, request).as_ref(), Ok(&key));
    match IssueRequest::parse(request) {
        Ok(parsed) => {
            if let Err(error) = licence_type.check(&parsed, "2026-11-22".parse().unwrap()) {
                place_of(request, &error);
            }
        }
        Err(error) => place_of(request, &error),
    }
}

/// The built-in mappings with a row of each type's example, and a mapping of lists.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (place, licence_type) in (0_u8..).zip(TYPES.iter()) {
        let file = format!("schemas/types/{}/{}/columns.toml", licence_type.slug(), licence_type.version());
        let file = project().join(file);
        let mapping = std::fs::read_to_string(file).unwrap();
        let names: Vec<&str> = mapping
            .lines()
            .filter_map(|line| line.split_once(" = [\"/"))
            .map(|(name, _)| name.trim_matches('"'))
            .collect();
        let cells: Vec<&str> =
            names.iter().map(|name| if name.contains("month") { "7" } else { "2026-11-22" }).collect();
        let table = format!("{}\n{}\n", names.join(","), cells.join(","));
        let legacy =
            format!("{},状态,trust,发证日期\n{},有效,A,2015-03-01\n", names.join(","), cells.join(","));
        seeds.push([&[place, 0], table.as_bytes()].concat());
        seeds.push([&[place, LEGACY], legacy.as_bytes()].concat());
        // Comments are long, and say nothing to a parser.
        let bare: String =
            mapping.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        seeds.push([&[place, OWN], bare.as_bytes(), b"\0", table.as_bytes()].concat());
    }
    seeds
}

/// The project's folder, whichever of its packages this is compiled into.
fn project() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().find(|folder| folder.join("schemas").is_dir()).expect("a folder of the project")
}

/// Targets, columns, and what spreadsheets write.
pub fn words() -> Vec<String> {
    let claims = TYPES.iter().flat_map(|one| {
        let names: Vec<String> =
            one.schema().claims().map(|(name, _)| format!("\"/claims/{name}\"")).collect();
        names
    });
    let mut words: Vec<String> = claims.collect();
    words.extend(super::words(&[
        "[columns]\n",
        "[constants]\n",
        "ignore = [\"",
        "\"/holders/0/name\"",
        "\"/holders/1/code\"",
        "\"/valid_until\"",
        "\"/recorded/standing\"",
        " = [\"",
        "\"]\n",
        "/0",
        "/1",
        "/10",
        "\u{feff}",
        "\"\"",
        ",",
        "\r\n",
        "长期",
        "有效",
        "4294967295",
        "状态",
        "trust",
        "valid_from",
    ]));
    let example = TYPES.iter().map(|one| one.example()["type"].as_str().unwrap_or_default().to_owned());
    words.extend(example);
    words.sort();
    words.dedup();
    words
}
