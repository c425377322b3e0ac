//! Statistics over the ledger of the vectors with cases, and over one of many licences.

use super::*;
use crate::audit::fixture::Ledger;
use crate::audit::report::tests::files;
use crate::audit::source::Source;
use crate::audit::{Pins, replay_before};
use crate::values::canonical::{canonical, to_canonical};

fn counted(source: &dyn Source, range: Range, k: u64) -> Option<Statistics> {
    let mut eye = Counting::over(range);
    let audit = replay_before(&mut eye, source, &Pins::default(), &mut |_| ()).unwrap();
    assert!(audit.summary.holds, "{:?}", audit.summary.violations);
    statistics(&audit.summary.origin, &eye, k)
}

fn rows(found: &Statistics, table: Table) -> Vec<(String, Option<u64>)> {
    let counted = found.tables.iter().find(|counted| counted.table == table.name()).unwrap();
    counted.rows.iter().map(|row| (row.key.join("/"), row.count)).collect()
}

fn row(key: &str, count: u64) -> (String, Option<u64>) {
    (key.to_owned(), Some(count))
}

#[test]
fn what_happened_is_counted_by_what_it_is() {
    let found = counted(&files(usize::MAX), Range { from: 0, until: 78 }, 1).unwrap();
    let day = [row("", 2), row("2026", 2), row("2026/2026-11", 2), row("2026/2026-11/2026-11-22", 2)];
    assert_eq!(rows(&found, Table::LicencesByDay), day);
    // Objections are cases of another kind.
    let by_type = rows(&found, Table::CasesByType);
    let paths: Vec<&str> = by_type.iter().map(|(path, _)| path.as_str()).collect();
    let below = "food/330000/330100/330106";
    assert_eq!(paths[..5], ["", "food", "food/330000", "food/330000/330100", below]);
    assert!(by_type.len() == 6 && by_type[5].0.starts_with(below), "{by_type:?}");
    assert!(by_type.iter().all(|(_, count)| *count == Some(5)));
    assert_eq!(rows(&found, Table::Ratings), [row("", 3), row("1", 1), row("4", 1), row("5", 1)]);
    let acts = [
        row("", 2),
        row("rescinded", 1),
        row("rescinded/food", 1),
        row("suspended", 1),
        row("suspended/food", 1),
    ];
    assert_eq!(rows(&found, Table::Acts), acts);
    assert!(rows(&found, Table::Refusals).is_empty());
    let part = counted(&files(usize::MAX), Range { from: 40, until: 78 }, 1).unwrap();
    assert_eq!(rows(&part, Table::LicencesByDay)[0], row("", 1));
    assert!(counted(&files(60), Range { from: 0, until: 61 }, 1).is_none());
}

#[test]
fn small_counts_are_withheld_and_say_so_in_both_forms() {
    let found = counted(&files(usize::MAX), Range { from: 0, until: 78 }, 4).unwrap();
    assert_eq!(rows(&found, Table::LicencesByDay), [(String::new(), None)]);
    assert_eq!(rows(&found, Table::CasesByDay)[0], row("", 5));
    let csv: BTreeMap<String, String> = found.csv().into_iter().collect();
    assert_eq!(csv["licences-by-day.csv"], "year,month,day,count,withheld\r\n*,*,*,,yes\r\n");
    assert!(
        csv["cases-by-day.csv"].ends_with("2026,2026-11,2026-11-22,5,\r\n"),
        "{}",
        csv["cases-by-day.csv"]
    );
    assert!(csv["departments.csv"].starts_with("\u{feff}department,code,"));
    assert!(csv["departments.csv"].contains(",'113301060024894357,"), "{}", csv["departments.csv"]);
    for table in &found.tables {
        assert_eq!(Digest::of(csv[&format!("{}.csv", table.table)].as_bytes()), table.csv_sha256);
    }
}

/// Canonical, fresh as of the end of the range, and the same whatever came later.
#[test]
fn what_came_later_changes_no_byte() {
    let written = |source: &dyn Source| {
        let found = counted(source, Range { from: 30, until: 60 }, 2).unwrap();
        let bytes = to_canonical(&found).unwrap();
        assert_eq!(canonical(&serde_json::from_slice(&bytes).unwrap()).unwrap(), bytes);
        (bytes, found)
    };
    let (whole, cut) = (written(&files(usize::MAX)), written(&files(60)));
    assert_eq!(whole.0, cut.0);
    let head = crate::audit::prove::head(&files(60)).unwrap().1;
    assert_eq!((cut.1.size, cut.1.root), (60, Hash(head.root).to_string()));
    assert_eq!(cut.1.last_entry, "2026-11-22T06:59:59.536Z".parse().unwrap());
}

#[test]
fn a_total_that_is_told_is_the_sum_of_what_was_issued() {
    let mut ledger = Ledger::new();
    for _ in 0..30 {
        ledger.issue();
    }
    let size = ledger.size();
    let found = counted(&ledger.files(), Range { from: 0, until: size }, 10).unwrap();
    assert_eq!(rows(&found, Table::LicencesByType)[0], row("", 30));
}
