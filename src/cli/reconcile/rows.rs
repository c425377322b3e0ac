//! The rows of the table as requests, read in order and then again where they stand; and how a field of a row and of a
//! licence reads.

use std::collections::BTreeSet;
use std::fs::File;

use anyhow::{Context as _, anyhow};
use serde_json::Value;

use super::difference::{Difference, Kind};
use super::index::Place;
use crate::catalogue::ColumnMapping;
use crate::cli::table::Table;
use crate::values::identifiers::Slug;
use crate::values::lang::Lang;

/// The rows of a table, mapped.
pub(super) struct Rows<'t> {
    reader: csv::Reader<File>,
    header: &'t [String],
    mapping: ColumnMapping,
    slug: &'t Slug,
    lang: Lang,
    pointers: Vec<String>,
    read: u64,
}

/// A row and where it stands; or why it cannot be read.
pub(super) type Row = (Place, Result<Value, String>);

impl<'t> Rows<'t> {
    /// The rows of a table, from its first.
    pub(super) fn new(
        table: &'t Table,
        mapping: ColumnMapping,
        slug: &'t Slug,
        lang: Lang,
    ) -> anyhow::Result<Self> {
        let pointers = mapping.pointers(&table.header);
        Ok(Self { reader: table.reader()?, header: &table.header, mapping, slug, lang, pointers, read: 0 })
    }

    /// The members of this row and this licence that the table speaks of, as JSON pointers of an issue request: every
    /// holder that either has, and a claim of several parts as a whole.
    fn fields(&self, row: &Value, item: &Value) -> BTreeSet<String> {
        let count = |value: &Value| value.get("holders").and_then(Value::as_array).map_or(0, Vec::len);
        let holders = count(row).max(count(item));
        let mut fields = BTreeSet::new();
        for pointer in &self.pointers {
            match pointer.split('/').collect::<Vec<_>>().as_slice() {
                ["", "holders", _, member] => {
                    fields.extend((0..holders).map(|holder| format!("/holders/{holder}/{member}")));
                }
                ["", "claims", claim, ..] => drop(fields.insert(format!("/claims/{claim}"))),
                _ => drop(fields.insert(pointer.clone())),
            }
        }
        fields
    }

    /// In what a row and a licence differ, field by field.
    pub(super) fn differing(&mut self, place: &Place, item: &Value) -> anyhow::Result<Vec<Difference>> {
        let row = self.again(place)?;
        let fields = self.fields(&row, item);
        let found = fields.iter().filter(|field| is_said(item, field)).filter_map(|field| {
            let (table, ledger) = (text(&row, field), of_ledger(item, field));
            let unsaid = table.is_empty() && may_be_unsaid(field);
            (table != ledger && !unsaid).then(|| {
                Difference::of(Kind::Differs)
                    .in_table(place.line, &row)
                    .in_ledger(item)
                    .field(field, table, ledger)
            })
        });
        Ok(found.collect())
    }

    /// The next row.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Row>> {
        let mut record = csv::StringRecord::new();
        if !self.reader.read_record(&mut record)? {
            return Ok(None);
        }
        self.read += 1;
        let position = record.position().cloned().context("a row without a place")?;
        Ok(Some((Place::new(position, self.read + 1), self.mapped(&record))))
    }

    /// A row that could be read before.
    pub(super) fn again(&mut self, place: &Place) -> anyhow::Result<Value> {
        self.reader.seek(place.position.clone())?;
        let mut record = csv::StringRecord::new();
        if !self.reader.read_record(&mut record)? {
            return Err(anyhow!("line {} is gone: the table was changed while it was read", place.line));
        }
        self.mapped(&record).map_err(|why| anyhow!("line {}: {why}", place.line))
    }

    fn mapped(&self, record: &csv::StringRecord) -> Result<Value, String> {
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        let mapped = self.mapping.request(self.slug, self.header, &cells);
        mapped.map_err(|error| self.lang.choose(error.zh(), error.to_string()))
    }
}

/// A field as text; empty where it is absent.
pub(super) fn text(value: &Value, field: &str) -> String {
    match value.pointer(field) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A field of a licence as it is listed: where it stands now is the ledger's to say, whatever was recorded.
fn of_ledger(item: &Value, field: &str) -> String {
    text(item, if field == "/recorded/standing" { "/standing" } else { field })
}

/// Whether a licence can be held against a field. One that was issued says nothing of a recording; since when and why it
/// stands where it does was recorded of the standing it had then.
fn is_said(item: &Value, field: &str) -> bool {
    match field {
        "/recorded/standing" => true,
        "/recorded/standing_since" | "/recorded/standing_reason" => {
            item.pointer("/recorded/standing").is_some_and(|then| Some(then) == item.get("standing"))
        }
        field => !field.starts_with("/recorded/") || item.get("recorded").is_some(),
    }
}

/// Whether an empty cell says nothing, rather than that there is nothing.
fn may_be_unsaid(field: &str) -> bool {
    ["/licence_number", "/reference", "/region", "/case"].contains(&field) || field.starts_with("/recorded/")
}
