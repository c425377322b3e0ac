//! `vidimus reconcile --type T --csv FILE --to URL --token FILE`: what differs between a department's table and the
//! ledger, both ways. The table is read once for an index of its rows, the ledger page by page; only a row that meets a
//! licence is read again, so neither side has to fit into memory. What differs stands in `FILE.differences.csv`.
//!
//! Not here: mending anything. An act or a replacement says why; a table does not.

mod difference;
mod index;
mod rows;
mod wanted;

use clap::Args;

use super::exit::Exit;
use super::output::Output;
use super::records::Records;
use crate::audit::replay::Progress;
use difference::Differences;
use index::Index;
use rows::Rows;
use wanted::Wanted;

/// Compare a table of records with the ledger, both ways.
#[derive(Debug, Args)]
pub(super) struct Reconcile {
    #[command(flatten)]
    records: Records,
    /// Leave out what was issued here: compare with recorded licences, and with what replaced them, only.
    #[arg(long)]
    legacy: bool,
}

impl Reconcile {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let catalogue = self.records.catalogue()?;
        let (licence_type, mapping) = self.records.type_and_mapping(&catalogue)?;
        let table = self.records.table()?;
        let service = self.records.issuer(out.lang)?;
        let mut differences = Differences::new(table.beside(".differences.csv"), out)?;
        let mut rows = Rows::new(&table, mapping.with_legacy(&[]), licence_type.slug(), out.lang)?;
        let mut index = Index::of(&mut rows, &mut differences)?;
        let mut shown = out.progress();
        let mut wanted = Wanted::new(licence_type.slug(), self.legacy);
        let mut licences = 0_u64;
        let mut after = None;
        loop {
            let (items, next) = service.licences(after.as_deref())?;
            for item in items.iter().filter(|item| wanted.takes(item)) {
                licences += 1;
                index.meet(item, &mut rows, &mut differences)?;
            }
            shown.step(Progress { done: licences, total: table.rows.max(licences) });
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        index.leftover(&mut rows, &mut differences)?;
        drop(shown);
        differences.conclude(table.rows, licences)
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::Table;
    use super::*;
    use crate::catalogue::{Catalogue, ColumnMapping};
    use serde_json::{Value, json};

    const MAPPING: &str = "[columns]\nname = [\"/holders/0/name\"]\ncode = [\"/holders/0/code\"]\nday = [\"/valid_from\"]\ncity = [\"/claims/city\"]";

    fn item(number: &str, name: &str, changes: &Value) -> Value {
        let mut item = json!({
            "handle": format!("h-{number}"), "licence_number": number, "valid_from": "2020-01-01", "valid_until": null,
            "holders": [{"name": name, "code": name}], "claims": {"city": "甲市"}, "standing": "valid",
            "recorded": {"standing": "valid", "trust": "B", "source": "档案"},
        });
        for (name, value) in changes.as_object().unwrap() {
            item[name] = value.clone();
        }
        item
    }

    fn mapping() -> ColumnMapping {
        let catalogue = Catalogue::built_in().unwrap();
        ColumnMapping::read(MAPPING, catalogue.find("business-licence").unwrap().schema()).unwrap()
    }

    /// Reconciles a table with licences; every difference as `kind line number field table ledger`, and the exit.
    fn reconcile(csv: &str, items: &[Value]) -> (Vec<String>, Exit) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, csv).unwrap();
        let out = Output::to(std::sync::Arc::new(std::sync::Mutex::new(Vec::new())));
        let (table, slug) = (Table::open(&path).unwrap(), "shop".parse().unwrap());
        let mapping = mapping().with_legacy(&[]);
        let mut differences = Differences::new(table.beside(".differences.csv"), &out).unwrap();
        let mut rows = Rows::new(&table, mapping, &slug, out.lang).unwrap();
        let mut index = Index::of(&mut rows, &mut differences).unwrap();
        items.iter().for_each(|item| index.meet(item, &mut rows, &mut differences).unwrap());
        index.leftover(&mut rows, &mut differences).unwrap();
        let exit = differences.conclude(table.rows, 0).unwrap();
        let written = std::fs::read_to_string(table.beside(".differences.csv")).unwrap_or_default();
        let mut reader = csv::Reader::from_reader(written.as_bytes());
        let line = |record: csv::StringRecord| {
            let cells = [0, 1, 2, 4, 5, 6].map(|place| record[place].to_owned());
            cells.join("|")
        };
        (reader.records().map(|record| line(record.unwrap())).collect(), exit)
    }

    #[test]
    fn a_table_like_the_ledger_differs_in_nothing() {
        let csv = "\u{feff}name,code,day,city,证照编号,状态,trust\r\n甲,甲,2020-01-01,甲市,1,有效,B\r\n乙,乙,2020-01-01,甲市,2,,\r\n";
        let (found, exit) = reconcile(csv, &[item("2", "乙", &json!({})), item("1", "甲", &json!({}))]);
        assert_eq!((found, exit), (vec![], Exit::Good));
    }

    #[test]
    fn what_differs_is_named_and_nothing_else() {
        let csv = "name,code,day,city,licence_number,状态\n\
            甲,甲,2020-01-01,,1,暂扣\n丙,丙,2020-01-01,甲市,3,有效\n甲,甲,2020-01-01,甲市,1,有效\nx,y\n丁,丁,2020-01-01,甲市,4,有效\n甲,甲,2020-01-01,甲市,1,有效\n";
        let items = [
            item("1", "甲", &json!({})),
            item("2", "乙", &json!({})),
            item("4", "丁", &json!({"standing": "renewed", "replaced_by": "h-5"})),
            item("5", "戊", &json!({"standing": "renewed", "replaced_by": "h-6"})),
        ];
        let (found, exit) = reconcile(csv, &items);
        let expected = [
            "unreadable|5||||",
            "double|7|1||甲|",
            "only_in_ledger||2|||乙",
            // Another row of that number agrees; this one is held against the licence all the same.
            "differs|2|1|/claims/city||甲市",
            "differs|2|1|/recorded/standing|suspended|valid",
            "only_in_table|3|3||丙|",
            "differs|6|4|/recorded/standing|valid|renewed",
        ];
        assert_eq!(found, expected);
        assert_eq!(exit, Exit::Partial);
    }

    #[test]
    fn rows_without_a_number_go_by_reference_or_by_holder_and_days() {
        let csv = "name,code,day,city,reference\n甲,甲,2020-01-01,甲市,r-1\n乙,乙,2020-01-01,甲市,\n乙,乙,2021-01-01,甲市,\n,,2020-01-01,甲市,\n";
        let items = [
            item("1", "甲改", &json!({"reference": "r-1"})),
            item("2", "乙", &json!({})),
            // A second licence like it has no row of its own.
            item("3", "乙", &json!({})),
        ];
        let expected = [
            "unreadable|5||||",
            "differs|2|1|/holders/0/code|甲|甲改",
            "differs|2|1|/holders/0/name|甲|甲改",
            "only_in_ledger||3|||乙",
            "only_in_table|4|||乙|",
        ];
        assert_eq!(reconcile(csv, &items).0, expected);
    }

    #[test]
    fn rows_called_alike_go_with_the_licences_they_agree_with() {
        let csv = "name,code,day,city\n甲,甲,2020-01-01,甲市\n甲,甲,2020-01-01,乙市\n甲,甲,2020-01-01,乙市\n";
        let city = |number: &str, city: &str| item(number, "甲", &json!({"claims": {"city": city}}));
        let double = "double|4|||甲|";
        assert_eq!(reconcile(csv, &[city("1", "乙市"), city("2", "甲市")]).0, [double]);
        // One that agrees with no row takes what the others leave.
        let items = [city("1", "丙市"), city("2", "甲市"), city("3", "丁市")];
        let expected = [double, "differs|3|1|/claims/city|乙市|丙市", "only_in_ledger||3|||甲"];
        assert_eq!(reconcile(csv, &items).0, expected);
        assert_eq!(reconcile(csv, &[city("1", "甲市")]).0, [double, "only_in_table|3|||甲|"]);
    }

    #[test]
    fn a_second_row_of_a_number_that_says_less_is_a_double() {
        let csv =
            "name,code,day,city,licence_number,trust\n甲,甲,2020-01-01,甲市,1,B\n甲,甲,2020-01-01,甲市,1,\n";
        assert_eq!(reconcile(csv, &[item("1", "甲", &json!({}))]).0, ["double|3|1||甲|"]);
    }

    #[test]
    fn an_issued_licence_is_not_held_against_what_was_recorded() {
        let csv = "name,code,day,city,licence_number,trust,source,standing\n甲,甲,2020-01-01,甲市,1,A,底册,cancelled\n";
        let mut issued = item("1", "甲", &json!({}));
        issued.as_object_mut().unwrap().remove("recorded");
        assert_eq!(reconcile(csv, &[issued]).0, ["differs|2|1|/recorded/standing|cancelled|valid"]);
    }
}
