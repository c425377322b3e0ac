//! Starts over a journal that is damaged, lost, another's, behind, or left half done: nothing goes that only it may hold.

use super::*;

/// What lies beside the file that counts.
fn aside(place: &Place) -> Vec<PathBuf> {
    Lying::in_folder(&place.journal()).unwrap().aside
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// A store at `older` entries and its journal at `newer`, which is damaged in its last byte.
fn damaged_beyond_an_older_copy(older: u64, newer: u64) -> Place {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, older);
    let copy = place.inner.copy();
    work(&store, older, newer);
    drop(store);
    flip(&place.file(), fs::read(place.file()).unwrap().len() - 1);
    Place { inner: Arc::new(copy), ..place }
}

#[test]
fn an_end_that_cannot_be_read_is_kept() {
    let place = damaged_beyond_an_older_copy(5, 9);
    let (file, before) = (place.file(), fs::read(place.file()).unwrap());
    let (store, begun) = place.open();
    assert_eq!((begun, store.head()), (Begun::GoesOn(7), Ok(head(9))));
    drop(store);
    let tail = place.journal().join("00000001.journal.tail.aside");
    assert_eq!([fs::read(&file).unwrap(), fs::read(&tail).unwrap()].concat(), before);
    // A second one takes another name.
    fs::write(&file, &before).unwrap();
    place.open();
    assert_eq!(aside(&place), [place.journal().join("00000001.journal.tail.2.aside"), tail]);
}

/// Nothing is cut off before what was read of it is done.
#[test]
fn a_store_that_fails_meanwhile_leaves_the_file_as_it_was() {
    let place = damaged_beyond_an_older_copy(5, 9);
    let before = fs::read(place.file()).unwrap();
    place.inner.fail_after(3);
    let failed = Journaled::open(&place.journal(), Arc::<MemoryStore>::clone(&place.inner)).err();
    assert!(matches!(failed, Some(JournalError::Store(StoreError::Ended(_)))), "{failed:?}");
    assert_eq!(fs::read(place.file()).unwrap(), before);
    assert_eq!(aside(&place), Vec::<PathBuf>::new());
}

#[test]
fn a_file_that_has_grown_goes_and_its_unread_end_stays() {
    let place = damaged_beyond_an_older_copy(118, 125);
    assert!(Lying::in_folder(&place.journal()).unwrap().too_long);
    let (store, begun) = place.open();
    assert!(!Lying::in_folder(&place.journal()).unwrap().too_long);
    assert!(matches!(begun, Begun::Anew(_)), "{begun:?}");
    assert_eq!(all(&place.again().0), all(&store));
    assert_eq!(aside(&place), [place.journal().join("00000001.journal.tail.aside")]);
    assert!(place.file().ends_with("00000002.journal") && !place.journal().join("00000001.journal").exists());
}

#[test]
fn data_that_is_older_than_an_unknown_journal_is_refused() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 9);
    drop(store);
    let before = fs::read(place.file()).unwrap();
    for size in [0, 8] {
        let older = Arc::new(MemoryStore::new());
        work(older.as_ref(), 0, size);
        let refused = Journaled::open(&place.journal(), Arc::<MemoryStore>::clone(&older)).err();
        let Some(JournalError::Ahead { reaches: 9, found, path }) = refused else { panic!("{refused:?}") };
        assert_eq!((found, path), (size, place.file()));
        assert_eq!((fs::read(place.file()).unwrap(), aside(&place)), (before.clone(), vec![]));
    }
    // With what the cure makes of it the journal goes on.
    let again = Arc::new(MemoryStore::new());
    rebuild(&place.journal(), again.as_ref(), &mut |_, _| ()).unwrap();
    assert_eq!(Journaled::open(&place.journal(), again).unwrap().1, Begun::GoesOn(0));
}

#[test]
fn a_journal_that_is_not_there_is_missed() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 3);
    drop(store);
    fs::remove_file(place.file()).unwrap();
    let open = || Journaled::open(&place.journal(), Arc::<MemoryStore>::clone(&place.inner));
    assert!(matches!(open().err(), Some(JournalError::Missing(_))), "a disk that is not mounted");
    fs::remove_dir_all(place.journal()).unwrap();
    assert!(matches!(open().err(), Some(JournalError::Missing(_))), "nor its directory");
    assert!(!place.journal().exists());
    let (store, begun) = Journaled::anew(&place.journal(), Arc::<MemoryStore>::clone(&place.inner)).unwrap();
    assert!(matches!(begun, Begun::Anew(_)));
    assert_eq!(all(&place.again().0), all(&store));
}

/// After a power cut the journal may lack rows beside the ledger that the store has, and have a commit that it has not: neither was
/// acknowledged, and neither is another's journal.
#[test]
fn what_was_never_synced_may_be_lost() {
    for under_way in [false, true] {
        let place = Place::new();
        let (store, _) = place.open();
        work(&store, 0, 3);
        store.sync().unwrap();
        if under_way {
            let mut writing = store.lock();
            let number = writing.file.number + 1;
            let writes = vec![Write::set(Row::Entries(3), b"under way")];
            writing.file.add(&Record { kind: Kind::Commit, number, head: head(4), writes }).unwrap();
            writing.under_way.insert(number);
        }
        let synced = fs::read(place.file()).unwrap();
        store.put(vec![Write::set(Row::Checkpoint, b"not synced")]).unwrap();
        drop(store);
        fs::write(place.file(), synced).unwrap();
        let before = all(place.inner.as_ref());
        let (store, begun) = place.open();
        assert!(matches!(begun, Begun::Anew(_)), "{begun:?}");
        assert_eq!((all(&store), all(&place.again().0)), (before.clone(), before));
    }
}

#[test]
fn a_new_file_is_known_before_it_counts() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 3);
    drop(store);
    // A crash came between the mark and the name, over a journal of before.
    let (first, second) = (place.file(), place.journal().join("00000002.journal"));
    let older = fs::read(&first).unwrap();
    Journaled::anew(&place.journal(), Arc::<MemoryStore>::clone(&place.inner)).unwrap();
    fs::rename(&second, place.journal().join("00000002.journal.beginning")).unwrap();
    fs::remove_file(place.journal().join("00000001.journal.aside")).unwrap();
    fs::write(&first, older).unwrap();
    let (store, begun) = place.open();
    assert_eq!((begun, place.file()), (Begun::GoesOn(0), second));
    work(&store, 3, 5);
    assert_eq!(all(&place.again().0), all(&store));
}

#[test]
fn what_is_set_aside_is_never_written_over() {
    let place = Place::new();
    drop(place.open());
    for size in 1..4 {
        // Somebody removed the file that counted, so that its number seems free.
        fs::remove_file(place.file()).unwrap();
        let (store, _) = Journaled::anew(&place.journal(), Arc::<MemoryStore>::clone(&place.inner)).unwrap();
        work(&store, size - 1, size);
        drop(store);
        drop(Journaled::anew(&place.journal(), Arc::<MemoryStore>::clone(&place.inner)).unwrap());
    }
    let reach = |file: &PathBuf| rebuild(file, &MemoryStore::new(), &mut |_, _| ()).unwrap().head.size;
    assert_eq!(aside(&place).iter().map(reach).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_record_that_moves_the_head_back_is_refused() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 3);
    let number = store.lock().file.number + 1;
    let twice = Record { kind: Kind::Commit, number, head: head(3), writes: vec![] };
    store.lock().file.add(&twice).unwrap();
    drop(store);
    let refused = rebuild(&place.journal(), &MemoryStore::new(), &mut |_, _| ());
    assert!(matches!(refused, Err(JournalError::Backwards { number: found, .. }) if found == number));
}

/// Whoever makes a store again holds writers off until it is done, and other readers not.
#[test]
fn nobody_writes_while_it_is_read() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 3);
    drop(store);
    let mut met = 0;
    let mut meet = |_, _| {
        let writer = Journaled::open(&place.journal(), Arc::<MemoryStore>::clone(&place.inner)).err();
        assert!(matches!(writer, Some(JournalError::InUse(_))), "{writer:?}");
        rebuild(&place.file(), &MemoryStore::new(), &mut |_, _| ()).unwrap();
        met += 1;
    };
    rebuild(&place.journal(), &MemoryStore::new(), &mut meet).unwrap();
    assert!(met > 0);
    place.open();
}

/// As an earlier program wrote it: shorter.
#[test]
fn a_mark_of_another_form_is_none() {
    let place = Place::new();
    let (store, _) = place.open();
    work(&store, 0, 3);
    drop(store);
    place.inner.put(vec![Write::set(Row::Mark, [0; 48])]).unwrap();
    let (store, begun) = place.open();
    assert!(matches!(begun, Begun::Anew(_)), "{begun:?}");
    assert_eq!((all(&place.again().0), aside(&place).len()), (all(&store), 1));
}
