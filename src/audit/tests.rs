//! Replay over whole ledgers: one that holds, and every way in which one does not.

use rayon::prelude::*;

use super::fixture::{Files, Ledger, seeded, tree_files, write};
use super::remembered::Remembered;
use super::source::Directory;
use super::*;
use crate::law::Rule;
use crate::ledger::entry::Entry;
use crate::merkle::EMPTY_ROOT;
use crate::verification::Notice;

fn audit(files: &Files) -> Audit {
    audit_with(files, &Pins::default())
}

fn audit_with(files: &Files, pins: &Pins) -> Audit {
    replay(files, pins, &mut |_| ()).unwrap()
}

/// The rules broken, each once.
fn broken(files: &Files) -> Vec<Rule> {
    let mut rules: Vec<Rule> = audit(files).summary.violations.iter().map(|found| found.rule).collect();
    rules.sort();
    rules.dedup();
    rules
}

fn pinned(keys: Vec<crate::note::VerifierKey>) -> Pins {
    Pins { keys, ..Pins::default() }
}

fn remembering(files: &Files) -> Pins {
    let remembered = Some(Remembered::of(audit(files).checkpoint.unwrap()));
    Pins { remembered, ..Pins::default() }
}

#[test]
fn a_whole_ledger_holds() {
    let ledger = Ledger::small();
    let audit = audit(&ledger.files());
    assert_eq!(audit.summary.violations, []);
    assert_eq!(audit.verdict(), Verdict::Holds);
    let mut summary = serde_json::to_value(&audit.summary).unwrap();
    assert_eq!(summary["root"].as_str().unwrap().len(), 44);
    summary["root"] = "…".into();
    insta::assert_snapshot!(summary, @r#"{"entries":{"authority.founded":1,"department.registered":1,"key.introduced":4,"ledger.anchored":1,"licence.issued":2,"licence.suspended":1,"power.granted":1,"type.published":1},"holds":true,"key":"from source","law":[0],"licences":{"by_standing":{"suspended":1,"valid":1},"by_type":{"business-licence":2},"issued":2},"origin":"sample.example/0123456789abcdef","refusals":{},"root":"…","size":12,"summary":true,"violations":[],"witnessed":{"code":"no_policy"}}"#);
    assert_eq!(audit.checkpoint.unwrap().size(), ledger.size());
}

/// Law 0, section 4: a sample is known by its origin, and the audit says what that means.
#[test]
fn a_samples_ledger_is_said_to_be_one() {
    let mut ledger = Ledger::of("sample.vidimus.example/0123456789abcdef");
    ledger.publish();
    let summary = audit(&ledger.files()).summary;
    assert!(summary.holds && summary.notice == Some(Notice::RegistrarsOnServer));
    assert_eq!(serde_json::to_value(&summary).unwrap()["notice"], "registrars_on_server");
}

#[test]
fn an_export_on_disk_holds_and_has_tiles_of_two_levels() {
    let mut ledger = Ledger::new();
    for _ in 0..300 {
        ledger.issue();
    }
    ledger.publish();
    let folder = tempfile::tempdir().unwrap();
    let mut files = ledger.files();
    // Partial tiles that were outgrown may lie about.
    let old = tree_files(&ledger.origin, &ledger.entries[..100], &[&ledger.checkpoint_key]);
    files.extend(old.into_iter().filter(|(path, _)| path.contains(".p/")));
    write(&files, folder.path());
    let source = Directory::open(folder.path()).unwrap();
    let audit = replay(&source, &Pins::default(), &mut |_| ()).unwrap();
    assert_eq!(audit.summary.violations, []);
    assert!(files.contains_key("tile/1/000.p/1") && audit.summary.holds);
    let mut changed = files.clone();
    changed.get_mut("tile/entries/000.p/100").unwrap()[50] ^= 1;
    assert_eq!(broken(&changed), [Rule::File]);
    changed.get_mut("tile/1/000.p/1").unwrap()[3] ^= 1;
    assert_eq!(broken(&changed), [Rule::Tree, Rule::File]);
}

/// Signatures are checked in batches while the law goes on, many entries behind it.
#[test]
fn the_first_in_the_ledgers_order_is_told_whichever_is_found_first() {
    let mut ledger = Ledger::new();
    for _ in 0..900 {
        ledger.issue();
    }
    let good = ledger.entries.clone();
    let files = |unsigned: &[usize], twice: &[usize]| {
        let mut entries = good.clone();
        for at in unsigned {
            let entry = Entry::parse(&good[*at]).unwrap();
            let signature = *Entry::parse(&good[at + 1]).unwrap().signature();
            entries[*at] = Entry::assemble(entry.unsigned().clone(), signature).unwrap().bytes().to_vec();
        }
        twice.iter().for_each(|at| entries[*at] = good[at - 1].clone());
        let tree = tree_files(&ledger.origin, &entries, &[&ledger.checkpoint_key]);
        Files::from_iter(ledger.files().into_iter().chain(tree))
    };
    assert!(audit(&files(&[], &[])).summary.holds);
    for (unsigned, twice, index, rule) in [
        (&[700, 300][..], &[][..], 300, Rule::OuterSignature),
        (&[899], &[], 899, Rule::OuterSignature),
        (&[400], &[200, 800], 200, Rule::Prev),
        (&[400, 500], &[800], 400, Rule::OuterSignature),
        (&[800], &[600], 600, Rule::Prev),
    ] {
        let files = files(unsigned, twice);
        let summary = audit(&files).summary;
        let found: Vec<_> = summary.violations.iter().map(|found| (found.index, found.rule)).collect();
        assert_eq!(found, [(Some(index), rule)]);
        assert_eq!(summary, audit(&files).summary);
    }
}

/// Changes a byte at `places` positions of every file, and its length.
fn change_bytes(places: usize) {
    let files = Ledger::small().files();
    files.par_iter().for_each(|(path, bytes)| {
        let positions = (0..bytes.len()).step_by(bytes.len().div_ceil(places));
        for at in positions.chain([bytes.len() - 1]) {
            let mut changed = files.clone();
            changed.get_mut(path).unwrap()[at] ^= 1;
            assert_eq!(audit(&changed).verdict(), Verdict::DoesNotHold, "{path} at {at}");
        }
        for other in [[bytes.as_slice(), b"\n"].concat(), bytes[..bytes.len() - 1].to_vec(), Vec::new()] {
            let changed = Files::from_iter(files.clone().into_iter().chain([(path.clone(), other)]));
            assert_eq!(audit(&changed).verdict(), Verdict::DoesNotHold, "{path} longer or shorter");
        }
    });
}

#[test]
fn any_byte_changed_is_seen() {
    change_bytes(12);
}

#[test]
fn every_byte_changed_is_seen() {
    if std::env::var_os("VIDIMUS_LONG").is_none() {
        eprintln!("skipped: takes minutes; set VIDIMUS_LONG");
        return;
    }
    change_bytes(usize::MAX);
}

#[test]
fn a_file_missing_or_to_spare_is_seen() {
    let files = Ledger::small().files();
    for path in files.keys() {
        let mut fewer = files.clone();
        fewer.remove(path);
        // That a token was published cannot be known from entries.
        let expected = if path.starts_with("status/") { Verdict::Holds } else { Verdict::DoesNotHold };
        assert_eq!(audit(&fewer).verdict(), expected, "{path}");
    }
    for path in
        ["readme", "checkpoint.old", "tile/0/001.p/3", "tile/0/000", "tile/2/000.p/1", "tile/entries/001"]
    {
        let mut more = files.clone();
        more.insert(path.into(), vec![0]);
        assert_eq!(broken(&more), [Rule::File], "{path}");
    }
    let mut more = files.clone();
    more.insert(format!("blob/sha256/{}", crate::crypto::Digest::of(b"unnamed")), b"unnamed".to_vec());
    assert_eq!(broken(&more), [Rule::File]);
    let mut more = files;
    more.insert("status/1/x".into(), b"token".to_vec());
    assert_eq!(broken(&more), [Rule::StatusList]);
}

#[test]
fn entries_dropped_or_swapped_are_seen_even_under_a_new_checkpoint() {
    let ledger = Ledger::small();
    let all = ledger.entries.clone();
    let under_new_checkpoint = |entries: &[Vec<u8>]| {
        let mut files = ledger.files();
        files.retain(|path, _| path.starts_with("blob/"));
        files.extend(tree_files(&ledger.origin, entries, &[&ledger.checkpoint_key]));
        files
    };
    for place in 1..all.len() {
        let mut dropped = all.clone();
        dropped.remove(place);
        // Dropping from the end alone makes a smaller ledger that holds; only who remembers can tell.
        if place + 1 < all.len() {
            let audit = audit(&under_new_checkpoint(&dropped));
            assert_eq!(audit.verdict(), Verdict::DoesNotHold, "{place}");
        }
        let mut swapped: Vec<Vec<u8>> = all.clone();
        swapped.swap(place - 1, place);
        assert_eq!(audit(&under_new_checkpoint(&swapped)).verdict(), Verdict::DoesNotHold, "{place}");
    }
    let swapped_under_old: Files = {
        let mut swapped = all;
        swapped.swap(9, 10);
        let mut files = ledger.files();
        let new = tree_files(&ledger.origin, &swapped, &[&ledger.checkpoint_key]);
        files.extend(new.into_iter().filter(|(path, _)| path != "checkpoint"));
        files
    };
    assert!(broken(&swapped_under_old).contains(&Rule::Tree));
}

#[test]
fn a_bad_signature_is_named_by_its_index() {
    let mut ledger = Ledger::small();
    let at = ledger.size();
    ledger.issue();
    let good = ledger.entries.pop().unwrap();
    let text = String::from_utf8(good).unwrap();
    let (before, after) = text.split_once("\"sig\":\"").unwrap();
    let (first, rest) = after.split_at_checked(1).unwrap();
    let turned = if first == "A" { "B" } else { "A" };
    ledger.force(format!("{before}\"sig\":\"{turned}{rest}").into_bytes());
    let violations = audit(&ledger.files()).summary.violations;
    assert_eq!(violations.len(), 1);
    assert_eq!((violations[0].index, violations[0].rule), (Some(at), Rule::OuterSignature));
}

#[test]
fn a_status_list_is_the_fold_of_the_entries() {
    let mut ledger = Ledger::small();
    let honest = ledger.tokens.clone();
    let mut list = ledger.list(1);
    list.set(99, 1).unwrap();
    ledger.publish_list(&list, ledger.size());
    assert_eq!(broken(&ledger.files()), [Rule::StatusList]);
    // The right bytes at another size.
    ledger.tokens = honest.clone();
    let list = ledger.list(1);
    ledger.publish_list(&list, 10);
    assert_eq!(broken(&ledger.files()), [Rule::StatusList]);
    // Beyond the end.
    ledger.tokens = honest.clone();
    ledger.publish_list(&list, ledger.size() + 1);
    assert_eq!(broken(&ledger.files()), [Rule::StatusList]);
    // Under another list's path.
    ledger.tokens = honest;
    let (path, token) = ledger.tokens.pop_last().unwrap();
    ledger.tokens.insert(path.replace("status/1/", "status/2/"), token);
    assert_eq!(broken(&ledger.files()), [Rule::StatusList]);
}

#[test]
fn a_pinned_key_is_entry_0s_or_follows_from_it() {
    let mut ledger = Ledger::small();
    let first = ledger.vkey();
    let audit = audit_with(&ledger.files(), &pinned(vec![first.clone()]));
    assert_eq!((audit.verdict(), audit.summary.key), (Verdict::Holds, "pinned"));
    let stranger = ledger.vkey_of(&seeded(77));
    let audit = audit_with(&ledger.files(), &pinned(vec![stranger]));
    assert_eq!(audit.summary.violations.iter().map(|found| found.rule).collect::<Vec<_>>(), [Rule::Vkey]);

    let before = remembering(&ledger.files());
    ledger.rotate_checkpoint_key(9);
    let second = ledger.vkey_of(&seeded(9));
    for pins in [pinned(vec![first]), pinned(vec![second]), before, Pins::default()] {
        assert_eq!(audit_with(&ledger.files(), &pins).summary.violations, []);
    }
    // The retired key proves this size no more.
    ledger.checkpoint_key = seeded(3);
    assert_eq!(broken(&ledger.files()), [Rule::Tree]);
}

#[test]
fn what_is_remembered_must_be_how_the_ledger_began() {
    let mut ledger = Ledger::small();
    let small = ledger.files();
    let pins = remembering(&small);
    ledger.issue();
    let large = ledger.files();
    assert_eq!(audit_with(&large, &pins).summary.violations, []);
    let rules = |files: &Files, pins: &Pins| -> Vec<Rule> {
        audit_with(files, pins).summary.violations.iter().map(|found| found.rule).collect()
    };
    assert_eq!(rules(&small, &remembering(&large)), [Rule::Consistency]);
    // A second history of the same size, by the same keys.
    let mut other = Ledger::new();
    other.origin = ledger.origin.clone();
    assert!(rules(&other.files(), &remembering(&large)).contains(&Rule::Consistency));
    while other.size() < ledger.size() {
        other.issue();
    }
    assert_eq!(rules(&other.files(), &remembering(&large)), [Rule::Consistency]);
}

#[test]
fn what_is_remembered_comes_back_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("remembered.json");
    assert!(Remembered::load(&path).unwrap().is_none());
    let pins = remembering(&Ledger::small().files());
    let kept = pins.remembered.unwrap();
    kept.save(&path).unwrap();
    assert_eq!(Remembered::load(&path).unwrap().unwrap().checkpoint(), kept.checkpoint());
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\\n1", "\\n2", 1)).unwrap();
    assert!(Remembered::load(&path).is_err());
}

#[test]
fn an_unknown_kind_needs_an_upgrade_unless_the_hashes_fail() {
    let mut ledger = Ledger::small();
    let at = ledger.size();
    let known = String::from_utf8(ledger.entries[9].clone()).unwrap();
    ledger.force(known.replace("licence.issued", "licence.lent").into_bytes());
    ledger.force(ledger.entries[10].clone());
    let files = ledger.files();
    let audit = audit(&files);
    assert_eq!((audit.verdict(), audit.summary.holds), (Verdict::UpgradeNeeded, false));
    assert_eq!(audit.summary.upgrade.unwrap().index, at);
    let mut broken = files;
    broken.get_mut(&format!("tile/0/000.p/{}", at + 2)).unwrap()[0] ^= 1;
    assert_eq!(self::audit(&broken).verdict(), Verdict::DoesNotHold);
}

#[test]
fn nothing_at_all_does_not_hold() {
    assert_eq!(broken(&Files::new()), [Rule::Tree]);
    let empty = tree_files(&"a.example".parse().unwrap(), &[], &[&seeded(3)]);
    assert!(String::from_utf8_lossy(&empty["checkpoint"]).contains(&EMPTY_ROOT.to_string()));
    assert_eq!(broken(&empty), [Rule::Tree]);
    assert!(Directory::open("no/such/directory").is_err());
}

#[test]
fn an_export_is_what_replay_checks_and_proves_its_entries() {
    let ledger = Ledger::small();
    let files = ledger.files();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("export");
    let exported = export::export(&files, &root, &mut |_| ()).unwrap();
    assert_eq!((exported.size, exported.files), (ledger.size(), u64::try_from(files.len()).unwrap()));
    let source = Directory::open(&root).unwrap();
    for (path, bytes) in &files {
        assert_eq!(source.read(path).unwrap().as_ref(), Some(bytes), "{path}");
    }
    assert_eq!(source.files().unwrap().unwrap(), files.keys().cloned().collect::<Vec<_>>());
    let again = export::export(&files, &root, &mut |_| ());
    assert!(matches!(again, Err(export::ExportError::NotEmpty(_))));

    for index in 0..ledger.size() {
        let receipt = prove::prove(&source, index).unwrap();
        assert_eq!(receipt.extra(), Some(ledger.entries[usize::try_from(index).unwrap()].as_slice()));
        assert_eq!(receipt.to_string().parse::<crate::ledger::receipt::Receipt>().unwrap(), receipt);
    }
    let beyond = prove::prove(&source, ledger.size());
    assert!(matches!(beyond, Err(prove::ProveError::NoSuchEntry { .. })));
    let mut damaged = files;
    damaged.get_mut("tile/0/000.p/12").unwrap()[40] ^= 1;
    assert!(matches!(prove::prove(&damaged, 0), Err(prove::ProveError::Proof(_))));
}
