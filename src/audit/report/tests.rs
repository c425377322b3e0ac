//! Findings over the vectors with cases, as an export would hold them.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::Value;

use super::*;
use crate::audit::fixture::{Files, Ledger, tree_files};
use crate::audit::{Pins, SourceError, replay_before};
use crate::crypto::digest::sha256_parts;
use crate::crypto::{PrivateKey, base64url};
use crate::ledger::body::{Body, LedgerAnchored};
use crate::ledger::entry::Unsigned;
use crate::merkle::{InclusionProof, leaf};
use crate::values::canonical::{canonical, to_canonical};

/// The first entries of the vectors as files, with what is public beside them.
pub(in crate::audit) fn files(entries: usize) -> Files {
    let seed = sha256_parts(&[b"vidimus/vector/key\n", b"checkpoint-1"]);
    let key = PrivateKey::from_seed(&seed).unwrap();
    let lines = include_str!("../../../schemas/vectors/cases/entries.jsonl").lines();
    let entries: Vec<Vec<u8>> = lines.take(entries).map(|line| line.as_bytes().to_vec()).collect();
    let origin = "ledger.example/sample-0123456789abcdef".parse().unwrap();
    let mut files = tree_files(&origin, &entries, &[&key]);
    let blobs: Value =
        serde_json::from_str(include_str!("../../../schemas/vectors/cases/blobs.json")).unwrap();
    for text in blobs.as_object().unwrap().values().filter_map(Value::as_str) {
        let bytes = base64url::decode(text).unwrap();
        files.insert(format!("blob/sha256/{}", Digest::of(&bytes)), bytes);
    }
    files
}

fn gathering(range: Range) -> Gathering {
    Gathering::new(range, Rules::built_in().unwrap(), Scorecard::built_in().unwrap())
}

pub(in crate::audit) fn found(files: &Files, from: u64, until: u64) -> Result<Findings, ProveError> {
    let mut eye = gathering(Range { from, until });
    let audit = replay_before(&mut eye, files, &Pins::default(), &mut |_| ()).unwrap();
    findings(&audit, eye, files)
}

#[test]
fn a_range_is_two_indexes_in_order() {
    assert_eq!("0..12".parse(), Ok(Range { from: 0, until: 12 }));
    for bad in
        ["", "..", "3", "3..3", "4..3", "1...2", "01..2", "+1..2", "1..", "-1..2", "1..99999999999999999999"]
    {
        assert_eq!(bad.parse::<Range>(), Err(RangeError(bad.into())));
    }
}

#[test]
fn every_card_is_proved_to_stand_in_the_range() {
    let found = found(&files(usize::MAX), 0, 78).unwrap();
    assert!(found.holds, "{:?}", found.violations);
    assert_eq!(found.cards.len(), 11);
    assert_eq!(found.counts["off-hours"]["yellow"], 6);
    let root: Hash = found.roots.as_ref().unwrap()[1].parse().unwrap();
    for entry in &found.entries {
        let path = entry.proof.iter().map(|hash| hash.parse().unwrap()).collect();
        InclusionProof { index: entry.index, size: 78, path }.verify(&Hash(entry.leaf.0), &root).unwrap();
    }
    let proved: BTreeSet<u64> = found.entries.iter().map(|entry| entry.index).collect();
    assert_eq!(proved, found.cards.iter().map(|card| card.index).collect());
    let series = &found.series;
    assert_eq!(series.entries.values().sum::<u64>(), 78);
    assert_eq!(series.issued.values().sum::<u64>(), 2);
    assert_eq!(series.taken.values().sum::<u64>(), 2);
    assert_eq!(
        series.ratings.iter().map(|(level, count)| format!("{level}:{count}")).collect::<Vec<_>>(),
        ["1:1", "4:1", "5:1"]
    );
    assert_eq!(series.acts.get("rescinded"), Some(&1));
}

/// What is late is told by an entry that may be about anything, and counts from another one, which may lie before the range.
#[test]
fn a_lateness_is_proved_from_the_entry_that_it_counts_from() {
    let lines = include_str!("../../../schemas/vectors/cases/entries.jsonl").lines();
    let mut entries: Vec<Vec<u8>> = lines.take(36).map(|line| line.as_bytes().to_vec()).collect();
    let mut range = crate::merkle::Range::default();
    entries.iter().for_each(|entry| range.push(leaf(entry)));
    let key = |name: &str| {
        PrivateKey::from_seed(&sha256_parts(&[b"vidimus/vector/key\n", name.as_bytes()])).unwrap()
    };
    let origin = "ledger.example/sample-0123456789abcdef".parse().unwrap();
    let registry = key("registry");
    let unsigned = Unsigned {
        body: Body::LedgerAnchored(LedgerAnchored { root: Digest(range.root().0), size: 36 }),
        key: registry.id(),
        prev: None,
        time: "2026-12-20T04:00:00.000Z".parse().unwrap(),
    };
    entries.push(unsigned.sign(&origin, &registry).unwrap().bytes().to_vec());
    let mut late = files(36);
    late.retain(|path, _| path.starts_with("blob/"));
    late.extend(tree_files(&origin, &entries, &[&key("checkpoint-1")]));
    let found = found(&late, 36, 37).unwrap();
    assert!(found.holds, "{:?}", found.violations);
    let since: BTreeSet<u64> = found.cards.iter().filter_map(Raised::since).collect();
    assert_eq!(since, BTreeSet::from([32, 35]), "the acceptance and the examination");
    let proved: Vec<u64> = found.entries.iter().map(|entry| entry.index).collect();
    assert_eq!(proved, [32, 35, 36]);
    let root: Hash = found.roots.as_ref().unwrap()[1].parse().unwrap();
    for entry in &found.entries {
        assert_eq!(entry.leaf, Digest(leaf(&entries[usize::try_from(entry.index).unwrap()]).0));
        let path = entry.proof.iter().map(|hash| hash.parse().unwrap()).collect();
        InclusionProof { index: entry.index, size: 37, path }.verify(&Hash(entry.leaf.0), &root).unwrap();
    }
    let (rules, scorecard) = (Rules::built_in().unwrap(), Scorecard::built_in().unwrap());
    let page = page(&found, (&rules, &scorecard), "pinned", false).unwrap();
    assert!(
        page.contains("起算记录 35")
            && page.contains("counted from entry 35")
            && page.contains("环节 待决定")
    );
}

/// Canonical, and nothing of it depends on how far the ledger has come since.
#[test]
fn what_came_later_changes_no_byte() {
    let (whole, cut) = (files(usize::MAX), files(60));
    let written = |found: Findings| {
        let bytes = to_canonical(&found).unwrap();
        assert_eq!(canonical(&serde_json::from_slice(&bytes).unwrap()).unwrap(), bytes);
        bytes
    };
    assert_eq!(written(found(&whole, 35, 60).unwrap()), written(found(&cut, 35, 60).unwrap()));
    let part = found(&whole, 35, 60).unwrap();
    assert!(part.cards.iter().all(|card| (35..60).contains(&card.index)) && part.cards.len() == 7);
    let beyond = found(&cut, 35, 61).unwrap_err();
    assert_eq!(beyond.to_string(), "there is no entry 60 in a ledger of 60");
}

/// Nothing is told of entries that may not be the ledger's: neither behind the range nor through a hole in it.
#[test]
fn what_is_broken_is_told_and_nothing_else() {
    let mut ledger = Ledger::new();
    for _ in 0..300 {
        ledger.issue();
    }
    let whole = ledger.files();
    assert!(found(&whole, 0, 256).unwrap().holds);
    for hole in ["tile/entries/001", "tile/0/001", "checkpoint"] {
        let mut broken = whole.clone();
        broken.retain(|path, _| !path.starts_with(hole));
        assert_ne!(broken.len(), whole.len());
        for until in [256, 9999] {
            let found = found(&broken, 0, until).unwrap();
            assert_eq!(found.verdict(), Verdict::DoesNotHold, "{hole}");
            assert!(found.roots.is_none() && found.entries.is_empty() && found.series == Series::default());
        }
    }
}

/// A source that gives other tiles the second time it is asked.
struct Turncoat(Files, Mutex<BTreeSet<String>>);

impl Source for Turncoat {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let mut bytes = self.0.read(path)?;
        let again = !self.1.lock().unwrap().insert(path.to_owned());
        if let Some(byte) = bytes.as_mut().filter(|_| again).and_then(|bytes| bytes.first_mut()) {
            *byte ^= 1;
        }
        Ok(bytes)
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        self.0.tokens()
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.0.files()
    }
}

#[test]
fn what_the_source_says_later_is_not_believed() {
    let source = Turncoat(files(usize::MAX), Mutex::default());
    let mut eye = gathering(Range { from: 0, until: 78 });
    let audit = replay_before(&mut eye, &source, &Pins::default(), &mut |_| ()).unwrap();
    assert!(audit.summary.holds);
    assert!(matches!(findings(&audit, eye, &source), Err(ProveError::Proof(_))));
}

#[test]
fn what_is_unknown_in_the_range_is_no_violation() {
    let lines = include_str!("../../../schemas/vectors/cases/entries.jsonl").lines();
    let mut entries: Vec<Vec<u8>> = lines.map(|line| line.as_bytes().to_vec()).collect();
    let unknown = String::from_utf8(entries.last().unwrap().clone()).unwrap();
    entries.push(unknown.replace("calendar.published", "calendar.painted").into_bytes());
    let mut newer = files(usize::MAX);
    newer.retain(|path, _| path.starts_with("blob/"));
    let seed = sha256_parts(&[b"vidimus/vector/key\n", b"checkpoint-1"]);
    let origin = "ledger.example/sample-0123456789abcdef".parse().unwrap();
    newer.extend(tree_files(&origin, &entries, &[&PrivateKey::from_seed(&seed).unwrap()]));
    assert!(found(&newer, 0, 78).unwrap().holds);
    let found = found(&newer, 0, 79).unwrap();
    assert_eq!(found.verdict(), Verdict::UpgradeNeeded);
    assert_eq!(found.upgrade.unwrap().index, Some(78));
}

#[test]
fn the_page_shows_every_rule_and_card_without_a_script() {
    let found = found(&files(usize::MAX), 0, 78).unwrap();
    let (rules, scorecard) = (Rules::built_in().unwrap(), Scorecard::built_in().unwrap());
    let page = page(&found, (&rules, &scorecard), "pinned", true).unwrap();
    assert!(
        rules.told().iter().all(|told| page.contains(&told.name.zh) && page.contains(told.rule.as_str()))
    );
    assert!(found.cards.iter().all(|card| page.contains(&card.time.to_string())));
    for place in scorecard.places() {
        let told = place.described;
        let names = [
            &place.domain.name,
            &place.category.name,
            &place.group.name,
            &told.name,
            &told.formula,
            &told.not,
        ];
        assert!(
            names.iter().all(|name| page.contains(&name.zh) && page.contains(&escaped(&name.en))),
            "{told:?}"
        );
    }
    assert!(page.contains("66.7 % (2/3)") && page.contains("无数据"));
    assert!(page.contains("<svg") && !page.contains("<script") && !page.contains("http"));
}

#[test]
fn what_nothing_was_counted_of_is_said_and_not_drawn() {
    let (rules, scorecard) = (Rules::built_in().unwrap(), Scorecard::built_in().unwrap());
    let shown = |found: &Findings| page(found, (&rules, &scorecard), "pinned", false).unwrap();
    let mut found = found(&files(usize::MAX), 0, 78).unwrap();
    let blank =
        |page: &str| page.split_once("Nothing to plot:").unwrap().1.split_once("</p>").unwrap().0.to_owned();
    let names = ["Time between anchors of the tree", "Seconds between quorums of witnesses"];
    let page = shown(&found);
    assert!(names.iter().all(|name| blank(&page).contains(name)), "{page}");
    let quorum =
        |time: &str| Quorum { quorum: "two".into(), by: 2, of: 3, size: 9, time: time.parse().unwrap() };
    found.seen = ["2026-11-22T06:01:30.000Z", "2026-11-22T06:00:00.000Z"].map(quorum).into();
    let page = shown(&found);
    assert!(!blank(&page).contains(names[1]) && page.contains(names[1]));
    let gap = "<td>2026-11-22T06:00:00.000Z → 2026-11-22T06:01:30.000Z</td><td class=\"number\">90</td>";
    assert!(page.contains(gap), "{page}");
}

#[test]
fn times_between_anchors_are_drawn_by_their_length() {
    let mut ledger = Ledger::small();
    ledger.anchor();
    ledger.issue();
    ledger.anchor();
    let found = found(&ledger.files(), 0, ledger.size()).unwrap();
    let spans: Vec<_> = found.series.between_anchors().filter(|(_, count)| *count > 0).collect();
    assert_eq!(spans, [("1 s".to_owned(), 1), ("1 min".to_owned(), 1)]);
    assert_eq!(found.series.longest_between_anchors, Some(2));
}

/// As a page spells a text.
fn escaped(text: &str) -> String {
    text.replace('\'', "&#39;")
}
