//! The vectors' ledger of cases, with so many anchors laid into it that a bundle ends wherever one likes: what was kept there is gone on
//! from, and every fault that is planted behind it is named.

use serde_json::Value;

use super::*;
use crate::audit::planted::{checkpoint_key, vectors};
use crate::crypto::PrivateKey;
use crate::crypto::digest::sha256_parts;
use crate::ledger::body::{Body, LedgerAnchored};
use crate::ledger::entry::{Entry, Unsigned, leaf_hash};
use crate::merkle::{Range, leaf};
use crate::values::identifiers::Origin;

const ORIGIN: &str = "ledger.example/sample-0123456789abcdef";

fn registry() -> PrivateKey {
    PrivateKey::from_seed(&sha256_parts(&[b"vidimus/vector/key\n", b"registry"])).unwrap()
}

/// The first entries, anchors until the first bundle is full, and the others.
fn with_anchors(first: &[Vec<u8>], others: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let origin: Origin = ORIGIN.parse().unwrap();
    let time = Entry::parse(first.last().unwrap()).unwrap().time();
    let (mut entries, mut range, mut prev) = (first.to_vec(), Range::new(), None);
    first.iter().for_each(|entry| range.push(leaf(entry)));
    while entries.len() < 256 {
        let body = LedgerAnchored { root: crate::crypto::Digest(range.root().0), size: range.size() };
        let key = registry();
        let unsigned = Unsigned { body: Body::LedgerAnchored(body), key: key.id(), prev, time };
        let bytes = unsigned.sign(&origin, &key).unwrap().bytes().to_vec();
        prev = Some(leaf_hash(&bytes));
        range.push(leaf(&bytes));
        entries.push(bytes);
    }
    entries.extend_from_slice(others);
    entries
}

fn files(entries: &[Vec<u8>], blobs: &Files) -> Files {
    let origin = ORIGIN.parse().unwrap();
    let mut files = tree_files(&origin, entries, &[&checkpoint_key(1), &checkpoint_key(2)]);
    files.extend(blobs.clone());
    files
}

/// An auditor who kept the first bundle of these.
fn kept(files: &Files) -> Auditor {
    let auditor = Auditor::new();
    let _broken_off = auditor.replay(&Breaking::at(1, files), &Pins::default());
    assert_eq!(auditor.size(), Some(256));
    auditor
}

/// One in so many, since a debug build takes its time; each where there is time.
fn seldom(many: usize) -> usize {
    if std::env::var_os("VIDIMUS_LONG").is_some() { 1 } else { many }
}

#[test]
fn wherever_it_was_kept_the_rest_says_the_same() {
    let (entries, blobs) = vectors("cases");
    for at in (1..=entries.len()).step_by(seldom(5)) {
        let (first, others) = entries.split_at(at);
        let files = files(&with_anchors(first, others), &blobs);
        let expected = whole(&files, &Pins::default());
        assert_eq!(expected.summary.violations, [], "{at}");
        let (audit, told) = kept(&files).audit(&files, &Pins::default());
        assert_eq!((told, json(&audit)), (went_on(256), json(&expected)), "{at}");
        assert_eq!(audit.state.charter(), expected.state.charter(), "{at}");
        let sorted = |audit: &Audit| {
            let mut cases = Vec::from_iter(audit.state.cases().cloned());
            cases.sort_by_key(|case| case.case);
            cases
        };
        assert_eq!(sorted(&audit), sorted(&expected), "{at}");
        assert!(audit.state.licences().eq(expected.state.licences()), "{at}");
    }
}

#[test]
fn a_fault_behind_it_is_named_with_its_index() {
    let (entries, blobs) = vectors("cases");
    let text = fs::read_to_string("schemas/vectors/cases/mutations.json").unwrap();
    let faults: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(faults.len(), 85);
    for fault in faults.iter().step_by(seldom(4)) {
        let at = usize::try_from(fault["index"].as_u64().unwrap()).unwrap();
        let (first, others) = entries.split_at(at);
        let auditor = kept(&files(&with_anchors(first, others), &blobs));
        let mut forged = others.to_vec();
        forged.splice(..1.min(others.len()), [fault["entry"].as_str().unwrap().into()]);
        let files = files(&with_anchors(first, &forged), &blobs);
        let (audit, told) = auditor.audit(&files, &Pins::default());
        let found = audit.summary.violations.first().map(|found| (found.index, found.rule.as_str()));
        assert_eq!(found, Some((Some(256), fault["rule"].as_str().unwrap())), "{}", fault["name"]);
        assert_eq!(told, [Step::GoesOn(256), Step::Whole(Why::Broken)]);
    }
}
