//! The draw, beside one made by sorting; and what a file of openings may be.

use serde_json::json;

use super::drawing::Seed;
use super::*;
use crate::audit::fixture::Ledger;
use crate::audit::{Pins, Verdict, replay_before};
use crate::crypto::Digest;
use crate::crypto::digest::sha256_parts;
use crate::ledger::body::{Body, LicenceErased};
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::merkle::Hash;
use crate::note::Note;
use crate::values::identifiers::Handle;

const SEED: Seed = Seed(Digest([7; 32]));

fn drawn(ledger: &Ledger, range: Range, wanted: usize, inspectors: &[&str]) -> Sample {
    let inspectors = inspectors.iter().map(|name| (*name).to_owned()).collect();
    let mut eye = Drawing::new(SEED, ledger.size(), range, wanted, inspectors);
    let audit = replay_before(&mut eye, &ledger.files(), &Pins::default(), &mut |_| ()).unwrap();
    assert_eq!(audit.verdict(), Verdict::Holds, "{:?}", audit.summary.violations);
    let checkpoint = audit.checkpoint.unwrap();
    assert_eq!(eye.root(), Hash(*checkpoint.root()));
    Sample::of(&audit.summary.origin, checkpoint.note().to_string(), Vec::new(), eye)
}

fn whole(ledger: &Ledger) -> Range {
    Range { from: 0, until: ledger.size() }
}

#[test]
fn the_lowest_ranks_are_drawn() {
    let mut ledger = Ledger::new();
    let first = ledger.size();
    let handles: Vec<Handle> = (0..30).map(|_| ledger.issue()).collect();
    let last = ledger.size();
    ledger.anchor();
    let mut ranked: Vec<u64> = (first..last).collect();
    ranked.sort_by_key(|index| sha256_parts(&[&[7; 32], &index.to_be_bytes()]));
    for wanted in [1, 2, 7, 29, 30, 31] {
        let sample = drawn(&ledger, whole(&ledger), wanted, &[]);
        let mut expected: Vec<u64> = ranked.iter().copied().take(wanted).collect();
        expected.sort_unstable();
        let found: Vec<u64> = sample.drawn.iter().map(|drawn| drawn.index).collect();
        assert_eq!(found, expected, "{wanted}");
        assert_eq!(sample.population, 30);
        for drawn in &sample.drawn {
            assert_eq!(drawn.handle, handles[usize::try_from(drawn.index - first).unwrap()]);
        }
    }
    let range = Range { from: first + 3, until: first + 9 };
    let sample = drawn(&ledger, range, 30, &[]);
    assert_eq!(sample.population, 6);
    assert!(sample.drawn.iter().all(|drawn| (range.from..range.until).contains(&drawn.index)));
}

#[test]
fn inspectors_are_drawn_too() {
    let mut ledger = Ledger::new();
    for _ in 0..40 {
        ledger.issue();
    }
    let sample = drawn(&ledger, whole(&ledger), 40, &["甲", "乙", "丙"]);
    for name in ["甲", "乙", "丙"] {
        let many = sample.drawn.iter().filter(|drawn| drawn.inspector.as_deref() == Some(name)).count();
        assert!((5..=25).contains(&many), "{name}: {many}");
    }
    assert!(drawn(&ledger, whole(&ledger), 1, &[]).drawn[0].inspector.is_none());
}

#[test]
fn what_was_erased_is_not_asked_for() {
    let mut ledger = Ledger::new();
    let (erased, kept) = (ledger.issue(), ledger.issue());
    let range = whole(&ledger);
    ledger.push(Body::LicenceErased(LicenceErased { commitment: Digest([3; 32]), handle: erased }));
    let mut sample = drawn(&ledger, range, 2, &[]);
    assert!(sample.opened.is_none());
    sample.judge(&[]);
    let outcomes: Vec<_> =
        sample.opened.iter().flatten().map(|opened| (opened.handle, &opened.outcome)).collect();
    assert_eq!(outcomes, [(erased, &Outcome::Erased), (kept, &Outcome::NotOpened)]);
    let refused = openings(&json!({"handle": kept, "refused": "保密"}).to_string()).unwrap();
    sample.judge(&refused);
    assert_eq!(sample.count(|outcome| *outcome == Outcome::Refused { reason: "保密".to_owned() }), 1);
}

/// Lines of witnesses change the draw, in whatever order they stand; lines of strangers do not.
#[test]
fn the_seed_is_of_what_was_verified() {
    let ledger = Ledger::new();
    let note = Note::parse(&ledger.files()["checkpoint"]).unwrap();
    let witness = |seed: u8| crate::audit::fixture::seeded(seed);
    let name = |name: &str| name.parse::<crate::note::KeyName>().unwrap();
    let cosigned = |note: &Note, seed: u8, at: u64| {
        let line = crate::note::NoteSignature::cosign(
            note.text(),
            &name(&format!("w.example/{seed}")),
            &witness(seed),
            at,
        );
        let mut note = note.clone();
        note.append([line.unwrap()]).unwrap();
        note
    };
    let key = |seed: u8| {
        let scheme = crate::note::Scheme::Cosignature;
        crate::note::VerifierKey::of(name(&format!("w.example/{seed}")), scheme, witness(seed).public())
            .unwrap()
    };
    let seed = |note: &Note, known: &[u8]| {
        let known: Vec<_> = known.iter().map(|seed| key(*seed)).collect();
        Seed::of(&VerifiedCheckpoint::verify(note.clone(), &ledger.vkey(), &known).unwrap())
    };
    let one = cosigned(&note, 41, 1);
    let (both, turned) = (cosigned(&one, 42, 2), cosigned(&cosigned(&note, 42, 2), 41, 1));
    assert_ne!(both.to_string(), turned.to_string());
    assert_eq!(seed(&both, &[41, 42]), seed(&turned, &[42, 41]));
    assert_ne!(seed(&both, &[41, 42]), seed(&one, &[41, 42]));
    assert_ne!(seed(&one, &[41]), seed(&cosigned(&note, 41, 2), &[41]));
    assert_eq!(seed(&both, &[41]), seed(&one, &[41]));
    assert_eq!(seed(&both, &[]), seed(&note, &[]));
}

#[test]
fn a_file_of_openings_is_read_to_the_line() {
    let handle = "019ab000-0000-7000-8000-000000000001";
    let given = json!({"handle": handle, "salt": "AAAA", "payload": {}, "credential": "x~"}).to_string();
    let refused = json!({"handle": handle, "refused": "不在"}).to_string();
    assert_eq!(openings(&format!("\n{given}\n\n")).unwrap().len(), 1);
    assert_eq!(openings(&refused).unwrap().len(), 1);
    assert_eq!(
        openings(&format!("{given}\n{refused}")),
        Err(OpeningError::Twice { line: 2, handle: handle.parse().unwrap() })
    );
    assert!(matches!(openings("\n{"), Err(OpeningError::Json { line: 2, .. })));
    assert!(matches!(
        openings("{\"handle\":\"x\",\"handle\":\"x\"}"),
        Err(OpeningError::Json { line: 1, .. })
    ));
    let spare = json!({"handle": handle, "refused": "不在", "more": 1}).to_string();
    assert!(matches!(openings(&format!("{spare}\n")), Err(OpeningError::Form { line: 1, .. })));
}
