//! Mirrors of whole ledgers: broken off at every read and while files are put in place, of sources that lie, and damaged.

mod faces;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use super::*;
use crate::audit::fixture::{Files, Ledger, tree_files, write};
use crate::audit::{Pins, Verdict, replay};
use crate::merkle::{TilePath, encode_bundle};

/// One ledger of some 550 entries.
static LEDGER: LazyLock<Ledger> = LazyLock::new(|| {
    let mut ledger = Ledger::new();
    for _ in 0..535 {
        ledger.issue();
    }
    ledger.publish();
    ledger
});
const SMALL: usize = 300;

/// The ledger as it was at a size; with its tokens once it is whole.
fn at(size: usize) -> Files {
    let mut files = LEDGER.files();
    if size < LEDGER.entries.len() {
        files.retain(|path, _| path.starts_with("blob/"));
        files.extend(tree_files(&LEDGER.origin, &LEDGER.entries[..size], &[&LEDGER.checkpoint_key]));
    }
    files
}

fn whole() -> Files {
    at(LEDGER.entries.len())
}

/// Another face: `size` entries, of which those from `fork` on are others.
fn face(fork: usize, size: usize) -> Files {
    let mut entries = LEDGER.entries[..fork].to_vec();
    entries.extend(LEDGER.entries[fork..].iter().rev().take(size - fork).cloned());
    let mut files = at(SMALL);
    files.retain(|path, _| path.starts_with("blob/"));
    files.extend(tree_files(&LEDGER.origin, &entries, &[&LEDGER.checkpoint_key]));
    files
}

/// A source that notes what is read, and from some read on cannot be reached.
struct Watched {
    files: Files,
    reads: AtomicUsize,
    until: usize,
    read: Mutex<Vec<String>>,
}

impl Watched {
    fn until(files: Files, until: usize) -> Self {
        Self { files, reads: AtomicUsize::new(0), until, read: Mutex::default() }
    }

    fn paths(&self) -> Vec<String> {
        let mut paths = self.read.lock().unwrap().clone();
        paths.sort();
        paths
    }
}

impl Source for Watched {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        if self.reads.fetch_add(1, Ordering::Relaxed) >= self.until {
            return Err(SourceError::Unreachable { address: path.into(), reason: "gone".into() });
        }
        // Asked for at every run: it may be another one each time.
        if path != WITNESSED {
            self.read.lock().unwrap().push(path.to_owned());
        }
        self.files.read(path)
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        self.files.tokens()
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(None)
    }
}

fn run(source: &dyn Source, root: &Path, look: Look) -> Result<Mirrored, MirrorError> {
    mirror(source, root, &[LEDGER.vkey()], look, &mut |_| ())
}

/// Brings up to date; entries before, and what was done.
fn brought(source: &dyn Source, root: &Path, look: Look) -> (u64, Tally) {
    match run(source, root, look).unwrap() {
        Mirrored::Whole { before, tally, .. } => (before, tally),
        Mirrored::Split(split) => panic!("{split}"),
    }
}

/// The files of a directory, as they lie.
fn lying(root: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![PathBuf::from(root)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let named = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(named, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn holds(root: &Path) -> bool {
    let pins = Pins { keys: vec![LEDGER.vkey()], ..Pins::default() };
    replay(&Directory::open(root).unwrap(), &pins, &mut |_| ()).unwrap().verdict() == Verdict::Holds
}

/// The blobs that entries so far name are all there are in a mirror.
fn without_blobs(mut files: Files) -> Files {
    files.retain(|path, _| !path.starts_with("blob/"));
    files
}

#[test]
fn a_mirror_is_an_export_and_is_brought_up_to_date_by_the_difference() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("mirror");
    let (before, tally) = brought(&at(SMALL), &root, Look::Presence);
    assert_eq!((before, tally.repaired, tally.unknown.len()), (0, 0, 0));
    let first = lying(&root);
    assert_eq!(without_blobs(first.clone()), without_blobs(at(SMALL)));
    assert_eq!(tally.files + 1, u64::try_from(first.len()).unwrap());
    assert!(holds(&root));

    // Of what there was nothing is asked for but the checkpoint, and tiles that prove that the new one continues it.
    let source = Watched::until(whole(), usize::MAX);
    let (before, tally) = brought(&source, &root, Look::Presence);
    assert_eq!(before, u64::try_from(SMALL).unwrap());
    let new: Vec<String> = whole().into_keys().filter(|path| !first.contains_key(path)).collect();
    let read: Vec<String> = source.paths().into_iter().filter(|path| !path.starts_with("tile/0/")).collect();
    let asked = |path: &&String| !path.starts_with("tile/") && *path != CHECKPOINT;
    assert!(read.iter().filter(asked).all(|path| new.contains(path)), "{read:?}");
    assert!(read.iter().filter(|path| path.starts_with("tile/entries/")).all(|path| new.contains(path)));
    assert_eq!(tally.files, u64::try_from(new.len()).unwrap());
    assert!(holds(&root) && !root.join(".mirror").exists());
    // Whoever read the old one meanwhile still finds its last tiles; next time they go.
    assert!(first.keys().all(|path| root.join(path).exists()));
    let source = Watched::until(whole(), usize::MAX);
    assert_eq!(brought(&source, &root, Look::Presence).1, Tally::default());
    assert_eq!(source.paths().iter().filter(|path| path.starts_with("tile/")).count(), 0);
    assert_eq!(without_blobs(lying(&root)), without_blobs(whole()));
}

#[test]
fn broken_off_at_any_read_it_goes_on_and_is_the_old_one_until_then() {
    let (mut breaks, mut kept) = (0, 0);
    let whole = whole();
    for from in [None, Some(SMALL)] {
        let at_once = fetched_at_once(from);
        for until in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path();
            if let Some(size) = from {
                brought(&at(size), root, Look::Presence);
            }
            let before = lying(root);
            let source = Watched::until(whole.clone(), until);
            match run(&source, root, Look::Presence) {
                Ok(_) => break,
                Err(error) => assert!(matches!(error, MirrorError::Source(_)), "{error}"),
            }
            breaks += 1;
            let now = lying(root);
            assert!(before.iter().all(|(path, bytes)| now.get(path) == Some(bytes)));
            assert!(now.keys().all(|path| before.contains_key(path) || path.starts_with(".mirror/")));
            // A replay takes longest, and says no more.
            assert!(from.is_none() || until % 9 > 0 || holds(root));
            let there = now.keys().filter(|path| path.starts_with(".mirror/next/")).count();
            let (_, tally) = brought(&whole, root, Look::Presence);
            assert_eq!(tally.files + u64::try_from(there).unwrap(), at_once, "{until}");
            kept = kept.max(there);
            let mut now = lying(root);
            now.retain(|path, _| !before.contains_key(path) || path == CHECKPOINT);
            assert!(now.iter().all(|(path, bytes)| whole[path] == *bytes) && now.contains_key(CHECKPOINT));
        }
    }
    assert!(breaks > 20 && kept > 10, "{breaks} {kept}");
}

/// Files fetched by who is not interrupted.
fn fetched_at_once(from: Option<usize>) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    if let Some(size) = from {
        brought(&at(size), folder.path(), Look::Presence);
    }
    brought(&whole(), folder.path(), Look::Presence).1.files
}

#[test]
fn killed_while_files_are_put_in_place_it_is_the_new_one() {
    let done = tempfile::tempdir().unwrap();
    brought(&at(SMALL), done.path(), Look::Presence);
    let old = lying(done.path());
    brought(&whole(), done.path(), Look::Presence);
    let new: Files =
        lying(done.path()).into_iter().filter(|(path, bytes)| old.get(path) != Some(bytes)).collect();
    // In the order of a set, which has the checkpoint before the tiles: any order will do, if the checkpoint is last.
    for moved in 0..=new.len() {
        let folder = tempfile::tempdir().unwrap();
        write(&old, folder.path());
        let mut order: Vec<_> = new.iter().collect();
        order.sort_by_key(|(path, _)| path.as_str() == CHECKPOINT);
        let (placed, waiting) = order.split_at(moved);
        let files =
            |some: &[(&String, &Vec<u8>)]| some.iter().map(|(p, b)| ((*p).clone(), (*b).clone())).collect();
        write(&files(placed), folder.path());
        fs::create_dir_all(folder.path().join(".mirror/whole")).unwrap();
        write(&files(waiting), &folder.path().join(".mirror/whole"));
        assert!(holds(folder.path()), "{moved}");
        let source = Watched::until(whole(), usize::MAX);
        assert_eq!(brought(&source, folder.path(), Look::Presence).1, Tally::default());
        assert_eq!(without_blobs(lying(folder.path())), without_blobs(whole()));
    }
}

#[test]
fn a_source_that_lies_is_refused_and_nothing_of_it_is_placed() {
    let good = whole();
    for (path, bytes) in good.iter().filter(|(path, _)| !path.starts_with("status/")) {
        let cut = bytes[..bytes.len() - 1].to_vec();
        let turned = [0, bytes.len() / 2, bytes.len() - 1].map(|at| {
            let mut turned = bytes.clone();
            turned[at] ^= 1;
            turned
        });
        for bad in turned.into_iter().map(Some).chain([Some(cut), Some(Vec::new()), None]) {
            let mut files = good.clone();
            match bad {
                Some(bad) => drop(files.insert(path.clone(), bad)),
                None => drop(files.remove(path)),
            }
            let folder = tempfile::tempdir().unwrap();
            let error = run(&files, folder.path(), Look::Presence).unwrap_err();
            assert!(!matches!(error, MirrorError::Source(_) | MirrorError::Write { .. }), "{path}: {error}");
            for (named, bytes) in lying(folder.path()) {
                let named = named.strip_prefix(".mirror/next/");
                // What came before is good; the checkpoint that was seen is no file of the ledger yet.
                assert!(named.is_none_or(|named| good[named] == bytes), "{path}: {named:?}");
            }
            assert!(!folder.path().join(CHECKPOINT).exists());
        }
    }
    // Entries of the right form, and tiles that fit them: only the signed root tells.
    let mut forged = good.clone();
    forged.extend(without_blobs(face(400, LEDGER.entries.len())));
    forged.insert(CHECKPOINT.into(), good[CHECKPOINT].clone());
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(run(&forged, folder.path(), Look::Presence), Err(MirrorError::Edge { .. })));
    let path = TilePath::Entries(0, crate::merkle::Width::FULL).to_string();
    let mut swapped = LEDGER.entries[..256].to_vec();
    swapped.swap(100, 101);
    let forged = Files::from_iter(good.into_iter().chain([(path, encode_bundle(&swapped).unwrap())]));
    let error = run(&forged, folder.path(), Look::Presence).unwrap_err().to_string();
    assert!(error.contains("entry 100"), "{error}");
}

#[test]
fn whatever_is_damaged_in_a_mirror_is_found_and_fetched_anew() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    brought(&whole(), root, Look::Presence);
    let good = lying(root);
    for (path, bytes) in good.iter().filter(|(path, _)| !path.starts_with("status/") && *path != CHECKPOINT) {
        let mut bad = bytes.clone();
        bad[bytes.len() / 3] ^= 4;
        fs::write(root.join(path), bad).unwrap();
        let (_, tally) = brought(&whole(), root, Look::Hashes);
        assert_eq!((tally.files, tally.repaired), (1, 1), "{path}");
        assert_eq!(lying(root), good);
        fs::remove_file(root.join(path)).unwrap();
        let look = if path.starts_with("blob/") { Look::Hashes } else { Look::Presence };
        assert_eq!(brought(&whole(), root, look).1.files, 1, "{path}");
        assert_eq!(lying(root), good);
    }
    let mut bad = good[CHECKPOINT].clone();
    bad[30] ^= 1;
    fs::write(root.join(CHECKPOINT), bad).unwrap();
    assert!(matches!(run(&whole(), root, Look::Hashes), Err(MirrorError::Own(_))));
}

#[test]
fn whoever_replays_a_mirror_meanwhile_is_not_disturbed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for size in [SMALL - 100, SMALL] {
        brought(&at(size), root, Look::Presence);
    }
    let mut runs = 0;
    let audit = replay(&Directory::open(root).unwrap(), &Pins::default(), &mut |_| {
        if runs == 0 {
            brought(&whole(), root, Look::Presence);
        }
        runs += 1;
    });
    let summary = audit.unwrap().summary;
    assert_eq!((summary.size, summary.violations), (u64::try_from(SMALL).unwrap(), vec![]));
    assert!(runs > 0 && holds(root));
}
