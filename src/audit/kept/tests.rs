//! A replay that is gone on with says what one from the first entry says, wherever it was kept; and where it may not go on, it does not.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::audit::Verdict;
use crate::audit::fixture::{Files, Ledger, seeded, tree_files};
use crate::audit::remembered::Remembered;
use crate::law::Rule;
use crate::ledger::state::View as _;
use crate::note::Note;

/// An auditor's folder with what he keeps.
struct Auditor {
    folder: tempfile::TempDir,
}

impl Auditor {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    /// Replays, keeping at every bundle, and says what was told beside progress.
    fn replay(&self, source: &dyn Source, pins: &Pins) -> Result<(Audit, Vec<Step>), SourceError> {
        let mut told = Vec::new();
        let audit = replay_with(&mut Keeper::eager(&self.path()), source, pins, &mut |step| {
            told.extend((!matches!(step, Step::Progress(_))).then_some(step));
        })?;
        Ok((audit, told))
    }

    fn kept(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    /// Entries kept.
    fn size(&self) -> Option<u64> {
        let kept = Kept::load(&self.path(), &Pins::default()).unwrap()?;
        Some(kept.map_err(|why| why.text(Lang::En)).unwrap().past().size)
    }
}

/// A source that cannot be asked any more after so many bundles: the machine went off.
struct Breaking<'a> {
    files: &'a Files,
    left: AtomicUsize,
}

impl<'a> Breaking<'a> {
    fn after(bundles: usize, files: &'a Files) -> Self {
        Self { files, left: AtomicUsize::new(bundles) }
    }
}

impl Source for Breaking<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let bundle = path.strip_prefix("tile/entries/").is_some_and(|name| !name.contains(".p"));
        let number = path.rsplit('/').next().and_then(|name| name.parse::<usize>().ok());
        if bundle && number.is_some_and(|number| number >= self.left.load(Ordering::Relaxed)) {
            return Err(SourceError::Io { path: path.into(), reason: "off".into() });
        }
        self.files.read(path)
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        self.files.tokens()
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        Source::files(self.files)
    }
}

/// Says which bundles were read.
struct Counting<'a>(&'a Files, std::sync::Mutex<Vec<String>>);

impl Source for Counting<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        if path.starts_with("tile/entries/") {
            self.1.lock().unwrap().push(path.into());
        }
        self.0.read(path)
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        self.0.tokens()
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        Source::files(self.0)
    }
}

fn whole(files: &dyn Source, pins: &Pins) -> Audit {
    crate::audit::replay(files, pins, &mut |_| ()).unwrap()
}

fn json(audit: &Audit) -> String {
    serde_json::to_string(&audit.summary).unwrap()
}

fn rules(audit: &Audit) -> Vec<Rule> {
    audit.summary.violations.iter().map(|found| found.rule).collect()
}

/// Licences, acts, anchors, a rotated checkpoint key, counted refusals' place: some of everything beyond two bundles.
fn long(entries: usize) -> Ledger {
    let mut ledger = Ledger::new();
    let mut handles = Vec::new();
    while ledger.entries.len() < entries {
        match ledger.entries.len() {
            300 => ledger.rotate_checkpoint_key(9),
            number if number % 97 == 0 => ledger.anchor(),
            number if number % 41 == 0 => ledger.suspend(handles.pop().unwrap()),
            _ => handles.push(ledger.issue()),
        }
    }
    ledger
}

/// The ledger as it was at an earlier time.
fn early(ledger: &Ledger, size: usize) -> Files {
    let mut files = ledger.files();
    files.retain(|path, _| path.starts_with("blob/"));
    files.extend(tree_files(&ledger.origin, &ledger.entries[..size], &[&seeded(3)]));
    files
}

fn wrote(size: u64) -> Vec<Step> {
    vec![Step::GoesOn(size)]
}

#[test]
fn killed_anywhere_it_goes_on_and_says_the_same() {
    let mut ledger = long(1_100);
    ledger.publish();
    let files = ledger.files();
    let expected = whole(&files, &Pins::default());
    assert_eq!((expected.verdict(), expected.summary.violations.len()), (Verdict::Holds, 0));
    for bundles in 1..=4 {
        let auditor = Auditor::new();
        assert!(auditor.replay(&Breaking::after(bundles, &files), &Pins::default()).is_err());
        let size = u64::try_from(bundles * 256).unwrap();
        assert_eq!(auditor.size(), Some(size));
        let source = Counting(&files, Default::default());
        let (audit, told) = auditor.replay(&source, &Pins::default()).unwrap();
        assert_eq!((told, json(&audit)), (wrote(size), json(&expected)), "{bundles}");
        assert_eq!(source.1.lock().unwrap().len(), 5 - bundles, "what lies before is not read again");
        assert_eq!(*audit.state.charter(), *expected.state.charter());
        assert_eq!(audit.charter, expected.charter);
        assert_eq!(audit.state.range(), expected.state.range());
        assert_eq!(audit.state.statuses(), expected.state.statuses());
        assert!(audit.state.licences().eq(expected.state.licences()));
        assert_eq!(auditor.size(), Some(1024), "and keeps the last bundle");
    }
}

#[test]
fn day_after_day_it_pays_for_the_difference() {
    let ledger = long(1_400);
    let auditor = Auditor::new();
    let mut kept = 0;
    // The checkpoint key is another from 300 on; these days end before, at it and beyond it, with and without whole bundles between.
    for size in [40, 256, 299] {
        let (audit, told) = auditor.replay(&early(&ledger, size), &Pins::default()).unwrap();
        assert_eq!(json(&audit), json(&whole(&early(&ledger, size), &Pins::default())));
        assert_eq!(told, if kept == 0 { vec![] } else { wrote(kept) });
        kept = u64::try_from(size / 256 * 256).unwrap();
    }
    for size in [302, 512, 513, 1_023, 1_400, 1_400] {
        let tree = tree_files(&ledger.origin, &ledger.entries[..size], &[&ledger.checkpoint_key]);
        let files = Files::from_iter(early(&ledger, size).into_iter().chain(tree));
        let (audit, told) = auditor.replay(&files, &Pins::default()).unwrap();
        assert_eq!(json(&audit), json(&whole(&files, &Pins::default())));
        assert_eq!((told, audit.verdict()), (wrote(kept), Verdict::Holds));
        kept = u64::try_from(size / 256 * 256).unwrap();
        assert_eq!(auditor.size(), Some(kept));
    }
}
