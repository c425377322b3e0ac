//! The shared suite, and what only a disk can show: reopening, a kill, a full disk, a second process, damage.
//!
//! Other processes are this test binary itself: `child` does what the environment tells it to, and nothing otherwise.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::store::suite::{self, head};

suite::run_over!(|| {
    let kept = TempDir::new().unwrap();
    let store = SledStore::open(&kept.path().join("data")).unwrap();
    (kept, store)
});

/// Opens what this process or a killed one just had open: sled's threads may hold its lock a moment longer.
pub(super) fn reopen(directory: &Path) -> Result<SledStore, OpenError> {
    reopen_with(directory, Measures::default())
}

pub(super) fn reopen_with(directory: &Path, measures: Measures) -> Result<SledStore, OpenError> {
    let begun = Instant::now();
    loop {
        match SledStore::open_with(directory, measures) {
            Err(OpenError::InUse(_)) if begun.elapsed() < Duration::from_secs(20) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return other,
        }
    }
}

fn entry(index: u64) -> Vec<u8> {
    [index.to_be_bytes().repeat(40), vec![7; 300]].concat()
}

/// Commits one entry on top; the new size.
pub(super) fn append(store: &SledStore) -> Result<u64, StoreError> {
    let now = store.head()?;
    let writes = vec![
        Write::set(Row::Entries(now.size), entry(now.size)),
        Write::set(Row::Single("large"), vec![0; 20_000]),
    ];
    store.commit(now, head(now.size + 1), writes).map(|()| now.size + 1)
}

pub(super) fn append_all(store: &SledStore, count: u64) {
    for _ in 0..count {
        append(store).unwrap();
    }
}

pub(super) fn holds_entries(store: &SledStore, at_least: u64) {
    let size = store.head().unwrap().size;
    assert!(size >= at_least, "{size} of {at_least} acknowledged entries are there");
    for index in 0..size {
        assert_eq!(store.get(&Row::Entries(index)), Ok(Some(entry(index))));
    }
    assert_eq!(store.get(&Row::Entries(size)), Ok(None));
}

pub(super) fn files_in(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

/// This test binary again, running `child` for `task`. SIGXFSZ is ignored in it, so that a file beyond the limit is a
/// failed write and not the end of the process.
pub(super) fn child_command(task: &str, directory: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "store::sled::tests::child", "--nocapture", "--test-threads=1"]);
    command.env("VIDIMUS_STORE_CHILD", task).env("VIDIMUS_STORE_DIRECTORY", directory);
    command
}

#[test]
fn child() {
    let Some(task) = std::env::var_os("VIDIMUS_STORE_CHILD") else { return };
    let directory = std::env::var_os("VIDIMUS_STORE_DIRECTORY").unwrap();
    let directory = Path::new(&directory);
    match task.to_str().unwrap() {
        "append until killed" => {
            let store = SledStore::open(directory).unwrap();
            loop {
                println!("\ncommitted {}", append(&store).unwrap());
            }
        }
        "append and settle until killed" => {
            settling::killed::append_and_settle(directory, |size| println!("\ncommitted {size}"));
        }
        "change and settle until killed" => {
            settling::killed::change_and_settle(directory, |size| println!("\ncommitted {size}"));
        }
        "append until the disk is full" => {
            let store = SledStore::open(directory).unwrap();
            append_all(&store, 20);
            limit_file_size(fs::metadata(directory.join("db")).unwrap().len());
            let failed = loop {
                match append(&store) {
                    Ok(size) => println!("\ncommitted {size}"),
                    Err(error) => break error,
                }
            };
            assert_eq!(Some(&failed), store.ended().map(StoreError::Ended).as_ref());
            assert!(failed.to_string().contains("file too large"), "{failed}");
            suite::nothing_is_written_any_more(&store);
            assert_eq!(store.get(&Row::Entries(3)), Ok(Some(entry(3))));
            drop(store);
            println!("\nclosed");
        }
        "open on a full disk" => {
            limit_file_size(0);
            let refused = SledStore::open(directory).err();
            assert_eq!(refused, Some(OpenError::Full(directory.to_owned())));
            println!("\nclosed");
        }
        "open in use" => {
            assert_eq!(SledStore::open(directory).err(), Some(OpenError::InUse(directory.to_owned())));
            println!("\nclosed");
        }
        other => panic!("no task {other}"),
    }
}

fn limit_file_size(bytes: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    setrlimit(Resource::Fsize, Rlimit { current: Some(bytes), maximum: Some(bytes) }).unwrap();
}

/// Runs a child to its end; what it said to have committed last.
fn run_child(task: &str, directory: &Path) -> u64 {
    let output = child_command(task, directory).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && told.contains("\nclosed"),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let committed = told.lines().filter_map(|line| line.strip_prefix("committed ")).next_back();
    committed.map_or(0, |size| size.parse().unwrap())
}

#[test]
fn what_was_committed_and_synced_is_there_again() {
    let kept = TempDir::new().unwrap();
    let store = SledStore::open(kept.path()).unwrap();
    append_all(&store, 50);
    store.put(vec![Write::set(Row::Checkpoint, vec![9; 9_000])]).unwrap();
    store.sync().unwrap();
    drop(store);
    let store = reopen(kept.path()).unwrap();
    holds_entries(&store, 50);
    assert_eq!(store.head(), Ok(head(50)));
    assert_eq!(store.get(&Row::Checkpoint), Ok(Some(vec![9; 9_000])));
    assert_eq!(append(&store), Ok(51));
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let kept = TempDir::new().unwrap();
    let mut acknowledged = 0;
    for _round in 0..3 {
        let mut child =
            child_command("append until killed", kept.path()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let committed = lines.filter_map(|line| line.unwrap().strip_prefix("committed ")?.parse().ok());
        acknowledged = committed.take(40).last().expect("the child commits");
        child.kill().unwrap();
        child.wait().unwrap();
        holds_entries(&reopen(kept.path()).unwrap(), acknowledged);
    }
    assert!(acknowledged >= 120);
}

#[test]
fn a_full_disk_ends_writing_and_loses_nothing_acknowledged() {
    let kept = TempDir::new().unwrap();
    let acknowledged = run_child("append until the disk is full", kept.path());
    let store = reopen(kept.path()).unwrap();
    holds_entries(&store, acknowledged.max(20));
    append(&store).unwrap();
}

#[test]
fn a_full_disk_at_opening_says_so_and_leaves_nothing_in_the_way() {
    let kept = TempDir::new().unwrap();
    run_child("open on a full disk", kept.path());
    append(&reopen(kept.path()).unwrap()).unwrap();
}

#[test]
fn a_directory_has_one_owner() {
    let kept = TempDir::new().unwrap();
    let store = SledStore::open(kept.path()).unwrap();
    assert_eq!(SledStore::open(kept.path()).err(), Some(OpenError::InUse(kept.path().to_owned())));
    run_child("open in use", kept.path());
    append(&store).unwrap();
}

#[test]
fn the_engines_own_lock_is_heeded_too() {
    let kept = TempDir::new().unwrap();
    drop(SledStore::open(kept.path()).unwrap());
    let db = File::open(kept.path().join("db")).unwrap();
    db.lock().unwrap();
    assert_eq!(SledStore::open(kept.path()).err(), Some(OpenError::InUse(kept.path().to_owned())));
    db.unlock().unwrap();
    drop(reopen(kept.path()).unwrap());
}

#[test]
fn a_new_directory_is_closed_to_others() {
    let kept = TempDir::new().unwrap();
    let directory = kept.path().join("not/there/yet");
    drop(SledStore::open(&directory).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&kept.path().join("not")), 0o700);
    assert_eq!(mode(&directory.join("db")), 0o600);
}

#[test]
fn places_that_cannot_be_a_store_are_refused() {
    let kept = TempDir::new().unwrap();
    let file = kept.path().join("file");
    fs::write(&file, b"text").unwrap();
    assert_eq!(SledStore::open(&file).err(), Some(OpenError::NotADirectory(file.clone())));
    let below = file.join("data");
    assert_eq!(SledStore::open(&below).err(), Some(OpenError::NotADirectory(below)));
    let closed = kept.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
    let within = closed.join("data");
    if fs::write(closed.join("probe"), b"").is_ok() {
        println!("skipped: permissions do not bind this user");
    } else {
        assert_eq!(SledStore::open(&within).err(), Some(OpenError::NotAllowed(within)));
    }
}

#[test]
fn an_unfinished_snapshot_does_not_stop_a_start() {
    let kept = TempDir::new().unwrap();
    append(&SledStore::open(kept.path()).unwrap()).unwrap();
    let left = kept.path().join("snap.FFFFFFFFFFFFFFFF.generating");
    fs::write(&left, b"half of a sn").unwrap();
    holds_entries(&reopen(kept.path()).unwrap(), 1);
    assert!(!left.exists());
}

#[test]
fn rows_of_another_layout_are_refused() {
    let kept = TempDir::new().unwrap();
    let store = SledStore::open(kept.path()).unwrap();
    store.db.ask(|db| db.insert(parts::LAYOUT_KEY, &[1])).unwrap();
    drop(store);
    let other = OpenError::OtherVersion(kept.path().to_owned());
    assert_eq!(reopen(kept.path()).err(), Some(other));

    let kept_else = TempDir::new().unwrap();
    ::sled::open(kept_else.path()).unwrap().insert(b"someone", b"else").unwrap();
    assert_eq!(reopen(kept_else.path()).err(), Some(OpenError::OtherVersion(kept_else.path().to_owned())));
}

/// A store of some hundred entries, closed, and its directory.
fn closed_store() -> TempDir {
    let kept = TempDir::new().unwrap();
    let store = SledStore::open(kept.path()).unwrap();
    append_all(&store, 60);
    drop(store);
    // Opened once more, so that there is a snapshot; waited for, so that the files are at rest.
    drop(reopen(kept.path()).unwrap());
    drop(reopen(kept.path()).unwrap());
    let db = File::open(kept.path().join("db")).unwrap();
    db.lock().unwrap();
    kept
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    let kept = closed_store();
    fs::write(kept.path().join("conf"), b"segment_size: many, and some more").unwrap();
    assert!(matches!(reopen(kept.path()), Err(OpenError::Damaged { .. })));

    let kept = closed_store();
    let snapshot = fs::read_dir(kept.path()).unwrap().map(|file| file.unwrap().path());
    let snapshot = snapshot.filter(|path| path.to_string_lossy().contains("snap.")).max().unwrap();
    fs::write(&snapshot, b"this is not a snapshot").unwrap();
    assert!(matches!(reopen(kept.path()), Err(OpenError::Damaged { .. })));
}

/// What a store with damaged data does: refuses to open, or opens and reads what is right or an error.
fn never_reads_wrong(damage: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let kept = closed_store();
    let path = kept.path().join("db");
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
    let store = match reopen(kept.path()) {
        Ok(store) => store,
        Err(refused) => {
            let named = matches!(refused, OpenError::Damaged { .. } | OpenError::OtherVersion(_));
            assert!(named, "{damage}: {refused}");
            return;
        }
    };
    for index in 0..60 {
        if let Ok(Some(found)) = store.get(&Row::Entries(index)) {
            assert_eq!(found, entry(index), "{damage}");
        }
    }
}

#[test]
fn a_damaged_data_file_is_refused_or_read_with_errors() {
    for (place, length) in [(0, 20), (100, 64), (5_000, 4_000), (40_000, 1), (200_000, 100_000), (0, 600_000)]
    {
        never_reads_wrong(&format!("{length} bytes changed at {place}"), |bytes| {
            let end = bytes.len().min(place + length);
            bytes[place..end].iter_mut().for_each(|byte| *byte ^= 0x5a);
        });
    }
    for length in [0, 10, 1_000, 100_000, 300_000, 500_000, 524_000] {
        never_reads_wrong(&format!("cut at {length}"), |bytes| bytes.truncate(length));
    }
}

#[test]
fn no_value_leaves_the_synced_file() {
    let kept = TempDir::new().unwrap();
    let store = SledStore::open(kept.path()).unwrap();
    for round in 0..3 {
        for index in 0..12 {
            // Places in no order, so that leaves fill up and merge; the longest values, and full tiles.
            let place = index * 7 % 12;
            store.put(vec![Write::set(Row::Entries(100 * place), vec![round; 1 << 20])]).unwrap();
            let tiles =
                (0..100).map(|tile| Write::set(Row::Entries(place + 1_000 * tile), vec![round; 8_192]));
            store.put(tiles.collect()).unwrap();
        }
        store.sync().unwrap();
        let removed = (0..8).map(|index| Write::remove(Row::Entries(100 * index)));
        store.put(removed.collect()).unwrap();
        store.sync().unwrap();
        assert_eq!(files_in(&kept.path().join("blobs")), 0);
    }
    drop(store);
    drop(reopen(kept.path()).unwrap());
    assert_eq!(files_in(&kept.path().join("blobs")), 0);
}
