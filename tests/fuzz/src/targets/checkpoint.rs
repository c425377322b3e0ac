//! Signed notes, checkpoints, verifier keys.
//!
//! - A note, a checkpoint, a verifier key or a line that is taken is written again as it was read.
//! - What a log signs is read back and verified as the same, by its key and no other; a witness's line adds its time.
//! - Nothing that strangers wrote is the log's.
//!
//! Input: a word for the form. Form 0: a note. Form 1: a text to be signed. Form 2: a verifier key. Form 3: signature
//! lines, for a checkpoint of ours.

use std::sync::LazyLock;

use vidimus::ledger::checkpoint::{Checkpoint, CheckpointError, VerifiedCheckpoint};
use vidimus::note::{KeyName, Note, NoteSignature, Scheme, VerifierKey};

use crate::make::{key, split_byte};

const ORIGIN: &str = "ledger.example/sample-0123456789abcdef";

static LOG: LazyLock<VerifierKey> = LazyLock::new(|| known("checkpoint-1", Scheme::Ed25519));
static WITNESS: LazyLock<VerifierKey> = LazyLock::new(|| known("witness", Scheme::Cosignature));

fn known(name: &str, scheme: Scheme) -> VerifierKey {
    VerifierKey::of(origin(), scheme, key(name).public()).unwrap()
}

fn origin() -> KeyName {
    ORIGIN.parse().unwrap()
}

/// Holds the laws over one of the four forms.
pub fn run(data: &[u8]) {
    let Some((form, rest)) = split_byte(data) else { return };
    match (form % 4, std::str::from_utf8(rest)) {
        (0, _) => note(rest),
        (1, Ok(text)) => signed(text),
        (2, Ok(text)) => verifier_key(text),
        (3, _) => lines(rest),
        _ => {}
    }
}

fn note(data: &[u8]) {
    let Ok(note) = Note::parse(data) else { return };
    assert_eq!(note.to_string().as_bytes(), data);
    assert_eq!(note.to_string().parse::<Note>().as_ref().ok(), Some(&note));
    assert!(!note.signatures().is_empty() && note.text().ends_with('\n'));
    if let Ok(checkpoint) = note.text().parse::<Checkpoint>() {
        assert_eq!(checkpoint.to_string(), note.text());
    }
    let theirs = VerifiedCheckpoint::verify(note.clone(), &LOG, std::slice::from_ref(&*WITNESS));
    // The one note in the seeds that our log signed, however many lines of others stand in it.
    assert!(theirs.is_err() || note.text() == ours().to_string(), "a checkpoint that nobody signed");
}

fn ours() -> Checkpoint {
    Checkpoint::new(origin(), 7, [7; 32])
}

fn signed(text: &str) {
    let parsed = text.parse::<Checkpoint>();
    if let Ok(checkpoint) = &parsed {
        assert_eq!(checkpoint.to_string(), text);
        checkpointed(checkpoint);
    }
    let Ok(note) = Note::sign(text.to_owned(), &origin(), &key("checkpoint-1")) else { return };
    let read = Note::parse(note.to_string().as_bytes()).expect("what was signed is read");
    assert_eq!(read, note);
    assert_eq!(read.text(), text);
    assert!(read.verify(std::slice::from_ref(&*LOG)).is_ok());
    assert!(read.verify(&[known("another", Scheme::Ed25519)]).is_err());
    let verified = VerifiedCheckpoint::verify(read, &LOG, &[]);
    let ours = parsed.is_ok_and(|checkpoint| checkpoint.origin == origin());
    assert_eq!(verified.is_ok(), ours, "signed is not the same as being a checkpoint of this log");
}

fn checkpointed(checkpoint: &Checkpoint) {
    let signed = match checkpoint.sign(&key("checkpoint-1"), &[&key("checkpoint-2")]) {
        Ok(note) => note,
        Err(CheckpointError::Extensions(count)) => {
            assert_eq!(count, checkpoint.extensions.len());
            return;
        }
        Err(other) => panic!("a checkpoint cannot be signed: {other}"),
    };
    let own =
        VerifierKey::of(checkpoint.origin.clone(), Scheme::Ed25519, key("checkpoint-1").public()).unwrap();
    let verified = VerifiedCheckpoint::verify(signed, &own, &[]).unwrap();
    assert_eq!(verified.checkpoint(), checkpoint);
    let time = checkpoint.size % (1 << 40);
    let line = NoteSignature::cosign(&checkpoint.to_string(), &origin(), &key("witness"), time).unwrap();
    let seen = verified.with_lines(vec![line], std::slice::from_ref(&*WITNESS)).unwrap();
    assert_eq!(seen.cosignatures().iter().map(|seen| seen.time).collect::<Vec<_>>(), [time]);
    assert_eq!(seen.checkpoint(), checkpoint);
}

fn verifier_key(text: &str) {
    if let Ok(name) = text.parse::<KeyName>() {
        assert_eq!(name.as_str(), text);
        assert!(!text.contains(['+', ' ', '\n']));
    }
    let Ok(read) = text.parse::<VerifierKey>() else { return };
    assert_eq!(read.to_string(), text);
    assert_eq!(read.to_string().parse::<VerifierKey>().ok(), Some(read.clone()));
    if let Some(public) = read.public_key() {
        let again = VerifierKey::of(read.name().clone(), read.scheme(), public).unwrap();
        assert_eq!((again.id(), again.to_string().as_str()), (read.id(), text));
    }
}

fn lines(data: &[u8]) {
    let Ok(read) = NoteSignature::parse_lines(data) else { return };
    let written: String = read.iter().map(|line| format!("{line}\n")).collect();
    assert_eq!(written.as_bytes(), data);
    let note = ours().sign(&key("checkpoint-1"), &[]).unwrap();
    let verified = VerifiedCheckpoint::verify(note, &LOG, &[]).unwrap();
    let Ok(more) = verified.with_lines(read, std::slice::from_ref(&*WITNESS)) else { return };
    assert_eq!(more.checkpoint(), verified.checkpoint());
    assert!(more.cosignatures().iter().all(|seen| seen.time == 1_795_320_000), "a witness that did not sign");
}

/// Our own, with witnesses and strangers, and other people's forms.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut own = ours().sign(&key("checkpoint-1"), &[&key("checkpoint-2")]).unwrap();
    let text = ours().to_string();
    let line = NoteSignature::cosign(&text, &origin(), &key("witness"), 1_795_320_000).unwrap();
    own.append([line.clone()]).unwrap();
    let other = "example.com/log\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nextension\n";
    let empty = "a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    [
        (0, own.to_string()),
        (0, format!("{other}\n— example.com/log AAAAAAAA\n")),
        (1, text),
        (1, other.to_owned()),
        (1, empty.to_owned()),
        (1, "\n\n".to_owned()),
        (2, LOG.to_string()),
        (2, WITNESS.to_string()),
        (2, "example+01020304+Ag==".to_owned()),
        (3, format!("{line}\n")),
        (3, format!("— a AAAAAAA=\n{line}\n{line}\n")),
    ]
    .into_iter()
    .map(|(form, text)| [&[form], text.as_bytes()].concat())
    .collect()
}

/// What lines begin with.
pub fn words() -> Vec<String> {
    super::words(&[
        "\n\n— ",
        "— ",
        "\n",
        "+",
        "=\n",
        ORIGIN,
        "\n0\n",
        "\n18446744073709551615\n",
        "\u{a0}",
        "\u{7f}",
    ])
}
