//! Data made again from a journal, under its keys and under others.

use std::io::Read as _;
use std::sync::Arc;

use clap::Parser;
use flate2::read::GzDecoder;
use serde_json::json;

use super::*;
use crate::authority::{Patience, Wish};
use crate::keyring::FileKeyring;
use crate::values::identifiers::Slug;
use crate::values::lang::Lang;
use crate::wiring::assembly::{Assembled, assemble};
use crate::wiring::config::{ServeArgs, ServeConfig};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    serve: ServeArgs,
}

/// A sample authority in `home`, with its journal.
fn found(home: &Path) {
    assert!(started(home).founded);
}

fn started(home: &Path) -> Assembled {
    let [data, keys, journal] = ["data", "keys", "journal"].map(|name| home.join(name).display().to_string());
    let flags = ["vidimus", "--data", &data, "--keys", &keys, "--journal", &journal];
    let config = ServeConfig::from_args(Command::try_parse_from(flags).unwrap().serve).unwrap();
    assemble(&config).unwrap()
}

/// What is made again into a new directory of `home`, or the refusal in English.
fn again(home: &Path, keys: &Path, journal: &Path) -> Result<u64, String> {
    again_with(home, keys, journal, None)
}

/// The same with the archived files from elsewhere.
fn again_with(home: &Path, keys: &Path, journal: &Path, archive: Option<&Path>) -> Result<u64, String> {
    let (keyring, to) = (FileKeyring::open(&keys.join("keys"), None).unwrap(), home.join("again"));
    let lost = Lost { journal, archive, keyring: Some(&keyring), vkeys: Vec::new() };
    let made = rebuild_data(&lost, &to, &mut |_| ());
    assert_eq!(made.is_ok(), to.exists(), "whole or not there");
    let _gone = fs::remove_dir_all(&to);
    made.map(|read| read.head.size).map_err(|error| {
        let told: &Told = error.downcast_ref().unwrap();
        assert_ne!(told.text(Lang::Zh), told.text(Lang::En));
        told.text(Lang::En).to_owned()
    })
}

#[test]
fn what_comes_back_is_what_these_keys_have_signed() {
    let kept = tempfile::tempdir().unwrap();
    let [home, other] = ["home", "other"].map(|name| kept.path().join(name));
    found(&home);
    found(&other);
    let journal = home.join("journal");
    let size = again(&home, &home, &journal).unwrap();
    assert_eq!(again(&home, &home, &journal.join("00000001.journal")), Ok(size), "a file alone");
    // As many entries, of another ledger.
    let refused = again(&home, &other, &journal).unwrap_err();
    assert!(refused.contains("another history: its root at") && refused.contains("last-signed"), "{refused}");
    let empty = again(&home, &home, &home).unwrap_err();
    assert!(empty.contains("as --journal"), "{empty}");

    // Less than was signed, beside a file that has it all.
    let file = journal.join("00000001.journal");
    let whole = fs::read(&file).unwrap();
    let aside = journal.join("00000001.journal.aside");
    fs::write(&aside, &whole).unwrap();
    fs::write(&file, &whole[..whole.len() * 3 / 4]).unwrap();
    let short = again(&home, &home, &journal).unwrap_err();
    assert!(short.contains("cannot be read") && short.contains(&format!("signed {size}")), "{short}");
    assert!(short.contains(aside.to_str().unwrap()), "{short}");
    assert_eq!(again(&home, &home, &aside), Ok(size));
}

/// A sample authority with two bundles put away, and one half full.
fn grown(home: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let authority = Arc::new(started(home).authority);
    let department: Slug = "market-regulation".parse().unwrap();
    let published = authority.published();
    let code = &published.charter.department_by_slug(&department).unwrap().value.code;
    let issuing = (published.range.size()..600).map(|number| {
        let (authority, department) = (Arc::clone(&authority), code.clone());
        let body = json!({
            "type": "business-licence",
            "holders": [{"name": format!("公司{number}"), "code": "91430111MA4L16JQ9B", "code_type": "001"}],
            "claims": {"established": "2015-03-01", "capital": "100(万元人民币)", "scope": "软件开发"},
            "valid_from": "2015-03-01", "valid_until": null,
        });
        runtime.spawn(async move {
            let wish = Wish {
                department: &department,
                body: &body,
                key: None,
                patience: Patience::Wait,
                dry_run: false,
            };
            authority.issue(wish).await.map(drop).unwrap();
        })
    });
    let issuing: Vec<_> = issuing.collect();
    issuing.into_iter().for_each(|one| runtime.block_on(one).unwrap());
    assert_eq!(authority.put_away(0, 9).unwrap().bundles, 2);
    authority.make_durable().unwrap();
}

/// The journal's directory alone is enough, with the files that lie in it; without one of them, or with another in its place, the
/// refusal names it, and the same command with the place of others makes it whole.
#[test]
fn what_was_put_away_comes_back_with_it() {
    let kept = tempfile::tempdir().unwrap();
    let home = kept.path().join("home");
    grown(&home);
    let journal = home.join("journal");
    let lost = home.join("data-lost");
    fs::rename(home.join("data"), &lost).unwrap();
    assert_eq!(again(&home, &home, &journal), Ok(600));

    let file = journal.join("archive/tile/entries/001.gz");
    let bytes = fs::read(&file).unwrap();
    let other = fs::read(file.with_file_name("000.gz")).unwrap();
    fs::remove_file(&file).unwrap();
    for exchanged in [false, true] {
        if exchanged {
            fs::write(&file, &other).unwrap();
        }
        let refused = again(&home, &home, &journal).unwrap_err();
        assert!(refused.contains(file.to_str().unwrap()) && refused.contains("--archive"), "{refused}");
        assert_eq!(again_with(&home, &home, &journal, Some(&lost.join("archive"))), Ok(600));
    }
    // Of two places each gives what the other has not.
    let some = home.join("some/tile/entries");
    fs::create_dir_all(&some).unwrap();
    fs::write(some.join("001.gz"), &bytes).unwrap();
    assert_eq!(again_with(&home, &home, &journal, Some(&home.join("some"))), Ok(600));
    // Unpacked, as a mirror or an export has it.
    fs::remove_file(&file).unwrap();
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
    fs::write(file.with_extension(""), unpacked).unwrap();
    assert_eq!(again(&home, &home, &journal), Ok(600));
    // Also beside one that is damaged.
    fs::write(&file, &other).unwrap();
    assert_eq!(again(&home, &home, &journal), Ok(600));
}
