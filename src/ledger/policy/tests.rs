//! Policies: what may be written, and every way in which those who cosigned may or may not suffice.

use super::*;
use crate::crypto::PrivateKey;
use crate::ledger::checkpoint::Checkpoint;
use crate::note::NoteSignature;

fn private(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

fn vkey(name: &str, scheme: Scheme, seed: u8) -> VerifierKey {
    VerifierKey::of(name.parse().unwrap(), scheme, private(seed).public()).unwrap()
}

fn log(seed: u8) -> String {
    format!("log {}\n", vkey("log.example/1", Scheme::Ed25519, seed))
}

fn witness(name: &str, seed: u8) -> String {
    format!("witness {name} {}\n", vkey("w.example", Scheme::Cosignature, seed))
}

/// The example of the specification: two of three, and one of three others.
fn example() -> String {
    let mut text = log(1);
    for (name, seed) in [("X1", 11), ("X2", 12), ("X3", 13), ("Y1", 21), ("Y2", 22), ("Y3", 23)] {
        text += &witness(name, seed);
    }
    text + "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\n\
            group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
}

fn met(text: &str, seeds: &[u8]) -> bool {
    let keys: Vec<_> = seeds.iter().map(|seed| vkey("w.example", Scheme::Cosignature, *seed)).collect();
    Policy::parse(text.as_bytes()).unwrap().is_met_by(|key| keys.contains(key))
}

#[test]
fn the_specifications_example() {
    for (seeds, suffices) in [
        (&[11, 12, 21][..], true),
        (&[12, 13, 23], true),
        (&[11, 12, 13, 21, 22, 23], true),
        (&[11, 12], false),
        (&[11, 21, 22, 23], false),
        (&[21, 22, 23], false),
        (&[], false),
        (&[31, 32, 33], false),
    ] {
        assert_eq!(met(&example(), seeds), suffices, "{seeds:?}");
    }
}

#[test]
fn every_subset_of_every_threshold() {
    let four = (1..=4).map(|seed| witness(&format!("W{seed}"), seed)).collect::<String>();
    for (written, threshold) in [("all", 4), ("any", 1), ("1", 1), ("2", 2), ("3", 3), ("4", 4)] {
        let text = format!("{four}group g {written} W1 W2 W3 W4\nquorum g\n");
        for subset in 0_u8..16 {
            let seeds: Vec<u8> = (1..=4).filter(|seed| subset >> (seed - 1) & 1 == 1).collect();
            assert_eq!(met(&text, &seeds), seeds.len() >= threshold, "{written} {seeds:?}");
        }
    }
}

#[test]
fn a_single_witness_and_nobody() {
    let one = format!("{}quorum W\n", witness("W", 1));
    assert!(met(&one, &[1]) && !met(&one, &[2]) && !met(&one, &[]));
    assert!(met("quorum none\n", &[]));
    assert!(Policy::parse(b"quorum none").unwrap().quorum().is_none());
    let policy = Policy::parse(one.as_bytes()).unwrap();
    assert!(policy.quorum().is_some() && policy.logs().is_empty());
    assert_eq!(policy.witness_keys(), [vkey("w.example", Scheme::Cosignature, 1)]);
}

#[test]
fn a_checkpoint_is_accepted_with_its_log_and_a_quorum() {
    let policy = Policy::parse(example().as_bytes()).unwrap();
    let verified = |seed: u8, witnesses: &[u8]| {
        let checkpoint = Checkpoint::new("log.example/1".parse().unwrap(), 3, [3; 32]);
        let mut note = checkpoint.sign(&private(seed), &[]).unwrap();
        let name = "w.example".parse().unwrap();
        let line = |seed: &u8| NoteSignature::cosign(note.text(), &name, &private(*seed), 7).unwrap();
        let lines: Vec<_> = witnesses.iter().map(line).collect();
        note.append(lines).unwrap();
        let log = vkey("log.example/1", Scheme::Ed25519, seed);
        VerifiedCheckpoint::verify(note, &log, &policy.witness_keys()).unwrap()
    };
    assert!(policy.accepts(&verified(1, &[11, 12, 21])));
    assert!(policy.accepts(&verified(1, &[11, 12, 21, 99])));
    assert!(!policy.accepts(&verified(1, &[11, 12])));
    assert!(!policy.accepts(&verified(2, &[11, 12, 21])), "not its log");
}

#[test]
fn space_comments_urls_and_bytes() {
    let line = witness("W", 1);
    let line = line.trim_end();
    let text = format!("\t# who\n\n  {} \t https://w.example/ü \nquorum\tW", line.replace(' ', "\t "));
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert_eq!(policy.witnesses()[0].url.as_deref(), Some("https://w.example/ü"));
    // The Kelvin sign is not K, and what is no UTF-8 is a name too.
    let named = |name: &[u8], quorum: &[u8]| {
        let text = witness("NAME", 1);
        let (before, after) = text.split_once("NAME").unwrap();
        let text = [before.as_bytes(), name, after.as_bytes(), b"quorum ", quorum, b"\n"].concat();
        Policy::parse(&text)
    };
    assert!(named(b"K", b"K").is_ok());
    assert!(named(b"\xff\xfe", b"\xff\xfe").is_ok());
    assert!(named(b"K", "\u{212a}".as_bytes()).is_err());
    assert!(named(b"\xff", b"\xfe").is_err());
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let (a, b) = (witness("A", 1), witness("B", 2));
    let twin = format!("witness T {}\n", vkey("other.name", Scheme::Cosignature, 1));
    let as_log = format!("log {}\n", vkey("w.example", Scheme::Cosignature, 1));
    let as_witness = format!("witness W {}\n", vkey("log.example/1", Scheme::Ed25519, 1));
    for (bad, why) in [
        (String::new(), "no quorum"),
        (a.clone(), "no quorum"),
        (format!("{a}quorum A\nquorum A\n"), "line 3: there is a quorum already"),
        (format!("quorum A\n{a}"), "line 1: no earlier line defines \"A\""),
        (format!("{a}quorum\n"), "line 2: write"),
        (format!("{a}quorum A B\n"), "line 2: write"),
        (format!("{a}group g any\nquorum g\n"), "line 2: write"),
        (format!("{a}group g any B\nquorum g\n"), "defines \"B\""),
        (format!("{a}group g any none\nquorum g\n"), "defines \"none\""),
        (format!("{a}group g any g\nquorum g\n"), "defines \"g\""),
        (format!("{a}group g any A A\nquorum g\n"), "\"A\" is a member"),
        (format!("{a}group g any A\ngroup h any A\nquorum h\n"), "line 3: \"A\" is a member"),
        (format!("{a}group A any A\nquorum A\n"), "\"A\" is taken"),
        (format!("{a}{a}quorum A\n"), "this public key"),
        (format!("{a}{twin}quorum A\n"), "this public key"),
        (format!("{a}{}quorum A\n", b.replace("witness B", "witness A")), "\"A\" is taken"),
        (format!("{}quorum none\n", a.replace("witness A", "witness none")), "\"none\" is taken"),
        (format!("{a}group g 0 A\nquorum g\n"), "from 1 to 1"),
        (format!("{a}group g 2 A\nquorum g\n"), "from 1 to 1"),
        (format!("{a}group g 01 A\nquorum g\n"), "from 1 to 1"),
        (format!("{a}group g most A\nquorum g\n"), "from 1 to 1"),
        (format!("{}{}quorum none\n", log(1), log(1)), "this public key"),
        (format!("{as_log}quorum none\n"), "type 0x04"),
        (format!("{as_witness}quorum W\n"), "type 0x01"),
        ("witness A vkey\nquorum A\n".into(), "line 1"),
        ("quorum none\r\n".into(), "line 1: a control character"),
        ("mirror x\nquorum none\n".into(), "line 1: write"),
        (format!("#{}\nquorum none", "x".repeat(MAX_POLICY)), "at most"),
    ] {
        let error = Policy::parse(bad.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(why), "{bad:?}: {error}");
    }
}
