//! Whatever a hostile source or a bad disk does to an auditor who keeps: he accepts nothing that a replay from the first entry refuses,
//! and he is told what is wrong.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::audit::planted::{shown, witnessed};
use crate::audit::remembered::Remembered;
use crate::audit::source::WITNESSED;
use crate::crypto::Digest;
use crate::law::Rule;

fn rules(audit: &Audit) -> Vec<Rule> {
    audit.summary.violations.iter().map(|found| found.rule).collect()
}

/// A ledger under one key, and an auditor who kept all its bundles.
fn kept() -> (Ledger, Auditor) {
    let mut ledger = Ledger::new();
    let (first, second) = (ledger.issue(), ledger.issue());
    ledger.suspend(first);
    while ledger.size() < 600 {
        match ledger.size() {
            350 => ledger.suspend(second),
            _ => drop(ledger.issue()),
        }
    }
    ledger.publish();
    let auditor = Auditor::new();
    let (audit, told) = auditor.audit(&ledger.files(), &Pins::default());
    assert_eq!((audit.verdict(), told, auditor.size()), (Verdict::Holds, vec![], Some(512)));
    (ledger, auditor)
}

#[test]
fn a_history_that_was_rewritten_is_told_as_such() {
    let (ledger, auditor) = kept();
    let before = auditor.kept();
    let mut other = Ledger::new();
    while other.size() < 700 {
        other.issue();
    }
    let mut dropped = ledger.entries.clone();
    let revoked = dropped.iter().position(|entry| entry.windows(17).any(|at| at == b"licence.suspended"));
    dropped.remove(revoked.unwrap());
    let tail = |size: usize| shown(&ledger, &ledger.entries[..size]);
    for (files, why) in [
        (shown(&other, &other.entries), Why::NotContinued(512)),
        (shown(&ledger, &dropped), Why::NotContinued(512)),
        (tail(511), Why::Smaller { kept: 512, now: 511 }),
        (tail(20), Why::Smaller { kept: 512, now: 20 }),
    ] {
        assert_eq!(whole(&files, &Pins::default()).verdict(), Verdict::Holds, "nothing inside shows it");
        for _ in 0..2 {
            let (audit, told) = auditor.audit(&files, &Pins::default());
            assert_eq!((rules(&audit), told), (vec![Rule::Consistency], vec![Step::Whole(why.clone())]));
            assert_eq!(audit.verdict(), Verdict::DoesNotHold);
            assert!(audit.summary.violations[0].text.starts_with("kept "), "{:?}", audit.summary.violations);
            assert!(auditor.kept() == before, "what was kept is evidence, and stays");
        }
    }
    // The honest ledger is gone on from as before.
    let (audit, told) = auditor.audit(&ledger.files(), &Pins::default());
    assert_eq!((audit.verdict(), told), (Verdict::Holds, went_on(512)));
}

/// Of what no checkpoint of the ledger was proved to continue, nobody can be told that he rewrote it.
#[test]
fn what_nobody_signed_accuses_nobody() {
    let ledger = long(400);
    let (auditor, files) = (Auditor::new(), early(&ledger, 400));
    // Killed before the entry that names the key of the checkpoint.
    assert!(auditor.replay(&Breaking::at(1, &files), &Pins::default()).is_err());
    assert_eq!(auditor.size(), Some(256));
    let mut other = Ledger::new();
    while other.size() < 400 {
        other.issue();
    }
    let other = shown(&other, &other.entries);
    let (audit, told) = auditor.audit(&other, &Pins::default());
    assert_eq!((audit.verdict(), told), (Verdict::Holds, vec![Step::Whole(Why::NotContinued(256))]));
    assert_eq!(auditor.audit(&other, &Pins::default()).1, went_on(256), "and is kept instead");
}

#[test]
fn a_token_about_what_lies_before_is_judged_by_a_whole_replay() {
    let (mut ledger, auditor) = kept();
    let (own, good) = ledger.tokens.pop_first().unwrap();
    let mut list = ledger.list(1);
    let mut token = |list: &_, size| {
        ledger.publish_list(list, size);
        ledger.tokens.pop_first().unwrap().1
    };
    // The right one about 400 entries, which was not shown; one that is not right; and another in the place of what was shown.
    let late = token(&list, 400);
    list.set(21, 1).unwrap();
    let (forged, altered) = (token(&list, 400), token(&list, 600));
    let before = Why::Token(own.clone());
    for (token, why, holds) in [
        (Some(&good), None, true),
        (None, None, true),
        (Some(&late), Some(before.clone()), true),
        (Some(&good), None, true),
        (Some(&forged), Some(before), false),
        (Some(&altered), Some(Why::Broken), false),
    ] {
        let mut files = ledger.files();
        files.extend(token.map(|token| (own.clone(), token.clone())));
        let (audit, told) = auditor.audit(&files, &Pins::default());
        assert_eq!((json(&audit), audit.summary.holds), (json(&whole(&files, &Pins::default())), holds));
        let told_whole = told.into_iter().find_map(|step| match step {
            Step::Whole(why) => Some(why),
            _ => None,
        });
        assert_eq!(told_whole, why);
    }
}

#[test]
fn blobs_and_files_are_looked_at_every_time() {
    let (ledger, auditor) = kept();
    let files = ledger.files();
    let blobs = files.keys().filter(|path| path.starts_with("blob/")).cloned();
    for path in Vec::from_iter(blobs) {
        for bytes in [None, Some(b"other".to_vec())] {
            let mut changed = files.clone();
            changed.remove(&path);
            changed.extend(bytes.map(|bytes| (path.clone(), bytes)));
            let (audit, told) = auditor.audit(&changed, &Pins::default());
            assert!(rules(&audit).contains(&Rule::Blob), "{path}");
            assert_eq!(json(&audit), json(&whole(&changed, &Pins::default())));
            assert_eq!(told.last(), Some(&Step::Whole(Why::Broken)));
        }
    }
    let unnamed = format!("blob/sha256/{}", Digest::of(b"unnamed"));
    for path in ["readme", "tile/entries/009", "tile/0/000.p/9", &unnamed, "status/1/x"] {
        let mut more = files.clone();
        more.insert(path.into(), b"unnamed".to_vec());
        let (audit, _) = auditor.audit(&more, &Pins::default());
        assert_eq!(audit.verdict(), Verdict::DoesNotHold, "{path}");
        assert_eq!(json(&audit), json(&whole(&more, &Pins::default())));
    }
}

/// What lies before is not read again: a copy that rots there is seen by a whole replay, as is said wherever this is offered.
#[test]
fn bundles_of_before_are_not_read_again() {
    let (ledger, auditor) = kept();
    let mut files = ledger.files();
    files.get_mut("tile/entries/000").unwrap()[99] ^= 1;
    assert_eq!(whole(&files, &Pins::default()).verdict(), Verdict::DoesNotHold);
    let (audit, told) = auditor.audit(&files, &Pins::default());
    assert_eq!((audit.verdict(), told), (Verdict::Holds, went_on(512)));
    // Behind it every byte counts.
    for path in ["tile/entries/002.p/88", "tile/0/002.p/88", "tile/1/000.p/2", "checkpoint"] {
        let mut files = ledger.files();
        let bytes = files.get_mut(path).unwrap();
        let at = bytes.len() - 2;
        bytes[at] ^= 1;
        let (audit, _) = auditor.audit(&files, &Pins::default());
        assert_eq!(audit.verdict(), Verdict::DoesNotHold, "{path}");
        assert_eq!(json(&audit), json(&whole(&files, &Pins::default())));
    }
}

/// Checkpoints of before what was kept are tied to it by tiles, and times beside their ends are read again.
#[test]
fn what_outsiders_saw_before_still_counts() {
    let (ledger, auditor) = kept();
    let files = ledger.files();
    for size in [1, 256, 400, 512, 513, 600] {
        for later in [3_600, -3_600] {
            let pins = witnessed(&ledger, size, later);
            let expected = whole(&files, &pins);
            assert!(expected.summary.holds);
            assert_eq!(expected.summary.doubts.is_empty(), size == 600 && later > 0);
            let (audit, told) = auditor.audit(&files, &pins);
            assert_eq!((json(&audit), told), (json(&expected), went_on(512)), "{size} {later}");
            // The same from the source itself.
            let mut own = files.clone();
            own.insert(WITNESSED.into(), pins.seen[0].to_string().into_bytes());
            let pins = Pins { seen: vec![], ..pins };
            assert_eq!(json(&auditor.audit(&own, &pins).0), json(&whole(&own, &pins)));
        }
    }
    // Another face, shown or remembered before.
    let mut other = Ledger::new();
    while other.size() < 400 {
        other.issue();
    }
    let face = whole(&shown(&other, &other.entries), &Pins::default()).checkpoint.unwrap();
    let remembering = Pins { remembered: Some(Remembered::of(face)), ..Pins::default() };
    for pins in [witnessed(&other, 400, 1), remembering] {
        let (audit, told) = auditor.audit(&files, &pins);
        assert_eq!(rules(&audit), [Rule::Consistency]);
        assert_eq!(json(&audit), json(&whole(&files, &pins)));
        assert_eq!(told.last(), Some(&Step::Whole(Why::Broken)));
    }
    // Tiles that prove nothing are no proof of anything.
    let mut holes = files;
    holes.get_mut("tile/0/001").unwrap()[77] ^= 1;
    let (audit, told) = auditor.audit(&holes, &witnessed(&ledger, 400, 0));
    assert_eq!(audit.verdict(), Verdict::DoesNotHold);
    assert_eq!(told, [Step::Whole(Why::Size(400))]);
}

#[test]
fn a_file_that_is_not_what_was_written_is_not_believed() {
    let (ledger, auditor) = kept();
    let (files, good) = (ledger.files(), auditor.kept());
    let expected = json(&whole(&files, &Pins::default()));
    let with = |bytes: &[u8], why: &dyn Fn(&Why) -> bool| {
        fs::write(auditor.path(), bytes).unwrap();
        let (audit, told) = auditor.audit(&files, &Pins::default());
        assert_eq!(json(&audit), expected);
        assert!(matches!(told.as_slice(), [Step::Whole(found)] if why(found)), "{told:?}");
        assert_eq!(auditor.size(), Some(512), "kept anew");
    };
    let damaged = |why: &Why| matches!(why, Why::Damaged(_));
    for at in (0..good.len()).step_by(good.len() / 9).skip(1).chain([14, good.len() - 1]) {
        let mut changed = good.clone();
        changed[at] ^= 1;
        with(&changed, &|why| damaged(why) || matches!(why, Why::Program(_) | Why::Keys | Why::Format(_)));
    }
    with(&good[..good.len() - 1], &damaged);
    with(&good[..good.len() / 2], &damaged);
    with(&[&good[..], b"\n"].concat(), &damaged);
    with(b"", &damaged);
    let text = |from: &str, to: &str| {
        let line = good.iter().take(4_096).position(|byte| *byte == 0).unwrap();
        let head = String::from_utf8_lossy(&good[..line]).replacen(from, to, 1);
        [head.as_bytes(), &good[line..]].concat()
    };
    with(&text("vidimus-kept/2", "vidimus-kept/1"), &|why| *why == Why::Format("vidimus-kept/1".into()));
    let program = format!("\"program\":\"{}\"", env!("CARGO_PKG_VERSION"));
    with(&text(&program, "\"program\":\"0.0.1\""), &|why| *why == Why::Program("0.0.1".into()));
    with(&text("\"size\":512", "\"size\":256"), &damaged);
    fs::set_permissions(auditor.path(), Permissions::from_mode(0o620)).unwrap();
    let told = auditor.audit(&files, &Pins::default()).1;
    assert_eq!(told, [Step::Whole(Why::Exposed)]);
    assert_eq!(fs::metadata(auditor.path()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(auditor.audit(&files, &Pins::default()).1, went_on(512));
}

#[test]
fn another_ledger_or_other_keys_are_not_gone_on_with() {
    let (ledger, auditor) = kept();
    let mut other = Ledger::of("other.example/0123456789abcdef");
    while other.size() < 600 {
        other.issue();
    }
    let before = auditor.kept();
    let (audit, told) = auditor.audit(&shown(&other, &other.entries), &Pins::default());
    let (kept, now) = (ledger.origin.to_string(), other.origin.to_string());
    assert_eq!((audit.verdict(), told), (Verdict::Holds, vec![Step::Whole(Why::Ledger { kept, now })]));
    assert!(auditor.kept() == before, "it is left as it is");
    let pins = Pins { keys: vec![ledger.vkey()], ..Pins::default() };
    let (audit, told) = auditor.audit(&ledger.files(), &pins);
    assert_eq!((json(&audit), told), (json(&whole(&ledger.files(), &pins)), vec![Step::Whole(Why::Keys)]));
    assert_eq!(auditor.audit(&ledger.files(), &pins).1, went_on(512));
}

#[test]
fn a_file_that_cannot_be_written_changes_no_verdict() {
    let (ledger, _) = kept();
    let auditor = Auditor::new();
    let nowhere = auditor.path().join("nowhere");
    let mut told = Vec::new();
    let mut tell = |step: Step| told.extend((!matches!(step, Step::Progress(_))).then_some(step));
    let audit = replay(&nowhere, &ledger.files(), &Pins::default(), &mut tell).unwrap();
    assert_eq!(audit.verdict(), Verdict::Holds);
    assert!(matches!(told.as_slice(), [Step::NotKept(Trouble::Write(_))]), "{told:?}");
    for lang in Lang::ALL {
        assert!(told[0].text(&nowhere, lang).is_some());
    }
    // Another audit is writing.
    let beside = fs::File::create(auditor.folder.path().join("kept.new")).unwrap();
    beside.lock().unwrap();
    let (audit, told) = auditor.audit(&ledger.files(), &Pins::default());
    assert_eq!((audit.verdict(), told), (Verdict::Holds, vec![Step::NotKept(Trouble::Busy)]));
    drop(beside);
    // And was killed there.
    assert_eq!(auditor.audit(&ledger.files(), &Pins::default()).1, []);
    assert_eq!(auditor.size(), Some(512));
}

#[test]
fn an_unknown_kind_behind_it_needs_an_upgrade_as_before() {
    let (mut ledger, auditor) = kept();
    let known = String::from_utf8(ledger.entries[599].clone()).unwrap();
    ledger.force(known.replace("licence.issued", "licence.lent").into_bytes());
    let (audit, told) = auditor.audit(&ledger.files(), &Pins::default());
    assert_eq!((audit.verdict(), told), (Verdict::UpgradeNeeded, went_on(512)));
    assert_eq!(json(&audit), json(&whole(&ledger.files(), &Pins::default())));
}

#[test]
fn somebodys_own_file_is_left_as_it_is() {
    let (auditor, files) = (Auditor::new(), long(600).files());
    for own in
        [&b"ledger.example/1+0123+abcd\n"[..], b"-----BEGIN PRIVATE KEY-----\n", b"no line", &[0xff; 300]]
    {
        fs::write(auditor.path(), own).unwrap();
        let (audit, told) = auditor.audit(&files, &Pins::default());
        assert_eq!((audit.verdict(), told), (Verdict::Holds, vec![Step::Whole(Why::Foreign)]));
        assert_eq!(auditor.kept(), own);
    }
}

#[test]
fn what_a_stranger_showed_accuses_nobody() {
    let auditor = Auditor::new();
    let mut honest = Ledger::new();
    let mut stranger = Ledger::under(honest.origin.as_str(), seeded(77));
    while honest.size() < 600 {
        honest.issue();
        stranger.issue();
    }
    // Whoever pinned the ledger's key keeps nothing of what does not name it.
    let pins = Pins { keys: vec![honest.vkey()], ..Pins::default() };
    assert_eq!(auditor.audit(&stranger.files(), &pins).0.verdict(), Verdict::DoesNotHold);
    assert!(!auditor.path().exists());
    // Whoever did not believed the stranger; but the ledger of that name is not called rewritten for it.
    assert_eq!(auditor.audit(&stranger.files(), &Pins::default()).0.verdict(), Verdict::Holds);
    let before = auditor.kept();
    let (audit, told) = auditor.audit(&honest.files(), &Pins::default());
    assert_eq!((audit.verdict(), told), (Verdict::Holds, vec![Step::Whole(Why::Stranger)]));
    assert!(auditor.kept() == before, "it is left as it is");
}
