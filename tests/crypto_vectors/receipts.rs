//! The vectors of `schemas/vectors/receipts.json`: whole receipts with the keys they are judged under. One is good
//! when it parses, its checkpoint verifies, and its path leads from the leaf hash of `extra` to the root.
//!
//! The tree here is a few lines of its own, so that the vectors do not depend on the code they test.

use serde_json::{Value, json};
use vidimus::crypto::PrivateKey;
use vidimus::crypto::digest::sha256_parts;
use vidimus::ledger::checkpoint::{Checkpoint, VerifiedCheckpoint};
use vidimus::ledger::receipt::Receipt;
use vidimus::note::{KeyName, Note, NoteSignature, Scheme, VerifierKey};

const ORIGIN: &str = "ledger.example/sample-0123456789abcdef";
const WITNESS: &str = "witness.example/w1";

fn leaf(entry: &[u8]) -> [u8; 32] {
    sha256_parts(&[&[0], entry])
}

fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    sha256_parts(&[&[1], &left, &right])
}

/// RFC 6962 section 2.1: the root of these leaves.
fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => sha256_parts(&[]),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node(root(left), root(right))
        }
    }
}

/// RFC 6962 section 2.1.1: the path of one of these leaves.
fn path(index: usize, leaves: &[[u8; 32]]) -> Vec<[u8; 32]> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut inner, sibling) = match index.checked_sub(left.len()) {
        None => (path(index, left), root(right)),
        Some(index) => (path(index, right), root(left)),
    };
    inner.push(sibling);
    inner
}

/// RFC 9162 section 2.1.3.2.
fn leads_to(root: &[u8; 32], size: u64, index: u64, leaf: [u8; 32], path: &[[u8; 32]]) -> bool {
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            hash = node(*sibling, hash);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node(hash, *sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

fn good(receipt: &str, log: &VerifierKey, witness: &VerifierKey) -> bool {
    let Ok(receipt) = receipt.parse::<Receipt>() else { return false };
    let witnesses = std::slice::from_ref(witness);
    let Ok(checkpoint) = VerifiedCheckpoint::verify(receipt.note().clone(), log, witnesses) else {
        return false;
    };
    let Some(entry) = receipt.extra() else { return false };
    leads_to(checkpoint.root(), checkpoint.size(), receipt.index(), leaf(entry), receipt.path())
}

fn private(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

fn public(name: &str, scheme: Scheme, seed: u8) -> VerifierKey {
    VerifierKey::of(name.parse().unwrap(), scheme, private(seed).public()).unwrap()
}

fn entry(index: usize) -> Vec<u8> {
    format!(r#"{{"body":{{"number":{index}}},"kind":"ledger.anchored","v":1}}"#).into_bytes()
}

fn note(size: usize, origin: &str, root: [u8; 32]) -> Note {
    let origin: KeyName = origin.parse().unwrap();
    Checkpoint::new(origin, u64::try_from(size).unwrap(), root).sign(&private(1), &[]).unwrap()
}

fn receipt(index: usize, size: usize) -> String {
    let leaves: Vec<_> = (0..size).map(|index| leaf(&entry(index))).collect();
    let note = note(size, ORIGIN, root(&leaves));
    let index_line = u64::try_from(index).unwrap();
    Receipt::new(Some(entry(index)), index_line, path(index, &leaves), note).unwrap().to_string()
}

/// Name, receipt, whether it is good, and why.
fn cases() -> Vec<(String, String, bool, &'static str)> {
    let mut cases = Vec::new();
    for size in [1, 2, 3, 4, 5, 7, 8, 13] {
        for index in 0..size {
            let name = format!("entry {index} of {size}");
            cases.push((name, receipt(index, size), true, "the path leads to the root"));
        }
    }
    let base = receipt(4, 7);
    let mut spoil = |name: &str, text: String, why| cases.push((name.to_owned(), text, false, why));
    let line = |number: usize| base.lines().nth(number).unwrap();
    let (extra, first, second, third) = (line(1), line(3), line(4), line(5));
    let without = |line: &str| base.replacen(&format!("{line}\n"), "", 1);
    spoil("no extra", without(extra), "ours carry their entry");
    spoil(
        "extra of another entry",
        base.replacen(extra, receipt(3, 7).lines().nth(1).unwrap(), 1),
        "other leaf",
    );
    spoil("extra twice", base.replacen(extra, &format!("{extra}\n{extra}"), 1), "one extra line at most");
    spoil(
        "extra after index",
        without(extra).replacen("index 4", &format!("index 4\n{extra}"), 1),
        "order of lines",
    );
    spoil("extra without padding", base.replacen(extra, extra.trim_end_matches('='), 1), "padded base64");
    spoil("other index", base.replacen("index 4", "index 5", 1), "the path is that of 4");
    spoil("index beyond the tree", base.replacen("index 4", "index 7", 1), "7 is not below 7");
    spoil("index with a leading zero", base.replacen("index 4", "index 04", 1), "no leading zeros");
    spoil("index with a sign", base.replacen("index 4", "index +4", 1), "digits only");
    spoil("no index", without("index 4"), "index is required");
    spoil("path without its first hash", without(first), "path too short");
    spoil("path with one hash twice", base.replacen(third, &format!("{third}\n{third}"), 1), "path too long");
    let swapped = format!("{second}\n{first}");
    spoil(
        "path out of order",
        base.replacen(&format!("{first}\n{second}"), &swapped, 1),
        "leaf's sibling first",
    );
    spoil("hash with a space", base.replacen(first, &format!("{first} "), 1), "strict base64");
    spoil(
        "hash of 31 bytes",
        base.replacen(first, &format!("{}==", "A".repeat(42)), 1),
        "a hash has 32 bytes",
    );
    spoil("no empty line", base.replacen("\n\n", "\n", 1), "an empty line before the checkpoint");
    spoil("other version", base.replacen("@v1", "@v2", 1), "first line");
    spoil("carriage returns", base.replace('\n', "\r\n"), "line feeds only");
    spoil("byte-order mark", format!("\u{feff}{base}"), "first line");
    spoil("no line feed at the end", base.trim_end().to_owned(), "every line ends in a line feed");
    spoil("something after the note", format!("{base}\n"), "nothing after the signatures");
    spoil("other size", base.replacen("\n7\n", "\n8\n", 1), "the signature is over 7");
    spoil("hyphen for em dash", base.replace("— ", "- "), "signature lines begin with an em dash");

    let leaves: Vec<_> = (0..7).map(|index| leaf(&entry(index))).collect();
    let (head, own) = base.split_once("\n\n").unwrap();
    let elsewhere = note(7, "ledger.example/another", root(&leaves));
    spoil("other origin", format!("{head}\n\n{elsewhere}"), "the pinned key has another name");
    let text = elsewhere.text().to_owned();
    let renamed = Note::sign(text, &ORIGIN.parse().unwrap(), &private(1)).unwrap();
    spoil("origin is not the key's name", format!("{head}\n\n{renamed}"), "origin and key name differ");
    let stranger = Checkpoint::new(ORIGIN.parse().unwrap(), 7, root(&leaves)).sign(&private(3), &[]).unwrap();
    spoil("another's key", format!("{head}\n\n{stranger}"), "not the pinned key");
    let witness = |text: &str| {
        NoteSignature::cosign(text, &WITNESS.parse().unwrap(), &private(2), 1_795_327_200).unwrap()
    };
    let text = renamed.text();
    let bad = format!("{base}{}\n", witness(text));
    spoil("cosignature over another text", bad, "one bad line by a known key refuses the note");
    let signed_text = format!("{}\n", own.split_once("\n\n").unwrap().0);
    let alone = format!("{head}\n\n{signed_text}\n{}\n", witness(&signed_text));
    spoil("cosigned but not signed", alone, "a witness does not sign for the log");
    let cosigned = format!("{base}{}\n", witness(&signed_text));
    cases.push(("cosigned".into(), cosigned, true, "the cosignature is good too"));
    let unknown = format!("{base}— other.example/w AAAAAAAA\n");
    cases.push(("a line by an unknown key".into(), unknown, true, "unknown lines are ignored"));
    let repeated = format!("{base}{}\n", base.lines().last().unwrap());
    cases.push(("the log's line twice".into(), repeated, true, "a repeated good line changes nothing"));
    cases
}

#[test]
fn receipts_get_their_answers_and_the_file_holds_them() {
    let log = public(ORIGIN, Scheme::Ed25519, 1);
    let witness = public(WITNESS, Scheme::Cosignature, 2);
    let mut file = Vec::new();
    for (name, receipt, accept, why) in cases() {
        assert_eq!(good(&receipt, &log, &witness), accept, "{name}: {why}");
        file.push(json!({
            "name": name,
            "log": log.to_string(),
            "witness": witness.to_string(),
            "receipt": receipt,
            "accept": accept,
            "why": why,
        }));
    }
    crate::hold("receipts.json", &Value::Array(file));
}
