//! The published example of signed-note, and everything a note can be refused for.

use proptest::prelude::*;

use super::*;

const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const LINE: &str = "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
const TEXT: &str = "This is an example message.\n";

fn name(text: &str) -> KeyName {
    text.parse().unwrap()
}

fn private(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

fn public(label: &str, scheme: Scheme, seed: u8) -> VerifierKey {
    VerifierKey::of(name(label), scheme, private(seed).public()).unwrap()
}

#[test]
fn the_published_example_verifies_and_survives() {
    let key: VerifierKey = VKEY.parse().unwrap();
    assert_eq!(key.to_string(), VKEY);
    let bytes = format!("{TEXT}\n{LINE}");
    let note: Note = bytes.parse().unwrap();
    assert_eq!(note.to_string(), bytes);
    assert_eq!(note.text(), TEXT);
    assert_eq!(note.verify(std::slice::from_ref(&key)).unwrap(), [Signer { key: &key, time: None }]);
    let changed: Note = bytes.replace("This", "That").parse().unwrap();
    assert!(matches!(changed.verify(&[key]), Err(NoteError::Bad(_))));
}

#[test]
fn malformed_notes_are_refused() {
    let good = format!("{TEXT}\n{LINE}");
    assert!(Note::parse(good.as_bytes()).is_ok());
    for bad in [
        String::new(),
        TEXT.to_owned(),
        format!("{TEXT}\n"),
        format!("{TEXT}{LINE}"),
        good.trim_end().to_owned(),
        format!("{good}\n"),
        format!("{good}more\n"),
        good.replace("—", "-"),
        good.replace("— ", "—  "),
        good.replace("foo ", "foo  "),
        good.replace("foo ", "foo+x "),
        good.replace("example.com/foo ", " "),
        good.replace("aQM=", "aQM"),
        good.replace("aQM=", "aQN="),
        good.replace("aQM=", "aQM=="),
        good.replace("aQM=", "aQM= "),
        good.replace('\n', "\r\n"),
        good.replace("an", "\tan"),
        format!("{TEXT}\n— a AAAAAA==\n"),
        format!("{TEXT}\n{}", LINE.repeat(MAX_SIGNATURES + 1)),
    ] {
        assert!(Note::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert!(matches!(Note::parse(b"\xff\n\n"), Err(NoteError::NotUtf8)));
    let long = format!("{}\n\n{LINE}", "x".repeat(MAX_NOTE));
    assert!(matches!(Note::parse(long.as_bytes()), Err(NoteError::TooLong { .. })));
}

#[test]
fn text_may_hold_empty_lines_and_what_looks_like_signatures() {
    let text = format!("a\n\n{LINE}\n\nb\n");
    let note = Note::sign(text.clone(), &name("n"), &private(1)).unwrap();
    let again = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(again, note);
    assert_eq!(again.text(), text);
    assert!(matches!(Note::sign("a".into(), &name("n"), &private(1)), Err(NoteError::Text)));
    assert!(matches!(Note::sign("a\r\n".into(), &name("n"), &private(1)), Err(NoteError::Control(1))));
}

#[test]
fn unknown_lines_are_ignored_known_bad_ones_refuse() {
    let mut note = Note::sign(TEXT.into(), &name("a"), &private(1)).unwrap();
    note.countersign(&name("b"), &private(2)).unwrap();
    let (a, b) = (public("a", Scheme::Ed25519, 1), public("b", Scheme::Ed25519, 2));
    // A key that shares a name or is the same key under another name is another key.
    let strangers = [public("a", Scheme::Ed25519, 3), public("c", Scheme::Ed25519, 1)];
    assert!(matches!(note.verify(&strangers), Err(NoteError::NoneKnown)));
    assert!(matches!(note.verify(&[]), Err(NoteError::NoneKnown)));
    assert_eq!(note.verify(std::slice::from_ref(&b)).unwrap().len(), 1);
    assert_eq!(note.verify(&[b.clone(), a.clone(), a.clone()]).unwrap().len(), 2);

    // A repeated line counts once; a repeated line that is bad refuses, wherever it stands.
    let twice = format!("{note}{}\n", note.signatures()[0]);
    assert_eq!(twice.parse::<Note>().unwrap().verify(std::slice::from_ref(&a)).unwrap().len(), 1);
    let mut bad = note.signatures()[0].clone();
    bad.bytes[0] ^= 1;
    for lines in [format!("{note}{bad}\n"), format!("{TEXT}\n{bad}\n{}\n", note.signatures()[0])] {
        let note: Note = lines.parse().unwrap();
        assert!(matches!(note.verify(std::slice::from_ref(&a)), Err(NoteError::Bad(_))));
    }
    // The same bad line does not disturb who does not know its key.
    let note: Note = format!("{note}{bad}\n").parse().unwrap();
    assert!(note.verify(&[b]).is_ok());
}

#[test]
fn two_keys_of_one_name_and_id_are_ambiguous() {
    let note = Note::sign(TEXT.into(), &name("a"), &private(1)).unwrap();
    let a = public("a", Scheme::Ed25519, 1);
    let mut forged = public("a", Scheme::Ed25519, 2);
    forged.set_id(a.id());
    assert!(matches!(note.verify(&[a, forged]), Err(NoteError::Ambiguous(_))));
}

#[test]
fn cosignatures_bind_their_time_and_their_scheme() {
    let mut note = Note::sign(TEXT.into(), &name("log"), &private(1)).unwrap();
    let line = NoteSignature::cosign(note.text(), &name("w"), &private(2), 1_700_000_000).unwrap();
    let answered = NoteSignature::parse_lines(format!("{line}\n").as_bytes()).unwrap();
    note.append(answered.clone()).unwrap();
    note.append(answered).unwrap();
    assert_eq!(note.signatures().len(), 2);
    let witness = public("w", Scheme::Cosignature, 2);
    let signers = note.verify(std::slice::from_ref(&witness)).unwrap();
    assert_eq!(signers[0].time(), Some(1_700_000_000));
    // The plain key of the same bytes has another id, so the line is not its own.
    assert!(matches!(note.verify(&[public("w", Scheme::Ed25519, 2)]), Err(NoteError::NoneKnown)));

    for spoil in [
        |bytes: &mut Vec<u8>| bytes[7] ^= 1,
        |bytes: &mut Vec<u8>| bytes.truncate(7),
        |bytes: &mut Vec<u8>| bytes.push(0),
    ] {
        let mut note = note.clone();
        spoil(&mut note.signatures[1].bytes);
        assert!(matches!(note.verify(std::slice::from_ref(&witness)), Err(NoteError::Bad(_))));
    }
    let late = NoteSignature::cosign(TEXT, &name("w"), &private(2), 1 << 63);
    assert!(matches!(late, Err(NoteError::Time(_))));
}

#[test]
fn verifier_keys_are_strict() {
    for bad in [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U",
        "example.com/foo+530d903a+",
    ] {
        assert!(bad.parse::<VerifierKey>().is_err(), "{bad}");
    }
    let other: VerifierKey = "log.example+01020304+BgECAw==".parse().unwrap();
    assert_eq!(other.scheme(), Scheme::Other(6));
    assert_eq!(other.to_string(), "log.example+01020304+BgECAw==");
    // Known, but of a scheme that is not judged: its lines are as good as unknown.
    let note: Note = format!("{TEXT}\n— log.example AQIDBAA=\n").parse().unwrap();
    assert!(matches!(note.verify(&[other]), Err(NoteError::NoneKnown)));
}

proptest! {
    #[test]
    fn parsing_never_panics_and_what_parses_is_written_back(
        text in "[a-z\n]{0,12}", lines in "(— [a-z+ ]{0,3} [A-Za-z0-9+/=]{0,12}\n){0,3}"
    ) {
        let bytes = format!("{text}\n{lines}");
        if let Ok(note) = Note::parse(bytes.as_bytes()) {
            prop_assert_eq!(note.to_string(), bytes);
        }
    }
}
