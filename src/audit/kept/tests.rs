//! A replay that is gone on with says what one from the first entry says, wherever it was kept; and where it may not go on, it does not.

mod anchors;
mod cards;
mod distrust;
mod vectors;

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use super::*;
use crate::audit::Verdict;
use crate::audit::fixture::{Files, Ledger, seeded, tree_files};
use crate::ledger::state::View as _;
use crate::merkle::TilePath;

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

    /// Replays, and says what was told.
    fn audit(&self, source: &dyn Source, pins: &Pins) -> (Audit, Vec<Step>) {
        self.replay(source, pins).unwrap()
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

/// A source that knows which bundles were read, and cannot be asked any more for those from `until` on: the machine went off.
struct Breaking<'a> {
    files: &'a Files,
    until: u64,
    read: Mutex<Vec<u64>>,
}

impl<'a> Breaking<'a> {
    fn at(until: u64, files: &'a Files) -> Self {
        Self { files, until, read: Mutex::default() }
    }

    fn read(self) -> Vec<u64> {
        let mut read = self.read.into_inner().unwrap();
        read.sort_unstable();
        read
    }
}

impl Source for Breaking<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        if let Ok(TilePath::Entries(index, _)) = path.parse() {
            if index >= self.until {
                return Err(SourceError::Io { path: path.into(), reason: "off".into() });
            }
            self.read.lock().unwrap().push(index);
        }
        Source::read(self.files, path)
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        self.files.tokens()
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        Source::files(self.files)
    }
}

fn whole(files: &dyn Source, pins: &Pins) -> Audit {
    crate::audit::replay(files, pins, &mut |_| ()).unwrap()
}

fn json(audit: &Audit) -> String {
    serde_json::to_string(&audit.summary).unwrap()
}

/// Licences, acts, anchors, and from 302 on another checkpoint key.
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

/// The ledger as it was at an earlier time, under the checkpoint key of then.
fn early(ledger: &Ledger, size: usize) -> Files {
    let key = seeded(if size < 302 { 3 } else { 9 });
    let mut files = ledger.files();
    files.retain(|path, _| path.starts_with("blob/"));
    files.extend(tree_files(&ledger.origin, &ledger.entries[..size], &[&key]));
    files
}

fn went_on(size: u64) -> Vec<Step> {
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
        assert!(auditor.replay(&Breaking::at(bundles, &files), &Pins::default()).is_err());
        assert_eq!(auditor.size(), Some(bundles * 256));
        let source = Breaking::at(5, &files);
        let (audit, told) = auditor.audit(&source, &Pins::default());
        assert_eq!((told, json(&audit)), (went_on(bundles * 256), json(&expected)), "{bundles}");
        assert_eq!(source.read(), Vec::from_iter(bundles..5), "what lies before is not read again");
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
    // Before, at and beyond where the checkpoint key changes, with and without whole bundles between, and twice the same.
    for size in [40, 256, 299, 302, 512, 513, 1_023, 1_400, 1_400] {
        let files = early(&ledger, size);
        let (audit, told) = auditor.audit(&files, &Pins::default());
        let expected = whole(&files, &Pins::default());
        assert_eq!((json(&audit), audit.verdict()), (json(&expected), Verdict::Holds));
        assert_eq!(told, if kept == 0 { vec![] } else { went_on(kept) }, "{size}");
        kept = u64::try_from(size / 256 * 256).unwrap();
        assert_eq!(auditor.size(), Some(kept).filter(|kept| *kept > 0));
    }
}

/// Tokens of before are known by their bytes, those of now are judged, and those that are to come are provided for.
#[test]
fn status_tokens_are_judged_once_and_never_missed() {
    let mut ledger = long(290);
    ledger.publish();
    while ledger.size() < 512 {
        ledger.issue();
    }
    let auditor = Auditor::new();
    auditor.audit(&ledger.files(), &Pins::default());
    assert_eq!(auditor.size(), Some(256), "the next token may name any size from 290 on");
    ledger.publish();
    let (audit, told) = auditor.audit(&ledger.files(), &Pins::default());
    assert_eq!((told, audit.verdict()), (went_on(256), Verdict::Holds));
    assert_eq!(auditor.size(), Some(512));
    // Published later, about exactly what was kept.
    let list = ledger.list(1);
    let honest = ledger.tokens.clone();
    for (value, verdict) in [(None, Verdict::Holds), (Some(2), Verdict::DoesNotHold)] {
        let mut list = list.clone();
        value.into_iter().for_each(|value| list.set(7, value).unwrap());
        ledger.tokens = honest.clone();
        ledger.tokens.pop_last();
        ledger.publish_list(&list, 512);
        let (audit, _) = auditor.audit(&ledger.files(), &Pins::default());
        assert_eq!(audit.verdict(), verdict);
        assert_eq!(json(&audit), json(&whole(&ledger.files(), &Pins::default())));
    }
}

/// Keeping waits for signatures, and nothing that is found comes of it earlier or later.
#[test]
fn what_is_broken_is_told_as_if_nothing_were_kept() {
    let ledger = long(900);
    for at in [30, 256, 511, 600] {
        let mut entries = ledger.entries.clone();
        let stranger = crate::ledger::entry::Entry::parse(&entries[at - 1]).unwrap();
        let entry = crate::ledger::entry::Entry::parse(&entries[at]).unwrap();
        let forged = crate::ledger::entry::Entry::assemble(entry.unsigned().clone(), *stranger.signature());
        entries[at] = forged.unwrap().bytes().to_vec();
        let mut files = ledger.files();
        files.extend(tree_files(&ledger.origin, &entries, &[&ledger.checkpoint_key]));
        let auditor = Auditor::new();
        let expected = whole(&files, &Pins::default());
        let (first, told) = auditor.audit(&files, &Pins::default());
        assert_eq!((json(&first), told), (json(&expected), vec![]), "{at}");
        assert_eq!(first.summary.violations.first().unwrap().index, u64::try_from(at).ok());
        let kept = u64::try_from(at / 256 * 256).unwrap();
        assert_eq!(auditor.size(), Some(kept).filter(|kept| *kept > 0));
        let (again, _) = auditor.audit(&files, &Pins::default());
        assert_eq!(json(&again), json(&expected), "{at}");
    }
}
