//! The journal over both stores: the shared suite, crashes between journal and store, damage, and the store made again.

mod races;
mod starts;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::store::suite::{self, head};
use crate::store::{MemoryStore, SledStore};

fn over(inner: Arc<dyn Store>) -> (tempfile::TempDir, Journaled) {
    let kept = tempfile::tempdir().unwrap();
    let (store, begun) = Journaled::open(&kept.path().join("journal"), inner).unwrap();
    assert_eq!(begun, Begun::Anew(0));
    (kept, store)
}

fn make() -> (tempfile::TempDir, Journaled) {
    over(Arc::new(MemoryStore::new()))
}

suite::run_over!(make);

/// Every row and the head.
fn all(store: &dyn Store) -> (Head, Vec<KeyValue>) {
    (store.head().unwrap(), store.scan(b"", None, 100_000).unwrap())
}

/// Made again from a copy, which nobody holds.
fn made_again(journal: &Path) -> (MemoryStore, Read) {
    let (store, copy) = (MemoryStore::new(), tempfile::tempdir().unwrap());
    let (_, file) = folder::newest(journal).unwrap().unwrap();
    fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    let read = rebuild(copy.path(), &store, &mut |_, _| ()).unwrap();
    (store, read)
}

/// A journal in a directory of its own, and the store under it.
struct Place {
    kept: tempfile::TempDir,
    inner: Arc<MemoryStore>,
}

impl Place {
    fn new() -> Self {
        Self { kept: tempfile::tempdir().unwrap(), inner: Arc::new(MemoryStore::new()) }
    }

    fn journal(&self) -> PathBuf {
        self.kept.path().join("journal")
    }

    fn open(&self) -> (Journaled, Begun) {
        Journaled::open(&self.journal(), Arc::<MemoryStore>::clone(&self.inner)).unwrap()
    }

    fn file(&self) -> PathBuf {
        folder::newest(&self.journal()).unwrap().unwrap().1
    }

    fn again(&self) -> (MemoryStore, Read) {
        made_again(&self.journal())
    }
}

/// Some commits, and rows beside them.
fn work(store: &dyn Store, from: u64, until: u64) {
    for size in from..until {
        let writes = vec![
            Write::set(Row::Entries(size), vec![7; 9_000]),
            Write::set(Row::Checkpoint, size.to_be_bytes()),
        ];
        store.commit(head_or_none(size), head(size + 1), writes).unwrap();
        store
            .put(vec![Write::set(Row::CharterEntry(size), b""), Write::remove(Row::CharterEntry(size / 2))])
            .unwrap();
    }
}

fn head_or_none(size: u64) -> Head {
    if size == 0 { Head::default() } else { head(size) }
}

#[test]
fn a_store_is_made_again_row_for_row() {
    let kept = tempfile::tempdir().unwrap();
    let (data, journal) = (kept.path().join("data"), kept.path().join("journal"));
    let inner: Arc<dyn Store> = Arc::new(SledStore::open(&data).unwrap());
    // What was there before the journal is in it too.
    work(inner.as_ref(), 0, 30);
    let (store, begun) = Journaled::open(&journal, Arc::clone(&inner)).unwrap();
    assert_eq!(begun, Begun::Anew(u64::try_from(all(inner.as_ref()).1.len()).unwrap()));
    work(&store, 30, 50);
    let (again, read) = made_again(&journal);
    assert_eq!(all(&again), all(&store));
    assert_eq!((read.head, read.records, read.beyond), (head(50), 40, 0));
    // And with what is made again the journal goes on.
    drop(store);
    let new: Arc<dyn Store> = Arc::new(SledStore::open(&kept.path().join("new")).unwrap());
    rebuild(&journal, new.as_ref(), &mut |_, _| ()).unwrap();
    let (store, begun) = Journaled::open(&journal, new).unwrap();
    assert_eq!(begun, Begun::GoesOn(0));
    work(&store, 50, 55);
    assert_eq!(all(&made_again(&journal).0), all(&store));
}

/// The journal is ahead by what the store did not do any more.
#[test]
fn what_the_store_lacks_after_a_crash_is_done_again() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 5);
    place.inner.fail_after(0);
    let writes = vec![Write::set(Row::Entries(5), b"last")];
    assert!(matches!(store.commit(head(5), head(6), writes), Err(StoreError::Ended(_))));
    assert!(store.put(vec![]).is_err() && store.sync().is_err(), "nothing is written after that");
    drop(store);
    let place = Place { inner: Arc::new(place.inner.copy()), ..place };
    assert_eq!(place.inner.head(), Ok(head(5)));
    let (store, begun) = place.open();
    assert_eq!((begun, store.head()), (Begun::GoesOn(1), Ok(head(6))));
    assert_eq!(store.get(&Row::Entries(5)), Ok(Some(b"last".to_vec())));
    work(&store, 6, 8);
    assert_eq!(all(&place.again().0), all(&store));
    drop(store);
    assert_eq!(place.open().1, Begun::GoesOn(0));
}

/// Wherever the file ends, it gives what was whole, and goes on only if the store has no more.
#[test]
fn a_file_that_is_cut_gives_what_was_whole() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 3);
    drop(store);
    let whole = fs::read(place.file()).unwrap();
    let mut sizes = BTreeSet::new();
    for cut in (0..=whole.len()).step_by(97).chain([whole.len()]) {
        fs::write(place.file(), &whole[..cut]).unwrap();
        let again = MemoryStore::new();
        match rebuild(&place.journal(), &again, &mut |_, _| ()) {
            Ok(read) => {
                sizes.insert(read.head.size);
            }
            Err(error) => {
                assert!(matches!(error, JournalError::Foreign(_) | JournalError::Empty(_)), "{error}");
            }
        }
        let other = Place { kept: tempfile::tempdir().unwrap(), inner: Arc::new(place.inner.copy()) };
        fs::create_dir(other.journal()).unwrap();
        fs::write(other.journal().join("00000001.journal"), &whole[..cut]).unwrap();
        let (store, begun) = other.open();
        assert_eq!(begun == Begun::GoesOn(0), cut == whole.len(), "cut at {cut}: {begun:?}");
        assert_eq!(all(&store), all(place.inner.as_ref()), "nothing of the store is lost at {cut}");
        assert_eq!(all(&other.again().0), all(&store));
    }
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
}

#[test]
fn a_flipped_bit_ends_what_is_read() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 20);
    drop(store);
    let mut bytes = fs::read(place.file()).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(place.file(), &bytes).unwrap();
    let (again, read) = place.again();
    assert!(read.beyond > 0 && (1..20).contains(&read.head.size), "{read:?}");
    let entries = all(&again).1.iter().filter(|(key, _)| key.starts_with(b"e")).count();
    assert_eq!(u64::try_from(entries).unwrap(), read.head.size);
    // The store has more than can be read: a new file begins, and the damaged one is set aside.
    let (store, begun) = place.open();
    assert!(matches!(begun, Begun::Anew(_)));
    assert_eq!(all(&place.again().0), all(&store));
}

#[test]
fn a_store_that_was_written_without_it_begins_a_new_file() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 3);
    drop(store);
    Journaled::forsake(place.inner.as_ref()).unwrap();
    place.inner.put(vec![Write::set(Row::Checkpoint, b"beside")]).unwrap();
    let (store, begun) = place.open();
    assert!(matches!(begun, Begun::Anew(_)));
    assert_eq!(all(&place.again().0), all(&store));
    // Nor does another store's journal go on.
    drop(store);
    let other = Place { kept: place.kept, inner: Arc::new(MemoryStore::new()) };
    work(other.inner.as_ref(), 0, 4);
    let (store, begun) = other.open();
    assert!(matches!(begun, Begun::Anew(_)));
    assert_eq!(all(&other.again().0), all(&store));
}

/// A copy of the data of before, with its journal since, is brought forward; one that went another way meanwhile is not.
#[test]
fn an_older_copy_is_brought_forward_and_a_fork_is_not() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 5);
    let older = place.inner.copy();
    work(&store, 5, 9);
    drop(store);
    let elsewhere = Place { kept: tempfile::tempdir().unwrap(), inner: Arc::new(older.copy()) };
    let (other, _) =
        Journaled::anew(&elsewhere.journal(), Arc::<MemoryStore>::clone(&elsewhere.inner)).unwrap();
    (5..8).for_each(|size| {
        other.commit(head(size), head(size + 1), vec![Write::set(Row::Entries(size), b"another")]).unwrap();
        other.put(vec![]).unwrap();
    });
    drop(other);
    let forward = Journaled::open(&place.journal(), Arc::new(older)).unwrap();
    assert_eq!((forward.1, all(&forward.0)), (Begun::GoesOn(8), all(place.inner.as_ref())));
    drop(forward);
    let fork = elsewhere.inner.copy();
    let before = all(&fork);
    let fork = Arc::new(fork);
    let refused = Journaled::open(&place.journal(), Arc::<MemoryStore>::clone(&fork)).err();
    assert!(matches!(refused, Some(JournalError::Ahead { reaches: 9, found: 8, .. })), "{refused:?}");
    let (store, begun) = Journaled::anew(&place.journal(), fork).unwrap();
    assert!(matches!(begun, Begun::Anew(_)), "{begun:?}");
    assert_eq!(all(&store), before);
    // What it began over may be all that is left of somebody's data.
    drop(store);
    let again = MemoryStore::new();
    rebuild(&place.journal().join("00000001.journal.aside"), &again, &mut |_, _| ()).unwrap();
    assert_eq!(all(&again), all(place.inner.as_ref()));
}

/// A crash while a file begins leaves the one before it.
#[test]
fn a_file_counts_when_it_is_whole() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 3);
    let rows = all(&store);
    drop(store);
    fs::write(place.journal().join("00000002.journal.beginning"), b"vidimus journal 1 2\n").unwrap();
    assert_eq!(all(&place.again().0), rows);
    assert_eq!(place.open().1, Begun::GoesOn(0));
    fs::remove_file(place.file()).unwrap();
    let none = rebuild(&place.journal(), &MemoryStore::new(), &mut |_, _| ()).unwrap_err();
    assert!(matches!(none, JournalError::Empty(_)), "{none}");
    let file = place.journal().join("00000009.journal");
    for foreign in ["vidimus journal 1 8\n", "vidimus journal 1\n", "vidimus 1 9\n", "vidimus journal 1 09\n"]
    {
        fs::write(&file, foreign).unwrap();
        let none = rebuild(&place.journal(), &MemoryStore::new(), &mut |_, _| ()).unwrap_err();
        assert!(matches!(none, JournalError::Foreign(_)), "{foreign:?}: {none}");
    }
    fs::write(&file, b"vidimus journal 2 9\n").unwrap();
    let newer = rebuild(&place.journal(), &MemoryStore::new(), &mut |_, _| ()).unwrap_err();
    assert!(matches!(newer, JournalError::Newer(_)), "{newer}");
    let newer = Journaled::open(&place.journal(), Arc::new(place.inner.copy())).err();
    assert!(matches!(newer, Some(JournalError::Newer(_))), "nor is it set aside: {newer:?}");
}

#[test]
fn it_is_written_by_one_process_and_ends_writing_when_it_cannot_be() {
    let place = Place::new();
    let (store, _) = place.open();
    let second = Journaled::open(&place.journal(), Arc::new(MemoryStore::new()));
    assert!(matches!(second.err(), Some(JournalError::InUse(_))));
    let read = rebuild(&place.journal(), &MemoryStore::new(), &mut |_, _| ());
    assert!(matches!(read.err(), Some(JournalError::InUse(_))), "nor is it read meanwhile");
    work(&store, 0, 2);
    store.lock().file.fail();
    assert!(matches!(store.put(vec![]), Err(StoreError::Ended(_))));
    suite::nothing_is_written_any_more(&store);
    assert_eq!(place.inner.ended(), None, "the store itself is whole");
}

/// Puts beside commits, from many threads: whatever order they took, the journal comes to what the store came to.
#[test]
fn rows_that_are_written_side_by_side_come_back() {
    let place = Place::new();
    let (store, _) = place.open();
    std::thread::scope(|scope| {
        scope.spawn(|| work(&store, 0, 40));
        for thread in 1..4_u64 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..40 {
                    store.put(vec![Write::set(Row::Places(thread * 1_000 + number), [1; 100])]).unwrap();
                }
            });
        }
    });
    assert_eq!(all(&place.again().0), all(&store));
    drop(store);
    assert_eq!(place.open().1, Begun::GoesOn(0));
    assert_eq!(all(&place.again().0), all(place.inner.as_ref()));
}
