//! What every store must do, run over each of them. `run_over!` takes an expression that makes what must outlive the
//! store (its directory) and an empty store.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::authority::store::{BATCH_BYTES, BATCH_WRITES, Head, Row, Store, StoreError, VALUE_BYTES, Write};
use crate::values::identifiers::Handle;
use crate::values::time::Time;

/// The tests of the suite, over one store.
macro_rules! run_over {
    ($make:expr) => {
        $crate::store::suite::run_over!($make;
            begins_empty, moves_the_head_by_compare_and_swap, commits_all_or_nothing, is_one_writer_among_threads,
            puts_beside_the_head, scans_in_order, finds_the_last, keeps_values_of_every_length, replaces_and_removes_cut_values,
            takes_the_last_of_two_writes, is_never_seen_half_written, refuses_what_is_out_of_bounds,
            agrees_with_a_map);
    };
    ($make:expr; $($test:ident),*) => {
        $(#[test]
        fn $test() {
            let (_kept, store) = $make();
            $crate::store::suite::$test(&store);
        })*
    };
}
pub(super) use run_over;

pub(super) fn head(size: u64) -> Head {
    Head { size, time: Some(Time::from_millis(i64::try_from(size).unwrap()).unwrap()) }
}

fn moved(expected: u64, found: u64) -> Result<(), StoreError> {
    Err(StoreError::Moved { expected, found })
}

pub(super) fn begins_empty(store: &dyn Store) {
    assert_eq!(store.head(), Ok(Head::default()));
    assert_eq!(store.scan(b"", None, 10), Ok(vec![]));
    assert_eq!(store.get(&Row::Checkpoint), Ok(None));
    assert_eq!(store.ended(), None);
}

pub(super) fn moves_the_head_by_compare_and_swap(store: &dyn Store) {
    let entry = |text: &str| vec![Write::set(Row::Entries(0), text)];
    store.commit(Head::default(), head(1), entry("first")).unwrap();
    assert_eq!(store.head(), Ok(head(1)));
    assert_eq!(store.commit(Head::default(), head(1), entry("fork")), moved(0, 1));
    assert_eq!(store.commit(head(2), head(3), entry("ahead")), moved(2, 1));
    let other_time = Head { size: 1, time: None };
    assert_eq!(store.commit(other_time, head(2), entry("other time")), moved(1, 1));
    assert_eq!(store.get(&Row::Entries(0)), Ok(Some(b"first".to_vec())));
    store.commit(head(1), head(2), vec![]).unwrap();
    assert_eq!(store.head(), Ok(head(2)));
    assert_eq!(store.ended(), None, "losing the race ends nothing");
}

pub(super) fn commits_all_or_nothing(store: &dyn Store) {
    let writes = (0..900).map(|index| Write::set(Row::Entries(index), index.to_be_bytes()));
    store.commit(Head::default(), head(900), writes.collect()).unwrap();
    assert_eq!(store.scan(b"e", None, 1_000).unwrap().len(), 900);
    let over = vec![Write::remove(Row::Entries(0)), Write::set(Row::Entries(900), vec![0; VALUE_BYTES + 1])];
    assert!(store.commit(head(900), head(901), over).is_err());
    assert!(store.get(&Row::Entries(0)).unwrap().is_some());
    assert_eq!(store.head(), Ok(head(900)));
}

pub(super) fn is_one_writer_among_threads(store: &dyn Store) {
    const EACH: u64 = 10;
    std::thread::scope(|scope| {
        for writer in 0..4_u8 {
            scope.spawn(move || {
                let mut done = 0;
                while done < EACH {
                    let now = store.head().unwrap();
                    let write = Write::set(Row::Entries(now.size), [writer]);
                    match store.commit(now, head(now.size + 1), vec![write]) {
                        Ok(()) => done += 1,
                        Err(error) => assert!(matches!(error, StoreError::Moved { .. }), "{error}"),
                    }
                }
            });
        }
    });
    assert_eq!(store.head(), Ok(head(4 * EACH)));
    let entries = store.scan(b"e", None, 100).unwrap();
    for writer in 0..4 {
        assert_eq!(entries.iter().filter(|(_, value)| *value == [writer]).count(), 10);
    }
}

pub(super) fn puts_beside_the_head(store: &dyn Store) {
    store.put(vec![Write::set(Row::Single("clock"), b"a"), Write::set(Row::Checkpoint, b"b")]).unwrap();
    assert_eq!(store.get(&Row::Single("clock")), Ok(Some(b"a".to_vec())));
    store.sync().unwrap();
    store.sync().unwrap();
    store.put(vec![Write::remove(Row::Single("clock")), Write::remove(Row::Single("never"))]).unwrap();
    assert_eq!(store.get(&Row::Single("clock")), Ok(None));
    assert_eq!(store.head(), Ok(Head::default()));
}

pub(super) fn scans_in_order(store: &dyn Store) {
    let handle = Handle::new(Time::from_millis(0).unwrap(), [7; 10]);
    let mut writes: Vec<_> = [3, 256, 1, 65_536, 2].map(|index| Write::set(Row::Entries(index), b"e")).into();
    writes.extend([Write::set(Row::CharterEntry(1), b""), Write::set(Row::Licence(handle), b"l")]);
    writes.extend([0, 1, 2].map(|number| Write::set(Row::Vault(handle, number), vec![7; 5_000])));
    store.put(writes).unwrap();
    let keys = |prefix: &[u8], after: Option<&[u8]>, limit| -> Vec<_> {
        store.scan(prefix, after, limit).unwrap().into_iter().map(|(key, _)| key).collect()
    };
    let entry = |index| Row::Entries(index).key();
    let all = [1, 2, 3, 256, 65_536].map(entry);
    assert_eq!(keys(b"e", None, 10), all);
    assert_eq!(keys(b"e", None, 2), all[..2]);
    assert_eq!(keys(b"e", None, 0), Vec::<Vec<u8>>::new());
    assert_eq!(keys(b"e", Some(&entry(3)), 10), all[3..], "after a row");
    assert_eq!(keys(b"e", Some(&entry(4)), 10), all[3..], "after where no row is");
    assert_eq!(keys(b"e", Some(&entry(65_536)), 10), Vec::<Vec<u8>>::new(), "after the last");
    assert_eq!(keys(b"e", Some(b"z"), 10), Vec::<Vec<u8>>::new(), "after the family");
    assert_eq!(keys(b"e", Some(b"a"), 10), all, "after what is before the family");
    assert_eq!(keys(&entry(256)[..8], None, 10), all[3..4], "within a family");
    assert_eq!(keys(b"x", None, 10), Vec::<Vec<u8>>::new());
    assert_eq!(keys(b"", None, 100).len(), 10, "what the store keeps for itself is not a row");
    assert_eq!(keys(b"\0", None, 100).len(), 0);
    assert_eq!(keys(b"", Some(b""), 100).len(), 10);
    let vault = [&b"v"[..], handle.as_bytes()].concat();
    let payloads = store.scan(&vault, Some(&Row::Vault(handle, 0).key()), 10).unwrap();
    assert!(payloads.len() == 2 && payloads.iter().all(|(_, value)| *value == vec![7; 5_000]));
}

pub(super) fn finds_the_last(store: &dyn Store) {
    let entry = |index| Row::Entries(index).key();
    assert_eq!(store.last(b"e", &entry(9)), Ok(None));
    let mut writes: Vec<_> = [3, 256, 1].map(|index| Write::set(Row::Entries(index), vec![7; 9_000])).into();
    writes.extend([Write::set(Row::CharterEntry(8), b"c"), Write::set(Row::Single("x"), b"m")]);
    store.put(writes).unwrap();
    let last = |prefix: &[u8], until: &[u8]| store.last(prefix, until).unwrap().map(|(key, _)| key);
    assert_eq!(last(b"e", &entry(u64::MAX)), Some(entry(256)));
    assert_eq!(last(b"e", &entry(256)), Some(entry(256)), "the row itself");
    assert_eq!(last(b"e", &entry(255)), Some(entry(3)), "before where no row is");
    assert_eq!(last(b"e", &entry(0)), None, "before the first");
    assert_eq!(last(b"e", b"z"), None, "the row there is of another family");
    assert_eq!(last(b"e", b"d"), None, "before the family");
    assert_eq!(last(&entry(256)[..8], &entry(300)), Some(entry(256)), "within a family");
    assert_eq!(last(b"", b"z"), Some(Row::Single("x").key()));
    assert_eq!(last(b"", b"\0z"), None, "what the store keeps for itself is not a row");
    assert_eq!(store.last(b"e", &entry(300)).unwrap().unwrap().1, vec![7; 9_000]);
}

/// Bytes that differ from place to place.
fn bytes(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|place| u8::try_from(place / 251 % 251).unwrap() ^ seed).collect()
}

pub(super) fn keeps_values_of_every_length(store: &dyn Store) {
    let lengths = [0, 1, 4_095, 4_096, 4_097, 8_191, 8_192, 8_193, 16_384, 100_000, VALUE_BYTES];
    for (index, length) in (0..).zip(lengths) {
        store.put(vec![Write::set(Row::Entries(index), bytes(length, 3))]).unwrap();
    }
    for (index, length) in (0..).zip(lengths) {
        assert_eq!(store.get(&Row::Entries(index)), Ok(Some(bytes(length, 3))), "{length}");
    }
    let scanned = store.scan(b"e", None, 100).unwrap();
    assert!(scanned.iter().map(|(_, value)| value.len()).eq(lengths));
}

pub(super) fn replaces_and_removes_cut_values(store: &dyn Store) {
    let row = Row::Single("replaced");
    for (length, seed) in [(100_000, 1), (9_000, 2), (50_000, 3), (10, 4), (4_097, 5), (0, 6), (20_000, 7)] {
        store.put(vec![Write::set(row.clone(), bytes(length, seed))]).unwrap();
        assert_eq!(store.get(&row), Ok(Some(bytes(length, seed))), "{length}");
    }
    store.put(vec![Write::remove(row.clone())]).unwrap();
    assert_eq!(store.get(&row), Ok(None));
    assert_eq!(store.scan(b"", None, 10), Ok(vec![]));
}

pub(super) fn takes_the_last_of_two_writes(store: &dyn Store) {
    let row = || Row::Single("twice");
    store.put(vec![Write::set(row(), bytes(9_000, 1)), Write::set(row(), b"short")]).unwrap();
    assert_eq!(store.get(&row()), Ok(Some(b"short".to_vec())));
    store.put(vec![Write::remove(row()), Write::set(row(), bytes(9_000, 2))]).unwrap();
    assert_eq!(store.get(&row()), Ok(Some(bytes(9_000, 2))));
    store.put(vec![Write::set(row(), b"short"), Write::remove(row())]).unwrap();
    assert_eq!(store.get(&row()), Ok(None));
}

pub(super) fn is_never_seen_half_written(store: &dyn Store) {
    let pair = |seed| {
        vec![
            Write::set(Row::Entries(0), vec![seed; 12_000 + 5_000 * usize::from(seed % 2)]),
            Write::set(Row::Entries(1), [seed]),
        ]
    };
    store.put(pair(0)).unwrap();
    let writing = AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while writing.load(Ordering::Relaxed) {
                let rows = store.scan(b"e", None, 10).unwrap();
                let seed = rows[1].1[0];
                assert!(rows[0].1.iter().all(|byte| *byte == seed));
                let value = store.get(&Row::Entries(0)).unwrap().unwrap();
                assert!(value.iter().all(|byte| *byte == value[0]));
            }
        });
        (0..100).for_each(|seed| store.put(pair(seed)).unwrap());
        writing.store(false, Ordering::Relaxed);
    });
}

pub(super) fn refuses_what_is_out_of_bounds(store: &dyn Store) {
    let long = vec![Write::set(Row::Entries(0), vec![0; VALUE_BYTES + 1])];
    assert_eq!(store.put(long), Err(StoreError::ValueTooLong { bytes: VALUE_BYTES + 1 }));
    let many: Vec<_> = (0..=4_096).map(|index| Write::set(Row::Entries(index), b"x")).collect();
    let too_big = Err(StoreError::BatchTooBig { writes: BATCH_WRITES + 1, bytes: BATCH_WRITES + 1 });
    assert_eq!(store.commit(Head::default(), head(1), many.clone()), too_big);
    let large = (0..5).map(|index| Write::set(Row::Entries(index), vec![0; VALUE_BYTES])).collect();
    let too_big = Err(StoreError::BatchTooBig { writes: 5, bytes: BATCH_BYTES + VALUE_BYTES });
    assert_eq!(store.put(large), too_big);
    assert_eq!(store.ended(), None);
    assert_eq!(store.scan(b"", None, 1), Ok(vec![]));
    store.commit(Head::default(), head(4_096), many[..BATCH_WRITES].to_vec()).unwrap();
    assert_eq!(store.scan(b"e", None, 5_000).unwrap().len(), BATCH_WRITES);
}

pub(super) fn agrees_with_a_map(store: &dyn Store) {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    let length = prop_oneof![0..50_usize, 4_090..4_103_usize, 8_185..8_200_usize, 0..40_000_usize];
    let write = (0..12_u64, proptest::option::of((length, any::<u8>())));
    let batches = proptest::collection::vec(proptest::collection::vec(write, 1..6), 1..30);
    let map = std::cell::RefCell::new(std::collections::BTreeMap::new());
    // Each case goes on where the last one stopped.
    let mut runner =
        TestRunner::new(Config { max_shrink_iters: 0, failure_persistence: None, ..Config::with_cases(6) });
    let outcome = runner.run(&batches, |batches| {
        let mut map = map.borrow_mut();
        for batch in batches {
            let value = |(length, seed)| bytes(length, seed);
            let writes =
                batch.iter().map(|(index, set)| Write { row: Row::Entries(*index), value: set.map(value) });
            store.put(writes.collect()).unwrap();
            for (index, set) in batch {
                match set {
                    Some(set) => map.insert(Row::Entries(index).key(), value(set)),
                    None => map.remove(&Row::Entries(index).key()),
                };
            }
            prop_assert!(store.scan(b"", None, 100).unwrap().into_iter().eq(map.clone()));
        }
        Ok(())
    });
    outcome.unwrap();
}

/// What holds after a failed write: every write is refused with the same reason, reads go on.
pub(super) fn nothing_is_written_any_more(store: &dyn Store) {
    let why = store.ended().expect("ended");
    let ended = Err(StoreError::Ended(why));
    let write = || vec![Write::set(Row::Single("late"), b"late")];
    let now = store.head().unwrap();
    assert_eq!(store.put(write()), ended);
    assert_eq!(store.sync(), ended);
    assert_eq!(store.commit(now, head(99), write()), ended);
    assert_eq!(store.get(&Row::Single("late")), Ok(None));
    assert_eq!(store.head(), Ok(now));
}
