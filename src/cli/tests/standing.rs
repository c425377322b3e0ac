//! `ledger prove-standing` and `ledger standing`: every answer with its exit code, in both languages and as JSON.

use super::*;
use crate::audit::fixture::time;
use crate::ledger::body::{Body, LedgerFrozen};
use crate::values::time::Time;

#[test]
fn a_licence_is_proved_and_a_stranger_checks_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mut ledger = Ledger::new();
    let handles: Vec<String> = (0..3).map(|_| ledger.issue().to_string()).collect();
    let begun = ledger.size() - 3;
    ledger.fill(100);
    ledger.suspend(handles[0].parse().unwrap());
    ledger.fill(258);
    let late = ledger.issue().to_string();
    ledger.anchor_states(256);
    write(&ledger.files(), &folder.path().join("export"));
    std::fs::write(at("vkey"), format!("{}\n", ledger.vkey())).unwrap();
    let prove = |more: &[&str]| run(&[&["ledger", "prove-standing", "--from", &at("export")], more].concat());
    let (exit, proof) = prove(&[&handles[0]]);
    assert_eq!(exit, Exit::Good);
    assert!(proof.starts_with("vidimus/standing-proof/v1\n"), "{proof}");
    std::fs::write(at("one"), &proof).unwrap();
    let (_, told) = prove(&["--json", &handles[0]]);
    assert_eq!(json(&told)["proof"], proof.as_str());
    std::fs::write(at("other"), prove(&[&handles[1]]).1).unwrap();
    assert_eq!(prove(&["--at", &time(256).to_string(), &handles[0]]).0, Exit::CannotTell);
    assert_eq!(prove(&["--at", &time(255).to_string(), &handles[0]]).0, Exit::Good);
    assert_eq!(prove(&[&late]).0, Exit::CannotTell);
    assert_eq!(prove(&["01997000-0000-7000-8000-00000000000a"]).0, Exit::NotFound);

    let check = |file: &str, more: &[&str]| {
        run(&[&["ledger", "standing", &at(file), "--vkey", &at("vkey")], more].concat())
    };
    for (file, when, exit, standing) in [
        ("one", time(begun).plus(-1), Exit::NotValid, "not_entered"),
        ("one", time(begun), Exit::Good, "valid"),
        ("one", time(100).plus(-1), Exit::Good, "valid"),
        ("one", time(100), Exit::NotValid, "suspended"),
        ("one", time(256).plus(-1), Exit::NotValid, "suspended"),
        ("one", time(256), Exit::CannotTell, "cannot_tell"),
        ("other", time(255), Exit::Good, "valid"),
    ] {
        let (found, text) = check(file, &["--json", "--at", &when.to_string()]);
        assert_eq!((found, json(&text)["standing"].as_str()), (exit, Some(standing)), "{file} {when}");
    }
    let (exit, text) = check("other", &["--lang", "en"]);
    assert!(exit == Exit::Good && text.contains("valid, and was neither ended nor suspended"), "{text}");
    let (exit, text) = check("one", &["--lang", "zh"]);
    assert!(exit == Exit::NotValid && text.contains("暂扣，未被终止"), "{text}");
    assert!(text.contains("未经外部见证"), "{text}");

    // Cut, changed, and under another key.
    std::fs::write(at("cut"), &proof.as_bytes()[..proof.len() / 2]).unwrap();
    std::fs::write(at("changed"), proof.replacen("suspended", "cancelled", 1)).unwrap();
    for file in ["cut", "changed"] {
        let (exit, text) = check(file, &["--json"]);
        assert_eq!((exit, json(&text)["proved"].as_bool()), (Exit::DoesNotHold, Some(false)), "{file}");
    }
    std::fs::write(at("vkey"), format!("{}\n", Ledger::of("other.example/1").vkey())).unwrap();
    assert_eq!(check("one", &[]).0, Exit::DoesNotHold);
    assert_eq!(check("none", &[]).0, Exit::Fault);
    assert_eq!(run(&["ledger", "standing", &at("one")]).0, Exit::Usage);
}

/// A policy tells who vouches for the checkpoint; one of another ledger is none.
#[test]
fn a_policy_tells_how_far_outsiders_vouch_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mut ledger = Ledger::new();
    let handle = ledger.issue().to_string();
    let begun = ledger.size() - 1;
    ledger.fill(256);
    ledger.anchor_states(256);
    let witness = PrivateKey::from_seed(&[8; 32]).unwrap();
    let name: crate::note::KeyName = "w.example".parse().unwrap();
    let vkey = crate::note::VerifierKey::of(name.clone(), crate::note::Scheme::Cosignature, witness.public());
    let mut files = ledger.files();
    let note: crate::note::Note = String::from_utf8(files["checkpoint"].clone()).unwrap().parse().unwrap();
    let quorum = time(100);
    let mut cosigned = |when: Time| {
        let seconds = u64::try_from(when.seconds()).unwrap();
        let line = crate::note::NoteSignature::cosign(note.text(), &name, &witness, seconds).unwrap();
        let mut note = note.clone();
        note.append(vec![line]).unwrap();
        files.insert("witnessed-checkpoint".into(), note.to_string().into_bytes());
        write(&files, &folder.path().join("export"));
        run(&["ledger", "prove-standing", "--from", &at("export"), &handle]).1
    };
    std::fs::write(at("proof"), cosigned(quorum)).unwrap();
    std::fs::write(at("bare"), bare(&cosigned(quorum))).unwrap();
    std::fs::write(at("before"), cosigned(time(begun).plus(-1_000))).unwrap();
    std::fs::write(at("vkey"), format!("{}\n", ledger.vkey())).unwrap();
    let check = |log: &str, file: &str, more: &[&str]| {
        let lines = format!("log {log}\nwitness W {}\nquorum W\n", vkey.as_ref().unwrap());
        std::fs::write(at("policy"), lines).unwrap();
        let ask = ["ledger", "standing", &at(file), "--vkey", &at("vkey"), "--policy", &at("policy")];
        run(&[&ask, more].concat())
    };
    let told = |log: &str| {
        let (exit, text) = check(log, "proof", &["--json"]);
        (exit, json(&text)["witnessed"]["code"].as_str().map(str::to_owned))
    };
    let log = ledger.vkey().to_string();
    assert_eq!(told(&log), (Exit::Good, Some("witnessed".into())));
    assert_eq!(told(&Ledger::of("other.example/1").vkey().to_string()), (Exit::DoesNotHold, None));

    // The proof ends later than the quorum: of what lies in between the ledger says what it likes.
    let (_, text) = check(&log, "proof", &["--json"]);
    let said = json(&text);
    let told = [("at", quorum), ("until", quorum.plus(1)), ("end", time(256))];
    told.iter().for_each(|(name, when)| assert_eq!(said[name], when.to_string(), "{name}: {said}"));
    for (lang, words) in [("en", "proved until: "), ("zh", "证明止于：")] {
        let (_, text) = check(&log, "proof", &["--lang", lang]);
        let (bound, end) = (format!("{words}{}", quorum.plus(1)), time(256).to_string());
        assert!(text.contains(&bound) && !text.contains(&end), "{text}");
    }
    for (when, exit) in
        [(quorum, Exit::Good), (quorum.plus(1), Exit::CannotTell), (time(255), Exit::CannotTell)]
    {
        assert_eq!(check(&log, "proof", &["--at", &when.to_string()]).0, exit, "{when}");
    }
    let after = quorum.plus(1).to_string();
    for (lang, words) in
        [("en", "later times are the ledger's own word"), ("zh", "此后的时刻只是账本自己的说法")]
    {
        let (_, text) = check(&log, "proof", &["--lang", lang, "--at", &after]);
        assert!(text.contains(words), "{text}");
    }
    let alone = |lang| run(&["ledger", "standing", &at("proof"), "--vkey", &at("vkey"), "--lang", lang]);
    for (lang, words) in [("en", "no witness's clock bears them out"), ("zh", "没有见证人的时钟可以佐证")]
    {
        let (exit, text) = alone(lang);
        assert!(exit == Exit::Good && text.contains(words), "{text}");
    }
    // Without the witness's line it tells no more than with it: nothing, to who asks for witnesses.
    for more in [["--json"].as_slice(), &["--json", "--at", &time(100).to_string()]] {
        let (exit, text) = check(&log, "bare", more);
        let said = json(&text);
        assert_eq!((exit, &said["standing"]), (Exit::CannotTell, &"cannot_tell".into()), "{said}");
        assert_eq!((&said["witnessed"]["code"], &said["until"]), (&"awaited".into(), &Value::Null), "{said}");
    }
    for (lang, words) in [("en", "no quorum of witnesses cosigned"), ("zh", "见证人尚未达到法定人数")]
    {
        let (_, text) = check(&log, "bare", &["--lang", lang]);
        assert!(text.contains(words) && !text.contains(&time(256).to_string()), "{text}");
    }
    std::fs::write(at("policy"), format!("log {log}\nquorum none\n")).unwrap();
    let asks_none = ["ledger", "standing", &at("bare"), "--vkey", &at("vkey"), "--policy", &at("policy")];
    assert_eq!(run(&asks_none).0, Exit::Good);
    // One of before the licence tells of no time at which it was there; that it was not, is told to who asks.
    assert_eq!(check(&log, "before", &[]).0, Exit::CannotTell);
    assert_eq!(check(&log, "before", &["--at", &time(begun).plus(-1_000).to_string()]).0, Exit::NotValid);
}

/// Of more witnesses than are asked for, those whose lines are there say when there was a quorum: without an early line, later; without a
/// quorum, never.
#[test]
fn the_lines_that_are_there_say_when_there_was_a_quorum() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mut ledger = Ledger::new();
    let handle = ledger.issue().to_string();
    ledger.fill(256);
    ledger.anchor_states(256);
    let files = ledger.files();
    write(&files, &folder.path().join("export"));
    let proof = run(&["ledger", "prove-standing", "--from", &at("export"), &handle]).1;
    let plain = String::from_utf8(files["checkpoint"].clone()).unwrap();
    let note: crate::note::Note = plain.parse().unwrap();
    let (mut lines, mut policy) = (Vec::new(), format!("log {}\n", ledger.vkey()));
    for number in 1..=3_u8 {
        let key = PrivateKey::from_seed(&[number + 20; 32]).unwrap();
        let name: crate::note::KeyName = format!("w{number}.example").parse().unwrap();
        let vkey = crate::note::VerifierKey::of(name.clone(), crate::note::Scheme::Cosignature, key.public());
        policy += &format!("witness W{number} {}\n", vkey.unwrap());
        let seconds = u64::try_from(time(50 * u64::from(number)).seconds()).unwrap();
        lines.push(crate::note::NoteSignature::cosign(note.text(), &name, &key, seconds).unwrap());
    }
    std::fs::write(at("policy"), policy + "group Q 2 W1 W2 W3\nquorum Q\n").unwrap();
    std::fs::write(at("vkey"), format!("{}\n", ledger.vkey())).unwrap();
    for (there, until) in [
        ([0, 1, 2].as_slice(), Some(time(100).plus(1))),
        (&[0, 1], Some(time(100).plus(1))),
        (&[1, 2], Some(time(150).plus(1))),
        (&[0, 2], Some(time(150).plus(1))),
        (&[0], None),
        (&[], None),
    ] {
        let mut cosigned = note.clone();
        cosigned.append(there.iter().map(|place| lines[*place].clone())).unwrap();
        std::fs::write(at("proof"), proof.replace(&plain, &cosigned.to_string())).unwrap();
        let ask = ["ledger", "standing", &at("proof"), "--vkey", &at("vkey"), "--policy", &at("policy")];
        let (exit, text) = run(&[&ask[..], &["--json"]].concat());
        assert_eq!(exit, if until.is_some() { Exit::Good } else { Exit::CannotTell }, "{there:?}: {text}");
        assert_eq!(
            json(&text)["until"].as_str(),
            until.map(|until| until.to_string()).as_deref(),
            "{there:?}"
        );
    }
}

/// A proof without its last line, a witness's.
fn bare(proof: &str) -> String {
    proof.lines().take(proof.lines().count() - 1).fold(String::new(), |text, line| text + line + "\n")
}

/// Of a ledger that is frozen no further anchor is promised.
#[test]
fn a_frozen_ledger_is_anchored_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    let mut ledger = Ledger::new();
    ledger.fill(256);
    let handle = ledger.issue().to_string();
    ledger.anchor_states(256);
    let told = |ledger: &Ledger, lang: &str| {
        write(&ledger.files(), &export);
        let from = export.to_str().unwrap();
        let (exit, text) =
            run(&["ledger", "prove-standing", "--from", from, "--json", "--lang", lang, &handle]);
        assert_eq!(exit, Exit::CannotTell, "{text}");
        json(&text)["error"].as_str().unwrap().to_owned()
    };
    assert!(told(&ledger, "en").contains("try again after the next anchor"));
    ledger.push(Body::LedgerFrozen(LedgerFrozen { approvals: vec![], not_after: time(1_000_000) }));
    for (lang, words) in [("en", "nothing is anchored any more"), ("zh", "不再锚定")] {
        let text = told(&ledger, lang);
        // No anchor is about it: of an earlier time nothing is proved either.
        let advised = ["try again", "earlier", "更早"].iter().any(|advice| text.contains(advice));
        assert!(text.contains(words) && text.contains("audit state") && !advised, "{text}");
    }
}

/// A file that never ends is read no further than to see that.
#[test]
fn a_file_is_read_no_further_than_a_proof_is_long() {
    let folder = tempfile::tempdir().unwrap();
    let vkey = folder.path().join("vkey");
    std::fs::write(&vkey, format!("{}\n", Ledger::new().vkey())).unwrap();
    let (exit, text) = run(&["ledger", "standing", "/dev/zero", "--vkey", vkey.to_str().unwrap(), "--json"]);
    assert_eq!((exit, json(&text)["proved"].as_bool()), (Exit::DoesNotHold, Some(false)));
}
