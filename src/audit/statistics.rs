//! Open statistics (开放数据) over a range of entries: what happened, counted by day, by type, region and department, by act, level and
//! reason, with small counts withheld (`withholding`), stamped with how fresh they are. The same for everybody
//! who has the ledger, to the byte.
//!
//! Each table is one tree, and no two tables cross: what two of them say of the same entries meets in their total alone, so
//! nothing that one withholds follows from another. That is why region, department and type stand in one table. Not here:
//! figures that are rates (`supervision::scorecard`), and anything about officers.

mod csv;
mod withholding;

use std::collections::BTreeMap;

use serde::Serialize;

use self::csv::{Cell, csv};
use self::withholding::{Told, Tree};
use super::eye::Eye;
use super::report::Range;
use crate::crypto::Digest;
use crate::ledger::body::{Body, Name};
use crate::ledger::entry::Entry;
use crate::ledger::state::{Charter, MemoryState, View as _};
use crate::merkle::Hash;
use crate::values::identifiers::{CreditCode, Region, Slug};
use crate::values::time::{Date, Time};
use crate::verification::Notice;

/// Names the form of the document.
const FORM: &str = "vidimus-statistics/1";
/// Where everything below is added up.
const ALL: &str = "*";
/// Where refused requests were for no type that was recognised.
const NO_TYPE: &str = "(none)";
/// Before text that is not ASCII: without it spreadsheets take it for another encoding.
const BYTE_ORDER_MARK: char = '\u{feff}';

macro_rules! tables {
    ($($table:ident = $name:literal, [$($column:literal),+], $zh:literal, $en:literal;)+) => {
        /// What is counted by what.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        enum Table { $($table,)+ }

        impl Table {
            const ALL: &[Self] = &[$(Self::$table),+];

            fn name(self) -> &'static str {
                match self { $(Self::$table => $name,)+ }
            }

            fn columns(self) -> &'static [&'static str] {
                match self { $(Self::$table => &[$($column),+],)+ }
            }

            fn title(self) -> Name {
                let (zh, en) = match self { $(Self::$table => ($zh, $en),)+ };
                Name { zh: zh.to_owned(), en: en.to_owned() }
            }
        }
    };
}

tables! {
    LicencesByDay = "licences-by-day", ["year", "month", "day"], "签发的证照（按日；补录不计）", "Licences issued, by day; recorded ones apart";
    LicencesByType = "licences-by-type", ["type", "province", "city", "county", "department"],
        "签发的证照（按类型、行政区划、部门；补录不计）", "Licences issued, by type, region and department; recorded ones apart";
    CasesByDay = "cases-by-day", ["year", "month", "day"], "申请（按日；异议不计）", "Cases filed, by day; objections apart";
    CasesByType = "cases-by-type", ["type", "province", "city", "county", "department"],
        "申请（按类型、行政区划、部门；异议不计）", "Cases filed, by type, region and department; objections apart";
    Acts = "acts", ["act", "type"], "证照状态变更（按处置、类型）", "What became of licences, by act and type";
    Ratings = "ratings", ["level"], "评价（按级别）", "Ratings, by level";
    Refusals = "refusals", ["reason", "type"], "拒绝的请求（按原因、类型）", "Refused requests, by reason and type";
}

/// Looks on at a replay, and counts the entries of a range.
pub struct Counting {
    range: Range,
    tables: BTreeMap<Table, Tree>,
    departments: Vec<Department>,
    fresh: Option<(Time, Hash)>,
    notice: Option<&'static str>,
}

impl Counting {
    /// For a range.
    pub fn over(range: Range) -> Self {
        Self { range, tables: BTreeMap::new(), departments: Vec::new(), fresh: None, notice: None }
    }

    fn count<'p>(&mut self, table: Table, path: impl IntoIterator<Item = &'p str>, more: u64) {
        self.tables.entry(table).or_default().add(path, more);
    }

    fn by_day(&mut self, table: Table, entry: &Entry, charter: &Charter) {
        if let Some(offset) = charter.offset() {
            let day: Date = entry.time().date(offset);
            let (year, month, day) = (
                format!("{:04}", day.year()),
                format!("{:04}-{:02}", day.year(), day.month()),
                day.to_string(),
            );
            self.count(table, [year.as_str(), month.as_str(), day.as_str()], 1);
        }
    }

    fn by_type(
        &mut self,
        table: Table,
        (licence_type, region, department): (&Slug, &Region, &CreditCode),
        charter: &Charter,
    ) {
        let [province, city, county] = region.within();
        let slug = charter.department(department).map(|held| &held.value.slug);
        // Nothing is entered for a department that is not registered.
        let Some(slug) = slug else { return };
        let path = [licence_type.as_str(), province.as_str(), city.as_str(), county.as_str(), slug.as_str()];
        self.count(table, path, 1);
    }

    fn take(&mut self, entry: &Entry, after: &MemoryState) {
        let charter = after.charter();
        let type_of = |handle| after.licence(handle).ok().flatten().map(|licence| licence.licence_type);
        match entry.body() {
            Body::LicenceIssued(issued) => {
                self.by_day(Table::LicencesByDay, entry, charter);
                let about = (&issued.r#type, &issued.region, &issued.department);
                self.by_type(Table::LicencesByType, about, charter);
                let replaced = issued.replaces.as_ref();
                if let Some(old) = replaced.and_then(|old| after.licence(&old.handle).ok().flatten()) {
                    self.count(Table::Acts, [old.standing().as_str(), old.licence_type.as_str()], 1);
                }
            }
            Body::CaseFiled(filed) if filed.corrects.is_none() => {
                self.by_day(Table::CasesByDay, entry, charter);
                let about = (&filed.r#type, &filed.region, &filed.department);
                self.by_type(Table::CasesByType, about, charter);
            }
            Body::LicenceEnded(ended) => self.act(ended.act.as_str(), type_of(&ended.handle)),
            Body::LicenceSuspended(acted) => self.act("suspended", type_of(&acted.handle)),
            Body::LicenceReinstated(acted) => self.act("reinstated", type_of(&acted.handle)),
            Body::CaseRated(rated) => {
                self.count(Table::Ratings, [u64::from(rated.level).to_string().as_str()], 1);
            }
            Body::RefusalsCounted(counted) => {
                for row in &counted.counts {
                    let licence_type = row.r#type.as_ref().map_or(NO_TYPE, Slug::as_str);
                    self.count(Table::Refusals, [row.reason.as_str(), licence_type], row.count);
                }
            }
            _ => {}
        }
    }

    fn act(&mut self, act: &str, licence_type: Option<Slug>) {
        if let Some(licence_type) = licence_type {
            self.count(Table::Acts, [act, licence_type.as_str()], 1);
        }
    }
}

impl Eye for Counting {
    fn after(&mut self, index: u64, entry: &Entry, state: &MemoryState) {
        if self.range.has(index) {
            self.take(entry, state);
        }
        if index + 1 == self.range.until {
            let charter = state.charter();
            self.fresh = Some((entry.time(), state.range().root()));
            self.notice = Notice::of(charter, false).map(Notice::as_str);
            self.departments = charter.departments().map(|held| Department::of(&held.value)).collect();
            self.departments.sort_by(|a, b| a.slug.cmp(&b.slug));
        }
    }
}

/// The statistics: one document, from which each table of text is made too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// The form of the document.
    pub statistics: &'static str,
    /// The program and its version.
    pub tool: String,
    /// The ledger's name.
    pub origin: String,
    /// What must be said beside anything about such an authority's ledger; a real one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<&'static str>,
    /// Which entries.
    pub range: Range,
    /// How fresh they are: when the last entry of the range was entered.
    pub last_entry: Time,
    /// Entries up to the end of the range.
    pub size: u64,
    /// The root that they make, in padded base64.
    pub root: String,
    /// Counts under this are withheld.
    pub k: u64,
    /// Every department there ever was, by its slug.
    pub departments: Vec<Department>,
    /// The tables.
    pub tables: Vec<Counted>,
}

/// A department as tables name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Department {
    /// Its short name.
    pub slug: Slug,
    /// Its credit code.
    pub code: CreditCode,
    /// Its name.
    pub name: Name,
    /// Its jurisdiction.
    pub region: Region,
}

impl Department {
    fn of(registered: &crate::ledger::body::DepartmentRegistered) -> Self {
        Self {
            slug: registered.slug.clone(),
            code: registered.code.clone(),
            name: registered.name.clone(),
            region: registered.region.clone(),
        }
    }
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Which.
    pub table: &'static str,
    /// What it is called.
    pub name: Name,
    /// What its keys are, from the outermost.
    pub columns: &'static [&'static str],
    /// Its rows, the total first; none where nothing was counted.
    pub rows: Vec<Row>,
    /// SHA-256 of the same table as CSV.
    pub csv_sha256: Digest,
}

/// A row: a shorter key stands for everything below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its key.
    pub key: Vec<String>,
    /// How many; absent where it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Whether it is withheld: fewer than `k`, or what would tell of others that are.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
}

/// What was counted in a ledger that holds; `None` where the range goes beyond it.
pub fn statistics(origin: &str, counting: &Counting, k: u64) -> Option<Statistics> {
    let (last_entry, root) = counting.fresh?;
    let tables = Table::ALL.iter().map(|table| {
        let told = counting.tables.get(table).map(|tree| tree.told(k)).unwrap_or_default();
        Counted {
            table: table.name(),
            name: table.title(),
            columns: table.columns(),
            csv_sha256: Digest::of(text(table.columns(), &told).as_bytes()),
            rows: told
                .into_iter()
                .map(|(key, count)| Row { key, count, withheld: count.is_none() })
                .collect(),
        }
    });
    Some(Statistics {
        statistics: FORM,
        tool: format!("vidimus {}", env!("CARGO_PKG_VERSION")),
        origin: origin.to_owned(),
        notice: counting.notice,
        range: counting.range,
        last_entry,
        size: counting.range.until,
        root: root.to_string(),
        k,
        departments: counting.departments.clone(),
        tables: tables.collect(),
    })
}

impl Statistics {
    /// Everything as CSV: names of files and their text.
    pub fn csv(&self) -> Vec<(String, String)> {
        let mut files: Vec<(String, String)> = self
            .tables
            .iter()
            .map(|table| {
                let told: Vec<Told> = table.rows.iter().map(|row| (row.key.clone(), row.count)).collect();
                (format!("{}.csv", table.table), text(table.columns, &told))
            })
            .collect();
        let departments = self.departments.iter().map(|own| {
            [own.slug.as_str(), own.code.as_str(), &own.name.zh, &own.name.en, own.region.as_str()]
                .map(Cell::Text)
                .into()
        });
        let departments = csv(&["department", "code", "name_zh", "name_en", "region"], departments);
        files.push(("departments.csv".to_owned(), format!("{BYTE_ORDER_MARK}{departments}")));
        let (from, until, size, k) = (self.range.from, self.range.until, self.size, self.k);
        let last = self.last_entry.to_string();
        let fresh = [
            ("origin", Cell::Text(&self.origin)),
            ("from", Cell::Number(from)),
            ("until", Cell::Number(until)),
            ("last_entry", Cell::Text(&last)),
            ("size", Cell::Number(size)),
            ("root", Cell::Text(&self.root)),
            ("k", Cell::Number(k)),
        ];
        let fresh =
            csv(&["property", "value"], fresh.into_iter().map(|(name, value)| vec![Cell::Text(name), value]));
        files.push(("freshness.csv".to_owned(), fresh));
        files
    }
}

/// A table as CSV: what everything below is added up in has `*` in the place of the rest of its key.
fn text(columns: &[&str], told: &[Told]) -> String {
    let mut head = columns.to_vec();
    head.extend(["count", "withheld"]);
    csv(
        &head,
        told.iter().map(|(key, count)| {
            let mut row: Vec<Cell<'_>> = columns
                .iter()
                .enumerate()
                .map(|(place, _)| Cell::Text(key.get(place).map_or(ALL, String::as_str)))
                .collect();
            row.extend(match count {
                Some(count) => [Cell::Number(*count), Cell::Empty],
                None => [Cell::Empty, Cell::Text("yes")],
            });
            row
        }),
    )
}

#[cfg(test)]
mod tests;
