//! The command line from end to end, over an export on disk and over HTTP.

mod standing;

use std::io::{BufRead as _, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use clap::CommandFactory as _;
use serde_json::Value;

use super::*;
use crate::audit::fixture::{Files, Ledger, write};
use crate::crypto::PrivateKey;
use crate::jose::CompactJws;
use crate::values::canonical::canonical;
use crate::wiring::entropy::SystemEntropy;

/// Runs a command and gives its exit and what it wrote to stdout.
fn run(arguments: &[&str]) -> (Exit, String) {
    let written: Arc<Mutex<Vec<u8>>> = Arc::default();
    let results: Arc<Mutex<dyn Write + Send>> = written.clone();
    let out = Output::to(results);
    let exit = run_with([&["vidimus"], arguments].concat(), &out);
    let bytes = written.lock().unwrap().clone();
    (exit, String::from_utf8(bytes).unwrap())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// Serves the files of an export as a server does, for as long as the test process lives.
fn serve(files: Files) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/below", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let mut header = String::new();
            while reader.read_line(&mut header).unwrap() > 2 {
                header.clear();
            }
            let path = line.split(' ').nth(1).unwrap().strip_prefix("/below/").unwrap();
            let body = match path {
                "status" => Some(br#"{"status_lists":["http://127.0.0.1:8080/status/1"]}"#.to_vec()),
                "status/1" => files
                    .iter()
                    .rfind(|(path, _)| path.starts_with("status/1/"))
                    .map(|(_, token)| token.clone()),
                path => path.strip_prefix("ledger/").and_then(|path| files.get(path).cloned()),
            };
            let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
            let body = body.unwrap_or_default();
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        }
    });
    address
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
    assert_eq!(run(&["audit", "replay"]).0, Exit::Usage);
    assert_eq!(run(&["nonsense"]).0, Exit::Usage);
    assert_eq!(run(&["verify", "x", "--trust", ".", "--at", "yesterday"]).0, Exit::Usage);
    assert!(run(&["completions", "bash"]).1.contains("vidimus"));
    assert!(run(&["man"]).1.contains(".TH vidimus"));
}

#[test]
fn replay_from_a_directory_tells_and_remembers() {
    let folder = tempfile::tempdir().unwrap();
    let (export, remember, vkey) =
        (folder.path().join("export"), folder.path().join("remembered"), folder.path().join("vkey"));
    let mut ledger = Ledger::small();
    write(&ledger.files(), &export);
    std::fs::write(&vkey, format!("{}\n", ledger.vkey())).unwrap();
    let (export, remember, vkey) =
        (export.to_str().unwrap(), remember.to_str().unwrap(), vkey.to_str().unwrap());
    let (exit, text) = run(&["--json", "audit", "replay", "--from", export, "--remember", remember]);
    assert_eq!((exit, json(&text)["key"].as_str()), (Exit::Good, Some("from source")));
    let (exit, text) =
        run(&["audit", "replay", "--from", export, "--json", "--remember", remember, "--vkey", vkey]);
    assert_eq!((exit, json(&text)["key"].as_str()), (Exit::Good, Some("pinned")));
    let (exit, text) = run(&["audit", "replay", "--from", export, "--lang", "zh"]);
    assert!(exit == Exit::Good && text.contains("账本成立"), "{text}");
    let (_, text) = run(&["audit", "replay", "--from", export, "--lang", "en"]);
    assert!(text.contains("verdict: the ledger holds"), "{text}");
    // The ledger forgets its last entry.
    ledger.tokens.clear();
    ledger.entries.pop();
    let forgot = folder.path().join("forgot");
    write(&ledger.files(), &forgot);
    let forgot = forgot.to_str().unwrap();
    let (exit, text) = run(&["audit", "replay", "--json", "--from", forgot, "--remember", remember]);
    assert_eq!(
        (exit, json(&text)["violations"][0]["rule"].as_str()),
        (Exit::DoesNotHold, Some("consistency"))
    );
    assert_eq!(run(&["audit", "replay", "--from", forgot]).0, Exit::Good);
    assert_eq!(run(&["audit", "replay", "--from", "no/such"]).0, Exit::Fault);
}

#[test]
fn the_state_at_a_time_is_told_only_of_a_ledger_that_holds() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::small();
    let export = folder.path().join("export");
    write(&ledger.files(), &export);
    let from = export.to_str().unwrap();
    let ask = |more: &[&str]| run(&[&["audit", "state", "--from", from, "--json"], more].concat());
    let (exit, text) = ask(&["--at", "2200-01-01T00:00:00.000Z"]);
    assert_eq!((exit, json(&text)["size"].as_u64()), (Exit::Good, Some(ledger.size())), "{text}");
    assert_eq!(json(&text)["licences"]["suspended"], 1);
    let none = "01997000-0000-7000-8000-00000000000a";
    assert_eq!(ask(&["--at", "2200-01-01T00:00:00.000Z", "--licence", none]).0, Exit::NotFound);
    assert_eq!(ask(&[]).0, Exit::Usage);
    assert_eq!(ask(&["--at", "2026-11-22"]).0, Exit::Usage);
    let (exit, text) =
        run(&["audit", "state", "--from", from, "--at", "2020-01-01T00:00:00.000Z", "--lang", "en"]);
    assert!(exit == Exit::Good && text.contains("entries: 0"), "{text}");
    std::fs::remove_file(export.join("tile/0/000.p/12")).unwrap();
    let (exit, text) = ask(&["--at", "2200-01-01T00:00:00.000Z"]);
    assert_eq!((exit, json(&text)["holds"].as_bool()), (Exit::DoesNotHold, Some(false)), "{text}");
}

#[test]
fn findings_are_canonical_and_signed_by_who_has_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let ledger = Ledger::small();
    write(&ledger.files(), &folder.path().join("export"));
    let key = PrivateKey::from_seed(&[9; 32]).unwrap();
    std::fs::write(at("key.pem"), key.to_pem(None, &SystemEntropy::new()).unwrap().as_bytes()).unwrap();
    let ask = |more: &[&str]| run(&[&["audit", "report", "--from", &at("export"), "--json"], more].concat());
    let (exit, text) = ask(&[]);
    assert!(exit == Exit::Good && json(&text).get("signature").is_none(), "{text}");
    assert_eq!(json(&text)["findings"]["range"], serde_json::json!({"from": 0, "until": ledger.size()}));
    let (exit, text) = ask(&["--range", "3..9", "--key", &at("key.pem"), "--html", &at("page.html")]);
    assert_eq!(exit, Exit::Good, "{text}");
    let document = json(&text);
    assert_eq!(canonical(&document).unwrap(), text.trim_end().as_bytes());
    let signed = CompactJws::parse(document["signature"].as_str().unwrap()).unwrap();
    signed.verify(key.public()).unwrap();
    assert_eq!(signed.payload(), canonical(&document["findings"]).unwrap());
    assert!(std::fs::read_to_string(at("page.html")).unwrap().contains("<svg"));
    assert_eq!(ask(&["--range", "3..99"]).0, Exit::NotFound);
    assert_eq!(ask(&["--range", "9..3"]).0, Exit::Usage);
    assert_eq!(ask(&["--key", &at("none.pem")]).0, Exit::Fault);
    std::fs::remove_file(folder.path().join("export/tile/0/000.p/12")).unwrap();
    let (exit, text) = ask(&[]);
    assert_eq!(
        (exit, json(&text)["findings"]["holds"].as_bool()),
        (Exit::DoesNotHold, Some(false)),
        "{text}"
    );
}

#[test]
fn replay_goes_on_from_what_it_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (export, kept) = (folder.path().join("export"), folder.path().join("kept"));
    let (from, keep) = (export.to_str().unwrap(), kept.to_str().unwrap());
    let replay = |more: &[&str]| run(&[&["audit", "replay", "--json", "--from", from], more].concat());
    let mut ledger = Ledger::new();
    for size in [300, 600] {
        while ledger.size() < size {
            ledger.issue();
        }
        let _outgrown = std::fs::remove_dir_all(&export);
        write(&ledger.files(), &export);
        let (exit, text) = replay(&["--keep", keep]);
        assert_eq!((exit, json(&text)), (Exit::Good, json(&replay(&[]).1)));
    }
    // What lies before is not read again. Another history is told, and what was kept stays.
    std::fs::remove_file(export.join("tile/entries/000")).unwrap();
    assert_eq!(replay(&["--keep", keep]).0, Exit::Good);
    assert_eq!(replay(&[]).0, Exit::DoesNotHold);
    let before = std::fs::read(&kept).unwrap();
    let other = Ledger::small();
    std::fs::remove_dir_all(&export).unwrap();
    write(&other.files(), &export);
    let (exit, text) = replay(&["--keep", keep]);
    assert_eq!(
        (exit, json(&text)["violations"][0]["rule"].as_str()),
        (Exit::DoesNotHold, Some("consistency"))
    );
    assert!(std::fs::read(&kept).unwrap() == before);
}

#[test]
fn replay_and_export_from_an_address_whatever_the_base_url() {
    let mut ledger = Ledger::small();
    for _ in 0..260 {
        ledger.issue();
    }
    ledger.publish();
    let mut files = ledger.files();
    let address = serve(files.clone());
    let (exit, text) = run(&["--json", "audit", "replay", "--from", &address]);
    assert_eq!((exit, json(&text)["size"].as_u64()), (Exit::Good, Some(ledger.size())), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    let export = export.to_str().unwrap();
    assert_eq!(run(&["ledger", "export", export, "--from", &address]).0, Exit::Good);
    assert_eq!(run(&["ledger", "check", "--from", export]).0, Exit::Good);
    let (exit, text) = run(&["ledger", "head", "--from", export, "--json"]);
    assert_eq!((exit, json(&text)["size"].as_u64()), (Exit::Good, Some(ledger.size())));
    let (exit, text) = run(&["ledger", "prove", "3", "--from", &address]);
    assert!(exit == Exit::Good && text.starts_with("c2sp.org/tlog-proof@v1\n"));
    assert_eq!(run(&["ledger", "prove", "3000", "--from", &address]).0, Exit::NotFound);

    // A server with a hole, and none at all.
    files.remove("tile/0/000");
    assert_eq!(run(&["audit", "replay", "--from", &serve(files)]).0, Exit::DoesNotHold);
    assert_eq!(run(&["audit", "replay", "--from", "http://127.0.0.1:1"]).0, Exit::Fault);
}

#[test]
fn evidence_is_judged_offline_by_a_trust_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (export, trust) = (folder.path().join("export"), folder.path().join("trust"));
    write(&Ledger::small().files(), &export);
    let (export, trust) = (export.to_str().unwrap(), trust.to_str().unwrap());
    assert_eq!(run(&["trust", "export", export, trust]).0, Exit::Good);
    let (forged, odd) = (folder.path().join("forged"), folder.path().join("odd"));
    std::fs::write(&forged, "eyJhbGciOiJFZERTQSJ9.e30.AA~").unwrap();
    std::fs::write(&odd, "hello").unwrap();
    let (forged, odd) = (forged.to_str().unwrap(), odd.to_str().unwrap());
    for trust in [trust, export] {
        let (exit, text) = run(&["verify", forged, "--trust", trust, "--offline", "--json"]);
        assert_eq!((exit, json(&text)["verdict"].as_str()), (Exit::NotValid, Some("not_valid")));
    }
    assert_eq!(run(&["verify", odd, "--trust", trust]).0, Exit::CannotTell);
    let (exit, text) = run(&["verify", odd, forged, "--trust", trust, "--json"]);
    assert_eq!((exit, json(&text)["not_valid"].as_u64()), (Exit::NotValid, Some(1)));
    assert_eq!(run(&["verify", "absent", "--trust", trust]).0, Exit::Fault);
    assert_eq!(run(&["verify", odd, "--trust", "http://127.0.0.1:1", "--offline"]).0, Exit::Fault);
}

/// Law 0, section 4: offline too, and in an audit; a real authority's have nothing to say.
#[test]
fn a_sample_says_what_its_approvals_prove() {
    for (origin, told) in [("sample.vidimus.example/0123456789abcdef", true), ("licences.example.cn", false)]
    {
        let folder = tempfile::tempdir().unwrap();
        let (export, trust) = (folder.path().join("export"), folder.path().join("trust"));
        let mut ledger = Ledger::of(origin);
        ledger.publish();
        write(&ledger.files(), &export);
        let (export, trust) = (export.to_str().unwrap(), trust.to_str().unwrap());
        run(&["trust", "export", export, trust]);
        let forged = folder.path().join("forged");
        std::fs::write(&forged, "eyJhbGciOiJFZERTQSJ9.e30.AA~").unwrap();
        let forged = forged.to_str().unwrap();
        for told_by in [
            vec!["verify", forged, "--trust", trust, "--offline"],
            vec!["verify", forged, "--trust", export],
            vec!["audit", "replay", "--from", export],
        ] {
            for (lang, sentence) in [("zh", "不证明有人批准"), ("en", "approvals prove form, not people")]
            {
                let (_, text) = run(&[told_by.clone(), vec!["--lang", lang]].concat());
                assert_eq!(text.contains(sentence), told, "{origin}: {text}");
            }
            let (_, line) = run(&[told_by.clone(), vec!["--json"]].concat());
            assert_eq!(json(&line).get("notice").is_some(), told, "{line}");
        }
    }
}
