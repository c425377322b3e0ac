//! Entries and the JSON beneath them: strict, canonical, typed.
//!
//! - What is taken strictly is what serde_json reads; what is refused is no JSON, says a member twice, is nested beyond the
//!   limit, or begins with a byte-order mark.
//! - Canonical bytes are their own canonical form; every value that has a canonical form is read back from it.
//! - An entry is written again as the bytes it was read from, fits the published schema, and keeps its sizes.

use std::sync::LazyLock;

use jsonschema::Validator;
use vidimus::ledger::body::Kind;
use vidimus::ledger::entry::{Entry, EntryError, MAX_BYTES, MAX_LICENCE_BYTES, leaf_hash, statement};
use vidimus::values::canonical::{JsonError, canonical, parse_canonical, parse_strict};

use crate::make::{self, ENTRIES, MUTATED};

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = make::json(include_str!("../../../../schemas/entry.schema.json"));
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
});

/// Holds the laws over any bytes.
pub fn run(data: &[u8]) {
    strict(data);
    match Entry::parse(data) {
        Ok(entry) => written_again(&entry, data),
        Err(EntryError::UnknownKind(kind)) => assert!(Kind::parse(&kind).is_none()),
        Err(EntryError::Size { bytes, limit }) => assert!(bytes > limit),
        Err(EntryError::Json(error)) => assert!(parse_canonical(data).is_err(), "{error}"),
        Err(EntryError::Schema(error)) => assert!(!error.is_empty()),
        Err(EntryError::NotAscii) => assert!(!data.is_ascii()),
    }
}

fn strict(data: &[u8]) {
    let theirs = serde_json::from_slice::<serde_json::Value>(data);
    match parse_strict(data) {
        Ok(ours) => {
            assert_eq!(theirs.ok().as_ref(), Some(&ours));
            if let Ok(bytes) = canonical(&ours) {
                assert_eq!(parse_canonical(&bytes).as_ref(), Ok(&ours));
                assert_eq!(parse_canonical(data).is_ok(), bytes == data);
            }
        }
        Err(JsonError::Syntax(error)) => assert!(theirs.is_err(), "{error}"),
        Err(JsonError::ByteOrderMark) => assert!(data.starts_with(b"\xef\xbb\xbf")),
        Err(JsonError::Duplicate(_) | JsonError::Depth { .. }) => {}
        Err(other) => panic!("not a refusal of strict JSON: {other}"),
    }
}

fn written_again(entry: &Entry, data: &[u8]) {
    assert_eq!(entry.bytes(), data);
    assert_eq!(Entry::assemble(entry.unsigned().clone(), *entry.signature()).as_ref(), Ok(entry));
    assert_eq!(entry.leaf_hash(), leaf_hash(data));
    let value = parse_canonical(data).unwrap();
    if let Err(error) = SCHEMA.validate(&value) {
        panic!("taken, but {} {error}", error.instance_path());
    }
    let approvals = if entry.kind().is_licence() { entry.body().approvals_bytes() } else { 0 };
    let limit = if entry.kind().is_licence() { MAX_LICENCE_BYTES } else { MAX_BYTES };
    assert!(data.len() <= MAX_BYTES && data.len() - approvals <= limit);
    assert!(entry.kind().may_hold_names() || data.is_ascii());
    let origin = "ledger.example/fuzzed".parse().unwrap();
    let statement = statement(entry.body(), entry.prev(), &origin).unwrap();
    assert!(!String::from_utf8(statement).unwrap().contains("\"approvals\""));
    assert!(entry.unsigned().preimage(&origin).unwrap().len() < data.len() + 200);
}

/// One entry of every kind, and every mutated copy.
pub fn seeds() -> Vec<Vec<u8>> {
    let mutated = MUTATED.iter().map(|mutation| mutation["entry"].as_str().unwrap().as_bytes().to_vec());
    ENTRIES.iter().cloned().chain(mutated).filter(|seed| seed.len() <= 4096).collect()
}

/// Kinds and members.
pub fn words() -> Vec<String> {
    let kinds = Kind::ALL.iter().map(|kind| kind.as_str().to_owned());
    let members = ENTRIES.iter().flat_map(|entry| names(entry));
    let mut words: Vec<String> = kinds.chain(members).collect();
    words.sort();
    words.dedup();
    words
}

/// `"name":` of every member of an entry.
fn names(entry: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(entry).into_owned();
    let before = text.split("\":").map(str::to_owned);
    before.filter_map(|part| Some(format!("\"{}\":", part.rsplit_once('"')?.1))).collect()
}
