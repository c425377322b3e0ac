//! The shared suite over a store that settles after every write, and what only settling can get wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use super::super::parts::LAYOUT_KEY;
use super::super::tests::{append, append_all, files_in, holds_entries, reopen, reopen_with};
use super::super::{OpenError, SledStore};
use super::*;
use crate::authority::store::{Head, KeyValue, Row, Store, Write};
use crate::store::settled::SETTLED;
use crate::store::suite;

/// Everything settles, at once, in files of some rows.
pub(super) const EAGER: Measures = Measures { families: b"cehlmv", file: 256, margin: 0 };
/// As `EAGER`, and the newest rows stay.
pub(super) const PATIENT: Measures = Measures { families: b"e", file: 4_096, margin: 2_500 };

/// A store that settles after every write all that is due.
struct Restless(SledStore);

pub(super) fn settle_all(store: &SledStore) -> u64 {
    let mut rows = 0;
    loop {
        match store.settle().unwrap() {
            Settled { more: false, .. } => return rows,
            settled => rows += settled.rows,
        }
    }
}

impl Store for Restless {
    fn head(&self) -> Result<Head, StoreError> {
        self.0.head()
    }

    fn get(&self, row: &Row) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(row)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<KeyValue>, StoreError> {
        self.0.scan(prefix, after, limit)
    }

    fn last(&self, prefix: &[u8], until: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        self.0.last(prefix, until)
    }

    fn commit(&self, expected: Head, next: Head, writes: Vec<Write>) -> Result<(), StoreError> {
        self.0.commit(expected, next, writes)?;
        settle_all(&self.0);
        Ok(())
    }

    fn put(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.0.put(writes)?;
        settle_all(&self.0);
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.0.sync()
    }

    fn ended(&self) -> Option<String> {
        self.0.ended()
    }
}

suite::run_over!(|| {
    let kept = TempDir::new().unwrap();
    let store = SledStore::open_with(&kept.path().join("data"), EAGER).unwrap();
    (kept, Restless(store))
});

/// A store with entries, of which the first are settled.
fn settled(entries: u64) -> (TempDir, SledStore) {
    let kept = TempDir::new().unwrap();
    let store = SledStore::open_with(kept.path(), PATIENT).unwrap();
    append_all(&store, entries);
    assert!(settle_all(&store) > 0);
    (kept, store)
}

/// Paths of the settled files, in order.
fn paths(data: &Path) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(data.join(SETTLED)).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn what_settled_leaves_the_tree_and_the_newest_stay() {
    let (kept, store) = settled(100);
    let in_tree = store.db.range(b"e".to_vec()..b"f".to_vec()).unwrap().count();
    assert!((4..20).contains(&in_tree), "{in_tree}");
    assert!(files_in(&kept.path().join(SETTLED)) > 5);
    holds_entries(&store, 100);
    assert_eq!(store.settle(), Ok(Settled::default()), "nothing is due twice");
    drop(store);
    holds_entries(&reopen_with(kept.path(), PATIENT).unwrap(), 100);
    // Whoever settles nothing reads it all the same.
    holds_entries(&reopen(kept.path()).unwrap(), 100);
}

#[test]
fn what_is_gone_leaves_its_file_too() {
    let (kept, store) = settled(60);
    store.put(vec![Write::set(Row::Entries(3), b"a secret".repeat(80))]).unwrap();
    store.put((10..20).map(|index| Write::set(Row::Entries(index), vec![9; 400])).collect()).unwrap();
    settle_all(&store);
    let holds = |secret: &[u8]| {
        paths(kept.path())
            .iter()
            .any(|path| fs::read(path).unwrap().windows(secret.len()).any(|window| window == secret))
    };
    assert!(holds(b"a secret"));
    store.put(vec![Write::remove(Row::Entries(3))]).unwrap();
    settle_all(&store);
    assert!(!holds(b"a secret"));
    assert_eq!(store.get(&Row::Entries(3)), Ok(None));
    assert_eq!(store.db.ask(|db| db.get(Row::Entries(3).key())), Ok(None), "nothing stands for it any more");
}

/// Random writes, settling and starts, against a map.
#[test]
fn every_reading_is_that_of_a_map() {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    let length = prop_oneof![0..90_usize, 4_090..4_103_usize, 0..9_000_usize];
    let write = (0..60_u64, proptest::option::weighted(0.7, (length, any::<u8>())));
    let step = (proptest::collection::vec(write, 1..12), any::<bool>(), 0..12_u8);
    let steps = proptest::collection::vec(step, 1..40);
    let config = Config { max_shrink_iters: 0, failure_persistence: None, ..Config::with_cases(12) };
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        let kept = TempDir::new().unwrap();
        let measures = Measures { families: b"e", file: 700, margin: 200 };
        let mut store = SledStore::open_with(kept.path(), measures).unwrap();
        let mut map = BTreeMap::new();
        for (batch, settles, start) in steps {
            let value = |(length, seed)| vec![seed; length];
            let writes = batch.iter();
            let writes =
                writes.map(|(index, set)| Write { row: Row::Entries(*index), value: set.map(value) });
            store.put(writes.collect()).unwrap();
            for (index, set) in batch {
                match set {
                    Some(set) => map.insert(Row::Entries(index).key(), value(set)),
                    None => map.remove(&Row::Entries(index).key()),
                };
            }
            if settles {
                settle_all(&store);
            }
            if start == 0 {
                store.sync().unwrap();
                drop(store);
                store = reopen_with(kept.path(), measures).unwrap();
            }
            prop_assert!(store.scan(b"e", None, 100).unwrap().into_iter().eq(map.clone()));
            for index in 0..60 {
                let key = Row::Entries(index).key();
                prop_assert_eq!(store.get(&Row::Entries(index)).unwrap(), map.get(&key).cloned());
                let last =
                    map.range(..=key.clone()).next_back().map(|(key, value)| (key.clone(), value.clone()));
                prop_assert_eq!(store.last(b"e", &key).unwrap(), last);
                let after = map.range(key.clone()..).filter(|(found, _)| **found > key).take(2);
                let found = store.scan(b"e", Some(&key), 2).unwrap();
                prop_assert!(found.iter().map(|(key, value)| (key, value)).eq(after));
            }
        }
        Ok(())
    });
    outcome.unwrap();
}

/// One thread writes and removes, one settles, one reads.
#[test]
fn nothing_comes_back_that_was_removed_meanwhile() {
    let kept = TempDir::new().unwrap();
    let store = SledStore::open_with(kept.path(), EAGER).unwrap();
    let writing = AtomicBool::new(true);
    let mut map = BTreeMap::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while writing.load(Ordering::Relaxed) {
                store.settle().unwrap();
            }
        });
        scope.spawn(|| {
            while writing.load(Ordering::Relaxed) {
                let rows = store.scan(b"e", None, 1_000).unwrap();
                assert!(rows.is_sorted_by(|one, other| one.0 < other.0));
                assert!(rows.iter().all(|(_, value)| value.iter().all(|byte| *byte == value[0])));
            }
        });
        for round in 0..600_u64 {
            let index = round * 37 % 101;
            let value = (round % 3 != 0)
                .then(|| vec![u8::try_from(round % 251).unwrap(); 5_000 * usize::from(round % 7 == 0) + 60]);
            match &value {
                Some(value) => map.insert(Row::Entries(index).key(), value.clone()),
                None => map.remove(&Row::Entries(index).key()),
            };
            store.put(vec![Write { row: Row::Entries(index), value }]).unwrap();
        }
        writing.store(false, Ordering::Relaxed);
    });
    assert!(store.scan(b"e", None, 1_000).unwrap().into_iter().eq(map.clone()));
    settle_all(&store);
    assert!(store.scan(b"e", None, 1_000).unwrap().into_iter().eq(map.clone()));
    drop(store);
    let store = reopen_with(kept.path(), EAGER).unwrap();
    assert!(store.scan(b"e", None, 1_000).unwrap().into_iter().eq(map));
}

#[test]
fn a_damaged_block_is_told_and_ends_writing() {
    let (kept, store) = settled(100);
    let first = &paths(kept.path())[0];
    let mut bytes = fs::read(first).unwrap();
    bytes[700] ^= 1;
    fs::write(first, bytes).unwrap();
    let told = store.get(&Row::Entries(1)).unwrap_err();
    assert!(matches!(&told, StoreError::Unreadable(why) if why.contains("is damaged")), "{told}");
    assert!(matches!(append(&store), Err(StoreError::Ended(_))), "nothing is built on damage");
    assert!(store.get(&Row::Entries(50)).unwrap().is_some());
    assert!(store.scan(b"e", None, 10).is_err() && store.last(b"e", &Row::Entries(2).key()).is_err());
}

#[test]
fn a_file_that_is_lost_or_another_is_refused_at_a_start() {
    type Harm = fn(&[std::path::PathBuf]);
    let harms: [(&str, Harm); 5] = [
        ("gone", |files| fs::remove_file(&files[0]).unwrap()),
        ("another's", |files| assert!(fs::copy(&files[1], &files[0]).is_ok())),
        ("cut", |files| fs::write(&files[0], &fs::read(&files[0]).unwrap()[..900]).unwrap()),
        ("empty", |files| fs::write(&files[0], b"").unwrap()),
        ("longer", |files| {
            fs::write(&files[0], [fs::read(&files[0]).unwrap(), vec![0; 9]].concat()).unwrap();
        }),
    ];
    for (harm, change) in harms {
        let (kept, store) = settled(60);
        drop(store);
        drop(reopen(kept.path()).unwrap());
        let files = paths(kept.path());
        change(&files);
        match reopen(kept.path()) {
            Err(OpenError::Damaged { what, .. }) => assert!(what.contains(SETTLED), "{harm}: {what}"),
            other => panic!("{harm}: {:?}", other.err()),
        }
    }
}

#[test]
fn what_nobody_names_is_removed_at_a_start_and_nothing_else() {
    let (kept, store) = settled(60);
    drop(store);
    let settled = kept.path().join(SETTLED);
    let before = files_in(&settled);
    for name in ["00000000000000ff", "0000000000000000.new", "00000000000000fe.new"] {
        fs::write(settled.join(name), b"left").unwrap();
    }
    fs::write(settled.join("README"), b"somebody's").unwrap();
    let store = reopen(kept.path()).unwrap();
    holds_entries(&store, 60);
    assert_eq!(files_in(&settled), before + 4, "whoever only looks removes nothing");
    store.settle().unwrap();
    assert_eq!(files_in(&settled), before + 1);
}

#[test]
fn an_older_engine_that_is_only_looked_at_removes_nothing_of_the_newest() {
    let (kept, store) = settled(60);
    drop(store);
    drop(reopen(kept.path()).unwrap());
    let older = TempDir::new().unwrap();
    for name in ["db", "conf"] {
        fs::copy(kept.path().join(name), older.path().join(name)).unwrap();
    }
    let store = reopen_with(kept.path(), PATIENT).unwrap();
    append_all(&store, 60);
    settle_all(&store);
    drop(store);
    drop(reopen(kept.path()).unwrap());
    let newest = fs::read(kept.path().join("db")).unwrap();
    // Put in its place, looked at, and taken away again; what replaced its files keeps it from being opened, or not.
    fs::copy(older.path().join("db"), kept.path().join("db")).unwrap();
    drop(reopen(kept.path()));
    fs::write(kept.path().join("db"), newest).unwrap();
    holds_entries(&reopen(kept.path()).unwrap(), 120);
}

#[test]
fn a_directory_that_another_has_is_in_use_behind_a_link_too() {
    let (kept, _store) = settled(60);
    let copy = TempDir::new().unwrap();
    std::os::unix::fs::symlink(kept.path().join(SETTLED), copy.path().join(SETTLED)).unwrap();
    let refused = SledStore::open(copy.path()).err();
    assert_eq!(refused, Some(OpenError::InUse(copy.path().to_owned())));
}

#[test]
fn files_that_hold_the_same_rows_are_refused() {
    let (kept, store) = settled(60);
    let twin = store.steady.read().unwrap().files().next().unwrap().digest();
    store.db.ask(|db| db.insert(settled_key(900), twin.0.as_slice())).unwrap();
    drop(store);
    let first = paths(kept.path())[0].clone();
    fs::copy(&first, first.with_file_name("0000000000000384")).unwrap();
    let refused = reopen(kept.path()).err();
    assert!(
        matches!(&refused, Some(OpenError::Damaged { what, .. }) if what.contains("same rows")),
        "{refused:?}"
    );
}

#[test]
fn want_of_descriptors_ends_nothing() {
    let error = std::io::Error::from_raw_os_error(24);
    let (_kept, store) = settled(60);
    let fault = crate::store::settled::SettledFault::from_system(Path::new("settled"), &error);
    assert!(matches!(store.unsettled(&fault), StoreError::Busy(_)));
    append(&store).unwrap();
}

#[test]
fn what_cannot_be_written_is_told_and_tried_again() {
    let kept = TempDir::new().unwrap();
    let store = SledStore::open_with(kept.path(), PATIENT).unwrap();
    append_all(&store, 60);
    fs::write(kept.path().join(SETTLED), b"in the way").unwrap();
    assert!(matches!(store.settle(), Err(StoreError::Unsettled(_))));
    append(&store).unwrap();
    holds_entries(&store, 61);
    fs::remove_file(kept.path().join(SETTLED)).unwrap();
    // And where there is no room for a file itself.
    let in_the_way = kept.path().join(SETTLED).join("0000000000000000.new");
    fs::create_dir_all(&in_the_way).unwrap();
    assert!(matches!(store.settle(), Err(StoreError::Unsettled(_))));
    fs::remove_dir(in_the_way).unwrap();
    assert!(settle_all(&store) > 0);
    holds_entries(&store, 61);
}

#[test]
fn a_store_of_the_layout_before_is_taken_over() {
    let kept = TempDir::new().unwrap();
    let store = SledStore::open(kept.path()).unwrap();
    append(&store).unwrap();
    store.db.ask(|db| db.insert(LAYOUT_KEY, &[8])).unwrap();
    drop(store);
    let store = reopen(kept.path()).unwrap();
    holds_entries(&store, 1);
    assert_eq!(store.db.ask(|db| db.get(LAYOUT_KEY)).unwrap().unwrap(), [9]);
}
