//! What differs: a line each in `FILE.differences.csv` and on stdout as JSON, the first few as text, and the sum at the
//! end. Any difference ends in 13: some of many is as it should be, and the rest is named.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;
use serde_json::{Value, json};

use super::rows::text;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::table::forget;
use crate::values::lang::Lang;

/// Differences that are told as text; the file has them all.
const TOLD: usize = 20;

/// The sorts of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A row that no licence answers to.
    OnlyInTable,
    /// A licence that no row means.
    OnlyInLedger,
    /// A row and its licence say different things.
    Differs,
    /// A second row that says the same of the same licence.
    Double,
    /// A row that says nothing to compare.
    Unreadable,
}

/// One difference; of a row and a licence that differ, one for each field.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Difference {
    difference: Kind,
    line: Option<u64>,
    licence_number: String,
    handle: String,
    field: String,
    table: String,
    ledger: String,
    detail: String,
}

impl Difference {
    pub(super) fn of(difference: Kind) -> Self {
        let empty = String::new;
        let (licence_number, handle, field, table, ledger, detail) =
            (empty(), empty(), empty(), empty(), empty(), empty());
        Self { difference, line: None, licence_number, handle, field, table, ledger, detail }
    }

    /// With the line of the table.
    pub(super) fn at(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// With what the row says it is.
    pub(super) fn in_table(mut self, line: u64, row: &Value) -> Self {
        self.line = Some(line);
        self.licence_number = text(row, "/licence_number");
        self.table = text(row, "/holders/0/name");
        self
    }

    /// With what the licence says it is.
    pub(super) fn in_ledger(mut self, item: &Value) -> Self {
        self.licence_number = text(item, "/licence_number");
        self.handle = text(item, "/handle");
        self.ledger = text(item, "/holders/0/name");
        self
    }

    /// With the field and what each side says.
    pub(super) fn field(mut self, field: &str, table: String, ledger: String) -> Self {
        self.field = field.to_owned();
        (self.table, self.ledger) = (table, ledger);
        self
    }

    /// With a reason.
    pub(super) fn because(mut self, why: &str) -> Self {
        self.detail = why.to_owned();
        self
    }

    fn told(&self, lang: Lang) -> String {
        let line = self.line.map(|line| lang.choose(format!("第 {line} 行"), format!("line {line}")));
        let field =
            (!self.field.is_empty()).then(|| format!("{}: {:?} ≠ {:?}", self.field, self.table, self.ledger));
        let named =
            [Some(self.difference.word(lang).to_owned()), line, Some(self.licence_number.clone()), field];
        let detail = Some(self.detail.clone());
        let parts = named.into_iter().chain([detail]).flatten().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("  ")
    }
}

impl Kind {
    fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::OnlyInTable => lang.choose("仅在表中", "only in the table"),
            Self::OnlyInLedger => lang.choose("仅在账本中", "only in the ledger"),
            Self::Differs => lang.choose("内容不同", "differs"),
            Self::Double => lang.choose("表中重复", "twice in the table"),
            Self::Unreadable => lang.choose("无法读取", "cannot be read"),
        }
    }
}

/// Everything that differs so far.
pub(super) struct Differences<'o> {
    path: PathBuf,
    file: Option<csv::Writer<File>>,
    out: &'o Output,
    told: Vec<String>,
    counts: BTreeMap<Kind, u64>,
}

impl<'o> Differences<'o> {
    /// None yet; what an earlier run found is forgotten.
    pub(super) fn new(path: PathBuf, out: &'o Output) -> anyhow::Result<Self> {
        forget(&path)?;
        Ok(Self { path, file: None, out, told: Vec::new(), counts: BTreeMap::new() })
    }

    /// The language of reasons.
    pub(super) fn lang(&self) -> Lang {
        self.out.lang
    }

    /// One more.
    pub(super) fn add(&mut self, difference: Difference) -> anyhow::Result<()> {
        self.add_about_one(vec![difference])
    }

    /// What differs between one row and one licence: counted once.
    pub(super) fn add_about_one(&mut self, differences: Vec<Difference>) -> anyhow::Result<()> {
        let Some(first) = differences.first() else { return Ok(()) };
        *self.counts.entry(first.difference).or_default() += 1;
        for difference in differences {
            self.out.line(&difference)?;
            if self.told.len() < TOLD {
                self.told.push(difference.told(self.out.lang));
            }
            let file = match &mut self.file {
                Some(file) => file,
                None => {
                    let file = csv::Writer::from_path(&self.path);
                    self.file.insert(file.with_context(|| self.path.display().to_string())?)
                }
            };
            file.serialize(difference).with_context(|| self.path.display().to_string())?;
        }
        Ok(())
    }

    /// The sum of it.
    pub(super) fn conclude(mut self, rows: u64, licences: u64) -> anyhow::Result<Exit> {
        if let Some(file) = &mut self.file {
            file.flush().with_context(|| self.path.display().to_string())?;
        }
        let count = |kind| self.counts.get(&kind).copied().unwrap_or(0);
        let (only_in_table, only_in_ledger) = (count(Kind::OnlyInTable), count(Kind::OnlyInLedger));
        let (different, doubles, unreadable) =
            (count(Kind::Differs), count(Kind::Double), count(Kind::Unreadable));
        let file = self.file.as_ref().map(|_| self.path.display().to_string());
        let summary = json!({
            "summary": true, "rows": rows, "licences": licences, "only_in_table": only_in_table,
            "only_in_ledger": only_in_ledger, "different": different, "doubles": doubles, "unreadable": unreadable,
            "differences_file": file,
        });
        self.out.result(&summary, |lang| {
            let mut lines = self.told.clone();
            lines.push(lang.choose(
                format!("{rows} 行，账本 {licences} 份：仅在表中 {only_in_table}，仅在账本中 {only_in_ledger}，内容不同 {different}，表中重复 {doubles}，无法读取 {unreadable}。"),
                format!("{rows} rows, {licences} licences in the ledger: {only_in_table} only in the table, {only_in_ledger} only in the ledger, {different} different, {doubles} twice in the table, {unreadable} that cannot be read."),
            ));
            lines.extend(file.as_ref().map(|file| lang.choose(format!("全部差异在 {file}"), format!("All differences: {file}"))));
            lines.join("\n")
        })?;
        Ok(if self.counts.is_empty() { Exit::Good } else { Exit::Partial })
    }
}
