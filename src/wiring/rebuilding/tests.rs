//! Data made again from a journal, under its keys and under others.

use clap::Parser;

use super::*;
use crate::keyring::FileKeyring;
use crate::values::lang::Lang;
use crate::wiring::assembly::assemble;
use crate::wiring::config::{ServeArgs, ServeConfig};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    serve: ServeArgs,
}

/// A sample authority in `home`, with its journal.
fn found(home: &Path) {
    let [data, keys, journal] = ["data", "keys", "journal"].map(|name| home.join(name).display().to_string());
    let flags = ["vidimus", "--data", &data, "--keys", &keys, "--journal", &journal];
    let config = ServeConfig::from_args(Command::try_parse_from(flags).unwrap().serve).unwrap();
    assert!(assemble(&config).unwrap().founded);
}

/// What is made again into a new directory of `home`, or the refusal in English.
fn again(home: &Path, keys: &Path, journal: &Path) -> Result<u64, String> {
    let (keyring, to) = (FileKeyring::open(&keys.join("keys"), None).unwrap(), home.join("again"));
    let lost = Lost { journal, keyring: Some(&keyring), vkeys: Vec::new() };
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
