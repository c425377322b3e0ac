//! Kills while rows settle, and while files are made anew. The killed process is this test binary itself (`store::sled::tests`).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;

use super::super::SledStore;
use super::super::tests::{append, child_command, files_in, holds_entries, reopen_with};
use super::tests::{EAGER, PATIENT, settle_all};
use crate::authority::store::{Head, Row, Store, Write};
use crate::store::settled::SETTLED;

/// What the killed process does.
pub(in super::super) fn append_and_settle(directory: &Path, tell: impl Fn(u64)) {
    let store = SledStore::open_with(directory, PATIENT).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                store.settle().unwrap();
            }
        });
        loop {
            tell(append(&store).unwrap());
        }
    });
}

#[test]
fn a_kill_while_rows_settle_loses_none() {
    let kept = TempDir::new().unwrap();
    let mut acknowledged = 0;
    for round in 0..6 {
        let mut command = child_command("append and settle until killed", kept.path());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let committed = lines.filter_map(|line| line.unwrap().strip_prefix("committed ")?.parse().ok());
        acknowledged = committed.take(40 + 3 * round).last().expect("the child commits");
        child.kill().unwrap();
        child.wait().unwrap();
        let store = reopen_with(kept.path(), PATIENT).unwrap();
        holds_entries(&store, acknowledged);
        store.settle().unwrap();
        let named = store.steady.read().unwrap().files().count();
        assert_eq!(files_in(&kept.path().join(SETTLED)), named, "what is not named was swept away");
    }
    assert!(files_in(&kept.path().join(SETTLED)) > 10 && acknowledged >= 240);
}

/// What round `round` writes among sixty rows; the same each time.
fn round_of(round: u64) -> Vec<Write> {
    let rows = (0..4).map(|place| (round * 37 + place * 11) % 60);
    let value = |index: u64| {
        let long = usize::try_from(round % 5 * 1_100 + index).unwrap();
        (!(round + index).is_multiple_of(4)).then(|| vec![u8::try_from(round % 251).unwrap(); long])
    };
    rows.map(|index| Write { row: Row::Entries(index), value: value(index) }).collect()
}

/// What the killed process does: rounds of changes, each acknowledged, while files are made anew.
pub(in super::super) fn change_and_settle(directory: &Path, tell: impl Fn(u64)) {
    let store = SledStore::open_with(directory, EAGER).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                store.settle().unwrap();
            }
        });
        loop {
            let now = store.head().unwrap();
            let next = Head { size: now.size + 1, time: None };
            store.commit(now, next, round_of(now.size)).unwrap();
            tell(next.size);
        }
    });
}

#[test]
fn a_kill_while_files_are_made_anew_brings_nothing_back() {
    let kept = TempDir::new().unwrap();
    for kill in 0..8 {
        let mut command = child_command("change and settle until killed", kept.path());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let committed = lines.filter_map(|line| line.unwrap().strip_prefix("committed ")?.parse().ok());
        let acknowledged: u64 = committed.take(25 + 4 * kill).last().expect("the child commits");
        child.kill().unwrap();
        child.wait().unwrap();
        let store = reopen_with(kept.path(), EAGER).unwrap();
        let size = store.head().unwrap().size;
        assert!(size >= acknowledged, "{size} of {acknowledged} rounds");
        let mut map = BTreeMap::new();
        for Write { row, value } in (0..size).flat_map(round_of) {
            match value {
                Some(value) => map.insert(row.key(), value),
                None => map.remove(&row.key()),
            };
        }
        assert!(store.scan(b"e", None, 100).unwrap().into_iter().eq(map.clone()), "kill {kill}");
        settle_all(&store);
        assert!(store.scan(b"e", None, 100).unwrap().into_iter().eq(map), "kill {kill}, settled");
    }
}
