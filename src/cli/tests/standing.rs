//! `ledger prove-standing` and `ledger standing`: every answer with its exit code, in both languages and as JSON.

use super::*;
use crate::audit::fixture::time;

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
    ledger.fill(256);
    ledger.anchor_states(256);
    let witness = PrivateKey::from_seed(&[8; 32]).unwrap();
    let name: crate::note::KeyName = "w.example".parse().unwrap();
    let vkey = crate::note::VerifierKey::of(name.clone(), crate::note::Scheme::Cosignature, witness.public());
    let mut files = ledger.files();
    let mut note: crate::note::Note =
        String::from_utf8(files["checkpoint"].clone()).unwrap().parse().unwrap();
    let line = crate::note::NoteSignature::cosign(note.text(), &name, &witness, 1_795_327_300).unwrap();
    note.append(vec![line]).unwrap();
    files.insert("witnessed-checkpoint".into(), note.to_string().into_bytes());
    write(&files, &folder.path().join("export"));
    std::fs::write(at("proof"), run(&["ledger", "prove-standing", "--from", &at("export"), &handle]).1)
        .unwrap();
    std::fs::write(at("vkey"), format!("{}\n", ledger.vkey())).unwrap();
    let check = |log: &str| {
        let lines = format!("log {log}\nwitness W {}\nquorum W\n", vkey.as_ref().unwrap());
        std::fs::write(at("policy"), lines).unwrap();
        let ask =
            ["ledger", "standing", &at("proof"), "--vkey", &at("vkey"), "--policy", &at("policy"), "--json"];
        let (exit, text) = run(&ask);
        (exit, json(&text)["witnessed"]["code"].as_str().map(str::to_owned))
    };
    assert_eq!(check(&ledger.vkey().to_string()), (Exit::Good, Some("witnessed".into())));
    assert_eq!(check(&Ledger::of("other.example/1").vkey().to_string()), (Exit::DoesNotHold, None));
}
