//! Planted faults: an operator who holds every key of the server writes what he likes, makes the tree anew and signs it. Each fault is
//! named with its index; or it cannot be seen from inside, and then whoever was shown an earlier checkpoint sees it.

use serde_json::Value;

use super::fixture::{Files, Ledger, seeded, tree_files};
use super::*;
use crate::crypto::PrivateKey;
use crate::crypto::base64url::Base64Url;
use crate::crypto::digest::sha256_parts;
use crate::law::Rule;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::policy::Policy;
use crate::merkle::{Range, leaf};
use crate::note::{Note, NoteSignature, Scheme, VerifierKey};
use crate::values::identifiers::Origin;

/// What was found: rules and indexes.
type Found = Vec<(Option<u64>, Rule)>;

fn found(files: &Files, pins: &Pins) -> Found {
    let summary = replay(files, pins, &mut |_| ()).unwrap().summary;
    summary.violations.iter().map(|found| (found.index, found.rule)).collect()
}

/// A ledger of the vectors: entries, and the files of blobs.
pub(super) fn vectors(folder: &str) -> (Vec<Vec<u8>>, Files) {
    let read = |name: &str| std::fs::read_to_string(format!("schemas/vectors/{folder}/{name}")).unwrap();
    let blobs: std::collections::BTreeMap<String, Base64Url> =
        serde_json::from_str(&read("blobs.json")).unwrap();
    let blobs = blobs.into_iter().map(|(name, bytes)| (format!("blob/sha256/{name}"), bytes.0)).collect();
    (read("entries.jsonl").lines().map(|line| line.as_bytes().to_vec()).collect(), blobs)
}

/// The checkpoint keys of the vectors, which follow from their names.
pub(super) fn checkpoint_key(number: u8) -> PrivateKey {
    let name = format!("checkpoint-{number}");
    PrivateKey::from_seed(&sha256_parts(&[b"vidimus/vector/key\n", name.as_bytes()])).unwrap()
}

/// Every mutated entry of the vectors in its place, with all the entries after it as they were, under a new tree and the server's
/// own signature.
#[test]
fn a_fault_in_an_entry_is_named_with_its_index() {
    let mut planted = 0;
    for folder in ["ledger", "cases", "content"] {
        let (entries, blobs) = vectors(folder);
        let text = std::fs::read_to_string(format!("schemas/vectors/{folder}/mutations.json")).unwrap();
        let faults: Vec<Value> = serde_json::from_str(&text).unwrap();
        for fault in &faults {
            let index = fault["index"].as_u64().unwrap();
            let at = usize::try_from(index).unwrap();
            let mut forged = entries.clone();
            forged.splice(at..(at + 1).min(entries.len()), [fault["entry"].as_str().unwrap().into()]);
            let origin: Origin = "ledger.example/sample-0123456789abcdef".parse().unwrap();
            let keys = [checkpoint_key(1), checkpoint_key(2)];
            let mut files = tree_files(&origin, &forged, &[&keys[0], &keys[1]]);
            files.extend(blobs.clone());
            let found = found(&files, &Pins::default());
            let first = found.first().map(|(index, rule)| (*index, rule.as_str()));
            assert_eq!(
                first,
                Some((Some(index), fault["rule"].as_str().unwrap())),
                "{folder}: {}",
                fault["name"]
            );
            planted += 1;
        }
    }
    assert_eq!(planted, 174);
}

/// A ledger of some licences, of which two were suspended, the second by the last entry.
fn honest() -> Ledger {
    let mut ledger = Ledger::new();
    let handles: Vec<_> = (0..30).map(|_| ledger.issue()).collect();
    ledger.suspend(handles[3]);
    for _ in 0..5 {
        ledger.issue();
    }
    ledger.suspend(handles[7]);
    ledger
}

/// What the operator shows: these entries under a new tree, with no status list that would tell.
pub(super) fn shown(ledger: &Ledger, entries: &[Vec<u8>]) -> Files {
    let mut files = ledger.files();
    files.retain(|path, _| path.starts_with("blob/"));
    files.extend(tree_files(&ledger.origin, entries, &[&ledger.checkpoint_key]));
    files
}

/// Whose cosignatures count: one witness's.
fn policy() -> Policy {
    let vkey =
        VerifierKey::of("w.example/1".parse().unwrap(), Scheme::Cosignature, seeded(201).public()).unwrap();
    Policy::parse(format!("witness W {vkey}\nquorum W\n").as_bytes()).unwrap()
}

/// What an auditor has from the witness, which saw the first `size` entries so many seconds after the last of them.
pub(super) fn witnessed(ledger: &Ledger, size: usize, later: i64) -> Pins {
    let mut range = Range::new();
    ledger.entries[..size].iter().for_each(|entry| range.push(leaf(entry)));
    let name = ledger.origin.as_str().parse().unwrap();
    let mut note =
        Checkpoint::new(name, range.size(), range.root().0).sign(&ledger.checkpoint_key, &[]).unwrap();
    let last = fixture::time(range.size() - 1).seconds();
    let seen = u64::try_from(last + later).unwrap();
    let line =
        NoteSignature::cosign(note.text(), &"w.example/1".parse().unwrap(), &seeded(201), seen).unwrap();
    note.append(vec![line]).unwrap();
    let seen = vec![Note::parse(note.to_string().as_bytes()).unwrap()];
    Pins { policy: Some(policy()), seen, ..Pins::default() }
}

/// What only an outsider's memory shows: without it the ledger holds, with it the fault is told.
#[test]
fn a_history_that_was_rewritten_is_seen_by_who_was_shown_another() {
    let ledger = honest();
    let whole = ledger.entries.len();
    let middle = whole - 7;
    let without = |at: usize| {
        let mut entries = ledger.entries.clone();
        entries.remove(at);
        entries
    };
    let mut other = Ledger::new();
    other.origin = ledger.origin.clone();
    while other.entries.len() < whole {
        other.issue();
    }
    let faults: [(&str, Vec<Vec<u8>>); 5] = [
        ("the last revocation is dropped", without(whole - 1)),
        ("a revocation in the middle is dropped", without(middle)),
        ("an issue that nothing follows is dropped", without(whole - 2)),
        ("everything since the founding is another", other.entries.clone()),
        ("the ledger goes back to an old copy", ledger.entries[..whole - 4].to_vec()),
    ];
    let honest = shown(&ledger, &ledger.entries);
    let memory = witnessed(&ledger, whole, 1);
    assert_eq!(found(&honest, &memory), []);
    let seen = replay(&honest, &memory, &mut |_| ()).unwrap().summary.seen;
    assert_eq!(seen.iter().map(|quorum| quorum.size).collect::<Vec<_>>(), [ledger.size()]);
    for (name, entries) in faults {
        let blobs_of = if name.starts_with("everything") { &other } else { &ledger };
        let files = shown(blobs_of, &entries);
        assert_eq!(found(&files, &Pins::default()), [], "{name}: nothing inside shows it");
        let rules: Vec<Rule> = found(&files, &memory).into_iter().map(|(_, rule)| rule).collect();
        assert_eq!(rules, [Rule::Consistency], "{name}");
    }
    // One checkpoint of before the fault proves nothing about what came after it.
    assert_eq!(found(&shown(&ledger, &without(whole - 1)), &witnessed(&ledger, middle, 1)), []);
}

/// The other way round: the witness saw the ledger without it.
#[test]
fn a_licence_that_was_slipped_in_is_seen_by_who_was_shown_the_ledger_without_it() {
    let mut ledger = honest();
    let slipped = shown(&ledger, &ledger.entries);
    ledger.entries.remove(ledger.entries.len() - 2);
    let memory = witnessed(&ledger, ledger.entries.len(), 1);
    assert_eq!(found(&shown(&ledger, &ledger.entries), &memory), []);
    assert_eq!(found(&slipped, &Pins::default()), [], "nothing inside shows it");
    assert_eq!(found(&slipped, &memory), [(None, Rule::Consistency)]);
}

/// An entry may say any time between its neighbours'; the witness's clock makes it doubtful.
#[test]
fn an_entry_laid_into_the_past_or_the_future_is_named_with_its_index() {
    let ledger = honest();
    let files = shown(&ledger, &ledger.entries);
    let size = ledger.entries.len() - 5;
    let index = u64::try_from(size).unwrap();
    let doubts = |files: &Files, pins: &Pins| -> Vec<Option<u64>> {
        let summary = replay(files, pins, &mut |_| ()).unwrap().summary;
        assert!(summary.holds, "a clock may have been wrong: no rule is broken");
        summary.doubts.iter().map(|doubt| doubt.index).collect()
    };
    let bounds = |later| doubts(&files, &witnessed(&ledger, size, later));
    assert!(bounds(300).is_empty());
    assert_eq!(bounds(3_600), [Some(index)], "entered after it, and says an hour before");
    assert_eq!(bounds(-3_600), [Some(index - 1)], "was there, and says an hour later");
    let unasked = Pins { policy: None, ..witnessed(&ledger, size, 3_600) };
    assert_eq!(doubts(&files, &unasked), [None], "nobody says whose clock counts, which is told");
    // The same of the newest that the source itself has.
    let mut own = files.clone();
    let pins = witnessed(&ledger, size, 3_600);
    own.insert(source::WITNESSED.into(), pins.seen[0].to_string().into_bytes());
    assert_eq!(doubts(&own, &Pins { seen: vec![], ..pins }), [Some(index)]);
}

/// Whatever an auditor brings along by mistake condemns no ledger.
#[test]
fn what_is_not_the_logs_is_no_proof() {
    let ledger = honest();
    let files = shown(&ledger, &ledger.entries);
    let whole = ledger.entries.len();
    let mut stranger = witnessed(&ledger, whole, 1);
    let name = ledger.origin.as_str().parse().unwrap();
    let forged = Checkpoint::new(name, 9, [7; 32]).sign(&seeded(77), &[]).unwrap();
    stranger.seen = vec![forged, Note::parse(&files["checkpoint"]).unwrap()];
    let summary = replay(&files, &stranger, &mut |_| ()).unwrap().summary;
    assert!(summary.holds);
    assert_eq!(summary.doubts.iter().map(|doubt| doubt.index).collect::<Vec<_>>(), [None, None]);
}

/// Public files beside the tree: what is not as an entry says is named, with the entry where one names it.
#[test]
fn altered_files_beside_the_entries_are_named() {
    let mut ledger = honest();
    ledger.publish();
    let files = ledger.files();
    assert_eq!(found(&files, &Pins::default()), []);
    for path in files.keys().filter(|path| path.starts_with("blob/")) {
        let mut altered = files.clone();
        altered.get_mut(path).unwrap().push(b' ');
        let found = found(&altered, &Pins::default());
        assert!(
            found.iter().any(|(index, rule)| *rule == Rule::Blob && index.is_some()),
            "{path}: {found:?}"
        );
    }
    // A status list that leaves a revocation out, or shows one that nobody entered.
    for (at, value) in [(4 * 7, 0), (5 * 7, 1)] {
        let mut list = ledger.list(1);
        list.set(at, value).unwrap();
        ledger.publish_list(&list, ledger.size());
        assert_eq!(found(&ledger.files(), &Pins::default()), [(None, Rule::StatusList)], "place {at}");
    }
}
