use std::fs;

use clap::Parser;

use super::*;
use crate::wiring::config::ServeArgs;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    serve: ServeArgs,
}

/// Starts over `home/data` and `home/keys`; what was said if it was refused.
fn start(home: &Path, flags: &[&str]) -> Result<bool, String> {
    let (data, keys) = (home.join("data"), home.join("keys"));
    let own = ["vidimus", "--data", data.to_str().unwrap(), "--keys", keys.to_str().unwrap()];
    let command = Command::try_parse_from(own.iter().chain(flags)).unwrap();
    let config = ServeConfig::from_args(command.serve).unwrap();
    assemble(&config).map(|assembled| assembled.founded).map_err(|error| error.to_string())
}

#[test]
fn a_sample_is_founded_only_where_nothing_speaks_of_a_real_authority() {
    let parent = tempfile::tempdir().unwrap();
    let home = parent.path();
    let config = home.join("vidimus.toml");
    fs::write(&config, "sample = false\n").unwrap();
    let said = start(home, &["--config", config.to_str().unwrap()]).unwrap_err();
    assert!(said.contains("vidimus init") && said.contains("nothing is founded"), "{said}");
    assert!(!home.join("keys").exists() && !home.join("data").exists(), "nothing is left behind");
    assert_eq!(start(home, &[]), Ok(true));
    assert_eq!(start(home, &["--config", config.to_str().unwrap()]), Ok(false), "it is founded now");

    // A crash while a sample's keys are made is gone on from.
    let broken = home.join("broken");
    fs::create_dir_all(broken.join("keys/private")).unwrap();
    fs::write(broken.join("keys/founding.json"), SAMPLE_BEGINS).unwrap();
    for file in fs::read_dir(home.join("keys/private")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), broken.join("keys/private").join(file.file_name())).unwrap();
    }
    for folder in ["keys", "keys/private"] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(broken.join(folder), mode).unwrap();
    }
    fs::set_permissions(
        broken.join("keys/founding.json"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    assert_eq!(start(&broken, &[]), Ok(true));

    // Keys that lost their `last-signed` are never founded under anew, whether the data is there or not.
    fs::remove_file(home.join("keys/last-signed")).unwrap();
    for _ in 0..2 {
        let said = start(home, &[]).unwrap_err();
        assert!(said.contains("last-signed") && !said.contains("--data"), "{said}");
        let _gone = fs::remove_dir_all(home.join("data"));
    }
    fs::remove_dir_all(home.join("keys/private")).unwrap();
    let said = start(home, &[]).unwrap_err();
    assert!(said.contains("last-signed"), "tokens alone: {said}");
}

/// A disk that is not mounted must not become a new journal, nor an old copy of the data one over a newer journal.
#[test]
fn a_journal_that_is_lost_or_ahead_is_refused_with_the_cure() {
    let parent = tempfile::tempdir().unwrap();
    let home = parent.path();
    let journal = home.join("journal");
    let with = ["--journal", journal.to_str().unwrap()];
    assert_eq!(start(home, &with), Ok(true));
    let file = journal.join("00000001.journal");
    fs::rename(&file, home.join("kept")).unwrap();
    let said = start(home, &with).unwrap_err();
    assert!(said.contains("mount the disk") && said.contains("--journal-anew"), "{said}");
    assert_eq!(fs::read_dir(&journal).unwrap().count(), 1, "the lock alone");
    fs::rename(home.join("kept"), &file).unwrap();
    assert_eq!(start(home, &with), Ok(false), "it is mounted");
    // Another authority's, which has nothing yet.
    let other = home.join("other");
    let said = start(&other, &with).unwrap_err();
    assert!(said.contains("vidimus ledger rebuild") && said.contains("--journal-anew"), "{said}");
    let anew = [with[0], with[1], "--journal-anew"];
    start(&other, &anew).unwrap();
    assert!(journal.join("00000001.journal.aside").exists());
    let said = start(home, &anew[2..]).unwrap_err();
    assert!(said.contains("--journal too"), "{said}");
}
