//! Commits that meet, and a store that does not do what the journal has.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// A store whose first commit tells that it has come, and waits; or that refuses what is asked for.
struct Odd {
    inner: MemoryStore,
    waits: Mutex<Option<(Sender<()>, Receiver<()>)>>,
    refuses: Mutex<Option<StoreError>>,
}

impl Odd {
    fn new() -> Self {
        Self { inner: MemoryStore::new(), waits: Mutex::new(None), refuses: Mutex::new(None) }
    }

    fn refused(&self) -> Result<(), StoreError> {
        self.refuses.lock().unwrap().take().map_or(Ok(()), Err)
    }
}

impl Store for Odd {
    fn head(&self) -> Result<Head, StoreError> {
        self.inner.head()
    }

    fn get(&self, row: &Row) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(row)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<KeyValue>, StoreError> {
        self.refused()?;
        self.inner.scan(prefix, after, limit)
    }

    fn last(&self, prefix: &[u8], until: &[u8]) -> Result<Option<KeyValue>, StoreError> {
        self.inner.last(prefix, until)
    }

    fn commit(&self, expected: Head, next: Head, writes: Vec<Write>) -> Result<(), StoreError> {
        self.refused()?;
        let waits = self.waits.lock().unwrap().take();
        if let Some((come, go_on)) = waits {
            come.send(()).unwrap();
            go_on.recv().unwrap();
        }
        self.inner.commit(expected, next, writes)
    }

    fn put(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.inner.put(writes)
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.inner.sync()
    }

    fn ended(&self) -> Option<String> {
        self.inner.ended()
    }
}

/// The second comes while the first is written and not in the store yet.
#[test]
fn of_two_commits_on_one_head_one_is_written() {
    let (odd, kept) = (Arc::new(Odd::new()), tempfile::tempdir().unwrap());
    let journal = kept.path().join("journal");
    let (store, _) = Journaled::open(&journal, Arc::<Odd>::clone(&odd)).unwrap();
    let (come, has_come) = channel();
    let (go_on, goes_on) = channel();
    *odd.waits.lock().unwrap() = Some((come, goes_on));
    let commit =
        |entry: &str| store.commit(Head::default(), head(1), vec![Write::set(Row::Entries(0), entry)]);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| commit("first"));
        has_come.recv().unwrap();
        assert_eq!(commit("second"), Err(StoreError::Moved { expected: 0, found: 1 }));
        go_on.send(()).unwrap();
        assert_eq!(first.join().unwrap(), Ok(()));
    });
    assert_eq!((store.ended(), store.get(&Row::Entries(0))), (None, Ok(Some(b"first".to_vec()))));
    assert_eq!(all(&made_again(&journal).0), all(&store));
}

/// The journal would bring back what was refused.
#[test]
fn a_record_that_the_store_refuses_ends_writing() {
    let (odd, kept) = (Arc::new(Odd::new()), tempfile::tempdir().unwrap());
    let (store, _) = Journaled::open(&kept.path().join("journal"), Arc::<Odd>::clone(&odd)).unwrap();
    *odd.refuses.lock().unwrap() = Some(StoreError::Moved { expected: 0, found: 7 });
    let refused = store.commit(Head::default(), head(1), vec![]);
    assert!(matches!(&refused, Err(StoreError::Ended(why)) if why.contains("found 7")), "{refused:?}");
    suite::nothing_is_written_any_more(&store);
}

#[test]
fn a_file_that_cannot_be_made_whole_is_not_left() {
    let (odd, kept) = (Arc::new(Odd::new()), tempfile::tempdir().unwrap());
    *odd.refuses.lock().unwrap() = Some(StoreError::Unreadable("a row".into()));
    let failed = Journaled::open(kept.path(), Arc::<Odd>::clone(&odd)).err();
    assert!(matches!(failed, Some(JournalError::Store(StoreError::Unreadable(_)))), "{failed:?}");
    let names = fs::read_dir(kept.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["lock"]);
}
