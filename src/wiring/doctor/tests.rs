//! Healthy and broken situations, judged.

use super::*;
use crate::authority::{ArchiveCondition, Ending, Listed};
use crate::crypto::KeyId;
use crate::values::lang::Lang;

const DAY: i64 = 24 * 3600 * 1000;

fn now() -> Time {
    "2026-11-25T00:00:00.000Z".parse().unwrap()
}

fn readiness() -> Readiness {
    Readiness {
        size: 40,
        last: Some(now().plus(-5_000)),
        law: 0,
        writing: None,
        missing_keys: Vec::new(),
        clock: None,
        certificates: vec![ending(400)],
        unsealed: 0,
        lists: vec![Listed { list: 1, until: Some(now().seconds() + 80_000) }],
        witnesses: None,
        archive: None,
        settling: None,
    }
}

fn ending(days: i64) -> Ending {
    let key: KeyId = "0f".repeat(16).parse().unwrap();
    let (purpose, owner) = ("credential".into(), "11430700MB0000035Y".into());
    Ending { purpose, owner, key, ends: now().plus(days * DAY), succeeded: false }
}

/// What is said of certificates.
fn told(certificates: Vec<Ending>) -> Vec<(Grade, String)> {
    let lines = judge(&known(Readiness { certificates, ..readiness() })).into_iter();
    let lines = lines.filter(|line| line.check == "certificates");
    lines.map(|line| (line.grade, line.told.text(Lang::En).to_owned())).collect()
}

fn known(readiness: Readiness) -> Known {
    let disk = Disk { free: 50 << 30, total: 100 << 30, files_free: Some(1 << 20), writable: true };
    Known {
        now: Some(now()),
        synchronised: Some(true),
        places: vec![Place { flag: "--data", path: "/data".into(), found: Ok(disk) }],
        ledger: Seen::Inside { readiness: Box::new(readiness), running: true },
        signed: Some(Ok(40)),
        stored: Some(40),
        tokens: vec![TokenEnd { name: "operator".into(), expires: now().plus(300 * DAY) }],
        ..Known::default()
    }
}

/// The worst grade, and the check it is of.
fn worst(known: &Known) -> (Grade, &'static str) {
    let lines = judge(known);
    let worst = lines.iter().max_by_key(|line| line.grade).unwrap();
    assert_ne!(worst.told.text(Lang::Zh), worst.told.text(Lang::En));
    (worst.grade, worst.check)
}

#[test]
fn a_healthy_one_is_told_line_by_line() {
    let lines = judge(&known(readiness()));
    assert!(lines.iter().all(|line| line.grade == Grade::Ok), "{lines:?}");
    let checks: Vec<&str> = lines.iter().map(|line| line.check).collect();
    assert_eq!(checks, ["disk", "ledger", "certificates", "head", "clock"]);
}

#[test]
fn an_archive_by_what_is_wrong_with_it() {
    let of = |archive| known(Readiness { archive: Some(archive), ..readiness() });
    let some = ArchiveCondition { bundles: 3, scrubbed: Some(now()), ..ArchiveCondition::default() };
    assert_eq!(worst(&of(ArchiveCondition::default())).0, Grade::Ok);
    assert_eq!(worst(&of(some.clone())).0, Grade::Ok);
    let (stopped, lost) = (Some("/data/archive: no space".to_owned()), vec!["/data/archive/x".to_owned()]);
    for (archive, grade) in [
        (ArchiveCondition { stopped, ..some.clone() }, Grade::Warn),
        (ArchiveCondition { uncopied: 1, ..some.clone() }, Grade::Warn),
        (ArchiveCondition { lost, ..some }, Grade::Fail),
    ] {
        assert_eq!(worst(&of(archive)), (grade, "archive"));
    }
}

#[test]
fn certificates_by_their_days() {
    for (days, grade) in
        [(91, Grade::Ok), (89, Grade::Warn), (29, Grade::Warn), (0, Grade::Fail), (-3, Grade::Fail)]
    {
        let all = known(Readiness { certificates: vec![ending(days), ending(400)], ..readiness() });
        let lines = judge(&all);
        let found: Vec<_> = lines.iter().filter(|line| line.check == "certificates").collect();
        assert_eq!(found.iter().map(|line| line.grade).collect::<Vec<_>>(), [grade], "{days} days");
        let cure = found[0].told.text(Lang::En).contains("keys rotate");
        assert_eq!(cure, grade != Grade::Ok, "{days} days");
    }
}

#[test]
fn a_certificate_that_has_a_successor_is_nobodys_worry() {
    for days in [60, 5, -40] {
        let old = Ending { succeeded: true, ..ending(days) };
        let said = told(vec![old, ending(400)]);
        assert_eq!(said.len(), 1);
        assert!(said[0].0 == Grade::Ok && said[0].1.starts_with("2 certificates"), "{said:?}");
    }
}

#[test]
fn each_certificate_has_its_own_cure() {
    let of = |purpose: &str, owner: &str| {
        let said = told(vec![Ending { purpose: purpose.into(), owner: owner.into(), ..ending(20) }]);
        said[0].1.split_once("time: ").unwrap().1.to_owned()
    };
    assert_eq!(of("status", "authority"), "vidimus keys rotate --purpose status");
    let code = "11430700MB0000035Y";
    assert_eq!(of("seal", code), format!("vidimus keys rotate --purpose seal --department {code}"));
    assert!(of("root", "authority").contains("successor of this ledger"));
    let issuing = Ending { purpose: "issuing".into(), owner: "authority".into(), ..ending(20) };
    let said = told(vec![ending(20), issuing]);
    assert!(said[0].1.contains("--purpose issuing") && said[1].1.contains("credential"), "{said:?}");

    let ready = Seen::Outside { ready: true, size: 1, ending: vec![("credential".into(), now().plus(DAY))] };
    let lines = judge(&Known { ledger: ready, ..known(readiness()) });
    let said = lines.iter().find(|line| line.check == "certificates").unwrap();
    assert!(said.told.text(Lang::Zh).contains("--purpose credential --department"), "{said:?}");
}

#[test]
fn a_lost_choice_of_witnesses() {
    for (chosen, grade) in [(None, Grade::Ok), (Some(true), Grade::Ok), (Some(false), Grade::Fail)] {
        assert_eq!(worst(&Known { chosen, ..known(readiness()) }).0, grade, "{chosen:?}");
    }
    let lost = Known { chosen: Some(false), ..known(readiness()) };
    assert_eq!(worst(&lost).1, "witnesses");
}

#[test]
fn disks() {
    let disk = |free: u64, files: u64, writable: bool| {
        let mut all = known(readiness());
        all.places[0].found = Ok(Disk { free, total: 100 << 30, files_free: Some(files), writable });
        worst(&all)
    };
    assert_eq!(disk(10 << 20, 9_999, true), (Grade::Fail, "disk"));
    assert_eq!(disk(500 << 20, 9_999, true), (Grade::Warn, "disk"));
    assert_eq!(disk(4 << 30, 9_999, true), (Grade::Warn, "disk"));
    assert_eq!(disk(50 << 30, 0, true), (Grade::Fail, "disk"));
    assert_eq!(disk(50 << 30, 9_999, false), (Grade::Fail, "disk"));
    let mut gone = known(readiness());
    gone.places[0].found = Err("No such file or directory".into());
    assert_eq!(worst(&gone), (Grade::Fail, "disk"));
}

#[test]
fn heads_as_a_start_compares_them() {
    let head = |signed, stored| {
        let mut all = known(readiness());
        (all.signed, all.stored) = (Some(signed), stored);
        worst(&all)
    };
    assert_eq!(head(Ok(41), Some(40)), (Grade::Fail, "head"));
    assert_eq!(head(Ok(39), Some(40)), (Grade::Fail, "head"));
    assert_eq!(head(Ok(39), Some(39)).0, Grade::Ok, "a tail that the next start signs");
    assert_eq!(head(Err("not a note".into()), None), (Grade::Fail, "head"));
}

#[test]
fn what_stops_and_what_will() {
    let of = |readiness: Readiness| worst(&known(readiness));
    assert_eq!(of(Readiness { writing: Some("disk full".into()), ..readiness() }), (Grade::Fail, "ledger"));
    assert_eq!(of(Readiness { missing_keys: vec!["status k".into()], ..readiness() }), (Grade::Fail, "keys"));
    assert_eq!(of(Readiness { clock: Some("stepped".into()), ..readiness() }), (Grade::Fail, "clock"));
    assert_eq!(of(Readiness { unsealed: 2, ..readiness() }), (Grade::Warn, "seals"));
    assert_eq!(of(Readiness { settling: Some("no room".into()), ..readiness() }), (Grade::Warn, "settled"));
    assert_eq!(of(Readiness { last: Some(now().plus(DAY)), ..readiness() }), (Grade::Fail, "clock"));
    let lapsed = vec![Listed { list: 1, until: Some(now().seconds() - 1) }];
    assert_eq!(of(Readiness { lists: lapsed.clone(), ..readiness() }), (Grade::Fail, "status"));
    let mut stopped = known(Readiness { lists: lapsed, ..readiness() });
    if let Seen::Inside { running, .. } = &mut stopped.ledger {
        *running = false;
    }
    assert_eq!(worst(&stopped), (Grade::Warn, "status"), "a start publishes it");

    let mut all = known(readiness());
    all.tokens[0].expires = now().plus(DAY);
    assert_eq!(worst(&all), (Grade::Warn, "tokens"));
    all.exposed.push("chmod 600 /keys/last-signed".into());
    assert_eq!(worst(&all), (Grade::Fail, "keys"));
    for (seen, grade) in [
        (Seen::InUse, Grade::Warn),
        (Seen::Nothing, Grade::Warn),
        (Seen::Unreachable("refused".into()), Grade::Fail),
        (Seen::Outside { ready: true, size: 1, ending: Vec::new() }, Grade::Ok),
        (Seen::Outside { ready: false, size: 1, ending: Vec::new() }, Grade::Fail),
    ] {
        let all = Known { ledger: seen, ..known(readiness()) };
        assert_eq!(worst(&all).0, grade, "{:?}", all.ledger);
    }
}

#[test]
fn a_journal_is_told_with_what_was_set_aside() {
    let healthy = || known(readiness());
    let of = |journal: Lying, journaled| Known {
        journal: Some(("/journal".into(), Ok(journal))),
        journaled: Some(journaled),
        ..healthy()
    };
    let there = || Lying { newest: Some(("/journal/00000001.journal".into(), 5 << 20)), ..Lying::default() };
    assert_eq!(worst(&of(there(), true)).0, Grade::Ok);
    assert_eq!(worst(&of(Lying { exposed: true, ..there() }, true)), (Grade::Warn, "journal"));
    assert_eq!(worst(&of(Lying { too_long: true, ..there() }, true)), (Grade::Warn, "journal"));
    let aside = vec!["/journal/00000001.journal.tail.aside".into()];
    let left = judge(&of(Lying { aside, aside_bytes: 9, ..there() }, true));
    let left = left.iter().find(|line| line.grade == Grade::Warn).unwrap();
    assert!(left.told.text(Lang::En).contains("1 files that were set aside, 1 MiB"), "{left:?}");
    assert_eq!(worst(&of(Lying::default(), true)), (Grade::Fail, "journal"), "a start would be refused");
    assert_eq!(worst(&of(Lying::default(), false)), (Grade::Warn, "journal"));
    assert_eq!(
        worst(&Known { journaled: Some(true), ..healthy() }),
        (Grade::Warn, "journal"),
        "not asked after"
    );
    assert_eq!(worst(&Known { journaled: Some(false), ..healthy() }).0, Grade::Ok);
}

#[test]
fn a_journal_is_looked_for_where_it_is() {
    let kept = tempfile::tempdir().unwrap();
    let (data, journal) = (kept.path().join("data"), kept.path().join("journal"));
    let store = std::sync::Arc::new(crate::store::SledStore::open(&data).unwrap());
    drop(crate::store::Journaled::open(&journal, store).unwrap());
    std::fs::write(journal.join("00000001.journal.tail.aside"), b"half").unwrap();
    let mut known = Known::default();
    examine::data(&data, &mut known);
    examine::journal(&journal, &mut known);
    let (path, lying) = known.journal.unwrap();
    let lying = lying.unwrap();
    assert_eq!((path, lying.aside.len(), lying.aside_bytes, lying.exposed), (journal, 1, 4, false));
    assert!(lying.newest.is_some());
    assert_eq!((known.journaled, known.places.len()), (Some(true), 2));
}
