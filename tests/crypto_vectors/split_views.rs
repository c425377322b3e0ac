//! The vectors of `schemas/vectors/split-views.json`: proofs of split views with the keys they are judged under
//! (`schemas/split-view.md`). The tree here is a few lines of its own, as the RFC writes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use vidimus::crypto::PrivateKey;
use vidimus::crypto::digest::sha256_parts;
use vidimus::ledger::checkpoint::Checkpoint;
use vidimus::ledger::split_view::SplitView;
use vidimus::note::{Scheme, VerifierKey};

const ORIGIN: &str = "ledger.example/sample-0123456789abcdef";
const HEADER: &str = "vidimus/split-view/v1\n";

type Tree = [u8; 32];

fn root(leaves: &[Tree]) -> Tree {
    match leaves {
        [] => sha256_parts(&[]),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            sha256_parts(&[&[1], &root(left), &root(right)])
        }
    }
}

/// SUBPROOF(m, D, false) of RFC 6962, section 2.1.2.
fn subproof(m: usize, leaves: &[Tree]) -> Vec<Tree> {
    if m == leaves.len() {
        return vec![root(leaves)];
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut inner, last) = match m.checked_sub(left.len()) {
        None | Some(0) => (subproof(m, left), root(right)),
        Some(more) => (subproof(more, right), root(left)),
    };
    inner.push(last);
    inner
}

/// As many leaves as that, of which those from `fork` on are a face's own.
fn face(count: u64, fork: u64, own: u8) -> Vec<Tree> {
    let leaf = |at: u64| [at.to_be_bytes().as_slice(), &[if at < fork { 0 } else { own }]].concat();
    (0..count).map(|at| sha256_parts(&[&[0], &leaf(at)])).collect()
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

fn public(seed: u8) -> VerifierKey {
    VerifierKey::of(ORIGIN.parse().unwrap(), Scheme::Ed25519, key(seed).public()).unwrap()
}

fn head(leaves: &[Tree], seed: u8) -> String {
    let size = u64::try_from(leaves.len()).unwrap();
    Checkpoint::new(ORIGIN.parse().unwrap(), size, root(leaves)).sign(&key(seed), &[]).unwrap().to_string()
}

fn written(hashes: &[Tree], one: &str, other: &str) -> String {
    let hashes: String = hashes.iter().map(|hash| STANDARD.encode(hash) + "\n").collect();
    format!("{HEADER}{hashes}\n{one}\n{other}")
}

type Case = (String, String, bool, &'static str);

fn good() -> Vec<Case> {
    let mut cases = Vec::new();
    for (small, large, fork) in
        [(1, 2, 0), (3, 5, 0), (4, 7, 3), (8, 300, 7), (257, 300, 256), (299, 300, 12)]
    {
        let (one, other) = (face(small, fork, 1), face(large, fork, 2));
        let hashes = subproof(one.len(), &other);
        let name = format!("{small} entries and {large}, forked at {fork}");
        cases.push((
            name,
            written(&hashes, &head(&one, 1), &head(&other, 1)),
            true,
            "the first leaves are others",
        ));
    }
    let (one, other) = (face(20, 9, 1), face(20, 9, 2));
    let (one, other) = if root(&one) < root(&other) { (one, other) } else { (other, one) };
    let same = written(&[], &head(&one, 1), &head(&other, 1));
    cases.push(("one size, two roots".into(), same, true, "nothing else is needed"));
    let rotated = written(&[], &head(&one, 1), &head(&other, 2));
    cases.push(("under two keys of the log".into(), rotated, true, "it changed its key in between"));
    let turned = written(&[], &head(&other, 1), &head(&one, 1));
    cases.push(("the higher root first".into(), turned, false, "one spelling"));
    cases.push(("one root twice".into(), written(&[], &head(&one, 1), &head(&one, 1)), false, "one tree"));
    let stranger = written(&[], &head(&one, 1), &head(&other, 3));
    cases.push(("another's key".into(), stranger, false, "the log did not sign the second"));
    cases
}

fn cases() -> Vec<Case> {
    let mut cases = good();
    let (ours, theirs) = (face(5, 3, 1), face(11, 3, 2));
    let hashes = subproof(5, &theirs);
    let (one, other) = (head(&ours, 1), head(&theirs, 1));
    let base = written(&hashes, &one, &other);
    let line = other.lines().last().unwrap();
    let mut spoil = |name: &str, proof: String, why| cases.push((name.into(), proof, false, why));
    let honest = face(11, 11, 0);
    let consistent = written(&subproof(5, &honest), &head(&honest[..5], 1), &head(&honest, 1));
    spoil("an honest log", consistent, "the larger tree continues the smaller");
    let before = written(&subproof(3, &theirs), &head(&ours[..3], 1), &other);
    spoil("before the fork", before, "the larger tree continues the smaller");
    let empty = written(&[], &head(&[], 1), &other);
    spoil("the empty tree", empty, "every tree continues it");
    spoil(
        "the smaller tree's hashes",
        written(&subproof(3, &ours), &one, &other),
        "another number of hashes",
    );
    let mut swapped = hashes.clone();
    swapped.swap(0, 1);
    spoil("two hashes swapped", written(&swapped, &one, &other), "they lead to another root");
    spoil("a hash less", written(&hashes[1..], &one, &other), "another number of hashes");
    spoil(
        "a hash more",
        written(&[&hashes[..], &[[0; 32]]].concat(), &one, &other),
        "another number of hashes",
    );
    spoil("no hashes", written(&[], &one, &other), "nothing shows what the larger tree begins with");
    spoil("the larger first", written(&hashes, &other, &one), "one spelling");
    spoil("the log's line twice", format!("{base}{line}\n"), "one line each");
    spoil(
        "another's line too",
        format!("{base}— other.example/w AAAAAAAA\n"),
        "it could be changed unnoticed",
    );
    spoil("a line feed more", format!("{base}\n"), "one spelling");
    spoil("no line feed at the end", base.trim_end().to_owned(), "every line ends in one");
    spoil("another version", base.replace("/v1", "/v2"), "this page says nothing of it");
    spoil("a hash without padding", base.replacen("=\n", "\n", 1), "one spelling");
    spoil("CR LF", base.replace('\n', "\r\n"), "one spelling");
    spoil("one checkpoint", format!("{HEADER}\n{one}"), "two are needed");
    cases
}

#[test]
fn split_views_get_their_answers_and_the_file_holds_them() {
    let log = [public(1), public(2)];
    let keys: Vec<String> = log.iter().map(ToString::to_string).collect();
    let mut file = Vec::new();
    for (name, proof, accept, why) in cases() {
        let shown = SplitView::parse(proof.as_bytes()).and_then(|split| split.verify(&log));
        assert_eq!(shown.is_ok(), accept, "{name}: {why}: {:?}", shown.err());
        file.push(json!({"name": name, "log": keys, "proof": proof, "accept": accept, "why": why}));
    }
    crate::hold("split-views.json", &Value::Array(file));
}
